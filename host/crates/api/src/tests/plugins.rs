//! A real plugin through the API: looked at, installed, run, its suggestions accepted and declined.

use domain::id::InstallationId;
use domain::token::Scope::{Admin, Read, Write};
use serde_json::{Value, json};
use store::Fact;

use super::guest;
use super::world::{NOW, World, new_ticket};

async fn install(world: &World, query: &str) -> Value {
    let path = format!("/api/v1/installations?{query}");
    world.upload(Admin, &path, "application/wasm", guest::vip()).await.ok()
}

#[tokio::test]
async fn a_plugin_is_looked_at_without_being_kept() {
    let world = World::new().await;
    let seen = world.upload(Admin, "/api/v1/plugins/inspect", "application/wasm", guest::vip()).await.ok();
    assert_eq!(seen["manifest"]["id"], "example.vip");
    assert_eq!(seen["hooks"], json!(["triage", "schedule"]));
    assert_eq!(
        seen["manifest"]["requests"][0],
        json!({ "grant": "effect:add-tag", "reason": "It tags tickets." })
    );
    let list = world.call(Admin, "GET", "/api/v1/installations", Value::Null).await.ok();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_with_a_sentence() {
    let world = World::new().await;
    for path in ["/api/v1/plugins/inspect", "/api/v1/installations"] {
        let refused = world.upload(Admin, path, "application/wasm", b"#!/bin/sh".to_vec()).await;
        assert_eq!(refused.status, 422, "{}", refused.json);
        assert!(refused.json["detail"].as_str().unwrap().len() > 20);
        assert_eq!(world.upload(Admin, path, "application/wasm", Vec::new()).await.problem().1, "empty_body");
        assert_eq!(world.upload(Admin, path, "text/plain", guest::vip()).await.problem().0, 415);
    }
}

#[tokio::test]
async fn without_a_word_a_plugin_is_installed_in_shadow_and_with_no_grants() {
    let world = World::new().await;
    let made = install(&world, "").await;
    assert_eq!((&made["mode"], &made["grants"]), (&json!("shadow"), &json!([])));
    assert_eq!(made["loaded"], true);
    let again = install(&world, "mode=live&grants=effect:add-tag").await;
    assert_eq!(again, made, "the same file once more changes nothing");
    let gone = format!("/api/v1/installations/{}", made["id"].as_str().unwrap());
    assert_eq!(world.call(Admin, "DELETE", &gone, Value::Null).await.status, 204);
    let path = "/api/v1/installations?grants=http:evil.example";
    let greedy = world.upload(Admin, path, "application/wasm", guest::vip()).await;
    assert_eq!(greedy.problem(), (422, "grant_not_asked", "grants"));
}

#[tokio::test]
async fn secrets_among_the_settings_are_hidden_and_survive_a_change() {
    let world = World::new().await;
    let made = install(&world, "grants=all").await;
    assert_eq!(made["settings"], json!({ "tone": "kind" }));
    assert_eq!(made["unset_secrets"], json!(["key"]));
    let path = format!("/api/v1/installations/{}", made["id"].as_str().unwrap());
    let set = json!({ "settings": { "key": "s3cret", "tone": "kind" } });
    let set = world.call(Admin, "PATCH", &path, set).await.ok();
    assert_eq!(set["settings"], json!({ "key": "(hidden)", "tone": "kind" }));
    assert_eq!(set["unset_secrets"], json!([]));
    let sealed = world.desk.installations().await.unwrap().remove(0).installation.settings["key"].clone();
    assert!(sealed.as_str().unwrap().starts_with("sealed:"), "{sealed}");
    let change = json!({ "settings": { "key": "(hidden)", "tone": "brisk" }, "limits": { "wall_ms": 250 }, "mode": "off" });
    let changed = world.call(Admin, "PATCH", &path, change).await.ok();
    assert_eq!(changed["settings"], json!({ "key": "(hidden)", "tone": "brisk" }));
    assert_eq!((&changed["limits"]["wall_ms"], &changed["mode"]), (&json!(250), &json!("off")));
    assert_eq!(changed["limits"]["effects_max"], made["limits"]["effects_max"]);
    let stored = world.desk.installations().await.unwrap().remove(0).installation;
    assert_eq!(stored.settings, json!({ "key": sealed, "tone": "brisk" }));
    let one = world.call(Admin, "PATCH", &path, json!({ "settings": { "tone": "dry" } })).await.ok();
    assert_eq!(one["settings"], json!({ "key": "(hidden)", "tone": "dry" }), "what is not named stays");
    let back = world.call(Admin, "PATCH", &path, json!({ "settings": { "tone": null } })).await.ok();
    assert_eq!(back["settings"], json!({ "key": "(hidden)", "tone": "kind" }), "null: the default");
    let stored = world.desk.installations().await.unwrap().remove(0).installation;
    assert_eq!(stored.settings["key"], sealed);
    let wrong = world.call(Admin, "PATCH", &path, json!({ "settings": { "tone": 5 } })).await;
    assert_eq!(wrong.problem(), (422, "bad_setting", "settings.tone"));
    let all_or_nothing =
        json!({ "mode": "live", "grants": [], "limits": { "wall_ms": 9 }, "settings": { "tone": 5 } });
    assert_eq!(world.call(Admin, "PATCH", &path, all_or_nothing).await.problem().0, 422);
    assert_eq!(world.desk.installations().await.unwrap().remove(0).installation, stored);
    let ungranted = world.call(Admin, "PATCH", &path, json!({ "grants": ["effect:reply"] })).await;
    assert_eq!(ungranted.problem().1, "grant_not_asked");
}

#[tokio::test]
async fn a_suggestion_is_accepted_once_and_another_declined() {
    let world = World::new().await;
    install(&world, "mode=suggest&grants=all").await;
    for subject in ["One", "Two"] {
        world.call(Write, "POST", "/api/v1/tickets", new_ticket(subject)).await.ok();
    }
    world.desk.settle().await.unwrap();
    let all = world.call(Read, "GET", "/api/v1/decisions", Value::Null).await.ok();
    let ids: Vec<&str> = all["items"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{all}");
    assert_eq!(all["items"][0]["effect"], json!({ "kind": "add-tag", "tag": "vip" }));
    assert_eq!(all["items"][0]["status"], "suggested");

    let accept = format!("/api/v1/decisions/{}/accept", ids[0]);
    let accepted = world.call(Write, "POST", &accept, Value::Null).await.ok();
    assert_eq!(accepted["status"], "applied");
    assert_eq!(
        world.call(Write, "POST", &accept, Value::Null).await.problem(),
        (409, "not_a_suggestion", "")
    );
    let tagged = world.call(Read, "GET", "/api/v1/tickets?tag=vip", Value::Null).await.ok();
    assert_eq!(tagged["items"][0]["id"], accepted["ticket_id"]);

    let decline = format!("/api/v1/decisions/{}/decline", ids[1]);
    let declined = world.call(Write, "POST", &decline, json!({ "reason": "not important" })).await.ok();
    assert_eq!(declined["status"], "rejected");
    assert!(declined["reason"].as_str().unwrap().ends_with("not important"));
    let one = world.call(Read, "GET", &format!("/api/v1/decisions/{}", ids[1]), Value::Null).await.ok();
    assert_eq!(one["status"], "rejected");
}

#[tokio::test]
async fn runs_are_listed_for_the_house_an_installation_and_a_ticket() {
    let world = World::new().await;
    let id = install(&world, "mode=live&grants=all").await["id"].as_str().unwrap().to_owned();
    let made = world.call(Write, "POST", "/api/v1/tickets", new_ticket("One")).await;
    let location = made.header("location").to_owned();
    world.desk.settle().await.unwrap();
    let all = world.call(Read, "GET", "/api/v1/runs", Value::Null).await.ok();
    let run = &all["items"][0];
    assert_eq!((&run["hook"], &run["fault"]), (&json!("triage"), &Value::Null));
    assert_eq!(run["verdict"]["word"], "done");
    for path in [format!("/api/v1/runs?installation_id={id}"), format!("{location}/runs")] {
        assert_eq!(
            world.call(Read, "GET", &path, Value::Null).await.ok()["items"][0]["id"],
            run["id"],
            "{path}"
        );
    }
    let one = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
    assert_eq!(world.call(Read, "GET", &one, Value::Null).await.ok()["plugin_version"], "1.2.3");
    let decisions = world.call(Read, "GET", &format!("{location}/decisions"), Value::Null).await.ok();
    assert_eq!(decisions["items"][0]["status"], "applied");
    let story = world.call(Read, "GET", &format!("{location}/story"), Value::Null).await.ok();
    assert!(story["lines"].to_string().contains("it looks important"), "{story}");
}

#[tokio::test]
async fn a_schedule_is_switched_off_and_an_installation_removed() {
    let world = World::new().await;
    let id = install(&world, "").await["id"].as_str().unwrap().to_owned();
    let list = world.call(Admin, "GET", "/api/v1/schedules", Value::Null).await.ok();
    assert_eq!(list["items"][0]["declaration"]["name"], "nightly");
    let path = format!("/api/v1/schedules/{}", list["items"][0]["id"].as_str().unwrap());
    let off = world.call(Admin, "PATCH", &path, json!({ "enabled": false })).await.ok();
    assert_eq!(off["enabled"], false);

    let path = format!("/api/v1/installations/{id}");
    let released = world.call(Admin, "POST", &format!("{path}/release"), Value::Null).await.ok();
    assert_eq!(released["quarantine"], Value::Null);
    assert_eq!(world.call(Admin, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(world.call(Admin, "GET", &path, Value::Null).await.problem(), (404, "not_found", ""));
    assert_eq!(world.call(Admin, "DELETE", &path, Value::Null).await.problem().0, 404);
    let list = world.call(Admin, "GET", "/api/v1/schedules", Value::Null).await.ok();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_mode_lifts_the_quarantine_and_other_changes_leave_the_trial_call_where_it_was() {
    let world = World::new().await;
    let made = install(&world, "mode=live").await;
    let installation_id: InstallationId = made["id"].as_str().unwrap().parse().unwrap();
    let quarantine = Some("5 faults in a row".to_owned());
    world.facts(vec![Fact::SetFaults { installation_id, faults_in_a_row: 5, quarantine, at: NOW }]).await;
    let path = format!("/api/v1/installations/{installation_id}");
    let held = world.call(Admin, "GET", &path, Value::Null).await.ok();
    assert!(held["quarantine"].is_string() && held["probe_at"].is_string(), "{held}");
    world.clock.advance(60_000);
    let longer = json!({ "limits": { "wall_ms": 900 } });
    let changed = world.call(Admin, "PATCH", &path, longer).await.ok();
    assert_eq!((&changed["quarantine"], &changed["probe_at"]), (&held["quarantine"], &held["probe_at"]));
    let live = world.call(Admin, "PATCH", &path, json!({ "mode": "live" })).await.ok();
    assert_eq!((&live["quarantine"], &live["probe_at"]), (&Value::Null, &Value::Null));
    assert_eq!(live["faults_in_a_row"], 0);
}

#[tokio::test]
async fn an_upgrade_that_wants_more_waits_is_consented_to_and_taken_back() {
    let world = World::new().await;
    let made = install(&world, "grants=effect:add-tag").await;
    let path = format!("/api/v1/installations/{}", made["id"].as_str().unwrap());
    assert_eq!(made["publisher"], Value::Null);
    let wider = guest::vip_with(&[("1.2.3", "1.3.0"), ("read:subject", "read:text")]);
    let waits = world.upload(Admin, "/api/v1/installations", "application/wasm", wider).await;
    assert_eq!(waits.status, 202, "{}", waits.json);
    assert_eq!(waits.json["manifest"]["version"], "1.2.3");
    assert_eq!(waits.json["waiting"]["wishes"], json!(["asks for read:text: It may want to look."]));
    let digest = waits.json["waiting"]["digest"].clone();

    let compared =
        world.call(Admin, "POST", &format!("{path}/upgrade/compare?tickets=5"), Value::Null).await.ok();
    assert_eq!((&compared["tickets"], &compared["different"]), (&json!(0), &json!(0)));
    assert_eq!(compared["not_compared"], json!(["schedule"]));
    let consent = format!("{path}/upgrade/consent");
    let other = world.call(Admin, "POST", &consent, json!({ "digest": "ffff" })).await;
    assert_eq!(other.problem().1, "no_such_version");
    for field in ["grants", "settings", "canary"] {
        let null = world.call(Admin, "POST", &consent, json!({ "digest": digest, (field): null })).await;
        assert_eq!(null.problem(), (422, "bad_body", field));
    }
    let grants = json!({ "digest": digest, "grants": ["effect:add-tag"] });
    let now = world.call(Admin, "POST", &consent, grants).await.ok();
    assert_eq!((&now["manifest"]["version"], &now["grants"]), (&json!("1.3.0"), &json!(["effect:add-tag"])));
    assert_eq!(now["waiting"], Value::Null);

    let back = world.call(Admin, "POST", &format!("{path}/rollback"), json!({})).await.ok();
    assert_eq!(back["manifest"]["version"], "1.2.3");
    let versions = world.call(Admin, "GET", &format!("{path}/versions"), Value::Null).await.ok();
    let states: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|v| (&v["version"], &v["state"])).collect();
    assert!(states.contains(&(&json!("1.2.3"), &json!("active"))), "{states:?}");
    let declined = world.call(Admin, "POST", &format!("{path}/upgrade/decline"), json!({})).await;
    assert_eq!(declined.problem().1, "no_such_version");
}

#[tokio::test]
async fn a_plugin_without_a_threshold_has_no_curve_and_a_promise_is_a_share() {
    let world = World::new().await;
    let made = install(&world, "mode=live&grants=all").await;
    let path = format!("/api/v1/installations/{}/curve", made["id"].as_str().unwrap());
    let answer = world.call(Admin, "POST", &path, Value::Null).await;
    assert_eq!(answer.problem().1, "no_curve");
    let answer = world.call(Admin, "POST", &format!("{path}?promise=95"), Value::Null).await;
    assert_eq!(answer.problem().1, "bad_promise");
}

#[tokio::test]
async fn the_ledger_counts_calls_and_uses() {
    let world = World::new().await;
    let made = install(&world, "mode=live&grants=all").await;
    let path = format!("/api/v1/installations/{}/ledger", made["id"].as_str().unwrap());
    let empty = world.call(Admin, "GET", &path, Value::Null).await.ok();
    assert_eq!((&empty["total"]["runs"], &empty["entries"]), (&json!(0), &json!([])));
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("One")).await;
    world.desk.settle().await.unwrap();
    let ledger = world.call(Admin, "GET", &format!("{path}?days=7"), Value::Null).await.ok();
    assert_eq!((&ledger["total"]["runs"], &ledger["total"]["applied"]), (&json!(1), &json!(1)));
    assert_eq!(ledger["uses"]["effect:add-tag"]["calls"], 1);
    assert_eq!(ledger["unused"], json!([]));
}
