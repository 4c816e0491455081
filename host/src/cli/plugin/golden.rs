//! Golden cases of a plugin's folder, in three forms: `*.txt` with everything that must come of a case, `*.txt`
//! with pairs of texts for a redaction plugin, and `*.json` with what must at least come of it.
//! Owns how a case is run and judged; knows nothing of how it is shown.

mod case;
mod pairs;
mod script;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::plugin::Hook;
use runtime::{Call, Input, NoHost, RunReport};

use crate::sample::{self, Bench};
use case::Case;
use pairs::Pair;

/// Seed of every case's chance.
const CASE_SEED: u64 = 1;
/// Least wall-clock deadline of a case, milliseconds: a busy machine must not fail it, and fuel, which is equal
/// everywhere, bounds it all the same.
const CASE_WALL_MS: u64 = 30_000;

/// Why what ended in a fault is not written into a case.
const FAULTY: &str = "not written: it ended in a fault, and the case expects none; mend the plugin, or put the line that begins with `fault` into the case yourself";
/// Why what came of other requests is not written into a case.
const MISHEADED: &str =
    "not written: its requests are not as the case's `header` lines say; mend the plugin, or those lines";

/// A case and how it is judged.
pub(super) enum Golden {
    /// What is named must come of it.
    Expecting(Box<sample::Case>),
    /// Exactly this must come of it.
    Exactly(Box<Case>, String),
    /// Of each text exactly this must remain.
    Pairs(Vec<Pair>),
}

/// A file of a folder of cases.
pub(super) struct Found {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its text, as far as it could be read.
    text: String,
    /// The case, or why it is none.
    pub(super) golden: Result<Golden, String>,
}

/// What came of judging a case.
pub(super) struct Judged {
    /// The hook that was called.
    pub(super) hook: Hook,
    /// What is not as expected, line by line.
    pub(super) missed: Vec<String>,
    /// Fuel of all its runs.
    pub(super) fuel: u64,
    /// Highest memory of its runs, bytes.
    pub(super) memory_bytes: u64,
    /// Why nobody wants what came out written into the case, if so.
    pub(super) not_written: Option<&'static str>,
    /// Everything that came of it, for a case that says exactly that.
    got: Option<String>,
}

impl Found {
    /// The file's name.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes what came out into the file; whether that changed it.
    pub(super) fn update(&self, judged: &Judged) -> anyhow::Result<bool> {
        let Some(got) = &judged.got else { return Ok(false) };
        let parts = case::parts(&self.text).map_err(anyhow::Error::msg)?;
        let text = format!("{}---\n{}---\n{got}", parts.head, parts.text);
        if text == self.text {
            return Ok(false);
        }
        std::fs::write(&self.path, text)?;
        Ok(true)
    }
}

/// All cases of a folder, by name; none when there is no folder.
pub(super) fn read(folder: &Path) -> anyhow::Result<Vec<Found>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let form = |path: &PathBuf| path.extension().and_then(|e| e.to_str()).map(ToOwned::to_owned);
    let cases = files.into_iter().filter_map(|path| {
        let parse = match form(&path)?.as_str() {
            "json" => expecting,
            "txt" => written,
            _ => return None,
        };
        Some(match std::fs::read_to_string(&path) {
            Ok(text) => Found { golden: parse(&text), path, text },
            Err(error) => Found { golden: Err(error.to_string()), path, text: String::new() },
        })
    });
    Ok(cases.collect())
}

fn expecting(text: &str) -> Result<Golden, String> {
    let case: sample::Case = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if case.expect.is_empty() {
        return Err("it expects nothing: add `expect`".to_owned());
    }
    Ok(Golden::Expecting(Box::new(case)))
}

fn written(text: &str) -> Result<Golden, String> {
    if pairs::is_pairs(text) {
        return pairs::read(text).map(Golden::Pairs);
    }
    let parts = case::parts(text)?;
    Ok(Golden::Exactly(Box::new(Case::read(&parts)?), parts.want.to_owned()))
}

impl Golden {
    /// Runs the case in the sandbox and compares.
    pub(super) async fn judge(&self, bench: &Bench) -> Result<Judged, String> {
        match self {
            Self::Expecting(case) => {
                let hook = bench.hook_of(case)?;
                let report = bench.run(hook, case).await;
                let mut missed = case.expect.missed(case, &report);
                missed.extend(case.expect.misjudged(&report, &bench.rejected(hook, case, &report)));
                Ok(judged(hook, missed, &report))
            }
            Self::Exactly(case, want) => exactly(bench, case, want).await,
            Self::Pairs(pairs) => remains(bench, pairs).await,
        }
    }
}

fn judged(hook: Hook, mut missed: Vec<String>, report: &RunReport) -> Judged {
    if !missed.is_empty() && report.outcome.is_err() {
        missed.extend(logged(report));
    }
    Judged { missed, fuel: report.fuel, memory_bytes: report.memory_bytes, ..blank(hook) }
}

/// What a failed run logged: there its message and stack stand.
fn logged(report: &RunReport) -> impl Iterator<Item = String> {
    report.log.iter().map(|line| format!("  log {}: {}", line.level, line.message.replace('\n', "\n    ")))
}

