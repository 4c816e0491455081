//! Who did it, by what name, and because of what.

use std::collections::BTreeMap;

use crate::id::{EventId, RunId, TokenId};
use crate::token::Token;

text_enum! {
    /// Kinds of actors.
    ActorKind {
        /// A customer.
        Contact = "contact",
        /// A person who works here.
        Agent = "agent",
        /// An installed plugin.
        Plugin = "plugin",
        /// An API client.
        Api = "api",
        /// Kulanz itself.
        System = "system",
    }
}
use crate::text_enum;

/// Who acts: a kind and an id (or, for plugins, the manifest id).
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Which one; empty for the system.
    pub id: String,
}

impl Actor {
    /// Kulanz itself.
    #[must_use]
    pub const fn system() -> Self {
        Self { kind: ActorKind::System, id: String::new() }
    }

    /// Any actor.
    #[must_use]
    pub fn new(kind: ActorKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }

    /// Whether a person did it (contact or agent), rather than automation.
    #[must_use]
    pub const fn is_person(&self) -> bool {
        matches!(self.kind, ActorKind::Contact | ActorKind::Agent)
    }

    /// Whether what it sets on a ticket stands against plugins: an agent's word, and that of a program to which somebody
    /// gave a token.
    #[must_use]
    pub const fn sets_by_hand(&self) -> bool {
        matches!(self.kind, ActorKind::Agent | ActorKind::Api)
    }

    /// Whether a token stands behind it: through the API, or signed in to the console. The operator at the machine acts
    /// without one.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.kind == ActorKind::Api || self.id.parse::<TokenId>().is_ok()
    }
}

/// Names of those who act and of what is acted on, by their ids. What is recorded holds ids only; names are put in where
/// it is read, and who has none goes by the id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Of the tokens that stand.
    #[must_use]
    pub fn of(tokens: &[Token]) -> Self {
        Self(tokens.iter().map(|token| (token.id.to_string(), token.in_one_line())).collect())
    }

    /// Takes one more along.
    pub fn add(&mut self, id: impl Into<String>, name: String) {
        self.0.insert(id.into(), name);
    }

    /// An actor's name, if there is one.
    #[must_use]
    pub fn name(&self, actor: &Actor) -> Option<&str> {
        self.0.get(&actor.id).map(String::as_str)
    }

    /// The names of everything that an object is put together from, if there are any: of an id, or of the ids in the
    /// name of a lane.
    #[must_use]
    pub fn about(&self, object: &str) -> Option<String> {
        let names: Vec<&str> = ids_in(object).filter_map(|id| self.0.get(id).map(String::as_str)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Which one it was: the name, else the id.
    #[must_use]
    pub fn who<'n>(&'n self, actor: &'n Actor) -> &'n str {
        self.name(actor).unwrap_or(&actor.id)
    }

    /// A sentence with the names in place of the ids.
    #[must_use]
    pub fn tell(&self, said: &str) -> String {
        self.0.iter().fold(said.to_owned(), |told, (id, name)| told.replace(id, name))
    }
}

/// What may be ids in an object, in their order.
pub fn ids_in(object: &str) -> impl Iterator<Item = &str> {
    object.split(['/', ' ']).filter(|piece| piece.contains('_'))
}

/// What led to an event: the event before it, the run that proposed it, and how long the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cause {
    /// The event that was being handled.
    pub event_id: EventId,
    /// The run that proposed it, if a plugin did.
    pub run_id: Option<RunId>,
    /// Length of the chain of automatic events up to here.
    pub depth: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::id::CountingIds;

    #[test]
    fn a_standing_token_has_a_name_in_one_line_and_everybody_else_an_id() {
        let token = Token {
            id: TokenId::mint(&CountingIds::default(), Timestamp(0)),
            name: "Ines\n B.".to_owned(),
            digest: String::new(),
            scopes: Vec::new(),
            created_at: Timestamp(0),
            expires_at: None,
        };
        let names = Names::of(std::slice::from_ref(&token));
        let agent = Actor::new(ActorKind::Agent, token.id.to_string());
        assert_eq!((names.name(&agent), names.who(&agent)), (Some("Ines B."), "Ines B."));
        assert_eq!(names.tell(&format!("sent by agent {}", token.id)), "sent by agent Ines B.");
        assert!(agent.has_token() && Actor::new(ActorKind::Api, "admin").has_token());
        assert!(!Actor::new(ActorKind::Agent, "cli").has_token() && !Actor::system().has_token());
        let mut names = names;
        names.add("tkt_1", "#7".to_owned());
        assert_eq!(names.about(&format!("tkt_1/{}/key", token.id)).as_deref(), Some("#7, Ines B."));
        assert_eq!(
            (names.about("tkt_1").as_deref(), names.about("house"), names.about("")),
            (Some("#7"), None, None)
        );
        let gone = Names::default();
        assert_eq!((gone.name(&agent), gone.who(&agent)), (None, agent.id.as_str()));
    }
}
