//! What a run sees: a ticket as it was, read once, immutable.

use crate::Timestamp;
use crate::contact::Contact;
use crate::event::Event;
use crate::message::{AutoClass, Direction, Message};
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

impl TicketView {
    /// What an answer answers: the newest message from outside that a person wrote, or else the newest of all. Who
    /// answered an absence notice instead would break the customer's thread.
    #[must_use]
    pub fn answered(&self) -> Option<&Message> {
        let mut inbound = self.messages.iter().rev().filter(|m| m.direction == Direction::Inbound);
        inbound.clone().find(|m| m.auto_class == AutoClass::Human).or_else(|| inbound.next())
    }

    /// Message-ID that an answer answers, and its references, oldest first.
    #[must_use]
    pub fn thread(&self) -> (Option<String>, Vec<String>) {
        let Some(answered) = self.answered() else { return (None, Vec::new()) };
        let references = answered.references.iter().cloned().chain(answered.internet_message_id.clone());
        (answered.internet_message_id.clone(), references.collect())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContactId, CountingIds, MessageId, TicketId};
    use crate::ticket::Channel;
    use crate::work::{blank_message, blank_ticket};
    use crate::{Actor, ActorKind};

    #[test]
    fn an_answer_answers_what_a_person_wrote_last_and_not_the_absence_notice_behind_it() {
        let ids = CountingIds::default();
        let now = Timestamp(0);
        let contact = ContactId::mint(&ids, now);
        let ticket = blank_ticket(TicketId::mint(&ids, now), 1, contact, Channel::Email, now);
        let message = |id: &str, direction, auto_class| Message {
            internet_message_id: Some(id.to_owned()),
            references: vec!["root@a".to_owned()],
            auto_class,
            ..blank_message(
                MessageId::mint(&ids, now),
                ticket.id,
                direction,
                Actor::new(ActorKind::Contact, "c"),
                now,
            )
        };
        let mut view = TicketView { ticket: ticket.clone(), requester: None, messages: Vec::new() };
        assert_eq!(view.thread(), (None, Vec::new()));
        view.messages.push(message("away@a", Direction::Inbound, AutoClass::AutoReplied));
        assert_eq!(view.thread().0.as_deref(), Some("away@a"), "better than nothing");
        view.messages.push(message("first@a", Direction::Inbound, AutoClass::Human));
        view.messages.push(message("second@a", Direction::Inbound, AutoClass::Human));
        view.messages.push(message("ours@b", Direction::Outbound, AutoClass::Human));
        view.messages.push(message("bounce@c", Direction::Inbound, AutoClass::Bounce));
        let (answers, references) = view.thread();
        assert_eq!(answers.as_deref(), Some("second@a"));
        assert_eq!(references, ["root@a", "second@a"]);
    }
}
