//! Versions of installed plugins and the ledger of what they did.

use domain::ledger::{Day, LedgerEntry};
use domain::version::VersionState;

use super::{Sample, Verdict, holds, same};
use crate::{Commit, Fact, Store};

fn put(digest: &str) -> Fact {
    Fact::PutComponent { digest: digest.to_owned(), bytes: vec![1, 2, 3] }
}

pub(super) async fn versions_change_and_the_newest_comes_first(store: &Store) -> Verdict {
    let make = Sample::default();
    let id = make.installation_id();
    let mut first = make.version(id, "a");
    let mut second = make.version(id, "b");
    second.received_at = make.now.plus(1);
    let foreign = make.version(make.installation_id(), "a");
    let facts = [&first, &second, &foreign].map(|v| Fact::PutVersion(Box::new(v.clone()))).to_vec();
    store.commit(Commit { facts }).await?;
    same!(store.versions_of(id).await?, vec![second.clone(), first.clone()]);
    first.state = VersionState::Active;
    first.activated_at = Some(make.now.plus(2));
    first.activated_by = Some(first.received_by.clone());
    first.wishes = Vec::new();
    store.commit(Commit::of(vec![Fact::PutVersion(Box::new(first.clone()))])).await?;
    same!(store.versions_of(id).await?, vec![second, first]);
    holds!(store.versions_of(make.installation_id()).await?.is_empty());
    Ok(())
}

pub(super) async fn a_component_goes_with_its_last_version(store: &Store) -> Verdict {
    let make = Sample::default();
    let (id, other) = (make.installation_id(), make.installation_id());
    let facts = vec![
        put("shared"),
        put("kept"),
        Fact::PutVersion(Box::new(make.version(id, "shared"))),
        Fact::PutVersion(Box::new(make.version(other, "shared"))),
        Fact::PutVersion(Box::new(make.version(id, "kept"))),
    ];
    store.commit(Commit { facts }).await?;
    let remove = |installation_id| Fact::RemoveVersion { installation_id, digest: "shared".to_owned() };
    store.commit(Commit::of(vec![remove(id)])).await?;
    holds!(store.component("shared").await?.is_some());
    store.commit(Commit::of(vec![remove(other)])).await?;
    holds!(store.component("shared").await?.is_none());
    holds!(store.component("kept").await?.is_some());
    same!(store.versions_of(id).await?.len(), 1);
    store.commit(Commit::of(vec![remove(other)])).await?;
    Ok(())
}

pub(super) async fn the_ledger_adds_up_over_shards_and_keeps_days_and_versions_apart(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let id = make.installation_id();
    let entry = make.ledger_entry(id, "a");
    let mut later = make.ledger_entry(id, "a");
    later.day = Day::of(make.now.plus(domain::clock::DAY_MS));
    later.uses.clear();
    let other = make.ledger_entry(id, "b");
    let foreign = make.ledger_entry(make.installation_id(), "a");
    let add = |entry: &LedgerEntry, shard| Fact::AddToLedger { entry: Box::new(entry.clone()), shard };
    store.commit(Commit::of(vec![add(&entry, 1), add(&entry, 1), add(&entry, 2)])).await?;
    store.commit(Commit::of(vec![add(&later, 1), add(&other, 1), add(&foreign, 1)])).await?;
    let mut sum = entry.clone();
    sum.add(&entry);
    sum.add(&entry);
    same!(sum.counts.corrected, 33);
    same!(sum.counts.memory_bytes, 12);
    let (today, tomorrow) = (Day::of(make.now), later.day.clone());
    same!(store.ledger(id, &today, &tomorrow).await?, vec![sum, other, later.clone()]);
    same!(store.ledger(id, &tomorrow, &tomorrow).await?, vec![later]);
    Ok(())
}

pub(super) async fn an_installation_takes_its_versions_and_its_ledger_with_it(store: &Store) -> Verdict {
    let make = Sample::default();
    let installation = make.installation();
    let other = make.installation();
    let facts = [&installation, &other]
        .into_iter()
        .flat_map(|i| {
            [
                Fact::PutInstallation(Box::new(i.clone())),
                Fact::PutVersion(Box::new(make.version(i.id, "a"))),
                Fact::AddToLedger { entry: Box::new(make.ledger_entry(i.id, "a")), shard: 0 },
            ]
        })
        .collect();
    store.commit(Commit { facts }).await?;
    store.commit(Commit::of(vec![Fact::RemoveInstallation(installation.id)])).await?;
    let today = Day::of(make.now);
    holds!(store.versions_of(installation.id).await?.is_empty());
    holds!(store.ledger(installation.id, &today, &today).await?.is_empty());
    same!(store.versions_of(other.id).await?.len(), 1);
    same!(store.ledger(other.id, &today, &today).await?.len(), 1);
    Ok(())
}

pub(super) async fn many_writers_of_one_day_lose_nothing(store: &Store) -> Verdict {
    let make = Sample::default();
    let id = make.installation_id();
    let writes = (0..20).map(|n| {
        let facts = [0, 1]
            .map(|shard| Fact::AddToLedger {
                entry: Box::new(make.ledger_entry(id, "a")),
                shard: (n + shard) % 3,
            })
            .to_vec();
        store.commit(Commit { facts })
    });
    for written in futures::future::join_all(writes).await {
        written?;
    }
    let today = Day::of(make.now);
    let entries = store.ledger(id, &today, &today).await?;
    same!(entries.iter().map(|e| e.counts.runs).collect::<Vec<_>>(), [40]);
    same!(entries.iter().filter_map(|e| e.uses.get("read:text")).map(|u| u.calls).collect::<Vec<_>>(), [40]);
    Ok(())
}
