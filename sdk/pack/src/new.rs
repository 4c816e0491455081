//! Begins a plugin: a folder that builds, tests and installs at once. Owns the templates, and what a name must
//! look like; the parts for one hook stand in files of their own, the same example in every language.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::plugin::Hook;

use crate::{Language, PackError, javascript, python, stage};

/// What the project is written in: JavaScript comes with types or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// A crate.
    Rust,
    /// JavaScript with types in comments.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// Python.
    Python,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rust, Self::JavaScript, Self::TypeScript, Self::Python];

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "js",
            Self::TypeScript => "ts",
            Self::Python => "python",
        }
    }

    const fn language(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
        }
    }
}

impl std::str::FromStr for Template {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|template| template.as_str() == text);
        known.ok_or_else(|| format!("`{text}` is no language here: use rust, js, ts or python"))
    }
}

/// What to begin.
#[derive(Debug, Clone)]
pub struct NewPlugin {
    /// The plugin's name: `recall`, or its whole id `acme.recall`. The folder is called like its last part.
    pub name: String,
    /// Below which folder.
    pub parent: PathBuf,
    /// What it is written in.
    pub template: Template,
    /// Which hooks it has, at least one.
    pub hooks: Vec<Hook>,
}

/// Who a plugin is of when its name does not say.
const NOBODY: &str = "example";
/// Memory that an engine of the language itself needs, bytes: DESIGN's caps per language.
const JAVASCRIPT_MEMORY_BYTES: &str = "134_217_728";
const PYTHON_MEMORY_BYTES: &str = "268_435_456";

/// What keeps Cargo from looking for a workspace in the folders above.
const OWN_WORKSPACE: &str = "
# A workspace of its own, wherever this folder lies.
[workspace]
";

/// The parts of one hook in every language, and its cases.
struct Parts {
    manifest: &'static str,
    rust: &'static str,
    javascript: &'static str,
    python: &'static str,
    cases: &'static [(&'static str, &'static str)],
}

macro_rules! parts {
    ($hook:literal, [$($case:literal),+]) => {
        Parts {
            manifest: include_str!(concat!("../templates/manifest/", $hook, ".toml")),
            rust: include_str!(concat!("../templates/rust/", $hook, ".rs.txt")),
            javascript: include_str!(concat!("../templates/js/", $hook, ".js.txt")),
            python: include_str!(concat!("../templates/python/", $hook, ".py.txt")),
            cases: &[$(($case, include_str!(concat!("../templates/cases/", $case, ".txt")))),+],
        }
    };
}

const fn parts(hook: Hook) -> &'static Parts {
    match hook {
        Hook::Redaction => &parts!("redaction", ["redaction"]),
        Hook::Triage => &parts!("triage", ["triage", "triage-nothing"]),
        Hook::Answering => &parts!("answering", ["answering", "answering-nothing"]),
        Hook::Notification => &parts!("notification", ["notification"]),
        Hook::Events => &parts!("events", ["events"]),
        Hook::Schedule => &parts!("schedule", ["schedule"]),
    }
}

/// Begins a plugin and says where.
///
/// # Errors
/// The name is no name, no hook is given, the folder is there already, or it cannot be written.
pub fn new(plugin: &NewPlugin) -> Result<PathBuf, PackError> {
    let refuse = |sentence: String| PackError::Manifest { sentence };
    let (owner, last) = plugin.name.rsplit_once('.').unwrap_or((NOBODY, &plugin.name));
    if !is_name(last) || !owner.split('.').all(is_name) {
        return Err(refuse(format!(
            "`{}` is no plugin's name: use small letters, digits and hyphens, beginning with a letter, as in `recall` or `acme.recall`.",
            plugin.name
        )));
    }
    let hooks: Vec<Hook> = Hook::ALL.iter().copied().filter(|hook| plugin.hooks.contains(hook)).collect();
    if hooks.is_empty() {
        let known: Vec<&str> = Hook::ALL.iter().map(|hook| hook.as_str()).collect();
        return Err(refuse(format!("Name at least one hook: {}.", known.join(", "))));
    }
    let dir = plugin.parent.join(last);
    if dir.exists() {
        return Err(refuse(format!(
            "{} is there already: choose another name, or remove it first.",
            dir.display()
        )));
    }
    let words = Words { id: format!("{owner}.{last}"), name: titled(last), template: plugin.template, hooks };
    for (name, text) in files(&words, last, is_named_member(&plugin.parent, last))? {
        stage::write(&dir.join(name), &text)?;
    }
    for_editors(&dir)?;
    Ok(dir)
}

