//! Lanes and their jobs. A claim takes a lane, never a single job; every completion shows the fence.
//! Claiming, extending and queueing differ per database and stand in `dialect`.

use domain::Timestamp;
use domain::id::ScheduleId;

use super::reader::{Reader, all, one};
use super::script::Script;
use super::{Connection, Ground, Outcome, Row, dialect};
use crate::error::StoreError;
use crate::records::{DeadJob, Page, QueueState};

/// The head job of a held lane.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) lane: &'a str,
    pub(crate) fence: i64,
    pub(crate) sequence: i64,
}

/// Goes well only while the lane is held.
pub(crate) async fn hold(c: &mut Connection, ground: &Ground, lane: &str, fence: i64) -> Outcome<()> {
    if dialect::lease_held(c, ground, lane, fence).await? {
        Ok(())
    } else {
        Err(StoreError::Stale("lease").into())
    }
}

async fn remove(c: &mut Connection, head: Head<'_>) -> Outcome<()> {
    let done = sqlx::query("DELETE FROM job WHERE lane_id = $1 AND sequence = $2")
        .bind(head.lane)
        .bind(head.sequence)
        .execute(c)
        .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("lease").into()) }
}

/// A lane waits for its next job.
pub(crate) const FREE: &str = "UPDATE lane SET lease_until = NULL, owner = '', \
     ready_at = (SELECT ready_at FROM job WHERE lane_id = $1 ORDER BY sequence LIMIT 1) WHERE lane_id = $1";

/// Puts the job back; its lane is not empty then.
pub(crate) async fn retry(
    c: &mut Connection,
    ground: &Ground,
    head: Head<'_>,
    ready_at: Timestamp,
    error: &str,
    counts: bool,
) -> Outcome<()> {
    hold(c, ground, head.lane, head.fence).await?;
    let done = sqlx::query(
        "UPDATE job SET attempts = attempts + $5, error = $3, ready_at = $4 WHERE lane_id = $1 AND sequence = $2",
    )
    .bind(head.lane)
    .bind(head.sequence)
    .bind(error)
    .bind(ready_at.0)
    .bind(i64::from(counts))
    .execute(&mut *c)
    .await?;
    if done.rows_affected() != 1 {
        return Err(StoreError::Stale("lease").into());
    }
    sqlx::query(FREE).bind(head.lane).execute(c).await?;
    Ok(())
}

/// Has a job come earlier that waits until `was`; `true` when it does.
pub(crate) async fn hasten(
    c: &mut Connection,
    lane: &str,
    was: Timestamp,
    ready_at: Timestamp,
) -> Outcome<bool> {
    let done = sqlx::query(
        "UPDATE lane SET ready_at = $3 WHERE lane_id = $1 AND ready_at = $2 AND lease_until IS NULL",
    )
    .bind(lane)
    .bind(was.0)
    .bind(ready_at.0)
    .execute(c)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn bury(
    script: &mut Script<'_>,
    ground: &Ground,
    head: Head<'_>,
    error: &str,
    at: Timestamp,
) -> Outcome<()> {
    let c = script.connection().await?;
    hold(&mut *c, ground, head.lane, head.fence).await?;
    sqlx::query(
        "INSERT INTO dead_job (sequence, lane_id, payload, attempts, error, died_at) \
         SELECT sequence, lane_id, payload, attempts + 1, $3, $4 FROM job WHERE lane_id = $1 AND sequence = $2",
    )
    .bind(head.lane)
    .bind(head.sequence)
    .bind(error)
    .bind(at.0)
    .execute(&mut *c)
    .await?;
    remove(c, head).await?;
    dialect::release(script, head.lane);
    Ok(())
}

pub(crate) async fn remove_dead(c: &mut Connection, lane: &str, sequence: i64) -> Outcome<()> {
    let done = sqlx::query("DELETE FROM dead_job WHERE lane_id = $1 AND sequence = $2")
        .bind(lane)
        .bind(sequence)
        .execute(c)
        .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("dead_job").into()) }
}

