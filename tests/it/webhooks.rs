//! Webhooks reach a real HTTP endpoint, signed; a failing endpoint is tried again with the same id.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use desk::NewWebhook;
use domain::clock::HOUR_MS;
use domain::event::EventType;
use tests::House;
use tests::house::admin;

#[derive(Clone, Default)]
struct Endpoint {
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    failures_left: Arc<Mutex<u32>>,
}

async fn take(State(endpoint): State<Endpoint>, headers: HeaderMap, body: Bytes) -> StatusCode {
    endpoint.got.lock().unwrap().push((headers, body));
    let mut left = endpoint.failures_left.lock().unwrap();
    if *left > 0 {
        *left -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    StatusCode::NO_CONTENT
}

async fn listen(failures: u32) -> (Endpoint, String) {
    let endpoint = Endpoint { failures_left: Arc::new(Mutex::new(failures)), ..Endpoint::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/hook", post(take)).with_state(endpoint.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (endpoint, url)
}

const HELLO: &str = "From: ana@example.org\nTo: help@shop.example\nSubject: Hello\n\nMy IBAN is DE89 3704 0044 0532 0130 00.\n";

on_both!(an_event_is_told_signed_and_without_personal_data, |backend| {
    let house = House::furnished(backend).await;
    let (endpoint, url) = listen(0).await;
    let new = NewWebhook { url, events: vec![EventType::TicketCreated, EventType::MessageReceived] };
    let (_, secret) = house.desk.create_webhook(new, None, admin()).await.unwrap();
    house.mail(HELLO).await;
    let got = endpoint.got.lock().unwrap().clone();
    assert_eq!(got.len(), 2);
    let secret = channels::webhook::secret_from_text(&secret).unwrap();
    for (headers, body) in &got {
        let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.contains("DE89") && !text.contains("ana@"), "{text}");
        let verified = channels::webhook::verify(
            &[secret.as_slice()],
            &header("webhook-id"),
            &header("webhook-timestamp"),
            &header("webhook-signature"),
            body,
            house.desk.now(),
        );
        assert!(verified.is_ok(), "{verified:?}");
    }
});

on_both!(a_failing_endpoint_gets_the_same_event_again_under_the_same_id, |backend| {
    let house = House::furnished(backend).await;
    let (endpoint, url) = listen(2).await;
    house
        .desk
        .create_webhook(NewWebhook { url, events: vec![EventType::TicketCreated] }, None, admin())
        .await
        .unwrap();
    house.mail(HELLO).await;
    for _ in 0..3 {
        house.clock.advance(HOUR_MS);
        house.settle().await;
    }
    let got = endpoint.got.lock().unwrap().clone();
    let ids: std::collections::BTreeSet<_> =
        got.iter().map(|(h, _)| h.get("webhook-id").unwrap().clone().to_str().unwrap().to_owned()).collect();
    assert_eq!((got.len(), ids.len()), (3, 1), "two failures, then taken; never a fourth time");
});
