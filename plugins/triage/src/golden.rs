//! Runs every file of `cases/` through the plugin and compares what it proposes.
//!
//! A case has lines `key: value` about the ticket, then `---`, the text, `---`, and the proposals.
//! `UPDATE_GOLDEN=1` writes what came out, to be read before it is kept.

use std::fmt::Write as _;
use std::path::Path;

use kulanz_sdk::fixture::{EventBuilder, MessageBuilder, TicketBuilder};
use kulanz_sdk::{Effect, Effects, Outcome, Triage as _};

use crate::TriageByWords;
use crate::sort::Settings;

fn run(head: &str, text: &str) -> String {
    let get =
        |key: &str| head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::trim);
    let mut message = MessageBuilder::new().subject(get("subject").unwrap_or("")).text(text);
    let mut ticket = TicketBuilder::new().subject(get("subject").unwrap_or(""));
    if let Some(class) = get("auto_class") {
        message = message.auto_class(class);
    }
    if let Some(priority) = get("priority") {
        ticket = ticket.priority(priority);
    }
    if let Some(category) = get("category") {
        ticket = ticket.category(category);
    }
    if let Some(language) = get("language") {
        ticket = ticket.language(language);
    }
    if let Some((key, value)) = get("custom").and_then(|pair| pair.split_once('=')) {
        ticket = ticket.custom(key, value);
    }
    let event = EventBuilder::of("message.received").message(message.clone()).build();
    let mut out = Effects::new();
    let settings: Settings = kulanz_sdk::fixture::settings(get("settings").unwrap_or("{}")).unwrap();
    let outcome =
        TriageByWords::triage(&event, &ticket.message(message).build(), settings, &mut out).unwrap();
    told(&outcome, &out)
}

fn told(outcome: &Outcome, out: &Effects) -> String {
    let mut lines = match outcome {
        Outcome::Done(why) => format!("done: {why}\n"),
        Outcome::Abstained(why) => format!("abstained: {why}\n"),
    };
    for proposed in out.all() {
        let what = match &proposed.effect {
            Effect::SetField { field, value } => format!("{field} = {value}"),
            Effect::AddTag { tag } => format!("+{tag}"),
            other => panic!("triage proposes {other:?}"),
        };
        let (basis, percent) = (&proposed.basis, proposed.basis.confidence * 100.0);
        writeln!(lines, "{what}  {percent:.0} %  {}  [{}]", basis.reason, basis.evidence.join("; ")).unwrap();
    }
    lines
}

#[test]
fn every_case_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let case = std::fs::read_to_string(file).unwrap();
        let mut parts = case.splitn(3, "---\n");
        let (head, text, want) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap_or(""));
        let got = run(head, text);
        if got != want {
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(file, format!("{head}---\n{text}---\n{got}")).unwrap();
            } else {
                write!(wrong, "\n{}\nwanted:\n{want}got:\n{got}", file.display()).unwrap();
            }
        }
    }
    assert!(files.len() >= 20, "only {} cases found", files.len());
    assert!(wrong.is_empty(), "{wrong}");
}
