//! `kulanz plugin install`: shows what a plugin asks for and why, asks, installs.

use std::path::PathBuf;

use clap::Args;
use desk::{Desk, InstallRequest};
use domain::grant::{Grant, Grants};
use domain::plugin::Mode;
use runtime::Inspection;

use super::source;
use crate::cli::{Ground, RefusedHere, instead, operator, screen};

#[derive(Debug, Args)]
pub(in crate::cli) struct Install {
    /// Component file, or a plugin's folder (built first)
    #[arg(value_name = "DIR|FILE", required_unless_present = "bundled", conflicts_with = "bundled")]
    what: Option<PathBuf>,
    /// The bundled plugins: redaction, triage, auto-reply, proactive-notice
    #[arg(long)]
    bundled: bool,
    /// How far it is trusted: off, shadow, suggest or live [default: live for bundled ones, else shadow]
    #[arg(long)]
    mode: Option<Mode>,
    /// Grant exactly this (repeat for several), as in read:text
    #[arg(long = "grant", value_name = "GRANT", conflicts_with = "yes")]
    grants: Vec<Grant>,
    /// Grant everything it asks for, without asking
    #[arg(long)]
    yes: bool,
    /// Settings as a JSON file
    #[arg(long, value_name = "FILE", conflicts_with = "bundled")]
    settings: Option<PathBuf>,
    /// One JSON object per installation
    #[arg(long)]
    json: bool,
}

impl Install {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let components = match &self.what {
            Some(what) => vec![source::component(what).await?],
            None => source::build_bundled().await?.into_iter().map(|built| built.bytes).collect(),
        };
        let house = ground.house(instead::INSTALL).await?;
        for bytes in components {
            self.install(&house.desk, bytes).await?;
        }
        house.close().await;
        Ok(())
    }

    async fn install(&self, desk: &Desk, bytes: Vec<u8>) -> anyhow::Result<()> {
        let inspection = desk.inspect(&bytes)?;
        screen::say(request_text(&inspection));
        let mode = self.mode.unwrap_or(if self.bundled { Mode::Live } else { Mode::Shadow });
        let grants = self.consent(&inspection)?;
        let settings = match &self.settings {
            Some(path) => Some(serde_json::from_slice(&std::fs::read(path)?)?),
            None => None,
        };
        let installation =
            desk.install(InstallRequest { bytes, mode, grants: Some(grants), settings }, operator()).await?;
        if self.json {
            return screen::json(&installation);
        }
        screen::line(format_args!(
            "{}  {} {}  {}",
            installation.id, installation.manifest.id, installation.manifest.version, installation.mode
        ))?;
        if mode == Mode::Shadow {
            screen::say(format_args!(
                "It records and applies nothing. When you trust it: kulanz plugin mode {} live",
                installation.manifest.id
            ));
        }
        Ok(())
    }

    /// What the admin allows: named grants, everything by flag, or everything after a yes.
    fn consent(&self, inspection: &Inspection) -> anyhow::Result<Grants> {
        let asked = inspection.manifest.requested();
        if !self.grants.is_empty() {
            return Ok(self.grants.iter().cloned().collect());
        }
        if self.yes || asked.0.is_empty() {
            return Ok(asked);
        }
        if !screen::can_ask() {
            return Err(RefusedHere::because(
                "nobody can be asked here: allow everything above with --yes, or exactly what you choose with --grant",
            ));
        }
        if screen::ask("Grant all of this?")? {
            Ok(asked)
        } else {
            Err(RefusedHere::because("nothing was installed"))
        }
    }
}

