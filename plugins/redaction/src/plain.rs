//! A second reading of what people disguise on purpose: digits in words or as look-alike letters, odd marks
//! between digits, "at" and "dot" for marks. Only the stretches around such places are read again, as they
//! would look without the disguise.
//!
//! Owns the stretches and the way back; which places are disguised stands in `numbers` and `mail`.

mod mail;
mod numbers;

use crate::view::{View, is_word};

/// What is put in place of a stretch of a text: at most one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    start: usize,
    end: usize,
    with: Option<u8>,
}

/// How much of the text around an edit is read again, so that labels are seen.
const AROUND_BYTES: usize = 160;

/// A part of the plain text and where it comes from.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    /// Bytes of the view; longer than the part only for an edit.
    from: usize,
    to: usize,
    edit: bool,
}

/// The stretches of a text that were disguised, without their disguise.
pub(crate) struct Plain {
    pub(crate) text: String,
    parts: Vec<Part>,
}

impl Plain {
    /// The second reading; none if nothing is disguised.
    pub(crate) fn read(view: &View<'_>) -> Option<Self> {
        let edits = edits(view);
        let first = edits.first()?;
        let mut bytes = Vec::new();
        let mut parts = Vec::new();
        let mut at = border(view, first.start.saturating_sub(AROUND_BYTES));
        for (index, edit) in edits.iter().enumerate() {
            copy(view, at, edit.start, &mut bytes, &mut parts);
            parts.push(Part { start: bytes.len(), from: edit.start, to: edit.end, edit: true });
            bytes.extend(edit.with);
            at = edit.end;
            let next = edits.get(index + 1).map_or(view.len(), |e| e.start);
            if next > at + 2 * AROUND_BYTES {
                copy(view, at, border(view, at + AROUND_BYTES), &mut bytes, &mut parts);
                bytes.extend_from_slice(b"\n\n");
                at = border(view, next.saturating_sub(AROUND_BYTES));
            }
        }
        if at < view.len() && edits.last().is_some_and(|e| e.end == at) {
            copy(view, at, border(view, (at + AROUND_BYTES).min(view.len())), &mut bytes, &mut parts);
        }
        Some(Self { text: String::from_utf8_lossy(&bytes).into_owned(), parts })
    }

    /// The stretch of the view that a stretch of the plain text stands for, if some disguise is within.
    pub(crate) fn place(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let first = self.parts.partition_point(|p| p.start <= start).checked_sub(1)?;
        let last = self.parts.partition_point(|p| p.start < end).checked_sub(1)?;
        let disguised = self.parts.get(first..=last)?.iter().any(|p| p.edit);
        let (head, tail) = (self.parts.get(first)?, self.parts.get(last)?);
        let from = if head.edit { head.from } else { head.from + (start - head.start) };
        let to = if tail.edit { tail.to } else { tail.from + (end - tail.start) };
        (disguised && from < to && to <= tail.to).then_some((from, to))
    }
}

fn copy(view: &View<'_>, from: usize, to: usize, bytes: &mut Vec<u8>, parts: &mut Vec<Part>) {
    if from < to {
        parts.push(Part { start: bytes.len(), from, to, edit: false });
        bytes.extend_from_slice(view.slice(from, to));
    }
}

/// The nearest place before or at one that no word goes over, as far as words are of a usual length.
fn border(view: &View<'_>, place: usize) -> usize {
    let limit = place.saturating_sub(AROUND_BYTES / 4);
    let word = (limit..=place).rev().find(|p| !is_word(view.before(*p)) || !is_word(view.at(*p)));
    word.unwrap_or_else(|| (limit..=place).rev().find(|p| view.at(*p) & 0xC0 != 0x80).unwrap_or(place))
}

/// All edits, in order.
fn edits(view: &View<'_>) -> Vec<Edit> {
    let mut out = Vec::new();
    let (mut at, mut in_word) = (0, false);
    while let Some(byte) = view.bytes().get(at).copied() {
        let kind = begins(byte);
        let end = match kind {
            MARK => mail::read(view, at, &mut out),
            LETTER if !in_word => number_or_sign(view, at, &mut out),
            _ => at,
        };
        in_word = kind >= LETTER && end == at;
        at = end.max(at + 1);
    }
    out
}

fn number_or_sign(view: &View<'_>, at: usize, out: &mut Vec<Edit>) -> usize {
    let end = if numbers::may_begin(view, at) { numbers::read(view, at, out) } else { at };
    let worded = end == at && view.before(at) != 0 && matches!(view.at(at), b'a' | b'A' | b'k' | b'K' | 0xC3);
    if worded { mail::read(view, at, out) } else { end }
}

/// A mark that may be the sign of an address.
const MARK: u8 = 1;
/// A digit or a letter: a number, a word for a digit, a word for the sign.
const LETTER: u8 = 2;

/// Any other byte of a word.
const WORD: u8 = 3;

static BEGINS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let b = byte as u8;
        table[byte] = match b {
            b'@' | b'(' | b'[' | b'{' | b'<' | b'*' => MARK,
            b'0'..=b'9' | b'A'..=b'Z' | 0xC3 => LETTER,
            b'a' | b'd' | b'e' | b'f' | b'i' | b'k' | b'l' | b'n' | b'o' | b's' | b't' | b'v' | b'z' => {
                LETTER
            }
            _ if is_word(b) => WORD,
            _ => 0,
        };
        byte += 1;
    }
    table
};

fn begins(byte: u8) -> u8 {
    BEGINS.get(usize::from(byte)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<String> {
        Plain::read(&View::new(text)).map(|p| p.text)
    }

    #[test]
    fn ordinary_texts_are_not_read_again() {
        for text in [
            "Ich habe eins bestellt und zwei bekommen, am 12.03.2024 um 10:30 Uhr, für 1.234,50 EUR.",
            "Call me at noon. Look at the list (at least) and dot the i.",
            "0171 2345678, +49 (0) 30 / 1234-56, DE89 3704 0044 0532 0130 00",
            "5l Milch, 10 l Wasser, 3 O-Ringe",
            "1,5 2,5 3,5 und 4|5",
            "write to root or any name @example.org",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn places_lead_back_to_the_disguise() {
        let text =
            "Grüße ".repeat(60) + "ana (at) mail (dot) org und null eins sieben eins zwei drei vier fünf.";
        let view = View::new(&text);
        let plain = Plain::read(&view).unwrap();
        for (value, disguise) in [
            ("ana@mail.org", "ana (at) mail (dot) org"),
            ("0 1 7 1 2 3 4 5", "null eins sieben eins zwei drei vier fünf"),
        ] {
            let start = plain.text.find(value).unwrap_or_else(|| panic!("{value} in {}", plain.text));
            let (from, to) = plain.place(start, start + value.len()).unwrap();
            assert_eq!(std::str::from_utf8(view.slice(from, to)).unwrap(), disguise);
        }
        assert_eq!(plain.place(0, 5), None, "no disguise within");
    }
}
