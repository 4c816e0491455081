//! What people do to tickets: write, and change fields.

use channels::email::File;
use domain::article::curve::repeats;
use domain::effect::Effect;
use domain::id::{DecisionId, MessageId, TicketId};
use domain::message::{Direction, Message};
use domain::plain;
use domain::redaction::{Document, Part, part};
use domain::retention::LEGAL_HOLD;
use domain::run::Decision;
use domain::snapshot::TicketView;
use domain::ticket::{Field, SPAM, StatusCategory, Ticket};
use domain::turn::reply_subject;
use domain::work::{Stamp, Work, blank_message};
use domain::{Actor, ActorKind, Refusal};
use store::{Commit, Fact, StoreError};

use crate::attachments::NewFile;
use crate::idempotency::Memo;
use crate::meanwhile::{self, ANSWERED};
use crate::races::Races;
use crate::redact::Redacted;
use crate::withheld::check_kept;
use crate::{Desk, DeskError};

/// Longest text of a message, bytes.
const TEXT_BYTES_MAX: usize = domain::effect::TEXT_BYTES_MAX * 16;
/// The document's parts before those of files.
const FIRST_FILE: usize = 1;

/// What kind of message a person writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewMessageKind {
    /// To the customer.
    Reply,
    /// Among us.
    Note,
    /// From the customer, by API or portal.
    Inbound,
}

impl NewMessageKind {
    /// Which way such a message goes.
    pub(crate) const fn direction(self) -> Direction {
        match self {
            Self::Reply => Direction::Outbound,
            Self::Note => Direction::Note,
            Self::Inbound => Direction::Inbound,
        }
    }
}

/// A message that a person writes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// What kind.
    pub kind: NewMessageKind,
    /// Plain text.
    pub text: String,
    /// Key of the article that a reply quotes: what was asked is then learnt as another way to ask for it.
    #[serde(default)]
    pub article: Option<String>,
    /// The suggested reply that this one was written from: it counts as accepted, and its article as quoted.
    #[serde(default)]
    pub draft: Option<DecisionId>,
    /// The newest message of the ticket that its writer has seen. With it a message is refused that somebody else's has
    /// overtaken, and one that repeats what the same person wrote a moment ago.
    #[serde(default)]
    pub seen: Option<MessageId>,
    /// Whether the ticket is solved with it; only a reply solves one.
    #[serde(default)]
    pub solves: bool,
}

/// One change of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketChange {
    /// Set a field; empty clears it.
    SetField {
        /// Which.
        field: Field,
        /// To what.
        value: String,
    },
    /// Add a tag.
    AddTag(String),
    /// Remove a tag.
    RemoveTag(String),
}

impl TicketChange {
    /// What a ticket becomes that a person calls spam: its topic says so, and it is closed.
    #[must_use]
    pub fn spam() -> Vec<Self> {
        let set = |field: Field, value: &str| Self::SetField { field, value: value.to_owned() };
        vec![set(Field::Category, SPAM), set(Field::Status, StatusCategory::Closed.as_str())]
    }
}

/// A message of a person's that was looked through.
pub(crate) struct Ready {
    pub(crate) new: NewMessage,
    files: Vec<File>,
    pub(crate) redacted: Redacted,
}

impl Desk {
    /// Adds a person's message to a ticket. The text passes the redaction gate like any other. With a memo
    /// once only.
    ///
    /// # Errors
    /// When the ticket does not exist, the text is empty, redaction is not possible now, or it was done
    /// before.
    pub async fn post_message(
        &self,
        ticket_id: TicketId,
        new: NewMessage,
        memo: Option<Memo<Message>>,
        actor: Actor,
    ) -> Result<Message, DeskError> {
        Box::pin(self.post_with_files(ticket_id, new, Vec::new(), memo, actor)).await
    }

    /// The same with files: a reply takes them along, a note keeps them. Their names pass the redaction gate too.
    ///
    /// # Errors
    /// Besides, when there are too many files (`desk.attachments`), or one is harmful.
    pub async fn post_with_files(
        &self,
        ticket_id: TicketId,
        new: NewMessage,
        files: Vec<NewFile>,
        memo: Option<Memo<Message>>,
        actor: Actor,
    ) -> Result<Message, DeskError> {
        let ready = Box::pin(self.ready_to_post(ticket_id, new, files)).await?;
        Box::pin(self.post_ready(ticket_id, &ready, memo.as_ref(), &actor)).await
    }

    /// Looks a message through: whether it may be posted at all, and what redaction makes of it.
    pub(crate) async fn ready_to_post(
        &self,
        ticket_id: TicketId,
        new: NewMessage,
        files: Vec<NewFile>,
    ) -> Result<Ready, DeskError> {
        let new = NewMessage { text: plain::text(&new.text), ..new };
        check_text(&new.text)?;
        self.check_article(new.article.as_deref()).await?;
        let files = self.admitted(files).await?;
        let text = std::iter::once(Part::new(part::TEXT, &new.text));
        let names = files.iter().map(|f| Part::new(part::FILE_NAME, &f.file_name));
        let document = Document { parts: text.chain(names).collect(), ..Document::default() };
        let inbox = self.0.store.ticket(ticket_id).await?.and_then(|ticket| ticket.inbox);
        let redacted = Box::pin(self.redacted_or_told(document, Some(ticket_id), inbox.as_deref())).await?;
        if new.kind == NewMessageKind::Reply {
            check_kept(&redacted.replacements, &self.0.config.vault.fill)?;
        }
        Ok(Ready { new, files, redacted })
    }

