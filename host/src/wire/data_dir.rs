//! The data directory: made private, locked while a process uses it, home of the key files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rand::TryRngCore;

/// Bytes of a key file.
pub const KEY_BYTES: usize = 32;

/// Another process uses the data directory.
#[derive(Debug, thiserror::Error)]
#[error("the data directory {} is in use by a running kulanz", .0.display())]
pub struct InUse(pub PathBuf);

/// An open data directory. Dropping it lets the next process in.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: Option<File>,
}

impl DataDir {
    /// Opens it, made with mode 0700 where it is not there. `alone`: no other process may use it.
    ///
    /// # Errors
    /// When it cannot be made or another process uses it ([`InUse`]).
    pub fn open(path: &Path, alone: bool) -> anyhow::Result<Self> {
        make_private(path).with_context(|| format!("data directory {}", path.display()))?;
        if is_open_to_all(path) {
            tracing::warn!(
                "everybody on this machine may look into the data directory {}: chmod 700 it",
                path.display()
            );
        }
        let lock = match alone {
            true => Some(lock(path)?),
            false => None,
        };
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a key lies.
    #[must_use]
    pub fn key_path(&self, name: &str) -> PathBuf {
        self.path.join("keys").join(name)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn has_key(&self, name: &str) -> bool {
        self.key_path(name).exists()
    }

    /// A key, made from the system's randomness at the first use.
    ///
    /// # Errors
    /// When it cannot be read or made, or is not 32 bytes long.
    pub fn key(&self, name: &str) -> anyhow::Result<[u8; KEY_BYTES]> {
        let path = self.key_path(name);
        make_private(&self.path.join("keys")).with_context(|| format!("key file {}", path.display()))?;
        read_or_make_key(&path).with_context(|| format!("key file {}", path.display()))
    }

    /// Puts a key that came from elsewhere in its place, as private as one that is made here. One that is there stays.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_key(&self, name: &str, key: &[u8; KEY_BYTES]) -> anyhow::Result<()> {
        let path = self.key_path(name);
        let what = || format!("key file {}", path.display());
        make_private(&self.path.join("keys")).with_context(what)?;
        place_key(&path, key).with_context(what)
    }
}

fn lock(path: &Path) -> anyhow::Result<File> {
    let name = path.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .with_context(|| name.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(InUse(path.to_owned()).into()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| name.display().to_string()),
    }
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// When it is there already or cannot be made.
pub fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn make_private(path: &Path) -> std::io::Result<()> {
    // Parents keep their usual mode; what exists keeps its own: the admin may have a reason.
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match make_private_folder(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Whether others than the owner and the group get at it.
#[cfg(unix)]
fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}

fn read_or_make_key(path: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    if !path.exists() {
        make_key(path)?;
    }
    if is_open_to_all(path) {
        anyhow::bail!(
            "everybody on this machine may read or change it: chmod 600 it, and consider whether somebody has"
        );
    }
    bytes_of_key(path)
}

/// A key as it lies in a file, wherever that is.
///
/// # Errors
/// When it cannot be read or is not 32 bytes long.
pub fn read_key(path: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    bytes_of_key(path).with_context(|| format!("key file {}", path.display()))
}

fn bytes_of_key(path: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    let mut bytes = Vec::new();
    // One byte more than a key has tells a longer file apart.
    File::open(path)?.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    <[u8; KEY_BYTES]>::try_from(bytes)
        .map_err(|_| anyhow::anyhow!("it must hold exactly {KEY_BYTES} bytes: put it back from your backup"))
}

fn make_key(path: &Path) -> anyhow::Result<()> {
    let mut key = [0; KEY_BYTES];
    rand::rngs::OsRng.try_fill_bytes(&mut key).context("the system gives no randomness")?;
    place_key(path, &key)
}

fn place_key(path: &Path, key: &[u8; KEY_BYTES]) -> anyhow::Result<()> {
    // Written beside and linked into place: nobody ever sees half a key, and of two processes that make
    // one at the same time the first wins.
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(key)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => sync_folder(path),
    }
}

/// Without this the new name may be lost with the power.
fn sync_folder(path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_is_private_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(&dir.path().join("a/b"), true).unwrap();
        let key = data.key("seal.key").unwrap();
        assert_eq!(data.key("seal.key").unwrap(), key);
        assert_ne!(data.key("cache.key").unwrap(), key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(data.path()), 0o700);
            assert_eq!(mode(&data.key_path("seal.key")), 0o600);
            assert_eq!(std::fs::read_dir(data.path().join("keys")).unwrap().count(), 2);
        }
    }

    #[test]
    fn a_key_from_elsewhere_is_put_where_none_is_and_is_private_there() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(&dir.path().join("data"), false).unwrap();
        data.put_key("seal.key", &[7; 32]).unwrap();
        assert_eq!(data.key("seal.key").unwrap(), [7; 32]);
        data.put_key("seal.key", &[8; 32]).unwrap();
        assert_eq!(read_key(&data.key_path("seal.key")).unwrap(), [7; 32]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&data.path().join("keys")), 0o700);
            assert_eq!(mode(&data.key_path("seal.key")), 0o600);
        }
    }

    #[test]
    fn a_key_file_of_another_length_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path(), false).unwrap();
        data.key("seal.key").unwrap();
        for bytes in [&[1_u8; 31][..], &[1; 33][..]] {
            std::fs::write(data.key_path("seal.key"), bytes).unwrap();
            assert!(format!("{:#}", data.key("seal.key").unwrap_err()).contains("exactly 32 bytes"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_everybody_may_read_is_refused_until_it_is_private_again() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path(), false).unwrap();
        let key = data.key("seal.key").unwrap();
        let mode = |mode| {
            let path = data.key_path("seal.key");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o644);
        assert!(format!("{:#}", data.key("seal.key").unwrap_err()).contains("chmod 600"));
        mode(0o640);
        assert_eq!(data.key("seal.key").unwrap(), key);
    }

    #[test]
    fn two_processes_cannot_use_it_at_the_same_time_unless_the_database_is_shared() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open(dir.path(), true).unwrap();
        assert!(DataDir::open(dir.path(), true).unwrap_err().downcast_ref::<InUse>().is_some());
        assert!(DataDir::open(dir.path(), false).is_ok());
        drop(first);
        assert!(DataDir::open(dir.path(), true).is_ok());
    }
}
