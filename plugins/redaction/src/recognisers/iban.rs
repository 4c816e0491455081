//! Bank accounts: country, length, groups in any dress, check digits.

use crate::checks::mod_97;
use crate::labels::{Label, label_before};
use crate::view::{View, is_word};

/// Length of an IBAN per country.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// Separators in a row within an IBAN at most (a wrapped and quoted line has four).
const GAP_BYTES_MAX: usize = 5;

/// An IBAN whose first check digit stands at `digit`: its span and score.
pub(crate) fn iban_at(view: &View<'_>, digit: usize) -> Option<(usize, usize, f32)> {
    let start = country_before(view, digit)?;
    let second = start + 1 + usize::from(view.at(start + 1) == b' ');
    let country = [view.at(start).to_ascii_uppercase(), view.at(second).to_ascii_uppercase()];
    let length = LENGTHS.iter().find(|(c, _)| **c == country)?.1;
    let mut symbols = Vec::with_capacity(length);
    symbols.extend_from_slice(&country);
    let mut at = digit;
    let mut gap = 0;
    while symbols.len() < length {
        match view.at(at) {
            byte if byte.is_ascii_alphanumeric() => {
                symbols.push(byte.to_ascii_uppercase());
                gap = 0;
            }
            b' ' | b'\t' | b'-' | b'.' | b'/' | b'\n' | b'\r' | b'>' | b'_' if gap < GAP_BYTES_MAX => {
                gap += 1
            }
            _ => return None,
        }
        at += 1;
    }
    if !symbols.get(2..4)?.iter().all(u8::is_ascii_digit) || view.at(at).is_ascii_digit() {
        return None;
    }
    // ISO 7064 MOD 97-10 with the first four symbols moved to the end.
    if mod_97(symbols.iter().skip(4).chain(symbols.iter().take(4)).copied()) == 1 {
        return Some((start, at, 1.0));
    }
    // A typing error does not make it harmless, if it is clearly meant to be one.
    let body_is_digits = symbols.get(4..)?.iter().all(u8::is_ascii_digit);
    let meant = label_before(view, start) == Some(Label::Bank) || (body_is_digits && country == *b"DE");
    (meant && !is_word(view.at(at))).then_some((start, at, 0.6))
}

/// The place of two letters right before the check digits, beginning a word.
fn country_before(view: &View<'_>, digit: usize) -> Option<usize> {
    let mut at = digit;
    if matches!(view.before(at), b' ' | b'-') {
        at -= 1;
    }
    // "D E 8 9 …": spelled out.
    let spelled = view.before(at).is_ascii_alphabetic() && at > 2 && view.at(at - 2) == b' ';
    let start = at.checked_sub(if spelled { 3 } else { 2 })?;
    let letters = view.slice(start, at).iter().filter(|b| **b != b' ').count() == 2
        && view.slice(start, at).iter().all(|b| b.is_ascii_alphabetic() || *b == b' ')
        && view.at(start) != b' ';
    (letters && !is_word(view.before(start))).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, f32)> {
        let view = View::new(text);
        let digit = (0..view.len()).find(|i| view.at(*i).is_ascii_digit())?;
        let (start, end, score) = iban_at(&view, digit)?;
        let (start, end) = view.original(start, end);
        Some((text[start..end].to_owned(), score))
    }

    #[test]
    fn an_iban_is_known_in_any_dress() {
        for dressed in [
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "de89-3704-0044-0532-0130-00",
            "DE89.3704.0044.0532.0130.00",
            "DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00",
            "DE89 3704 0044\n> 0532 0130 00",
            "DE 89 3704 0044 0532 0130 00",
            "GB82 WEST 1234 5698 7654 32",
            "NO93 8601 1117 947",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert_eq!(found(&format!("an {dressed}, bitte")), Some((dressed.to_owned(), 1.0)), "{dressed}");
        }
    }

    #[test]
    fn wrong_check_digits_count_less_and_foreign_ones_not_at_all() {
        assert_eq!(found("DE88 3704 0044 0532 0130 00").map(|f| f.1), Some(0.6));
        assert_eq!(found("GB83 WEST 1234 5698 7654 32"), None);
    }

    #[test]
    fn other_words_with_digits_are_no_ibans() {
        assert_eq!(found("SE20 is a postcode district and so on and on"), None);
        assert_eq!(found("ORDE89370400440532013000"), None);
        assert_eq!(found("DE893704004405320130001"), None);
    }
}