/// What a plugin is and what it asks for, for people.
pub(super) fn request_text(inspection: &Inspection) -> String {
    let manifest = &inspection.manifest;
    let hooks: Vec<String> = inspection.hooks.iter().map(ToString::to_string).collect();
    let mut out = format!("{} {}  {}\n", manifest.id, manifest.version, manifest.name);
    out.push_str(&format!("  {}\n", manifest.description));
    out.push_str(&format!(
        "  by {} · {} · hooks: {}\n",
        or_nobody(&manifest.authors),
        or_unsaid(&manifest.licence),
        hooks.join(", ")
    ));
    out.push_str(&format!("  sha256 {} · {} kB\n", inspection.digest, inspection.size_bytes.div_ceil(1024)));
    match manifest.grants.as_slice() {
        [] => out.push_str("It asks for nothing.\n"),
        grants => {
            out.push_str("It asks for:\n");
            for request in grants {
                out.push_str(&format!("  {:<36} {}\n", request.to.to_string(), request.reason));
            }
        }
    }
    let unused: Vec<String> = unused(inspection).iter().map(ToString::to_string).collect();
    if !unused.is_empty() {
        out.push_str(&format!(
            "Its code calls nothing that needs {}: you may leave that out.\n",
            unused.join(", ")
        ));
    }
    for schedule in &manifest.schedules {
        out.push_str(&format!("It runs {} ({}): {}\n", schedule.cron, schedule.zone, schedule.name));
    }
    out.trim_end().to_owned()
}

/// Grants asked for although nothing in the component's imports could use them. Reading cannot be told
/// from imports: it is counted when the plugin runs.
pub(super) fn unused(inspection: &Inspection) -> Vec<Grant> {
    let can = |grant: &Grant| match grant {
        Grant::Read(_) => true,
        Grant::Effect(kind, _) => {
            inspection.derived.0.iter().any(|d| matches!(d, Grant::Effect(k, _) if k == kind))
        }
        Grant::Use(_) => inspection.derived.0.contains(grant),
        Grant::Http(_) => inspection.imports.iter().any(|import| import.starts_with("http.")),
    };
    inspection.manifest.grants.iter().map(|g| g.to.clone()).filter(|g| !can(g)).collect()
}

fn or_nobody(authors: &[String]) -> String {
    if authors.is_empty() { "unknown authors".to_owned() } else { authors.join(", ") }
}

fn or_unsaid(licence: &str) -> &str {
    if licence.is_empty() { "no licence stated" } else { licence }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plugin::Manifest;

    fn inspection() -> Inspection {
        let manifest = Manifest::parse(
            r#"
            id = "example.triage"
            name = "Example"
            version = "1.0.0"
            contract = "0.1"
            description = "Sorts."
            [[hook]]
            kind = "triage"
            events = ["message.received"]
            [[grant]]
            to = "read:text"
            reason = "To see what it is about."
            [[grant]]
            to = "effect:reply"
            reason = "To answer."
            [[grant]]
            to = "effect:set-field:priority"
            reason = "To raise."
            [[grant]]
            to = "http:api.example.com"
            reason = "To ask."
            "#,
        )
        .unwrap();
        Inspection {
            manifest,
            digest: "ab".into(),
            hooks: vec![domain::plugin::Hook::Triage],
            imports: vec!["effects.set-field".into()],
            derived: ["effect:set-field".parse().unwrap()].into_iter().collect(),
            size_bytes: 5_000,
        }
    }

    #[test]
    fn what_is_asked_for_is_shown_with_its_reason_and_what_is_never_used_is_named() {
        let text = request_text(&inspection());
        assert!(text.contains("read:text                            To see what it is about."), "{text}");
        assert!(text.ends_with("Its code calls nothing that needs effect:reply, http:api.example.com: you may leave that out."), "{text}");
    }

    #[test]
    fn without_a_terminal_consent_must_come_by_flag() {
        let install = |grants: Vec<Grant>, yes: bool| Install {
            what: None,
            bundled: true,
            mode: None,
            grants,
            yes,
            settings: None,
            json: false,
        };
        assert!(install(vec![], true).consent(&inspection()).unwrap().0.len() == 4);
        let some = install(vec!["read:text".parse().unwrap()], false).consent(&inspection()).unwrap();
        assert_eq!(some.0.len(), 1);
        if !screen::can_ask() {
            assert!(install(vec![], false).consent(&inspection()).unwrap_err().to_string().contains("--yes"));
        }
    }
}
