//! The command line from outside: its help as a golden file, exit codes, the words of the settings.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory;

use super::*;

fn help_of(command: &mut clap::Command, path: &str, out: &mut String) {
    let path = format!("{path}{}", command.get_name());
    writeln!(out, "$ {path} --help\n{}", command.render_long_help()).unwrap();
    let names: Vec<String> = command
        .get_subcommands()
        .filter(|c| !c.is_hide_set() && c.get_name() != "help")
        .map(|c| c.get_name().to_owned())
        .collect();
    for name in names {
        let inner = command.find_subcommand_mut(&name).unwrap();
        help_of(inner, &format!("{path} "), out);
    }
}

#[test]
fn the_help_is_as_recorded() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut help = String::new();
    help_of(&mut command, "", &mut help);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/cli.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
        std::fs::write(&golden, &help).unwrap();
    }
    let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(recorded == help, "the help changed; UPDATE_GOLDEN=1 records it:\n{help}");
}

#[test]
fn the_commands_fit_together() {
    Cli::command().debug_assert();
}

#[test]
fn each_kind_of_failure_has_its_exit_code() {
    let code = |error: anyhow::Error| exit_of(&error.context("while doing something"));
    assert_eq!(code(ConfigError("x".into()).into()), Exit::Config);
    assert_eq!(code(StoreError::Full.into()), Exit::Store);
    assert_eq!(code(InUse("data".into()).into()), Exit::Store);
    assert_eq!(code(DeskError::Store(StoreError::Full).into()), Exit::Store);
    assert_eq!(code(Refusal::new("x", "no").into()), Exit::Refused);
    assert_eq!(code(DeskError::missing("ticket", 1).into()), Exit::Refused);
    assert_eq!(code(RefusedHere::because("no")), Exit::Refused);
    assert_eq!(code(plugin::RegistryError::Chosen.into()), Exit::Refused);
    let far = plugin::RegistryError::Answered { registry: "r".into(), status: 503, said: String::new() };
    assert_eq!(code(far.into()), Exit::Failed);
    let no_reference = "oci://x".parse::<pack::Reference>().unwrap_err();
    assert_eq!(code(no_reference.into()), Exit::Usage);
    assert_eq!(code(anyhow::anyhow!("other")), Exit::Failed);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    assert!(is_closed_pipe(&anyhow::Error::new(pipe).context("writing")));
    assert!(!is_closed_pipe(&anyhow::anyhow!("other")));
}

#[test]
fn flags_are_the_highest_layer() {
    let cli = Cli::try_parse_from([
        "kulanz",
        "config",
        "show",
        "--data-dir",
        "/x",
        "--database",
        "sqlite::memory:",
    ])
    .unwrap();
    let mut sources = cli.ground.sources();
    sources.variables = vec![("KULANZ_DATA_DIR".into(), "/y".into())];
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.data_dir, Path::new("/x"));
    assert_eq!(config.database_url().unwrap(), "sqlite::memory:");
}

#[test]
fn install_wants_a_plugin_or_the_bundled_ones() {
    let parse = |args: &[&str]| Cli::try_parse_from([&["kulanz", "plugin", "install"], args].concat());
    assert!(parse(&[]).is_err());
    assert!(parse(&["x.wasm", "--bundled"]).is_err());
    assert!(parse(&["x.wasm", "--grant", "read:text", "--mode", "live"]).is_ok());
    assert!(parse(&["x.wasm", "--grant", "read:tekst"]).is_err());
}

#[test]
fn a_failure_is_told_with_its_causes_and_no_sentence_twice() {
    let error =
        anyhow::Error::new(DeskError::Refused(Refusal::new("x", "A subject is missing."))).context("line 3");
    assert_eq!(told(&error), "line 3: A subject is missing.");
    assert_eq!(told(&anyhow::anyhow!("b").context("a")), "a: b");
}
