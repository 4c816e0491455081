//! Writing down what became of a message, with the end of its job. Once it was handed over only this process knows, so what
//! it knows outlives a full disk and the lease; it never replaces what somebody else knows better. Decides nothing about
//! the message.

use domain::Actor;
use domain::event::EventType;
use domain::id::MessageId;
use domain::job::Lease;
use domain::message::{Delivery, Message};
use domain::work::Work;
use store::{Commit, Fact, StoreError};

use super::wait_until;
use crate::races::{Races, ended};
use crate::worker::Outcome;
use crate::{Desk, DeskError};

/// How often writing down a message's fate is tried when somebody else changes the ticket, or the message, at that
/// moment. Far more often than other commits: what has been sent would be sent again.
const FATE_RACES_MAX: u32 = 64;

/// How long a message waits that may have been marked as leaving and has not left, milliseconds.
const UNMARKED_MS: i64 = 1_000;

/// Why a job is due again whose message was changed meanwhile.
const OVERTAKEN: &str = "the message was changed by somebody else meanwhile";

/// What happened to a message on its way out.
pub(super) struct Fate {
    pub(super) delivery: Delivery,
    pub(super) event: EventType,
    pub(super) reason: Option<String>,
}

impl Desk {
    /// Writes what became of a message, with its event, and ends the job; anew where somebody changed the ticket meanwhile.
    pub(super) async fn seal_fate(
        &self,
        lease: &Lease,
        message: &Message,
        fate: Fate,
    ) -> Result<Outcome, DeskError> {
        let mut races = Races::up_to(FATE_RACES_MAX, "the ticket");
        loop {
            let attempt = || Box::pin(self.write_fate(lease, message, &fate));
            let attempt = self.0.unwritten.sit_out(&self.0.ending, &lease.lane, attempt).await;
            if let Some(done) = races.end(attempt) {
                return done;
            }
        }
    }

    async fn write_fate(&self, lease: &Lease, message: &Message, fate: &Fate) -> Result<Outcome, DeskError> {
        let Some(ticket) = self.0.store.ticket(message.ticket_id).await? else {
            return Ok(Outcome::Done(Vec::new()));
        };
        let mut work = Work::on(ticket);
        let data = serde_json::json!({ "message_id": message.id, "reason": fate.reason });
        work.record(&self.stamp(Actor::system()), fate.event, Vec::new(), data);
        let mut known = self.work_facts(std::slice::from_mut(&mut work)).await;
        known.push(Fact::SetDelivery {
            message_id: message.id,
            delivery: fate.delivery,
            reason: fate.reason.clone(),
            // Where it stands otherwise by now, all that is there is looked at.
            expect: Some(message.delivery),
            expect_doubt: None,
            passed_at: None,
            may_have_arrived: match fate.delivery {
                Delivery::Sent => Some(false),
                Delivery::Unknown => Some(true),
                _ => None,
            },
        });
        self.commit_known(lease, message, &known, &Fact::finish(lease)).await
    }

    /// Commits what is known of a message and how its job ends, and tries again while the database does not take it.
    pub(super) async fn write_down(
        &self,
        lease: &Lease,
        message: &Message,
        known: Vec<Fact>,
        end: Fact,
    ) -> Result<Outcome, DeskError> {
        let mut races = Races::up_to(FATE_RACES_MAX, "the message");
        loop {
            let attempt = || Box::pin(self.commit_known(lease, message, &known, &end));
            let attempt = self.0.unwritten.sit_out(&self.0.ending, &lease.lane, attempt).await;
            if let Some(done) = races.end(attempt) {
                return done;
            }
        }
    }

    /// Commits what is known of a message and how its job ends.
    async fn commit_known(
        &self,
        lease: &Lease,
        message: &Message,
        known: &[Fact],
        end: &Fact,
    ) -> Result<Outcome, DeskError> {
        match self.commit_end(lease, known, end).await {
            Err(StoreError::Stale("lease" | "delivery")) => {
                Box::pin(self.tell(lease, message, known, end)).await
            }
            committed => ended(committed.map_err(DeskError::from)),
        }
    }

