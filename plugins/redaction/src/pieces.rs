//! A value in pieces: words of letters and digits with single marks between, read without the marks.

use std::cell::OnceCell;

use crate::labels::Context;
use crate::run::gap;
use crate::view::{View, is_word};

/// Symbols of one value at most.
pub(crate) const SYMBOLS_MAX: usize = 36;
/// Pieces of one value at most; people spell out long numbers digit by digit, but no other pieces are so many.
const PIECES_MAX: usize = 24;
const GROUPS_MAX: usize = 8;
/// Marks between two pieces at most.
const GAP_BYTES_MAX: usize = 4;

/// A value from its first piece on: every prefix of whole pieces is a candidate.
pub(crate) struct Pieces {
    /// First byte.
    pub(crate) start: usize,
    symbols: [u8; SYMBOLS_MAX],
    /// Which symbols are digits, one bit each.
    digits: u64,
    ends: [End; PIECES_MAX],
    count: usize,
    /// What stands before, once someone asked: it is the same for all candidates.
    before: OnceCell<Context>,
}

/// Where a piece ends; small, as every number of a text is read in pieces.
#[derive(Clone, Copy, Default)]
struct End {
    /// Symbols up to here.
    symbols: u8,
    /// Bytes from the first piece on up to here.
    bytes: u8,
    /// The marks before it.
    marks: u8,
}

/// One candidate.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'p> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Upper-case letters and digits without marks.
    pub(crate) symbols: &'p [u8],
    /// Which of them are digits, one bit each.
    pub(crate) digits: u64,
    pieces: &'p [End],
}

impl Pieces {
    /// Reads pieces from the word that begins at `start`.
    pub(crate) fn read(view: &View<'_>, start: usize) -> Self {
        let (symbols, ends) = ([0; SYMBOLS_MAX], [End::default(); PIECES_MAX]);
        let mut out = Self { start, symbols, digits: 0, ends, count: 0, before: OnceCell::new() };
        let (mut at, mut length, mut before) = (start, 0_usize, 0);
        while out.count < PIECES_MAX {
            let from = at;
            let mut byte = view.at(at);
            while byte.is_ascii_alphanumeric() {
                let Some(slot) = out.symbols.get_mut(length) else { return out };
                *slot = byte.to_ascii_uppercase();
                out.digits |= u64::from(byte.is_ascii_digit()) << length;
                length += 1;
                at += 1;
                byte = view.at(at);
            }
            // A letter beyond ASCII belongs to a word of some language, not to a number.
            if at == from || is_word(byte) {
                return out;
            }
            let (symbols, bytes) = (u8::try_from(length), u8::try_from(at - start));
            if let (Some(slot), Ok(symbols), Ok(bytes)) = (out.ends.get_mut(out.count), symbols, bytes) {
                *slot = End { symbols, bytes, marks: before };
                out.count += 1;
            }
            let spelled = length == out.count;
            let Some((next, kind)) = marks(view, at).filter(|_| spelled || out.count < GROUPS_MAX) else {
                return out;
            };
            (at, before) = (next, kind);
        }
        out
    }

    /// What stands around the value from its beginning to `end`.
    pub(crate) fn context(&self, view: &View<'_>, end: usize) -> Context {
        self.before(view).and_behind(view, end)
    }

    /// What stands before the value.
    pub(crate) fn before(&self, view: &View<'_>) -> Context {
        *self.before.get_or_init(|| Context::before(view, self.start))
    }

    /// All candidates, the shortest first.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        (1..=self.count).filter_map(|count| {
            let pieces = self.ends.get(..count)?;
            let last = *pieces.last()?;
            Some(Candidate {
                start: self.start,
                end: self.start + usize::from(last.bytes),
                symbols: self.symbols.get(..usize::from(last.symbols))?,
                digits: self.digits & ((1 << last.symbols) - 1),
                pieces,
            })
        })
    }

    /// Symbols of the longest candidate.
    pub(crate) fn length(&self) -> usize {
        let last = self.count.checked_sub(1).and_then(|index| self.ends.get(index));
        last.map_or(0, |end| usize::from(end.symbols))
    }

    /// Whether there is nothing but digits.
    pub(crate) fn is_numeric(&self) -> bool {
        self.digits.count_ones() as usize >= self.length()
    }
}

impl Candidate<'_> {
    /// Whether all symbols are digits.
    pub(crate) fn is_numeric(&self) -> bool {
        self.digits.count_ones() as usize == self.symbols.len()
    }

    /// Whether it is written in one piece.
    pub(crate) fn is_whole(&self) -> bool {
        self.pieces.len() == 1
    }

    /// Whether it is written in pieces of these lengths, without line breaks.
    pub(crate) fn is_laid_out(&self, lengths: &[u8]) -> bool {
        let mut last = 0;
        self.pieces.len() == lengths.len()
            && self.pieces.iter().zip(lengths).all(|(piece, length)| {
                let fits = piece.symbols - last == *length && piece.marks & gap::LINE == 0;
                last = piece.symbols;
                fits
            })
    }

    /// Whether the marks between the pieces are all of one kind.
    pub(crate) fn is_even(&self) -> bool {
        self.pieces.get(2..).is_none_or(|rest| {
            rest.iter().all(|piece| Some(piece.marks) == self.pieces.get(1).map(|p| p.marks))
        })
    }

    /// Whether some piece follows on another line.
    pub(crate) fn is_wrapped(&self) -> bool {
        self.pieces.iter().any(|piece| piece.marks & gap::LINE != 0)
    }
}

/// The next piece and the marks before it, if no more than separators stand between.
fn marks(view: &View<'_>, start: usize) -> Option<(usize, u8)> {
    let (mut at, mut kind) = (start, 0);
    while at - start <= GAP_BYTES_MAX {
        let bit = match view.at(at) {
            byte if byte.is_ascii_alphanumeric() => return (at > start).then_some((at, kind)),
            b' ' | b'\t' => gap::SPACE,
            b'-' if kind & gap::HYPHEN == 0 => gap::HYPHEN,
            b'.' if kind & gap::DOT == 0 => gap::DOT,
            b'/' if kind & gap::SLASH == 0 => gap::SLASH,
            b'\n' | b'\r' => gap::LINE,
            b'>' if kind & gap::LINE != 0 => gap::LINE,
            _ => return None,
        };
        kind |= bit;
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(text: &str) -> Vec<String> {
        let view = View::new(text);
        Pieces::read(&view, 0).candidates().map(|c| String::from_utf8(c.symbols.to_vec()).unwrap()).collect()
    }

    #[test]
    fn every_prefix_of_whole_pieces_is_a_candidate() {
        assert_eq!(candidates("ab 12-34/c, 5"), ["AB", "AB12", "AB1234", "AB1234C"]);
        assert_eq!(candidates("12--34"), ["12"]);
        assert!(candidates("12ä").is_empty());
    }

    #[test]
    fn the_layout_counts_symbols_and_refuses_line_breaks() {
        let laid_out = |text: &str, lengths: &[u8]| {
            let view = View::new(text);
            Pieces::read(&view, 0).candidates().last().unwrap().is_laid_out(lengths)
        };
        assert!(laid_out("123-45-6789", &[3, 2, 4]));
        assert!(!laid_out("123-456-789", &[3, 2, 4]));
        assert!(!laid_out("123-45\n6789", &[3, 2, 4]));
    }
}
