//! Where the builders of JavaScript and Python components come from: the project itself, or a folder of ours
//! into which the pinned versions are installed once. Knows how npm and pip are called; builds nothing.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{BuildOptions, PackError};

/// What npm installs: the builder of JavaScript components, and the bundler that makes one module of many.
pub(crate) const NODE_PACKAGES: [(&str, &str); 2] =
    [("@bytecodealliance/componentize-js", "0.23.0"), ("rolldown", "1.3.2")];
/// What pip installs: the builder of Python components.
pub(crate) const PYTHON_PACKAGE: (&str, &str) = ("componentize-py", "0.25.1");
/// How much of a failed tool's words is shown, in bytes from the end.
const TOOL_WORDS_BYTES_MAX: usize = 4_000;

const NODE_NEEDS: &str = "Install Node.js 20.19 or newer with npm (on Debian `apt install npm`).";
const PYTHON_NEEDS: &str = "Install Python 3.10 or newer with pip (on Debian `apt install python3-pip`).";

/// The folder whose `node_modules` has the builders: the project's own, or ours.
pub(crate) fn node(project: &Path, options: &BuildOptions) -> Result<PathBuf, PackError> {
    let has_all = |dir: &Path| {
        NODE_PACKAGES
            .iter()
            .all(|(name, _)| dir.join("node_modules").join(name).join("package.json").is_file())
    };
    if has_all(project) {
        return Ok(project.to_owned());
    }
    let packages: Vec<String> =
        NODE_PACKAGES.iter().map(|(name, version)| format!("{name}@{version}")).collect();
    installed("js", &packages, options, |tools| {
        runs("node", &["--version"], NODE_NEEDS)?;
        runs("npm", &["--version"], NODE_NEEDS)?;
        let mut npm = Command::new("npm");
        // A prefix, or npm would look for a package in the folders above.
        npm.arg("install").arg("--prefix").arg(tools).args(["--no-save", "--no-audit", "--no-fund"]);
        fetched(npm.args(&packages), &packages, options)
    })
}

/// Python that sees componentize-py: the project's virtual environment, or one that looks into a folder of ours.
pub(crate) fn python(project: &Path, options: &BuildOptions) -> Result<Command, PackError> {
    let own = project.join(".venv/bin/python");
    if own.is_file()
        && Command::new(&own)
            .args(["-c", "import componentize_py"])
            .output()
            .is_ok_and(|o| o.status.success())
    {
        return Ok(Command::new(own));
    }
    let (name, version) = PYTHON_PACKAGE;
    let packages = [format!("{name}=={version}")];
    let tools = installed("python", &packages, options, |tools| {
        runs("python3", &["-m", "pip", "--version"], PYTHON_NEEDS)?;
        let mut pip = Command::new("python3");
        // Into a folder of its own: that needs no virtual environment and touches no installed package.
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]).arg(tools);
        fetched(pip.args(&packages), &packages, options)
    })?;
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", tools).env_remove("VIRTUAL_ENV");
    Ok(python)
}

/// A folder with exactly these packages; installs them unless they are there.
fn installed(
    language: &str,
    packages: &[String],
    options: &BuildOptions,
    install: impl FnOnce(&Path) -> Result<(), PackError>,
) -> Result<PathBuf, PackError> {
    let home = match &options.tools_dir {
        Some(given) => given.clone(),
        None => default_home()?,
    };
    std::fs::create_dir_all(&home).map_err(|e| PackError::write(&home, &e))?;
    // Several builds may want the tools at once; one installs, the others wait.
    let lock_path = home.join(format!("{language}.lock"));
    let lock = File::create(&lock_path).map_err(|e| PackError::write(&lock_path, &e))?;
    lock.lock().map_err(|e| PackError::write(&lock_path, &e))?;
    let tools = home.join(language);
    let (mark, wanted) = (tools.join("installed"), packages.join("\n"));
    if std::fs::read_to_string(&mark).is_ok_and(|there| there == wanted) {
        return Ok(tools);
    }
    options.say(&format!(
        "installing {} into {}; this is done once",
        packages.join(" and "),
        tools.display()
    ));
    if tools.exists() {
        std::fs::remove_dir_all(&tools).map_err(|e| PackError::write(&tools, &e))?;
    }
    std::fs::create_dir_all(&tools).map_err(|e| PackError::write(&tools, &e))?;
    install(&tools)?;
    // What is there is written last: an installation that was cut short does not count.
    std::fs::write(&mark, wanted).map_err(|e| PackError::write(&mark, &e))?;
    Ok(tools)
}

/// Our folder among the caches of this system's user; none where there is no home.
#[must_use]
pub fn cache_home() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(|| {
        let home = std::env::home_dir()?;
        Some(home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
    });
    cache.map(|cache| cache.join("kulanz"))
}

