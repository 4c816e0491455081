//! What becomes of what came in while automation was off. No plugin is loaded: the notes are written by hand.

use domain::event::EventType;
use domain::id::MessageId;
use domain::ticket::Field;

use super::*;
use crate::TicketChange;
use crate::fixture::{Fixture, agent};

/// A ticket about which no plugin was asked.
async fn passed_over(house: &Fixture, email: &str) -> Ticket {
    let id = house.ticket(email).await.id;
    let story = house.store.events_of(id).await.unwrap();
    let events: Vec<EventId> = story.iter().filter(|e| missed::counts(e.kind)).map(|e| e.id).collect();
    assert_eq!(events.len(), 2, "it came to be, and a message came");
    let mut work = Work::on(house.store.ticket(id).await.unwrap().unwrap());
    missed::note(&mut work, &house.desk.stamp(Actor::system()), &events);
    let facts = house.desk.work_facts(std::slice::from_mut(&mut work)).await;
    house.facts(facts).await;
    work.ticket
}

async fn switch(house: &Fixture, on: bool) {
    house.desk.set_automation(on, agent()).await.unwrap();
}

async fn made_up(house: &Fixture) -> usize {
    house.desk.make_up().await.unwrap()
}

#[tokio::test]
async fn what_nobody_dealt_with_is_made_up_for_once_however_often_automation_is_switched_on() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    for name in ["ana", "ben"] {
        passed_over(&house, &format!("{name}@example.org")).await;
    }
    let eva = passed_over(&house, "eva@example.org").await;
    let change = TicketChange::SetField { field: Field::Priority, value: "high".to_owned() };
    house.desk.change_ticket(eva.id, vec![change], None, agent()).await.unwrap();
    house.clock.advance(HOUR_MS);
    assert_eq!(made_up(&house).await, 0, "it is still off");

    switch(&house, true).await;
    assert_eq!(made_up(&house).await, 0, "another host may not know of it yet");
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 4);
    assert_eq!(house.store.queue(house.desk.now()).await.unwrap().ready, 2, "each ticket has its lane");
    for _ in 0..2 {
        switch(&house, true).await;
        house.clock.advance(KNOWN_AFTER_MS);
        assert_eq!(made_up(&house).await, 0);
    }
    switch(&house, false).await;
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 0, "a gap that reaches over the one before makes up for nothing twice");
}

#[tokio::test]
async fn what_is_left_to_people_stays_theirs() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    passed_over(&house, "ana@example.org").await;
    house.desk.set_automation_on_leaving_missed(agent()).await.unwrap();
    assert!(house.desk.automation_on().await);
    house.clock.advance(HOUR_MS);
    assert_eq!(made_up(&house).await, 0);
    switch(&house, false).await;
    switch(&house, true).await;
    house.clock.advance(HOUR_MS);
    assert_eq!(made_up(&house).await, 0);
}

#[tokio::test]
async fn what_was_not_made_up_for_before_automation_went_off_again_is_made_up_for_later() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    passed_over(&house, "ana@example.org").await;
    for on in [true, false] {
        house.clock.advance(HOUR_MS);
        switch(&house, on).await;
    }
    house.clock.advance(HOUR_MS);
    assert_eq!(made_up(&house).await, 0);
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 2);
}

#[tokio::test]
async fn what_comes_in_now_goes_before_what_is_made_up_for() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    passed_over(&house, "ana@example.org").await;
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    let now = house.desk.now();
    let job = |_| Fact::Enqueue(NewJob::deliver(MessageId::mint(house.desk.0.ids.as_ref(), now), now));
    house.facts((0..=READY_MAX).map(job).collect()).await;
    assert_eq!(made_up(&house).await, 0);
    house.desk.settle().await.unwrap();
    assert_eq!(made_up(&house).await, 2);
}

#[tokio::test]
async fn an_answer_is_late_an_hour_after_what_it_answers_and_only_where_automation_was_off() {
    let house = Fixture::new().await;
    let on_time = house.ticket("ben@example.org").await;
    let ticket = passed_over(&house, "ana@example.org").await;
    let late = async |ticket: &Ticket| {
        let story = house.store.events_of(ticket.id).await.unwrap();
        let received = story.iter().find(|e| e.kind == EventType::MessageReceived).unwrap();
        house.desk.is_late(received, ticket).await.unwrap()
    };
    house.clock.advance(HOUR_MS - 1);
    assert!(!late(&ticket).await);
    house.clock.advance(1);
    assert!(late(&ticket).await);
    assert!(!late(&on_time).await, "the queue was long, nobody switched anything off");
}
