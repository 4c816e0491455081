//! Delivery: the gate, then the egress, with a stable Message-ID. What ended without an answer may have arrived: a
//! person's message is sent once more then, and is `unknown` after that; an automatic one is `unknown` at once.

mod ending;
mod fate;
mod gate;
mod handing;
mod held;
mod outage;
mod passing;
mod room;

use channels::email::{AutoKind, Outgoing, markdown};
use channels::{ChannelError, Progress};
use domain::Timestamp;
use domain::clock::HOUR_MS;
use domain::event::EventType;
use domain::gate::{No, Then};
use domain::id::{ContactId, MessageId};
use domain::job::Lease;
use domain::message::{Delivery, Message};
use store::{Commit, Fact, StoreError};

use crate::frame::{Framed, Values};
use crate::thread::reply_token;
use crate::worker::Outcome;
use crate::{Desk, DeskError};

pub(crate) use ending::Ending;
use fate::Fate;
pub(crate) use handing::Handing;
pub(crate) use held::suppress;
pub(crate) use outage::Unwritten;
pub(crate) use passing::Passing;
pub(crate) use room::Rooms;
use room::{Called, Entry, Place};

/// Why a message is not sent without what it was to bring.
const FILE_GONE: &str = "the bytes of a file that goes with it are not kept any more";

/// Why nobody knows whether a message arrived when the process died.
const STOPPED: &str = "the process stopped while handing it over";

/// Why a job waits for the next start.
const STOPPING: &str = "the process was stopping";

/// Said of a person's message that may have arrived and is sent all the same. A second time that nobody answers is the
/// last.
const AGAIN: &str = "; it is sent again with the same Message-ID";

impl Desk {
    /// The time of a stop is over: a mail that is being handed over still is cut off, and what is known of it is written
    /// down. It waits for the next start where it was not on its way as a whole; else it may have arrived.
    pub fn cut_deliveries(&self) {
        self.0.ending.cut();
    }

    /// Whether something is known of a mail that the database did not take yet: until it does, no new work is begun.
    #[must_use]
    pub fn waits_to_write(&self) -> bool {
        !self.0.unwritten.is_empty()
    }

    /// Works one delivery job.
    pub(crate) async fn work_deliver(&self, lease: &Lease, id: MessageId) -> Result<Outcome, DeskError> {
        let Some(message) = self.0.store.message(id).await? else { return Ok(Outcome::Done(Vec::new())) };
        match message.delivery {
            Delivery::Queued => {}
            Delivery::Sending if message.automatic || message.may_have_arrived => {
                return self.unknown(lease, &message, STOPPED).await;
            }
            Delivery::Sending => {}
            Delivery::None
            | Delivery::Sent
            | Delivery::Held
            | Delivery::Suppressed
            | Delivery::Failed
            | Delivery::Unknown => {
                return Ok(Outcome::Done(Vec::new()));
            }
        }
        // A mail server may take its time for each: half of the slots stay for all other work.
        let entry = Entry {
            lane: &lease.lane,
            domain: domain_of(&message),
            is_person: !message.automatic,
            most_here: self.0.config.deliveries_per_domain,
            most_in_all: self.0.config.worker_slots / 2,
            now: self.now(),
        };
        let mut place = match self.0.rooms.enter(entry) {
            Ok(place) => place,
            Err(until) => return self.wait(lease, &message, until, None).await,
        };
        let ended = Box::pin(self.deliver(lease, message, &mut place)).await;
        if let Some(called) = place.leave(self.now()) {
            self.call_waiting(called).await;
        }
        ended
    }

    /// Has the next one come that waits for a place. Where that cannot be written it comes at its time.
    async fn call_waiting(&self, called: Called) {
        let hasten = Fact::HastenJob { lane: called.lane, was: called.until, ready_at: self.now() };
        if let Err(error) = self.0.store.commit(Commit { facts: vec![hasten] }).await {
            tracing::debug!(%error, "a mail that waits for a place could not be called");
        }
    }

