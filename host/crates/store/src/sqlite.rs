//! SQLite: one file, one process, one writer task and a few readers. Defines what differs from
//! PostgreSQL and includes the common statements.

use domain::Timestamp;
use domain::audit::AuditKey;

#[path = "sql/all.rs"]
pub(crate) mod sql;

mod copy;
mod open;
mod together;
mod writer;

pub(crate) use copy::copy;
pub(crate) use open::Sqlite;

/// What the common statements are compiled against.
pub(crate) type Db = sqlx::Sqlite;
/// See `Db`.
pub(crate) type Connection = sqlx::SqliteConnection;
/// See `Db`.
pub(crate) type Row = sqlx::sqlite::SqliteRow;

/// What the writer knows beside the tables. All writing goes through it, so these need no table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground {
    /// The newest instant anybody claimed or extended at: the clock that leases go by.
    pub(crate) seen: Timestamp,
    /// Number of the next job.
    pub(crate) next_sequence: i64,
    /// Fence of the next claim.
    pub(crate) next_fence: i64,
    /// What audit entries are bound with.
    pub(crate) audit_key: Option<AuditKey>,
}

/// Statements and steps that PostgreSQL does another way.
pub(crate) mod dialect {
    use domain::Timestamp;
    use domain::job::{Lease, NewJob};
    use sqlx::QueryBuilder;

    use super::sql::queue::{FREE, Head};
    use super::sql::reader::{Reader, all, json, readable};
    use super::sql::script::{Script, Statement};
    pub(crate) use super::together::run;
    use super::{Connection, Db, Ground};
    use crate::error::Outcome;
    use crate::words::Words;

    /// Which events come after one, in the order of their rows: there is one writer. Where the one is gone, those
    /// after the newest older one.
    pub(crate) const FEED: &str = "WHERE rowid > COALESCE((SELECT e.rowid FROM event e WHERE e.event_id <= $1 \
         ORDER BY e.event_id DESC LIMIT 1), 0) ORDER BY rowid LIMIT $2";

    /// Asks for the tickets (`t`) of messages with the words; conditions and an order may follow.
    pub(crate) fn push_words(query: &mut QueryBuilder<Db>, words: &Words) {
        query
            .push(
                "SELECT t.ticket_id FROM message_words \
                 CROSS JOIN message_place w ON w.place = message_words.rowid \
                 CROSS JOIN ticket t ON t.ticket_id = w.ticket_id WHERE message_words MATCH ",
            )
            .push_bind(words.for_fts5());
    }

    /// Those messages in the order in which they came: the index hands them out so, and it stops where enough are
    /// found.
    pub(crate) const HITS_CAME: &str = "message_words.rowid";

    /// Asks for the contacts whose name has the words; an order may follow.
    pub(crate) fn push_named(query: &mut QueryBuilder<Db>, words: &Words) {
        query
            .push(
                "SELECT p.contact_id FROM contact_words \
                 CROSS JOIN contact_place p ON p.place = contact_words.rowid WHERE contact_words MATCH ",
            )
            .push_bind(words.for_fts5());
    }

    /// Those contacts in the order in which they came; see `HITS_CAME`.
    pub(crate) const NAMED_CAME: &str = "contact_words.rowid";

    /// A contact's (`p`) address in the order of its bytes.
    pub(crate) const ADDRESS: &str = "p.email";

    /// Rows that the first or second value hands over as a JSON list; each is its `value`.
    pub(crate) const ROWS_OF_1: &str = "json_each($1)";
    /// See `ROWS_OF_1`.
    pub(crate) const ROWS_OF_2: &str = "json_each($2)";

    /// How many statements that is.
    pub(crate) const BOTH_PARTS: usize = 2;

    /// Two statements as one text.
    pub(crate) fn both(first: &str, second: &str) -> String {
        format!("{first}; {second}")
    }

    /// A list of pairs of all rows `d`, as JSON.
    pub(crate) const CHANGES: &str = "json_group_array(json_array(d.digest, d.times))";

    /// Whether a lease is held. Nobody else can write meanwhile, so looking is enough (PostgreSQL locks).
    pub(crate) async fn lease_held(
        c: &mut Connection,
        ground: &Ground,
        lane: &str,
        fence: i64,
    ) -> Outcome<bool> {
        let until: Option<i64> =
            sqlx::query_scalar("SELECT lease_until FROM lane WHERE lane_id = $1 AND fence = $2")
                .bind(lane)
                .bind(fence)
                .fetch_optional(c)
                .await?
                .flatten();
        Ok(until.is_some_and(|until| until > ground.seen.0))
    }

    /// A job goes if its lease is held.
    const TAKE_AWAY: &str = "DELETE FROM job WHERE lane_id = $1 AND sequence = $2 AND EXISTS \
         (SELECT 1 FROM lane WHERE lane_id = $1 AND fence = $3 AND lease_until > $4)";

    /// A lane goes where it is empty, the usual case.
    const LEAVE: &str =
        "DELETE FROM lane WHERE lane_id = $1 AND NOT EXISTS (SELECT 1 FROM job WHERE lane_id = $1)";

    /// Gives a lane free: else it waits for its next job.
    pub(crate) fn release(script: &mut Script<'_>, lane: &str) {
        script.push(Statement::new(LEAVE).bind(lane));
        script.push(Statement::new(FREE).bind(lane).changes_work());
    }

