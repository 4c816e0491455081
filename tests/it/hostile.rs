//! What hostile plugins try on the house around them: other plugins' values, other tickets, ways out, fights without
//! end, manifests made to confuse. And a list: each kind of attack has its test somewhere.

use std::collections::BTreeSet;
use std::path::Path;

use desk::{DeskConfig, InstallRequest, InstallationChange, Page};
use domain::event::EventType;
use domain::plugin::{Installation, Limits, Mode};
use domain::run::{DecisionStatus, Run};
use tests::house::{admin, config};
use tests::{Backend, House, plugins, source};

const HELLO: &str = "From: ana@example.org\nTo: help@shop.example\nSubject: Secret subject\nMessage-ID: <h1@example.org>\n\nThe text of Ana.\n";

async fn runs(house: &House, plugin: &Installation) -> Vec<Run> {
    house.store.runs(Some(plugin.id), &Page::first(200)).await.unwrap()
}

/// Installs a guest that may take its time: nothing here is about how busy the machine is.
async fn unhurried(house: &House, guest: &str) -> Installation {
    let plugin = house.install(plugins::guest(guest), Mode::Live).await;
    let limits = Some(Limits { wall_ms: 30_000, ..plugin.limits });
    let change = InstallationChange { limits, ..InstallationChange::default() };
    house.desk.change_installation(plugin.id, change, admin()).await.unwrap()
}

/// What a guest said at its only call.
async fn told(house: &House, guest: &str) -> Vec<String> {
    let plugin = unhurried(house, guest).await;
    house.mail(HELLO).await;
    let run = runs(house, &plugin).await.remove(0);
    run.verdict.ok_or(run.fault).unwrap().why.split("; ").map(str::to_owned).collect()
}

on_both!(h07_one_plugins_keys_reach_nobody_elses_values_and_no_file, |backend| {
    let house = House::bare(backend).await;
    let flood = unhurried(&house, "kv_flood").await;
    let said = told(&house, "kv_intruder").await;
    assert_eq!(said[..4], ["nothing"; 4], "{said:?}");
    assert!(said.iter().all(|line| !line.contains("GOT")), "{said:?}");
    let kept = said.iter().filter(|line| *line == "kept").count();
    assert_eq!(said.last().unwrap(), &format!("keys: {kept}"), "only its own: {said:?}");
    assert!(said[8].starts_with("refused"), "a key of a megabyte: {said:?}");
    assert!(house.store.kv_bytes(flood.id).await.unwrap() > 1 << 20, "the other one has values");
});

on_both!(h12_a_ticket_that_kills_a_plugin_each_time_hinders_no_other_ticket, |backend| {
    let house = House::bare(backend).await;
    let plugin = house.install(plugins::guest("poisoned"), Mode::Live).await;
    for (n, text) in ["first", "poison", "third", "fourth"].into_iter().enumerate() {
        let mail = HELLO.replace("h1@", &format!("h{n}@")).replace("ana@", &format!("ana{n}@"));
        house.mail(&mail.replace("The text of Ana.", text)).await;
    }
    let seen: Vec<bool> = house.tickets().await.iter().map(|t| t.tags.contains("seen")).collect();
    assert_eq!(seen, [true, false, true, true]);
    let faults: Vec<_> = runs(&house, &plugin).await.into_iter().filter_map(|run| run.fault).collect();
    assert!(!faults.is_empty() && faults.len() <= 3, "{faults:?}");
    assert!(faults[0].hint().contains("this text is too much for me"), "{}", faults[0].hint());
    assert!(
        house.desk.installation(plugin.id).await.unwrap().is_active(),
        "one ticket is no reason to stop it"
    );
    assert!(house.story(2).await.contains("too much for me"), "people see why");
});

