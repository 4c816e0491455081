//! A plugin comes in: for the first time, or as a new version of one that is here. A new version that asks for
//! no more and has the same signer goes in at once; any other one is kept, and waits for consent.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::grant::Grants;
use domain::id::InstallationId;
use domain::plugin::{Installation, Limits, Mode};
use domain::version::{PluginVersion, VersionState, carried_grants, wishes};
use domain::{Actor, Refusal};
use runtime::Plugin;
use serde_json::Value;
use store::{Commit, Fact, StoreError};

use super::check_grants;
use super::settings::carried_settings;
use crate::{Desk, DeskError};

/// Versions kept of one installation beside the one in force. Older ones go, with their components.
const FORMER_VERSIONS_MAX: usize = 8;

/// What an admin asks for when installing.
#[derive(Debug, Clone)]
pub struct InstallRequest {
    /// The component file.
    pub bytes: Vec<u8>,
    /// How far to trust a plugin that comes in for the first time; a new version keeps the mode of the old one.
    pub mode: Mode,
    /// What to allow a plugin that comes in for the first time; all that it asks for when absent. A new version
    /// gets what the old one was allowed, and more only by consent.
    pub grants: Option<Grants>,
    /// The inboxes to hold a plugin to that comes in for the first time; empty: all.
    pub inboxes: BTreeSet<String>,
    /// Settings to lay over those in force, or over the schema's defaults for one that comes in for the first time.
    pub settings: Option<Value>,
}

impl InstallRequest {
    /// A file to be trusted so far; with all that it asks for, in all inboxes, with the schema's settings.
    #[must_use]
    pub const fn new(bytes: Vec<u8>, mode: Mode) -> Self {
        Self { bytes, mode, grants: None, inboxes: BTreeSet::new(), settings: None }
    }
}

/// What became of a file that was handed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The installation as it is now; of the old version while the new one waits.
    pub installation: Installation,
    /// The version that was handed in.
    pub version: PluginVersion,
    /// Whether the plugin was not here before.
    pub is_new: bool,
}

impl Received {
    /// Whether an admin has to consent before this version is called.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.version.state == VersionState::Waiting
    }
}

impl Desk {
    /// Takes in a plugin, or a new version of one that is here.
    ///
    /// # Errors
    /// When it is refused: a wrong signature, an import that is not asked for, a signed version with other
    /// bytes, a grant it does not ask for, settings that do not fit its schema.
    pub async fn install(&self, request: InstallRequest, actor: Actor) -> Result<Received, DeskError> {
        let plugin = Box::pin(self.0.runtime.load(&request.bytes)).await?;
        let inspection = plugin.inspection();
        let installed = self.0.store.installations().await?;
        match installed.into_iter().find(|i| i.manifest.id == inspection.manifest.id) {
            None => self.install_first(&plugin, request, actor).await,
            Some(in_force) if in_force.digest == inspection.digest => {
                // The file is here; of what was asked only settings are another matter.
                let installation = match request.settings {
                    Some(settings) => Box::pin(self.set_settings(in_force.id, settings, actor)).await?,
                    None => in_force,
                };
                let version = version_in_force(&installation);
                Ok(Received { installation, version, is_new: false })
            }
            Some(in_force) => Box::pin(self.install_next(in_force, &plugin, request, actor)).await,
        }
    }

