//! A new version on part of the tickets: how that begins, how it is watched, how it ends.

use domain::Actor;
use domain::Refusal;
use domain::canary::Canary;
use domain::event::EventType;
use domain::id::InstallationId;
use domain::ledger::{Day, LedgerCounts};
use domain::plugin::Installation;
use domain::version::{PluginVersion, VersionState};
use store::{Commit, Fact};

use super::upgrade::Trial;
use crate::{Desk, DeskError};

impl Desk {
    /// Calls a version on part of the tickets from now on.
    pub(super) async fn begin_canary(
        &self,
        mut installation: Installation,
        mut version: PluginVersion,
        trial: Trial,
        actor: Actor,
    ) -> Result<Installation, DeskError> {
        Canary::check(trial.share_percent, &trial.teams)?;
        if installation.canary.as_ref().is_some_and(|canary| canary.digest != version.digest) {
            let sentence = "Another version is being tried: put that one in force or take it back first.";
            return Err(Refusal::new("canary_runs", sentence).into());
        }
        let now = self.now();
        let counted = self.counts_of(installation.id, &version.digest, Day::of(now)).await?;
        version.state = VersionState::Canary;
        version.activated_at = Some(now);
        version.activated_by = Some(actor.clone());
        let details = serde_json::json!({
            "version": version.manifest.version, "digest": version.digest, "grants": version.grants,
            "share_percent": trial.share_percent, "teams": trial.teams,
        });
        installation.canary = Some(Canary {
            digest: version.digest.clone(),
            share_percent: trial.share_percent,
            teams: trial.teams,
            since: now,
            counted,
        });
        installation.touch(now);
        let facts = vec![
            Fact::PutInstallation(Box::new(installation.clone())),
            Fact::PutVersion(Box::new(version)),
            self.audit(&actor, "plugin.canary_began", installation.id, details),
        ];
        self.0.store.commit(Commit { facts }).await?;
        Box::pin(self.reload_plugins()).await?;
        Ok(installation)
    }

    /// Takes a version back that is tried. The one in force gets all tickets again.
    pub(super) async fn end_canary(
        &self,
        installation: &Installation,
        why: &str,
        actor: Actor,
    ) -> Result<(), DeskError> {
        let Some(canary) = &installation.canary else { return Ok(()) };
        let mut ended = Installation { canary: None, ..installation.clone() };
        ended.touch(self.now());
        let mut facts = vec![Fact::PutInstallation(Box::new(ended))];
        let versions = self.0.store.versions_of(installation.id).await?;
        if let Some(version) = versions.into_iter().find(|v| v.digest == canary.digest) {
            facts
                .push(Fact::PutVersion(Box::new(PluginVersion { state: VersionState::Declined, ..version })));
        }
        let details = serde_json::json!({
            "installation_id": installation.id, "plugin": installation.manifest.id, "digest": canary.digest, "why": why,
        });
        facts.extend(self.house_facts(self.house_event(EventType::PluginRolledBack, details.clone())).await);
        facts.push(self.audit(&actor, "plugin.canary_ended", installation.id, details));
        tracing::warn!(plugin = installation.manifest.id, why, "the version that was tried is taken back");
        metrics::counter!("kulanz_plugin_rolled_back_total").increment(1);
        self.0.store.commit(Commit { facts }).await?;
        Box::pin(self.reload_plugins()).await
    }

    /// Looks whether the version that is tried does worse than the one in force, and takes it back if so. Called
    /// after something bad happened; a failure to look is no failure of what happened.
    pub(crate) async fn watch_canary(&self, id: InstallationId) {
        if let Err(error) = Box::pin(self.look_at_canary(id)).await {
            tracing::warn!(%error, installation = %id, "the version that is tried could not be watched");
        }
    }

    async fn look_at_canary(&self, id: InstallationId) -> Result<(), DeskError> {
        let Some(installation) = self.0.store.installation(id).await? else { return Ok(()) };
        let Some(canary) = &installation.canary else { return Ok(()) };
        let since = Day::of(canary.since);
        let tried = self.counts_of(id, &canary.digest, since.clone()).await?;
        let in_force = self.counts_of(id, &installation.digest, since).await?;
        match canary.is_worse(&in_force, &tried) {
            Some(why) => self.end_canary(&installation, &why, Actor::system()).await,
            None => Ok(()),
        }
    }

    /// What a version did since a day.
    async fn counts_of(
        &self,
        id: InstallationId,
        digest: &str,
        since: Day,
    ) -> Result<LedgerCounts, DeskError> {
        let mut counts = LedgerCounts::default();
        let entries = self.0.store.ledger(id, &since, &Day::of(self.now())).await?;
        entries.iter().filter(|e| e.digest == digest).for_each(|e| counts.add(&e.counts));
        Ok(counts)
    }
}
