//! The ledger: counts that only grow, added to by the same commit that writes the run.

use std::collections::BTreeMap;

use domain::id::InstallationId;
use domain::ledger::{Day, LedgerCounts, LedgerEntry, Use};

use sqlx::QueryBuilder;

use super::reader::Reader;
use super::{Connection, Db, Outcome, ROWS_MAX, Row};
use crate::error::StoreError;

/// Adds counts, several rows in one statement: this is written with every run. One row takes all that is for it.
pub(crate) async fn add(c: &mut Connection, entries: &[(&LedgerEntry, i64)]) -> Outcome<()> {
    let mut rows: BTreeMap<_, LedgerCounts> = BTreeMap::new();
    let mut uses: BTreeMap<_, Use> = BTreeMap::new();
    for (entry, shard) in entries {
        let row = (entry.installation_id.to_string(), &entry.day.0, &entry.digest, *shard);
        rows.entry(row.clone()).or_default().add(&entry.counts);
        for (what, how) in &entry.uses {
            uses.entry((row.clone(), what)).or_default().add(how);
        }
    }
    add_counts(c, rows).await?;
    add_uses(c, uses).await
}

/// Whose row: installation, day, digest, shard.
type Key<'e> = (String, &'e String, &'e String, i64);

async fn add_counts(c: &mut Connection, rows: BTreeMap<Key<'_>, LedgerCounts>) -> Outcome<()> {
    let rows: Vec<_> = rows.into_iter().collect();
    for some in rows.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO ledger (installation_id, day, digest, shard, runs, faults, fuel, cpu_us, wall_us, host_calls, \
             kv_bytes, proposed, applied, rejected, corrected, memory_bytes) ",
        );
        query.push_values(some, |mut row, ((installation, day, digest, shard), counts)| {
            row.push_bind(installation)
                .push_bind(*day)
                .push_bind(*digest)
                .push_bind(*shard)
                .push_bind(counts.runs)
                .push_bind(counts.faults)
                .push_bind(counts.fuel)
                .push_bind(counts.cpu_us)
                .push_bind(counts.wall_us)
                .push_bind(counts.host_calls)
                .push_bind(counts.kv_bytes)
                .push_bind(counts.proposed)
                .push_bind(counts.applied)
                .push_bind(counts.rejected)
                .push_bind(counts.corrected)
                .push_bind(counts.memory_bytes);
        });
        query.push(
            " ON CONFLICT (installation_id, day, digest, shard) DO UPDATE SET \
             runs = ledger.runs + excluded.runs, faults = ledger.faults + excluded.faults, \
             fuel = ledger.fuel + excluded.fuel, cpu_us = ledger.cpu_us + excluded.cpu_us, \
             wall_us = ledger.wall_us + excluded.wall_us, host_calls = ledger.host_calls + excluded.host_calls, \
             kv_bytes = ledger.kv_bytes + excluded.kv_bytes, proposed = ledger.proposed + excluded.proposed, \
             applied = ledger.applied + excluded.applied, rejected = ledger.rejected + excluded.rejected, \
             corrected = ledger.corrected + excluded.corrected, \
             memory_bytes = CASE WHEN excluded.memory_bytes > ledger.memory_bytes THEN excluded.memory_bytes \
             ELSE ledger.memory_bytes END",
        );
        query.build().execute(&mut *c).await?;
    }
    Ok(())
}

async fn add_uses(c: &mut Connection, uses: BTreeMap<(Key<'_>, &String), Use>) -> Outcome<()> {
    let uses: Vec<_> = uses.into_iter().collect();
    for some in uses.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO ledger_use (installation_id, day, digest, shard, what, calls, bytes_out, bytes_in) ",
        );
        query.push_values(some, |mut row, (((installation, day, digest, shard), what), how)| {
            row.push_bind(installation)
                .push_bind(*day)
                .push_bind(*digest)
                .push_bind(*shard)
                .push_bind(*what)
                .push_bind(how.calls)
                .push_bind(how.bytes_out)
                .push_bind(how.bytes_in);
        });
        query.push(
            " ON CONFLICT (installation_id, day, digest, shard, what) DO UPDATE SET \
             calls = ledger_use.calls + excluded.calls, bytes_out = ledger_use.bytes_out + excluded.bytes_out, \
             bytes_in = ledger_use.bytes_in + excluded.bytes_in",
        );
        query.build().execute(&mut *c).await?;
    }
    Ok(())
}

fn read_counts(row: &Row) -> Result<LedgerCounts, StoreError> {
    let r = Reader::of(row, "ledger", "day");
    Ok(LedgerCounts {
        runs: r.get("runs")?,
        faults: r.get("faults")?,
        fuel: r.get("fuel")?,
        cpu_us: r.get("cpu_us")?,
        wall_us: r.get("wall_us")?,
        host_calls: r.get("host_calls")?,
        kv_bytes: r.get("kv_bytes")?,
        proposed: r.get("proposed")?,
        applied: r.get("applied")?,
        rejected: r.get("rejected")?,
        corrected: r.get("corrected")?,
        memory_bytes: r.get("memory_bytes")?,
    })
}

/// The shards are added up here: 32 rows a day at most, and a sum of both databases' own would have types of
/// their own.
pub(crate) async fn between(
    c: &mut Connection,
    id: InstallationId,
    from: &Day,
    to: &Day,
) -> Outcome<Vec<LedgerEntry>> {
    let mut entries: BTreeMap<(Day, String), LedgerEntry> = BTreeMap::new();
    let rows = sqlx::query(
        "SELECT day, digest, runs, faults, fuel, cpu_us, wall_us, host_calls, kv_bytes, proposed, applied, rejected, \
         corrected, memory_bytes FROM ledger WHERE installation_id = $1 AND day >= $2 AND day <= $3",
    )
    .bind(id.to_string())
    .bind(&from.0)
    .bind(&to.0)
    .fetch_all(&mut *c)
    .await?;
    for row in &rows {
        let counts = read_counts(row)?;
        entry_of(&mut entries, id, &Reader::of(row, "ledger", "day"))?.counts.add(&counts);
    }
    let rows = sqlx::query(
        "SELECT day, digest, what, calls, bytes_out, bytes_in FROM ledger_use \
         WHERE installation_id = $1 AND day >= $2 AND day <= $3",
    )
    .bind(id.to_string())
    .bind(&from.0)
    .bind(&to.0)
    .fetch_all(c)
    .await?;
    for row in &rows {
        let r = Reader::of(row, "ledger_use", "day");
        let how =
            Use { calls: r.get("calls")?, bytes_out: r.get("bytes_out")?, bytes_in: r.get("bytes_in")? };
        entry_of(&mut entries, id, &r)?.uses.entry(r.get("what")?).or_default().add(&how);
    }
    Ok(entries.into_values().collect())
}

fn entry_of<'e>(
    entries: &'e mut BTreeMap<(Day, String), LedgerEntry>,
    id: InstallationId,
    r: &Reader<'_>,
) -> Result<&'e mut LedgerEntry, StoreError> {
    let (day, digest): (Day, String) = (Day(r.get("day")?), r.get("digest")?);
    let key = (day.clone(), digest.clone());
    Ok(entries.entry(key).or_insert_with(|| LedgerEntry::empty(id, day, &digest)))
}
