//! The suite on both databases, each case on a database of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stop a test like the test itself")]

use store::conformance::{Broken, run_all};
use store::ephemeral::{EphemeralError, EphemeralPostgres};
use store::{Options, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_every_promise() {
    let open = async || Ok(Store::open("sqlite::memory:", &Options::default()).await?);
    match run_all(open).await {
        Ok(count) => println!("{count} promises kept on SQLite"),
        Err(Broken(why)) => panic!("{why}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_every_promise() {
    let server = match EphemeralPostgres::start() {
        Ok(server) => server,
        Err(EphemeralError::Absent) if std::env::var_os("CI").is_none() => {
            println!("skipped: {}", EphemeralError::Absent);
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let open = async || {
        let url = server.fresh_database().await.map_err(|e| Broken(e.to_string()))?;
        Ok(Store::open(&url, &Options { pool: 8, ..Options::default() }).await?)
    };
    match run_all(open).await {
        Ok(count) => println!("{count} promises kept on PostgreSQL"),
        Err(Broken(why)) => panic!("{why}"),
    }
}
