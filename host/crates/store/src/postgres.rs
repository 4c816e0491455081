//! PostgreSQL: several processes share one database. Defines what differs from SQLite and includes the
//! common statements.

use domain::audit::AuditKey;

#[path = "sql/all.rs"]
pub(crate) mod sql;

mod open;
mod pulse;
mod wake;

pub(crate) use open::Postgres;

/// What the common statements are compiled against.
pub(crate) type Db = sqlx::Postgres;
/// See `Db`.
pub(crate) type Connection = sqlx::PgConnection;
/// See `Db`.
pub(crate) type Row = sqlx::postgres::PgRow;

/// What a transaction knows beside the tables: no more than what every host knows, for others write as well.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground {
    /// What audit entries are bound with.
    pub(crate) audit_key: Option<AuditKey>,
}

/// Statements and steps that SQLite does another way.
pub(crate) mod dialect {
    use std::collections::HashMap;

    use domain::Timestamp;
    use domain::job::{Job, Lease, NewJob};
    use sqlx::QueryBuilder;

    use super::sql::queue::Head;
    use super::sql::reader::{Reader, json, readable};
    use super::sql::script::{Arguments, Script, Statement};
    use super::{Connection, Db, Ground};
    use crate::error::Outcome;
    use crate::words::Words;

    /// Which events come after one, in the order of the transactions that wrote them, up to the oldest one that is
    /// still under way: what it writes stands before what others have written since. Where the one is gone, those
    /// after the newest older one.
    pub(crate) const FEED: &str = "WHERE (written_by, event_id) > \
         (COALESCE((SELECT e.written_by FROM event e WHERE e.event_id <= $1 ORDER BY e.event_id DESC LIMIT 1), -1), \
          COALESCE((SELECT e.event_id FROM event e WHERE e.event_id <= $1 ORDER BY e.event_id DESC LIMIT 1), '')) \
         AND written_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint \
         ORDER BY written_by, event_id LIMIT $2";

    /// Asks for the tickets (`t`) of messages with the words; conditions and an order may follow.
    pub(crate) fn push_words(query: &mut QueryBuilder<Db>, words: &Words) {
        query
            .push(
                "SELECT t.ticket_id FROM message w JOIN ticket t ON t.ticket_id = w.ticket_id \
                 WHERE w.words @@ to_tsquery('simple', ",
            )
            .push_bind(words.for_tsquery())
            .push(")");
    }

    /// Those messages in the order in which they came.
    pub(crate) const HITS_CAME: &str = "w.message_id";

    /// Asks for the contacts whose name has the words; an order may follow.
    pub(crate) fn push_named(query: &mut QueryBuilder<Db>, words: &Words) {
        query
            .push("SELECT p.contact_id FROM contact p WHERE p.words @@ to_tsquery('simple', ")
            .push_bind(words.for_tsquery())
            .push(")");
    }

    /// Those contacts in the order in which they came.
    pub(crate) const NAMED_CAME: &str = "p.contact_id";

    /// A contact's (`p`) address in the order of its bytes, which its index has.
    pub(crate) const ADDRESS: &str = "p.email COLLATE \"C\"";

    /// Rows that the first or second value hands over as a JSON list; each is its `value`.
    pub(crate) const ROWS_OF_1: &str = "jsonb_array_elements($1::jsonb) AS r(value)";
    /// See `ROWS_OF_1`.
    pub(crate) const ROWS_OF_2: &str = "jsonb_array_elements($2::jsonb) AS r(value)";

    /// How many statements that is.
    pub(crate) const BOTH_PARTS: usize = 1;

    /// Two statements that know nothing of each other as one. Which one's rows are locked first is PostgreSQL's affair, and
    /// the same each time.
    pub(crate) fn both(first: &str, second: &str) -> String {
        format!("WITH also AS ({second}) {first}")
    }

    /// Runs statements in their order, up to the first that fails or changes other rows than it has to; `true` when they
    /// leave work.
    pub(crate) async fn run(c: &mut Connection, statements: Vec<Statement>) -> Outcome<bool> {
        let mut leaves_work = false;
        for statement in statements {
            let end = statement.end;
            let mut arguments = Arguments::default();
            for value in statement.values {
                value.add_to(&mut arguments)?;
            }
            let done = sqlx::query_with(sqlx::AssertSqlSafe(statement.text), arguments)
                .execute(&mut *c)
                .await
                .map_err(|error| end.failed(error))?;
            leaves_work |= end.judged(done.rows_affected())?;
        }
        Ok(leaves_work)
    }

