//! Floor 1: facts in, questions out. The database behind one handle, on SQLite or PostgreSQL.
//!
//! Knows tables, transactions, leases and how each database fails. Knows no rule: it never decides
//! whether something is allowed, only whether what was decided upon still holds.

#![allow(clippy::duplicate_mod, reason = "one text of statements is compiled once per backend, by design")]

use std::path::Path;
use std::sync::Arc;

use domain::Timestamp;
use domain::audit::AuditKey;
use domain::job::Lease;
use tokio::sync::watch;

mod error;
mod facts;
mod migrate;
mod postgres;
mod questions;
mod records;
mod sqlite;
mod words;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "ephemeral")]
pub mod ephemeral;
#[cfg(feature = "scarce")]
mod scarce;

pub use error::StoreError;
pub use facts::{Commit, Fact, Over};
pub use records::{
    AutomaticCounts, Changes, DeadJob, ERASED, Forget, Intake, IntakeKind, IntakeState, Page, QueueState,
    Suppression, TicketFilter, WordsIn,
};

/// How much a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Everything that was acknowledged, also when the power fails.
    #[default]
    Full,
    /// Everything when the process dies; the last commits may be gone when the power fails.
    Normal,
}

/// How the database is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How much a commit survives.
    pub durability: Durability,
    /// Connections that only read (SQLite).
    pub readers: u32,
    /// Connections (PostgreSQL).
    pub pool: u32,
    /// What audit entries are bound with; none: who writes none needs none. A house writes all of them with its key:
    /// behind a keyed entry no plain one fits.
    pub audit_key: Option<AuditKey>,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Full, readers: 4, pool: 16, audit_key: None }
    }
}

/// The database. Cheap to clone; closed when `close` was called or the last clone is gone.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
    wake: Arc<watch::Sender<u64>>,
    #[cfg(feature = "scarce")]
    scarce: Arc<scarce::Scarce>,
}

/// The one list of databases.
pub(crate) enum Backend {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_postgres() { "Store(PostgreSQL)" } else { "Store(SQLite)" })
    }
}

impl Store {
    /// Opens `sqlite://path/to.db`, `sqlite::memory:` (a file in a folder that goes with the store) or
    /// `postgres://…`; makes the file where there is none and brings the schema up to date.
    ///
    /// # Errors
    /// `Migration` when the database is of another program or a newer Kulanz, `Unavailable` when it
    /// cannot be reached or another process holds it.
    pub async fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        let wake = Arc::new(watch::Sender::new(0));
        let backend = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Backend::Postgres(Box::pin(postgres::Postgres::open(url, options, Arc::clone(&wake))).await?)
        } else if url.starts_with("sqlite:") {
            Backend::Sqlite(Box::pin(sqlite::Sqlite::open(url, options, Arc::clone(&wake))).await?)
        } else {
            let scheme: String = url.split(':').next().unwrap_or_default().chars().take(20).collect();
            return Err(StoreError::Migration(format!(
                "`{scheme}` is no database this build knows: use sqlite://path/to.db or postgres://user@host/name"
            )));
        };
        Ok(Self {
            backend: Arc::new(backend),
            wake,
            #[cfg(feature = "scarce")]
            scarce: Arc::default(),
        })
    }

    /// Copies the SQLite database in `file` into `to`, a file that is not there yet, while another process may be
    /// serving it: what was committed when the copying began, nothing of what was deleted, with the schema as it is.
    ///
    /// # Errors
    /// `Migration` when the file is damaged, of another program or of a newer Kulanz, `Full` or `Unavailable`
    /// when the copy cannot be written.
    pub async fn copy_file(file: &Path, to: &Path) -> Result<(), StoreError> {
        Box::pin(sqlite::copy(file, to)).await
    }

    /// Waits until everything that was handed in is written, then closes the database. Calls after it are
    /// answered `Unavailable`.
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }

    /// Takes what was erased out of the log as well: SQLite's write-ahead log is folded into the file, whose
    /// freed pages are overwritten; PostgreSQL gives the room of old rows back (VACUUM), to be written over.
    ///
    /// # Errors
    /// When the database does not answer, or somebody reads an old state of SQLite's file all the while.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.writer.scrub().await,
            Backend::Postgres(postgres) => postgres.scrub().await,
        }
    }

    /// Whether several processes may share the database.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(&*self.backend, Backend::Postgres(_))
    }

    /// Whether the database answers and takes writes (readiness). Where SQLite's disk has refused a write, that is
    /// found out by writing; PostgreSQL is only asked something.
    ///
    /// # Errors
    /// When it does not, or its file turned out to be damaged.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if let Backend::Sqlite(sqlite) = &*self.backend {
            sqlite.writer.takes_writes().await?;
        }
        self.ping_reader().await
    }

    /// Reads the whole file of a SQLite database and says what is wrong with it. PostgreSQL has its own
    /// means (amcheck): nothing is found there.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub async fn faults(&self) -> Result<Vec<String>, StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.faults().await,
            Backend::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// Makes all facts true, or none.
    ///
    /// # Errors
    /// `Stale` or `Conflict` when a fact does not hold any more, `Full` or `Unavailable` when the database
    /// could not write; nothing was written then, unless the text says that the outcome is unknown.
    pub async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        #[cfg(feature = "scarce")]
        self.scarce.refuse()?;
        let committed = match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.writer.commit(commit).await,
            Backend::Postgres(postgres) => Box::pin(postgres.commit(commit)).await,
        };
        committed?;
        #[cfg(feature = "scarce")]
        self.scarce.lose_answer()?;
        Ok(())
    }

    /// Takes up to `limit` ready lanes for `lease_ms`, longest ready first, each with its head job.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn claim(
        &self,
        owner: &str,
        limit: u32,
        now: Timestamp,
        lease_ms: i64,
    ) -> Result<Vec<Lease>, StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => {
                let claim = sqlite::dialect::Claim { owner: owner.to_owned(), limit, now, lease_ms };
                sqlite.writer.claim(claim).await
            }
            Backend::Postgres(postgres) => postgres.claim(owner, limit, now, lease_ms).await,
        }
    }

    /// Prolongs a lease, and takes up again one that ran out while nobody else took its lane; `false` when it is not the
    /// lane's newest or its job has ended: stop working on it.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn extend(
        &self,
        lane: &str,
        fence: i64,
        now: Timestamp,
        lease_ms: i64,
    ) -> Result<bool, StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.writer.extend(lane, fence, now, lease_ms).await,
            Backend::Postgres(postgres) => postgres.extend(lane, fence, lease_ms).await,
        }
    }

    /// The first of `count` ticket numbers that nobody else gets. Unused ones leave gaps.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn reserve_numbers(&self, count: u32) -> Result<i64, StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.writer.reserve(count).await,
            Backend::Postgres(postgres) => postgres.reserve(count).await,
        }
    }

    /// Changes after a commit that left work, here or on another host. A hint: polling must do without.
    #[must_use]
    pub fn wakeups(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }
}