struct Words {
    id: String,
    name: String,
    template: Template,
    hooks: Vec<Hook>,
}

fn files(words: &Words, last: &str, is_member: bool) -> Result<Vec<(String, String)>, PackError> {
    let language = words.template.language();
    let mut out = vec![
        ("plugin.toml".to_owned(), manifest(words)),
        (".gitignore".to_owned(), "target/\nnode_modules/\n__pycache__/\n.kulanz/\n".to_owned()),
        (
            "README.md".to_owned(),
            include_str!("../templates/readme.txt")
                .replace("{name}", &words.name)
                .replace("{language}", language),
        ),
    ];
    let cases = words.hooks.iter().flat_map(|hook| parts(*hook).cases);
    out.extend(cases.map(|(name, text)| (format!("cases/{name}.txt"), (*text).to_owned())));
    let mut add = |name: &str, text: String| out.push((name.to_owned(), text));
    let project = |text: &str| text.replace("{crate}", last);
    match words.template {
        Template::Rust => {
            let sdk = sdk_source()?;
            let text = include_str!("../templates/rust/Cargo.toml.txt");
            let own = if is_member { "" } else { OWN_WORKSPACE };
            add("Cargo.toml", project(text).replace("{sdk}", &toml_text(&sdk)) + own);
            add("src/lib.rs", rust(words));
        }
        Template::JavaScript => {
            add("package.json", project(include_str!("../templates/js/package.json.txt")));
            add("jsconfig.json", include_str!("../templates/js/jsconfig.json.txt").to_owned());
            add("plugin.js", javascript(words));
        }
        Template::TypeScript => {
            let text = include_str!("../templates/js/package.json.txt").replace("plugin.js", "plugin.ts");
            add("package.json", project(&text));
            add("tsconfig.json", include_str!("../templates/js/jsconfig.json.txt").to_owned());
            add("plugin.ts", typescript(words));
        }
        Template::Python => {
            add("pyproject.toml", project(include_str!("../templates/python/pyproject.toml.txt")));
            add("plugin.py", python(words));
        }
    }
    Ok(out)
}

/// Whether a Cargo workspace above names the plugin's folder among its members: one of its own inside would be an
/// error, and with the others it shares what is compiled.
fn is_named_member(parent: &Path, last: &str) -> bool {
    let Ok(parent) = std::path::absolute(parent) else { return false };
    // What is not there yet will lie below the nearest folder that is.
    let nearest = parent
        .ancestors()
        .find_map(|there| Some((there.canonicalize().ok()?, parent.strip_prefix(there).ok()?)));
    let Some((there, below)) = nearest else { return false };
    let dir = there.join(below).join(last);
    dir.ancestors().skip(1).any(|root| members(root).iter().any(|member| names(&root.join(member), &dir)))
}

/// Whether a member's path names a folder, part by part.
fn names(member: &Path, dir: &Path) -> bool {
    let parts = |path: &Path| -> Vec<String> {
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (member, dir) = (parts(member), parts(dir));
    member.len() == dir.len() && member.iter().zip(&dir).all(|(pattern, name)| fits(pattern, name))
}

/// Whether a name fits a pattern, in which `*` stands for any letters.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(tail) = name.strip_prefix(head) else { return false };
    (0..=tail.len()).filter_map(|at| tail.get(at..)).any(|tail| fits(rest, tail))
}

/// The members that the workspace in a folder names; none where there is no workspace.
fn members(root: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let members = manifest.get("workspace").and_then(|workspace| workspace.get("members"));
    let members = members.and_then(toml::Value::as_array).into_iter().flatten();
    members.filter_map(|member| member.as_str().map(ToOwned::to_owned)).collect()
}

