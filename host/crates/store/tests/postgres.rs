//! What is particular to PostgreSQL: several hosts on one database, a server that dies.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stop a test like the test itself")]

use std::time::Duration;

use domain::Timestamp;
use store::conformance::Sample;
use store::ephemeral::{Care, EphemeralError, EphemeralPostgres};
use store::{Commit, Fact, Options, Store, StoreError};

/// A server, or nothing where there is none and nobody insists (CI does).
fn server(care: Care) -> Option<EphemeralPostgres> {
    match EphemeralPostgres::start_with(care) {
        Ok(server) => Some(server),
        Err(EphemeralError::Absent) if std::env::var_os("CI").is_none() => {
            println!("skipped: {}", EphemeralError::Absent);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_hosts_share_lanes_migrate_once_and_wake_each_other() {
    let Some(server) = server(Care::None) else { return };
    let url = server.url();
    let options = Options { pool: 4, ..Options::default() };
    let (a, b) = tokio::join!(Store::open(&url, &options), Store::open(&url, &options));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(a.is_postgres());
    let make = Sample::default();
    assert!(a.clock(Timestamp(0)).await.unwrap() > Timestamp(0), "the server's clock, whatever a host says");
    let mut wakeups = b.wakeups();
    // The listener wakes once when it is there; after that only work does.
    if *wakeups.borrow_and_update() == 0 {
        tokio::time::timeout(Duration::from_secs(20), wakeups.changed()).await.unwrap().unwrap();
        wakeups.mark_unchanged();
    }
    let facts = (0..60).map(|n| Fact::Enqueue(make.job(&format!("lane{}", n % 20)))).collect();
    a.commit(Commit { facts }).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), wakeups.changed()).await.unwrap().unwrap();

    let (done_a, done_b) = tokio::join!(drain(&a, &make), drain(&b, &make));
    assert_eq!(done_a + done_b + drain(&a, &make).await, 60);
    a.close().await;
    b.close().await;
}

async fn drain(store: &Store, make: &Sample) -> usize {
    let mut done = 0;
    loop {
        let leases = store.claim("w", 2, make.now, 60_000).await.unwrap();
        if leases.is_empty() {
            return done;
        }
        for lease in leases {
            let finish = Fact::FinishJob { lane: lease.lane, fence: lease.fence, sequence: lease.sequence };
            store.commit(Commit::of(vec![finish])).await.unwrap();
            done += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_want_the_same_rows_in_any_order_all_get_through() {
    let Some(server) = server(Care::None) else { return };
    let store = Store::open(&server.url(), &Options::default()).await.unwrap();
    let commits = (0..60).map(|n| {
        let put = |key: &str| Fact::PutSetting { key: key.to_owned(), value: n.to_string() };
        let facts = if n % 2 == 0 { vec![put("a"), put("b")] } else { vec![put("b"), put("a")] };
        store.commit(Commit { facts })
    });
    for result in futures::future::join_all(commits).await {
        result.unwrap();
    }
    assert_eq!(store.setting("a").await.unwrap(), store.setting("b").await.unwrap());
    store.scrub().await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back_has_lost_nothing_that_was_acknowledged() {
    let Some(mut server) = server(Care::Durable) else { return };
    let store = Store::open(&server.url(), &Options { pool: 4, ..Options::default() }).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            let mut acknowledged = Vec::new();
            for n in 0_u32.. {
                let key = format!("k{n}");
                let put = Fact::PutSetting { key: key.clone(), value: String::new() };
                match store.commit(Commit::of(vec![put])).await {
                    Ok(()) => acknowledged.push(key),
                    Err(error) => return (acknowledged, error),
                }
            }
            unreachable!("the numbers end later than the server")
        }
    });
    let mut newest = 0;
    while newest < 50 {
        newest = 0;
        while store.setting(&format!("k{newest}")).await.unwrap().is_some() {
            newest += 10;
        }
    }
    server.crash().unwrap();
    let (acknowledged, error) = writer.await.unwrap();
    assert!(matches!(error, StoreError::Unavailable(_)) && error.is_transient(), "{error:?}");
    assert!(acknowledged.len() > 40, "{}", acknowledged.len());
    server.revive().unwrap();
    for key in &acknowledged {
        let mut found = store.setting(key).await;
        for _ in 0..8 {
            // Connections from before the crash answer once that they are gone.
            if found.is_err() {
                found = store.setting(key).await;
            }
        }
        assert_eq!(found.unwrap().as_deref(), Some(""), "{key} was acknowledged");
    }
    let put = Fact::PutSetting { key: "after".to_owned(), value: String::new() };
    store.commit(Commit::of(vec![put])).await.unwrap();
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await.unwrap();
    assert_eq!(store.claim("w", 1, make.now, 60_000).await.unwrap().len(), 1);
    assert!(store.extend("lane", 1, make.now, 60_000).await.is_ok());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_unavailable() {
    let refused = Store::open("postgres://kulanz@127.0.0.1:1/none", &Options::default()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_utf_8_is_refused_with_what_to_do() {
    let Some(server) = server(Care::None) else { return };
    let mut c = <sqlx::PgConnection as sqlx::Connection>::connect(&server.url()).await.unwrap();
    let make = "CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    sqlx::raw_sql(make).execute(&mut c).await.unwrap();
    let url = server.url().replace("/postgres", "/plain");
    match Store::open(&url, &Options::default()).await {
        Err(StoreError::Migration(why)) => {
            assert!(why.contains("SQL_ASCII") && why.contains("createdb"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_for_an_index_is_refused_for_good() {
    let Some(server) = server(Care::None) else { return };
    let store = Store::open(&server.url(), &Options::default()).await.unwrap();
    // Letters without any order: PostgreSQL presses a row before it finds it too large.
    let mut seed = 1_u32;
    let mut letter = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from((seed >> 16) % 26).unwrap())
    };
    let key: String = (0..20_000).map(|_| letter()).collect();
    let put = Fact::PutSetting { key, value: String::new() };
    let refused = store.commit(Commit::of(vec![put])).await;
    assert!(matches!(&refused, Err(error @ StoreError::Refused(_)) if !error.is_transient()), "{refused:?}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_refused() {
    let Some(server) = server(Care::None) else { return };
    Store::open(&server.url(), &Options::default()).await.unwrap().close().await;
    let mut c = <sqlx::PgConnection as sqlx::Connection>::connect(&server.url()).await.unwrap();
    sqlx::raw_sql("INSERT INTO schema_step (number) VALUES (99)").execute(&mut c).await.unwrap();
    let newer = Store::open(&server.url(), &Options::default()).await;
    assert!(matches!(&newer, Err(StoreError::Migration(why)) if why.contains("99")), "{newer:?}");
}
