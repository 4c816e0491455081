//! The worker: claims lanes under a lease, works their head jobs side by side, and settles the queue
//! for tests and the demo. A panic in a job is caught and kills only that job.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::event::EventType;
use domain::job::{Job, Lease, NewJob};
use domain::work::Work;
use domain::{Actor, Cause, Refusal, id::EventId};
use futures::FutureExt;
use store::{Commit, Fact, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::races::{Races, ended};
use crate::turn::Retried;
use crate::{Desk, DeskError};

/// How long the worker waits for a wake-up before it looks by itself.
const POLL: Duration = Duration::from_millis(1_000);
/// How often schedules are looked at, and what other hosts have changed.
const SCHEDULES_EVERY: Duration = Duration::from_secs(10);
/// How often this host's clock is compared with the database's.
const CLOCKS_EVERY: Duration = Duration::from_secs(60);
/// How long the worker pauses when the store does not answer.
const STORE_PAUSE: Duration = Duration::from_millis(500);
/// Tries of a job whose own code fails (not a plugin's): then it is buried, visibly.
const HOUSE_ATTEMPTS_MAX: i64 = 12;

/// How a job ended.
pub(crate) enum Outcome {
    /// The job's own commit has ended it.
    Committed,
    /// There is nothing (more) to do: end it with these facts.
    Done(Vec<Fact>),
    /// The lease was lost to somebody else; what was done is void.
    Lost,
}

/// What settling the queue came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Jobs worked.
    pub jobs: u64,
    /// Jobs whose own code failed.
    pub failures: u64,
}

/// Works the queue until it is told to stop.
pub struct Worker {
    desk: Desk,
}

impl Worker {
    /// A worker of this desk.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    /// Claims and works until `shutdown` turns true (or nobody can turn it any more), then finishes what
    /// runs and returns.
    pub async fn run(&self, shutdown: watch::Receiver<bool>) {
        tokio::join!(self.work_lanes(shutdown.clone()), Box::pin(self.keep_time(shutdown)));
    }

    async fn work_lanes(&self, mut shutdown: watch::Receiver<bool>) {
        let mut wakeups = self.desk.0.store.wakeups();
        let mut running = JoinSet::new();
        while !*shutdown.borrow() {
            wakeups.mark_unchanged();
            while running.try_join_next().is_some() {}
            let has_room = self.fill(&mut running).await;
            tokio::select! {
                _ = running.join_next(), if !running.is_empty() => {}
                _ = wakeups.changed(), if has_room => {}
                changed = shutdown.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(POLL), if has_room => {}
            }
        }
        self.desk.0.ending.begin();
        while running.join_next().await.is_some() {}
    }

    /// Claims as many lanes as there are free slots; `true` when slots are still free.
    async fn fill(&self, running: &mut JoinSet<()>) -> bool {
        let slots = usize::try_from(self.desk.0.config.worker_slots).unwrap_or(usize::MAX).max(1);
        let free = slots.saturating_sub(running.len());
        if free == 0 {
            return false;
        }
        match self.desk.claim(u32::try_from(free).unwrap_or(u32::MAX)).await {
            Ok(leases) => {
                let has_room = leases.len() < free;
                for lease in leases {
                    let desk = self.desk.clone();
                    running.spawn(async move {
                        desk.work(lease).await;
                    });
                }
                has_room
            }
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be read now");
                tokio::time::sleep(STORE_PAUSE).await;
                true
            }
        }
    }

    /// Looks at the time beside the lanes: loading a plugin that another host installed may take long and
    /// must not keep work from being claimed.
    async fn keep_time(&self, mut shutdown: watch::Receiver<bool>) {
        let ticking = async {
            let mut ticks = ticks();
            loop {
                ticks.tick().await;
                self.tick().await;
            }
        };
        // Beside the rest: it reads whole stories, and neither schedules nor another host's switch wait for that.
        let making_up = async {
            let mut ticks = ticks();
            loop {
                ticks.tick().await;
                if let Err(error) = Box::pin(self.desk.make_up()).await {
                    tracing::warn!(%error, "what came in while automation was off could not be made up for now");
                }
            }
        };
        let comparing = async {
            let mut differed = false;
            loop {
                differed = self.desk.compare_clocks(differed).await;
                tokio::time::sleep(CLOCKS_EVERY).await;
            }
        };
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => {}
            () = ticking => {}
            () = making_up => {}
            () = comparing => {}
        }
    }

    async fn tick(&self) {
        // Another host may have installed, switched or quarantined something.
        if let Err(error) = self.desk.reload_plugins().await {
            tracing::warn!(%error, "installations could not be read now");
        }
        if let Err(error) = self.desk.fire_due_schedules().await {
            tracing::warn!(%error, "schedules could not be fired now");
        }
        if let Err(error) = self.desk.spell_addresses().await {
            tracing::warn!(%error, "addresses could not be written in their new spelling now");
        }
        if let Err(error) = self.desk.keep_retention().await {
            tracing::warn!(%error, "what was kept long enough could not be taken out now");
        }
    }
}

