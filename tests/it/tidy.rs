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
        let manifest = toml_of(&source().join(folder).join("Cargo.toml"));
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

/// Words that a floor's code does not hold, letter by letter.
const ABSENT: [(&str, &[&str]); 7] = [
    (
        "domain",
        &[
            "tokio::",
            "sqlx::",
            "wasmtime::",
            "axum::",
            "SystemTime",
            "Instant::now",
            "Utc::now",
            "Local::now",
        ],
    ),
    ("store", &["wasmtime::", "axum::", "lettre::", "Utc::now"]),
    ("runtime", &["sqlx::", "axum::", "lettre::", "Utc::now"]),
    ("channels", &["sqlx::", "wasmtime::", "axum::"]),
    ("desk", &["sqlx::", "wasmtime::", "axum::", "env::var", "Utc::now", "SystemTime::now"]),
    ("api", &["sqlx::", "wasmtime::", "env::var", "Utc::now", "SystemTime::now"]),
    ("console", &["sqlx::", "wasmtime::", "env::var", "Utc::now", "SystemTime::now"]),
];

/// The first of the words that a source file's code holds; comments may.
fn known<'w>(text: &str, absent: &[&'w str]) -> Option<&'w str> {
    let code: String =
        text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    absent.iter().find(|word| code.contains(**word)).copied()
}

#[test]
fn floors_keep_to_what_they_may_know() {
    for (krate, words) in ABSENT {
        for word in words {
            assert_eq!(known(&format!("let x = {word}();"), words), Some(*word), "{krate}");
        }
        let mut files = Vec::new();
        collect(&source().join("host/crates").join(krate).join("src"), &mut files);
        for file in files.iter().filter(|f| !name(f).contains("test")) {
            let text = std::fs::read_to_string(file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            assert_eq!(known(code, words), None, "{}", name(file));
        }
    }
}

fn toml_of(path: &Path) -> toml::Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// Dependencies whose name stands in no source file: each with the reason.
const UNNAMED: [(&str, &str); 1] = [("host/crates/embed", "flate2")];

#[test]
fn every_declared_dependency_is_used() {
    let root = toml_of(&source().join("Cargo.toml"));
    for member in root["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        let mut files = Vec::new();
        collect(&source().join(member), &mut files);
        let code: String = files
            .iter()
            .filter(|f| f.extension().is_some_and(|e| e == "rs"))
            .map(|f| std::fs::read_to_string(f).unwrap())
            .collect();
        let manifest = toml_of(&source().join(member).join("Cargo.toml"));
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let names = manifest.get(section).and_then(|d| d.as_table()).into_iter().flat_map(|t| t.keys());
            for dependency in names.filter(|name| !UNNAMED.contains(&(member, name.as_str()))) {
                let word = dependency.replace('-', "_");
                assert!(code.contains(&word), "{member} declares {dependency} and does not use it");
            }
        }
    }
}

#[test]
fn every_metric_is_explained_to_operators() {
    let mut files = Vec::new();
    collect(&source().join("host"), &mut files);
    let sources = files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs"));
    let page = std::fs::read_to_string(source().join("docs/operations.md")).unwrap();
    // Name, then labels, as the table has them.
    let table: BTreeMap<&str, Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `kulanz_"))
        .map(|line| {
            let mut cells = line.split('|').skip(1).map(|cell| cell.split('`').skip(1).step_by(2));
            (cells.next().unwrap().next().unwrap(), cells.next().unwrap().collect())
        })
        .collect();
    let mut told = BTreeSet::new();
    for file in sources {
        let text = std::fs::read_to_string(file).unwrap();
        for kind in ["counter!(", "gauge!(", "histogram!("] {
            let named = text.split(kind).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            for (name, rest) in named.filter_map(|rest| rest.split_once('"')) {
                let labels = labels_in(rest.split(';').next().unwrap());
                let explained = table.get(name).unwrap_or_else(|| panic!("the table lacks {name}"));
                assert!(labels.is_none_or(|labels| labels == *explained), "labels of {name}: {explained:?}");
                told.insert(name.to_owned());
            }
        }
    }
    assert!(told.len() > 20, "{told:?}");
    let explained: BTreeSet<String> = table.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(told, explained, "docs/operations.md, “What to watch”");
}

/// The labels that a metric is counted with; none where they were put together before.
fn labels_in(statement: &str) -> Option<Vec<&str>> {
    let mut pieces: Vec<&str> = statement.split("\" =>").collect();
    pieces.pop();
    let labels = pieces.into_iter().filter_map(|piece| piece.rsplit('"').next()).collect();
    (!statement.contains("&labels")).then_some(labels)
}

/// The JSON log puts fields beside its own: two of one name are one too many for whoever reads it.
#[test]
fn no_field_of_a_log_line_has_a_name_that_the_log_gives_itself() {
    let house = rust_files().into_iter().filter(|file| file.starts_with(source().join("host")));
    for file in house {
        let text = std::fs::read_to_string(&file).unwrap();
        for kind in ["error!(", "warn!(", "info!(", "debug!(", "trace!("] {
            for line in text.split(&format!("tracing::{kind}")).skip(1) {
                // Fields stand before the sentence.
                let fields = line.split(['"', ';']).next().unwrap();
                for own in ["message", "level", "target", "timestamp"] {
                    let named = fields.split([',', '%', '?']).map(str::trim).any(|field| {
                        field.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ="))
                    });
                    assert!(!named, "{}: a field is called {own}: {}", name(&file), fields.trim());
                }
            }
        }
    }
}

/// What a translation tells must still be said, or it is dead and nobody notices that the new wording stays English.
/// Sentences are put together from pieces, so most of their words in a row are enough.
#[test]
fn the_house_still_says_what_its_translations_tell() {
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // A literal that goes on in the next line is one sentence.
    let house = rust_files().into_iter().filter(|file| file.starts_with(source().join("host")));
    let sources: String =
        house.map(|file| std::fs::read_to_string(file).unwrap().replace("\\\n", " ")).collect();
    let sources = in_one_line(&sources);
    let is_said = |said: &&str| {
        let pieces = said.split(['{', '}']).map(|piece| piece.split_whitespace().collect::<Vec<_>>());
        let threes: Vec<String> = pieces
            .flat_map(|words| words.windows(3).map(|three| three.join(" ")).collect::<Vec<_>>())
            .collect();
        let found = threes.iter().filter(|three| sources.contains(three.as_str())).count();
        found * 2 + 1 >= threes.len()
    };
    let all = domain::story::GERMAN.lines().filter_map(|line| Some(line.split_once('\t')?.0));
    let unsaid: Vec<&str> = all.filter(|said| !is_said(said)).collect();
    assert!(unsaid.is_empty(), "nobody says any more:\n{}", unsaid.join("\n"));
    assert!(!is_said(&"a sentence that nobody in this house ever says"));
}

#[test]
fn every_page_is_on_the_map() {
    let readme = std::fs::read_to_string(source().join("README.md")).unwrap();
    for page in std::fs::read_dir(source().join("docs")).unwrap() {
        let page = page.unwrap().file_name().into_string().unwrap();
        assert!(readme.contains(&format!("(docs/{page})")), "README's map lacks docs/{page}");
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
