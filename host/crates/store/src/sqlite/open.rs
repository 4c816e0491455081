//! Opens a SQLite file: lock file, settings, schema, leases of dead processes, reader pool.

use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use tokio::sync::watch;

use super::writer::Writer;
use super::{Connection, Db, Ground};
use crate::error::{Failure, StoreError};
use crate::{Durability, Options, migrate};

/// "Kula": marks the file as ours (`file` and SQLite's tools show it).
pub(super) const APPLICATION_ID: i64 = 0x4b75_6c61;
/// How a database file begins, and where its numbers stand (SQLite's file format §1.3).
const MAGIC: &[u8] = b"SQLite format 3\0";
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;
const HEADER_BYTES: usize = APPLICATION_ID_AT + 4;
pub(super) const FOREIGN: &str = "the file belongs to another program: name another file in database.url";
/// Older versions can corrupt a file when a write meets a checkpoint (the WAL-reset defect).
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
/// Room for every text that comes again: statements alone, and those that commits of one kind are made of.
const STATEMENTS: usize = 256;
/// How long a process that is just ending may still hold the lock file.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// Faults of a file that are told.
const FAULTS_MAX: u32 = 20;
const LOCK_STEP: Duration = Duration::from_millis(20);

/// The open database.
pub(crate) struct Sqlite {
    pub(crate) writer: Writer,
    readers: SqlitePool,
    /// The folder of `sqlite::memory:`; it goes when the last handle goes.
    _folder: Option<tempfile::TempDir>,
}

impl Sqlite {
    pub(crate) async fn open(
        url: &str,
        options: &Options,
        wake: Arc<watch::Sender<u64>>,
    ) -> Result<Self, StoreError> {
        let (path, folder) = place(url)?;
        refuse_foreign(&path)?;
        let lock = lock(&path).await?;
        make_private(&path)?;
        let synchronous = match (&folder, options.durability) {
            // Nobody expects it back after a power failure.
            (Some(_), _) => SqliteSynchronous::Off,
            (None, Durability::Full) => SqliteSynchronous::Full,
            (None, Durability::Normal) => SqliteSynchronous::Normal,
        };
        let (connection, mut ground) = connect(&path, synchronous).await?;
        ground.audit_key = options.audit_key;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers.max(1))
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(reading(&path))
            .await
            .map_err(Failure::from)?;
        let writer = Writer::start(connection, ground, wake, lock)?;
        Ok(Self { writer, readers, _folder: folder })
    }

    pub(crate) async fn reader(&self) -> Result<PoolConnection<Db>, StoreError> {
        self.readers.acquire().await.map_err(|e| Failure::from(e).into())
    }

    /// What SQLite finds wrong with the file, at most [`FAULTS_MAX`] sentences.
    pub(crate) async fn faults(&self) -> Result<Vec<String>, StoreError> {
        let mut c = self.reader().await?;
        let check = format!("PRAGMA integrity_check({FAULTS_MAX})");
        let said: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(check)).fetch_all(&mut *c).await.map_err(Failure::from)?;
        Ok(said.into_iter().filter(|line| line != "ok").collect())
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Refuses a database of another program, or of a newer build, by its header: before any connection could
/// change a byte of it. What cannot be read, or is no database at all, is told when it is opened.
fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    let mut header = [0; HEADER_BYTES];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    if read.is_err() || !header.starts_with(MAGIC) {
        return Ok(());
    }
    let number = |at: usize| {
        let bytes = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, |bytes| i64::from(u32::from_be_bytes(bytes)))
    };
    let (version, id) = (number(USER_VERSION_AT), number(APPLICATION_ID_AT));
    if id != 0 && id != APPLICATION_ID {
        return Err(StoreError::Migration(FOREIGN.to_owned()));
    }
    if id == APPLICATION_ID && version > migrate::newest() {
        return Err(StoreError::Migration(migrate::too_new(version)));
    }
    Ok(())
}

/// The writing connection of a file that is ready to be worked with.
pub(super) async fn connect(
    path: &Path,
    synchronous: SqliteSynchronous,
) -> Result<(Connection, Ground), StoreError> {
    let mut connection = writing(path, synchronous).connect().await.map_err(Failure::from)?;
    assert_version(&mut connection).await?;
    bring_up_to_date(&mut connection).await?;
    let ground = settle(&mut connection).await?;
    Ok((connection, ground))
}

/// The file a URL names. `sqlite::memory:` is a file as well, in a folder that is removed with the store:
/// so tests run the very code that serves, with readers beside the writer.
fn place(url: &str) -> Result<(PathBuf, Option<tempfile::TempDir>), StoreError> {
    if url == "sqlite::memory:" || url == "sqlite://:memory:" {
        let folder = tempfile::Builder::new()
            .prefix("kulanz-")
            .tempdir()
            .map_err(|e| StoreError::Unavailable(format!("no temporary folder for sqlite::memory: ({e})")))?;
        return Ok((folder.path().join("kulanz.db"), Some(folder)));
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|e| {
        StoreError::Migration(format!("`{url}` is no SQLite address ({e}): write sqlite://path/to.db"))
    })?;
    Ok((options.get_filename().to_owned(), None))
}

