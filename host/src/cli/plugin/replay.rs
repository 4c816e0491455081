//! `kulanz plugin reproduce` writes a failed run into a file; `kulanz plugin run --replay` runs that file again,
//! on the author's machine, with the answers that were recorded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use domain::id::RunId;
use domain::reproducer::{CaseInput, REPRODUCER_FORMAT, Reproducer};
use runtime::{Answer, Call, Input, NoHost, RunReport};

use super::trial::Once;
use crate::cli::{Ground, RefusedHere, instead, screen};

/// The id under which the flag is known to the parser.
const REPLAY: &str = "replay";

/// One run: of a case of one's own, or of a file that a host wrote when the plugin failed.
#[derive(Debug)]
pub(in crate::cli) enum Run {
    Once(Once),
    Replay { file: PathBuf, what: Option<String>, json: bool },
}

impl Args for Run {
    fn augment_args(command: Command) -> Command {
        let replay = Arg::new(REPLAY)
            .long(REPLAY)
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .conflicts_with_all(["input", "hook"])
            .help("Run a file again that `kulanz plugin reproduce` wrote [component default: the installed one]");
        Once::augment_args(command)
            .mut_arg("what", |arg| arg.required(false).required_unless_present(REPLAY))
            .mut_arg("input", |arg| arg.required(false).required_unless_present(REPLAY))
            .arg(replay)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Run {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(match matches.get_one::<PathBuf>(REPLAY) {
            None => Self::Once(Once::from_arg_matches(matches)?),
            Some(file) => Self::Replay {
                file: file.clone(),
                what: matches.get_one::<String>("what").cloned(),
                json: matches.get_flag("json"),
            },
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Run {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        match self {
            Self::Once(once) => Box::pin(once.run(ground)).await,
            Self::Replay { file, what, json } => Box::pin(replay(ground, &file, what.as_deref(), json)).await,
        }
    }
}

async fn replay(ground: &Ground, file: &Path, what: Option<&str>, json: bool) -> anyhow::Result<()> {
    let recorded = read(file)?;
    let what = what.unwrap_or(&recorded.plugin_id);
    let plugin = super::load(ground, what).await?;
    let inspection = plugin.inspection();
    if inspection.manifest.id != recorded.plugin_id {
        return Err(RefusedHere::because(format!(
            "the file is about {}, this is {}",
            recorded.plugin_id, inspection.manifest.id
        )));
    }
    let same_code = inspection.digest == recorded.digest;
    let report = plugin.run(call_of(&recorded)?).await;
    let same = report.outcome.as_ref().err() == Some(&recorded.fault);
    if json {
        return screen::json(&serde_json::json!({
            "recorded": { "version": recorded.plugin_version, "digest": recorded.digest, "fault": recorded.fault, "fuel": recorded.fuel },
            "version": inspection.manifest.version, "same_code": same_code, "same_fault": same,
            "verdict": report.outcome.as_ref().ok(), "fault": report.outcome.as_ref().err(),
            "fuel": report.fuel, "log": report.log,
        }));
    }
    screen::line(told(&recorded, &report, &inspection.manifest.version, same_code).trim_end())?;
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Reproducer> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let recorded: Reproducer = serde_json::from_slice(&bytes)
        .with_context(|| format!("{}: this is no file of `kulanz plugin reproduce`", file.display()))?;
    if recorded.kulanz_reproducer != REPRODUCER_FORMAT {
        return Err(RefusedHere::because(format!(
            "{}: format {}, this build reads {REPRODUCER_FORMAT}",
            file.display(),
            recorded.kulanz_reproducer
        )));
    }
    Ok(recorded)
}

fn call_of(recorded: &Reproducer) -> anyhow::Result<Call> {
    let case = &recorded.case;
    let input = match &case.input {
        CaseInput::Ticket(snapshot) => {
            Input::Ticket { hook: recorded.hook, snapshot: Arc::new(snapshot.as_ref().clone()) }
        }
        CaseInput::Schedule(firing) => Input::Schedule(firing.clone()),
    };
    let answers: Vec<Answer> =
        serde_json::from_value(recorded.answers.clone()).context("the recorded answers")?;
    Ok(Call {
        input,
        grants: Arc::new(case.grants.clone()),
        settings: Arc::from(case.settings.to_string()),
        limits: case.limits,
        seed: u64::from_ne_bytes(recorded.seed.to_ne_bytes()),
        now: recorded.now,
        host: Arc::new(NoHost),
        replay: Some(answers),
    })
}

fn told(recorded: &Reproducer, report: &RunReport, version: &str, same_code: bool) -> String {
    let code = if same_code { "the very same file" } else { "another build" };
    let mut out = format!("{} {version}, {code} · hook {}\n", recorded.plugin_id, recorded.hook);
    out.push_str(&format!("  then  {} ({} fuel)\n", recorded.fault.hint(), recorded.fuel));
    out.push_str(&match &report.outcome {
        Err(fault) => format!("  now   {} ({} fuel)\n", fault.hint(), report.fuel),
        Ok(verdict) => format!("  now   {}: {} ({} fuel)\n", verdict.word, verdict.why, report.fuel),
    });
    for line in &report.log {
        out.push_str(&format!("  log {:<5} {}\n", line.level, line.message));
    }
    out
}

/// Writes the file for a failed run.
pub(super) async fn reproduce(ground: &Ground, run: RunId, output: &Path) -> anyhow::Result<()> {
    let house = ground.house(instead::REPRODUCE).await?;
    let reproducer = house.desk.reproducer(run).await?;
    std::fs::write(output, serde_json::to_string_pretty(&reproducer)? + "\n")
        .with_context(|| output.display().to_string())?;
    screen::say(
        "It holds what the plugin was granted to see of that ticket: look at it before you send it away.",
    );
    screen::line(output.display())?;
    house.close().await;
    Ok(())
}
