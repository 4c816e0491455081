//! Everything a component of JavaScript or Python is made of, as one digest: a build whose inputs are those of
//! the last one is not repeated, because it takes a minute where cargo takes a second.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::PackError;

/// Folders that hold no source: what tools write, what tools install, the cases.
const NO_SOURCE: [&str; 5] = ["target", "node_modules", "cases", "__pycache__", "dist"];
/// Most files of a project that are read.
const FILES_MAX: usize = 10_000;

/// The files of a project, in order.
pub(crate) fn files(project: &Path) -> Result<Vec<PathBuf>, PackError> {
    let mut files = Vec::new();
    collect(project, &mut files)?;
    files.sort();
    Ok(files)
}

/// The digest of a project's files and of whatever else a build depends on.
pub(crate) fn digest(project: &Path, beside: &[&str]) -> Result<String, PackError> {
    let files = files(project)?;
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    beside.iter().for_each(|text| part(text.as_bytes()));
    for file in &files {
        part(file.strip_prefix(project).unwrap_or(file).to_string_lossy().as_bytes());
        part(&std::fs::read(file).map_err(|e| PackError::read(file, &e))?);
    }
    Ok(hex::encode(hash.finalize()))
}

fn collect(dir: &Path, out: &mut Vec<PathBuf>) -> Result<(), PackError> {
    for entry in std::fs::read_dir(dir).map_err(|e| PackError::read(dir, &e))? {
        let path = entry.map_err(|e| PackError::read(dir, &e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || NO_SOURCE.contains(&name.as_ref()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, out)?;
        } else {
            out.push(path);
        }
        if out.len() > FILES_MAX {
            return Err(PackError::Manifest {
                sentence: format!(
                    "{} has more than {FILES_MAX} files: name the plugin's own folder.",
                    dir.display()
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_build_reads_changes_the_digest() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("plugin.py", "a");
        let first = digest(dir.path(), &["world"]).unwrap();
        for (name, text) in [("cases/a.txt", "x"), ("target/y", "y"), (".git/z", "z"), ("__pycache__/p", "p")]
        {
            write(name, text);
        }
        assert_eq!(digest(dir.path(), &["world"]).unwrap(), first);
        assert_ne!(digest(dir.path(), &["another world"]).unwrap(), first);
        write("words/list.py", "b");
        let second = digest(dir.path(), &["world"]).unwrap();
        assert_ne!(second, first);
        write("words/list.py", "c");
        assert_ne!(digest(dir.path(), &["world"]).unwrap(), second);
    }

    #[test]
    fn moving_text_from_one_file_to_another_is_a_change() {
        let texts = |a: &str, b: &str| {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("a"), a).unwrap();
            std::fs::write(dir.path().join("b"), b).unwrap();
            digest(dir.path(), &[]).unwrap()
        };
        assert_ne!(texts("12", "3"), texts("1", "23"));
    }
}
