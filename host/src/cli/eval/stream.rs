//! Many items through one function: some at the same time, answers in the order of the items, nothing
//! held in memory but what is being worked on.

use std::future::Future;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use futures::StreamExt;
use serde_json::Value;

use crate::cli::screen;

/// An item's answer: always an object for its line, and whether it failed.
pub(super) struct Answered {
    /// The line.
    pub(super) line: Value,
    /// Bytes of input.
    pub(super) bytes: u64,
    /// Whether it could not be judged.
    pub(super) failed: bool,
}

/// What the last line on stderr says.
#[derive(Debug, Default, PartialEq, serde::Serialize)]
pub(super) struct Summary {
    /// Items.
    pub(super) items: u64,
    /// Bytes of input.
    pub(super) bytes: u64,
    /// Wall time.
    pub(super) seconds: f64,
    /// Items that could not be judged.
    pub(super) failed: u64,
    /// What half of the items took at most, milliseconds.
    pub(super) p50_ms: f64,
    /// What all but one in a hundred took at most.
    pub(super) p99_ms: f64,
}

/// Works all jobs, `workers` at a time, writes every answer as a line, and says the summary.
pub(super) async fn answer_all<F>(
    jobs: impl Iterator<Item = F>,
    output: &Path,
    workers: u16,
) -> anyhow::Result<()>
where
    F: Future<Output = Answered> + Send + 'static,
{
    answer_all_then(jobs, output, workers, || ()).await
}

/// The same, with something to be said before the summary.
pub(super) async fn answer_all_then<F>(
    jobs: impl Iterator<Item = F>,
    output: &Path,
    workers: u16,
    closing: impl FnOnce(),
) -> anyhow::Result<()>
where
    F: Future<Output = Answered> + Send + 'static,
{
    let bar = screen::progress(None, "items");
    let mut out = open(output)?;
    let summary = write_all(jobs, &mut out, workers, || bar.inc(1))
        .await
        .with_context(|| output.display().to_string())?;
    bar.finish_and_clear();
    closing();
    screen::say(serde_json::to_string(&summary)?);
    Ok(())
}

async fn write_all<F>(
    jobs: impl Iterator<Item = F>,
    out: &mut impl Write,
    workers: u16,
    each: impl Fn(),
) -> anyhow::Result<Summary>
where
    F: Future<Output = Answered> + Send + 'static,
{
    let begun = Instant::now();
    let mut summary = Summary::default();
    // A task of its own for each item: only so do they run on several threads.
    let mut answers =
        futures::stream::iter(jobs).map(|job| tokio::spawn(timed(job))).buffered(usize::from(workers));
    let mut took = Vec::new();
    while let Some(answered) = answers.next().await {
        let (answered, micros) = answered?;
        took.push(micros);
        writeln!(out, "{}", screen::escaped(&serde_json::to_string(&answered.line)?))?;
        summary.items += 1;
        summary.bytes += answered.bytes;
        summary.failed += u64::from(answered.failed);
        each();
    }
    out.flush()?;
    summary.seconds = (begun.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
    took.sort_unstable();
    (summary.p50_ms, summary.p99_ms) = (at_most(&took, 50), at_most(&took, 99));
    Ok(summary)
}

/// A job, and how many microseconds it took.
async fn timed<F: Future<Output = Answered>>(job: F) -> (Answered, u32) {
    let begun = Instant::now();
    let answered = job.await;
    (answered, u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX))
}

/// Milliseconds that so many of a hundred took at most; 0 without any.
fn at_most(sorted: &[u32], of_a_hundred: usize) -> f64 {
    let place = (sorted.len() * of_a_hundred).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
}

fn open(output: &Path) -> anyhow::Result<Box<dyn Write + Send>> {
    if output.as_os_str() == "-" {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = std::fs::File::create(output).with_context(|| output.display().to_string())?;
    Ok(Box::new(BufWriter::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn answers_come_in_the_order_of_the_items_however_long_each_takes() {
        let jobs = (0..20_u64).map(|n| async move {
            // Earlier items give way more often than later ones.
            for _ in 0..(20 - n) * 5 {
                tokio::task::yield_now().await;
            }
            Answered { line: serde_json::json!({ "id": n }), bytes: 2, failed: n == 3 }
        });
        let mut out = Vec::new();
        let summary = write_all(jobs, &mut out, 4, || ()).await.unwrap();
        let ids: Vec<u64> = out
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice::<Value>(l).unwrap()["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids, (0..20).collect::<Vec<_>>());
        assert_eq!((summary.items, summary.bytes, summary.failed), (20, 40, 1));
        assert!(summary.p50_ms <= summary.p99_ms);
    }

    #[test]
    fn one_item_in_a_hundred_may_take_longer_than_what_is_told() {
        let took: Vec<u32> = (1..=200).map(|n| n * 1_000).collect();
        assert!((at_most(&took, 50) - 100.0).abs() < 1e-9 && (at_most(&took, 99) - 198.0).abs() < 1e-9);
        assert!((at_most(&took[..1], 99) - 1.0).abs() < 1e-9 && at_most(&[], 99).abs() < 1e-9);
    }
}
