//! From version to version: what goes in at once, what waits, what is refused, and the way back.

use desk::{Consent, InstallRequest, Received};
use domain::clock::MINUTE_MS;
use domain::grant::Grants;
use domain::id::InstallationId;
use domain::plugin::Mode;
use domain::version::VersionState;
use pack::PublisherSecret;
use tests::house::admin;
use tests::{Backend, House, plugins};

const HELLO: &str = "From: ana@example.org\nTo: help@shop.example\nSubject: Hello\nMessage-ID: <h1@example.org>\n\nIt is urgent, please help.\n";
const VERSION: (&str, &str) = ("version = \"0.1.0\"", "version = \"0.2.0\"");
/// One grant more than the first version.
const MORE: (&str, &str) = (
    "reason = \"To mark what is urgent.\"",
    "reason = \"To mark what is urgent.\"\n[[grant]]\nto = \"http:api.example.com\"\nreason = \"To ask.\"\n[[grant]]\nto = \"effect:reply\"\nreason = \"To answer.\"",
);

fn first() -> Vec<u8> {
    plugins::guest("good_triage")
}

fn second(changes: &[(&str, &str)]) -> Vec<u8> {
    let all: Vec<(&str, &str)> = [VERSION].iter().chain(changes).copied().collect();
    plugins::altered(&first(), &all)
}

fn signed(component: &[u8], seed: u8) -> Vec<u8> {
    pack::sign(component, &PublisherSecret::from_seed(&[seed; 32]).unwrap()).unwrap()
}

async fn in_force(house: &House, id: InstallationId) -> String {
    house.store.installation(id).await.unwrap().unwrap().manifest.version
}

fn wishes(received: &Received) -> Vec<String> {
    received.version.wishes.iter().map(domain::version::Wish::sentence).collect()
}

async fn consent(house: &House, received: &Received, grants: Option<Grants>) -> Result<(), desk::DeskError> {
    let consent = Consent { digest: Some(received.version.digest.clone()), grants, ..Consent::default() };
    house.desk.consent(received.installation.id, consent, admin()).await.map(|_| ())
}

on_both!(a_new_version_that_asks_for_no_more_goes_in_at_once_and_can_be_taken_back, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(first(), Mode::Live).await;
    let received = house.hand_in(second(&[]), Mode::Off).await.unwrap();
    assert!(!received.waits() && !received.is_new);
    assert_eq!(in_force(&house, old.id).await, "0.2.0");
    let now = house.desk.installation(old.id).await.unwrap();
    assert_eq!((now.mode, &now.grants), (Mode::Live, &old.grants), "mode and grants stay");
    house.mail(HELLO).await;
    let runs = house.store.runs(Some(old.id), &desk::Page::first(1)).await.unwrap();
    assert_eq!(runs[0].plugin_version, "0.2.0");

    let back = house.desk.roll_back(old.id, None, admin()).await.unwrap();
    assert_eq!((back.manifest.version.as_str(), &back.grants), ("0.1.0", &old.grants));
    house.mail(&HELLO.replace("h1@", "h2@")).await;
    let runs = house.store.runs(Some(old.id), &desk::Page::first(1)).await.unwrap();
    assert_eq!(runs[0].plugin_version, "0.1.0");
    let states: Vec<_> = house
        .desk
        .versions(old.id)
        .await
        .unwrap()
        .into_iter()
        .map(|v| (v.manifest.version, v.state))
        .collect();
    assert!(
        states.contains(&("0.1.0".into(), VersionState::Active))
            && states.contains(&("0.2.0".into(), VersionState::Former)),
        "{states:?}"
    );
    let chain = house.store.audit(0, 100).await.unwrap();
    let actions: Vec<_> = chain.iter().map(|e| e.record.action.as_str()).collect();
    assert_eq!(actions, ["plugin.installed", "plugin.upgraded", "plugin.rolled_back"]);
});

