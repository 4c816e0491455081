//! What a misspelt word may have meant: known words at a small Damerau-Levenshtein distance that begin
//! with the same two letters, as nearly all slips leave them alone.

use std::collections::HashMap;

/// Letters from which on one, and two, slips are forgiven.
const ONE_SLIP_LETTERS: usize = 5;
const TWO_SLIPS_LETTERS: usize = 9;

/// Known words, by their first two letters and their length in bytes.
#[derive(Debug, Default)]
pub(super) struct Spellings(HashMap<([u8; 2], usize), Vec<String>>);

impl Spellings {
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a String>) -> Self {
        let mut out: HashMap<([u8; 2], usize), Vec<String>> = HashMap::new();
        for word in words.filter(|word| word.len() >= ONE_SLIP_LETTERS) {
            if let [first, second, ..] = word.as_bytes() {
                out.entry(([*first, *second], word.len())).or_default().push(word.clone());
            }
        }
        out.values_mut().for_each(|words| words.sort_unstable());
        Self(out)
    }

    /// Known words so few slips of the pen away that they may be meant.
    pub(super) fn meant(&self, typed: &str) -> Vec<String> {
        let ([first, second, ..], slips) = (typed.as_bytes(), slips(typed.len())) else { return Vec::new() };
        let lengths = typed.len().saturating_sub(slips)..=typed.len() + slips;
        lengths
            .filter_map(|length| self.0.get(&([*first, *second], length)))
            .flatten()
            .filter(|word| close(typed, word))
            .cloned()
            .collect()
    }
}

const fn slips(letters: usize) -> usize {
    match letters {
        TWO_SLIPS_LETTERS.. => 2,
        ONE_SLIP_LETTERS.. => 1,
        _ => 0,
    }
}

/// Whether so few slips of the pen lie between two words that one may stand for the other.
fn close(a: &str, b: &str) -> bool {
    let slips = slips(a.len().min(b.len()));
    slips > 0 && a.len().abs_diff(b.len()) <= slips && within(a.as_bytes(), b.as_bytes(), slips)
}

/// Whether at most so many insertions, deletions, changes and swaps of neighbours (optimal string
/// alignment) make one word of the other.
fn within(a: &[u8], b: &[u8], slips: usize) -> bool {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut row: Vec<usize> = vec![0; b.len() + 1];
    let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        row.clear();
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = at(&above, j) + usize::from(x != y);
            let mut least = change.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && Some(x) == b.get(j - 1) && a.get(i - 1) == Some(y) {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        if row.iter().all(|cost| *cost > slips) {
            return false;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    at(&above, b.len()) <= slips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_forgiven_and_other_words_are_not() {
        for (typed, meant) in
            [("pasword", "password"), ("rechnugn", "rechnung"), ("accomodatoin", "accommodation")]
        {
            assert!(close(typed, meant), "{typed}");
        }
        for (typed, other) in [("test", "text"), ("invoice", "involved"), ("haus", "maus")] {
            assert!(!close(typed, other), "{typed}");
        }
    }

    #[test]
    fn only_words_that_begin_alike_are_meant() {
        let known = ["password".to_owned(), "border".to_owned(), "passport".to_owned()];
        let known = Spellings::of(known.iter());
        assert_eq!(known.meant("pasword"), ["password"]);
        assert!(
            known.meant("order").is_empty() && known.meant("pa").is_empty() && known.meant("").is_empty()
        );
    }

    #[test]
    fn each_slip_counts_once() {
        let of = |a: &str, b: &str, slips| within(a.as_bytes(), b.as_bytes(), slips);
        assert!(of("abc", "abc", 0) && of("abc", "acb", 1) && of("abc", "ab", 1) && of("", "abc", 3));
        assert!(!of("abc", "acb", 0) && !of("abc", "cba", 1) && !of("", "abc", 2));
    }
}
