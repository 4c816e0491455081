//! Words of a line: where they stand, what they look like, in which lists they are. Knows no model.

use super::lists::{self, Lists};
use super::model::Tag;
use crate::view::is_word;

/// One word, or one mark between words.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// First byte.
    pub start: usize,
    /// One past the last byte; an English genitive is left out.
    pub end: usize,
    /// Hash of the word in lower case; of a mark its byte.
    pub hash: u32,
    /// Lists that have it.
    pub lists: Lists,
    /// How it is written.
    pub shape: Shape,
    /// The decision.
    pub tag: Tag,
    /// How much surer it is than the opposite.
    pub margin: i32,
    /// Whether it begins as surnames with two capitals do: Mc, Mac, O', De, Di.
    pub surname: bool,
    /// Hashes of the last two, three, four bytes, and the first three.
    pub parts: [u32; 4],
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Shape {
    /// `word`
    Lower,
    /// `Word`
    Capital,
    /// `WORD`
    Capitals,
    /// `McWord`, `iWord`
    Mixed,
    /// `Word-Word`
    Joined,
    /// `W.` or `W`
    Initial,
    /// With a digit.
    Number,
    /// No word.
    Mark,
}

/// A line of a text.
#[derive(Debug, Default)]
pub struct Line {
    /// Its words and marks.
    pub words: Vec<Word>,
    /// Hash of the last word of the line before, and whether that line was short.
    pub before: (u32, bool),
    /// Whether the line before was a closing such as "Viele Grüße aus Kiel".
    pub under_closing: bool,
    /// Its number of words, up to five.
    pub short: u8,
    /// Whether it is a sentence rather than a title: short, or a third of its words in lower case.
    pub mixed: bool,
    /// Whether it is the continuation of a very long line.
    pub goes_on: bool,
}

impl Line {
    /// The word some places away.
    #[must_use]
    pub fn word(&self, place: usize, away: isize) -> Option<&Word> {
        place.checked_add_signed(away).and_then(|p| self.words.get(p))
    }

    /// The decision some places away.
    #[must_use]
    pub fn tag(&self, place: usize, away: isize) -> Tag {
        self.word(place, away).map_or(Tag::Out, |w| w.tag)
    }

    /// Lists of the word before, past the dot of "Dr." or "Mr.".
    #[must_use]
    pub fn before_title(&self, place: usize) -> Lists {
        match (self.word(place, -1), self.word(place, -2)) {
            (Some(dot), Some(title)) if dot.shape == Shape::Mark && dot.hash == u32::from(b'.') => {
                Lists(title.lists.0 & lists::TITLE)
            }
            (Some(word), _) => word.lists,
            (None, _) => Lists::NONE,
        }
    }

    /// Whether a name may stand here: a capital; a particle within a name; a known name in lower case behind a
    /// word that announces one.
    #[must_use]
    pub fn is_candidate(&self, place: usize) -> bool {
        let Some(word) = self.word(place, 0) else { return false };
        let within = self.tag(place, -1) != Tag::Out;
        let named = word.lists.any(lists::FIRST | lists::LAST);
        let before = self.before_title(place);
        let particle = self.word(place, -1).is_some_and(|w| w.lists.any(lists::PARTICLE));
        // "Sätze von Prozessen" is no noble family.
        let led = (within && !(particle && word.lists.any(lists::COMMON)))
            || before.any(lists::TITLE | lists::FIRST);
        match word.shape {
            // A word that is known and is nobody's name is one only behind a title or a first name.
            Shape::Capital => named || led || word.lists == Lists::NONE,
            // "McKay" is a name, "SELinux" is not; "Yilmaz-Braun" is, "Debian-Version" is not.
            Shape::Mixed => named || (word.surname && word.lists == Lists::NONE),
            Shape::Joined => named || led,
            // Abbreviations are no names; "ANNA SCHMIDT" is.
            Shape::Capitals => named || within,
            Shape::Initial => {
                within
                    || self
                        .word(place, 1)
                        .is_some_and(|w| !matches!(w.shape, Shape::Lower | Shape::Number | Shape::Mark))
            }
            Shape::Lower if word.lists.any(lists::PARTICLE) => {
                // "Herrn von der Lippe"
                (within || before.any(lists::TITLE))
                    && self
                        .word(place, 1)
                        .is_some_and(|w| w.shape != Shape::Lower || w.lists.any(lists::PARTICLE))
            }
            Shape::Lower => {
                named
                    && !word.lists.any(lists::COMMON)
                    && (within || self.word(place, -1).is_some_and(|w| w.lists.any(lists::HERALD)))
            }
            Shape::Number | Shape::Mark => false,
        }
    }
}

