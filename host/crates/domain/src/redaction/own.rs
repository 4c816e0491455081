//! Values that are the house's own, such as its bank account: nobody's personal data, so they stand in every text.
//! Compares letters and digits only. Knows no class and no placeholder.

use std::borrow::Cow;

use super::Finding;
use crate::Refusal;

/// Most values.
const VALUES_MAX: usize = 100;
/// Fewest letters and digits of a value: fewer stand in too much that is not ours.
const SIGNS_MIN: usize = 6;
/// Most of them.
const SIGNS_MAX: usize = 100;

/// The values, as they were written down.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Own(Vec<String>);

impl Own {
    /// These values.
    #[must_use]
    pub fn new(values: &[&str]) -> Self {
        Self(values.iter().map(|value| (*value).to_owned()).collect())
    }

    /// Whether there are not too many, and each is long enough to be told from others.
    ///
    /// # Errors
    /// Names the value and what is wanted.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.0.len() > VALUES_MAX {
            let sentence = format!("{} values are too many: at most {VALUES_MAX}.", self.0.len());
            return Err(Refusal::new("bad_own", sentence));
        }
        let fits = |value: &&String| (SIGNS_MIN..=SIGNS_MAX).contains(&signs(value).chars().count());
        match self.0.iter().find(|value| !fits(value)) {
            Some(value) => {
                let sentence = format!("`{value}` has not {SIGNS_MIN} to {SIGNS_MAX} letters and digits.");
                Err(Refusal::new("bad_own", sentence))
            }
            None => Ok(()),
        }
    }

    /// A text with a line's end in the place of each of them.
    #[must_use]
    pub fn left_out<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let places = self.places(text);
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in places {
            out.push_str(text.get(at..start).unwrap_or(""));
            out.push('\n');
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        Cow::Owned(out)
    }

    /// Where they stand in a text, bytes: each from the beginning of a word to the end of one, none within another.
    pub(super) fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        if self.0.is_empty() {
            return places;
        }
        let values: Vec<String> = self.0.iter().map(|value| signs(value)).collect();
        let (mut in_word, mut behind) = (false, 0);
        for (start, sign) in text.char_indices() {
            let begins = !in_word && sign.is_alphanumeric();
            in_word = sign.is_alphanumeric();
            if !begins || start < behind {
                continue;
            }
            let rest = text.get(start..).unwrap_or("");
            if let Some(length) = values.iter().filter_map(|value| length_of(value, rest)).max() {
                behind = start + length;
                places.push((start, behind));
            }
        }
        places
    }
}

/// Whether a finding is one of our values or lies in one. One that reaches beyond is somebody else's.
pub(super) fn lies_in(places: &[(usize, usize)], text: &str, finding: &Finding) -> bool {
    let (from, to) = (finding.start as usize, finding.end as usize);
    let found = text.get(from..to).unwrap_or("");
    let is_around = |sign: char| !sign.is_alphanumeric();
    let start = from + (found.len() - found.trim_start_matches(is_around).len());
    let end = to - (found.len() - found.trim_end_matches(is_around).len());
    start < end && places.iter().any(|(first, behind)| *first <= start && end <= *behind)
}

/// What is compared: letters and digits, in capitals.
fn signs(value: &str) -> String {
    value.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// How many bytes a value takes at the beginning of a text, whatever stands between its signs; none where it does not
/// stand there.
fn length_of(value: &str, text: &str) -> Option<usize> {
    let mut wanted = value.chars().peekable();
    let mut length = 0;
    let mut read = text.char_indices();
    while wanted.peek().is_some() {
        let (at, sign) = read.next()?;
        if !sign.is_alphanumeric() {
            continue;
        }
        if !sign.to_uppercase().all(|capital| wanted.next() == Some(capital)) {
            return None;
        }
        length = at + sign.len_utf8();
    }
    let goes_on = text.get(length..)?.chars().next().is_some_and(char::is_alphanumeric);
    (length > 0 && !goes_on).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        Own::new(&["DE89 3704 0044 0532 0130 00", "DE123456789", "Service@Firm.example"])
    }

    fn found(text: &str, value: &str) -> Finding {
        let start = text.find(value).unwrap();
        Finding {
            part: 0,
            start: u32::try_from(start).unwrap(),
            end: u32::try_from(start + value.len()).unwrap(),
            class: "IBAN".into(),
            score: 1.0,
            rule: "test".into(),
        }
    }

    #[test]
    fn our_values_are_known_however_they_are_written_and_others_are_not() {
        for (text, value, ours) in [
            ("to DE89 3704 0044 0532 0130 00, please", "DE89 3704 0044 0532 0130 00", true),
            ("to DE89370400440532013000.", "DE89370400440532013000", true),
            ("Überweisung: de89-3704-0044-0532-0130-00", "de89-3704-0044-0532-0130-00", true),
            ("to DE89 3704 0044\n> 0532 0130 00", "DE89 3704 0044\n> 0532 0130 00", true),
            ("(DE89 3704 0044 0532 0130 00)", "(DE89 3704 0044 0532 0130 00)", true),
            ("DE89 3704 0044 0532 0130 00", "3704 0044 0532 0130", true),
            ("USt-IdNr. DE 123 456 789", "DE 123 456 789", true),
            ("<service@firm.example>", "service@firm.example", true),
            ("to DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 01", false),
            ("to DE89 3704 0044 0532 0130 00 12", "DE89 3704 0044 0532 0130 00 12", false),
            ("to DE89 3704 0044 0532 0130 001", "0532 0130 001", false),
            ("xDE123456789", "DE123456789", false),
            ("anna.service@firm.example", "anna.service@firm.example", false),
            ("service@firm.example.org", "service@firm.example.org", false),
            ("service@firm.example or ana@firm.example", "ana@firm.example", false),
        ] {
            assert_eq!(lies_in(&own().places(text), text, &found(text, value)), ours, "{text}");
        }
    }

    #[test]
    fn what_is_looked_through_once_more_is_so_without_them() {
        let text = "to DE89 3704 0044 0532 0130 00, ß or DE12";
        assert_eq!(own().left_out(text), "to \n, ß or DE12");
        assert_eq!(own().left_out("to DE12"), "to DE12");
        assert_eq!(Own::default().left_out(text), text);
    }

    #[test]
    fn too_short_too_long_and_too_many_values_are_refused() {
        assert_eq!(own().check(), Ok(()));
        for value in ["", "DE-12 3", "-- -- -- --", &"x".repeat(101)] {
            let refused = Own::new(&[value]).check().unwrap_err();
            assert!(refused.sentence.contains(&format!("`{value}`")), "{refused}");
        }
        assert_eq!(Own::new(&["DE-123-4"]).check(), Ok(()));
        assert_eq!(Own::new(&["DE123456789"; 100]).check(), Ok(()));
        assert!(Own::new(&["DE123456789"; 101]).check().unwrap_err().sentence.contains("at most 100"));
    }
}
