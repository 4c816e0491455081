//! Installed plugins: which there are, loaded once and kept, and what admins change of them. How one comes in
//! and goes from version to version stands in the files below.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::audit::AuditRecord;
use domain::grant::Grants;
use domain::id::{AuditId, InstallationId};
use domain::plugin::{Hook, Installation, Limits, Manifest, Mode, SecretSetting};
use domain::ticket::Ticket;
use domain::version::{PluginVersion, VersionState};
use domain::webhook::Webhook;
use domain::{Actor, Refusal, Timestamp};
use runtime::{Inspection, Plugin};
use serde_json::Value;
use store::{Commit, Fact};
use tokio::sync::{Mutex, RwLock};

use crate::automation::Gaps;
use crate::{Desk, DeskError};

mod canary;
mod compare;
mod curve;
mod install;
mod outside;
mod past;
mod settings;
mod trial;
mod upgrade;
mod values;

pub use compare::{Changed, Comparison, Saying, Tally};
pub use curve::AnswerCurve;
pub use domain::plugin::HIDDEN;
pub use install::{InstallRequest, Received};
pub(crate) use outside::{Secret, fetch, secrets_of};
pub use settings::masked;
pub use trial::{Tried, TriedFinding};
pub use upgrade::{Consent, Trial};
pub use values::{Base64, PluginValues};

/// Key of the house-wide kill switch among the settings.
pub(crate) const AUTOMATION: &str = "automation";

/// What an admin changes of an installation. Absent: as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstallationChange {
    /// How far to trust it.
    pub mode: Option<Mode>,
    /// All that it may do from now on; only what its manifest asks for.
    pub grants: Option<Grants>,
    /// The inboxes that it is held to; empty: all.
    pub inboxes: Option<BTreeSet<String>>,
    /// Settings to lay over those that stand: each named one is replaced whole, null puts its default back.
    pub settings: Option<Value>,
    /// All limits.
    pub limits: Option<Limits>,
}

impl InstallationChange {
    /// What the audit entry tells. Settings may hold secrets: only that they changed.
    fn told(&self) -> serde_json::Map<String, Value> {
        let mut told = serde_json::Map::new();
        told.extend(self.mode.map(|mode| ("mode".to_owned(), serde_json::json!(mode))));
        told.extend(self.grants.as_ref().map(|g| ("grants".to_owned(), serde_json::json!(g))));
        told.extend(self.inboxes.as_ref().map(|i| ("inboxes".to_owned(), serde_json::json!(i))));
        told.extend(self.settings.as_ref().map(|_| ("settings".to_owned(), Value::from("changed"))));
        told.extend(self.limits.map(|limits| ("limits".to_owned(), serde_json::json!(limits))));
        told
    }
}

/// An installation and whether it can be called.
#[derive(Debug, Clone)]
pub struct InstalledView {
    /// The installation.
    pub installation: Installation,
    /// Whether its component is loaded.
    pub loaded: bool,
    /// Why not, if not.
    pub problem: Option<String>,
    /// When a quarantined one is tried with one call again.
    pub probe_at: Option<Timestamp>,
    /// The version that waits for consent.
    pub waiting: Option<PluginVersion>,
    /// Secrets that have no value for their host.
    pub unset_secrets: Vec<SecretSetting>,
}

/// A loaded installation, ready to be called.
pub(crate) struct Installed {
    pub(crate) installation: Arc<Installation>,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) grants: Arc<Grants>,
    /// As the plugin reads them: with references in the place of secrets.
    pub(crate) settings: Arc<str>,
    /// When a quarantined one is tried again.
    pub(crate) probe_at: Option<Timestamp>,
    /// Whether the trial call was given out. A new roster gives it anew.
    probing: AtomicBool,
    /// The version that is tried on part of the tickets.
    canary: Option<Arc<Installed>>,
}

impl Installed {
    /// Whether it is called now, be it for trial.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.installation.is_active() || self.probe_at.is_some_and(|at| at <= now)
    }

    /// The version for a ticket: the one in force, or the one that is tried.
    pub(crate) fn version_for(self: Arc<Self>, ticket: Option<&Ticket>) -> Arc<Self> {
        let plan = self.installation.canary.as_ref();
        let is_tried = plan.zip(ticket).is_some_and(|(plan, ticket)| plan.takes(ticket));
        match self.canary.clone().filter(|_| is_tried) {
            Some(canary) => canary,
            None => self,
        }
    }

    /// Whether this call may be made: one that is quarantined gets a single one for trial.
    pub(crate) fn may_be_called(&self) -> bool {
        self.installation.quarantine.is_none() || !self.probing.swap(true, Ordering::Relaxed)
    }
}

