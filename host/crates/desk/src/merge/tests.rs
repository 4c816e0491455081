//! Merged tickets on a desk without plugins: where mail goes, what is refused, what is taken back.

use domain::Refusal;
use domain::id::MessageId;
use domain::job::NewJob;
use domain::message::{Delivery, Direction, Message};
use domain::ticket::{Field, StatusCategory};
use domain::work::blank_message;

use super::*;
use crate::fixture::{Fixture, NOW, agent};
use crate::thread::reply_token;
use crate::{NewMessage, NewMessageKind, TicketChange};

/// A message of ours on a ticket of Ana's; who wrote it, and how far it has got.
async fn ours(house: &Fixture, ticket: &Ticket, automatic: bool, delivery: Delivery) -> Message {
    let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
    let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    message.to_address = Some("ana@example.org".to_owned());
    message.internet_message_id = Some(house.desk.0.config.mail.message_id(id, "0123"));
    (message.automatic, message.delivery) = (automatic, delivery);
    house.facts(vec![Fact::AddMessage(Box::new(message.clone()))]).await;
    message
}

async fn merged(house: &Fixture, from: &Ticket, into: &Ticket) -> Ticket {
    house.desk.merge_ticket(from.id, into.number, None, agent()).await.unwrap()
}

async fn now(house: &Fixture, ticket: &Ticket) -> Ticket {
    house.store.ticket(ticket.id).await.unwrap().unwrap()
}

/// Takes in a mail; the ticket that it came to.
async fn take_in(house: &Fixture, mail: &str) -> Ticket {
    let receipt = house.desk.receive_mail("test", mail.as_bytes().to_vec()).await.unwrap();
    house.desk.settle().await.unwrap();
    let intake = house.store.intake(receipt.intake_id).await.unwrap().unwrap();
    house.store.ticket(intake.ticket_id.unwrap()).await.unwrap().unwrap()
}

