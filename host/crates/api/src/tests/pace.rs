//! How often programs may ask.

use axum::body::Body;
use axum::http::Request;
use desk::NewToken;
use domain::Actor;
use domain::asker::Asker;
use domain::clock::MINUTE_MS;
use domain::id::{CountingIds, TokenId};
use domain::token::Scope::{Admin, Inbound, Read, Write};
use domain::token::Token;
use serde_json::Value;
use store::Fact;

use super::world::{Answer, World};
use crate::ApiPace;
use crate::pace::MAIL;

const LIST: &str = "/api/v1/tickets";

fn slow() -> ApiPace {
    ApiPace { token_burst: 3, token_per_minute: 60, network_burst: 2, network_per_minute: 6 }
}

/// A request with this secret from this address.
async fn from(world: &World, address: &str, secret: &str) -> Answer {
    let mut request = Request::builder()
        .uri(LIST)
        .header("authorization", format!("Bearer {secret}"))
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(Asker(address.parse().unwrap()));
    world.send(request).await
}

#[tokio::test]
async fn each_token_has_a_burst_of_its_own_and_is_told_when_to_come_back() {
    let world = World::new().await.at_pace(slow());
    let get = || world.call(Read, "GET", LIST, Value::Null);
    for _ in 0..3 {
        assert_eq!(get().await.status, 200);
    }
    let refused = get().await;
    assert_eq!(refused.problem(), (429, "too_many_requests", ""));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(world.call(Admin, "GET", LIST, Value::Null).await.status, 200, "another token waits for none");
    world.clock.advance(1_000);
    assert_eq!(get().await.status, 200);
    assert_eq!(get().await.status, 429);
}

#[tokio::test]
async fn who_brings_no_valid_token_is_counted_by_network_and_guesses_slowly() {
    let world = World::new().await.at_pace(slow());
    let read = world.secret(Read).to_owned();
    assert_eq!(from(&world, "203.0.113.7", &read).await.status, 200);
    for guess in ["klz_a", "klz_b"] {
        assert_eq!(from(&world, "203.0.113.7", guess).await.problem().0, 401);
    }
    let refused = from(&world, "203.0.113.7", "klz_c").await;
    assert_eq!(refused.problem(), (429, "too_many_requests", ""));
    assert_eq!(refused.header("retry-after"), "10");
    for right in [&read, &world.secret(Admin).to_owned()] {
        assert_eq!(from(&world, "203.0.113.7", right).await.status, 200, "no token of the house waits");
    }
    assert_eq!(from(&world, "203.0.113.8", "klz_c").await.problem().0, 401, "the neighbour has his own");
}

#[tokio::test]
async fn a_new_program_is_let_in_while_another_of_its_network_hammers_with_wrong_tokens() {
    let world = World::new().await.at_pace(slow());
    for n in 0..10 {
        from(&world, "203.0.113.7", "klz_dead").await;
        from(&world, "203.0.113.7", &format!("klz_{n}")).await;
    }
    for hammers in ["klz_dead", "klz_guess"] {
        assert_eq!(from(&world, "203.0.113.7", hammers).await.status, 429, "{hammers}");
    }
    let new = NewToken { name: "new".to_owned(), scopes: vec![Write], expires_at: None };
    let (_, made_here) = world.desk.create_token(new, Actor::system()).await.unwrap();
    assert_eq!(from(&world, "203.0.113.7", &made_here).await.status, 403, "right, though it may not read");
    let (now, ids) = (world.desk.now(), CountingIds::default());
    let elsewhere = Token {
        id: TokenId::mint(&ids, now.plus(1)),
        name: "elsewhere".to_owned(),
        digest: desk::digest("klz_elsewhere"),
        scopes: vec![Read],
        created_at: now,
        expires_at: None,
    };
    world.facts(vec![Fact::PutToken(elsewhere)]).await;
    world.clock.advance(1_000);
    for _ in 0..3 {
        assert_eq!(from(&world, "203.0.113.7", "klz_elsewhere").await.status, 200, "another process made it");
    }
    let refused = from(&world, "203.0.113.7", "klz_elsewhere").await;
    assert!(refused.json["detail"].as_str().unwrap().starts_with("This token asks"), "{}", refused.json);
}

#[tokio::test]
async fn many_clients_of_one_network_take_nothing_from_each_other() {
    let world = World::new().await.at_pace(slow());
    for scope in [Read, Admin, Write, Inbound] {
        let secret = world.secret(scope).to_owned();
        assert_ne!(from(&world, "203.0.113.7", &secret).await.status, 429, "{scope}");
    }
}

