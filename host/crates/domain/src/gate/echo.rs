//! Whether an answer repeats what a stranger wrote. Whoever can make a help desk mail a text of their own to an
//! address of their choice has an open relay: it happened to large ones with nothing but acknowledgements.

use std::collections::HashSet;

use crate::address::{canonical_domain, is_within};

/// Words in a row that nobody writes twice by chance.
const RUN_WORDS: usize = 8;
/// Words looked at of each text; nobody reads further in an advertisement.
const WORDS_MAX: usize = 5_000;

/// Whether the answer holds eight words in a row, or a link, of what was heard. `own` are domains that are ours,
/// in their one spelling: their links are no stranger's.
#[must_use]
pub fn echoes(answer: &str, heard: &str, own: &[String]) -> bool {
    let (answer_words, heard_words) = (words(answer), words(heard));
    let runs: HashSet<&[String]> = heard_words.windows(RUN_WORDS).collect();
    answer_words.windows(RUN_WORDS).any(|run| runs.contains(run)) || shares_link(answer, heard, own)
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(str::to_lowercase)
        .collect()
}

fn shares_link(answer: &str, heard: &str, own: &[String]) -> bool {
    let theirs: HashSet<String> = hosts(heard).collect();
    let is_own = |host: &String| own.iter().any(|o| is_within(host, o));
    !theirs.is_empty() && hosts(answer).any(|host| theirs.contains(&host) && !is_own(&host))
}

/// Hosts of web addresses in a text, each in its one spelling.
fn hosts(text: &str) -> impl Iterator<Item = String> {
    let starts = text.match_indices("://").map(|(at, mark)| at + mark.len());
    let of = |text: &str, at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !".-".contains(c)).unwrap_or(rest.len());
        canonical_domain(rest.get(..end).unwrap_or_default().trim_matches('.'))
    };
    starts.map(move |at| of(text, at)).filter(|host| !host.is_empty()).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARD: &str =
        "Congratulations, you have won a new phone, click https://prize.evil.example/x to claim it today!";

    #[test]
    fn a_strangers_sentence_or_link_is_told_in_an_answer() {
        for answer in [
            "Hello, you wrote: “Congratulations! You have WON a new phone; click” Best regards",
            "We have received your request: http://prize.evil.example",
        ] {
            assert!(echoes(answer, HEARD, &[]), "{answer}");
        }
    }

    #[test]
    fn common_words_and_our_own_links_are_no_echo() {
        for answer in [
            "Thank you for your message, we will answer as soon as we can.",
            "You have won nothing. See https://help.shop.example/faq.",
            "",
        ] {
            assert!(!echoes(answer, HEARD, &[]), "{answer}");
        }
        let asked = "I read https://help.shop.example/faq and it does not help.";
        let answer = "Please see https://help.shop.example/faq/2.";
        assert!(!echoes(answer, asked, &["shop.example".to_owned()]));
        assert!(echoes(answer, asked, &[]));
    }

    #[test]
    fn a_link_is_the_same_in_whatever_letters_its_domain_is_written() {
        let (written, ascii) =
            ("See https://www.Müller.example/faq.", "See https://www.xn--mller-kva.example/a.");
        for (answer, asked) in [(written, ascii), (ascii, written), (written, written)] {
            assert!(!echoes(answer, asked, &["xn--mller-kva.example".to_owned()]), "{answer}");
            assert!(echoes(answer, asked, &[]), "{answer}");
        }
    }
}
