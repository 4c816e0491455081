//! A ticket being changed: the aggregate. Every change goes through here, leaves an event with the next
//! sequence number, and nothing is stored until the whole work is.

use crate::event::{Change, Event, EventType};
use crate::id::{EventId, MessageId, TicketId};
use crate::message::{AutoClass, Delivery, Direction, Message, SenderAuth};
use crate::redaction::{leftover, part};
use crate::ticket::{Field, Priority, StatusCategory, Ticket};
use crate::{Actor, ActorKind, Cause, Ids, Refusal, Timestamp};

/// Who changes something, when, and because of what.
#[derive(Clone)]
pub struct Stamp<'a> {
    /// Now.
    pub now: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Because of what.
    pub cause: Option<Cause>,
    /// Where ids come from.
    pub ids: &'a dyn Ids,
}

/// A ticket with what is to be written with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// Version the ticket had when it was read; `None` for a new one.
    pub read_version: Option<i64>,
    /// The ticket as it shall be.
    pub ticket: Ticket,
    /// New messages.
    pub messages: Vec<Message>,
    /// New events, in sequence.
    pub events: Vec<Event>,
    /// Timers to set: (installation as text, key, due, depth).
    pub timers: Vec<Timer>,
}

/// A timer that an effect asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Whose.
    pub installation_id: crate::id::InstallationId,
    /// Which.
    pub key: String,
    /// When.
    pub due_at: Timestamp,
    /// Depth of the chain that set it.
    pub depth: u32,
    /// The event in whose turn it was set, where that turn came too late to speak to the customer: what is said when the
    /// timer comes due is late as well. None else: a reminder of next week is on time next week.
    pub cause: Option<EventId>,
}

/// How long a solved ticket reopens when the customer writes again; after that a new one is made.
pub const REOPEN_WINDOW_DAYS: i64 = 14;

impl Work {
    /// Begins to change a ticket that was read.
    #[must_use]
    pub const fn on(ticket: Ticket) -> Self {
        Self {
            read_version: Some(ticket.version),
            ticket,
            messages: Vec::new(),
            events: Vec::new(),
            timers: Vec::new(),
        }
    }

    /// Begins a new ticket and records `ticket.created`.
    #[must_use]
    pub fn create(ticket: Ticket, stamp: &Stamp<'_>) -> Self {
        let mut work =
            Self { read_version: None, ticket, messages: Vec::new(), events: Vec::new(), timers: Vec::new() };
        let data = serde_json::json!({ "number": work.ticket.number, "channel": work.ticket.channel });
        work.record(stamp, EventType::TicketCreated, Vec::new(), data);
        work
    }

    /// Whether anything is to be written.
    #[must_use]
    pub const fn is_changed(&self) -> bool {
        self.read_version.is_none() || !self.events.is_empty() || !self.timers.is_empty()
    }

    /// Appends an event with the next sequence number.
    pub fn record(
        &mut self,
        stamp: &Stamp<'_>,
        kind: EventType,
        changes: Vec<Change>,
        data: serde_json::Value,
    ) -> EventId {
        if self.events.is_empty() {
            self.ticket.version += 1;
        }
        self.ticket.event_sequence += 1;
        self.ticket.updated_at = stamp.now;
        let id = EventId::mint(stamp.ids, stamp.now);
        self.events.push(Event {
            id,
            kind,
            time: stamp.now,
            ticket_id: Some(self.ticket.id),
            sequence: self.ticket.event_sequence,
            actor: stamp.actor.clone(),
            cause: stamp.cause,
            changes,
            data,
        });
        id
    }

    /// The value of a field as text.
    #[must_use]
    pub fn field(&self, field: &Field) -> Option<String> {
        field_of(&self.ticket, field)
    }

