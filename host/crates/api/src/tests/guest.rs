//! One plugin for all tests, written by hand: a triage hook that proposes the tag `vip`, and a schedule hook that does
//! nothing.

use std::path::Path;

use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What its author says about it.
const MANIFEST: &str = r#"
id = "example.vip"
name = "VIP"
version = "1.2.3"
contract = "0.1"
description = "Tags every ticket."

[[hook]]
kind = "triage"
events = ["message.received"]

[[hook]]
kind = "schedule"

[[schedule]]
name = "nightly"
cron = "0 3 * * *"

[[grant]]
to = "effect:add-tag"
reason = "It tags tickets."

[[grant]]
to = "read:subject"
reason = "It may want to look."

[[grant]]
to = "http:api.example.com"
reason = "It may want to ask."

[settings]
type = "object"

[settings.properties.tone]
type = "string"
default = "kind"

[settings.properties.key]
type = "string"
secret = true
host = "api.example.com"
"#;

/// Results of hooks lie at 16, of host calls at 64, the ticket's id at 96; nothing is ever freed.
const CORE: &str = r#"(module
  (import "kulanz:plugin/types@0.1.0" "[resource-drop]event" (func $drop-event (param i32)))
  (import "kulanz:plugin/types@0.1.0" "[resource-drop]ticket" (func $drop-ticket (param i32)))
  (import "kulanz:plugin/types@0.1.0" "[method]ticket.id" (func $ticket-id (param i32 i32)))
  (import "kulanz:plugin/types@0.1.0" "[resource-drop]firing" (func $drop-firing (param i32)))
  (import "kulanz:plugin/effects@0.1.0" "add-tag" (func $add-tag (param i32 i32 i32 i32 i32 i32 f32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (data (i32.const 1024) "it looks important")
  (data (i32.const 1056) "vip")
  (func $done (result i32)
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store8 (i32.const 20) (i32.const 0))
    (i32.store (i32.const 24) (i32.const 1024))
    (i32.store (i32.const 28) (i32.const 18))
    (i32.const 16))
  (func (export "kulanz:plugin/triage@0.1.0#triage") (param $event i32) (param $ticket i32) (result i32)
    (call $ticket-id (local.get $ticket) (i32.const 96))
    (call $add-tag (i32.load (i32.const 96)) (i32.load (i32.const 100)) (i32.const 1056) (i32.const 3)
      (i32.const 1024) (i32.const 18) (f32.const 0.9) (i32.const 0) (i32.const 0) (i32.const 64))
    (call $drop-event (local.get $event))
    (call $drop-ticket (local.get $ticket))
    (call $done))
  (func (export "kulanz:plugin/schedule@0.1.0#fire") (param $firing i32) (result i32)
    (call $drop-firing (local.get $firing))
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (i32.const 1024))
    (i32.store (i32.const 24) (i32.const 18))
    (i32.const 16)))"#;

/// The two hooks of it.
const WORLD: &str = "package test:vip;
world vip {
    include kulanz:plugin/triage-plugin@0.1.0;
    export kulanz:plugin/schedule@0.1.0;
}";

/// The plugin as a file.
pub(super) fn vip() -> Vec<u8> {
    component(MANIFEST)
}

/// Another version of it: each `from` in its manifest becomes its `to`.
pub(super) fn vip_with(changes: &[(&str, &str)]) -> Vec<u8> {
    component(&changes.iter().fold(MANIFEST.to_owned(), |text, (from, to)| text.replace(from, to)))
}

fn component(manifest: &str) -> Vec<u8> {
    let mut module = wat::parse_str(CORE).unwrap();
    let mut resolve = Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../wit/v0_1");
    resolve.push_dir(&contract).unwrap();
    let package = resolve.push_str("vip.wit", WORLD).unwrap();
    let world = resolve.select_world(&[package], Some("vip")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let mut bytes = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
    let section = CustomSection { name: "kulanz:manifest".into(), data: manifest.as_bytes().into() };
    section.append_to_component(&mut bytes);
    bytes
}
