//! The one writer, on a thread of its own. Requests wait in a bounded queue; up to 64 of them share one transaction
//! and so one fsync. A request that is dropped by its caller is carried out or not, but never halfway.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::Timestamp;
use domain::job::Lease;
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot, watch};

use super::dialect::{self, Claim};
use super::{Connection, Ground, sql};
use crate::error::{Failure, Outcome, StoreError, damaged, is_damage};
use crate::facts::{Commit, Fact};

/// Requests that may wait. Beyond, callers wait `ROOM_WAIT` for room and are then refused.
const QUEUE: usize = 1_024;
/// Requests that share a transaction at most.
const BATCH: usize = 64;
/// Where nothing was written from one look to the next, so much later, the log is folded into the file.
const IDLE: Duration = Duration::from_secs(30);
/// How often folding the log in is tried where a reader keeps it back, some seconds in all, and how long others may write
/// between.
const FOLDS: u32 = 12;
const FOLD_PAUSE: Duration = Duration::from_millis(200);
/// How long folding the log in waits for a reader, and how long all else waits, as connections are opened (milliseconds).
const FOLD_PATIENCE: &str = "PRAGMA busy_timeout = 100";
const PATIENCE: &str = "PRAGMA busy_timeout = 5000";
/// How long a caller waits for room in the queue.
const ROOM_WAIT: Duration = Duration::from_secs(5);
/// The setting that is written to find out whether there is room again, and how much is written: a few bytes would
/// still find a place where no mail does.
const TRIAL: &str = "store.trial";
const TRIAL_BYTES: usize = 262_144;

/// What is to be written.
enum Task {
    Commit(Commit),
    Claim(Claim),
    Extend { lane: String, fence: i64, now: Timestamp, lease_ms: i64 },
    Reserve { count: u32 },
}

/// What came of it.
enum Answer {
    Committed { work: bool },
    Claimed(Vec<Lease>),
    Extended(bool),
    Reserved(i64),
}

impl Answer {
    /// Whether there is more in the log than before.
    fn has_written(&self) -> bool {
        match self {
            Self::Committed { .. } | Self::Reserved(_) => true,
            Self::Claimed(leases) => !leases.is_empty(),
            Self::Extended(held) => *held,
        }
    }
}

struct Request {
    task: Task,
    reply: oneshot::Sender<Result<Answer, StoreError>>,
}

enum Order {
    Write(Request),
    /// Fold the log into the file now, and say whether all of it was.
    Fold(oneshot::Sender<bool>),
    Close(oneshot::Sender<()>),
}

