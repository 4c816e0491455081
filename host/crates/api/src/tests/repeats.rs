//! Idempotency keys.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use axum::body::Body;
use domain::token::Scope::{Admin, Read, Write};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::world::{World, new_ticket};

async fn post(world: &World, key: &str, subject: &str) -> super::world::Answer {
    world.call_with(Write, "POST", "/api/v1/tickets", new_ticket(subject), &[("idempotency-key", key)]).await
}

async fn tickets(world: &World) -> usize {
    world.call(Read, "GET", "/api/v1/tickets", Value::Null).await.ok()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_makes_nothing_new() {
    let world = World::new().await;
    let first = post(&world, "k1", "Parcel").await;
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = post(&world, "k1", "Parcel").await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.json, first.json);
    for name in ["location", "etag"] {
        assert_eq!(again.header(name), first.header(name));
    }
    assert_eq!(post(&world, "k2", "Parcel").await.header("idempotency-replayed"), "");
    assert_eq!(tickets(&world).await, 2);
}

#[tokio::test]
async fn the_same_key_for_another_body_or_route_is_refused() {
    let world = World::new().await;
    let location = post(&world, "k1", "Parcel").await.header("location").to_owned();
    let other = post(&world, "k1", "Other").await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused", "idempotency-key"));
    let note = json!({ "kind": "note", "text": "x" });
    let path = format!("{location}/messages");
    let elsewhere = world.call_with(Write, "POST", &path, note.clone(), &[("idempotency-key", "k1")]).await;
    assert_eq!(elsewhere.problem().1, "idempotency_key_reused");
    for replayed in ["", "true"] {
        let answer = world.call_with(Write, "POST", &path, note.clone(), &[("idempotency-key", "k3")]).await;
        assert_eq!(answer.header("idempotency-replayed"), replayed);
    }
    let messages = world.call(Read, "GET", &path, Value::Null).await.ok();
    assert_eq!(messages["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn keys_of_different_tokens_do_not_meet() {
    let world = World::new().await;
    post(&world, "k1", "Parcel").await.ok();
    let headers = [("idempotency-key", "k1")];
    let other = world.call_with(Admin, "POST", "/api/v1/tickets", new_ticket("Other"), &headers).await;
    assert_eq!((other.status.as_u16(), other.header("idempotency-replayed")), (201, ""));
}

#[tokio::test]
async fn after_an_error_the_key_may_be_used_again() {
    let world = World::new().await;
    assert_eq!(post(&world, "k1", "").await.problem().2, "subject");
    assert_eq!(post(&world, "k1", "Parcel").await.status, 201);
}

#[tokio::test]
async fn a_key_without_characters_with_too_many_or_with_a_blank_is_refused() {
    let world = World::new().await;
    for key in [String::new(), "x".repeat(256), "a key".to_owned(), "a\tkey".to_owned()] {
        assert_eq!(
            post(&world, &key, "Parcel").await.problem(),
            (422, "bad_idempotency_key", "idempotency-key")
        );
    }
    assert_eq!(post(&world, &"x".repeat(255), "Parcel").await.status, 201);
}

#[tokio::test]
async fn of_two_requests_at_the_same_time_one_makes_the_ticket() {
    let world = World::new().await;
    let (one, two) = tokio::join!(post(&world, "k1", "Parcel"), post(&world, "k1", "Parcel"));
    let mut codes = [one.status.as_u16(), two.status.as_u16()];
    codes.sort_unstable();
    assert!(codes == [201, 409] || codes == [201, 201], "{codes:?}");
    assert_eq!(tickets(&world).await, 1);
    assert_eq!(post(&world, "k1", "Parcel").await.header("idempotency-replayed"), "true");
}

/// Rings when the request may go on.
#[derive(Default)]
struct Bell(Notify);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_request_whose_process_died_after_the_commit_is_answered_from_what_it_left() {
    let world = World::new().await;
    for (n, body) in [new_ticket("Parcel"), json!({ "kind": "note", "text": "x" })].into_iter().enumerate() {
        let path = ["/api/v1/tickets", "/api/v1/tickets/1/messages"][n];
        let made = async || {
            let tickets = tickets(&world).await;
            let notes = if tickets == 0 { 0 } else { messages(&world).await - 1 };
            tickets + notes == n + 1
        };
        let request = world.request(Write, "POST", path).header("content-type", "application/json");
        let request = request.header("idempotency-key", format!("k{n}"));
        let request = request.body(Body::from(body.to_string())).unwrap();
        {
            // Let go on step by step, and given up as soon as the thing is in the database.
            let mut dying = pin!(world.begin(request));
            let bell = Arc::new(Bell::default());
            let waker = Waker::from(Arc::clone(&bell));
            while !made().await {
                let ended = dying.as_mut().poll(&mut Context::from_waker(&waker));
                assert!(ended.is_pending(), "it answered: the test proves nothing");
                bell.0.notified().await;
            }
        }
        let later = world.restarted().await;
        for _ in 0..2 {
            let key = format!("k{n}");
            let answer =
                later.call_with(Write, "POST", path, body.clone(), &[("idempotency-key", &key)]).await;
            assert_eq!((answer.status.as_u16(), answer.header("idempotency-replayed")), (201, "true"));
            let there = later.call(Read, "GET", answer.header("location"), Value::Null).await.ok();
            assert_eq!(there["id"], answer.json["id"]);
        }
        assert!(made().await, "there is one only");
    }
}

async fn messages(world: &World) -> usize {
    let list = world.call(Read, "GET", "/api/v1/tickets/1/messages", Value::Null).await.ok();
    list["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_repeat_brings_nobody_back_who_was_erased() {
    let world = World::new().await;
    let made = post(&world, "k1", "Parcel").await.ok();
    let note = json!({ "kind": "note", "text": "x" });
    let path = format!("/api/v1/tickets/{}/messages", made["number"]);
    let say =
        async || world.call_with(Write, "POST", &path, note.clone(), &[("idempotency-key", "k2")]).await;
    say().await.ok();
    let person = format!("/api/v1/contacts/{}", made["requester_id"].as_str().unwrap());
    world.call(Admin, "DELETE", &person, Value::Null).await.ok();
    for subject in ["Parcel", "Other"] {
        assert_eq!(post(&world, "k1", subject).await.problem(), (410, "erased", "idempotency-key"));
    }
    assert_eq!(say().await.problem().0, 410);
    assert_eq!((tickets(&world).await, messages(&world).await), (1, 2));
    let contacts = world.call(Read, "GET", "/api/v1/contacts", Value::Null).await.ok();
    assert_eq!(contacts["items"].as_array().unwrap().len(), 1, "the one of whom nothing is left");
    assert_eq!(post(&world, "k3", "Parcel").await.status, 201, "who comes again is somebody new");
}
