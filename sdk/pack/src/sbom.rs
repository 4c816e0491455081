//! The list of parts (SBOM) of a plugin, as CycloneDX 1.6 JSON, made from the lock file beside it. One file
//! per kind of lock file below. The same lock file gives the same bytes: no time, no random serial number.

mod cargo_lock;
mod npm_lock;
mod pip_freeze;

use std::collections::BTreeSet;
use std::path::Path;

use domain::plugin::Manifest;
use serde_json::{Value, json};

use crate::PackError;

/// A package that a plugin is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// Package URL: names ecosystem, package and version.
    purl: String,
    name: String,
    version: String,
    /// SHA-256 of the package file, hex, where the lock file knows it.
    sha256: Option<String>,
    /// SHA-512 of the package file, hex, where the lock file knows it.
    sha512: Option<String>,
}

impl Part {
    fn new(ecosystem: &str, name: &str, version: &str) -> Self {
        Self {
            purl: format!("pkg:{ecosystem}/{}@{}", encoded(name), encoded(version)),
            name: name.to_owned(),
            version: version.to_owned(),
            sha256: None,
            sha512: None,
        }
    }

    fn json(&self) -> Value {
        let hashes: Vec<Value> = [("SHA-256", &self.sha256), ("SHA-512", &self.sha512)]
            .into_iter()
            .filter_map(|(alg, content)| Some(json!({ "alg": alg, "content": content.as_ref()? })))
            .collect();
        let mut out = json!({ "type": "library", "bom-ref": self.purl, "name": self.name, "version": self.version, "purl": self.purl });
        if let (false, Some(object)) = (hashes.is_empty(), out.as_object_mut()) {
            object.insert("hashes".to_owned(), Value::Array(hashes));
        }
        out
    }
}

/// What package URLs do not take as it is; the slash of a scoped name stays.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    text.bytes().fold(String::new(), |out, b| {
        if plain(b) { out + char::from(b).to_string().as_str() } else { out + &format!("%{b:02X}") }
    })
}

/// Reads the parts from a lock file; none: the folder has no such file.
type Reader = fn(&Path) -> Result<Option<Vec<Part>>, PackError>;

/// The one list of kinds of lock files.
const READERS: &[Reader] = &[cargo_lock::parts, npm_lock::parts, pip_freeze::parts];

/// The list of parts of the plugin in a folder; none without a lock file.
///
/// # Errors
/// A lock file is there and cannot be read.
pub fn sbom(folder: &Path, manifest: &Manifest) -> Result<Option<String>, PackError> {
    let mut parts = BTreeSet::new();
    let mut found = false;
    for read in READERS {
        if let Some(more) = read(folder)? {
            found = true;
            parts.extend(more);
        }
    }
    if !found {
        return Ok(None);
    }
    let own = format!("pkg:generic/{}@{}", encoded(&manifest.id), encoded(&manifest.version));
    let mut plugin = json!({ "type": "application", "bom-ref": own, "name": manifest.id, "version": manifest.version, "purl": own });
    if let (false, Some(object)) = (manifest.licence.is_empty(), plugin.as_object_mut()) {
        object.insert("licenses".to_owned(), json!([{ "expression": manifest.licence }]));
    }
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": plugin },
        "components": parts.iter().map(Part::json).collect::<Vec<_>>(),
    });
    Ok(Some(document.to_string()))
}

fn read(path: &Path) -> Result<Option<String>, PackError> {
    match path.is_file() {
        true => std::fs::read_to_string(path).map(Some).map_err(|e| PackError::read(path, &e)),
        false => Ok(None),
    }
}

fn unreadable(path: &Path, why: impl std::fmt::Display) -> PackError {
    PackError::Read { path: path.display().to_string(), why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let text = "id='a.b'\nname='n'\nversion='0.1.0'\ncontract='0.1'\ndescription='d'\nlicence='MIT'\n[[hook]]\nkind='redaction'\n";
        Manifest::parse(text).unwrap()
    }

    #[test]
    fn a_folder_without_a_lock_file_has_no_list() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sbom(folder.path(), &manifest()).unwrap(), None);
    }

    #[test]
    fn the_list_is_cyclonedx_names_the_plugin_and_comes_out_the_same_each_time() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("requirements.txt"), "b==2\na==1.0\n").unwrap();
        let text = sbom(folder.path(), &manifest()).unwrap().unwrap();
        assert_eq!(sbom(folder.path(), &manifest()).unwrap().as_deref(), Some(text.as_str()));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&document["bomFormat"], &document["specVersion"]), (&json!("CycloneDX"), &json!("1.6")));
        assert_eq!(document["metadata"]["component"]["licenses"][0]["expression"], "MIT");
        assert_eq!(document["components"][0]["purl"], "pkg:pypi/a@1.0");
    }

    #[test]
    fn names_are_encoded_as_package_urls_want() {
        assert_eq!(Part::new("npm", "@scope/a b", "1+2").purl, "pkg:npm/%40scope/a%20b@1%2B2");
    }
}
