//! Guests written by hand: a core module as text, made a component by the contract's own WIT.
//! Also included by `examples/call_cost.rs`.

use std::path::Path;

use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Functions a guest may import, by name, with their core signatures.
const IMPORTS: &[(&str, &str)] = &[
    (
        "ticket-id",
        r#"(import "kulanz:plugin/types@0.1.0" "[method]ticket.id" (func $ticket-id (param i32 i32)))"#,
    ),
    (
        "ticket-number",
        r#"(import "kulanz:plugin/types@0.1.0" "[method]ticket.number" (func $ticket-number (param i32) (result i64)))"#,
    ),
    (
        "ticket-subject",
        r#"(import "kulanz:plugin/types@0.1.0" "[method]ticket.subject" (func $ticket-subject (param i32 i32)))"#,
    ),
    (
        "last-inbound",
        r#"(import "kulanz:plugin/types@0.1.0" "[method]ticket.last-inbound" (func $last-inbound (param i32 i32)))"#,
    ),
    (
        "add-tag",
        r#"(import "kulanz:plugin/effects@0.1.0" "add-tag" (func $add-tag (param i32 i32 i32 i32 i32 i32 f32 i32 i32 i32)))"#,
    ),
    ("log", r#"(import "kulanz:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#),
    ("now", r#"(import "kulanz:plugin/clock@0.1.0" "now-ms" (func $now (result i64)))"#),
    ("random", r#"(import "kulanz:plugin/random@0.1.0" "next-u64" (func $random (result i64)))"#),
    ("kv-get", r#"(import "kulanz:plugin/kv@0.1.0" "get" (func $kv-get (param i32 i32 i32)))"#),
    ("kv-set", r#"(import "kulanz:plugin/kv@0.1.0" "set" (func $kv-set (param i32 i32 i32 i32 i32)))"#),
];

/// Memory, an allocator that never frees, and words to say. Results of hooks lie at 16, of host calls at 64.
const PRELUDE: &str = r#"
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (func $cabi_realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (block $fits (loop $more
      (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.const 1)))
      (br $more)))
    (local.get $at))
  (data (i32.const 1024) "because it says so")
  (data (i32.const 1056) "vip")
  (data (i32.const 1072) "last/seen")
  (data (i32.const 1088) "panic: index 7 is out of bounds at src/lib.rs:3")
  ;; ok (0) or err (1), then the case and a text
  (func $say (param $error i32) (param $case i32) (param $text i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 16) (local.get $error))
    (i32.store8 (i32.const 20) (local.get $case))
    (i32.store (i32.const 24) (local.get $text))
    (i32.store (i32.const 28) (local.get $length))
    (i32.const 16))
"#;

/// A triage guest: imports by name, and a body that may use `$event`, `$ticket` and `$i`.
/// Unless the body returns otherwise, it says `done`.
pub(crate) fn triage(imports: &[&str], body: &str) -> Vec<u8> {
    triage_with(imports, body, "")
}

/// A triage guest with further functions.
pub(crate) fn triage_with(imports: &[&str], body: &str, functions: &str) -> Vec<u8> {
    let imports = imports_text(imports);
    let core = format!(
        r#"(module
  (import "kulanz:plugin/types@0.1.0" "[resource-drop]event" (func $drop-event (param i32)))
  (import "kulanz:plugin/types@0.1.0" "[resource-drop]ticket" (func $drop-ticket (param i32)))
  {imports} {PRELUDE} {functions}
  (func $done (param $event i32) (param $ticket i32) (param $case i32) (result i32)
    (call $drop-event (local.get $event))
    (call $drop-ticket (local.get $ticket))
    (call $say (i32.const 0) (local.get $case) (i32.const 1024) (i32.const 18)))
  (func $my_triage (export "kulanz:plugin/triage@0.1.0#triage") (param $event i32) (param $ticket i32) (result i32)
    (local $i i32)
    {body}
    (call $done (local.get $event) (local.get $ticket) (i32.const 0))))"#
    );
    component("triage-plugin", &core)
}

/// A redaction guest that answers one finding of class `vip` with this span and score.
pub(crate) fn redaction(part: u32, start: u32, end: u32, score: f32) -> Vec<u8> {
    let core = format!(
        r#"(module
  (import "kulanz:plugin/types@0.1.0" "[resource-drop]document" (func $drop-document (param i32)))
  {PRELUDE}
  (func (export "kulanz:plugin/redaction@0.1.0#redact") (param $document i32) (result i32)
    (call $drop-document (local.get $document))
    (i32.store (i32.const 128) (i32.const {part}))
    (i32.store (i32.const 132) (i32.const {start}))
    (i32.store (i32.const 136) (i32.const {end}))
    (i32.store (i32.const 140) (i32.const 1056))
    (i32.store (i32.const 144) (i32.const 3))
    (f32.store (i32.const 148) (f32.const {score}))
    (i32.store (i32.const 152) (i32.const 1024))
    (i32.store (i32.const 156) (i32.const 7))
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (i32.const 128))
    (i32.store (i32.const 24) (i32.const 1))
    (i32.const 16)))"#
    );
    component("redaction-plugin", &core)
}

