//! Installed plugins: which there are, loaded once and kept, and what admins do with them.

use std::collections::HashMap;
use std::sync::Arc;

use channels::fetch::{Fetch, FetchError};
use domain::audit::AuditRecord;
use domain::grant::Grants;
use domain::id::{AuditId, InstallationId};
use domain::plugin::{Hook, Installation, Limits, Manifest, Mode};
use domain::webhook::Webhook;
use domain::{Actor, Refusal};
use runtime::{HostError, HttpRequest, HttpResponse, Inspection, Plugin};
use serde_json::Value;
use store::{Commit, Fact};
use tokio::sync::{Mutex, RwLock};

use crate::{Desk, DeskError};

/// Key of the house-wide kill switch among the settings.
const AUTOMATION: &str = "automation";

/// What an admin asks for when installing.
#[derive(Debug, Clone)]
pub struct InstallRequest {
    /// The component file.
    pub bytes: Vec<u8>,
    /// How far to trust it.
    pub mode: Mode,
    /// What to allow; all that it asks for when absent.
    pub grants: Option<Grants>,
    /// Settings; the schema's defaults when absent.
    pub settings: Option<Value>,
}

/// What an admin changes of an installation. Absent: as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstallationChange {
    /// How far to trust it.
    pub mode: Option<Mode>,
    /// All that it may do from now on; only what its manifest asks for.
    pub grants: Option<Grants>,
    /// All settings.
    pub settings: Option<Value>,
    /// All limits.
    pub limits: Option<Limits>,
}

impl InstallationChange {
    /// What the audit entry tells. Settings may hold secrets: only that they changed.
    fn told(&self) -> Value {
        let mut told = serde_json::Map::new();
        told.extend(self.mode.map(|mode| ("mode".to_owned(), serde_json::json!(mode))));
        told.extend(self.grants.as_ref().map(|g| ("grants".to_owned(), serde_json::json!(g))));
        told.extend(self.settings.as_ref().map(|_| ("settings".to_owned(), Value::from("changed"))));
        told.extend(self.limits.map(|limits| ("limits".to_owned(), serde_json::json!(limits))));
        Value::Object(told)
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
}

/// A loaded installation, ready to be called.
pub(crate) struct Installed {
    pub(crate) installation: Arc<Installation>,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) settings: Arc<str>,
}

