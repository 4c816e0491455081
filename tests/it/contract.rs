//! Contracts are files: the API's description and the plugin contract are compared with what was
//! recorded. `UPDATE_GOLDEN=1` records anew; a change then shows in the review.

use std::fmt::Write as _;

use tests::source;

fn compare(name: &str, now: &str) {
    let golden = source().join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, now).unwrap();
    }
    let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        recorded == now,
        "{name} changed; if that is meant, record it with UPDATE_GOLDEN=1 and say so in the CHANGELOG"
    );
}

#[test]
fn the_apis_description_is_as_recorded() {
    compare("openapi.json", &(api::openapi() + "\n"));
}

/// Every declaration of the contract on a line of its own, without comments and blanks.
fn declarations() -> String {
    let mut files: Vec<_> =
        std::fs::read_dir(source().join("wit/v0_1")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut out = String::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")) {
            let _ = writeln!(out, "{} {line}", file.file_name().unwrap().to_string_lossy());
        }
    }
    out
}

#[test]
fn the_contract_only_grows_within_0_1() {
    let recorded = std::fs::read_to_string(source().join("tests/golden/wit.txt")).unwrap_or_default();
    let now = declarations();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(source().join("tests/golden/wit.txt"), &now).unwrap();
        return;
    }
    let lines: std::collections::BTreeSet<&str> = now.lines().collect();
    let gone: Vec<&str> = recorded.lines().filter(|l| !lines.contains(l)).collect();
    assert!(gone.is_empty(), "breaking for 0.1, plugins that were built already would be refused: {gone:#?}");
    assert!(recorded.lines().count() > 100);
}

#[test]
fn every_default_setting_is_documented_and_valid() {
    let manual = std::fs::read_to_string(source().join("host/src/config.default.toml")).unwrap();
    let mut commented = false;
    for line in manual.lines() {
        if line.starts_with('#') {
            commented = true;
        } else if line.contains(" = ") {
            assert!(commented, "no reason stands above: {line}");
            commented = false;
        }
    }
    manual.parse::<toml::Table>().unwrap();
}
