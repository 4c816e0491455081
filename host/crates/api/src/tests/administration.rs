//! Articles, tokens, webhooks, suppressions, the queue, intakes, inbound mail and the switch.

use desk::{DeskConfig, NewToken};
use domain::id::{CountingIds, MessageId};
use domain::job::{Job, NewJob};
use domain::message::{Delivery, Direction};
use domain::token::Scope::{Admin, Inbound, Read, Reveal, Write};
use domain::vault::VaultRules;
use domain::{Actor, ActorKind};
use serde_json::{Value, json};
use store::Fact;

use super::world::{NOW, World};

const MAIL: &str =
    "From: Ana <ana@example.org>\r\nTo: support@localhost\r\nSubject: Parcel\r\n\r\nWhere is it?\r\n";

#[tokio::test]
async fn an_article_is_written_replaced_and_removed() {
    let world = World::new().await;
    let text = |title: &str| json!({ "title": title, "body": "Track it.", "state": "internal" });
    let first = world.call(Admin, "PUT", "/api/v1/articles/order/de", text("Wo?")).await.ok();
    let second = world.call(Admin, "PUT", "/api/v1/articles/order/de", text("Wo ist es?")).await.ok();
    assert_eq!((&second["id"], &second["title"]), (&first["id"], &json!("Wo ist es?")));
    world
        .call(Admin, "PUT", "/api/v1/articles/order/en", json!({ "title": "Where?", "body": "There." }))
        .await
        .ok();
    for (query, hits) in [("", 2), ("?locale=de", 1), ("?state=public", 1), ("?locale=de&state=public", 0)] {
        let list = world.call(Read, "GET", &format!("/api/v1/articles{query}"), Value::Null).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), hits, "{query}");
    }
    let path = format!("/api/v1/articles/{}", first["id"].as_str().unwrap());
    assert_eq!(world.call(Read, "GET", &path, Value::Null).await.ok()["locale"], "de");
    assert_eq!(world.call(Admin, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(world.call(Read, "GET", &path, Value::Null).await.problem().0, 404);
    let bad = world.call(Admin, "PUT", "/api/v1/articles/Bad%20Key/de", text("x")).await;
    assert_eq!(bad.problem(), (422, "bad_request", "key"));
}

#[tokio::test]
async fn a_file_of_articles_is_taken_in_while_the_house_runs() {
    let world = World::new().await;
    let csv = "title,body,key\nWhere is it?,Track it.,order\nNo text,,x\n";
    let path = "/api/v1/articles/import?name=faq.csv";
    let got = world.upload(Admin, path, "text/csv", csv.into()).await.ok();
    assert_eq!(got["written"], 1);
    assert_eq!(got["refused"][0], "faq.csv, row 3: has no title or no text");
    let list = world.call(Read, "GET", "/api/v1/articles", Value::Null).await.ok();
    assert_eq!(list["items"][0]["key"], "order");
    let broken = world.upload(Admin, path, "text/csv", "a,b\n1,2\n".into()).await;
    assert_eq!(broken.problem().0, 422);
    assert_eq!(world.upload(Write, path, "text/csv", csv.into()).await.status, 403);
    assert_eq!(world.upload(Admin, path, "image/png", csv.into()).await.status, 415);
    assert_eq!(
        world.upload(Admin, "/api/v1/articles/import", "text/csv", csv.into()).await.problem().2,
        "name"
    );
}

#[tokio::test]
async fn secrets_of_tokens_and_webhooks_are_shown_once() {
    let world = World::new().await;
    let new = json!({ "name": "shop", "scopes": ["read", "write"], "expires_at": "2027-01-01T00:00:00Z" });
    let made = world.call(Admin, "POST", "/api/v1/tokens", new).await.ok();
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("klz_"));
    assert!(world.desk.authenticate(secret).await.unwrap().is_some());
    let hook = world
        .call(
            Admin,
            "POST",
            "/api/v1/webhooks",
            json!({ "url": "https://shop.example/hook", "events": ["ticket.created"] }),
        )
        .await;
    let path = hook.header("location").to_owned();
    let hook = hook.ok();
    assert!(hook["secret"].as_str().unwrap().starts_with("whsec_"));
    let tokens = world.call(Admin, "GET", "/api/v1/tokens", Value::Null).await.ok().to_string();
    let hooks = world.call(Admin, "GET", "/api/v1/webhooks", Value::Null).await.ok().to_string();
    assert!(tokens.contains("shop") && !tokens.contains("klz_") && !tokens.contains("digest"));
    assert!(hooks.contains("shop.example") && !hooks.contains("whsec_"));
    assert_eq!(world.call(Admin, "GET", &path, Value::Null).await.ok()["events"], json!(["ticket.created"]));
    assert_eq!(world.call(Admin, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(world.call(Admin, "DELETE", &path, Value::Null).await.problem().0, 404);
    let twice = world.call(Admin, "POST", "/api/v1/tokens", json!({ "name": "shop", "scopes": ["read"] }));
    assert_eq!(twice.await.problem(), (422, "name_taken", "name"));
    let none = world.call(Admin, "POST", "/api/v1/tokens", json!({ "name": "x", "scopes": [] })).await;
    assert_eq!(none.problem(), (422, "bad_request", "scopes"));
    let ftp = world.call(Admin, "POST", "/api/v1/webhooks", json!({ "url": "ftp://x.example" })).await;
    assert_eq!(ftp.problem(), (422, "bad_request", "url"));
}

#[tokio::test]
async fn the_audit_trail_is_read_in_pages_and_keeps_the_name_of_a_revoked_token() {
    let world = World::new().await;
    let list = async |query: &str| {
        let path = format!("/api/v1/audit{query}");
        world.call(Admin, "GET", &path, Value::Null).await
    };
    let before = list("").await.ok()["items"].as_array().unwrap().len();
    let new = json!({ "name": "shop", "scopes": ["read"] });
    let made = world.call(Admin, "POST", "/api/v1/tokens", new).await.ok();
    let id = made["token"]["id"].as_str().unwrap();
    world.call(Admin, "DELETE", &format!("/api/v1/tokens/{id}"), Value::Null).await;

    let first = list(&format!("?after={before}&limit=1")).await.ok();
    let created = &first["items"][0];
    assert_eq!((&created["action"], &created["target"]), (&json!("token.created"), &json!(id)));
    assert_eq!((&created["actor"]["kind"], &created["name"]), (&json!("api"), &json!("admin")));
    assert!(created["target_name"].is_null(), "the token is gone: {created}");
    assert_eq!(created["digest"].as_str().map(str::len), Some(64));
    let next = first["next"].as_str().unwrap();
    let second = list(&format!("?cursor={next}&limit=1")).await.ok();
    let revoked = &second["items"][0];
    assert_eq!((&revoked["action"], &revoked["target"]), (&json!("token.revoked"), &json!(id)));
    assert_eq!((&revoked["details"]["name"], &second["next"]), (&json!("shop"), &Value::Null));
    assert_eq!(revoked["sequence"].as_i64(), created["sequence"].as_i64().map(|n| n + 1));

    for nowhere in ["?after=x", "?after=-1"] {
        assert_eq!(list(nowhere).await.problem(), (422, "bad_cursor", "cursor"), "{nowhere}");
    }
    assert_eq!(world.call(Read, "GET", "/api/v1/audit", Value::Null).await.problem().0, 403);
}

#[tokio::test]
async fn what_could_never_work_is_refused_and_what_is_said_twice_is_kept_once() {
    let world = World::new().await;
    let post =
        async |what: &str, body: Value| world.call(Admin, "POST", &format!("/api/v1/{what}"), body).await;
    let past = "2026-01-01T00:00:00Z";
    for (what, body, code, field) in [
        (
            "tokens",
            json!({ "name": "x", "scopes": ["read"], "expires_at": past }),
            "bad_request",
            "expires_at",
        ),
        ("tokens", json!({ "name": " ADMIN\n", "scopes": ["read"] }), "name_taken", "name"),
        ("webhooks", json!({ "url": "https:///x" }), "bad_request", "url"),
        (
            "suppressions",
            json!({ "address": "a@b.example", "reason": "x", "until": past }),
            "bad_request",
            "until",
        ),
        ("suppressions", json!({ "address": "a@b.example", "reason": " " }), "bad_request", "reason"),
    ] {
        let answer = post(what, body).await;
        assert_eq!(answer.problem(), (422, code, field), "{what}: {}", answer.json);
    }
    let twice = json!({ "name": "till\n one", "scopes": ["write", "read", "write"] });
    let token = post("tokens", twice).await.ok()["token"].clone();
    assert_eq!((&token["name"], &token["scopes"]), (&json!("till one"), &json!(["write", "read"])));
    let twice = json!({ "url": "https://shop.example/hook", "events": ["ticket.created", "ticket.created"] });
    let hook = post("webhooks", twice).await.ok()["webhook"].clone();
    assert_eq!(hook["events"], json!(["ticket.created"]));
}

#[tokio::test]
async fn nobody_gets_the_scope_reveal_by_a_detour() {
    let world = World::new().await;
    let new = json!({ "name": "x", "scopes": ["read", "reveal"] });
    let refused = world.call(Admin, "POST", "/api/v1/tokens", new).await;
    assert_eq!(refused.problem(), (403, "scope_missing", "scopes"));
    let tokens = world.desk.ask().tokens().await.unwrap();
    assert!(!tokens.iter().any(|token| token.name == "x"));
}

#[tokio::test]
async fn where_four_eyes_are_asked_for_tokens_that_reveal_are_made_on_the_machine() {
    let vault = VaultRules { four_eyes: true, ..VaultRules::default() };
    let config = DeskConfig { redaction_required: false, vault, ..DeskConfig::default() };
    let world = World::with(config).await;
    let both = NewToken { name: "both".into(), scopes: vec![Admin, Reveal], expires_at: None };
    let (token, _) = world.desk.create_token(both, Actor::system()).await.unwrap();
    let second = NewToken { name: "second".into(), scopes: vec![Reveal], expires_at: None };
    let holder = Actor::new(ActorKind::Api, token.id.to_string());
    let refused = world.desk.create_token(second, holder).await.unwrap_err();
    assert!(refused.to_string().contains("the operator makes each token"), "{refused}");
    let new = json!({ "name": "x", "scopes": ["reveal"] });
    let refused = world.call(Admin, "POST", "/api/v1/tokens", new).await;
    assert_eq!(refused.problem(), (422, "four_eyes", "scopes"));
}

#[tokio::test]
async fn an_address_is_suppressed_and_released() {
    let world = World::new().await;
    for address in ["Bo@Example.org", "ana@example.org"] {
        let body = json!({ "address": address, "reason": "asked for it" });
        world.call(Admin, "POST", "/api/v1/suppressions", body).await.ok();
    }
    let page = world.call(Admin, "GET", "/api/v1/suppressions?limit=1", Value::Null).await.ok();
    assert_eq!(page["items"][0]["address"], "ana@example.org");
    let next = format!("/api/v1/suppressions?limit=1&cursor={}", page["next"].as_str().unwrap());
    let page = world.call(Admin, "GET", &next, Value::Null).await.ok();
    assert_eq!((&page["items"][0]["address"], &page["next"]), (&json!("bo@example.org"), &Value::Null));
    let path = "/api/v1/suppressions/bo@example.org";
    assert_eq!(world.call(Admin, "DELETE", path, Value::Null).await.status, 204);
    assert_eq!(world.call(Admin, "DELETE", path, Value::Null).await.problem().0, 404);
    let bad =
        world.call(Admin, "POST", "/api/v1/suppressions", json!({ "address": "bo", "reason": "" })).await;
    assert_eq!(bad.problem(), (422, "bad_request", "address"));
}

#[tokio::test]
async fn a_dead_job_is_listed_and_tried_again() {
    let world = World::new().await;
    let message_id = MessageId::mint(&CountingIds::default(), NOW);
    world.facts(vec![Fact::Enqueue(NewJob::deliver(message_id, NOW))]).await;
    let lease = world.store.claim("test", 1, NOW, 30_000).await.unwrap().remove(0);
    assert_eq!(lease.job, Job::Deliver { message_id });
    let (lane, fence, sequence) = (lease.lane.clone(), lease.fence, lease.sequence);
    world.facts(vec![Fact::BuryJob { lane, fence, sequence, error: "no route".into(), at: NOW }]).await;

    let queue = world.call(Admin, "GET", "/api/v1/queue", Value::Null).await.ok();
    assert_eq!((&queue["dead"], &queue["ready"]), (&json!(1), &json!(0)));
    let dead = world.call(Admin, "GET", "/api/v1/queue/dead", Value::Null).await.ok();
    assert_eq!(
        (&dead["items"][0]["job"], &dead["items"][0]["last_error"]),
        (&json!("deliver"), &json!("no route"))
    );
    let retry = json!({ "lane": dead["items"][0]["lane"], "sequence": dead["items"][0]["sequence"] });
    assert_eq!(world.call(Admin, "POST", "/api/v1/queue/dead/retry", retry.clone()).await.status, 202);
    let queue = world.call(Admin, "GET", "/api/v1/queue", Value::Null).await.ok();
    assert_eq!((&queue["dead"], &queue["ready"]), (&json!(0), &json!(1)));
    assert_eq!(world.call(Admin, "POST", "/api/v1/queue/dead/retry", retry).await.problem().0, 404);
}

#[tokio::test]
async fn a_mail_is_acknowledged_when_it_is_stored_and_taken_in_once() {
    let world = World::new().await;
    let first = world.upload(Inbound, "/api/v1/inbound/mail", "message/rfc822", MAIL.into()).await;
    assert_eq!((first.status.as_u16(), &first.json["duplicate"]), (202, &json!(false)));
    let again = world.upload(Inbound, "/api/v1/inbound/mail", "message/rfc822", MAIL.into()).await;
    assert_eq!(
        (&again.json["duplicate"], &again.json["intake_id"]),
        (&json!(true), &first.json["intake_id"])
    );
    world.desk.settle().await.unwrap();
    let tickets = world.call(Read, "GET", "/api/v1/tickets", Value::Null).await.ok();
    assert_eq!(tickets["items"].as_array().unwrap().len(), 1);
    assert_eq!(tickets["items"][0]["channel"], "email");
    let path = format!("/api/v1/intakes/{}", first.json["intake_id"].as_str().unwrap());
    let intake = world.call(Admin, "GET", &path, Value::Null).await.ok();
    assert_eq!((&intake["state"], &intake["ticket_id"]), (&json!("done"), &tickets["items"][0]["id"]));
    let json = world.upload(Inbound, "/api/v1/inbound/mail", "application/json", b"{}".to_vec()).await;
    assert_eq!(json.problem().0, 415);
}

#[tokio::test]
async fn a_mail_that_cannot_be_redacted_is_held_and_shows_no_content() {
    let world = World::with(DeskConfig { redaction_required: true, ..DeskConfig::default() }).await;
    world.upload(Inbound, "/api/v1/inbound/mail", "message/rfc822", MAIL.into()).await.ok();
    world.desk.settle().await.unwrap();
    let held = world.call(Admin, "GET", "/api/v1/intakes?state=held", Value::Null).await.ok();
    assert_eq!(held["items"].as_array().unwrap().len(), 1, "{held}");
    assert!(!held["items"][0]["reason"].as_str().unwrap().is_empty());
    assert!(!held.to_string().contains("Parcel"));
}

#[tokio::test]
async fn automation_is_switched_off_and_on() {
    let world = World::new().await;
    for on in [false, true] {
        assert_eq!(
            world.call(Admin, "PUT", "/api/v1/automation", json!({ "on": on })).await.ok(),
            json!({ "on": on })
        );
        assert_eq!(
            world.call(Admin, "GET", "/api/v1/automation", Value::Null).await.ok(),
            json!({ "on": on })
        );
    }
    let leaving = json!({ "on": true, "make_up": false });
    assert_eq!(world.call(Admin, "PUT", "/api/v1/automation", leaving).await.ok(), json!({ "on": true }));
    let last = world.desk.ask().audit(0, 100).await.unwrap().pop().unwrap().record;
    assert_eq!((last.object.as_str(), last.details), ("on", json!({ "make_up": false })));
}

#[tokio::test]
async fn the_gate_shows_and_changes_its_budgets_and_refuses_what_is_none() {
    let world = World::new().await;
    let value = |gate: &Value, name: &str| {
        let budgets = gate["budgets"].as_array().unwrap().clone();
        budgets.into_iter().find(|b| b["name"] == name).unwrap()
    };
    let change = |body: Value| world.call(Admin, "PATCH", "/api/v1/gate", body);
    let changed = change(json!({ "total_hour": 7 })).await.ok();
    assert_eq!(value(&changed, "total_hour"), json!({ "name": "total_hour", "value": 7, "configured": 300 }));
    assert_eq!(world.call(Admin, "GET", "/api/v1/gate", Value::Null).await.ok(), changed);
    assert_eq!(change(json!({ "totl_hour": 7 })).await.problem(), (422, "unknown_word", "totl_hour"));
    assert_eq!(change(json!({ "total_hour": -1 })).await.problem(), (422, "bad_request", "total_hour"));
    assert_eq!(value(&change(json!({ "total_hour": null })).await.ok(), "total_hour")["value"], 300);
}

#[tokio::test]
async fn a_held_message_is_listed_and_sent_or_discarded_by_who_may_write() {
    let world = World::new().await;
    let new = json!({ "subject": "Parcel", "text": "Where is it?", "email": "ana@example.org" });
    world.call(Write, "POST", "/api/v1/tickets", new).await.ok();
    let ticket = world.store.ticket_by_number(1).await.unwrap().unwrap();
    let ids = CountingIds::default();
    let held = || {
        let id = MessageId::mint(&ids, NOW.plus(1));
        let mut message =
            domain::work::blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
        (message.automatic, message.delivery) = (true, Delivery::Held);
        message
    };
    let (first, second) = (held(), held());
    let facts = [&first, &second].map(|m| Fact::AddMessage(Box::new(m.clone())));
    world.facts(facts.into()).await;
    let list = world.call(Read, "GET", "/api/v1/gate/held", Value::Null).await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let act = |id: MessageId, what: &str| format!("/api/v1/gate/held/{id}/{what}");
    assert_eq!(world.call(Read, "POST", &act(first.id, "send"), Value::Null).await.problem().0, 403);
    assert_eq!(
        world.call(Write, "POST", &act(first.id, "send"), Value::Null).await.ok()["delivery"],
        "queued"
    );
    let discarded = world.call(Write, "POST", &act(second.id, "discard"), Value::Null).await.ok();
    assert_eq!(discarded["delivery"], "suppressed");
    let again = world.call(Write, "POST", &act(second.id, "send"), Value::Null).await;
    assert_eq!(again.problem(), (422, "not_held", ""));
    let list = world.call(Read, "GET", "/api/v1/gate/held", Value::Null).await.ok();
    assert_eq!(list["items"], json!([]));
}
