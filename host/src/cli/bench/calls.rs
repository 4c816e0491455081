//! `bench calls`: a fresh, metered, isolated instance per call, one call after the other on one thread,
//! beside native calls that do nothing and that do the same.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use domain::plugin::Hook;
use domain::snapshot::Snapshot;
use runtime::{Call, Input, NoHost, Plugin};

use super::figures::{Aim, Figures, Times};
use super::{mails, process, stand};
use crate::cli::{Ground, RefusedHere, plugin};
use crate::sample::{CASE_TIME, Case};
use crate::wire;

/// Calls before measuring: caches, pools and branch predictors are as in a running house.
const WARM_UP: usize = 2_000;
/// Turns in which the plugins are measured alternately, so that a busy moment hits all of them.
const ROUNDS: usize = 20;
/// Native calls that are timed together: one alone is shorter than a look at the clock.
const NATIVE_BATCH: u32 = 1_000;
/// Languages that bring an interpreter along take a hundred times as long.
const SELDOM: usize = 50;

#[derive(Debug, Args)]
pub(in crate::cli) struct Calls {
    /// Further component files with a triage hook, in any language; they are called a fiftieth as often
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Measured calls of each plugin
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(20..=10_000_000))]
    calls: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One plugin with everything a call of it needs.
struct Subject {
    key: String,
    label: String,
    plugin: Arc<Plugin>,
    call: Call,
    times: Times,
    wall: Duration,
    cpu: Duration,
    fuel: u64,
    /// It is called once where others are called so often.
    seldom: usize,
}

impl Calls {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let mut config = ground.settings()?;
        config.runtime.pooling = true;
        let sandbox = wire::runtime(&config, None)?;
        let mut subjects = Vec::new();
        for (key, label, bytes) in [
            ("good_triage", "small guest (good_triage)", stand::guest("good_triage").await?),
            ("triage", "bundled triage", bundled().await?),
        ] {
            subjects.push(Subject::new(key, label, sandbox.load(&bytes).await?, 1));
        }
        for file in &self.files {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            let plugin = sandbox.load(&bytes).await?;
            if !plugin.inspection().hooks.contains(&Hook::Triage) {
                return Err(RefusedHere::because(format!("{}: it has no triage hook", file.display())));
            }
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            subjects.push(Subject::new(&name, &name, plugin, SELDOM));
        }
        let calls = usize::try_from(self.calls)?;
        // A thread of its own with nothing else on it: no work of others is stolen, none is given away.
        let subjects = tokio::task::spawn_blocking(move || {
            let thread = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            thread.block_on(measure(subjects, calls))
        })
        .await??;
        self.tell(subjects)
    }

    fn tell(&self, subjects: Vec<Subject>) -> anyhow::Result<()> {
        let mut figures = Figures::of("calls");
        for subject in &subjects {
            subject.tell(&mut figures);
        }
        let snapshot = snapshot();
        figures.add("native_empty_ns", "empty native call", native(&Empty, &snapshot), "ns");
        figures.add("native_words_ns", "the small guest's work, native", native(&Words, &snapshot), "ns");
        figures.note(format!(
            "{} calls each after {WARM_UP} of warm-up, {ROUNDS} rounds by turns, one thread, pooled memory; {} bytes of text",
            self.calls,
            snapshot.view.messages.first().map_or(0, |m| m.text.len())
        ));
        figures
            .note("each call: a fresh instance with fuel, deadline and memory limits; nothing survives it");
        figures.note("calls per second by processor time leave out what other programs took");
        figures.print(self.json)
    }
}

impl Subject {
    fn new(key: &str, label: &str, plugin: Arc<Plugin>, seldom: usize) -> Self {
        let call = call(&plugin);
        let (times, wall, cpu) = (Times::default(), Duration::ZERO, Duration::ZERO);
        let (key, label) = (key.to_owned(), label.to_owned());
        Self { key, label, plugin, call, times, wall, cpu, fuel: 0, seldom }
    }

    /// Calls `n` times; `counted` ones go into the figures.
    async fn work(&mut self, n: usize, counted: bool) -> anyhow::Result<()> {
        let n = n.div_ceil(self.seldom);
        let mut times = Times::with_capacity(n);
        let (cpu, begun) = (process::thread_cpu(), Instant::now());
        for _ in 0..n {
            let call = self.call.clone();
            let started = Instant::now();
            let report = self.plugin.run(call).await;
            times.push(started.elapsed());
            report.outcome.map_err(|fault| anyhow::anyhow!("{}: {}", self.label, fault.hint()))?;
            self.fuel = report.fuel;
        }
        if counted {
            self.wall += begun.elapsed();
            self.cpu += process::thread_cpu().zip(cpu).map_or(Duration::ZERO, |(now, then)| now - then);
            self.times.append(times);
        }
        Ok(())
    }

