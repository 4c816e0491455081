//! What is particular to a SQLite file: who may open it, what survives, what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stop a test like the test itself")]

use std::path::Path;

use domain::Actor;
use domain::audit::{AuditKey, AuditRecord, Chain, first_broken};
use store::conformance::Sample;
use store::{Commit, Fact, Options, Store, StoreError};

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("kulanz.db").display())
}

async fn open(folder: &Path) -> Store {
    Store::open(&url(folder), &Options::default()).await.unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let make = Sample::default();
    let ticket = make.ticket(1);
    let store = open(folder.path()).await;
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
    store.commit(Commit::of(vec![put, Fact::Enqueue(make.job("lane"))])).await.unwrap();
    assert_eq!(store.reserve_numbers(3).await.unwrap(), 1);
    store.close().await;
    assert!(matches!(store.ticket(ticket.id).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.commit(Commit::default()).await, Err(StoreError::Unavailable(_))));

    let store = open(folder.path()).await;
    assert_eq!(store.ticket(ticket.id).await.unwrap(), Some(ticket));
    assert_eq!(store.reserve_numbers(1).await.unwrap(), 4);
    assert_eq!(store.claim("w", 5, make.now, 1_000).await.unwrap().len(), 1);
    assert_eq!(store.clock(make.now).await.unwrap(), make.now);
    assert!(!store.is_postgres());
}

#[tokio::test]
async fn opening_voids_the_leases_of_a_process_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let make = Sample::default();
    let store = open(folder.path()).await;
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await.unwrap();
    let old = store.claim("old", 1, make.now, 3_600_000).await.unwrap().remove(0);
    store.close().await;

    let store = open(folder.path()).await;
    let finish =
        |fence| Commit::of(vec![Fact::FinishJob { lane: "lane".to_owned(), fence, sequence: old.sequence }]);
    assert_eq!(store.commit(finish(old.fence)).await, Err(StoreError::Stale("lease")));
    let new = store.claim("new", 1, make.now, 3_600_000).await.unwrap().remove(0);
    assert!(new.fence > old.fence);
    assert_eq!(store.commit(finish(old.fence)).await, Err(StoreError::Stale("lease")));
    store.commit(finish(new.fence)).await.unwrap();
}

#[tokio::test]
async fn a_second_opener_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let second = Store::open(&url(folder.path()), &Options::default()).await;
    let Err(StoreError::Unavailable(why)) = second else { panic!("{second:?}") };
    assert!(why.contains("another process works on"), "{why}");
    store.close().await;
    open(folder.path()).await.ping().await.unwrap();
}

#[tokio::test]
async fn dropping_the_last_handle_gives_the_file_free() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    drop(store.clone());
    store.ping().await.unwrap();
    drop(store);
    open(folder.path()).await.ping().await.unwrap();
}

async fn pragma(folder: &Path, statement: &'static str) {
    use sqlx::Connection as _;
    let mut c = sqlx::SqliteConnection::connect(&format!("{}?mode=rwc", url(folder))).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut c).await.unwrap();
    c.close().await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_and_a_foreign_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.close().await;
    pragma(folder.path(), "PRAGMA user_version = 99").await;
    let newer = Store::open(&url(folder.path()), &Options::default()).await;
    assert!(matches!(&newer, Err(StoreError::Migration(why)) if why.contains("99")), "{newer:?}");

    let folder = tempfile::tempdir().unwrap();
    pragma(folder.path(), "PRAGMA application_id = 7; CREATE TABLE mine (x TEXT)").await;
    let foreign = Store::open(&url(folder.path()), &Options::default()).await;
    assert!(
        matches!(&foreign, Err(StoreError::Migration(why)) if why.contains("another program")),
        "{foreign:?}"
    );
}

#[tokio::test]
async fn a_value_that_makes_no_sense_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let make = Sample::default();
    let ticket = make.ticket(1);
    let store = open(folder.path()).await;
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
    store.commit(Commit::of(vec![put])).await.unwrap();
    store.close().await;
    pragma(folder.path(), "UPDATE ticket SET priority = 'enormous'").await;
    let store = open(folder.path()).await;
    let expected = StoreError::Corrupt { table: "ticket", column: "priority", id: ticket.id.to_string() };
    assert_eq!(store.ticket(ticket.id).await, Err(expected));
}

#[tokio::test]
async fn who_writes_to_the_file_without_the_key_breaks_the_audit_chain() {
    let folder = tempfile::tempdir().unwrap();
    let make = Sample::default();
    let record = |object: &str| {
        Fact::Audit(AuditRecord {
            id: make.audit_id(),
            at: make.now,
            actor: Actor::system(),
            action: "test.done".to_owned(),
            object: object.to_owned(),
            details: serde_json::Value::Null,
        })
    };
    let store = open(folder.path()).await;
    store.commit(Commit::of(vec![record("before there was a key")])).await.unwrap();
    store.close().await;
    let key = Some(AuditKey::new([7; 32]));
    let keyed = Options { audit_key: key, ..Options::default() };
    let store = Store::open(&url(folder.path()), &keyed).await.unwrap();
    store.commit(Commit::of(vec![record("one"), record("two")])).await.unwrap();
    let entries = store.audit(0, 9).await.unwrap();
    let mut chain = Chain::with(key);
    assert!(entries.len() == 3 && entries.iter().all(|entry| chain.follow(entry)));
    assert_eq!(chain.keyed_from(), Some(2));
    store.close().await;
    pragma(folder.path(), "UPDATE audit SET object = 'another' WHERE sequence = 2").await;
    let store = Store::open(&url(folder.path()), &keyed).await.unwrap();
    assert_eq!(first_broken(&store.audit(0, 9).await.unwrap(), key), Some(2));
}