/// Puts the SDK where editors look for it. The build has its own copy and does not read this one.
pub(crate) fn for_editors(dir: &Path) -> Result<(), PackError> {
    let sdk = match Language::of(dir)? {
        Language::Rust => return Ok(()),
        Language::JavaScript => javascript::SDK,
        Language::Python => python::SDK,
    };
    let folder = dir.join(".kulanz").join("kulanz");
    sdk.iter().try_for_each(|(name, text)| stage::write(&folder.join(name), text))
}

/// The SDK for Rust in the source tree this program was built from.
fn sdk_source() -> Result<PathBuf, PackError> {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().filter(|sdk| sdk.join("Cargo.toml").is_file());
    sdk.map(Path::to_owned).ok_or_else(|| PackError::Toolchain {
        sentence: "The SDK for Rust is not published yet, and the source tree this program was built from is not here: clone the repository and build kulanz from it, or choose js, ts or python.".to_owned(),
    })
}

fn toml_text(path: &Path) -> String {
    serde_json::Value::String(path.display().to_string()).to_string()
}

fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn titled(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

fn manifest(words: &Words) -> String {
    let mut out = format!(
        "id = \"{}\"\nname = \"{}\"\nversion = \"0.1.0\"\ncontract = \"{}\"\ndescription = \"What it does, in one sentence for admins.\"\nlicence = \"Apache-2.0\"\n",
        words.id,
        words.name,
        domain::plugin::CONTRACT_TRACK
    );
    let mut said = BTreeSet::new();
    for hook in &words.hooks {
        // Blocks are parted by an empty line; two hooks may ask for the same grant.
        for block in parts(*hook).manifest.trim().split("\n\n") {
            if said.insert(block) {
                out.push_str(&format!("\n{block}\n"));
            }
        }
    }
    if words.hooks.contains(&Hook::Triage) {
        out.push_str(&format!("\n{}", include_str!("../templates/manifest/settings.toml")));
    }
    match words.template {
        Template::Rust => {}
        Template::JavaScript | Template::TypeScript => {
            out.push_str(&format!("\n[limits]\nmemory_bytes_max = {JAVASCRIPT_MEMORY_BYTES}\n"));
        }
        Template::Python => out.push_str(&format!("\n[limits]\nmemory_bytes_max = {PYTHON_MEMORY_BYTES}\n")),
    }
    out
}

fn rust(words: &Words) -> String {
    let mut out = include_str!("../templates/rust/head.rs.txt").replace("{name}", &words.name);
    words.hooks.iter().for_each(|hook| out.push_str(parts(*hook).rust));
    let hooks: Vec<&str> = words.hooks.iter().map(|hook| hook.as_str()).collect();
    out + &format!("\nkulanz_sdk::export!(Plugin: {});\n", hooks.join(", "))
}

/// Names that the parts of the hooks use, of those the SDK has.
fn used<'n>(words: &Words, names: &[&'n str], part: fn(&Parts) -> &'static str) -> Vec<&'n str> {
    let text: String = words.hooks.iter().map(|hook| part(parts(*hook))).collect();
    let is_used = |name: &&str| {
        text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|t| t.chars().next());
            let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_'\"/`.".contains(c));
            !joins(before) && !after.is_some_and(|c| c.is_alphanumeric() || "_=/".contains(c))
        })
    };
    names.iter().copied().filter(is_used).collect()
}

const JAVASCRIPT_NAMES: [&str; 6] = ["Answer", "Outcome", "because", "knowledge", "kv", "tickets"];

fn javascript_body(words: &Words) -> String {
    words.hooks.iter().map(|hook| parts(*hook).javascript).collect::<Vec<_>>().join("\n")
}

fn javascript(words: &Words) -> String {
    let names = used(words, &JAVASCRIPT_NAMES, |parts| parts.javascript);
    let import = if names.is_empty() {
        String::new()
    } else {
        format!("import {{ {} }} from 'kulanz';\n\n", names.join(", "))
    };
    let settings = if words.hooks.contains(&Hook::Triage) { "<{ words: string[] }>" } else { "" };
    format!(
        "// {}.\n{import}/** @type {{import('kulanz').Plugin{settings}}} */\nconst plugin = {{\n{}}};\n\nexport default plugin;\n",
        words.name,
        javascript_body(words)
    )
}