    fn tell(&self, figures: &mut Figures) {
        let (key, label) = (&self.key, &self.label);
        let calls = self.times.len() as f64;
        let mut figure = |name: &str, value: f64, unit: &'static str, aim: Option<Aim>| {
            let (key, label) = (format!("{key}_{name}"), format!("{label}, {}", name.replace('_', " ")));
            match aim {
                Some(aim) => figures.aimed(key, label, value, unit, aim),
                None => figures.add(key, label, value, unit),
            }
        };
        figure("p25_us", self.times.at_us(25), "us", None);
        figure("median_us", self.times.at_us(50), "us", Some(Aim::AtMost(30.0)));
        figure("p99_us", self.times.at_us(99), "us", None);
        figure("per_second", calls / self.wall.as_secs_f64(), "calls/s", Some(Aim::AtLeast(25_000.0)));
        if self.cpu > Duration::ZERO {
            figure("per_cpu_second", calls / self.cpu.as_secs_f64(), "calls/s", None);
        }
        figure("fuel", self.fuel as f64, "fuel", None);
    }
}

/// A call of a plugin's triage hook with all that it asks for.
pub(super) fn call(plugin: &Plugin) -> Call {
    let manifest = &plugin.inspection().manifest;
    Call {
        input: Input::Ticket { hook: Hook::Triage, snapshot: Arc::new(snapshot()) },
        grants: Arc::new(manifest.requested()),
        settings: manifest.default_settings().to_string().into(),
        limits: manifest.limits,
        seed: 1,
        now: CASE_TIME,
        host: Arc::new(NoHost),
        replay: None,
    }
}

async fn measure(mut subjects: Vec<Subject>, calls: usize) -> anyhow::Result<Vec<Subject>> {
    for subject in &mut subjects {
        subject.work(WARM_UP, false).await?;
    }
    for _ in 0..ROUNDS {
        for subject in &mut subjects {
            subject.work(calls / ROUNDS, true).await?;
        }
    }
    for subject in &mut subjects {
        subject.times.sort();
    }
    Ok(subjects)
}

async fn bundled() -> anyhow::Result<Vec<u8>> {
    let built = plugin::build_bundled().await?;
    let triage = built.into_iter().find(|built| built.name == "kulanz.triage");
    Ok(triage.context("the bundled triage plugin was not built")?.bytes)
}

/// A ticket with one mail of 0.4 kB that a customer would call urgent.
pub(super) fn snapshot() -> Snapshot {
    let (subject, text) = mails::letter(1);
    let text = format!("{text}\nThis is urgent.");
    Case { subject, text, language: Some("en".to_owned()), ..Case::default() }.snapshot()
}

/// What a plugin would be without a sandbox.
trait Native {
    fn call(&self, snapshot: &Snapshot) -> usize;
}

struct Empty;

impl Native for Empty {
    fn call(&self, _: &Snapshot) -> usize {
        0
    }
}

/// The same words as the small guest looks for.
struct Words;

impl Native for Words {
    fn call(&self, snapshot: &Snapshot) -> usize {
        const URGENT: &[&str] = &["urgent", "asap", "immediately", "dringend", "sofort", "eilt"];
        let text = snapshot.view.messages.last().map(|m| m.text.to_lowercase()).unwrap_or_default();
        URGENT.iter().position(|word| text.contains(word)).unwrap_or(URGENT.len())
    }
}

/// Nanoseconds of a native call: the middle of many batches.
fn native(subject: &dyn Native, snapshot: &Snapshot) -> f64 {
    let mut batches = Times::default();
    for _ in 0..101 {
        let begun = Instant::now();
        for _ in 0..NATIVE_BATCH {
            black_box(black_box(subject).call(black_box(snapshot)));
        }
        batches.push(begun.elapsed());
    }
    batches.sort();
    batches.at_us(50) * 1_000.0 / f64::from(NATIVE_BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_native_triage_finds_the_word_that_the_guest_finds() {
        assert_eq!(Words.call(&snapshot()), 0);
        assert_eq!(Words.call(&Case::default().snapshot()), 6);
        assert!(native(&Words, &snapshot()) > native(&Empty, &snapshot()));
    }
}
