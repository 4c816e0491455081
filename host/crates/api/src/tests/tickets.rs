//! Tickets and what belongs to them.

use domain::id::{CountingIds, MessageId, RedactionId};
use domain::redaction::Redaction;
use domain::token::Scope::{Admin, Read, Write};
use serde_json::{Value, json};
use store::Fact;

use super::world::{World, new_ticket};

#[tokio::test]
async fn a_ticket_is_created_read_and_found_in_the_list() {
    let world = World::new().await;
    let mut new = new_ticket("Parcel");
    new["custom"] = json!({ "order": "4711" });
    new["tags"] = json!(["parcel"]);
    let made = world.call(Write, "POST", "/api/v1/tickets", new).await;
    assert_eq!(made.status, 201);
    let location = made.header("location").to_owned();
    let ticket = made.json.clone();
    assert_eq!(location, format!("/api/v1/tickets/{}", ticket["number"]));
    assert_eq!(ticket["channel"], "api");
    assert_eq!(ticket["custom"]["order"], "4711");

    let read = world.call(Read, "GET", &location, Value::Null).await;
    assert_eq!(read.header("etag"), format!("\"{}\"", ticket["version"]));
    assert_eq!(read.json["subject"], "Parcel");

    for (query, hits) in [
        ("", 1),
        ("?tag=parcel&status_category=new&order=oldest", 1),
        ("?tag=other", 0),
        ("?status_category=solved", 0),
        ("?created_after=2030-01-01T00:00:00Z", 0),
    ] {
        let list = world.call(Read, "GET", &format!("/api/v1/tickets{query}"), Value::Null).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), hits, "{query}");
    }
    let by_requester = format!("/api/v1/tickets?requester_id={}", ticket["requester_id"].as_str().unwrap());
    assert_eq!(
        world.call(Read, "GET", &by_requester, Value::Null).await.ok()["items"][0]["id"],
        ticket["id"]
    );
}

#[tokio::test]
async fn a_cursor_walks_through_all_tickets_once_and_newer_ones_do_not_disturb_it() {
    let world = World::new().await;
    for n in 0..5 {
        world.call(Write, "POST", "/api/v1/tickets", new_ticket(&format!("T{n}"))).await.ok();
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let path = cursor
            .map_or("/api/v1/tickets?limit=2".to_owned(), |c| format!("/api/v1/tickets?limit=2&cursor={c}"));
        let page = world.call(Read, "GET", &path, Value::Null).await.ok();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|t| t["subject"].as_str().unwrap().to_owned()),
        );
        if seen.len() == 2 {
            world.call(Write, "POST", "/api/v1/tickets", new_ticket("late")).await.ok();
        }
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, ["T4", "T3", "T2", "T1", "T0"]);
}

#[tokio::test]
async fn fields_and_tags_change_and_null_clears() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Parcel")).await.ok();
    let change = json!({
        "priority": "high", "team": "billing", "category": "parcel", "language": "de", "assignee": "kim",
        "status": "open", "custom": { "order": "1" }, "add_tags": ["vip", "late"],
    });
    let number = number(&world).await;
    let path = format!("/api/v1/tickets/{number}");
    let ticket = world.call(Write, "PATCH", &path, change).await.ok();
    assert_eq!(
        (&ticket["priority"], &ticket["team"], &ticket["tags"]),
        (&json!("high"), &json!("billing"), &json!(["late", "vip"]))
    );

    let undo = json!({
        "team": null, "category": null, "language": null, "assignee": "",
        "custom": { "order": null }, "remove_tags": ["late"],
    });
    let ticket = world.call(Write, "PATCH", &path, undo).await.ok();
    assert_eq!(
        (&ticket["team"], &ticket["custom"], &ticket["tags"]),
        (&Value::Null, &json!({}), &json!(["vip"]))
    );
    for cleared in ["category", "language", "assignee"] {
        assert_eq!(ticket[cleared], Value::Null, "{cleared}");
    }
    assert_eq!(ticket["priority"], "high", "what was not named stays");
}

