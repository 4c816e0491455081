//! `bench latency`: mails arrive at a steady rate, whatever the house does, and each is followed until
//! its reply is committed. A mail's time runs from the instant it was due, so that a stall is not hidden.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use desk::{Desk, InstallRequest, Worker};
use domain::id::IntakeId;
use domain::message::Direction;
use domain::plugin::Mode;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::figures::{Aim, Figures, Times};
use super::stand::{Sink, Stand, Workplace};
use super::{disk, mails, process};
use crate::cli::{Ground, operator};

/// How often the store is asked whether a mail has its reply: a figure may be too high by as much.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// Mails that may be asked for at that pace; with more of them each is asked for less often, so that the
/// asking does not become the load.
const LOOKED_FOR: u32 = 16;
/// How long a reply is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// Mails before measuring.
const WARM_UP: u64 = 200;

#[derive(Debug, Args)]
pub(in crate::cli) struct Latency {
    /// Mails per second
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// How long
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Jobs worked on at the same time [default: desk.worker_slots]
    #[arg(long)]
    slots: Option<u32>,
    /// After half of the time this component is installed beside; mails of that while are told apart
    #[arg(long, value_name = "FILE")]
    install: Option<PathBuf>,
    #[command(flatten)]
    place: Workplace,
}

/// When a plugin was being installed.
type While = (Instant, Instant);

/// What became of one mail.
struct Followed {
    due: Instant,
    sender: String,
    stored: Duration,
    replied: Option<Duration>,
}

impl Latency {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let syncs = disk::syncs_per_second(self.place.folder()?.path())?;
        let stand = Box::pin(Stand::set_up(ground, &self.place, self.slots)).await?;
        let (stop, stopped) = watch::channel(false);
        let worker = Worker::new(stand.desk.clone());
        let worker = tokio::spawn(async move { worker.run(stopped).await });
        arrivals(&stand.desk, 0..WARM_UP, self.rate).await?;
        let (cpu, begun) = (process::cpu(), Instant::now());
        let measured = u64::from(self.rate) * self.seconds;
        let installing = self.install_at_half_time(&stand.desk)?;
        let followed = arrivals(&stand.desk, WARM_UP..WARM_UP + measured, self.rate).await?;
        let installed = match installing {
            Some(task) => Some(task.await??),
            None => None,
        };
        let cpu = process::cpu().zip(cpu).map(|(now, then)| now.saturating_sub(then));
        let busy = cpu.map(|cpu| cpu.as_secs_f64() * 100.0 / begun.elapsed().as_secs_f64());
        // The worker listens until it ends: nobody else could have gone.
        let _ = stop.send(true);
        worker.await?;
        self.tell(&stand, &followed, installed, busy, syncs)?;
        stand.close().await;
        Ok(())
    }

    /// Begins to install the component when half of the time is over.
    fn install_at_half_time(
        &self,
        desk: &Desk,
    ) -> anyhow::Result<Option<tokio::task::JoinHandle<anyhow::Result<While>>>> {
        let Some(file) = &self.install else { return Ok(None) };
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        let (desk, half) = (desk.clone(), Duration::from_secs(self.seconds) / 2);
        Ok(Some(tokio::spawn(async move {
            tokio::time::sleep(half).await;
            let begun = Instant::now();
            let request = InstallRequest::new(bytes, Mode::Shadow);
            Box::pin(desk.install(request, operator())).await?;
            Ok((begun, Instant::now()))
        })))
    }

    fn tell(
        &self,
        stand: &Stand,
        followed: &[Followed],
        installed: Option<While>,
        busy: Option<f64>,
        syncs: f64,
    ) -> anyhow::Result<()> {
        let mut figures = Figures::of("latency");
        let mut replied = sorted(followed.iter().filter_map(|f| f.replied));
        replied.sort();
        figures.add("replied_p50_ms", "arrival to committed reply, p50", replied.at_ms(50), "ms");
        figures.aimed(
            "replied_p99_ms",
            "arrival to committed reply, p99",
            replied.at_ms(99),
            "ms",
            Aim::AtMost(100.0),
        );
        figures.add("replied_max_ms", "arrival to committed reply, longest", replied.at_ms(100), "ms");
        if let Some((begun, ended)) = installed {
            let of = |wanted: &dyn Fn(Instant) -> bool| {
                sorted(followed.iter().filter(|f| wanted(f.due)).filter_map(|f| f.replied))
            };
            let (before, during) = (of(&|due| due < begun), of(&|due| due >= begun && due < ended));
            let seconds = ended.duration_since(begun).as_secs_f64();
            figures.add("install_s", "installing a component", seconds, "s");
            figures.add("before_p99_ms", "mails before it, p99", before.at_ms(99), "ms");
            figures.add("during_p50_ms", "mails while it was installed, p50", during.at_ms(50), "ms");
            figures.add("during_p99_ms", "mails while it was installed, p99", during.at_ms(99), "ms");
        }
        let stored = sorted(followed.iter().map(|f| f.stored));
        figures.add("stored_p50_ms", "arrival to acknowledged, p50", stored.at_ms(50), "ms");
        figures.add("stored_p99_ms", "arrival to acknowledged, p99", stored.at_ms(99), "ms");
        let handed = handed_over(&stand.sink, followed);
        figures.add("handed_over_p50_ms", "arrival to reply handed over, p50", handed.at_ms(50), "ms");
        figures.add("handed_over_p99_ms", "arrival to reply handed over, p99", handed.at_ms(99), "ms");
        figures.add("mails", "mails", followed.len() as f64, "mails");
        let without = followed.len() - replied.len();
        figures.add("without_reply", format!("without a reply after {PATIENCE:?}"), without as f64, "mails");
        if let Some(busy) = busy {
            figures.add("cpu_percent", "processor, of one core", busy, "%");
        }
        figures.add("syncs_per_second", "the disk alone: 4 KiB written and synced", syncs, "syncs/s");
        figures.note(format!(
            "{} mails/s for {} s on {}; a mail's time runs from the instant it was due",
            self.rate, self.seconds, stand.database
        ));
        figures.note(format!(
            "committed = the reply is read back from the store by another connection; asked every {LOOK_EVERY:?}, less often while more than {LOOKED_FOR} mails wait, so up to that much too high"
        ));
        figures.print(self.place.json)
    }
}

