//! Every class of error, as clients see it.

use axum::body::Body;
use axum::http::Request;
use desk::{DeskConfig, NewToken};
use domain::Actor;
use domain::token::Scope::{self, Admin, Inbound, Read, Reveal, Write};
use serde_json::{Value, json};

use super::world::{NOW, World, new_ticket};

#[tokio::test]
async fn no_token_and_a_wrong_token_are_told_apart_from_a_weak_one() {
    let world = World::new().await;
    let get = |token: Option<String>| {
        let mut request = Request::builder().uri("/api/v1/tickets");
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        world.send(request.body(Body::empty()).unwrap())
    };
    let none = get(None).await;
    assert_eq!(none.problem(), (401, "token_missing", ""));
    assert_eq!(none.header("www-authenticate"), "Bearer realm=\"kulanz\"");
    assert_eq!(get(Some("Basic a2xhOng=".into())).await.problem().1, "token_missing");
    assert_eq!(get(Some("Bearer klz_nonsense".into())).await.problem(), (401, "token_invalid", ""));
    let weak = world.call(Read, "POST", "/api/v1/tickets", new_ticket("x")).await;
    assert_eq!(weak.problem(), (403, "scope_missing", ""));
    assert!(weak.header("www-authenticate").contains("scope=\"write\""));
}

#[tokio::test]
async fn a_token_works_until_the_moment_it_expires_and_until_it_is_revoked() {
    let world = World::new().await;
    let new = NewToken { name: "short".into(), scopes: vec![Read], expires_at: Some(NOW.plus(1_000)) };
    let (token, secret) = world.desk.create_token(new, Actor::system()).await.unwrap();
    let get = || {
        let request =
            Request::builder().uri("/api/v1/tickets").header("authorization", format!("bearer {secret}"));
        world.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(get().await.status, 200);
    world.clock.advance(1_000);
    assert_eq!(get().await.problem().1, "token_invalid");
    world.clock.set(NOW);
    assert_eq!(get().await.status, 200);
    let path = format!("/api/v1/tokens/{}", token.id);
    assert_eq!(world.call(Admin, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(get().await.problem().1, "token_invalid");
    assert_eq!(world.call(Admin, "DELETE", &path, Value::Null).await.problem(), (404, "not_found", ""));
}

/// The scope that the document says a route needs is the one that it asks for.
#[tokio::test]
async fn every_documented_route_exists_and_asks_for_the_documented_scope() {
    let world = World::new().await;
    let mut routes = 0;
    for (template, item) in world.document()["paths"].as_object().unwrap() {
        let path = template
            .split('/')
            .map(|p| if p.starts_with('{') { "1" } else { p })
            .collect::<Vec<_>>()
            .join("/");
        for (method, operation) in item.as_object().unwrap() {
            routes += 1;
            let scope: Scope = operation["security"][0]["token"][0].as_str().unwrap().parse().unwrap();
            let bare = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&path)
                .body(Body::empty())
                .unwrap();
            assert_eq!(world.send(bare).await.problem().1, "token_missing", "{method} {path}");
            for other in [Read, Write, Inbound] {
                let answer = world.call(other, &method.to_uppercase(), &path, Value::Null).await;
                assert_eq!(
                    answer.status == 403,
                    other != scope,
                    "{method} {path} with {other}: {}",
                    answer.status
                );
            }
            // Sealed values are nobody's by office: who administers still has to be given that right.
            let by_admin = world.call(Admin, &method.to_uppercase(), &path, Value::Null).await;
            assert_eq!(by_admin.status == 403, scope == Reveal, "{method} {path}: {}", by_admin.status);
            let able = if scope == Reveal { Reveal } else { Admin };
            let answer = world.call(able, &method.to_uppercase(), &path, Value::Null).await;
            assert!(![401, 403, 405].contains(&answer.status.as_u16()), "{method} {path}: {}", answer.status);
        }
    }
    assert!(routes > 45, "{routes} routes");
}

#[tokio::test]
async fn a_bad_body_names_the_field() {
    let world = World::new().await;
    for (body, code, field) in [
        (json!({ "text": "x", "email": "a@b.example" }), "bad_body", "subject"),
        (
            json!({ "subject": "x", "text": "x", "email": "a@b.example", "colour": "red" }),
            "bad_body",
            "colour",
        ),
        (json!({ "subject": 7, "text": "x", "email": "a@b.example" }), "bad_body", "subject"),
        (
            json!({ "subject": "x", "text": "x", "email": "a@b.example", "tags": ["a", 5] }),
            "bad_body",
            "tags[1]",
        ),
        (
            json!({ "subject": "x", "text": "x", "email": "a@b.example", "channel": "fax" }),
            "bad_body",
            "channel",
        ),
        (json!({ "subject": "x", "text": "x", "email": "nobody" }), "bad_request", "email"),
        (
            json!({ "subject": "x", "text": "x", "email": "a@b.example", "language": "d\0" }),
            "bad_request",
            "language",
        ),
        (
            json!({ "subject": "x", "text": "x", "email": "a@b.example", "custom": { "note": "x".repeat(5_000) } }),
            "too_long",
            "custom.note",
        ),
        (json!({ "subject": "\0\r\n", "text": "x", "email": "a@b.example" }), "bad_request", "subject"),
        (json!({ "subject": "x", "text": "\u{7}", "email": "a@b.example" }), "bad_request", "text"),
        (json!({ "subject": " ", "text": "x", "email": "a@b.example" }), "bad_request", "subject"),
    ] {
        let answer = world.call(Write, "POST", "/api/v1/tickets", body.clone()).await;
        assert_eq!(answer.problem(), (422, code, field), "{body}: {}", answer.json);
        assert_eq!(answer.json["type"], "about:blank");
        assert_eq!(answer.json["status"], 422);
    }
    let list = world.call(Read, "GET", "/api/v1/tickets", Value::Null).await.ok();
    assert_eq!(list["items"], json!([]), "nothing of it was stored");
}

#[tokio::test]
async fn a_bad_change_of_a_ticket_names_the_field() {
    let world = World::new().await;
    let path =
        world.call(Write, "POST", "/api/v1/tickets", new_ticket("x")).await.header("location").to_owned();
    for (body, code, field) in [
        (json!({ "priority": "hihg" }), "unknown_word", "priority"),
        (json!({ "status": "reopened" }), "unknown_word", "status"),
        (json!({ "team": "Not A Key" }), "bad_key", "team"),
        (json!({ "custom": { "Bad Key": "x" } }), "bad_key", "custom.Bad Key"),
        (json!({ "add_tags": ["NO"] }), "bad_key", "tag"),
        (json!({ "version": 3 }), "bad_body", "version"),
        (json!({ "status": null }), "bad_body", "status"),
        (json!({ "priority": null }), "bad_body", "priority"),
    ] {
        let answer = world.call(Write, "PATCH", &path, body.clone()).await;
        assert_eq!(answer.problem(), (422, code, field), "{body}: {}", answer.json);
    }
}

#[tokio::test]
async fn a_body_is_an_object_and_a_list_in_its_place_changes_nothing() {
    let world = World::new().await;
    let ticket =
        world.call(Write, "POST", "/api/v1/tickets", new_ticket("x")).await.header("location").to_owned();
    let merge = format!("{ticket}/merge");
    for (method, path, body) in [
        ("POST", "/api/v1/tickets", json!(["s", "t", "a@b.example", null, null, null, null, {}, []])),
        ("POST", "/api/v1/tickets", json!("text")),
        ("PATCH", ticket.as_str(), json!(["closed"])),
        ("PATCH", ticket.as_str(), json!(7)),
        ("POST", merge.as_str(), json!([1])),
    ] {
        let answer = world.call(Write, method, path, body.clone()).await;
        assert_eq!(answer.problem(), (422, "bad_body", "body"), "{method} {path} {body}: {}", answer.json);
    }
    let list = world.call(Read, "GET", "/api/v1/tickets", Value::Null).await.ok();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["status"]), (1, &json!("new")));
}

