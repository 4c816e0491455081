//! Installations, components, values, schedules.

use domain::plugin::{Installation, Mode};

use super::{Sample, Verdict, holds, same};
use crate::{Commit, Fact, Over, Store, StoreError};

pub(super) async fn installations_change_and_go_with_all_they_have(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut installation = make.installation();
    let other = make.installation();
    let schedule = make.schedule(installation.id);
    let kept = make.schedule(other.id);
    let kv = |id| Fact::KvPut {
        installation_id: id,
        key: "k".to_owned(),
        value: Some(vec![1]),
        over: Over::Anything,
    };
    let facts = vec![
        Fact::PutInstallation(Box::new(installation.clone())),
        Fact::PutInstallation(Box::new(other.clone())),
        Fact::PutSchedule(schedule),
        Fact::PutSchedule(kept.clone()),
        kv(installation.id),
        kv(other.id),
    ];
    store.commit(Commit { facts }).await?;
    let put =
        |installation: &Installation| Commit::of(vec![Fact::PutInstallation(Box::new(installation.clone()))]);
    let twin = Installation { id: make.installation_id(), ..installation.clone() };
    holds!(matches!(store.commit(put(&twin)).await, Err(StoreError::Conflict("plugin"))));
    installation.version = 1;
    installation.mode = Mode::Live;
    store.commit(put(&installation)).await?;
    // Somebody who read it before that does not write over it.
    same!(store.commit(put(&installation)).await, Err(StoreError::Stale("installation")));
    let other = Installation { version: 1, ..other };
    let faults = |id| Fact::SetFaults {
        installation_id: id,
        faults_in_a_row: 5,
        quarantine: Some("five faults in a row".to_owned()),
        at: make.now.plus(9),
    };
    store.commit(Commit::of(vec![faults(installation.id)])).await?;
    installation.faults_in_a_row = 5;
    installation.quarantine = Some("five faults in a row".to_owned());
    installation.updated_at = make.now.plus(9);
    installation.version = 3;
    same!(store.installation(installation.id).await?, Some(installation.clone()));
    same!(store.installations().await?, vec![installation.clone(), other.clone()]);
    let well = Fact::SetFaults {
        installation_id: installation.id,
        faults_in_a_row: 0,
        quarantine: None,
        at: make.now.plus(10),
    };
    store.commit(Commit::of(vec![well])).await?;
    installation.faults_in_a_row = 0;
    installation.updated_at = make.now.plus(10);
    same!(store.installation(installation.id).await?, Some(installation.clone()));
    same!(
        store.commit(Commit::of(vec![faults(make.installation_id())])).await,
        Err(StoreError::Stale("installation"))
    );
    store.commit(Commit::of(vec![Fact::RemoveInstallation(installation.id)])).await?;
    same!(store.installations().await?, vec![other.clone()]);
    same!(store.schedules().await?, vec![kept]);
    holds!(store.kv_get(installation.id, "k").await?.is_none());
    same!(store.kv_get(other.id, "k").await?, Some(vec![1]));
    store.commit(Commit::of(vec![Fact::RemoveSchedules(other.id)])).await?;
    holds!(store.schedules().await?.is_empty());
    Ok(())
}

pub(super) async fn a_quarantine_ends_only_for_whoever_saw_its_reason(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut installation = make.installation();
    installation.quarantine = Some("second".to_owned());
    installation.faults_in_a_row = 7;
    store.commit(Commit::of(vec![Fact::PutInstallation(Box::new(installation.clone()))])).await?;
    let end = |expect: &str| Fact::EndQuarantine {
        installation_id: installation.id,
        expect: expect.to_owned(),
        at: make.now.plus(5),
    };
    store.commit(Commit::of(vec![end("first")])).await?;
    installation.version = 1;
    same!(store.installation(installation.id).await?, Some(installation.clone()));
    store.commit(Commit::of(vec![end("second")])).await?;
    installation.version = 2;
    installation.quarantine = None;
    installation.faults_in_a_row = 0;
    installation.updated_at = make.now.plus(5);
    same!(store.installation(installation.id).await?, Some(installation.clone()));
    Ok(())
}

pub(super) async fn components_are_kept_by_digest(store: &Store) -> Verdict {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for _ in 0..2 {
        let put = Fact::PutComponent { digest: "d".to_owned(), bytes: bytes.clone() };
        store.commit(Commit::of(vec![put])).await?;
    }
    same!(store.component("d").await?, Some(bytes));
    holds!(store.component("e").await?.is_none());
    Ok(())
}

pub(super) async fn values_are_kept_per_installation(store: &Store) -> Verdict {
    let make = Sample::default();
    let (mine, other) = (make.installation_id(), make.installation_id());
    let put = |installation_id, key: &str, value: Option<&[u8]>| Fact::KvPut {
        installation_id,
        key: key.to_owned(),
        value: value.map(<[u8]>::to_vec),
        over: Over::Anything,
    };
    let facts = vec![
        put(mine, "a_1", Some(b"one")),
        put(mine, "a_2", Some(b"two")),
        put(mine, "aX3", Some(b"")),
        put(mine, "ä", Some(b"four")),
        put(mine, "B", Some(b"five")),
        put(other, "a_1", Some(b"else")),
    ];
    store.commit(Commit { facts }).await?;
    let facts = vec![put(mine, "a_1", Some(b"eins!")), put(mine, "a_2", None), put(mine, "never", None)];
    store.commit(Commit { facts }).await?;
    same!(store.kv_get(mine, "a_1").await?, Some(b"eins!".to_vec()));
    holds!(store.kv_get(mine, "a_2").await?.is_none());
    same!(store.kv_get(mine, "aX3").await?, Some(Vec::new()));
    same!(store.kv_keys(mine, "", 10).await?, ["B", "aX3", "a_1", "ä"]);
    same!(store.kv_keys(mine, "a_", 10).await?, ["a_1"]);
    same!(store.kv_keys(mine, "ä", 10).await?, ["ä"]);
    same!(store.kv_keys(mine, "", 2).await?, ["B", "aX3"]);
    same!(store.kv_bytes(mine).await?, 1 + 4 + 3 + 3 + 5 + 2 + 4);
    same!(store.kv_bytes(make.installation_id()).await?, 0);
    Ok(())
}

