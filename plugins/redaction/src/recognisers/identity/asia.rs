//! Identity numbers of Asia, Africa and Oceania.

use super::{RULE, Rule};
use crate::checks::{digit, is_day, luhn, value, verhoeff, weighted};
use crate::labels::{Label, Labels};

const HEALTH: Labels = Labels::of(&[Label::Health]);
const PASSPORT: Labels = Labels::of(&[Label::Passport]);
const COMPANY: Labels = Labels::of(&[Label::NationalId, Label::Company, Label::Vat, Label::Tax]);
const TAX: Labels = Labels::of(&[Label::Tax]);

pub(super) const RULES: &[Rule] = &[
    // Singapore
    Rule { name: "sg.nric", shape: "A9999999A", check: nric, plain: 0.85, called: 1.0, ..RULE },
    Rule {
        name: "sg.nric.shape",
        shape: "A9999999A",
        check: |s| s.first().is_some_and(|c| b"STFGM".contains(c)),
        plain: 0.45,
        called: 0.8,
        ..RULE
    },
    // India
    Rule {
        name: "in.pan",
        shape: "AAAAA9999A",
        check: |s| s.get(3).is_some_and(|c| b"ABCFGHLJPTK".contains(c)),
        plain: 0.8,
        called: 1.0,
        labels: Labels::of(&[Label::NationalId, Label::Card, Label::Tax]),
        ..RULE
    },
    Rule {
        name: "in.aadhaar",
        shape: "999999999999",
        check: |s| digit(s, 0) > 1 && verhoeff(s),
        layout: &[4, 4, 4],
        laid_out: 0.85,
        plain: 0.55,
        called: 1.0,
        ..RULE
    },
    Rule {
        name: "in.voter",
        shape: "AAA9999999",
        labels: Labels::of(&[Label::NationalId, Label::IdCard]),
        ..RULE
    },
    Rule { class: "PASSPORT", name: "in.passport", shape: "A9999999", labels: PASSPORT, ..RULE },
    Rule {
        class: "VAT_ID",
        name: "in.gstin",
        shape: "99AAAAA9999AXzX",
        plain: 0.95,
        labels: Labels::of(&[Label::Vat]),
        called: 1.0,
        ..RULE
    },
    // Korea, China, Japan, Thailand
    Rule {
        name: "kr.rrn",
        shape: "9999999999999",
        check: rrn,
        layout: &[6, 7],
        laid_out: 0.9,
        plain: 0.4,
        called: 0.98,
        ..RULE
    },
    Rule {
        name: "cn.resident",
        shape: "99999999999999999X",
        check: resident,
        plain: 0.97,
        called: 1.0,
        ..RULE
    },
    Rule {
        name: "th.tnin",
        shape: "9999999999999",
        check: thai,
        layout: &[1, 4, 5, 2, 1],
        laid_out: 0.97,
        plain: 0.5,
        called: 1.0,
        ..RULE
    },
    Rule { name: "hk.hkid", shape: "A9999999", layout: &[1, 6, 1], laid_out: 0.6, ..RULE },
    // Israel, South Africa, Nigeria
    Rule {
        name: "za.id",
        shape: "9999999999999",
        check: |s| is_day(digit(s, 4) * 10 + digit(s, 5), digit(s, 2) * 10 + digit(s, 3)) && luhn(s),
        plain: 0.6,
        called: 1.0,
        ..RULE
    },
    Rule {
        name: "il.id",
        shape: "999999999",
        check: luhn,
        labels: Labels::of(&[Label::NationalId]),
        called: 0.9,
        ..RULE
    },
    // Australia
    Rule {
        name: "au.abn",
        shape: "99999999999",
        check: abn,
        layout: &[2, 3, 3, 3],
        laid_out: 0.84,
        plain: 0.6,
        labels: COMPANY,
        called: 0.97,
        ..RULE
    },
    Rule {
        name: "au.acn",
        shape: "999999999",
        check: acn,
        layout: &[3, 3, 3],
        laid_out: 0.63,
        labels: COMPANY,
        called: 0.97,
        ..RULE
    },
    Rule {
        name: "au.tfn",
        shape: "999999999",
        check: tfn,
        layout: &[3, 3, 3],
        laid_out: 0.61,
        labels: TAX,
        called: 0.98,
        ..RULE
    },
    Rule {
        class: "HEALTH_ID",
        name: "au.medicare",
        shape: "9999999999",
        check: medicare,
        layout: &[4, 5, 1],
        laid_out: 0.95,
        plain: 0.45,
        labels: HEALTH,
        called: 0.98,
    },
    Rule {
        class: "HEALTH_ID",
        name: "au.medicare",
        shape: "99999999999",
        check: medicare,
        layout: &[4, 5, 1, 1],
        laid_out: 0.9,
        labels: HEALTH,
        called: 0.98,
        ..RULE
    },
];

