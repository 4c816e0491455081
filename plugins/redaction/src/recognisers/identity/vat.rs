//! VAT identification numbers of the European Union, Switzerland, Norway and the United Kingdom.

use super::Rule;
use crate::checks::{digit, luhn, mod_11_10, number, weighted};
use crate::labels::{Label, Labels};

const VAT: Labels = Labels::of(&[Label::Vat, Label::Tax, Label::TaxNumber]);

/// Without the letters of the country only its own name will do.
const BARE: Labels = Labels::of(&[Label::Vat]);

/// A number of one country; the shape begins with its letters.
const fn country(name: &'static str, shape: &'static str, check: fn(&[u8]) -> bool, plain: f32) -> Rule {
    Rule { class: "VAT_ID", name, shape, check, layout: &[], laid_out: 0.0, plain, labels: VAT, called: 1.0 }
}

const fn spaced(rule: Rule, layout: &'static [u8]) -> Rule {
    Rule { layout, laid_out: rule.plain, ..rule }
}

pub(super) const RULES: &[Rule] = &[
    spaced(country("vat.at", "atu99999999", austria, 0.95), &[4, 8]),
    country("vat.be", "be9999999999", belgium, 0.9),
    country("vat.bg", "bg999999999", any, 0.6),
    country("vat.bg", "bg9999999999", any, 0.6),
    country("vat.cy", "cy99999999A", any, 0.85),
    country("vat.cz", "cz99999999", czechia, 0.8),
    country("vat.cz", "cz9999999999", any, 0.6),
    spaced(country("vat.de", "de999999999", |s| rest(s).is_some_and(mod_11_10), 0.95), &[2, 9]),
    spaced(country("vat.de", "de999999999", |s| rest(s).is_some_and(mod_11_10), 0.95), &[2, 3, 3, 3]),
    Rule { called: 0.9, ..country("vat.de.typo", "de999999999", any, 0.55) },
    country("vat.dk", "dk99999999", denmark, 0.85),
    country("vat.ee", "ee999999999", estonia, 0.9),
    country("vat.el", "el999999999", greece, 0.9),
    country("vat.es", "esX9999999X", any, 0.9),
    country("vat.fi", "fi99999999", finland, 0.85),
    country("vat.fr", "frXX999999999", france, 0.9),
    country("vat.hr", "hr99999999999", |s| rest(s).is_some_and(mod_11_10), 0.9),
    country("vat.hu", "hu99999999", hungary, 0.85),
    country("vat.ie", "ie9X99999A", any, 0.85),
    country("vat.ie", "ie9999999AA", any, 0.85),
    country("vat.it", "it99999999999", |s| rest(s).is_some_and(luhn), 0.95),
    Rule { called: 0.9, labels: BARE, ..country("vat.it.bare", "99999999999", luhn, 0.0) },
    country("vat.lt", "lt999999999", any, 0.6),
    country("vat.lt", "lt999999999999", any, 0.6),
    country("vat.lu", "lu99999999", luxembourg, 0.9),
    country("vat.lv", "lv99999999999", any, 0.6),
    country("vat.mt", "mt99999999", malta, 0.85),
    country("vat.nl", "nl999999999b99", any, 0.97),
    country("vat.pl", "pl9999999999", |s| rest(s).is_some_and(nip), 0.95),
    Rule {
        layout: &[3, 3, 2, 2],
        laid_out: 0.8,
        called: 0.97,
        labels: BARE,
        ..country("vat.pl.bare", "9999999999", nip, 0.0)
    },
    country("vat.pt", "pt999999999", portugal, 0.9),
    country("vat.ro", "ro99999999", any, 0.55),
    country("vat.ro", "ro9999999999", any, 0.55),
    country("vat.se", "se999999999901", |s| s.get(2..12).is_some_and(luhn), 0.95),
    country("vat.si", "si99999999", slovenia, 0.9),
    country("vat.sk", "sk9999999999", |s| rest(s).is_some_and(|d| number(d).is_multiple_of(11)), 0.9),
    spaced(country("vat.gb", "gb999999999", britain, 0.9), &[2, 3, 4, 2]),
    country("vat.gb", "gb999999999999", britain, 0.85),
    spaced(country("vat.gb", "gb999999999", britain, 0.9), &[2, 9]),
    spaced(country("vat.ch", "che999999999", switzerland, 0.95), &[3, 3, 3, 3]),
    country("vat.no", "no999999999", any, 0.55),
];