#[tokio::test]
async fn what_does_not_fit_is_said_in_sentences_for_people() {
    let world = World::new().await;
    let mut fax = new_ticket("x");
    fax["channel"] = json!("fax");
    let mut five = new_ticket("x");
    five["channel"] = json!(5);
    let list = "/api/v1/tickets";
    for (method, path, body, sentence) in [
        ("POST", list.to_owned(), fax, "`channel` cannot be `fax`. Known: "),
        ("POST", list.to_owned(), five, "`channel` takes a text: "),
        ("POST", list.to_owned(), json!({}), "`subject` is missing."),
        ("GET", format!("{list}?limit=many"), Value::Null, "`limit` takes a whole number of 0 or more."),
        ("GET", format!("{list}?colour=red"), Value::Null, "There is no parameter `colour` here. Known: "),
        ("GET", format!("{list}?requester_id=x"), Value::Null, "`x` is no contact id: one is con_ and"),
        (
            "GET",
            format!("{list}?status_category=x"),
            Value::Null,
            "`status_category` cannot be `x`. Known: new, ",
        ),
        ("GET", format!("{list}?created_after=x"), Value::Null, "Write times as RFC 3339"),
    ] {
        let scope = if method == "GET" { Read } else { Write };
        let answer = world.call(scope, method, &path, body).await;
        let said = answer.json["detail"].as_str().unwrap().to_owned();
        assert!(said.starts_with(sentence), "{path}: {said}");
        assert!(said.ends_with('.') && !said.ends_with(".."), "{said}");
    }
}

#[tokio::test]
async fn a_parameter_that_nobody_knows_is_refused_wherever_something_is_read() {
    let world = World::new().await;
    for (template, item) in world.document()["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let scope: Scope = operation["security"][0]["token"][0].as_str().unwrap().parse().unwrap();
        let path: Vec<&str> = template.split('/').map(|p| if p.starts_with('{') { "1" } else { p }).collect();
        let asked = format!("{}?colour=red", path.join("/"));
        let answer = world.call(scope, "GET", &asked, Value::Null).await;
        assert_eq!(answer.problem(), (422, "bad_query", "colour"), "{template}: {}", answer.json);
    }
}

