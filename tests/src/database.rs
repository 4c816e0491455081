//! A fresh database for each test, of either kind. The PostgreSQL cluster is started once per test run
//! from the machine's own binaries.

use std::io::Write as _;

use store::ephemeral::{EphemeralError, EphemeralPostgres};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Which kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// One file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database of one test's own.
pub struct Database {
    pub url: String,
    pub dir: TempDir,
    /// A server of the test's own, when it wants to look at every byte.
    own: Option<EphemeralPostgres>,
}

static CLUSTER: OnceCell<EphemeralPostgres> = OnceCell::const_new();

impl Database {
    pub async fn fresh(backend: Backend) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = match backend {
            Backend::Sqlite => format!("sqlite://{}", dir.path().join("kulanz.db").display()),
            Backend::Postgres => fresh_postgres().await,
        };
        Self { url, dir, own: None }
    }

    /// A database that shares its files with nobody.
    pub async fn alone(backend: Backend) -> Self {
        if backend == Backend::Sqlite {
            return Self::fresh(backend).await;
        }
        let own = tokio::task::spawn_blocking(EphemeralPostgres::start).await.unwrap().unwrap();
        let url = own.fresh_database().await.unwrap();
        Self { url, dir: tempfile::tempdir().unwrap(), own: Some(own) }
    }

    /// Every byte that the database has on disk (SQLite: file and log; PostgreSQL: the whole cluster).
    pub fn raw_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match &self.own {
            None => read_all(self.dir.path(), &mut out),
            Some(own) => read_all(&own.data_dir(), &mut out),
        }
        out
    }
}

fn read_all(dir: &std::path::Path, out: &mut Vec<u8>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_all(&path, out);
        } else if let Ok(bytes) = std::fs::read(&path) {
            out.extend_from_slice(&bytes);
        }
    }
}

async fn fresh_postgres() -> String {
    cluster().await.unwrap().fresh_database().await.unwrap()
}

async fn cluster() -> Result<&'static EphemeralPostgres, EphemeralError> {
    CLUSTER
        .get_or_try_init(|| async { tokio::task::spawn_blocking(EphemeralPostgres::start).await.unwrap() })
        .await
}

/// Whether stories can be told on PostgreSQL here. Without its programs they are skipped, aloud; where CI
/// is set that is a failure.
pub async fn postgres_is_here() -> bool {
    match cluster().await {
        Ok(_) => true,
        Err(EphemeralError::Absent) if std::env::var_os("CI").is_none() => {
            // Past the test runner's capture: a skipped test must not look like a green one.
            let _ = writeln!(std::io::stderr().lock(), "SKIPPED on PostgreSQL: {}", EphemeralError::Absent);
            false
        }
        Err(error) => panic!("{error}"),
    }
}
