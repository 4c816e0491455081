//! Runs, decisions, redactions.

use domain::redaction::Redaction;
use domain::run::{DecisionStatus, Fault};
use domain::seal::Sealed;
use domain::strike::Strike;
use domain::ticket::Ticket;

use super::{Sample, Verdict, holds, same, there};
use crate::{Commit, Fact, Page, Store, StoreError};

pub(super) async fn runs_read_back_whole(store: &Store) -> Verdict {
    let make = Sample::default();
    let (mine, other, ticket) = (make.installation_id(), make.installation_id(), make.ticket_id());
    let (first, mut second) = (make.run(mine, ticket), make.run(other, ticket));
    second.verdict = None;
    second.fault = Some(Fault::Deadline { limit_ms: 1_000 });
    let mut bare = make.run(mine, ticket);
    bare.ticket_id = None;
    bare.event_id = None;
    let facts = [&first, &second, &bare].map(|run| Fact::AddRun(Box::new(run.clone()))).to_vec();
    store.commit(Commit { facts }).await?;
    same!(store.run(second.id).await?, Some(second.clone()));
    same!(store.runs_of(ticket).await?, vec![first.clone(), second.clone()]);
    same!(store.runs(None, &Page::first(2)).await?, vec![bare.clone(), second.clone()]);
    same!(store.runs(Some(mine), &Page::first(9)).await?, vec![bare.clone(), first.clone()]);
    same!(store.runs(Some(mine), &Page::after(bare.id, 9)).await?, vec![first.clone()]);
    let again = Fact::AddRun(Box::new(first));
    same!(store.commit(Commit::of(vec![again])).await, Err(StoreError::Conflict("run")));
    Ok(())
}

pub(super) async fn decisions_read_back_and_change(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = make.ticket_id();
    let run = make.run(make.installation_id(), ticket);
    let mut decision = make.decision(&run, ticket, "d1");
    decision.status = DecisionStatus::Suggested;
    store.commit(Commit::of(vec![Fact::AddDecision(Box::new(decision.clone()))])).await?;
    same!(store.decision(decision.id).await?, Some(decision.clone()));
    let set = |id, expect| Fact::SetDecision {
        id,
        status: DecisionStatus::Rejected,
        reason: "an agent said no".to_owned(),
        decided_at: make.now.plus(5),
        expect,
    };
    let stale = Err(StoreError::Stale("decision"));
    same!(store.commit(Commit::of(vec![set(decision.id, Some(DecisionStatus::Applied))])).await, stale);
    store.commit(Commit::of(vec![set(decision.id, Some(DecisionStatus::Suggested))])).await?;
    store.commit(Commit::of(vec![set(decision.id, None)])).await?;
    decision.status = DecisionStatus::Rejected;
    "an agent said no".clone_into(&mut decision.reason);
    decision.decided_at = make.now.plus(5);
    same!(store.decisions_of(ticket).await?, vec![decision.clone()]);
    same!(store.decisions(&Page::default()).await?, vec![decision.clone()]);
    holds!(store.decisions(&Page::after(decision.id, 5)).await?.is_empty());
    same!(store.commit(Commit::of(vec![set(make.decision_id(), None)])).await, stale);
    Ok(())
}

pub(super) async fn applied_changes_are_counted_by_digest(store: &Store) -> Verdict {
    let make = Sample::default();
    let contact = make.contact("ana@example.org");
    let (asked, nothing_done) = (make.ticket(1), make.ticket(2));
    let facts = [&asked, &nothing_done].map(|ticket| {
        let ticket = Box::new(Ticket { requester_id: contact.id, ..ticket.clone() });
        Fact::PutTicket { ticket, read_version: None }
    });
    store.commit(Commit::of(vec![Fact::PutContact(contact)])).await?;
    store.commit(Commit { facts: facts.to_vec() }).await?;
    let (ticket, other) = (asked.id, make.ticket_id());
    let run = make.run(make.installation_id(), ticket);
    let mut late = make.decision(&run, ticket, "b");
    late.decided_at = make.now.plus(-1);
    let mut refused = make.decision(&run, ticket, "b");
    refused.status = DecisionStatus::Rejected;
    let decisions = vec![
        make.decision(&run, ticket, "a"),
        make.decision(&run, ticket, "a"),
        make.decision(&run, ticket, "b"),
        make.decision(&run, other, "a"),
        late,
        refused,
    ];
    let facts = decisions.into_iter().map(|d| Fact::AddDecision(Box::new(d))).collect();
    store.commit(Commit { facts }).await?;
    let counts = vec![("a".to_owned(), 2), ("b".to_owned(), 1)];
    let (view, mut changes) = there(store.view_and_changes(ticket, make.now).await?, "the ticket")?;
    changes.sort();
    same!(changes, counts);
    same!(Some(view), store.view(ticket).await?);
    let (_, changes) = there(store.view_and_changes(nothing_done.id, make.now).await?, "the ticket")?;
    holds!(changes.is_empty());
    holds!(store.view_and_changes(other, make.now).await?.is_none());
    Ok(())
}

