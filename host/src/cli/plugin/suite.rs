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

/// What became of a case whose result differs.
const FAILED: &str = "failed";

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
            Tally { failed: 0, passed: 0, updated: 0, .. } => Err(RefusedHere::because(self.nothing_ran())),
            Tally { failed: 0, .. } => Ok(()),
            Tally { failed, .. } => {
                Err(anyhow::anyhow!("{} failed", screen::count(u64::from(failed), "case")))
            }
        }
    }

    fn nothing_ran(&self) -> String {
        let what = self.what.display();
        match &self.only {
            Some(text) => format!("{what}: no case ran: no case's file name has `{text}` in it"),
            None => format!("{what}: no case ran: put one into its cases, as docs/plugin-guide.md shows"),
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
        // A choice of the cases says nothing of what all of them call.
        let uncalled = self.only.is_none().then(|| {
            hooks.iter().copied().filter(|hook| !tally.called.contains(hook)).collect::<Vec<Hook>>()
        });
        self.sum_up(manifest, &tally, uncalled.as_deref())?;
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
                return self.say(FAILED, &name, None, &[why]);
            }
        };
        if !tally.called.contains(&judged.hook) {
            tally.called.push(judged.hook);
        }
        if let (true, Some(why)) = (self.update, judged.not_written) {
            tally.failed += 1;
            let missed: Vec<String> = judged.missed.iter().cloned().chain([why.to_owned()]).collect();
            return self.say(FAILED, &name, Some(&judged), &missed);
        }
        if self.update && !judged.missed.is_empty() && found.update(&judged)? {
            tally.updated += 1;
            return self.say("wrote", &name, Some(&judged), &[]);
        }
        if judged.missed.is_empty() {
            tally.passed += 1;
            return self.say("ok", &name, Some(&judged), &[]);
        }
        tally.failed += 1;
        self.say(FAILED, &name, Some(&judged), &judged.missed)
    }

    /// One case: what became of it, what it cost if it ran, and what differs.
    fn say(
        &self,
        result: &str,
        name: &str,
        judged: Option<&Judged>,
        missed: &[String],
    ) -> anyhow::Result<()> {
        if self.json {
            return screen::json(&serde_json::json!({
                "case": name, "result": result, "hook": judged.map(|j| j.hook), "missed": missed,
                "fuel": judged.map(|j| j.fuel), "memory_bytes": judged.map(|j| j.memory_bytes),
            }));
        }
        let word = if result == FAILED { FAILED.to_uppercase() } else { result.to_owned() };
        match judged {
            Some(judged) => screen::line(format_args!(
                "{word:<6} {name:<32} {:<12} {:>12} fuel {:>10}",
                judged.hook.to_string(),
                judged.fuel,
                domain::files::size(judged.memory_bytes)
            ))?,
            None => screen::line(format_args!("{word:<6} {name}"))?,
        }
        missed.iter().try_for_each(|line| screen::line(format_args!("  {}", line.replace('\n', "\n  "))))?;
        Ok(())
    }

    fn sum_up(&self, plugin: &Manifest, tally: &Tally, uncalled: Option<&[Hook]>) -> anyhow::Result<()> {
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
        if let Some(uncalled) = uncalled.filter(|hooks| !hooks.is_empty()) {
            let names: Vec<String> = uncalled.iter().map(ToString::to_string).collect();
            screen::line(format_args!("no case calls {}", names.join(", ")))?;
        }
        Ok(())
    }
}
