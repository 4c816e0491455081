//! What becomes of a mail that was handed over without an answer, and how long others wait.

use std::sync::Arc;

use channels::{Egress, Memory, Receipt};
use domain::job::NewJob;
use domain::message::Direction;
use domain::work::blank_message;
use tokio::sync::Semaphore;

use super::*;
use crate::fixture::{Fixture, NOW};

#[test]
fn delivery_backs_off_to_four_hours() {
    assert_eq!(backoff_ms(0), 60_000);
    assert_eq!(backoff_ms(100), 4 * HOUR_MS);
}

/// A desk and its way out.
struct World {
    house: Fixture,
    outbox: Arc<Memory>,
}

impl World {
    async fn new() -> Self {
        let outbox = Arc::new(Memory::new());
        let house = Box::pin(Fixture::sending(Arc::clone(&outbox) as Arc<dyn Egress>)).await;
        Self { house, outbox }
    }

    /// An answer that is to be sent, or was being sent when the process died; what has become of it.
    async fn answered(&self, automatic: bool, delivery: Delivery) -> Message {
        let ticket = self.house.ticket("ana@example.org").await;
        let id = MessageId::mint(self.house.desk.0.ids.as_ref(), NOW);
        let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
        message.to_address = Some("ana@example.org".to_owned());
        message.in_reply_to = Some("question@example.org".to_owned());
        message.text = "Three days.".to_owned();
        message.passed_at = Some(NOW);
        (message.automatic, message.delivery) = (automatic, delivery);
        let deliver = Fact::Enqueue(NewJob::deliver(id, NOW));
        self.house.facts(vec![Fact::AddMessage(Box::new(message)), deliver]).await;
        self.house.desk.settle().await.unwrap();
        self.now(id).await
    }

    async fn now(&self, id: MessageId) -> Message {
        self.house.store.message(id).await.unwrap().unwrap()
    }

    /// Works what is due after some hours; how many mails have left by then.
    async fn later(&self) -> usize {
        self.house.clock.advance(5 * HOUR_MS);
        self.house.desk.settle().await.unwrap();
        self.outbox.sent().len()
    }
}

fn unanswered() -> ChannelError {
    ChannelError::Unknown { why: "mail server: no answer to the whole mail within 600000 ms".to_owned() }
}

#[tokio::test]
async fn automatic_mail_that_nobody_answered_is_not_sent_twice_and_says_where_to_look() {
    let world = World::new().await;
    world.outbox.fail_next(unanswered());
    let message = world.answered(true, Delivery::Queued).await;
    assert_eq!(message.delivery, Delivery::Unknown);
    let reason = message.delivery_reason.unwrap();
    let begins = message.id.to_string().to_lowercase();
    assert!(
        reason.contains("600000 ms; whether it was taken is not known; automatic mail is not"),
        "{reason}"
    );
    assert!(reason.contains(&format!("Message-ID that begins with {begins}, and write again")), "{reason}");
    let told = domain::story::Tongue::German.tell(&reason);
    assert!(told.starts_with("Mailserver: keine Antwort auf die ganze Mail binnen 600000 ms; ob"), "{told}");
    assert_eq!(world.later().await, 0);
}

#[tokio::test]
async fn automatic_mail_of_a_process_that_died_is_left_open_the_same_way() {
    let world = World::new().await;
    let message = world.answered(true, Delivery::Sending).await;
    assert_eq!(message.delivery, Delivery::Unknown);
    let reason = message.delivery_reason.unwrap();
    assert!(
        reason.starts_with("the process stopped while handing it over; automatic mail is not"),
        "{reason}"
    );
    assert_eq!(world.later().await, 0);
}

#[tokio::test]
async fn a_persons_mail_that_nobody_answered_is_sent_again_under_its_name() {
    let world = World::new().await;
    world.outbox.fail_next(unanswered());
    let message = world.answered(false, Delivery::Queued).await;
    assert_eq!(message.delivery, Delivery::Queued);
    let reason = message.delivery_reason.unwrap();
    assert!(reason.ends_with("not known; it is sent again with the same Message-ID"), "{reason}");
    assert_eq!(world.later().await, 1);
    assert_eq!(world.now(message.id).await.delivery, Delivery::Sent);
    assert!(world.outbox.sent()[0].message_id.starts_with(&message.id.to_string().to_lowercase()));
}