#[tokio::test]
async fn what_an_api_client_says_of_a_ticket_stands_against_plugins() {
    let world = World::new().await;
    let mut new = new_ticket("Parcel");
    new["category"] = json!("\u{1b}shop-returns\r\n");
    new["team"] = json!("shop");
    new["priority"] = json!("normal");
    let made = world.call(Write, "POST", "/api/v1/tickets", new).await;
    assert_eq!(made.status, 201);
    let path = made.header("location").to_owned();
    assert_eq!(
        (&made.json["category"], &made.json["team"], &made.json["priority"]),
        (&json!("shop-returns"), &json!("shop"), &json!("normal"))
    );
    assert_eq!(made.json["set_by_person"], json!(["category", "priority", "team"]), "the usual one as well");
    let changed = world.call(Write, "PATCH", &path, json!({ "assignee": "kim" })).await.ok();
    assert_eq!(changed["set_by_person"], json!(["assignee", "category", "priority", "team"]));
    for (field, value, code) in [
        ("team", "Shop!", "bad_key"),
        ("team", "de89370400440532013000", "personal_data"),
        ("category", "", "empty"),
        ("category", " \u{1b}\n", "empty"),
        ("category", "DE89 3704 0044 0532 0130 00", "personal_data"),
    ] {
        let mut wrong = new_ticket("Parcel");
        wrong[field] = json!(value);
        let refused = world.call(Write, "POST", "/api/v1/tickets", wrong).await;
        assert_eq!(refused.problem(), (422, code, field));
    }
    let iban = json!(["vip", "de89370400440532013000"]);
    let mut wrong = new_ticket("Parcel");
    wrong["tags"] = iban.clone();
    let refused = world.call(Write, "POST", "/api/v1/tickets", wrong).await;
    assert_eq!(refused.problem(), (422, "personal_data", "tags"));
    let refused = world.call(Write, "PATCH", &path, json!({ "add_tags": iban })).await;
    assert_eq!(refused.problem(), (422, "personal_data", "tags"));
}

#[tokio::test]
async fn nobody_asks_in_the_houses_own_name_or_by_an_inbox_that_is_none() {
    let world = World::new().await;
    for own in ["support@localhost", " Support+x@LOCALHOST"] {
        let mut new = new_ticket("Parcel");
        new["email"] = json!(own);
        let refused = world.call(Write, "POST", "/api/v1/tickets", new).await;
        assert_eq!(refused.problem(), (422, "own_address", "email"), "{own}");
    }
    for (name, says) in [("sales", "name it in the settings as [inbox.sales]"), ("", "leave `inbox` out")] {
        let mut new = new_ticket("Parcel");
        new["inbox"] = json!(name);
        let refused = world.call(Write, "POST", "/api/v1/tickets", new).await;
        assert_eq!(refused.problem(), (422, "unknown_inbox", "inbox"));
        let said = refused.json["detail"].as_str().unwrap();
        assert!(said.contains(says), "{said}");
    }
}

