//! What plugins suggested and people decide: accepted, declined, sent in their own name, or past since the customer has
//! had an answer.

use domain::effect::{Effect, Proposal};
use domain::id::{DecisionId, TicketId};
use domain::message::Direction;
use domain::plain;
use domain::plugin::Mode;
use domain::run::{Decision, DecisionStatus};
use domain::turn::{Bid, LoopBudget, resolve};
use domain::work::Work;
use domain::{Actor, Refusal};
use store::{Commit, Fact, StoreError};

use crate::bench::Bench;
use crate::meanwhile::{self, ANSWERED};
use crate::people::{NewMessage, NewMessageKind};
use crate::races::Races;
use crate::{Desk, DeskError};

impl Desk {
    /// Accepts what a plugin suggested: it is applied now, in the person's name and on the ticket as it is.
    ///
    /// # Errors
    /// When it is no suggestion (any more), or policy refuses it now.
    pub async fn accept(&self, id: DecisionId, actor: Actor) -> Result<Decision, DeskError> {
        let mut races = Races::about("the ticket");
        loop {
            let attempt = async {
                let mut decision = self.suggestion(id).await?;
                let facts = Box::pin(self.accept_facts(&mut decision, &actor)).await?;
                self.0.store.commit(Commit { facts }).await?;
                Ok(decision)
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    async fn accept_facts(&self, decision: &mut Decision, actor: &Actor) -> Result<Vec<Fact>, DeskError> {
        let mut bench = Bench::default();
        self.bring(&mut bench, decision.ticket_id).await?;
        let found = bench.views.get(&decision.ticket_id).cloned();
        let view = found.ok_or_else(|| DeskError::missing("ticket", decision.ticket_id))?;
        Box::pin(self.check_not_merged(&view.ticket)).await?;
        let run = self
            .0
            .store
            .run(decision.run_id)
            .await?
            .ok_or_else(|| DeskError::missing("run", decision.run_id))?;
        let event_id = run.event_id.ok_or_else(|| DeskError::missing("event of run", run.id))?;
        let event =
            self.0.store.event(event_id).await?.ok_or_else(|| DeskError::missing("event", event_id))?;
        let mut installation = self.installation(decision.installation_id).await?;
        installation.mode = Mode::Live;
        let proposal = Proposal {
            ticket_id: decision.ticket_id,
            effect: decision.effect.clone(),
            basis: decision.basis.clone(),
        };
        let unfit = Box::pin(self.unfit(Some(&view.ticket), std::slice::from_ref(&proposal))).await;
        let bids = [Bid {
            installation: &installation,
            order: 0,
            run_id: run.id,
            proposals: std::slice::from_ref(&proposal),
            unfit: &unfit,
        }];
        // A person has read it.
        bench.standings.values_mut().for_each(|standing| standing.proved = true);
        let stamp = self.stamp(actor.clone());
        let budget = without_limits();
        let verdict = resolve(&event, &bids, &mut bench.works, &mut bench.standings, &budget, &stamp)
            .into_iter()
            .next();
        match verdict {
            Some(v) if v.status == DecisionStatus::Applied => {}
            Some(v) => return Err(Refusal::new("not_applicable", v.reason).into()),
            None => return Err(Refusal::new("not_applicable", "there is nothing to apply").into()),
        }
        decision.status = DecisionStatus::Applied;
        decision.reason = format!("accepted by {} {}", actor.kind, actor.id).trim().to_owned();
        decision.decided_at = self.now();
        let mut changed: Vec<Work> = bench.works.into_values().filter(Work::is_changed).collect();
        // The person takes responsibility, so it is not automatic mail.
        changed.iter_mut().flat_map(|w| &mut w.messages).for_each(|m| m.automatic = false);
        let quoting = changed.iter().flat_map(|w| &w.messages).find(|m| m.article.is_some()).cloned();
        let answers = |w: &&mut Work| {
            w.ticket.id == view.ticket.id && w.messages.iter().any(|m| m.direction == Direction::Outbound)
        };
        let mut instead = Vec::new();
        if let Some(answer) = changed.iter_mut().find(answers) {
            instead.extend(meanwhile::withdraw_held(answer, &view, &stamp, ANSWERED));
            // A notice answers nothing that was asked.
            if matches!(decision.effect, Effect::Reply { .. }) {
                instead.extend(self.overtaken(view.ticket.id, Some(decision.id)).await?);
            }
        }
        let mut facts = self.work_facts(&mut changed).await;
        facts.extend(instead);
        if let Some(quoting) = quoting {
            facts.extend(Box::pin(self.confirmed(&quoting, &view)).await?);
        }
        facts.push(self.set_decision(decision));
        facts.extend(self.acceptance(decision).await?);
        facts.push(self.audit(actor, "decision.accepted", decision.id, serde_json::Value::Null));
        Ok(facts)
    }

    /// Declines what a plugin suggested.
    ///
    /// # Errors
    /// When it is no suggestion (any more).
    pub async fn decline(&self, id: DecisionId, reason: &str, actor: Actor) -> Result<Decision, DeskError> {
        let mut decision = self.suggestion(id).await?;
        decision.status = DecisionStatus::Rejected;
        let reason: String = reason.chars().filter(|c| !c.is_control()).take(500).collect();
        decision.reason = format!("declined by {} {}: {reason}", actor.kind, actor.id);
        decision.decided_at = self.now();
        let mut facts = vec![
            self.set_decision(&decision),
            self.audit(&actor, "decision.declined", id, serde_json::Value::Null),
        ];
        facts.extend(self.correction(&decision).await?);
        match self.0.store.commit(Commit { facts }).await {
            Ok(()) => {}
            // Somebody else decided in between: say so.
            Err(StoreError::Stale("decision")) => return self.suggestion(id).await,
            Err(error) => return Err(error.into()),
        }
        self.watch_canary(decision.installation_id).await;
        Ok(decision)
    }

    /// The suggested reply that a message is written from.
    pub(crate) async fn draft_of(
        &self,
        ticket: TicketId,
        new: &NewMessage,
    ) -> Result<Option<Decision>, DeskError> {
        let Some(id) = new.draft else { return Ok(None) };
        let decision = self.suggestion(id).await.map_err(|error| match error {
            DeskError::Refused(refusal) => DeskError::Refused(refusal.at("draft")),
            other => other,
        })?;
        let fits = decision.ticket_id == ticket
            && new.kind == NewMessageKind::Reply
            && matches!(decision.effect, Effect::Reply { .. });
        if fits {
            return Ok(Some(decision));
        }
        let sentence = "A draft is a suggested reply of the same ticket.";
        Err(Refusal::new("bad_request", sentence).at("draft").into())
    }

    /// That a suggested reply was sent by a person, perhaps in other words.
    pub(crate) async fn sent_facts(
        &self,
        mut draft: Decision,
        said: &str,
        actor: &Actor,
    ) -> Result<Vec<Fact>, DeskError> {
        let is_what_was_said = |text: &str| plain::text(text).trim() == said.trim();
        let as_it_was = draft.effect.draft().is_some_and(|text| is_what_was_said(&text))
            || matches!(&draft.effect, Effect::Reply { text, .. } if is_what_was_said(text));
        let how = if as_it_was { "sent" } else { "sent in other words" };
        draft.status = DecisionStatus::Applied;
        draft.reason = format!("{how} by {} {}", actor.kind, actor.id).trim().to_owned();
        draft.decided_at = self.now();
        let mut facts = vec![
            self.set_decision(&draft),
            self.audit(actor, "decision.accepted", draft.id, serde_json::Value::Null),
        ];
        facts.extend(self.acceptance(&draft).await?);
        Ok(facts)
    }

    /// That suggested replies without an article, such as a confirmation of receipt, are past once the customer has had an
    /// answer; `taken` is the one that was written from. One with an article may still say what was not said.
    pub(crate) async fn overtaken(
        &self,
        ticket: TicketId,
        taken: Option<DecisionId>,
    ) -> Result<Vec<Fact>, DeskError> {
        let mut past = self.0.store.decisions_of(ticket).await?;
        past.retain(|decision| {
            decision.status == DecisionStatus::Suggested
                && Some(decision.id) != taken
                && matches!(decision.effect, Effect::Reply { article: None, .. })
        });
        for decision in &mut past {
            decision.status = DecisionStatus::Superseded;
            ANSWERED.clone_into(&mut decision.reason);
            decision.decided_at = self.now();
        }
        Ok(past.iter().map(|decision| self.set_decision(decision)).collect())
    }

    fn set_decision(&self, decision: &Decision) -> Fact {
        Fact::SetDecision {
            id: decision.id,
            status: decision.status,
            reason: decision.reason.clone(),
            decided_at: decision.decided_at,
            expect: Some(DecisionStatus::Suggested),
        }
    }

    async fn suggestion(&self, id: DecisionId) -> Result<Decision, DeskError> {
        let decision = self.0.store.decision(id).await?.ok_or_else(|| DeskError::missing("decision", id))?;
        if decision.status == DecisionStatus::Suggested {
            Ok(decision)
        } else {
            Err(Refusal::new(
                "not_a_suggestion",
                format!("The decision is {}; only a suggested one waits for an agent.", decision.status),
            )
            .into())
        }
    }
}

/// A person stands behind it: budgets of automatic changes do not apply.
fn without_limits() -> LoopBudget {
    LoopBudget { changes_per_ticket_hour: i64::MAX, repeats_per_hour: i64::MAX, ..LoopBudget::default() }
}
