//! What agents say about redaction: a miss is taken out of the message at once, a false alarm is put back; of both a
//! mark without the data stays.

use std::collections::BTreeMap;

use channels::email::safe_file_name;
use domain::event::EventType;
use domain::id::{MessageId, RedactionId, TicketId};
use domain::mark::{MARKS_MAX, Mark, MarkKind, around, shape};
use domain::message::{Delivery, Message};
use domain::redaction::{
    BY_HAND, Document, Finding, Placeholders, Redaction, canonical_value, fill, is_class, redact,
};
use domain::strike::Strike;
use domain::ticket::Ticket;
use domain::work::Work;
use domain::{Actor, Refusal};
use serde_json::json;
use store::{Commit, Fact};

use crate::races::Races;
use crate::redact::Redacted;
use crate::retro::parts_of;
use crate::{Desk, DeskError};

/// Name of the setting that holds the marks.
const MARKS: &str = "redaction.marks";
/// Longest value that can be marked, bytes.
const VALUE_BYTES_MAX: usize = 500;

impl Desk {
    /// All marks, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn marks(&self) -> Result<Vec<Mark>, DeskError> {
        self.json_setting(MARKS).await
    }

    /// Personal data was left in a message: it is taken out wherever it stands there.
    ///
    /// # Errors
    /// When there is no such message, the value does not stand in it, or the class is none.
    pub async fn mark_miss(
        &self,
        id: MessageId,
        value: &str,
        class: &str,
        actor: Actor,
    ) -> Result<Message, DeskError> {
        if !is_class(class) {
            return Err(Refusal::new("bad_class", "A class is written as CREDIT_CARD.").at("class").into());
        }
        if value.trim().is_empty() || value.len() > VALUE_BYTES_MAX {
            let sentence = format!("Mark 1 to {VALUE_BYTES_MAX} bytes of the message.");
            return Err(Refusal::new("bad_request", sentence).at("value").into());
        }
        let mut races = Races::about("the message");
        loop {
            let attempt = async {
                let message = self.message_or_missing(id).await?;
                let findings = places(&message, value, class);
                let Some(around) = around_first(&message, value) else {
                    let sentence = "The value does not stand in the message as it was given.";
                    return Err(Refusal::new("not_there", sentence).at("value").into());
                };
                let mark = Mark {
                    kind: MarkKind::Miss,
                    class: class.to_owned(),
                    rule: String::new(),
                    shape: shape(value),
                    around,
                    language: message.language.clone(),
                    at: self.now(),
                };
                let redacted = self.by_hand(&message, &findings).await?;
                let ticket = self.0.store.ticket(message.ticket_id).await?;
                let ticket = ticket.ok_or_else(|| DeskError::missing("ticket", message.ticket_id))?;
                let said = json!({ "class": class });
                let mut more =
                    vec![self.kept_mark(mark).await?, self.audit(&actor, "redaction.missed", id, said)];
                let family = Box::pin(self.family_of(&ticket)).await?;
                for of in family.iter().chain([&ticket]) {
                    more.extend(self.withdrawn(of.id, value).await?);
                }
                more.extend(self.elsewhere(&message, &ticket, &family, &redacted).await?);
                self.rewrite(&message, ticket, &redacted, &actor, more).await
            };
            if let Some(done) = races.end(attempt.await) {
                done?;
                return self.message_or_missing(id).await;
            }
        }
    }

    /// Something harmless was replaced: it stands in its place again, and is let stand on this ticket from now on.
    ///
    /// # Errors
    /// When there is no such redaction, its value was not kept, or another person has to agree first.
    pub async fn mark_false_alarm(&self, id: RedactionId, actor: Actor) -> Result<Message, DeskError> {
        let redaction =
            self.0.store.redaction(id).await?.ok_or_else(|| DeskError::missing("redaction", id))?;
        self.check_may_show(&redaction, &actor).await?;
        let value = self
            .open_value(&redaction)
            .await?
            .ok_or_else(|| Refusal::new("not_kept", "This value was not kept, so it cannot be put back."))?;
        let mut races = Races::about("the message");
        loop {
            let attempt = async {
                let message = self.message_or_missing(redaction.message_id).await?;
                let Some(around) = around_first(&message, &redaction.placeholder) else {
                    let sentence =
                        format!("{} does not stand in the message (any more).", redaction.placeholder);
                    return Err(Refusal::new("not_there", sentence).into());
                };
                let values = [(redaction.placeholder.clone(), value.clone())].into();
                let now = filled(&message, &values);
                let mark = Mark {
                    kind: MarkKind::FalseAlarm,
                    class: redaction.class.clone(),
                    rule: redaction.rule.clone(),
                    shape: shape(&value),
                    around,
                    language: message.language.clone(),
                    at: self.now(),
                };
                let mut facts = vec![
                    Fact::LetStand {
                        ticket_id: redaction.ticket_id,
                        digest: redaction.digest.clone(),
                        stands: true,
                    },
                    Fact::RewriteMessage { was: Box::new(message.clone()), now: Box::new(now) },
                    self.kept_mark(mark).await?,
                    self.audit(&actor, "redaction.false_alarm", id, json!({ "class": redaction.class })),
                ];
                let ticket = self.0.store.ticket(message.ticket_id).await?;
                let ticket = ticket.ok_or_else(|| DeskError::missing("ticket", message.ticket_id))?;
                let mut work = Work::on(ticket);
                work.ticket.subject = fill(&work.ticket.subject, &values);
                let data = json!({ "message_id": message.id, "put_back": redaction.class });
                work.record(&self.stamp(actor.clone()), EventType::MessageRedacted, Vec::new(), data);
                facts.extend(self.work_facts(std::slice::from_mut(&mut work)).await);
                Ok(self.0.store.commit(Commit { facts }).await?)
            };
            if let Some(done) = races.end(attempt.await) {
                done?;
                return self.message_or_missing(redaction.message_id).await;
            }
        }
    }

    /// The ticket's other messages without the values, and those of its family: answers and notes quote what they
    /// answer, and no rule finds there what it missed here.
    async fn elsewhere(
        &self,
        than: &Message,
        ticket: &Ticket,
        family: &[Ticket],
        redacted: &Redacted,
    ) -> Result<Vec<Fact>, DeskError> {
        let (here, there) = (redacted.strike(), redacted.strike_of(ticket.number));
        if here.is_empty() {
            return Ok(Vec::new());
        }
        let mut facts = Vec::new();
        for of in family.iter().chain([ticket]) {
            let values = if of.id == ticket.id { &here } else { &there };
            let messages = self.0.store.messages(of.id).await?.into_iter();
            // What still waits to be sent would leave with a placeholder that nothing fills.
            let leaves = |was: &Message| of.id != ticket.id && was.delivery == Delivery::Queued;
            let others = messages.filter(|was| was.id != than.id && !leaves(was));
            facts.extend(others.filter_map(|was| struck(was, values)));
        }
        Ok(facts)
    }

    /// A value that is personal after all is let stand no more, whatever it was taken for before.
    async fn withdrawn(&self, ticket_id: TicketId, value: &str) -> Result<Vec<Fact>, DeskError> {
        let value = canonical_value(value);
        let standing = self.0.store.redactions_of(ticket_id).await?.into_iter().filter(|r| r.stands);
        let same = standing.filter(|r| r.digest == self.0.seal.digest(&r.class, &value));
        let withdraw = |r: Redaction| Fact::LetStand { ticket_id, digest: r.digest, stands: false };
        Ok(same.map(withdraw).collect())
    }

    async fn message_or_missing(&self, id: MessageId) -> Result<Message, DeskError> {
        self.0.store.message(id).await?.ok_or_else(|| DeskError::missing("message", id))
    }

    /// What redaction makes of findings that a person made.
    async fn by_hand(&self, message: &Message, findings: &[Finding]) -> Result<Redacted, DeskError> {
        let document = Document { parts: parts_of(message), ..Document::default() };
        let ticket = self.0.store.ticket(message.ticket_id).await?;
        let inbox = ticket.and_then(|ticket| ticket.inbox);
        let mut placeholders: Placeholders =
            self.placeholders(Some(message.ticket_id), inbox.as_deref()).await?.strictly();
        let digest = |class: &str, value: &str| self.0.seal.digest(class, value);
        let (parts, replacements) = redact(&document, findings, &mut placeholders, &digest)
            .map_err(|why| Refusal::new("bad_request", why))?;
        Ok(Redacted::by_hand(parts, replacements, &document))
    }

    async fn kept_mark(&self, mark: Mark) -> Result<Fact, DeskError> {
        let mut marks = self.marks().await?;
        marks.push(mark);
        let skip = marks.len().saturating_sub(MARKS_MAX);
        marks.drain(..skip);
        let value = serde_json::to_string(&marks).unwrap_or_default();
        Ok(Fact::PutSetting { key: MARKS.to_owned(), value })
    }
}

