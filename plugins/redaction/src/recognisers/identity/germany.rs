//! German numbers: tax, pension, health, identity card, passport, driving licence.

use super::{RULE, Rule};
use crate::checks::{digit, icao, is_day, mod_11_10, number, value, weighted_crosswise};
use crate::labels::{Label, Labels};

const TAX: Labels = Labels::of(&[Label::Tax]);
const TAX_NUMBER: Labels = Labels::of(&[Label::TaxNumber, Label::Tax]);
const SOCIAL: Labels = Labels::of(&[Label::SocialDe, Label::Ssn]);
const HEALTH: Labels = Labels::of(&[Label::Health]);
const CARD: Labels = Labels::of(&[Label::IdCard, Label::Passport]);
const LICENSE: Labels = Labels::of(&[Label::License]);

pub(super) const RULES: &[Rule] = &[
    Rule {
        class: "DE_TAX_ID",
        name: "de.tax_id",
        shape: "99999999999",
        check: tax_id,
        layout: &[2, 3, 3, 3],
        laid_out: 0.85,
        // Two in a thousand numbers of eleven digits pass pattern and check digit by chance.
        plain: 0.8,
        labels: TAX,
        called: 1.0,
    },
    Rule {
        class: "DE_TAX_ID",
        name: "de.tax_id.typo",
        shape: "99999999999",
        labels: TAX,
        called: 0.7,
        ..RULE
    },
    Rule {
        class: "DE_TAX_NUMBER",
        name: "de.tax_number",
        shape: "9999999999",
        layout: &[2, 3, 5],
        laid_out: 0.55,
        labels: TAX_NUMBER,
        called: 0.9,
        ..RULE
    },
    Rule {
        class: "DE_TAX_NUMBER",
        name: "de.tax_number",
        shape: "99999999999",
        layout: &[3, 3, 5],
        laid_out: 0.55,
        labels: Labels::of(&[Label::TaxNumber]),
        called: 0.9,
        ..RULE
    },
    Rule {
        class: "DE_TAX_NUMBER",
        name: "de.tax_number",
        shape: "9999999999999",
        layout: &[3, 4, 4, 2],
        labels: TAX_NUMBER,
        called: 0.9,
        ..RULE
    },
    Rule {
        class: "DE_SSN",
        name: "de.pension",
        shape: "99999999A999",
        check: pension,
        layout: &[2, 6, 1, 3],
        laid_out: 0.97,
        plain: 0.97,
        labels: SOCIAL,
        called: 1.0,
    },
    Rule {
        class: "DE_SSN",
        name: "de.pension.typo",
        shape: "99999999A999",
        check: |s| is_day(born_day(s), two(s, 4)),
        layout: &[2, 6, 1, 3],
        laid_out: 0.6,
        plain: 0.5,
        labels: SOCIAL,
        called: 0.9,
    },
    Rule {
        class: "HEALTH_ID",
        name: "de.health",
        shape: "A999999999",
        check: health,
        layout: &[1, 3, 3, 3],
        laid_out: 0.75,
        plain: 0.7,
        labels: HEALTH,
        called: 1.0,
    },
    Rule {
        class: "HEALTH_ID",
        name: "de.health",
        shape: "A999999999",
        check: health,
        layout: &[4, 3, 3],
        laid_out: 0.75,
        labels: HEALTH,
        called: 1.0,
        ..RULE
    },
    Rule {
        class: "HEALTH_ID",
        name: "de.health.typo",
        shape: "A999999999",
        labels: HEALTH,
        called: 0.8,
        ..RULE
    },
    Rule {
        class: "ID_CARD",
        name: "de.id_card",
        shape: "AXXXXXXXX9",
        check: |s| is_document(s, b"LMNPRTVWXYZ") && icao(s),
        plain: 0.75,
        labels: Labels::of(&[Label::IdCard]),
        called: 1.0,
        ..RULE
    },
    Rule {
        class: "ID_CARD",
        name: "de.id_card",
        shape: "AXXXXXXXX",
        check: |s| is_document(s, b"LMNPRTVWXYZ"),
        plain: 0.0,
        labels: CARD,
        called: 0.9,
        ..RULE
    },
    Rule {
        class: "ID_CARD",
        name: "de.id_card.old",
        shape: "9999999999d",
        labels: Labels::of(&[Label::IdCard]),
        called: 0.9,
        plain: 0.55,
        check: |s| s.get(..10).is_some_and(icao),
        ..RULE
    },
    Rule {
        class: "PASSPORT",
        name: "de.passport",
        shape: "AXXXXXXXX9",
        check: |s| is_document(s, b"CFGHJK") && icao(s),
        plain: 0.75,
        labels: Labels::of(&[Label::Passport]),
        called: 1.0,
        ..RULE
    },
    Rule {
        class: "PASSPORT",
        name: "de.passport",
        shape: "AXXXXXXXX",
        check: |s| is_document(s, b"CFGHJK"),
        labels: Labels::of(&[Label::Passport, Label::IdCard]),
        called: 0.92,
        ..RULE
    },
    Rule {
        class: "DRIVER_LICENSE",
        name: "de.driver_license",
        shape: "AXX9XXXXX9X",
        check: |s| s.iter().filter(|x| x.is_ascii_digit()).count() >= 4,
        labels: LICENSE,
        called: 0.95,
        ..RULE
    },
    Rule {
        class: "DRIVER_LICENSE",
        name: "de.driver_license",
        shape: "A99XXXXXX99",
        plain: 0.55,
        labels: LICENSE,
        called: 0.95,
        ..RULE
    },
];