on_both!(h23_a_version_that_asks_for_more_waits_and_the_old_one_keeps_running, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(first(), Mode::Live).await;
    let received = house.hand_in(second(&[MORE]), Mode::Live).await.unwrap();
    assert!(received.waits());
    assert_eq!(
        wishes(&received),
        ["asks for http:api.example.com: To ask.", "asks for effect:reply: To answer."]
    );
    assert_eq!(in_force(&house, old.id).await, "0.1.0");
    house.mail(HELLO).await;
    assert!(!house.ticket(1).await.tags.is_empty(), "the old version works on");

    let narrow: Grants =
        ["read:text", "effect:add-tag"].iter().map(|g| g.parse::<domain::grant::Grant>().unwrap()).collect();
    let greedy: Grants = std::iter::once("use:kv".parse::<domain::grant::Grant>().unwrap()).collect();
    let refused = consent(&house, &received, Some(greedy)).await.unwrap_err().to_string();
    assert!(refused.contains("does not ask for use:kv"), "{refused}");
    consent(&house, &received, Some(narrow.clone())).await.unwrap();
    let now = house.desk.installation(old.id).await.unwrap();
    assert_eq!((now.manifest.version.as_str(), &now.grants), ("0.2.0", &narrow));
    let again = consent(&house, &received, None).await.unwrap_err().to_string();
    assert!(again.contains("No version waits"), "{again}");
});

on_both!(consent_without_a_list_grants_what_was_shown_and_a_declined_version_is_never_called, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(first(), Mode::Live).await;
    let received = house.hand_in(second(&[MORE]), Mode::Live).await.unwrap();
    house.desk.decline_version(old.id, None, admin()).await.unwrap();
    assert_eq!(in_force(&house, old.id).await, "0.1.0");
    assert!(consent(&house, &received, None).await.is_err());
    assert!(
        house.desk.roll_back(old.id, None, admin()).await.is_err(),
        "a declined version is nothing to go back to"
    );
    let again = house.hand_in(second(&[MORE]), Mode::Live).await.unwrap();
    consent(&house, &again, None).await.unwrap();
    let now = house.desk.installation(old.id).await.unwrap();
    assert!(
        now.grants.covers(&"effect:reply".parse().unwrap())
            && now.grants.covers(&"read:text".parse().unwrap())
    );
});

on_both!(h24_a_wrong_signature_is_refused_and_another_key_waits, |backend| {
    let house = House::bare(backend).await;
    let mut broken = signed(&first(), 1);
    broken[100] ^= 1;
    assert!(house.hand_in(broken, Mode::Live).await.is_err(), "nothing that was changed gets in");
    let mut wrong = signed(&first(), 1);
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    let said = house.hand_in(wrong, Mode::Live).await.unwrap_err().to_string();
    assert!(said.contains("The signature is wrong"), "{said}");

    let old = house.install(signed(&first(), 1), Mode::Live).await;
    let ours = PublisherSecret::from_seed(&[1; 32]).unwrap().public();
    assert_eq!(old.publisher, Some(ours.clone()));
    for (bytes, who) in [(signed(&second(&[]), 2), "ed25519:"), (second(&[]), "nobody")] {
        let received = house.hand_in(bytes, Mode::Live).await.unwrap();
        assert!(received.waits());
        let wishes = wishes(&received);
        assert!(
            wishes[0].starts_with(&format!("is signed by {who}")) && wishes[0].ends_with(&ours.to_string()),
            "{wishes:?}"
        );
        assert_eq!(in_force(&house, old.id).await, "0.1.0");
    }
    assert!(
        !house.hand_in(signed(&second(&[]), 1), Mode::Live).await.unwrap().waits(),
        "the same key goes in"
    );
});

on_both!(h24_a_signed_version_never_changes_its_bytes_and_a_downgrade_waits, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(signed(&second(&[]), 1), Mode::Live).await;
    let other = plugins::altered(&second(&[]), &[("Good triage", "Better triage")]);
    let said = house.hand_in(signed(&other, 1), Mode::Live).await.unwrap_err().to_string();
    assert!(said.contains("never changes") && said.contains("new number"), "{said}");
    let same = house.hand_in(signed(&second(&[]), 1), Mode::Live).await.unwrap();
    assert!(!same.waits(), "the very same file is no upgrade");
    let older = house.hand_in(signed(&first(), 1), Mode::Live).await.unwrap();
    assert_eq!(wishes(&older), ["is version 0.1.0, older than 0.2.0, which is in force"]);
    assert_eq!(in_force(&house, old.id).await, "0.2.0");
});

