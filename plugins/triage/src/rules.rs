//! Keyword rules: what a category's words are and how a ticket scores against them. The words are data;
//! admins replace or extend them in the settings.

use std::borrow::Cow;
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
    #[serde(deserialize_with = "by_pattern")]
    pub words: Weighted,
}

/// Patterns with their weights. The built-in ones are borrowed: they are asked for at every ticket.
pub type Weighted = Vec<(Cow<'static, str>, f32)>;

fn by_pattern<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Weighted, D::Error> {
    let words = <BTreeMap<String, f32> as serde::Deserialize>::deserialize(from)?;
    Ok(words.into_iter().map(|(pattern, weight)| (Cow::Owned(pattern), weight)).collect())
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
pub fn score(rules: &[Rule], words: &Ticket<'_>) -> Vec<Score> {
    let mut scores: Vec<Score> = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            let found = words.matches(rule.words.iter().map(|(k, w)| (k.as_ref(), *w)));
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

/// A ticket's words, as patterns ask for them.
pub struct Ticket<'w> {
    words: &'w [Word],
    /// First byte and place of each word, in that order: nearly every pattern is answered by its first letter.
    by_first: Vec<(u8, usize)>,
}

impl<'w> Ticket<'w> {
    /// Of these words.
    #[must_use]
    pub fn of(words: &'w [Word]) -> Self {
        let first = |word: &Word| word.folded.bytes().next().unwrap_or(0);
        let mut by_first: Vec<(u8, usize)> =
            words.iter().enumerate().map(|(at, word)| (first(word), at)).collect();
        by_first.sort_unstable();
        Self { words, by_first }
    }

    /// Whether it has no words.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// What matched, heaviest first. Every word of the ticket counts for one pattern, every pattern once.
    #[must_use]
    pub fn matches<'p>(&self, patterns: impl Iterator<Item = (&'p str, f32)>) -> Vec<(f32, String)> {
        let mut fitting: Vec<(Vec<Part<'p>>, &'p str, f32)> = patterns
            .filter(|(_, weight)| *weight > 0.0)
            .filter_map(|(pattern, weight)| {
                let mut parts = parts(pattern);
                let begin = parts.next().filter(|begin| self.places(begin).next().is_some())?;
                Some((std::iter::once(begin).chain(parts).collect(), pattern, weight))
            })
            .collect();
        // Heaviest first, then longest: the phrase takes its words before they count alone, the narrow pattern
        // before the wide one.
        fitting.sort_by(|(parts, pattern, weight), (others, other, than)| {
            let longer = (others.len(), other.len()).cmp(&(parts.len(), pattern.len()));
            than.total_cmp(weight).then(longer).then(pattern.cmp(other))
        });
        let mut used = vec![false; self.words.len()];
        let mut found = Vec::new();
        for (parts, _, weight) in fitting {
            let Some(at) = self.place(&parts, &used) else { continue };
            used.iter_mut().skip(at).take(parts.len()).for_each(|u| *u = true);
            found.push(self.shown(at, parts.len(), weight));
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found
    }

    /// Words that a part fits.
    fn places<'p>(&'p self, part: &'p Part<'p>) -> impl Iterator<Item = usize> + 'p {
        let from = match part {
            Part::Contains(_) => 0,
            Part::Begins(text) | Part::Is(text) => {
                let first = text.bytes().next().unwrap_or(0);
                self.by_first.partition_point(|(byte, _)| *byte < first)
            }
        };
        let first = |byte: u8| match part {
            Part::Contains(_) => true,
            Part::Begins(text) | Part::Is(text) => text.as_bytes().first() == Some(&byte),
        };
        let near = self.by_first.get(from..).unwrap_or_default().iter();
        near.take_while(move |(byte, _)| first(*byte))
            .filter(|(_, at)| self.words.get(*at).is_some_and(|word| part.fits(&word.folded)))
            .map(|(_, at)| *at)
    }

    /// The first place where all parts fit words in a row that are not taken.
    fn place(&self, parts: &[Part<'_>], used: &[bool]) -> Option<usize> {
        let fits = |at: &usize| {
            let Some(window) = self.words.get(*at..*at + parts.len()) else { return false };
            parts.iter().zip(window).skip(1).all(|(part, word)| part.fits(&word.folded))
                && used.iter().skip(*at).take(parts.len()).all(|u| !u)
                && window.first().map(|w| w.in_subject) == window.last().map(|w| w.in_subject)
        };
        self.places(parts.first()?).filter(fits).min()
    }

    /// What a match counts, and the customer's words.
    fn shown(&self, at: usize, length: usize, weight: f32) -> (f32, String) {
        let window = self.words.get(at..at + length).unwrap_or_default();
        let in_subject = window.first().is_some_and(|w| w.in_subject);
        let shown = window.iter().map(|w| w.shown.as_str()).collect::<Vec<_>>().join(" ");
        let points = weight.min(WEIGHT_MAX) * if in_subject { SUBJECT_FACTOR } else { 1.0 };
        (points, if in_subject { shown + IN_SUBJECT } else { shown })
    }
}

/// One word of a pattern, folded.
enum Part<'p> {
    Begins(Cow<'p, str>),
    Contains(Cow<'p, str>),
    Is(Cow<'p, str>),
}

impl Part<'_> {
    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Begins(text) => word.starts_with(text.as_ref()),
            Self::Contains(text) => holds(word, text),
            Self::Is(text) => word == text,
        }
    }
}

/// The words of a pattern. Most are written as they are compared and need not be copied.
fn parts(pattern: &str) -> impl Iterator<Item = Part<'_>> {
    pattern.split([' ', '-', '\'']).filter_map(|piece| {
        let part = match piece.as_bytes().first()? {
            b'*' => Part::Contains(cleaned(piece.get(1..)?)),
            b'=' => Part::Is(cleaned(piece.get(1..)?)),
            _ => Part::Begins(cleaned(piece)),
        };
        let (Part::Begins(text) | Part::Contains(text) | Part::Is(text)) = &part;
        (!text.is_empty()).then_some(part)
    })
}

fn cleaned(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    let mut text = fold(text);
    text.retain(char::is_alphanumeric);
    Cow::Owned(text)
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

    fn hits(patterns: &[(&str, f32)], words: &[Word]) -> Vec<(f32, String)> {
        Ticket::of(words).matches(patterns.iter().copied())
    }

    fn found(pattern: &str, text: &str) -> bool {
        !hits(&[(pattern, 1.0)], &crate::text::words("", text)).is_empty()
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
        let hits = hits(&[("refund", 1.0), ("refun", 0.5)], &words);
        assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), [1.5, 0.5]);
    }

    #[test]
    fn nonsense_in_the_settings_matches_nothing() {
        for pattern in ["", "*", "=", " ", "!!", "* ="] {
            assert!(!found(pattern, "some ordinary text"), "{pattern:?}");
        }
        let words = crate::text::words("", "refund");
        assert!(hits(&[("refund", -1.0), ("refund", f32::NAN)], &words).is_empty());
        assert_eq!(hits(&[("refund", f32::INFINITY)], &words).first().map(|h| h.0), Some(WEIGHT_MAX));
    }

    #[test]
    fn a_close_race_is_less_sure_than_a_clear_one() {
        assert!(confidence(2.0, 0.0) > confidence(2.0, 1.0));
        assert!(confidence(2.0, 1.9) < 0.55);
        assert!(confidence(0.4, 0.0) < 0.5);
        assert_eq!(confidence(0.0, 0.0), 0.0);
    }
}
