//! Installations, component files, schedules and plugins' values.

use domain::Timestamp;
use domain::id::{EventId, InstallationId, ScheduleId};
use domain::plugin::{Installation, Schedule};

use super::reader::{Reader, all, json, ms, one};
use super::{Connection, Outcome, Row, unique};
use crate::error::StoreError;
use crate::facts::Over;

fn read(row: &Row) -> Result<Installation, StoreError> {
    let r = Reader::of(row, "installation", "installation_id");
    let mut installation: Installation = r.json("body")?;
    installation.faults_in_a_row = r.get("faults_in_a_row")?;
    installation.quarantine = r.get("quarantine")?;
    installation.updated_at = r.at("updated_at")?;
    installation.version = r.get("version")?;
    Ok(installation)
}

/// Writes a new installation, or one over what was read of it.
pub(crate) async fn put(c: &mut Connection, installation: &Installation) -> Outcome<()> {
    let statement = match installation.version {
        0 => {
            "INSERT INTO installation (installation_id, faults_in_a_row, quarantine, updated_at, body, plugin_id, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7 + 1)"
        }
        _ => {
            "UPDATE installation SET faults_in_a_row = $2, quarantine = $3, updated_at = $4, body = $5, \
             plugin_id = CASE WHEN plugin_id IS NULL THEN NULL ELSE $6 END, version = version + 1 \
             WHERE installation_id = $1 AND version = $7"
        }
    };
    let done = sqlx::query(statement)
        .bind(installation.id.to_string())
        .bind(installation.faults_in_a_row)
        .bind(installation.quarantine.as_deref())
        .bind(installation.updated_at.0)
        .bind(json(installation)?)
        .bind(&installation.manifest.id)
        .bind(installation.version)
        .execute(c)
        .await
        .map_err(unique("plugin"))?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("installation").into()) }
}

pub(crate) async fn remove(c: &mut Connection, id: InstallationId) -> Outcome<()> {
    let key = id.to_string();
    remove_schedules(c, id).await?;
    for table in ["kv", "plugin_version", "ledger", "ledger_use"] {
        let delete = format!("DELETE FROM {table} WHERE installation_id = $1");
        sqlx::query(sqlx::AssertSqlSafe(delete)).bind(&key).execute(&mut *c).await?;
    }
    sqlx::query("DELETE FROM installation WHERE installation_id = $1").bind(&key).execute(c).await?;
    Ok(())
}

/// Faults never lift a quarantine: a run that began before it may still end well.
pub(crate) async fn set_faults(
    c: &mut Connection,
    id: InstallationId,
    faults_in_a_row: i64,
    quarantine: Option<&str>,
    at: Timestamp,
) -> Outcome<()> {
    let done = sqlx::query(
        "UPDATE installation SET faults_in_a_row = $2, quarantine = COALESCE($3, quarantine), updated_at = $4, \
         version = version + CASE WHEN $3 IS NULL THEN 0 ELSE 1 END WHERE installation_id = $1",
    )
    .bind(id.to_string())
    .bind(faults_in_a_row)
    .bind(quarantine)
    .bind(at.0)
    .execute(c)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("installation").into()) }
}

pub(crate) async fn end_quarantine(
    c: &mut Connection,
    id: InstallationId,
    expect: &str,
    at: Timestamp,
) -> Outcome<()> {
    sqlx::query(
        "UPDATE installation SET faults_in_a_row = 0, quarantine = NULL, updated_at = $3, version = version + 1 \
         WHERE installation_id = $1 AND quarantine = $2",
    )
    .bind(id.to_string())
    .bind(expect)
    .bind(at.0)
    .execute(c)
    .await?;
    Ok(())
}

const SELECT: &str = "SELECT installation_id, faults_in_a_row, quarantine, updated_at, version, body FROM installation \
     ORDER BY installation_id";
const SELECT_ONE: &str = "SELECT installation_id, faults_in_a_row, quarantine, updated_at, version, body FROM installation \
     WHERE installation_id = $1";

pub(crate) async fn list(c: &mut Connection) -> Outcome<Vec<Installation>> {
    let rows = sqlx::query(SELECT).fetch_all(c).await?;
    all(&rows, read)
}

pub(crate) async fn by_id(c: &mut Connection, id: InstallationId) -> Outcome<Option<Installation>> {
    let row = sqlx::query(SELECT_ONE).bind(id.to_string()).fetch_optional(c).await?;
    one(row, read)
}

pub(crate) async fn put_component(c: &mut Connection, digest: &str, bytes: &[u8]) -> Outcome<()> {
    sqlx::query("INSERT INTO component (digest, bytes) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING")
        .bind(digest)
        .bind(bytes)
        .execute(c)
        .await?;
    Ok(())
}

pub(crate) async fn component(c: &mut Connection, digest: &str) -> Outcome<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar("SELECT bytes FROM component WHERE digest = $1")
        .bind(digest)
        .fetch_optional(c)
        .await?)
}

fn read_schedule(row: &Row) -> Result<Schedule, StoreError> {
    let r = Reader::of(row, "schedule", "schedule_id");
    Ok(Schedule {
        id: r.word("schedule_id")?,
        installation_id: r.word("installation_id")?,
        declaration: r.json("declaration")?,
        enabled: r.get("enabled")?,
        next_at: r.at_opt("next_at")?,
        last_for: r.at_opt("last_for")?,
    })
}