#[tokio::test]
async fn what_nobody_meant_to_write_is_taken_out_at_the_door() {
    let world = World::new().await;
    let new = json!({
        "subject": "a\r\nBcc: x@y.example\0", "text": "one\r\ntwo\0\tthree\u{7}\u{1b}[0m",
        "email": "ana@example.org", "name": "Ana\r\n\u{7}Lee", "custom": { "order": "47\n11" },
    });
    let made = world.call(Write, "POST", "/api/v1/tickets", new).await;
    assert_eq!(made.status, 201);
    let path = made.header("location").to_owned();
    assert_eq!(
        (&made.json["subject"], &made.json["custom"]["order"]),
        (&json!("a Bcc: x@y.example"), &json!("47 11"))
    );
    let change = json!({ "assignee": "kim\r\n", "custom": { "order": "4\u{0}7\t11" } });
    let ticket = world.call(Write, "PATCH", &path, change).await.ok();
    assert_eq!((&ticket["assignee"], &ticket["custom"]["order"]), (&json!("kim"), &json!("47 11")));
    let note = json!({ "kind": "note", "text": "it\0 is\r\nhere\u{8}" });
    world.call(Write, "POST", &format!("{path}/messages"), note).await;
    let messages = world.call(Read, "GET", &format!("{path}/messages"), Value::Null).await.ok();
    assert_eq!(messages["items"][0]["text"], "one\ntwo\tthree[0m");
    assert_eq!(messages["items"][1]["text"], "it is\nhere");
    let people = world.call(Read, "GET", "/api/v1/contacts", Value::Null).await.ok();
    assert_eq!(people["items"][0]["name"], "Ana Lee");
}

#[tokio::test]
async fn a_change_of_an_older_version_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let made = world.call(Write, "POST", "/api/v1/tickets", new_ticket("Parcel")).await;
    let (path, old) = (made.header("location").to_owned(), made.header("etag").to_owned());
    let change = |priority: &str| json!({ "priority": priority });
    let first = world.call_with(Write, "PATCH", &path, change("high"), &[("if-match", &old)]).await;
    assert_eq!(first.status, 200);
    let second = world.call_with(Write, "PATCH", &path, change("low"), &[("if-match", &old)]).await;
    assert_eq!(second.problem(), (412, "version_conflict", "version"));
    let third =
        world.call_with(Write, "PATCH", &path, change("urgent"), &[("if-match", first.header("etag"))]).await;
    assert_eq!(third.ok()["priority"], "urgent");
    let any = world.call_with(Write, "PATCH", &path, change("low"), &[("if-match", "*")]).await;
    assert_eq!(any.status, 200);
    let bad = world.call_with(Write, "PATCH", &path, change("low"), &[("if-match", "W/\"x\"")]).await;
    assert_eq!(bad.problem(), (422, "bad_version", "if-match"));
}

#[tokio::test]
async fn messages_are_added_and_the_story_tells_of_them() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Parcel")).await.ok();
    let base = format!("/api/v1/tickets/{}", number(&world).await);
    for kind in ["note", "reply", "inbound"] {
        let body = json!({ "kind": kind, "text": format!("This is a {kind}.") });
        let made = world.call(Write, "POST", &format!("{base}/messages"), body).await;
        assert_eq!(made.status, 201);
        let one = world.call(Read, "GET", made.header("location"), Value::Null).await.ok();
        assert_eq!(one["text"], format!("This is a {kind}."));
    }
    let messages = world.call(Read, "GET", &format!("{base}/messages"), Value::Null).await.ok();
    let directions: Vec<&str> =
        messages["items"].as_array().unwrap().iter().map(|m| m["direction"].as_str().unwrap()).collect();
    assert_eq!(directions, ["inbound", "note", "outbound", "inbound"]);
    assert_eq!(messages["items"][2]["to_address"], "ana@example.org");
    for (query, hits) in [
        ("words=%22is+a+note%22", 1),
        ("words=NOTE+thi", 1),
        ("words=note+reply", 0),
        ("words=%22+OR+NEAR(", 0),
        ("words=*", 1),
        ("words=note&subject=ARCE", 1),
        ("subject=note", 0),
        ("assignee=", 1),
        ("assignee=kim", 0),
    ] {
        let found = world.call(Read, "GET", &format!("/api/v1/tickets?{query}"), Value::Null).await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), hits, "{query}");
    }

    let events = world.call(Read, "GET", &format!("{base}/events"), Value::Null).await.ok();
    let types: Vec<&str> =
        events["items"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types.first(), Some(&"ticket.created"));
    assert!(types.contains(&"message.note_added"), "{types:?}");
    let story = world.call(Read, "GET", &format!("{base}/story"), Value::Null).await.ok();
    assert!(story["lines"].to_string().contains("This is a note."));
    for empty in ["runs", "decisions", "redactions", "attachments"] {
        let list = world.call(Read, "GET", &format!("{base}/{empty}"), Value::Null).await.ok();
        assert_eq!(list, json!({ "items": [], "next": null }), "{empty}");
    }
}

