//! What a run sees: a ticket as it was, read once, immutable.

use crate::Timestamp;
use crate::contact::Contact;
use crate::event::Event;
use crate::message::Message;
use crate::ticket::Ticket;

/// A ticket with what belongs to it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// Who asks.
    pub requester: Option<Contact>,
    /// Messages, oldest first, at most the newest 50.
    pub messages: Vec<Message>,
}

/// Everything a triage, answering, notification or events hook is handed.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    /// Why it is called.
    pub event: Event,
    /// The ticket, as the stage sees it.
    pub view: TicketView,
}

/// What a schedule hook is handed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Firing {
    /// Name of the schedule in the manifest.
    pub schedule: String,
    /// The instant it was due.
    pub scheduled_for: Timestamp,
    /// The instant it was handled.
    pub fired_at: Timestamp,
    /// Firings before this one that were missed and are not made up for.
    pub missed: u32,
}
