//! Redaction on trial: a text of an admin's as it would be redacted, with settings that are not in force yet; and
//! before it is called on anybody's words, it has to take planted values out of
//! a few texts, together with the redaction plugins that are called already.

use std::sync::Arc;

use domain::Refusal;
use domain::grant::Grants;
use domain::plugin::{Hook, Installation, Limits, Mode};
use domain::redaction::trial::planted;
use domain::redaction::{Document, Finding, Part, Placeholders, leftover, part, redact};
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

/// What redaction makes of a text.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Tried {
    /// The text with placeholders.
    pub text: String,
    /// What was found, in order.
    pub findings: Vec<TriedFinding>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TriedFinding {
    /// The value.
    pub value: String,
    /// Its class.
    pub class: String,
    /// 0 to 1.
    pub score: f32,
    /// The rule that found it.
    pub rule: String,
    /// Id of the plugin.
    pub plugin: String,
}

impl Candidate {
    fn of(installed: &super::Installed) -> Self {
        Self {
            name: installed.installation.manifest.id.clone(),
            plugin: Arc::clone(&installed.plugin),
            grants: Arc::clone(&installed.grants),
            settings: Arc::clone(&installed.settings),
            limits: installed.installation.limits,
        }
    }
}

impl Desk {
    /// Redacts a text as a message would be, and tells what was found by which rule. Nothing is stored. `settings`: laid
    /// over those of the one redaction plugin that is installed.
    ///
    /// # Errors
    /// When no redaction plugin can be called, the settings do not fit it, or it fails.
    pub async fn try_text(
        &self,
        text: &str,
        settings: Option<serde_json::Value>,
    ) -> Result<Tried, DeskError> {
        let roster = self.roster().await;
        let hooks = roster.with_hook(Hook::Redaction, self.now());
        let mut candidates: Vec<Candidate> =
            hooks.iter().map(|(_, installed)| Candidate::of(installed)).collect();
        let ([(_, one)], Some(settings)) = (hooks.as_slice(), &settings) else {
            if candidates.is_empty() || settings.is_some() {
                return Err(Refusal::new(
                    "no_redaction",
                    format!("{} redaction plugins are called: settings are tried with exactly one, a text with at least one.", candidates.len()),
                )
                .into());
            }
            return self.tried(text, &candidates).await;
        };
        let installation = &one.installation;
        let taken =
            self.take_settings(installation.id, &installation.manifest, &installation.settings, settings)?;
        let with = Installation { settings: taken, ..Installation::clone(installation) };
        if let Some(candidate) = candidates.first_mut() {
            candidate.settings = Arc::from(settings::shown_to_plugin(&with).to_string());
        }
        self.tried(text, &candidates).await
    }

    async fn tried(&self, text: &str, candidates: &[Candidate]) -> Result<Tried, DeskError> {
        let part = Part::new(part::TEXT, text);
        let document = Document { parts: vec![part], language: None, known: Vec::new() };
        let document = Arc::new(document);
        let (mut findings, mut told) = (Vec::new(), Vec::new());
        for candidate in candidates {
            for f in self.found_by(candidate, &document).await.map_err(untried)? {
                let value = text.get(f.start as usize..f.end as usize).unwrap_or_default().to_owned();
                let (class, rule, plugin) = (f.class.clone(), f.rule.clone(), candidate.name.clone());
                told.push((f.start, TriedFinding { value, class, score: f.score, rule, plugin }));
                findings.push(f);
            }
        }
        told.sort_by_key(|(start, _)| *start);
        let mut placeholders = Placeholders::default().sparing(self.0.config.redaction_own.clone());
        let text = in_effect(&document, &findings, &mut placeholders).map_err(untried)?;
        Ok(Tried { text, findings: told.into_iter().map(|(_, told)| told).collect() })
    }

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
        candidates.extend(others.filter(|i| i.installation.id != installation.id).map(|i| Candidate::of(&i)));
        for planted in planted() {
            let text = self.redacted_by(&candidates, planted.document).await.map_err(failed)?;
            if text.contains(planted.value) || leftover(&text).is_some() {
                return Err(failed(format!("it left {} in a text", planted.what)).into());
            }
        }
        Ok(())
    }

    async fn found_by(
        &self,
        candidate: &Candidate,
        document: &Arc<Document>,
    ) -> Result<Vec<Finding>, String> {
        let call = Call {
            input: Input::Redaction(Arc::clone(document)),
            grants: Arc::clone(&candidate.grants),
            settings: Arc::clone(&candidate.settings),
            limits: candidate.limits,
            seed: 0,
            now: self.now(),
            host: Arc::new(NoHost),
            replay: None,
        };
        let report = candidate.plugin.run(call).await;
        match &report.outcome {
            Ok(_) => Ok(report.findings),
            Err(fault) => Err(format!("{} {}", candidate.name, fault.hint())),
        }
    }

    /// All findings of all candidates, put into effect.
    async fn redacted_by(&self, candidates: &[Candidate], document: Document) -> Result<String, String> {
        let document = Arc::new(document);
        let mut findings: Vec<Finding> = Vec::new();
        for candidate in candidates {
            findings.extend(self.found_by(candidate, &document).await?);
        }
        // What is planted goes, even where it is the house's own.
        in_effect(&document, &findings, &mut Placeholders::default())
    }
}

/// The text with placeholders where something was found; why not, where the findings make no sense.
fn in_effect(
    document: &Document,
    findings: &[Finding],
    placeholders: &mut Placeholders,
) -> Result<String, String> {
    let digest = |_: &str, value: &str| value.to_owned();
    let (parts, _) = redact(document, findings, placeholders, &digest)
        .map_err(|what| format!("it answered nonsense: {what}"))?;
    Ok(parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join("\n"))
}

/// A text of an admin's could not be tried: nothing is to be switched off for that.
fn untried(why: String) -> Refusal {
    Refusal::new("redaction_failed", format!("The text cannot be redacted: {why}."))
}

fn failed(why: String) -> Refusal {
    Refusal::new(
        "redaction_trial",
        format!(
            "The redaction plugin does not pass its trial: {why}. Install it with mode off to look at it, or set desk.redaction_trial = false if it is not meant to find such values."
        ),
    )
}
