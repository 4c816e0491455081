//! One person over everything: handing out what is kept of them (Art. 15 GDPR), and taking it out (Art. 17). An
//! erasure is written down outside the database first, so that a restored backup is brought up to it before it
//! serves anybody.

use std::collections::{BTreeMap, BTreeSet};

use domain::address::{as_people_write, canonical_address};
use domain::contact::{Contact, erased_address};
use domain::event::Event;
use domain::id::ContactId;
use domain::message::Message;
use domain::redaction::canonical_value;
use domain::retention::LEGAL_HOLD;
use domain::ticket::Ticket;
use domain::{Actor, Refusal, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Commit, ERASED, Fact, Forget};

use crate::attachments::EXPORT_BYTES_MAX;
use crate::{Desk, DeskError};

/// Setting that has the digests of the lists of erasures that this database was brought up to, newest last. A backup has
/// those of its own time.
const CHECKED: &str = "erasures.checked";
/// How many of them are kept: hosts that share a database have a list each.
const CHECKED_MAX: usize = 8;

/// A person who was erased: enough to do it again, nothing that tells who it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// Which contact.
    pub contact_id: ContactId,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Where erasures are written down outside the database.
pub trait Tombstones: Send + Sync {
    /// Adds one; on disk when it returns.
    ///
    /// # Errors
    /// When it cannot be written: then nothing is erased.
    fn add(&self, tombstone: &Tombstone) -> std::io::Result<()>;

    /// All of them, oldest first.
    ///
    /// # Errors
    /// When they cannot be read: then nothing is served.
    fn all(&self) -> std::io::Result<Vec<Tombstone>>;
}

/// Tombstones that nobody keeps: for tests, and for desks that end with the process.
#[derive(Debug, Default)]
pub struct NoTombstones;

impl Tombstones for NoTombstones {
    fn add(&self, _: &Tombstone) -> std::io::Result<()> {
        Ok(())
    }

    fn all(&self) -> std::io::Result<Vec<Tombstone>> {
        Ok(Vec::new())
    }
}

/// What an erasure came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Erased {
    /// The contact, of whom only this id is left.
    pub contact_id: ContactId,
    /// Tickets of theirs, of which numbers are left.
    pub tickets: usize,
    /// Messages whose words went.
    pub messages: usize,
    /// Sealed values that nobody can read any more.
    pub values: usize,
}

impl Desk {
    /// Everything that is kept of a person, with the values behind placeholders and the bytes of files, for them.
    ///
    /// # Errors
    /// When there is no such contact, or something cannot be read; through the API and in the console where values are
    /// shown to two people only: all values of a person at once are the operator's to take out.
    pub async fn export_person(&self, contact: ContactId, actor: Actor) -> Result<Value, DeskError> {
        if self.0.config.vault.four_eyes && actor.has_token() {
            let sentence = "An export holds every value of the person, and here a second person has to agree to each: the operator makes it with `kulanz person export`, on SQLite while the server is stopped.";
            return Err(Refusal::new("four_eyes", sentence).into());
        }
        let person = self.contact_or_missing(contact).await?;
        let (mut tickets, mut room) = (Vec::new(), EXPORT_BYTES_MAX);
        for id in self.0.store.tickets_of_person(contact).await? {
            if let Some(ticket) = self.0.store.ticket(id).await? {
                tickets.push(Box::pin(self.export_ticket(&ticket, contact, &mut room)).await?);
            }
        }
        let suppression = self.0.store.suppression(&person.email).await?;
        self.0
            .store
            .commit(Commit { facts: vec![self.audit(&actor, "person.exported", contact, Value::Null)] })
            .await?;
        Ok(json!({
            "exported_at": self.now(),
            "contact": person,
            "suppression": suppression.map(|s| json!({ "reason": s.reason, "until": s.until, "since": s.created_at })),
            "tickets": tickets,
        }))
    }