    /// Asks the gate and hands a message over, once it has its place on the way.
    async fn deliver(
        &self,
        lease: &Lease,
        mut message: Message,
        place: &mut Place,
    ) -> Result<Outcome, DeskError> {
        // Before the gate: what fails here must not look like a mail that may have left.
        let Some(files) = Box::pin(self.outgoing_files(&message)).await? else {
            if message.delivery == Delivery::Sending || message.may_have_arrived {
                return self.unknown(lease, &message, FILE_GONE).await;
            }
            let fate = Fate {
                delivery: Delivery::Failed,
                event: EventType::MessageFailed,
                reason: Some(FILE_GONE.to_owned()),
            };
            return self.seal_fate(lease, &message, fate).await;
        };
        let outgoing = Outgoing { files, ..Box::pin(self.outgoing(&message)).await? };
        if self.0.ending.has_begun() {
            return self.leave_for_later(lease, &message, Vec::new()).await;
        }
        // Before the mark, so that there is no moment in which it has left and is not known here. Until its job has ended.
        if !self.0.handing.enter(lease) {
            return Ok(Outcome::Lost);
        }
        match Box::pin(self.mark(lease, &message)).await {
            Ok(None) => {}
            Ok(Some(no)) => return self.kept_back(lease, &message, no).await,
            Err(DeskError::Store(StoreError::Stale("delivery"))) => {
                return self.caught_up(lease, message.id).await;
            }
            // It may be written all the same.
            Err(DeskError::Store(StoreError::Unavailable(why))) => {
                return Box::pin(self.unmark(lease, &message, &why)).await;
            }
            Err(error) => return Err(error),
        }
        message.may_have_arrived |= message.delivery == Delivery::Sending;
        message.delivery = Delivery::Sending;
        Box::pin(self.hand_over(lease, &message, &outgoing, place)).await
    }

    /// Writes down that a message is about to leave, while its lane is held; the gate's no where it says no.
    async fn mark(&self, lease: &Lease, message: &Message) -> Result<Option<No>, DeskError> {
        if message.delivery == Delivery::Queued {
            return self.pass_gate(lease, message).await;
        }
        self.note_second_try(lease, message.id).await?;
        Ok(None)
    }

    /// Hands it over, for as long as the process has time, and writes down what is known of it then.
    async fn hand_over(
        &self,
        lease: &Lease,
        message: &Message,
        outgoing: &Outgoing,
        place: &mut Place,
    ) -> Result<Outcome, DeskError> {
        let not_left = || vec![set(message, Delivery::Queued, None, Some(Delivery::Sending))];
        // The gate may have taken its time. What is over has begun to end as well.
        if self.0.ending.has_begun() {
            return self.leave_for_later(lease, message, not_left()).await;
        }
        let progress = Progress::default();
        let since = self.now();
        let handed = tokio::select! {
            biased;
            handed = self.0.egress.hand_over(outgoing, &progress) => Some(handed),
            () = self.0.ending.over() => {
                progress.is_whole().then(|| Err(ChannelError::Unknown { why: STOPPED.to_owned() }))
            }
        };
        place.stayed(since, self.now());
        match handed {
            None => self.leave_for_later(lease, message, not_left()).await,
            Some(Ok(_)) => {
                metrics::counter!("kulanz_mail_sent_total").increment(1);
                self.seal_fate(
                    lease,
                    message,
                    Fate { delivery: Delivery::Sent, event: EventType::MessageSent, reason: None },
                )
                .await
            }
            Some(Err(error)) => self.delivery_failed(lease, message, error).await,
        }
    }