pub(super) async fn a_value_made_of_one_that_changed_since_is_not_kept(store: &Store) -> Verdict {
    let id = Sample::default().installation_id();
    let put = |value: Option<&str>, over| {
        let value = value.map(|value| value.as_bytes().to_vec());
        Commit::of(vec![Fact::KvPut { installation_id: id, key: "votes".to_owned(), value, over }])
    };
    let read = |value: Option<&str>| Over::Read(value.map(|value| value.as_bytes().to_vec()));
    let stale = |outcome| matches!(outcome, Err(StoreError::Stale("kv")));
    store.commit(put(None, read(None))).await?;
    holds!(stale(store.commit(put(Some("2"), read(Some("1")))).await));
    store.commit(put(Some("1"), read(None))).await?;
    holds!(stale(store.commit(put(Some("1"), read(None))).await));
    holds!(stale(store.commit(put(None, read(None))).await));
    store.commit(put(Some("2"), read(Some("1")))).await?;
    holds!(stale(store.commit(put(Some("3"), read(Some("1")))).await));
    holds!(stale(store.commit(put(None, read(Some("1")))).await));
    same!(store.kv_get(id, "votes").await?, Some(b"2".to_vec()));
    store.commit(put(None, read(Some("2")))).await?;
    same!(store.kv_get(id, "votes").await?, None);
    Ok(())
}

pub(super) async fn a_schedule_fires_once_per_due_time(store: &Store) -> Verdict {
    let make = Sample::default();
    let schedule = make.schedule(make.installation_id());
    let mut later = make.schedule(make.installation_id());
    later.next_at = Some(make.now.plus(1));
    let mut off = make.schedule(make.installation_id());
    off.enabled = false;
    let facts = [&schedule, &later, &off].map(|s| Fact::PutSchedule(s.clone())).to_vec();
    store.commit(Commit { facts }).await?;
    same!(store.due_schedules(make.now).await?, vec![schedule.clone()]);
    same!(store.due_schedules(make.now.plus(1)).await?, vec![schedule.clone(), later]);
    let fire =
        |due| Fact::FireSchedule { schedule_id: schedule.id, scheduled_for: due, event_id: make.event_id() };
    let racers: Vec<_> = (0..4)
        .map(|n| {
            let facts = vec![fire(make.now), Fact::Enqueue(make.job(&format!("lane{n}")))];
            store.commit(Commit { facts })
        })
        .collect();
    let results = futures::future::join_all(racers).await;
    same!(results.iter().filter(|r| r.is_ok()).count(), 1);
    same!(results.iter().filter(|r| **r == Err(StoreError::Conflict("schedule_fire"))).count(), 3);
    same!(store.claim("w", 9, make.now, 60_000).await?.len(), 1);
    store.commit(Commit::of(vec![fire(make.now.plus(1))])).await?;
    Ok(())
}

pub(super) async fn the_next_firing_is_set_only_by_who_read_it(store: &Store) -> Verdict {
    let make = Sample::default();
    let mut schedule = make.schedule(make.installation_id());
    store.commit(Commit::of(vec![Fact::PutSchedule(schedule.clone())])).await?;
    let set = |next_at, last_for, expect_next| Fact::SetScheduleNext {
        schedule_id: schedule.id,
        next_at,
        last_for,
        expect_next,
    };
    let stale = Err(StoreError::Stale("schedule"));
    let next = Some(make.now.plus(60));
    same!(store.commit(Commit::of(vec![set(next, None, None)])).await, stale);
    store.commit(Commit::of(vec![set(next, Some(make.now), Some(make.now))])).await?;
    same!(store.commit(Commit::of(vec![set(None, None, Some(make.now))])).await, stale);
    store.commit(Commit::of(vec![set(None, None, next)])).await?;
    store.commit(Commit::of(vec![set(None, None, None)])).await?;
    schedule.next_at = None;
    schedule.last_for = Some(make.now);
    same!(store.schedules().await?, vec![schedule]);
    Ok(())
}

pub(super) async fn a_schedule_is_busy_while_its_job_is_there(store: &Store) -> Verdict {
    let make = Sample::default();
    let id = make.schedule_id();
    holds!(!store.schedule_busy(id).await?);
    same!(store.schedule_waiting(id).await?, 0);
    let facts = vec![Fact::Enqueue(make.job(&id.to_string())), Fact::Enqueue(make.job(&id.to_string()))];
    store.commit(Commit { facts }).await?;
    holds!(store.schedule_busy(id).await?);
    same!(store.schedule_waiting(id).await?, 2);
    for left in [1, 0] {
        let leases = store.claim("w", 1, make.now, 60_000).await?;
        same!(store.schedule_waiting(id).await?, left);
        holds!(store.schedule_busy(id).await?);
        for lease in leases {
            let done = Fact::FinishJob { lane: lease.lane, fence: lease.fence, sequence: lease.sequence };
            store.commit(Commit::of(vec![done])).await?;
        }
    }
    holds!(!store.schedule_busy(id).await?);
    Ok(())
}