/// Everything that events are held against: installations, endpoints, the kill switch, at one moment.
/// Immutable: a run keeps the roster it began with. What another host changes is known within
/// `worker::SCHEDULES_EVERY`.
#[derive(Default)]
pub(crate) struct Roster {
    pub(crate) installed: Vec<Arc<Installed>>,
    pub(crate) problems: HashMap<InstallationId, String>,
    pub(crate) automation: bool,
    /// What is to be known of the times it was off.
    pub(crate) gaps: Gaps,
    /// Endpoints that are to be told of events.
    pub(crate) webhooks: Vec<Webhook>,
    /// Redaction plugins that are switched on and cannot be called, with the reason: without them a text
    /// would pass half redacted.
    pub(crate) blind: Vec<String>,
}

#[derive(Default)]
pub(crate) struct RosterCell {
    roster: RwLock<Arc<Roster>>,
    /// One reads at a time: whoever read the store earlier must not overwrite what a later one found.
    reading: Mutex<()>,
}

impl Roster {
    /// Installations with this hook that are to be called, in order.
    pub(crate) fn with_hook(&self, hook: Hook, now: Timestamp) -> Vec<(i32, Arc<Installed>)> {
        let mut out: Vec<(i32, Arc<Installed>)> = self
            .installed
            .iter()
            .filter(|i| i.is_due(now))
            .filter_map(|i| Some((i.installation.manifest.hook(hook)?.order, Arc::clone(i))))
            .collect();
        out.sort_by(|a, b| (a.0, &a.1.installation.manifest.id).cmp(&(b.0, &b.1.installation.manifest.id)));
        out
    }
}

fn is_older(known: &Installation, read: &Installation) -> bool {
    known.id == read.id && (known.version != read.version || known.updated_at != read.updated_at)
}

impl Desk {
    pub(crate) async fn roster(&self) -> Arc<Roster> {
        Arc::clone(&*self.0.roster.roster.read().await)
    }

