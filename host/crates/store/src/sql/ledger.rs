//! The ledger: counts that only grow, added to by the same commit that writes the run.

use std::collections::BTreeMap;

use domain::id::InstallationId;
use domain::ledger::{Day, LedgerCounts, LedgerEntry, Use};

use sqlx::QueryBuilder;

use super::reader::Reader;
use super::{Connection, Db, Outcome, ROWS_MAX, Row};
use crate::error::StoreError;

pub(crate) async fn add(c: &mut Connection, entry: &LedgerEntry, shard: i64) -> Outcome<()> {
    let counts = &entry.counts;
    sqlx::query(
        "INSERT INTO ledger (installation_id, day, digest, shard, runs, faults, fuel, cpu_us, wall_us, host_calls, \
         kv_bytes, proposed, applied, rejected, corrected, memory_bytes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (installation_id, day, digest, shard) DO UPDATE SET \
         runs = ledger.runs + excluded.runs, faults = ledger.faults + excluded.faults, \
         fuel = ledger.fuel + excluded.fuel, cpu_us = ledger.cpu_us + excluded.cpu_us, \
         wall_us = ledger.wall_us + excluded.wall_us, host_calls = ledger.host_calls + excluded.host_calls, \
         kv_bytes = ledger.kv_bytes + excluded.kv_bytes, proposed = ledger.proposed + excluded.proposed, \
         applied = ledger.applied + excluded.applied, rejected = ledger.rejected + excluded.rejected, \
         corrected = ledger.corrected + excluded.corrected, \
         memory_bytes = CASE WHEN excluded.memory_bytes > ledger.memory_bytes THEN excluded.memory_bytes \
         ELSE ledger.memory_bytes END",
    )
    .bind(entry.installation_id.to_string())
    .bind(&entry.day.0)
    .bind(&entry.digest)
    .bind(shard)
    .bind(counts.runs)
    .bind(counts.faults)
    .bind(counts.fuel)
    .bind(counts.cpu_us)
    .bind(counts.wall_us)
    .bind(counts.host_calls)
    .bind(counts.kv_bytes)
    .bind(counts.proposed)
    .bind(counts.applied)
    .bind(counts.rejected)
    .bind(counts.corrected)
    .bind(counts.memory_bytes)
    .execute(&mut *c)
    .await?;
    add_uses(c, entry, shard).await
}

/// Several rows in one statement: this is written with every run.
async fn add_uses(c: &mut Connection, entry: &LedgerEntry, shard: i64) -> Outcome<()> {
    let uses: Vec<_> = entry.uses.iter().collect();
    for some in uses.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO ledger_use (installation_id, day, digest, shard, what, calls, bytes_out, bytes_in) ",
        );
        query.push_values(some, |mut row, (what, how)| {
            row.push_bind(entry.installation_id.to_string())
                .push_bind(&entry.day.0)
                .push_bind(&entry.digest)
                .push_bind(shard)
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