    async fn install_first(
        &self,
        plugin: &Arc<Plugin>,
        request: InstallRequest,
        actor: Actor,
    ) -> Result<Received, DeskError> {
        let inspection = plugin.inspection();
        let manifest = &inspection.manifest;
        let grants = request.grants.unwrap_or_else(|| manifest.requested());
        check_grants(manifest, &grants)?;
        let now = self.now();
        let id = InstallationId::mint(self.0.ids.as_ref(), now);
        self.check_inboxes(manifest, &request.inboxes)?;
        let settings = self.take_settings(id, manifest, &Value::Null, &given(request.settings))?;
        let installation = Installation {
            id,
            manifest: manifest.clone(),
            digest: inspection.digest.clone(),
            publisher: inspection.publisher.clone(),
            mode: request.mode,
            grants,
            inboxes: request.inboxes,
            settings,
            limits: manifest.limits,
            canary: None,
            faults_in_a_row: 0,
            quarantine: None,
            installed_at: now,
            updated_at: now,
            version: 0,
        };
        Box::pin(self.try_redaction(plugin, &installation)).await?;
        let mut version = version_in_force(&installation);
        version.received_by = actor.clone();
        version.activated_by = Some(actor.clone());
        let mut facts = vec![Fact::PutComponent { digest: version.digest.clone(), bytes: request.bytes }];
        facts.extend(self.presence_facts(&installation, &version).await?);
        facts.push(self.audit_version(&actor, "plugin.installed", &installation));
        match self.0.store.commit(Commit { facts }).await {
            Err(StoreError::Conflict("plugin")) => {
                let sentence = format!("Somebody else installed {} just now: look at it first.", manifest.id);
                return Err(Refusal::new("installed_already", sentence).into());
            }
            done => done?,
        }
        Box::pin(self.reload_plugins()).await?;
        Ok(Received { installation, version, is_new: true })
    }

    async fn install_next(
        &self,
        in_force: Installation,
        plugin: &Arc<Plugin>,
        request: InstallRequest,
        actor: Actor,
    ) -> Result<Received, DeskError> {
        let inspection = plugin.inspection();
        let manifest = &inspection.manifest;
        let wishes = wishes(&in_force, manifest, inspection.publisher.as_ref())?;
        let standing = carried_settings(&in_force, manifest);
        let settings = self.take_settings(in_force.id, manifest, &standing, &given(request.settings))?;
        let version = PluginVersion {
            installation_id: in_force.id,
            digest: inspection.digest.clone(),
            manifest: manifest.clone(),
            publisher: inspection.publisher.clone(),
            state: VersionState::Waiting,
            wishes,
            grants: carried_grants(&in_force.grants, manifest),
            settings,
            limits: Limits::carried(&in_force.limits, &in_force.manifest.limits, &manifest.limits),
            received_at: self.now(),
            received_by: actor.clone(),
            activated_at: None,
            activated_by: None,
        };
        let mut facts = vec![Fact::PutComponent { digest: version.digest.clone(), bytes: request.bytes }];
        facts.extend(self.outdated(in_force.id, &version).await?);
        if version.wishes.is_empty() {
            let (installation, version, more) =
                self.activation(&in_force, version, actor, "plugin.upgraded").await?;
            Box::pin(self.try_redaction(plugin, &installation)).await?;
            facts.extend(more);
            self.0.store.commit(Commit { facts }).await?;
            Box::pin(self.reload_plugins()).await?;
            return Ok(Received { installation, version, is_new: false });
        }
        facts.push(Fact::PutVersion(Box::new(version.clone())));
        facts.push(self.audit(&actor, "plugin.upgrade_waits", in_force.id, serde_json::json!({
            "plugin": manifest.id, "version": manifest.version, "digest": version.digest, "wishes": version.wishes,
        })));
        self.0.store.commit(Commit { facts }).await?;
        Ok(Received { installation: in_force, version, is_new: false })
    }

    /// Everything that makes an installation be as it shall be, with the version in force.
    async fn presence_facts(
        &self,
        installation: &Installation,
        version: &PluginVersion,
    ) -> Result<Vec<Fact>, DeskError> {
        let mut facts = vec![
            Fact::PutInstallation(Box::new(installation.clone())),
            Fact::PutVersion(Box::new(version.clone())),
            Fact::RemoveSchedules(installation.id),
        ];
        facts.extend(self.schedules_of(installation).await?.into_iter().map(Fact::PutSchedule));
        Ok(facts)
    }

