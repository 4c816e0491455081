//! The list of erasures: a file in the data directory, so that it survives a restored database. One line per
//! erasure, flushed to the disk before anything is erased.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use desk::{Tombstone, Tombstones};

/// Name of the file.
pub const FILE_NAME: &str = "erasures.jsonl";

/// The list in a file.
#[derive(Debug)]
pub struct FileOfTombstones {
    path: PathBuf,
    one_at_a_time: Mutex<()>,
}

impl FileOfTombstones {
    /// The list of a data directory.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self { path: data_dir.join(FILE_NAME), one_at_a_time: Mutex::default() }
    }
}

impl Tombstones for FileOfTombstones {
    fn add(&self, tombstone: &Tombstone) -> std::io::Result<()> {
        let _guard = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = serde_json::to_string(tombstone).map_err(Error::other)?;
        line.push('\n');
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    }

    fn all(&self) -> std::io::Result<Vec<Tombstone>> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let read = |(n, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| {
                let place = format!("{}, line {}: {error}", self.path.display(), n + 1);
                Error::new(ErrorKind::InvalidData, place)
            })
        };
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::id::{ContactId, CountingIds};

    use super::*;

    #[test]
    fn what_is_added_is_read_again_and_a_damaged_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let list = FileOfTombstones::of(folder.path());
        assert_eq!(list.all().unwrap(), Vec::new());
        let ids = CountingIds::default();
        let one = Tombstone { contact_id: ContactId::mint(&ids, Timestamp(7)), at: Timestamp(7) };
        list.add(&one).unwrap();
        list.add(&one).unwrap();
        assert_eq!(FileOfTombstones::of(folder.path()).all().unwrap(), vec![one.clone(), one]);
        std::fs::write(folder.path().join(FILE_NAME), "{\n").unwrap();
        assert!(list.all().unwrap_err().to_string().contains("line 1"));
    }
}
