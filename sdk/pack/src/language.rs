//! Which language a plugin's folder is written in, and where it begins. Owns the list of languages.

use std::path::{Path, PathBuf};

use crate::PackError;

/// A language that plugins can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, built by cargo.
    Rust,
    /// JavaScript or TypeScript, built by componentize-js.
    JavaScript,
    /// Python, built by componentize-py.
    Python,
}

/// Where the author's JavaScript may begin, when package.json names no `main`.
const JAVASCRIPT_MAINS: [&str; 4] = ["plugin.ts", "plugin.js", "src/plugin.ts", "src/plugin.js"];
/// Where the author's Python may begin.
const PYTHON_MAINS: [&str; 2] = ["plugin.py", "src/plugin.py"];

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// The short name: of the command line, of folders.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "js",
            Self::Python => "python",
        }
    }

    /// The file that tells the language.
    #[must_use]
    pub const fn project_file(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::JavaScript => "package.json",
            Self::Python => "pyproject.toml",
        }
    }

    /// The language of a plugin's folder.
    ///
    /// # Errors
    /// A sentence when no file tells it.
    pub fn of(dir: &Path) -> Result<Self, PackError> {
        let found = Self::ALL.into_iter().find(|language| dir.join(language.project_file()).is_file());
        found.ok_or_else(|| PackError::Manifest {
            sentence: format!(
                "{}: there is neither a Cargo.toml (Rust) nor a package.json (JavaScript, TypeScript) nor a pyproject.toml (Python): add the one of your language, or begin with `kulanz plugin new`.",
                dir.display()
            ),
        })
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Language {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = match text {
            "javascript" | "typescript" | "ts" => Some(Self::JavaScript),
            "py" => Some(Self::Python),
            _ => Self::ALL.into_iter().find(|language| language.as_str() == text),
        };
        known.ok_or_else(|| format!("`{text}` is no language here: use rust, js or python"))
    }
}

/// The file with which a JavaScript plugin begins: `main` of package.json, or one of the usual places.
pub(crate) fn javascript_main(dir: &Path) -> Result<PathBuf, PackError> {
    let project = dir.join(Language::JavaScript.project_file());
    let text = std::fs::read_to_string(&project).map_err(|e| PackError::read(&project, &e))?;
    let project: serde_json::Value = serde_json::from_str(&text)
        .map_err(|e| PackError::Manifest { sentence: format!("package.json: {e}; write it as JSON.") })?;
    let Some(main) = project.get("main").and_then(serde_json::Value::as_str) else {
        return first(dir, &JAVASCRIPT_MAINS);
    };
    let main = dir.join(main);
    if main.is_file() {
        return Ok(main);
    }
    Err(PackError::Manifest {
        sentence: format!("package.json names main {}, which is not there.", main.display()),
    })
}

/// The module with which a Python plugin begins.
pub(crate) fn python_main(dir: &Path) -> Result<PathBuf, PackError> {
    first(dir, &PYTHON_MAINS)
}

fn first(dir: &Path, places: &[&str]) -> Result<PathBuf, PackError> {
    let found = places.iter().map(|place| dir.join(place)).find(|path| path.is_file());
    found.ok_or_else(|| PackError::Manifest {
        sentence: format!(
            "{}: the plugin begins in {}: none of them is there.",
            dir.display(),
            places.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn the_project_file_tells_the_language() {
        for (file, language) in [
            ("Cargo.toml", Language::Rust),
            ("package.json", Language::JavaScript),
            ("pyproject.toml", Language::Python),
        ] {
            assert_eq!(Language::of(folder(&[(file, "")]).path()).unwrap(), language);
        }
        let said = Language::of(folder(&[]).path()).unwrap_err().to_string();
        assert!(said.contains("package.json") && said.contains("plugin new"), "{said}");
    }

    #[test]
    fn a_crate_with_a_package_json_is_still_a_crate() {
        let dir = folder(&[("Cargo.toml", ""), ("package.json", "{}")]);
        assert_eq!(Language::of(dir.path()).unwrap(), Language::Rust);
    }

    #[test]
    fn javascript_begins_where_package_json_says_or_in_the_usual_place() {
        let named = folder(&[("package.json", r#"{"main": "lib/x.ts"}"#), ("lib/x.ts", "")]);
        assert!(javascript_main(named.path()).unwrap().ends_with("lib/x.ts"));
        let usual = folder(&[("package.json", "{}"), ("src/plugin.js", "")]);
        assert!(javascript_main(usual.path()).unwrap().ends_with("src/plugin.js"));
        let wrong = folder(&[("package.json", r#"{"main": "gone.js"}"#)]);
        assert!(javascript_main(wrong.path()).unwrap_err().to_string().contains("gone.js"));
        let broken = folder(&[("package.json", "{")]);
        assert!(javascript_main(broken.path()).unwrap_err().to_string().starts_with("package.json"));
    }

    #[test]
    fn names_of_languages_are_read_as_people_write_them() {
        assert_eq!("typescript".parse(), Ok(Language::JavaScript));
        assert_eq!("py".parse(), Ok(Language::Python));
        assert_eq!("rust".parse(), Ok(Language::Rust));
        assert!("cobol".parse::<Language>().unwrap_err().contains("cobol"));
    }
}
