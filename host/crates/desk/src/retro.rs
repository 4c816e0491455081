//! Redaction of what was stored before a rule got better, or before there was one: message by message, as a trial
//! or for good. Goes on where it stopped, and begins anew when the redaction plugins are others.

use std::collections::BTreeMap;

use domain::Actor;
use domain::event::EventType;
use domain::id::MessageId;
use domain::message::{Direction, Message};
use domain::plugin::Hook;
use domain::redaction::{Document, Part, part};
use domain::ticket::Ticket;
use domain::work::Work;
use serde_json::json;
use store::{Commit, Fact};

use crate::arrival::own_words;
use crate::races::Races;
use crate::redact::Redacted;
use crate::{Desk, DeskError};

/// Name of the setting that remembers how far it got.
const POSITION: &str = "redaction.retro";

/// One value that was found in what is stored.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RetroFind {
    /// On which ticket.
    pub ticket: i64,
    /// In which message.
    pub message: MessageId,
    /// Subject, text or the name of a file.
    pub part: String,
    /// Class.
    pub class: String,
    /// Which rule.
    pub rule: String,
    /// How sure.
    pub score: f32,
}

/// What became of a number of messages.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct RetroBatch {
    /// Messages read.
    pub read: usize,
    /// Messages in which something was found.
    pub changed: usize,
    /// Values found, by class.
    pub found: BTreeMap<String, usize>,
    /// Each of them.
    pub finds: Vec<RetroFind>,
    /// Messages that could not be redacted, with the reason; they stay as they were.
    pub held: Vec<(MessageId, String)>,
    /// The last message that was read; none: there are no more.
    pub last: Option<MessageId>,
}

/// How far it got, and with what.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Position {
    after: Option<MessageId>,
    plugins: Vec<String>,
}

