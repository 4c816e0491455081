//! Plugins that are no Rust: components built from `guests/js` and `guests/python` with those languages'
//! own tools. Owns where the tools come from and when a build may be skipped; knows nothing of what the
//! plugins do.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::plugin::Manifest;

use crate::{source, target};

/// What npm installs: the builder of JavaScript components.
const JS_BUILDER: (&str, &str) = ("@bytecodealliance/componentize-js", "0.23.0");
/// What pip installs: the builder of Python components.
const PYTHON_BUILDER: (&str, &str) = ("componentize-py", "0.25.1");
/// Everything the JavaScript engine would take from WASI. Without all of it a component has no WASI.
const JS_FEATURES: [&str; 5] = ["stdio", "random", "clocks", "http", "fetch-event"];
/// How much of a failed tool's words is shown, in bytes from the end.
const TOOL_WORDS_BYTES_MAX: usize = 4_000;

/// A language that plugins can be written in, beside Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    JavaScript,
    Python,
}

/// A tool that this machine lacks: what it is, and what to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

impl Language {
    pub const ALL: [Self; 2] = [Self::JavaScript, Self::Python];

    /// The folder's name, below `guests` and below the build folder.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::JavaScript => "js",
            Self::Python => "python",
        }
    }

    /// The source file that a trap or a stack trace names.
    #[must_use]
    pub const fn main_file(self) -> &'static str {
        match self {
            Self::JavaScript => "triage.js",
            Self::Python => "triage_app.py",
        }
    }

    const fn builder(self) -> (&'static str, &'static str) {
        match self {
            Self::JavaScript => JS_BUILDER,
            Self::Python => PYTHON_BUILDER,
        }
    }

    /// The plugin's component with its manifest inside. Built once; the next test run finds it again as
    /// long as neither its source, nor the contract, nor its builder has changed.
    ///
    /// # Errors
    /// What is not installed. A build that fails although all is there is a defect, so it panics.
    pub fn component(self) -> Result<Vec<u8>, Missing> {
        let folder = target().join("guests").join(self.folder());
        fs::create_dir_all(&folder).unwrap();
        // Tests run in several threads and processes; one of them builds, the others wait.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let text = fs::read_to_string(self.sources().join("plugin.toml")).unwrap();
        let world = pack::world_for(&Manifest::parse(&text).unwrap());
        let wanted = self.inputs(&world);
        let (kept, component) = (folder.join("inputs"), folder.join("plugin.wasm"));
        if fs::read_to_string(&kept).is_ok_and(|inputs| inputs == wanted)
            && let Ok(bytes) = fs::read(&component)
        {
            return Ok(bytes);
        }
        let tools = self.install()?;
        let stage = self.stage(&folder, &world);
        let bytes = pack::with_manifest(&self.build(&tools, &stage), &text).unwrap();
        // What it was made of is written last: a build that was cut short does not count.
        let _ = fs::remove_file(&kept);
        fs::write(&component, &bytes).unwrap();
        fs::write(&kept, wanted).unwrap();
        Ok(bytes)
    }

    fn sources(self) -> PathBuf {
        source().join("tests/guests").join(self.folder())
    }

    /// Everything a build depends on, as one text: compared whole, which is surer than a digest.
    fn inputs(self, world: &str) -> String {
        let (name, version) = self.builder();
        let mut out = format!("{name} {version}\n{world}\n");
        for file in self.source_files() {
            out.push_str(&format!(
                "--- {}\n{}\n",
                file.display(),
                fs::read_to_string(self.sources().join(&file)).unwrap()
            ));
        }
        out
    }

    fn source_files(self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.sources())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| PathBuf::from(entry.file_name()))
            .collect();
        files.sort();
        files
    }

    /// Copies the source and writes its world beside it: the builders leave files where they work.
    fn stage(self, folder: &Path, world: &str) -> PathBuf {
        let stage = folder.join("stage");
        let _ = fs::remove_dir_all(&stage);
        fs::create_dir_all(&stage).unwrap();
        for file in self.source_files() {
            fs::copy(self.sources().join(&file), stage.join(&file)).unwrap();
        }
        fs::write(stage.join("plugin.wit"), world).unwrap();
        stage
    }

    /// Installs the builder below the build folder, unless that version is there, and says where.
    fn install(self) -> Result<PathBuf, Missing> {
        let (name, version) = self.builder();
        let tools = target().join("guests").join(match self {
            Self::JavaScript => "node",
            Self::Python => "py",
        });
        let installed = tools.join("installed");
        let wanted = format!("{name} {version}\n");
        if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
            return Ok(tools);
        }
        let _ = fs::remove_dir_all(&tools);
        fs::create_dir_all(&tools).unwrap();
        match self {
            Self::JavaScript => npm_install(&tools, &format!("{name}@{version}"))?,
            Self::Python => pip_install(&tools, &format!("{name}=={version}"))?,
        }
        fs::write(installed, wanted).unwrap();
        Ok(tools)
    }

    /// The component, still without its manifest.
    fn build(self, tools: &Path, stage: &Path) -> Vec<u8> {
        // The JavaScript builder does not find a relative path to the world.
        let (world, main, out) =
            (stage.join("plugin.wit"), stage.join(self.main_file()), stage.join("out.wasm"));
        let mut command = match self {
            Self::JavaScript => {
                let mut command = Command::new("node");
                command.arg(tools.join("node_modules").join(JS_BUILDER.0).join("src/cli.js")).arg(&main);
                command.arg("--wit").arg(&world).args(["--world-name", "plugin"]);
                command.arg("--out").arg(&out).arg("--disable").args(JS_FEATURES);
                command
            }
            Self::Python => {
                let mut command = python(tools);
                command.args(["-c", "import componentize_py; componentize_py.script()"]);
                command.arg("--wit-path").arg(&world).args([
                    "--world",
                    "plugin",
                    "componentize",
                    "--stub-wasi",
                ]);
                command.arg("--python-path").arg(stage).arg("--output").arg(&out);
                command.arg(main.file_stem().unwrap());
                command
            }
        };
        let output = command.current_dir(stage).output().unwrap();
        assert!(output.status.success() && out.exists(), "{self:?} could not be built:\n{}", words(&output));
        fs::read(out).unwrap()
    }
}