pub(crate) async fn put_schedule(c: &mut Connection, schedule: &Schedule) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO schedule (schedule_id, installation_id, declaration, enabled, next_at, last_for) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (schedule_id) DO UPDATE SET \
         installation_id = excluded.installation_id, declaration = excluded.declaration, \
         enabled = excluded.enabled, next_at = excluded.next_at, last_for = excluded.last_for",
    )
    .bind(schedule.id.to_string())
    .bind(schedule.installation_id.to_string())
    .bind(json(&schedule.declaration)?)
    .bind(schedule.enabled)
    .bind(ms(schedule.next_at))
    .bind(ms(schedule.last_for))
    .execute(c)
    .await?;
    Ok(())
}

pub(crate) async fn remove_schedules(c: &mut Connection, id: InstallationId) -> Outcome<()> {
    sqlx::query("DELETE FROM schedule WHERE installation_id = $1").bind(id.to_string()).execute(c).await?;
    Ok(())
}

pub(crate) async fn fire(
    c: &mut Connection,
    id: ScheduleId,
    due: Timestamp,
    event_id: EventId,
) -> Outcome<()> {
    sqlx::query("INSERT INTO schedule_fire (schedule_id, scheduled_for, event_id) VALUES ($1, $2, $3)")
        .bind(id.to_string())
        .bind(due.0)
        .bind(event_id.to_string())
        .execute(c)
        .await
        .map_err(unique("schedule_fire"))?;
    Ok(())
}

pub(crate) async fn set_next(
    c: &mut Connection,
    id: ScheduleId,
    next_at: Option<Timestamp>,
    last_for: Option<Timestamp>,
    expect_next: Option<Timestamp>,
) -> Outcome<()> {
    let done = sqlx::query(
        "UPDATE schedule SET next_at = $2, last_for = COALESCE($3, last_for) \
         WHERE schedule_id = $1 AND next_at IS NOT DISTINCT FROM $4",
    )
    .bind(id.to_string())
    .bind(ms(next_at))
    .bind(ms(last_for))
    .bind(ms(expect_next))
    .execute(c)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("schedule").into()) }
}

pub(crate) async fn schedules(c: &mut Connection) -> Outcome<Vec<Schedule>> {
    let rows = sqlx::query(
        "SELECT schedule_id, installation_id, declaration, enabled, next_at, last_for FROM schedule \
         ORDER BY schedule_id",
    )
    .fetch_all(c)
    .await?;
    all(&rows, read_schedule)
}

pub(crate) async fn due_schedules(c: &mut Connection, now: Timestamp) -> Outcome<Vec<Schedule>> {
    let rows = sqlx::query(
        "SELECT schedule_id, installation_id, declaration, enabled, next_at, last_for FROM schedule \
         WHERE next_at <= $1 AND enabled ORDER BY next_at, schedule_id",
    )
    .bind(now.0)
    .fetch_all(c)
    .await?;
    all(&rows, read_schedule)
}

pub(crate) async fn kv_put(
    c: &mut Connection,
    id: InstallationId,
    key: &str,
    value: Option<&[u8]>,
    over: &Over,
) -> Outcome<()> {
    let statement = match (value, over) {
        (Some(_), Over::Anything) => {
            "INSERT INTO kv (installation_id, key, value, size_bytes) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (installation_id, key) DO UPDATE SET value = excluded.value, size_bytes = excluded.size_bytes"
        }
        (Some(_), Over::Read(None)) => {
            "INSERT INTO kv (installation_id, key, value, size_bytes) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (installation_id, key) DO NOTHING"
        }
        (Some(_), Over::Read(Some(_))) => {
            "UPDATE kv SET value = $3, size_bytes = $4 WHERE installation_id = $1 AND key = $2 AND value = $5"
        }
        (None, Over::Anything) => "DELETE FROM kv WHERE installation_id = $1 AND key = $2",
        (None, Over::Read(None)) if kv_get(c, id, key).await?.is_none() => return Ok(()),
        (None, Over::Read(None)) => return Err(StoreError::Stale("kv").into()),
        (None, Over::Read(Some(_))) => {
            "DELETE FROM kv WHERE installation_id = $1 AND key = $2 AND value = $3"
        }
    };
    let mut query = sqlx::query(statement).bind(id.to_string()).bind(key);
    if let Some(value) = value {
        // The key counts as well: a million empty values are not free.
        query = query.bind(value).bind(i64::try_from(key.len() + value.len()).unwrap_or(i64::MAX));
    }
    if let Over::Read(Some(read)) = over {
        query = query.bind(read);
    }
    let done = query.execute(c).await?;
    if *over == Over::Anything || done.rows_affected() == 1 {
        return Ok(());
    }
    Err(StoreError::Stale("kv").into())
}

pub(crate) async fn kv_get(c: &mut Connection, id: InstallationId, key: &str) -> Outcome<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar("SELECT value FROM kv WHERE installation_id = $1 AND key = $2")
        .bind(id.to_string())
        .bind(key)
        .fetch_optional(c)
        .await?)
}

pub(crate) async fn kv_keys(
    c: &mut Connection,
    id: InstallationId,
    prefix: &str,
    limit: i64,
) -> Outcome<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT key FROM kv WHERE installation_id = $1 AND key >= $2 AND substr(key, 1, $3) = $2 ORDER BY key LIMIT $4",
    )
    .bind(id.to_string())
    .bind(prefix)
    .bind(i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX))
    .bind(limit)
    .fetch_all(c)
    .await?)
}

pub(crate) async fn kv_bytes(c: &mut Connection, id: InstallationId) -> Outcome<i64> {
    Ok(sqlx::query_scalar(
        "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM kv WHERE installation_id = $1",
    )
    .bind(id.to_string())
    .fetch_one(c)
    .await?)
}
