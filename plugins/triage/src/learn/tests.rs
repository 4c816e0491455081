//! From past tickets to a decision, natively: the same code that runs in the sandbox, against the fixture.

mod bad_input;
mod evidence;
mod first_day;
mod meant;

use kulanz_sdk::fixture::{
    self, ContactBuilder, EventBuilder, FiringBuilder, MessageBuilder, TicketBuilder, add_ticket,
};
use kulanz_sdk::{Effect, Effects, Events as _, Outcome, Schedule as _, Triage as _};

use super::kept;
use crate::TriageByWords;
use crate::sort::Settings;

const THINGS: [&str; 8] = ["lamp", "chair", "phone", "jacket", "kettle", "bike", "tent", "book"];
const PARCEL: [&str; 4] = [
    "where is my parcel with the",
    "the courier lost the",
    "still no delivery of the",
    "track my shipment of the",
];
const MONEY: [&str; 4] =
    ["refund me for the", "I want my money back for the", "credit the price of the", "reimburse the"];
const BROKEN: [&str; 4] = [
    "the screen is cracked on my",
    "it broke after a day, the",
    "there is a defect in the",
    "repair my faulty",
];

/// Every thing in every sentence, solved, one customer each.
fn history() -> Vec<TicketBuilder> {
    history_with("", "")
}

/// The same with one label under another name.
fn history_with(old: &str, new: &str) -> Vec<TicketBuilder> {
    let mut out = Vec::new();
    for (label, sentences) in [("shipping", PARCEL), ("refund", MONEY), ("damage", BROKEN)] {
        for thing in THINGS {
            for sentence in sentences {
                let label = if label == old { new } else { label };
                out.push(past(out.len(), label, &format!("{sentence} {thing}")));
            }
        }
    }
    out
}

fn past(n: usize, label: &str, text: &str) -> TicketBuilder {
    TicketBuilder::new()
        .id(format!("t{n}"))
        .number(n as u64)
        .subject("")
        .status_category("solved")
        .category(label)
        .team(format!("{label}-team"))
        .created_at_ms(60_000 * (n as u64 + 1))
        .requester(ContactBuilder::new().id(format!("c{n}")))
        .message(MessageBuilder::new().text(text).reply_text(text))
}

fn settings(json: &str) -> Settings {
    fixture::settings(json).unwrap()
}

/// Fires until there is nothing to do; answers what the last busy firing said.
fn train(settings: &str) -> String {
    let mut said = Vec::new();
    for minute in 0..2_000 {
        let firing =
            FiringBuilder::new().schedule("learn").scheduled_for_ms(1_000_000 + minute * 60_000).build();
        said.push(TriageByWords::fire(&firing, self::settings(settings), &mut Effects::new()).unwrap());
        if said.last().is_some_and(|s| s == "nothing to learn yet" || s.starts_with("learning is off")) {
            break;
        }
    }
    said.iter().rev().nth(1).or(said.last()).cloned().unwrap()
}

fn learn_from(tickets: Vec<TicketBuilder>) -> String {
    fixture::clear();
    tickets.into_iter().for_each(add_ticket);
    train("{}")
}

/// Category proposed, its confidence and evidence.
fn asked(text: &str, json: &str) -> (Outcome, Option<(String, f32, Vec<String>)>) {
    let message = MessageBuilder::new().text(text).reply_text(text);
    let event = EventBuilder::of("message.received").message(message.clone()).build();
    let ticket = TicketBuilder::new().subject("").message(message).build();
    let mut out = Effects::new();
    let outcome = TriageByWords::triage(&event, &ticket, settings(json), &mut out).unwrap();
    let category = out.all().iter().find_map(|p| match &p.effect {
        Effect::SetField { field, value } if field == "category" => {
            Some((value.clone(), p.basis.confidence, p.basis.evidence.clone()))
        }
        _ => None,
    });
    (outcome, category)
}