/// Longest word that is looked at in full.
const WORD_BYTES_MAX: usize = 48;
/// Lines of so many words are short: a signature, a greeting.
const SHORT_WORDS: usize = 5;

/// Reads the line that begins at `at` into `line`; answers where the next begins.
pub fn read_line(text: &[u8], at: usize, line: &mut Line) -> usize {
    let full = line.words.len() >= super::LINE_WORDS_MAX;
    if let Some(last) = line.words.iter().rev().find(|w| w.shape != Shape::Mark) {
        line.before = (last.hash, line.words.len() <= SHORT_WORDS);
        line.under_closing = line.before.1 && super::announced::closes(&line.words);
    }
    line.goes_on = full;
    line.words.clear();
    let next = read_words(text, at, line);
    let words = line.words.iter().filter(|w| !matches!(w.shape, Shape::Mark | Shape::Number)).count();
    let lower = line.words.iter().filter(|w| w.shape == Shape::Lower).count();
    line.short = u8::try_from(words.min(SHORT_WORDS)).unwrap_or(0);
    line.mixed = words < SHORT_WORDS || lower * 3 > words;
    next
}

fn read_words(text: &[u8], at: usize, line: &mut Line) -> usize {
    let mut place = at;
    while line.words.len() < super::LINE_WORDS_MAX {
        match text.get(place).copied() {
            None => return place,
            Some(b'\n') => return place + 1,
            Some(b' ' | b'\t' | b'\r') => place += 1,
            Some(byte) if is_word(byte) => place = read_word(text, place, &mut line.words),
            Some(byte) => {
                line.words.push(mark(place, byte));
                place += 1;
            }
        }
    }
    place
}

fn mark(start: usize, byte: u8) -> Word {
    Word {
        start,
        end: start + 1,
        hash: u32::from(byte),
        lists: Lists::NONE,
        shape: Shape::Mark,
        tag: Tag::Out,
        margin: 0,
        surname: false,
        parts: [0; 4],
    }
}

fn read_word(text: &[u8], start: usize, words: &mut Vec<Word>) -> usize {
    let byte = |at: usize| text.get(at).copied().unwrap_or(0);
    let mut end = start;
    let mut joined = false;
    loop {
        while is_word(byte(end)) {
            end += 1;
        }
        let joins = matches!(byte(end), b'-' | b'\'') && is_word(byte(end + 1));
        if !joins {
            break;
        }
        joined |= byte(end) == b'-';
        end += 1;
    }
    let next = end;
    let whole = text.get(start..end).unwrap_or_default();
    // "Anna's"
    let stem = whole.strip_suffix(b"'s").or_else(|| whole.strip_suffix(b"'S")).unwrap_or(whole);
    let stem_end = start + stem.len();
    let mut lower = [0_u8; WORD_BYTES_MAX];
    let (letters, count) = match western(stem, &mut lower) {
        Some(read) => read,
        None => (Letters::count(stem), lowered(stem, &mut lower)),
    };
    let lower = lower.get(..count).unwrap_or_default();
    let shape = letters.shape(joined);
    let initial = shape == Shape::Initial && byte(end) == b'.';
    let capital = !matches!(shape, Shape::Lower | Shape::Number);
    let hash = lists::hash(lower);
    words.push(Word {
        start,
        end: if initial { end + 1 } else { stem_end },
        hash,
        lists: lists::of(lower, hash, capital, joined),
        shape,
        tag: Tag::Out,
        margin: 0,
        surname: shape == Shape::Mixed
            && stem.first().is_some_and(u8::is_ascii_uppercase)
            && SURNAME_HEADS.iter().any(|h| lower.starts_with(h)),
        parts: if capital { parts(lower) } else { [0; 4] },
    });
    if initial { next + 1 } else { next }
}

fn parts(lower: &[u8]) -> [u32; 4] {
    let tail = |n: usize| lower.get(lower.len().saturating_sub(n)..).map_or(0, lists::hash);
    [tail(2), tail(3), tail(4), lower.get(..3).map_or(0, lists::hash)]
}

