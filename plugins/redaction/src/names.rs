//! Names and addresses that the message itself makes known: whole words, any case, German genitive.

use std::collections::HashMap;

use crate::view::{View, is_word};

/// Shortest part of a name that is looked for alone, in characters.
const PART_CHARS_MIN: usize = 3;
/// Names that are taken from a message at most.
const KNOWN_MAX: usize = 64;
/// Words that are parts of names and of everything else.
const COMMON: &[&str] = &[
    "von",
    "van",
    "der",
    "den",
    "del",
    "die",
    "das",
    "the",
    "and",
    "und",
    "dos",
    "herr",
    "frau",
    "mrs",
    "support",
    "team",
    "service",
    "info",
    "kontakt",
    "contact",
    "gmbh",
    "kundenservice",
    "customer",
    "office",
    "mail",
    "bin",
    "san",
    "ben",
    "dr",
    "prof",
    "ing",
    "inc",
    "ltd",
    "admin",
    "sales",
    "help",
    "shop",
    "kunde",
    "kundendienst",
    "paketdienst",
    "buchhaltung",
    "rechnungswesen",
    "einkauf",
    "verkauf",
    "vertrieb",
    "verwaltung",
    "leitung",
    "abteilung",
    "empfang",
    "familie",
    "firma",
    "bestellsystem",
    "system",
    "accounts",
    "payable",
    "accounting",
    "billing",
    "orders",
    "experts",
    "newsletter",
    "noreply",
    "reply",
    "mailer",
    "daemon",
    "autohaus",
];

/// What is known, made ready for a search.
#[derive(Debug, Default)]
pub struct Known {
    /// Parts of names, lower case, with whether the part is long and rare enough to stand alone.
    words: HashMap<String, bool>,
    addresses: Vec<String>,
}

impl Known {
    /// Takes names and addresses apart.
    #[must_use]
    pub fn new(known: &[String]) -> Self {
        let mut out = Self::default();
        for entry in known.iter().take(KNOWN_MAX) {
            let entry = entry.trim();
            if entry.contains('@') && !entry.contains(' ') {
                out.addresses.push(entry.to_ascii_lowercase());
                continue;
            }
            for word in entry.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
                let lower = word.to_lowercase();
                let alone = lower.chars().count() >= PART_CHARS_MIN
                    && !COMMON.contains(&lower.as_str())
                    && !is_abbreviation(word, entry);
                out.words.insert(lower, alone);
            }
        }
        out
    }

    /// Known names in a text: spans and scores. Neighbouring parts are one name.
    pub(crate) fn names(&self, view: &View<'_>) -> Vec<(usize, usize, f32)> {
        let mut out: Vec<(usize, usize, f32)> = Vec::new();
        if self.words.is_empty() {
            return out;
        }
        // A part that cannot stand alone ("von") waits for one that can.
        let mut waiting: Option<(usize, usize)> = None;
        let mut at = 0;
        while at < view.len() {
            if !is_word(view.at(at)) {
                at += 1;
                continue;
            }
            let start = at;
            while is_word(view.at(at)) {
                at += 1;
            }
            match self.part(view.slice(start, at)) {
                Some(true) => {
                    let from =
                        waiting.take().filter(|w| is_joint(view.slice(w.1, start))).map_or(start, |w| w.0);
                    match out.last_mut().filter(|last| is_joint(view.slice(last.1, from))) {
                        Some(last) => (last.1, last.2) = (at, 1.0),
                        None => out.push((from, at, 0.8)),
                    }
                }
                Some(false) => {
                    waiting = Some((
                        waiting.filter(|w| is_joint(view.slice(w.1, start))).map_or(start, |w| w.0),
                        at,
                    ))
                }
                None => waiting = None,
            }
        }
        out
    }

    /// Whether a word is part of a known name, and whether it can stand alone. Alone only with a capital:
    /// names are also words.
    fn part(&self, word: &[u8]) -> Option<bool> {
        let text = std::str::from_utf8(word).ok().filter(|t| t.len() <= 64)?;
        let lower = text.to_lowercase();
        let alone = self
            .words
            .get(lower.as_str())
            .or_else(|| lower.strip_suffix('s').and_then(|stem| self.words.get(stem).filter(|a| **a)))?;
        Some(*alone && text.chars().next().is_some_and(char::is_uppercase))
    }

    /// A known address around the `@` at a place, whatever its shape.
    pub(crate) fn address_at(&self, view: &View<'_>, at: usize) -> Option<(usize, usize)> {
        self.addresses.iter().find_map(|address| {
            let start = at.checked_sub(address.find('@')?)?;
            let end = start + address.len();
            let whole = !is_word(view.before(start)) && !is_word(view.at(end));
            (whole && view.slice(start, end).eq_ignore_ascii_case(address.as_bytes())).then_some((start, end))
        })
    }
}

/// Longest word that counts as an abbreviation, in characters.
const ABBREVIATION_CHARS_MAX: usize = 4;

/// Whether a short word in capitals stands among words that are not: “SEO Experts” is nobody called Seo.
fn is_abbreviation(word: &str, entry: &str) -> bool {
    let capitals = |text: &str| !text.chars().any(char::is_lowercase);
    word.chars().count() <= ABBREVIATION_CHARS_MAX && capitals(word) && !capitals(entry)
}

/// What may stand between parts of one name.
fn is_joint(between: &[u8]) -> bool {
    matches!(between, b" " | b"-" | b", " | b". " | b"  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(known: &[&str], text: &str) -> Vec<String> {
        let known = Known::new(&known.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>());
        let view = View::new(text);
        known.names(&view).into_iter().map(|(s, e, _)| text[s..e].to_owned()).collect()
    }

    #[test]
    fn whole_names_parts_and_genitives_are_found() {
        let known = ["Ana Müller-Lüdenscheidt"];
        assert_eq!(found(&known, "Hallo, hier Ana Müller-Lüdenscheidt."), ["Ana Müller-Lüdenscheidt"]);
        assert_eq!(found(&known, "Müller, Ana und Anas Hund"), ["Müller, Ana", "Anas"]);
        assert_eq!(found(&known, "ANA MÜLLER schreibt"), ["ANA MÜLLER"]);
    }

    #[test]
    fn parts_of_other_words_and_lower_case_words_are_left() {
        assert!(found(&["Ana Koch"], "Analyse, Kochen, ich koche, ana").is_empty());
        assert!(found(&["Support Team"], "Liebes Support Team").is_empty());
    }

    #[test]
    fn departments_and_abbreviations_are_nobodys_name() {
        assert!(found(&["IT-Leitung"], "es liegt nicht an unserer Leitung").is_empty());
        assert!(found(&["SEO Experts"], "37 critical SEO errors").is_empty());
        assert_eq!(found(&["Buchhaltung Autohaus Lorenz"], "Gisela Lorenz, Buchhaltung"), ["Lorenz"]);
        assert_eq!(found(&["ANNA KOCH"], "Anna Koch"), ["Anna Koch"]);
    }

    #[test]
    fn particles_belong_to_the_name_and_not_to_the_language() {
        assert_eq!(found(&["Ludwig van Beethoven"], "ein Brief van gestern von Ludwig"), ["Ludwig"]);
        assert_eq!(found(&["Ludwig van Beethoven"], "an van Beethoven"), ["van Beethoven"]);
    }

    #[test]
    fn a_known_address_is_found_even_without_a_dot() {
        let known = Known::new(&["ana@localhost".to_owned()]);
        let view = View::new("an Ana@localhost!");
        assert_eq!(known.address_at(&view, 6), Some((3, 16)));
    }
}
