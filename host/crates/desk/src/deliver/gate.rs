//! What the gate needs to know of a message, gathered; its yes is written down before anything else happens.
//! The rules are the domain's.

use domain::article::ArticleState;
use domain::gate::{Budgets, Facts, No, REPEAT_WINDOW_MS, Then, echoes, is_near_identical, may_send};
use domain::job::Lease;
use domain::merge::MERGED;
use domain::message::{Delivery, Direction, Message};
use domain::snapshot::TicketView;
use store::{AutomaticCounts, Commit, Fact};

use super::passing::Pass;
use crate::bench::is_proved;
use crate::{Desk, DeskError};

impl Desk {
    /// Asks the gate and, if it says yes, marks the message as being sent: from then on it counts
    /// against the budgets. Counting and beginning a passage do not interleave within this process; what is on its
    /// passage counts before its mark is written.
    pub(super) async fn pass_gate(&self, lease: &Lease, message: &Message) -> Result<Option<No>, DeskError> {
        let sending = Fact::SetDelivery {
            message_id: message.id,
            delivery: Delivery::Sending,
            reason: None,
            expect: Some(Delivery::Queued),
            expect_doubt: None,
            passed_at: Some(message.passed_at.unwrap_or_else(|| self.now())),
            may_have_arrived: None,
        };
        if !message.automatic {
            self.0.store.commit(Commit { facts: vec![sending, self.still_held(lease)] }).await?;
            return Ok(None);
        }
        let budgets = self.budgets().await?;
        let view = self.0.store.view(message.ticket_id).await?;
        if view.as_ref().is_some_and(|view| view.ticket.merged_into.is_some()) {
            return Ok(Some(No { why: MERGED.to_owned(), then: Then::Never }));
        }
        let pass = Pass {
            message: message.id,
            ticket: message.ticket_id,
            address: message.to_address.clone().unwrap_or_default(),
            domain: super::domain_of(message).to_owned(),
            inbox: view.as_ref().and_then(|view| view.ticket.inbox.clone()),
            is_notice: message.in_reply_to.is_none(),
        };
        let facts = self.gate_facts(message, view).await?;
        let one_at_a_time = self.0.gate.lock().await;
        if let Some(no) = self.counted_out(facts, &pass, &budgets).await? {
            return Ok(Some(no));
        }
        let _passage = self.0.passing.enter(pass);
        drop(one_at_a_time);
        self.0.store.commit(Commit { facts: vec![sending, self.still_held(lease)] }).await?;
        Ok(None)
    }

    /// The gate's no, where it says no, to what has left and what is leaving already. What is leaving may stand in
    /// the database by the time it is counted there, and counts twice then: a no that it alone brings about is not
    /// final, so its marks are waited for and all is counted again. To be asked by one at a time.
    async fn counted_out(
        &self,
        mut facts: Facts,
        pass: &Pass,
        budgets: &Budgets,
    ) -> Result<Option<No>, DeskError> {
        let own = &self.0.ours.addresses;
        let is_providers = self.0.ours.providers.contains(&pass.domain);
        loop {
            let leaving = self.0.passing.counts_for(pass);
            let (now, most) = (self.now(), budgets.highest());
            let left =
                self.0.store.automatic_counts(pass.ticket, &pass.address, &pass.domain, now, most).await?;
            put_counts(&mut facts, left + leaving, is_providers);
            let Err(no) = may_send(&facts, own, budgets) else { return Ok(None) };
            if leaving == AutomaticCounts::default() {
                return Ok(Some(no));
            }
            put_counts(&mut facts, left, is_providers);
            if let Err(no) = may_send(&facts, own, budgets) {
                return Ok(Some(no));
            }
            self.0.passing.all_written().await;
        }
    }

    /// Everything the gate asks but what has left already.
    async fn gate_facts(&self, message: &Message, view: Option<TicketView>) -> Result<Facts, DeskError> {
        let recipient = message.to_address.clone().unwrap_or_default();
        let now = self.now();
        let echoes = view.as_ref().is_some_and(|view| self.echoes(message, view));
        let (messages, requester) = view.map(|view| (view.messages, view.requester)).unwrap_or_default();
        let newest = messages.iter().rev().find(|m| m.direction == Direction::Inbound);
        let last_inbound = newest.map(|m| m.auto_class);
        let sender_auth = newest.map(|m| m.sender_auth).unwrap_or_default();
        let answers_elsewhere = match newest {
            Some(newest) => self.answers_elsewhere(newest).await?,
            None => false,
        };
        let suppressed = self.suppression_now(&recipient).await?.is_some();
        Ok(Facts {
            last_inbound,
            sender_auth,
            // A message that answers one of the customer's is an answer; any other one is a notice.
            proactive: message.in_reply_to.is_none(),
            consent: requester.as_ref().is_none_or(|r| r.proactive_consent),
            quiet_until: self.0.config.quiet.end(now, requester.and_then(|r| r.time_zone).as_deref()),
            let_pass: message.passed_at.is_some(),
            suppressed,
            kill_switch: !self.automation_on().await,
            turns: turns(&messages),
            repeats: repeats(&messages),
            answers_elsewhere,
            echoes,
            article_lost: self.article_lost(message).await?,
            private_domains: self.0.ours.private_domains.clone(),
            recipient,
            ..Facts::default()
        })
    }

