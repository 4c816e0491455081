//! Administration of installations.

use domain::redaction::{Document, Part};

use super::*;
use crate::fixture::{Fixture, agent, no_grants};

fn with_tone(tone: Value) -> Option<Value> {
    Some(serde_json::json!({ "tone": tone }))
}

#[tokio::test]
async fn a_change_is_one_commit_with_one_audit_entry_and_does_everything_or_nothing() {
    let house = Fixture::new().await;
    let before = house.installation(|_| ()).await;
    let limits = Limits { wall_ms: 5, ..Limits::default() };
    let change = |settings| InstallationChange {
        inboxes: None,
        mode: Some(Mode::Shadow),
        grants: Some(no_grants()),
        settings,
        limits: Some(limits),
    };
    let refused = house.desk.change_installation(before.id, change(with_tone(5.into())), agent()).await;
    assert!(matches!(&refused, Err(DeskError::Refused(r)) if r.code == "bad_setting"), "{refused:?}");
    let stored = || async { house.store.installation(before.id).await.unwrap().unwrap() };
    assert_eq!(stored().await, before);
    assert_eq!(house.store.audit(0, 9).await.unwrap().len(), 0);

    house.desk.change_installation(before.id, change(with_tone("brisk".into())), agent()).await.unwrap();
    let after = stored().await;
    assert_eq!((after.mode, after.grants, after.limits.wall_ms), (Mode::Shadow, no_grants(), 5));
    assert_eq!(after.settings, serde_json::json!({ "tone": "brisk" }));
    let entries = house.store.audit(0, 9).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].record.action, "plugin.changed");
    assert!(!entries[0].record.details.to_string().contains("brisk"), "a setting may be a secret");
    assert_eq!(entries[0].record.details["mode"], "shadow");
}

#[tokio::test]
async fn a_change_puts_no_trial_call_off_and_a_mode_lifts_the_quarantine() {
    let house = Fixture::new().await;
    let quarantined = |i: &mut Installation| {
        i.faults_in_a_row = 5;
        i.quarantine = Some("5 faults in a row".to_owned());
    };
    let before = house.installation(quarantined).await;
    let due = async || house.desk.installations().await.unwrap().remove(0).probe_at;
    let first = due().await;
    assert!(first.is_some());
    house.clock.advance(domain::clock::MINUTE_MS);
    house.desk.set_settings(before.id, serde_json::json!({ "tone": "brisk" }), agent()).await.unwrap();
    assert_eq!(due().await, first, "nothing was called, so it waits as long as it did");

    house.desk.set_mode(before.id, Mode::Live, agent()).await.unwrap();
    let after = house.store.installation(before.id).await.unwrap().unwrap();
    assert_eq!((after.mode, after.quarantine, after.faults_in_a_row), (Mode::Live, None, 0));
    assert_eq!(after.updated_at, house.desk.now());
    let entries = house.store.audit(0, 9).await.unwrap();
    assert_eq!(entries[0].record.details.get("lifted_quarantine"), None);
    assert_eq!(entries[1].record.details["lifted_quarantine"], "5 faults in a row");
}

#[tokio::test]
async fn a_grant_that_was_not_asked_for_is_refused() {
    let house = Fixture::new().await;
    let before = house.installation(|_| ()).await;
    let grants = Some(std::iter::once("effect:reply".parse().unwrap()).collect());
    let change = InstallationChange { grants, ..InstallationChange::default() };
    let refused = house.desk.change_installation(before.id, change, agent()).await;
    assert!(matches!(&refused, Err(DeskError::Refused(r)) if r.code == "grant_not_asked"), "{refused:?}");
}

#[tokio::test]
async fn an_upgrade_leaves_a_schedule_as_it_was_left_and_begins_new_times_anew() {
    let house = Fixture::new().await;
    let mut installation = house.installation(|_| ()).await;
    let mut first = house.desk.schedules_of(&installation).await.unwrap();
    first[0].enabled = false;
    first[0].last_for = Some(house.desk.now());
    house.facts(vec![Fact::PutSchedule(first[0].clone())]).await;
    house.clock.advance(domain::clock::DAY_MS);
    assert_eq!(house.desk.schedules_of(&installation).await.unwrap(), first);
    installation.manifest.schedules[0].cron = "30 * * * *".to_owned();
    let moved = house.desk.schedules_of(&installation).await.unwrap().remove(0);
    assert_eq!((moved.id, moved.enabled, moved.last_for), (first[0].id, false, first[0].last_for));
    assert!(moved.next_at.unwrap() > house.desk.now());
}

