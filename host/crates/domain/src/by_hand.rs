//! A confirmation of receipt as a person sends it: without the sentence that says that it is automatic. Knows that sentence
//! of the bundled plugins word for word, and no other: what a house writes itself is never cut.

use std::borrow::Cow;

/// The sentences, as `kulanz.auto-reply` words them.
const AUTOMATIC: [&str; 2] =
    ["Diese Eingangsbestätigung wurde automatisch verschickt.", "This confirmation was sent automatically."];

/// The text without such a sentence; all else of it stays as it is.
pub(crate) fn by_hand(text: &str) -> Cow<'_, str> {
    match AUTOMATIC.iter().find_map(|sentence| around(text, sentence)) {
        Some((before, behind)) => Cow::Owned(joined(before, behind)),
        None => Cow::Borrowed(text),
    }
}

/// What stands before and behind a sentence, blanks and all, where it stands there whole and by itself.
fn around<'t>(text: &'t str, sentence: &str) -> Option<(&'t str, &'t str)> {
    let (first, _) = sentence.split_once(' ')?;
    text.match_indices(first).find_map(|(at, _)| {
        let (before, rest) = text.split_at(at);
        Some((before, behind(rest, sentence)?)).filter(|_| ends_whole(before))
    })
}

/// What follows the sentence that a text begins with; between its words a line may end.
fn behind<'t>(text: &'t str, sentence: &str) -> Option<&'t str> {
    let mut rest = text;
    for (place, word) in sentence.split(' ').enumerate() {
        let (gap, next) = rest.split_at(rest.len() - rest.trim_start().len());
        let parts = place == 0 || (!gap.is_empty() && lines(gap) <= 1);
        rest = next.strip_prefix(word).filter(|_| parts)?;
    }
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some(rest)
}

/// Whether a sentence can begin behind this text: at its beginning, behind a blank line or another sentence.
fn ends_whole(before: &str) -> bool {
    let words = before.trim_end();
    let gap = before.get(words.len()..).unwrap_or_default();
    words.is_empty() || lines(gap) > 1 || (!gap.is_empty() && words.ends_with(['.', '!', '?']))
}

/// Both parts with one of the gaps that were around what stood between them: the wider one.
fn joined(before: &str, behind: &str) -> String {
    let (words, next) = (before.trim_end(), behind.trim_start());
    let first = before.get(words.len()..).unwrap_or_default();
    let last = behind.get(..behind.len() - next.len()).unwrap_or_default();
    let keeps_last = !words.is_empty() && (next.is_empty() || lines(last) > lines(first));
    let gap = if keeps_last { last } else { first };
    [words, gap, next].concat()
}

/// How many lines end in a gap.
fn lines(gap: &str) -> usize {
    gap.matches('\n').count()
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
        for (text, left) in [
            ("This confirmation was sent automatically.", ""),
            ("This confirmation was sent automatically. Bye.", "Bye."),
            ("Received.\n\nThis confirmation was sent automatically.\n", "Received.\n"),
            ("A.\n\nThis confirmation was sent automatically.\n\nKind regards", "A.\n\nKind regards"),
            ("A. This confirmation was sent automatically.\nYour team", "A.\nYour team"),
            ("A. This confirmation was sent automatically. B.  \n\n\nC. ", "A. B.  \n\n\nC. "),
            ("Diese Eingangsbestätigung wurde automatisch\nverschickt. Bis\nbald.", "Bis\nbald."),
            ("A.\r\nDiese Eingangsbestätigung\r\nwurde automatisch verschickt.\r\n\r\nB", "A.\r\n\r\nB"),
        ] {
            assert_eq!(by_hand(text), left, "{text}");
        }
    }

    #[test]
    fn other_sentences_stay_whole() {
        for text in [
            "Bitte lassen Sie den Betreff dieser E-Mail unverändert, damit Ihre Antwort automatisch zugeordnet wird.",
            "Reply to this email and your ticket reopens automatically.",
            "Diese Nachricht wurde automatisch erstellt, Ihre Vorgangsnummer ist 4711.",
            "Ihr Ticket hat die Nr. 4711, diese Nachricht wurde automatisch erstellt.",
            "Bitte beachten Sie: Diese Eingangsbestätigung wurde automatisch verschickt.",
            "„Diese Eingangsbestätigung wurde automatisch verschickt.“ So begann die Mail.",
            "Diese Eingangsbestätigung wurde automatisch\n\nverschickt.",
            "This subscription renews automatically.\n\n\nYou can end it. \n",
            "This confirmation was sent automatically by our system.",
            "",
        ] {
            assert_eq!(by_hand(text), text);
        }
    }

    #[test]
    fn the_bundled_receipts_still_have_these_sentences() {
        let words = include_str!("../../../../plugins/auto-reply/src/words.rs");
        for sentence in AUTOMATIC {
            assert!(words.contains(sentence), "{sentence}");
        }
    }
}
