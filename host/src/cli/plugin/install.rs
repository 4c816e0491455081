//! `kulanz plugin install`: shows what a plugin asks for and why, asks, installs.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use desk::{Consent, Desk, InstallRequest, Received};
use domain::effect::EffectKind;
use domain::grant::{Grant, Grants};
use domain::plugin::{Installation, Mode};
use runtime::Inspection;

use super::registry::Access;
use super::settings::say_unset;
use super::source::{self, Source};
use super::upgrade::difference_text;
use crate::cli::{Ground, RefusedHere, instead, operator, screen, word};

/// What of its requests leaves the house although nothing is applied.
const REQUESTS_IN_SHADOW: &str = "In shadow mode its GET and HEAD requests do go out, with its secrets; others are not sent and answered `denied`.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Install {
    /// Component file, a plugin's folder (built first), or oci://REFERENCE
    #[arg(value_name = "DIR|FILE|OCI", required_unless_present = "bundled", conflicts_with = "bundled")]
    what: Option<Source>,
    #[command(flatten)]
    access: Access,
    /// The bundled plugins: redaction, triage, auto-reply, proactive-notice, incidents; built from the source tree
    #[arg(long)]
    bundled: bool,
    /// How far it is trusted: off, shadow, suggest or live [default: live for bundled ones, else shadow]
    #[arg(long)]
    mode: Option<Mode>,
    #[command(flatten)]
    choice: Choice,
    /// Hold it to the tickets of this inbox (repeat for several) [default: all tickets]
    #[arg(long = "inbox", value_name = "INBOX", conflicts_with = "bundled")]
    inboxes: Vec<String>,
    /// Settings to lay over the plugin's defaults, or over those in force, as a JSON file (-: what is typed)
    #[arg(long, value_name = "FILE", conflicts_with = "bundled")]
    settings: Option<PathBuf>,
    /// One JSON object per installation
    #[arg(long)]
    json: bool,
}

