//! `kulanz plugin check|run`: the real component in the real sandbox, without a house.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use domain::plugin::Hook;
use runtime::RunReport;

use super::install::{request_text, unused};
use super::registry::Access;
use super::source::{self, Source};
use crate::cli::{Ground, RefusedHere, screen};
use crate::sample::{Bench, Case, effects_of, findings_of};

/// Largest case file, bytes.
const CASE_BYTES_MAX: u64 = 16 << 20;

#[derive(Debug, Args)]
pub(in crate::cli) struct Once {
    /// Component file, plugin's folder, oci://REFERENCE, or the id of an installed plugin
    #[arg(value_name = "FILE|DIR|OCI|ID")]
    what: String,
    /// Which hook; needed when the plugin has several
    #[arg(long)]
    hook: Option<Hook>,
    /// The ticket as JSON {subject, text, email?, language?, settings?, …}; - for stdin
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Once {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let mut case = read_case(&self.input)?;
        case.hook = self.hook.or(case.hook);
        let bench = Bench::new(super::load(ground, &self.what).await?);
        let hook = bench.hook_of(&case).map_err(RefusedHere::because)?;
        let report = bench.run(hook, &case).await;
        let rejected = bench.rejected(hook, &case, &report);
        if self.json {
            screen::json(&report_json(&case, hook, &report, &rejected))?
        } else {
            screen::line(report_text(&case, hook, &report, &rejected).trim_end())?
        }
        match &report.outcome {
            Ok(_) => Ok(()),
            Err(fault) => Err(anyhow::anyhow!("fault {}: {}", fault.code(), fault.hint())),
        }
    }
}

fn read_case(path: &Path) -> anyhow::Result<Case> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(CASE_BYTES_MAX).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)
            .with_context(|| path.display().to_string())?
            .take(CASE_BYTES_MAX)
            .read_to_end(&mut bytes)?;
    }
    serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
}

/// `rejected`: for each effect why every house would reject it.
fn report_json(
    case: &Case,
    hook: Hook,
    report: &RunReport,
    rejected: &[Option<String>],
) -> serde_json::Value {
    let (verdict, fault) = match &report.outcome {
        Ok(verdict) => (Some(verdict), None),
        Err(fault) => (None, Some(fault)),
    };
    serde_json::json!({
        "hook": hook, "verdict": verdict, "fault": fault,
        "effects": report.proposals.iter().zip(rejected).map(|(p, why)| serde_json::json!({ "effect": p.effect, "basis": p.basis, "rejected": why })).collect::<Vec<_>>(),
        "findings": report.findings, "found": findings_of(&case.document(), report), "log": report.log, "log_dropped": report.log_dropped,
        "fuel": report.fuel, "memory_bytes": report.memory_bytes, "duration_us": report.duration_us,
        "host_calls": report.host_calls, "reads": report.reads,
    })
}

fn report_text(case: &Case, hook: Hook, report: &RunReport, rejected: &[Option<String>]) -> String {
    let mut out = match &report.outcome {
        Ok(verdict) => format!("{hook} {}: {}\n", verdict.word, verdict.why),
        Err(fault) => format!("{hook} fault {}: {}\n", fault.code(), fault.hint()),
    };
    for ((text, proposal), why) in effects_of(report).iter().zip(&report.proposals).zip(rejected) {
        let basis = &proposal.basis;
        out.push_str(&format!(
            "  {text}  {:.0} %  {}  [{}]\n",
            basis.confidence * 100.0,
            basis.reason,
            basis.evidence.join("; ")
        ));
        if let domain::effect::Effect::Reply { text, .. } | domain::effect::Effect::Notify { text, .. } =
            &proposal.effect
        {
            out.extend(text.lines().map(|line| format!("    | {line}\n")));
        }
        if let Some(why) = why {
            out.push_str(&format!("    rejected: {why}\n"));
        }
    }
    for (text, finding) in findings_of(&case.document(), report).iter().zip(&report.findings) {
        out.push_str(&format!("  {text}  {:.0} %  rule {}\n", finding.score * 100.0, finding.rule));
    }
    for line in &report.log {
        out.push_str(&format!("  log {:<5} {}\n", line.level, line.message));
    }
    let reads: Vec<String> = report.reads.iter().map(|(class, n)| format!("{class} {n}")).collect();
    out.push_str(&format!(
        "  fuel {} · memory {} · {} µs · host calls {} · read {}\n",
        report.fuel,
        domain::files::size(report.memory_bytes),
        report.duration_us,
        report.host_calls,
        if reads.is_empty() { "nothing".to_owned() } else { reads.join(", ") }
    ));
    out
}

/// Inspects and compiles; prints what the plugin asks for.
pub(super) async fn check(ground: &Ground, what: &Source, access: Access, json: bool) -> anyhow::Result<()> {
    let bytes = source::component(what, access).await?;
    let sandbox = crate::wire::authors_runtime(&ground.settings()?)?;
    let plugin = sandbox.load(&bytes).await?;
    let inspection = plugin.inspection();
    if json {
        return screen::json(&serde_json::json!({
            "manifest": inspection.manifest, "digest": inspection.digest, "hooks": inspection.hooks, "imports": inspection.imports,
            "derived": inspection.derived, "unused": unused(inspection), "size_bytes": inspection.size_bytes,
        }));
    }
    screen::line(request_text(inspection))?;
    screen::line("It would be accepted.")?;
    Ok(())
}
