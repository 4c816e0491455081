//! Training for `kulanz eval triage`: labelled texts are served to the plugin as solved tickets, its schedule
//! hook is fired until it has nothing more to do, and what it kept is the model. The plugin learns in the
//! sandbox with the code that learns in the house.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use domain::Timestamp;
use domain::plugin::{Hook, Limits};
use embed::Model;
use runtime::Plugin;
use serde_json::{Map, Value, json};

use super::{Item, sentence};
use crate::cli::lines;
use crate::cli::{RefusedHere, screen};
use crate::sample::{Bench, CASE_TIME, Case, Ledger, Memory, Past};

/// Firings after which a plugin that never ends is given up.
const FIRINGS_MAX: u32 = 10_000;
/// Time between two firings, as a nightly window has it.
const APART_MS: i64 = 60_000;
/// The setting that says how much is learnt in one firing; here there is no ticket waiting.
const SLICE: &str = "learn_slice";
/// Millions of calculations in one firing on the bench.
const SLICE_MILLIONS: u32 = 4_000_000;
/// First line of a model's file.
const MAGIC: &[u8] = b"kulanz model 1\n";

/// Learns from a file of labelled texts; answers what the plugin kept.
pub(super) async fn learned(
    plugin: &Arc<Plugin>,
    settings: &Map<String, Value>,
    train: &Path,
    model: Option<Arc<Model>>,
) -> anyhow::Result<Memory> {
    let manifest = &plugin.inspection().manifest;
    let Some(schedule) =
        manifest.schedules.first().filter(|_| plugin.inspection().hooks.contains(&Hook::Schedule))
    else {
        return Err(RefusedHere::because("this plugin does not learn: it has no schedule hook"));
    };
    let past = shuffled(read(train)?);
    let count = past.len() as u64;
    let ledger = Arc::new(Ledger::new(past, Memory::new()).with_model(model));
    let mut bench = Bench::new(Arc::clone(plugin))
        .with_settings(settings.clone())
        .with_limits(unhurried(manifest.limits))
        .with_host(Arc::clone(&ledger) as _);
    if manifest.settings.pointer(&format!("/properties/{SLICE}")).is_some() {
        bench = bench.with_settings(Map::from_iter([(SLICE.to_owned(), json!(SLICE_MILLIONS))]));
    }
    let begun = Instant::now();
    let (mut memory_bytes, mut fuel, mut said) = (0, 0_u64, String::new());
    for firing in 0..FIRINGS_MAX {
        let now = Timestamp(CASE_TIME.0 + APART_MS * i64::from(firing));
        let case =
            Case { hook: Some(Hook::Schedule), schedule: schedule.name.clone(), now, ..Case::default() };
        let report = bench.run(Hook::Schedule, &case).await;
        memory_bytes = memory_bytes.max(report.memory_bytes);
        fuel = fuel.saturating_add(report.fuel);
        let verdict = report.outcome.map_err(|fault| RefusedHere::because(sentence(&fault)))?;
        // A firing that keeps nothing has nothing left to do.
        if report.kv_writes.is_empty() {
            break;
        }
        said = verdict.why;
        ledger.keep(report.kv_writes);
    }
    screen::say(format_args!("{} read from {}; {said}", screen::count(count, "text"), train.display()));
    screen::say(json!({
        "trained": { "seconds": begun.elapsed().as_secs_f64(), "fuel": fuel, "memory_bytes": memory_bytes,
                     "kept_bytes": ledger.memory().values().map(|v| v.len()).sum::<usize>() }
    }));
    Ok(ledger.memory())
}

/// Time, fuel and room to keep things as if nobody waited; memory and everything else as in the house.
const fn unhurried(limits: Limits) -> Limits {
    Limits {
        wall_ms: 3_600_000,
        fuel_base: u64::MAX >> 2,
        host_calls_max: 1_000_000,
        kv_bytes_max: 1 << 30,
        ..limits
    }
}

fn read(train: &Path) -> anyhow::Result<Vec<Past>> {
    let mut past = Vec::new();
    for line in lines::open(train)? {
        let (number, item) = lines::parsed::<Item>(train, line)?;
        let label = item.label.as_ref().and_then(|label| match label {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        let label = label.ok_or_else(|| {
            RefusedHere::because(format!("{}: `label` is missing", lines::place(train, number)))
        })?;
        past.push(Past { text: item.text, label });
    }
    Ok(past)
}

/// Files are often sorted by label; a history is not, and a plugin that keeps the newest must not lose labels.
fn shuffled(mut past: Vec<Past>) -> Vec<Past> {
    let mut state = 1_u64;
    for last in (1..past.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        past.swap(last, (state >> 33) as usize % (last + 1));
    }
    past
}

/// Writes a model: a first line, then for each value a line with key and length, and its bytes.
pub(super) fn write(path: &Path, memory: &Memory) -> anyhow::Result<()> {
    let work = || -> std::io::Result<()> {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
        out.write_all(MAGIC)?;
        for (key, value) in memory {
            writeln!(out, "{} {key}", value.len())?;
            out.write_all(value)?;
        }
        out.flush()
    };
    work().with_context(|| path.display().to_string())
}

/// Reads a model.
pub(super) fn load(path: &Path) -> anyhow::Result<Memory> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    parse(&bytes).ok_or_else(|| {
        RefusedHere::because(format!(
            "{}: this is no model; `kulanz eval triage --train FILE --model FILE` writes one",
            path.display()
        ))
    })
}

fn parse(bytes: &[u8]) -> Option<Memory> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut memory = Memory::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|b| *b == b'\n')?;
        let (length, key) = std::str::from_utf8(rest.get(..end)?).ok()?.split_once(' ')?;
        let (value, behind) = rest.get(end + 1..)?.split_at_checked(length.parse().ok()?)?;
        memory.insert(key.to_owned(), Arc::new(value.to_vec()));
        rest = behind;
    }
    Some(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_comes_back_from_its_file_and_half_of_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model");
        let memory = Memory::from([
            ("a".to_owned(), Arc::new(b"one\n2 b\n".to_vec())),
            ("b key".to_owned(), Arc::new(Vec::new())),
        ]);
        write(&path, &memory).unwrap();
        assert_eq!(load(&path).unwrap(), memory);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(parse(&bytes[..MAGIC.len() + 8]), None);
        std::fs::write(&path, "{\"rules\": []}").unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("this is no model"));
    }

    #[test]
    fn training_lines_without_a_label_are_refused_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("train.jsonl");
        std::fs::write(&file, "{\"id\":1,\"text\":\"a b\",\"label\":\"x\"}\n{\"id\":2,\"text\":\"c\"}\n")
            .unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("line 2: `label` is missing"));
        std::fs::write(&file, "{\"id\":1,\"text\":\"a b\",\"label\":7}\n").unwrap();
        assert_eq!(read(&file).unwrap(), [Past { text: "a b".into(), label: "7".into() }]);
    }

    #[test]
    fn a_file_sorted_by_label_is_mixed_always_the_same_way() {
        let past = |n: usize| Past { text: n.to_string(), label: (n / 50).to_string() };
        let mixed = shuffled((0..100).map(past).collect());
        let first = mixed.iter().take(50).filter(|p| p.label == "0").count();
        assert!((15..35).contains(&first), "{first}");
        assert_eq!(mixed, shuffled((0..100).map(past).collect()));
    }
}
