//! Words that people look for in messages and names, and how each database is asked for them; and what an address may
//! begin with. Nothing of what was typed reaches a database's own language of queries but letters and digits, in quotes.
//! Knows no table and no statement.

use domain::address::canonical_address;
use unicode_normalization::UnicodeNormalization as _;

/// Words that count; what is typed after them does not.
const WORDS_MAX: usize = 16;
/// Letters of a word that count.
const LETTERS_MAX: usize = 200;
/// Letters of a last word from which on it may be a beginning.
const BEGINNING_MIN: usize = 3;

/// What is looked for: all of these rows of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// Each has a word at least.
    rows: Vec<Vec<String>>,
    /// Whether the very last word may be the beginning of one.
    begins: bool,
}

impl Words {
    /// The words of what was typed; none when there is no letter and no digit in it. What stands between quotes, or
    /// between two spaces (`parcel-4711`), is a row.
    pub(crate) fn of(typed: &str) -> Option<Self> {
        // Texts are kept with letter and mark as one sign; some keyboards and programs write them as two.
        let typed: String = typed.nfc().collect();
        let (mut rows, mut begins, mut left) = (Vec::new(), false, WORDS_MAX);
        for (place, part) in typed.split('"').enumerate() {
            let quoted = place % 2 == 1;
            let pieces: Vec<&str> = if quoted { vec![part] } else { part.split_whitespace().collect() };
            for piece in pieces {
                let row: Vec<String> = words(piece).take(left).collect();
                let Some(last) = row.last() else { continue };
                begins = !quoted && last.chars().count() >= BEGINNING_MIN;
                left -= row.len();
                rows.push(row);
            }
        }
        (!rows.is_empty()).then_some(Self { rows, begins })
    }

    /// As SQLite's FTS5 is asked.
    pub(crate) fn for_fts5(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(|row| format!("\"{}\"", row.join(" "))).collect();
        format!("{}{}", rows.join(" AND "), if self.begins { "*" } else { "" })
    }

    /// As PostgreSQL's `to_tsquery` is asked.
    pub(crate) fn for_tsquery(&self) -> String {
        let last = self.rows.len().saturating_sub(1);
        let rows =
            self.rows.iter().enumerate().map(|(place, row)| in_a_row(row, self.begins && place == last));
        rows.collect::<Vec<_>>().join(" & ")
    }
}

/// What was typed as addresses are kept, where one may begin so: three signs at least, no blank and no quotes.
pub(crate) fn address_begun(typed: &str) -> Option<String> {
    let begun = canonical_address(typed);
    let is_long_enough = begun.chars().nth(BEGINNING_MIN - 1).is_some();
    let may_begin = is_long_enough && !begun.contains(|c: char| c.is_whitespace() || c == '"');
    may_begin.then_some(begun)
}

/// The words of a piece, in small letters, and with ss for ß as in both indexes.
fn words(piece: &str) -> impl Iterator<Item = String> {
    piece
        .split(|c: char| !is_letter(c))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LETTERS_MAX).map(small).collect::<String>().replace('ß', "ss"))
}

/// Letters, digits, and marks that stand on the letter before them.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Without marks on Latin letters, as the schema makes PostgreSQL's index; SQLite's tokenizer takes them off what is asked
/// by itself. On other letters a mark makes another letter (й), and one that makes none goes.
fn without_marks(word: &str) -> String {
    let mut on_latin = false;
    let plain = word.nfd().filter(|c| {
        let stays = !(is_mark(*c) && on_latin);
        on_latin = if is_mark(*c) { on_latin } else { c.is_ascii_alphabetic() };
        stays
    });
    let bare: String = plain.nfc().filter(|c| !is_mark(*c)).collect();
    // A mark on nothing is a word that nobody wrote, not none.
    if bare.is_empty() { word.to_owned() } else { bare }
}

fn small(c: char) -> char {
    one(c.to_lowercase()).unwrap_or(c)
}

fn capital(c: char) -> char {
    one(c.to_uppercase()).unwrap_or(c)
}

/// The letter that another becomes, unless it becomes several.
fn one(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next();
    first.filter(|_| letters.next().is_none())
}

fn in_a_row(row: &[String], begins: bool) -> String {
    let last = row.len().saturating_sub(1);
    let words = row.iter().enumerate().map(|(place, word)| spelt(word, begins && place == last));
    words.collect::<Vec<_>>().join(" <-> ")
}

