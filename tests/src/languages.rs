//! Plugins that are no Rust: components built from `guests/js` and `guests/python` as their authors would build
//! them. Owns when a build may be skipped; knows nothing of what the plugins do.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use pack::{BuildOptions, PackError};

use crate::{source, target};

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

    /// The folder's name below `guests`.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::JavaScript => "js",
            Self::Python => "python",
        }
    }

    /// Where a text with a NUL is refused: the lines that a stack trace must name.
    #[must_use]
    pub fn places_of_nul(self) -> [String; 2] {
        let (file, caller, refusal, call) = match self {
            Self::JavaScript => ("words.ts", "plugin.ts", "throw new RangeError", "= found(text)"),
            Self::Python => ("words.py", "plugin.py", "raise ValueError", "= listed(text)"),
        };
        [self.place(file, refusal), self.place(caller, call)]
    }

    fn place(self, file: &str, code: &str) -> String {
        let text = std::fs::read_to_string(self.sources().join(file)).unwrap();
        let line = text.lines().position(|line| line.contains(code)).unwrap() + 1;
        format!("{file}:{line}")
    }

    /// Where its plugin stands.
    #[must_use]
    pub fn sources(self) -> PathBuf {
        source().join("tests/guests").join(self.folder())
    }

    /// The plugin's component with its manifest inside. Built once; the next test run finds it again as
    /// long as neither its source, nor the contract, nor its builder has changed.
    ///
    /// # Errors
    /// What is not installed. A build that fails although all is there is a defect, so it panics.
    pub fn component(self) -> Result<Vec<u8>, Missing> {
        built(pack::build(&self.sources(), &options())).map(|built| built.bytes)
    }
}

/// How the tests build: below their own build folder, with builders kept there too.
#[must_use]
pub fn options() -> BuildOptions {
    BuildOptions {
        target_dir: Some(target().join("guests")),
        tools_dir: Some(tools()),
        quiet: true,
        progress: None,
    }
}

/// Where builders of other languages are kept: as in a user's cache folder.
#[must_use]
pub fn tools() -> PathBuf {
    target().join("guests/cache/kulanz/tools")
}

/// What a machine needs before the builders of a language can be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Npm,
    Pip,
}

impl Tool {
    /// Nothing, or what to install.
    ///
    /// # Errors
    /// It is not here.
    pub fn is_here(self) -> Result<(), Missing> {
        let (program, arguments) = match self {
            Self::Npm => ("npm", &["--version"][..]),
            Self::Pip => ("python3", &["-m", "pip", "--version"][..]),
        };
        let runs = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
        if runs {
            Ok(())
        } else {
            Err(Missing(format!("`{program} {}` does not work here.", arguments.join(" "))))
        }
    }
}

fn built<T>(result: Result<T, PackError>) -> Result<T, Missing> {
    match result {
        Ok(built) => Ok(built),
        Err(PackError::Toolchain { sentence }) => Err(Missing(sentence)),
        Err(defect) => panic!("{defect}"),
    }
}

/// The component, or nothing on a machine without the language's tools. Where tests are the judge of a
/// change (`CI` is set) a missing tool is a failure.
#[must_use]
pub fn component_or_skip(language: Language) -> Option<Vec<u8>> {
    or_skip(&format!("{language:?} plugins"), language.component())
}

/// What there is, or nothing, said aloud; in CI a missing tool is a failure.
pub fn or_skip<T>(what: &str, found: Result<T, Missing>) -> Option<T> {
    match found {
        Ok(there) => Some(there),
        Err(Missing(sentence)) if std::env::var_os("CI").is_some() => panic!("{sentence}"),
        Err(Missing(sentence)) => {
            // Past the test runner, which keeps what a passing test prints to itself.
            let _ = writeln!(std::io::stderr(), "skipped: {what} are not tested. {sentence}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_no_failed_build() {
        let missing = PackError::Toolchain { sentence: "Install it.".to_owned() };
        assert_eq!(built::<()>(Err(missing)), Err(Missing("Install it.".to_owned())));
    }
}
