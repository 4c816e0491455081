//! A model comes out of a folder or a wheel, whole or not at all.

use std::fs;
use std::path::Path;

use embed::{Error, Kind, Model, import};
use serde_json::json;

use crate::maker;

fn entries(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn bytes(dir: &Path, name: &str) -> Vec<u8> {
    fs::read(dir.join(name)).unwrap()
}

#[test]
fn a_wheel_gives_up_its_encoder_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let model = place.path().join("made");
    maker::encoder(&model);
    let wheel = place.path().join("my_small_model-0.1.0-py3-none-any.whl");
    let sentence = json!({"max_seq_length": 6}).to_string().into_bytes();
    maker::wheel(
        &wheel,
        &[
            ("my_small_model/__init__.py", b"import os".to_vec()),
            ("my_small_model/model/config.json", bytes(&model, "config.json")),
            ("my_small_model/model/tokenizer.json", bytes(&model, "tokenizer.json")),
            ("my_small_model/model/model.safetensors", bytes(&model, "model.safetensors")),
            ("my_small_model/model/sentence_bert_config.json", sentence),
        ],
    );
    let into = place.path().join("models");
    let imported = import(&wheel, &into).unwrap();
    assert_eq!(imported.path, into.join("my-small-model"));
    assert_eq!((imported.settings.kind, imported.settings.max_tokens), (Kind::Encoder, 6));
    assert_eq!(entries(&into), ["my-small-model"]);
    let files = ["config.json", "kulanz-model.toml", "model.safetensors", "tokenizer.json"];
    assert_eq!(entries(&imported.path), files);
    let opened = Model::open(&imported.path).unwrap();
    assert_eq!((opened.name(), opened.digest()), ("my-small-model", imported.digest.as_str()));
    let size: u64 = files.iter().map(|name| bytes(&imported.path, name).len() as u64).sum();
    assert_eq!(imported.bytes, size);
}

#[test]
fn a_table_whose_tokenizer_lies_elsewhere_in_the_wheel_is_found() {
    let place = tempfile::tempdir().unwrap();
    let model = place.path().join("made");
    maker::table(&model);
    let wheel = place.path().join("words-1.whl");
    maker::wheel(
        &wheel,
        &[
            ("words/weights/words_2.safetensors", bytes(&model, "model.safetensors")),
            ("words/tokenizers/words_tokenizer_config.json", bytes(&model, "tokenizer.json")),
            ("words/tokenizers/__init__.py", Vec::new()),
        ],
    );
    let imported = import(&wheel, &place.path().join("models")).unwrap();
    assert_eq!((imported.settings.kind, imported.dimension, imported.unchanged), (Kind::Static, 2, false));
}

#[test]
fn importing_twice_changes_nothing_and_another_model_of_that_name_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("tiny"), place.path().join("models"));
    maker::encoder(&source);
    let first = import(&source, &into).unwrap();
    assert!(import(&source, &into).unwrap().unchanged);
    fs::remove_dir_all(&source).unwrap();
    maker::table(&source);
    assert!(matches!(import(&source, &into), Err(Error::AlreadyThere { place }) if place == first.path));
    assert_eq!(entries(&into), ["tiny"]);
}

#[test]
fn an_e5_model_gets_its_prefix() {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("multilingual-e5-small");
    maker::encoder(&source);
    let imported = import(&source, &place.path().join("models")).unwrap();
    assert_eq!(imported.settings.prefix, "query: ");
    let text = String::from_utf8(bytes(&imported.path, "kulanz-model.toml")).unwrap();
    assert!(text.contains("prefix = \"query: \""), "{text}");
}

#[test]
fn an_old_vocabulary_gives_the_same_vectors_as_the_tokenizer_made_of_it() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("old"), place.path().join("models"));
    maker::encoder(&source);
    let new = Model::open(&source).unwrap();
    let text = ["Order shipped, LATE"];
    let right = new.embed(&text).unwrap();
    fs::remove_file(source.join("tokenizer.json")).unwrap();
    fs::write(source.join("vocab.txt"), maker::WORDS.join("\n")).unwrap();
    let imported = import(&source, &into).unwrap();
    assert_eq!(Model::open(&imported.path).unwrap().embed(&text).unwrap(), right);
}

#[track_caller]
fn refused(files: &[(&str, Vec<u8>)], says: &str) {
    let place = tempfile::tempdir().unwrap();
    let (wheel, into) = (place.path().join("bad-1.whl"), place.path().join("models"));
    maker::wheel(&wheel, files);
    let error = import(&wheel, &into).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
    assert!(!into.exists() || entries(&into).is_empty(), "something was left behind");
}

#[test]
fn what_cannot_be_used_is_named_with_the_next_step() {
    refused(
        &[("m/model.onnx", Vec::new())],
        "ONNX model (m/model.onnx), which is not supported; get the same model",
    );
    refused(&[("m/pytorch_model.bin", Vec::new())], "in a format that is not supported");
    refused(&[("m/readme.txt", Vec::new())], "no weights (*.safetensors)");
    refused(&[("m/model-00001-of-00002.safetensors", Vec::new())], "split over several files");
    refused(&[("a.safetensors", Vec::new()), ("b.safetensors", Vec::new())], "several weight files");
    refused(&[("m/model.safetensors", Vec::new())], "has no tokenizer.json; export the tokenizer");
}

#[test]
fn a_wheel_that_reaches_outside_itself_is_refused() {
    refused(&[("../../model.safetensors", Vec::new())], "a file outside itself");
    refused(&[("/etc/model.safetensors", Vec::new())], "a file outside itself");
}

#[test]
fn a_small_wheel_that_unpacks_to_much_is_cut_off() {
    let place = tempfile::tempdir().unwrap();
    let model = place.path().join("made");
    maker::table(&model);
    let weights = bytes(&model, "model.safetensors");
    refused(
        &[("m/model.safetensors", weights), ("m/tokenizer.json", vec![b' '; 33 * 1024 * 1024])],
        "larger than the 33554432 bytes allowed",
    );
}

#[test]
fn damaged_weights_leave_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let model = place.path().join("made");
    maker::table(&model);
    let mut weights = bytes(&model, "model.safetensors");
    weights.truncate(weights.len() - 4);
    refused(
        &[("model.safetensors", weights), ("tokenizer.json", bytes(&model, "tokenizer.json"))],
        "damaged",
    );
}

#[test]
fn a_file_that_is_no_wheel_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("x.whl");
    fs::write(&file, "hello").unwrap();
    let error = import(&file, place.path()).unwrap_err().to_string();
    assert!(error.contains("neither a folder nor a wheel"), "{error}");
    assert!(matches!(import(&place.path().join("none"), place.path()), Err(Error::Read { .. })));
}