    /// A ticket of theirs is whole; of somebody else's only what they wrote is theirs. Files are in it as long as there
    /// is room for them.
    async fn export_ticket(
        &self,
        ticket: &Ticket,
        contact: ContactId,
        room: &mut i64,
    ) -> Result<Value, DeskError> {
        let is_theirs = ticket.requester_id == contact;
        let author = contact.to_string();
        let mut messages = self.0.store.messages(ticket.id).await?;
        messages.retain(|m| is_theirs || m.author.id == author);
        let kept: BTreeSet<_> = messages.iter().map(|m| m.id).collect();
        let mut values = Vec::new();
        for redaction in self.0.store.redactions_of(ticket.id).await? {
            if kept.contains(&redaction.message_id) {
                let value = self.open_value(&redaction).await?;
                values.push(json!({
                    "message_id": redaction.message_id, "placeholder": redaction.placeholder,
                    "class": redaction.class, "part": redaction.part, "value": value,
                }));
            }
        }
        let mut exported = Vec::with_capacity(messages.len());
        for message in &messages {
            exported.push(self.exported_message(message, room).await?);
        }
        let decisions: Vec<Value> = match is_theirs {
            true => self.0.store.decisions_of(ticket.id).await?.into_iter().map(|d| json!({
                "by": d.plugin_id, "effect": d.effect, "reason": d.basis.reason, "confidence": d.basis.confidence,
                "status": d.status, "at": d.decided_at,
            })).collect(),
            false => Vec::new(),
        };
        Ok(json!({
            "number": ticket.number,
            "ticket": if is_theirs { json!(ticket) } else { Value::Null },
            "messages": exported, "values": values, "automatic_decisions": decisions,
        }))
    }

    /// Takes a person out of everything. Numbers of their tickets stay: status, category, team, times. Erasing again takes
    /// out what was written on their tickets since: notes, fields, tags.
    ///
    /// # Errors
    /// When there is no such contact, a ticket of theirs is on legal hold, or the erasure cannot be written down.
    pub async fn erase_person(&self, contact: ContactId, actor: Actor) -> Result<Erased, DeskError> {
        let person = self.contact_or_missing(contact).await?;
        self.not_on_hold(contact).await?;
        let erased = self.what_goes(contact).await?;
        let tombstone = Tombstone { contact_id: contact, at: self.now() };
        self.0.tombstones.add(&tombstone).map_err(|error| DeskError::Outside(format!(
            "the erasure could not be written down ({error}), so nothing was erased; see to the data directory"
        )))?;
        let done = json!({ "tickets": erased.tickets, "messages": erased.messages, "values": erased.values });
        let facts = vec![
            Fact::Forget(Box::new(self.forget(&person))),
            self.audit(&actor, "person.erased", contact, done),
        ];
        self.0.store.commit(Commit { facts }).await?;
        self.scrub().await;
        Ok(erased)
    }

    /// Takes what was erased out of the database's files as well. Of a reader in the way the log tells: it is erased all
    /// the same, and what is left goes by itself.
    async fn scrub(&self) {
        if let Err(error) = self.0.store.scrub().await {
            tracing::warn!(%error, "erased, but the database's files may have it for a while");
        }
    }