    /// Commits facts with the end of a job, by the lease that its lane has here now. One that ran out is taken up again where
    /// nobody else has the lane: what the end says of the job would be lost with it.
    pub(super) async fn commit_end(
        &self,
        lease: &Lease,
        known: &[Fact],
        end: &Fact,
    ) -> Result<(), StoreError> {
        let first = self.0.store.commit(shown(known, end, self.0.handing.end_with(lease))).await;
        if first != Err(StoreError::Stale("lease")) {
            return first;
        }
        let fence = self.0.handing.end_with(lease);
        if !self.0.store.extend(&lease.lane, fence, self.now(), self.0.config.lease_ms).await? {
            return first;
        }
        self.0.store.commit(shown(known, end, fence)).await
    }

    /// Tells what only who handed the message over can know, where somebody else has written of it or has its job by now; with
    /// the job's end while its lane is held here. Else how the job ends is theirs: a wait before the next try is lost with
    /// the lease, for only who holds the lane may set it.
    async fn tell(
        &self,
        lease: &Lease,
        message: &Message,
        known: &[Fact],
        end: &Fact,
    ) -> Result<Outcome, DeskError> {
        let Some(there) = self.0.store.message(message.id).await? else {
            return Ok(Outcome::Done(Vec::new()));
        };
        let mut facts = known.to_vec();
        let mut is_news = false;
        for fact in &mut facts {
            if let Fact::SetDelivery { delivery, expect, expect_doubt, .. } = fact {
                is_news = outranks(*delivery, message, &there);
                (*expect, *expect_doubt) = (Some(there.delivery), Some(there.may_have_arrived));
            }
        }
        if !is_news {
            return Box::pin(self.caught_up(lease, message.id)).await;
        }
        // Stale: somebody wrote since the look, and all is looked at again.
        match self.commit_end(lease, &facts, end).await {
            Err(StoreError::Stale("lease")) => {
                self.0.store.commit(Commit { facts }).await?;
                Ok(Outcome::Lost)
            }
            committed => ended(committed.map_err(DeskError::from)),
        }
    }

    /// Leaves a message as it stood before a mark of which nobody knows whether it was written: it has not left, and is tried
    /// again. Only while its lane is held: who has it since may be handing the message over.
    pub(super) async fn unmark(
        &self,
        lease: &Lease,
        message: &Message,
        why: &str,
    ) -> Result<Outcome, DeskError> {
        tracing::warn!(message_id = %message.id, why, "a mail was not marked for certain, so it has not left; it is tried again");
        let as_it_was = Fact::SetDelivery {
            message_id: message.id,
            delivery: message.delivery,
            reason: message.delivery_reason.clone(),
            expect: Some(Delivery::Sending),
            expect_doubt: None,
            passed_at: None,
            may_have_arrived: Some(message.may_have_arrived),
        };
        let attempt = || Box::pin(self.take_mark_back(lease, &as_it_was, why));
        self.0.unwritten.sit_out(&self.0.ending, &lease.lane, attempt).await
    }

    async fn take_mark_back(&self, lease: &Lease, as_it_was: &Fact, why: &str) -> Result<Outcome, DeskError> {
        let why = format!("whether it was marked as leaving is not known, so it has not left: {why}");
        let end = Fact::retry(lease, self.now().plus(UNMARKED_MS), why);
        let committed = match self.commit_end(lease, std::slice::from_ref(as_it_was), &end).await {
            // The mark was not written.
            Err(StoreError::Stale("delivery")) => self.commit_end(lease, &[], &end).await,
            committed => committed,
        };
        ended(committed.map_err(DeskError::from))
    }

    /// How a job ended whose end was part of a commit that said where the message stood before.
    pub(super) async fn ended_as_known(
        &self,
        lease: &Lease,
        id: MessageId,
        committed: Result<(), StoreError>,
    ) -> Result<Outcome, DeskError> {
        match committed {
            Err(StoreError::Stale("delivery")) => Box::pin(self.caught_up(lease, id)).await,
            committed => ended(committed.map_err(DeskError::from)),
        }
    }

