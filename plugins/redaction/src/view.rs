//! A text as the scanners see it: disguises taken off, with a way back to the original bytes.
//!
//! Zero-width characters are gone, odd spaces and dashes are plain ones, full-width and foreign digits are
//! ASCII. Everything else is the original UTF-8, so that most texts map onto themselves.

use crate::labels::Seen;

/// A text without disguises.
pub(crate) struct View<'a> {
    original: &'a str,
    bytes: std::borrow::Cow<'a, [u8]>,
    /// From this place in `bytes` on, places in the original are at (second) and following.
    shifts: Vec<(usize, usize)>,
    /// What was read around places lately.
    pub(crate) seen: Seen,
}

impl<'a> View<'a> {
    pub(crate) fn new(original: &'a str) -> Self {
        let text = original.as_bytes();
        let plain = original.is_ascii()
            && !text.contains(&b'&')
            && !text.windows(2).any(|w| w == b"=\n" || w == b"=\r");
        if plain {
            return Self { original, bytes: text.into(), shifts: Vec::new(), seen: Seen::default() };
        }
        let mut bytes = Vec::with_capacity(original.len());
        let mut shifts = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(byte) = text.get(at).copied() {
            let (width, plain) = match byte {
                b'&' => match entity(text.get(at..).unwrap_or_default()) {
                    Some((width, plain)) => (width, plain),
                    None => (1, None),
                },
                b'=' => (soft_break(text.get(at..).unwrap_or_default()).unwrap_or(1), Some(Plain::Nothing)),
                byte if byte.is_ascii() => (1, None),
                _ => match original.get(at..).and_then(|rest| rest.chars().next()) {
                    Some(character) => {
                        let width = character.len_utf8();
                        let neighbours = [at.checked_sub(1), Some(at + width)];
                        let mixed = neighbours
                            .iter()
                            .any(|n| n.and_then(|n| text.get(n)).is_some_and(u8::is_ascii_alphanumeric));
                        (width, undisguise(character).or_else(|| twin(character).filter(|_| mixed)))
                    }
                    None => (1, None),
                },
            };
            let Some(plain) = plain.filter(|_| byte != b'=' || width > 1) else {
                at += width;
                continue;
            };
            bytes.extend_from_slice(text.get(copied..at).unwrap_or_default());
            if let Plain::As(byte) = plain {
                if !shifts.is_empty() {
                    shifts.push((bytes.len(), at));
                }
                bytes.push(byte);
            }
            at += width;
            copied = at;
            shifts.push((bytes.len(), copied));
        }
        bytes.extend_from_slice(text.get(copied..).unwrap_or_default());
        Self { original, bytes: bytes.into(), shifts, seen: Seen::default() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The byte at a place; 0 outside the text.
    pub(crate) fn at(&self, place: usize) -> u8 {
        self.bytes.get(place).copied().unwrap_or(0)
    }

    /// The byte before a place; 0 at the beginning.
    pub(crate) fn before(&self, place: usize) -> u8 {
        place.checked_sub(1).map_or(0, |p| self.at(p))
    }

    pub(crate) fn slice(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Bytes of the original that a span of the view covers: always whole characters, if the span has only
    /// whole characters.
    pub(crate) fn original(&self, start: usize, end: usize) -> (usize, usize) {
        let last = self.place(end.saturating_sub(1));
        let width = match self.original.as_bytes().get(last) {
            Some(b'&') if self.at(end.saturating_sub(1)) != b'&' => {
                self.original.as_bytes().get(last..).and_then(entity).map_or(1, |e| e.0)
            }
            Some(lead) if *lead >= 0x80 && self.at(end.saturating_sub(1)) < 0x80 => {
                self.original.get(last..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
            }
            _ => 1,
        };
        (self.place(start), last + width)
    }

    fn place(&self, at: usize) -> usize {
        let after = self.shifts.partition_point(|(from, _)| *from <= at);
        match after.checked_sub(1).and_then(|i| self.shifts.get(i)) {
            Some((from, place)) => place + (at - from),
            None => at,
        }
    }
}

/// Stands for any mark that is neither letter nor digit nor something the rules know.
pub(crate) const MARK: u8 = 1;
/// Stands for a currency sign.
pub(crate) const CURRENCY: u8 = 2;

enum Plain {
    Nothing,
    As(u8),
}

/// Longest HTML entity that is read: `&#x00040;`.
const ENTITY_BYTES_MAX: usize = 10;

/// The HTML entity that a text begins with: its bytes, and the one ASCII byte it stands for.
fn entity(text: &[u8]) -> Option<(usize, Option<Plain>)> {
    let end = text.iter().take(ENTITY_BYTES_MAX).position(|b| *b == b';')?;
    let name = std::str::from_utf8(text.get(1..end)?).ok()?;
    let byte = match name {
        "nbsp" | "ensp" | "emsp" | "thinsp" => b' ',
        "commat" => b'@',
        "period" => b'.',
        "plus" => b'+',
        "colon" => b':',
        "lowbar" => b'_',
        "hyphen" | "dash" | "ndash" | "minus" => b'-',
        "quot" => b'"',
        "apos" => b'\'',
        "lt" => b'<',
        "gt" => b'>',
        "shy" | "zwnj" | "zwj" => return Some((end + 1, Some(Plain::Nothing))),
        _ => return numbered(name).map(|plain| (end + 1, Some(plain))),
    };
    Some((end + 1, Some(Plain::As(byte))))
}

/// `#64`, `#x40`.
fn numbered(name: &str) -> Option<Plain> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    match char::from_u32(code)? {
        c if c.is_ascii_graphic() || matches!(c, ' ' | '\t' | '\n' | '\r') => {
            u8::try_from(c).ok().map(Plain::As)
        }
        c => undisguise(c),
    }
}

/// `=` at the end of a line, as quoted-printable breaks it: the bytes to leave out.
fn soft_break(text: &[u8]) -> Option<usize> {
    match text {
        [b'=', b'\n', ..] => Some(2),
        [b'=', b'\r', b'\n', ..] => Some(3),
        _ => None,
    }
}

/// What a disguised character stands for; none for an honest one.
fn undisguise(character: char) -> Option<Plain> {
    let code = u32::from(character);
    let digit = |zero: u32| u8::try_from(code - zero).ok().map(|d| Plain::As(b'0' + d % 10));
    match code {
        0xAD
        | 0x34F
        | 0x61C
        | 0x180E
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x2064
        | 0x2066..=0x2069
        | 0xFE00..=0xFE0F
        | 0xFEFF => Some(Plain::Nothing),
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => Some(Plain::As(b' ')),
        0x2028 | 0x2029 | 0x85 => Some(Plain::As(b'\n')),
        0x2010..=0x2015 | 0x2212 | 0xFE58 | 0xFE63 => Some(Plain::As(b'-')),
        0x2024 | 0xFE52 | 0x3002 | 0xFF61 => Some(Plain::As(b'.')),
        0x2044 | 0x2215 => Some(Plain::As(b'/')),
        0xFE6B => Some(Plain::As(b'@')),
        0xFF01..=0xFF5E => u8::try_from(code - 0xFF01 + 0x21).ok().map(Plain::As),
        0x660..=0x669 => digit(0x660),
        0x6F0..=0x6F9 => digit(0x6F0),
        0x966..=0x96F => digit(0x966),
        0x9E6..=0x9EF => digit(0x9E6),
        0xE50..=0xE59 => digit(0xE50),
        // ¹²³, superscripts, subscripts, ①…⑨, 🄀-like signs are written for fun or to get past filters.
        0xB9 => digit(0xB8),
        0xB2 | 0xB3 => digit(0xB0),
        0x2070 | 0x2074..=0x2079 => digit(0x2070),
        0x2080..=0x2089 => digit(0x2080),
        0x2460..=0x2468 => digit(0x245F),
        0x24EA => Some(Plain::As(b'0')),
        0x1D7CE..=0x1D7FF => digit(0x1D7CE),
        // Mathematical letters, thirteen alphabets of twenty-six capitals and small ones.
        0x1D400..=0x1D6A3 => u8::try_from((code - 0x1D400) % 52)
            .ok()
            .map(|n| Plain::As(if n < 26 { b'A' + n } else { b'a' + n - 26 })),
        // Currency signs: what stands before or behind is an amount.
        0xA2..=0xA5 | 0x20A0..=0x20BF => Some(Plain::As(CURRENCY)),
        // Accents written apart belong to their letter.
        0x300..=0x36F => None,
        // Quotes, bullets, emoji: no letters, so words end there.
        _ => (!character.is_alphanumeric()).then_some(Plain::As(MARK)),
    }
}

/// The Latin letter that a Cyrillic or Greek one looks like: meant as a disguise beside Latin letters or digits.
fn twin(character: char) -> Option<Plain> {
    const TWINS: &[(&str, &str)] = &[
        ("АВЕЅІЈКМНОРСТХУаеѕіјорсухһԁ", "ABESIJKMHOPCTXYaesijopcyxhd"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"),
    ];
    TWINS.iter().find_map(|(theirs, ours)| {
        let place = theirs.chars().position(|c| c == character)?;
        ours.as_bytes().get(place).copied().map(Plain::As)
    })
}

/// Whether a byte belongs to a word; bytes above ASCII count as letters.
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_come_off_and_places_lead_back() {
        let text = "Grüße: D\u{200b}E８９\u{a0}37\u{ad}04 – ä";
        let view = View::new(text);
        let plain = String::from_utf8(view.bytes().to_vec()).unwrap();
        assert_eq!(plain, "Grüße: DE89 3704 - ä");
        assert_eq!(View::new("„€“").bytes(), [MARK, CURRENCY, MARK]);
        let start = plain.find("DE89").unwrap();
        let (from, to) = view.original(start, start + "DE89 3704".len());
        assert_eq!(&text[from..to], "D\u{200b}E８９\u{a0}37\u{ad}04");
    }

    #[test]
    fn every_span_of_whole_characters_maps_to_whole_characters() {
        let text = "\u{200b}aü\u{feff}１２\u{200d}x\u{2014}y😀\u{202e}９ ß\u{ad}";
        let view = View::new(text);
        let plain = String::from_utf8(view.bytes().to_vec()).unwrap();
        let borders: Vec<usize> = (0..=plain.len()).filter(|i| plain.is_char_boundary(*i)).collect();
        for start in &borders {
            for end in borders.iter().filter(|e| *e > start) {
                let (from, to) = view.original(*start, *end);
                assert!(from < to && to <= text.len(), "{start}..{end} gave {from}..{to}");
                let covered = text.get(from..to).unwrap_or_else(|| panic!("{from}..{to} cuts a character"));
                assert_eq!(View::new(covered).bytes(), &plain.as_bytes()[*start..*end]);
            }
        }
    }

    #[test]
    fn entities_and_soft_breaks_come_off_and_places_lead_back() {
        let text = "ana&#64;example&period;org DE89&nbsp;37=\n04 & a=b &foo;";
        let view = View::new(text);
        let plain = String::from_utf8(view.bytes().to_vec()).unwrap();
        assert_eq!(plain, "ana@example.org DE89 3704 & a=b &foo;");
        let place = |part: &str| plain.find(part).map(|s| view.original(s, s + part.len())).unwrap();
        let (from, to) = place("ana@example.org");
        assert_eq!(&text[from..to], "ana&#64;example&period;org");
        let (from, to) = place("DE89 3704");
        assert_eq!(&text[from..to], "DE89&nbsp;37=\n04");
        let (from, to) = place("@");
        assert_eq!(&text[from..to], "&#64;");
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(View::new("only ascii").bytes, std::borrow::Cow::Borrowed(_)));
    }
}
