//! What the house itself says about its acts (why a mail was held, an effect rejected, a run broken off), in other
//! languages: phrases like those of plugins. What is said stands where it is said; here only how it is told.

use std::sync::LazyLock;

use super::Tongue;
use crate::plugin::Phrasebook;

/// A sentence in English as the house says it, a tab, the same in German; gaps as in a manifest's `[[phrase]]`. That the
/// house still says it, a test over the sources looks after.
pub const GERMAN: &str = include_str!("house.de.tsv");

static GERMAN_BOOK: LazyLock<Phrasebook<'static>> =
    LazyLock::new(|| Phrasebook::of_pairs(GERMAN.lines().filter_map(|line| line.split_once('\t'))));

impl Tongue {
    /// What the house said, as the reader reads it; what is not known stays as it was said.
    #[must_use]
    pub fn tell(self, said: &str) -> String {
        match self {
            Self::English => said.to_owned(),
            Self::German => GERMAN_BOOK.tell(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::phrase::fits;

    #[test]
    fn every_sentence_can_be_told() {
        for line in GERMAN.lines() {
            let told = line.split_once('\t').filter(|(said, told)| !said.is_empty() && fits(said, told));
            assert!(told.is_some(), "{line}");
        }
    }

    #[test]
    fn what_the_house_says_is_read_in_german_with_its_values() {
        for (said, told) in [
            (
                "budget: 5 automatic messages to this address within 24 hours, 5 allowed",
                "Budget: automatische Nachrichten an diese Adresse binnen 24 Stunden: 5, erlaubt 5",
            ),
            (
                "The decision is rejected; only a suggested one waits for an agent.",
                "Die Entscheidung ist abgelehnt; nur eine vorgeschlagene wartet auf einen Agenten.",
            ),
            ("declined by agent tok_1: too early", "abgelehnt von Agent tok_1: too early"),
            (
                "a machine's letter, by all its words (91 %): “backup”",
                "Brief einer Maschine, nach allen Wörtern (91 %): “backup”",
            ),
            (
                "as much other mail as may be is on its way",
                "es ist so viel andere Mail unterwegs, wie sein darf",
            ),
            ("what nobody foresaw", "what nobody foresaw"),
        ] {
            assert_eq!(Tongue::German.tell(said), told);
            assert_eq!(Tongue::English.tell(said), said);
        }
    }
}
