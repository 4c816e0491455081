//! Texts with planted values, for the trial of a redaction plugin before it is let in. All values are made up
//! and pass their checks.

use super::{Document, Part, part};

/// What must be gone after redaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// The text as a message would be.
    pub document: Document,
    /// The value, as it stands in the text.
    pub value: &'static str,
    /// What it is, for people.
    pub what: &'static str,
}

/// The texts: each value in a German or English sentence as customers write it.
#[must_use]
pub fn planted() -> Vec<Planted> {
    const ALL: &[(&str, &str, &str, &str)] = &[
        (
            "de",
            "Bitte buchen Sie von meiner Karte 4539 5787 6362 1486 ab, danke.",
            "4539 5787 6362 1486",
            "a card number in groups",
        ),
        (
            "en",
            "Please charge my card 5425233430109903 again.",
            "5425233430109903",
            "a card number in one piece",
        ),
        (
            "de",
            "Meine Bankverbindung: DE02 1203 0000 0000 2020 51, Inhaber wie oben.",
            "DE02 1203 0000 0000 2020 51",
            "an IBAN in groups",
        ),
        (
            "en",
            "Refund it to GB33BUKB20201555555555 please.",
            "GB33BUKB20201555555555",
            "an IBAN in one piece",
        ),
        ("de", "Meine Steuer-ID lautet 65929970489.", "65929970489", "a German tax id"),
    ];
    ALL.iter()
        .map(|(language, text, value, what)| Planted {
            document: Document {
                parts: vec![Part::new(part::TEXT, text)],
                language: Some((*language).to_owned()),
                known: Vec::new(),
            },
            value,
            what,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::leftover;

    #[test]
    fn every_planted_value_stands_in_its_text_and_would_be_noticed() {
        for planted in planted() {
            let text = &planted.document.parts[0].text;
            assert!(text.contains(planted.value), "{}", planted.what);
            assert!(leftover(text).is_some(), "{}", planted.what);
            assert_eq!(leftover(&text.replace(planted.value, "[X-1]")), None, "{}", planted.what);
        }
    }
}