#[tokio::test]
async fn redactions_tell_that_something_was_replaced_and_never_what() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Parcel")).await.ok();
    let number = number(&world).await;
    let ticket = world.desk.ask().ticket_by_number(number).await.unwrap().unwrap();
    let message_id: MessageId = world.desk.ask().messages(ticket.id).await.unwrap()[0].id;
    let id = RedactionId::mint(&CountingIds::default(), super::world::NOW);
    let redaction = Redaction {
        id,
        ticket_id: ticket.id,
        message_id,
        part: "text".into(),
        class: "IBAN".into(),
        placeholder: "[IBAN-1]".into(),
        rule: "iban".into(),
        score: 0.99,
        digest: "secret-digest".into(),
        stands: false,
    };
    world.facts(vec![Fact::AddRedaction { redaction, sealed: None }]).await;
    let list =
        world.call(Read, "GET", &format!("/api/v1/tickets/{number}/redactions"), Value::Null).await.ok();
    assert_eq!(list["items"][0]["placeholder"], "[IBAN-1]");
    assert!(!list.to_string().contains("secret-digest"));
}

#[tokio::test]
async fn contacts_are_listed_and_found_by_address() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Parcel")).await.ok();
    let all = world.call(Read, "GET", "/api/v1/contacts", Value::Null).await.ok();
    assert_eq!(all["items"][0]["email"], "ana@example.org");
    let path = format!("/api/v1/contacts/{}", all["items"][0]["id"].as_str().unwrap());
    assert_eq!(world.call(Read, "GET", &path, Value::Null).await.ok()["name"], "Ana");
    let found = world.call(Read, "GET", "/api/v1/contacts?email=ANA%40example.org", Value::Null).await.ok();
    assert_eq!(found["items"][0]["id"], all["items"][0]["id"]);
    let none = world.call(Read, "GET", "/api/v1/contacts?email=bo%40example.org", Value::Null).await.ok();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn a_contact_tells_whether_they_want_notices_and_nothing_is_asked_of_who_was_erased() {
    let world = World::new().await;
    let made = world.call(Write, "POST", "/api/v1/tickets", new_ticket("Parcel")).await.ok();
    let path = format!("/api/v1/contacts/{}", made["requester_id"].as_str().unwrap());
    let asked = world.call(Read, "GET", &path, Value::Null).await.ok();
    assert_eq!(asked["proactive_consent"], true, "they may get notices until they end them");
    for wish in [json!({ "proactive_consent": false }), json!({})] {
        let told = world.call(Write, "PATCH", &path, wish).await.ok();
        assert_eq!(told["proactive_consent"], false);
    }
    assert_eq!(world.call(Read, "PATCH", &path, json!({})).await.problem().1, "scope_missing");
    let name = world.call(Write, "PATCH", &path, json!({ "name": "Eve" })).await;
    assert_eq!(name.problem(), (422, "bad_body", "name"));
    for _ in 0..2 {
        let erased = world.call(Admin, "DELETE", &path, Value::Null).await.ok();
        assert_eq!(erased["tickets"], 1);
    }
    let null = world.call(Write, "PATCH", &path, json!({ "proactive_consent": null })).await;
    assert_eq!(null.problem(), (422, "bad_body", "proactive_consent"));
    let late = world.call(Write, "PATCH", &path, json!({ "proactive_consent": true })).await;
    assert_eq!(late.problem(), (422, "erased", ""));
    let words = json!({ "kind": "inbound", "text": "It is me, Ana." });
    let messages = format!("/api/v1/tickets/{}/messages", made["number"]);
    let refused = world.call(Write, "POST", &messages, words).await;
    assert_eq!(refused.problem(), (422, "erased", "kind"));
    assert!(refused.json["detail"].as_str().unwrap().contains("new ticket"), "{}", refused.json);
}