    /// Sets a field; `false` when it already had that value. An empty value clears optional fields.
    ///
    /// # Errors
    /// A refusal when the value is not of the field's kind, or the field was set by hand and a plugin asks.
    pub fn set_field(&mut self, stamp: &Stamp<'_>, field: &Field, value: &str) -> Result<bool, Refusal> {
        let name = field.to_string();
        crate::effect::bounded(&name, value, 0, crate::effect::VALUE_BYTES_MAX)?;
        let before = self.field(field);
        let after = Some(value.to_owned()).filter(|v| !v.is_empty());
        if before == after {
            return Ok(false);
        }
        check_numbers(&name, value)?;
        if stamp.actor.kind == ActorKind::Plugin && self.ticket.set_by_hand.contains(&name) {
            let sentence = format!("{name} was set by hand, which wins over plugins");
            return Err(Refusal::new("set_by_person", sentence).at(name));
        }
        self.write_field(stamp, field, value)?;
        if stamp.actor.sets_by_hand() {
            self.ticket.set_by_hand.insert(name.clone());
        }
        self.record(
            stamp,
            EventType::TicketFieldChanged,
            vec![Change { field: name, from: before, to: after }],
            serde_json::Value::Null,
        );
        Ok(true)
    }

    fn write_field(&mut self, stamp: &Stamp<'_>, field: &Field, value: &str) -> Result<(), Refusal> {
        let optional = || Some(value.to_owned()).filter(|v| !v.is_empty());
        match field {
            Field::Status => {
                let category: StatusCategory = value.parse().map_err(|r: Refusal| r.at("status"))?;
                self.ticket.status_category = category;
                value.clone_into(&mut self.ticket.status);
                self.ticket.solved_at =
                    matches!(category, StatusCategory::Solved | StatusCategory::Closed).then_some(stamp.now);
            }
            Field::Priority => {
                self.ticket.priority = value.parse::<Priority>().map_err(|r| r.at("priority"))?
            }
            Field::Language if !value.is_empty() && !crate::ticket::is_language_tag(value) => {
                return Err(Refusal::new("bad_language", "A language is a BCP 47 tag such as de or en-GB.")
                    .at("language"));
            }
            Field::Language => self.ticket.language = optional(),
            Field::Category => self.ticket.category = optional(),
            Field::Team if !value.is_empty() && !crate::ticket::is_key(value) => {
                return Err(Refusal::new("bad_key", "A team key consists of a-z 0-9 _ - . :").at("team"));
            }
            Field::Team => self.ticket.team = optional(),
            Field::Assignee => self.ticket.assignee = optional(),
            Field::Custom(key) => match optional() {
                Some(value) => {
                    if self.ticket.custom.len() >= crate::ticket::CUSTOM_MAX
                        && !self.ticket.custom.contains_key(key)
                    {
                        return Err(Refusal::new(
                            "too_many_fields",
                            "A ticket has at most 64 custom fields.",
                        )
                        .at(field.to_string()));
                    }
                    self.ticket.custom.insert(key.clone(), value);
                }
                None => {
                    self.ticket.custom.remove(key);
                }
            },
        }
        Ok(())
    }

    /// Adds a tag; `false` when it was there.
    ///
    /// # Errors
    /// A refusal when the tag is malformed, holds a number that nothing may keep, or there are too many.
    pub fn add_tag(&mut self, stamp: &Stamp<'_>, tag: &str) -> Result<bool, Refusal> {
        if !crate::ticket::is_key(tag) {
            return Err(Refusal::new("bad_key", "A tag consists of 1 to 64 of a-z 0-9 _ - . :").at("tag"));
        }
        if self.ticket.tags.contains(tag) {
            return Ok(false);
        }
        if self.ticket.tags.len() >= crate::ticket::TAGS_MAX {
            return Err(Refusal::new("too_many_tags", "A ticket has at most 64 tags.").at("tag"));
        }
        check_numbers(part::TAGS, tag)?;
        self.ticket.tags.insert(tag.to_owned());
        self.record(stamp, EventType::TicketTagged, Vec::new(), serde_json::json!({ "tag": tag }));
        Ok(true)
    }

