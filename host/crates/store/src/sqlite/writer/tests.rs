//! The writer under strain: a disk that fills up, plans of the statements every job runs, a full queue.

use domain::Timestamp;
use domain::id::{InstallationId, TicketId};
use domain::ticket::StatusCategory;
use sqlx::sqlite::SqliteSynchronous;

use super::*;
use crate::facts::Over;
use crate::records::{Page, TicketFilter, WordsIn};
use crate::sqlite::open::connect;
use crate::sqlite::sql::ticket::{TICKETS, listing};

async fn writer(limit: Option<&'static str>) -> (Writer, tempfile::TempDir, Arc<watch::Sender<u64>>) {
    let folder = tempfile::tempdir().unwrap();
    let (mut connection, ground) =
        connect(&folder.path().join("t.db"), SqliteSynchronous::Off).await.unwrap();
    if let Some(limit) = limit {
        sqlx::raw_sql(limit).execute(&mut connection).await.unwrap();
    }
    let lock = File::create(folder.path().join("lock")).unwrap();
    let wake = Arc::new(watch::Sender::new(0));
    (Writer::start(connection, ground, Arc::clone(&wake), lock).unwrap(), folder, wake)
}

fn value(key: &str, bytes: Option<usize>) -> Fact {
    let installation_id: InstallationId = "ins_01J00000000000000000000000".parse().unwrap();
    Fact::KvPut {
        installation_id,
        key: key.to_owned(),
        value: bytes.map(|n| vec![7; n]),
        over: Over::Anything,
    }
}

#[tokio::test]
async fn a_full_disk_refuses_what_does_not_fit_and_the_writer_goes_on_when_there_is_room_again() {
    let (writer, _folder, _wake) = writer(Some("PRAGMA max_page_count = 400")).await;
    let mut kept = 0;
    let refused = loop {
        match writer.commit(Commit::of(vec![value(&format!("k{kept}"), Some(100_000))])).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "the disk never filled up");
    };
    assert_eq!(refused, StoreError::Full);
    assert!(kept > 2);
    // Whoever shares a batch with the one that does not fit is written all the same.
    let small = (0..8).map(|n| writer.commit(Commit::of(vec![value(&format!("s{n}"), Some(1))])));
    let (big, small) = tokio::join!(
        writer.commit(Commit::of(vec![value("big", Some(200_000))])),
        futures::future::join_all(small)
    );
    assert_eq!(big, Err(StoreError::Full));
    assert_eq!(small.iter().filter(|r| r.is_ok()).count(), 8);
    writer.commit(Commit::of(vec![value("k0", None), value("k1", None)])).await.unwrap();
    writer.commit(Commit::of(vec![value("again", Some(100_000))])).await.unwrap();
}

#[tokio::test]
async fn a_refused_write_is_a_file_that_takes_none_until_one_goes_well() {
    let (writer, _folder, _wake) = writer(Some("PRAGMA max_page_count = 1000")).await;
    assert_eq!(writer.takes_writes().await, Ok(()));
    let mut kept = 0;
    let refused = loop {
        match writer.commit(Commit::of(vec![value(&format!("k{kept}"), Some(10_000))])).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 1_000, "the disk never filled up");
    };
    assert_eq!(refused, StoreError::Full);
    assert_eq!(writer.takes_writes().await, Err(StoreError::Full));
    // What finds a place all the same is no sign of room.
    writer.commit(Commit::of(vec![value("k0", None)])).await.unwrap();
    assert_eq!(writer.takes_writes().await, Err(StoreError::Full));
    let gone = (1..60).map(|n| value(&format!("k{n}"), None)).collect();
    writer.commit(Commit::of(gone)).await.unwrap();
    assert_eq!(writer.takes_writes().await, Ok(()));
    assert_eq!(writer.takes_writes().await, Ok(()));
}

#[tokio::test]
async fn the_trial_of_a_disk_leaves_nothing_behind() {
    let (writer, folder, _wake) = writer(None).await;
    writer.refused.store(1, Ordering::Relaxed);
    assert_eq!(writer.takes_writes().await, Ok(()));
    writer.close().await;
    let (mut connection, _) = connect(&folder.path().join("t.db"), SqliteSynchronous::Off).await.unwrap();
    let left: String = sqlx::query_scalar("SELECT value FROM setting WHERE key = $1")
        .bind(TRIAL)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, "");
}

