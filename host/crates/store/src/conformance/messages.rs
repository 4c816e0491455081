//! Messages, their bytes, the gate's counts, and events.

use domain::clock::{DAY_MS, HOUR_MS};
use domain::event::Event;
use domain::id::EventId;
use domain::message::{AutoClass, Delivery, Message};
use domain::seal::Sealed;
use domain::ticket::Ticket;

use super::{Broken, Sample, Verdict, holds, same};
use crate::{AutomaticCounts, Commit, Fact, Page, Store, StoreError};

async fn ticket(store: &Store, make: &Sample, number: i64) -> Result<Ticket, Broken> {
    ticket_of(store, make, number, None).await
}

async fn ticket_of(store: &Store, make: &Sample, number: i64, inbox: Option<&str>) -> Result<Ticket, Broken> {
    let ticket = Ticket { inbox: inbox.map(str::to_owned), ..make.ticket(number) };
    let put = Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None };
    store.commit(Commit::of(vec![put])).await?;
    Ok(ticket)
}

pub(super) async fn a_message_reads_back_with_its_attachments(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let (first, mut second) =
        (make.message(ticket.id), make.automatic(ticket.id, "ana@example.org", Delivery::Queued));
    second.may_have_arrived = true;
    let attachment = first.attachments.first().cloned().ok_or_else(|| Broken("no attachment".to_owned()))?;
    let sealed = Sealed(vec![0, 1, 2, 255]);
    let facts = vec![
        Fact::AddMessage(Box::new(first.clone())),
        Fact::AddMessage(Box::new(second.clone())),
        Fact::AddBlob { sha256: attachment.sha256.clone(), sealed: sealed.clone() },
        Fact::AddBlob { sha256: attachment.sha256.clone(), sealed: Sealed(vec![9]) },
    ];
    store.commit(Commit { facts }).await?;
    same!(store.message(first.id).await?, Some(first.clone()));
    same!(store.messages(ticket.id).await?, vec![first.clone(), second]);
    same!(store.ticket_of_attachment(attachment.id).await?, Some(ticket.id));
    let file = attachment.id;
    same!(store.attachment(file).await?, Some((attachment, sealed)));
    let mut renamed = first.clone();
    for file in &mut renamed.attachments {
        "[PERSON-1].pdf".clone_into(&mut file.file_name);
    }
    let rename = || Fact::RewriteMessage { was: Box::new(first.clone()), now: Box::new(renamed.clone()) };
    store.commit(Commit::of(vec![rename()])).await?;
    same!(store.message(first.id).await?, Some(renamed.clone()));
    let name = store.attachment(file).await?.map(|(file, _)| file.file_name);
    same!(name, Some("[PERSON-1].pdf".to_owned()));
    same!(store.commit(Commit::of(vec![rename()])).await, Err(StoreError::Stale("message")));
    holds!(store.ticket_of_attachment(make.attachment_id()).await?.is_none());
    holds!(store.attachment(make.attachment_id()).await?.is_none());
    let again = Fact::AddMessage(Box::new(first));
    same!(store.commit(Commit::of(vec![again])).await, Err(StoreError::Conflict("message")));
    Ok(())
}

pub(super) async fn a_message_of_no_ticket_is_refused(store: &Store) -> Verdict {
    let make = Sample::default();
    let message = make.message(make.ticket_id());
    let add = Fact::AddMessage(Box::new(message.clone()));
    same!(store.commit(Commit::of(vec![add])).await, Err(StoreError::Conflict("foreign_key")));
    holds!(store.message(message.id).await?.is_none());
    Ok(())
}