/// A message without the values; none where it has none of them.
fn struck(was: Message, values: &Strike) -> Option<Fact> {
    let mut now = was.clone();
    let mut struck = values.text(&mut now.subject);
    struck |= values.text(&mut now.text);
    struck |= values.text(&mut now.reply_text);
    for file in &mut now.attachments {
        struck |= values.text(&mut file.file_name);
    }
    struck.then(|| Fact::RewriteMessage { was: Box::new(was), now: Box::new(now) })
}

/// A message with these values in the place of their placeholders.
fn filled(message: &Message, values: &BTreeMap<String, String>) -> Message {
    let mut now = message.clone();
    now.subject = fill(&message.subject, values);
    now.text = fill(&message.text, values);
    now.reply_text = fill(&message.reply_text, values);
    // A name ends where a folder's would begin: what a text writes with a slash stands there with a hyphen.
    let for_names: BTreeMap<String, String> =
        values.iter().map(|(mark, value)| (mark.clone(), value.replace(['/', '\\'], "-"))).collect();
    for file in &mut now.attachments {
        if let Some(name) = safe_file_name(&fill(&file.file_name, &for_names)) {
            file.file_name = name;
        }
    }
    now
}

/// The shapes around the first place in a message where this stands.
fn around_first(message: &Message, what: &str) -> Option<(String, String)> {
    parts_of(message).iter().find_map(|part| {
        let start = part.text.find(what)?;
        Some(around(&part.text, start, start + what.len()))
    })
}

/// Where a value stands in a message's subject, text and names of files.
fn places(message: &Message, value: &str, class: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (part, text) in (0..).zip(parts_of(message).iter().map(|part| &part.text)) {
        for (start, _) in text.match_indices(value) {
            let end = start + value.len();
            if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) {
                let (class, rule) = (class.to_owned(), BY_HAND.to_owned());
                findings.push(Finding { part, start, end, class, score: 1.0, rule });
            }
        }
    }
    findings
}
