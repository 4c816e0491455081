//! What a plugin may propose. One variant per function of the contract's `effects` interface.

use std::borrow::Cow;

use crate::by_hand::by_hand;
use crate::id::TicketId;
use crate::redaction::part;
use crate::strike::Strike;
use crate::{Refusal, text_enum};

text_enum! {
    /// Effects by their one name (the contract's function name).
    EffectKind {
        /// Set a field of a ticket.
        SetField = "set-field",
        /// Add a tag.
        AddTag = "add-tag",
        /// Remove a tag.
        RemoveTag = "remove-tag",
        /// Answer the customer on the ticket.
        Reply = "reply",
        /// Leave an internal note.
        Note = "note",
        /// Write to the customer without having been asked (proactive).
        Notify = "notify",
        /// Hand to people with urgency.
        Escalate = "escalate",
        /// Ask to be called later.
        SetTimer = "set-timer",
    }
}

/// A change that a run proposes. The desk disposes.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// Set a field of a ticket.
    SetField {
        /// Field name.
        field: String,
        /// New value.
        value: String,
    },
    /// Add a tag.
    AddTag {
        /// The tag.
        tag: String,
    },
    /// Remove a tag.
    RemoveTag {
        /// The tag.
        tag: String,
    },
    /// Answer the customer.
    Reply {
        /// Plain text.
        text: String,
        /// BCP 47 language of the text.
        language: Option<String>,
        /// The article it quotes.
        article: Option<String>,
    },
    /// Internal note.
    Note {
        /// Plain text.
        text: String,
    },
    /// Proactive message to the requester.
    Notify {
        /// Subject line.
        subject: String,
        /// Plain text.
        text: String,
        /// BCP 47 language of the text.
        language: Option<String>,
    },
    /// Hand to people with urgency.
    Escalate {
        /// Team key to hand it to; the ticket's own when absent.
        team: Option<String>,
    },
    /// Call the plugin again later with `timer.due`.
    SetTimer {
        /// Name of the timer within the ticket and installation.
        key: String,
        /// Seconds from now.
        after_s: u64,
    },
}

impl Effect {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EffectKind {
        match self {
            Self::SetField { .. } => EffectKind::SetField,
            Self::AddTag { .. } => EffectKind::AddTag,
            Self::RemoveTag { .. } => EffectKind::RemoveTag,
            Self::Reply { .. } => EffectKind::Reply,
            Self::Note { .. } => EffectKind::Note,
            Self::Notify { .. } => EffectKind::Notify,
            Self::Escalate { .. } => EffectKind::Escalate,
            Self::SetTimer { .. } => EffectKind::SetTimer,
        }
    }

    /// What two effects must share to be in conflict: at most one of them can be applied.
    /// `None` for effects that never conflict.
    #[must_use]
    pub fn slot(&self) -> Option<String> {
        match self {
            Self::SetField { field, .. } => Some(format!("field:{field}")),
            Self::AddTag { tag } | Self::RemoveTag { tag } => Some(format!("tag:{tag}")),
            Self::Reply { .. } => Some("reply".to_owned()),
            Self::Notify { .. } => Some("notify".to_owned()),
            Self::Note { .. } | Self::Escalate { .. } | Self::SetTimer { .. } => None,
        }
    }

    /// The words of a reply as a person begins with them: a bundled confirmation of receipt does not say any more that it
    /// is automatic.
    #[must_use]
    pub fn draft(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Reply { text, article: None, .. } => Some(by_hand(text)),
            Self::Reply { text, .. } => Some(Cow::Borrowed(text.as_str())),
            Self::SetField { .. }
            | Self::AddTag { .. }
            | Self::RemoveTag { .. }
            | Self::Note { .. }
            | Self::Notify { .. }
            | Self::Escalate { .. }
            | Self::SetTimer { .. } => None,
        }
    }

    /// What it would put into a field or among the tags, under that one's name: a word that the plugin made up.
    #[must_use]
    pub fn word(&self) -> Option<(&str, &str)> {
        match self {
            Self::SetField { field, value } => Some((field.as_str(), value.as_str())),
            Self::AddTag { tag } => Some((part::TAGS, tag.as_str())),
            Self::Escalate { team: Some(team) } => Some((part::TEAM, team.as_str())),
            Self::RemoveTag { .. }
            | Self::Reply { .. }
            | Self::Note { .. }
            | Self::Notify { .. }
            | Self::Escalate { team: None }
            | Self::SetTimer { .. } => None,
        }
    }

    /// The same without that word.
    fn without_word(mut self) -> Self {
        if let Self::SetField { value: word, .. }
        | Self::AddTag { tag: word }
        | Self::Escalate { team: Some(word) } = &mut self
        {
            WITHHELD.clone_into(word);
        }
        self
    }
}

/// What stands in a record in the place of a word that must not be kept.
const WITHHELD: &str = "…";

/// Why a run proposes something.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Basis {
    /// One sentence for people.
    pub reason: String,
    /// 0 to 1.
    pub confidence: f32,
    /// What in the ticket led to it (short quotes of redacted text, rule names).
    pub evidence: Vec<String>,
}

