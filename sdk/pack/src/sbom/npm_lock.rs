//! Parts of a JavaScript plugin: what package-lock.json (lock file version 2 or 3) installs for production.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Part, read, unreadable};
use crate::PackError;

#[derive(serde::Deserialize)]
struct Lock {
    #[serde(default)]
    packages: BTreeMap<String, Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: Option<String>,
    version: Option<String>,
    integrity: Option<String>,
    #[serde(default)]
    dev: bool,
}

/// The parts; none when the folder has no package-lock.json.
pub(super) fn parts(folder: &Path) -> Result<Option<Vec<Part>>, PackError> {
    let path = folder.join("package-lock.json");
    let Some(text) = read(&path)? else { return Ok(None) };
    let lock: Lock = serde_json::from_str(&text).map_err(|e| unreadable(&path, e))?;
    Ok(Some(lock.packages.iter().filter_map(|(place, package)| part(place, package)).collect()))
}

/// The place of a package ends with its name: `node_modules/a/node_modules/@scope/b`. The plugin itself has
/// the empty place.
fn part(place: &str, package: &Package) -> Option<Part> {
    let (_, name) = place.rsplit_once("node_modules/").filter(|_| !package.dev)?;
    let name = package.name.as_deref().unwrap_or(name);
    let sha512 = package.integrity.as_deref().and_then(|i| i.strip_prefix("sha512-"));
    let sha512 = sha512.and_then(|text| BASE64.decode(text).ok()).map(hex::encode);
    Some(Part { sha512, ..Part::new("npm", name, package.version.as_deref()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_for_production_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let lock = r#"{ "lockfileVersion": 3, "packages": {
            "": { "name": "mine", "version": "1.0.0" },
            "node_modules/a": { "version": "1.2.3", "integrity": "sha512-AAEC" },
            "node_modules/a/node_modules/@s/b": { "version": "2.0.0" },
            "node_modules/tool": { "version": "9.0.0", "dev": true } } }"#;
        std::fs::write(folder.path().join("package-lock.json"), lock).unwrap();
        let parts = parts(folder.path()).unwrap().unwrap();
        let purls: Vec<&str> = parts.iter().map(|p| p.purl.as_str()).collect();
        assert_eq!(purls, ["pkg:npm/a@1.2.3", "pkg:npm/%40s/b@2.0.0"]);
        assert_eq!(parts[0].sha512.as_deref(), Some("000102"));
        std::fs::write(folder.path().join("package-lock.json"), "{").unwrap();
        assert!(super::parts(folder.path()).unwrap_err().to_string().contains("package-lock.json"));
    }
}