on_both!(h20_tickets_that_were_not_granted_are_denied_alike_whether_they_exist_or_not, |backend| {
    let house = House::bare(backend).await;
    house.mail(&HELLO.replace("h1@", "h0@")).await;
    let said = told(&house, "peeks_at_tickets").await;
    assert!(said[0].starts_with("found, denied") && said[0].contains("read:subject"), "{said:?}");
    assert_eq!(said[1], "nothing", "{said:?}");
    assert_eq!(said[3], "2 found, 0 read", "{said:?}");

    let plugin = house.desk.installations().await.unwrap().remove(0).installation;
    house.desk.uninstall(plugin.id, admin()).await.unwrap();
    let bytes = plugins::guest("peeks_at_tickets");
    let none = InstallRequest { grants: Some(Default::default()), ..InstallRequest::new(bytes, Mode::Live) };
    let plugin = house.desk.install(none, admin()).await.unwrap().installation;
    house.mail(&HELLO.replace("h1@", "h2@")).await;
    let why = runs(&house, &plugin).await.remove(0).verdict.unwrap().why;
    let answers: BTreeSet<&str> = why.split("; ").collect();
    assert_eq!(answers.len(), 1, "own, guessed, invented and all: {answers:?}");
    assert!(why.contains("denied") && why.contains("use:tickets"), "{why}");
});

on_both!(h21_what_was_read_leaves_only_toward_the_host_that_was_granted_and_is_counted, |backend| {
    let house = House::bare(backend).await;
    let said = told(&house, "carries_out").await;
    assert_eq!(said.len(), 7, "{said:?}");
    for way in &said[..6] {
        assert!(way.contains("denied") || way.contains("invalid"), "{way}");
    }
    assert!(said[6].contains("plugins.http"), "granted, but nobody goes out of this house: {}", said[6]);
    let plugin = house.desk.installations().await.unwrap().remove(0).installation;
    let uses = house.desk.ledger(plugin.id, 30).await.unwrap().uses;
    let hosts: Vec<_> = uses.iter().filter(|(name, _)| name.starts_with("http:")).collect();
    assert_eq!(hosts.len(), 1, "{uses:?}");
    assert!(hosts[0].0 == "http:api.example.com" && hosts[0].1.bytes_out > 10, "{hosts:?}");
});

on_both!(h29_a_storm_of_two_plugins_that_call_each_other_ends_and_is_told, |backend| {
    let house = House::bare(backend).await;
    let (left, right) = fighters(&house).await;
    house.mail(HELLO).await;
    let (a, b) = (runs(&house, &left).await.len(), runs(&house, &right).await.len());
    assert!(a + b <= 24, "{a} and {b} calls");
    let events = house.store.events(None, 1_000).await.unwrap();
    assert!(events.iter().all(|event| event.depth() <= 10));
    assert!(events.len() < 40, "{}", events.len());
});

on_both!(h30_two_plugins_that_fight_over_a_field_are_parted_with_a_reason, |backend| {
    let house = House::bare(backend).await;
    fighters(&house).await;
    house.mail(HELLO).await;
    let ticket = house.tickets().await.remove(0);
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    let applied = decisions.iter().filter(|d| d.status == DecisionStatus::Applied).count();
    assert!((2..=6).contains(&applied), "{applied} times");
    let parted =
        decisions.iter().any(|d| d.status != DecisionStatus::Applied && d.reason.contains("3 times"));
    assert!(parted, "{decisions:?}");
});

/// The same plugin twice under two names, each with another word for the category.
async fn fighters(house: &House) -> (Installation, Installation) {
    let mut out = Vec::new();
    for word in ["left", "right"] {
        let id = format!("guest.pulls_{word}");
        let bytes = plugins::altered(&plugins::guest("pulls_rope"), &[("guest.pulls_rope", &id)]);
        let settings = Some(serde_json::json!({ "word": word }));
        let request = InstallRequest { settings, ..InstallRequest::new(bytes, Mode::Live) };
        out.push(house.desk.install(request, admin()).await.unwrap().installation);
    }
    let right = out.remove(1);
    (out.remove(0), right)
}

