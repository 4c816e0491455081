//! Backups of the real binary: made beside a running server, put back on another machine, refused where the keys do
//! not fit.

use std::path::Path;

use tests::binary::Ground;
use tests::plugins;

const IBAN: &str = "DE89 3704 0044 0532 0130 00";

fn ground(data: &Path) -> Ground {
    Ground {
        database: format!("sqlite://{}", data.join("kulanz.db").display()),
        data: data.to_owned(),
        variables: Vec::new(),
    }
}

/// A machine with one mail of Ana's, whose IBAN is sealed.
fn with_a_sealed_value(folder: &Path) -> Ground {
    let ground = ground(&folder.join("first"));
    let plugin = folder.join("redaction.wasm");
    std::fs::write(&plugin, plugins::bundled("redaction")).unwrap();
    ground.run(&["plugin", "install", plugin.to_str().unwrap(), "--mode", "live", "--yes"]);
    let mail = folder.join("one.eml");
    let text = format!(
        "From: Ana <ana@example.org>\nTo: help@shop.example\nSubject: Refund\nMessage-ID: <1@example.org>\n\n\
         Hello, please send the refund to {IBAN}.\n"
    );
    std::fs::write(&mail, text.replace('\n', "\r\n")).unwrap();
    ground.run(&["ingest", "--wait", mail.to_str().unwrap()]);
    ground
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_server_runs_and_comes_back_on_a_fresh_machine() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_a_sealed_value(folder.path());
    let backup = folder.path().join("backup");
    let to = backup.to_str().unwrap();
    let mut server = first.serve();
    server.ready(&reqwest::Client::new()).await;
    first.run(&["db", "backup", to, "--with-keys"]);
    assert!(server.stop().success());

    let fresh = ground(&folder.path().join("fresh"));
    let printed = fresh.run(&["db", "restore", to]);
    assert!(printed.contains("kulanz.db"), "{printed}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&fresh.data.join("keys")), 0o700);
        assert_eq!(mode(&fresh.data.join("keys/seal.key")), 0o600);
    }
    let export = fresh.run(&["person", "export", "ana@example.org"]);
    assert!(export.contains(IBAN), "what was sealed opens: {export}");
    fresh.run(&["db", "check"]);
}

#[test]
fn a_restore_whose_keys_do_not_fit_is_refused_before_anything_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_a_sealed_value(folder.path());
    let (with, without) = (folder.path().join("with"), folder.path().join("without"));
    let said = first.ended(&["db", "backup", folder.path().to_str().unwrap()], 1);
    assert!(said.contains("not there yet"), "{said}");
    first.run(&["token", "create", "kim", "--scope", "read"]);
    first.run(&["db", "backup", with.to_str().unwrap(), "--with-keys"]);
    first.run(&["db", "backup", without.to_str().unwrap()]);

    let other = ground(&folder.path().join("other"));
    other.run(&["token", "create", "jana", "--scope", "read"]);
    let before = std::fs::read(other.data.join("kulanz.db")).unwrap();
    let said = other.refused(&["db", "restore", with.to_str().unwrap()]);
    for key in [other.data.join("keys/seal.key"), with.join("keys/seal.key")] {
        assert!(said.contains(key.to_str().unwrap()), "{said}");
    }
    assert!(said.contains("move the first one away"), "{said}");
    assert!(std::fs::read(other.data.join("kulanz.db")).unwrap() == before, "nothing was changed");

    let fresh = ground(&folder.path().join("fresh"));
    let said = fresh.refused(&["db", "restore", without.to_str().unwrap()]);
    assert!(said.contains("seal.key") && said.contains("--with-keys"), "{said}");
    assert!(!fresh.data.join("kulanz.db").exists());

    // With the key moved away, as the refusal says.
    std::fs::rename(other.data.join("keys/seal.key"), other.data.join("keys/seal.key.old")).unwrap();
    let told = other.ended(&["db", "restore", with.to_str().unwrap()], 0);
    assert!(told.contains("valid in it: kim (tok_") && !told.contains("jana"), "{told}");
    assert!(other.run(&["person", "export", "ana@example.org"]).contains(IBAN));
}

#[test]
fn bundled_plugins_are_not_begun_with_where_nobody_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let ground = ground(&folder.path().join("data"));
    let said = ground.refused(&["plugin", "install", "--bundled"]);
    let again = format!(
        "  kulanz plugin install --bundled --yes --data-dir {} --database URL --log error\n",
        ground.data.display()
    );
    assert!(said.ends_with(&again) && said.contains("redaction"), "{said}");
    assert_eq!(ground.run(&["plugin", "list", "--json"]), "");
}
