//! `kulanz plugin upgrade|rollback|versions`: what a version that waits asks and would do, consent to it, and the
//! way back.

use std::path::PathBuf;

use clap::Args;
use desk::{Changed, Comparison, Consent, Desk, Saying, Tally, Trial};
use domain::grant::Grants;
use domain::version::{PluginVersion, VersionState, Wish, carried_grants};

use super::install::{Again, Choice, read_settings};
use super::manage::find;
use super::settings::say_unset;
use crate::cli::{Ground, instead, operator, screen, word};

/// Tickets that two versions are compared on, unless somebody says otherwise.
const TICKETS: u32 = 100;
/// Differences shown in full on a terminal.
const CHANGED_SHOWN: usize = 10;

#[derive(Debug, Args)]
pub(in crate::cli) struct Upgrade {
    /// Plugin id or installation id
    plugin: String,
    /// Compare the two versions on the newest so many tickets; 0: not at all
    #[arg(long, value_name = "N", default_value_t = TICKETS)]
    tickets: u32,
    /// Only look
    #[arg(long, conflicts_with_all = ["yes", "decline"])]
    show: bool,
    /// Say no to it
    #[arg(long, conflicts_with = "yes")]
    decline: bool,
    #[command(flatten)]
    choice: Choice,
    /// Try it on so many percent of the tickets first; taken back by itself if it does worse
    #[arg(long, value_name = "PERCENT", conflicts_with_all = ["show", "decline"])]
    canary: Option<u8>,
    /// Try it on the tickets of this team first (repeat for several)
    #[arg(long = "canary-team", value_name = "TEAM", conflicts_with_all = ["show", "decline"])]
    canary_teams: Vec<String>,
    /// Settings to lay over those in force, as a JSON file (-: what is typed)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Upgrade {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::UPGRADE).await?;
        let done = Box::pin(self.on(&house.desk, ground)).await;
        house.close().await;
        done
    }

    /// The command as it was typed, but for what it grants and where its settings come from.
    fn typed(&self) -> String {
        let mut typed = format!("plugin upgrade {}", word(&self.plugin));
        if self.tickets != TICKETS {
            typed.push_str(&format!(" --tickets {}", self.tickets));
        }
        if let Some(percent) = self.canary {
            typed.push_str(&format!(" --canary {percent}"));
        }
        for team in &self.canary_teams {
            typed.push_str(&format!(" --canary-team {}", word(team)));
        }
        if let Some(file) = &self.settings {
            typed.push_str(&format!(" --settings {}", word(&file.display().to_string())));
        }
        if self.json {
            typed.push_str(" --json");
        }
        typed
    }

    async fn on(&self, desk: &Desk, ground: &Ground) -> anyhow::Result<()> {
        let view = find(desk, &self.plugin).await?;
        let id = view.installation.id;
        let version = desk.waiting(id, None).await?;
        let comparison = match self.tickets {
            0 => None,
            tickets => Some(Box::pin(desk.compare(id, None, tickets)).await?),
        };
        if self.json {
            screen::json(&serde_json::json!({ "version": version, "comparison": comparison }))?;
        } else {
            screen::say(difference_text(&view.installation.manifest.version, &version));
            comparison.iter().for_each(|c| screen::say(comparison_text(c)));
        }
        if self.show {
            return Ok(());
        }
        if self.decline {
            Box::pin(desk.decline_version(id, Some(&version.digest), operator())).await?;
            screen::say("Declined: the version in force keeps running.");
            return Ok(());
        }
        let (asks, new) = (version.manifest.requested(), wished(&version));
        let carried = carried_grants(&view.installation.grants, &version.manifest);
        let all = carried.0.iter().chain(&new.0).cloned().collect();
        let question = format!("Put {} in force with all of this?", version.manifest.version);
        let again = Again { command: self.typed(), ground: ground.typed() };
        let grants = self.choice.consent(&asks, &all, &question, &again)?;
        let settings = read_settings(self.settings.as_deref())?;
        let canary = (self.canary.is_some() || !self.canary_teams.is_empty())
            .then(|| Trial { share_percent: self.canary.unwrap_or(0), teams: self.canary_teams.clone() });
        let is_tried = canary.is_some();
        let consent = Consent { digest: Some(version.digest), grants: Some(grants), settings, canary };
        let installation = Box::pin(desk.consent(id, consent, operator())).await?;
        screen::line(format_args!(
            "{}  {} {}  {}",
            installation.id, installation.manifest.id, installation.manifest.version, installation.mode
        ))?;
        if is_tried {
            screen::say(format_args!(
                "{} is tried on part of the tickets. The same command without --canary puts it in force.",
                version.manifest.version
            ));
        }
        say_unset(&installation.manifest.id, &desk.unset_secrets(&installation));
        screen::say(format_args!(
            "Back at once, if need be: kulanz plugin rollback {}",
            installation.manifest.id
        ));
        Ok(())
    }
}

fn wished(version: &PluginVersion) -> Grants {
    let grant = |wish: &Wish| match wish {
        Wish::Grant { to, .. } => Some(to.clone()),
        _ => None,
    };
    version.wishes.iter().filter_map(grant).collect()
}