pub(super) async fn redactions_keep_their_digest_and_sealed_value(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket_id = make.ticket_id();
    let redaction = |digest: &str, score| Redaction {
        id: make.redaction_id(),
        ticket_id,
        message_id: make.message_id(),
        part: "text".to_owned(),
        class: "IBAN".to_owned(),
        placeholder: "[IBAN-1]".to_owned(),
        rule: "iban.checked".to_owned(),
        score,
        digest: digest.to_owned(),
        stands: false,
    };
    let (kept, dropped) = (redaction("d1", 0.1), redaction("d2", 0.999_9));
    let facts = vec![
        Fact::AddRedaction { redaction: kept.clone(), sealed: Some(Sealed(vec![1, 2, 3])) },
        Fact::AddRedaction { redaction: dropped.clone(), sealed: None },
    ];
    store.commit(Commit { facts }).await?;
    same!(store.redactions_of(ticket_id).await?, vec![kept.clone(), dropped.clone()]);
    same!(store.sealed_value(kept.id).await?, Some(Sealed(vec![1, 2, 3])));
    holds!(store.sealed_value(dropped.id).await?.is_none());
    holds!(store.sealed_value(make.redaction_id()).await?.is_none());

    store
        .commit(Commit::of(vec![Fact::LetStand { ticket_id, digest: "d1".to_owned(), stands: true }]))
        .await?;
    let standing = Redaction { stands: true, ..kept.clone() };
    same!(store.redactions_of(ticket_id).await?, vec![standing.clone(), dropped]);
    same!(store.redaction(kept.id).await?, Some(standing));
    store
        .commit(Commit::of(vec![Fact::LetStand { ticket_id, digest: "d1".to_owned(), stands: false }]))
        .await?;
    same!(store.redaction(kept.id).await?, Some(kept));
    Ok(())
}

pub(super) async fn a_value_found_late_is_struck_out_of_the_records_of_its_ticket_alone(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let contact = make.contact("ana@example.org");
    let (mut ticket, mut other) = (make.ticket(1), make.ticket(2));
    (ticket.requester_id, other.requester_id) = (contact.id, contact.id);
    let value = "ZX-77 \"Kestrel\"";
    let mut facts = vec![Fact::PutContact(contact)];
    let mut asked = Vec::new();
    for ticket in [&ticket, &other] {
        let mut run = make.run(make.installation_id(), ticket.id);
        run.answers = serde_json::json!([{ "call": "search", "answer": [format!("card {value}")] }]);
        run.log[0].message = format!("read {value}");
        run.fault = Some(Fault::Trap { message: format!("at {value}") });
        let mut decision = make.decision(&run, ticket.id, "d1");
        decision.basis.evidence = vec![value.to_owned()];
        let mut event = make.event(ticket.id, 1);
        event.changes[0].field = "custom.card".to_owned();
        event.changes[0].from = Some(value.to_owned());
        let answer =
            serde_json::json!({ "id": ticket.id.to_string(), "subject": format!("my card is {value}") });
        facts.extend([
            Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None },
            Fact::AddRun(Box::new(run)),
            Fact::AddDecision(Box::new(decision)),
            Fact::AddEvents(vec![event]),
            Fact::Seen {
                source: "answers".to_owned(),
                external_id: ticket.id.to_string(),
                outcome: answer.to_string(),
                at: make.now,
            },
        ]);
        asked.push(ticket.id);
    }
    store.commit(Commit { facts }).await?;
    let values = Strike::new([(value.to_owned(), "[CARD-1]".to_owned())]);
    store.commit(Commit::of(vec![Fact::Strike { ticket_id: ticket.id, values }])).await?;
    for (id, left) in asked.into_iter().zip([0, 6]) {
        let records = (
            store.runs_of(id).await?,
            store.decisions_of(id).await?,
            store.events_of(id).await?,
            store
                .seen("answers", &id.to_string())
                .await?
                .map(|text| serde_json::from_str::<serde_json::Value>(&text).ok()),
        );
        let text = format!("{records:?}");
        same!(text.matches("Kestrel").count(), left);
        same!(text.matches("[CARD-1]").count(), 6 - left);
    }
    Ok(())
}