/// Each time something is to be looked at.
fn ticks() -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(SCHEDULES_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks
}

impl Desk {
    async fn claim(&self, limit: u32) -> Result<Vec<Lease>, StoreError> {
        // What became of a mail comes first: who claimed its job before it is written could not know.
        if !self.0.unwritten.is_empty() {
            return Ok(Vec::new());
        }
        let claimed = self.0.store.claim(&self.0.owner, limit, self.now(), self.0.config.lease_ms).await?;
        Ok(claimed.into_iter().filter(|lease| !self.0.handing.takes(lease)).collect())
    }

    /// Works the queue until nothing is ready.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn settle(&self) -> Result<Settled, DeskError> {
        let mut settled = Settled::default();
        loop {
            let leases = self.claim(self.0.config.worker_slots.max(1)).await?;
            if leases.is_empty() {
                return Ok(settled);
            }
            let mut running = JoinSet::new();
            for lease in leases {
                let desk = self.clone();
                running.spawn(async move { desk.work(lease).await });
            }
            while let Some(ended) = running.join_next().await {
                settled.jobs += 1;
                settled.failures += u64::from(!matches!(ended, Ok(true)));
            }
        }
    }

    /// Works one claimed job to its end, and once more with a lease of its lane that came too late for that; `false`
    /// when the job's own code failed.
    async fn work(&self, lease: Lease) -> bool {
        let mut went_well = true;
        let mut next = Some(lease);
        while let Some(lease) = next {
            let working = self.0.handing.work(&lease);
            went_well &= self.work_once(&lease).await;
            next = working.end();
        }
        went_well
    }

    async fn work_once(&self, lease: &Lease) -> bool {
        let name = lease.job.name();
        let work = AssertUnwindSafe(self.with_heartbeat(lease)).catch_unwind();
        let ended = match work.await {
            Ok(ended) => ended,
            Err(_) => {
                let sentence = "The job's code panicked: a defect worth a report.";
                Err(DeskError::Refused(Refusal::new("panicked", sentence)))
            }
        };
        metrics::counter!("kulanz_jobs_total", "kind" => name, "outcome" => if ended.is_ok() { "ok" } else { "failed" }).increment(1);
        let error = match ended {
            Ok(Outcome::Committed) => return true,
            Ok(Outcome::Lost) | Err(DeskError::Store(StoreError::Stale("lease"))) => {
                metrics::counter!("kulanz_leases_lost_total").increment(1);
                return true;
            }
            Ok(Outcome::Done(mut facts)) => {
                facts.push(Fact::finish(&self.as_held(lease)));
                match self.0.store.commit(Commit { facts }).await {
                    Ok(()) | Err(StoreError::Stale("lease")) => return true,
                    Err(error) => error.into(),
                }
            }
            Err(error) => error,
        };
        self.put_back(lease, &error).await;
        false
    }

    /// A job whose own code failed goes back for later, and is buried when it keeps failing. What passes by
    /// itself (a full disk, a lost connection, a crowd on one ticket) never buries: tries of another kind
    /// may have been counted before, and the job is not to blame.
    async fn put_back(&self, lease: &Lease, error: &DeskError) {
        tracing::error!(job = lease.job.name(), lane = lease.lane, %error, "a job failed and is put back");
        let passes = matches!(
            error,
            DeskError::Busy(_) | DeskError::Store(StoreError::Unavailable(_) | StoreError::Full)
        );
        let lease = &self.as_held(lease);
        let fact = if lease.attempts + 1 >= HOUSE_ATTEMPTS_MAX && !passes {
            Fact::bury(lease, error.to_string(), self.now())
        } else {
            let wait_ms = 1_000_i64 << lease.attempts.clamp(0, 12);
            Fact::retry(lease, self.now().plus(wait_ms), error.to_string())
        };
        // When this fails as well, the lease runs out and somebody takes the lane over.
        if let Err(error) = self.0.store.commit(Commit { facts: vec![fact] }).await {
            tracing::warn!(%error, "a job could not be put back; its lease will run out");
        }
    }

    /// Works a job and keeps its lease alive; stops at once when the lease is lost. A job that has just
    /// ended wins over the heartbeat, which finds its lane gone.
    async fn with_heartbeat(&self, lease: &Lease) -> Result<Outcome, DeskError> {
        tokio::select! {
            biased;
            ended = self.dispatch(lease) => ended,
            () = self.until_lost(lease) => Ok(Outcome::Lost),
        }
    }

    /// Prolongs a lease until somebody else has it. A store that does not answer is no such sign: the fence
    /// decides when the job is done. A message that is being handed over is seen through all the same: what becomes of
    /// it would be lost.
    async fn until_lost(&self, lease: &Lease) {
        let lease_ms = self.0.config.lease_ms;
        let every = Duration::from_millis(u64::try_from(lease_ms / 3).unwrap_or(10_000).max(100));
        loop {
            tokio::time::sleep(every).await;
            let fence = self.0.handing.fence(lease);
            let held = self.0.store.extend(&lease.lane, fence, self.now(), lease_ms).await;
            if held == Ok(false) && !self.0.handing.has(lease) {
                return;
            }
        }
    }

    async fn dispatch(&self, lease: &Lease) -> Result<Outcome, DeskError> {
        match lease.job.clone() {
            Job::Intake { intake_id } => self.work_intake(lease, intake_id).boxed().await,
            Job::Turn { event_id, only, hook } => {
                let only = only.map(|installation_id| Retried { installation_id, hook });
                self.work_turn(lease, event_id, only).boxed().await
            }
            Job::Deliver { message_id } => self.work_deliver(lease, message_id).boxed().await,
            Job::Webhook { webhook_id, event_id } => {
                self.work_webhook(lease, webhook_id, event_id).boxed().await
            }
            Job::Timer { ticket_id, installation_id, key, depth, cause } => {
                let data = serde_json::json!({ "key": key, "installation_id": installation_id });
                self.work_timer(lease, ticket_id, data, cause, depth).boxed().await
            }
        }
    }

    /// A timer comes due: an event on the ticket, handled in its lane like any other. What it began with is known only
    /// where that was late; its depth always.
    async fn work_timer(
        &self,
        lease: &Lease,
        ticket_id: domain::id::TicketId,
        data: serde_json::Value,
        began_with: Option<EventId>,
        depth: u32,
    ) -> Result<Outcome, DeskError> {
        let mut races = Races::about("the ticket");
        loop {
            let attempt = async {
                let Some(ticket) = self.0.store.ticket(ticket_id).await? else {
                    return Ok(Outcome::Done(Vec::new()));
                };
                let mut work = Work::on(ticket);
                let mut stamp = self.stamp(Actor::system());
                let event_id = began_with.unwrap_or_else(|| EventId::mint(stamp.ids, stamp.now));
                stamp.cause = Some(Cause { event_id, run_id: None, depth });
                work.record(&stamp, EventType::TimerDue, Vec::new(), data.clone());
                let mut facts = self.work_facts(std::slice::from_mut(&mut work)).await;
                facts.push(Fact::finish(lease));
                ended(self.0.store.commit(Commit { facts }).await.map_err(DeskError::from))
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    /// Puts a job that was given up back into its lane.
    ///
    /// # Errors
    /// When there is none.
    pub async fn retry_dead(&self, lane: &str, sequence: i64, actor: Actor) -> Result<(), DeskError> {
        let dead = self.0.store.dead_job(lane, sequence).await?;
        let dead = dead.ok_or_else(|| DeskError::missing("dead job", format!("{lane} {sequence}")))?;
        let facts = vec![
            Fact::RemoveDead { lane: lane.to_owned(), sequence },
            Fact::Enqueue(NewJob { lane: lane.to_owned(), ready_at: self.now(), job: dead.job }),
            self.audit(&actor, "job.retried", lane, serde_json::json!({ "sequence": sequence })),
        ];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }
}

#[cfg(test)]
mod tests;