impl Desk {
    /// Where redaction of what is stored goes on; none: from the beginning.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn retro_position(&self) -> Result<Option<MessageId>, DeskError> {
        let text = self.0.store.setting(POSITION).await?.unwrap_or_default();
        let position: Position = serde_json::from_str(&text).unwrap_or_default();
        let same = position.plugins == self.redaction_digests().await;
        Ok(position.after.filter(|_| same))
    }

    /// Redacts up to `limit` stored messages after one; without `apply` it only says what it would do.
    ///
    /// # Errors
    /// When the store cannot be read or written, or no redaction plugin is there.
    pub async fn redact_stored(
        &self,
        after: Option<MessageId>,
        limit: u32,
        apply: bool,
        actor: &Actor,
    ) -> Result<RetroBatch, DeskError> {
        let mut batch = RetroBatch::default();
        for id in self.0.store.message_ids(after, i64::from(limit)).await? {
            self.redact_message(id, apply, actor, &mut batch).await?;
            batch.read += 1;
            batch.last = Some(id);
        }
        if apply && let Some(last) = batch.last {
            self.keep_position(Some(last)).await?;
        }
        Ok(batch)
    }

    /// Forgets how far it got.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn restart_retro(&self) -> Result<(), DeskError> {
        self.keep_position(None).await
    }

    async fn keep_position(&self, after: Option<MessageId>) -> Result<(), DeskError> {
        let position = Position { after, plugins: self.redaction_digests().await };
        let value = serde_json::to_string(&position).unwrap_or_default();
        let fact = Fact::PutSetting { key: POSITION.to_owned(), value };
        Ok(self.0.store.commit(Commit { facts: vec![fact] }).await?)
    }

    /// Which components look for personal data now.
    async fn redaction_digests(&self) -> Vec<String> {
        let roster = self.roster().await;
        let hooks = roster.with_hook(Hook::Redaction, self.now());
        hooks.into_iter().map(|(_, installed)| installed.installation.digest.clone()).collect()
    }

    async fn redact_message(
        &self,
        id: MessageId,
        apply: bool,
        actor: &Actor,
        batch: &mut RetroBatch,
    ) -> Result<(), DeskError> {
        let mut races = Races::about("a message");
        loop {
            let attempt = async {
                let Some(message) = self.0.store.message(id).await? else { return Ok(()) };
                let Some(ticket) = self.0.store.ticket(message.ticket_id).await? else { return Ok(()) };
                let document = self.stored_document(&message, &ticket).await?;
                let redacted = match self.redact(document, Some(ticket.id), ticket.inbox.as_deref()).await {
                    Ok(redacted) => redacted,
                    Err(held) => {
                        batch.held.push((id, held.why));
                        return Ok(());
                    }
                };
                if redacted.finds().next().is_none() {
                    return Ok(());
                }
                let number = ticket.number;
                if apply {
                    self.rewrite(&message, ticket, &redacted, actor, Vec::new()).await?;
                }
                note_finds(&redacted, number, id, batch);
                Ok(())
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    async fn stored_document(&self, message: &Message, ticket: &Ticket) -> Result<Document, DeskError> {
        let requester = self.0.store.contact(ticket.requester_id).await?;
        let known = requester.map(|r| r.name.into_iter().chain(Some(r.email)).collect()).unwrap_or_default();
        Ok(Document { parts: parts_of(message), language: message.language.clone(), known })
    }

    /// Puts redacted texts in a message's place, with what was taken out and whatever belongs to it.
    pub(crate) async fn rewrite(
        &self,
        was: &Message,
        ticket: Ticket,
        redacted: &Redacted,
        actor: &Actor,
        more: Vec<Fact>,
    ) -> Result<(), DeskError> {
        let clean =
            |index: usize| redacted.parts.get(index).map(|c| c.as_str().to_owned()).unwrap_or_default();
        let mut now = was.clone();
        (now.subject, now.text) = (clean(0), clean(1));
        for (file, place) in now.attachments.iter_mut().zip(FIRST_FILE..) {
            file.file_name = clean(place);
        }
        now.reply_text = match was.direction {
            Direction::Inbound => own_words(&now.text, was.in_reply_to.as_deref(), &was.references),
            Direction::Outbound | Direction::Note => now.text.clone(),
        };
        let values = redacted.strike();
        let mut work = Work::on(ticket);
        for field in work.ticket.custom.values_mut() {
            values.text(field);
        }
        if work.ticket.subject == was.subject && !was.subject.is_empty() {
            work.ticket.subject.clone_from(&now.subject);
        } else {
            values.text(&mut work.ticket.subject);
        }
        let data = json!({ "message_id": was.id, "values": redacted.finds().count() });
        work.record(&self.stamp(actor.clone()), EventType::MessageRedacted, Vec::new(), data);
        let mut facts = match work.events.first().map(|e| e.id) {
            Some(event) => {
                let (requester, ticket) = (work.ticket.requester_id, work.ticket.id);
                Box::pin(self.redaction_facts(redacted, requester, ticket, was.id, event)).await?
            }
            None => Vec::new(),
        };
        facts.extend(more);
        // Plugins have read the words as they were, and said something about them.
        facts.push(Fact::Strike { ticket_id: work.ticket.id, values });
        // What was learnt from the ticket was learnt from the words as they were.
        facts.push(Fact::RemoveAlternate { article_id: None, ticket_id: work.ticket.id });
        let mut works = Box::pin(self.told_elsewhere(&work.ticket, was, redacted, actor, &mut facts)).await?;
        works.push(work);
        works.sort_by_key(|work| work.ticket.id);
        facts.extend(self.work_facts(&mut works).await);
        facts.push(Fact::RewriteMessage { was: Box::new(was.clone()), now: Box::new(now) });
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// Where a ticket was merged, plugins have read its words on the others of its family as well: those that change.
    async fn told_elsewhere(
        &self,
        ticket: &Ticket,
        was: &Message,
        redacted: &Redacted,
        actor: &Actor,
        facts: &mut Vec<Fact>,
    ) -> Result<Vec<Work>, DeskError> {
        let values = redacted.strike_of(ticket.number);
        let mut works = Vec::new();
        for other in self.family_of(ticket).await? {
            facts.push(Fact::Strike { ticket_id: other.id, values: values.clone() });
            facts.push(Fact::RemoveAlternate { article_id: None, ticket_id: other.id });
            let mut work = Work::on(other);
            let mut struck = values.text(&mut work.ticket.subject);
            for field in work.ticket.custom.values_mut() {
                struck |= values.text(field);
            }
            if struck {
                let data = json!({ "message_id": was.id, "values": redacted.finds().count() });
                work.record(&self.stamp(actor.clone()), EventType::MessageRedacted, Vec::new(), data);
                works.push(work);
            }
        }
        Ok(works)
    }
}

/// The document's parts before those of files.
const FIRST_FILE: usize = 2;

/// The parts of a stored message: subject, text, the names of its files.
pub(crate) fn parts_of(message: &Message) -> Vec<Part> {
    let mut parts = part::subject_and_text(&message.subject, &message.text);
    parts.extend(message.attachments.iter().map(|file| Part::new(part::FILE_NAME, &file.file_name)));
    parts
}

fn note_finds(redacted: &Redacted, ticket: i64, message: MessageId, batch: &mut RetroBatch) {
    batch.changed += 1;
    for (part, replacement) in redacted.finds() {
        *batch.found.entry(replacement.class.clone()).or_default() += 1;
        batch.finds.push(RetroFind {
            ticket,
            message,
            part: part.to_owned(),
            class: replacement.class.clone(),
            rule: replacement.rule.clone(),
            score: replacement.score,
        });
    }
}