/// One process per file: the lock is the operating system's and goes with the process, however it ends.
async fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(&name).map_err(|e| {
        StoreError::Unavailable(format!("the lock file {} cannot be opened: {e}", Path::new(&name).display()))
    })?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if waited < LOCK_WAIT => {
                tokio::time::sleep(LOCK_STEP).await;
                waited += LOCK_STEP;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Unavailable(format!(
                    "another process works on {}: stop it first, or use PostgreSQL to run several",
                    path.display()
                )));
            }
            Err(TryLockError::Error(e)) => {
                return Err(StoreError::Unavailable(format!(
                    "{} cannot be locked ({e}): SQLite needs a local disk",
                    path.display()
                )));
            }
        }
    }
}

/// A new file is its owner's alone, and so are the files SQLite puts beside it. One that is there keeps its
/// mode: the admin may have a reason.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::Unavailable(format!(
                "{} cannot be made ({error}): does its folder exist, and may Kulanz write there?",
                path.display()
            )))
        }
        _ => Ok(()),
    }
}

fn shared(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .statement_cache_capacity(STATEMENTS)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("temp_store", "MEMORY")
        // Mapped pages would turn a failing disk into a signal, and widen the WAL-reset defect.
        .pragma("mmap_size", "0")
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

fn writing(path: &Path, synchronous: SqliteSynchronous) -> SqliteConnectOptions {
    shared(path)
        .create_if_missing(true)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        // 64 MiB of pages; negative means KiB.
        .pragma("cache_size", "-65536")
        .pragma("journal_size_limit", "67108864")
        .pragma("wal_autocheckpoint", "1000")
        // Rows that `PRAGMA optimize` looks at per index.
        .pragma("analysis_limit", "400")
        // What is deleted is overwritten: erasure means erasure.
        .pragma("secure_delete", "ON")
}

fn reading(path: &Path) -> SqliteConnectOptions {
    shared(path).read_only(true).pragma("query_only", "ON").pragma("cache_size", "-16384")
}

/// A connection beside the process that serves the file: it changes nothing there. Not `query_only`, which would
/// forbid writing a copy as well.
pub(super) fn beside(path: &Path) -> SqliteConnectOptions {
    shared(path).read_only(true)
}

async fn assert_version(c: &mut Connection) -> Result<(), StoreError> {
    let text: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(c).await.map_err(Failure::from)?;
    let mut parts = text.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < VERSION_MIN {
        let (major, minor, patch) = VERSION_MIN;
        return Err(StoreError::Migration(format!(
            "SQLite {text} is linked, {major}.{minor}.{patch} is needed: older ones can corrupt the file"
        )));
    }
    Ok(())
}

/// Runs the steps that are missing, each in a transaction of its own that also counts it.
async fn bring_up_to_date(c: &mut Connection) -> Result<(), StoreError> {
    let found: i64 =
        sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *c).await.map_err(Failure::from)?;
    let application: i64 =
        sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *c).await.map_err(Failure::from)?;
    if application != 0 && application != APPLICATION_ID {
        return Err(StoreError::Migration(FOREIGN.to_owned()));
    }
    if application == 0 && found == 0 {
        let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema")
            .fetch_one(&mut *c)
            .await
            .map_err(Failure::from)?;
        if tables > 0 {
            return Err(StoreError::Migration(FOREIGN.to_owned()));
        }
        tracing::info!("the database is empty: it is set up anew");
    }
    if found > migrate::newest() {
        return Err(StoreError::Migration(migrate::too_new(found)));
    }
    for step in migrate::STEPS.iter().filter(|step| step.number > found) {
        let number = step.number;
        let text = format!(
            "BEGIN IMMEDIATE; {} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number}; COMMIT;",
            step.sqlite
        );
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut *c).await;
        if let Err(error) = done {
            // After a full disk SQLite has rolled back by itself; the first error is the one to tell.
            let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *c).await;
            return Err(StoreError::Migration(format!("step {number} of the schema failed: {error}")));
        }
    }
    Ok(())
}

/// Voids the leases of processes that are gone (the lock file says so) and finds where counting goes on.
async fn settle(c: &mut Connection) -> Result<Ground, StoreError> {
    sqlx::query("UPDATE lane SET lease_until = NULL, owner = '' WHERE lease_until IS NOT NULL")
        .execute(&mut *c)
        .await
        .map_err(Failure::from)?;
    let sequence: i64 = sqlx::query_scalar(
        "SELECT MAX(COALESCE((SELECT MAX(sequence) FROM job), 0), COALESCE((SELECT MAX(sequence) FROM dead_job), 0))",
    )
    .fetch_one(&mut *c)
    .await
    .map_err(Failure::from)?;
    let fence: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(fence), 0) FROM lane")
        .fetch_one(c)
        .await
        .map_err(Failure::from)?;
    Ok(Ground {
        seen: domain::Timestamp(0),
        next_sequence: sequence + 1,
        next_fence: fence + 1,
        audit_key: None,
    })
}
