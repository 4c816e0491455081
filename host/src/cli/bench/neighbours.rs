//! `bench neighbours`: a small plugin is called at a steady rate, quietly, then while another plugin loops for ever
//! (called again whenever its deadline ended it), then while two hundred calls that burn their fuel begin at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use domain::plugin::Limits;
use runtime::{Call, Plugin};
use tokio::task::JoinSet;

use super::figures::{Aim, Figures, Times};
use super::{calls, stand};
use crate::cli::Ground;
use crate::wire;

/// Turns in which quiet and noise are measured alternately, so that a busy moment of the machine hits both.
const ROUNDS: u32 = 4;
/// Calls that begin at once.
const CROWD: u32 = 200;
/// Fuel that each of them burns: some milliseconds.
const CROWD_FUEL: u64 = 20_000_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct Neighbours {
    /// Calls per second of the small plugin
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    rate: u32,
    /// How long each kind of neighbourhood is measured
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(4..=600))]
    seconds: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Who else is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noise {
    Nobody,
    Looping,
    Crowd,
}

impl Neighbours {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let mut config = ground.settings()?;
        config.runtime.pooling = true;
        let sandbox = wire::runtime(&config, None)?;
        let good = sandbox.load(&stand::guest("good_triage").await?).await?;
        let looping = sandbox.load(&stand::guest("spin_forever").await?).await?;
        let kinds = [Noise::Nobody, Noise::Looping, Noise::Crowd];
        let mut times = kinds.map(|_| Times::default());
        self.calls(&good, self.rate).await?;
        for _ in 0..ROUNDS {
            for (noise, times) in kinds.iter().zip(&mut times) {
                times.append(self.beside(*noise, &good, &looping).await?);
            }
        }
        times.iter_mut().for_each(Times::sort);
        self.tell(&times)
    }

    fn tell(&self, [quiet, looping, crowd]: &[Times; 3]) -> anyhow::Result<()> {
        let mut figures = Figures::of("neighbours");
        let p99 = quiet.at_us(99);
        figures.add("quiet_p50_us", "alone, p50", quiet.at_us(50), "us");
        figures.add("quiet_p99_us", "alone, p99", p99, "us");
        for (key, label, times) in
            [("looping", "while one loops", looping), ("crowd", "while two hundred begin at once", crowd)]
        {
            figures.add(format!("{key}_p50_us"), format!("{label}, p50"), times.at_us(50), "us");
            figures.add(format!("{key}_p99_us"), format!("{label}, p99"), times.at_us(99), "us");
        }
        let ratio = looping.at_us(99) / p99;
        figures.aimed("looping_ratio", "while one loops, p99 to alone", ratio, "times", Aim::AtMost(2.0));
        let label = "while two hundred begin at once, p99";
        figures.aimed("crowd_p99_ms", label, crowd.at_ms(99), "ms", Aim::AtMost(500.0));
        figures.note(format!(
            "{} calls/s of the small guest, {ROUNDS} rounds by turns; a call's time runs from the instant it was due to its report",
            self.rate
        ));
        figures.print(self.json)
    }

    /// The small plugin's times with this neighbour.
    async fn beside(&self, noise: Noise, good: &Arc<Plugin>, looping: &Arc<Plugin>) -> anyhow::Result<Times> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut others = JoinSet::new();
        match noise {
            Noise::Nobody => {}
            Noise::Looping => {
                let (plugin, stop) = (Arc::clone(looping), Arc::clone(&stop));
                others.spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        plugin.run(calls::call(&plugin)).await;
                    }
                });
            }
            Noise::Crowd => {
                for _ in 0..CROWD {
                    let plugin = Arc::clone(looping);
                    let limits = Limits { fuel_base: CROWD_FUEL, fuel_per_byte: 0, ..Limits::default() };
                    others.spawn(async move {
                        plugin.run(Call { limits, ..calls::call(&plugin) }).await;
                    });
                }
            }
        }
        let times = self.calls(good, self.rate * self.seconds / ROUNDS).await;
        stop.store(true, Ordering::Relaxed);
        while others.join_next().await.is_some() {}
        times
    }

    /// So many calls at the steady rate.
    async fn calls(&self, plugin: &Arc<Plugin>, count: u32) -> anyhow::Result<Times> {
        let begun = Instant::now();
        let mut running = JoinSet::new();
        for n in 0..count {
            let due = begun + Duration::from_secs(1) * n / self.rate;
            tokio::time::sleep_until(due.into()).await;
            // The timer of the runtime has a grain of a millisecond: lateness of waking up is not the plugin's.
            let due = Instant::now();
            let plugin = Arc::clone(plugin);
            running.spawn(async move {
                let report = plugin.run(calls::call(&plugin)).await;
                (due.elapsed(), report.outcome)
            });
        }
        let mut times = Times::default();
        while let Some(ended) = running.join_next().await {
            let (time, outcome) = ended?;
            outcome.map_err(|fault| anyhow::anyhow!("the small guest: {}", fault.hint()))?;
            times.push(time);
        }
        Ok(times)
    }
}
