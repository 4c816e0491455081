//! Learning with a language model in place, and without it afterwards.

use super::*;

const LABELS: [&str; 3] = ["shipping", "refund", "damage"];

/// A language model that knows what made-up words mean: `w7` is about the label 7 % 3.
fn says(text: &str) -> Vec<f32> {
    let number = text.split_whitespace().find_map(|word| word.strip_prefix('w')?.parse::<usize>().ok());
    let mut vector = vec![0.1; 3];
    if let Some(place) = number.and_then(|n| vector.get_mut(n % 3)) {
        *place = 1.0;
    }
    vector
}

/// Tickets that have no telling word in common: digits are one mark to the model of words.
fn made_up() -> Vec<TicketBuilder> {
    (0..120)
        .map(|n| past(n, LABELS[n % 3], &format!("please look at w{n} for the {}", THINGS[n / 3 % 8])))
        .collect()
}

fn learn_with_a_model() -> String {
    fixture::clear();
    fixture::set_model("one", 3, says);
    made_up().into_iter().for_each(add_ticket);
    train("{}")
}

#[test]
fn what_tickets_mean_sorts_those_that_words_do_not_tell_apart() {
    let said = learn_with_a_model();
    assert!(
        said.contains("learned 3 labels from 120 tickets") && said.contains("with what they mean 100 %"),
        "{said}"
    );
    for n in [301, 302, 303] {
        let (outcome, category) = asked(&format!("please look at w{n} for the lamp"), "{}");
        let (label, confidence, _) = category.unwrap_or_else(|| panic!("{n}: {outcome:?}"));
        assert_eq!((label.as_str(), matches!(outcome, Outcome::Done(_))), (LABELS[n % 3], true));
        assert!(confidence > 0.9, "{n}: {confidence}");
    }
}

#[test]
fn without_the_model_it_learnt_with_words_decide_as_if_there_had_never_been_one() {
    learn_with_a_model();
    let text = "please look at w301 for the lamp";
    fixture::set_model("another", 3, says);
    let with_another = guess(text);
    fixture::deny("use:embed");
    let denied = guess(text);
    fixture::clear();
    made_up().into_iter().for_each(add_ticket);
    let said = train("{}");
    assert!(!said.contains("mean"), "{said}");
    assert!(kept::head().unwrap().unwrap().meant.is_none());
    assert_eq!((with_another, denied), (guess(text), guess(text)));
}

#[test]
fn a_correction_wins_over_the_meaning_in_the_next_guess() {
    learn_with_a_model();
    let text = "please look at w301 for the lamp";
    let before = guess(text).0;
    assert_eq!(before, LABELS[301 % 3]);
    let right = LABELS[(301 + 1) % 3];
    correct(5_000, "ana", text, right);
    assert_eq!(guess(text).0, right);
}

#[test]
fn slices_that_fail_one_after_the_other_cost_the_meaning_and_not_the_training() {
    fixture::clear();
    fixture::set_model("one", 3, says);
    made_up().into_iter().for_each(add_ticket);
    let fires = |at_ms: u64| {
        let firing = FiringBuilder::new().schedule("learn").scheduled_for_ms(at_ms).build();
        TriageByWords::fire(&firing, settings("{}"), &mut Effects::new()).unwrap()
    };
    let first = fires(1_000_000);
    assert!(first.starts_with("reading the history"), "{first}");
    // Nothing was heard for ten minutes: what was fired then died.
    let mut said = String::new();
    for minute in 10..40 {
        let next = fires(1_000_000 + minute * 60_000);
        if next == "nothing to learn yet" {
            break;
        }
        said = next;
    }
    assert!(said.contains("learned 3 labels from 120 tickets") && !said.contains("mean"), "{said}");
}

#[test]
fn a_meaning_that_sorts_no_more_tickets_than_words_is_left_out() {
    fixture::clear();
    fixture::set_model("one", 3, says);
    history().into_iter().for_each(add_ticket);
    assert!(!train("{}").contains("mean"));
    assert!(kept::head().unwrap().unwrap().meant.is_none());
}

#[test]
fn a_model_that_is_lost_while_it_is_learnt_from_costs_only_the_meaning() {
    fixture::clear();
    // It says other numbers of some texts than it promised.
    fixture::set_model("one", 3, |text| if text.contains("w99 ") { vec![0.5] } else { says(text) });
    made_up().into_iter().for_each(add_ticket);
    let said = train("{}");
    assert!(said.contains("learned 3 labels from 120 tickets") && !said.contains("mean"), "{said}");
}
