//! A plugin begun from each template builds as it is, with all six hooks, and asks for what its manifest says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use domain::plugin::Hook;
use pack::{BuildOptions, Built, NewPlugin, PackError, Template, build, new, surface};

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}

/// Begun in the same place each time, so that cargo compiles no dependency twice.
fn begun(template: Template) -> PathBuf {
    let parent = target().join("plugins/new").join(template.as_str());
    let _ = std::fs::remove_dir_all(&parent);
    new(&NewPlugin { name: "acme.everything".into(), parent, template, hooks: Hook::ALL.into() }).unwrap()
}

/// The component, or nothing on a machine without the language's tools; in CI a missing tool is a failure.
fn built(template: Template) -> Option<Built> {
    let dir = begun(template);
    let options = BuildOptions {
        target_dir: Some(target().join("plugins/built").join(template.as_str())),
        tools_dir: Some(target().join("guests/cache/kulanz/tools")),
        quiet: true,
        progress: None,
    };
    match build(&dir, &options) {
        Ok(built) => Some(built),
        Err(PackError::Toolchain { sentence }) if std::env::var_os("CI").is_none() => {
            // Past the test runner, which keeps what a passing test prints to itself.
            let _ = writeln!(std::io::stderr(), "skipped: {} is not tested. {sentence}", template.as_str());
            None
        }
        Err(defect) => panic!("{}: {defect}", template.as_str()),
    }
}

fn has_every_hook_and_no_other_import(built: &Built) {
    let surface = surface(&built.bytes).unwrap();
    assert_eq!(surface.hooks.len(), Hook::ALL.len());
    for import in &surface.imports {
        assert!(!import.starts_with("http."), "{import}");
    }
    for import in ["effects.reply", "kv.get", "knowledge.search", "tickets.search"] {
        assert!(surface.imports.contains(import), "{import} is not in {:?}", surface.imports);
    }
    assert!(!surface.imports.contains("effects.escalate"));
}

#[test]
fn a_plugin_begun_in_rust_builds_with_every_hook() {
    has_every_hook_and_no_other_import(&built(Template::Rust).unwrap());
}

#[test]
fn a_plugin_begun_in_typescript_builds_with_every_hook() {
    let Some(built) = built(Template::TypeScript) else { return };
    has_every_hook_and_no_other_import(&built);
}

#[test]
fn a_plugin_begun_in_python_builds_with_every_hook() {
    let Some(built) = built(Template::Python) else { return };
    has_every_hook_and_no_other_import(&built);
}