on_both!(an_upgrade_is_compared_on_the_tickets_that_are_here_and_changes_nothing, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(first(), Mode::Live).await;
    house.mail(HELLO).await;
    house.mail(&HELLO.replace("h1@", "h2@").replace("urgent", "quiet")).await;
    let before =
        (house.tickets().await, house.store.runs(None, &desk::Page::first(100)).await.unwrap().len());
    let received = house.hand_in(broken(), Mode::Live).await.unwrap();
    assert!(received.waits());
    let seen = house.desk.compare(old.id, None, 50).await.unwrap();
    assert_eq!(seen.tickets, 2);
    assert!(seen.before.calls >= 2 && seen.before.effects >= 2 && seen.before.faults.is_empty(), "{seen:?}");
    assert!(seen.after.faults.get("trap").is_some_and(|n| *n > 0) && seen.after.effects == 0, "{seen:?}");
    assert_eq!(usize::try_from(seen.different).unwrap(), seen.changed.len());
    let urgent = seen.changed.iter().find(|c| c.ticket == 1 && !c.before.effects.is_empty()).unwrap();
    assert!(urgent.before.effects.contains(&"priority = high".to_owned()), "{urgent:?}");
    assert!(urgent.after.said.as_deref().unwrap_or_default().contains("stopped with"), "{urgent:?}");
    let after = (house.tickets().await, house.store.runs(None, &desk::Page::first(100)).await.unwrap().len());
    assert_eq!(before, after);
});

on_both!(two_versions_of_the_same_code_come_out_the_same, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(first(), Mode::Live).await;
    house.mail(HELLO).await;
    house.hand_in(second(&[MORE]), Mode::Live).await.unwrap();
    let seen = house.desk.compare(old.id, None, 50).await.unwrap();
    assert_eq!((seen.different, seen.changed.len()), (0, 0), "{seen:?}");
    assert!(
        seen.same > 0 && seen.before.fuel == seen.after.fuel && seen.before.effects == seen.after.effects
    );
});

on_both!(a_secret_setting_is_sealed_and_survives_an_upgrade, |backend| {
    let house = House::bare(backend).await;
    let secret = (
        "reason = \"To mark what is urgent.\"",
        "reason = \"To mark what is urgent.\"\n[[grant]]\nto = \"http:api.example.com\"\nreason = \"To ask.\"\n[settings]\ntype = \"object\"\n[settings.properties.api_key]\ntype = \"string\"\nsecret = true\nhost = \"api.example.com\"\n",
    );
    let old = house.install(plugins::altered(&first(), &[secret]), Mode::Live).await;
    let settings = serde_json::json!({ "api_key": "s3cret-value" });
    house.desk.set_settings(old.id, settings, admin()).await.unwrap();
    let stored = house.desk.installation(old.id).await.unwrap();
    assert!(stored.settings["api_key"].as_str().unwrap().starts_with("sealed:"));
    assert!(!serde_json::to_string(&stored).unwrap().contains("s3cret-value"));
    assert_eq!(desk::masked(&stored), serde_json::json!({ "api_key": "(hidden)" }));
    let received = house.hand_in(plugins::altered(&first(), &[secret, VERSION]), Mode::Live).await.unwrap();
    assert!(!received.waits());
    assert_eq!(received.installation.settings, stored.settings);
    let same = serde_json::json!({ "api_key": "(hidden)" });
    let kept = house.desk.set_settings(old.id, same, admin()).await.unwrap();
    assert_eq!(kept.settings, stored.settings);
    let moved =
        house.desk.set_settings(old.id, serde_json::json!({ "api_key": "sealed:AAAA" }), admin()).await;
    assert!(moved.unwrap_err().to_string().contains("sealed elsewhere"));
});

on_both!(settings_that_are_handed_in_lie_over_the_defaults_and_over_what_stands, |backend| {
    let house = House::bare(backend).await;
    let schema = (
        "reason = \"To mark what is urgent.\"",
        "reason = \"To mark what is urgent.\"\n[settings]\ntype = \"object\"\n[settings.properties.shop]\ntype = \"string\"\ndefault = \"https://shop.example\"\n[settings.properties.days]\ntype = \"integer\"\ndefault = 7\n",
    );
    let hand_in = async |bytes: Vec<u8>, settings: serde_json::Value| {
        let request = InstallRequest { settings: Some(settings), ..InstallRequest::new(bytes, Mode::Live) };
        house.desk.install(request, admin()).await.unwrap().installation.settings
    };
    let first = plugins::altered(&first(), &[schema]);
    let at_first = hand_in(first.clone(), serde_json::json!({ "days": 3 })).await;
    assert_eq!(at_first, serde_json::json!({ "shop": "https://shop.example", "days": 3 }));
    let again = hand_in(first.clone(), serde_json::json!({ "shop": "https://own.example" })).await;
    assert_eq!(
        again,
        serde_json::json!({ "shop": "https://own.example", "days": 3 }),
        "the same file once more"
    );
    let next = hand_in(plugins::altered(&first, &[VERSION]), serde_json::json!({ "days": null })).await;
    assert_eq!(next, serde_json::json!({ "shop": "https://own.example", "days": 7 }));
});