    /// Removes a job and gives its lane free.
    pub(crate) fn finish(script: &mut Script<'_>, ground: &Ground, head: Head<'_>) {
        let take_away = Statement::new(TAKE_AWAY).bind(head.lane).bind(head.sequence);
        script.push(take_away.bind(head.fence).bind(ground.seen.0).changes_one("lease"));
        release(script, head.lane);
    }

    /// The clock that leases go by: the caller's.
    #[expect(clippy::unused_async, reason = "PostgreSQL asks the database")]
    pub(crate) async fn lease_clock(_: &mut Connection, now: Timestamp) -> Outcome<i64> {
        Ok(now.0)
    }

    /// Lanes of `$1`, each a lane, a time and a payload. A lane that is there keeps its head and therefore its time; of
    /// several jobs the first is the head.
    const ADD_LANES: &str = "INSERT INTO lane (lane_id, ready_at, lease_until, owner, fence) \
         SELECT value ->> 0, value ->> 1, NULL, '', 0 FROM json_each($1) WHERE TRUE ORDER BY key \
         ON CONFLICT (lane_id) DO NOTHING";

    /// Their jobs.
    const ADD_JOBS: &str = "INSERT INTO job (lane_id, sequence, payload, attempts, error, ready_at) \
         SELECT value ->> 0, $2 + key, value ->> 2, 0, '', value ->> 1 FROM json_each($1)";

    /// Adds jobs, numbered in their order.
    #[expect(clippy::unused_async, reason = "PostgreSQL has lists of values")]
    pub(crate) async fn enqueue(
        script: &mut Script<'_>,
        ground: &mut Ground,
        jobs: &[&NewJob],
    ) -> Outcome<()> {
        let rows = jobs
            .iter()
            .map(|job| json(&job.job).map(|payload| (job.lane.as_str(), job.ready_at.0, payload)))
            .collect::<Outcome<Vec<_>>>()?;
        let listed = json(&rows)?;
        script.push(Statement::new(ADD_LANES).bind(&listed));
        script.push(Statement::new(ADD_JOBS).bind(listed).bind(ground.next_sequence));
        ground.next_sequence += i64::try_from(rows.len()).unwrap_or_default();
        Ok(())
    }

    /// A claim as asked for.
    #[derive(Debug, Clone)]
    pub(crate) struct Claim {
        pub(crate) owner: String,
        pub(crate) limit: u32,
        pub(crate) now: Timestamp,
        pub(crate) lease_ms: i64,
    }

    /// Ready lanes in the order of the index `lane_ready`, each with its head job.
    pub(crate) const READY: &str = "SELECT l.lane_id, j.sequence, j.payload, j.attempts FROM lane l \
         JOIN job j ON j.lane_id = l.lane_id \
         AND j.sequence = (SELECT MIN(h.sequence) FROM job h WHERE h.lane_id = l.lane_id) \
         WHERE l.ready_at IS NOT NULL AND l.ready_at <= $1 AND (l.lease_until IS NULL OR l.lease_until <= $1) \
         ORDER BY l.ready_at, l.lane_id LIMIT $2";

    /// Takes lanes: looks, then marks; within the writer nothing can come between.
    pub(crate) async fn claim(c: &mut Connection, ground: &mut Ground, claim: &Claim) -> Outcome<Vec<Lease>> {
        ground.seen = ground.seen.max(claim.now);
        let rows =
            sqlx::query(READY).bind(claim.now.0).bind(i64::from(claim.limit)).fetch_all(&mut *c).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let fence = ground.next_fence;
        let until = claim.now.plus(claim.lease_ms);
        let lanes = all(&rows, |row| Reader::of(row, "lane", "lane_id").get::<String>("lane_id"))?;
        let leases = readable(&rows, |row| {
            let r = Reader::of(row, "job", "lane_id");
            Ok(Lease {
                lane: r.get("lane_id")?,
                fence,
                sequence: r.get("sequence")?,
                job: r.json("payload")?,
                attempts: r.get("attempts")?,
                until,
            })
        });
        ground.next_fence += 1;
        sqlx::query(
            "UPDATE lane SET lease_until = $1, owner = $2, fence = $3 \
             WHERE lane_id IN (SELECT value FROM json_each($4))",
        )
        .bind(until.0)
        .bind(&claim.owner)
        .bind(fence)
        .bind(json(&lanes)?)
        .execute(c)
        .await?;
        Ok(leases)
    }

    /// Prolongs a lease, also one that ran out while nobody took its lane; `false` when it is not the lane's any more.
    pub(crate) async fn extend(
        c: &mut Connection,
        ground: &mut Ground,
        lane: &str,
        fence: i64,
        now: Timestamp,
        lease_ms: i64,
    ) -> Outcome<bool> {
        ground.seen = ground.seen.max(now);
        let done = sqlx::query(
            "UPDATE lane SET lease_until = $3 WHERE lane_id = $1 AND fence = $2 AND lease_until IS NOT NULL",
        )
        .bind(lane)
        .bind(fence)
        .bind(now.plus(lease_ms).0)
        .execute(c)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Plugins' values that hold a word go.
    pub(crate) async fn forget_values(c: &mut Connection, word: &str) -> Outcome<()> {
        sqlx::query("DELETE FROM kv WHERE instr(value, CAST($1 AS BLOB)) > 0 OR instr(key, $1) > 0")
            .bind(word)
            .execute(c)
            .await?;
        Ok(())
    }
}