/// A word in small letters, with a capital one first, or in capitals. A PostgreSQL whose locale is C makes only the
/// letters of ASCII small, so that others stand in its index as they were written.
fn spelt(word: &str, begins: bool) -> String {
    let word = without_marks(word);
    let capitals = |letters: usize| -> String {
        let letter =
            |(place, c): (usize, char)| if place < letters && !c.is_ascii() { capital(c) } else { c };
        word.chars().enumerate().map(letter).collect()
    };
    let mut spellings = vec![word.clone(), capitals(1), capitals(2 * LETTERS_MAX)];
    spellings.dedup();
    let mark = if begins { ":*" } else { "" };
    let quoted: Vec<String> = spellings.iter().map(|spelling| format!("'{spelling}'{mark}")).collect();
    format!("({})", quoted.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(typed: &str) -> (String, String) {
        let words = Words::of(typed).unwrap();
        (words.for_fts5(), words.for_tsquery())
    }

    #[test]
    fn all_words_are_looked_for_and_the_last_may_be_a_beginning() {
        let (fts5, tsquery) = asked("Torn ZIP");
        assert_eq!(fts5, "\"torn\" AND \"zip\"*");
        assert_eq!(tsquery, "('torn') & ('zip':*)");
        assert_eq!(asked("a zi").0, "\"a\" AND \"zi\"");
    }

    #[test]
    fn words_in_quotes_or_with_a_sign_between_them_stand_in_a_row() {
        let (fts5, tsquery) = asked("\"torn zip\" parcel-4711");
        assert_eq!(fts5, "\"torn zip\" AND \"parcel 4711\"*");
        assert_eq!(tsquery, "('torn') <-> ('zip') & ('parcel') <-> ('4711':*)");
        assert_eq!(asked("the \"torn zip").0, "\"the\" AND \"torn zip\"");
    }

    #[test]
    fn letters_beyond_ascii_are_looked_for_in_both_cases() {
        let (fts5, tsquery) = asked("МОЙ für");
        assert_eq!(fts5, "\"мой\" AND \"für\"*");
        assert_eq!(tsquery, "('мой' | 'Мой' | 'МОЙ') & ('fur':*)");
        assert_eq!(asked("u\u{308}ber").0, "\"über\"*", "a letter and its mark are one");
    }

    #[test]
    fn marks_on_letters_and_a_sharp_s_make_no_other_word() {
        // SQLite's tokenizer takes the marks off itself.
        let (fts5, tsquery) = asked("ÜBERGRÖẞE für");
        assert_eq!(fts5, "\"übergrösse\" AND \"für\"*");
        assert_eq!(tsquery, "('ubergrosse') & ('fur':*)");
        assert_eq!(asked("Fußball").1, asked("FUSSBALL").1);
        assert_eq!(asked("cafe\u{301}").1, asked("cafe").1);
        assert_eq!(asked("이미").1, "('이미')", "what is no mark is composed again");
        assert_eq!(asked("мой").1, "('мой':* | 'Мой':* | 'МОЙ':*)", "й is a letter of its own");
        assert_eq!(asked("за\u{301}мок").1, asked("замок").1);
        assert_eq!(asked("\u{308}").1, "('\u{308}')");
    }

    #[test]
    fn an_address_begins_with_three_signs_and_as_addresses_are_kept() {
        for (typed, kept) in
            [(" Ana@Exa ", "ana@exa"), ("ana", "ana"), ("info@Müller.de", "info@xn--mller-kva.de")]
        {
            assert_eq!(address_begun(typed).as_deref(), Some(kept));
        }
        for none in ["an", "  a@  ", "ana müller", "\"ana\"", ""] {
            assert_eq!(address_begun(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_typed_never_becomes_part_of_the_query() {
        for nothing in ["", "\"", "*", "\0", " \" & ' \\ (*) : ^ - "] {
            assert_eq!(Words::of(nothing), None);
        }
        assert_eq!(asked("\" OR NEAR(").0, "\"or near\"");
        assert_eq!(asked("x' | !y:* <-> text:{a}").1, "('x') & ('y') & ('text') <-> ('a')");
        let long = "x".repeat(5_000);
        assert_eq!(asked(&long).0.len(), LETTERS_MAX + 3);
        assert_eq!(Words::of(&"word ".repeat(50)).map(|words| words.rows.len()), Some(WORDS_MAX));
    }
}
