//! Numbers of devices: IMEI and MAC addresses.

use crate::checks::luhn;
use crate::labels::{Label, Labels};
use crate::pieces::Pieces;
use crate::view::{View, is_word};

use super::Finding;

const IMEI: Labels = Labels::of(&[Label::Imei]);

/// An IMEI that begins with the word at `start`: fifteen digits with Luhn's check, or sixteen with a software
/// version, which has none.
pub(super) fn imei(view: &View<'_>, pieces: &Pieces, out: &mut Vec<Finding>) {
    let start = pieces.start;
    if pieces.length() < 15 || !view.at(start).is_ascii_digit() || is_word(view.before(start)) {
        return;
    }
    for candidate in pieces.candidates() {
        let long = (15..=16).contains(&candidate.symbols.len());
        if !long || !candidate.is_numeric() || is_word(view.at(candidate.end)) {
            continue;
        }
        let checked = candidate.symbols.len() == 15 && luhn(candidate.symbols);
        let named = pieces.context(view, candidate.end).calls(IMEI);
        let laid_out = candidate.is_laid_out(&[2, 6, 6, 1]);
        let usual =
            [b"35".as_slice(), b"86", b"01", b"99"].iter().any(|head| candidate.symbols.starts_with(head));
        let score = match (checked, named) {
            (true, true) => 1.0,
            (false, true) => 0.8,
            (true, false) if laid_out => 0.85,
            (true, false) if candidate.is_whole() && usual => 0.6,
            _ => continue,
        };
        out.push(Finding::new(start, candidate.end, "IMEI", score, "imei.check"));
    }
}

/// A MAC address that begins with the word at the pieces' start.
pub(super) fn mac_word(view: &View<'_>, pieces: &Pieces, out: &mut Vec<Finding>) {
    for mark in [pieces.start + 2, pieces.start + 4] {
        if matches!(view.at(mark), b'-' | b':' | b'.') && view.at(mark + 1).is_ascii_hexdigit() {
            mac(view, mark, out);
        }
    }
}

/// Bytes of `aa:bb:cc:dd:ee:ff`.
const MAC_BYTES: usize = 17;

/// A MAC address whose first mark stands at `mark`: six pairs with colons or hyphens, or three groups of four
/// with dots.
pub(super) fn mac(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) {
    let sign = view.at(mark);
    let group = if sign == b'.' { 4 } else { 2 };
    let Some(start) = mark.checked_sub(group) else { return };
    let count = 12 / group;
    let bytes = if group == 4 { 14 } else { MAC_BYTES };
    let text = view.slice(start, start + bytes);
    let shaped = text
        .split(|b| *b == sign)
        .filter(|g| g.len() == group && g.iter().all(u8::is_ascii_hexdigit))
        .count()
        == count;
    let alone = |byte: u8| !is_word(byte) && byte != sign && byte != b'_';
    let behind = view.at(start + bytes);
    let ends = alone(behind) || (behind == b'.' && !is_word(view.at(start + bytes + 1)));
    let alive = text.iter().any(u8::is_ascii_alphabetic) || group == 2;
    if shaped && alone(view.before(start)) && ends && alive {
        out.push(Finding::new(start, start + bytes, "MAC_ADDRESS", 0.95, "mac.shape"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imei_in(view: &View<'_>, at: usize, out: &mut Vec<Finding>) {
        imei(view, &Pieces::read(view, at), out);
    }

    fn found(text: &str, at: usize, rule: fn(&View<'_>, usize, &mut Vec<Finding>)) -> Option<(String, f32)> {
        let mut out = Vec::new();
        rule(&View::new(text), at, &mut out);
        out.first().map(|f| (text[f.start..f.end].to_owned(), f.score))
    }

    #[test]
    fn an_imei_needs_its_check_digit_or_its_name() {
        assert_eq!(found("490154203237518", 0, imei_in), None);
        assert_eq!(found("IMEI: 490154203237518", 6, imei_in), Some(("490154203237518".into(), 1.0)));
        assert_eq!(found("49-015420-323751-8", 0, imei_in).unwrap().0, "49-015420-323751-8");
        assert_eq!(found("IMEI 353456789012345", 5, imei_in).unwrap().1, 0.8);
        assert_eq!(found("353456789012345", 0, imei_in), None);
    }

    #[test]
    fn mac_addresses_come_in_three_dresses() {
        assert_eq!(found("00:1A:2B:3c:4D:5E", 2, mac).unwrap().0, "00:1A:2B:3c:4D:5E");
        assert_eq!(found("von 00-1A-2B-3C-4D-5E.", 6, mac).unwrap().0, "00-1A-2B-3C-4D-5E");
        assert_eq!(found("001a.2b3c.4d5e", 4, mac).unwrap().0, "001a.2b3c.4d5e");
        assert_eq!(found("00:1A:2B:3C:4D:5E:6F", 2, mac), None);
        assert_eq!(found("12:30:45", 2, mac), None);
        assert_eq!(found("2024.1234.5678", 4, mac), None);
    }
}
