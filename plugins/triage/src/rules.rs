//! Keyword rules: what a category's words are and how a ticket scores against them. The words are data;
//! admins replace or extend them in the settings.

use std::collections::BTreeMap;

use crate::text::{Word, fold, holds};

/// A category with the words that speak for it.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Value of the ticket's category.
    pub category: String,
    /// Team it goes to; empty: no team is set.
    #[serde(default)]
    pub team: String,
    /// Tags it gets.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Pattern and weight. `erstatt` matches words that begin so, `*konto` words that contain it, `=seo`
    /// the whole word; several words match in a row. Case and umlauts do not matter.
    pub words: BTreeMap<String, f32>,
}

/// How a ticket did against one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Index of the rule.
    pub rule: usize,
    /// Sum of the weights found.
    pub points: f32,
    /// The customer's words that matched, heaviest first.
    pub evidence: Vec<String>,
}

/// A word in the subject line says more than one in the text.
const SUBJECT_FACTOR: f32 = 1.5;
/// Stands behind a piece of evidence that was found in the subject line.
pub const IN_SUBJECT: &str = " (subject)";
/// Heaviest single word: a typing slip in the settings must not decide everything.
const WEIGHT_MAX: f32 = 5.0;

/// Scores all rules, best first; rules without a match are left out.
#[must_use]
pub fn score(rules: &[Rule], words: &[Word]) -> Vec<Score> {
    let mut scores: Vec<Score> = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            let found = matches(rule.words.iter().map(|(k, w)| (k.as_str(), *w)), words);
            Score {
                rule: index,
                points: found.iter().map(|f| f.0).sum(),
                evidence: found.into_iter().map(|f| f.1).collect(),
            }
        })
        .filter(|score| score.points > 0.0)
        .collect();
    scores.sort_by(|a, b| b.points.total_cmp(&a.points));
    scores
}

/// What matched, heaviest first. Every word of the ticket counts for one pattern, every pattern once.
#[must_use]
pub fn matches<'a>(patterns: impl Iterator<Item = (&'a str, f32)>, words: &[Word]) -> Vec<(f32, String)> {
    let mut patterns: Vec<(Vec<Part>, f32)> =
        patterns.map(|(p, w)| (parts(p), w)).filter(|(p, w)| !p.is_empty() && *w > 0.0).collect();
    // Heaviest first, then longest: the phrase takes its words before they count alone.
    patterns.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.len().cmp(&a.0.len())));
    let mut used = vec![false; words.len()];
    let mut found = Vec::new();
    for (parts, weight) in patterns {
        // What fails most often is asked first: this runs for every pattern at every word.
        let begins = |word: &Word| parts.first().is_some_and(|part| part.fits(&word.folded));
        let hit = words.iter().enumerate().find_map(|(at, word)| {
            let window = if begins(word) { words.get(at..at + parts.len())? } else { return None };
            let fits = parts.iter().zip(window).skip(1).all(|(part, word)| part.fits(&word.folded))
                && used.iter().skip(at).take(parts.len()).all(|u| !u)
                && window.first().map(|w| w.in_subject) == window.last().map(|w| w.in_subject);
            fits.then_some(at)
        });
        let Some(at) = hit else { continue };
        used.iter_mut().skip(at).take(parts.len()).for_each(|u| *u = true);
        let window: Vec<&Word> = words.iter().skip(at).take(parts.len()).collect();
        let in_subject = window.first().is_some_and(|w| w.in_subject);
        let shown = window.iter().map(|w| w.shown.as_str()).collect::<Vec<_>>().join(" ");
        let points = weight.min(WEIGHT_MAX) * if in_subject { SUBJECT_FACTOR } else { 1.0 };
        found.push((points, if in_subject { shown + IN_SUBJECT } else { shown }));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found
}

/// One word of a pattern.
enum Part {
    Begins(String),
    Contains(String),
    Is(String),
}

impl Part {
    fn fits(&self, word: &str) -> bool {
        match self {
            // Nearly all words differ in the first letter already.
            Self::Begins(text) => {
                word.as_bytes().first() == text.as_bytes().first() && word.starts_with(text.as_str())
            }
            Self::Contains(text) => holds(word, text),
            Self::Is(text) => word == text,
        }
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let clean = |text: &str| {
        let mut text = fold(text);
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            text.retain(char::is_alphanumeric);
        }
        text
    };
    pattern
        .split([' ', '-', '\''])
        .filter_map(|piece| {
            let part = match (piece.strip_prefix('*'), piece.strip_prefix('=')) {
                (Some(rest), _) => Part::Contains(clean(rest)),
                (_, Some(rest)) => Part::Is(clean(rest)),
                _ => Part::Begins(clean(piece)),
            };
            let (Part::Begins(text) | Part::Contains(text) | Part::Is(text)) = &part;
            (!text.is_empty()).then_some(part)
        })
        .collect()
}

/// How sure the best rule is: much must speak for it, and little for the second.
#[must_use]
pub fn confidence(best: f32, second: f32) -> f32 {
    if best <= 0.0 {
        return 0.0;
    }
    let strength = 1.0 - (-1.2 * best).exp();
    let margin = ((best - second) / best).clamp(0.0, 1.0);
    (strength * (0.55 + 0.45 * margin)).clamp(0.0, 0.99)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        !matches([(pattern, 1.0)].into_iter(), &crate::text::words("", text)).is_empty()
    }

    #[test]
    fn a_pattern_matches_inflected_words_and_compounds() {
        assert!(found("erstatt", "Bitte erstatten Sie den Betrag"));
        assert!(found("Rückerstatt", "die Rueckerstattung"));
        assert!(found("*konto", "mein Kundenkonto"));
        assert!(!found("konto", "mein Kundenkonto"));
        assert!(found("=seo", "best SEO ever"));
        assert!(!found("=seo", "Seoul"));
        assert!(found("geld zurück", "Ich will mein GELD ZURÜCK!"));
        assert!(!found("geld zurück", "Geld ist nicht zurück"));
        assert!(found("can't log in", "I can't log in"));
    }

    #[test]
    fn a_word_counts_once_and_more_in_the_subject() {
        let words = crate::text::words("Refund", "refund refund");
        let hits = matches([("refund", 1.0), ("refun", 0.5)].into_iter(), &words);
        assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), [1.5, 0.5]);
    }

    #[test]
    fn nonsense_in_the_settings_matches_nothing() {
        for pattern in ["", "*", "=", " ", "!!", "* ="] {
            assert!(!found(pattern, "some ordinary text"), "{pattern:?}");
        }
        let words = crate::text::words("", "refund");
        assert!(matches([("refund", -1.0), ("refund", f32::NAN)].into_iter(), &words).is_empty());
        assert_eq!(
            matches([("refund", f32::INFINITY)].into_iter(), &words).first().map(|h| h.0),
            Some(WEIGHT_MAX)
        );
    }

    #[test]
    fn a_close_race_is_less_sure_than_a_clear_one() {
        assert!(confidence(2.0, 0.0) > confidence(2.0, 1.0));
        assert!(confidence(2.0, 1.9) < 0.55);
        assert!(confidence(0.4, 0.0) < 0.5);
        assert_eq!(confidence(0.0, 0.0), 0.0);
    }
}