pub(super) async fn what_was_to_be_sent_of_a_forgotten_ticket_is_sent_no_more(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let states = [
        Delivery::Queued,
        Delivery::Sending,
        Delivery::Held,
        Delivery::Sent,
        Delivery::Failed,
        Delivery::None,
    ];
    let messages = states.map(|delivery| make.automatic(ticket.id, "ana@example.org", delivery));
    let facts = messages.into_iter().map(|message| Fact::AddMessage(Box::new(message))).collect();
    store.commit(Commit { facts }).await?;
    store.commit(Commit::of(vec![Fact::ForgetTicket(ticket.id)])).await?;
    let now: Vec<Delivery> = store.messages(ticket.id).await?.into_iter().map(|m| m.delivery).collect();
    let not = Delivery::Suppressed;
    same!(now, [not, not, not, Delivery::Sent, Delivery::Failed, Delivery::None]);
    Ok(())
}

pub(super) async fn delivery_moves_only_from_the_expected_state(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let mut message = make.automatic(ticket.id, "ana@example.org", Delivery::Queued);
    store.commit(Commit::of(vec![Fact::AddMessage(Box::new(message.clone()))])).await?;
    let set = |delivery, expect| Fact::SetDelivery {
        message_id: message.id,
        delivery,
        reason: None,
        expect,
        expect_doubt: None,
        passed_at: None,
        may_have_arrived: None,
    };
    store.commit(Commit::of(vec![set(Delivery::Sending, Some(Delivery::Queued))])).await?;
    let again = store.commit(Commit::of(vec![set(Delivery::Sending, Some(Delivery::Queued))])).await;
    same!(again, Err(StoreError::Stale("delivery")));
    let doubted = Fact::SetDelivery {
        message_id: message.id,
        delivery: Delivery::Queued,
        reason: None,
        expect: Some(Delivery::Sending),
        expect_doubt: Some(true),
        passed_at: None,
        may_have_arrived: None,
    };
    same!(store.commit(Commit::of(vec![doubted])).await, Err(StoreError::Stale("delivery")));
    store.commit(Commit::of(vec![set(Delivery::Sent, None)])).await?;
    message.delivery = Delivery::Sent;
    same!(store.message(message.id).await?, Some(message));
    Ok(())
}

pub(super) async fn that_a_message_may_have_arrived_stays_until_somebody_knows(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let message = make.automatic(ticket.id, "ana@example.org", Delivery::Sending);
    let add = Fact::AddMessage(Box::new(message.clone()));
    store.commit(Commit::of(vec![add])).await?;
    let set = |delivery, may_have_arrived| Fact::SetDelivery {
        message_id: message.id,
        delivery,
        reason: None,
        expect: None,
        expect_doubt: None,
        passed_at: None,
        may_have_arrived,
    };
    for (delivery, said, due) in [
        (Delivery::Sending, None, false),
        (Delivery::Queued, Some(true), true),
        (Delivery::Sending, None, true),
        (Delivery::Sent, Some(false), false),
        (Delivery::Unknown, Some(true), true),
    ] {
        store.commit(Commit::of(vec![set(delivery, said)])).await?;
        let now = store.message(message.id).await?.map(|m| (m.delivery, m.may_have_arrived));
        same!(now, Some((delivery, due)));
    }
    // It is no word of anybody's.
    store.commit(Commit::of(vec![Fact::ForgetTicket(ticket.id)])).await?;
    same!(store.message(message.id).await?.map(|m| m.may_have_arrived), Some(true));
    Ok(())
}

pub(super) async fn held_messages_are_listed_newest_first(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let held: Vec<Message> =
        (0..3).map(|_| make.automatic(ticket.id, "ana@example.org", Delivery::Held)).collect();
    let mut facts: Vec<Fact> = held.iter().map(|m| Fact::AddMessage(Box::new(m.clone()))).collect();
    let queued = make.automatic(ticket.id, "ana@example.org", Delivery::Queued);
    facts.push(Fact::AddMessage(Box::new(queued)));
    store.commit(Commit { facts }).await?;
    let ids = |messages: Vec<Message>| messages.iter().map(|m| m.id).collect::<Vec<_>>();
    same!(ids(store.held_messages(&Page::first(2)).await?), vec![held[2].id, held[1].id]);
    same!(ids(store.held_messages(&Page::after(held[1].id, 2)).await?), vec![held[0].id]);
    same!(store.held_count().await?, 3);
    Ok(())
}