#[tokio::test]
async fn a_persons_mail_that_nobody_answered_twice_is_left_open_and_says_where_to_look() {
    let world = World::new().await;
    world.outbox.fail_next(unanswered());
    world.outbox.fail_next(ChannelError::transient("mail server: transient error (452)"));
    world.outbox.fail_next(unanswered());
    let id = world.answered(false, Delivery::Queued).await.id;
    world.later().await;
    assert_eq!(world.now(id).await.delivery, Delivery::Queued, "the server's own word between the two");
    assert_eq!(world.later().await, 0);
    let message = world.now(id).await;
    assert_eq!(message.delivery, Delivery::Unknown);
    let reason = message.delivery_reason.unwrap();
    assert!(reason.contains("is not known; it is not sent again: look in the mail server's log"), "{reason}");
    let told = domain::story::Tongue::German.tell(&reason);
    assert!(told.contains("nicht bekannt; sie wird nicht noch einmal gesendet: im Log"), "{told}");
    assert_eq!(world.later().await, 0);
}

#[tokio::test]
async fn a_persons_mail_that_a_process_died_with_counts_as_not_answered_once() {
    let world = World::new().await;
    let message = world.answered(false, Delivery::Sending).await;
    assert_eq!((message.delivery, world.outbox.sent().len()), (Delivery::Sent, 1));
    world.outbox.fail_next(unanswered());
    let message = world.answered(false, Delivery::Sending).await;
    assert_eq!(message.delivery, Delivery::Unknown);
}

/// A mail server that takes every mail and answers none: the process dies while it waits.
struct Deaf(Semaphore);

#[async_trait::async_trait]
impl Egress for Deaf {
    fn name(&self) -> &'static str {
        "deaf"
    }

    async fn send(&self, _: &Outgoing) -> Result<Receipt, ChannelError> {
        self.0.add_permits(1);
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_persons_mail_that_two_processes_died_with_is_not_sent_a_third_time() {
    let deaf = Arc::new(Deaf(Semaphore::new(0)));
    let house = Box::pin(Fixture::sending(Arc::clone(&deaf) as Arc<dyn Egress>)).await;
    let ticket = house.ticket("ana@example.org").await;
    let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
    let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    message.to_address = Some("ana@example.org".to_owned());
    message.text = "Three days.".to_owned();
    (message.automatic, message.delivery) = (false, Delivery::Queued);
    let deliver = Fact::Enqueue(NewJob::deliver(id, NOW));
    house.facts(vec![Fact::AddMessage(Box::new(message)), deliver]).await;
    for noted in [None, Some(format!("{INTERRUPTED}{SENT_AGAIN}"))] {
        tokio::select! {
            _ = house.desk.settle() => panic!("it was not sent"),
            sent = deaf.0.acquire() => sent.unwrap().forget(),
        }
        let message = house.store.message(id).await.unwrap().unwrap();
        assert_eq!((message.delivery, message.delivery_reason), (Delivery::Sending, noted));
        house.clock.advance(5 * HOUR_MS);
    }
    house.desk.settle().await.unwrap();
    assert_eq!(deaf.0.available_permits(), 0, "it was sent a third time");
    let message = house.store.message(id).await.unwrap().unwrap();
    assert_eq!(message.delivery, Delivery::Unknown);
    let reason = message.delivery_reason.unwrap();
    assert!(
        reason.starts_with("the process stopped while handing it over; it is not sent again"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_persons_mail_whose_last_try_nobody_answered_is_open_rather_than_failed() {
    let world = World::new().await;
    for _ in 0..5 {
        world.outbox.fail_next(ChannelError::transient("mail server: transient error (452)"));
    }
    world.outbox.fail_next(unanswered());
    let id = world.answered(false, Delivery::Queued).await.id;
    for _ in 0..5 {
        assert_eq!(world.now(id).await.delivery, Delivery::Queued);
        world.later().await;
    }
    assert_eq!(world.now(id).await.delivery, Delivery::Unknown);
}

#[tokio::test]
async fn a_persons_mail_that_may_have_arrived_is_open_rather_than_failed_when_it_is_refused_then() {
    let world = World::new().await;
    world.outbox.fail_next(unanswered());
    world.outbox.fail_next(ChannelError::permanent("mail server: permanent error (550)"));
    let id = world.answered(false, Delivery::Queued).await.id;
    assert_eq!(world.later().await, 0);
    let message = world.now(id).await;
    assert_eq!(message.delivery, Delivery::Unknown);
    let reason = message.delivery_reason.unwrap();
    assert!(reason.contains("(550); it is not sent again: look in the mail server's log"), "{reason}");
}

#[tokio::test]
async fn what_the_server_refused_for_now_is_tried_again() {
    let world = World::new().await;
    world.outbox.fail_next(ChannelError::transient("mail server: transient error (452)"));
    let message = world.answered(true, Delivery::Queued).await;
    assert_eq!(message.delivery, Delivery::Queued);
    assert_eq!(world.later().await, 1);
    assert_eq!(world.now(message.id).await.delivery, Delivery::Sent);
}