#[tokio::test]
async fn a_reader_of_an_old_state_keeps_the_log_from_being_folded_in_and_that_is_told() {
    let (writer, folder, _wake) = writer(Some("PRAGMA busy_timeout = 0")).await;
    writer.commit(Commit::of(vec![value("k1", Some(1))])).await.unwrap();
    let path = folder.path().join("t.db");
    let (mut reader, _) = connect(&path, SqliteSynchronous::Off).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT COUNT(*) FROM kv").execute(&mut reader).await.unwrap();
    writer.commit(Commit::of(vec![value("k1", None)])).await.unwrap();
    assert!(matches!(writer.scrub().await, Err(StoreError::Unavailable(_))));
    sqlx::raw_sql("ROLLBACK").execute(&mut reader).await.unwrap();
    assert_eq!(writer.scrub().await, Ok(()));
    assert_eq!(std::fs::metadata(folder.path().join("t.db-wal")).unwrap().len(), 0);
}

#[test]
fn looking_for_work_in_vain_is_no_writing() {
    assert!(!Answer::Claimed(Vec::new()).has_written() && !Answer::Extended(false).has_written());
    assert!(Answer::Extended(true).has_written() && Answer::Reserved(1).has_written());
    assert!(Answer::Committed { work: false }.has_written());
}

#[tokio::test]
async fn requests_of_all_kinds_share_a_transaction() {
    let (writer, _folder, wake) = writer(None).await;
    let make = crate::conformance::Sample::default();
    let unknown: TicketId = make.ticket_id();
    let before = *wake.borrow();
    let (number, stale, work, extended) = tokio::join!(
        writer.reserve(5),
        writer.commit(Commit::of(vec![Fact::PutTicket {
            ticket: Box::new(domain::ticket::Ticket { id: unknown, ..make.ticket(1) }),
            read_version: Some(3),
        }])),
        writer.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])),
        writer.extend("none", 1, make.now, 10),
    );
    assert_eq!(number, Ok(1));
    assert_eq!(stale, Err(StoreError::Stale("ticket")));
    assert_eq!(work, Ok(()));
    assert_eq!(extended, Ok(false));
    assert_ne!(*wake.borrow(), before);
    let claim = Claim { owner: "w".to_owned(), limit: 3, now: make.now, lease_ms: 10 };
    assert_eq!(writer.claim(claim).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_handed_in_before_closing_is_written_and_what_comes_after_is_refused() {
    let (writer, folder, _wake) = writer(None).await;
    let commits = (0..200).map(|n| writer.commit(Commit::of(vec![value(&format!("k{n}"), Some(10))])));
    let (results, ()) = tokio::join!(futures::future::join_all(commits), writer.close());
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(matches!(writer.commit(Commit::default()).await, Err(StoreError::Unavailable(_))));
    let (mut connection, _) = connect(&folder.path().join("t.db"), SqliteSynchronous::Off).await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM kv").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 200);
}

#[tokio::test]
async fn a_claim_walks_the_ready_index_and_sorts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut connection, _) = connect(&folder.path().join("t.db"), SqliteSynchronous::Off).await.unwrap();
    let plan = plan(&mut connection, dialect::READY).await;
    assert!(plan.contains("USING INDEX lane_ready"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    assert!(!plan.contains("SCAN"), "{plan}");
}

#[tokio::test]
async fn originals_that_have_gone_are_not_looked_through_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut connection, _) = connect(&folder.path().join("t.db"), SqliteSynchronous::Off).await.unwrap();
    let plan = plan(&mut connection, crate::sqlite::sql::retention::ORIGINALS).await;
    assert!(plan.contains("intake USING INDEX intake_sealed"), "{plan}");
}