    /// Removes a tag; `false` when it was not there.
    pub fn remove_tag(&mut self, stamp: &Stamp<'_>, tag: &str) -> bool {
        if !self.ticket.tags.remove(tag) {
            return false;
        }
        self.record(stamp, EventType::TicketUntagged, Vec::new(), serde_json::json!({ "tag": tag }));
        true
    }

    /// Adds a message and its event; a customer's message reopens a ticket that waited or was solved, a
    /// machine's never changes the status. A new ticket that a person answers is open from then on.
    pub fn add_message(&mut self, stamp: &Stamp<'_>, message: Message) -> MessageId {
        self.add_arrival(stamp, message, None)
    }

    /// The same for a message that came in, with the reason where it counts as a machine's.
    pub fn add_arrival(
        &mut self,
        stamp: &Stamp<'_>,
        message: Message,
        auto_reason: Option<String>,
    ) -> MessageId {
        let id = message.id;
        let mut data = serde_json::json!({ "message_id": id, "auto_class": message.auto_class, "automatic": message.automatic });
        if let (Some(why), Some(object)) = (auto_reason, data.as_object_mut()) {
            object.insert("auto_reason".to_owned(), why.into());
        }
        let (direction, human) = (message.direction, message.auto_class == AutoClass::Human);
        self.messages.push(message);
        match direction {
            Direction::Inbound => {
                self.record(stamp, EventType::MessageReceived, Vec::new(), data);
                if human {
                    self.ticket.last_customer_message_at = Some(stamp.now);
                    if matches!(
                        self.ticket.status_category,
                        StatusCategory::Pending | StatusCategory::Solved | StatusCategory::OnHold
                    ) {
                        // A customer's new message is a fact, not a wish: the status follows it whoever set it last.
                        let _ = self.reopen(stamp);
                    }
                }
            }
            Direction::Outbound => {
                self.ticket.last_reply_at = Some(stamp.now);
                self.record(stamp, EventType::MessageCreated, Vec::new(), data);
                let is_a_persons = matches!(stamp.actor.kind, ActorKind::Agent | ActorKind::Api);
                if is_a_persons && self.ticket.status_category == StatusCategory::New {
                    let _ = self.reopen(stamp);
                }
            }
            Direction::Note => {
                self.record(stamp, EventType::MessageNoteAdded, Vec::new(), data);
            }
        }
        id
    }

    fn reopen(&mut self, stamp: &Stamp<'_>) -> Result<bool, Refusal> {
        let system = Stamp { actor: Actor::system(), ..stamp.clone() };
        self.set_field(&system, &Field::Status, StatusCategory::Open.as_str())
    }

    /// Hands the ticket to people with urgency.
    ///
    /// # Errors
    /// A refusal when the team key is malformed.
    pub fn escalate(&mut self, stamp: &Stamp<'_>, team: Option<&str>, reason: &str) -> Result<(), Refusal> {
        if let Some(team) = team {
            // A team that was chosen by hand stays.
            if !self.ticket.set_by_hand.contains("team") {
                self.set_field(stamp, &Field::Team, team)?;
            }
        }
        self.record(stamp, EventType::TicketEscalated, Vec::new(), serde_json::json!({ "reason": reason }));
        Ok(())
    }
}

/// Whether a field's value or a tag may stand: they are not redacted, and go into events and to webhooks. Told by check
/// digits, so also where no plugin is there to ask. The name tells what a number is: a tracking number may have a card's check digit.
///
/// # Errors
/// `personal_data` when it holds a card number, an IBAN or a tax id.
pub fn check_numbers(name: &str, value: &str) -> Result<(), Refusal> {
    match leftover(&format!("{name} {value}")) {
        Some(class) => Err(personal_data(name, class)),
        None => Ok(()),
    }
}