/// Everything that events are held against: installations, endpoints, the kill switch, at one moment.
/// Immutable: a run keeps the roster it began with. What another host changes is known within
/// `worker::SCHEDULES_EVERY`.
#[derive(Default)]
pub(crate) struct Roster {
    pub(crate) installed: Vec<Arc<Installed>>,
    pub(crate) problems: HashMap<InstallationId, String>,
    pub(crate) automation: bool,
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
    pub(crate) fn with_hook(&self, hook: Hook) -> Vec<(i32, Arc<Installed>)> {
        let mut out: Vec<(i32, Arc<Installed>)> = self
            .installed
            .iter()
            .filter(|i| i.installation.is_active())
            .filter_map(|i| Some((i.installation.manifest.hook(hook)?.order, Arc::clone(i))))
            .collect();
        out.sort_by(|a, b| (a.0, &a.1.installation.manifest.id).cmp(&(b.0, &b.1.installation.manifest.id)));
        out
    }
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
        let webhooks = self.0.store.webhooks().await?;
        let before = self.roster().await;
        let mut roster = Roster { automation, webhooks, ..Roster::default() };
        for installation in self.0.store.installations().await? {
            let id = installation.id;
            let redacts = redaction_name(&installation);
            if let (Some(name), Some(why)) = (&redacts, &installation.quarantine) {
                roster.blind.push(format!("{name} is quarantined ({why})"));
            }
            match Box::pin(self.load(&before, installation)).await {
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
        let known = before.installed.iter().find(|i| i.installation.digest == installation.digest);
        let plugin = match known {
            Some(installed) => Arc::clone(&installed.plugin),
            None => {
                let bytes = self.0.store.component(&installation.digest).await.map_err(|e| e.to_string())?;
                let bytes = bytes.ok_or("its component is not in the store: install it again")?;
                self.0.runtime.load(&bytes).await.map_err(|r| r.sentence)?
            }
        };
        let settings = Arc::from(installation.settings.to_string());
        let grants = Arc::new(installation.grants.clone());
        Ok(Installed { plugin, grants, settings, installation: Arc::new(installation) })
    }

    /// Looks at a component file without running it.
    ///
    /// # Errors
    /// The sentence with which it would be refused.
    pub fn inspect(&self, bytes: &[u8]) -> Result<Inspection, DeskError> {
        Ok(runtime::inspect(bytes)?)
    }

    /// Installs a plugin, or a new version of one that is here.
    ///
    /// # Errors
    /// When it is refused, asks for a grant it does not declare, or its settings do not fit its schema.
    pub async fn install(&self, request: InstallRequest, actor: Actor) -> Result<Installation, DeskError> {
        let plugin = Box::pin(self.0.runtime.load(&request.bytes)).await?;
        let inspection = plugin.inspection().clone();
        let before =
            self.0.store.installations().await?.into_iter().find(|i| i.manifest.id == inspection.manifest.id);
        let installation = self.admit(&inspection, &request, before.as_ref())?;
        let mut facts = vec![
            Fact::PutComponent { digest: inspection.digest.clone(), bytes: request.bytes },
            Fact::PutInstallation(Box::new(installation.clone())),
            Fact::RemoveSchedules(installation.id),
        ];
        facts.extend(self.schedules_of(&installation).await?.into_iter().map(Fact::PutSchedule));
        let action = if before.is_some() { "plugin.upgraded" } else { "plugin.installed" };
        facts.push(self.audit(
            &actor,
            action,
            installation.id,
            serde_json::json!({
                "plugin": installation.manifest.id, "version": installation.manifest.version,
                "digest": installation.digest, "grants": installation.grants, "mode": installation.mode,
            }),
        ));
        self.0.store.commit(Commit { facts }).await?;
        Box::pin(self.reload_plugins()).await?;
        Ok(installation)
    }

    fn admit(
        &self,
        inspection: &Inspection,
        request: &InstallRequest,
        before: Option<&Installation>,
    ) -> Result<Installation, DeskError> {
        let manifest = &inspection.manifest;
        let grants = request.grants.clone().unwrap_or_else(|| manifest.requested());
        check_grants(manifest, &grants)?;
        let settings = request
            .settings
            .clone()
            .or_else(|| before.map(|b| b.settings.clone()))
            .unwrap_or_else(|| manifest.default_settings());
        check_settings(&manifest.settings, &settings)?;
        let now = self.now();
        Ok(Installation {
            id: before.map_or_else(|| InstallationId::mint(self.0.ids.as_ref(), now), |b| b.id),
            manifest: manifest.clone(),
            digest: inspection.digest.clone(),
            publisher: None,
            mode: request.mode,
            grants,
            settings,
            limits: manifest.limits,
            faults_in_a_row: 0,
            quarantine: None,
            installed_at: before.map_or(now, |b| b.installed_at),
            updated_at: now,
        })
    }

    /// All installations.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn installations(&self) -> Result<Vec<InstalledView>, DeskError> {
        let roster = self.roster().await;
        let stored = self.0.store.installations().await?;
        Ok(stored
            .into_iter()
            .map(|installation| InstalledView {
                loaded: roster.installed.iter().any(|i| i.installation.id == installation.id),
                problem: roster.problems.get(&installation.id).cloned(),
                installation,
            })
            .collect())
    }

