//! What becomes of jobs that fail, and that a slow one holds up nobody.

use std::sync::Arc;

use channels::Egress;

use super::*;
use crate::fixture::{Fixture, Post, agent};
use crate::{NewMessage, NewMessageKind};

async fn reply(house: &Fixture, email: &str) {
    let ticket = house.ticket(email).await;
    let new = NewMessage {
        kind: NewMessageKind::Reply,
        text: "Here it is.".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    house.desk.post_message(ticket.id, new, None, agent()).await.unwrap();
}

#[tokio::test]
async fn new_work_is_begun_at_once_while_slow_jobs_run() {
    let post = Post::that_has_it(true);
    let house = Fixture::sending(Arc::clone(&post) as Arc<dyn Egress>).await;
    let (_stop, shutdown) = watch::channel(false);
    let worker = Worker::new(house.desk.clone());
    let works = tokio::spawn(async move { worker.run(shutdown).await });
    let soon = Duration::from_secs(5);
    for name in ["ana", "ben", "eva"] {
        reply(&house, &format!("{name}@example.org")).await;
        tokio::time::timeout(soon, post.has_one()).await.expect("it was not begun");
    }
    works.abort();
}

#[tokio::test]
async fn a_worker_ends_when_nobody_can_stop_it_any_more() {
    let house = Fixture::new().await;
    let (stop, shutdown) = watch::channel(false);
    drop(stop);
    let run = Worker::new(house.desk.clone());
    tokio::time::timeout(Duration::from_secs(5), run.run(shutdown)).await.unwrap();
}

#[tokio::test]
async fn a_job_is_buried_for_its_own_fault_only_and_can_be_taken_up_again() {
    let house = Fixture::new().await;
    reply(&house, "ana@example.org").await;
    let claim = async || {
        house.clock.advance(10 * domain::clock::HOUR_MS);
        let mut lease = house.desk.claim(1).await.unwrap().pop().unwrap();
        lease.attempts = HOUSE_ATTEMPTS_MAX * 5;
        lease
    };
    let full = || DeskError::Store(StoreError::Full);
    for passing in [full(), DeskError::Busy("the ticket")] {
        house.desk.put_back(&claim().await, &passing).await;
        assert!(house.store.dead_jobs(&store::Page::first(9)).await.unwrap().is_empty(), "{passing}");
    }
    let lease = claim().await;
    house.desk.put_back(&lease, &DeskError::Seal).await;
    let (lane, sequence) = (lease.lane.as_str(), lease.sequence);
    assert!(house.store.dead_job(lane, sequence).await.unwrap().is_some());
    house.desk.retry_dead(lane, sequence, agent()).await.unwrap();
    let again = house.desk.retry_dead(lane, sequence, agent()).await;
    assert!(matches!(again, Err(DeskError::Missing { .. })), "{again:?}");
    assert_eq!(claim().await.job, lease.job);
}
