//! Finds a compiler for the guest target: the one that is there, one that rustup adds, or a distribution's
//! compiler that builds the standard library from its source package.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildOptions, PackError};

/// The guest target: no WASI, so everything from outside must come through the contract.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What to add to the cargo call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// Arguments.
    pub(crate) arguments: Vec<String>,
    /// Environment.
    pub(crate) environment: Vec<(String, OsString)>,
}

/// What was found on this machine; apart from the search, so that the choice is tested without one.
#[derive(Debug, Clone, Default)]
struct Machine {
    target_installed: bool,
    standard_library_source: bool,
    linker: Option<PathBuf>,
}

/// A toolchain that can compile guests.
pub(crate) fn find(options: &BuildOptions) -> Result<Toolchain, PackError> {
    let mut machine = look()?;
    if !machine.target_installed && in_path("rustup").is_some() {
        options.say(&format!("adding the compile target {TARGET}"));
        let added = clean(Command::new("rustup").args(["target", "add", TARGET])).output();
        if added.is_ok_and(|o| o.status.success()) {
            machine = look()?;
        }
    }
    choose(machine)
}

fn choose(machine: Machine) -> Result<Toolchain, PackError> {
    if machine.target_installed {
        return Ok(Toolchain::default());
    }
    let (true, Some(linker)) = (machine.standard_library_source, machine.linker) else {
        return Err(PackError::Toolchain {
            sentence: format!(
                "There is no compiler for {TARGET}: run `rustup target add {TARGET}`, or on Debian `apt install rustc-web rust-web-src lld`."
            ),
        });
    };
    Ok(Toolchain {
        arguments: vec!["-Zbuild-std=std,panic_abort".to_owned()],
        environment: vec![
            ("RUSTC_BOOTSTRAP".to_owned(), "1".into()),
            ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER".to_owned(), linker.into()),
        ],
    })
}

fn look() -> Result<Machine, PackError> {
    let missing = || PackError::Toolchain {
        sentence: "There is no rustc: install Rust from https://rustup.rs, then try again.".to_owned(),
    };
    let sysroot = rustc(&["--print", "sysroot"]).ok_or_else(missing)?;
    let libraries = rustc(&["--print", "target-libdir", "--target", TARGET]).ok_or_else(missing)?;
    let target_installed = std::fs::read_dir(&libraries).is_ok_and(|mut all| {
        all.any(|f| f.is_ok_and(|f| f.file_name().to_string_lossy().starts_with("libcore-")))
    });
    Ok(Machine {
        target_installed,
        standard_library_source: Path::new(&sysroot)
            .join("lib/rustlib/src/rust/library/std/Cargo.toml")
            .is_file(),
        // A compiler's own linker understands its objects; a distribution's older one may not.
        linker: in_path("rust-lld").or_else(|| in_path("wasm-ld")),
    })
}

fn rustc(arguments: &[&str]) -> Option<String> {
    let output = clean(Command::new("rustc").args(arguments)).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program stands.
pub(crate) fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Takes away what a calling cargo left in the environment: it would steer the inner one. Where cargo and
/// rustup live, and how they reach the net, stays.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    for (key, _) in std::env::vars_os() {
        let Some(name) = key.to_str() else { continue };
        let kept = name == "CARGO_HOME"
            || ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"]
                .iter()
                .any(|p| name.starts_with(p));
        let steers = name.starts_with("CARGO")
            || name.starts_with("RUSTC")
            || name.starts_with("RUSTFLAGS")
            || name == "OUT_DIR"
            || name == "LD_LIBRARY_PATH";
        if steers && !kept {
            command.env_remove(&key);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_target_needs_nothing_more() {
        let machine = Machine { target_installed: true, ..Machine::default() };
        assert_eq!(choose(machine).unwrap(), Toolchain::default());
    }

    #[test]
    fn a_distribution_compiler_builds_the_standard_library_itself() {
        let machine = Machine {
            standard_library_source: true,
            linker: Some("/usr/bin/wasm-ld".into()),
            ..Machine::default()
        };
        let toolchain = choose(machine).unwrap();
        assert!(toolchain.arguments.iter().any(|a| a.starts_with("-Zbuild-std")));
        assert!(toolchain.environment.iter().any(|(k, v)| k.ends_with("LINKER") && v == "/usr/bin/wasm-ld"));
    }

    #[test]
    fn without_either_one_sentence_says_what_to_install() {
        let without_linker = Machine { standard_library_source: true, ..Machine::default() };
        let error = choose(without_linker).unwrap_err().to_string();
        assert!(error.contains("rustup target add") && error.contains("apt install"), "{error}");
    }

    #[test]
    fn what_a_calling_cargo_sets_is_taken_away() {
        let mut command = Command::new("true");
        clean(&mut command);
        let removed: Vec<String> = command
            .get_envs()
            .filter(|(_, v)| v.is_none())
            .map(|(k, _)| k.to_string_lossy().into_owned())
            .collect();
        assert!(removed.contains(&"CARGO_MANIFEST_DIR".to_owned()), "{removed:?}");
        assert!(!removed.contains(&"CARGO_HOME".to_owned()) && !removed.contains(&"PATH".to_owned()));
    }
}