/// The refusal of a value that is somebody's own.
#[must_use]
pub fn personal_data(field: &str, class: &str) -> Refusal {
    let sentence = format!(
        "The value looks like personal data ({class}), which fields and tags do not hold: write it into a message or a note, where it is sealed."
    );
    Refusal::new("personal_data", sentence).at(field)
}

/// The value of a ticket's field as text.
#[must_use]
pub fn field_of(ticket: &Ticket, field: &Field) -> Option<String> {
    match field {
        Field::Status => Some(ticket.status.clone()),
        Field::Priority => Some(ticket.priority.as_str().to_owned()),
        Field::Language => ticket.language.clone(),
        Field::Category => ticket.category.clone(),
        Field::Team => ticket.team.clone(),
        Field::Assignee => ticket.assignee.clone(),
        Field::Custom(key) => ticket.custom.get(key).cloned(),
    }
}

/// A message with nothing but what every message has; callers fill in the rest.
#[must_use]
pub fn blank_message(
    id: MessageId,
    ticket_id: TicketId,
    direction: Direction,
    author: Actor,
    now: Timestamp,
) -> Message {
    Message {
        id,
        ticket_id,
        direction,
        author,
        public: direction != Direction::Note,
        subject: String::new(),
        text: String::new(),
        reply_text: String::new(),
        auto_class: AutoClass::Human,
        sender_auth: SenderAuth::Unchecked,
        automatic: false,
        to_address: None,
        internet_message_id: None,
        in_reply_to: None,
        references: Vec::new(),
        language: None,
        article: None,
        helped: None,
        delivery: if direction == Direction::Outbound { Delivery::Queued } else { Delivery::None },
        delivery_reason: None,
        may_have_arrived: false,
        passed_at: None,
        created_at: now,
        attachments: Vec::new(),
    }
}