fn refused<T>(done: Result<T, DeskError>) -> Refusal {
    match done {
        Err(DeskError::Refused(refusal)) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

fn new_message(kind: NewMessageKind) -> NewMessage {
    NewMessage {
        kind,
        text: "It left today.".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    }
}

fn set_status(value: &str) -> Vec<TicketChange> {
    vec![TicketChange::SetField { field: Field::Status, value: value.to_owned() }]
}

#[tokio::test]
async fn whatever_leads_to_a_merged_ticket_leads_to_where_it_goes_on() {
    let house = Fixture::new().await;
    let home = house.ticket("ana@example.org").await;
    let between = house.ticket("ana@example.org").await;
    let last = house.ticket("ana@example.org").await;
    let answer = ours(&house, &last, false, Delivery::Sent).await;
    merged(&house, &last, &between).await;
    merged(&house, &between, &home).await;
    assert_eq!(now(&house, &last).await.merged_into, Some(home.id), "one step, however it came there");
    let id = answer.internet_message_id.unwrap();
    let token = reply_token(&house.desk.0.seal, last.id, "ana@example.org");
    let address = house.desk.0.config.mail.reply_address(last.number, &token).unwrap();
    for mail in [
        format!("From: Ana <ana@example.org>\nIn-Reply-To: <{id}>\nSubject: Re: Parcel\n\none\n"),
        format!("From: ana@example.org\nReferences: <x@y.example> <{id}>\nSubject: Re: Parcel\n\ntwo\n"),
        format!("From: ana@example.org\nSubject: AW: [#{}] Parcel\n\nthree\n", last.number),
        format!("From: ana@example.org\nTo: Support <{address}>\nSubject: something else\n\nfour\n"),
    ] {
        assert_eq!(take_in(&house, &mail).await.number, home.number, "{mail}");
    }
    let stranger = format!("From: eve@evil.example\nIn-Reply-To: <{id}>\nSubject: Re: Parcel\n\nfive\n");
    let own = take_in(&house, &stranger).await;
    assert!(![home.number, between.number, last.number].contains(&own.number));
    assert_eq!(own.custom.get("related"), Some(&format!("#{}", home.number)));
    assert_eq!(house.store.messages(last.id).await.unwrap().len(), 2, "it took nothing any more");
}

#[tokio::test]
async fn a_merged_ticket_takes_nothing_until_the_merge_is_taken_back() {
    let house = Fixture::new().await;
    let home = house.ticket("ana@example.org").await;
    let ticket = house.ticket("ana@example.org").await;
    house.desk.change_ticket(home.id, set_status("solved"), None, agent()).await.unwrap();
    let after = merged(&house, &ticket, &home).await;
    assert_eq!((after.status_category, after.merged_into), (StatusCategory::Closed, Some(home.id)));
    assert_eq!(now(&house, &home).await.status_category, StatusCategory::Open, "somebody waited");
    let desk = &house.desk;
    for refusal in [
        refused(desk.change_ticket(ticket.id, set_status("open"), None, agent()).await),
        refused(desk.post_message(ticket.id, new_message(NewMessageKind::Reply), None, agent()).await),
        refused(desk.post_message(ticket.id, new_message(NewMessageKind::Note), None, agent()).await),
        refused(desk.post_message(ticket.id, new_message(NewMessageKind::Inbound), None, agent()).await),
    ] {
        assert_eq!(refusal.code, "merged");
        assert!(refusal.sentence.contains(&format!("#{}", home.number)), "{}", refusal.sentence);
    }
    assert_eq!(refused(desk.merge_ticket(ticket.id, home.number, None, agent()).await).code, "merged");
    let round = refused(desk.merge_ticket(home.id, ticket.number, None, agent()).await);
    assert_eq!((round.code, round.field.as_deref()), ("same_ticket", Some("into")));
    assert!(round.sentence.contains("goes on as"), "{}", round.sentence);
    assert_eq!(refused(desk.merge_ticket(home.id, 99, None, agent()).await).code, "no_ticket");
    let stale = desk.unmerge_ticket(ticket.id, Some(after.version - 1), agent()).await;
    assert_eq!(refused(stale).code, "version_conflict");
    let back = desk.unmerge_ticket(ticket.id, Some(after.version), agent()).await.unwrap();
    assert_eq!((back.status_category, back.merged_into), (StatusCategory::Open, None));
    assert_eq!(refused(desk.unmerge_ticket(ticket.id, None, agent()).await).code, "not_merged");
    desk.post_message(ticket.id, new_message(NewMessageKind::Note), None, agent()).await.unwrap();
    let told: Vec<&str> =
        house.store.events_of(home.id).await.unwrap().iter().map(|event| event.kind.as_str()).collect();
    assert!(told.contains(&"ticket.took_in") && told.contains(&"ticket.let_go"), "{told:?}");
}

#[tokio::test]
async fn tickets_of_two_customers_are_not_merged() {
    let house = Fixture::new().await;
    let anas = house.ticket("ana@example.org").await;
    let bobs = house.ticket("bob@example.org").await;
    let refusal = refused(house.desk.merge_ticket(anas.id, bobs.number, None, agent()).await);
    assert_eq!((refusal.code, refusal.field.as_deref()), ("other_customer", Some("into")));
    for ticket in [anas, bobs] {
        assert_eq!(now(&house, &ticket).await, ticket);
    }
}

#[tokio::test]
async fn automatic_mail_of_a_merged_ticket_never_leaves() {
    let house = Fixture::new().await;
    let home = house.ticket("ana@example.org").await;
    let ticket = house.ticket("ana@example.org").await;
    let held = ours(&house, &ticket, true, Delivery::Held).await;
    let queued = ours(&house, &ticket, true, Delivery::Queued).await;
    merged(&house, &ticket, &home).await;
    house.facts(vec![Fact::Enqueue(NewJob::deliver(queued.id, NOW))]).await;
    house.desk.settle().await.unwrap();
    for id in [held.id, queued.id] {
        let message = house.store.message(id).await.unwrap().unwrap();
        assert_eq!(
            (message.delivery, message.delivery_reason.as_deref()),
            (Delivery::Suppressed, Some(MERGED))
        );
    }
}

#[tokio::test]
async fn an_answer_goes_on_with_the_customers_newest_mail_wherever_it_arrived() {
    let house = Fixture::new().await;
    let mail = |id: &str| {
        format!(
            "From: Ana <ana@example.org>\nMessage-ID: <{id}@example.org>\nSubject: Parcel\n\nWhere is {id}?\n"
        )
    };
    let home = take_in(&house, &mail("one")).await;
    let ticket = take_in(&house, &mail("two")).await;
    assert_ne!(home.number, ticket.number);
    merged(&house, &ticket, &home).await;
    let reply = new_message(NewMessageKind::Reply);
    let answer = house.desk.post_message(home.id, reply, None, agent()).await.unwrap();
    assert_eq!(answer.in_reply_to.as_deref(), Some("two@example.org"));
    assert_eq!(answer.to_address.as_deref(), Some("ana@example.org"));
    let story = house.desk.story(home.id).await.unwrap().to_string();
    assert!(story.contains(&format!("from #{}", ticket.number)), "{story}");
    let material = house.desk.material(home.id).await.unwrap();
    assert_eq!(material.thread().len(), 3);
}

#[tokio::test]
async fn what_plugins_and_the_gate_see_of_a_ticket_holds_what_was_said_on_merged_ones() {
    let house = Fixture::new().await;
    let home = house.ticket("ana@example.org").await;
    let ticket = house.ticket("ana@example.org").await;
    let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
    let mut answer = blank_message(id, ticket.id, Direction::Outbound, agent(), NOW);
    "Call [PHONE-1].".clone_into(&mut answer.text);
    house.facts(vec![Fact::AddMessage(Box::new(answer))]).await;
    merged(&house, &ticket, &home).await;
    let view = house.store.view(home.id).await.unwrap().unwrap();
    let of: Vec<_> = view.messages.iter().map(|message| message.ticket_id).collect();
    assert_eq!(of, [home.id, ticket.id, ticket.id]);
    let said = view.messages.last().unwrap();
    let told = format!("Call [PHONE-1 of #{}].", ticket.number);
    assert_eq!((said.id, &said.text), (id, &told), "it is another value than the home's own");
    house.desk.unmerge_ticket(ticket.id, None, agent()).await.unwrap();
    assert_eq!(house.store.view(home.id).await.unwrap().unwrap().messages.len(), 1);
}

#[tokio::test]
async fn a_value_that_was_missed_is_taken_out_of_all_tickets_of_one_matter() {
    let house = Fixture::new().await;
    let home = house.ticket("ana@example.org").await;
    let ticket = house.ticket("ana@example.org").await;
    let note = |text: &str| NewMessage { text: text.to_owned(), ..new_message(NewMessageKind::Note) };
    let there = house.desk.post_message(ticket.id, note("Ask Mrs Quandt."), None, agent()).await.unwrap();
    let here = house.desk.post_message(home.id, note("Quandt called."), None, agent()).await.unwrap();
    merged(&house, &ticket, &home).await;
    Box::pin(house.desk.mark_miss(there.id, "Quandt", "PERSON", agent())).await.unwrap();
    let now = async |id| house.store.message(id).await.unwrap().unwrap().text;
    assert_eq!(now(there.id).await, "Ask Mrs [PERSON-1].");
    assert_eq!(now(here.id).await, format!("[PERSON-1 of #{}] called.", ticket.number));
}

#[tokio::test]
async fn a_merged_ticket_is_put_on_legal_hold_and_the_hold_is_ended_there() {
    let house = Fixture::new().await;
    let home = house.ticket("ana@example.org").await;
    let ticket = house.ticket("ana@example.org").await;
    merged(&house, &ticket, &home).await;
    let hold = domain::retention::LEGAL_HOLD.to_owned();
    for (change, held) in [(TicketChange::AddTag(hold.clone()), true), (TicketChange::RemoveTag(hold), false)]
    {
        let after = house.desk.change_ticket(ticket.id, vec![change], None, agent()).await.unwrap();
        assert_eq!(after.tags.contains(domain::retention::LEGAL_HOLD), held);
    }
    let other = vec![TicketChange::AddTag("late".to_owned())];
    assert_eq!(refused(house.desk.change_ticket(ticket.id, other, None, agent()).await).code, "merged");
}
