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
