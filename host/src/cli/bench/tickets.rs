//! `bench tickets`: raw mails in, committed replies out, as fast as it goes. First all mails are taken
//! in; then the house's own worker runs. Work is claimed oldest first, so what is measured falls into
//! stretches: taking in, making tickets, triage and answer, and at last the handing over of mails.

use std::time::{Duration, Instant};

use clap::Args;
use desk::{Desk, Worker};
use futures::{StreamExt, TryStreamExt};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use super::counters::Counters;
use super::figures::{Aim, Figures};
use super::stand::{Stand, Workplace};
use super::{disk, mails, process};
use crate::cli::Ground;
use crate::telemetry;

/// Mails on their way into the database at the same time.
const IN_FLIGHT: usize = 64;
/// How often the counters are looked at while the worker runs.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Slowest rate that is waited for, tickets per second, and the patience on top.
const SLOWEST: u64 = 10;
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(in crate::cli) struct Tickets {
    /// Mails
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    count: u64,
    /// Jobs worked on at the same time [default: desk.worker_slots]
    #[arg(long)]
    slots: Option<u32>,
    #[command(flatten)]
    place: Workplace,
}

/// When a stretch ended, from the beginning, and the process's time until then.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    wall: Duration,
    cpu: Duration,
}

/// The ends of the stretches.
struct Course {
    received: Mark,
    made: Mark,
    answered: Mark,
    delivered: Mark,
    counters: Counters,
}

struct Clock {
    begun: Instant,
    cpu: Duration,
}

impl Clock {
    fn start() -> Self {
        Self { begun: Instant::now(), cpu: process::cpu().unwrap_or_default() }
    }

    fn mark(&self) -> Mark {
        let cpu = process::cpu().unwrap_or_default().saturating_sub(self.cpu);
        Mark { wall: self.begun.elapsed(), cpu }
    }
}

impl Tickets {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let metrics = telemetry::record_metrics()?;
        let syncs = disk::syncs_per_second(self.place.folder()?.path())?;
        let stand = Box::pin(Stand::set_up(ground, &self.place, self.slots)).await?;
        let clock = Clock::start();
        receive(&stand.desk, self.count).await?;
        let received = clock.mark();
        let course = work(&stand.desk, &metrics, self.count, &clock, received).await?;
        self.tell(&stand, &course, syncs)?;
        stand.close().await;
        Ok(())
    }

    fn tell(&self, stand: &Stand, course: &Course, syncs: f64) -> anyhow::Result<()> {
        let n = self.count as f64;
        let rate = |time: Duration| n / time.as_secs_f64();
        let per_ticket = |time: Duration| time.as_secs_f64() * 1e6 / n;
        let mut figures = Figures::of("tickets");
        let aim = Aim::AtLeast(1_000.0);
        figures.aimed(
            "tickets_per_second",
            "tickets, mail to committed reply",
            rate(course.answered.wall),
            "tickets/s",
            aim,
        );
        figures.add(
            "with_delivery_per_second",
            "the same, until every reply is handed over",
            rate(course.delivered.wall),
            "tickets/s",
        );
        let mut before = Mark::default();
        for (key, label, mark) in [
            ("receive", "taking in (sealed, committed)", course.received),
            ("make", "making tickets (redaction)", course.made),
            ("answer", "triage and answer", course.answered),
            ("deliver", "gate and handing over", course.delivered),
        ] {
            let (wall, cpu) = (mark.wall.saturating_sub(before.wall), mark.cpu.saturating_sub(before.cpu));
            figures.add(format!("{key}_wall_us"), label, per_ticket(wall), "us/ticket");
            figures.add(format!("{key}_cpu_us"), format!("{label}, processor"), per_ticket(cpu), "us/ticket");
            before = mark;
        }
        figures.add(
            "cpu_us_per_ticket",
            "processor, mail to committed reply",
            per_ticket(course.answered.cpu),
            "us/ticket",
        );
        for (plugin, runs) in course.counters.plugins.iter().filter(|(_, runs)| runs.runs > 0) {
            figures.add(
                format!("{plugin}_us"),
                format!("run of {plugin}"),
                runs.seconds * 1e6 / runs.runs as f64,
                "us/run",
            );
        }
        figures.add("replies", "replies handed over", stand.sink.taken().len() as f64, "mails");
        figures.add("syncs_per_second", "the disk alone: 4 KiB written and synced", syncs, "syncs/s");
        figures.note(format!(
            "{} mails of 0.4 kB, German and English, a sender each, an IBAN in every fourth; {}, {} jobs at a time",
            self.count,
            stand.database,
            stand.desk.config().worker_slots
        ));
        figures.note("everything is committed with full durability; each mail waits for its own commit");
        figures.print(self.place.json)
    }
}

async fn receive(desk: &Desk, count: u64) -> anyhow::Result<()> {
    futures::stream::iter(0..count)
        .map(|n| async move { desk.receive_mail("bench", mails::mail(n)).await })
        .buffer_unordered(IN_FLIGHT)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    Ok(())
}

/// Lets the worker run until everything is handed over, and notes when each stretch ended.
async fn work(
    desk: &Desk,
    metrics: &PrometheusHandle,
    count: u64,
    clock: &Clock,
    received: Mark,
) -> anyhow::Result<Course> {
    let (stop, stopped) = watch::channel(false);
    let worker = Worker::new(desk.clone());
    let worker = tokio::spawn(async move { worker.run(stopped).await });
    let patience = PATIENCE + Duration::from_secs(count / SLOWEST);
    let (mut made, mut answered, mut turns) = (None, received, 0);
    let counters = loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let counters = Counters::read(&metrics.render());
        if counters.intakes >= count {
            made.get_or_insert_with(|| clock.mark());
        }
        if counters.turns > turns {
            (turns, answered) = (counters.turns, clock.mark());
        }
        // Counting the queue is not free: only when it could be empty.
        if turns >= count && is_idle(desk).await? {
            break counters;
        }
        anyhow::ensure!(
            counters.failures == 0,
            "{} jobs failed: see the log (--log info)",
            counters.failures
        );
        anyhow::ensure!(
            clock.begun.elapsed() < patience,
            "not settled after {patience:?}: {} of {count} tickets made, {turns} answered",
            counters.intakes
        );
    };
    let delivered = clock.mark();
    // The worker listens until it ends: nobody else could have gone.
    let _ = stop.send(true);
    worker.await?;
    Ok(Course { received, made: made.unwrap_or(answered), answered, delivered, counters })
}

async fn is_idle(desk: &Desk) -> anyhow::Result<bool> {
    let queue = desk.ask().queue(desk.now()).await?;
    // A delivery that finds as many as may be on their way waits for a moment.
    Ok(queue.ready + queue.waiting + queue.leased == 0)
}