    /// Erases again whoever was erased and is back: a backup from before was restored. So is what was written of them
    /// between two erasures, when the backup is from there. How many people were.
    ///
    /// # Errors
    /// When the erasures cannot be read or the store not be written: then nothing may be served.
    pub async fn erase_again(&self) -> Result<usize, DeskError> {
        let all = self.0.tombstones.all().map_err(|error| {
            DeskError::Outside(format!(
                "the list of erasures cannot be read ({error}); see to the data directory"
            ))
        })?;
        let mut newest: BTreeMap<ContactId, Timestamp> = BTreeMap::new();
        for Tombstone { contact_id, at } in all {
            let known = newest.entry(contact_id).or_insert(at);
            *known = at.max(*known);
        }
        if newest.is_empty() {
            return Ok(0);
        }
        let list = digest_of(&newest);
        let checked = self.0.store.setting(CHECKED).await?.unwrap_or_default();
        if checked.split_whitespace().any(|one| one == list) {
            return Ok(0);
        }
        let mut again = 0;
        for (contact, erased_at) in newest {
            let Some(person) = self.0.store.contact(contact).await? else { continue };
            // That the address is gone may be an erasure of before, which another host has written down.
            if person.is_erased() && !self.is_back(contact, erased_at).await? {
                continue;
            }
            let facts = vec![
                Fact::Forget(Box::new(self.forget(&person))),
                self.audit(&Actor::system(), "person.erased_again", contact, Value::Null),
            ];
            self.0.store.commit(Commit { facts }).await?;
            again += 1;
        }
        if again > 0 {
            self.scrub().await;
        }
        let mut lists: Vec<&str> = checked.split_whitespace().chain([list.as_str()]).collect();
        let value = lists.split_off(lists.len().saturating_sub(CHECKED_MAX)).join(" ");
        let noted = Fact::PutSetting { key: CHECKED.to_owned(), value };
        match self.0.store.commit(Commit::of(vec![noted])).await {
            // What had to go is gone. The next start looks through once more, which keeps no house from serving.
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "that the erasures were looked through could not be written down");
            }
            done => done?,
        }
        Ok(again)
    }

    /// Whether something is there of somebody erased that was written before this erasure of theirs.
    async fn is_back(&self, contact: ContactId, erased_at: Timestamp) -> Result<bool, DeskError> {
        for id in self.0.store.tickets_of_person(contact).await? {
            let Some(ticket) = self.0.store.ticket(id).await? else { continue };
            let is_theirs = ticket.requester_id == contact;
            let is_bare = ticket.custom.is_empty() && ticket.tags.is_empty();
            if is_theirs && !is_bare && ticket.updated_at <= erased_at {
                return Ok(true);
            }
            let messages = self.0.store.messages(id).await?;
            if messages.iter().any(|m| has_words(m, contact, is_theirs) && m.created_at <= erased_at) {
                return Ok(true);
            }
            // What a field was stands in the story alone once it is another; so does why something was done.
            let story = if is_theirs { self.0.store.events_of(id).await? } else { Vec::new() };
            if story.iter().any(|event| says_something(event) && event.time <= erased_at) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn forget(&self, person: &Contact) -> Forget {
        let digest = |class: &str, value: &str| self.0.seal.digest(class, &canonical_value(value));
        // Kept as DNS has it, but for those of before; people write its domain in their own letters.
        let canonical = canonical_address(&person.email);
        let mut addresses = vec![person.email.clone()];
        for spelling in [as_people_write(&canonical), canonical] {
            if !addresses.contains(&spelling) {
                addresses.push(spelling);
            }
        }
        let mut digests: Vec<String> = addresses.iter().map(|address| digest("EMAIL", address)).collect();
        digests.extend(person.name.iter().map(|name| digest("PERSON", name)));
        Forget { contact_id: person.id, addresses, address_after: erased_address(person.id), digests }
    }

    async fn not_on_hold(&self, contact: ContactId) -> Result<(), DeskError> {
        for id in self.0.store.tickets_of_person(contact).await? {
            let Some(ticket) = self.0.store.ticket(id).await? else { continue };
            if ticket.requester_id == contact && ticket.tags.contains(LEGAL_HOLD) {
                let sentence = format!(
                    "Ticket #{} is on legal hold; take the tag `{LEGAL_HOLD}` off when the reason is gone.",
                    ticket.number
                );
                return Err(Refusal::new("legal_hold", sentence).into());
            }
        }
        Ok(())
    }

    async fn what_goes(&self, contact: ContactId) -> Result<Erased, DeskError> {
        let mut erased = Erased { contact_id: contact, tickets: 0, messages: 0, values: 0 };
        for id in self.0.store.tickets_of_person(contact).await? {
            let Some(ticket) = self.0.store.ticket(id).await? else { continue };
            let is_theirs = ticket.requester_id == contact;
            let messages = self.0.store.messages(id).await?;
            erased.tickets += usize::from(is_theirs);
            erased.messages += messages.iter().filter(|m| has_words(m, contact, is_theirs)).count();
            if is_theirs {
                erased.values += self.0.store.redactions_of(id).await?.len();
            }
        }
        Ok(erased)
    }

    pub(crate) async fn contact_or_missing(&self, contact: ContactId) -> Result<Contact, DeskError> {
        self.0.store.contact(contact).await?.ok_or_else(|| DeskError::missing("contact", contact))
    }
}

/// Whether a message has words that an erasure of this person takes out: all on a ticket of theirs, elsewhere their own.
fn has_words(message: &Message, contact: ContactId, is_theirs: bool) -> bool {
    message.text != ERASED && (is_theirs || message.author.id == contact.to_string())
}

/// Whether an event has what an erasure takes out of it: what fields were and became, and what is said beside.
fn says_something(event: &Event) -> bool {
    let is_bare = event.data.is_null() || event.data.as_object().is_some_and(serde_json::Map::is_empty);
    !event.changes.is_empty() || !is_bare
}

/// What an erasure takes out, as a version: with another one, what was erased before is looked through once more.
const EXTENT: &str = "with tags\n";

/// Tells one list of erasures from another.
fn digest_of(newest: &BTreeMap<ContactId, Timestamp>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(EXTENT);
    for (contact, at) in newest {
        hasher.update(format!("{contact} {}\n", at.0));
    }
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use domain::clock::HOUR_MS;
    use domain::id::TicketId;
    use domain::ticket::Field;

    use super::*;
    use crate::fixture::{Fixture, agent, request};
    use crate::{NewMessage, NewMessageKind, TicketChange};

    /// Erasures in memory.
    #[derive(Default)]
    struct Listed(Mutex<Vec<Tombstone>>);

    impl Tombstones for Listed {
        fn add(&self, tombstone: &Tombstone) -> std::io::Result<()> {
            self.0.lock().unwrap().push(tombstone.clone());
            Ok(())
        }

        fn all(&self) -> std::io::Result<Vec<Tombstone>> {
            Ok(self.0.lock().unwrap().clone())
        }
    }

    fn message(kind: NewMessageKind, text: &str) -> NewMessage {
        NewMessage { kind, text: text.to_owned(), article: None, draft: None, seen: None, solves: false }
    }

    async fn note(house: &Fixture, ticket: TicketId, text: &str) {
        let note = message(NewMessageKind::Note, text);
        Box::pin(house.desk.post_message(ticket, note, None, agent())).await.unwrap();
    }

    async fn texts(house: &Fixture, ticket: TicketId) -> Vec<String> {
        house.store.messages(ticket).await.unwrap().into_iter().map(|m| m.text).collect()
    }

    #[tokio::test]
    async fn to_a_ticket_of_somebody_erased_come_notes_only_and_erasing_again_takes_them_out() {
        let house = Fixture::new().await;
        let ticket = house.ticket("ana@example.org").await;
        let first = house.desk.erase_person(ticket.requester_id, agent()).await.unwrap();
        assert_eq!((first.tickets, first.messages), (1, 1));
        for kind in [NewMessageKind::Reply, NewMessageKind::Inbound] {
            let more = message(kind, "It is me, Ana.");
            let refused = Box::pin(house.desk.post_message(ticket.id, more, None, agent())).await;
            assert!(matches!(&refused, Err(DeskError::Refused(no)) if no.code == "erased"), "{refused:?}");
        }
        let placeholder = request(&erased_address(ticket.requester_id));
        let refused = Box::pin(house.desk.create_ticket(placeholder, None, agent())).await.unwrap_err();
        assert!(matches!(&refused, DeskError::Refused(no) if no.field.as_deref() == Some("email")));
        note(&house, ticket.id, "Ana called.").await;
        assert_eq!(texts(&house, ticket.id).await, [ERASED, "Ana called."]);
        for gone in [1, 0] {
            let again = house.desk.erase_person(ticket.requester_id, agent()).await.unwrap();
            assert_eq!((again.tickets, again.messages), (1, gone));
            assert_eq!(texts(&house, ticket.id).await, [ERASED, ERASED]);
        }
    }

    #[tokio::test]
    async fn what_a_backup_from_between_two_erasures_brings_back_is_taken_out_and_nothing_later() {
        let list = Arc::new(Listed::default());
        let house = Fixture::erasing_into(Arc::clone(&list) as Arc<dyn Tombstones>).await;
        let ticket = house.ticket("ana@example.org").await;
        let person = ticket.requester_id;
        house.desk.erase_person(person, agent()).await.unwrap();
        house.clock.advance(HOUR_MS);
        note(&house, ticket.id, "Ana called.").await;
        assert_eq!(house.desk.erase_again().await.unwrap(), 0, "a note of after the erasure stays");
        // The database does not know of this one: it is older.
        house.clock.advance(HOUR_MS);
        list.add(&Tombstone { contact_id: person, at: house.desk.now() }).unwrap();
        assert_eq!(house.desk.erase_again().await.unwrap(), 1);
        assert_eq!(texts(&house, ticket.id).await, [ERASED, ERASED]);
        house.clock.advance(HOUR_MS);
        note(&house, ticket.id, "The parcel came back.").await;
        assert_eq!(house.desk.erase_again().await.unwrap(), 0);
        assert_eq!(texts(&house, ticket.id).await[2], "The parcel came back.");
        // Of two hosts each knows its own erasures only.
        house.clock.advance(HOUR_MS);
        *list.0.lock().unwrap() = vec![Tombstone { contact_id: person, at: house.desk.now() }];
        assert_eq!(house.desk.erase_again().await.unwrap(), 1);
        assert_eq!(texts(&house, ticket.id).await, [ERASED, ERASED, ERASED]);
        assert_eq!(house.desk.erase_again().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_a_backup_brings_back_in_the_story_alone_is_taken_out_as_well() {
        let list = Arc::new(Listed::default());
        let house = Fixture::erasing_into(Arc::clone(&list) as Arc<dyn Tombstones>).await;
        let ticket = house.ticket("ana@example.org").await;
        house.desk.erase_person(ticket.requester_id, agent()).await.unwrap();
        house.clock.advance(HOUR_MS);
        for value in ["quillfeather", ""] {
            let field = Field::Custom("caller".to_owned());
            let change = TicketChange::SetField { field, value: value.to_owned() };
            house.desk.change_ticket(ticket.id, vec![change], None, agent()).await.unwrap();
        }
        assert_eq!(house.desk.erase_again().await.unwrap(), 0, "it is of after the erasure");
        house.clock.advance(HOUR_MS);
        list.add(&Tombstone { contact_id: ticket.requester_id, at: house.desk.now() }).unwrap();
        for again in [1, 0] {
            assert_eq!(house.desk.erase_again().await.unwrap(), again);
            let story = house.store.events_of(ticket.id).await.unwrap();
            assert!(story.iter().all(|event| event.changes.is_empty()), "{story:?}");
        }
    }

    #[tokio::test]
    async fn tags_that_came_back_with_a_backup_are_taken_out_again() {
        let list = Arc::new(Listed::default());
        let house = Fixture::erasing_into(Arc::clone(&list) as Arc<dyn Tombstones>).await;
        let ticket = house.ticket("ana@example.org").await;
        house.desk.erase_person(ticket.requester_id, agent()).await.unwrap();
        let mut back = house.store.ticket(ticket.id).await.unwrap().unwrap();
        let read_version = Some(back.version);
        back.tags.insert("quillfeather".to_owned());
        back.version += 1;
        house.facts(vec![Fact::PutTicket { ticket: Box::new(back), read_version }]).await;
        for again in [1, 0] {
            assert_eq!(house.desk.erase_again().await.unwrap(), again);
            assert!(house.store.ticket(ticket.id).await.unwrap().unwrap().tags.is_empty());
        }
    }

    #[tokio::test]
    async fn a_database_is_brought_up_to_a_list_once_and_a_restored_one_again() {
        let list = Arc::new(Listed::default());
        let house = Fixture::erasing_into(Arc::clone(&list) as Arc<dyn Tombstones>).await;
        let ticket = house.ticket("ana@example.org").await;
        let before = house.store.setting(CHECKED).await.unwrap();
        assert_eq!(before, None, "nobody was erased yet");
        list.add(&Tombstone { contact_id: ticket.requester_id, at: house.desk.now() }).unwrap();
        assert_eq!(house.desk.erase_again().await.unwrap(), 1);
        let checked = house.store.setting(CHECKED).await.unwrap().unwrap();
        assert_eq!(house.desk.erase_again().await.unwrap(), 0);
        assert_eq!(house.store.setting(CHECKED).await.unwrap().as_deref(), Some(checked.as_str()));
        // A backup from before does not have the list, and brings the person back.
        let mut person = house.store.contact(ticket.requester_id).await.unwrap().unwrap();
        "ana@example.org".clone_into(&mut person.email);
        let unchecked = Fact::PutSetting { key: CHECKED.to_owned(), value: String::new() };
        house.facts(vec![unchecked, Fact::PutContact(person)]).await;
        assert_eq!(house.desk.erase_again().await.unwrap(), 1);
        for _ in 0..2 * CHECKED_MAX {
            house.clock.advance(HOUR_MS);
            list.add(&Tombstone { contact_id: ticket.requester_id, at: house.desk.now() }).unwrap();
            house.desk.erase_again().await.unwrap();
        }
        let checked = house.store.setting(CHECKED).await.unwrap().unwrap();
        assert_eq!(checked.split_whitespace().count(), CHECKED_MAX);
    }

    #[tokio::test]
    async fn an_address_goes_in_the_letters_that_people_write_too() {
        let house = Fixture::new().await;
        let ticket = house.ticket("info@müller.de").await;
        let person = house.store.contact(ticket.requester_id).await.unwrap().unwrap();
        let forget = house.desk.forget(&Contact { name: None, ..person });
        assert_eq!(forget.addresses, ["info@xn--mller-kva.de", "info@müller.de"]);
        assert_eq!(forget.digests.len(), 2);
        let ticket = house.ticket("ana@example.org").await;
        let person = house.store.contact(ticket.requester_id).await.unwrap().unwrap();
        assert_eq!(house.desk.forget(&person).addresses, ["ana@example.org"]);
    }
}
