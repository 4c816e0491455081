//! Opens a PostgreSQL database: pools with timeouts, schema under a lock, commits with their retries.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::job::Lease;
use sqlx::ConnectOptions as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::sync::watch;

use super::pulse::Pulse;
use super::wake::Wake;
use super::{Connection, Db, Ground, dialect, sql};
use crate::error::{Failure, Outcome, StoreError};
use crate::facts::Commit;
use crate::{Durability, Options, migrate};

/// Tries of a transaction that was the victim of a deadlock, or whose connection broke before it could
/// have been committed.
const TRIES: u32 = 5;
/// Room for every statement there is, so that none is ever prepared twice.
const STATEMENTS: usize = 256;
/// Connections of the heartbeats: a pool of their own, so that a busy house does not lose its leases.
const HEARTBEATS: u32 = 2;
/// How long a caller waits for a connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);
/// Idle for longer than this, a connection is asked whether it still lives before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// How long such a connection may take to answer before another is made.
const PING_WAIT: Duration = Duration::from_secs(2);
/// What to tell whoever loses PostgreSQL within a commit.
const UNKNOWN: &str = " while committing; outcome unknown: read again before repeating";
/// Name of the migration lock ("kulanz" on a telephone's keys).
const MIGRATION_LOCK: i64 = 585_269;

/// The open database.
pub(crate) struct Postgres {
    pool: PgPool,
    heartbeats: PgPool,
    wake: Wake,
    pulse: Pulse,
    ground: Ground,
}

impl Postgres {
    pub(crate) async fn open(
        url: &str,
        options: &Options,
        wake: Arc<watch::Sender<u64>>,
    ) -> Result<Self, StoreError> {
        let address = PgConnectOptions::from_str(url)
            .map_err(|e| StoreError::Migration(format!("the PostgreSQL address cannot be read: {e}")))?
            .application_name("kulanz")
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging();
        let pool = match pool(options.pool.max(2), options.durability).connect_with(address.clone()).await {
            Ok(pool) => pool,
            Err(error) => return Err(unreachable(&address, error).await),
        };
        let mut connection = pool.acquire().await.map_err(Failure::from)?;
        connection.close_on_drop();
        bring_up_to_date(&mut connection).await?;
        drop(connection);
        let heartbeats = pool_lazy(&address, options.durability);
        let wake = Wake::start(address.clone(), wake);
        let pulse = Pulse::start(address);
        let ground = Ground { audit_key: options.audit_key };
        Ok(Self { pool, heartbeats, wake, pulse, ground })
    }

    pub(crate) async fn reader(&self) -> Result<PoolConnection<Db>, StoreError> {
        self.pool.acquire().await.map_err(|e| Failure::from(e).into())
    }

    /// Does what only reads, as long as PostgreSQL answers.
    pub(crate) async fn reading<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.pulse.during("", work).await
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let mut tries = 1;
        loop {
            match self.pulse.during(UNKNOWN, self.attempt(&commit)).await {
                Ok(work) => {
                    if work {
                        self.wake.announce();
                    }
                    return Ok(());
                }
                Err(failure) if tries < TRIES && (failure.is_victim() || failure.is_lost_connection()) => {
                    tries += 1
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Gives the room of rows that are no more back, to be written over. Only of our own tables: those of the server
    /// are not ours to look after, and it would say so of each.
    pub(crate) async fn scrub(&self) -> Result<(), StoreError> {
        let mut c = self.reader().await?;
        c.close_on_drop();
        unhurried(&mut c).await?;
        let ours: Vec<String> = migrate::TABLES.iter().map(|table| format!("\"{table}\"")).collect();
        let vacuum = format!("VACUUM {}", ours.join(", "));
        sqlx::query(sqlx::AssertSqlSafe(vacuum)).execute(&mut *c).await.map_err(Failure::from)?;
        Ok(())
    }

    async fn attempt(&self, commit: &Commit) -> Outcome<bool> {
        let mut transaction = self.pool.begin().await?;
        let mut ground = self.ground;
        let work = sql::apply::commit(&mut transaction, &mut ground, commit).await?;
        match transaction.commit().await.map_err(Failure::from) {
            Ok(()) => Ok(work),
            Err(failure) if failure.is_lost_connection() => Err(StoreError::Unavailable(
                "the connection was lost while committing; outcome unknown: read again before repeating"
                    .to_owned(),
            )
            .into()),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) async fn claim(
        &self,
        owner: &str,
        limit: u32,
        now: Timestamp,
        lease_ms: i64,
    ) -> Result<Vec<Lease>, StoreError> {
        let claim = async {
            let mut c = self.reader().await?;
            Ok(dialect::claim(&mut c, owner, limit, now, lease_ms).await?)
        };
        self.pulse.during("", claim).await
    }

    pub(crate) async fn extend(&self, lane: &str, fence: i64, lease_ms: i64) -> Result<bool, StoreError> {
        let extend = async {
            let mut c = self.heartbeats.acquire().await.map_err(Failure::from)?;
            Ok(dialect::extend(&mut c, lane, fence, lease_ms).await?)
        };
        self.pulse.during("", extend).await
    }

    pub(crate) async fn reserve(&self, count: u32) -> Result<i64, StoreError> {
        let reserve = async {
            let mut c = self.reader().await?;
            Ok(sql::ticket::reserve_numbers(&mut c, count).await?)
        };
        self.pulse.during("", reserve).await
    }

    pub(crate) async fn close(&self) {
        self.wake.stop().await;
        self.pulse.stop();
        self.heartbeats.close().await;
        self.pool.close().await;
    }
}

/// Limits of every connection, so that no stalled peer holds locks or workers for ever.
const SETTINGS_FULL: &str = "SET statement_timeout = '15s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET synchronous_commit = 'on'";
const SETTINGS_NORMAL: &str = "SET statement_timeout = '15s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET synchronous_commit = 'off'";

fn pool(connections: u32, durability: Durability) -> PgPoolOptions {
    let settings = match durability {
        Durability::Full => SETTINGS_FULL,
        Durability::Normal => SETTINGS_NORMAL,
    };
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_WAIT)
        // Asking every time would cost a round trip per commit.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for < TRUSTED_IDLE {
                    return Ok(true);
                }
                let ping = tokio::time::timeout(PING_WAIT, sqlx::Connection::ping(connection));
                Ok(matches!(ping.await, Ok(Ok(()))))
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(settings).execute(connection).await.map(|_| ()) })
        })
}