/// Sends mails at their instants and follows each of them.
async fn arrivals(desk: &Desk, numbers: std::ops::Range<u64>, rate: u32) -> anyhow::Result<Vec<Followed>> {
    let begun = Instant::now();
    let waiting = Arc::new(AtomicU32::new(0));
    let mut following = JoinSet::new();
    for (place, n) in (0_u32..).zip(numbers) {
        let due = begun + Duration::from_secs(1) * place / rate;
        tokio::time::sleep_until(due.into()).await;
        let (desk, waiting) = (desk.clone(), Arc::clone(&waiting));
        following.spawn(async move { follow(&desk, n, due, &waiting).await });
    }
    let mut followed = Vec::new();
    while let Some(ended) = following.join_next().await {
        followed.push(ended??);
    }
    Ok(followed)
}

async fn follow(desk: &Desk, n: u64, due: Instant, waiting: &AtomicU32) -> anyhow::Result<Followed> {
    let receipt = desk.receive_mail("bench", mails::mail(n)).await?;
    let stored = due.elapsed();
    waiting.fetch_add(1, Ordering::Relaxed);
    let replied = tokio::time::timeout(PATIENCE, reply(desk, receipt.intake_id, waiting)).await;
    waiting.fetch_sub(1, Ordering::Relaxed);
    let replied = match replied {
        Ok(found) => found.map(|()| Some(due.elapsed()))?,
        Err(_) => None,
    };
    Ok(Followed { due, sender: mails::sender(n), stored, replied })
}

/// Returns when the mail's ticket has a message of ours.
async fn reply(desk: &Desk, intake: IntakeId, waiting: &AtomicU32) -> anyhow::Result<()> {
    let mut ticket = None;
    loop {
        tokio::time::sleep(LOOK_EVERY * (1 + waiting.load(Ordering::Relaxed) / LOOKED_FOR)).await;
        if ticket.is_none() {
            ticket = desk.ask().intake(intake).await?.and_then(|intake| intake.ticket_id);
        }
        if let Some(ticket) = ticket
            && desk.ask().messages(ticket).await?.iter().any(|m| m.direction == Direction::Outbound)
        {
            return Ok(());
        }
    }
}

fn handed_over(sink: &Arc<Sink>, followed: &[Followed]) -> Times {
    let taken = sink.taken();
    sorted(followed.iter().filter_map(|f| Some(taken.get(&f.sender)?.duration_since(f.due))))
}

fn sorted(all: impl Iterator<Item = Duration>) -> Times {
    let mut times = Times::default();
    all.for_each(|time| times.push(time));
    times.sort();
    times
}
