//! What becomes of a mail that was handed over without an answer, and how long others wait.

use std::sync::Arc;

use channels::{Egress, Memory};
use domain::Actor;
use domain::job::{Job, NewJob};
use domain::message::Direction;
use domain::work::blank_message;
use tokio::task::JoinHandle;

use super::*;
use crate::Settled;
use crate::fixture::{Fixture, NOW, Post};

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
async fn automatic_mail_of_a_process_that_died_is_unknown_the_same_way() {
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
    assert!(message.may_have_arrived);
    assert_eq!(world.later().await, 1);
    let sent = world.now(message.id).await;
    assert_eq!((sent.delivery, sent.may_have_arrived), (Delivery::Sent, false));
    assert!(world.outbox.sent()[0].message_id.starts_with(&message.id.to_string().to_lowercase()));
}

#[tokio::test]
async fn a_persons_mail_that_nobody_answered_twice_is_unknown_and_says_where_to_look() {
    let world = World::new().await;
    world.outbox.fail_next(unanswered());
    world.outbox.fail_next(ChannelError::transient("mail server: transient error (452)"));
    world.outbox.fail_next(unanswered());
    let id = world.answered(false, Delivery::Queued).await.id;
    world.later().await;
    let between = world.now(id).await;
    assert_eq!(between.delivery, Delivery::Queued, "the server's own word between the two");
    let reason = between.delivery_reason.unwrap();
    assert!(between.may_have_arrived && reason.ends_with("(452); it will be tried again"), "{reason}");
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

#[tokio::test]
async fn a_persons_mail_that_two_processes_died_with_is_not_sent_a_third_time() {
    let post = Post::that_has_it(true);
    let house = Box::pin(Fixture::sending(Arc::clone(&post) as Arc<dyn Egress>)).await;
    let ticket = house.ticket("ana@example.org").await;
    let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
    let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    message.to_address = Some("ana@example.org".to_owned());
    message.text = "Three days.".to_owned();
    (message.automatic, message.delivery) = (false, Delivery::Queued);
    let deliver = Fact::Enqueue(NewJob::deliver(id, NOW));
    house.facts(vec![Fact::AddMessage(Box::new(message)), deliver]).await;
    for noted in [None, Some(format!("{STOPPED}{AGAIN}"))] {
        tokio::select! {
            _ = house.desk.settle() => panic!("it was not sent"),
            () = post.has_one() => {}
        }
        let message = house.store.message(id).await.unwrap().unwrap();
        assert_eq!((message.delivery, message.delivery_reason), (Delivery::Sending, noted));
        house.clock.advance(5 * HOUR_MS);
    }
    house.desk.settle().await.unwrap();
    assert_eq!(post.begun.available_permits(), 0, "it was sent a third time");
    let message = house.store.message(id).await.unwrap().unwrap();
    assert_eq!(message.delivery, Delivery::Unknown);
    let reason = message.delivery_reason.unwrap();
    assert!(
        reason.starts_with("the process stopped while handing it over; it is not sent again"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_persons_mail_whose_last_try_nobody_answered_is_unknown_rather_than_failed() {
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
async fn a_persons_mail_that_may_have_arrived_is_unknown_rather_than_failed_when_it_is_refused_then() {
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

/// A mail that is to be sent, the job to do it, and the desk that has it.
struct Due {
    house: Fixture,
    id: MessageId,
    lease: Lease,
}

impl Due {
    async fn by(egress: Arc<dyn Egress>, automatic: bool) -> Self {
        let house = Box::pin(Fixture::sending(egress)).await;
        let id = queued(&house, automatic).await;
        let lease = claimed(&house, NOW).await;
        Self { house, id, lease }
    }

    async fn work(&self) -> Outcome {
        let _working = self.house.desk.0.handing.work(&self.lease);
        Box::pin(self.house.desk.work_deliver(&self.lease, self.id)).await.unwrap()
    }

    async fn message(&self) -> Message {
        self.house.store.message(self.id).await.unwrap().unwrap()
    }
}

/// A message that waits to be delivered.
async fn queued(house: &Fixture, automatic: bool) -> MessageId {
    let ticket = house.ticket("ana@example.org").await;
    house.desk.settle().await.unwrap();
    let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
    let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    message.to_address = Some("ana@example.org".to_owned());
    message.in_reply_to = Some("question@example.org".to_owned());
    message.text = "Three days.".to_owned();
    message.passed_at = Some(NOW);
    (message.automatic, message.delivery) = (automatic, Delivery::Queued);
    let deliver = Fact::Enqueue(NewJob::deliver(id, NOW));
    house.facts(vec![Fact::AddMessage(Box::new(message)), deliver]).await;
    id
}

/// The delivery that somebody takes up at this time.
async fn claimed(house: &Fixture, at: Timestamp) -> Lease {
    let leases = house.store.claim("somebody", 9, at, 30_000).await.unwrap();
    leases.into_iter().find(|lease| matches!(lease.job, Job::Deliver { .. })).expect("no delivery is due")
}

#[tokio::test]
async fn what_was_handed_over_is_told_to_whoever_took_the_job_up_meanwhile() {
    for has_decided in [false, true] {
        let post = Post::that_has_it(true);
        let due = Due::by(Arc::clone(&post) as Arc<dyn Egress>, true).await;
        let other = async {
            post.has_one().await;
            let next = claimed(&due.house, NOW.plus(60_000)).await;
            if has_decided {
                Box::pin(due.house.desk.work_deliver(&next, due.id)).await.unwrap();
                assert_eq!(due.message().await.delivery, Delivery::Unknown);
            }
            post.answers.add_permits(1);
            next
        };
        let (ended, next) = tokio::join!(due.work(), other);
        assert!(matches!(ended, Outcome::Lost));
        let message = due.message().await;
        assert_eq!((message.delivery, message.may_have_arrived), (Delivery::Sent, false));
        let next = Box::pin(due.house.desk.work_deliver(&next, due.id)).await.unwrap();
        assert!(matches!(next, Outcome::Done(_)));
        assert_eq!(post.outbox.sent().len(), 1);
    }
}

#[tokio::test]
async fn who_knows_nothing_does_not_write_over_what_somebody_else_knows() {
    let post = Post::that_has_it(true);
    post.outbox.fail_next(unanswered());
    let due = Due::by(Arc::clone(&post) as Arc<dyn Egress>, true).await;
    let other = async {
        post.has_one().await;
        due.house.facts(vec![set(&due.message().await, Delivery::Sent, None, None)]).await;
        post.answers.add_permits(1);
    };
    let (ended, ()) = tokio::join!(due.work(), other);
    assert!(matches!(ended, Outcome::Done(_)), "that is the end of the job as well");
    assert_eq!(due.message().await.delivery, Delivery::Sent);
}

/// A house whose worker hands a mail over; its leases are short.
struct UnderWay {
    house: Fixture,
    post: Arc<Post>,
    id: MessageId,
    works: JoinHandle<Settled>,
}

impl UnderWay {
    async fn begin(automatic: bool) -> Self {
        let post = Post::that_has_it(true);
        let house = Box::pin(Fixture::leasing(Arc::clone(&post) as Arc<dyn Egress>, 300)).await;
        let id = queued(&house, automatic).await;
        let desk = house.desk.clone();
        let works = tokio::spawn(async move { desk.settle().await.unwrap() });
        post.has_one().await;
        Self { house, post, id, works }
    }

    /// Lets the lease run out, and another worker of the same process look for jobs before a heartbeat does.
    async fn outlive_the_lease(&self) {
        self.house.clock.advance(60_000);
        assert_eq!(self.found_by_another_worker().await, 0);
        tokio::time::sleep(std::time::Duration::from_millis(350)).await;
    }

    /// How many jobs another worker of the same process finds.
    async fn found_by_another_worker(&self) -> u64 {
        self.house.desk.settle().await.unwrap().jobs
    }

    async fn message(&self) -> Message {
        self.house.store.message(self.id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_mail_that_is_being_handed_over_outlives_its_lease_and_is_not_begun_again() {
    for automatic in [true, false] {
        let under_way = UnderWay::begin(automatic).await;
        under_way.outlive_the_lease().await;
        assert_eq!(under_way.message().await.delivery, Delivery::Sending);
        under_way.post.answers.add_permits(9);
        let message = under_way.id;
        let UnderWay { house, post, works, .. } = under_way;
        assert_eq!(works.await.unwrap().failures, 0);
        let message = house.store.message(message).await.unwrap().unwrap();
        assert_eq!((message.delivery, post.outbox.sent().len()), (Delivery::Sent, 1));
        let left = house.store.claim("somebody", 9, NOW.plus(HOUR_MS), 30_000).await.unwrap();
        assert!(left.is_empty(), "its job has ended: {left:?}");
    }
}

#[tokio::test]
async fn a_refusal_for_now_keeps_its_wait_though_the_lease_was_claimed_anew_meanwhile() {
    let under_way = UnderWay::begin(true).await;
    under_way.post.outbox.fail_next(ChannelError::transient("mail server: transient error (452)"));
    under_way.outlive_the_lease().await;
    under_way.post.answers.add_permits(1);
    let UnderWay { house, works, .. } = under_way;
    works.await.unwrap();
    let at = |ms: i64| house.store.claim("somebody", 9, NOW.plus(60_000 + ms), 30_000);
    assert!(at(59_000).await.unwrap().is_empty());
    let again = at(61_000).await.unwrap();
    assert_eq!(again.iter().map(|lease| lease.attempts).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_job_that_somebody_else_has_settled_ends_with_the_lease_that_was_claimed_meanwhile() {
    let under_way = UnderWay::begin(true).await;
    under_way.post.outbox.fail_next(unanswered());
    under_way.outlive_the_lease().await;
    under_way.house.facts(vec![set(&under_way.message().await, Delivery::Failed, None, None)]).await;
    under_way.post.answers.add_permits(1);
    let UnderWay { house, works, .. } = under_way;
    assert_eq!(works.await.unwrap().failures, 0);
    let left = house.store.claim("somebody", 9, NOW.plus(HOUR_MS), 30_000).await.unwrap();
    assert!(left.is_empty(), "its lane waits for nobody: {left:?}");
}

#[tokio::test]
async fn a_refusal_for_now_keeps_its_wait_though_the_disk_was_full_for_longer_than_the_lease() {
    let post = Post::that_has_it(true);
    post.outbox.fail_next(ChannelError::transient("mail server: transient error (452)"));
    let due = Due::by(Arc::clone(&post) as Arc<dyn Egress>, true).await;
    let outage = async {
        post.has_one().await;
        due.house.store.refuse_commits(1);
        due.house.clock.advance(60_000);
        // Takes nothing: the clock that leases go by goes on.
        assert!(due.house.store.claim("nobody", 0, NOW.plus(60_000), 30_000).await.unwrap().is_empty());
        post.answers.add_permits(1);
    };
    let (ended, ()) = tokio::join!(due.work(), outage);
    assert!(matches!(ended, Outcome::Committed));
    assert_eq!((due.message().await.delivery, due.house.store.refused_commits()), (Delivery::Queued, 1));
    let at = |ms: i64| due.house.store.claim("somebody", 9, NOW.plus(60_000 + ms), 30_000);
    assert!(at(59_000).await.unwrap().is_empty());
    let again = at(61_000).await.unwrap();
    assert_eq!(again.iter().map(|lease| lease.attempts).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_mail_whose_mark_got_no_answer_has_not_left_and_leaves_later() {
    for automatic in [true, false] {
        let outbox = Arc::new(Memory::new());
        let due = Due::by(Arc::clone(&outbox) as Arc<dyn Egress>, automatic).await;
        due.house.store.lose_answers(1);
        assert!(matches!(due.work().await, Outcome::Committed));
        let message = due.message().await;
        assert_eq!((message.delivery, message.may_have_arrived), (Delivery::Queued, false));
        assert_eq!(outbox.sent().len(), 0);
        due.house.clock.advance(HOUR_MS);
        due.house.desk.settle().await.unwrap();
        assert_eq!((due.message().await.delivery, outbox.sent().len()), (Delivery::Sent, 1));
    }
}

#[tokio::test]
async fn a_second_try_whose_note_got_no_answer_is_no_doubt_more() {
    let outbox = Arc::new(Memory::new());
    let due = Due::by(Arc::clone(&outbox) as Arc<dyn Egress>, false).await;
    due.house.facts(vec![set(&due.message().await, Delivery::Sending, None, None)]).await;
    due.house.store.lose_answers(1);
    assert!(matches!(due.work().await, Outcome::Committed));
    let message = due.message().await;
    assert_eq!((message.delivery, message.may_have_arrived), (Delivery::Sending, false));
    due.house.clock.advance(HOUR_MS);
    due.house.desk.settle().await.unwrap();
    assert_eq!((due.message().await.delivery, outbox.sent().len()), (Delivery::Sent, 1));
}

#[tokio::test]
async fn a_mark_is_taken_back_only_while_the_lane_is_held() {
    let due = Due::by(Arc::new(Memory::new()), true).await;
    let message = due.message().await;
    let taken_back = |lease: Lease| {
        let (desk, message) = (due.house.desk.clone(), message.clone());
        async move { desk.unmark(&lease, &message, "no answer").await.unwrap() }
    };
    let next = claimed(&due.house, NOW.plus(60_000)).await;
    due.house.facts(vec![set(&message, Delivery::Sending, None, None)]).await;
    assert!(matches!(taken_back(due.lease.clone()).await, Outcome::Lost));
    assert_eq!(due.message().await.delivery, Delivery::Sending, "that is somebody else's mark");
    due.house.facts(vec![set(&message, Delivery::Queued, None, None)]).await;
    assert!(matches!(taken_back(next).await, Outcome::Committed), "it was not written at all");
    assert_eq!(claimed(&due.house, NOW.plus(120_000)).await.attempts, 1);
}

#[tokio::test]
async fn that_a_mail_was_sent_is_told_once_though_the_answer_to_that_was_lost() {
    let post = Post::that_has_it(true);
    let due = Due::by(Arc::clone(&post) as Arc<dyn Egress>, true).await;
    let lost = async {
        post.has_one().await;
        due.house.store.lose_answers(1);
        post.answers.add_permits(1);
    };
    let (ended, ()) = tokio::join!(due.work(), lost);
    assert!(matches!(ended, Outcome::Done(_)));
    let message = due.message().await;
    let events = due.house.store.events_of(message.ticket_id).await.unwrap();
    let told = events.iter().filter(|event| event.kind == EventType::MessageSent).count();
    assert_eq!((message.delivery, told), (Delivery::Sent, 1));
}

#[tokio::test]
async fn what_became_of_a_mail_outlives_a_full_disk_and_comes_before_all_other_work() {
    let under_way = UnderWay::begin(true).await;
    // Other work that could be begun.
    under_way.house.ticket("ben@example.org").await;
    assert!(!under_way.house.desk.waits_to_write());
    under_way.house.store.refuse_commits(2);
    under_way.post.answers.add_permits(1);
    let is_refused = async {
        while under_way.house.store.refused_commits() == 0 || !under_way.house.desk.waits_to_write() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), is_refused).await.expect("it was not tried");
    under_way.outlive_the_lease().await;
    let id = under_way.id;
    let UnderWay { house, post, works, .. } = under_way;
    assert_eq!(works.await.unwrap().failures, 0);
    assert!(!house.desk.waits_to_write());
    let message = house.store.message(id).await.unwrap().unwrap();
    assert_eq!((message.delivery, post.outbox.sent().len()), (Delivery::Sent, 1));
}

#[tokio::test]
async fn a_second_try_that_cannot_be_noted_does_not_leave() {
    let outbox = Arc::new(Memory::new());
    let due = Due::by(Arc::clone(&outbox) as Arc<dyn Egress>, false).await;
    due.house.facts(vec![set(&due.message().await, Delivery::Sending, None, None)]).await;
    due.house.store.refuse_commits(1);
    let ended = Box::pin(due.house.desk.work_deliver(&due.lease, due.id)).await;
    assert!(matches!(ended, Err(DeskError::Store(StoreError::Full))));
    claimed(&due.house, NOW.plus(60_000)).await;
    let ended = Box::pin(due.house.desk.work_deliver(&due.lease, due.id)).await;
    assert!(matches!(ended, Err(DeskError::Store(StoreError::Stale("lease")))));
    assert_eq!(outbox.sent().len(), 0);
}

#[tokio::test]
async fn a_process_that_stops_while_the_gate_is_asked_hands_nothing_over() {
    let outbox = Arc::new(Memory::new());
    let due = Due::by(Arc::clone(&outbox) as Arc<dyn Egress>, true).await;
    let gate = due.house.desk.0.gate.lock().await;
    let stop = async {
        while !due.house.desk.0.handing.has(&due.lease) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        due.house.desk.0.ending.begin();
        drop(gate);
    };
    let (ended, ()) = tokio::join!(due.work(), stop);
    assert!(matches!(ended, Outcome::Committed));
    assert_eq!((due.message().await.delivery, outbox.sent().len()), (Delivery::Queued, 0));
    assert_eq!(claimed(&due.house, NOW).await.attempts, 0, "that was no try");
}

#[tokio::test]
async fn a_process_that_stops_begins_no_delivery_and_puts_it_back_at_once() {
    let outbox = Arc::new(Memory::new());
    let due = Due::by(Arc::clone(&outbox) as Arc<dyn Egress>, false).await;
    due.house.desk.0.ending.begin();
    assert!(matches!(due.work().await, Outcome::Committed));
    assert_eq!((due.message().await.delivery, outbox.sent().len()), (Delivery::Queued, 0));
    assert_eq!(claimed(&due.house, NOW).await.attempts, 0, "that was no try");
}

/// What is known of a mail whose process had to stop while it was handed over.
async fn cut(whole: bool, automatic: bool) -> (Due, Message) {
    let post = Post::that_has_it(whole);
    let due = Due::by(Arc::clone(&post) as Arc<dyn Egress>, automatic).await;
    let stop = async {
        post.has_one().await;
        due.house.desk.0.ending.begin();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert_eq!(due.message().await.delivery, Delivery::Sending, "it has its time");
        due.house.desk.cut_deliveries();
    };
    let (ended, ()) = tokio::join!(due.work(), stop);
    assert!(matches!(ended, Outcome::Committed));
    let message = due.message().await;
    (due, message)
}

#[tokio::test]
async fn a_mail_that_was_not_whole_when_time_was_over_waits_for_the_next_start() {
    for automatic in [true, false] {
        let (due, message) = cut(false, automatic).await;
        assert_eq!((message.delivery, message.may_have_arrived), (Delivery::Queued, false));
        assert_eq!(message.delivery_reason, None);
        assert_eq!(claimed(&due.house, NOW).await.attempts, 0, "that was no try");
    }
}

#[tokio::test]
async fn a_whole_mail_that_nobody_answered_when_time_was_over_may_have_arrived() {
    let (_, automatic) = cut(true, true).await;
    assert_eq!((automatic.delivery, automatic.may_have_arrived), (Delivery::Unknown, true));
    let (_, persons) = cut(true, false).await;
    assert_eq!((persons.delivery, persons.may_have_arrived), (Delivery::Queued, true));
    let reason = persons.delivery_reason.unwrap();
    assert!(
        reason.starts_with("the process stopped while handing it over; whether it was taken"),
        "{reason}"
    );
    assert!(reason.ends_with("it is sent again with the same Message-ID"), "{reason}");
    let told = domain::story::Tongue::German.tell(&reason);
    assert!(told.starts_with("der Prozess endete beim Übergeben; ob sie angenommen wurde"), "{told}");
}

#[tokio::test]
async fn who_waits_for_a_place_is_called_when_one_becomes_free() {
    let post = Post::that_has_it(true);
    let house = Box::pin(Fixture::sending(Arc::clone(&post) as Arc<dyn Egress>)).await;
    let first = queued(&house, false).await;
    let first = house.store.message(first).await.unwrap().unwrap();
    // One more than there are places.
    for _ in 0..3 {
        let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
        let next = Fact::AddMessage(Box::new(Message { id, ..first.clone() }));
        house.facts(vec![next, Fact::Enqueue(NewJob::deliver(id, NOW))]).await;
    }
    let desk = house.desk.clone();
    let works = tokio::spawn(async move { desk.settle().await.unwrap() });
    let one_waits = async {
        for _ in 0..3 {
            post.has_one().await;
        }
        while house.store.queue(NOW).await.unwrap().waiting == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), one_waits).await.expect("none was put back");
    post.answers.add_permits(4);
    // The clock stands still: by itself it would not come.
    works.await.unwrap();
    assert_eq!(post.outbox.sent().len(), 4);
}
