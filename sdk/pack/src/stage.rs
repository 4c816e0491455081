//! A folder in which one build works: the builders leave files where they work, and that must not be the
//! author's folder. Knows the plugin's world; begins empty each time.

use std::path::{Path, PathBuf};

use crate::PackError;

/// A folder of one build, with the plugin's world in `plugin.wit`.
pub(crate) struct Stage {
    path: PathBuf,
    world: String,
}

impl Stage {
    /// An empty stage.
    pub(crate) fn new(path: PathBuf, world: String) -> Result<Self, PackError> {
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(|e| PackError::write(&path, &e))?;
        }
        let stage = Self { path, world };
        stage.write("plugin.wit", &stage.world)?;
        Ok(stage)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The plugin's world.
    pub(crate) fn world(&self) -> &str {
        &self.world
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), PackError> {
        write(&self.path.join(name), text)
    }

    /// Reads what a builder left.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, PackError> {
        let path = self.path.join(name);
        std::fs::read(&path).map_err(|e| PackError::read(&path, &e))
    }
}

/// Writes a file, with the folders above it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), PackError> {
    if let Some(above) = path.parent() {
        std::fs::create_dir_all(above).map_err(|e| PackError::write(above, &e))?;
    }
    std::fs::write(path, text).map_err(|e| PackError::write(path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_earlier_build_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stage");
        let stage = Stage::new(path.clone(), "world".into()).unwrap();
        stage.write("deep/old.js", "old").unwrap();
        let stage = Stage::new(path, "world".into()).unwrap();
        assert!(stage.read("deep/old.js").is_err());
        assert_eq!(stage.read("plugin.wit").unwrap(), b"world");
    }
}