#[tokio::test]
async fn with_a_redaction_plugin_out_of_order_no_text_passes() {
    let document = || Document {
        parts: vec![Part { name: "text".to_owned(), text: "IBAN".to_owned() }],
        ..Document::default()
    };
    let redacts = |i: &mut Installation| {
        i.manifest.hooks[0].kind = Hook::Redaction;
        i.quarantine = Some("5 faults in a row".to_owned());
    };
    let house = Fixture::new().await;
    assert!(house.desk.redact(document(), None, None).await.is_ok());
    let installation = house.installation(redacts).await;
    let held = house.desk.redact(document(), None, None).await.err().unwrap();
    assert!(held.why.contains("example.clock is quarantined"), "{}", held.why);
    house.desk.set_mode(installation.id, Mode::Off, agent()).await.unwrap();
    assert!(house.desk.redact(document(), None, None).await.is_ok(), "an admin chose to do without it");
}

#[tokio::test]
async fn a_text_waits_for_a_redaction_plugin_that_cannot_be_loaded() {
    let house = Fixture::new().await;
    house.installation(|i| i.manifest.hooks[0].kind = Hook::Redaction).await;
    let held = house.desk.redact(Document::default(), None, None).await.err().unwrap();
    assert!(held.why.contains("cannot be loaded"), "{}", held.why);
}

/// An installation with a setting that has a default, one that has none, and a secret.
async fn shop(house: &Fixture) -> Installation {
    let schema = serde_json::json!({ "type": "object", "required": ["shop"], "properties": {
        "shop": { "type": "string", "default": "https://shop.example" },
        "waiting_days": { "type": "integer" },
        "key": { "type": "string", "secret": true, "host": "shop.example", "maxLength": 8 },
    } });
    let with_schema = |i: &mut Installation| {
        i.manifest.settings = schema;
        i.settings = serde_json::json!({ "shop": "https://own.example" });
    };
    house.installation(with_schema).await
}

#[tokio::test]
async fn settings_that_are_not_named_stay_and_so_does_a_secret() {
    let house = Fixture::new().await;
    let id = shop(&house).await.id;
    let set = |settings: Value| house.desk.set_settings(id, settings, agent());
    let unset = || async { house.desk.installations().await.unwrap().remove(0).unset_secrets };
    assert_eq!(unset().await[0].name, "key");
    let before = set(serde_json::json!({ "key": "s3cret" })).await.unwrap().settings;
    assert_eq!(before["shop"], "https://own.example");
    assert!(unset().await.is_empty());

    let after = set(serde_json::json!({ "waiting_days": 3 })).await.unwrap().settings;
    assert_eq!(
        (&after["shop"], &after["key"], &after["waiting_days"]),
        (&before["shop"], &before["key"], &3.into())
    );
    let hidden = set(serde_json::json!({ "key": HIDDEN })).await.unwrap().settings;
    assert_eq!(hidden, after);
    let cleared = set(serde_json::json!({ "shop": null, "key": null })).await.unwrap().settings;
    assert_eq!(cleared, serde_json::json!({ "shop": "https://shop.example", "waiting_days": 3 }));
    let long = set(serde_json::json!({ "key": "longer than eight" })).await.unwrap_err();
    assert!(matches!(&long, DeskError::Refused(r) if r.field.as_deref() == Some("settings.key")), "{long:?}");
}

fn waiting(house: &Fixture, installation: &Installation, settings: Value) -> PluginVersion {
    PluginVersion {
        installation_id: installation.id,
        digest: "1".repeat(64),
        manifest: installation.manifest.clone(),
        publisher: None,
        state: VersionState::Waiting,
        wishes: Vec::new(),
        grants: no_grants(),
        settings,
        limits: Limits::default(),
        received_at: house.desk.now(),
        received_by: agent(),
        activated_at: None,
        activated_by: None,
    }
}

