//! What a person does about a message that the gate left to people, and about the budgets that held it.

use domain::event::EventType;
use domain::gate::Budgets;
use domain::id::{MessageId, TicketId};
use domain::job::NewJob;
use domain::message::{Delivery, Message};
use domain::work::{Stamp, Work};
use domain::{Actor, Refusal, Timestamp};
use store::{Commit, Fact, StoreError};

use crate::races::Races;
use crate::{Desk, DeskError};

/// Name of the setting that holds changed budgets.
const BUDGETS: &str = "gate.budgets";
/// What a discarded message says.
const DISCARDED: &str = "a person decided not to send it";

impl Desk {
    /// The budgets in force: the configuration's, with what was changed since.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn budgets(&self) -> Result<Budgets, DeskError> {
        let changed = self.changed_budgets().await?;
        // A budget that a newer build has brought along is not worth stopping all mail.
        let known =
            changed.iter().filter(|(name, _)| Budgets::default().named().iter().any(|(n, _)| n == name));
        let known: Vec<(String, i64)> = known.cloned().collect();
        Ok(self.0.config.gate.with(&known)?)
    }

    /// Automatic messages that left, or may have arrived, within the last hour; counted up to their budget.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn automatic_this_hour(&self) -> Result<i64, DeskError> {
        let now = self.now();
        let most = self.budgets().await?.total_hour;
        // Of all its counts one is of the whole house: it asks for no ticket and no address.
        let nobodys = TicketId::first_at(Timestamp(0));
        Ok(self.0.store.automatic_counts(nobodys, "", "", now, most).await?.total_hour)
    }

    async fn changed_budgets(&self) -> Result<Vec<(String, i64)>, DeskError> {
        let changed: std::collections::BTreeMap<String, i64> = self.json_setting(BUDGETS).await?;
        Ok(changed.into_iter().collect())
    }

    /// Changes budgets from now on; `None` puts one back to the configuration's value.
    ///
    /// # Errors
    /// When a name is none of theirs or a value is no count; then nothing is changed.
    pub async fn change_budgets(
        &self,
        changes: &[(String, Option<i64>)],
        actor: Actor,
    ) -> Result<Budgets, DeskError> {
        let asked: Vec<(String, i64)> =
            changes.iter().map(|(name, value)| (name.clone(), value.unwrap_or(0))).collect();
        self.0.config.gate.with(&asked)?;
        let mut all: std::collections::BTreeMap<String, i64> =
            self.changed_budgets().await?.into_iter().collect();
        for (name, value) in changes {
            match value {
                Some(value) => all.insert(name.clone(), *value),
                None => all.remove(name),
            };
        }
        let value = serde_json::to_string(&all).unwrap_or_default();
        let said = serde_json::json!(changes.iter().cloned().collect::<std::collections::BTreeMap<_, _>>());
        let facts = vec![
            Fact::PutSetting { key: BUDGETS.to_owned(), value },
            self.audit(&actor, "gate.budgets_changed", "budgets", said),
        ];
        self.0.store.commit(Commit { facts }).await?;
        self.budgets().await
    }

    /// Sends a message that was held. It still has to be one that may be sent at all: nobody writes to a
    /// machine or to a suppressed address.
    ///
    /// # Errors
    /// When there is none, it is not held, or the article that it quotes is not what it was and nobody has been told.
    pub async fn send_held(&self, id: MessageId, actor: Actor) -> Result<Message, DeskError> {
        let message = self.held_message(id).await?;
        self.tell_of_lost_article(&message).await?;
        let now = self.now();
        let facts = vec![
            Fact::SetDelivery {
                message_id: id,
                delivery: Delivery::Queued,
                reason: None,
                expect: Some(Delivery::Held),
                expect_doubt: None,
                passed_at: Some(now),
                may_have_arrived: None,
            },
            Fact::Enqueue(NewJob::deliver(id, now)),
            self.audit(&actor, "message.released", id, serde_json::Value::Null),
        ];
        self.settle_held(id, facts).await
    }

    /// What has become of the article since the message was held: written down and told once; who sends it then knows.
    async fn tell_of_lost_article(&self, message: &Message) -> Result<(), DeskError> {
        let Some(why) = self.article_lost(message).await? else { return Ok(()) };
        if message.delivery_reason.as_deref() == Some(why) {
            return Ok(());
        }
        let told = Fact::SetDelivery {
            message_id: message.id,
            delivery: Delivery::Held,
            reason: Some(why.to_owned()),
            expect: Some(Delivery::Held),
            expect_doubt: None,
            passed_at: None,
            may_have_arrived: None,
        };
        self.settle_held(message.id, vec![told]).await?;
        let sentence = format!("Not sent yet: {why}. Send it once more if it shall leave all the same.");
        Err(Refusal::new("article_lost", sentence).into())
    }

    /// Decides that a message that was held is not sent.
    ///
    /// # Errors
    /// When there is none, or it is not held.
    pub async fn discard_held(&self, id: MessageId, actor: Actor) -> Result<Message, DeskError> {
        let message = self.held_message(id).await?;
        let mut races = Races::about("the ticket");
        loop {
            let attempt = async {
                let ticket = self.0.store.ticket(message.ticket_id).await?;
                let ticket = ticket.ok_or_else(|| DeskError::missing("ticket", message.ticket_id))?;
                let mut work = Work::on(ticket);
                let suppressed = suppress(&mut work, &self.stamp(actor.clone()), id, DISCARDED);
                let mut facts = self.work_facts(std::slice::from_mut(&mut work)).await;
                facts.push(suppressed);
                facts.push(self.audit(&actor, "message.discarded", id, serde_json::Value::Null));
                self.settle_held(id, facts).await
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    async fn held_message(&self, id: MessageId) -> Result<Message, DeskError> {
        let message = self.0.store.message(id).await?.ok_or_else(|| DeskError::missing("message", id))?;
        if message.delivery == Delivery::Held { Ok(message) } else { Err(not_held(message.delivery).into()) }
    }

    async fn settle_held(&self, id: MessageId, facts: Vec<Fact>) -> Result<Message, DeskError> {
        match self.0.store.commit(Commit { facts }).await {
            Ok(()) => self.0.store.message(id).await?.ok_or_else(|| DeskError::missing("message", id)),
            Err(StoreError::Stale("delivery")) => Err(not_held(Delivery::Queued).into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// That a held message of a ticket is not sent, with the reason: its event, and how it stands.
pub(crate) fn suppress(work: &mut Work, stamp: &Stamp<'_>, id: MessageId, reason: &str) -> Fact {
    let data = serde_json::json!({ "message_id": id, "reason": reason });
    work.record(stamp, EventType::MessageSuppressed, Vec::new(), data);
    Fact::SetDelivery {
        message_id: id,
        delivery: Delivery::Suppressed,
        reason: Some(reason.to_owned()),
        expect: Some(Delivery::Held),
        expect_doubt: None,
        passed_at: None,
        may_have_arrived: None,
    }
}

fn not_held(state: Delivery) -> Refusal {
    Refusal::new("not_held", format!("The message is {state}, not held: somebody may have decided already."))
}