/// A proposed effect as it left the sandbox: nothing in it has been believed yet.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Proposal {
    /// The ticket it is for.
    pub ticket_id: TicketId,
    /// What.
    pub effect: Effect,
    /// Why.
    pub basis: Basis,
}

/// Longest text of a reply, note or notice, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Longest field value, in bytes.
pub const VALUE_BYTES_MAX: usize = 1024;
/// Longest reason, in bytes.
pub const REASON_BYTES_MAX: usize = 1024;
/// Bytes of the subject of a notice.
pub(crate) const SUBJECT_BYTES_MAX: usize = 250;
/// Longest timer, in seconds: 90 days.
pub const TIMER_S_MAX: u64 = 90 * 24 * 3600;

impl Proposal {
    /// The same without the word that it made up, wherever it says it.
    #[must_use]
    pub fn without_word(&self) -> Self {
        let word = self.effect.word().map(|(_, word)| (word.to_owned(), WITHHELD.to_owned()));
        let strike = Strike::new(word);
        let mut told = Self { effect: self.effect.clone().without_word(), ..self.clone() };
        for text in std::iter::once(&mut told.basis.reason).chain(&mut told.basis.evidence) {
            strike.text(text);
        }
        told
    }

    /// Checks shape and size, whatever the grants. A refusal becomes a rejected decision.
    ///
    /// # Errors
    /// A refusal naming the effect's field that is out of bounds.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.basis.reason.trim().is_empty() {
            let sentence = "The effect has no reason: each needs a sentence for people.";
            return Err(Refusal::new("no_reason", sentence).at("reason"));
        }
        bounded("reason", &self.basis.reason, 1, REASON_BYTES_MAX)?;
        if !(0.0..=1.0).contains(&self.basis.confidence) {
            return Err(
                Refusal::new("bad_confidence", "Confidence must lie between 0 and 1.").at("confidence")
            );
        }
        if self.basis.evidence.len() > 32 || self.basis.evidence.iter().any(|e| e.len() > 512) {
            return Err(Refusal::new("too_much_evidence", "At most 32 pieces of evidence of 512 bytes.")
                .at("evidence"));
        }
        match &self.effect {
            Effect::SetField { field, value } => {
                field.parse::<crate::ticket::Field>().map_err(|r| r.at("field"))?;
                bounded("value", value, 0, VALUE_BYTES_MAX)
            }
            Effect::AddTag { tag } | Effect::RemoveTag { tag } => key("tag", tag),
            Effect::Note { text } => bounded("text", text, 1, TEXT_BYTES_MAX),
            Effect::Reply { text, language, article } => {
                article
                    .as_deref()
                    .map_or(Ok(()), |article| bounded("article", article, 1, VALUE_BYTES_MAX))?;
                spoken(language.as_deref())?;
                bounded("text", text, 1, TEXT_BYTES_MAX)
            }
            Effect::Notify { subject, text, language } => {
                spoken(language.as_deref())?;
                bounded("subject", subject, 1, SUBJECT_BYTES_MAX)?;
                if subject.chars().any(char::is_control) {
                    return Err(Refusal::new("bad_subject", "A subject is one line.").at("subject"));
                }
                bounded("text", text, 1, TEXT_BYTES_MAX)
            }
            Effect::Escalate { team } => team.as_deref().map_or(Ok(()), |t| key("team", t)),
            Effect::SetTimer { key: name, after_s } => {
                key("key", name)?;
                if (1..=TIMER_S_MAX).contains(after_s) {
                    Ok(())
                } else {
                    Err(Refusal::new("bad_timer", format!("A timer lies 1 to {TIMER_S_MAX} seconds ahead."))
                        .at("after_s"))
                }
            }
        }
    }
}

fn spoken(language: Option<&str>) -> Result<(), Refusal> {
    match language {
        Some(language) if !crate::ticket::is_language_tag(language) => {
            Err(Refusal::new("bad_language", "A language is a BCP 47 tag such as de or en-GB.")
                .at("language"))
        }
        _ => Ok(()),
    }
}

/// Whether a text may be stored as it is: its length in bytes, and no NUL, which PostgreSQL cannot hold.
///
/// # Errors
/// A refusal naming the field.
pub fn bounded(field: &str, text: &str, min: usize, max: usize) -> Result<(), Refusal> {
    if text.len() < min {
        return Err(Refusal::new("empty", format!("`{field}` must not be empty.")).at(field));
    }
    if text.len() > max {
        return Err(Refusal::new(
            "too_long",
            format!("`{field}` is {} bytes long; {max} are allowed.", text.len()),
        )
        .at(field));
    }
    if text.contains('\0') {
        return Err(Refusal::new("nul", format!("`{field}` contains a NUL character.")).at(field));
    }
    Ok(())
}

fn key(field: &str, text: &str) -> Result<(), Refusal> {
    if crate::ticket::is_key(text) {
        Ok(())
    } else {
        Err(Refusal::new("bad_key", format!("`{field}` must be 1 to 64 of a-z 0-9 _ - . :")).at(field))
    }
}
