//! Files that lie or are damaged give a sentence, never a panic, never a large allocation.

use std::fs;
use std::path::Path;

use embed::Model;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::maker;

#[track_caller]
fn refused(dir: &Path, says: &str) {
    let error = Model::open(dir).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

fn with_config(field: &str, value: Value, says: &str) {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    let mut config = maker::encoder_config();
    config[field] = value;
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    refused(dir.path(), says);
}

#[test]
fn a_configuration_out_of_bounds_names_its_field() {
    with_config(
        "hidden_size",
        json!(1_000_000_000_000_u64),
        "hidden_size: is 1000000000000, must lie between",
    );
    with_config("hidden_size", json!(-8), "hidden_size: must be a whole number");
    with_config("hidden_size", json!(16), "has shape [8, 8] where the configuration asks for [8, 16]");
    with_config("vocab_size", json!(u64::MAX), "word_embeddings.weight: has shape");
    with_config("num_hidden_layers", json!(0), "num_hidden_layers: is 0");
    with_config("num_hidden_layers", json!(2), "encoder.layer.1.attention.self.query.weight: is missing");
    with_config("num_attention_heads", json!(3), "num_attention_heads: 8 is no multiple of 3");
    with_config("model_type", json!("mpnet"), "model_type: is mpnet; bert, roberta");
    with_config("hidden_act", json!("swish"), "hidden_act: swish is not supported");
    with_config("position_embedding_type", json!("relative_key"), "position_embedding_type: only `absolute`");
}

#[test]
fn settings_that_make_no_sense_name_their_field() {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    let with = |text: &str, says: &str| {
        fs::write(dir.path().join("kulanz-model.toml"), text).unwrap();
        refused(dir.path(), says);
    };
    with("name = \"a\"\nkind = \"encoder\"\nmax_tokens = 11", "max_tokens: is 11, the model takes 10");
    with("name = \"a\"\nkind = \"encoder\"\nmax_tokens = 0", "max_tokens: must lie between 1 and");
    with(
        "name = \"a\"\nkind = \"encoder\"\nmax_tokens = 2",
        "adds 2 tokens to each text, max_tokens allows 2",
    );
    with("name = \"../a\"\nkind = \"encoder\"\nmax_tokens = 9", "name: use lower-case letters");
    with("name = \"a\"\nkind = \"encoder\"\nmax_tokens = 9\nprefx = \"\"", "unknown field `prefx`");
    with("name = \"a\"\nkind = \"oracle\"\nmax_tokens = 9", "unknown variant `oracle`");
    with("name = \"a\"\nkind = \"static\"\nmax_tokens = 9", "a static model is one matrix");
}

#[test]
fn a_weight_list_that_lies_takes_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let with = |head: &Value, says: &str| {
        let head = head.to_string();
        let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
        bytes.extend(head.as_bytes());
        bytes.extend([0; 32]);
        fs::write(dir.path().join("model.safetensors"), bytes).unwrap();
        refused(dir.path(), says);
    };
    let huge = 1_u64 << 40;
    let tensor = |shape: &[u64], from: u64, to: u64| json!({"a": {"dtype": "F32", "shape": shape, "data_offsets": [from, to]}});
    with(&tensor(&[huge, 2], 0, 8 * huge), "does not fit into the file");
    with(&tensor(&[huge, 2], 0, 32), "damaged or no safetensors file");
    with(&tensor(&[4, 2], 0, huge), "damaged or no safetensors file");
    with(&tensor(&[huge, huge], 32, 0), "damaged or no safetensors file");
    with(&json!({"a": {"dtype": "I64", "shape": [2, 2], "data_offsets": [0, 32]}}), "only F32, F16 and BF16");
    with(
        &json!({"a": {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]}}),
        "tokens × numbers is expected",
    );
    with(
        &json!({"a": {"dtype": "F32", "shape": [0, 8], "data_offsets": [0, 0]}}),
        "tokens × numbers is expected",
    );
    with(&json!({"a": 1}), "damaged or no safetensors file");
    with(&json!({}), "holds no tensor");
    fs::write(dir.path().join("model.safetensors"), u64::MAX.to_le_bytes()).unwrap();
    refused(dir.path(), "its list of tensors would have 18446744073709551615 bytes");
    fs::write(dir.path().join("model.safetensors"), "abc").unwrap();
    refused(dir.path(), "shorter than 8 bytes");
}

#[test]
fn weights_that_are_no_numbers_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    maker::encoder(dir.path());
    let mut tensors = maker::encoder_tensors();
    tensors.get_mut("embeddings.LayerNorm.bias").unwrap().1[0] = f32::NAN;
    fs::write(dir.path().join("model.safetensors"), maker::weights(&tensors)).unwrap();
    let error = Model::open(dir.path()).unwrap().embed(&["late"]).unwrap_err().to_string();
    assert!(error.contains("not finite"), "{error}");
}

#[test]
fn a_tokenizer_that_does_not_fit_says_why() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let with = |text: &str, says: &str| {
        fs::write(dir.path().join("tokenizer.json"), text).unwrap();
        refused(dir.path(), says);
    };
    with(&maker::word_tokenizer(&["[UNK]", "a", "b", "c", "d"]).to_string(), "knows 5 tokens, the weights 4");
    with("{\"version\": \"1.0\"}", "cannot be used");
    with("", "cannot be used");
    with(&"[".repeat(100_000), "cannot be used");
    let mut chance = maker::word_tokenizer(&["[UNK]", "a"]);
    chance["model"] = json!({"type": "BPE", "dropout": 0.5, "vocab": {"a": 0}, "merges": []});
    with(&chance.to_string(), "model.dropout asks for chance");
    fs::remove_file(dir.path().join("tokenizer.json")).unwrap();
    refused(dir.path(), "has no tokenizer.json; import the model");
}

#[test]
fn a_token_without_a_row_is_an_error_not_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let mut far = maker::word_tokenizer(&["[UNK]", "a"]);
    far["model"]["vocab"]["a"] = json!(4_000_000_000_u32);
    fs::write(dir.path().join("tokenizer.json"), far.to_string()).unwrap();
    let error = Model::open(dir.path()).unwrap().embed(&["a"]).unwrap_err().to_string();
    assert!(error.contains("token 4000000000 has no row"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_byte_anywhere_never_panics(file in 0..3_usize, place in 0.0..1.0_f64, byte: u8) {
        let dir = tempfile::tempdir().unwrap();
        maker::encoder(dir.path());
        let path = dir.path().join(["config.json", "tokenizer.json", "model.safetensors"][file]);
        let mut bytes = fs::read(&path).unwrap();
        let place = (bytes.len() as f64 * place) as usize;
        bytes[place] = byte;
        fs::write(&path, bytes).unwrap();
        if let Ok(model) = Model::open(dir.path()) {
            let _ = model.embed(&["order shipped late", "x"]);
        }
    }
}
