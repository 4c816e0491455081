//! Why a plugin is called.

use crate::Message;
use crate::handle::Handle;
use crate::host::types as raw;

/// One field's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Field name.
    pub field: String,
    /// Value before, if there was one.
    pub from: Option<String>,
    /// Value after, if there is one.
    pub to: Option<String>,
}

/// Something that happened.
pub struct Event<'a>(Handle<'a, raw::Event>);

impl<'a> Event<'a> {
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn lent(raw: &'a raw::Event) -> Self {
        Self(Handle::Lent(raw))
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn own(raw: raw::Event) -> Event<'static> {
        Event(Handle::Own(raw))
    }

    /// Id.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// Dotted, past tense: `message.received`.
    #[must_use]
    pub fn event_type(&self) -> String {
        self.0.event_type()
    }

    /// When, in milliseconds since 1970.
    #[must_use]
    pub fn time_ms(&self) -> u64 {
        self.0.time_ms()
    }

    /// Kind of who did it.
    #[must_use]
    pub fn actor_kind(&self) -> String {
        self.0.actor_kind()
    }

    /// Who did it.
    #[must_use]
    pub fn actor_id(&self) -> String {
        self.0.actor_id()
    }

    /// Length of the chain of automatic events that led here.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.0.depth()
    }

    /// Changed fields.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.0.changes().into_iter().map(|(field, from, to)| Change { field, from, to }).collect()
    }

    /// The change of one field, if it changed.
    #[must_use]
    pub fn change(&self, field: &str) -> Option<Change> {
        self.changes().into_iter().find(|c| c.field == field)
    }

    /// What is particular to the type. Null if it is no JSON.
    #[must_use]
    pub fn data(&self) -> serde_json::Value {
        serde_json::from_str(&self.0.data()).unwrap_or_default()
    }

    /// The message this event is about.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        self.0.message().map(Message::own)
    }
}
