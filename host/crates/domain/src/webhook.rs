//! Webhook endpoints: who is told of which events.

use crate::Timestamp;
use crate::event::EventType;
use crate::id::WebhookId;
use crate::seal::Sealed;

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Id.
    pub id: WebhookId,
    /// Where to.
    pub url: String,
    /// Which events; empty for all.
    pub events: Vec<EventType>,
    /// The signing secret, sealed.
    pub secret: Sealed,
    /// Whether it is told at all.
    pub enabled: bool,
    /// Created.
    pub created_at: Timestamp,
}

impl Webhook {
    /// Whether the endpoint wants to hear of this type.
    #[must_use]
    pub fn wants(&self, kind: EventType) -> bool {
        self.enabled && (self.events.is_empty() || self.events.contains(&kind))
    }
}
