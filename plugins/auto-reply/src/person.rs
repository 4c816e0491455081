//! Who wants a person, speaks of the law, was let down or is angry: such a message is read by people, whatever article
//! fits. Patterns of words near each other in one sentence, German and English; pure.

use crate::question::sentences;
use words::*;

mod words;

/// Words that are looked at.
const WORDS_MAX: usize = 2_000;

/// Why a text asks for a person, or should be read by one whatever it asks.
#[must_use]
pub fn wants_person(subject: &str, text: &str) -> Option<&'static str> {
    let mut left = WORDS_MAX;
    let parts = sentences(subject).chain(sentences(text));
    let said: Vec<Sentence> = parts.map(|part| Sentence::of(part, &mut left)).collect();
    let any = |says: fn(&Sentence) -> bool| said.iter().any(says);
    if any(Sentence::asks_for_a_person) {
        Some("the customer asks for a person")
    } else if any(Sentence::speaks_of_the_law) {
        Some("the customer speaks of the law")
    } else if any(Sentence::is_angry) {
        Some("the customer is angry")
    } else if any(Sentence::was_not_helped) {
        Some("the customer was not helped before")
    } else if any(Sentence::waits_long) {
        Some("the customer has waited long")
    } else {
        None
    }
}

/// The words of a sentence in small letters; “didn't” is one word.
struct Sentence(Vec<String>);

impl Sentence {
    fn of(text: &str, left: &mut usize) -> Self {
        let plain = text.to_lowercase().replace(['\'', '’'], "");
        let words = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<String> = words.take(*left).map(ToOwned::to_owned).collect();
        *left -= words.len();
        Self(words)
    }

    /// Where a word of the list stands.
    fn places(&self, list: Words) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(move |(_, word)| fits(word, list)).map(|(at, _)| at)
    }

    fn has(&self, list: Words) -> bool {
        self.places(list).next().is_some()
    }

    fn says(&self, rows: &[&str]) -> bool {
        let plain = format!(" {} ", self.0.join(" "));
        rows.iter().any(|row| plain.contains(&format!(" {row} ")))
    }

    /// Whether a word of one list stands at most so many words before one of the other.
    fn before(&self, first: Words, then: Words, within: usize) -> bool {
        self.places(first).any(|at| self.0.iter().skip(at + 1).take(within).any(|word| fits(word, then)))
    }

    fn near(&self, one: Words, other: Words, within: usize) -> bool {
        self.before(one, other, within) || self.before(other, one, within)
    }

    fn asks_for_a_person(&self) -> bool {
        self.names_a_person() || self.wants_a_call() || self.wants_no_machine()
    }

    fn names_a_person(&self) -> bool {
        let to_somebody = self.before(WITH, SOMEBODY, 2) || self.before(SOMEBODY, &["to", "with"], 6);
        self.near(PERSON, TALK, 7)
            || self.before(WITH, PERSON, 2)
            || self.before(REAL, SOMEBODY, 1)
            || to_somebody && self.near(SOMEBODY, TALK, 6)
            || self.near(CONTACT, WANT, 5)
            || self.near(PERSONALLY, ANSWERS, 3)
    }

    fn wants_a_call(&self) -> bool {
        self.before(CALL, ME, 2)
            || self.near(CALLED, ME, 4) && self.has(ASKED)
            || self.near(SOMEBODY, REACH, 6) && self.has(ME)
            || self.near(CONNECT, ME, 2)
            || self.says(&["in touch with me", "in touch with us", "mit mir in verbindung"])
            || self.near(CALLBACK, ASKED, 6)
    }

    fn wants_no_machine(&self) -> bool {
        self.before(NO, BOT, 3)
            || self.before(NO, TEMPLATES, 3)
            || self.before(NO, MACHINE, 3) && self.has(REPLY)
            || self.before(NO, AUTOMATON, 2) && self.has(WANT)
    }

    fn speaks_of_the_law(&self) -> bool {
        self.has(LAW) || self.says(LAW_ROWS)
    }

    fn is_angry(&self) -> bool {
        self.has(ANGER) || self.says(ANGER_ROWS)
    }

    fn was_not_helped(&self) -> bool {
        let repeats = self.before(ALREADY, OFTEN, 4)
            || self.near(OFTEN, WROTE, 6)
            || self.near(TWICE, WROTE, 6)
            || self.before(THIRD, MAL, 1)
                && (self.has(WROTE) || self.has(ALREADY) || self.before(&["zum", "the"], THIRD, 1))
            || self.counted_times();
        self.before(NOT, HELPED, 4)
            || self.before(HELPS, NOT, 2)
            || self.before(BRINGS, &["nichts", "nix"], 2)
            || self.before(&["none"], &["worked", "helped"], 4)
            || self.before(NOT, SOLVED, 2) && self.has(PROBLEM)
            || self.before(&["antwort"], FITS, 2) && self.before(FITS, NOT, 2)
            || self.before(FITS, PROBLEM, 2) && self.before(PROBLEM, NOT, 1)
            || self.before(ORDINAL, LETTER, 1)
            || self.before(DID, &["help"], 3) && self.near(NOT, &["help"], 3)
            || repeats
    }

    /// “schon 4 mal”, “five times already”, “asked you three times”.
    fn counted_times(&self) -> bool {
        self.places(MAL).any(|at| {
            let Some(count) = at.checked_sub(1).and_then(|before| self.0.get(before)) else { return false };
            let many = number(count).is_some_and(|count| count > 2);
            let told = self.0.iter().skip(at.saturating_sub(5)).take(9);
            many && told
                .clone()
                .any(|word| fits(word, &["schon", "bereits", "already", "now"]) || fits(word, WROTE))
        })
    }

    fn waits_long(&self) -> bool {
        let long = self.places(SPANS).any(|at| {
            let lead = self.0.iter().take(at).skip(at.saturating_sub(5));
            lead.clone().any(|word| fits(word, SINCE))
        });
        let waits = self.has(WAITING) || self.has(WAITS) && self.has(&["seit", "schon", "bereits"]);
        self.near(SPANS, WAITING, 2)
            || self.says(&["on hold for"])
            || long
                && (waits
                    || self.has(&["vertröstet*"])
                    || self.before(SILENCE, &["got"], 2)
                    || self.before(SILENCE, HEARD, 4))
    }
}

fn fits(word: &str, list: Words) -> bool {
    list.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == *pattern,
    })
}

/// Of a numeral.
fn number(word: &str) -> Option<usize> {
    const NUMERALS: [[&str; 2]; 10] = [
        ["ein", "one"],
        ["zwei", "two"],
        ["drei", "three"],
        ["vier", "four"],
        ["fünf", "five"],
        ["sechs", "six"],
        ["sieben", "seven"],
        ["acht", "eight"],
        ["neun", "nine"],
        ["zehn", "ten"],
    ];
    let named = NUMERALS.iter().position(|names| names.contains(&word)).map(|at| at + 1);
    named.or_else(|| word.parse().ok())
}

#[cfg(test)]
mod tests;
