//! A run that failed, as one file for its author: what it was handed, what it was answered, under which limits.
//! Nothing is in it that the plugin was not granted to see: what it could not read is blanked. Redaction runs
//! have none: their input is what must not be kept.

use serde_json::Value;

use crate::Timestamp;
use crate::event::Event;
use crate::grant::{FieldClass, Grants};
use crate::message::{Direction, Message};
use crate::plugin::{Hook, Limits};
use crate::run::{Fault, LogLine};
use crate::snapshot::{Firing, Snapshot, TicketView};
use crate::ticket::CUSTOM;

/// What a run was given, kept when it fails.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Case {
    /// What the hook was handed.
    pub input: CaseInput,
    /// What it was allowed.
    pub grants: Grants,
    /// Settings as it saw them: references in the place of secrets.
    pub settings: Value,
    /// Its limits.
    pub limits: Limits,
}

/// What a hook was handed.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseInput {
    /// An event on a ticket.
    Ticket(Box<Snapshot>),
    /// A firing of a schedule.
    Schedule(Firing),
}

/// The format of a reproducer file.
pub const REPRODUCER_FORMAT: u32 = 1;

/// The file.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reproducer {
    /// `REPRODUCER_FORMAT`.
    pub kulanz_reproducer: u32,
    /// Manifest id.
    pub plugin_id: String,
    /// Version that ran.
    pub plugin_version: String,
    /// SHA-256 of the component that ran.
    pub digest: String,
    /// Which hook.
    pub hook: Hook,
    /// The hour its clock stood at.
    pub now: Timestamp,
    /// Where its randomness began.
    pub seed: i64,
    /// What it was given.
    pub case: Case,
    /// What the outside answered, in call order.
    pub answers: Value,
    /// How it failed.
    pub fault: Fault,
    /// Fuel it used until then.
    pub fuel: i64,
    /// What it logged.
    pub log: Vec<LogLine>,
}

impl Case {
    /// A case with everything blanked that the grants do not let the plugin read.
    #[must_use]
    pub fn new(input: CaseInput, grants: &Grants, settings: Value, limits: Limits) -> Self {
        let input = match input {
            CaseInput::Schedule(firing) => CaseInput::Schedule(firing),
            CaseInput::Ticket(mut snapshot) => {
                let named = message_of(&snapshot.event).map(str::to_owned);
                blank_view(&mut snapshot.view, grants, named.as_deref());
                if !grants.may_read(FieldClass::Custom) {
                    snapshot.event.changes.retain(|change| !change.field.starts_with(CUSTOM));
                }
                CaseInput::Ticket(snapshot)
            }
        };
        Self { input, grants: grants.clone(), settings, limits }
    }
}

/// Recorded answers with everything blanked that the grants do not let the plugin read: answers about other
/// tickets hold them whole.
#[must_use]
pub fn blanked_answers(mut answers: Value, grants: &Grants) -> Value {
    blank_views(&mut answers, grants);
    answers
}

