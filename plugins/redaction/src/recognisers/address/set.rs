//! A list of words that is asked often: which words it has, and which it ends.

/// Words in lower case. Which lengths there are for each last byte is known beforehand, so that nearly every
/// other word is told apart at a glance: this is asked several times for each number of a text.
pub(super) struct Words {
    list: &'static [&'static str],
    /// For the low bits of the last byte: one bit for each length.
    lengths: [u32; LAST_BYTES],
}

const LAST_BYTES: usize = 32;
const LENGTH_MAX: usize = 31;

impl Words {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let mut lengths = [0; LAST_BYTES];
        let mut at = 0;
        while at < list.len() {
            let word = list[at].as_bytes();
            assert!(!word.is_empty() && word.len() <= LENGTH_MAX);
            lengths[word[word.len() - 1] as usize % LAST_BYTES] |= 1 << word.len();
            at += 1;
        }
        Self { list, lengths }
    }

    /// Whether a word in lower case is one of them.
    pub(super) fn contains(&self, word: &str) -> bool {
        word.len() <= LENGTH_MAX && self.lengths_of(word) >> word.len() & 1 == 1 && self.list.contains(&word)
    }

    /// Whether a word in lower case ends with one of them.
    pub(super) fn end(&self, word: &str) -> bool {
        let reach = word.len().min(LENGTH_MAX);
        self.lengths_of(word) & (u32::MAX >> (LENGTH_MAX - reach)) != 0
            && self.list.iter().any(|end| word.ends_with(end))
    }

    fn lengths_of(&self, word: &str) -> u32 {
        let last = word.as_bytes().last().copied().unwrap_or(0);
        self.lengths.get(usize::from(last) % LAST_BYTES).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::{
        FIRST_KINDS, LIKELY, NOT_STREET_ENDINGS, STREETS, STREETS_WITH_POSTCODE, SURE,
    };

    #[test]
    fn every_word_of_a_list_is_in_it_and_others_are_not() {
        for words in [&SURE, &LIKELY, &STREETS, &STREETS_WITH_POSTCODE, &FIRST_KINDS, &NOT_STREET_ENDINGS] {
            for word in words.list {
                assert!(words.contains(word) && words.end(&format!("haupt{word}")), "{word}");
                assert!(!words.contains(&format!("x{word}")), "{word}");
            }
            assert!(!words.contains("") && !words.end("") && !words.end("q"));
        }
    }
}