#[tokio::test]
async fn what_is_no_json_or_of_another_type_or_too_large_is_refused() {
    let world = World::new().await;
    let post = |media: &str, body: Vec<u8>| {
        let request = world.request(Write, "POST", "/api/v1/tickets").header("content-type", media);
        world.send(request.body(Body::from(body)).unwrap())
    };
    assert_eq!(post("application/json", b"{\"subject\": ".to_vec()).await.problem(), (400, "bad_json", ""));
    assert_eq!(post("application/json", b"{} {}".to_vec()).await.problem().0, 422);
    assert_eq!(post("application/json; charset=utf-8", Vec::new()).await.problem(), (400, "bad_json", ""));
    assert_eq!(post("text/plain", b"{}".to_vec()).await.problem(), (415, "bad_content_type", ""));
    let long = json!({ "subject": "x", "text": "x".repeat(4 << 20), "email": "a@b.example" }).to_string();
    let refused = post("application/json", long.into_bytes()).await;
    assert_eq!(refused.problem(), (413, "body_too_large", ""));
    assert!(refused.json["detail"].as_str().unwrap().contains("larger than 3 MiB"), "{}", refused.json);
    let small_route =
        world.call(Admin, "PUT", "/api/v1/automation", json!({ "on": "x".repeat(1 << 20) })).await;
    assert_eq!(small_route.problem(), (413, "body_too_large", ""));
    assert!(small_route.json["detail"].as_str().unwrap().contains("512 KiB"), "{}", small_route.json);
}

#[tokio::test]
async fn a_bad_query_names_the_parameter() {
    let world = World::new().await;
    for (query, code, field) in [
        ("limit=0", "bad_limit", "limit"),
        ("limit=201", "bad_limit", "limit"),
        ("limit=many", "bad_query", "limit"),
        ("colour=red", "bad_query", "colour"),
        ("cursor=msg_01", "bad_cursor", "cursor"),
        ("status_category=lost", "bad_query", "status_category"),
        ("created_after=yesterday", "bad_query", "created_after"),
    ] {
        let answer = world.call(Read, "GET", &format!("/api/v1/tickets?{query}"), Value::Null).await;
        assert_eq!(answer.problem(), (422, code, field), "{query}: {}", answer.json);
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_wrong_method_says_which_are_right() {
    let world = World::new().await;
    for path in [
        "/api/v1/tickets/99",
        "/api/v1/tickets/abc",
        "/api/v1/messages/msg_nonsense",
        "/api/v1/nothing",
        "/api/x",
    ] {
        assert_eq!(world.call(Read, "GET", path, Value::Null).await.problem().0, 404, "{path}");
    }
    let wrong = world.call(Read, "DELETE", "/api/v1/tickets", Value::Null).await;
    assert_eq!(wrong.problem(), (405, "method_not_allowed", ""));
    assert!(wrong.header("allow").contains("POST"), "{}", wrong.header("allow"));
}

#[tokio::test]
async fn when_redaction_is_not_possible_nothing_is_stored_and_the_answer_says_when_to_try_again() {
    let world = World::with(DeskConfig { redaction_required: true, ..DeskConfig::default() }).await;
    let answer = world.call(Write, "POST", "/api/v1/tickets", new_ticket("Parcel")).await;
    assert_eq!(answer.problem(), (503, "redaction_unavailable", ""));
    assert_eq!(answer.header("retry-after"), "30");
    assert!(!answer.json.to_string().contains("desk.redaction_required"), "nothing internal leaks");
    let list = world.call(Read, "GET", "/api/v1/tickets", Value::Null).await.ok();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn when_the_store_is_gone_the_answer_is_503_and_tells_nothing_of_it() {
    let world = World::new().await;
    world.store.close().await;
    let answer = world.call(Read, "GET", "/api/v1/tickets", Value::Null).await;
    assert_eq!(answer.problem(), (503, "store_unavailable", ""));
    assert_eq!(answer.header("retry-after"), "5");
    assert!(!answer.json.to_string().to_lowercase().contains("pool"), "{}", answer.json);
}

#[tokio::test]
async fn a_harmless_request_id_is_kept_and_a_strange_one_replaced() {
    let world = World::new().await;
    let ask = async |id: &str| {
        let answer =
            world.call_with(Read, "GET", "/api/v1/tickets/9", Value::Null, &[("x-request-id", id)]).await;
        assert_eq!(answer.json["request_id"], answer.header("x-request-id"));
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(ask("abc-1.2_x").await, "abc-1.2_x");
    let strange = ask("a b\tc").await;
    assert!(strange.starts_with("req_"), "{strange}");
    assert_ne!(ask(&"x".repeat(65)).await, strange, "each request has its own");
}