/// A new ticket with nothing but what every ticket has.
#[must_use]
pub fn blank_ticket(
    id: TicketId,
    number: i64,
    requester_id: crate::id::ContactId,
    channel: crate::ticket::Channel,
    now: Timestamp,
) -> Ticket {
    Ticket {
        id,
        number,
        subject: String::new(),
        status: StatusCategory::New.as_str().to_owned(),
        status_category: StatusCategory::New,
        priority: Priority::Normal,
        channel,
        inbox: None,
        language: None,
        category: None,
        requester_id,
        team: None,
        assignee: None,
        tags: std::collections::BTreeSet::new(),
        custom: std::collections::BTreeMap::new(),
        set_by_hand: std::collections::BTreeSet::new(),
        version: 0,
        event_sequence: 0,
        created_at: now,
        updated_at: now,
        last_customer_message_at: None,
        last_reply_at: None,
        solved_at: None,
        merged_into: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContactId, CountingIds};
    use crate::ticket::Channel;

    const NOW: Timestamp = Timestamp(1_772_442_000_000);

    fn ticket(ids: &CountingIds) -> Ticket {
        blank_ticket(TicketId::mint(ids, NOW), 7, ContactId::mint(ids, NOW), Channel::Email, NOW)
    }

    fn inbound(ids: &CountingIds, work: &Work, class: AutoClass) -> Message {
        let id = MessageId::mint(ids, NOW);
        Message {
            auto_class: class,
            ..blank_message(id, work.ticket.id, Direction::Inbound, Actor::system(), NOW)
        }
    }

    #[test]
    fn events_are_numbered_without_gaps_and_the_version_counts_works() {
        let ids = CountingIds::default();
        let stamp = Stamp { now: NOW, actor: Actor::system(), cause: None, ids: &ids };
        let mut work = Work::create(ticket(&ids), &stamp);
        work.add_tag(&stamp, "a").unwrap();
        work.add_tag(&stamp, "a").unwrap();
        work.remove_tag(&stamp, "a");
        assert_eq!(work.events.iter().map(|e| e.sequence).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((work.ticket.version, work.ticket.event_sequence), (1, 3));
    }

    #[test]
    fn a_customers_message_reopens_and_a_machines_does_not() {
        for (class, status) in
            [(AutoClass::Human, StatusCategory::Open), (AutoClass::AutoReplied, StatusCategory::Solved)]
        {
            let ids = CountingIds::default();
            let stamp =
                Stamp { now: NOW, actor: Actor::new(ActorKind::Contact, "c"), cause: None, ids: &ids };
            let mut work = Work::on(Ticket {
                status_category: StatusCategory::Solved,
                status: "solved".into(),
                ..ticket(&ids)
            });
            let message = inbound(&ids, &work, class);
            work.add_message(&stamp, message);
            assert_eq!(work.ticket.status_category, status);
        }
    }

    #[test]
    fn what_an_agent_or_an_api_client_set_no_plugin_changes() {
        let ids = CountingIds::default();
        for kind in [ActorKind::Agent, ActorKind::Api] {
            let by_hand = Stamp { now: NOW, actor: Actor::new(kind, "ines"), cause: None, ids: &ids };
            let plugin = Stamp { actor: Actor::new(ActorKind::Plugin, "a.b"), ..by_hand.clone() };
            let mut work = Work::on(ticket(&ids));
            assert_eq!(work.set_field(&by_hand, &Field::Priority, "low"), Ok(true));
            assert_eq!(
                work.set_field(&plugin, &Field::Priority, "urgent").unwrap_err().code,
                "set_by_person",
                "{kind}"
            );
            assert_eq!(work.set_field(&plugin, &Field::Team, "billing"), Ok(true));
        }
    }

    #[test]
    fn what_the_house_or_a_customer_brings_about_plugins_may_change() {
        let ids = CountingIds::default();
        for actor in
            [Actor::system(), Actor::new(ActorKind::Contact, "c"), Actor::new(ActorKind::Plugin, "c.d")]
        {
            let first = Stamp { now: NOW, actor, cause: None, ids: &ids };
            let plugin = Stamp { actor: Actor::new(ActorKind::Plugin, "a.b"), ..first.clone() };
            let mut work = Work::on(ticket(&ids));
            assert_eq!(work.set_field(&first, &Field::Priority, "low"), Ok(true));
            assert_eq!(work.set_field(&plugin, &Field::Priority, "urgent"), Ok(true));
        }
    }

    #[test]
    fn a_field_and_a_tag_take_no_number_that_no_text_may_keep() {
        let ids = CountingIds::default();
        let stamp = Stamp { now: NOW, actor: Actor::system(), cause: None, ids: &ids };
        let mut work = Work::on(ticket(&ids));
        let field = |key: &str| Field::Custom(key.to_owned());
        for (key, value) in [("note", "DE89 3704 0044 0532 0130 00"), ("paid_with", "4111 1111 1111 1111")] {
            assert_eq!(
                work.set_field(&stamp, &field(key), value).unwrap_err().code,
                "personal_data",
                "{value}"
            );
        }
        assert_eq!(
            work.set_field(&stamp, &Field::Assignee, "DE89370400440532013000").unwrap_err().code,
            "personal_data"
        );
        assert!(!work.is_changed());
        assert_eq!(work.add_tag(&stamp, "de89370400440532013000").unwrap_err().code, "personal_data");
        assert!(!work.is_changed());
        // Its name tells that it is none.
        assert_eq!(work.set_field(&stamp, &field("tracking_number"), "4111111111111111"), Ok(true));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_by_field() {
        let ids = CountingIds::default();
        let stamp = Stamp { now: NOW, actor: Actor::system(), cause: None, ids: &ids };
        let mut work = Work::on(ticket(&ids));
        assert_eq!(
            work.set_field(&stamp, &Field::Status, "done").unwrap_err().field.as_deref(),
            Some("status")
        );
        assert!(!work.is_changed());
    }
}
