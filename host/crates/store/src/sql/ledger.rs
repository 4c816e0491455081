//! The ledger: counts that only grow, added to by the same commit that writes the run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::id::InstallationId;
use domain::ledger::{Day, LedgerCounts, LedgerEntry, Use};

use super::reader::{Reader, json};
use super::script::Statement;
use super::{Connection, Outcome, Row, dialect};
use crate::error::StoreError;

/// A number of a row that is handed over as JSON.
macro_rules! number {
    ($place:literal) => {
        concat!("CAST(value ->> ", $place, " AS BIGINT)")
    };
}

/// Whose row: installation, day, digest, shard.
macro_rules! whose {
    () => {
        concat!("value ->> 0, value ->> 1, value ->> 2, ", number!(3))
    };
}

/// Both statements. Their rows are handed over as JSON, so that they are one text however many there are.
static ADD: LazyLock<String> = LazyLock::new(|| {
    let counts = [
        "INSERT INTO ledger (installation_id, day, digest, shard, runs, faults, fuel, cpu_us, wall_us, host_calls, \
         kv_bytes, proposed, applied, rejected, corrected, memory_bytes) SELECT ",
        concat!(whose!(), ", ", number!(4), ", ", number!(5), ", ", number!(6), ", ", number!(7), ", "),
        concat!(number!(8), ", ", number!(9), ", ", number!(10), ", ", number!(11), ", ", number!(12), ", "),
        concat!(number!(13), ", ", number!(14), ", ", number!(15), " FROM "),
        dialect::ROWS_OF_1,
        " WHERE TRUE ON CONFLICT (installation_id, day, digest, shard) DO UPDATE SET \
         runs = ledger.runs + excluded.runs, faults = ledger.faults + excluded.faults, \
         fuel = ledger.fuel + excluded.fuel, cpu_us = ledger.cpu_us + excluded.cpu_us, \
         wall_us = ledger.wall_us + excluded.wall_us, host_calls = ledger.host_calls + excluded.host_calls, \
         kv_bytes = ledger.kv_bytes + excluded.kv_bytes, proposed = ledger.proposed + excluded.proposed, \
         applied = ledger.applied + excluded.applied, rejected = ledger.rejected + excluded.rejected, \
         corrected = ledger.corrected + excluded.corrected, \
         memory_bytes = CASE WHEN excluded.memory_bytes > ledger.memory_bytes THEN excluded.memory_bytes \
         ELSE ledger.memory_bytes END",
    ];
    let uses = [
        "INSERT INTO ledger_use (installation_id, day, digest, shard, what, calls, bytes_out, bytes_in) SELECT ",
        concat!(whose!(), ", value ->> 4, ", number!(5), ", ", number!(6), ", ", number!(7), " FROM "),
        dialect::ROWS_OF_2,
        " WHERE TRUE ON CONFLICT (installation_id, day, digest, shard, what) DO UPDATE SET \
         calls = ledger_use.calls + excluded.calls, bytes_out = ledger_use.bytes_out + excluded.bytes_out, \
         bytes_in = ledger_use.bytes_in + excluded.bytes_in",
    ];
    dialect::both(&counts.concat(), &uses.concat())
});

/// Adds counts, all in one statement: this is written with every run. One row takes all that is for it.
pub(crate) fn add(entries: &[(&LedgerEntry, i64)]) -> Outcome<Statement> {
    let mut rows: BTreeMap<_, LedgerCounts> = BTreeMap::new();
    let mut uses: BTreeMap<_, Use> = BTreeMap::new();
    for (entry, shard) in entries {
        let row = (entry.installation_id.to_string(), &entry.day.0, &entry.digest, *shard);
        rows.entry(row.clone()).or_default().add(&entry.counts);
        for (what, how) in &entry.uses {
            uses.entry((row.clone(), what)).or_default().add(how);
        }
    }
    let counts: Vec<_> = rows
        .iter()
        .map(|((installation, day, digest, shard), n)| {
            (
                installation,
                day,
                digest,
                shard,
                n.runs,
                n.faults,
                n.fuel,
                n.cpu_us,
                n.wall_us,
                n.host_calls,
                n.kv_bytes,
                n.proposed,
                n.applied,
                n.rejected,
                n.corrected,
                n.memory_bytes,
            )
        })
        .collect();
    let uses: Vec<_> = uses
        .iter()
        .map(|(((installation, day, digest, shard), what), how)| {
            (installation, day, digest, shard, what, how.calls, how.bytes_out, how.bytes_in)
        })
        .collect();
    Ok(Statement::new(ADD.as_str()).bind(json(&counts)?).bind(json(&uses)?).of_parts(dialect::BOTH_PARTS))
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
