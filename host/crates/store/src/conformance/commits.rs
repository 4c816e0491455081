//! Commits: whole or not at all, alone or among neighbours.

use domain::audit::{AuditRecord, first_broken};
use domain::{Actor, Timestamp};

use super::{Sample, Verdict, holds, same, there};
use crate::{Commit, Fact, Store, StoreError};

fn setting(key: &str) -> Fact {
    Fact::PutSetting { key: key.to_owned(), value: "v".to_owned() }
}

fn seen(id: &str) -> Fact {
    Fact::Seen {
        source: "s".to_owned(),
        external_id: id.to_owned(),
        outcome: String::new(),
        at: Timestamp(0),
    }
}

pub(super) async fn a_commit_is_written_whole_or_not_at_all(store: &Store) -> Verdict {
    store.commit(Commit::default()).await?;
    store.commit(Commit::of(vec![setting("before"), seen("1")])).await?;
    let facts = vec![setting("a"), seen("2"), seen("1"), setting("b")];
    same!(store.commit(Commit { facts }).await, Err(StoreError::Conflict("seen")));
    for key in ["a", "b"] {
        holds!(store.setting(key).await?.is_none());
    }
    holds!(store.seen("s", "2").await?.is_none());
    holds!(store.setting("before").await?.is_some());
    Ok(())
}

pub(super) async fn one_bad_commit_leaves_its_neighbours_alone(store: &Store) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![seen("taken")])).await?;
    // Known refusals, and one that shows only when the transaction ends: a message of no ticket.
    let commits = (0..60).map(|n: i32| {
        let mut facts = vec![setting(&format!("k{n}"))];
        if n % 7 == 3 {
            facts.push(seen("taken"));
        }
        if n % 20 == 9 {
            facts.push(Fact::AddMessage(Box::new(make.message(make.ticket_id()))));
        }
        store.commit(Commit { facts })
    });
    let results = futures::future::join_all(commits).await;
    for (n, result) in results.iter().enumerate() {
        let expected = match (n % 7 == 3, n % 20 == 9) {
            (true, _) => Err(StoreError::Conflict("seen")),
            (false, true) => Err(StoreError::Conflict("foreign_key")),
            (false, false) => Ok(()),
        };
        same!((n, result), (n, &expected));
        same!((n, store.setting(&format!("k{n}")).await?.is_some()), (n, expected.is_ok()));
    }
    Ok(())
}

pub(super) async fn of_many_writers_of_one_version_exactly_one_wins(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = make.ticket(1);
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
    store.commit(Commit::of(vec![put])).await?;
    let commits = (0..8).map(|n| {
        let mut mine = ticket.clone();
        mine.version = 2;
        mine.subject = format!("writer {n}");
        let facts = vec![
            Fact::PutTicket { ticket: Box::new(mine), read_version: Some(1) },
            setting(&format!("writer {n}")),
            Fact::AddEvents(vec![make.event(ticket.id, 1)]),
        ];
        store.commit(Commit { facts })
    });
    let results = futures::future::join_all(commits).await;
    same!(results.iter().filter(|r| r.is_ok()).count(), 1);
    same!(results.iter().filter(|r| **r == Err(StoreError::Stale("ticket"))).count(), 7);
    let winner = there(store.ticket(ticket.id).await?, "the ticket")?.subject;
    holds!(store.setting(&winner).await?.is_some());
    same!(store.events_of(ticket.id).await?.len(), 1);
    Ok(())
}

pub(super) async fn audit_records_of_many_commits_stay_in_one_chain(store: &Store) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![seen("taken")])).await?;
    let commits = (0..20).map(|n| {
        let record = AuditRecord {
            id: make.audit_id(),
            at: make.now,
            actor: Actor::system(),
            action: "test.done".to_owned(),
            object: n.to_string(),
            details: serde_json::Value::Null,
        };
        let mut facts = vec![Fact::Audit(record)];
        if n % 5 == 0 {
            facts.push(seen("taken"));
        }
        store.commit(Commit { facts })
    });
    let results = futures::future::join_all(commits).await;
    same!(results.iter().filter(|r| r.is_ok()).count(), 16);
    let entries = store.audit(0, 100).await?;
    same!(entries.len(), 16);
    same!(first_broken(&entries, None), None);
    Ok(())
}

pub(super) async fn finishing_and_queueing_in_one_commit_are_one(store: &Store) -> Verdict {
    let make = Sample::default();
    store.commit(Commit::of(vec![Fact::Enqueue(make.job("lane"))])).await?;
    let lease = there(store.claim("w", 1, make.now, 60_000).await?.pop(), "the lane")?;
    let next = make.job("lane");
    let facts = vec![
        Fact::Enqueue(next.clone()),
        Fact::FinishJob { lane: lease.lane, fence: lease.fence, sequence: lease.sequence },
        Fact::Enqueue(make.job("other")),
    ];
    store.commit(Commit { facts }).await?;
    let leases = store.claim("w", 9, make.now, 60_000).await?;
    same!(leases.iter().map(|l| l.lane.as_str()).collect::<Vec<_>>(), ["lane", "other"]);
    same!(leases.first().map(|l| l.job.clone()), Some(next.job));
    Ok(())
}
