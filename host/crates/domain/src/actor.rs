//! Who did it, and because of what.

use crate::id::{EventId, RunId};

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