fn typescript(words: &Words) -> String {
    let mut names = used(words, &JAVASCRIPT_NAMES, |parts| parts.javascript);
    names.push("type Plugin");
    let (interface, settings) = if words.hooks.contains(&Hook::Triage) {
        ("\ninterface Settings {\n  words: string[];\n}\n", "<Settings>")
    } else {
        ("", "")
    };
    format!(
        "// {}.\nimport {{ {} }} from 'kulanz';\n{interface}\nexport default {{\n{}}} satisfies Plugin{settings};\n",
        words.name,
        names.join(", "),
        javascript_body(words)
    )
}

const PYTHON_NAMES: [&str; 17] = [
    "Answer",
    "Document",
    "Effects",
    "Event",
    "Finding",
    "Firing",
    "Outcome",
    "Ticket",
    "answering",
    "because",
    "events",
    "knowledge",
    "kv",
    "notification",
    "redaction",
    "schedule",
    "tickets",
];

fn python(words: &Words) -> String {
    let mut names = used(words, &PYTHON_NAMES, |parts| parts.python);
    let mut standard = String::new();
    if words.hooks.contains(&Hook::Redaction) {
        standard.push_str("import re\n");
    }
    if words.hooks.contains(&Hook::Triage) {
        names.push("triage");
        standard.push_str("from dataclasses import dataclass\n");
    }
    if !standard.is_empty() {
        standard.push('\n');
    }
    let mut out = format!("\"\"\"{}.\"\"\"\n\n{standard}from kulanz import (\n", words.name);
    names.iter().for_each(|name| out.push_str(&format!("    {name},\n")));
    out.push_str(")\n");
    words.hooks.iter().for_each(|hook| out.push_str(parts(*hook).python));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plugin::Manifest;

    fn parsed(dir: &Path) -> Manifest {
        Manifest::parse(&std::fs::read_to_string(dir.join("plugin.toml")).unwrap()).unwrap()
    }

    fn begun(template: Template, hooks: &[Hook]) -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let plugin = NewPlugin {
            name: "acme.lost-parcel".into(),
            parent: parent.path().into(),
            template,
            hooks: hooks.into(),
        };
        let dir = new(&plugin).unwrap();
        (parent, dir)
    }

    #[test]
    fn a_new_plugin_has_a_valid_manifest_and_tells_its_language() {
        for template in Template::ALL {
            let (_parent, dir) = begun(template, Hook::ALL);
            let manifest = parsed(&dir);
            assert_eq!((manifest.id.as_str(), manifest.name.as_str()), ("acme.lost-parcel", "Lost parcel"));
            assert_eq!(manifest.hooks.len(), Hook::ALL.len());
            let language = Language::of(&dir).unwrap();
            assert_eq!(language == Language::Rust, template == Template::Rust);
            let mut grants: Vec<String> = manifest.grants.iter().map(|g| g.to.to_string()).collect();
            let all = grants.len();
            grants.sort();
            grants.dedup();
            assert_eq!(grants.len(), all, "a grant is asked for twice");
        }
    }

    #[test]
    fn each_hook_alone_brings_its_own_code_and_cases_and_no_others() {
        for hook in Hook::ALL {
            let (_parent, dir) = begun(Template::Python, &[*hook]);
            let code = std::fs::read_to_string(dir.join("plugin.py")).unwrap();
            let decorators = code.matches("\n@").count() - code.matches("\n@dataclass").count();
            assert_eq!(decorators, 1, "{code}");
            assert!(
                code.contains(&format!("\n@{hook}\n")) && code.contains(&format!("    {hook},\n")),
                "{code}"
            );
            for entry in std::fs::read_dir(dir.join("cases")).unwrap() {
                let case = std::fs::read_to_string(entry.unwrap().path()).unwrap();
                assert!(case.starts_with(&format!("hook: {hook}\n")), "{case}");
            }
            assert_eq!(parsed(&dir).hooks.len(), 1);
        }
    }

    #[test]
    fn what_is_imported_is_what_the_code_uses() {
        let (_parent, dir) = begun(Template::JavaScript, &[Hook::Events]);
        let code = std::fs::read_to_string(dir.join("plugin.js")).unwrap();
        assert!(code.contains("import { because, kv } from 'kulanz';"), "{code}");
        let (_parent, dir) = begun(Template::JavaScript, &[Hook::Redaction]);
        assert!(!std::fs::read_to_string(dir.join("plugin.js")).unwrap().contains("import {"));
        let (_parent, dir) = begun(Template::Python, &[Hook::Schedule]);
        let code = std::fs::read_to_string(dir.join("plugin.py")).unwrap();
        let expected =
            "from kulanz import (\n    Effects,\n    Firing,\n    because,\n    schedule,\n    tickets,\n)\n";
        assert!(code.contains(expected), "{code}");
    }

    #[test]
    fn a_name_without_an_owner_gets_one_and_bad_names_are_refused_with_a_sentence() {
        let parent = tempfile::tempdir().unwrap();
        let named = |name: &str| {
            new(&NewPlugin {
                name: name.into(),
                parent: parent.path().into(),
                template: Template::Python,
                hooks: vec![Hook::Triage],
            })
        };
        assert_eq!(parsed(&named("recall").unwrap()).id, "example.recall");
        let long = "x".repeat(41);
        for bad in ["", "Recall", "../up", "a b", "acme.", ".recall", "9lives", "-x", "x-", long.as_str()] {
            let said = named(bad).unwrap_err().to_string();
            assert!(said.contains("small letters"), "{bad}: {said}");
        }
        let said = named("acme.recall").unwrap_err().to_string();
        assert!(said.contains("is there already"), "{said}");
    }

    #[test]
    fn no_hook_is_refused_with_the_list_of_them() {
        let parent = tempfile::tempdir().unwrap();
        let plugin = NewPlugin {
            name: "recall".into(),
            parent: parent.path().into(),
            template: Template::Rust,
            hooks: Vec::new(),
        };
        assert!(new(&plugin).unwrap_err().to_string().contains("redaction, triage"));
        assert!(std::fs::read_dir(parent.path()).unwrap().next().is_none());
    }

    #[test]
    fn a_rust_plugin_finds_the_sdk_wherever_it_lies() {
        let (_parent, dir) = begun(Template::Rust, &[Hook::Triage]);
        let text = std::fs::read_to_string(dir.join("Cargo.toml")).unwrap();
        let line = text.lines().find(|line| line.starts_with("kulanz-sdk")).unwrap();
        let path = line.split('"').nth(1).unwrap();
        assert!(Path::new(path).join("src/lib.rs").is_file(), "{line}");
    }

    #[test]
    fn a_rust_plugin_joins_the_workspace_that_names_it_and_any_other_has_its_own() {
        let parent = tempfile::tempdir().unwrap();
        let workspace = |member: &str| {
            let text = format!("[workspace]\nresolver = \"3\"\nmembers = [\"{member}\"]\n");
            std::fs::write(parent.path().join("Cargo.toml"), text).unwrap();
        };
        let has_its_own = |below: &str, name: &str| {
            let plugin = NewPlugin {
                name: name.into(),
                parent: parent.path().join(below),
                template: Template::Rust,
                hooks: vec![Hook::Triage],
            };
            let text = std::fs::read_to_string(new(&plugin).unwrap().join("Cargo.toml")).unwrap();
            text.parse::<toml::Table>().unwrap().contains_key("workspace")
        };
        assert!(has_its_own("", "alone"));
        workspace("recall");
        assert!(!has_its_own("", "recall") && has_its_own("", "lost-parcel"));
        workspace("plugins/*");
        std::fs::create_dir(parent.path().join("plugins")).unwrap();
        assert!(!has_its_own("plugins", "deliveries") && has_its_own("", "deliveries"));
        workspace("plugin-*");
        assert!(!has_its_own("", "plugin-one") && has_its_own("", "plug") && has_its_own("plugin-x", "one"));
        workspace("later/*/in");
        assert!(!has_its_own("later/on", "in") && has_its_own("later/on/and", "in"));
    }
}