#[tokio::test]
async fn what_is_changed_while_a_version_waits_is_changed_there_too_where_both_had_the_same() {
    let house = Fixture::new().await;
    let id = shop(&house).await.id;
    let set = |settings: Value| house.desk.set_settings(id, settings, agent());
    let installation = set(serde_json::json!({ "key": "old-key", "waiting_days": 3 })).await.unwrap();
    let mut carried = installation.settings.clone();
    carried["shop"] = "https://next.example".into();
    let version = waiting(&house, &installation, carried);
    house.desk.0.store.commit(Commit::of(vec![Fact::PutVersion(Box::new(version))])).await.unwrap();
    let change =
        serde_json::json!({ "key": "new-key", "waiting_days": null, "shop": "https://third.example" });
    let after = set(change).await.unwrap().settings;
    let waits = house.desk.versions(id).await.unwrap().remove(0).settings;
    assert_ne!(after["key"], installation.settings["key"]);
    assert_eq!((&waits["key"], &waits["waiting_days"]), (&after["key"], &after["waiting_days"]));
    assert_eq!(waits["shop"], "https://next.example", "what it was given of its own stays");
}

#[tokio::test]
async fn a_setting_that_becomes_a_secret_is_sealed() {
    let house = Fixture::new().await;
    let installation = shop(&house).await;
    let standing = serde_json::json!({ "key": "in-clear" });
    let taken =
        house.desk.take_settings(installation.id, &installation.manifest, &standing, &serde_json::json!({}));
    assert!(taken.unwrap()["key"].as_str().unwrap().starts_with("sealed:"));
}

#[tokio::test]
async fn a_version_that_waited_gets_the_secret_that_was_set_meanwhile() {
    let house = Fixture::new().await;
    let mut installation = shop(&house).await;
    let version = waiting(&house, &installation, serde_json::json!({ "shop": "https://next.example" }));
    installation.settings["key"] = "sealed:x".into();
    let standing = super::settings::waited_settings(&installation, &version);
    assert_eq!(standing, serde_json::json!({ "shop": "https://next.example", "key": "sealed:x" }));
}

#[test]
fn a_setting_of_the_wrong_kind_is_refused_by_name() {
    let schema = serde_json::json!({ "type": "object", "properties": { "threshold": { "type": "number", "minimum": 0, "maximum": 1 } } });
    let field =
        |settings: Value| domain::plugin::check_settings(&schema, &settings).err().and_then(|r| r.field);
    assert_eq!(field(serde_json::json!({ "threshold": 0.5 })), None);
    assert_eq!(field(serde_json::json!({ "threshold": "x" })).as_deref(), Some("settings.threshold"));
    assert_eq!(field(serde_json::json!({ "threshold": 2 })).as_deref(), Some("settings.threshold"));
    assert_eq!(field(serde_json::json!({ "treshold": 0.5 })).as_deref(), Some("settings.treshold"));
}

#[test]
fn a_setting_that_does_not_fit_its_pattern_or_length_is_refused_by_name() {
    let schema = serde_json::json!({ "type": "object", "properties": {
        "monday": { "type": "array", "maxItems": 2, "items": { "type": "string", "pattern": "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$" } },
        "name": { "type": "string", "minLength": 1, "maxLength": 3 },
        "odd": { "type": "string", "pattern": "(" },
    } });
    let refused = |settings: Value| domain::plugin::check_settings(&schema, &settings).err();
    assert!(refused(serde_json::json!({ "monday": ["09:00-17:00"], "name": "für" })).is_none());
    for (settings, says) in [
        (serde_json::json!({ "monday": ["9-17"] }), "settings.monday[0] is “9-17”, which does not fit"),
        (serde_json::json!({ "monday": ["09:00-10:00", "11:00-12:00", "13:00-14:00"] }), "has a length of 3"),
        (serde_json::json!({ "name": "" }), "from 1 to 3 is allowed"),
        (serde_json::json!({ "odd": "x" }), "its author has to mend it"),
    ] {
        let refusal = refused(settings).unwrap();
        assert!(refusal.sentence.contains(says), "{refusal}");
    }
}