impl Install {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        if self.bundled && !self.choice.yes && !screen::can_ask() {
            return Err(self.nobody_to_ask(ground));
        }
        let components = match &self.what {
            Some(what) => vec![source::component(what, self.access).await?],
            None => source::build_bundled().await?.into_iter().map(|built| built.bytes).collect(),
        };
        let house = ground.house(instead::INSTALL).await?;
        for bytes in components {
            Box::pin(self.install(&house.desk, bytes, ground)).await?;
        }
        house.close().await;
        Ok(())
    }

    /// Several plugins are asked about one after the other: where nobody answers, none is begun with.
    fn nobody_to_ask(&self, ground: &Ground) -> anyhow::Error {
        RefusedHere::because(format!(
            "nobody can be asked here what the bundled plugins ({}) may do; nothing was installed. To grant each \
             of them all that it asks for:\n  kulanz {} --yes{}",
            source::BUNDLED.join(", "),
            self.typed(),
            ground.typed()
        ))
    }

    /// The command as it was typed, but for what it grants and where its settings come from.
    fn typed(&self) -> String {
        let what = self.what.as_ref().map_or_else(|| "--bundled".to_owned(), |what| word(&what.to_string()));
        let mut typed = format!("plugin install {what}");
        if self.access.plain_http {
            typed.push_str(" --plain-http");
        }
        if let Some(mode) = self.mode {
            typed.push_str(&format!(" --mode {mode}"));
        }
        for inbox in &self.inboxes {
            typed.push_str(&format!(" --inbox {}", word(inbox)));
        }
        if let Some(file) = &self.settings {
            typed.push_str(&format!(" --settings {}", word(&file.display().to_string())));
        }
        if self.json {
            typed.push_str(" --json");
        }
        typed
    }

    async fn install(&self, desk: &Desk, bytes: Vec<u8>, ground: &Ground) -> anyhow::Result<()> {
        let inspection = desk.inspect(&bytes)?;
        let id = &inspection.manifest.id;
        let here = desk.installations().await?.into_iter().find(|view| view.installation.manifest.id == *id);
        let is_same = here.as_ref().is_some_and(|view| view.installation.digest == inspection.digest);
        let mode = self.mode.unwrap_or(if self.bundled { Mode::Live } else { Mode::Shadow });
        let grants = if here.is_some() { None } else { Some(self.consent(&inspection, ground)?) };
        let settings = read_settings(self.settings.as_deref())?;
        let inboxes = self.inboxes.iter().cloned().collect();
        let request = InstallRequest { grants, inboxes, settings, ..InstallRequest::new(bytes, mode) };
        let received = Box::pin(desk.install(request, operator())).await?;
        let mut installation = received.installation.clone();
        if received.waits() && self.bundled {
            installation = self.upgrade_bundled(desk, &received).await?;
        } else if received.waits() {
            screen::say(difference_text(&installation.manifest.version, &received.version));
            screen::say(format_args!("See what it would change, and decide: kulanz plugin upgrade {id}"));
        }
        let unset = desk.unset_secrets(&installation);
        if self.json {
            let waiting = received.waits().then_some(&received.version);
            return screen::json(&serde_json::json!({
                "installation": shown(&installation), "waiting": waiting, "unset_secrets": unset,
            }));
        }
        screen::line(format_args!(
            "{}  {} {}  {}",
            installation.id, installation.manifest.id, installation.manifest.version, installation.mode
        ))?;
        if is_same {
            screen::say(same_text(id, self.settings.is_some()));
        }
        say_unset(id, &unset);
        if received.is_new && installation.mode == Mode::Shadow {
            screen::say(shadow_text(&installation));
        }
        Ok(())
    }

    /// Shows a plugin that was not here before and asks what it may do.
    fn consent(&self, inspection: &Inspection, ground: &Ground) -> anyhow::Result<Grants> {
        screen::say(request_text(inspection));
        let asks = inspection.manifest.requested();
        if self.bundled && self.choice.yes {
            return Ok(asks);
        }
        let again = Again { command: self.typed(), ground: ground.typed() };
        self.choice.consent(&asks, &asks, "Grant all of this?", &again)
    }

    /// A new bundled version comes with the program that the admin put here: one yes is enough.
    async fn upgrade_bundled(&self, desk: &Desk, received: &Received) -> anyhow::Result<Installation> {
        screen::say(difference_text(&received.installation.manifest.version, &received.version));
        let agreed = self.choice.yes || (screen::can_ask() && screen::ask("Put it in force?")?);
        if !agreed {
            return Ok(received.installation.clone());
        }
        let consent = Consent { digest: Some(received.version.digest.clone()), ..Consent::default() };
        Ok(Box::pin(desk.consent(received.installation.id, consent, operator())).await?)
    }
}

/// A command to be typed again, with the grants between its two halves.
pub(super) struct Again {
    /// The command with its own options.
    pub(super) command: String,
    /// Where its settings come from.
    pub(super) ground: String,
}

/// What an admin allows, said on the command line.
#[derive(Debug, Default, Args)]
pub(super) struct Choice {
    /// Grant exactly this; several with commas or by repeating, as in read:text,effect:add-tag
    #[arg(long = "grant", value_name = "GRANTS", value_delimiter = ',')]
    grants: Vec<Grant>,
    /// Grant exactly what stands in this file, one per line; # begins a comment
    #[arg(long, value_name = "FILE", conflicts_with = "grants")]
    grants_file: Option<PathBuf>,
    /// Do not ask; what is granted must be named (--grant, --grants-file)
    #[arg(long)]
    yes: bool,
}

