//! Postal addresses: German and English street forms, with what follows of postcode and place; post boxes.

mod english;
mod german;
mod romance;
mod set;
mod words;

use crate::view::{View, is_word};

use super::Finding;

/// Addresses whose house number, post box or postcode begins with the digit at `digit`.
pub(super) fn find(view: &View<'_>, digit: usize, out: &mut Vec<Finding>) {
    if !view.at(digit).is_ascii_digit()
        || is_word(view.before(digit))
        || matches!(view.before(digit), b'.' | b',' | b'-' | b'+')
    {
        return;
    }
    let (before, behind) = (letter_before(view, digit), letter_behind(view, digit));
    if before {
        german::find(view, digit, out);
    }
    if before || behind {
        english::find(view, digit, out);
        romance::find(view, digit, out);
    }
}

/// Marks between a number and a word of its street at most.
const MARKS_MAX: usize = 4;

/// Whether a word of letters ends shortly before a number; among numbers there is no street.
fn letter_before(view: &View<'_>, digit: usize) -> bool {
    let mut at = digit;
    while at > 0 && digit - at < MARKS_MAX && !is_word(view.before(at)) {
        at -= 1;
    }
    is_word(view.before(at)) && !view.before(at).is_ascii_digit()
}

/// Whether a word with letters begins shortly behind a number.
fn letter_behind(view: &View<'_>, digit: usize) -> bool {
    let mut at = digit;
    for _ in 0..2 {
        while view.at(at).is_ascii_digit() {
            at += 1;
        }
        // "12a Elm Road", "350 5th Avenue", "12-14 Elm Road".
        if is_word(view.at(at)) {
            return true;
        }
        let from = at;
        while at - from < MARKS_MAX && at < view.len() && !is_word(view.at(at)) {
            at += 1;
        }
    }
    is_word(view.at(at)) && !view.at(at).is_ascii_digit()
}

/// A word: its span.
pub(in super::super) type Span = (usize, usize);

/// The word that begins at a place: letters, inner hyphens, apostrophes and a dot of an abbreviation are left out.
fn word_at(view: &View<'_>, start: usize) -> Option<Span> {
    let mut end = start;
    loop {
        while is_word(view.at(end)) {
            end += 1;
        }
        let joins = matches!(view.at(end), b'-' | b'\'') && is_word(view.at(end + 1)) && end > start;
        if !joins || end - start > WORD_BYTES_MAX {
            break;
        }
        end += 1;
    }
    (end > start && end - start <= WORD_BYTES_MAX).then_some((start, end))
}

/// The word that ends at a place.
fn word_before(view: &View<'_>, end: usize) -> Option<Span> {
    let mut start = end;
    while start > 0 && end - start <= WORD_BYTES_MAX {
        let before = view.before(start);
        let joins = matches!(before, b'-' | b'\'') && start > 1 && is_word(view.at(start - 2)) && start < end;
        if !is_word(before) && !joins {
            break;
        }
        start -= 1;
    }
    (start < end && end - start <= WORD_BYTES_MAX).then_some((start, end))
}

/// Longest word of a street or place.
const WORD_BYTES_MAX: usize = 44;

/// A word in lower case. Nearly all are short and ASCII, and take no memory of their own: this is asked several
/// times for each number of a text.
enum Lower {
    Short([u8; WORD_BYTES_MAX], usize),
    Long(String),
}

/// A word in lower case; umlauts too.
fn lowered(view: &View<'_>, word: Span) -> Lower {
    let bytes = view.slice(word.0, word.1);
    let mut short = [0; WORD_BYTES_MAX];
    match short.get_mut(..bytes.len()).filter(|_| bytes.is_ascii()) {
        Some(place) => {
            place.copy_from_slice(bytes);
            place.make_ascii_lowercase();
            Lower::Short(short, bytes.len())
        }
        None => Lower::Long(String::from_utf8_lossy(bytes).to_lowercase()),
    }
}

impl Lower {
    fn as_str(&self) -> &str {
        match self {
            Self::Short(bytes, length) => {
                bytes.get(..*length).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
            }
            Self::Long(text) => text,
        }
    }
}

impl std::ops::Deref for Lower {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<&str> for Lower {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Whether a word begins with a capital.
fn is_capital(view: &View<'_>, word: Span) -> bool {
    match view.at(word.0) {
        byte if byte.is_ascii() => byte.is_ascii_uppercase(),
        _ => std::str::from_utf8(view.slice(word.0, word.1))
            .ok()
            .and_then(|t| t.chars().next())
            .is_some_and(char::is_uppercase),
    }
}

/// Blanks, a comma, one or two line breaks and the marks of quoted lines, but no more.
fn skip_break(view: &View<'_>, start: usize) -> usize {
    let mut at = start;
    let mut lines = 0;
    while at - start < 8 {
        match view.at(at) {
            b' ' | b'\t' | b',' | b'>' | b'\r' | b'|' | b';' => at += 1,
            b'\n' if lines < 2 => {
                lines += 1;
                at += 1;
            }
            b'\\' if view.at(at + 1) == b'n' => at += 2,
            _ => break,
        }
    }
    at
}

/// Digits at a place: the end.
fn digits_end(view: &View<'_>, start: usize) -> usize {
    let mut at = start;
    while view.at(at).is_ascii_digit() && at - start < 8 {
        at += 1;
    }
    at
}
