//! Marks: what agents say about redaction, kept without the data, so that it becomes a case for whoever writes the
//! rules. Knows the shape of a value, never the value.

use crate::{Timestamp, text_enum};

text_enum! {
    /// What an agent says.
    MarkKind {
        /// Personal data was left standing.
        Miss = "miss",
        /// Something harmless was replaced.
        FalseAlarm = "false_alarm",
    }
}

/// Most marks that are kept; the oldest go.
pub const MARKS_MAX: usize = 500;
/// Characters around a value whose shape is kept.
const AROUND_CHARS: usize = 40;

/// A mark.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// What was said.
    pub kind: MarkKind,
    /// Class that it has, or should have had.
    pub class: String,
    /// Rule that replaced it wrongly; empty for a miss.
    pub rule: String,
    /// Shape of the value.
    pub shape: String,
    /// Shape of what stands before and after it.
    pub around: (String, String),
    /// BCP 47 language of the message, when known.
    pub language: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A text without what it says: letters become `a` and `A`, digits `0`; marks and blanks stay.
#[must_use]
pub fn shape(text: &str) -> String {
    let letter = |c: char| if c.is_uppercase() { 'A' } else { 'a' };
    text.chars()
        .map(|c| {
            if c.is_numeric() {
                '0'
            } else if c.is_alphabetic() {
                letter(c)
            } else {
                c
            }
        })
        .collect()
}

/// The shapes of what stands before and after a place in a text.
#[must_use]
pub fn around(text: &str, start: usize, end: usize) -> (String, String) {
    let before: Vec<char> = text.get(..start).unwrap_or("").chars().rev().take(AROUND_CHARS).collect();
    let before: String = before.into_iter().rev().collect();
    let after: String = text.get(end..).unwrap_or("").chars().take(AROUND_CHARS).collect();
    (shape(&before), shape(&after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_nothing_that_was_said() {
        assert_eq!(shape("Müller-Lüd. 4711, ÄB"), "Aaaaaa-Aaa. 0000, AA");
        let text = "Kunde Hans, Nr. 12";
        assert_eq!(around(text, 6, 10), ("Aaaaa ".to_owned(), ", Aa. 00".to_owned()));
    }
}
