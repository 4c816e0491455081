//! Runs every file of `cases/` through the plugin and compares what it proposes.
//!
//! A case has `schedule:`, `settings:` and `ticket:` lines (`key=value` pairs; times as days or hours before
//! the firing), then `---`, and the outcome. The plugin is fired twice: what the first run wrote down in
//! its key-value store is there in the second, tags are not. `UPDATE_GOLDEN=1` writes what came out.

use std::fmt::Write as _;
use std::path::Path;

use kulanz_sdk::fixture::{self, ContactBuilder, FiringBuilder, TicketBuilder};
use kulanz_sdk::{Effect, Effects, Schedule as _};

use crate::ProactiveNotice;
use crate::notice::{HOUR_MS, Settings};

const NOW: u64 = 1_795_000_000_000;

/// `5d` or `3h` before the firing.
fn ago(text: &str) -> u64 {
    let (number, hours) =
        text.strip_suffix('d').map(|n| (n, 24)).or_else(|| text.strip_suffix('h').map(|n| (n, 1))).unwrap();
    NOW - number.parse::<u64>().unwrap() * hours * HOUR_MS
}

fn ticket(line: &str) -> TicketBuilder {
    let mut ticket = TicketBuilder::new();
    let mut contact = ContactBuilder::new().proactive_consent(true);
    for pair in line.split_whitespace() {
        let (key, value) = pair.split_once('=').unwrap();
        match key {
            "number" => ticket = ticket.number(value.parse().unwrap()).id(format!("tkt_{value}")),
            "status" => ticket = ticket.status_category(value),
            "category" => ticket = ticket.category(value),
            "language" => ticket = ticket.language(value),
            "tag" => ticket = ticket.tag(value),
            "created" => ticket = ticket.created_at_ms(ago(value)),
            "customer" => ticket = ticket.last_customer_message_at_ms(ago(value)),
            "reply" => ticket = ticket.last_reply_at_ms(ago(value)),
            "solved" => ticket = ticket.solved_at_ms(ago(value)),
            "locale" => contact = contact.locale(value),
            "consent" => contact = contact.proactive_consent(value == "yes"),
            other => panic!("unknown key {other}"),
        }
    }
    ticket.requester(contact)
}

fn fire(head: &str) -> (String, Effects) {
    let all =
        |key: &'static str| head.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": "));
    let settings: Settings = fixture::settings(all("settings").next().unwrap_or("{}")).unwrap();
    let firing = FiringBuilder::new()
        .schedule(all("schedule").next().unwrap())
        .scheduled_for_ms(NOW)
        .fired_at_ms(NOW)
        .build();
    let mut out = Effects::new();
    let told = ProactiveNotice::fire(&firing, settings, &mut out);
    (told.map_or_else(|error| format!("error: {error:?}\n"), |why| format!("{why}\n")), out)
}

fn run(head: &str) -> String {
    fixture::clear();
    for line in head.lines().filter_map(|line| line.strip_prefix("ticket: ")) {
        fixture::add_ticket(ticket(line));
    }
    let (mut lines, out) = fire(head);
    for proposed in out.all() {
        let (id, reason) = (&proposed.ticket, &proposed.basis.reason);
        match &proposed.effect {
            Effect::Notify { subject, text, language } => {
                let language = language.as_deref().unwrap_or("-");
                writeln!(lines, "{id} notify in {language} “{subject}”: {reason}\n{}", text.trim_end())
                    .unwrap();
            }
            Effect::AddTag { tag } => writeln!(lines, "{id} +{tag}").unwrap(),
            other => panic!("proposes {other:?}"),
        }
    }
    let (again, _) = fire(head);
    lines.push_str(&format!("again: {again}"));
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
        let (head, want) = case.split_once("---\n").unwrap();
        let got = run(head);
        if got != want {
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(file, format!("{head}---\n{got}")).unwrap();
            } else {
                write!(wrong, "\n{}\nwanted:\n{want}got:\n{got}", file.display()).unwrap();
            }
        }
    }
    assert!(files.len() >= 8, "only {} cases found", files.len());
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_flood_of_tickets_is_written_to_in_portions_and_pages() {
    fixture::clear();
    for number in 0..450 {
        let minutes = format!("number={number} status=open category=outage created={}h", 40 - number / 15);
        fixture::add_ticket(ticket(&minutes));
    }
    let head = "schedule: incident\nsettings: {\"incident\": {\"active\": true, \"text_de\": \"Gestört.\"}}";
    let mut written = std::collections::BTreeSet::new();
    for _ in 0..15 {
        let (told, out) = fire(head);
        assert!(out.all().len() <= 60, "{told}");
        for proposed in out.all().iter().filter(|p| matches!(p.effect, Effect::Notify { .. })) {
            assert!(written.insert(proposed.ticket.clone()), "{} was told twice", proposed.ticket);
        }
    }
    assert_eq!(written.len(), 450);
    assert!(fire(head).0.starts_with("0 told of the incident, 450 told before"));
}

#[test]
fn a_search_that_is_not_granted_fails_the_run() {
    fixture::clear();
    fixture::deny("use:tickets");
    let (told, out) = fire("schedule: reminders");
    assert!(told.starts_with("error: Denied") && out.all().is_empty(), "{told}");
}
