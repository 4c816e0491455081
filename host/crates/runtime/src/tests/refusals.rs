//! What is not let in, and the sentence that says what to do about it.

use super::guests;
use crate::engine::RuntimeOptions;
use crate::inspect::{COMPONENT_BYTES_MAX, Refused, inspect};
use crate::load::Runtime;

fn refused(bytes: &[u8]) -> Refused {
    inspect(bytes).expect_err("refused")
}

fn with(component: Vec<u8>, grants: &[&str]) -> Vec<u8> {
    guests::with_manifest(component, &guests::manifest("triage", grants))
}

/// The same bytes with one text in place of another of equal length.
fn renamed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut out = bytes.to_vec();
    let mut at = 0;
    while let Some(found) =
        out.get(at..).and_then(|rest| rest.windows(from.len()).position(|w| w == from.as_bytes()))
    {
        out.splice(at + found..at + found + from.len(), to.bytes());
        at += found + to.len();
    }
    out
}

#[test]
fn what_an_honest_component_asks_for_is_read_from_its_bytes() {
    let bytes = with(guests::steady(), &["effect:add-tag"]);
    let inspection = inspect(&bytes).unwrap();
    assert_eq!(inspection.manifest.id, "test.guest");
    assert_eq!(inspection.hooks, [domain::plugin::Hook::Triage]);
    assert_eq!(inspection.imports, ["effects.add-tag"]);
    assert_eq!(inspection.derived.0.iter().map(ToString::to_string).collect::<Vec<_>>(), ["effect:add-tag"]);
    assert_eq!((inspection.size_bytes, inspection.digest.len()), (bytes.len(), 64));
}

#[test]
fn clock_chance_and_log_need_no_grant() {
    let bytes = with(
        guests::triage(
            &["log", "now", "random"],
            "(drop (call $now)) (drop (call $random)) (call $log (i32.const 2) (i32.const 0) (i32.const 0))",
        ),
        &[],
    );
    let mut imports = inspect(&bytes).unwrap().imports;
    imports.sort();
    assert_eq!(imports, ["clock.now-ms", "log.write", "random.next-u64"]);
}

#[test]
fn what_is_no_component_is_called_by_its_name() {
    let core = wat::parse_str("(module)").unwrap();
    for (bytes, code) in [
        (core.as_slice(), "core_module"),
        (b"\x7fELF\x02\x01".as_slice(), "native_code"),
        (b"(component)".as_slice(), "text_not_binary"),
        (b"#!/bin/sh".as_slice(), "not_a_component"),
        (b"".as_slice(), "not_a_component"),
        (b"\0asm\x09\0\0\0".as_slice(), "not_a_component"),
    ] {
        let refused = refused(bytes);
        assert_eq!(refused.code, code);
        assert!(refused.sentence.contains("kulanz plugin build"), "{}", refused.sentence);
    }
}

#[test]
fn a_damaged_component_is_refused_wherever_it_is_cut() {
    let bytes = with(guests::steady(), &["effect:add-tag"]);
    for cut in (8..bytes.len()).step_by(97) {
        assert!(inspect(bytes.get(..cut).unwrap()).is_err());
    }
    for at in (8..bytes.len()).step_by(61) {
        let mut bad = bytes.clone();
        *bad.get_mut(at).unwrap() ^= 0xff;
        let _ = inspect(&bad);
    }
}

#[test]
fn a_component_without_a_manifest_or_with_two_is_refused() {
    assert_eq!(refused(&guests::steady()).code, "no_manifest");
    let two = with(with(guests::steady(), &[]), &[]);
    assert_eq!(refused(&two).code, "bad_manifest");
    assert_eq!(refused(&guests::with_manifest(guests::steady(), "id = 3")).code, "bad_manifest");
}

#[test]
fn an_import_that_the_manifest_does_not_declare_is_named_with_the_line_to_add() {
    let refused = refused(&with(guests::steady(), &[]));
    assert_eq!(refused.code, "undeclared_import");
    assert!(
        refused.sentence.contains("`effects.add-tag`")
            && refused.sentence.contains("to = \"effect:add-tag\""),
        "{}",
        refused.sentence
    );
}

