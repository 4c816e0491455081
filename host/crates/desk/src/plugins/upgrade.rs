//! From version to version: consent to one that waits, saying no to it, and the way back.

use std::sync::Arc;

use domain::Actor;
use domain::Refusal;
use domain::grant::Grants;
use domain::id::InstallationId;
use domain::plugin::Installation;
use domain::version::{PluginVersion, VersionState, Wish, wishes};
use runtime::Plugin;
use serde_json::Value;
use store::{Commit, Fact};

use super::check_grants;
use super::install::{given, no_version};
use super::settings::waited_settings;
use crate::{Desk, DeskError};

/// What an admin agrees to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Consent {
    /// Which version: its digest, or the beginning of it. The one that waits when absent.
    pub digest: Option<String>,
    /// All that it may do. When absent: what the version in force was allowed and all that this one asks beyond.
    pub grants: Option<Grants>,
    /// Settings to lay over those carried over.
    pub settings: Option<Value>,
    /// Try it on part of the tickets first; at once for all when absent.
    pub canary: Option<Trial>,
}

/// Which part of the tickets a version is tried on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trial {
    /// Its share of all tickets, percent.
    pub share_percent: u8,
    /// Teams whose tickets are all its own.
    pub teams: Vec<String>,
}

impl Desk {
    /// The version that waits for consent, or is tried on part of the tickets.
    ///
    /// # Errors
    /// When there is no installation of that id, or there is no such version.
    pub async fn waiting(
        &self,
        id: InstallationId,
        digest: Option<&str>,
    ) -> Result<PluginVersion, DeskError> {
        self.installation(id).await?;
        let versions = self.0.store.versions_of(id).await?;
        let fits = |v: &PluginVersion| {
            matches!(v.state, VersionState::Waiting | VersionState::Canary)
                && digest.is_none_or(|d| !d.is_empty() && v.digest.starts_with(d))
        };
        versions.into_iter().find(fits).ok_or_else(|| no_version("No version waits for consent.").into())
    }

    /// Puts a version that waits in force, with what an admin allows it. Runs that have begun end on the old one.
    ///
    /// # Errors
    /// When none waits, it wants more by now than the admin was shown, a grant is none it asks for, or settings
    /// do not fit.
    pub async fn consent(
        &self,
        id: InstallationId,
        consent: Consent,
        actor: Actor,
    ) -> Result<Installation, DeskError> {
        let in_force = self.installation(id).await?;
        let mut version = self.waiting(id, consent.digest.as_deref()).await?;
        let wished = wishes(&in_force, &version.manifest, version.publisher.as_ref())?;
        if wished.iter().any(|wish| !version.wishes.contains(wish)) {
            version.wishes = wished;
            self.0.store.commit(Commit::of(vec![Fact::PutVersion(Box::new(version))])).await?;
            return Err(Refusal::new(
                "version_changed",
                "The version in force has changed since this one was handed in, and it wants more than was shown: look at it again.",
            )
            .into());
        }
        version.grants = match consent.grants {
            Some(grants) => grants,
            // What is tried has its grants already.
            None if version.state == VersionState::Canary => version.grants,
            None => with_wishes(version.grants, &version.wishes),
        };
        check_grants(&version.manifest, &version.grants)?;
        let standing = waited_settings(&in_force, &version);
        version.settings = self.take_settings(id, &version.manifest, &standing, &given(consent.settings))?;
        let plugin = self.loaded(&version).await?;
        if let Some(trial) = consent.canary {
            return Box::pin(self.begin_canary(in_force, version, trial, actor)).await;
        }
        let (installation, _, facts) = self.activation(&in_force, version, actor, "plugin.upgraded").await?;
        Box::pin(self.try_redaction(&plugin, &installation)).await?;
        self.put_in_force(facts).await?;
        Ok(installation)
    }

    /// Says no to a version that waits. The file is kept among the versions, it is never called.
    ///
    /// # Errors
    /// When none waits.
    pub async fn decline_version(
        &self,
        id: InstallationId,
        digest: Option<&str>,
        actor: Actor,
    ) -> Result<PluginVersion, DeskError> {
        let mut version = self.waiting(id, digest).await?;
        if version.state == VersionState::Canary {
            self.end_canary(&self.installation(id).await?, "an admin said no", actor).await?;
            version.state = VersionState::Declined;
            return Ok(version);
        }
        version.state = VersionState::Declined;
        let details = serde_json::json!({ "version": version.manifest.version, "digest": version.digest });
        let facts = vec![
            Fact::PutVersion(Box::new(version.clone())),
            self.audit(&actor, "plugin.upgrade_declined", id, details),
        ];
        self.0.store.commit(Commit { facts }).await?;
        Ok(version)
    }

    /// Puts a version back that was in force before, with the grants, settings and limits it had then: the newest
    /// one, or the one of this digest. While another one is tried, that one is taken back instead. Lifts a quarantine: it was the other version's.
    ///
    /// # Errors
    /// When there is no such version.
    pub async fn roll_back(
        &self,
        id: InstallationId,
        digest: Option<&str>,
        actor: Actor,
    ) -> Result<Installation, DeskError> {
        let in_force = self.installation(id).await?;
        if in_force.canary.is_some() && digest.is_none() {
            self.end_canary(&in_force, "an admin took it back", actor).await?;
            return self.installation(id).await;
        }
        let former = self.0.store.versions_of(id).await?.into_iter().filter(|v| {
            v.state == VersionState::Former && digest.is_none_or(|d| !d.is_empty() && v.digest.starts_with(d))
        });
        let newest = former.max_by_key(|v| (v.activated_at, v.received_at));
        let version = newest.ok_or_else(|| no_version("There is no earlier version to go back to."))?;
        self.loaded(&version).await?;
        let (installation, _, facts) =
            self.activation(&in_force, version, actor, "plugin.rolled_back").await?;
        self.put_in_force(facts).await?;
        Ok(installation)
    }

    /// The component of a version, loaded before it is put in force: what cannot be loaded must not take the
    /// place of what runs.
    async fn loaded(&self, version: &PluginVersion) -> Result<Arc<Plugin>, DeskError> {
        let bytes = self.0.store.component(&version.digest).await?;
        let bytes = bytes
            .ok_or_else(|| no_version("Its component is not in the store any more: hand it in again."))?;
        Ok(Box::pin(self.0.runtime.load(&bytes)).await?)
    }

    async fn put_in_force(&self, facts: Vec<Fact>) -> Result<(), DeskError> {
        self.0.store.commit(Commit { facts }).await?;
        Box::pin(self.reload_plugins()).await
    }
}

pub(super) fn with_wishes(mut grants: Grants, wishes: &[Wish]) -> Grants {
    grants.0.extend(wishes.iter().filter_map(|wish| match wish {
        Wish::Grant { to, .. } => Some(to.clone()),
        _ => None,
    }));
    grants
}
