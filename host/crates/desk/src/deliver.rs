//! Delivery: the gate, then the egress. At least once with a stable Message-ID; an automatic message
//! whose handing over was interrupted is not repeated on its own.

use channels::ChannelError;
use channels::email::{AutoKind, Outgoing};
use domain::Actor;
use domain::clock::HOUR_MS;
use domain::event::EventType;
use domain::gate::{Facts, REPEAT_WINDOW_MS, is_near_identical, may_send};
use domain::id::MessageId;
use domain::job::Lease;
use domain::message::{Delivery, Direction, Message};
use domain::work::Work;
use store::{Commit, Fact, StoreError};

use crate::intake::fact_order;
use crate::thread::reply_token;
use crate::worker::Outcome;
use crate::{Desk, DeskError};

/// How often writing down a message's fate is tried when somebody else changes the ticket at that moment.
/// Far more often than other commits: what has been sent would be sent again.
const FATE_RACES_MAX: u32 = 64;

/// What happened to a message on its way out.
struct Fate {
    delivery: Delivery,
    event: EventType,
    reason: Option<String>,
}

impl Desk {
    /// Works one delivery job.
    pub(crate) async fn work_deliver(&self, lease: &Lease, id: MessageId) -> Result<Outcome, DeskError> {
        let Some(message) = self.0.store.message(id).await? else { return Ok(Outcome::Done(Vec::new())) };
        match message.delivery {
            Delivery::Queued => {}
            Delivery::Sending if message.automatic => {
                let reason = Some(
                    "the process stopped while handing it over; automatic mail is not sent twice".to_owned(),
                );
                return self
                    .seal_fate(
                        lease,
                        &message,
                        Fate { delivery: Delivery::Unknown, event: EventType::MessageFailed, reason },
                    )
                    .await;
            }
            Delivery::Sending => {}
            Delivery::None | Delivery::Sent | Delivery::Suppressed | Delivery::Failed | Delivery::Unknown => {
                return Ok(Outcome::Done(Vec::new()));
            }
        }
        if message.delivery == Delivery::Queued
            && let Some(why) = self.pass_gate(&message).await?
        {
            metrics::counter!("kulanz_mail_suppressed_total").increment(1);
            return self
                .seal_fate(
                    lease,
                    &message,
                    Fate {
                        delivery: Delivery::Suppressed,
                        event: EventType::MessageSuppressed,
                        reason: Some(why),
                    },
                )
                .await;
        }
        match self.0.egress.send(&self.outgoing(&message).await?).await {
            Ok(_) => {
                metrics::counter!("kulanz_mail_sent_total").increment(1);
                self.seal_fate(
                    lease,
                    &message,
                    Fate { delivery: Delivery::Sent, event: EventType::MessageSent, reason: None },
                )
                .await
            }
            Err(error) => self.delivery_failed(lease, &message, error).await,
        }
    }

    /// Asks the gate and, if it says yes, marks the message as being sent: from then on it counts
    /// against the budgets. Counting and marking do not interleave within this process.
    async fn pass_gate(&self, message: &Message) -> Result<Option<String>, DeskError> {
        let sending = Fact::SetDelivery {
            message_id: message.id,
            delivery: Delivery::Sending,
            reason: None,
            internet_message_id: None,
            expect: Some(Delivery::Queued),
        };
        if !message.automatic {
            self.0.store.commit(Commit { facts: vec![sending] }).await?;
            return Ok(None);
        }
        let _one_at_a_time = self.0.gate.lock().await;
        let facts = self.gate_facts(message).await?;
        if let Err(why) = may_send(&facts, &self.0.config.mail.own(), &self.0.config.gate) {
            return Ok(Some(why));
        }
        self.0.store.commit(Commit { facts: vec![sending] }).await?;
        Ok(None)
    }