    /// The message does not stand where it was any more: it was written already and the answer to that was lost, or
    /// somebody else was faster. Where that was the end of it, it is the end of its job; where it is to be sent still, a
    /// lane that is held all the same is let go at once.
    pub(super) async fn caught_up(&self, lease: &Lease, id: MessageId) -> Result<Outcome, DeskError> {
        let there = self.0.store.message(id).await?;
        match there.map(|message| message.delivery) {
            Some(Delivery::Queued) => {
                let due = wait_until(&self.as_held(lease), self.now(), OVERTAKEN.to_owned());
                let committed = self.0.store.commit(Commit { facts: vec![due] }).await;
                ended(committed.map_err(DeskError::from))
            }
            Some(Delivery::Sending) => Ok(Outcome::Lost),
            _ => Ok(Outcome::Done(Vec::new())),
        }
    }

    /// A lease as the end of its job shows it: its lane may have been claimed anew here since.
    pub(crate) fn as_held(&self, lease: &Lease) -> Lease {
        Lease { fence: self.0.handing.end_with(lease), ..lease.clone() }
    }
}

/// Facts and the end of a job, with the fence that it shows.
fn shown(known: &[Fact], end: &Fact, held: i64) -> Commit {
    let mut end = end.clone();
    if let Fact::FinishJob { fence, .. } | Fact::RetryJob { fence, .. } = &mut end {
        *fence = held;
    }
    Commit { facts: known.iter().cloned().chain([end]).collect() }
}

/// Whether what is known of a message replaces what somebody else may have written meanwhile. That it was taken is true
/// whatever stands there; all else counts only where nobody has said or tried anything since.
fn outranks(known: Delivery, message: &Message, there: &Message) -> bool {
    if known == Delivery::Sent {
        return there.delivery != Delivery::Sent;
    }
    let is_on_its_way = message.delivery == Delivery::Sending && there.delivery == Delivery::Sending;
    is_on_its_way && message.may_have_arrived == there.may_have_arrived
}

#[cfg(test)]
mod tests {
    use domain::id::{CountingIds, TicketId};
    use domain::message::Direction;
    use domain::work::blank_message;

    use super::*;
    use crate::fixture::NOW;

    fn standing(delivery: Delivery, may_have_arrived: bool) -> Message {
        let ids = CountingIds::default();
        let (id, ticket) = (MessageId::mint(&ids, NOW), TicketId::mint(&ids, NOW));
        let mut message = blank_message(id, ticket, Direction::Outbound, Actor::system(), NOW);
        (message.delivery, message.may_have_arrived) = (delivery, may_have_arrived);
        message
    }

    #[test]
    fn that_a_mail_was_taken_replaces_all_else_and_a_doubt_replaces_nothing_that_is_known() {
        let handed = standing(Delivery::Sending, false);
        for (there, taken, doubt) in [
            (standing(Delivery::Sending, false), true, true),
            (standing(Delivery::Sending, true), true, false),
            (standing(Delivery::Unknown, true), true, false),
            (standing(Delivery::Queued, true), true, false),
            (standing(Delivery::Queued, false), true, false),
            (standing(Delivery::Sent, false), false, false),
            (standing(Delivery::Failed, false), true, false),
            (standing(Delivery::Suppressed, false), true, false),
        ] {
            assert_eq!(outranks(Delivery::Sent, &handed, &there), taken, "{}", there.delivery);
            for known in [Delivery::Unknown, Delivery::Failed, Delivery::Queued] {
                assert_eq!(outranks(known, &handed, &there), doubt, "{known} over {}", there.delivery);
            }
        }
        let not_handed = standing(Delivery::Queued, false);
        assert!(!outranks(Delivery::Held, &not_handed, &standing(Delivery::Sending, false)));
    }
}
