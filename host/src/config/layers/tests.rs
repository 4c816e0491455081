//! What layers promise: who overrides whom, and which sentence names the slip.

use super::*;

fn layers() -> Layers {
    Layers::defaults().unwrap()
}

fn file(text: &str) -> Result<Layers, ConfigError> {
    let mut layers = layers();
    layers.file(Path::new("kulanz.toml"), text)?;
    Ok(layers)
}

fn env(pairs: &[(&str, &str)]) -> Result<Layers, ConfigError> {
    let mut layers = layers();
    layers.environment(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))?;
    Ok(layers)
}

#[test]
fn environment_beats_file_and_flag_beats_both() {
    let mut layers = file("[server]\nlisten = \"a:1\"\n").unwrap();
    assert_eq!(layers.text("server.listen"), "a:1");
    layers.environment([("KULANZ_SERVER__LISTEN".to_owned(), "b:2".to_owned())]).unwrap();
    assert_eq!(
        (layers.text("server.listen").as_str(), layers.origin("server.listen")),
        ("b:2", Origin::Environment("KULANZ_SERVER__LISTEN".into()))
    );
    layers.flag("--listen", "server.listen", "c:3").unwrap();
    assert_eq!(layers.text("server.listen"), "c:3");
    assert_eq!(layers.origin("server.console"), Origin::Default);
}

#[test]
fn an_unknown_key_is_refused_with_file_and_nearest_key() {
    let error = file("[server]\nlissten = \"x\"\n").unwrap_err().0;
    assert_eq!(error, "kulanz.toml: there is no key `server.lissten`. Did you mean `server.listen`?");
}

#[test]
fn a_key_in_the_wrong_section_is_shown_the_right_one() {
    let error = file("[server]\nper_ticket_day = 2\n").unwrap_err().0;
    assert!(error.contains("`desk.gate.per_ticket_day`"), "{error}");
}

#[test]
fn a_key_that_resembles_nothing_points_at_the_manual() {
    assert!(file("zzz = 1").unwrap_err().0.contains("kulanz config default"));
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_variable() {
    let error = env(&[("KULANZ_SERVER__LISTN", "x")]).unwrap_err().0;
    assert!(error.contains("KULANZ_SERVER__LISTEN"), "{error}");
}

#[test]
fn variables_take_the_type_of_their_default() {
    let layers = env(&[
        ("KULANZ_DESK__REDACTION_REQUIRED", "false"),
        ("KULANZ_MAIL__OWN_ADDRESSES", "a@x.example, b@x.example"),
        ("KULANZ_RUNTIME__SLOTS", "7"),
        ("PATH", "/bin"),
        ("KULANZ_TEST_POSTGRES_URL", "ignored"),
        ("KULANZ_REGISTRY_PASSWORD", "ignored"),
    ])
    .unwrap();
    let entries: BTreeMap<String, String> = layers.entries().map(|(k, v, _)| (k.to_owned(), v)).collect();
    assert_eq!(entries["desk.redaction_required"], "false");
    assert_eq!(entries["runtime.slots"], "7");
    assert_eq!(entries["mail.own_addresses"], "[\"a@x.example\", \"b@x.example\"]");
    assert!(env(&[("KULANZ_RUNTIME__SLOTS", "many")]).unwrap_err().0.contains("a whole number"));
}

#[test]
fn a_value_of_another_type_is_refused() {
    assert_eq!(
        file("[runtime]\nslots = \"64\"\n").unwrap_err().0,
        "kulanz.toml: runtime.slots must be a whole number, not string."
    );
    assert!(file("[mail]\nown_addresses = [1]\n").unwrap_err().0.contains("a list of texts"));
    assert!(file("server = 1").unwrap_err().0.contains("there is no key `server`"));
}

#[test]
fn a_password_is_taken_from_the_environment_and_refused_in_a_file() {
    let layers = env(&[("KULANZ_MAIL__SMTP__PASSWORD", "hush")]).unwrap();
    assert_eq!(layers.secret("mail.smtp.password").unwrap().reveal(), "hush");
    assert!(!format!("{layers:?}").contains("hush"));
    assert!(layers.entries().all(|(_, value, _)| !value.contains("hush")));
    let error = file("[mail.smtp]\npassword = \"hush\"\n").unwrap_err().0;
    assert!(error.contains("mail.smtp.password_file") && !error.contains("hush"), "{error}");
}

#[test]
fn a_word_outside_a_list_names_its_key_and_origin() {
    #[derive(serde::Deserialize, Debug)]
    #[expect(dead_code, reason = "only whether it can be read counts")]
    struct Log {
        format: Format,
        filter: String,
    }
    #[derive(serde::Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Format {
        Text,
    }
    let layers = file("[log]\nformat = \"yaml\"\nfilter = \"warn\"\n").unwrap();
    let error = layers.section::<Log>("log", &[]).unwrap_err().0;
    assert!(error.starts_with("kulanz.toml: log.format: "), "{error}");
}

#[test]
fn passwords_in_urls_are_masked() {
    assert_eq!(without_password("postgres://ana:pw@db/x"), "postgres://ana:***@db/x");
    assert_eq!(without_password("postgres://ana@db/x"), "postgres://ana@db/x");
    assert_eq!(without_password("sqlite://a@b:c.db"), "sqlite://a@b:c.db");
}
