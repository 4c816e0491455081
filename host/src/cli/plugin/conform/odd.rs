//! What a house may hand in, at its oddest: empty, huge, in all scripts, with events a plugin did not expect.
//! Every input is legal; none of them is likely.

use std::sync::Arc;

use domain::event::EventType;
use domain::message::AutoClass;
use domain::plugin::Hook;
use domain::redaction::{Document, Part, part};
use domain::snapshot::{Firing, Snapshot};
use runtime::Input;

use crate::sample::{CASE_TIME, Case};

/// Length of a huge text, bytes: far above any mail that a person writes.
const HUGE_BYTES: usize = 1 << 20;
/// Number of things where a plugin expects a few.
const MANY: usize = 200;

/// Scripts, directions, joined and combined letters, controls, and characters of two UTF-16 halves.
const SCRIPTS: &str =
    "Grüße 你好 שלום مرحبا 👩‍👩‍👧‍👦 e\u{301} \u{202e}abc\u{202c} \u{0}\u{7}\u{1b}[31m \u{feff}ﬁ 𝔘𝔫𝔦 İıſß\r\nend";
const SENTENCE: &str =
    "My parcel 4711 has not arrived; please call +49 171 2345678 or write to ana@customer.example. ";

/// An input like those of every day.
pub(super) fn ordinary(hook: Hook) -> Input {
    match hook {
        Hook::Redaction => Input::Redaction(Arc::new(case(SENTENCE).document())),
        Hook::Schedule => firing("daily", 0),
        Hook::Triage | Hook::Answering | Hook::Notification | Hook::Events => {
            on(hook, case(SENTENCE).snapshot())
        }
    }
}

/// All odd inputs of a hook, each with its name.
pub(super) fn inputs(hook: Hook) -> Vec<(String, Input)> {
    let named: Vec<(&str, Input)> = match hook {
        Hook::Redaction => documents().into_iter().map(|(n, d)| (n, Input::Redaction(Arc::new(d)))).collect(),
        Hook::Schedule => vec![
            ("an ordinary firing", firing("daily", 0)),
            ("a schedule of another name", firing("no-such-schedule", 0)),
            ("a firing after a thousand were missed", firing("daily", 1_000)),
        ],
        Hook::Triage | Hook::Answering | Hook::Notification | Hook::Events => {
            snapshots().into_iter().map(|(name, snapshot)| (name, on(hook, snapshot))).collect()
        }
    };
    named.into_iter().map(|(name, input)| (name.to_owned(), input)).collect()
}

fn case(text: &str) -> Case {
    Case { subject: "A question".to_owned(), text: text.to_owned(), ..Case::default() }
}

fn on(hook: Hook, snapshot: Snapshot) -> Input {
    Input::Ticket { hook, snapshot: Arc::new(snapshot) }
}

fn firing(schedule: &str, missed: u32) -> Input {
    Input::Schedule(Firing {
        schedule: schedule.to_owned(),
        scheduled_for: CASE_TIME,
        fired_at: CASE_TIME,
        missed,
    })
}

fn snapshots() -> Vec<(&'static str, Snapshot)> {
    let with = |change: fn(&mut Snapshot)| {
        let mut snapshot = case(SENTENCE).snapshot();
        change(&mut snapshot);
        snapshot
    };
    vec![
        ("an ordinary ticket", with(|_| {})),
        ("a ticket without any text", case("").snapshot()),
        (
            "a ticket without subject, customer or message",
            with(|s| {
                s.view.ticket.subject.clear();
                s.view.requester = None;
                s.view.messages.clear();
            }),
        ),
        ("a message of blanks and line ends", case(" \t\r\n\n \u{a0}").snapshot()),
        ("a message in many scripts, with controls", case(SCRIPTS).snapshot()),
        ("a message of a megabyte", case(&SENTENCE.repeat(HUGE_BYTES / SENTENCE.len())).snapshot()),
        ("a word of a megabyte", case(&"x".repeat(HUGE_BYTES)).snapshot()),
        (
            "hundreds of tags and custom fields",
            with(|s| {
                s.view.ticket.tags.extend((0..MANY).map(|n| format!("tag-{n}")));
                s.view.ticket.custom.extend((0..MANY).map(|n| (format!("field-{n}"), SCRIPTS.to_owned())));
            }),
        ),
        (
            "fifty earlier messages",
            with(|s| {
                let one = s.view.messages.first().cloned();
                s.view.messages.extend(one.into_iter().cycle().take(49));
            }),
        ),
        (
            "mail of a machine",
            with(|s| {
                s.view.messages.iter_mut().for_each(|m| m.auto_class = AutoClass::Bounce);
            }),
        ),
        ("a language nobody speaks", with(|s| s.view.ticket.language = Some("x-klingon".to_owned()))),
        (
            "an event of another type, without its data",
            with(|s| {
                s.event.kind = EventType::AutomationStopped;
                s.event.data = serde_json::Value::Null;
            }),
        ),
    ]
}

fn documents() -> Vec<(&'static str, Document)> {
    let of = |texts: &[&str]| Document {
        parts: texts.iter().map(|text| Part::new(part::TEXT, text)).collect(),
        language: None,
        known: Vec::new(),
    };
    vec![
        ("an ordinary text", case(SENTENCE).document()),
        ("a document without parts", of(&[])),
        ("parts without text", of(&["", "", ""])),
        ("a text in many scripts, with controls", of(&[SCRIPTS, SCRIPTS])),
        ("a text of a megabyte", of(&[&"Nothing to find here at all. ".repeat(HUGE_BYTES / 29)])),
        ("a word of a megabyte", of(&[&"7".repeat(HUGE_BYTES)])),
        ("hundreds of parts", of(&[SENTENCE; MANY])),
        (
            "known names that are empty, short and odd",
            Document {
                known: vec![
                    String::new(),
                    " ".to_owned(),
                    "a".to_owned(),
                    SCRIPTS.to_owned(),
                    "(.*)+$".to_owned(),
                ],
                ..of(&[SENTENCE, SCRIPTS])
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hook_has_odd_inputs_of_its_own_kind() {
        for hook in Hook::ALL {
            let all = inputs(*hook);
            assert!(all.len() >= 3, "{hook}");
            assert!(all.iter().all(|(_, input)| input.hook() == *hook), "{hook}");
            assert_eq!(ordinary(*hook).hook(), *hook);
        }
    }

    #[test]
    fn the_odd_ones_are_really_odd() {
        let longest = |input: &Input| match input {
            Input::Redaction(document) => document.parts.iter().map(|p| p.text.len()).max().unwrap_or(0),
            Input::Ticket { snapshot, .. } => {
                snapshot.view.messages.iter().map(|m| m.text.len()).max().unwrap_or(0)
            }
            Input::Schedule(_) => 0,
        };
        for hook in [Hook::Redaction, Hook::Triage] {
            let lengths: Vec<usize> = inputs(hook).iter().map(|(_, input)| longest(input)).collect();
            assert!(lengths.contains(&0) && lengths.iter().any(|l| *l >= HUGE_BYTES * 9 / 10), "{lengths:?}");
        }
    }
}
