//! What a plugin may propose: one method per effect, each calling its own host function and nothing else,
//! so that a component's imports say what it can propose.

use crate::{Basis, Error, Ticket};

/// The proposals of one run. In the sandbox they go to the host at once; natively they are kept here.
#[derive(Debug, Default)]
pub struct Effects {
    refusal: Option<Error>,
    #[cfg(not(target_arch = "wasm32"))]
    proposed: Vec<Proposed>,
}

/// A recorded proposal (native only).
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Clone, PartialEq)]
pub struct Proposed {
    /// The ticket it is for.
    pub ticket: String,
    /// What.
    pub effect: Effect,
    /// Why.
    pub basis: Basis,
}

/// What was proposed (native only).
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Set a field.
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
        /// Language of the text.
        language: Option<String>,
        /// Article it quotes.
        article: Option<String>,
    },
    /// Internal note.
    Note {
        /// Plain text.
        text: String,
    },
    /// Proactive message.
    Notify {
        /// Subject line.
        subject: String,
        /// Plain text.
        text: String,
        /// Language of the text.
        language: Option<String>,
    },
    /// Hand to people.
    Escalate {
        /// Team key.
        team: Option<String>,
    },
    /// Be called again.
    SetTimer {
        /// Name of the timer.
        key: String,
        /// Seconds from now.
        after_s: u64,
    },
}

impl Effects {
    /// No proposals yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Proposals for a ticket.
    pub fn on(&mut self, ticket: &Ticket<'_>) -> On<'_> {
        self.on_id(ticket.id())
    }

    /// Proposals for a ticket known by its id.
    pub fn on_id(&mut self, ticket: impl Into<String>) -> On<'_> {
        On { out: self, ticket: ticket.into() }
    }

    /// Takes the first refusal of the host, if a proposal was not accepted into its buffer. A refusal that
    /// is not taken fails the run, so that no proposal is lost without a word.
    pub fn take_refusal(&mut self) -> Option<Error> {
        self.refusal.take()
    }

    /// What was proposed, in order.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn all(&self) -> &[Proposed] {
        &self.proposed
    }
}

/// Proposals for one ticket.
pub struct On<'a> {
    out: &'a mut Effects,
    ticket: String,
}

/// On wasm: call one host function, keep the first refusal. Natively: record the effect.
macro_rules! propose {
    ($self:ident, $basis:ident, $call:ident($($argument:expr),*), $effect:expr) => {{
        #[cfg(target_arch = "wasm32")]
        {
            let answer = crate::host::effects::$call(&$self.ticket, $($argument,)* &$basis.into());
            $self.keep(answer)
        }
        #[cfg(not(target_arch = "wasm32"))]
        {
            $self.out.proposed.push(Proposed { ticket: $self.ticket.clone(), effect: $effect, basis: $basis });
            $self
        }
    }};
}

impl On<'_> {
    #[cfg(target_arch = "wasm32")]
    fn keep(&mut self, answer: Result<(), crate::host::types::PluginError>) -> &mut Self {
        if let (Err(error), None) = (answer, &self.out.refusal) {
            self.out.refusal = Some(error.into());
        }
        self
    }

    /// Set status, priority, language, category, team, assignee or `custom.<key>`.
    pub fn set_field(&mut self, field: &str, value: &str, basis: Basis) -> &mut Self {
        propose!(
            self,
            basis,
            set_field(field, value),
            Effect::SetField { field: field.into(), value: value.into() }
        )
    }

    /// Add a tag.
    pub fn add_tag(&mut self, tag: &str, basis: Basis) -> &mut Self {
        propose!(self, basis, add_tag(tag), Effect::AddTag { tag: tag.into() })
    }

    /// Remove a tag.
    pub fn remove_tag(&mut self, tag: &str, basis: Basis) -> &mut Self {
        propose!(self, basis, remove_tag(tag), Effect::RemoveTag { tag: tag.into() })
    }

    /// Answer the customer; plain text.
    pub fn reply(
        &mut self,
        text: &str,
        language: Option<&str>,
        article: Option<&str>,
        basis: Basis,
    ) -> &mut Self {
        propose!(
            self,
            basis,
            reply(text, language, article),
            Effect::Reply {
                text: text.into(),
                language: language.map(Into::into),
                article: article.map(Into::into)
            }
        )
    }

    /// Leave a note among us.
    pub fn note(&mut self, text: &str, basis: Basis) -> &mut Self {
        propose!(self, basis, note(text), Effect::Note { text: text.into() })
    }

    /// Write to the requester without having been asked.
    pub fn notify(&mut self, subject: &str, text: &str, language: Option<&str>, basis: Basis) -> &mut Self {
        propose!(
            self,
            basis,
            notify(subject, text, language),
            Effect::Notify { subject: subject.into(), text: text.into(), language: language.map(Into::into) }
        )
    }

    /// Hand to people with urgency; to the ticket's own team when none is named.
    pub fn escalate(&mut self, team: Option<&str>, basis: Basis) -> &mut Self {
        propose!(self, basis, escalate(team), Effect::Escalate { team: team.map(Into::into) })
    }

    /// Be called again with `timer.due` after so many seconds.
    pub fn set_timer(&mut self, key: &str, after_s: u64, basis: Basis) -> &mut Self {
        propose!(self, basis, set_timer(key, after_s), Effect::SetTimer { key: key.into(), after_s })
    }
}