impl Choice {
    /// The grants: as named, or after asking. `all` is what a plain yes grants; `again` is for the hint that names the
    /// command.
    pub(super) fn consent(
        &self,
        asks: &Grants,
        all: &Grants,
        question: &str,
        again: &Again,
    ) -> anyhow::Result<Grants> {
        let named = self.named()?;
        if let Some(named) = &named {
            let list: Vec<String> = named.0.iter().map(ToString::to_string).collect();
            screen::say(format_args!("You grant: {}", list.join(", ")));
        }
        if self.yes || asks.0.is_empty() {
            let nothing = asks.0.is_empty().then(Grants::default);
            return named.or(nothing).ok_or_else(|| {
                RefusedHere::because(hint("--yes says nothing of what you grant", again, all))
            });
        }
        if !screen::can_ask() {
            let grants = named.as_ref().unwrap_or(all);
            return Err(RefusedHere::because(hint("nobody can be asked here", again, grants)));
        }
        match named {
            Some(named) if screen::ask("Grant this?")? => Ok(named),
            Some(_) => Err(RefusedHere::because("nothing was changed")),
            None => ask_for(all, question),
        }
    }

    fn named(&self) -> anyhow::Result<Option<Grants>> {
        if let Some(path) = &self.grants_file {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
            let grants: Result<Grants, _> =
                lines.filter(|l| !l.is_empty()).map(str::parse::<Grant>).collect();
            return Ok(Some(grants.with_context(|| path.display().to_string())?));
        }
        Ok((!self.grants.is_empty()).then(|| self.grants.iter().cloned().collect()))
    }
}

/// What became of a version that is in force already.
fn same_text(plugin: &str, with_settings: bool) -> String {
    let did = if with_settings { "its settings were changed" } else { "nothing was changed" };
    format!(
        "This version was in force already: {did}. Its mode and grants: kulanz plugin mode {plugin}, kulanz plugin allow {plugin}"
    )
}

/// What a plugin in shadow mode does and does not do.
fn shadow_text(installation: &Installation) -> String {
    let mut out = "It is recorded what it would do, and none of it is applied.".to_owned();
    if installation.grants.0.iter().any(|grant| matches!(grant, Grant::Http(_))) {
        out.push_str(&format!(" {REQUESTS_IN_SHADOW}"));
    }
    format!("{out}\nWhen you trust it: kulanz plugin mode {} live", installation.manifest.id)
}

/// All, some or none, as somebody at a terminal decides.
fn ask_for(all: &Grants, question: &str) -> anyhow::Result<Grants> {
    match screen::choose(question)? {
        screen::Answer::Yes => Ok(all.clone()),
        screen::Answer::No => Err(RefusedHere::because("nothing was changed")),
        screen::Answer::Some => {
            let mut chosen = Grants::default();
            for grant in &all.0 {
                if screen::ask(&format!("  {grant}?"))? {
                    chosen.0.insert(grant.clone());
                }
            }
            Ok(chosen)
        }
    }
}

/// The command that would have worked, with the grants that were named or else all that it asks for: to be read,
/// shortened and pasted.
fn hint(why: &str, again: &Again, grants: &Grants) -> String {
    let list: Vec<String> = grants.0.iter().map(ToString::to_string).collect();
    let Again { command, ground } = again;
    format!(
        "{why}: name what you allow, at most\n  kulanz {command} --yes --grant {}{ground}",
        word(&list.join(","))
    )
}

/// Settings from a JSON file, or as they are typed.
pub(in crate::cli) fn read_settings(path: Option<&Path>) -> anyhow::Result<Option<serde_json::Value>> {
    let Some(path) = path else { return Ok(None) };
    let bytes = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())?.into_bytes()
    } else {
        std::fs::read(path).with_context(|| path.display().to_string())?
    };
    Ok(Some(serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?))
}