    /// Writes down, before it leaves, that a person's message is sent a second time: should the process die with it
    /// once more, that was the last time. What is not written has not left.
    async fn note_second_try(&self, lease: &Lease, id: MessageId) -> Result<(), DeskError> {
        let noted = Fact::SetDelivery {
            message_id: id,
            delivery: Delivery::Sending,
            reason: Some(format!("{STOPPED}{AGAIN}")),
            expect: Some(Delivery::Sending),
            expect_doubt: None,
            passed_at: None,
            may_have_arrived: Some(true),
        };
        let facts = vec![noted, self.still_held(lease)];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// That nobody else has the lane meanwhile.
    fn still_held(&self, lease: &Lease) -> Fact {
        Fact::HoldLease { lane: lease.lane.clone(), fence: self.0.handing.fence(lease) }
    }

    /// Leaves a message that has not left to the next start, or to another host. That is no try.
    async fn leave_for_later(
        &self,
        lease: &Lease,
        message: &Message,
        known: Vec<Fact>,
    ) -> Result<Outcome, DeskError> {
        let end = wait_until(lease, self.now(), STOPPING.to_owned());
        self.write_down(lease, message, known, end).await
    }

    /// What comes of a message to which the gate said no.
    async fn kept_back(&self, lease: &Lease, message: &Message, no: No) -> Result<Outcome, DeskError> {
        let (delivery, event) = match no.then {
            Then::At(at) => return self.wait(lease, message, at, Some(no.why)).await,
            Then::Held => (Delivery::Held, EventType::MessageHeld),
            Then::Never => (Delivery::Suppressed, EventType::MessageSuppressed),
        };
        metrics::counter!("kulanz_mail_kept_back_total", "state" => delivery.as_str()).increment(1);
        self.seal_fate(lease, message, Fate { delivery, event, reason: Some(no.why) }).await
    }

    /// Puts the job back for later, without counting it as a try; a reason is shown on the message.
    async fn wait(
        &self,
        lease: &Lease,
        message: &Message,
        until: Timestamp,
        why: Option<String>,
    ) -> Result<Outcome, DeskError> {
        let said = why.as_ref().filter(|why| message.delivery_reason.as_ref() != Some(*why));
        let error = why.clone().unwrap_or_else(|| "as much other mail as may be is on its way".to_owned());
        let said: Vec<Fact> = said
            .map(|why| set(message, Delivery::Queued, Some(why.clone()), Some(Delivery::Queued)))
            .into_iter()
            .collect();
        let committed = self.commit_end(lease, &said, &wait_until(lease, until, error)).await;
        self.ended_as_known(lease, message.id, committed).await
    }

    async fn outgoing(&self, message: &Message) -> Result<Outgoing, DeskError> {
        let identity = &self.0.config.mail;
        let to = message.to_address.clone().unwrap_or_default();
        let token = reply_token(&self.0.seal, message.ticket_id, &to);
        let ticket = self.0.store.ticket(message.ticket_id).await?;
        let number = ticket.as_ref().map(|ticket| ticket.number);
        let language = ticket.as_ref().and_then(|ticket| ticket.language.clone());
        let language = message.language.clone().or(language);
        let subject = self.filled_subject(message, number, language.as_deref()).await?;
        let rating = self.rating_links(message);
        let unsubscribe = ticket.and_then(|ticket| self.unsubscribe_for(message, ticket.requester_id));
        let written = identity.frames.frame(
            Framed::of(message),
            message.language.as_deref(),
            &Values {
                text: message.text.clone(),
                number: number.map(|number| number.to_string()).unwrap_or_default(),
                from_name: identity.from_name.clone(),
                unsubscribe: unsubscribe.clone().unwrap_or_default(),
                helped: rating.as_ref().map(|links| links.helped.clone()).unwrap_or_default(),
                not_helped: rating.map(|links| links.not_helped).unwrap_or_default(),
            },
        );
        let written = self.filled(message, written).await?;
        let auto = message.automatic.then_some(if message.in_reply_to.is_some() {
            AutoKind::Replied
        } else {
            AutoKind::Generated
        });
        Ok(Outgoing {
            from: identity.from_address.clone(),
            from_name: Some(identity.from_name.clone()).filter(|n| !n.is_empty()),
            reply_to: number
                .filter(|_| identity.plus_addressing)
                .and_then(|number| identity.reply_address(number, &token)),
            to,
            subject,
            html: identity.html.then(|| markdown::to_html(&written)),
            // What a person typed stays as it was typed.
            text: if message.automatic { markdown::to_text(&written) } else { written },
            message_id: message
                .internet_message_id
                .clone()
                .unwrap_or_else(|| identity.message_id(message.id, &token)),
            in_reply_to: message.in_reply_to.clone(),
            references: message.references.clone(),
            unsubscribe,
            auto,
            date: message.created_at,
            files: Vec::new(),
        })
    }

    /// A notice says how to end all notices; an answer has been asked for.
    fn unsubscribe_for(&self, message: &Message, requester: ContactId) -> Option<String> {
        (Framed::of(message) == Framed::Notice).then(|| self.unsubscribe_link(requester)).flatten()
    }

    async fn delivery_failed(
        &self,
        lease: &Lease,
        message: &Message,
        error: ChannelError,
    ) -> Result<Outcome, DeskError> {
        let why = error.to_string();
        let is_unknown = matches!(error, ChannelError::Unknown { .. });
        let given_up = self.now() > message.created_at.plus(self.0.config.delivery_hours_max * HOUR_MS);
        if is_unknown && (message.automatic || message.may_have_arrived || given_up) {
            return self.unknown(lease, message, &why).await;
        }
        metrics::counter!("kulanz_mail_failures_total", "kind" => error.kind()).increment(1);
        let wait_ms = match error {
            ChannelError::Permanent { .. } => None,
            _ if given_up => None,
            ChannelError::Transient { after_ms, .. } => {
                Some(after_ms.unwrap_or_else(|| backoff_ms(lease.attempts)))
            }
            ChannelError::Credentials { .. } | ChannelError::Unknown { .. } => {
                Some(backoff_ms(lease.attempts))
            }
        };
        let Some(wait_ms) = wait_ms else {
            // A no to this try says nothing of the one before.
            if message.may_have_arrived {
                return self.unknown(lease, message, &why).await;
            }
            tracing::error!(message_id = %message.id, why, "a message could not be delivered");
            return self
                .seal_fate(
                    lease,
                    message,
                    Fate { delivery: Delivery::Failed, event: EventType::MessageFailed, reason: Some(why) },
                )
                .await;
        };
        // Rather twice than never: a person waits for a person's words.
        let why = if is_unknown { why + AGAIN } else { why };
        tracing::warn!(message_id = %message.id, why, wait_ms, "delivery is tried again");
        let queued = Fact::SetDelivery {
            message_id: message.id,
            delivery: Delivery::Queued,
            reason: Some(why.clone()),
            expect: Some(Delivery::Sending),
            expect_doubt: None,
            passed_at: None,
            may_have_arrived: is_unknown.then_some(true),
        };
        let end = Fact::retry(lease, self.now().plus(wait_ms), why);
        self.write_down(lease, message, vec![queued], end).await
    }

    /// Gives up on a message that may have arrived, and tells people how to find out. Its Message-ID begins with its id;
    /// the rest, which proves who has had the mail, is for its recipient alone.
    async fn unknown(&self, lease: &Lease, message: &Message, why: &str) -> Result<Outcome, DeskError> {
        metrics::counter!("kulanz_mail_unknown_total").increment(1);
        tracing::warn!(message_id = %message.id, ticket = %message.ticket_id, why, "a message may have arrived; it is not sent again");
        let begins = message.id.to_string().to_lowercase();
        let not_again =
            if message.automatic { "automatic mail is not sent twice" } else { "it is not sent again" };
        let reason = format!(
            "{why}; {not_again}: look in the mail server's log for the Message-ID that begins with {begins}, and write again if it is not there"
        );
        let fate =
            Fate { delivery: Delivery::Unknown, event: EventType::MessageFailed, reason: Some(reason) };
        self.seal_fate(lease, message, fate).await
    }
}

/// Where a message is from now on; whether it may have arrived stays what it was.
fn set(message: &Message, delivery: Delivery, reason: Option<String>, expect: Option<Delivery>) -> Fact {
    Fact::SetDelivery {
        message_id: message.id,
        delivery,
        reason,
        expect,
        expect_doubt: None,
        passed_at: None,
        may_have_arrived: None,
    }
}

/// The job waits; that is no try.
fn wait_until(lease: &Lease, ready_at: Timestamp, error: String) -> Fact {
    let (lane, fence, sequence) = (lease.lane.clone(), lease.fence, lease.sequence);
    Fact::RetryJob { lane, fence, sequence, ready_at, error, counts: false }
}

fn domain_of(message: &Message) -> &str {
    message.to_address.as_deref().map_or("", domain::address::domain_of)
}

/// One minute, doubled each time, at most four hours.
fn backoff_ms(attempts: i64) -> i64 {
    (60_000_i64 << attempts.clamp(0, 8)).min(4 * HOUR_MS)
}

#[cfg(test)]
mod tests;
