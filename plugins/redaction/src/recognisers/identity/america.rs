//! Identity, health and bank numbers of the Americas.

use super::{RULE, Rule};
use crate::checks::{digit, is_day, luhn, number, weighted};
use crate::labels::{Label, Labels};

const SSN: Labels = Labels::of(&[Label::Ssn, Label::Tax]);
const ITIN: Labels = Labels::of(&[Label::Itin, Label::Tax, Label::Ssn]);
const HEALTH: Labels = Labels::of(&[Label::Health]);
const LICENSE: Labels = Labels::of(&[Label::License]);
const PASSPORT: Labels = Labels::of(&[Label::Passport]);
const ROUTING: Labels = Labels::of(&[Label::Routing]);

pub(super) const RULES: &[Rule] = &[
    Rule {
        class: "US_SSN",
        name: "us.ssn",
        shape: "999999999",
        check: ssn,
        layout: &[3, 2, 4],
        laid_out: 0.85,
        plain: 0.0,
        labels: SSN,
        called: 1.0,
    },
    // Numbers of advertisements and forms that were never given out are written by people all the same.
    Rule { class: "US_SSN", name: "us.ssn.typo", shape: "999999999", labels: SSN, called: 0.7, ..RULE },
    Rule {
        class: "US_ITIN",
        name: "us.itin",
        shape: "999999999",
        check: itin,
        layout: &[3, 2, 4],
        laid_out: 0.87,
        labels: ITIN,
        called: 1.0,
        ..RULE
    },
    Rule {
        class: "US_ITIN",
        name: "us.itin.typo",
        shape: "999999999",
        labels: Labels::of(&[Label::Itin]),
        called: 0.8,
        ..RULE
    },
    Rule {
        name: "us.ein",
        shape: "999999999",
        layout: &[2, 7],
        laid_out: 0.52,
        labels: Labels::of(&[Label::Tax]),
        called: 0.72,
        ..RULE
    },
    Rule {
        class: "BANK_ACCOUNT",
        name: "us.routing",
        shape: "999999999",
        check: routing,
        labels: ROUTING,
        called: 1.0,
        ..RULE
    },
    Rule {
        class: "BANK_ACCOUNT",
        name: "us.routing.typo",
        shape: "999999999",
        labels: ROUTING,
        called: 0.7,
        ..RULE
    },
    Rule {
        class: "HEALTH_ID",
        name: "us.mbi",
        shape: "9AX9AX9AA99",
        check: mbi,
        layout: &[4, 3, 4],
        laid_out: 0.95,
        plain: 0.8,
        labels: HEALTH,
        called: 1.0,
    },
    Rule {
        class: "PASSPORT",
        name: "us.passport",
        shape: "999999999",
        labels: PASSPORT,
        called: 0.9,
        ..RULE
    },
    Rule {
        class: "PASSPORT",
        name: "us.passport",
        shape: "A99999999",
        labels: PASSPORT,
        called: 0.9,
        ..RULE
    },
    Rule {
        class: "DRIVER_LICENSE",
        name: "us.driver_license",
        shape: "A9999999",
        labels: LICENSE,
        called: 0.9,
        ..RULE
    },
    Rule {
        class: "DRIVER_LICENSE",
        name: "us.driver_license.long",
        shape: "A999999999999",
        layout: &[4, 3, 2, 3, 1],
        laid_out: 0.8,
        labels: LICENSE,
        ..RULE
    },
    // Canada
    Rule {
        name: "ca.sin",
        shape: "999999999",
        check: |s| luhn(s) && digit(s, 0) != 8,
        layout: &[3, 3, 3],
        laid_out: 0.62,
        labels: Labels::of(&[Label::NationalId]),
        called: 1.0,
        ..RULE
    },
    Rule {
        class: "HEALTH_ID",
        name: "ca.ohip",
        shape: "9999999999AA",
        layout: &[4, 3, 3, 2],
        laid_out: 0.85,
        labels: HEALTH,
        ..RULE
    },
    // Brazil
    Rule {
        name: "br.cpf",
        shape: "99999999999",
        check: cpf,
        layout: &[3, 3, 3, 2],
        laid_out: 0.97,
        plain: 0.7,
        called: 1.0,
        ..RULE
    },
    Rule {
        name: "br.cnpj",
        shape: "99999999999999",
        check: cnpj,
        layout: &[2, 3, 3, 4, 2],
        laid_out: 0.9,
        plain: 0.6,
        called: 1.0,
        ..RULE
    },
    // Mexico
    Rule {
        name: "mx.curp",
        shape: "AAAA999999AAAAAAX9",
        check: |s| is_day(digit(s, 8) * 10 + digit(s, 9), digit(s, 6) * 10 + digit(s, 7)),
        plain: 0.97,
        called: 1.0,
        ..RULE
    },
    Rule {
        name: "mx.rfc",
        shape: "AAAA999999XXX",
        check: |s| is_day(digit(s, 8) * 10 + digit(s, 9), digit(s, 6) * 10 + digit(s, 7)),
        plain: 0.75,
        called: 1.0,
        ..RULE
    },
];

/// SSA: no area 000, 666, 900 and up; no group 00; no serial 0000.
fn ssn(s: &[u8]) -> bool {
    let (area, group, serial) = parts(s);
    area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
}

/// IRS: area 9xx, group 50–65, 70–88, 90–92, 94–99.
fn itin(s: &[u8]) -> bool {
    let (area, group, _) = parts(s);
    area >= 900 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

fn parts(s: &[u8]) -> (u64, u64, u64) {
    let part = |from, to| number(s.get(from..to).unwrap_or_default());
    (part(0, 3), part(3, 5), part(5, 9))
}

/// ABA: weights 3 7 1, a Federal Reserve district in front.
fn routing(s: &[u8]) -> bool {
    let district = digit(s, 0) * 10 + digit(s, 1);
    matches!(district, 1..=12 | 21..=32 | 61..=72 | 80)
        && weighted(s, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// CMS: no S, L, O, I, B, Z.
fn mbi(s: &[u8]) -> bool {
    s.first() != Some(&b'0') && s.iter().all(|c| !b"SLOIBZ".contains(c))
}

fn check_mod_11(s: &[u8], weights: &[u32]) -> u32 {
    match weighted(s, weights) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

fn cpf(s: &[u8]) -> bool {
    s.iter().any(|d| Some(d) != s.first())
        && check_mod_11(s, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(s, 9)
        && check_mod_11(s, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(s, 10)
}

fn cnpj(s: &[u8]) -> bool {
    s.iter().any(|d| Some(d) != s.first())
        && check_mod_11(s, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(s, 12)
        && check_mod_11(s, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(s, 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_specimens_pass_and_wrong_ones_do_not() {
        assert!(ssn(b"536904399") && !ssn(b"666121234") && !ssn(b"123001234") && !ssn(b"900121234"));
        assert!(itin(b"911701234") && !itin(b"911891234"));
        assert!(routing(b"021000021") && !routing(b"021000022"));
        assert!(mbi(b"1EG4TE5MK73"));
        assert!(cpf(b"52998224725") && !cpf(b"52998224724") && !cpf(b"11111111111"));
        assert!(cnpj(b"11222333000181") && !cnpj(b"11222333000182"));
    }
}