/// The way to the writer.
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    /// Set once SQLite has called the file damaged: from then on nothing is written to it.
    damage: Arc<OnceLock<StoreError>>,
    /// How many writes the disk has refused.
    refused: Arc<AtomicU64>,
    /// How many of them were before the newest trial that went well.
    overcome: AtomicU64,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        ground: Ground,
        wake: Arc<watch::Sender<u64>>,
        lock: File,
    ) -> Result<Self, StoreError> {
        let (orders, inbox) = mpsc::channel(QUEUE);
        let damage = Arc::new(OnceLock::new());
        let batches = Arc::new(AtomicU64::new(0));
        let refused = Arc::new(AtomicU64::new(0));
        let desk = Desk {
            connection,
            ground,
            wake,
            damage: Arc::clone(&damage),
            refused: Arc::clone(&refused),
            batches: Arc::clone(&batches),
            _lock: lock,
        };
        tokio::spawn(fold_when_idle(orders.downgrade(), batches));
        // A commit is dozens of statements, each answered by SQLite's own thread: between two of them the writer must
        // not stand in line behind whatever the runtime's threads are busy with.
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || runtime.block_on(desk.run(inbox)))
            .map_err(|e| StoreError::Unavailable(format!("no thread for the database's writer ({e})")))?;
        Ok(Self { orders, damage, refused, overcome: AtomicU64::new(0) })
    }

    /// Whether the file was whole so far.
    pub(crate) fn is_sound(&self) -> Result<(), StoreError> {
        self.damage.get().cloned().map_or(Ok(()), Err)
    }

    /// Whether the file is whole and takes writes. Nothing is written to find out unless the disk has refused
    /// something since it was last found out.
    pub(crate) async fn takes_writes(&self) -> Result<(), StoreError> {
        self.is_sound()?;
        let refused = self.refused.load(Ordering::Relaxed);
        if refused == self.overcome.load(Ordering::Relaxed) {
            return Ok(());
        }
        // One transaction needs the room all the same, and leaves nothing behind where nobody waits for its end.
        let trial = |value| Fact::PutSetting { key: TRIAL.to_owned(), value };
        self.commit(Commit::of(vec![trial(".".repeat(TRIAL_BYTES)), trial(String::new())])).await?;
        self.overcome.store(refused, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.ask(Task::Commit(commit)).await.map(|_| ())
    }

    pub(crate) async fn claim(&self, claim: Claim) -> Result<Vec<Lease>, StoreError> {
        match self.ask(Task::Claim(claim)).await? {
            Answer::Claimed(leases) => Ok(leases),
            Answer::Committed { .. } | Answer::Extended(_) | Answer::Reserved(_) => Ok(Vec::new()),
        }
    }

    pub(crate) async fn extend(
        &self,
        lane: &str,
        fence: i64,
        now: Timestamp,
        lease_ms: i64,
    ) -> Result<bool, StoreError> {
        let answer = self.ask(Task::Extend { lane: lane.to_owned(), fence, now, lease_ms }).await?;
        Ok(matches!(answer, Answer::Extended(true)))
    }

    pub(crate) async fn reserve(&self, count: u32) -> Result<i64, StoreError> {
        match self.ask(Task::Reserve { count }).await? {
            Answer::Reserved(first) => Ok(first),
            Answer::Committed { .. } | Answer::Extended(_) | Answer::Claimed(_) => Err(closed()),
        }
    }

    async fn ask(&self, task: Task) -> Result<Answer, StoreError> {
        self.is_sound()?;
        let (reply, answer) = oneshot::channel();
        match self.orders.send_timeout(Order::Write(Request { task, reply }), ROOM_WAIT).await {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(closed())),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(StoreError::Unavailable(format!(
                "{QUEUE} commits wait already: the disk is too slow for the load, try again later"
            ))),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(closed()),
        }
    }

    /// Returns when the log has been folded into the file; an error when somebody reads an old state all the while.
    pub(crate) async fn scrub(&self) -> Result<(), StoreError> {
        self.is_sound()?;
        for _ in 0..FOLDS {
            let (done, wait) = oneshot::channel();
            self.orders.send(Order::Fold(done)).await.map_err(|_| closed())?;
            if wait.await.map_err(|_| closed())? {
                return Ok(());
            }
            tokio::time::sleep(FOLD_PAUSE).await;
        }
        Err(StoreError::Unavailable(
            "somebody reads an old state of the file (a copy being made?), so that its log is kept; it is folded in \
             in the first quiet minute after that"
                .to_owned(),
        ))
    }

    /// Returns when everything that waited is written and the file is closed.
    pub(crate) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.orders.send(Order::Close(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

/// Has the log folded into the file when nothing was written for a while, once; again where a reader kept it back.
async fn fold_when_idle(orders: mpsc::WeakSender<Order>, batches: Arc<AtomicU64>) {
    let (mut seen, mut folded) = (0, 0);
    loop {
        tokio::time::sleep(IDLE).await;
        let Some(orders) = orders.upgrade() else { return };
        let written = batches.load(Ordering::Relaxed);
        if written == seen && written != folded {
            let (done, wait) = oneshot::channel();
            if orders.send(Order::Fold(done)).await.is_err() {
                return;
            }
            if matches!(wait.await, Ok(true)) {
                folded = written;
            }
        }
        seen = written;
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store was closed".to_owned())
}

/// Whether a task has a single statement that writes, which is a transaction by itself: nobody else writes between what
/// it read and that. One that answers a row is none of these: reading it may end before it is committed.
fn writes_once(task: &Task) -> bool {
    matches!(task, Task::Claim(_) | Task::Extend { .. })
}

/// The writer's own side.
struct Desk {
    connection: Connection,
    ground: Ground,
    wake: Arc<watch::Sender<u64>>,
    damage: Arc<OnceLock<StoreError>>,
    refused: Arc<AtomicU64>,
    /// How many wrote something: looking for work in vain does not.
    batches: Arc<AtomicU64>,
    _lock: File,
}

impl Desk {
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        let mut orders = Vec::with_capacity(BATCH);
        while inbox.recv_many(&mut orders, BATCH).await > 0 {
            let mut batch = Vec::with_capacity(orders.len());
            let (mut closing, mut folding) = (Vec::new(), Vec::new());
            for order in orders.drain(..) {
                match order {
                    Order::Write(request) => batch.push(request),
                    Order::Fold(done) => folding.push(done),
                    Order::Close(done) => closing.push(done),
                }
            }
            if !closing.is_empty() {
                inbox.close();
                while let Ok(order) = inbox.try_recv() {
                    match order {
                        Order::Write(request) => batch.push(request),
                        Order::Fold(done) => folding.push(done),
                        Order::Close(done) => closing.push(done),
                    }
                }
            }
            if !batch.is_empty() {
                self.write(batch).await;
            }
            if !folding.is_empty() {
                let folded = self.fold().await;
                for done in folding {
                    let _ = done.send(folded);
                }
            }
            if !closing.is_empty() {
                self.shut().await;
                for done in closing {
                    let _ = done.send(());
                }
                return;
            }
        }
        self.shut().await;
    }

    /// Empties the write-ahead log into the file and lets SQLite look at its statistics. Either may be
    /// kept back by a reader and is tried again; whether the log is empty.
    async fn fold(&mut self) -> bool {
        let _ = sqlx::query("PRAGMA optimize").execute(&mut self.connection).await;
        // Nobody writes while this waits for a reader.
        let _ = sqlx::query(FOLD_PATIENCE).execute(&mut self.connection).await;
        // The row that it answers begins with whether somebody kept it back.
        let kept_back: Result<Vec<i64>, _> =
            sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut self.connection).await;
        let _ = sqlx::query(PATIENCE).execute(&mut self.connection).await;
        matches!(kept_back.as_deref(), Ok([0]))
    }

    /// Closes so that the file alone is the database, and only then lets the next process in.
    async fn shut(mut self) {
        self.fold().await;
        let Self { connection, _lock: lock, .. } = self;
        let _ = connection.close().await;
        drop(lock);
    }

    /// Writes a batch as one transaction. Nearly always all requests go well, and then nothing is spent on
    /// telling them apart. When a guard does not hold, the batch is written again with a savepoint for each
    /// request; when something unexpected breaks it, every request runs alone. So only the offender fails.
    async fn write(&mut self, batch: Vec<Request>) {
        if batch.len() > 1 {
            for savepoints in [false, true] {
                let before = self.ground;
                match self.together(&batch, savepoints).await {
                    Ok(answers) => {
                        self.announce(&answers);
                        for (request, answer) in batch.into_iter().zip(answers) {
                            let _ = request.reply.send(answer);
                        }
                        return;
                    }
                    Err(Failure::Known(_)) if !savepoints => self.undo(before).await,
                    Err(error) => {
                        tracing::debug!(
                            ?error,
                            requests = batch.len(),
                            "a shared transaction failed; its requests run alone"
                        );
                        self.undo(before).await;
                        break;
                    }
                }
            }
        }
        for request in batch {
            if let Some(error) = self.damage.get() {
                let _ = request.reply.send(Err(error.clone()));
                continue;
            }
            let before = self.ground;
            let answer = match self.alone(&request.task).await {
                Ok(answer) => Ok(answer),
                Err(failure) => {
                    self.undo(before).await;
                    Err(self.told(failure))
                }
            };
            self.announce(std::slice::from_ref(&answer));
            let _ = request.reply.send(answer);
        }
    }

    /// What the caller hears. Writing on into a damaged file would spread the damage: then that was the last
    /// write, and the house goes on reading what it can. Senders keep what they have and come again.
    fn told(&self, failure: Failure) -> StoreError {
        if !is_damage(&failure) {
            let error = StoreError::from(failure);
            if error.is_transient() {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            return error;
        }
        let why = match StoreError::from(failure) {
            StoreError::Migration(why) => why,
            other => damaged(&other.to_string()),
        };
        let error = StoreError::Unavailable(format!("nothing is written any more: {why}"));
        if self.damage.set(error.clone()).is_ok() {
            tracing::error!(%error, "the database file is damaged");
        }
        error
    }

    async fn alone(&mut self, task: &Task) -> Outcome<Answer> {
        if writes_once(task) {
            return self.perform(task).await;
        }
        self.run_statement("BEGIN IMMEDIATE").await?;
        let answer = self.perform(task).await?;
        self.run_statement("COMMIT").await?;
        Ok(answer)
    }

    /// With savepoints, a request whose guard does not hold is undone and the others go on; without, its
    /// failure is that of the whole. What nobody expected always is.
    async fn together(
        &mut self,
        batch: &[Request],
        savepoints: bool,
    ) -> Outcome<Vec<Result<Answer, StoreError>>> {
        let mut answers = Vec::with_capacity(batch.len());
        self.run_statement("BEGIN IMMEDIATE").await?;
        for request in batch {
            if savepoints {
                self.run_statement("SAVEPOINT request").await?;
            }
            match self.perform(&request.task).await {
                Ok(answer) => answers.push(Ok(answer)),
                Err(Failure::Known(error)) if savepoints => {
                    self.run_statement("ROLLBACK TO request").await?;
                    answers.push(Err(error));
                }
                Err(failure) => return Err(failure),
            }
            if savepoints {
                self.run_statement("RELEASE request").await?;
            }
        }
        self.run_statement("COMMIT").await?;
        Ok(answers)
    }

    async fn perform(&mut self, task: &Task) -> Outcome<Answer> {
        let (c, ground) = (&mut self.connection, &mut self.ground);
        match task {
            Task::Commit(commit) => {
                let work = sql::apply::commit(c, ground, commit).await?;
                Ok(Answer::Committed { work })
            }
            Task::Claim(claim) => dialect::claim(c, ground, claim).await.map(Answer::Claimed),
            Task::Extend { lane, fence, now, lease_ms } => {
                dialect::extend(c, ground, lane, *fence, *now, *lease_ms).await.map(Answer::Extended)
            }
            Task::Reserve { count } => sql::ticket::reserve_numbers(c, *count).await.map(Answer::Reserved),
        }
    }

    async fn run_statement(&mut self, statement: &'static str) -> Outcome<()> {
        sqlx::query(statement).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Rolls back. After a full disk SQLite has done so by itself and refuses: that hides nothing.
    /// Numbers given out meanwhile are not given again, so only the clock of leases goes on as it was.
    async fn undo(&mut self, before: Ground) {
        self.ground.seen = self.ground.seen.max(before.seen);
        let _ = sqlx::query("ROLLBACK").execute(&mut self.connection).await;
    }

    /// Counts what was written and tells waiting workers, once per transaction.
    fn announce(&self, answers: &[Result<Answer, StoreError>]) {
        if answers.iter().flatten().any(Answer::has_written) {
            self.batches.fetch_add(1, Ordering::Relaxed);
        }
        if answers.iter().any(|answer| matches!(answer, Ok(Answer::Committed { work: true }))) {
            self.wake.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

#[cfg(test)]
mod tests;