pub(super) async fn messages_that_may_have_arrived_are_listed_newest_first(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let passed = |delivery, ago_ms: i64| {
        let mut message = make.automatic(ticket.id, "ana@example.org", delivery);
        message.passed_at = Some(make.now.plus(-ago_ms));
        message
    };
    let unknown = [HOUR_MS, 3 * HOUR_MS, 2 * HOUR_MS, 2 * DAY_MS].map(|ago| passed(Delivery::Unknown, ago));
    let sent = passed(Delivery::Sent, HOUR_MS);
    let facts = unknown.iter().chain([&sent]).map(|m| Fact::AddMessage(Box::new(m.clone()))).collect();
    store.commit(Commit { facts }).await?;
    let ids = |messages: Vec<Message>| messages.iter().map(|m| m.id).collect::<Vec<_>>();
    let since = make.now.plus(-DAY_MS);
    same!(ids(store.unknown_messages(since, 9).await?), vec![unknown[0].id, unknown[2].id, unknown[1].id]);
    same!(ids(store.unknown_messages(since, 1).await?), vec![unknown[0].id]);
    Ok(())
}

pub(super) async fn message_ids_are_found_in_the_order_asked(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let (a, b) = (make.message(ticket.id), make.message(ticket.id));
    let facts = [&a, &b].map(|m| Fact::AddMessage(Box::new(m.clone()))).to_vec();
    store.commit(Commit { facts }).await?;
    let ids: Vec<String> = ["unknown@x".to_owned()]
        .into_iter()
        .chain(b.internet_message_id.clone())
        .chain(a.internet_message_id.clone())
        .collect();
    same!(store.message_by_internet_id(&ids).await?, Some((b.id, ticket.id)));
    holds!(store.message_by_internet_id(&["unknown@x".to_owned()]).await?.is_none());
    holds!(store.message_by_internet_id(&[]).await?.is_none());
    Ok(())
}

pub(super) async fn automatic_messages_are_counted_as_the_gate_wants(store: &Store) -> Verdict {
    let make = Sample::default();
    let now = make.now.plus(DAY_MS);
    let sales = Some("sales");
    let (mine, other) = (ticket_of(store, &make, 1, sales).await?, ticket(store, &make, 2).await?);
    let beside = ticket_of(store, &make, 3, sales).await?;
    let passed = |ticket, to: &str, delivery, ago_ms: i64| {
        let mut message = make.automatic(ticket, to, delivery);
        message.passed_at = Some(now.plus(-ago_ms));
        message
    };
    let early = passed(mine.id, "ana@example.org", Delivery::Sent, 5 * HOUR_MS);
    let mut person = make.message(mine.id);
    person.created_at = now.plus(-5 * HOUR_MS);
    let mut machine = make.message(mine.id);
    machine.auto_class = AutoClass::AutoReplied;
    let mut rows = vec![early, person];
    for delivery in [Delivery::Sent, Delivery::Sending, Delivery::Unknown, Delivery::Failed] {
        rows.push(passed(mine.id, "ana@example.org", delivery, 2 * HOUR_MS));
    }
    // What has not passed the gate does not count, whenever it was written.
    rows.push(make.automatic(mine.id, "ana@example.org", Delivery::Held));
    rows.push(make.automatic(mine.id, "ana@example.org", Delivery::Queued));
    // A machine's answer is no person's: it must not open the budget again.
    rows.push(machine);
    rows.push(passed(other.id, "bob@example.org", Delivery::Sent, HOUR_MS / 2));
    rows.push(passed(other.id, "cy@example.com", Delivery::Sent, 1));
    rows.push(passed(beside.id, "di@example.net", Delivery::Sent, HOUR_MS / 3));
    rows.push(passed(mine.id, "ana@example.org", Delivery::Sent, DAY_MS));
    let mut notice = passed(mine.id, "ana@example.org", Delivery::Sent, 6 * DAY_MS);
    notice.in_reply_to = None;
    rows.push(notice);
    let facts = rows.into_iter().map(|m| Fact::AddMessage(Box::new(m))).collect();
    store.commit(Commit { facts }).await?;
    let counts = store.automatic_counts(mine.id, "ana@example.org", "example.org", now, 99).await?;
    let expected = AutomaticCounts {
        on_ticket_day: 3,
        to_address_day: 4,
        notices_week: 1,
        to_domain_hour: 1,
        of_inbox_hour: 1,
        total_hour: 3,
    };
    same!(counts, expected);
    let counts = store.automatic_counts(mine.id, "ana@example.org", "example.org", now, 2).await?;
    let at_most = AutomaticCounts { on_ticket_day: 2, to_address_day: 2, total_hour: 2, ..expected };
    same!(counts, at_most);
    let counts =
        store.automatic_counts(make.ticket_id(), "no@body", "body", now.plus(2 * DAY_MS), 99).await?;
    same!(counts, AutomaticCounts::default());
    Ok(())
}