/// Lower case of ASCII and of the letters of Western and Central Europe, in place.
pub(super) fn lowered(word: &[u8], out: &mut [u8]) -> usize {
    let Ok(text) = std::str::from_utf8(word) else { return 0 };
    let mut length = 0;
    for character in text.chars() {
        let mut bytes = [0; 4];
        let small = if character.is_ascii() {
            character.to_ascii_lowercase()
        } else {
            character.to_lowercase().next().unwrap_or(character)
        };
        for byte in small.encode_utf8(&mut bytes).bytes() {
            let Some(slot) = out.get_mut(length) else { return length };
            *slot = byte;
            length += 1;
        }
    }
    length
}

/// What a word consists of.
#[derive(Default)]
struct Letters {
    /// Whether it begins with a capital.
    capital: bool,
    digits: bool,
    capitals: usize,
    letters: usize,
}

impl Letters {
    fn count(word: &[u8]) -> Self {
        let text = std::str::from_utf8(word).unwrap_or_default();
        Self {
            capital: text.chars().next().is_some_and(char::is_uppercase),
            digits: word.iter().any(u8::is_ascii_digit),
            capitals: text.chars().filter(|c| c.is_uppercase()).count(),
            letters: text.chars().filter(|c| c.is_alphabetic()).count(),
        }
    }

    fn shape(&self, joined: bool) -> Shape {
        match (self.capital, self.capitals) {
            _ if self.digits => Shape::Number,
            (true, 1) if self.letters == 1 => Shape::Initial,
            _ if joined && self.capital => Shape::Joined,
            (true, 1) => Shape::Capital,
            (_, 0) => Shape::Lower,
            (true, n) if n == self.letters => Shape::Capitals,
            _ => Shape::Mixed,
        }
    }
}

/// Reads a word of ASCII and the letters from À to ÿ, as nearly all are, into lower case; none if it has others.
fn western(word: &[u8], out: &mut [u8; WORD_BYTES_MAX]) -> Option<(Letters, usize)> {
    let mut letters = Letters::default();
    let mut before = 0;
    let mut length = 0;
    for (place, byte) in word.iter().copied().enumerate() {
        let (upper, letter, small) = match byte {
            b'A'..=b'Z' => (true, true, byte | 0x20),
            b'a'..=b'z' => (false, true, byte),
            0xC3 => (false, false, byte),
            // × and ÷ are no letters, ß has no capital here.
            0x80..=0xBF if before == 0xC3 => {
                let upper = byte < 0x9F && byte != 0x97;
                (upper, byte != 0x97 && byte != 0xB7, if upper { byte + 0x20 } else { byte })
            }
            0x80.. => return None,
            _ => (false, false, byte),
        };
        letters.digits |= byte.is_ascii_digit();
        letters.capitals += usize::from(upper);
        letters.letters += usize::from(letter);
        letters.capital |= upper && place <= usize::from(before == 0xC3);
        if let Some(slot) = out.get_mut(place) {
            *slot = small;
            length = place + 1;
        }
        before = byte;
    }
    Some((letters, length))
}

/// How surnames with two capitals begin.
const SURNAME_HEADS: &[&[u8]] = &[b"mc", b"mac", b"o'", b"d'", b"l'", b"de", b"di", b"la", b"van"];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, Shape)> {
        let mut line = Line::default();
        read_line(text.as_bytes(), 0, &mut line);
        line.words.iter().map(|w| (text[w.start..w.end].to_owned(), w.shape)).collect()
    }

    #[test]
    fn words_keep_hyphens_initials_and_apostrophes_and_lose_the_genitive() {
        let found = words("J. O'Neill's Anna-Lena, McKay 12a");
        let texts: Vec<&str> = found.iter().map(|w| w.0.as_str()).collect();
        assert_eq!(texts, ["J.", "O'Neill", "Anna-Lena", ",", "McKay", "12a"]);
        assert_eq!(found[0].1, Shape::Initial);
        assert_eq!(found[2].1, Shape::Joined);
        assert_eq!(found[4].1, Shape::Mixed);
        assert_eq!(found[5].1, Shape::Number);
    }

    #[test]
    fn umlauts_have_a_case() {
        assert_eq!(words("Özlem ÖZLEM über")[0].1, Shape::Capital);
        assert_eq!(words("ÖZLEM")[0].1, Shape::Capitals);
        assert_eq!(words("über")[0].1, Shape::Lower);
    }

    #[test]
    fn a_line_remembers_the_end_of_the_one_before() {
        let text = b"Viele Gr\xC3\xBC\xC3\x9Fe\nAnna";
        let mut line = Line::default();
        let next = read_line(text, 0, &mut line);
        read_line(text, next, &mut line);
        assert_eq!(line.before, (lists::hash("grüße".as_bytes()), true));
    }
}