#[test]
fn kept_values_need_their_grant_too() {
    let guest = guests::triage(&["kv-get"], "(call $kv-get (i32.const 1072) (i32.const 9) (i32.const 64))");
    assert!(refused(&with(guest.clone(), &[])).sentence.contains("use:kv"));
    assert!(inspect(&with(guest, &["use:kv"])).is_ok());
}

#[test]
fn an_import_that_is_not_ours_is_refused_by_name() {
    let guest = with(guests::triage(&["now"], "(drop (call $now))"), &[]);
    let refused = refused(&renamed(&guest, "kulanz:plugin/clock@0.1.0", "wasi:clocks/wall-cl@0.1.0"));
    assert_eq!(refused.code, "foreign_import");
    assert!(
        refused.sentence.contains("wasi:clocks/wall-cl@0.1.0") && refused.sentence.contains("no WASI"),
        "{}",
        refused.sentence
    );
}

#[test]
fn another_contract_version_is_refused_with_both_versions() {
    let refused = refused(&renamed(&with(guests::steady(), &["effect:add-tag"]), "@0.1.0", "@0.2.0"));
    assert_eq!(refused.code, "contract_mismatch");
    assert!(refused.sentence.contains("@0.2.0") && refused.sentence.contains("0.1"), "{}", refused.sentence);
}

#[tokio::test]
async fn an_older_patch_of_the_contract_still_loads_and_a_newer_one_too() {
    let runtime = Runtime::new(RuntimeOptions { slots: 2, ..RuntimeOptions::default() }).unwrap();
    let bytes = renamed(&with(guests::steady(), &["effect:add-tag"]), "@0.1.0", "@0.1.7");
    assert!(runtime.load(&bytes).await.is_ok());
}

#[tokio::test]
async fn a_function_that_the_contract_does_not_have_is_refused_at_load() {
    let guest = with(guests::triage(&["now"], "(drop (call $now))"), &[]);
    let runtime = Runtime::new(RuntimeOptions { slots: 2, ..RuntimeOptions::default() }).unwrap();
    let refused = runtime.load(&renamed(&guest, "now-ms", "now-us")).await.expect_err("refused");
    assert_eq!(refused.code, "contract_mismatch");
    assert!(refused.sentence.contains("now-us"), "{}", refused.sentence);
}

#[test]
fn a_hook_that_is_declared_but_not_exported_is_named() {
    let refused = refused(&guests::with_manifest(
        guests::steady(),
        &guests::manifest("answering", &["effect:add-tag"]),
    ));
    assert_eq!(refused.code, "missing_hook");
    assert!(refused.sentence.contains("answering"), "{}", refused.sentence);
}

#[test]
fn a_component_without_a_hook_is_refused() {
    let hookless = renamed(
        &with(guests::steady(), &["effect:add-tag"]),
        "kulanz:plugin/triage@",
        "kulanz:plugin/stroll@".get(..21).unwrap(),
    );
    assert_eq!(refused(&hookless).code, "no_hook");
}

#[test]
fn a_manifest_for_another_contract_is_a_mismatch() {
    let manifest =
        guests::manifest("triage", &["effect:add-tag"]).replace("contract = \"0.1\"", "contract = \"0.2\"");
    assert_eq!(refused(&guests::with_manifest(guests::steady(), &manifest)).code, "contract_mismatch");
}

#[tokio::test]
async fn more_memory_at_the_start_than_the_manifest_allows_is_refused_at_load() {
    let runtime = Runtime::new(RuntimeOptions { slots: 2, ..RuntimeOptions::default() }).unwrap();
    let manifest =
        format!("{}[limits]\nmemory_bytes_max = 65536\n", guests::manifest("triage", &["effect:add-tag"]));
    let refused =
        runtime.load(&guests::with_manifest(guests::steady(), &manifest)).await.expect_err("refused");
    assert_eq!(refused.code, "too_big");
    assert!(
        refused.sentence.contains("131072") && refused.sentence.contains("limits.memory_bytes_max"),
        "{}",
        refused.sentence
    );
}

#[test]
fn a_file_that_is_too_large_is_not_even_read() {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize(COMPONENT_BYTES_MAX + 1, 0);
    assert_eq!(refused(&bytes).code, "too_large");
}