fn any(_: &[u8]) -> bool {
    true
}

/// What stands behind the two letters of the country.
fn rest(s: &[u8]) -> Option<&[u8]> {
    s.get(2..)
}

fn digits(s: &[u8]) -> &[u8] {
    rest(s).unwrap_or_default()
}

fn austria(s: &[u8]) -> bool {
    let d = s.get(3..).unwrap_or_default();
    let sum = crate::checks::weighted_crosswise(d, &[1, 2, 1, 2, 1, 2, 1]);
    (10 - (sum + 4) % 10) % 10 == digit(d, 7)
}

fn belgium(s: &[u8]) -> bool {
    let d = digits(s);
    97 - number(d.get(..8).unwrap_or_default()) % 97 == number(d.get(8..).unwrap_or_default())
}

fn czechia(s: &[u8]) -> bool {
    let d = digits(s);
    let rest = 11 - weighted(d, &[8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(d, 7)
        == match rest {
            10 => 0,
            11 => 1,
            r => r,
        }
}

fn denmark(s: &[u8]) -> bool {
    weighted(digits(s), &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

fn estonia(s: &[u8]) -> bool {
    weighted(digits(s), &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

fn greece(s: &[u8]) -> bool {
    weighted(digits(s), &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digit(digits(s), 8)
}

fn finland(s: &[u8]) -> bool {
    let rest = weighted(digits(s), &[7, 9, 10, 5, 8, 4, 2]) % 11;
    digit(digits(s), 7) == if rest == 0 { 0 } else { 11 - rest }
}

/// The key is 12 plus three times the SIREN, mod 97; keys with letters are not checked.
fn france(s: &[u8]) -> bool {
    let d = digits(s);
    let (key, siren) = (d.get(..2).unwrap_or_default(), d.get(2..).unwrap_or_default());
    !key.iter().all(u8::is_ascii_digit) || (12 + 3 * (number(siren) % 97)) % 97 == number(key)
}

fn hungary(s: &[u8]) -> bool {
    weighted(digits(s), &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)
}

fn luxembourg(s: &[u8]) -> bool {
    let d = digits(s);
    number(d.get(..6).unwrap_or_default()) % 89 == number(d.get(6..).unwrap_or_default())
}

fn malta(s: &[u8]) -> bool {
    let d = digits(s);
    37 - u64::from(weighted(d, &[3, 4, 6, 7, 8, 9]) % 37) == number(d.get(6..).unwrap_or_default())
}

/// Poland: weights 6 5 7 2 3 4 5 6 7, mod 11.
fn nip(s: &[u8]) -> bool {
    weighted(s, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digit(s, 9) && digit(s, 0) > 0
}

fn portugal(s: &[u8]) -> bool {
    let rest = 11 - weighted(digits(s), &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(digits(s), 8) == if rest > 9 { 0 } else { rest }
}

fn slovenia(s: &[u8]) -> bool {
    let rest = 11 - weighted(digits(s), &[8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(digits(s), 7) == if rest > 9 { 0 } else { rest }
}

/// Weights 8 to 2 and the last two digits: divisible by 97, or 55 more for numbers since 2010.
fn britain(s: &[u8]) -> bool {
    let d = digits(s);
    let sum = weighted(d, &[8, 7, 6, 5, 4, 3, 2, 10, 1]);
    sum.is_multiple_of(97) || (sum + 55).is_multiple_of(97)
}

fn switzerland(s: &[u8]) -> bool {
    let d = s.get(3..).unwrap_or_default();
    (11 - weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11 == digit(d, 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_specimens_pass_and_wrong_ones_do_not() {
        assert!(austria(b"ATU13585627") && !austria(b"ATU13585626"));
        assert!(belgium(b"BE0776091951") && !belgium(b"BE0776091952"));
        assert!(rest(b"DE136695976").is_some_and(mod_11_10));
        assert!(denmark(b"DK13585628") && finland(b"FI20774740") && france(b"FR40303265045"));
        assert!(nip(b"8567346215") && luxembourg(b"LU15027442") && portugal(b"PT501964843"));
        assert!(hungary(b"HU12892312") && greece(b"EL094259216") && slovenia(b"SI50223054"));
        assert!(britain(b"GB980780684") && !britain(b"GB802311781"));
        assert!(switzerland(b"CHE107787577"));
        assert!(rest(b"IT00743110157").is_some_and(luhn));
    }
}