    /// What it takes to put a version in force, and the installation as it is then. The version that was in
    /// force is kept with what it was allowed.
    pub(super) async fn activation(
        &self,
        in_force: &Installation,
        mut version: PluginVersion,
        actor: Actor,
        action: &str,
    ) -> Result<(Installation, PluginVersion, Vec<Fact>), DeskError> {
        let now = self.now();
        check_grants(&version.manifest, &version.grants)?;
        let mut former = version_in_force(in_force);
        if let Some(known) =
            self.0.store.versions_of(in_force.id).await?.into_iter().find(|v| v.digest == former.digest)
        {
            former = PluginVersion {
                received_at: known.received_at,
                received_by: known.received_by,
                activated_at: known.activated_at,
                activated_by: known.activated_by,
                ..former
            };
        }
        former.state = VersionState::Former;
        version.state = VersionState::Active;
        version.wishes = Vec::new();
        version.activated_at = Some(now);
        version.activated_by = Some(actor.clone());
        let installation = Installation {
            id: in_force.id,
            manifest: version.manifest.clone(),
            digest: version.digest.clone(),
            publisher: version.publisher.clone(),
            mode: in_force.mode,
            grants: version.grants.clone(),
            inboxes: in_force.inboxes.clone(),
            settings: version.settings.clone(),
            limits: version.limits,
            canary: None,
            faults_in_a_row: 0,
            quarantine: None,
            installed_at: in_force.installed_at,
            updated_at: now,
            version: in_force.version,
        };
        let mut facts = self.presence_facts(&installation, &version).await?;
        facts.push(Fact::PutVersion(Box::new(former)));
        facts.push(self.audit_version(&actor, action, &installation));
        Ok((installation, version, facts))
    }

    /// Versions that go when this one comes: another one that waits, and the oldest former ones.
    async fn outdated(&self, id: InstallationId, next: &PluginVersion) -> Result<Vec<Fact>, DeskError> {
        let mut kept = 0;
        let mut facts = Vec::new();
        // Newest first.
        for version in self.0.store.versions_of(id).await? {
            let stays = match version.state {
                VersionState::Active => true,
                // What is tried goes on until somebody decides.
                VersionState::Canary => true,
                VersionState::Waiting => false,
                VersionState::Former | VersionState::Declined => {
                    kept += 1;
                    kept <= FORMER_VERSIONS_MAX
                }
            };
            if !stays && version.digest != next.digest {
                facts.push(Fact::RemoveVersion { installation_id: id, digest: version.digest });
            }
        }
        Ok(facts)
    }

    fn audit_version(&self, actor: &Actor, action: &str, installation: &Installation) -> Fact {
        self.audit(
            actor,
            action,
            installation.id,
            serde_json::json!({
                "plugin": installation.manifest.id, "version": installation.manifest.version,
                "digest": installation.digest, "publisher": installation.publisher,
                "grants": installation.grants, "mode": installation.mode,
            }),
        )
    }

    /// An installation's versions, newest handed in first.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn versions(&self, id: InstallationId) -> Result<Vec<PluginVersion>, DeskError> {
        let installation = self.installation(id).await?;
        let mut versions = self.0.store.versions_of(id).await?;
        // One that was installed before versions were kept has no record yet.
        if !versions.iter().any(|v| v.digest == installation.digest) {
            versions.push(version_in_force(&installation));
        }
        Ok(versions)
    }
}

/// Settings as they were given; none named where there are none.
pub(super) fn given(settings: Option<Value>) -> Value {
    settings.unwrap_or_else(|| serde_json::json!({}))
}

/// The record of the version in force, going by the installation alone.
fn version_in_force(installation: &Installation) -> PluginVersion {
    PluginVersion {
        installation_id: installation.id,
        digest: installation.digest.clone(),
        manifest: installation.manifest.clone(),
        publisher: installation.publisher.clone(),
        state: VersionState::Active,
        wishes: Vec::new(),
        grants: installation.grants.clone(),
        settings: installation.settings.clone(),
        limits: installation.limits,
        received_at: installation.updated_at,
        received_by: Actor::system(),
        activated_at: Some(installation.updated_at),
        activated_by: None,
    }
}

/// Why nothing can be done with a version.
pub(super) fn no_version(sentence: impl Into<String>) -> Refusal {
    Refusal::new("no_such_version", sentence).at("digest")
}
