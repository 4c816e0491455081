//! Parts of a Rust plugin: what its package reaches in the Cargo.lock of its workspace. A lock file does not
//! tell build and development dependencies apart, so the list may name a little more than is inside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Part, read, unreadable};
use crate::PackError;

#[derive(serde::Deserialize)]
struct Lock {
    #[serde(default, rename = "package")]
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: String,
    version: String,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(serde::Deserialize)]
struct CargoToml {
    package: CargoPackage,
}

#[derive(serde::Deserialize)]
struct CargoPackage {
    name: String,
}

/// The parts; none when the folder holds no Rust crate or no lock file stands at or above it.
pub(super) fn parts(folder: &Path) -> Result<Option<Vec<Part>>, PackError> {
    let manifest_path = folder.join("Cargo.toml");
    let Some(text) = read(&manifest_path)? else { return Ok(None) };
    let manifest: CargoToml = toml::from_str(&text).map_err(|e| unreadable(&manifest_path, e.message()))?;
    let Some(path) = lock_above(folder) else { return Ok(None) };
    let Some(text) = read(&path)? else { return Ok(None) };
    let lock: Lock = toml::from_str(&text).map_err(|e| unreadable(&path, e.message()))?;
    Ok(Some(reached(&lock, &manifest.package.name)))
}

/// A workspace keeps one lock file at its root.
fn lock_above(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder.ancestors().map(|f| f.join("Cargo.lock")).find(|path| path.is_file())
}

/// Everything that `root` depends on, itself left out.
fn reached(lock: &Lock, root: &str) -> Vec<Part> {
    let mut by_name: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in &lock.packages {
        by_name.entry(&package.name).or_default().push(package);
    }
    let mut waiting: Vec<&Package> = by_name.get(root).into_iter().flatten().copied().collect();
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    while let Some(package) = waiting.pop() {
        if !seen.insert((&package.name, &package.version)) {
            continue;
        }
        if package.name != root {
            let part = Part::new("cargo", &package.name, &package.version);
            parts.push(Part { sha256: package.checksum.clone(), ..part });
        }
        for dependency in &package.dependencies {
            // `name`, or `name version` where several versions are locked.
            let mut words = dependency.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next());
            let fitting = by_name.get(name).into_iter().flatten();
            waiting.extend(fitting.filter(|p| version.is_none_or(|v| v == p.version)));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4
[[package]]
name = "mine"
version = "0.1.0"
dependencies = ["used", "twice 2.0.0"]
[[package]]
name = "used"
version = "1.0.0"
checksum = "abcd"
dependencies = ["twice 1.0.0"]
[[package]]
name = "twice"
version = "1.0.0"
[[package]]
name = "twice"
version = "2.0.0"
[[package]]
name = "neighbour"
version = "9.0.0"
"#;

    #[test]
    fn only_what_the_plugin_reaches_is_listed_with_its_checksum() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("mine");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(root.path().join("Cargo.lock"), LOCK).unwrap();
        std::fs::write(folder.join("Cargo.toml"), "[package]\nname = \"mine\"\n").unwrap();
        let mut parts = parts(&folder).unwrap().unwrap();
        parts.sort();
        let purls: Vec<&str> = parts.iter().map(|p| p.purl.as_str()).collect();
        assert_eq!(purls, ["pkg:cargo/twice@1.0.0", "pkg:cargo/twice@2.0.0", "pkg:cargo/used@1.0.0"]);
        assert_eq!(parts[2].sha256.as_deref(), Some("abcd"));
    }
}
