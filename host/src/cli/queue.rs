//! `kulanz queue`: work that waits, and work that was given up.

use clap::Subcommand;
use desk::{DeadJob, Page};

use super::{Ground, instead, operator, screen};

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// How much work there is
    Show {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List jobs that were given up, with the reason
    Dead {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Try a job again that was given up
    Retry {
        /// Its lane
        lane: String,
        /// Its place in the lane
        sequence: i64,
    },
}

/// Dead jobs listed at a time.
const PAGE: u32 = 100;

impl QueueCommand {
    const fn instead(&self) -> &'static str {
        match self {
            Self::Show { .. } => instead::QUEUE,
            Self::Dead { .. } => instead::DEAD,
            Self::Retry { .. } => instead::RETRY,
        }
    }

    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(self.instead()).await?;
        let desk = &house.desk;
        match self {
            Self::Show { json } => {
                let queue = desk.ask().queue(desk.now()).await?;
                if json {
                    screen::json(&queue)?;
                } else {
                    screen::line(format_args!(
                        "ready {}   waiting {}   leased {}   dead {}",
                        queue.ready, queue.waiting, queue.leased, queue.dead
                    ))?;
                }
            }
            Self::Dead { json } => dead(desk, json).await?,
            Self::Retry { lane, sequence } => {
                desk.retry_dead(&lane, sequence, operator()).await?;
                screen::say("It waits again; the server works it, or `kulanz ingest --wait` does.");
            }
        }
        house.close().await;
        Ok(())
    }
}

async fn dead(desk: &desk::Desk, json: bool) -> anyhow::Result<()> {
    let mut page = Page::first(PAGE);
    loop {
        let jobs = desk.ask().dead_jobs(&page).await?;
        let Some(last) = jobs.last() else { return Ok(()) };
        page = Page::after(last.sequence, PAGE);
        for job in &jobs {
            print(job, json)?;
        }
    }
}

fn print(dead: &DeadJob, json: bool) -> anyhow::Result<()> {
    if json {
        return screen::json(&serde_json::json!({
            "lane": dead.lane, "sequence": dead.sequence, "job": dead.job, "attempts": dead.attempts,
            "last_error": dead.last_error, "died_at": dead.died_at,
        }));
    }
    screen::line(format_args!(
        "{} {}  {:<8} after {} at {}: {}",
        dead.lane,
        dead.sequence,
        dead.job.name(),
        screen::count(u64::try_from(dead.attempts).unwrap_or(0), "try").replace("trys", "tries"),
        dead.died_at,
        dead.last_error
    ))?;
    Ok(())
}
