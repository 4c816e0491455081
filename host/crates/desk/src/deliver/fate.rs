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
        // Told already, here with a lost answer or by somebody else; who tells it meanwhile changes the ticket.
        if fate.delivery == Delivery::Sent && self.is_sent(message.id).await? {
            return Ok(Outcome::Done(Vec::new()));
        }
        let mut work = Work::on(ticket);
        let data = serde_json::json!({ "message_id": message.id, "reason": fate.reason });
        work.record(&self.stamp(Actor::system()), fate.event, Vec::new(), data);
        let mut known = self.work_facts(std::slice::from_mut(&mut work)).await;
        known.push(Fact::SetDelivery {
            message_id: message.id,
            delivery: fate.delivery,
            reason: fate.reason.clone(),
            // That it was taken is true whatever stands there; a doubt is none where somebody knows by now.
            expect: (fate.delivery != Delivery::Sent).then_some(message.delivery),
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

    async fn is_sent(&self, id: MessageId) -> Result<bool, DeskError> {
        let there = self.0.store.message(id).await?;
        Ok(there.is_some_and(|message| message.delivery == Delivery::Sent))
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
        let mut end = end.clone();
        if let Fact::FinishJob { fence, .. } | Fact::RetryJob { fence, .. } = &mut end {
            // The lane may have been claimed anew here since.
            *fence = self.0.handing.fence(lease);
        }
        let facts = known.iter().cloned().chain([end]).collect();
        match self.0.store.commit(Commit { facts }).await {
            Err(StoreError::Stale("lease")) => Box::pin(self.tell_successor(message, known)).await,
            committed => self.ended_as_known(lease, message.id, committed).await,
        }
    }

    /// Tells whoever has the job by now what only who handed the message over can know. How the job ends is theirs: a wait
    /// before the next try is lost with the lease, for only who holds the lane may set it.
    async fn tell_successor(&self, message: &Message, known: &[Fact]) -> Result<Outcome, DeskError> {
        let Some(there) = self.0.store.message(message.id).await? else { return Ok(Outcome::Lost) };
        let mut facts = known.to_vec();
        let mut is_news = false;
        for fact in &mut facts {
            if let Fact::SetDelivery { delivery, expect, expect_doubt, .. } = fact {
                is_news = outranks(*delivery, message, &there);
                (*expect, *expect_doubt) = (Some(there.delivery), Some(there.may_have_arrived));
            }
        }
        if !is_news {
            return Ok(Outcome::Lost);
        }
        // Stale: somebody wrote since the look, and all is looked at again.
        self.0.store.commit(Commit { facts }).await?;
        Ok(Outcome::Lost)
    }

    /// How a job ended whose end was part of a commit that said where the message stood before.
    pub(super) async fn ended_as_known(
        &self,
        lease: &Lease,
        id: MessageId,
        committed: Result<(), StoreError>,
    ) -> Result<Outcome, DeskError> {
        match committed {
            Err(StoreError::Stale("delivery")) => Box::pin(self.overtaken(lease, id)).await,
            committed => ended(committed.map_err(DeskError::from)),
        }
    }

    /// The message does not stand where it was any more: it was written already and the answer to that was lost, or
    /// somebody else was faster. Where that was the end of it, it is the end of its job; where it is to be sent still, a
    /// lane that is held all the same is let go at once.
    pub(super) async fn overtaken(&self, lease: &Lease, id: MessageId) -> Result<Outcome, DeskError> {
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