#[tokio::test]
async fn a_token_that_is_revoked_counts_as_none() {
    let world = World::new().await.at_pace(slow());
    let get = || world.call(Read, "GET", LIST, Value::Null);
    assert_eq!(get().await.status, 200);
    let tokens = world.desk.ask().tokens().await.unwrap();
    let id = tokens.iter().find(|token| token.name == "read").unwrap().id;
    world.desk.revoke_token(id, Actor::system()).await.unwrap();
    for _ in 0..4 {
        assert_eq!(get().await.problem(), (401, "token_invalid", ""));
    }
    assert_eq!(get().await.status, 429, "one look-up, and then as often as a token may ask");
}

#[tokio::test]
async fn a_token_that_expired_is_told_so_and_counts_for_itself() {
    let world = World::new().await.at_pace(slow());
    let expires_at = Some(world.desk.now().plus(1_000));
    let new = NewToken { name: "short".to_owned(), scopes: vec![Read], expires_at };
    let (_, secret) = world.desk.create_token(new, Actor::system()).await.unwrap();
    world.clock.advance(1_000);
    for _ in 0..3 {
        assert_eq!(from(&world, "203.0.113.7", &secret).await.problem(), (401, "token_invalid", ""));
    }
    assert_eq!(from(&world, "203.0.113.7", &secret).await.status, 429);
    for guess in ["klz_a", "klz_b"] {
        assert_eq!(from(&world, "203.0.113.7", guess).await.problem().0, 401, "its network goes on");
    }
}

#[tokio::test]
async fn a_client_with_a_dead_token_takes_nothing_from_its_network() {
    let world = World::new().await.at_pace(slow());
    for _ in 0..4 {
        assert_eq!(from(&world, "203.0.113.7", "klz_dead").await.problem().0, 401);
    }
    for _ in 0..100 {
        assert_eq!(from(&world, "203.0.113.7", "klz_dead").await.problem().0, 429, "nor is it free");
    }
    assert_eq!(from(&world, "203.0.113.7", "klz_a").await.problem().0, 401, "it was counted once");
    assert_eq!(from(&world, "203.0.113.7", "klz_b").await.status, 429);
    let read = world.secret(Read).to_owned();
    assert_eq!(from(&world, "203.0.113.7", &read).await.status, 200);
    world.clock.advance(MINUTE_MS);
    for guess in ["klz_dead", "klz_c"] {
        assert_eq!(from(&world, "203.0.113.7", guess).await.problem().0, 401);
    }
    assert_eq!(from(&world, "203.0.113.7", "klz_d").await.status, 429, "after a minute it counts anew");
}

#[tokio::test]
async fn what_nobody_could_look_up_stays_counted_and_tokens_that_are_known_go_on() {
    let world = World::new().await.at_pace(slow());
    let read = world.secret(Read).to_owned();
    assert_eq!(from(&world, "203.0.113.7", &read).await.status, 200);
    world.store.close().await;
    for (guess, status) in [("klz_a", 503), ("klz_b", 503), ("klz_c", 429)] {
        assert_eq!(from(&world, "203.0.113.7", guess).await.problem().0, status);
    }
    assert_eq!(from(&world, "203.0.113.7", &read).await.problem().0, 503);
}

#[tokio::test]
async fn mail_that_is_handed_in_is_not_refused_for_coming_in_a_wave() {
    let world = World::new().await.at_pace(slow());
    for n in 0..10 {
        let mail =
            format!("From: ana@example.org\r\nMessage-ID: <{n}@example.org>\r\nSubject: Hi\r\n\r\nHi {n}");
        let answer = world.upload(Inbound, MAIL, "message/rfc822", mail.into_bytes()).await;
        assert_eq!(answer.status, 202, "{}", answer.json);
    }
    assert!(world.document()["paths"].get(MAIL).is_some(), "that is its address");
    let mut said = Vec::new();
    for _ in 0..4 {
        said.push(world.upload(Write, MAIL, "message/rfc822", b"Hi".to_vec()).await.status.as_u16());
    }
    assert_eq!(said, [403, 403, 403, 429], "only for tokens that may hand it in");
    for _ in 0..3 {
        assert_eq!(world.call(Inbound, "GET", MAIL, Value::Null).await.status, 405);
    }
    assert_eq!(world.call(Inbound, "GET", MAIL, Value::Null).await.status, 429, "and only for handing in");
}

#[tokio::test]
async fn a_pace_of_0_is_no_limit() {
    let world = World::new().await;
    for _ in 0..300 {
        assert_eq!(world.call(Read, "GET", LIST, Value::Null).await.status, 200);
    }
}