/// What a version that waits wants, for people.
pub(super) fn difference_text(in_force: &str, version: &PluginVersion) -> String {
    let manifest = &version.manifest;
    let stands = match version.state {
        VersionState::Canary => "is tried on part of the tickets",
        _ => "waits",
    };
    let mut out =
        format!("{} {} {stands}; {in_force} is in force and keeps running.\n", manifest.id, manifest.version);
    out.push_str(&match &version.publisher {
        Some(key) => format!("  signed by {key}\n"),
        None => "  not signed\n".to_owned(),
    });
    out.push_str(&format!("  sha256 {}\n", version.digest));
    for wish in &version.wishes {
        out.push_str(&format!("  It {}\n", wish.sentence()));
    }
    out.trim_end().to_owned()
}

fn comparison_text(comparison: &Comparison) -> String {
    let Comparison { tickets, same, different, changed, before, after, not_compared } = comparison;
    if *tickets == 0 {
        return "There is no ticket yet to compare the two on.".to_owned();
    }
    let mut out = format!(
        "On the newest {}: {same} calls come out the same, {different} differently.\n",
        screen::count(u64::from(*tickets), "ticket")
    );
    out.push_str(&format!("  in force  {}\n  waiting   {}\n", tally(before), tally(after)));
    for change in changed.iter().take(CHANGED_SHOWN) {
        out.push_str(&changed_text(change));
    }
    let more =
        usize::try_from(*different).unwrap_or(usize::MAX).saturating_sub(CHANGED_SHOWN.min(changed.len()));
    if more > 0 {
        out.push_str(&format!("  … and {more} more (--json lists a hundred)\n"));
    }
    if !not_compared.is_empty() {
        let hooks: Vec<&str> = not_compared.iter().map(|h| h.as_str()).collect();
        out.push_str(&format!("  Not compared: {} (what they see is not kept)\n", hooks.join(", ")));
    }
    out.trim_end().to_owned()
}

fn tally(tally: &Tally) -> String {
    let faults: u32 = tally.faults.values().sum();
    format!("{} calls, {} effects, {faults} faults, {} fuel", tally.calls, tally.effects, tally.fuel)
}

fn changed_text(change: &Changed) -> String {
    let mut out = format!("  #{} {} {}\n", change.ticket, change.event, change.hook);
    for (mark, Saying { said, effects }) in [("-", &change.before), ("+", &change.after)] {
        out.push_str(&format!("    {mark} {}\n", said.as_deref().unwrap_or("does not listen to this")));
        effects.iter().for_each(|effect| out.push_str(&format!("    {mark}   {effect}\n")));
    }
    out
}

pub(super) async fn roll_back(ground: &Ground, plugin: &str, to: Option<&str>) -> anyhow::Result<()> {
    let house = ground.house(instead::ROLLBACK).await?;
    let view = find(&house.desk, plugin).await?;
    let (id, was) = (view.installation.id, view.installation.manifest.version);
    let now = Box::pin(house.desk.roll_back(id, to, operator())).await?;
    screen::line(format_args!(
        "{}  {} {} → {}  {}",
        now.id, now.manifest.id, was, now.manifest.version, now.mode
    ))?;
    house.close().await;
    Ok(())
}

pub(super) async fn versions(ground: &Ground, plugin: &str, json: bool) -> anyhow::Result<()> {
    let house = ground.house(instead::VERSIONS).await?;
    let view = find(&house.desk, plugin).await?;
    for version in house.desk.versions(view.installation.id).await? {
        if json {
            screen::json(&version)?;
        } else {
            screen::line(version_line(&version))?;
        }
    }
    house.close().await;
    Ok(())
}

fn version_line(version: &PluginVersion) -> String {
    let by = version.activated_by.as_ref().unwrap_or(&version.received_by);
    let at = version.activated_at.unwrap_or(version.received_at);
    let who = if version.state == VersionState::Waiting { "handed in" } else { "in force" };
    let signer = version.publisher.as_ref().map_or_else(|| "not signed".to_owned(), ToString::to_string);
    format!(
        "{:<8} {:<10} {}  {who} {at} by {} {}  {signer}",
        version.state,
        version.manifest.version,
        version.digest.get(..12).unwrap_or(&version.digest),
        by.kind,
        by.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_tells_numbers_first_and_then_the_differences() {
        let saying = |said: &str, effects: &[&str]| Saying {
            said: Some(said.into()),
            effects: effects.iter().map(|e| (*e).to_owned()).collect(),
        };
        let comparison = Comparison {
            tickets: 2,
            same: 3,
            different: 1,
            changed: vec![Changed {
                ticket: 7,
                event: "message.received".into(),
                hook: domain::plugin::Hook::Triage,
                before: saying("abstained: nothing", &[]),
                after: saying("done: billing", &["team = billing"]),
            }],
            before: Tally { calls: 4, ..Tally::default() },
            after: Tally { calls: 4, effects: 1, fuel: 9, ..Tally::default() },
            not_compared: vec![domain::plugin::Hook::Redaction],
        };
        assert_eq!(
            comparison_text(&comparison),
            "On the newest 2 tickets: 3 calls come out the same, 1 differently.\n  \
             in force  4 calls, 0 effects, 0 faults, 0 fuel\n  \
             waiting   4 calls, 1 effects, 0 faults, 9 fuel\n  \
             #7 message.received triage\n    - abstained: nothing\n    + done: billing\n    +   team = billing\n  \
             Not compared: redaction (what they see is not kept)"
        );
    }
}