#[tokio::test]
async fn every_list_is_walked_along_an_index_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (mut connection, _) = connect(&folder.path().join("t.db"), SqliteSynchronous::Off).await.unwrap();
    let none = TicketFilter::default();
    let closed = TicketFilter { status_category: Some(StatusCategory::Closed), ..none.clone() };
    let requester = Some(crate::conformance::Sample::default().contact_id());
    let nobodys = TicketFilter { assignee: Some(String::new()), ..none.clone() };
    let by_ticket = "sqlite_autoindex_ticket_1 (ticket_id";
    // Index and whether what it leads to is sorted then: in the order of tickets, in that of customers' messages.
    let table = [
        (none.clone(), (by_ticket, false), ("ticket_by_customer_message", false)),
        (closed.clone(), ("ticket_by_status (", false), ("ticket_by_status_and_customer_message", false)),
        (
            nobodys.clone(),
            ("ticket_by_assignee (", false),
            ("ticket_by_assignee_and_customer_message", false),
        ),
        (
            TicketFilter { requester, ..none.clone() },
            ("ticket_by_requester (requester_id=? AND", false),
            ("ticket_by_requester", true),
        ),
        (
            TicketFilter { requester, ..closed.clone() },
            ("ticket_by_requester (requester_id=? AND", false),
            ("ticket_by_requester", true),
        ),
        (
            TicketFilter { waiting: true, ..none },
            ("ticket_open_by_customer_message (", true),
            ("ticket_open_by_customer_message (", false),
        ),
    ];
    for (filter, arrival, customers) in table {
        for (by_customer, (index, sorted)) in [(false, arrival), (true, customers)] {
            for oldest_first in [false, true] {
                let filter = TicketFilter { by_customer, oldest_first, ..filter.clone() };
                let plan = list_plan(&mut connection, &filter).await;
                assert!(plan.starts_with(&format!("SEARCH t USING INDEX {index}")), "{filter:?}\n{plan}");
                assert_eq!(plan.contains("TEMP B-TREE"), sorted, "{filter:?}\n{plan}");
                // Words lead to their messages, newest or oldest first and unsorted, and those to tickets.
                let words = Some("torn zip".to_owned());
                let filter = TicketFilter { words, ..filter };
                let plan = list_plan(&mut connection, &filter).await;
                let index = format!("SEARCH t USING INDEX {by_ticket}=?)\nLIST SUBQUERY");
                assert!(plan.starts_with(&index), "{plan}");
                assert!(plan.contains("message_words VIRTUAL TABLE INDEX"), "{plan}");
                assert!(plan.contains("w USING INTEGER PRIMARY KEY"), "{plan}");
                assert_eq!(plan.matches("TEMP B-TREE").count(), usize::from(by_customer), "{plan}");
                // Names and addresses lead to customers, and those to their tickets, whatever else is asked for.
                let words_in = WordsIn::MessagesAndCustomers;
                let words = Some("torn".to_owned());
                let plan = list_plan(&mut connection, &TicketFilter { words, words_in, ..filter }).await;
                for step in [
                    "message_words VIRTUAL TABLE INDEX",
                    "contact_words VIRTUAL TABLE INDEX",
                    "p USING INTEGER PRIMARY KEY",
                    "p USING INDEX sqlite_autoindex_contact_2 (email>? AND email<?)",
                    "o USING COVERING INDEX ticket_by_requester (requester_id=?",
                ] {
                    assert!(plan.contains(step), "{step}\n{plan}");
                }
                assert!(!plan.contains("SCAN t"), "{plan}");
            }
        }
    }
}

async fn list_plan(connection: &mut Connection, filter: &TicketFilter) -> String {
    let query = listing(TICKETS, filter, &Page::first(50)).unwrap();
    plan(connection, &query.into_string()).await
}

async fn plan(connection: &mut Connection, statement: &str) -> String {
    use sqlx::Row as _;
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
        .bind(Timestamp(0).0)
        .bind(1_i64)
        .fetch_all(connection)
        .await
        .unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_file_that_turns_out_to_be_damaged_is_not_written_to_any_more() {
    let (writer, folder, _wake) = writer(None).await;
    let keep = (0..200).map(|n| writer.commit(Commit::of(vec![value(&format!("k{n}"), Some(3_000))])));
    assert!(futures::future::join_all(keep).await.iter().all(Result::is_ok));
    writer.close().await;
    let path = folder.path().join("t.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // The tables were made first, statistics last; both stay readable, so the file opens.
    let sound = bytes.len() - 400_000;
    bytes.iter_mut().skip(sound).take(300_000).for_each(|b| *b = 0xa5);
    std::fs::write(&path, bytes).unwrap();
    let (connection, ground) = connect(&path, SqliteSynchronous::Off).await.unwrap();
    let lock = File::create(folder.path().join("lock2")).unwrap();
    let writer = Writer::start(connection, ground, Arc::new(watch::Sender::new(0)), lock).unwrap();
    assert_eq!(writer.is_sound(), Ok(()));
    let mut refused = None;
    for n in 0..200 {
        if let Err(error) = writer.commit(Commit::of(vec![value(&format!("k{n}"), None)])).await {
            refused = Some(error);
            break;
        }
    }
    let refused = refused.expect("the damage was never met");
    assert!(
        matches!(&refused, StoreError::Unavailable(why) if why.contains("put a backup in its place")),
        "{refused}"
    );
    let length = std::fs::metadata(&path).unwrap().len();
    assert_eq!(writer.commit(Commit::of(vec![value("new", Some(1))])).await, Err(refused.clone()));
    assert_eq!(writer.is_sound(), Err(refused));
    writer.close().await;
    assert_eq!(std::fs::metadata(&path).unwrap().len(), length);
}