/// A guest with the four other hooks; each says `done` in its way.
pub(crate) fn component_of(world: &str, hook: &str, resources: &[&str]) -> Vec<u8> {
    let drops: String = resources
        .iter()
        .map(|r| {
            format!(
                r#"(import "kulanz:plugin/types@0.1.0" "[resource-drop]{r}" (func $drop-{r} (param i32)))"#
            )
        })
        .collect();
    let calls: String =
        resources.iter().enumerate().map(|(i, r)| format!("(call $drop-{r} (local.get {i}))")).collect();
    let parameters = "i32 ".repeat(resources.len());
    // A result without cases has its text where the others have the case.
    let told = if hook.ends_with("#answer") {
        "(call $say (i32.const 0) (i32.const 1) (i32.const 1024) (i32.const 18))".to_owned()
    } else {
        "(i32.store8 (i32.const 16) (i32.const 0)) (i32.store (i32.const 20) (i32.const 1024)) (i32.store (i32.const 24) (i32.const 18)) (i32.const 16)"
            .to_owned()
    };
    let core = format!(
        r#"(module {drops} {PRELUDE} (func (export "{hook}") (param {parameters}) (result i32) {calls} {told}))"#
    );
    component(world, &core)
}

/// Reads id and subject, proposes a tag, says done: what an honest small plugin does.
pub(crate) fn steady() -> Vec<u8> {
    triage(&["ticket-id", "ticket-subject", "add-tag"], STEADY)
}

/// Body of [`steady`].
pub(crate) const STEADY: &str = r#"
    (call $ticket-subject (local.get $ticket) (i32.const 64))
    (call $ticket-id (local.get $ticket) (i32.const 96))
    (call $add-tag (i32.load (i32.const 96)) (i32.load (i32.const 100)) (i32.const 1056) (i32.const 3)
      (i32.const 1024) (i32.const 18) (f32.const 0.9) (i32.const 0) (i32.const 0) (i32.const 64))"#;

/// A manifest with these hooks and grants.
pub(crate) fn manifest(hook: &str, grants: &[&str]) -> String {
    let grants: String =
        grants.iter().map(|g| format!("[[grant]]\nto = \"{g}\"\nreason = \"the test needs it\"\n")).collect();
    let events =
        if matches!(hook, "redaction" | "schedule") { "" } else { "events = [\"message.received\"]\n" };
    format!(
        "id = \"test.guest\"\nname = \"Guest\"\nversion = \"1.0.0\"\ncontract = \"0.1\"\ndescription = \"A guest.\"\n[[hook]]\nkind = \"{hook}\"\n{events}{grants}"
    )
}

/// The component with a manifest inside.
pub(crate) fn with_manifest(mut component: Vec<u8>, manifest: &str) -> Vec<u8> {
    CustomSection { name: "kulanz:manifest".into(), data: manifest.as_bytes().into() }
        .append_to_component(&mut component);
    component
}

/// A triage guest for the made-up contract 0.2: reads the subject, logs it with a field, says what it thinks.
#[cfg(test)]
pub(crate) fn triage_of_0_2() -> Vec<u8> {
    let core = format!(
        r#"(module
  (import "kulanz:plugin/types@0.2.0" "[resource-drop]ticket" (func $drop-ticket (param i32)))
  (import "kulanz:plugin/types@0.2.0" "[method]ticket.subject" (func $subject (param i32 i32)))
  (import "kulanz:plugin/log@0.2.0" "write" (func $log (param i32 i32 i32 i32 i32)))
  {PRELUDE}
  (func (export "kulanz:plugin/triage@0.2.0#triage") (param $ticket i32) (result i32)
    (call $subject (local.get $ticket) (i32.const 64))
    ;; one field: vip = because it says so
    (i32.store (i32.const 256) (i32.const 1056)) (i32.store (i32.const 260) (i32.const 3))
    (i32.store (i32.const 264) (i32.const 1024)) (i32.store (i32.const 268) (i32.const 18))
    ;; the subject, or the words of the error, which lie one place further
    (call $log (i32.const 2)
      (select (i32.load (i32.const 72)) (i32.load (i32.const 68)) (i32.load8_u (i32.const 64)))
      (select (i32.load (i32.const 76)) (i32.load (i32.const 72)) (i32.load8_u (i32.const 64)))
      (i32.const 256) (i32.const 1))
    (call $drop-ticket (local.get $ticket))
    (call $say (i32.load8_u (i32.const 64)) (i32.const 1) (i32.const 1024) (i32.const 18))))"#
    );
    component_for("src/tests/two_tracks", "triage-plugin", &core)
}

/// A component for a world of the contract, made of a core module's text.
fn component(world: &str, core: &str) -> Vec<u8> {
    component_for("../../../wit/v0_1", world, core)
}

/// The same for the contract in another folder.
fn component_for(contract: &str, world: &str, core: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core).unwrap();
    let mut resolve = Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join(contract);
    let (package, _) = resolve.push_dir(&contract).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn imports_text(names: &[&str]) -> String {
    names.iter().map(|name| IMPORTS.iter().find(|(n, _)| n == name).unwrap().1).collect()
}