    /// What has become of the article that a message quotes; none while it is what it was.
    pub(super) async fn article_lost(&self, message: &Message) -> Result<Option<&'static str>, DeskError> {
        if message.article.is_none() {
            return Ok(None);
        }
        Ok(match self.article_in_its_language(message).await? {
            Some(article) if article.state != ArticleState::Public => {
                Some("the article it quotes is not public any more")
            }
            Some(article) if !article.holds_at(self.now()) => {
                Some("the article it quotes does not hold any more")
            }
            Some(article) if article.updated_at > message.created_at => {
                Some("the article it quotes was changed since")
            }
            Some(_) => None,
            None => Some("the article it quotes was deleted"),
        })
    }

    /// Whether it would carry a stranger's words to an address that may be somebody else's.
    fn echoes(&self, message: &Message, view: &TicketView) -> bool {
        if is_proved(view) {
            return false;
        }
        let domains = &self.0.ours.domains;
        let heard = view.messages.iter().filter(|m| m.direction == Direction::Inbound);
        heard.into_iter().any(|m| echoes(&message.text, &format!("{} {}", m.subject, m.text), domains))
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
        // What was merged into this ticket is no other one.
        let home = Box::pin(self.home_of(ticket)).await?.map_or(ticket, |home| home.id);
        if [ticket, home].contains(&message.ticket_id) {
            return Ok(false);
        }
        let answered = self.0.store.message(answered).await?;
        Ok(answered.is_some_and(|m| m.direction == Direction::Outbound && m.automatic))
    }
}

/// Puts what was counted before the gate; a mail provider's domain says nothing of who writes there.
fn put_counts(facts: &mut Facts, counts: AutomaticCounts, is_providers: bool) {
    facts.on_ticket_day = counts.on_ticket_day;
    facts.to_address_day = counts.to_address_day;
    facts.notices_week = counts.notices_week;
    facts.to_domain_hour = if is_providers { 0 } else { counts.to_domain_hour };
    facts.of_inbox_hour = counts.of_inbox_hour;
    facts.total_hour = counts.total_hour;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::id::MessageId;
    use domain::job::NewJob;
    use domain::work::blank_message;

    use super::*;
    use crate::fixture::{Fixture, NOW, agent};

    /// An automatic answer on a ticket of its own that is to leave, and the lease of its delivery.
    async fn answer(house: &Fixture) -> (Message, Lease) {
        let ticket = house.ticket("ana@example.org").await;
        let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
        let mut message = blank_message(id, ticket.id, Direction::Outbound, agent(), NOW);
        message.automatic = true;
        message.to_address = Some("ana@example.org".to_owned());
        message.in_reply_to = Some("asked@example.org".to_owned());
        let deliver = Fact::Enqueue(NewJob::deliver(id, NOW));
        house.facts(vec![Fact::AddMessage(Box::new(message.clone())), deliver]).await;
        let leases = house.store.claim("somebody", 9, NOW, 30_000).await.unwrap();
        let lease = leases.into_iter().find(|lease| lease.lane == id.to_string()).unwrap();
        (message, lease)
    }

    #[tokio::test]
    async fn whose_mark_is_written_and_whose_passage_has_not_ended_yet_uses_a_budget_up_once() {
        let house = Fixture::new().await;
        house.desk.change_budgets(&[("per_address_day".to_owned(), Some(3))], agent()).await.unwrap();
        let (first, second) = (answer(&house).await, answer(&house).await);
        let (third, fourth) = (answer(&house).await, answer(&house).await);
        for (message, lease) in [&first, &second] {
            assert_eq!(house.desk.pass_gate(lease, message).await.unwrap(), None);
        }
        let passage = house.desk.0.passing.enter(Pass {
            message: second.0.id,
            ticket: second.0.ticket_id,
            address: "ana@example.org".to_owned(),
            domain: "example.org".to_owned(),
            inbox: None,
            is_notice: false,
        });
        let mut asked = Box::pin(house.desk.pass_gate(&third.1, &third.0));
        let said = tokio::time::timeout(Duration::from_millis(200), &mut asked).await;
        assert!(said.is_err(), "it was decided by what counts twice: {said:?}");
        drop(passage);
        assert_eq!(asked.await.unwrap(), None);
        let no = house.desk.pass_gate(&fourth.1, &fourth.0).await.unwrap().expect("the budget is used up");
        assert!(no.why.contains("3 automatic messages to this address"), "{}", no.why);
    }

    #[tokio::test]
    async fn whose_lease_is_somebody_elses_by_now_does_not_pass() {
        let house = Fixture::new().await;
        let (message, lease) = answer(&house).await;
        house.store.claim("somebody else", 9, NOW.plus(60_000), 30_000).await.unwrap();
        let passed = house.desk.pass_gate(&lease, &message).await;
        assert!(matches!(passed, Err(DeskError::Store(store::StoreError::Stale("lease")))), "{passed:?}");
        assert_eq!(house.store.message(message.id).await.unwrap().unwrap().delivery, Delivery::Queued);
    }
}