#[tokio::test]
async fn h22_a_redaction_plugin_that_never_ends_lets_no_text_through() {
    let house = House::with(Backend::Sqlite, DeskConfig { redaction_trial: false, ..config() }).await;
    let asleep = plugins::altered(
        &plugins::guest("finds_nothing"),
        &[("[[hook]]", "[limits]\nfuel_base = 1\nfuel_per_byte = 0\n\n[[hook]]")],
    );
    house.install(asleep, Mode::Live).await;
    house.mail(HELLO).await;
    assert!(house.tickets().await.is_empty());
    let held = house.store.intakes(Some(desk::IntakeState::Held), &Page::first(10)).await.unwrap();
    assert!(held[0].reason.as_deref().unwrap().contains("fuel"), "{:?}", held[0].reason);
}

#[tokio::test]
async fn h25_a_manifest_made_to_confuse_is_refused_with_the_field_at_fault() {
    let house = House::bare(Backend::Sqlite).await;
    let many: String =
        (0..10_000).map(|n| format!("[[grant]]\nto = \"http:h{n}.example\"\nreason = \"More.\"\n")).collect();
    let star = "[[grant]]\nto = \"http:*\"\nreason = \"All.\"\n";
    let cases = [
        ("a star for a host", "licence = ", format!("licence = \"x\"\n{star}licence_ = ")),
        ("a name of a megabyte", "name = \"Good", format!("name = \"{}", "x".repeat(1 << 20))),
        ("a name that moves the cursor", "name = \"Good", "name = \"\\u001b[2JGood".to_owned()),
    ];
    for (what, from, to) in cases {
        let bytes = plugins::altered(&plugins::guest("good_triage"), &[(from, to.as_str())]);
        assert!(refused(&house, bytes).await.len() > 20, "{what}");
    }
    for (what, more, word) in
        [("a star", star, "exact host"), ("ten thousand grants", many.as_str(), "are allowed")]
    {
        let mut text = pack::manifest_of(&plugins::guest("good_triage")).unwrap().unwrap();
        text.push('\n');
        text.push_str(more);
        let bytes = pack::with_manifest(&plugins::guest("good_triage"), &text).unwrap();
        let said = refused(&house, bytes).await;
        assert!(said.contains(word), "{what}: {said}");
    }
    let html =
        plugins::altered(&plugins::guest("good_triage"), &[("Good triage", "<b onclick=x()>Good</b>")]);
    house.install(html, Mode::Live).await;
}

async fn refused(house: &House, bytes: Vec<u8>) -> String {
    let request = InstallRequest::new(bytes, Mode::Live);
    house.desk.install(request, admin()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn h12_an_automation_that_stops_says_so_on_the_ticket() {
    let house = House::bare(Backend::Sqlite).await;
    let plugin = house.install(plugins::guest("panics"), Mode::Live).await;
    for n in 0..6 {
        house.mail(&HELLO.replace("h1@", &format!("h{n}@"))).await;
    }
    let events = house.store.events(None, 1_000).await.unwrap();
    assert!(events.iter().any(|event| event.kind == EventType::PluginQuarantined));
    assert!(!house.desk.installation(plugin.id).await.unwrap().is_active());
}

/// The kinds of attack by plugins that are tried here, by their numbers in the list of attacks.
const ATTACKS: std::ops::RangeInclusive<u32> = 1..=41;

#[test]
fn every_kind_of_attack_by_a_plugin_has_a_test_that_carries_its_number() {
    let mut found = BTreeSet::new();
    for folder in ["tests/it", "host/crates"] {
        collect(&source().join(folder), &mut found);
    }
    let missing: Vec<u32> = ATTACKS.filter(|number| !found.contains(number)).collect();
    assert!(missing.is_empty(), "no test is called h{missing:?}_…");
}

/// Numbers of tests called `h07_…`, in all files below.
fn collect(dir: &Path, found: &mut BTreeSet<u32>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let named = text.lines().filter_map(|line| {
                let name = line.split_once("fn h").or_else(|| line.split_once("on_both!(h"))?.1;
                let (number, _) = name.split_once('_')?;
                (number.len() == 2).then(|| number.parse::<u32>().ok()).flatten()
            });
            found.extend(named);
        }
    }
}