#[tokio::test]
async fn only_so_many_versions_are_kept_with_their_components() {
    let house = House::bare(Backend::Sqlite).await;
    let old = house.install(first(), Mode::Shadow).await;
    for n in 2..15 {
        let version = format!("version = \"0.{n}.0\"");
        let next = plugins::altered(&first(), &[("version = \"0.1.0\"", &version)]);
        house.clock.advance(MINUTE_MS);
        assert!(!house.hand_in(next, Mode::Shadow).await.unwrap().waits());
    }
    let versions = house.desk.versions(old.id).await.unwrap();
    assert!(versions.len() <= 10, "{}", versions.len());
    assert!(
        house.store.component(&old.digest).await.unwrap().is_none(),
        "the oldest went with its component"
    );
    for version in versions {
        assert!(house.store.component(&version.digest).await.unwrap().is_some());
    }
}

/// The same name over code that traps whenever it is called.
fn broken() -> Vec<u8> {
    let asks = ("[[hook]]", "[[grant]]\nto = \"effect:note\"\nreason = \"To say so.\"\n\n[[hook]]");
    let name = ("guest.panics", "guest.good_triage");
    plugins::altered(&plugins::guest("panics"), &[asks, name, VERSION])
}

async fn try_on(house: &House, received: &Received, share_percent: u8) {
    let canary = Some(desk::Trial { share_percent, teams: Vec::new() });
    let consent = Consent { digest: Some(received.version.digest.clone()), canary, ..Consent::default() };
    house.desk.consent(received.installation.id, consent, admin()).await.unwrap();
}

on_both!(a_version_that_fails_on_its_share_is_taken_back_by_itself, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(first(), Mode::Live).await;
    let received = house.hand_in(broken(), Mode::Live).await.unwrap();
    try_on(&house, &received, 99).await;
    for n in 0..6 {
        house.mail(&HELLO.replace("h1@", &format!("h{n}@"))).await;
    }
    let now = house.desk.installation(old.id).await.unwrap();
    assert_eq!(
        (now.canary, now.quarantine, now.faults_in_a_row),
        (None, None, 0),
        "the one in force is not to blame"
    );
    assert_eq!(now.manifest.version, "0.1.0");
    let states: Vec<_> = house
        .desk
        .versions(old.id)
        .await
        .unwrap()
        .into_iter()
        .map(|v| (v.manifest.version, v.state))
        .collect();
    assert!(states.contains(&("0.2.0".into(), VersionState::Declined)), "{states:?}");
    let told = house.store.events(None, 1_000).await.unwrap();
    let why = told.iter().find(|e| e.kind == domain::event::EventType::PluginRolledBack).unwrap();
    assert!(why.data["why"].as_str().unwrap().contains("calls failed"), "{}", why.data);
    house.mail(&HELLO.replace("h1@", "after@")).await;
    assert!(!house.tickets().await.last().unwrap().tags.is_empty(), "tickets are sorted again");
});

on_both!(a_version_that_does_well_on_its_share_is_put_in_force_or_taken_back_by_hand, |backend| {
    let house = House::bare(backend).await;
    let old = house.install(first(), Mode::Live).await;
    let received = house.hand_in(second(&[MORE]), Mode::Live).await.unwrap();
    try_on(&house, &received, 50).await;
    for n in 0..12 {
        house.mail(&HELLO.replace("h1@", &format!("h{n}@"))).await;
    }
    let runs = house.store.runs(Some(old.id), &desk::Page::first(100)).await.unwrap();
    let of = |version: &str| runs.iter().filter(|r| r.plugin_version == version).count();
    assert!(of("0.1.0") > 0 && of("0.2.0") > 0, "both are called: {} and {}", of("0.1.0"), of("0.2.0"));
    let back = house.desk.roll_back(old.id, None, admin()).await.unwrap();
    assert_eq!((back.canary, back.manifest.version.as_str()), (None, "0.1.0"));

    let again = house.hand_in(second(&[MORE]), Mode::Live).await.unwrap();
    try_on(&house, &again, 10).await;
    consent(&house, &again, None).await.unwrap();
    let now = house.desk.installation(old.id).await.unwrap();
    assert_eq!((now.canary, now.manifest.version.as_str()), (None, "0.2.0"));
});