    /// Posts a message that was looked through.
    pub(crate) async fn post_ready(
        &self,
        ticket_id: TicketId,
        ready: &Ready,
        memo: Option<&Memo<Message>>,
        actor: &Actor,
    ) -> Result<Message, DeskError> {
        let mut races = Races::about("the ticket");
        loop {
            let attempt = self.post_once(ticket_id, ready, memo, actor);
            if let Some(done) = races.end(Box::pin(attempt).await) {
                return done;
            }
        }
    }

    async fn post_once(
        &self,
        ticket_id: TicketId,
        ready: &Ready,
        memo: Option<&Memo<Message>>,
        actor: &Actor,
    ) -> Result<Message, DeskError> {
        let Ready { new, files, redacted } = ready;
        // Before anything that the first time changed, such as its draft, is looked at.
        if let Some(memo) = memo
            && self.0.store.seen(&memo.source, &memo.key).await?.is_some()
        {
            return Err(DeskError::Repeated);
        }
        let view =
            self.0.store.view(ticket_id).await?.ok_or_else(|| DeskError::missing("ticket", ticket_id))?;
        Box::pin(self.check_not_merged(&view.ticket)).await?;
        let mut work = Work::on(view.ticket.clone());
        let author = match new.kind {
            NewMessageKind::Inbound => Actor::new(ActorKind::Contact, view.ticket.requester_id.to_string()),
            NewMessageKind::Reply | NewMessageKind::Note => actor.clone(),
        };
        let stamp = self.stamp(author);
        let text = redacted.part(0);
        meanwhile::check(&view, new, &text, files, actor, &stamp)?;
        let mut message = draft(&view, new.kind, text, &stamp);
        let blobs = self.enclose(&mut message, files, redacted, &stamp)?;
        if new.kind == NewMessageKind::Inbound {
            message.internet_message_id = Some(self.0.config.mail.given_message_id(message.id));
        }
        let draft = self.draft_of(ticket_id, new).await?;
        message.article = quoted(new, draft.as_ref());
        let quoting = message.article.is_some().then(|| message.clone());
        let message_id = work.add_message(&stamp, message);
        let mut facts = match work.events.first().map(|e| e.id) {
            Some(event) => {
                let requester = view.ticket.requester_id;
                Box::pin(self.redaction_facts(redacted, requester, ticket_id, message_id, event)).await?
            }
            None => Vec::new(),
        };
        if new.kind == NewMessageKind::Reply {
            facts.extend(Box::pin(self.reply_facts(&mut work, &view, new, &stamp)).await?);
        }
        let corrected: Vec<_> = facts.iter().filter_map(crate::ledger::whose).collect();
        facts.extend(self.work_facts(std::slice::from_mut(&mut work)).await);
        facts.extend(blobs);
        if let Some(quoting) = quoting {
            facts.extend(Box::pin(self.confirmed(&quoting, &view)).await?);
        }
        if let Some(draft) = draft {
            facts.extend(Box::pin(self.sent_facts(draft, &new.text, actor)).await?);
        }
        facts.extend(memo.zip(work.messages.last()).map(|(memo, m)| memo.fact(m, stamp.now)));
        match Box::pin(self.commit_and_reload(facts)).await {
            Ok(()) => {
                for id in corrected {
                    self.watch_canary(id).await;
                }
                work.messages.pop().ok_or(DeskError::Busy("the ticket"))
            }
            Err(DeskError::Store(StoreError::Conflict("seen"))) => Err(DeskError::Repeated),
            Err(error) => Err(error),
        }
    }

    /// What else comes of a person's reply: what plugins would have said instead gives way to it, and the ticket is solved
    /// where its writer says so.
    async fn reply_facts(
        &self,
        work: &mut Work,
        view: &TicketView,
        new: &NewMessage,
        stamp: &Stamp<'_>,
    ) -> Result<Vec<Fact>, DeskError> {
        let mut facts = meanwhile::withdraw_held(work, view, stamp, ANSWERED);
        facts.extend(self.overtaken(view.ticket.id, new.draft).await?);
        if new.solves {
            work.set_field(stamp, &Field::Status, StatusCategory::Solved.as_str())?;
            facts.extend(self.corrections(work).await?);
        }
        Ok(facts)
    }

