//! `kulanz plugin conform`: the same questions to any plugin in any language. Whatever a house may hand in, a
//! plugin answers with a value; the same input gives the same answer; what it proposes, it may propose.
//! Owns the questions; the odd inputs stand in a file of their own.

mod odd;

use std::sync::Arc;

use clap::Args;
use domain::effect::Proposal;
use domain::grant::Grants;
use domain::plugin::Hook;
use domain::run::Fault;
use runtime::{Call, Input, RunReport};

use super::golden::blank_call;
use super::registry::Access;
use super::source::{self, Source};
use crate::cli::{Ground, screen};
use crate::sample::{Bench, Shelf};

/// Share of its fuel with which a run is cut off in the middle.
const CUT: u64 = 2;

#[derive(Debug, Args)]
pub(in crate::cli) struct Conform {
    /// Component file, a plugin's folder (built first), or oci://REFERENCE
    #[arg(value_name = "FILE|DIR|OCI")]
    what: Source,
    #[command(flatten)]
    access: Access,
    /// One JSON object per question, and one for all of them at the end
    #[arg(long)]
    json: bool,
}

/// A question and its answer.
#[derive(Debug, serde::Serialize)]
struct Asked {
    hook: Hook,
    question: String,
    /// Why the plugin does not conform; absent when it does.
    broken: Option<String>,
    fuel: u64,
    memory_bytes: u64,
}

impl Conform {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let bytes = source::component(&self.what, self.access).await?;
        let sandbox = crate::wire::authors_runtime(&ground.settings()?)?;
        let bench = Bench::new(sandbox.load(&bytes).await?);
        let all = ask(&bench).await;
        for asked in &all {
            self.tell(asked)?;
        }
        let broken = all.iter().filter(|asked| asked.broken.is_some()).count() as u64;
        let manifest = &bench.plugin().inspection().manifest;
        if self.json {
            screen::json(&serde_json::json!({
                "plugin": manifest.id, "version": manifest.version, "asked": all.len(), "broken": broken,
            }))?;
        } else {
            screen::line(format_args!(
                "{} {}: {}, {broken} broken",
                manifest.id,
                manifest.version,
                screen::count(all.len() as u64, "question")
            ))?;
        }
        if broken == 0 { Ok(()) } else { Err(anyhow::anyhow!("the plugin does not conform")) }
    }

    fn tell(&self, asked: &Asked) -> anyhow::Result<()> {
        if self.json {
            return screen::json(asked);
        }
        let word = if asked.broken.is_some() { "BROKEN" } else { "ok" };
        screen::line(format_args!(
            "{word:<6} {:<12} {:<52} {:>12} fuel",
            asked.hook.to_string(),
            asked.question,
            asked.fuel
        ))?;
        if let Some(why) = &asked.broken {
            screen::line(format_args!("       {}", why.replace('\n', "\n       ")))?;
        }
        Ok(())
    }
}

/// Asks everything of every hook.
async fn ask(bench: &Bench) -> Vec<Asked> {
    let mut out = Vec::new();
    for hook in bench.plugin().inspection().hooks.iter().copied() {
        for (question, input) in odd::inputs(hook) {
            let report = run(bench, reachable(bench, input)).await;
            out.push(asked(hook, question, &report, endures(bench, &report)));
        }
        let input = || odd::ordinary(hook);
        let first = run(bench, reachable(bench, input())).await;

        let report =
            run(bench, Call { grants: Arc::new(Grants::default()), ..reachable(bench, input()) }).await;
        out.push(asked(hook, "nothing is granted".to_owned(), &report, endures(bench, &report)));

        let report = run(bench, blank_call(bench, input())).await;
        out.push(asked(hook, "nobody outside answers".to_owned(), &report, endures(bench, &report)));

        let report = run(bench, reachable(bench, input())).await;
        out.push(asked(hook, "the same again says the same".to_owned(), &report, differs(&first, &report)));

        let replay = Call { replay: Some(first.answers.clone()), ..blank_call(bench, input()) };
        let report = run(bench, replay).await;
        out.push(asked(
            hook,
            "a replay of its record says the same".to_owned(),
            &report,
            differs(&first, &report),
        ));

        let report = cut_off(bench, reachable(bench, input()), first.fuel).await;
        out.push(asked(
            hook,
            "cut off in the middle, it leaves nothing".to_owned(),
            &report,
            leaves(&report),
        ));
    }
    out
}

async fn run(bench: &Bench, call: Call) -> RunReport {
    bench.plugin().run(call).await
}

/// A call that finds an empty knowledge base, no other tickets and no values kept.
fn reachable(bench: &Bench, input: Input) -> Call {
    Call { host: Arc::new(Shelf::new(Vec::new())), ..blank_call(bench, input) }
}

