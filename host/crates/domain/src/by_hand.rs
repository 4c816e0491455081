//! What a machine wrote to be sent by itself, as a person sends it: without the sentences that say that it is automatic.
//! Knows words of German and English, not who sends.

use std::borrow::Cow;

/// How a text points at itself.
const POINTERS: [&str; 6] = ["dies", "diese", "diesem", "dieser", "dieses", "this"];
/// What a text calls itself.
const NAMES: [&str; 19] = [
    "acknowledgement",
    "acknowledgment",
    "answer",
    "antwort",
    "bestätigung",
    "confirmation",
    "e-mail",
    "eingangsbestätigung",
    "email",
    "empfangsbestätigung",
    "mail",
    "message",
    "nachricht",
    "notification",
    "receipt",
    "reply",
    "response",
    "schreiben",
    "text",
];

/// The text without what it says of being automatic.
pub(crate) fn by_hand(text: &str) -> Cow<'_, str> {
    if !text.lines().flat_map(sentences).any(is_a_machines) {
        return Cow::Borrowed(text);
    }
    let mut kept: Vec<String> = Vec::new();
    for line in text.lines() {
        let own: String = sentences(line).into_iter().filter(|sentence| !is_a_machines(sentence)).collect();
        let own = own.trim_end();
        // With a paragraph that is gone, one of the blank lines around it goes.
        let is_gone = own.is_empty() && !line.trim().is_empty();
        let doubles = own.is_empty() && kept.last().is_none_or(String::is_empty);
        if !is_gone && !doubles {
            kept.push(own.to_owned());
        }
    }
    Cow::Owned(kept.join("\n"))
}

/// The sentences of a line, each with the blanks behind it.
fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((sentence, behind)) = next_sentence(rest) {
        found.push(sentence);
        rest = behind;
    }
    found.push(rest);
    found
}

/// The first sentence of several, and the others.
fn next_sentence(line: &str) -> Option<(&str, &str)> {
    line.match_indices(['.', '!', '?']).find_map(|(at, mark)| {
        let behind = line.get(at + mark.len()..)?;
        let next = behind.trim_start();
        (next.len() < behind.len() && !next.is_empty()).then(|| line.split_at(line.len() - next.len()))
    })
}

/// Whether a sentence says of its text that a machine wrote or sent it.
fn is_a_machines(sentence: &str) -> bool {
    let words: Vec<String> = sentence
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    words.iter().any(|word| word.starts_with("automat")) && has(&POINTERS) && has(&NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_that_a_person_sends_does_not_say_that_it_is_automatic() {
        let german = "Guten Tag,\n\nIhre Nachricht ist angekommen.\n\nDiese Eingangsbestätigung wurde automatisch verschickt. Möchten Sie etwas ergänzen, antworten Sie einfach auf diese Nachricht.\n\nFreundliche Grüße\nIhr Team";
        assert_eq!(
            by_hand(german),
            "Guten Tag,\n\nIhre Nachricht ist angekommen.\n\nMöchten Sie etwas ergänzen, antworten Sie einfach auf diese Nachricht.\n\nFreundliche Grüße\nIhr Team"
        );
        let english = "We have your mail. A person answers.\n\nThis is an automated reply.\n\nKind regards";
        assert_eq!(by_hand(english), "We have your mail. A person answers.\n\nKind regards");
        for whole in [
            "Sie erhalten diese automatische E-Mail.",
            "This message was generated automatically!",
            "Dies ist eine automatisch erstellte Antwort",
        ] {
            assert_eq!(by_hand(whole), "", "{whole}");
        }
    }

    #[test]
    fn what_is_automatic_about_other_things_stays() {
        for text in [
            "This subscription renews automatically.\n\n\nYou can end it.\n",
            "Die Zahlung wird automatisch abgebucht. Antworten Sie auf diese Nachricht.",
            "Version 2.5 sends the answer. See www.example.org.",
            "",
        ] {
            assert_eq!(by_hand(text), text);
        }
    }
}