    /// Reads installations and endpoints anew and loads what is not loaded yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn reload_plugins(&self) -> Result<(), DeskError> {
        let _one_at_a_time = self.0.roster.reading.lock().await;
        let automation = self.0.store.setting(AUTOMATION).await?.as_deref() != Some("off");
        let gaps = self.gaps(automation).await?;
        let webhooks = self.0.store.webhooks().await?;
        let before = self.roster().await;
        let mut roster = Roster { automation, gaps, webhooks, ..Roster::default() };
        for installation in self.0.store.installations().await? {
            let id = installation.id;
            // Whoever changed it, here or on another host, may have changed what it keeps as well.
            if before.installed.iter().any(|i| is_older(&i.installation, &installation)) {
                self.0.tables.forget_all(id);
            }
            let redacts = redaction_name(&installation);
            let is_tried =
                installation.probe_at(self.0.config.probe_after_minutes).is_some_and(|at| at <= self.now());
            if let (Some(name), Some(why), false) = (&redacts, &installation.quarantine, is_tried) {
                roster.blind.push(format!("{name} is quarantined ({why})"));
            }
            match Box::pin(self.load_with_canary(&before, installation)).await {
                Ok(installed) => roster.installed.push(Arc::new(installed)),
                Err(problem) => {
                    tracing::error!(installation = %id, problem, "a plugin cannot be loaded; tickets go to people");
                    roster.blind.extend(redacts.map(|name| format!("{name} cannot be loaded ({problem})")));
                    roster.problems.insert(id, problem);
                }
            }
        }
        *self.0.roster.roster.write().await = Arc::new(roster);
        Ok(())
    }

    async fn load(&self, before: &Roster, installation: Installation) -> Result<Installed, String> {
        let both = before.installed.iter().flat_map(|i| [Some(i), i.canary.as_ref()]).flatten();
        let known = both.into_iter().find(|i| i.installation.digest == installation.digest);
        let plugin = match known {
            Some(installed) => Arc::clone(&installed.plugin),
            None => {
                let bytes = self.0.store.component(&installation.digest).await.map_err(|e| e.to_string())?;
                let bytes = bytes.ok_or("its component is not in the store: install it again")?;
                self.0.runtime.load(&bytes).await.map_err(|r| r.sentence)?
            }
        };
        let settings = Arc::from(settings::shown_to_plugin(&installation).to_string());
        let grants = Arc::new(installation.grants.clone());
        let probe_at = installation.probe_at(self.0.config.probe_after_minutes);
        let installation = Arc::new(installation);
        let probing = AtomicBool::new(false);
        Ok(Installed { plugin, grants, settings, probe_at, probing, canary: None, installation })
    }

    /// An installation with the version that is tried beside it. If that one cannot be loaded, the one in force
    /// gets all tickets.
    async fn load_with_canary(
        &self,
        before: &Roster,
        installation: Installation,
    ) -> Result<Installed, String> {
        let canary = match &installation.canary {
            None => None,
            Some(plan) => {
                let versions = self.0.store.versions_of(installation.id).await.map_err(|e| e.to_string())?;
                versions.into_iter().find(|v| v.digest == plan.digest)
            }
        };
        let mut installed = Box::pin(self.load(before, installation)).await?;
        if let Some(version) = canary {
            let tried = compare::as_installed(&installed.installation, version);
            match Box::pin(self.load(before, tried)).await {
                Ok(canary) => installed.canary = Some(Arc::new(canary)),
                Err(problem) => {
                    let id = installed.installation.id;
                    tracing::error!(installation = %id, problem, "the version that is tried cannot be loaded");
                }
            }
        }
        Ok(installed)
    }

    /// Looks at a component file without running it.
    ///
    /// # Errors
    /// The sentence with which it would be refused.
    pub fn inspect(&self, bytes: &[u8]) -> Result<Inspection, DeskError> {
        Ok(runtime::inspect(bytes)?)
    }

    /// All installations.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn installations(&self) -> Result<Vec<InstalledView>, DeskError> {
        let roster = self.roster().await;
        let mut views = Vec::new();
        for installation in self.0.store.installations().await? {
            let versions = self.0.store.versions_of(installation.id).await?;
            views.push(InstalledView {
                loaded: roster.installed.iter().any(|i| i.installation.id == installation.id),
                problem: roster.problems.get(&installation.id).cloned(),
                probe_at: installation.probe_at(self.0.config.probe_after_minutes),
                waiting: versions.into_iter().find(|v| v.state == VersionState::Waiting),
                unset_secrets: self.unset_secrets(&installation),
                installation,
            });
        }
        Ok(views)
    }

    /// One installation.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn installation(&self, id: InstallationId) -> Result<Installation, DeskError> {
        self.0.store.installation(id).await?.ok_or_else(|| DeskError::missing("installation", id))
    }

    /// Changes how far an installation is trusted. Lifts a quarantine.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn set_mode(
        &self,
        id: InstallationId,
        mode: Mode,
        actor: Actor,
    ) -> Result<Installation, DeskError> {
        let change = InstallationChange { mode: Some(mode), ..InstallationChange::default() };
        self.change_installation(id, change, actor).await
    }

    /// Lays settings over those of an installation; a secret that is not named stays as it is.
    ///
    /// # Errors
    /// When there is none of that id, or the settings do not fit the schema.
    pub async fn set_settings(
        &self,
        id: InstallationId,
        settings: Value,
        actor: Actor,
    ) -> Result<Installation, DeskError> {
        let change = InstallationChange { settings: Some(settings), ..InstallationChange::default() };
        self.change_installation(id, change, actor).await
    }

    /// Changes an installation: everything named, or nothing. Whoever names a mode lifts a quarantine: how far it is
    /// trusted was said anew.
    ///
    /// # Errors
    /// When there is none of that id, a grant was not asked for, or the settings do not fit the schema.
    pub async fn change_installation(
        &self,
        id: InstallationId,
        change: InstallationChange,
        actor: Actor,
    ) -> Result<Installation, DeskError> {
        let mut details = change.told();
        if change.mode.is_some_and(|mode| mode != Mode::Off) {
            self.try_before_use(id).await?;
        }
        let before = match &change.settings {
            Some(_) => Some(self.installation(id).await?.settings),
            None => None,
        };
        let change_it = self.alter(id, actor, "plugin.changed", |i| {
            if let Some(grants) = change.grants {
                check_grants(&i.manifest, &grants)?;
                i.grants = grants;
            }
            if let Some(inboxes) = change.inboxes {
                self.check_inboxes(&i.manifest, &inboxes)?;
                i.inboxes = inboxes;
            }
            if let Some(settings) = change.settings {
                i.settings = self.take_settings(i.id, &i.manifest, &i.settings, &settings)?;
            }
            if let Some(limits) = change.limits {
                limits.check()?;
                i.limits = limits;
            }
            if let Some(mode) = change.mode {
                i.mode = mode;
                if let Some(why) = i.quarantine.take() {
                    i.faults_in_a_row = 0;
                    details.insert("lifted_quarantine".to_owned(), Value::from(why));
                }
            }
            Ok(Value::Object(details))
        });
        let changed = Box::pin(change_it).await?;
        if let Some(before) = before {
            Box::pin(self.hand_on_settings(&before, &changed)).await?;
        }
        Ok(changed)
    }

    /// Inboxes that a plugin can be held to. Redaction is needed for every text, so it cannot be held to some.
    fn check_inboxes(&self, manifest: &Manifest, inboxes: &BTreeSet<String>) -> Result<(), Refusal> {
        if !inboxes.is_empty() && manifest.hook(Hook::Redaction).is_some() {
            let sentence =
                "A redaction plugin sees the texts of all inboxes; it cannot be held to some of them.";
            return Err(Refusal::new("redacts_all", sentence).at("inboxes"));
        }
        inboxes.iter().try_for_each(|inbox| self.knows_inbox(Some(inbox)))
    }

    /// A redaction plugin that is switched on has to pass its trial first.
    async fn try_before_use(&self, id: InstallationId) -> Result<(), DeskError> {
        let mut installation = self.installation(id).await?;
        if installation.mode != Mode::Off || installation.manifest.hook(Hook::Redaction).is_none() {
            return Ok(());
        }
        installation.mode = Mode::Live;
        let roster = self.roster().await;
        let loaded = roster.installed.iter().find(|i| i.installation.id == id);
        match loaded {
            Some(installed) => Box::pin(self.try_redaction(&installed.plugin, &installation)).await,
            // What cannot be loaded is not called either: texts are held until it can be.
            None => Ok(()),
        }
    }

    /// Lifts a quarantine.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn release(&self, id: InstallationId, actor: Actor) -> Result<Installation, DeskError> {
        self.alter(id, actor, "plugin.released", |i| {
            i.quarantine = None;
            i.faults_in_a_row = 0;
            Ok(Value::Null)
        })
        .await
    }

    /// Changes it and remembers that; `change` says what the audit entry tells.
    async fn alter(
        &self,
        id: InstallationId,
        actor: Actor,
        action: &str,
        change: impl FnOnce(&mut Installation) -> Result<Value, DeskError>,
    ) -> Result<Installation, DeskError> {
        let mut installation = self.installation(id).await?;
        let details = change(&mut installation)?;
        installation.touch(self.now());
        let facts = vec![
            Fact::PutInstallation(Box::new(installation.clone())),
            self.audit(&actor, action, id, details),
        ];
        self.0.store.commit(Commit { facts }).await?;
        self.reload_plugins().await?;
        Ok(installation)
    }

    /// Removes an installation with its schedules and values. What it did stays.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn uninstall(&self, id: InstallationId, actor: Actor) -> Result<(), DeskError> {
        // It goes; what it was called is read from here ever after.
        let details = serde_json::json!({ "plugin": self.installation(id).await?.manifest.id });
        let facts = vec![Fact::RemoveInstallation(id), self.audit(&actor, "plugin.removed", id, details)];
        self.0.store.commit(Commit { facts }).await?;
        self.reload_plugins().await
    }

    pub(crate) fn audit(
        &self,
        actor: &Actor,
        action: &str,
        object: impl std::fmt::Display,
        details: Value,
    ) -> Fact {
        let at = self.now();
        Fact::Audit(AuditRecord {
            id: AuditId::mint(self.0.ids.as_ref(), at),
            at,
            actor: actor.clone(),
            action: action.to_owned(),
            object: object.to_string(),
            details,
        })
    }
}

/// Only what a manifest asks for can be granted.
pub(crate) fn check_grants(manifest: &Manifest, grants: &Grants) -> Result<(), Refusal> {
    let asked = manifest.requested();
    match grants.0.iter().find(|g| !asked.0.contains(*g)) {
        None => Ok(()),
        Some(extra) => {
            let sentence = format!("{} does not ask for {extra}.", manifest.id);
            Err(Refusal::new("grant_not_asked", sentence).at("grants"))
        }
    }
}

/// The plugin's id when it redacts and is switched on.
fn redaction_name(installation: &Installation) -> Option<String> {
    let redacts = installation.mode != Mode::Off && installation.manifest.hook(Hook::Redaction).is_some();
    redacts.then(|| installation.manifest.id.clone())
}

#[cfg(test)]
mod tests;
