//! What becomes of what came in while automation was off. No plugin is loaded: the notes are written by hand.

use domain::event::EventType;
use domain::id::MessageId;
use domain::ticket::Field;
use domain::work::Timer;

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
    switch(&house, false).await;
    switch(&house, true).await;
    let on_time = house.ticket("ben@example.org").await;
    let ticket = passed_over(&house, "ana@example.org").await;
    let late =
        async |ticket: &Ticket| house.desk.is_late(&received(&house, ticket).await, ticket).await.unwrap();
    house.clock.advance(HOUR_MS - 1);
    assert!(!late(&ticket).await);
    house.clock.advance(1);
    assert!(late(&ticket).await);
    assert!(!late(&on_time).await, "the queue was long, nobody switched anything off");
}

/// The event with which the ticket's message came in.
async fn received(house: &Fixture, ticket: &Ticket) -> Event {
    let story = house.store.events_of(ticket.id).await.unwrap();
    story.into_iter().find(|e| e.kind == EventType::MessageReceived).unwrap()
}

async fn waits(house: &Fixture) -> i64 {
    house.store.queue(house.desk.now()).await.unwrap().ready
}

#[tokio::test]
async fn what_came_in_while_an_older_build_had_it_off_is_made_up_for_as_well() {
    let house = Fixture::new().await;
    let put = |value: &str| Fact::PutSetting { key: AUTOMATION.to_owned(), value: value.to_owned() };
    house.facts(vec![put("off")]).await;
    house.desk.reload_plugins().await.unwrap();
    assert_eq!(made_up(&house).await, 0, "the worker looks at it as soon as it begins");
    passed_over(&house, "ana@example.org").await;
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 2);

    switch(&house, false).await;
    passed_over(&house, "ben@example.org").await;
    house.facts(vec![put("on")]).await;
    assert_eq!(made_up(&house).await, 0, "it sees that it is on");
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 2);
}

#[tokio::test]
async fn what_was_left_to_people_stays_theirs_when_automation_goes_off_again_at_once() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    passed_over(&house, "ana@example.org").await;
    house.desk.set_automation_on_leaving_missed(agent()).await.unwrap();
    house.clock.advance(SECOND_MS);
    switch(&house, false).await;
    passed_over(&house, "ben@example.org").await;
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 2, "the second one's");
}

#[tokio::test]
async fn what_is_made_up_for_leaves_room_for_what_comes_in() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    for name in ["ana", "ben", "eva"] {
        passed_over(&house, &format!("{name}@example.org")).await;
    }
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    let now = house.desk.now();
    let job = |_| Fact::Enqueue(NewJob::deliver(MessageId::mint(house.desk.0.ids.as_ref(), now), now));
    house.facts((0..READY_MAX - 2).map(job).collect()).await;
    assert_eq!(made_up(&house).await, 2, "there is room for two turns");
    house.desk.settle().await.unwrap();
    assert_eq!(made_up(&house).await, 4, "it goes on where it stopped");
}

#[tokio::test]
async fn turns_that_are_queued_end_with_nothing_done_once_people_have_seen_to_it_or_were_left_it() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    let (ana, ben) =
        (passed_over(&house, "ana@example.org").await, passed_over(&house, "ben@example.org").await);
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 4);
    let is_peoples = async |ticket: &Ticket| {
        let event = received(&house, ticket).await;
        house.desk.is_peoples(&event).await.unwrap()
    };
    assert!(!is_peoples(&ana).await && !is_peoples(&ben).await);
    let change = TicketChange::SetField { field: Field::Priority, value: "high".to_owned() };
    house.desk.change_ticket(ana.id, vec![change], None, agent()).await.unwrap();
    assert!(is_peoples(&ana).await && !is_peoples(&ben).await);
    house.desk.set_automation_on_leaving_missed(agent()).await.unwrap();
    assert!(is_peoples(&ben).await);
}

#[tokio::test]
async fn a_slice_does_not_overtake_whoever_leaves_the_rest_to_people() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    passed_over(&house, "ana@example.org").await;
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    let (read, gap) = house.desk.gap().await.unwrap();
    house.desk.set_automation_on_leaving_missed(agent()).await.unwrap();
    assert_eq!(house.desk.make_up_in(gap, read, house.desk.now()).await.unwrap(), 0);
    assert_eq!(waits(&house).await, 0);
}

#[tokio::test]
async fn a_note_of_a_host_that_heard_late_of_the_switch_is_made_up_for() {
    let house = Fixture::new().await;
    switch(&house, false).await;
    switch(&house, true).await;
    house.clock.advance(KNOWN_AFTER_MS);
    assert_eq!(made_up(&house).await, 0);
    house.clock.advance(10 * MINUTE_MS);
    passed_over(&house, "ana@example.org").await;
    assert_eq!(made_up(&house).await, 2);
    assert!(!house.desk.is_making_up().await.unwrap());
    house.clock.advance(LATE_NOTES_MS);
    passed_over(&house, "ben@example.org").await;
    assert_eq!(made_up(&house).await, 2, "it was not looked at since");
    passed_over(&house, "eva@example.org").await;
    assert_eq!(made_up(&house).await, 0, "nobody writes notes any more");
}

#[tokio::test]
async fn what_is_said_by_a_timer_that_was_set_too_late_is_late_and_by_another_is_not() {
    let house = Fixture::new().await;
    let installation_id = house.installation(|_| ()).await.id;
    switch(&house, false).await;
    let ticket = passed_over(&house, "ana@example.org").await;
    switch(&house, true).await;
    let began_with = received(&house, &ticket).await.id;
    for cause in [None, Some(began_with)] {
        let mut work = Work::on(house.store.ticket(ticket.id).await.unwrap().unwrap());
        let due_at = house.desk.now();
        work.timers.push(Timer { installation_id, key: "k".to_owned(), due_at, depth: 1, cause });
        work.add_tag(&house.desk.stamp(Actor::system()), &format!("t{}", cause.is_some())).unwrap();
        let facts = house.desk.work_facts(std::slice::from_mut(&mut work)).await;
        house.facts(facts).await;
        house.clock.advance(HOUR_MS);
        house.desk.settle().await.unwrap();
        house.clock.advance(HOUR_MS);
        let story = house.store.events_of(ticket.id).await.unwrap();
        let due = story.iter().rev().find(|e| e.kind == EventType::TimerDue).unwrap();
        assert_eq!(house.desk.is_late(due, &ticket).await.unwrap(), cause.is_some());
    }
}
