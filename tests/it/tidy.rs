//! The house rules as a test: arrows, file heads and sizes, names, pairs, purposes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tests::source;

/// Production lines a file may have.
const LINES_MAX: usize = 600;

fn rust_files() -> Vec<PathBuf> {
    let mut out = Vec::new();
    for root in ["host", "sdk", "plugins", "tests"] {
        collect(&source().join(root), &mut out);
    }
    out
}

fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.ends_with("node_modules") {
                collect(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn name(path: &Path) -> String {
    path.strip_prefix(source()).unwrap().display().to_string()
}

#[test]
fn every_file_opens_by_saying_what_it_owns() {
    let silent: Vec<String> = rust_files()
        .iter()
        .filter(|p| !std::fs::read_to_string(p).unwrap().starts_with("//!"))
        .map(|p| name(p))
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn no_file_is_too_long_to_be_read_in_one_go() {
    let long: Vec<String> = rust_files()
        .iter()
        .filter(|p| !name(p).contains("tests"))
        .filter_map(|p| {
            let text = std::fs::read_to_string(p).unwrap();
            let lines = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().lines().count();
            (lines > LINES_MAX).then(|| format!("{} has {lines} lines", name(p)))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn no_file_hides_behind_a_name_that_says_nothing() {
    let empty = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "mod"];
    let found: Vec<String> = rust_files()
        .iter()
        .filter(|p| empty.contains(&p.file_stem().unwrap().to_str().unwrap()))
        .map(|p| name(p))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_test_is_ignored_sleeps_or_wants_a_panic() {
    let words = [
        concat!("#[ign", "ore"),
        concat!("thread::sl", "eep"),
        concat!("should_p", "anic"),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
    ];
    let found: Vec<String> = rust_files()
        .iter()
        // Waits for a real PostgreSQL process to answer; there is no signal to wait for.
        .filter(|p| !p.ends_with("store/src/ephemeral.rs"))
        .filter(|p| {
            let text = std::fs::read_to_string(p).unwrap();
            words.iter().any(|w| text.contains(w))
        })
        .map(|p| name(p))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Which crates of the house each crate may know, floor by floor.
const ARROWS: &[(&str, &str, &[&str])] = &[
    ("domain", "host/crates/domain", &[]),
    ("store", "host/crates/store", &["domain"]),
    ("runtime", "host/crates/runtime", &["domain", "pack"]),
    ("channels", "host/crates/channels", &["domain"]),
    ("embed", "host/crates/embed", &[]),
    ("desk", "host/crates/desk", &["domain", "store", "runtime", "channels", "embed"]),
    ("api", "host/crates/api", &["domain", "desk"]),
    ("console", "host/crates/console", &["domain", "desk"]),
    ("kulanz-sdk", "sdk", &[]),
    ("pack", "sdk/pack", &["domain"]),
    ("plugin-redaction", "plugins/redaction", &["kulanz-sdk"]),
    ("plugin-triage", "plugins/triage", &["kulanz-sdk"]),
    ("plugin-auto-reply", "plugins/auto-reply", &["kulanz-sdk"]),
    ("plugin-proactive-notice", "plugins/proactive-notice", &["kulanz-sdk"]),
    ("plugin-incidents", "plugins/incidents", &["kulanz-sdk"]),
    ("plugin-order-status", "plugins/order-status", &["kulanz-sdk"]),
];

#[test]
fn arrows_go_only_downward() {
    let house: BTreeSet<&str> = ARROWS.iter().map(|a| a.0).chain(["kulanz"]).collect();
    for (krate, folder, allowed) in ARROWS {
        let manifest: toml::Table =
            std::fs::read_to_string(source().join(folder).join("Cargo.toml")).unwrap().parse().unwrap();
        let known: Vec<&String> = manifest
            .get("dependencies")
            .and_then(|d| d.as_table())
            .into_iter()
            .flat_map(|t| t.keys())
            .collect();
        for other in known.into_iter().filter(|k| house.contains(k.as_str())) {
            assert!(allowed.contains(&other.as_str()), "{krate} must not know {other}");
        }
    }
}

#[test]
fn floors_keep_to_what_they_may_know() {
    let absent: BTreeMap<&str, &[&str]> = [
        ("domain", &["tokio", "sqlx", "wasmtime", "axum", "SystemTime", "Instant::now"][..]),
        ("store", &["wasmtime", "axum", "lettre"][..]),
        ("runtime", &["sqlx", "axum", "lettre"][..]),
        ("channels", &["sqlx", "wasmtime", "axum"][..]),
        ("desk", &["sqlx", "wasmtime::", "axum", "std::env::var"][..]),
        ("api", &["sqlx", "wasmtime", "std::env::var"][..]),
        ("console", &["sqlx", "wasmtime", "std::env::var"][..]),
    ]
    .into();
    for (krate, words) in absent {
        let mut files = Vec::new();
        collect(&source().join("host/crates").join(krate).join("src"), &mut files);
        for file in files.iter().filter(|f| !name(f).contains("test")) {
            let text = std::fs::read_to_string(file).unwrap();
            let code: String =
                text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            for word in words {
                assert!(
                    !code.contains(&format!("{word}::")) && !code.contains(&format!("use {word}")),
                    "{} knows {word}",
                    name(file)
                );
            }
        }
    }
}

#[test]
fn every_dependency_says_its_purpose() {
    let manifest = std::fs::read_to_string(source().join("Cargo.toml")).unwrap();
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let mut purpose = false;
    for line in section.lines() {
        if line.starts_with("# ") && !line.starts_with("# ---") {
            purpose = true;
        } else if line.contains(" = ") && !line.contains("path =") {
            assert!(purpose, "no purpose stands above: {line}");
            purpose = false;
        }
    }
}

#[test]
fn migrations_come_in_pairs() {
    let names = |backend: &str| -> BTreeSet<String> {
        std::fs::read_dir(source().join("host/crates/store/migrations").join(backend))
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

#[test]
fn each_interface_of_the_contract_has_its_file_on_both_sides() {
    for entry in std::fs::read_dir(source().join("wit/v0_1")).unwrap().flatten() {
        let interface = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
        if matches!(interface.as_str(), "types" | "worlds" | "effects" | "config") {
            continue;
        }
        let host = ["imports", "hooks"].iter().any(|f| {
            source().join("host/crates/runtime/src").join(f).join(format!("{interface}.rs")).exists()
        });
        assert!(host, "the runtime has no file for {interface}");
        assert!(
            source().join("sdk/src").join(format!("{interface}.rs")).exists(),
            "the SDK has no file for {interface}"
        );
    }
}

#[test]
fn files_named_in_the_docs_exist() {
    let docs = ["README.md", "docs/architecture.md"];
    for doc in docs {
        let text = std::fs::read_to_string(source().join(doc)).unwrap();
        for word in text.split(['`', '(', ')', ' ', '\n']) {
            let is_path = word.contains('/')
                && (word.ends_with(".rs")
                    || word.ends_with(".md")
                    || word.ends_with(".toml")
                    || word.starts_with("host/"));
            if is_path && !word.contains("://") {
                let near = Path::new(doc).parent().unwrap().join(word);
                assert!(
                    source().join(word).exists() || source().join(near).exists(),
                    "{doc} names {word}, which is not there"
                );
            }
        }
    }
}
