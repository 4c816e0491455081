//! Compiled components on disk. Machine code is trusted blindly by whoever loads it, so every file is
//! sealed with a key that lies elsewhere, read whole, checked, and only then loaded from memory.
//! Whatever is wrong with a file, the answer is the same: compile again.

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes of the seal in front of the code.
const SEAL_BYTES: usize = 32;

/// Largest file that is read, bytes: the code of the largest component is a fraction of it.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// A folder of sealed artefacts.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
    bytes_max: u64,
    temporary: AtomicU64,
}

impl Cache {
    /// Opens the folder, made for its owner alone when it is missing.
    pub(crate) fn open(dir: &Path, key: [u8; 32], bytes_max: u64) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
            builder.mode(0o700).create(dir)?;
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        }
        #[cfg(not(unix))]
        builder.create(dir)?;
        Ok(Self { dir: dir.to_owned(), key, bytes_max, temporary: AtomicU64::new(0) })
    }

    /// The code kept for a component, if there is any and its seal holds.
    pub(crate) fn find(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.dir.join(name);
        let found = fs::symlink_metadata(&path).ok()?;
        if !found.is_file() || found.len() > FILE_BYTES_MAX {
            return self.forget(name, "it is no file of ours");
        }
        let mut file = fs::read(&path).ok()?;
        let Some((seal, code)) = file.split_at_checked(SEAL_BYTES) else {
            return self.forget(name, "it is too short");
        };
        if self.mac(name, code).verify_slice(seal).is_err() {
            return self.forget(name, "its seal does not hold");
        }
        file.drain(..SEAL_BYTES);
        self.was_used(&path);
        Some(file)
    }

    /// Keeps code: written beside, flushed, then moved into place, so that nobody ever sees half of it.
    pub(crate) fn keep(&self, name: &str, code: &[u8]) -> io::Result<()> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.dir.join(format!(".{name}.{}.{number}", std::process::id()));
        let written =
            self.write(&temporary, name, code).and_then(|()| fs::rename(&temporary, self.dir.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written?;
        File::open(&self.dir)?.sync_all()?;
        self.make_room(name);
        Ok(())
    }

    /// Notes when a file was used last, as its time of change. Whoever cannot note it keeps it shorter.
    fn was_used(&self, path: &Path) {
        let _ = File::options().write(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Removes what was not used for longest, until the rest fits. The newest stays in any case.
    fn make_room(&self, newest: &str) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let data = entry.metadata().ok()?;
                let is_ours = data.is_file() && entry.file_name() != *newest;
                is_ours.then(|| Some((data.modified().ok()?, data.len(), entry.path())))?
            })
            .collect();
        files.sort_unstable_by_key(|(used, ..)| std::cmp::Reverse(*used));
        let mut sum = fs::metadata(self.dir.join(newest)).map_or(0, |data| data.len());
        for (_, bytes, path) in files {
            sum = sum.saturating_add(bytes);
            if sum > self.bytes_max {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Throws a file away that turned out to be useless.
    pub(crate) fn forget<T>(&self, name: &str, why: &str) -> Option<T> {
        tracing::warn!(file = name, why, "a compiled plugin on disk is not used; compiling it again");
        let _ = fs::remove_file(self.dir.join(name));
        None
    }

    fn write(&self, path: &Path, name: &str, code: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(path)?;
        file.write_all(&self.mac(name, code).finalize().into_bytes())?;
        file.write_all(code)?;
        file.sync_all()
    }

    /// The name is sealed along, so that a good file put in another's place is noticed.
    fn mac(&self, name: &str, code: &[u8]) -> Hmac<Sha256> {
        let mut block = [0_u8; 64];
        block.iter_mut().zip(self.key).for_each(|(b, k)| *b = k);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(&(name.len() as u64).to_le_bytes());
        mac.update(name.as_bytes());
        mac.update(code);
        mac
    }
}

/// File name of a component's code on this engine: another engine or another setting is another name.
pub(crate) fn name(digest: &str, engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{digest}-{:016x}-{}.cwasm", hasher.finish(), std::env::consts::ARCH)
}

/// Makes a component of code that this process compiled or whose seal held.
#[expect(
    unsafe_code,
    reason = "loading machine code cannot be checked by the compiler; the seal is checked before"
)]
pub(crate) fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` was made by `compile` of the same engine family, in this process, in the child we
    // started, or earlier; in the last case `Cache::find` has checked its seal over these very bytes.
    unsafe { Component::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(dir: &Path) -> Cache {
        Cache::open(dir, [7; 32], 1 << 20).unwrap()
    }

    #[test]
    fn what_was_kept_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        cache(dir.path()).keep("a.cwasm", b"code").unwrap();
        assert_eq!(cache(dir.path()).find("a.cwasm"), Some(b"code".to_vec()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays behind");
    }

    #[test]
    fn a_changed_file_is_not_used_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        cache.keep("a.cwasm", b"code").unwrap();
        let path = dir.path().join("a.cwasm");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(cache.find("a.cwasm"), None);
        assert!(!path.exists());
    }

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path(), [7; 32], 3 * (SEAL_BYTES as u64 + 10)).unwrap();
        for (hour, name) in ["a", "b", "c"].into_iter().enumerate() {
            cache.keep(name, &[0; 10]).unwrap();
            let file = File::options().write(true).open(dir.path().join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(hour as u64)).unwrap();
        }
        assert!(cache.find("a").is_some(), "used just now");
        cache.keep("d", &[0; 10]).unwrap();
        assert_eq!(["a", "b", "c", "d"].map(|name| cache.find(name).is_some()), [true, false, true, true]);
        cache.keep("large", &[0; 1_000]).unwrap();
        assert!(cache.find("large").is_some(), "the newest stays");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_good_file_in_anothers_place_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        cache.keep("a.cwasm", b"code").unwrap();
        fs::rename(dir.path().join("a.cwasm"), dir.path().join("b.cwasm")).unwrap();
        assert_eq!(cache.find("b.cwasm"), None);
    }

    #[test]
    fn a_file_sealed_with_another_key_or_cut_short_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        Cache::open(dir.path(), [8; 32], 1 << 20).unwrap().keep("a.cwasm", b"code").unwrap();
        assert_eq!(cache(dir.path()).find("a.cwasm"), None);
        fs::write(dir.path().join("a.cwasm"), b"short").unwrap();
        assert_eq!(cache(dir.path()).find("a.cwasm"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_never_followed_wherever_it_leads() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        cache.keep("a.cwasm", b"code").unwrap();
        fs::rename(dir.path().join("a.cwasm"), dir.path().join("elsewhere")).unwrap();
        for target in [dir.path().join("elsewhere"), PathBuf::from("/dev/zero"), dir.path().join("nothing")] {
            std::os::unix::fs::symlink(&target, dir.path().join("a.cwasm")).unwrap();
            assert_eq!(cache.find("a.cwasm"), None, "{}", target.display());
            assert!(fs::symlink_metadata(dir.path().join("a.cwasm")).is_err(), "the link is removed");
        }
        assert!(dir.path().join("elsewhere").exists());
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("cache");
        let _cache = cache(&inner);
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