    /// One installation.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn installation(&self, id: InstallationId) -> Result<Installation, DeskError> {
        self.0.store.installation(id).await?.ok_or_else(|| DeskError::missing("installation", id))
    }

    /// Changes how far an installation is trusted.
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

    /// Changes an installation's settings.
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

    /// Changes an installation: everything named, or nothing.
    ///
    /// # Errors
    /// When there is none of that id, a grant was not asked for, or the settings do not fit the schema.
    pub async fn change_installation(
        &self,
        id: InstallationId,
        change: InstallationChange,
        actor: Actor,
    ) -> Result<Installation, DeskError> {
        let details = change.told();
        self.alter(id, actor, "plugin.changed", details, |i| {
            if let Some(grants) = change.grants {
                check_grants(&i.manifest, &grants)?;
                i.grants = grants;
            }
            if let Some(settings) = change.settings {
                check_settings(&i.manifest.settings, &settings)?;
                i.settings = settings;
            }
            i.limits = change.limits.unwrap_or(i.limits);
            i.mode = change.mode.unwrap_or(i.mode);
            Ok(())
        })
        .await
    }

    /// Lifts a quarantine.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn release(&self, id: InstallationId, actor: Actor) -> Result<Installation, DeskError> {
        self.alter(id, actor, "plugin.released", Value::Null, |i| {
            i.quarantine = None;
            i.faults_in_a_row = 0;
            Ok(())
        })
        .await
    }

    async fn alter(
        &self,
        id: InstallationId,
        actor: Actor,
        action: &str,
        details: Value,
        change: impl FnOnce(&mut Installation) -> Result<(), Refusal>,
    ) -> Result<Installation, DeskError> {
        let mut installation = self.installation(id).await?;
        change(&mut installation)?;
        installation.updated_at = self.now();
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
        self.installation(id).await?;
        let facts = vec![Fact::RemoveInstallation(id), self.audit(&actor, "plugin.removed", id, Value::Null)];
        self.0.store.commit(Commit { facts }).await?;
        self.reload_plugins().await
    }

    /// Whether automation is on (the kill switch).
    pub async fn automation_on(&self) -> bool {
        self.roster().await.automation
    }

    /// Switches all automation off or on. Redaction stays on: it protects, it does not act.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn set_automation(&self, on: bool, actor: Actor) -> Result<(), DeskError> {
        let value = if on { "on" } else { "off" };
        let facts = vec![
            Fact::PutSetting { key: AUTOMATION.to_owned(), value: value.to_owned() },
            self.audit(&actor, "automation.switched", value, Value::Null),
        ];
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
fn check_grants(manifest: &Manifest, grants: &Grants) -> Result<(), Refusal> {
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

/// Checks settings against the part of JSON Schema that manifests use: type, properties, required,
/// enum, minimum, maximum, items. The refusal points at the setting.
fn check_settings(schema: &Value, settings: &Value) -> Result<(), Refusal> {
    check_value(schema, settings, "settings")
}

fn check_value(schema: &Value, value: &Value, path: &str) -> Result<(), Refusal> {
    let bad = |sentence: String| Err(Refusal::new("bad_setting", sentence).at(path));
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        let fits = match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => true,
        };
        if !fits {
            return bad(format!("{path} must be of type {kind}."));
        }
    }
    if let Some(members) = schema.get("enum").and_then(Value::as_array)
        && !members.contains(value)
    {
        return bad(format!("{path} must be one of {}.", Value::Array(members.clone())));
    }
    for (key, below) in [("minimum", true), ("maximum", false)] {
        if let (Some(bound), Some(number)) = (schema.get(key).and_then(Value::as_f64), value.as_f64())
            && (if below { number < bound } else { number > bound })
        {
            return bad(format!("{path} is {number}; its {key} is {bound}."));
        }
    }
    check_members(schema, value, path)
}

fn check_members(schema: &Value, value: &Value, path: &str) -> Result<(), Refusal> {
    if let (Some(object), Some(properties)) =
        (value.as_object(), schema.get("properties").and_then(Value::as_object))
    {
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        for (key, member) in object {
            match properties.get(key) {
                Some(schema) => check_value(schema, member, &format!("{path}.{key}"))?,
                None if schema.get("additionalProperties").is_none_or(|a| a == &Value::Bool(false)) => {
                    return Err(Refusal::unknown_word("setting", key, &names).at(format!("{path}.{key}")));
                }
                None => {}
            }
        }
        for required in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !object.contains_key(required) {
                return Err(Refusal::new("bad_setting", format!("{path}.{required} is missing."))
                    .at(format!("{path}.{required}")));
            }
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        for (n, item) in items.iter().enumerate() {
            check_value(schema, item, &format!("{path}[{n}]"))?;
        }
    }
    Ok(())
}

/// One guarded request of a plugin. The runtime has checked that the URL's host was granted; the client
/// checks it again where it connects.
pub(crate) async fn fetch(fetch: &Fetch, request: HttpRequest) -> Result<HttpResponse, HostError> {
    let Some(host) = channels::fetch::host_of(&request.url) else {
        return Err(HostError::Invalid("the URL names no host".to_owned()));
    };
    let outgoing = channels::fetch::Request {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
    };
    match fetch.send(outgoing, &host).await {
        Ok(response) => {
            Ok(HttpResponse { status: response.status, headers: response.headers, body: response.body })
        }
        Err(FetchError::Denied { why }) => Err(HostError::Denied(why)),
        Err(FetchError::Invalid { why }) => Err(HostError::Invalid(why)),
        Err(error) => Err(HostError::Unavailable(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