pub(super) async fn events_keep_their_sequence(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = make.ticket_id();
    let (first, second) = (make.event(ticket, 1), make.event(ticket, 2));
    let mut house = make.event(ticket, 0);
    house.ticket_id = None;
    house.cause = None;
    let mut house_again = house.clone();
    house_again.id = make.event_id();
    let all = vec![first.clone(), second.clone(), house.clone(), house_again.clone()];
    store.commit(Commit::of(vec![Fact::AddEvents(all.clone())])).await?;
    same!(store.events_of(ticket).await?, vec![first.clone(), second.clone()]);
    same!(store.event(house.id).await?, Some(house));
    let double = Fact::AddEvents(vec![make.event(ticket, 2)]);
    same!(store.commit(Commit::of(vec![double])).await, Err(StoreError::Conflict("event_sequence")));
    let mut sorted = all;
    sorted.sort_by_key(|e| e.id);
    same!(feed(store, None, sorted.len()).await?, sorted);
    same!(store.events(Some(first.id), 1).await?, vec![second]);
    Ok(())
}

/// The feed after an event, asked until it has as many as are expected: others' transactions may hold it up.
async fn feed(store: &Store, after: Option<EventId>, count: usize) -> Result<Vec<Event>, StoreError> {
    let mut found = Vec::new();
    for _ in 0..10_000 {
        found = store.events(after, 100).await?;
        if found.len() >= count {
            break;
        }
    }
    Ok(found)
}

pub(super) async fn who_follows_the_feed_sees_an_event_that_was_decided_early_and_stored_late(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let [early, late, last] = [1, 2, 3].map(|_| make.event(make.ticket_id(), 1));
    let add = |event: &Event| Commit::of(vec![Fact::AddEvents(vec![event.clone()])]);
    store.commit(add(&late)).await?;
    same!(feed(store, None, 1).await?, vec![late.clone()]);
    store.commit(add(&early)).await?;
    store.commit(add(&last)).await?;
    same!(feed(store, Some(late.id), 2).await?, vec![early.clone(), last.clone()]);
    same!(feed(store, Some(early.id), 1).await?, vec![last]);
    Ok(())
}

pub(super) async fn text_with_a_nul_is_stored_without_it(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = ticket(store, &make, 1).await?;
    let mut message = make.message(ticket.id);
    "a\0b".clone_into(&mut message.text);
    store.commit(Commit::of(vec![Fact::AddMessage(Box::new(message.clone()))])).await?;
    same!(store.message(message.id).await?.map(|m| m.text), Some("a\u{fffd}b".to_owned()));
    Ok(())
}
