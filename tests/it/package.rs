//! One file with a publisher, from the author's key to the admin's house, on the command line.

use tests::binary::Ground;
use tests::plugins;

fn ground(dir: &std::path::Path) -> Ground {
    let database = format!("sqlite://{}", dir.join("data/kulanz.db").display());
    Ground { data: dir.join("data"), database, variables: Vec::new() }
}

#[test]
fn a_plugin_is_packed_signed_installed_with_consent_upgraded_and_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    let ground = ground(dir.path());
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let public = ground.run(&["plugin", "keygen", &path("key")]).trim().to_owned();
    assert!(public.starts_with("ed25519:"), "{public}");

    std::fs::write(path("plain.wasm"), plugins::guest("good_triage")).unwrap();
    std::fs::write(path("README.md"), "# Good triage").unwrap();
    let (first, second) = (path("first.wasm"), path("second.wasm"));
    ground.run(&["plugin", "pack", &path("plain.wasm"), "--key", &path("key"), "-o", &first]);
    let packed = std::fs::read(&first).unwrap();
    assert_eq!(pack::papers_of(&packed).unwrap().readme.as_deref(), Some("# Good triage"));
    let said = ground.run(&["plugin", "verify", &first, "--publisher", &public]);
    assert!(said.contains(&format!("signed by {public}")), "{said}");
    let mut changed = packed.clone();
    changed[500] ^= 1;
    std::fs::write(path("changed.wasm"), changed).unwrap();
    ground.refused(&["plugin", "verify", &path("changed.wasm")]);
    ground.refused(&["plugin", "verify", &path("plain.wasm"), "--publisher", &public]);

    let said = ground.refused(&["plugin", "install", &first]);
    assert!(said.contains("To see whether it is urgent.") && said.contains("nobody can be asked"), "{said}");
    let said = ground.refused(&["plugin", "install", &first, "--yes"]);
    let hint = "--yes --grant read:text,effect:set-field:priority,effect:add-tag";
    assert!(said.contains(hint), "{said}");
    ground.run(&["plugin", "install", &first, "--yes", "--grant", "read:text,effect:add-tag"]);

    let more = [
        ("version = \"0.1.0\"", "version = \"0.2.0\""),
        (
            "reason = \"To mark what is urgent.\"",
            "reason = \"To mark what is urgent.\"\n[[grant]]\nto = \"effect:reply\"\nreason = \"To answer.\"",
        ),
    ];
    std::fs::write(path("plain.wasm"), plugins::altered(&plugins::guest("good_triage"), &more)).unwrap();
    ground.run(&["plugin", "pack", &path("plain.wasm"), "-o", &second]);
    ground.run(&["plugin", "sign", &second, "--key", &path("key")]);
    ground.run(&["plugin", "install", &second]);
    assert!(ground.run(&["plugin", "list"]).contains("0.1.0"), "the old version keeps running");
    let said = ground.refused(&["plugin", "upgrade", "guest.good_triage", "--yes"]);
    assert!(said.contains("It asks for effect:reply: To answer."), "{said}");
    assert!(said.contains("--yes --grant read:text,effect:add-tag,effect:reply"), "{said}");
    ground.run(&["plugin", "upgrade", "guest.good_triage", "--yes", "--grant", "read:text"]);
    let shown = ground.run(&["plugin", "show", "guest.good_triage"]);
    assert!(shown.contains("0.2.0") && shown.contains(&format!("signed by {public}")), "{shown}");
    assert!(shown.contains("no   effect:reply"), "{shown}");
    ground.run(&["plugin", "rollback", "guest.good_triage"]);
    let versions = ground.run(&["plugin", "versions", "guest.good_triage"]);
    assert!(versions.lines().any(|l| l.starts_with("active") && l.contains("0.1.0")), "{versions}");
    assert!(versions.lines().any(|l| l.starts_with("former") && l.contains("0.2.0")), "{versions}");
    let ledger = ground.run(&["plugin", "ledger", "guest.good_triage"]);
    assert!(ledger.contains("0 calls, 0 faults"), "{ledger}");
}