/// The component, or nothing on a machine without the language's tools. Where tests are the judge of a
/// change (`CI` is set) a missing tool is a failure.
#[must_use]
pub fn component_or_skip(language: Language) -> Option<Vec<u8>> {
    match language.component() {
        Ok(bytes) => Some(bytes),
        Err(Missing(sentence)) if std::env::var_os("CI").is_some() => panic!("{sentence}"),
        Err(Missing(sentence)) => {
            // Past the test runner, which keeps what a passing test prints to itself.
            let _ = writeln!(std::io::stderr(), "skipped: {language:?} plugins are not tested. {sentence}");
            None
        }
    }
}

fn npm_install(tools: &Path, package: &str) -> Result<(), Missing> {
    let needs = "Install Node.js 20 or newer with npm (on Debian `apt install npm`).";
    runs("node", &["--version"], needs)?;
    runs("npm", &["--version"], needs)?;
    let mut npm = Command::new("npm");
    // A prefix, or npm would look for a package in the folders above.
    npm.arg("install").arg("--prefix").arg(tools).args(["--no-save", "--no-audit", "--no-fund", package]);
    fetched(&mut npm, package)
}

fn pip_install(tools: &Path, package: &str) -> Result<(), Missing> {
    let needs = "Install Python 3.10 or newer with pip (on Debian `apt install python3-pip`).";
    runs("python3", &["-m", "pip", "--version"], needs)?;
    let mut pip = Command::new("python3");
    // Into a folder of its own: that needs no virtual environment and touches no installed package.
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
        .arg(tools)
        .arg(package);
    fetched(&mut pip, package)
}

/// Python that sees what was installed below `tools`, and no other environment.
fn python(tools: &Path) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", tools).env_remove("VIRTUAL_ENV");
    command
}

fn runs(program: &str, arguments: &[&str], needs: &str) -> Result<(), Missing> {
    let works = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    let shown = [&[program], arguments].concat().join(" ");
    if works { Ok(()) } else { Err(Missing(format!("`{shown}` does not work here. {needs}"))) }
}

fn fetched(command: &mut Command, package: &str) -> Result<(), Missing> {
    let output = command.output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    Err(Missing(format!(
        "{program} could not install {package}; it needs the package registry:\n{}",
        words(&output)
    )))
}

/// The end of what a tool said.
fn words(output: &std::process::Output) -> String {
    let mut text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let cut = text.ceil_char_boundary(text.len().saturating_sub(TOOL_WORDS_BYTES_MAX));
    text.split_off(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_named_with_what_to_install() {
        let Missing(sentence) = runs("no-such-tool", &["--version"], "Install it.").unwrap_err();
        assert_eq!(sentence, "`no-such-tool --version` does not work here. Install it.");
    }

    #[test]
    fn a_changed_world_is_another_build() {
        for language in Language::ALL {
            assert_ne!(language.inputs("world a"), language.inputs("world b"));
            let names = language.source_files();
            assert!(names.contains(&PathBuf::from(language.main_file())), "{names:?}");
        }
    }
}
