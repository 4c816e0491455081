//! The trial of a redaction plugin: before it is called on anybody's words, it has to take planted values out of
//! a few texts, together with the redaction plugins that are called already.

use std::sync::Arc;

use domain::Refusal;
use domain::grant::Grants;
use domain::plugin::{Hook, Installation, Limits, Mode};
use domain::redaction::trial::planted;
use domain::redaction::{Document, Finding, Placeholders, leftover, redact};
use runtime::{Call, Input, NoHost, Plugin};

use super::settings;
use crate::{Desk, DeskError};

/// A redaction plugin as it would be called.
struct Candidate {
    name: String,
    plugin: Arc<Plugin>,
    grants: Arc<Grants>,
    settings: Arc<str>,
    limits: Limits,
}

impl Desk {
    /// Tries a plugin that has a redaction hook and is to be called. Others pass.
    ///
    /// # Errors
    /// When a planted value is left, or the plugin fails.
    pub(super) async fn try_redaction(
        &self,
        plugin: &Arc<Plugin>,
        installation: &Installation,
    ) -> Result<(), DeskError> {
        let redacts = installation.manifest.hook(Hook::Redaction).is_some() && installation.mode != Mode::Off;
        if !redacts || !self.0.config.redaction_trial {
            return Ok(());
        }
        let mut candidates = vec![Candidate {
            name: installation.manifest.id.clone(),
            plugin: Arc::clone(plugin),
            grants: Arc::new(installation.grants.clone()),
            settings: Arc::from(settings::shown_to_plugin(installation).to_string()),
            limits: installation.limits,
        }];
        let roster = self.roster().await;
        let others =
            roster.with_hook(Hook::Redaction, self.now()).into_iter().map(|(_, installed)| installed);
        candidates.extend(others.filter(|i| i.installation.id != installation.id).map(|i| Candidate {
            name: i.installation.manifest.id.clone(),
            plugin: Arc::clone(&i.plugin),
            grants: Arc::clone(&i.grants),
            settings: Arc::clone(&i.settings),
            limits: i.installation.limits,
        }));
        for planted in planted() {
            let text = self.redacted_by(&candidates, planted.document).await?;
            if text.contains(planted.value) || leftover(&text).is_some() {
                return Err(failed(format!("it left {} in a text", planted.what)).into());
            }
        }
        Ok(())
    }

    /// All findings of all candidates, put into effect.
    async fn redacted_by(&self, candidates: &[Candidate], document: Document) -> Result<String, Refusal> {
        let document = Arc::new(document);
        let mut findings: Vec<Finding> = Vec::new();
        for candidate in candidates {
            let call = Call {
                input: Input::Redaction(Arc::clone(&document)),
                grants: Arc::clone(&candidate.grants),
                settings: Arc::clone(&candidate.settings),
                limits: candidate.limits,
                seed: 0,
                now: self.now(),
                host: Arc::new(NoHost),
                replay: None,
            };
            let report = candidate.plugin.run(call).await;
            if let Err(fault) = &report.outcome {
                return Err(failed(format!("{} {}", candidate.name, fault.hint())));
            }
            findings.extend(report.findings);
        }
        let digest = |_: &str, value: &str| value.to_owned();
        let (parts, _) = redact(&document, &findings, &mut Placeholders::default(), &digest)
            .map_err(|what| failed(format!("it answered nonsense: {what}")))?;
        Ok(parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join("\n"))
    }
}

fn failed(why: String) -> Refusal {
    Refusal::new(
        "redaction_trial",
        format!(
            "The redaction plugin does not pass its trial: {why}. Install it with mode off to look at it, or set desk.redaction_trial = false if it is not meant to find such values."
        ),
    )
}
