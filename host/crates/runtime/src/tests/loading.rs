//! Compiling, keeping, finding again, and not trusting what was tampered with.

use std::path::Path;

use super::{fixture, guests};
use crate::engine::{Compiler, RuntimeOptions};
use crate::load::Runtime;

fn guest() -> Vec<u8> {
    guests::with_manifest(guests::steady(), &guests::manifest("triage", &["effect:add-tag"]))
}

fn runtime(dir: &Path, compiler: Compiler) -> Runtime {
    Runtime::new(RuntimeOptions {
        cache_dir: Some(dir.to_owned()),
        cache_key: [3; 32],
        compiler,
        slots: 2,
        ..RuntimeOptions::default()
    })
    .unwrap()
}

/// A compiler that always fails: what loads nevertheless came from the cache.
fn none() -> Compiler {
    Compiler::Child { program: "false".into(), args: vec![] }
}

fn only_file(dir: &Path) -> std::path::PathBuf {
    let files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    files.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_component_is_compiled_once_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    runtime(dir.path(), Compiler::InProcess).load(&guest()).await.unwrap();
    let plugin = runtime(dir.path(), none()).load(&guest()).await.unwrap();
    assert!(plugin.run(fixture::call()).await.outcome.is_ok());
}

#[tokio::test]
async fn another_manifest_around_the_same_code_needs_no_compiler() {
    let dir = tempfile::tempdir().unwrap();
    runtime(dir.path(), Compiler::InProcess).load(&guest()).await.unwrap();
    let manifest = guests::manifest("triage", &["effect:add-tag"]).replace("1.0.0", "2.0.0");
    let newer = guests::with_manifest(guests::steady(), &manifest);
    let plugin = runtime(dir.path(), none()).load(&newer).await.unwrap();
    assert_eq!(plugin.inspection().manifest.version, "2.0.0");
    assert!(plugin.run(fixture::call()).await.outcome.is_ok());
}

#[tokio::test]
async fn h26_a_tampered_file_is_compiled_again() {
    let dir = tempfile::tempdir().unwrap();
    runtime(dir.path(), Compiler::InProcess).load(&guest()).await.unwrap();
    let file = only_file(dir.path());
    let good = std::fs::read(&file).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    *bad.get_mut(middle).unwrap() ^= 1;
    std::fs::write(&file, &bad).unwrap();
    assert_eq!(
        runtime(dir.path(), none()).load(&guest()).await.expect_err("nothing to fall back on").code,
        "compile_failed"
    );
    std::fs::write(&file, &bad).unwrap();
    let plugin = runtime(dir.path(), Compiler::InProcess).load(&guest()).await.unwrap();
    assert!(plugin.run(fixture::call()).await.outcome.is_ok());
    assert_eq!(std::fs::read(only_file(dir.path())).unwrap(), good);
}

/// Cut short, another plugin's code, code of another engine, a link to code that lies elsewhere.
#[tokio::test]
async fn h26_a_file_that_is_not_the_code_of_this_plugin_on_this_engine_is_never_run() {
    let dir = tempfile::tempdir().unwrap();
    runtime(dir.path(), Compiler::InProcess).load(&guest()).await.unwrap();
    let file = only_file(dir.path());
    let good = std::fs::read(&file).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("code");
    std::fs::write(&target, &good).unwrap();
    let other_engine = [vec![0; 32], Runtime::compile(&guest()).unwrap(), vec![0]].concat();
    type Put<'a> = Box<dyn Fn() + 'a>;
    let puts: [(&str, Put<'_>); 4] = [
        ("cut short", Box::new(|| std::fs::write(&file, &good[..good.len() / 2]).unwrap())),
        ("empty", Box::new(|| std::fs::write(&file, b"").unwrap())),
        ("sealed by nobody", Box::new(|| std::fs::write(&file, &other_engine).unwrap())),
        ("a link", Box::new(|| std::os::unix::fs::symlink(&target, &file).unwrap())),
    ];
    for (what, put) in puts {
        let _ = std::fs::remove_file(&file);
        put();
        let refused = runtime(dir.path(), none()).load(&guest()).await;
        assert_eq!(refused.err().map(|r| r.code), Some("compile_failed"), "{what}: it was not loaded");
    }
    runtime(dir.path(), Compiler::InProcess).load(&guest()).await.unwrap();
    assert_eq!(std::fs::read(only_file(dir.path())).unwrap(), good, "made anew");
}

#[tokio::test]
async fn what_a_child_compiled_runs_here() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made");
    std::fs::write(&made, Runtime::compile(&guest()).unwrap()).unwrap();
    let script = format!("cat >/dev/null; cat {}", made.display());
    let child = Compiler::Child { program: "sh".into(), args: vec!["-c".into(), script.into()] };
    let plugin = runtime(&dir.path().join("cache"), child).load(&guest()).await.unwrap();
    assert!(plugin.run(fixture::call()).await.outcome.is_ok());
}

#[tokio::test]
async fn nonsense_from_a_child_is_refused_and_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let child = Compiler::Child { program: "cat".into(), args: vec![] };
    let refused =
        runtime(dir.path(), child).load(&guest()).await.expect_err("a component is no machine code");
    assert_eq!(refused.code, "broken_component");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_machine_without_room_for_a_pool_runs_plugins_all_the_same() {
    let runtime = Runtime::new(RuntimeOptions { slots: 4_000_000, ..RuntimeOptions::default() }).unwrap();
    assert!(!runtime.pooling());
    let plugin = runtime.load(&guest()).await.unwrap();
    assert!(plugin.run(fixture::call()).await.outcome.is_ok());
}

#[test]
fn bytes_that_are_no_component_do_not_compile() {
    assert!(Runtime::compile(b"nonsense").is_err());
}