async fn exactly(bench: &Bench, case: &Case, want: &str) -> Result<Judged, String> {
    let hook = bench.hook_of(case.sample())?;
    let mut script = case.script.clone();
    let numbers: BTreeMap<String, i64> =
        script.tickets.iter().map(|view| (view.ticket.id.to_string(), view.ticket.number)).collect();
    let document = case.document();
    let mut out = blank(hook);
    let mut got = String::new();
    let (mut log, mut sent) = (Vec::new(), Vec::new());
    for time in 0..case.times {
        let call = call(bench, hook, case, script.clone());
        let (input, grants) = (call.input.clone(), Arc::clone(&call.grants));
        let report = bench.plugin().run(call).await;
        let own = sample::ticket_of(&input);
        let rejected = sample::rejections(&report, &grants, own, &script.tickets, case.now());
        script.keep(&report.kv_writes);
        sent.append(&mut script.take_sent());
        if time > 0 {
            got.push_str("again\n");
        }
        got.push_str(&told::told(&report, &rejected, &document, &numbers));
        if report.outcome.is_err() {
            log.extend(logged(&report));
            let is_foreseen = want.lines().any(|line| line.starts_with(told::FAULT));
            out.not_written = (!is_foreseen).then_some(FAULTY);
        }
        out.fuel += report.fuel;
        out.memory_bytes = out.memory_bytes.max(report.memory_bytes);
    }
    out.missed = told::differences(want, &got);
    if !out.missed.is_empty() {
        out.missed.extend(log);
    } else if want != got {
        out.missed.push("the last line does not end".to_owned());
    }
    let misheaded = script.misheaded(&sent);
    if !misheaded.is_empty() {
        out.not_written = out.not_written.or(Some(MISHEADED));
        out.missed.extend(misheaded);
    }
    out.got = Some(got);
    Ok(out)
}

fn blank(hook: Hook) -> Judged {
    Judged { hook, missed: Vec::new(), fuel: 0, memory_bytes: 0, not_written: None, got: None }
}

fn call(bench: &Bench, hook: Hook, case: &Case, script: script::Script) -> Call {
    let manifest = &bench.plugin().inspection().manifest;
    let mut settings = bench.settings().clone();
    settings.extend(case.settings().clone());
    Call {
        grants: Arc::new(case.grants(manifest.requested())),
        settings: Arc::from(serde_json::Value::Object(settings).to_string()),
        now: case.now(),
        host: Arc::new(script),
        ..blank_call(bench, case.input(hook))
    }
}

/// A call with everything granted that the plugin asks for, its default settings, and nobody outside.
pub(super) fn blank_call(bench: &Bench, input: Input) -> Call {
    let manifest = &bench.plugin().inspection().manifest;
    let mut limits = manifest.limits;
    limits.wall_ms = limits.wall_ms.max(CASE_WALL_MS);
    Call {
        input,
        grants: Arc::new(manifest.requested()),
        settings: Arc::from(serde_json::Value::Object(bench.settings().clone()).to_string()),
        limits,
        seed: CASE_SEED,
        now: sample::CASE_TIME,
        host: Arc::new(NoHost),
        replay: None,
    }
}

async fn remains(bench: &Bench, pairs: &[Pair]) -> Result<Judged, String> {
    let hook = Hook::Redaction;
    if !bench.plugin().inspection().hooks.contains(&hook) {
        return Err("pairs of texts are for a redaction hook; the plugin has none".to_owned());
    }
    let mut out = blank(hook);
    for pair in pairs {
        let input = Input::Redaction(Arc::new(pair.document.clone()));
        let report = bench.plugin().run(blank_call(bench, input)).await;
        let got = match &report.outcome {
            Ok(_) => pairs::masked(&pair.document, &report.findings)?,
            Err(fault) => format!("fault {}: {}", fault.code(), fault.hint()),
        };
        if got != pair.want {
            out.missed.push(format!("line {}\n  - {}\n  + {}", pair.line, pair.want, got));
        }
        out.fuel += report.fuel;
        out.memory_bytes = out.memory_bytes.max(report.memory_bytes);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_file_tells_how_it_is_judged() {
        assert!(matches!(written("subject: x\n---\na\n---\ndone: x\n"), Ok(Golden::Exactly(..))));
        assert!(matches!(written("# c\n< a\n> b\n"), Ok(Golden::Pairs(pairs)) if pairs.len() == 1));
        assert!(written("article: x\n---\na\n---\ndone: x\n").is_err());
        assert!(expecting(r#"{"text": "a"}"#).is_err());
        assert!(expecting(r#"{"text": "a", "expect": {"verdict": "done"}}"#).is_ok());
    }

    #[test]
    fn an_update_keeps_head_and_text_and_is_told_only_when_it_changes_something() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "subject: x\n---\na\n\nb\n---\nold\n").unwrap();
        std::fs::write(dir.path().join("readme.md"), "no case").unwrap();
        let found = read(dir.path()).unwrap().remove(0);
        let got = |text: &str| Judged { got: Some(text.to_owned()), ..blank(Hook::Triage) };
        assert!(!found.update(&got("old\n")).unwrap());
        assert!(found.update(&got("new\n")).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "subject: x\n---\na\n\nb\n---\nnew\n");
    }
}