fn guess(text: &str) -> (String, f32, Vec<String>) {
    asked(text, r#"{"threshold": 0}"#).1.unwrap()
}

/// A person corrects a ticket.
fn correct(n: usize, requester: &str, text: &str, label: &str) -> String {
    let ticket = past(n, label, text).requester(ContactBuilder::new().id(requester)).build();
    let event = EventBuilder::of("ticket.field_changed")
        .actor_kind("agent")
        .change("category", Some("shipping"), Some(label))
        .build();
    TriageByWords::handle(&event, &ticket, Settings::default(), &mut Effects::new()).unwrap()
}

/// A night's training after the model of `learn_from`.
fn train_again() -> String {
    let learning =
        super::Learning { on: true, field: super::Field::Category, work: u64::MAX, precision: 0.95 };
    super::fire(&learning, 200_000_000).unwrap()
}

/// Tickets that came after the first model, rightly sorted.
fn newer() -> Vec<TicketBuilder> {
    let sorted = [("shipping", PARCEL), ("refund", MONEY), ("damage", BROKEN)];
    (0..90)
        .map(|n| {
            let (label, sentences) = sorted[n % 3];
            past(2_000 + n, label, &format!("hello {} {}", sentences[n / 3 % 4], THINGS[n / 2 % 8]))
        })
        .collect()
}

#[test]
fn what_people_left_on_solved_tickets_decides_the_next_one_with_its_words() {
    let said = learn_from(history());
    assert!(said.starts_with("learned 3 labels from 96 tickets"), "{said}");
    let (outcome, category) = asked("Hello, my parcel with the bike got lost by the courier", "{}");
    let (label, confidence, evidence) = category.unwrap();
    assert_eq!(label, "shipping");
    assert!(confidence > 0.8 && matches!(outcome, Outcome::Done(_)), "{confidence} {outcome:?}");
    assert!(
        evidence.contains(&"parcel".to_owned()) || evidence.contains(&"courier".to_owned()),
        "{evidence:?}"
    );
}

#[test]
fn an_unsure_guess_is_left_to_people_and_named_only_when_asked_for_at_any_price() {
    learn_from(history());
    let text = "zylindrical quux of unheard provenance";
    let (outcome, category) = asked(text, "{}");
    assert!(matches!(outcome, Outcome::Abstained(_)) && category.is_none(), "{outcome:?} {category:?}");
}

#[test]
fn a_rule_of_the_admin_wins_over_the_model_and_the_model_over_built_in_rules() {
    learn_from(history());
    let text = "where is my parcel with the lamp";
    let own = r#"{"rules": [{"category": "vip", "words": {"lamp": 3.0}}]}"#;
    assert_eq!(asked(text, own).1.unwrap().0, "vip");
    // The built-in rules would say order_status.
    assert_eq!(asked(text, "{}").1.unwrap().0, "shipping");
    fixture::clear();
    assert_eq!(asked(text, "{}").1.unwrap().0, "order_status");
}

#[test]
fn the_team_of_a_category_is_learnt_with_it() {
    learn_from(history());
    assert_eq!(kept::head().unwrap().unwrap().teams, ["shipping-team", "refund-team", "damage-team"]);
}

#[test]
fn slices_of_a_training_come_to_the_same_model_as_one_run() {
    fixture::clear();
    history().into_iter().for_each(add_ticket);
    train(r#"{"learn_slice": 4000000}"#);
    let whole = (kept::head().unwrap().unwrap(), fixture::kv_value("rows.1"), fixture::kv_value("index.1"));
    fixture::clear();
    history().into_iter().for_each(add_ticket);
    let mut firings = 0;
    for minute in 0..2_000 {
        let firing =
            FiringBuilder::new().schedule("learn").scheduled_for_ms(1_000_000 + minute * 60_000).build();
        // Ten thousand calculations: a few visits at a time, far below what a page of history counts.
        let learning =
            super::Learning { on: true, field: super::Field::Category, work: 20_010_000, precision: 0.95 };
        let _ = firing;
        firings += 1;
        if super::fire(&learning, 1_000_000 + minute * 60_000).unwrap().starts_with("learned") {
            break;
        }
    }
    let sliced = (kept::head().unwrap().unwrap(), fixture::kv_value("rows.1"), fixture::kv_value("index.1"));
    assert!(firings > 1);
    assert_eq!(sliced.0.calibration, whole.0.calibration);
    assert!(sliced.1 == whole.1 && sliced.2 == whole.2);
}

#[test]
fn a_correction_is_seen_in_the_next_guess_and_spares_the_others() {
    learn_from(history());
    let text = "the courier kicked my jacket into the mud";
    let before = guess(text).0;
    assert_ne!(before, "damage");
    assert_eq!(correct(500, "c500", text, "damage"), "learned: tickets like this one are damage");
    assert_eq!(guess("the courier kicked my kettle into the mud").0, "damage");
    assert_eq!(guess("the courier lost the book").0, "shipping");
    assert_eq!(guess("refund me for the jacket").0, "refund");
}

#[test]
fn only_what_people_correct_is_learnt_and_the_api_where_people_work_behind_it() {
    learn_from(history());
    let ticket = past(1, "damage", "the courier lost the lamp").build();
    let handled = |by: &str, json: &str| {
        let event = EventBuilder::of("ticket.field_changed")
            .actor_kind(by)
            .change("category", None, Some("damage"))
            .build();
        TriageByWords::handle(&event, &ticket, settings(json), &mut Effects::new()).unwrap()
    };
    for (by, json) in [("plugin", r#"{"learn_from_api": true}"#), ("api", "{}")] {
        assert_eq!(handled(by, json), "only what people correct is learnt", "{by}");
        assert_eq!(fixture::kv_value("fixes").map(|f| f.len() < 60), Some(true));
    }
    let said = handled("api", r#"{"learn_from_api": true}"#);
    assert_eq!(said, "learned: tickets like this one are damage");
}

#[test]
fn a_worse_model_does_not_replace_a_good_one() {
    learn_from(history());
    newer().into_iter().for_each(add_ticket);
    // Somebody has sorted three hundred old tickets the wrong way round.
    for n in 0..300 {
        let (label, sentences) = [("refund", PARCEL), ("damage", MONEY), ("shipping", BROKEN)][n % 3];
        let text = format!("{} {}", sentences[n / 3 % 4], THINGS[n % 8]);
        add_ticket(past(3_000 + n, label, &text).created_at_ms(60_000 * (n as u64 % 90 + 1) + n as u64));
    }
    let said = train_again();
    assert!(said.starts_with("the model stays"), "{said}");
    assert_eq!(kept::head().unwrap().unwrap().generation, 1);
    assert_eq!(guess("the courier lost the book").0, "shipping");
}

#[test]
fn a_model_that_is_no_worse_replaces_the_one_before() {
    learn_from(history());
    newer().into_iter().for_each(add_ticket);
    let said = train_again();
    assert!(said.starts_with("learned 3 labels from 186 tickets"), "{said}");
    assert_eq!(kept::head().unwrap().unwrap().generation, 2);
}

#[test]
fn learning_switched_off_forgets_and_the_rules_decide_again() {
    learn_from(history());
    train(r#"{"learn": false}"#);
    assert!(kept::head().unwrap().is_none() && fixture::kv_value("rows.1").is_none());
    assert_eq!(asked("where is my parcel with the lamp", r#"{"learn": false}"#).1.unwrap().0, "order_status");
}

#[test]
fn without_the_grant_for_kv_the_rules_decide() {
    learn_from(history());
    fixture::deny("use:kv");
    assert_eq!(asked("where is my parcel with the lamp", "{}").1.unwrap().0, "order_status");
}

#[test]
fn a_model_is_stored_as_numbers_and_small() {
    learn_from(history());
    let head = String::from_utf8(fixture::kv_value("model").unwrap()).unwrap();
    assert!(!head.contains("parcel") && head.contains("shipping"));
    let bytes = fixture::kv_value("rows.1").unwrap().len() + fixture::kv_value("index.1").unwrap().len();
    assert!(bytes <= 3 << 20, "{bytes}");
    assert!(fixture::kv_value("job").is_none() && fixture::kv_value("job.shares").is_none());
}
