//! Parts of a Python plugin: what `pip freeze` wrote into requirements.txt. Only lines that name one exact
//! version count; a range says nothing about what is inside.

use std::path::Path;

use super::{Part, read};
use crate::PackError;

/// Names under which authors keep it, first wins.
const NAMES: &[&str] = &["requirements.lock", "requirements.txt"];

/// The parts; none when the folder has no such file.
pub(super) fn parts(folder: &Path) -> Result<Option<Vec<Part>>, PackError> {
    for name in NAMES {
        if let Some(text) = read(&folder.join(name))? {
            return Ok(Some(text.lines().filter_map(part).collect()));
        }
    }
    Ok(None)
}

/// `name==1.0 ; marker --hash=sha256:…` with everything behind the version left out but the first hash.
fn part(line: &str) -> Option<Part> {
    let (name, rest) = line.split('#').next()?.split_once("==")?;
    // An extra in brackets is no part of the name.
    let name = name.split('[').next()?.trim();
    let version = rest.trim_start_matches('=').split([' ', ';', '\\', ',']).next()?.trim();
    let exact = !name.is_empty() && !version.is_empty() && !version.contains('*');
    let sha256 = rest.split("--hash=sha256:").nth(1).and_then(|h| h.split_whitespace().next());
    // Package URLs of PyPI are lower case with hyphens.
    let name = name.to_lowercase().replace('_', "-");
    exact.then(|| Part { sha256: sha256.map(str::to_owned), ..Part::new("pypi", &name, version) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_versions_are_listed_and_ranges_are_not() {
        let purl = |line: &str| part(line).map(|p| p.purl);
        assert_eq!(
            purl("Some_Thing[extra]==1.0.1 ; python_version > '3'").as_deref(),
            Some("pkg:pypi/some-thing@1.0.1")
        );
        assert_eq!(part("a==1 --hash=sha256:ab --hash=sha256:cd").unwrap().sha256.as_deref(), Some("ab"));
        for line in ["", "# a==1", "a>=1", "a==1.*", "-e ."] {
            assert_eq!(purl(line), None, "{line}");
        }
    }
}