/// Why there is no connection: the pool only knows that it waited, so one is tried by hand.
async fn unreachable(address: &PgConnectOptions, error: sqlx::Error) -> StoreError {
    let error = match error {
        sqlx::Error::PoolTimedOut => match tokio::time::timeout(PING_WAIT, address.connect()).await {
            Ok(Err(error)) => error,
            Ok(Ok(_)) | Err(_) => error,
        },
        error => error,
    };
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => StoreError::Unavailable(format!(
            "nothing answers at {}:{} ({error}): start PostgreSQL, or correct host and port in database.url",
            address.get_host(),
            address.get_port()
        )),
        error => Failure::from(error).into(),
    }
}

fn pool_lazy(address: &PgConnectOptions, durability: Durability) -> PgPool {
    pool(HEARTBEATS, durability).connect_lazy_with(address.clone())
}

/// Runs the steps that are missing, one host at a time.
async fn bring_up_to_date(c: &mut Connection) -> Result<(), StoreError> {
    unhurried(c).await?;
    check_encoding(c).await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *c)
        .await
        .map_err(Failure::from)?;
    let done = match run_steps(c).await {
        Ok(()) => order_of_another_cluster(c).await,
        failed => failed,
    };
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(MIGRATION_LOCK)
        .execute(c)
        .await
        .map_err(Failure::from)?;
    done
}

/// Only with UTF-8 does PostgreSQL know letters and their marks; how a database keeps letters is said when it is made.
async fn check_encoding(c: &mut Connection) -> Result<(), StoreError> {
    let encoding: String = sqlx::query_scalar("SELECT current_setting('server_encoding')")
        .fetch_one(c)
        .await
        .map_err(Failure::from)?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(StoreError::Migration(format!(
        "its encoding is {encoding}, and Kulanz needs UTF8: make a new database with `createdb --template=template0 \
         --encoding=UTF8 NAME`, bring over what there is with pg_dump and pg_restore, and name it in database.url"
    )))
}

/// Takes the limits off a connection that is thrown away afterwards: what rewrites a table, or waits for another
/// host that does, takes as long as it takes.
async fn unhurried(c: &mut Connection) -> Result<(), StoreError> {
    sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = 0")
        .execute(c)
        .await
        .map_err(Failure::from)?;
    Ok(())
}

/// Events of a database that was moved here were written by transactions of another cluster, whose numbers may lie
/// ahead: they come first.
async fn order_of_another_cluster(c: &mut Connection) -> Result<(), StoreError> {
    sqlx::raw_sql(
        "UPDATE event SET written_by = 0 WHERE written_by >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
    )
    .execute(c)
    .await
    .map_err(Failure::from)?;
    Ok(())
}

async fn run_steps(c: &mut Connection) -> Result<(), StoreError> {
    let found = schema_version(c).await?;
    if found > migrate::newest() {
        return Err(StoreError::Migration(migrate::too_new(found)));
    }
    for step in migrate::STEPS.iter().filter(|step| step.number > found) {
        let number = step.number;
        // One simple query is one transaction: a step is there with its number or not at all.
        let text = format!("{} INSERT INTO schema_step (number) VALUES ({number});", step.postgres);
        sqlx::raw_sql(sqlx::AssertSqlSafe(text))
            .execute(&mut *c)
            .await
            .map_err(|e| StoreError::Migration(format!("step {number} of the schema failed: {e}")))?;
    }
    Ok(())
}

async fn schema_version(c: &mut Connection) -> Result<i64, StoreError> {
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_step (number BIGINT NOT NULL PRIMARY KEY)")
        .execute(&mut *c)
        .await
        .map_err(Failure::from)?;
    Ok(sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM schema_step")
        .fetch_one(c)
        .await
        .map_err(Failure::from)?)
}
