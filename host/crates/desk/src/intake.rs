//! Intake: what comes in is sealed and stored first (that is what is acknowledged), then redacted,
//! threaded and made a ticket in one commit. Nothing is lost on the way: what cannot be redacted is
//! held, what cannot be read becomes a ticket with the original attached.

use channels::email;
use domain::address::canonical_address;
use domain::contact::Contact;
use domain::event::EventType;
use domain::gate::is_own;
use domain::id::{AttachmentId, ContactId, IntakeId, MessageId, TicketId};
use domain::job::{Job, Lease, NewJob};
use domain::message::{Attachment, Direction, Message, SenderAuth};
use domain::ticket::{RELATED, StatusCategory, Ticket, is_key};
use domain::work::{REOPEN_WINDOW_DAYS, Stamp, Work, blank_message, blank_ticket};
use domain::{Actor, ActorKind, Refusal, Timestamp};
use sha2::{Digest, Sha256};
use store::{Commit, Fact, Intake, IntakeKind, IntakeState, StoreError};

use crate::arrival::{
    Arrival, NewTicket, arrival_of_request, auto_reason_of, custom_of, document, file_name, is_key_part,
    lost, own_words, read_arrival, sort_by_hand,
};
use crate::idempotency::Memo;
use crate::races::{Races, ended};
use crate::redact::{Held, Redacted};
use crate::thread::Thread;
use crate::worker::Outcome;
use crate::{Desk, DeskError};

/// Code of the refusal of a request whose requester is the house itself.
pub const OWN_ADDRESS: &str = "own_address";
/// Under which mails are remembered by what their senders wrote, whatever entrance they came by.
const AS_WRITTEN: &str = "mail as written";

/// Proof that something is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct IntakeReceipt {
    /// Under which id.
    pub intake_id: IntakeId,
    /// Whether the very same thing had come in before.
    pub duplicate: bool,
}

impl Desk {
    /// Takes in a raw mail. When this answers, the mail is in the database, sealed. It is a duplicate if the same bytes
    /// came in by this entrance, or the same writing of its sender by any. Who does not know all that was written cannot
    /// keep it out: a Message-ID alone says nothing.
    ///
    /// # Errors
    /// When it could not be stored.
    pub async fn receive_mail(&self, source: &str, raw: Vec<u8>) -> Result<IntakeReceipt, DeskError> {
        let mut marks = vec![(source, hex::encode(Sha256::digest(&raw)))];
        // Keyed: most of what was written lies redacted beside it, and the rest could be guessed and compared.
        let written = email::written_digest(&raw).map(|written| self.0.seal.digest(AS_WRITTEN, &written));
        marks.extend(written.map(|written| (AS_WRITTEN, written)));
        self.receive(source, &marks, IntakeKind::Mail, &raw).await
    }

    /// Takes in a request in bulk (JSON Lines): the same way as a mail.
    ///
    /// # Errors
    /// When it is malformed or could not be stored.
    pub async fn receive_ticket(
        &self,
        source: &str,
        external_id: Option<&str>,
        new: NewTicket,
    ) -> Result<IntakeReceipt, DeskError> {
        let new = new.plain();
        new.check()?;
        self.check_requester(&new.email)?;
        let bytes = serde_json::to_vec(&new).map_err(|e| Refusal::new("bad_request", e.to_string()))?;
        let external_id = external_id.map_or_else(|| hex::encode(Sha256::digest(&bytes)), ToOwned::to_owned);
        self.receive(source, &[(source, external_id)], IntakeKind::Ticket, &bytes).await
    }