    async fn gate_facts(&self, message: &Message) -> Result<Facts, DeskError> {
        let recipient = message.to_address.clone().unwrap_or_default();
        let now = self.now();
        let domain = recipient.rsplit('@').next().unwrap_or("").to_owned();
        let most = self.0.config.gate.highest();
        let counts = self.0.store.automatic_counts(message.ticket_id, &recipient, &domain, now, most).await?;
        let view = self.0.store.view(message.ticket_id).await?;
        let (messages, requester) = view.map(|view| (view.messages, view.requester)).unwrap_or_default();
        let newest = messages.iter().rev().find(|m| m.direction == Direction::Inbound);
        let last_inbound = newest.map(|m| m.auto_class);
        let sender_auth = newest.map(|m| m.sender_auth).unwrap_or_default();
        let answers_elsewhere = match newest {
            Some(newest) => self.answers_elsewhere(newest).await?,
            None => false,
        };
        let suppressed = self
            .0
            .store
            .suppression(&recipient)
            .await?
            .is_some_and(|s| s.until.is_none_or(|until| now < until));
        Ok(Facts {
            last_inbound,
            sender_auth,
            // A message that answers one of the customer's is an answer; any other one is a notice.
            proactive: message.in_reply_to.is_none(),
            consent: requester.is_none_or(|r| r.proactive_consent),
            suppressed,
            kill_switch: !self.automation_on().await,
            on_ticket_day: counts.on_ticket_day,
            turns: turns(&messages),
            repeats: repeats(&messages),
            answers_elsewhere,
            to_address_day: counts.to_address_day,
            to_domain_hour: counts.to_domain_hour,
            total_hour: counts.total_hour,
            recipient,
        })
    }

    /// Whether a message answers an automatic one of ours on another ticket: whoever answers under a new address
    /// each time gets a new ticket each time, and no budget of one ticket or address would ever end that.
    async fn answers_elsewhere(&self, message: &Message) -> Result<bool, DeskError> {
        let ids: Vec<String> =
            message.in_reply_to.iter().chain(message.references.iter().rev()).cloned().collect();
        if ids.is_empty() {
            return Ok(false);
        }
        let Some((answered, ticket)) = self.0.store.message_by_internet_id(&ids).await? else {
            return Ok(false);
        };
        if ticket == message.ticket_id {
            return Ok(false);
        }
        let answered = self.0.store.message(answered).await?;
        Ok(answered.is_some_and(|m| m.direction == Direction::Outbound && m.automatic))
    }

    async fn outgoing(&self, message: &Message) -> Result<Outgoing, DeskError> {
        let identity = &self.0.config.mail;
        let to = message.to_address.clone().unwrap_or_default();
        let token = reply_token(&self.0.seal, message.ticket_id, &to);
        let number = match identity.plus_addressing {
            true => self.0.store.ticket(message.ticket_id).await?.map(|ticket| ticket.number),
            false => None,
        };
        let auto = message.automatic.then_some(if message.in_reply_to.is_some() {
            AutoKind::Replied
        } else {
            AutoKind::Generated
        });
        Ok(Outgoing {
            from: identity.from_address.clone(),
            from_name: Some(identity.from_name.clone()).filter(|n| !n.is_empty()),
            reply_to: number.and_then(|number| identity.reply_address(number, &token)),
            to,
            subject: message.subject.clone(),
            text: message.text.clone(),
            message_id: message
                .internet_message_id
                .clone()
                .unwrap_or_else(|| identity.message_id(message.id, &token)),
            in_reply_to: message.in_reply_to.clone(),
            references: message.references.clone(),
            unsubscribe: self.unsubscribe_for(message).await?,
            auto,
            date: message.created_at,
        })
    }

    /// A notice says how to end all notices; an answer has been asked for.
    async fn unsubscribe_for(&self, message: &Message) -> Result<Option<String>, DeskError> {
        let is_notice = message.automatic && message.in_reply_to.is_none();
        if !is_notice || self.0.config.mail.public_url.is_empty() {
            return Ok(None);
        }
        let ticket = self.0.store.ticket(message.ticket_id).await?;
        Ok(ticket.and_then(|ticket| self.unsubscribe_link(ticket.requester_id)))
    }