    /// A list of pairs of all rows `d`, as JSON.
    pub(crate) const CHANGES: &str = "COALESCE(json_agg(json_build_array(d.digest, d.times))::text, '[]')";

    /// Whether a lease is held, by the database's clock: hosts' clocks never decide a lease. Locks the lane,
    /// so that nobody can take it over between this look and the commit.
    pub(crate) async fn lease_held(c: &mut Connection, _: &Ground, lane: &str, fence: i64) -> Outcome<bool> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT fence FROM lane WHERE lane_id = $1 AND fence = $2 \
             AND lease_until > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) FOR UPDATE",
        )
        .bind(lane)
        .bind(fence)
        .fetch_optional(c)
        .await?;
        Ok(found.is_some())
    }

    /// Takes a job away if its lease is held, with the lane locked as above before the job is touched.
    const TAKE_AWAY: &str = "WITH held AS (SELECT lane_id FROM lane WHERE lane_id = $1 AND fence = $2 \
         AND lease_until > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) FOR UPDATE) \
         DELETE FROM job USING held WHERE job.lane_id = held.lane_id AND job.sequence = $3";

    /// A lane goes where it is empty, the usual case; else it waits for its next job.
    const RELEASE: &str = "WITH gone AS (DELETE FROM lane WHERE lane_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM job WHERE lane_id = $1)) \
         UPDATE lane SET lease_until = NULL, owner = '', \
         ready_at = (SELECT ready_at FROM job WHERE lane_id = $1 ORDER BY sequence LIMIT 1) \
         WHERE lane_id = $1 AND EXISTS (SELECT 1 FROM job WHERE lane_id = $1)";

    /// Gives a lane free.
    pub(crate) fn release(script: &mut Script<'_>, lane: &str) {
        script.push(Statement::new(RELEASE).bind(lane).changes_work());
    }

    /// Removes a job and gives its lane free. Two statements: the second sees what was queued while the first waited for
    /// the lane.
    pub(crate) fn finish(script: &mut Script<'_>, _: &Ground, head: Head<'_>) {
        let take_away = Statement::new(TAKE_AWAY).bind(head.lane).bind(head.fence).bind(head.sequence);
        script.push(take_away.changes_one("lease"));
        release(script, head.lane);
    }

    /// The clock that leases go by: the database's.
    pub(crate) async fn lease_clock(c: &mut Connection, _: Timestamp) -> Outcome<i64> {
        Ok(sqlx::query_scalar("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)")
            .fetch_one(c)
            .await?)
    }

    /// Adds lanes (`$1`, `$2`) and jobs (`$3` to `$5`). A lane's row is touched even when it is there: the lock it takes
    /// makes jobs of one lane get their numbers in the order of their commits. Numbers are drawn from the sorted rows,
    /// and those wait for all lanes.
    const ENQUEUE: &str = "WITH lanes AS (INSERT INTO lane (lane_id, ready_at, lease_until, owner, fence) \
         SELECT l.lane_id, l.ready_at, NULL, '', 0 FROM unnest($1::text[], $2::bigint[]) AS l(lane_id, ready_at) \
         ON CONFLICT (lane_id) DO UPDATE SET owner = lane.owner RETURNING lane.lane_id) \
         INSERT INTO job (lane_id, sequence, payload, attempts, error, ready_at) \
         SELECT sorted.lane_id, nextval('job_sequence'), sorted.payload, 0, '', sorted.ready_at FROM \
         (SELECT j.lane_id, j.payload, j.ready_at \
          FROM unnest($3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS j(lane_id, payload, ready_at, place) \
          JOIN lanes ON lanes.lane_id = j.lane_id ORDER BY j.place) AS sorted";

    /// Adds jobs, numbered in their order; those of one lane stand together, lanes in the order of their locks.
    pub(crate) async fn enqueue(script: &mut Script<'_>, _: &mut Ground, jobs: &[&NewJob]) -> Outcome<()> {
        // No lane twice in what is inserted; its first job is its head.
        let mut heads = jobs.to_vec();
        heads.dedup_by(|next, head| next.lane == head.lane);
        let payloads = jobs.iter().map(|job| json(&job.job)).collect::<Outcome<Vec<String>>>()?;
        sqlx::query(ENQUEUE)
            .bind(heads.iter().map(|job| job.lane.as_str()).collect::<Vec<_>>())
            .bind(heads.iter().map(|job| job.ready_at.0).collect::<Vec<_>>())
            .bind(jobs.iter().map(|job| job.lane.as_str()).collect::<Vec<_>>())
            .bind(payloads)
            .bind(jobs.iter().map(|job| job.ready_at.0).collect::<Vec<_>>())
            .execute(script.connection().await?)
            .await?;
        Ok(())
    }

    /// Takes ready lanes that nobody else is just taking, in the order of the index `lane_ready`.
    const TAKE: &str = "WITH picked AS (SELECT lane_id FROM lane WHERE ready_at IS NOT NULL AND ready_at <= $1 \
         AND (lease_until IS NULL OR lease_until <= CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)) \
         ORDER BY ready_at, lane_id LIMIT $2 FOR UPDATE SKIP LOCKED) \
         UPDATE lane SET lease_until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $3, \
         owner = $4, fence = nextval('lane_fence') FROM picked WHERE lane.lane_id = picked.lane_id \
         RETURNING lane.lane_id, lane.ready_at, lane.fence, lane.lease_until";

    /// Head jobs of lanes. A statement of its own: within the first one it would see the jobs as they were
    /// before the lanes were locked, and could hand out one that was just finished.
    const HEADS: &str = "SELECT DISTINCT ON (lane_id) lane_id, sequence, payload, attempts FROM job \
         WHERE lane_id = ANY($1) ORDER BY lane_id, sequence";

    struct Taken {
        lane: String,
        ready_at: i64,
        fence: i64,
        until: Timestamp,
    }

    /// Takes lanes and reads their head jobs. Two statements without a transaction around them: once the
    /// lanes are taken, nobody else changes their heads.
    pub(crate) async fn claim(
        c: &mut Connection,
        owner: &str,
        limit: u32,
        now: Timestamp,
        lease_ms: i64,
    ) -> Outcome<Vec<Lease>> {
        let mut taken = take(c, owner, limit, now, lease_ms).await?;
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        taken.sort_by(|a, b| (a.ready_at, &a.lane).cmp(&(b.ready_at, &b.lane)));
        let mut heads = heads(c, &taken).await?;
        // A head that cannot be read stays where it is; its lane is tried again when the lease runs out.
        Ok(taken
            .into_iter()
            .filter_map(|t| {
                let (sequence, job, attempts) = heads.remove(&t.lane)?;
                Some(Lease { lane: t.lane, fence: t.fence, sequence, job, attempts, until: t.until })
            })
            .collect())
    }

    async fn take(
        c: &mut Connection,
        owner: &str,
        limit: u32,
        now: Timestamp,
        lease_ms: i64,
    ) -> Outcome<Vec<Taken>> {
        let rows = sqlx::query(TAKE)
            .bind(now.0)
            .bind(i64::from(limit))
            .bind(lease_ms)
            .bind(owner)
            .fetch_all(c)
            .await?;
        super::sql::reader::all(&rows, |row| {
            let r = Reader::of(row, "lane", "lane_id");
            Ok(Taken {
                lane: r.get("lane_id")?,
                ready_at: r.get("ready_at")?,
                fence: r.get("fence")?,
                until: r.at("lease_until")?,
            })
        })
    }

    async fn heads(c: &mut Connection, taken: &[Taken]) -> Outcome<HashMap<String, (i64, Job, i64)>> {
        let lanes: Vec<&str> = taken.iter().map(|t| t.lane.as_str()).collect();
        let rows = sqlx::query(HEADS).bind(lanes).fetch_all(c).await?;
        let heads = readable(&rows, |row| {
            let r = Reader::of(row, "job", "lane_id");
            Ok((r.get("lane_id")?, (r.get("sequence")?, r.json("payload")?, r.get("attempts")?)))
        });
        Ok(heads.into_iter().collect())
    }

    /// Prolongs a lease, also one that ran out while nobody took its lane; `false` when it is not the lane's any more.
    pub(crate) async fn extend(c: &mut Connection, lane: &str, fence: i64, lease_ms: i64) -> Outcome<bool> {
        let done = sqlx::query(
            "UPDATE lane SET lease_until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $3 \
             WHERE lane_id = $1 AND fence = $2 AND lease_until IS NOT NULL",
        )
        .bind(lane)
        .bind(fence)
        .bind(lease_ms)
        .execute(c)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Plugins' values that hold a word go.
    pub(crate) async fn forget_values(c: &mut Connection, word: &str) -> Outcome<()> {
        sqlx::query(
            "DELETE FROM kv WHERE position(convert_to($1, 'UTF8') IN value) > 0 OR position($1 IN key) > 0",
        )
        .bind(word)
        .execute(c)
        .await?;
        Ok(())
    }
}
