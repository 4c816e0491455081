//! Work that waits: jobs in lanes. A lane is worked by one worker at a time, in order, under a lease
//! with a fence; different lanes run side by side.

use crate::Timestamp;
use crate::id::{EventId, InstallationId, IntakeId, MessageId, TicketId, WebhookId};
use crate::plugin::Hook;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Redact and take in what lies sealed.
    Intake {
        /// Which.
        intake_id: IntakeId,
    },
    /// Handle one event with all its hooks (or, for a retry, the one that failed).
    Turn {
        /// Which event.
        event_id: EventId,
        /// Only this installation: its own retry after a fault.
        only: Option<InstallationId>,
        /// And of it only this hook; none (jobs from before it was kept): all of them.
        #[serde(default)]
        hook: Option<Hook>,
    },
    /// Hand a message to the outside.
    Deliver {
        /// Which.
        message_id: MessageId,
    },
    /// Tell a webhook endpoint of an event.
    Webhook {
        /// Whom.
        webhook_id: WebhookId,
        /// Of what.
        event_id: EventId,
    },
    /// A plugin's timer comes due.
    Timer {
        /// On which ticket.
        ticket_id: TicketId,
        /// Whose.
        installation_id: InstallationId,
        /// Which.
        key: String,
        /// Depth of the chain that set it.
        depth: u32,
        /// The event in whose turn it was set, where that turn came too late (`work::Timer`).
        #[serde(default)]
        cause: Option<EventId>,
    },
}

impl Job {
    /// The job's name in metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Intake { .. } => "intake",
            Self::Turn { .. } => "turn",
            Self::Deliver { .. } => "deliver",
            Self::Webhook { .. } => "webhook",
            Self::Timer { .. } => "timer",
        }
    }
}

/// A job with the lane it waits in and the time it may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Lane: jobs of one lane run one after the other, in the order they were added.
    pub lane: String,
    /// Not before.
    pub ready_at: Timestamp,
    /// What.
    pub job: Job,
}

impl NewJob {
    /// A turn in its ticket's lane.
    #[must_use]
    pub fn turn(lane: impl std::fmt::Display, event_id: EventId, now: Timestamp) -> Self {
        Self { lane: lane.to_string(), ready_at: now, job: Job::Turn { event_id, only: None, hook: None } }
    }

    /// A delivery, in a lane of its own: a slow recipient holds up nobody.
    #[must_use]
    pub fn deliver(message_id: MessageId, now: Timestamp) -> Self {
        Self { lane: message_id.to_string(), ready_at: now, job: Job::Deliver { message_id } }
    }
}

/// A claimed lane's head job. Holding it gives no right by itself: every completion carries the fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The lane.
    pub lane: String,
    /// Proof of being the newest holder.
    pub fence: i64,
    /// Place of the head job in its lane.
    pub sequence: i64,
    /// The head job.
    pub job: Job,
    /// Tries before this one.
    pub attempts: i64,
    /// When the lease runs out.
    pub until: Timestamp,
}