#[tokio::test]
async fn the_feed_of_events_goes_on_from_the_last_one_seen() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("One")).await.ok();
    let first = world.call(Read, "GET", "/api/v1/events?limit=1", Value::Null).await.ok();
    assert_eq!(first["items"][0]["type"], "ticket.created");
    let rest = format!("/api/v1/events?cursor={}", first["next"].as_str().unwrap());
    let seen = world.call(Read, "GET", &rest, Value::Null).await.ok();
    let last = seen["items"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    world.clock.advance(1_000);
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Two")).await.ok();
    let news = world.call(Read, "GET", &format!("/api/v1/events?cursor={last}"), Value::Null).await.ok();
    assert_eq!(news["items"][0]["type"], "ticket.created");
    assert_ne!(news["items"][0]["ticket_id"], first["items"][0]["ticket_id"]);
}

async fn number(world: &World) -> i64 {
    let list = world.call(Read, "GET", "/api/v1/tickets", Value::Null).await.ok();
    list["items"][0]["number"].as_i64().unwrap()
}

#[tokio::test]
async fn a_ticket_is_merged_into_another_one_and_taken_out_again() {
    let world = World::new().await;
    let mut numbers = Vec::new();
    for subject in ["Parcel", "Parcel again"] {
        let made = world.call(Write, "POST", "/api/v1/tickets", new_ticket(subject)).await.ok();
        numbers.push((made["number"].as_i64().unwrap(), made["id"].clone()));
    }
    let [(home, home_id), (number, _)] = numbers.as_slice() else { panic!("two tickets") };
    let path = format!("/api/v1/tickets/{number}");
    let merge = format!("{path}/merge");
    let into = json!({ "into": home });
    let reader = world.call(Read, "POST", &merge, into.clone()).await;
    assert_eq!(reader.problem(), (403, "scope_missing", ""));
    let nowhere = world.call(Write, "POST", &merge, json!({ "into": 999 })).await;
    assert_eq!(nowhere.problem(), (422, "no_ticket", "into"));
    let itself = world.call(Write, "POST", &merge, json!({ "into": number })).await;
    assert_eq!(itself.problem(), (422, "same_ticket", "into"));
    let stale = world.call_with(Write, "POST", &merge, into.clone(), &[("if-match", "\"0\"")]).await;
    assert_eq!(stale.problem(), (412, "version_conflict", "version"));

    let merged = world.call(Write, "POST", &merge, into).await.ok();
    assert_eq!((&merged["status"], &merged["merged_into"]), (&json!("closed"), home_id));
    assert_eq!(world.call(Read, "GET", &path, Value::Null).await.ok()["merged_into"], *home_id);
    let inbound = json!({ "kind": "inbound", "text": "Hello?" });
    let refused = world.call(Write, "POST", &format!("{path}/messages"), inbound).await;
    assert_eq!(refused.problem(), (422, "merged", ""));
    assert!(refused.json["detail"].as_str().unwrap().contains(&format!("#{home}")));
    let story = world.call(Read, "GET", &format!("/api/v1/tickets/{home}/story"), Value::Null).await.ok();
    assert!(story.to_string().contains(&format!("from #{number}")), "{story}");

    let unmerge = format!("{path}/unmerge");
    let back = world.call(Write, "POST", &unmerge, Value::Null).await.ok();
    assert_eq!((&back["status"], &back["merged_into"]), (&json!("open"), &Value::Null));
    assert_eq!(world.call(Write, "POST", &unmerge, Value::Null).await.problem(), (422, "not_merged", ""));
}