/// Where build tools are kept unless somebody says otherwise.
fn default_home() -> Result<PathBuf, PackError> {
    let home = cache_home().ok_or_else(|| PackError::Toolchain {
        sentence: "There is no home folder to keep the build tools in: set XDG_CACHE_HOME.".to_owned(),
    })?;
    Ok(home.join("tools"))
}

fn runs(program: &str, arguments: &[&str], needs: &str) -> Result<(), PackError> {
    let works = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if works {
        return Ok(());
    }
    let shown = [&[program], arguments].concat().join(" ");
    Err(PackError::Toolchain { sentence: format!("`{shown}` does not work here. {needs}") })
}

fn fetched(command: &mut Command, packages: &[String], options: &BuildOptions) -> Result<(), PackError> {
    run("the package manager", command, options).map_err(|error| PackError::Toolchain {
        sentence: format!(
            "{} could not be installed; that needs the package registry once.\n{error}",
            packages.join(" and ")
        ),
    })
}

/// Runs a tool to its end, passing its lines on; what it said is the error when it fails.
pub(crate) fn run(
    tool: &'static str,
    command: &mut Command,
    options: &BuildOptions,
) -> Result<(), PackError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |output: String| PackError::Builder { tool, output };
    let mut child =
        command.spawn().map_err(|e| failed(format!("{:?} cannot be run: {e}", command.get_program())))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let said = std::thread::scope(|scope| {
        let first = scope.spawn(|| stdout.map_or_else(String::new, |s| listen(s, options)));
        let second = stderr.map_or_else(String::new, |s| listen(s, options));
        first.join().unwrap_or_default() + &second
    });
    let status = child.wait().map_err(|e| failed(e.to_string()))?;
    if status.success() {
        return Ok(());
    }
    let cut = said.ceil_char_boundary(said.len().saturating_sub(TOOL_WORDS_BYTES_MAX));
    Err(failed(said.get(cut..).unwrap_or_default().trim_end().to_owned()))
}

fn listen(stream: impl Read, options: &BuildOptions) -> String {
    let mut all = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if !line.trim().is_empty() {
            options.say(line.trim_end());
        }
        all.push_str(&line);
        all.push('\n');
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_missing_tool_is_named_with_what_to_install() {
        let said = runs("no-such-tool", &["--version"], "Install it.").unwrap_err().to_string();
        assert_eq!(said, "`no-such-tool --version` does not work here. Install it.");
    }

    #[test]
    fn tools_are_installed_once_for_each_set_of_versions() {
        let home = tempfile::tempdir().unwrap();
        let options = BuildOptions { tools_dir: Some(home.path().into()), ..BuildOptions::default() };
        let count = std::cell::Cell::new(0);
        let get = |version: &str| {
            installed("x", &[version.to_owned()], &options, |tools| {
                count.set(count.get() + 1);
                std::fs::write(tools.join("it"), version).unwrap();
                Ok(())
            })
            .unwrap()
        };
        assert_eq!(std::fs::read_to_string(get("a@1").join("it")).unwrap(), "a@1");
        get("a@1");
        assert_eq!(count.get(), 1);
        assert_eq!(std::fs::read_to_string(get("a@2").join("it")).unwrap(), "a@2");
        assert_eq!(count.get(), 2);
    }

    #[test]
    fn an_installation_that_failed_is_tried_again() {
        let home = tempfile::tempdir().unwrap();
        let options = BuildOptions { tools_dir: Some(home.path().into()), ..BuildOptions::default() };
        let failing = |_: &Path| Err(PackError::Toolchain { sentence: "no net".to_owned() });
        assert!(installed("x", &["a@1".to_owned()], &options, failing).is_err());
        assert!(installed("x", &["a@1".to_owned()], &options, |_| Ok(())).is_ok());
    }

    #[test]
    fn a_projects_own_builders_are_taken_as_they_are() {
        let project = tempfile::tempdir().unwrap();
        for (name, _) in NODE_PACKAGES {
            let package = project.path().join("node_modules").join(name);
            std::fs::create_dir_all(&package).unwrap();
            std::fs::write(package.join("package.json"), "{}").unwrap();
        }
        assert_eq!(node(project.path(), &BuildOptions::default()).unwrap(), project.path());
    }

    #[test]
    fn what_a_tool_says_is_passed_on_and_is_the_error() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let progress = Box::new(move |line: &str| ear.lock().unwrap().push(line.to_owned()));
        let options = BuildOptions { progress: Some(progress), ..BuildOptions::default() };
        let mut command = Command::new("sh");
        let error =
            run("sh", command.args(["-c", "echo half done; echo broken >&2; exit 3"]), &options).unwrap_err();
        assert!(
            error.to_string().contains("sh could not build") && error.to_string().ends_with("broken"),
            "{error}"
        );
        assert!(heard.lock().unwrap().contains(&"half done".to_owned()));
    }
}