#[tokio::test]
async fn a_job_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let make = Sample::default();
    let store = open(folder.path()).await;
    let facts = ["bad", "good"].map(|lane| Fact::Enqueue(make.job(lane))).to_vec();
    store.commit(Commit { facts }).await.unwrap();
    store.close().await;
    pragma(folder.path(), "UPDATE job SET payload = '{}' WHERE lane_id = 'bad'").await;
    let store = open(folder.path()).await;
    let leases = store.claim("w", 9, make.now, 1_000).await.unwrap();
    assert_eq!(leases.iter().map(|l| l.lane.as_str()).collect::<Vec<_>>(), ["good"]);
}

#[tokio::test]
async fn unknown_addresses_are_refused_with_a_sentence() {
    for url in ["mysql://x", "kulanz.db"] {
        let refused = Store::open(url, &Options::default()).await;
        assert!(
            matches!(&refused, Err(StoreError::Migration(why)) if why.contains("sqlite://")),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn stores_in_memory_know_nothing_of_each_other() {
    let options = Options::default();
    let (a, b) =
        (Store::open("sqlite::memory:", &options).await, Store::open("sqlite::memory:", &options).await);
    let (a, b) = (a.unwrap(), b.unwrap());
    let put = Fact::PutSetting { key: "k".to_owned(), value: "v".to_owned() };
    a.commit(Commit::of(vec![put])).await.unwrap();
    assert_eq!(a.setting("k").await.unwrap().as_deref(), Some("v"));
    assert_eq!(b.setting("k").await.unwrap(), None);
}

#[tokio::test]
async fn a_file_is_copied_while_a_store_serves_it_and_the_copy_holds_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let (file, to) = (folder.path().join("kulanz.db"), copies.path().join("kulanz.db"));
    let make = Sample::default();
    let ticket = make.ticket(1);
    let store = open(folder.path()).await;
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
    store.commit(Commit::of(vec![put, Fact::Enqueue(make.job("lane"))])).await.unwrap();
    Store::copy_file(&file, &to).await.unwrap();
    let put = Fact::PutSetting { key: "later".to_owned(), value: "v".to_owned() };
    store.commit(Commit::of(vec![put])).await.unwrap();
    let twice = Store::copy_file(&file, &to).await.unwrap_err();
    assert!(twice.to_string().contains("already exists"), "{twice}");
    assert_eq!(store.setting("later").await.unwrap().as_deref(), Some("v"), "the store goes on");
    store.close().await;

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(to.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let alone: Vec<_> = std::fs::read_dir(copies.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(alone, ["kulanz.db"]);
    let copy = open(copies.path()).await;
    assert_eq!(copy.ticket(ticket.id).await.unwrap(), Some(ticket));
    assert_eq!(copy.setting("later").await.unwrap(), None);
    assert_eq!(copy.claim("w", 5, make.now, 1_000).await.unwrap().len(), 1);
    assert_eq!(copy.faults().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_struck_word_is_not_in_the_bytes_of_the_file_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let make = Sample::default();
    let store = open(folder.path()).await;
    let ticket = make.ticket(1);
    let mut was = make.message(ticket.id);
    // The message has it in capitals, the index of words in small letters.
    "code ZUGEHEIM4711 is mine".clone_into(&mut was.text);
    let put = Fact::PutTicket { ticket: Box::new(ticket), read_version: None };
    store.commit(Commit::of(vec![put, Fact::AddMessage(Box::new(was.clone()))])).await.unwrap();
    store.scrub().await.unwrap();
    assert!(holds(folder.path(), "ZUGEHEIM4711") && holds(folder.path(), "zugeheim4711"));
    let mut now = was.clone();
    "code [CODE-1] is mine".clone_into(&mut now.text);
    let rewrite = Fact::RewriteMessage { was: Box::new(was), now: Box::new(now) };
    store.commit(Commit::of(vec![rewrite])).await.unwrap();
    store.scrub().await.unwrap();
    assert!(!holds(folder.path(), "ZUGEHEIM") && !holds(folder.path(), "ugeheim"));
    store.close().await;
}

/// Whether a word stands in the database or in its log.
fn holds(folder: &Path, word: &str) -> bool {
    ["kulanz.db", "kulanz.db-wal"].iter().any(|file| {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    })
}

#[tokio::test]
async fn a_copy_keeps_an_older_schema_and_is_refused_for_a_newer_or_a_foreign_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kulanz.db");
    open(folder.path()).await.close().await;
    pragma(folder.path(), "PRAGMA user_version = 1").await;
    Store::copy_file(&file, &folder.path().join("old.db")).await.unwrap();
    let header = std::fs::read(folder.path().join("old.db")).unwrap();
    assert_eq!(header[60..64], [0, 0, 0, 1], "no step was run");

    let refused = folder.path().join("refused.db");
    pragma(folder.path(), "PRAGMA user_version = 99").await;
    let newer = Store::copy_file(&file, &refused).await;
    assert!(matches!(&newer, Err(StoreError::Migration(why)) if why.contains("99")), "{newer:?}");
    pragma(folder.path(), "PRAGMA application_id = 7").await;
    let foreign = Store::copy_file(&file, &refused).await;
    assert!(
        matches!(&foreign, Err(StoreError::Migration(why)) if why.contains("another program")),
        "{foreign:?}"
    );
    assert!(!refused.exists());
}
