//! A static table turns texts into means of rows.

use std::fs;

use embed::{Kind, Model};

use crate::maker;

fn close(left: &[f32], right: &[f32]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6)
}

#[test]
fn a_text_is_the_mean_of_its_tokens_brought_to_length_one() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let model = Model::open(dir.path()).unwrap();
    assert_eq!((model.dimension(), model.settings().kind), (2, Kind::Static));
    let vectors = model.embed(&["invoice", "invoice late", "refund late"]).unwrap();
    assert!(close(&vectors[0], &[0.6, 0.8]));
    assert!(close(&vectors[1], &[0.5_f32.sqrt(), 0.5_f32.sqrt()]));
    assert!(close(&vectors[2], &[0.5_f32.sqrt(), -(0.5_f32.sqrt())]));
}

#[test]
fn a_text_without_known_tokens_gets_the_zero_vector() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let model = Model::open(dir.path()).unwrap();
    assert_eq!(model.embed(&["", "xyz"]).unwrap(), vec![vec![0.0, 0.0]; 2]);
    assert!(model.embed(&[]).unwrap().is_empty());
}

#[test]
fn the_prefix_and_the_cut_come_from_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let settings = "name = \"tiny\"\nkind = \"static\"\nprefix = \"late \"\nmax_tokens = 2\n";
    fs::write(dir.path().join("kulanz-model.toml"), settings).unwrap();
    let model = Model::open(dir.path()).unwrap();
    assert_eq!(model.name(), "tiny");
    let vectors = model.embed(&["", "refund", "refund invoice invoice"]).unwrap();
    assert!(close(&vectors[0], &[1.0, 0.0]));
    assert_eq!(vectors[1], vectors[2]);
}

#[test]
fn a_text_of_megabytes_is_cut_before_it_is_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let model = Model::open(dir.path()).unwrap();
    let long = "invoice ".repeat(1_000_000);
    assert!(close(&model.embed(&[&long]).unwrap()[0], &[0.6, 0.8]));
    let wide = "ä".repeat(3_000_000);
    model.embed(&[&wide]).unwrap();
}

#[test]
fn the_digest_changes_with_each_file_that_decides_the_vectors_and_with_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    maker::table(dir.path());
    let digest = || Model::open(dir.path()).unwrap().digest().to_owned();
    let first = digest();
    assert_eq!((first.len(), &first), (64, &digest()));
    fs::write(dir.path().join("README.md"), "about").unwrap();
    assert_eq!(first, digest());
    let settings = "name = \"tiny\"\nkind = \"static\"\nmax_tokens = 7\n";
    fs::write(dir.path().join("kulanz-model.toml"), settings).unwrap();
    let second = digest();
    assert_ne!(first, second);
    let tokenizer = maker::word_tokenizer(&["[UNK]", "late", "invoice", "refund"]).to_string();
    fs::write(dir.path().join("tokenizer.json"), tokenizer).unwrap();
    assert_ne!(second, digest());
}

#[test]
fn threads_share_a_model() {
    fn shared<T: Send + Sync>() {}
    shared::<Model>();
}