fn blank_views(value: &mut Value, grants: &Grants) {
    let is_view = value.get("ticket").is_some() && value.get("messages").is_some();
    if is_view {
        // What is no ticket after all is left out rather than let through.
        *value = match serde_json::from_value::<TicketView>(value.take()) {
            Ok(mut view) => {
                blank_view(&mut view, grants, None);
                serde_json::to_value(view).unwrap_or(Value::Null)
            }
            Err(_) => Value::Null,
        };
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| blank_views(item, grants)),
        Value::Object(members) => members.values_mut().for_each(|member| blank_views(member, grants)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn message_of(event: &Event) -> Option<&str> {
    event.data.get("message_id").and_then(Value::as_str)
}

/// `named`: the message that the event is about, which may be read without the history.
fn blank_view(view: &mut TicketView, grants: &Grants, named: Option<&str>) {
    if !grants.may_read(FieldClass::History) {
        let last = view.messages.iter().rfind(|m| m.direction == Direction::Inbound).map(|m| m.id);
        view.messages.retain(|m| Some(m.id) == last || named.is_some_and(|id| m.id.to_string() == id));
    }
    view.messages.iter_mut().for_each(|message| blank_message(message, grants));
    if !grants.may_read(FieldClass::Subject) {
        view.ticket.subject.clear();
    }
    if !grants.may_read(FieldClass::Custom) {
        view.ticket.custom.clear();
    }
    if let Some(requester) = &mut view.requester {
        if !grants.may_read(FieldClass::ContactName) {
            requester.name = None;
        }
        if !grants.may_read(FieldClass::ContactEmail) {
            requester.email.clear();
        }
    }
}

fn blank_message(message: &mut Message, grants: &Grants) {
    if !grants.may_read(FieldClass::Subject) {
        message.subject.clear();
    }
    if !grants.may_read(FieldClass::Text) {
        message.text.clear();
        message.reply_text.clear();
        message.attachments.clear();
    }
    // No getter of the contract shows these.
    message.to_address = None;
    message.internet_message_id = None;
    message.in_reply_to = None;
    message.references.clear();
    message.delivery_reason = None;
    message.may_have_arrived = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Contact;
    use crate::event::{Change, EventType};
    use crate::id::{ContactId, CountingIds, EventId, MessageId, TicketId};
    use crate::ticket::Channel;
    use crate::{Actor, ActorKind};

    const AT: Timestamp = Timestamp(1_800_000_000_000);

    fn snapshot() -> Snapshot {
        let ids = CountingIds::default();
        let (ticket_id, contact_id) = (TicketId::mint(&ids, AT), ContactId::mint(&ids, AT));
        let mut ticket = crate::work::blank_ticket(ticket_id, 1, contact_id, Channel::Email, AT);
        ticket.subject = "SUBJECT".into();
        ticket.custom.insert("order".into(), "CUSTOM".into());
        let message = |direction, text: &str| {
            let author = Actor::new(ActorKind::Contact, "c");
            let mut m =
                crate::work::blank_message(MessageId::mint(&ids, AT), ticket_id, direction, author, AT);
            m.text = text.into();
            m.reply_text = text.into();
            m.subject = "SUBJECT".into();
            m.to_address = Some("EMAIL@example.org".into());
            m
        };
        let messages = vec![message(Direction::Inbound, "HISTORY"), message(Direction::Inbound, "TEXT")];
        let requester = Contact {
            id: contact_id,
            name: Some("NAME".into()),
            email: "EMAIL@example.org".into(),
            locale: None,
            time_zone: None,
            verified: true,
            proactive_consent: false,
            created_at: AT,
        };
        let event = Event {
            id: EventId::mint(&ids, AT),
            kind: EventType::TicketFieldChanged,
            time: AT,
            ticket_id: Some(ticket_id),
            sequence: 1,
            actor: Actor::system(),
            cause: None,
            changes: vec![Change { field: "custom.order".into(), from: None, to: Some("CUSTOM".into()) }],
            data: Value::Null,
        };
        Snapshot { event, view: TicketView { ticket, requester: Some(requester), messages } }
    }

    fn case_with(grants: &[&str]) -> String {
        let grants: Grants = grants.iter().map(|g| g.parse::<crate::grant::Grant>().unwrap()).collect();
        let input = CaseInput::Ticket(Box::new(snapshot()));
        serde_json::to_string(&Case::new(input, &grants, Value::Null, Limits::default())).unwrap()
    }

    #[test]
    fn only_what_was_granted_is_in_the_file() {
        let all = [
            ("read:subject", "SUBJECT"),
            ("read:text", "TEXT"),
            ("read:contact.name", "NAME"),
            ("read:contact.email", "EMAIL"),
            ("read:custom", "CUSTOM"),
        ];
        for (grant, word) in all {
            let with = case_with(&[grant]);
            for (other, hidden) in all {
                assert_eq!(with.contains(hidden), other == grant, "{hidden} with {grant}");
            }
            assert!(!case_with(&[]).contains(word), "{word}");
        }
        assert!(!case_with(&["read:text"]).contains("HISTORY"));
        assert!(case_with(&["read:text", "read:history"]).contains("HISTORY"));
    }

    #[test]
    fn answers_about_other_tickets_are_blanked_as_well() {
        let view = serde_json::to_value(snapshot().view).unwrap();
        let answers = serde_json::json!([
            { "call": "tickets.search", "arguments": "{}", "answer": { "Ok": [view] } },
            { "call": "kv.get", "arguments": "\"k\"", "answer": { "Ok": "00" } },
        ]);
        let grants: Grants = ["read:subject", "use:tickets"]
            .iter()
            .map(|g| g.parse::<crate::grant::Grant>().unwrap())
            .collect();
        let text = blanked_answers(answers, &grants).to_string();
        assert!(text.contains("SUBJECT") && text.contains("kv.get"), "{text}");
        for hidden in ["TEXT", "NAME", "EMAIL", "CUSTOM", "HISTORY"] {
            assert!(!text.contains(hidden), "{hidden}");
        }
    }
}