/// An installation as it may be printed: without secrets.
pub(super) fn shown(installation: &Installation) -> Installation {
    Installation { settings: desk::masked(installation), ..installation.clone() }
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
    out.push_str(&format!(
        "  sha256 {} · {}\n",
        inspection.digest,
        domain::files::size(inspection.size_bytes)
    ));
    out.push_str(&match &inspection.publisher {
        Some(key) => format!("  signed by {key}\n"),
        None => "  not signed: nobody can tell whose it is or whether it was changed\n".to_owned(),
    });
    match manifest.grants.as_slice() {
        [] => out.push_str("It asks for nothing.\n"),
        grants => {
            out.push_str("It asks for:\n");
            for request in grants {
                out.push_str(&format!("  {:<36} {}\n", request.to.to_string(), request.reason));
            }
            if grants.iter().any(|request| matches!(request.to, Grant::Http(_))) {
                out.push_str(&format!("{REQUESTS_IN_SHADOW}\n"));
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
    for secret in manifest.secrets() {
        out.push_str(&format!(
            "It wants a secret, {}, that is sent to {} and that it never sees\n",
            secret.name, secret.host
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
        Grant::Http(_) | Grant::Send(..) => {
            inspection.imports.iter().any(|import| import.starts_with("http."))
        }
        // Only in what it writes to the customer is anything filled in.
        Grant::Fill(_) => inspection
            .derived
            .0
            .iter()
            .any(|d| matches!(d, Grant::Effect(EffectKind::Reply | EffectKind::Notify, _))),
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
            publisher: None,
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
        assert!(text.contains("In shadow mode its GET and HEAD requests do go out"), "{text}");
        assert!(text.ends_with("Its code calls nothing that needs effect:reply, http:api.example.com: you may leave that out."), "{text}");
    }

    fn choice(grants: &str, yes: bool) -> anyhow::Result<Grants> {
        let grants = grants.split(',').filter(|g| !g.is_empty()).map(|g| g.parse().unwrap()).collect();
        let asks = inspection().manifest.requested();
        let again = Again { command: "plugin install p.wasm".to_owned(), ground: String::new() };
        Choice { grants, grants_file: None, yes }.consent(&asks, &asks, "All?", &again)
    }

    #[test]
    fn the_command_to_copy_keeps_every_option_that_was_typed() {
        let install = Install {
            what: Some("my plugin.wasm".parse().unwrap()),
            access: Access { plain_http: true },
            bundled: false,
            mode: Some(Mode::Live),
            choice: Choice { yes: true, ..Choice::default() },
            inboxes: vec!["sales".to_owned(), "help".to_owned()],
            settings: Some("-".into()),
            json: true,
        };
        let ground = Ground {
            config: Some("/etc/kulanz.toml".into()),
            database: Some("postgres://kulanz:hunter2@db/house".to_owned()),
            ..Ground::default()
        };
        let said = install.consent(&inspection(), &ground).unwrap_err().to_string();
        let command = said.lines().last().unwrap();
        assert!(
            command.starts_with(
                "  kulanz plugin install 'my plugin.wasm' --plain-http --mode live --inbox sales --inbox help --settings - --json --yes --grant read:text,"
            ),
            "{said}"
        );
        assert!(command.ends_with(" --config /etc/kulanz.toml --database URL"), "{said}");
    }

    #[test]
    fn a_yes_without_a_list_is_refused_with_the_command_that_would_work() {
        assert_eq!(choice("read:text", true).unwrap().0.len(), 1);
        let said = choice("", true).unwrap_err().to_string();
        assert!(
            said.ends_with("kulanz plugin install p.wasm --yes --grant read:text,effect:set-field:priority,effect:reply,http:api.example.com"),
            "{said}"
        );
        let again = Again { command: "plugin install p.wasm".to_owned(), ground: String::new() };
        let every: Grants = ["effect:set-field:custom.*".parse::<Grant>().unwrap()].into_iter().collect();
        let said = hint("why", &again, &every);
        assert!(
            said.ends_with("--yes --grant 'effect:set-field:custom.*'"),
            "a shell takes * for file names"
        );
        if !screen::can_ask() {
            assert!(choice("read:text", false).unwrap_err().to_string().contains("nobody can be asked"));
        }
    }

    #[test]
    fn grants_come_from_a_file_with_comments_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("grants");
        std::fs::write(&file, "# what it may do\nread:text\n\neffect:reply # only this\n").unwrap();
        let choice = Choice { grants_file: Some(file.clone()), ..Choice::default() };
        assert_eq!(choice.named().unwrap().unwrap().0.len(), 2);
        std::fs::write(&file, "raed:text").unwrap();
        let said = format!("{:#}", choice.named().unwrap_err());
        assert!(said.contains("grants: ") && said.contains("read"), "{said}");
    }
}
