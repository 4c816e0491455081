//! `kulanz plugin test`: builds a plugin, or takes a built one, runs its cases in the sandbox, and says what differs, which hooks no
//! case calls, and what each case costs.

use std::path::PathBuf;

use clap::Args;
use domain::plugin::{Hook, Manifest};
use runtime::{Inspection, Runtime};

use super::golden::{self, Found, Judged};
use super::registry::Access;
use super::source::{self, Source};
use crate::cli::{Ground, RefusedHere, screen};
use crate::sample::Bench;

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Suite {
    /// Folder with plugin.toml and cases/, or a component file with --cases
    #[arg(value_name = "DIR|FILE")]
    pub(super) what: PathBuf,
    /// Where the cases are [default: cases/ in the plugin's folder]
    #[arg(long, value_name = "DIR")]
    pub(super) cases: Option<PathBuf>,
    /// Write what came out into the cases; read it before you keep it
    #[arg(long)]
    pub(super) update: bool,
    /// Only cases whose file name has this in it
    #[arg(long, value_name = "TEXT")]
    pub(super) only: Option<String>,
    /// One JSON object per case, and one for all of them at the end
    #[arg(long)]
    pub(super) json: bool,
}

/// Why a case stays as it is.
const NOT_WRITTEN: &str = "not written: it ended in a fault, and the case expects none; mend the plugin, or put the line that begins with `fault` into the case yourself";

/// What became of all cases.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u32,
    pub(super) failed: u32,
    pub(super) updated: u32,
    /// Hooks that a case called.
    called: Vec<Hook>,
}

impl Suite {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let sandbox = crate::wire::authors_runtime(&ground.settings()?)?;
        if self.cases.is_none() && !self.what.is_dir() {
            return Err(RefusedHere::because(format!(
                "{}: name the folder with its cases as well: --cases DIR",
                self.what.display()
            )));
        }
        let source = Source::Path(self.what.clone());
        let component = source::component(&source, Access::default()).await?;
        let tally = self.judge(&sandbox, &component).await?;
        match tally {
            Tally { failed: 0, passed: 0, updated: 0, .. } => Err(RefusedHere::because(format!(
                "{}: no case ran: put one into its cases, as docs/plugin-guide.md shows",
                self.what.display()
            ))),
            Tally { failed: 0, .. } => Ok(()),
            Tally { failed, .. } => {
                Err(anyhow::anyhow!("{} failed", screen::count(u64::from(failed), "case")))
            }
        }
    }

    /// Runs the cases of a plugin's component.
    pub(super) async fn judge(&self, sandbox: &Runtime, component: &[u8]) -> anyhow::Result<Tally> {
        let bench = Bench::new(sandbox.load(component).await?);
        let mut tally = Tally::default();
        for found in self.cases()? {
            let judged = match &found.golden {
                Ok(golden) => golden.judge(&bench).await,
                Err(why) => Err(why.clone()),
            };
            self.tell(&found, judged, &mut tally)?;
        }
        let Inspection { hooks, manifest, .. } = bench.plugin().inspection();
        let uncalled: Vec<Hook> = hooks.iter().copied().filter(|hook| !tally.called.contains(hook)).collect();
        self.sum_up(manifest, &tally, &uncalled)?;
        Ok(tally)
    }

    fn cases(&self) -> anyhow::Result<Vec<Found>> {
        let wanted = |found: &Found| self.only.as_ref().is_none_or(|text| found.name().contains(text));
        let folder = self.cases.clone().unwrap_or_else(|| self.what.join("cases"));
        Ok(golden::read(&folder)?.into_iter().filter(wanted).collect())
    }

    fn tell(&self, found: &Found, judged: Result<Judged, String>, tally: &mut Tally) -> anyhow::Result<()> {
        let name = found.name();
        let judged = match judged {
            Ok(judged) => judged,
            Err(why) => {
                tally.failed += 1;
                return self.say_failed(&name, None, &[why]);
            }
        };
        if !tally.called.contains(&judged.hook) {
            tally.called.push(judged.hook);
        }
        if self.update && judged.is_faulty {
            tally.failed += 1;
            let mut missed = judged.missed.clone();
            missed.push(NOT_WRITTEN.to_owned());
            return self.say_failed(&name, Some(&judged), &missed);
        }
        if self.update && !judged.missed.is_empty() && found.update(&judged)? {
            tally.updated += 1;
            return screen_case(self.json, "wrote", &name, &judged);
        }
        if judged.missed.is_empty() {
            tally.passed += 1;
            return screen_case(self.json, "ok", &name, &judged);
        }
        tally.failed += 1;
        self.say_failed(&name, Some(&judged), &judged.missed)
    }

    fn say_failed(&self, name: &str, judged: Option<&Judged>, missed: &[String]) -> anyhow::Result<()> {
        if self.json {
            return screen::json(&serde_json::json!({
                "case": name, "result": "failed", "hook": judged.map(|j| j.hook), "missed": missed,
                "fuel": judged.map(|j| j.fuel), "memory_bytes": judged.map(|j| j.memory_bytes),
            }));
        }
        screen::line(format_args!("FAILED {name}"))?;
        missed.iter().try_for_each(|line| screen::line(format_args!("  {}", line.replace('\n', "\n  "))))?;
        Ok(())
    }

    fn sum_up(&self, plugin: &Manifest, tally: &Tally, uncalled: &[Hook]) -> anyhow::Result<()> {
        let Tally { passed, failed, updated, .. } = tally;
        if self.json {
            return screen::json(&serde_json::json!({
                "plugin": plugin.id, "version": plugin.version, "passed": passed, "failed": failed,
                "updated": updated, "hooks_without_case": uncalled,
            }));
        }
        let written = if *updated > 0 { format!(", {updated} written") } else { String::new() };
        screen::line(format_args!(
            "{} {}: {passed} passed, {failed} failed{written}",
            plugin.id, plugin.version
        ))?;
        if !uncalled.is_empty() {
            let names: Vec<String> = uncalled.iter().map(ToString::to_string).collect();
            screen::line(format_args!("no case calls {}", names.join(", ")))?;
        }
        Ok(())
    }
}

fn screen_case(json: bool, result: &str, name: &str, judged: &Judged) -> anyhow::Result<()> {
    if json {
        return screen::json(&serde_json::json!({
            "case": name, "result": result, "hook": judged.hook, "fuel": judged.fuel,
            "memory_bytes": judged.memory_bytes,
        }));
    }
    screen::line(format_args!(
        "{result:<6} {name:<32} {:<12} {:>12} fuel {:>8} kB",
        judged.hook.to_string(),
        judged.fuel,
        judged.memory_bytes.div_ceil(1024)
    ))?;
    Ok(())
}