    /// Puts the files with a message, under their names after redaction.
    fn enclose(
        &self,
        message: &mut Message,
        files: &[File],
        redacted: &Redacted,
        stamp: &Stamp<'_>,
    ) -> Result<Vec<Fact>, DeskError> {
        let mut facts = Vec::with_capacity(files.len());
        for (n, file) in files.iter().enumerate() {
            let name = redacted.part(FIRST_FILE + n);
            let File { content_type, bytes, sha256, .. } = file;
            message.attachments.push(self.attach(
                name,
                content_type,
                sha256,
                bytes,
                stamp.now,
                &mut facts,
            )?);
        }
        Ok(facts)
    }

    async fn check_article(&self, key: Option<&str>) -> Result<(), DeskError> {
        match key {
            Some(key) if self.0.store.articles_with_key(key).await?.is_empty() => {
                let sentence = format!("There is no article `{key}`.");
                Err(Refusal::new("bad_request", sentence).at("article").into())
            }
            _ => Ok(()),
        }
    }

    /// Changes a ticket. With `expect_version` only if it still has that version.
    ///
    /// # Errors
    /// When it does not exist, has another version, a change is refused, or its words cannot be redacted now; then
    /// nothing is changed.
    pub async fn change_ticket(
        &self,
        id: TicketId,
        mut changes: Vec<TicketChange>,
        expect_version: Option<i64>,
        actor: Actor,
    ) -> Result<Ticket, DeskError> {
        for change in &mut changes {
            if let TicketChange::SetField { value, .. } = change {
                // What is looked through is what is kept.
                *value = plain::line(value);
            }
        }
        Box::pin(self.check_words(id, &changes)).await?;
        let mut races = Races::about("the ticket");
        loop {
            let attempt = async {
                let ticket =
                    self.0.store.ticket(id).await?.ok_or_else(|| DeskError::missing("ticket", id))?;
                check_version(&ticket, expect_version)?;
                if !changes.iter().all(is_about_hold) {
                    Box::pin(self.check_not_merged(&ticket)).await?;
                }
                let mut work = Work::on(ticket);
                let stamp = self.stamp(actor.clone());
                for change in &changes {
                    match change {
                        TicketChange::SetField { field, value } => work.set_field(&stamp, field, value)?,
                        TicketChange::AddTag(tag) => work.add_tag(&stamp, tag)?,
                        TicketChange::RemoveTag(tag) => work.remove_tag(&stamp, tag),
                    };
                }
                if !work.is_changed() {
                    return Ok(work.ticket);
                }
                let mut facts = self.work_facts(std::slice::from_mut(&mut work)).await;
                let corrections = self.corrections(&work).await?;
                let corrected: Vec<_> = corrections.iter().filter_map(crate::ledger::whose).collect();
                facts.extend(corrections);
                self.0.store.commit(Commit { facts }).await?;
                for id in corrected {
                    self.watch_canary(id).await;
                }
                Ok(work.ticket)
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }
}

/// Refuses a message without words, or with too many.
fn check_text(text: &str) -> Result<(), Refusal> {
    let sentence = if text.trim().is_empty() {
        "Write a few words: a message has a text, even where it brings files."
    } else if text.len() > TEXT_BYTES_MAX {
        "The text is longer than 1 MiB: shorten it, or send it as a file."
    } else {
        return Ok(());
    };
    Err(Refusal::new("bad_request", sentence).at("text"))
}

/// The article that a reply quotes: the one that was named, or its draft's where the draft's words are still there.
/// Whoever wrote something else in its place has said that the article was the wrong one.
fn quoted(new: &NewMessage, draft: Option<&Decision>) -> Option<String> {
    let of_draft = draft.and_then(|draft| match &draft.effect {
        Effect::Reply { text, article, .. } if repeats(&new.text, text) => article.clone(),
        _ => None,
    });
    new.article.clone().or(of_draft).filter(|_| new.kind == NewMessageKind::Reply)
}

/// Whether a change puts a ticket on legal hold or ends that. A merged one keeps words of its own, so it takes this.
fn is_about_hold(change: &TicketChange) -> bool {
    matches!(change, TicketChange::AddTag(tag) | TicketChange::RemoveTag(tag) if tag == LEGAL_HOLD)
}

/// Refuses a change of a ticket that is not what its writer has read.
pub(crate) fn check_version(ticket: &Ticket, expected: Option<i64>) -> Result<(), Refusal> {
    match expected.filter(|version| *version != ticket.version) {
        Some(version) => {
            let sentence =
                format!("The ticket has version {} by now, not {version}: read it again.", ticket.version);
            Err(Refusal::new("version_conflict", sentence).at("version"))
        }
        None => Ok(()),
    }
}

fn draft(view: &TicketView, kind: NewMessageKind, text: String, stamp: &Stamp<'_>) -> Message {
    let direction = kind.direction();
    let id = MessageId::mint(stamp.ids, stamp.now);
    let mut message = blank_message(id, view.ticket.id, direction, stamp.actor.clone(), stamp.now);
    message.reply_text.clone_from(&text);
    message.text = text;
    if direction == Direction::Outbound {
        message.subject = reply_subject(&view.ticket.subject);
        message.to_address = view.requester.as_ref().map(|r| r.email.clone());
        (message.in_reply_to, message.references) = view.thread();
    }
    message
}
