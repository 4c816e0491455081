//! What an admin can set, with its defaults; the form and the limits stand in `plugin.toml`.

use crate::ask::{self, AskFor};
use crate::hours::Hours;
use crate::words;

/// What an admin can set.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How sure it must be of an article before it sends it.
    pub threshold: f32,
    /// How sure it must be of an article before it shows it to the agents in a note.
    pub suggest_from: f32,
    /// Whether agents get a note with articles that are not sure enough to be sent.
    pub suggest: bool,
    /// Whether a sender whose address is not verified is greeted by name as well.
    pub greet_unverified: bool,
    /// Whether replies go to agents as drafts, who send them as their own.
    pub drafts: bool,
    /// Whether a first message that is not answered gets an acknowledgement.
    pub acknowledge: bool,
    /// Who signs; empty: “Ihr Serviceteam” or “Your service team”.
    pub signature: String,
    /// Language of an acknowledgement when the customer's is not known: `de` or `en`.
    pub default_language: String,
    /// Categories that people answer.
    pub hold_categories: Vec<String>,
    /// Tags of tickets that people answer.
    pub hold_tags: Vec<String>,
    /// Priorities that people answer.
    pub hold_priorities: Vec<String>,
    /// Categories that get nothing at all.
    pub silent_categories: Vec<String>,
    /// What the confirmation of receipt asks for when it is missing.
    pub ask_for: Vec<AskFor>,
    /// When somebody is there.
    pub hours: Hours,
    /// Own texts instead of the built-in ones.
    pub texts: words::Texts,
}

impl Default for Settings {
    fn default() -> Self {
        let list = |one: &str| vec![one.to_owned()];
        Self {
            threshold: 0.8,
            suggest_from: 0.3,
            suggest: true,
            greet_unverified: false,
            drafts: false,
            acknowledge: true,
            signature: String::new(),
            default_language: "de".to_owned(),
            hold_categories: list("complaint"),
            hold_tags: list("angry"),
            hold_priorities: list("urgent"),
            silent_categories: list("spam"),
            ask_for: ask::built_in(),
            hours: Hours::default(),
            texts: words::Texts::default(),
        }
    }
}