/// Singapore: weights 2 7 6 5 4 3 2; T, G and M shift the sum, each series has its letters.
fn nric(s: &[u8]) -> bool {
    let sum = weighted(s.get(1..8).unwrap_or_default(), &[2, 7, 6, 5, 4, 3, 2]);
    let (shift, letters) = match s.first() {
        Some(b'S') => (0, b"JZIHGFEDCBA"),
        Some(b'T') => (4, b"JZIHGFEDCBA"),
        Some(b'F') => (0, b"XWUTRQPNMLK"),
        Some(b'G') => (4, b"XWUTRQPNMLK"),
        Some(b'M') => (3, b"KLJNPQRTUWX"),
        _ => return false,
    };
    let rest = ((sum + shift) % 11) as usize;
    let place = if s.first() == Some(&b'M') { 10 - rest } else { rest };
    letters.get(place) == s.get(8)
}

fn rrn(s: &[u8]) -> bool {
    is_day(digit(s, 4) * 10 + digit(s, 5), digit(s, 2) * 10 + digit(s, 3)) && (1..=8).contains(&digit(s, 6))
}

/// GB 11643: ISO 7064 MOD 11-2 with X for ten.
fn resident(s: &[u8]) -> bool {
    let sum = weighted(s, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    let born = is_day(digit(s, 12) * 10 + digit(s, 13), digit(s, 10) * 10 + digit(s, 11));
    born && b"10X98765432".get((sum % 11) as usize) == s.get(17)
}

fn thai(s: &[u8]) -> bool {
    let sum = weighted(s, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    digit(s, 0) > 0 && (11 - sum % 11) % 10 == digit(s, 12)
}

/// ABN: one less in front, weights, mod 89.
fn abn(s: &[u8]) -> bool {
    let sum = weighted(s, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    digit(s, 0) > 0 && (sum - 10).is_multiple_of(89)
}

fn acn(s: &[u8]) -> bool {
    let sum = weighted(s, &[8, 7, 6, 5, 4, 3, 2, 1]);
    (10 - sum % 10) % 10 == digit(s, 8)
}

fn tfn(s: &[u8]) -> bool {
    weighted(s, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

fn medicare(s: &[u8]) -> bool {
    let sum = weighted(s, &[1, 3, 7, 9, 1, 3, 7, 9]);
    (2..=6).contains(&digit(s, 0)) && sum % 10 == digit(s, 8) && s.iter().all(|c| value(*c) < 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_specimens_pass_and_wrong_ones_do_not() {
        assert!(nric(b"S2740116C") && nric(b"S1234567D") && !nric(b"S1234567A"));
        assert!(resident(b"11010519491231002X") && !resident(b"110105194912310021"));
        assert!(abn(b"51824753556") && !abn(b"51824753557"));
        assert!(acn(b"000000019") && acn(b"004085616") && !acn(b"004085617"));
        assert!(tfn(b"876543210") && !tfn(b"876543211"));
        assert!(medicare(b"2123456701") && !medicare(b"2123456711"));
    }
}
