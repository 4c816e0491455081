//! What makes an upgrade wait.

use super::*;
use crate::id::CountingIds;
use crate::plugin::{GrantRequest, HookDeclaration, Mode, ScheduleDeclaration};
use crate::schedule::{Missed, Overlap};

fn installed(change: impl FnOnce(&mut Installation)) -> Installation {
    let manifest = crate::plugin::tests::manifest();
    let mut installation = Installation {
        id: InstallationId::mint(&CountingIds::default(), Timestamp(0)),
        grants: manifest.requested(),
        inboxes: Default::default(),
        settings: serde_json::json!({}),
        limits: manifest.limits,
        manifest,
        digest: "ab".into(),
        publisher: None,
        mode: Mode::Live,
        canary: None,
        faults_in_a_row: 0,
        quarantine: None,
        installed_at: Timestamp(0),
        updated_at: Timestamp(0),
        version: 0,
    };
    change(&mut installation);
    installation
}

fn next(change: impl FnOnce(&mut Manifest)) -> Manifest {
    let mut manifest = crate::plugin::tests::manifest();
    manifest.version = "1.1.0".into();
    change(&mut manifest);
    manifest
}

fn asks(to: &str) -> GrantRequest {
    GrantRequest { to: to.parse().unwrap(), reason: "because".into() }
}

fn told(in_force: &Installation, next: &Manifest) -> Vec<String> {
    wishes(in_force, next, in_force.publisher.as_ref()).unwrap().iter().map(Wish::sentence).collect()
}

#[test]
fn a_newer_version_that_asks_for_the_same_or_less_waits_for_nobody() {
    let in_force = installed(|_| ());
    assert!(told(&in_force, &next(|_| ())).is_empty());
    let narrower = next(|m| {
        m.grants.remove(0);
        m.grants[0] = asks("effect:set-field:priority");
    });
    assert!(told(&in_force, &narrower).is_empty());
    let carried = carried_grants(&in_force.grants, &narrower);
    assert_eq!(carried.0.iter().map(ToString::to_string).collect::<Vec<_>>(), ["effect:set-field:priority"]);
}

#[test]
fn what_an_admin_refused_before_is_neither_granted_nor_asked_again() {
    let in_force = installed(|i| i.grants = Grants::default());
    assert!(told(&in_force, &next(|_| ())).is_empty());
    assert!(carried_grants(&in_force.grants, &next(|_| ())).0.is_empty());
}

#[test]
fn a_new_grant_host_hook_event_schedule_or_secret_waits() {
    let wider = next(|m| {
        m.grants.push(asks("effect:reply"));
        m.grants.push(asks("http:api.example.com"));
        m.hooks[0].events.push(EventType::TicketCreated);
        m.hooks.push(HookDeclaration { kind: Hook::Schedule, events: vec![], order: 1, own_events: false });
        m.schedules.push(ScheduleDeclaration {
            name: "nightly".into(),
            cron: "0 3 * * *".into(),
            zone: "UTC".into(),
            missed: Missed::Once,
            overlap: Overlap::Forbid,
        });
        m.settings = serde_json::json!({ "properties": { "key": { "type": "string", "secret": true, "host": "api.example.com" } } });
    });
    assert_eq!(
        told(&installed(|_| ()), &wider),
        [
            "asks for effect:reply: because",
            "asks for http:api.example.com: because",
            "wants its triage hook to be called for ticket.created",
            "has a new hook: schedule",
            "wants to run by itself at 0 3 * * * (UTC): nightly",
            "wants the secret key to be sent to api.example.com",
        ]
    );
}

#[test]
fn a_higher_limit_waits_unless_an_admin_set_that_limit() {
    let hungry = next(|m| m.limits.memory_bytes_max = 64 << 20);
    assert_eq!(
        told(&installed(|_| ()), &hungry),
        ["wants memory_bytes_max raised from 33554432 to 67108864"]
    );
    let chosen = installed(|i| i.limits.memory_bytes_max = 1 << 20);
    assert!(told(&chosen, &hungry).is_empty(), "the admin's number stays");
}

#[test]
fn another_signer_and_a_missing_signature_wait() {
    let (ours, other) = (PublisherKey([1; 32]), PublisherKey([2; 32]));
    let signed = installed(|i| i.publisher = Some(ours.clone()));
    for by in [Some(&other), None] {
        let wishes = wishes(&signed, &next(|_| ()), by).unwrap();
        assert_eq!(wishes, [Wish::Publisher { from: Some(ours.clone()), to: by.cloned() }]);
    }
    assert!(wishes(&signed, &next(|_| ()), Some(&ours)).unwrap().is_empty());
    assert_eq!(wishes(&installed(|_| ()), &next(|_| ()), Some(&ours)).unwrap().len(), 1);
}

#[test]
fn a_downgrade_waits_and_a_signed_version_never_changes_its_bytes() {
    let older = next(|m| m.version = "0.9.0".into());
    assert_eq!(told(&installed(|_| ()), &older), ["is version 0.9.0, older than 1.0.0, which is in force"]);
    let same = next(|m| m.version = "1.0.0".into());
    assert_eq!(
        told(&installed(|_| ()), &same),
        ["calls itself 1.0.0 like the version in force, and has other bytes"]
    );
    let signed = installed(|i| i.publisher = Some(PublisherKey([1; 32])));
    assert_eq!(wishes(&signed, &same, signed.publisher.as_ref()).unwrap_err().code, "same_version");
}

#[test]
fn versions_are_ordered_as_the_standard_says() {
    let rising = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.10",
        "1.2.0",
        "2.0.0",
    ];
    for pair in rising.windows(2) {
        assert_eq!(order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
    }
    assert_eq!(order("1.0.0+a", "1.0.0+b"), Ordering::Equal);
}