    /// `marks` are where and by what it is known again: one of them seen before makes it a duplicate.
    async fn receive(
        &self,
        source: &str,
        marks: &[(&str, String)],
        kind: IntakeKind,
        clear: &[u8],
    ) -> Result<IntakeReceipt, DeskError> {
        let now = self.now();
        let id = IntakeId::mint(self.0.ids.as_ref(), now);
        let sealed = self.0.seal.seal(&id.to_string(), clear)?;
        let intake = Intake {
            id,
            source: source.to_owned(),
            received_at: now,
            kind,
            sealed,
            state: IntakeState::Waiting,
            reason: None,
            ticket_id: None,
        };
        let seen = marks.iter().map(|(place, mark)| Fact::Seen {
            source: (*place).to_owned(),
            external_id: mark.clone(),
            outcome: id.to_string(),
            at: now,
        });
        let job = NewJob { lane: id.to_string(), ready_at: now, job: Job::Intake { intake_id: id } };
        let facts = seen.chain([Fact::AddIntake(Box::new(intake)), Fact::Enqueue(job)]).collect();
        match self.0.store.commit(Commit { facts }).await {
            Ok(()) => Ok(IntakeReceipt { intake_id: id, duplicate: false }),
            Err(StoreError::Conflict("seen")) => {
                let intake_id = self.first_with(marks).await?.unwrap_or(id);
                Ok(IntakeReceipt { intake_id, duplicate: true })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses a request in the name of the house: its answers would come back as mail to itself.
    fn check_requester(&self, email: &str) -> Result<(), Refusal> {
        if is_own(&canonical_address(email), &self.0.ours.addresses) {
            let sentence =
                "This is one of our own addresses: name the customer's, whom answers are to reach.";
            return Err(Refusal::new(OWN_ADDRESS, sentence).at("email"));
        }
        Ok(())
    }

    /// What came in first with one of these marks.
    async fn first_with(&self, marks: &[(&str, String)]) -> Result<Option<IntakeId>, DeskError> {
        for (place, mark) in marks {
            if let Some(first) = self.0.store.seen(place, mark).await? {
                return Ok(first.parse().ok());
            }
        }
        Ok(None)
    }

    /// Whether an inbox that a request or an admin names is there.
    pub(crate) fn knows_inbox(&self, inbox: Option<&str>) -> Result<(), Refusal> {
        let inboxes = &self.0.config.mail.inboxes;
        match inbox {
            Some(name) if !inboxes.contains_key(name) => {
                let known: Vec<&str> = inboxes.keys().map(String::as_str).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let sentence = match is_key(name) {
                    true => format!(
                        "There is no inbox `{name}` (there are: {known}); name it in the settings as [inbox.{name}]."
                    ),
                    false => format!(
                        "An inbox has a name of 1 to 64 of a-z 0-9 _ - . : (there are: {known}); leave `inbox` out if none is meant."
                    ),
                };
                Err(Refusal::new("unknown_inbox", sentence).at("inbox"))
            }
            _ => Ok(()),
        }
    }

    /// Takes in a request at once: for callers that need the ticket's number in the answer. With a memo
    /// once only.
    ///
    /// # Errors
    /// When it is malformed, cannot be redacted now, was done before, or cannot be stored.
    pub async fn create_ticket(
        &self,
        new: NewTicket,
        memo: Option<Memo<Ticket>>,
        _actor: Actor,
    ) -> Result<Ticket, DeskError> {
        let new = new.plain();
        new.check()?;
        self.check_requester(&new.email)?;
        self.knows_inbox(new.inbox.as_deref())?;
        let arrival = arrival_of_request(new);
        let redacted =
            Box::pin(self.redacted_or_told(document(&arrival), None, arrival.inbox.as_deref())).await?;
        redacted.refuse_in(is_key_part)?;
        let mut races = Races::about("the requester's record");
        loop {
            let attempt = async {
                let (work, mut facts) = self.admit_arrival(&arrival, &redacted, Thread::New).await?;
                facts.extend(memo.as_ref().map(|memo| memo.fact(&work.ticket, self.now())));
                match self.commit_and_reload(facts).await {
                    Err(DeskError::Store(StoreError::Conflict("seen"))) => Err(DeskError::Repeated),
                    done => done.map(|()| work.ticket),
                }
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    /// Works one intake job.
    pub(crate) async fn work_intake(&self, lease: &Lease, id: IntakeId) -> Result<Outcome, DeskError> {
        let intake = match self.0.store.intake(id).await? {
            // Its ticket was made in the commit that said done: it is never taken in twice.
            Some(intake) if intake.state != IntakeState::Done => intake,
            _ => return Ok(Outcome::Done(Vec::new())),
        };
        let clear = self.0.seal.open(&id.to_string(), &intake.sealed)?;
        let own = self.0.ours.addresses.clone();
        let arrival = read_arrival(intake.kind, clear, &self.0.senders, own).await?;
        let thread = self.find_thread(&arrival).await?;
        let mut known = thread.ticket().map(|t| t.id);
        let mut redacted = match self.redacted_for(&arrival, &thread).await {
            Ok(redacted) => redacted,
            Err(held) => return self.hold(lease, &intake, held).await,
        };
        let dead = self.dead_address(&arrival).await?;
        let mut races = Races::about("the ticket");
        loop {
            let thread = self.reread(&thread).await?;
            // Merged meanwhile: placeholders are counted by the ticket that they stand on.
            if thread.ticket().map(|t| t.id) != known {
                known = thread.ticket().map(|t| t.id);
                redacted = match self.redacted_for(&arrival, &thread).await {
                    Ok(redacted) => redacted,
                    Err(held) => return self.hold(lease, &intake, held).await,
                };
            }
            let attempt = async {
                let (work, mut facts) = self.admit_arrival(&arrival, &redacted, thread).await?;
                facts.extend(dead.clone().map(Fact::PutSuppression));
                facts.push(Fact::SetIntake {
                    id,
                    state: IntakeState::Done,
                    reason: None,
                    ticket_id: Some(work.ticket.id),
                });
                facts.push(Fact::finish(lease));
                ended(self.commit_and_reload(facts).await)
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    /// What came in as it may stand on the ticket that it continues, or on a new one.
    async fn redacted_for(&self, arrival: &Arrival, thread: &Thread) -> Result<Redacted, Held> {
        let inbox = match thread.ticket() {
            Some(ticket) => ticket.inbox.clone(),
            None => arrival.inbox.clone().or_else(|| self.0.config.mail.inbox_of(&arrival.recipients)),
        };
        Box::pin(self.redact(document(arrival), thread.ticket().map(|t| t.id), inbox.as_deref())).await
    }

    /// Keeps an intake back: sealed, visible, tried again, an event for the admin.
    async fn hold(&self, lease: &Lease, intake: &Intake, held: Held) -> Result<Outcome, DeskError> {
        let why = held.why;
        tracing::error!(intake = %intake.id, why, "held: redaction is not possible now");
        metrics::counter!("kulanz_intake_held_total").increment(1);
        let mut facts = self.held_facts(&held.runs, intake.state != IntakeState::Held).await;
        if intake.state != IntakeState::Held {
            let data = serde_json::json!({ "intake_id": intake.id, "why": why });
            facts.extend(self.house_facts(self.house_event(EventType::IntakeHeld, data)).await);
        }
        facts.push(Fact::SetIntake {
            id: intake.id,
            state: IntakeState::Held,
            reason: Some(why.clone()),
            ticket_id: None,
        });
        let wait_ms = 30_000 * (1 << lease.attempts.clamp(0, 5));
        facts.push(Fact::retry(lease, self.now().plus(wait_ms), why));
        self.commit_and_reload(facts).await?;
        Ok(Outcome::Committed)
    }

    /// Everything one arrival changes, as facts. Decides nothing but what the domain's rules say.
    async fn admit_arrival(
        &self,
        arrival: &Arrival,
        redacted: &Redacted,
        thread: Thread,
    ) -> Result<(Work, Vec<Fact>), DeskError> {
        let now = self.now();
        let mut facts = Vec::new();
        let (contact, news) = self.contact_for(arrival, redacted, now).await?;
        let actor = Actor::new(ActorKind::Contact, contact.id.to_string());
        facts.extend(news);
        let stamp = self.stamp(actor);
        let mut work = match thread {
            Thread::Continues(ticket) if may_continue(&ticket, now) => Work::on(ticket),
            Thread::Continues(related) | Thread::MayBelongTo(related) => {
                self.new_ticket(arrival, redacted, &contact, Some(related), &stamp).await?
            }
            Thread::New => self.new_ticket(arrival, redacted, &contact, None, &stamp).await?,
        };
        let message = self.message_of(arrival, redacted, &work, &stamp, &mut facts)?;
        let message_id = work.add_arrival(&stamp, message, auto_reason_of(arrival, redacted));
        let received = work.events.iter().rfind(|e| e.kind == EventType::MessageReceived).map(|e| e.id);
        if let Some(event) = received {
            let (requester, ticket) = (work.ticket.requester_id, work.ticket.id);
            facts.extend(
                Box::pin(self.redaction_facts(redacted, requester, ticket, message_id, event)).await?,
            );
        }
        self.note_problems(arrival, &mut work);
        self.note_dangers(arrival, redacted, &mut work);
        for (name, class) in lost(redacted) {
            let what =
                format!("Personal data ({class}) was left out of what the request named as its {name}.");
            self.note(&mut work, what);
        }
        facts.extend(self.work_facts(std::slice::from_mut(&mut work)).await);
        Ok((work, facts))
    }

    /// Who wrote, and what of that is news to the store. Of a contact that is known only what is learnt is written:
    /// what somebody else changes meanwhile (a consent, an erasure) stays.
    async fn contact_for(
        &self,
        arrival: &Arrival,
        redacted: &Redacted,
        now: Timestamp,
    ) -> Result<(Contact, Option<Fact>), DeskError> {
        let name = Some(redacted.part(2)).filter(|name| !name.is_empty());
        if let Some(mut contact) = self.0.store.contact_by_email(&arrival.address).await? {
            let vouched = arrival.sender_auth == SenderAuth::Pass;
            let is_news = (contact.name.is_none() && name.is_some()) || (vouched && !contact.verified);
            let news = is_news.then(|| Fact::LearnContact {
                contact_id: contact.id,
                email: contact.email.clone(),
                name: name.clone(),
                verified: vouched,
            });
            contact.name = contact.name.or(name);
            contact.verified |= vouched;
            return Ok((contact, news));
        }
        let contact = Contact {
            id: ContactId::mint(self.0.ids.as_ref(), now),
            name,
            email: arrival.address.clone(),
            locale: arrival.language.clone(),
            time_zone: None,
            verified: arrival.sender_auth == SenderAuth::Pass,
            proactive_consent: true,
            created_at: now,
        };
        Ok((contact.clone(), Some(Fact::PutContact(contact))))
    }

    async fn new_ticket(
        &self,
        arrival: &Arrival,
        redacted: &Redacted,
        contact: &Contact,
        related: Option<Ticket>,
        stamp: &Stamp<'_>,
    ) -> Result<Work, DeskError> {
        let number = self.0.numbers.next(&self.0.store).await?;
        let mut ticket = blank_ticket(
            TicketId::mint(self.0.ids.as_ref(), stamp.now),
            number,
            contact.id,
            arrival.channel,
            stamp.now,
        );
        ticket.subject = redacted.part(0);
        if ticket.subject.trim().is_empty() {
            "(no subject)".clone_into(&mut ticket.subject);
        }
        ticket.inbox = arrival.inbox.clone().or_else(|| self.0.config.mail.inbox_of(&arrival.recipients));
        ticket.language.clone_from(&arrival.language);
        ticket.custom = custom_of(arrival, redacted);
        sort_by_hand(&mut ticket, arrival, redacted);
        if let Some(related) = related {
            ticket.custom.insert(RELATED.to_owned(), format!("#{}", related.number));
        }
        Ok(Work::create(ticket, stamp))
    }

    fn message_of(
        &self,
        arrival: &Arrival,
        redacted: &Redacted,
        work: &Work,
        stamp: &Stamp<'_>,
        facts: &mut Vec<Fact>,
    ) -> Result<Message, DeskError> {
        let id = MessageId::mint(self.0.ids.as_ref(), stamp.now);
        let mut message =
            blank_message(id, work.ticket.id, Direction::Inbound, stamp.actor.clone(), stamp.now);
        message.subject = redacted.part(0);
        message.text = redacted.part(1);
        message.reply_text = own_words(&message.text, arrival.in_reply_to.as_deref(), &arrival.references);
        message.auto_class = arrival.auto_class;
        message.sender_auth = arrival.sender_auth;
        let given = || self.0.config.mail.given_message_id(message.id);
        message.internet_message_id = Some(arrival.internet_message_id.clone().unwrap_or_else(given));
        message.in_reply_to.clone_from(&arrival.in_reply_to);
        message.references.clone_from(&arrival.references);
        message.language.clone_from(&arrival.language);
        for (n, file) in arrival.files.iter().enumerate() {
            let name = file_name(redacted, n);
            message.attachments.push(self.attach(
                name,
                &file.content_type,
                &file.sha256,
                &file.bytes,
                stamp.now,
                facts,
            )?);
        }
        if let Some(original) = arrival.original.as_ref().filter(|_| !arrival.problems.is_empty()) {
            let sha256 = hex::encode(Sha256::digest(original));
            message.attachments.push(self.attach(
                "original.eml".to_owned(),
                "message/rfc822",
                &sha256,
                original,
                stamp.now,
                facts,
            )?);
        }
        Ok(message)
    }

    /// An attachment of these bytes, and the fact that they are kept, sealed.
    pub(crate) fn attach(
        &self,
        file_name: String,
        content_type: &str,
        sha256: &str,
        bytes: &[u8],
        now: Timestamp,
        facts: &mut Vec<Fact>,
    ) -> Result<Attachment, DeskError> {
        // A blob is shared by all attachments with the same bytes, so it is sealed under its digest.
        let sealed = self.0.seal.seal(sha256, bytes)?;
        facts.push(Fact::AddBlob { sha256: sha256.to_owned(), sealed });
        Ok(Attachment {
            id: AttachmentId::mint(self.0.ids.as_ref(), now),
            file_name,
            content_type: content_type.to_owned(),
            size_bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            sha256: sha256.to_owned(),
        })
    }

    /// A note that says what could not be read of a broken mail.
    fn note_problems(&self, arrival: &Arrival, work: &mut Work) {
        if arrival.problems.is_empty() {
            return;
        }
        self.note(
            work,
            format!(
                "This mail could not be fully read ({}). The original is attached to it, sealed.",
                arrival.problems.join("; ")
            ),
        );
    }

    /// A note that says which files are not what they look like.
    fn note_dangers(&self, arrival: &Arrival, redacted: &Redacted, work: &mut Work) {
        let dangers: Vec<String> = arrival
            .dangers
            .iter()
            .enumerate()
            .filter_map(|(n, danger)| Some(format!("“{}” is {}", file_name(redacted, n), (*danger)?)))
            .collect();
        if !dangers.is_empty() {
            self.note(work, format!("Careful with what is attached: {}.", dangers.join("; ")));
        }
    }

    /// A note of the house's own on a ticket.
    fn note(&self, work: &mut Work, text: String) {
        let stamp = self.stamp(Actor::system());
        let id = MessageId::mint(self.0.ids.as_ref(), stamp.now);
        let mut note = blank_message(id, work.ticket.id, Direction::Note, Actor::system(), stamp.now);
        note.reply_text.clone_from(&text);
        note.text = text;
        note.automatic = true;
        work.add_message(&stamp, note);
    }
}

/// Whether a customer's message continues a ticket rather than opening a new one.
fn may_continue(ticket: &Ticket, now: Timestamp) -> bool {
    match ticket.status_category {
        StatusCategory::Closed => false,
        StatusCategory::Solved => {
            ticket.solved_at.is_none_or(|at| now < at.plus(REOPEN_WINDOW_DAYS * domain::clock::DAY_MS))
        }
        StatusCategory::New | StatusCategory::Open | StatusCategory::Pending | StatusCategory::OnHold => true,
    }
}

#[cfg(test)]
mod tests;
