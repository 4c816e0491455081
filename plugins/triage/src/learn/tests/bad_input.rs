//! What a history and its customers can do wrong, by accident or on purpose.

use super::*;

/// What a probe's confidence may change by when one customer floods the history, whatever the flood says.
const FLOOD_BOUND: f32 = 0.15;
/// The same for corrections of one customer's tickets.
const CORRECTIONS_BOUND: f32 = 0.15;

/// Texts of other customers, with what they are.
const PROBES: [(&str, &str); 6] = [
    ("the courier lost the book", "shipping"),
    ("still no delivery of the chair", "shipping"),
    ("please reimburse the tent", "refund"),
    ("I want my money back for the kettle", "refund"),
    ("there is a defect in the phone", "damage"),
    ("it broke after a day, the bike", "damage"),
];

/// Fails unless every probe keeps its label, and its confidence within a bound.
fn unswayed(before: &[(String, f32, Vec<String>)], bound: f32) {
    for ((text, label), before) in PROBES.iter().zip(before) {
        let (now, confidence, _) = guess(text);
        assert_eq!(now, *label, "{text}");
        assert!((confidence - before.1).abs() <= bound, "{text}: {} then {confidence}", before.1);
    }
}

fn asked_before() -> Vec<(String, f32, Vec<String>)> {
    PROBES.iter().map(|(text, _)| guess(text)).collect()
}

/// The same tickets again after people changed the labels; what was learnt stays.
fn relabelled(tickets: Vec<TicketBuilder>) {
    let kept: Vec<(String, Vec<u8>)> = kulanz_sdk::kv::keys("")
        .unwrap()
        .into_iter()
        .map(|key| (key.clone(), kulanz_sdk::kv::get(&key).unwrap().unwrap()))
        .collect();
    fixture::clear();
    for (key, value) in kept {
        kulanz_sdk::kv::set(&key, &value).unwrap();
    }
    tickets.into_iter().for_each(add_ticket);
}

#[test]
fn one_customer_with_a_hundred_corrections_does_not_turn_the_model() {
    learn_from(history());
    for n in 0..100 {
        correct(1_000 + n, "attacker", &format!("where is my parcel number {n}"), "refund");
    }
    assert!(kept::all_fixes().unwrap().all.len() <= 4);
    assert_eq!(guess("the courier lost the book").0, "shipping");
    assert_eq!(guess("still no delivery of the chair").0, "shipping");
}

#[test]
fn a_history_flooded_by_one_customer_still_sorts_the_others_right() {
    let mut tickets = history();
    for n in 0..200 {
        let flood = past(1_000 + n, "refund", &format!("where is my parcel, the courier lost it {n}"));
        tickets.push(flood.requester(ContactBuilder::new().id("attacker")));
    }
    learn_from(tickets);
    assert_eq!(guess("where is my parcel with the tent").0, "shipping");
    assert_eq!(guess("still no delivery of the phone").0, "shipping");
}

#[test]
fn one_label_only_or_too_few_tickets_teach_nothing_and_say_so() {
    let one: Vec<TicketBuilder> =
        (0..50).map(|n| past(n, "refund", &format!("money back for order {n}"))).collect();
    assert!(learn_from(one).starts_with("too little to learn from: 50 sorted tickets of 1 kinds"));
    assert!(learn_from(history().into_iter().take(5).collect()).starts_with("too little"));
    assert!(learn_from(Vec::new()).starts_with("too little"));
    assert!(kept::head().unwrap().is_none());
}

#[test]
fn contradictory_labels_earn_no_decision() {
    let mut tickets = Vec::new();
    for n in 0..120 {
        let label = ["a", "b", "c"][n % 3];
        tickets.push(past(n, label, "the very same words on every ticket"));
    }
    let said = learn_from(tickets);
    assert!(said.starts_with("learned 3 labels"), "{said}");
    let (outcome, category) = asked("the very same words on every ticket", "{}");
    assert!(category.is_none() && matches!(outcome, Outcome::Abstained(_)), "{outcome:?} {category:?}");
}

