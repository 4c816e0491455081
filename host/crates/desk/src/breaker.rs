//! The breaker: an installation that fails again and again is quarantined, tried with one call after a while,
//! and called again when that went well. Tickets go to people meanwhile.

use domain::event::EventType;
use domain::plugin::{Hook, Installation, Mode};
use domain::run::Run;
use store::Fact;

use crate::Desk;

impl Desk {
    /// What a run means for its installation: faults in a row counted, quarantine when there are too many, its
    /// end when the trial call went well.
    pub(crate) async fn fault_facts(&self, installation: &Installation, run: &Run) -> Vec<Fact> {
        // A version that is tried is judged against the one in force, and taken back by itself.
        if installation.is_canary() {
            return Vec::new();
        }
        if run.fault.is_none() {
            return self.success_facts(installation).await;
        }
        let Some(fault) = run.fault.as_ref().filter(|f| f.is_plugins_fault()) else { return Vec::new() };
        // A shop that is away must not switch off the plugin that says so; its call is tried again. But a trial call
        // has to go well, and texts are held either way while a redaction hook does not answer.
        let is_away = fault.is_of_the_outside();
        // In shadow mode the house itself holds requests back, with this very word.
        let is_held_back = installation.mode == Mode::Shadow && fault.is_denied();
        if (is_away || is_held_back) && run.hook != Hook::Redaction && installation.quarantine.is_none() {
            return Vec::new();
        }
        let faults = installation.faults_in_a_row + 1;
        let set = |quarantine| Fact::SetFaults {
            installation_id: installation.id,
            faults_in_a_row: faults,
            quarantine,
            at: self.now(),
        };
        if faults < self.0.config.quarantine_after_faults {
            return vec![set(None)];
        }
        let why = format!("{faults} faults in a row; the newest {}", fault.hint());
        if installation.quarantine.is_some() {
            tracing::warn!(
                plugin = installation.manifest.id,
                why,
                "stays quarantined: its trial call failed"
            );
            return vec![set(Some(why))];
        }
        tracing::error!(plugin = installation.manifest.id, why, "quarantined; tickets go to people");
        metrics::counter!("kulanz_plugin_quarantined_total").increment(1);
        let data = serde_json::json!({ "installation_id": installation.id, "plugin": installation.manifest.id, "why": why });
        let mut facts = self.house_facts(self.house_event(EventType::PluginQuarantined, data)).await;
        facts.push(set(Some(why)));
        facts
    }

    async fn success_facts(&self, installation: &Installation) -> Vec<Fact> {
        let (installation_id, at) = (installation.id, self.now());
        let Some(reason) = &installation.quarantine else {
            return match installation.faults_in_a_row {
                0 => Vec::new(),
                _ => vec![Fact::SetFaults { installation_id, faults_in_a_row: 0, quarantine: None, at }],
            };
        };
        tracing::info!(plugin = installation.manifest.id, "its trial call went well; it is called again");
        let data = serde_json::json!({ "installation_id": installation_id, "plugin": installation.manifest.id, "was": reason });
        let mut facts = self.house_facts(self.house_event(EventType::PluginRecovered, data)).await;
        facts.push(Fact::EndQuarantine { installation_id, expect: reason.clone(), at });
        facts
    }
}