/// The lane goes first: that waits for whoever is just adding a job, which is then dropped as well.
/// Fences come from one counter for all lanes, so a lane that is made anew gets a higher one.
pub(crate) async fn clear(c: &mut Connection, lane: &str) -> Outcome<()> {
    sqlx::query("DELETE FROM lane WHERE lane_id = $1").bind(lane).execute(&mut *c).await?;
    sqlx::query("DELETE FROM job WHERE lane_id = $1").bind(lane).execute(c).await?;
    Ok(())
}

/// The clock that leases go by.
pub(crate) async fn clock(c: &mut Connection, now: Timestamp) -> Outcome<Timestamp> {
    dialect::lease_clock(c, now).await.map(Timestamp)
}

/// `$2` is the clock that leases go by, `$1` the caller's.
const STATE: &str = "SELECT \
     COUNT(CASE WHEN ready_at <= $1 AND (lease_until IS NULL OR lease_until <= $2) THEN 1 END) AS ready, \
     COUNT(CASE WHEN ready_at > $1 AND (lease_until IS NULL OR lease_until <= $2) THEN 1 END) AS waiting, \
     COUNT(CASE WHEN lease_until > $2 THEN 1 END) AS leased, \
     (SELECT COUNT(*) FROM dead_job) AS dead, \
     MIN(CASE WHEN ready_at <= $1 AND (lease_until IS NULL OR lease_until <= $2) THEN ready_at END) AS oldest \
     FROM lane";

pub(crate) async fn state(c: &mut Connection, now: Timestamp) -> Outcome<QueueState> {
    let lease_clock = dialect::lease_clock(c, now).await?;
    let row = sqlx::query(STATE).bind(now.0).bind(lease_clock).fetch_one(c).await?;
    let r = Reader::of(&row, "lane", "ready");
    let oldest: Option<i64> = r.get("oldest")?;
    Ok(QueueState {
        ready: r.get("ready")?,
        waiting: r.get("waiting")?,
        leased: r.get("leased")?,
        dead: r.get("dead")?,
        oldest_ready_ms: oldest.map_or(0, |at| now.0.saturating_sub(at)),
    })
}

pub(crate) async fn dead(c: &mut Connection, page: &Page) -> Outcome<Vec<DeadJob>> {
    let below = page.after.as_deref().and_then(|t| t.parse().ok()).unwrap_or(i64::MAX);
    let rows = sqlx::query(
        "SELECT sequence, lane_id, payload, attempts, error, died_at FROM dead_job WHERE sequence < $1 \
         ORDER BY sequence DESC LIMIT $2",
    )
    .bind(below)
    .bind(i64::from(page.limit))
    .fetch_all(c)
    .await?;
    all(&rows, read_dead)
}

pub(crate) async fn dead_one(c: &mut Connection, lane: &str, sequence: i64) -> Outcome<Option<DeadJob>> {
    let row = sqlx::query(
        "SELECT sequence, lane_id, payload, attempts, error, died_at FROM dead_job \
         WHERE lane_id = $1 AND sequence = $2",
    )
    .bind(lane)
    .bind(sequence)
    .fetch_optional(c)
    .await?;
    one(row, read_dead)
}

fn read_dead(row: &Row) -> Result<DeadJob, StoreError> {
    let r = Reader::of(row, "dead_job", "sequence");
    Ok(DeadJob {
        lane: r.get("lane_id")?,
        sequence: r.get("sequence")?,
        job: r.json("payload")?,
        attempts: r.get("attempts")?,
        last_error: r.get("error")?,
        died_at: r.at("died_at")?,
    })
}

pub(crate) async fn schedule_busy(c: &mut Connection, id: ScheduleId) -> Outcome<bool> {
    let found: Option<i64> = sqlx::query_scalar("SELECT sequence FROM job WHERE lane_id = $1 LIMIT 1")
        .bind(id.to_string())
        .fetch_optional(c)
        .await?;
    Ok(found.is_some())
}

/// Jobs of the lane, without the one that is being worked.
pub(crate) async fn schedule_waiting(c: &mut Connection, id: ScheduleId) -> Outcome<i64> {
    Ok(sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM job WHERE lane_id = $1) \
         - (SELECT COUNT(*) FROM lane WHERE lane_id = $1 AND lease_until IS NOT NULL)",
    )
    .bind(id.to_string())
    .fetch_one(c)
    .await?)
}
