//! One person over everything: handing out what is kept of them (Art. 15 GDPR), and taking it out (Art. 17). An
//! erasure is written down outside the database first, so that a restored backup is brought up to it before it
//! serves anybody.

use std::collections::BTreeSet;

use domain::contact::{Contact, erased_address};
use domain::id::ContactId;
use domain::redaction::canonical_value;
use domain::retention::LEGAL_HOLD;
use domain::ticket::Ticket;
use domain::{Actor, Refusal, Timestamp};
use serde_json::{Value, json};
use store::{Commit, Fact, Forget};

use crate::attachments::EXPORT_BYTES_MAX;
use crate::{Desk, DeskError};

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
    /// Messages whose words are gone.
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

    /// Takes a person out of everything. Numbers of their tickets stay: status, category, team, times.
    ///
    /// # Errors
    /// When there is no such contact, a ticket of theirs is on legal hold, or the erasure cannot be written down.
    pub async fn erase_person(&self, contact: ContactId, actor: Actor) -> Result<Erased, DeskError> {
        let person = self.contact_or_missing(contact).await?;
        if person.is_erased() {
            return Err(Refusal::new("already_erased", "This person was erased before.").into());
        }
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
        self.0.store.scrub().await?;
        Ok(erased)
    }

    /// Erases again whoever was erased and is back: a backup from before was restored. How many were.
    ///
    /// # Errors
    /// When the erasures cannot be read or the store not be written: then nothing may be served.
    pub async fn erase_again(&self) -> Result<usize, DeskError> {
        let all = self.0.tombstones.all().map_err(|error| {
            DeskError::Outside(format!(
                "the list of erasures cannot be read ({error}); see to the data directory"
            ))
        })?;
        let mut again = 0;
        for tombstone in all {
            let Some(person) = self.0.store.contact(tombstone.contact_id).await? else { continue };
            if person.is_erased() {
                continue;
            }
            let facts = vec![
                Fact::Forget(Box::new(self.forget(&person))),
                self.audit(&Actor::system(), "person.erased_again", tombstone.contact_id, Value::Null),
            ];
            self.0.store.commit(Commit { facts }).await?;
            again += 1;
        }
        if again > 0 {
            self.0.store.scrub().await?;
        }
        Ok(again)
    }

    fn forget(&self, person: &Contact) -> Forget {
        let digest = |class: &str, value: &str| self.0.seal.digest(class, &canonical_value(value));
        let mut digests = vec![digest("EMAIL", &person.email)];
        digests.extend(person.name.iter().map(|name| digest("PERSON", name)));
        Forget {
            contact_id: person.id,
            address: person.email.clone(),
            address_after: erased_address(person.id),
            digests,
        }
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
        let author = contact.to_string();
        for id in self.0.store.tickets_of_person(contact).await? {
            let Some(ticket) = self.0.store.ticket(id).await? else { continue };
            let is_theirs = ticket.requester_id == contact;
            let messages = self.0.store.messages(id).await?;
            erased.tickets += usize::from(is_theirs);
            erased.messages += messages.iter().filter(|m| is_theirs || m.author.id == author).count();
            if is_theirs {
                erased.values += self.0.store.redactions_of(id).await?.len();
            }
        }
        Ok(erased)
    }

    async fn contact_or_missing(&self, contact: ContactId) -> Result<Contact, DeskError> {
        self.0.store.contact(contact).await?.ok_or_else(|| DeskError::missing("contact", contact))
    }
}