#[test]
fn empty_and_endless_bodies_are_learnt_past_and_sorted_past() {
    let mut tickets = history();
    tickets.push(past(900, "refund", ""));
    tickets.push(past(901, "refund", "   \n\n "));
    tickets.push(past(902, "refund", &"refund money ".repeat(400_000)));
    tickets.push(past(903, "refund", &"x".repeat(5_000_000)));
    let said = learn_from(tickets);
    assert!(said.starts_with("learned 3 labels from 98 tickets"), "{said}");
    assert_eq!(guess(&"refund money ".repeat(400_000)).0, "refund");
    assert!(asked("", "{}").1.is_none());
}

#[test]
fn nonsense_of_one_customer_under_one_label_leaves_what_others_get() {
    learn_from(history());
    let before = asked_before();
    for label in ["refund", "spam"] {
        let mut tickets = history();
        for n in 0..400_usize {
            let word = |k: usize| format!("zq{:x}", n.wrapping_mul(7_919).wrapping_add(k * 104_729) % 65_536);
            let text = format!("{} {} courier defect {} {}", word(1), word(2), word(3), word(4));
            let flood = past(1_000 + n, label, &text);
            tickets.push(flood.requester(ContactBuilder::new().id("attacker")));
        }
        learn_from(tickets);
        unswayed(&before, FLOOD_BOUND);
    }
}

#[test]
fn a_flood_does_not_earn_the_promise_for_others() {
    // Labels that say nothing: the promise cannot be kept, and stays so however well a flood is sorted.
    let noise = |n: usize| past(n, ["a", "b", "c"][n / 8 % 3], &format!("the same words {}", THINGS[n % 8]));
    let mut tickets: Vec<TicketBuilder> = (0..96).map(noise).collect();
    for n in 0..400 {
        let flood = past(1_000 + n, "a", &format!("easy money easy prize {}", THINGS[n % 8]));
        tickets.push(flood.requester(ContactBuilder::new().id("attacker")));
    }
    learn_from(tickets);
    let (outcome, category) = asked("the same words lamp", "{}");
    assert!(category.is_none() && matches!(outcome, Outcome::Abstained(_)), "{outcome:?} {category:?}");
    let accuracy = kept::head().unwrap().unwrap().accuracy;
    assert!(accuracy < 0.6, "the flood speaks for itself: {accuracy}");
}

#[test]
fn corrections_of_one_customers_tickets_leave_what_others_get() {
    learn_from(history());
    let before = asked_before();
    for n in 0..12 {
        correct(1_000 + n, "attacker", &format!("gibberish {n} flurb snark"), "refund");
    }
    unswayed(&before, CORRECTIONS_BOUND);
}

#[test]
fn a_renamed_label_is_learnt_under_its_new_name_and_the_old_name_is_gone() {
    learn_from(history());
    correct(500, "c500", "the courier kicked my jacket into the mud", "damage");
    relabelled(history_with("damage", "defect"));
    let said = train_again();
    assert!(said.starts_with("learned 3 labels"), "{said}");
    let head = kept::head().unwrap().unwrap();
    assert!(head.labels.contains(&"defect".to_owned()) && !head.labels.contains(&"damage".to_owned()));
    assert_eq!(guess("there is a defect in the phone").0, "defect");
    assert!(kept::all_fixes().unwrap().all.is_empty(), "a correction to a name that is gone says nothing");
    assert_eq!(
        correct(501, "c501", "the lamp is cracked", "damage"),
        "learned: tickets much like this one are damage"
    );
}

#[test]
fn a_history_in_which_a_label_was_deleted_teaches_the_others() {
    learn_from(history());
    relabelled(history_with("damage", ""));
    let said = train_again();
    assert!(said.starts_with("learned 2 labels from 64 tickets"), "{said}");
    assert_eq!(guess("the courier lost the book").0, "shipping");
}