    async fn delivery_failed(
        &self,
        lease: &Lease,
        message: &Message,
        error: ChannelError,
    ) -> Result<Outcome, DeskError> {
        let why = error.to_string();
        metrics::counter!("kulanz_mail_failures_total").increment(1);
        let given_up = self.now() > message.created_at.plus(self.0.config.delivery_hours_max * HOUR_MS);
        let wait_ms = match error {
            ChannelError::Permanent { .. } => None,
            _ if given_up => None,
            ChannelError::Transient { after_ms, .. } => {
                Some(after_ms.unwrap_or_else(|| backoff_ms(lease.attempts)))
            }
            ChannelError::Credentials { .. } => Some(backoff_ms(lease.attempts)),
        };
        let Some(wait_ms) = wait_ms else {
            tracing::error!(message = %message.id, why, "a message could not be delivered");
            return self
                .seal_fate(
                    lease,
                    message,
                    Fate { delivery: Delivery::Failed, event: EventType::MessageFailed, reason: Some(why) },
                )
                .await;
        };
        tracing::warn!(message = %message.id, why, wait_ms, "delivery is tried again");
        let facts = vec![
            Fact::RetryJob {
                lane: lease.lane.clone(),
                fence: lease.fence,
                sequence: lease.sequence,
                ready_at: self.now().plus(wait_ms),
                error: why.clone(),
            },
            Fact::SetDelivery {
                message_id: message.id,
                delivery: Delivery::Queued,
                reason: Some(why),
                internet_message_id: None,
                expect: Some(Delivery::Sending),
            },
        ];
        self.0.store.commit(Commit { facts }).await?;
        Ok(Outcome::Committed)
    }

    /// Writes what became of a message, with its event, and ends the job.
    async fn seal_fate(&self, lease: &Lease, message: &Message, fate: Fate) -> Result<Outcome, DeskError> {
        for _ in 0..FATE_RACES_MAX {
            let Some(ticket) = self.0.store.ticket(message.ticket_id).await? else {
                return Ok(Outcome::Done(Vec::new()));
            };
            let mut work = Work::on(ticket);
            let data = serde_json::json!({ "message_id": message.id, "reason": fate.reason });
            work.record(&self.stamp(Actor::system()), fate.event, Vec::new(), data);
            let mut facts = self.work_facts(std::slice::from_mut(&mut work)).await;
            facts.push(Fact::SetDelivery {
                message_id: message.id,
                delivery: fate.delivery,
                reason: fate.reason.clone(),
                internet_message_id: None,
                expect: None,
            });
            facts.push(Fact::FinishJob {
                lane: lease.lane.clone(),
                fence: lease.fence,
                sequence: lease.sequence,
            });
            facts.sort_by_key(fact_order);
            match self.0.store.commit(Commit { facts }).await {
                Ok(()) => return Ok(Outcome::Committed),
                Err(StoreError::Stale("lease")) => return Ok(Outcome::Lost),
                Err(StoreError::Stale(_) | StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(DeskError::Busy("the ticket"))
    }
}

/// Automatic answers that went out since one of our people wrote.
fn turns(messages: &[Message]) -> i64 {
    let since_person =
        messages.iter().rev().take_while(|m| m.direction != Direction::Outbound || m.automatic);
    let answers = since_person.filter(|m| {
        m.direction == Direction::Outbound
            && m.in_reply_to.is_some()
            && matches!(m.delivery, Delivery::Sending | Delivery::Sent | Delivery::Unknown)
    });
    i64::try_from(answers.count()).unwrap_or(i64::MAX)
}

/// Whether the newest message that came in repeats one of the hour before it: the sender's own, or ours.
fn repeats(messages: &[Message]) -> bool {
    let public = |m: &&Message| m.direction != Direction::Note;
    let mut newest_first =
        messages.iter().rev().filter(public).skip_while(|m| m.direction != Direction::Inbound);
    let Some(newest) = newest_first.next() else { return false };
    newest_first
        .take_while(|m| newest.created_at < m.created_at.plus(REPEAT_WINDOW_MS))
        .any(|m| is_near_identical(&newest.reply_text, &m.reply_text))
}

/// One minute, doubled each time, at most four hours.
fn backoff_ms(attempts: i64) -> i64 {
    (60_000_i64 << attempts.clamp(0, 8)).min(4 * HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_backs_off_to_four_hours() {
        assert_eq!(backoff_ms(0), 60_000);
        assert_eq!(backoff_ms(100), 4 * HOUR_MS);
    }
}
