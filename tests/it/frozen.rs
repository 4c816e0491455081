//! Plugins as they were built for contract 0.1.0 and never built again, in each language: whatever changes in the
//! house, they keep working. `tests/frozen/README.md` tells how they were made.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tests::binary::command;
use tests::{plugins, source};

fn folder() -> PathBuf {
    source().join("tests/frozen/0.1.0")
}

/// The component, unpacked; its digest is the one it was frozen with.
fn unpacked(name: &str, into: &Path) -> PathBuf {
    let packed = std::fs::read(folder().join(name).with_extension("wasm.xz")).unwrap();
    let mut bytes = Vec::new();
    lzma_rs::xz_decompress(&mut packed.as_slice(), &mut bytes).unwrap();
    let digest = hex::encode(Sha256::digest(&bytes));
    let frozen = std::fs::read_to_string(folder().join("SHA256SUMS")).unwrap();
    let line = format!("{digest}  {name}.wasm");
    assert!(frozen.lines().any(|l| l == line), "{line} is not what was frozen");
    let path = into.join(name).with_extension("wasm");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The last line of a command that must succeed, which sums it up.
fn sum(arguments: &[&str], file: &Path) -> serde_json::Value {
    let data = file.parent().unwrap().join("data");
    let out = command()
        .args(["--log", "error", "--data-dir"])
        .arg(data)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    let told = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{}: {told}\n{}", file.display(), String::from_utf8_lossy(&out.stderr));
    serde_json::from_str(told.lines().last().unwrap()).unwrap()
}

/// Its cases, and the questions that every plugin is asked.
fn keeps_working(name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = unpacked(name, dir.path());
    let cases = folder().join("cases");
    let tested = sum(&["plugin", "test", "--json", "--cases", cases.to_str().unwrap()], &file);
    assert_eq!((tested["passed"].as_u64(), tested["failed"].as_u64()), (Some(8), Some(0)), "{tested}");
    assert_eq!(tested["hooks_without_case"], serde_json::json!([]));
    let asked = sum(&["plugin", "conform", "--json"], &file);
    assert!(asked["asked"].as_u64().unwrap() > 30 && asked["broken"] == 0, "{asked}");
}

#[test]
fn a_plugin_in_rust_of_contract_0_1_0_keeps_working() {
    keeps_working("rust");
}

#[test]
fn a_plugin_in_typescript_of_contract_0_1_0_keeps_working() {
    keeps_working("typescript");
}

#[test]
fn a_plugin_in_python_of_contract_0_1_0_keeps_working() {
    keeps_working("python");
}

#[test]
fn every_function_of_contract_0_1_0_answers_as_it_did_and_as_it_does_to_todays_sdk() {
    let dir = tempfile::tempdir().unwrap();
    let cases = folder().join("everything-cases");
    let judge = |file: &Path| {
        let sum = sum(&["plugin", "test", "--json", "--cases", cases.to_str().unwrap()], file);
        assert_eq!((sum["passed"].as_u64(), sum["failed"].as_u64()), (Some(1), Some(0)), "{sum}");
    };
    let today = dir.path().join("today.wasm");
    std::fs::write(&today, plugins::guest("touches_everything")).unwrap();
    judge(&today);
    judge(&unpacked("touches-everything", dir.path()));
}
