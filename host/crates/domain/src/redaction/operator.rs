//! What stands in the place of a value, per class: a placeholder with the value sealed behind it, or less. The
//! admin's choice; knows no key and no store.

use super::is_class;
use crate::Refusal;

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// A placeholder; the value lies sealed.
    Seal,
    /// A placeholder; the value is not kept.
    Drop,
    /// A placeholder that shows the ends of the value; the value is not kept.
    Mask,
    /// A placeholder whose number is the same for the same value in the whole house; the value is not kept.
    Pseudonym,
}

/// Classes whose values are never kept and never shown in part: PCI DSS 3.3.1 for security codes, and whoever has a
/// secret can use it.
const NEVER_KEPT: &[&str] = &["CARD_SECURITY_CODE", "SECRET"];
/// Digits of a card that may stay: PCI DSS 3.4.1 allows the issuer's number and the last four.
const CARD_ENDS: (usize, usize) = (6, 4);
/// What may stay of other values.
const OTHER_ENDS: (usize, usize) = (0, 4);
/// Values shorter than this show nothing: the ends would be most of it.
const MASKED_CHARS_MIN: usize = 8;
/// Pseudonyms are numbers below this: eleven digits.
const PSEUDONYMS: u64 = 100_000_000_000;

/// Classes by operator; what is in none of the lists is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operators {
    /// Not kept.
    pub drop: Vec<String>,
    /// Ends shown, not kept.
    pub mask: Vec<String>,
    /// Same number for the same value, not kept.
    pub pseudonym: Vec<String>,
}

impl Operators {
    /// The operator that is named for a class; none when it is in no list.
    #[must_use]
    pub fn named(&self, class: &str) -> Option<Operator> {
        let has = |list: &[String]| list.iter().any(|c| c == class);
        // The one that keeps least wins.
        [(&self.drop, Operator::Drop), (&self.pseudonym, Operator::Pseudonym), (&self.mask, Operator::Mask)]
            .into_iter()
            .find(|(list, _)| has(list))
            .map(|(_, operator)| operator)
    }

    /// These, where they name a class; the others elsewhere.
    #[must_use]
    pub fn over(&self, others: &Self, class: &str) -> Operator {
        if NEVER_KEPT.contains(&class) {
            return Operator::Drop;
        }
        self.named(class).or_else(|| others.named(class)).unwrap_or(Operator::Seal)
    }

    /// Whether the names are names of classes.
    ///
    /// # Errors
    /// Names the list and the word.
    pub fn check(&self) -> Result<(), Refusal> {
        for (list, classes) in [("drop", &self.drop), ("mask", &self.mask), ("pseudonym", &self.pseudonym)] {
            if let Some(class) = classes.iter().find(|class| !is_class(class)) {
                let sentence = format!("`{class}` is no class: write it as CREDIT_CARD.");
                return Err(Refusal::new("bad_class", sentence).at(list));
            }
        }
        Ok(())
    }
}

impl Operator {
    /// What stands in the value's place.
    #[must_use]
    pub fn stand_in(self, class: &str, number: u32, digest: &str, value: &str) -> String {
        match self {
            Self::Seal | Self::Drop => format!("[{class}-{number}]"),
            Self::Mask => match ends(class, value) {
                Some(shown) => format!("[{class}-{number}:{shown}]"),
                None => format!("[{class}-{number}]"),
            },
            Self::Pseudonym => {
                let head = digest.get(..15).unwrap_or(digest);
                let number = u64::from_str_radix(head, 16).unwrap_or(0) % PSEUDONYMS;
                format!("[{class}-{number:011}]")
            }
        }
    }
}

fn ends(class: &str, value: &str) -> Option<String> {
    let compact: Vec<char> = value.chars().filter(char::is_ascii_alphanumeric).collect();
    if compact.len() < MASKED_CHARS_MIN {
        return None;
    }
    let (first, last) = if class == "CREDIT_CARD" { CARD_ENDS } else { OTHER_ENDS };
    let head: String = compact.iter().take(first).collect();
    let tail: String = compact.iter().skip(compact.len() - last).collect();
    Some(format!("{head}****{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operators(drop: &[&str], mask: &[&str], pseudonym: &[&str]) -> Operators {
        let list = |classes: &[&str]| classes.iter().map(|c| (*c).to_owned()).collect();
        Operators { drop: list(drop), mask: list(mask), pseudonym: list(pseudonym) }
    }

    #[test]
    fn an_inbox_wins_over_the_house_and_secrets_are_never_kept() {
        let house = operators(&["IBAN"], &["CREDIT_CARD", "SECRET"], &[]);
        let inbox = operators(&[], &["IBAN"], &["PERSON"]);
        for (class, wanted) in [
            ("IBAN", Operator::Mask),
            ("CREDIT_CARD", Operator::Mask),
            ("PERSON", Operator::Pseudonym),
            ("PHONE", Operator::Seal),
            ("SECRET", Operator::Drop),
            ("CARD_SECURITY_CODE", Operator::Drop),
        ] {
            assert_eq!(inbox.over(&house, class), wanted, "{class}");
        }
    }

    #[test]
    fn a_masked_card_shows_its_first_six_and_last_four_and_other_values_their_last_four() {
        let mask = |class: &str, value: &str| Operator::Mask.stand_in(class, 1, "", value);
        assert_eq!(mask("CREDIT_CARD", "4111 1111 1111 1234"), "[CREDIT_CARD-1:411111****1234]");
        assert_eq!(mask("IBAN", "DE89 3704 0044 0532 0130 00"), "[IBAN-1:****3000]");
        assert_eq!(mask("PHONE", "112"), "[PHONE-1]");
    }

    #[test]
    fn a_pseudonym_is_the_same_for_the_same_value_only() {
        let of = |digest: &str| Operator::Pseudonym.stand_in("PERSON", 7, digest, "Ana");
        assert_eq!(of("0123456789abcdef0123"), of("0123456789abcdef0123"));
        assert_ne!(of("0123456789abcdef0123"), of("1123456789abcdef0123"));
        assert_eq!(of("ffffffffffffffffffff").len(), "[PERSON-]".len() + 11);
    }

    #[test]
    fn a_class_that_is_none_is_named() {
        let refusal = operators(&[], &["credit card"], &[]).check().unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("mask"));
    }
}
