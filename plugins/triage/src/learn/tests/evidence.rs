//! The words that are named are the words that decided.

use super::*;

#[test]
fn without_the_named_words_the_guess_is_less_sure() {
    learn_from(history());
    for text in [
        "my parcel with the bike got lost by the courier",
        "please reimburse the price of my tent soon",
        "a defect broke the screen of my phone",
    ] {
        let (label, before, evidence) = guess(text);
        let rest: Vec<&str> = text.split(' ').filter(|w| !evidence.iter().any(|e| e == w)).collect();
        let (after_label, after, _) = asked(&rest.join(" "), r#"{"threshold": 0}"#).1.unwrap_or_default();
        assert!(after_label != label || after < before, "{text}: {before} then {after} without {evidence:?}");
    }
}

/// Every sentence of the invented tickets in scope, with its class.
fn sentences() -> Vec<(&'static str, &'static str)> {
    let mut class = "";
    let mut out = Vec::new();
    for line in include_str!("../../../tickets/sentences.txt").lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(head) => class = head.split(' ').next().unwrap_or(head),
            None if class != "-" => out.push((class, line)),
            None => {}
        }
    }
    out
}

#[test]
fn deleting_the_five_named_words_lowers_the_score_of_nearly_every_decided_ticket() {
    let mut tickets = Vec::new();
    for (class, sentence) in sentences() {
        for greeting in ["Hallo,", "Good morning", ""] {
            tickets.push(past(tickets.len(), class, &format!("{greeting} {sentence}")));
        }
    }
    learn_from(tickets);
    let (mut decided, mut lowered) = (0, 0);
    for (_, sentence) in sentences() {
        let text = format!("Guten Tag, {sentence} Danke");
        let (label, before, evidence) = guess(&text);
        if before < 0.5 {
            continue;
        }
        decided += 1;
        let rest: Vec<&str> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !evidence.iter().any(|named| named.eq_ignore_ascii_case(word)))
            .collect();
        let (after_label, after, _) = asked(&rest.join(" "), r#"{"threshold": 0}"#).1.unwrap_or_default();
        lowered += usize::from(after_label != label || after < before);
    }
    assert!(decided >= 50, "{decided}");
    assert!(lowered * 100 >= decided * 95, "{lowered} of {decided}");
}