async fn cut_off(bench: &Bench, mut call: Call, fuel: u64) -> RunReport {
    call.limits.fuel_base = fuel / CUT;
    call.limits.fuel_per_byte = 0;
    run(bench, call).await
}

fn asked(hook: Hook, question: String, report: &RunReport, broken: Option<String>) -> Asked {
    Asked { hook, question, broken, fuel: report.fuel, memory_bytes: report.memory_bytes }
}

/// Why a report is not what a conforming plugin gives: it failed otherwise than by a value, or it proposed
/// what it does not ask for or what makes no sense.
fn endures(bench: &Bench, report: &RunReport) -> Option<String> {
    let why = match &report.outcome {
        Err(Fault::Refused { kind, message, .. }) if kind == "internal" => {
            format!("it ended with a defect: {message}")
        }
        // An error of the contract is a value, and the plugin's right.
        Err(Fault::Refused { .. }) => return None,
        Err(fault) => format!("{}: {}", fault.code(), fault.hint()),
        Ok(_) => {
            let grants = bench.plugin().inspection().manifest.requested();
            return report.proposals.iter().find_map(|proposal| improper(proposal, &grants));
        }
    };
    let log: Vec<String> =
        report.log.iter().map(|line| format!("\nlog {}: {}", line.level, line.message)).collect();
    Some(why + &log.concat())
}

fn improper(proposal: &Proposal, grants: &Grants) -> Option<String> {
    let what = domain::story::describe(&proposal.effect);
    if let Err(refusal) = proposal.check() {
        return Some(format!("`{what}`: {}", refusal.sentence));
    }
    (!grants.may_propose(&proposal.effect)).then(|| format!("`{what}` is nothing that its manifest asks for"))
}

/// What two runs that must be equal differ in.
fn differs(one: &RunReport, other: &RunReport) -> Option<String> {
    let parts = [
        ("outcome", one.outcome == other.outcome),
        ("effects", one.proposals == other.proposals),
        ("findings", one.findings == other.findings),
        ("values kept", one.kv_writes == other.kv_writes),
        ("log", one.log == other.log),
        ("fuel", one.fuel == other.fuel),
    ];
    let different: Vec<&str> = parts.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect();
    (!different.is_empty()).then(|| format!("not the same: {}", different.join(", ")))
}

fn leaves(report: &RunReport) -> Option<String> {
    if report.outcome.is_ok() {
        return Some("it ended well without the fuel it needs".to_owned());
    }
    let nothing = report.proposals.is_empty() && report.findings.is_empty() && report.kv_writes.is_empty();
    (!nothing).then(|| "a run that failed left effects".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::report;
    use domain::effect::{Basis, Effect};
    use domain::run::Verdict;

    fn proposal(reason: &str, confidence: f32) -> Proposal {
        Proposal {
            ticket_id: domain::id::TicketId(ulid::Ulid::nil()),
            effect: Effect::AddTag { tag: "refund".into() },
            basis: Basis { reason: reason.into(), confidence, evidence: Vec::new() },
        }
    }

    #[test]
    fn a_proposal_needs_its_grant_a_reason_and_a_confidence() {
        let granted: Grants =
            ["effect:add-tag"].iter().map(|g| g.parse::<domain::grant::Grant>().unwrap()).collect();
        assert_eq!(improper(&proposal("Because.", 0.5), &granted), None);
        assert!(improper(&proposal("Because.", 0.5), &Grants::default()).unwrap().contains("asks for"));
        assert!(improper(&proposal(" ", 0.5), &granted).unwrap().contains("no reason"));
        assert!(
            improper(&proposal("Because.", 7.0), &granted).unwrap().contains("between 0 and 1"),
            "confidence"
        );
    }

    #[test]
    fn runs_that_differ_say_in_what() {
        let done = || report(Ok(Verdict { word: "done".into(), why: String::new() }));
        assert_eq!(differs(&done(), &done()), None);
        let other = RunReport { fuel: 9, proposals: Vec::new(), ..done() };
        assert_eq!(differs(&done(), &other).unwrap(), "not the same: effects, fuel");
    }

    #[test]
    fn a_run_that_was_cut_off_must_leave_nothing() {
        let done = report(Ok(Verdict { word: "done".into(), why: String::new() }));
        assert!(leaves(&done).unwrap().contains("without the fuel"));
        let failed = report(Err(Fault::OutOfFuel { limit: 1 }));
        assert!(leaves(&failed).unwrap().contains("left effects"));
        let clean = RunReport { proposals: Vec::new(), findings: Vec::new(), ..failed };
        assert_eq!(leaves(&clean), None);
    }
}