fn two(symbols: &[u8], place: usize) -> u32 {
    digit(symbols, place) * 10 + digit(symbols, place + 1)
}

/// Day of birth within a pension number; 50 is added when a number had to be given twice.
fn born_day(symbols: &[u8]) -> u32 {
    let day = two(symbols, 2);
    if day > 50 { day - 50 } else { day }
}

/// § 139b AO: among the first ten digits one occurs twice or three times, the others at most once; then
/// ISO 7064 MOD 11,10.
fn tax_id(symbols: &[u8]) -> bool {
    let Some((_, body)) = symbols.split_last() else { return false };
    let mut counts = [0_u8; 10];
    for symbol in body {
        if let Some(count) = counts.get_mut(value(*symbol) as usize) {
            *count += 1;
        }
    }
    let mut repeated = counts.iter().filter(|c| **c > 1);
    let one_repeats = matches!((repeated.next(), repeated.next()), (Some(2 | 3), None));
    body.first() != Some(&b'0') && one_repeats && mod_11_10(symbols)
}

/// § 147 SGB VI: the letter as two digits, cross sums of the products, mod 10.
fn pension(symbols: &[u8]) -> bool {
    let Some((check, body)) = symbols.split_last() else { return false };
    let letter = body.get(8).map_or(0, |l| value(*l) - 9);
    let mut digits = Vec::with_capacity(12);
    digits.extend_from_slice(body.get(..8).unwrap_or_default());
    for figure in [letter / 10, letter % 10] {
        digits.push(u8::try_from(figure).map_or(b'0', |f| f + b'0'));
    }
    digits.extend_from_slice(body.get(9..).unwrap_or_default());
    let sum = weighted_crosswise(&digits, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]);
    is_day(born_day(symbols), two(symbols, 4)) && sum % 10 == value(*check)
}

/// § 290 SGB V: the letter as two digits, weights 1 and 2 in turn, cross sums, mod 10.
fn health(symbols: &[u8]) -> bool {
    let letter = symbols.first().map_or(0, |l| value(*l) - 9);
    let mut digits = vec![];
    for figure in [letter / 10, letter % 10] {
        digits.push(u8::try_from(figure).map_or(b'0', |f| f + b'0'));
    }
    digits.extend_from_slice(symbols.get(1..9).unwrap_or_default());
    let sum = weighted_crosswise(&digits, &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
    sum % 10 == digit(symbols, 9) && number(symbols.get(1..).unwrap_or_default()) > 0
}

/// Serial numbers of cards and passports: no vowels and nothing that looks like another symbol, first
/// letter of the office, at least one digit.
fn is_document(symbols: &[u8], first: &[u8]) -> bool {
    let serial = symbols.get(..9).unwrap_or_default();
    serial.first().is_some_and(|s| first.contains(s))
        && serial.iter().all(|s| s.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(s))
        && serial.iter().filter(|s| s.is_ascii_digit()).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_specimens_pass() {
        assert!(tax_id(b"86095742719") && tax_id(b"65929970489") && tax_id(b"47036892816"));
        assert!(pension(b"15070649C103"));
        assert!(health(b"A000500015"));
        assert!(is_document(b"L01X00T471", b"LMNPRTVWXYZ"));
    }

    #[test]
    fn a_wrong_digit_shows() {
        assert!(!tax_id(b"86095742718"));
        assert!(!pension(b"15070649C104"));
        assert!(!health(b"A000500016"));
    }
}
