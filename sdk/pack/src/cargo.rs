//! One call of cargo: which, where, with what, and what came out.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::toolchain::{self, TARGET, Toolchain};
use crate::{BuildOptions, PackError};

/// Lines of cargo's output that an error shows.
const ERROR_LINES: usize = 80;

/// What to build of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// Its library.
    Library,
    /// One of its examples.
    Example(String),
}

/// A compiled core module.
pub(crate) struct Module {
    pub(crate) bytes: Vec<u8>,
    pub(crate) target_dir: PathBuf,
}

/// The profile for guests, given on the command line so that an author's workspace need not know it: fast
/// and small, with names for readable traps.
const PROFILE: &[&str] = &[
    "profile.plugin.inherits='release'",
    "profile.plugin.opt-level=3",
    "profile.plugin.lto='fat'",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic='abort'",
    "profile.plugin.debug=false",
    "profile.plugin.strip='debuginfo'",
];

/// Builds and reads the module.
pub(crate) fn build(dir: &Path, what: &What, options: &BuildOptions) -> Result<Module, PackError> {
    let dir = dir.canonicalize().map_err(|e| PackError::read(dir, &e))?;
    let manifest = dir.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(PackError::Read { path: manifest.display().to_string(), why: "not there".to_owned() });
    }
    let toolchain = toolchain::find(options)?;
    let target_dir = match &options.target_dir {
        Some(given) => given.clone(),
        None => workspace_target(&manifest)?.join("plugins"),
    };
    std::fs::create_dir_all(&target_dir).map_err(|e| PackError::write(&target_dir, &e))?;
    // Cargo has a lock of its own, but two of our builds must also not read while the other writes.
    let lock_path = target_dir.join(".pack-lock");
    let lock = File::create(&lock_path).map_err(|e| PackError::write(&lock_path, &e))?;
    lock.lock().map_err(|e| PackError::write(&lock_path, &e))?;
    options.say(&format!("compiling {}", dir.file_name().unwrap_or_default().to_string_lossy()));
    let file = run(command(&manifest, what, &target_dir, &toolchain), what, options)?;
    let bytes = std::fs::read(&file).map_err(|e| PackError::read(&file, &e))?;
    Ok(Module { bytes, target_dir })
}

/// Which cargo: the one beside the chosen compiler, whatever program calls us.
fn cargo() -> Command {
    let mut command = Command::new("cargo");
    toolchain::clean(&mut command);
    command
}

fn command(manifest: &Path, what: &What, target_dir: &Path, toolchain: &Toolchain) -> Command {
    let mut command = cargo();
    command.arg("build").arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target_dir);
    command.args(["--profile", "plugin", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    match what {
        What::Library => command.arg("--lib"),
        What::Example(name) => command.args(["--example", name]),
    };
    command.args(&toolchain.arguments);
    command.envs(toolchain.environment.iter().map(|(k, v)| (k, v)));
    command.env("CARGO_ENCODED_RUSTFLAGS", flags(manifest).join("\u{1f}"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Cargo finds `.cargo/config.toml` from where it runs: that is the author's folder, not ours.
    if let Some(folder) = manifest.parent() {
        command.current_dir(folder);
    }
    command
}

/// SIMD for scanning; and names of folders of this machine stay out of panic messages.
fn flags(manifest: &Path) -> Vec<String> {
    let mut out = vec!["-Ctarget-feature=+simd128".to_owned()];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    if let Some(home) = home {
        out.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    if let Some(root) = manifest.parent().and_then(Path::parent) {
        out.push(format!("--remap-path-prefix={}=src", root.display()));
    }
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent);
    if let Some(root) = sdk {
        out.push(format!("--remap-path-prefix={}=kulanz", root.display()));
    }
    out
}

/// Asks cargo where the workspace of a crate keeps what it builds.
fn workspace_target(manifest: &Path) -> Result<PathBuf, PackError> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .output()
        .map_err(|e| no_cargo(&e))?;
    if !output.status.success() {
        return Err(PackError::Builder {
            tool: "cargo",
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let target = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    target.map(PathBuf::from).ok_or_else(|| PackError::Builder {
        tool: "cargo",
        output: "cargo metadata named no target folder".to_owned(),
    })
}

fn no_cargo(why: &std::io::Error) -> PackError {
    PackError::Toolchain {
        sentence: format!(
            "cargo cannot be run ({why}): install Rust from https://rustup.rs, then try again."
        ),
    }
}

/// Runs cargo, passes its lines on, and answers the file it made.
fn run(mut command: Command, what: &What, options: &BuildOptions) -> Result<PathBuf, PackError> {
    let mut child = command.spawn().map_err(|e| no_cargo(&e))?;
    let (file, said) = listen(&mut child, what, options);
    let status = child.wait().map_err(|e| no_cargo(&e))?;
    if !status.success() {
        let from = said.len().saturating_sub(ERROR_LINES);
        return Err(PackError::Builder {
            tool: "cargo",
            output: said.get(from..).unwrap_or_default().join("\n"),
        });
    }
    file.ok_or_else(|| PackError::component("The crate builds no wasm module: add crate-type = [\"cdylib\", \"rlib\"] under [lib] in its Cargo.toml."))
}

/// Reads both streams at once, so that neither fills up and blocks cargo.
fn listen(child: &mut Child, what: &What, options: &BuildOptions) -> (Option<PathBuf>, Vec<String>) {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let messages = scope.spawn(move || {
            let lines = stdout.into_iter().flat_map(|s| BufReader::new(s).lines().map_while(Result::ok));
            lines.filter_map(|line| artifact(&line, what)).last()
        });
        let mut said = Vec::new();
        for line in stderr.into_iter().flat_map(|s| BufReader::new(s).lines().map_while(Result::ok)) {
            options.say(line.trim());
            said.push(line);
        }
        (messages.join().ok().flatten(), said)
    })
}

/// The module named by a line of cargo's JSON, if it is the one that was asked for. The library asked for
/// is the last cdylib that cargo names: dependencies come before.
fn artifact(line: &str, what: &What) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    if message.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let kinds = message.get("target")?.get("kind")?.as_array()?;
    let wanted = match what {
        What::Library => kinds.iter().any(|k| k == "cdylib"),
        What::Example(name) => {
            kinds.iter().any(|k| k == "example") && message.get("target")?.get("name")?.as_str()? == name
        }
    };
    let files = message.get("filenames")?.as_array()?;
    wanted
        .then(|| files.iter().filter_map(|f| f.as_str()).find(|f| f.ends_with(".wasm")).map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_in_cargos_own_words() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["cdylib","rlib"],"name":"p"},"filenames":["/t/libp.rlib","/t/p.wasm"]}"#;
        assert_eq!(artifact(line, &What::Library), Some("/t/p.wasm".into()));
        assert_eq!(artifact(line, &What::Example("p".into())), None);
        assert_eq!(artifact(r#"{"reason":"build-finished"}"#, &What::Library), None);
        assert_eq!(artifact("not json", &What::Library), None);
    }

    #[test]
    fn an_example_is_told_from_the_others() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["example"],"name":"panics"},"filenames":["/t/panics.wasm"]}"#;
        assert_eq!(artifact(line, &What::Example("panics".into())), Some("/t/panics.wasm".into()));
        assert_eq!(artifact(line, &What::Example("recurse".into())), None);
    }

    #[test]
    fn a_folder_without_a_crate_is_refused_by_name() {
        let error = build(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(),
            &What::Library,
            &BuildOptions::default(),
        );
        assert!(error.is_err_and(|e| e.to_string().contains("Cargo.toml")));
    }
}
