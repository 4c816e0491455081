//! What the gate needs to know of a message, gathered; its yes is written down before anything else happens.
//! The rules are the domain's.

use domain::article::ArticleState;
use domain::gate::{Budgets, Facts, No, REPEAT_WINDOW_MS, Then, echoes, is_near_identical, may_send};
use domain::merge::MERGED;
use domain::message::{Delivery, Direction, Message};
use domain::snapshot::TicketView;
use store::{Commit, Fact};

use super::passing::Pass;
use crate::bench::is_proved;
use crate::{Desk, DeskError};

impl Desk {
    /// Asks the gate and, if it says yes, marks the message as being sent: from then on it counts
    /// against the budgets. Counting and taking a place do not interleave within this process; what has a place
    /// counts before its mark is written.
    pub(super) async fn pass_gate(&self, message: &Message) -> Result<Option<No>, DeskError> {
        let sending = Fact::SetDelivery {
            message_id: message.id,
            delivery: Delivery::Sending,
            reason: None,
            expect: Some(Delivery::Queued),
            passed_at: Some(message.passed_at.unwrap_or_else(|| self.now())),
        };
        if !message.automatic {
            self.0.store.commit(Commit { facts: vec![sending] }).await?;
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
        let mut facts = self.gate_facts(message, view).await?;
        let one_at_a_time = self.0.gate.lock().await;
        self.count(&mut facts, &pass, &budgets).await?;
        if let Err(no) = may_send(&facts, &self.0.config.mail.own(), &budgets) {
            return Ok(Some(no));
        }
        let _place = self.0.passing.enter(pass);
        drop(one_at_a_time);
        self.0.store.commit(Commit { facts: vec![sending] }).await?;
        Ok(None)
    }

    /// What has left or is leaving already.
    async fn count(&self, facts: &mut Facts, pass: &Pass, budgets: &Budgets) -> Result<(), DeskError> {
        let leaving = self.0.passing.counts_for(pass);
        let (now, most) = (self.now(), budgets.highest());
        let left = self.0.store.automatic_counts(pass.ticket, &pass.address, &pass.domain, now, most).await?;
        facts.on_ticket_day = left.on_ticket_day + leaving.on_ticket_day;
        facts.to_address_day = left.to_address_day + leaving.to_address_day;
        facts.notices_week = left.notices_week + leaving.notices_week;
        facts.to_domain_hour = match self.0.config.providers.contains(&pass.domain) {
            true => 0,
            false => left.to_domain_hour + leaving.to_domain_hour,
        };
        facts.of_inbox_hour = left.of_inbox_hour + leaving.of_inbox_hour;
        facts.total_hour = left.total_hour + leaving.total_hour;
        Ok(())
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
        let domains = self.0.config.mail.domains();
        let heard = view.messages.iter().filter(|m| m.direction == Direction::Inbound);
        heard.into_iter().any(|m| echoes(&message.text, &format!("{} {}", m.subject, m.text), &domains))
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
