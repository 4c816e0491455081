//! Real builds: guests and bundled plugins become components that hold exactly what their code uses.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::plugin::{Hook, Manifest};
use pack::{BuildOptions, Built, build, build_guest_example, check, manifest_of, surface};

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests")
}

fn options() -> BuildOptions {
    let target_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    BuildOptions { target_dir: Some(target_dir), quiet: true, ..BuildOptions::default() }
}

fn guest(name: &str) -> Built {
    build_guest_example(&guests(), name, &options()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn manifest(built: &Built) -> Manifest {
    Manifest::parse(&manifest_of(&built.bytes).unwrap().unwrap()).unwrap()
}

/// What every plugin imports: panics are logged, and handed-in resources are dropped by the host's rule.
fn beyond_logging(built: &Built) -> BTreeSet<String> {
    surface(&built.bytes).unwrap().imports.into_iter().filter(|i| i != "log.write").collect()
}

#[test]
fn a_triage_plugin_imports_only_what_it_calls_and_exports_only_triage() {
    let built = guest("good_triage");
    let surface = surface(&built.bytes).unwrap();
    assert_eq!(surface.hooks, BTreeSet::from([Hook::Triage]));
    let expected = [
        "effects.set-field",
        "effects.add-tag",
        "types.[method]ticket.id",
        "types.[method]ticket.last-inbound",
        "types.[method]message.text",
    ];
    assert_eq!(beyond_logging(&built), expected.into_iter().map(str::to_owned).collect());
    check(&built.bytes, &manifest(&built)).unwrap();
    assert!(built.bytes.len() < 120_000, "{} bytes", built.bytes.len());
}

#[test]
fn every_guest_becomes_a_component_whose_manifest_is_its_own() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(guests().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "rs") {
            names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    assert!(names.len() >= 14, "{names:?}");
    for name in names {
        let built = guest(&name);
        assert_eq!(built.name, format!("guest.{name}"));
        assert_eq!(manifest(&built).id, built.name);
        assert_eq!(std::fs::read(&built.path).unwrap(), built.bytes);
        let honest = check(&built.bytes, &manifest(&built));
        assert_eq!(honest.is_ok(), name != "lies_about_imports", "{name}: {honest:?}");
    }
}

#[test]
fn the_liar_is_told_what_its_manifest_does_not_ask_for() {
    let built = guest("lies_about_imports");
    let said = check(&built.bytes, &manifest(&built)).unwrap_err().to_string();
    assert!(said.contains("effects.reply") && said.contains("effect:reply"), "{said}");
}

#[test]
fn no_folder_of_this_machine_stands_in_a_component() {
    let built = guest("panics");
    let text = String::from_utf8_lossy(&built.bytes);
    assert!(text.contains("the dog ate ticket"));
    for place in [env!("CARGO_MANIFEST_DIR"), "/.cargo/registry", "index.crates.io"] {
        assert!(!text.contains(place), "{place}");
    }
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    assert_eq!(guest("echo_effect").bytes, guest("echo_effect").bytes);
}

#[test]
fn the_bundled_redaction_plugin_proposes_nothing_and_reads_only_its_document() {
    let folder = pack::bundled_sources().unwrap().join("redaction");
    let built = build(&folder, &options()).unwrap_or_else(|e| panic!("{e}"));
    let surface = surface(&built.bytes).unwrap();
    assert_eq!(surface.hooks, BTreeSet::from([Hook::Redaction]));
    for import in &surface.imports {
        assert!(
            import.starts_with("types.[method]document.")
                || import == "log.write"
                || import == "config.settings",
            "{import}"
        );
    }
}
