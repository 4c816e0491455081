//! Built plugins and guests: each built once per test run, compiled code cached under the build folder.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use runtime::{Compiler, Runtime, RuntimeOptions};

use crate::{source, target};

static BUILT: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// The component of a bundled plugin, by its folder's name.
pub fn bundled(name: &str) -> Vec<u8> {
    built(name, || {
        let dir: PathBuf = source().join("plugins").join(name);
        pack::build(&dir, &pack::BuildOptions { quiet: true, ..pack::BuildOptions::default() }).unwrap().bytes
    })
}

/// The component of a misbehaving (or small) guest.
pub fn guest(name: &str) -> Vec<u8> {
    built(&format!("guest {name}"), || {
        let dir = source().join("tests/guests");
        pack::build_guest_example(
            &dir,
            name,
            &pack::BuildOptions { quiet: true, ..pack::BuildOptions::default() },
        )
        .unwrap()
        .bytes
    })
}

/// Everything that a component asks for, as `--grant` takes it.
#[must_use]
pub fn grants_of(component: &[u8]) -> String {
    let manifest = domain::plugin::Manifest::parse(&pack::manifest_of(component).unwrap().unwrap()).unwrap();
    manifest.requested().0.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The same component with its manifest changed: each `from` becomes its `to`.
#[must_use]
pub fn altered(component: &[u8], changes: &[(&str, &str)]) -> Vec<u8> {
    let mut text = pack::manifest_of(component).unwrap().unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the manifest");
        text = text.replace(from, to);
    }
    pack::with_manifest(component, &text).unwrap()
}

fn built(key: &str, build: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let mut all = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(bytes) = all.get(key) {
        return bytes.clone();
    }
    let bytes = build();
    all.insert(key.to_owned(), bytes.clone());
    bytes
}

/// One engine for the whole test run.
pub fn runtime() -> Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        Runtime::new(RuntimeOptions {
            cache_dir: Some(target().join("aot")),
            cache_key: [3; 32],
            compiler: Compiler::InProcess,
            pooling: false,
            ..RuntimeOptions::default()
        })
        .unwrap()
    });
    RUNTIME.clone()
}
