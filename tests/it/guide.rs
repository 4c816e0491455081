//! The guide, done as it says: each section "A plugin in …" in an empty folder of its own, blocks of code written
//! where they say, blocks of shell run as they stand, with the real program.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tests::languages::{Missing, Tool, or_skip};
use tests::{binary, source, target};

/// A block of the guide.
struct Block {
    /// Line of its fence, counted from one.
    line: usize,
    /// What stands after the fence: `sh`, `rust file=…`.
    info: String,
    text: String,
}

impl Block {
    fn file(&self) -> Option<&str> {
        self.info.split_whitespace().find_map(|word| word.strip_prefix("file="))
    }
}

/// The blocks of one section.
fn blocks(title: &str) -> Vec<Block> {
    let guide = std::fs::read_to_string(source().join("docs/plugin-guide.md")).unwrap();
    let mut out: Vec<Block> = Vec::new();
    let (mut inside, mut open) = (false, false);
    for (number, line) in guide.lines().enumerate() {
        if open {
            if line == "```" {
                open = false;
            } else if inside {
                writeln!(out.last_mut().unwrap().text, "{line}").unwrap();
            }
        } else if let Some(info) = line.strip_prefix("```") {
            open = true;
            if inside {
                out.push(Block { line: number + 1, info: info.to_owned(), text: String::new() });
            }
        } else if let Some(heading) = line.strip_prefix("## ") {
            inside = heading == title;
        }
    }
    assert!(!out.is_empty(), "the guide has no section “{title}”");
    out
}

fn shell(folder: &Path, block: &Block) {
    let mut path = vec![binary::kulanz().parent().unwrap().to_path_buf()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let output = Command::new("sh")
        .args(["-e", "-c", &block.text])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path).unwrap())
        // The builders that the other tests have installed.
        .env("XDG_CACHE_HOME", target().join("guests/cache"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "docs/plugin-guide.md:{} does not work:\n{}{}",
        block.line,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Does what a section says about a plugin, in an empty folder, and what the guide says of all plugins after it: signed,
/// installed with consent, seen in shadow, live, a version that asks for more and waits, and back.
fn follow(title: &str) {
    let folder = tempfile::tempdir().unwrap();
    do_as_it_says(folder.path(), title);
    do_as_it_says(folder.path(), "From shadow to live");
    let versions = said(folder.path(), &["plugin", "versions", "acme.lost-parcel", "--json"]);
    let standing = |version: &str, state: &str| {
        versions.lines().any(|line| line.contains(version) && line.contains(state))
    };
    assert!(standing("0.1.0", "active") && standing("0.2.0", "former"), "{versions}");
    let decisions = said(folder.path(), &["explain", "2", "--json"]);
    assert!(decisions.contains("lost-parcel"), "{decisions}");
}

/// What a command of the program says in this folder.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let out = binary::command().args(arguments).current_dir(folder).output().unwrap();
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn do_as_it_says(folder: &Path, title: &str) {
    let (mut ran, mut written) = (0, 0);
    for block in blocks(title) {
        if let Some(file) = block.file() {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &block.text).unwrap();
            written += 1;
        } else {
            assert_eq!(block.info, "sh", "docs/plugin-guide.md:{}: neither a file nor shell", block.line);
            shell(folder, &block);
            ran += 1;
        }
    }
    assert!(ran >= 2 && written >= 2, "{title}: {ran} blocks were run, {written} written");
}

fn has(tool: Tool) -> bool {
    let found: Result<(), Missing> = tool.is_here();
    or_skip(&format!("the guide's section for {tool:?}"), found).is_some()
}

#[test]
fn the_guide_in_rust_works_as_it_stands() {
    follow("A plugin in Rust");
}

#[test]
fn the_guide_in_typescript_works_as_it_stands() {
    if has(Tool::Npm) {
        follow("A plugin in TypeScript");
    }
}

#[test]
fn the_guide_in_python_works_as_it_stands() {
    if has(Tool::Pip) {
        follow("A plugin in Python");
    }
}

#[test]
fn every_key_of_a_case_that_the_guide_names_is_known_and_the_other_way_round() {
    let guide = std::fs::read_to_string(source().join("docs/plugin-guide.md")).unwrap();
    let code = std::fs::read_to_string(source().join("host/src/cli/plugin/golden/case.rs")).unwrap();
    let table = guide.split("| key | says |").nth(1).unwrap().split("\n\n").next().unwrap();
    let named: std::collections::BTreeSet<&str> = table
        .lines()
        .filter_map(|row| row.strip_prefix("| ")?.split(" |").next())
        .flat_map(|cell| cell.split(", "))
        .map(|key| key.trim_matches('`'))
        .filter(|key| !key.is_empty())
        .collect();
    let read = code.split("fn other_ticket").next().unwrap();
    let known: std::collections::BTreeSet<&str> = read
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "))
        .map(|(key, _)| key)
        .filter(|key| !["yes", "no"].contains(key))
        .collect();
    assert_eq!(named, known);
}
