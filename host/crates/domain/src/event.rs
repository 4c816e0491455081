//! Everything that can have happened. Events are appended; only words that must not be kept are ever taken out of one.

use crate::id::{EventId, TicketId};
use crate::{Actor, Cause, Timestamp, text_enum};

text_enum! {
    /// Types: dotted, past tense.
    EventType {
        /// A ticket came to be.
        TicketCreated = "ticket.created",
        /// A field of a ticket changed.
        TicketFieldChanged = "ticket.field_changed",
        /// A tag was added.
        TicketTagged = "ticket.tagged",
        /// A tag was removed.
        TicketUntagged = "ticket.untagged",
        /// A ticket was handed to people with urgency.
        TicketEscalated = "ticket.escalated",
        /// A ticket was merged into another one and goes on there.
        TicketMerged = "ticket.merged",
        /// Another ticket was merged into this one.
        TicketTookIn = "ticket.took_in",
        /// A merge was taken back: the ticket goes on by itself.
        TicketUnmerged = "ticket.unmerged",
        /// A ticket that had been merged into this one was taken out again.
        TicketLetGo = "ticket.let_go",
        /// A customer wrote.
        MessageReceived = "message.received",
        /// We wrote to the customer.
        MessageCreated = "message.created",
        /// A note among us.
        MessageNoteAdded = "message.note_added",
        /// A message left the house.
        MessageSent = "message.sent",
        /// The gate leaves it to a person whether a message is sent.
        MessageHeld = "message.held",
        /// The gate kept a message back.
        MessageSuppressed = "message.suppressed",
        /// A message could not be delivered.
        MessageFailed = "message.failed",
        /// Personal data was found in a stored message and taken out.
        MessageRedacted = "message.redacted",
        /// The customer said whether an answer helped.
        AnswerRated = "answer.rated",
        /// A timer that a plugin set came due.
        TimerDue = "timer.due",
        /// A schedule fired.
        ScheduleFired = "schedule.fired",
        /// A firing was skipped, with the reason.
        ScheduleSkipped = "schedule.skipped",
        /// An installation was switched off after repeated faults.
        PluginQuarantined = "plugin.quarantined",
        /// An installation is called again: its trial after a while went well.
        PluginRecovered = "plugin.recovered",
        /// A version that was tried on part of the tickets did worse and was taken back.
        PluginRolledBack = "plugin.rolled_back",
        /// Something that came in is held because redaction failed.
        IntakeHeld = "intake.held",
        /// Automation on a ticket was stopped by a budget, or all of it was off.
        AutomationStopped = "automation.stopped",
    }
}

/// One field's change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// Field name as in `ticket::Field`.
    pub field: String,
    /// Value before, if there was one.
    pub from: Option<String>,
    /// Value after, if there is one.
    pub to: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// Id.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// When.
    pub time: Timestamp,
    /// To which ticket; none for schedules and plugins.
    pub ticket_id: Option<TicketId>,
    /// Place in the ticket's history: 1, 2, 3 … without gaps. 0 without a ticket.
    pub sequence: i64,
    /// Who did it.
    pub actor: Actor,
    /// Because of what.
    pub cause: Option<Cause>,
    /// Changed fields.
    pub changes: Vec<Change>,
    /// What is particular to the type: message id, timer key, firing. Never personal data.
    pub data: serde_json::Value,
}

impl Event {
    /// Depth of the chain of automatic events that led here.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.cause.map_or(0, |c| c.depth)
    }

    /// The message this event is about, if it is about one.
    #[must_use]
    pub fn message_id(&self) -> Option<crate::id::MessageId> {
        self.data.get("message_id")?.as_str()?.parse().ok()
    }
}
