//! The disk under a measure: whether it is one, and how often per second it can promise something.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the disk is asked.
const ASKED: Duration = Duration::from_secs(1);
/// What is written each time: a page of the write-ahead log.
const PAGE_BYTES: usize = 4_096;
/// Pages of the file that is written over and over, as a write-ahead log is.
const PAGES: u64 = 256;

/// Promises per second: a page written and synced, one after the other.
pub(super) fn syncs_per_second(folder: &Path) -> std::io::Result<f64> {
    let mut file = File::options().create(true).truncate(true).write(true).open(folder.join("syncs"))?;
    let page = [7; PAGE_BYTES];
    for _ in 0..PAGES {
        file.write_all(&page)?;
    }
    file.sync_all()?;
    let begun = Instant::now();
    let mut synced: u64 = 0;
    while begun.elapsed() < ASKED {
        file.seek(SeekFrom::Start(synced % PAGES * PAGE_BYTES as u64))?;
        file.write_all(&page)?;
        file.sync_data()?;
        synced += 1;
    }
    let took = begun.elapsed();
    std::fs::remove_file(folder.join("syncs"))?;
    Ok(synced as f64 / took.as_secs_f64())
}

/// Whether a folder lies in memory, where a sync promises nothing. Where it cannot be known: no.
pub(super) fn is_in_memory(folder: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    matches!(kind_of(&mounts, &folder), Some("tmpfs" | "ramfs"))
}

/// Kind of the file system that a folder lies on: that of the longest mount point above it.
fn kind_of<'m>(mounts: &'m str, folder: &Path) -> Option<&'m str> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_of_the_kind_of_the_nearest_mount_above_it() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/disk xfs rw 0 0\n";
        let kind = |folder: &str| kind_of(mounts, Path::new(folder));
        assert_eq!(kind("/home/a"), Some("ext4"));
        assert_eq!(kind("/tmp/x"), Some("tmpfs"));
        assert_eq!(kind("/tmp/disk/x"), Some("xfs"));
        assert_eq!(kind("/tmpx"), Some("ext4"));
        assert_eq!(kind_of("", Path::new("/")), None);
    }

    #[test]
    fn a_disk_syncs_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        assert!(syncs_per_second(folder.path()).unwrap() > 0.0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
