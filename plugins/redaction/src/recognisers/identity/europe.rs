//! European identity numbers other than the German ones.

use super::{IDENTITY, RULE, Rule};
use crate::checks::{digit, is_day, luhn, mod_97, number, value, weighted};
use crate::labels::{Label, Labels};

const HEALTH: Labels = Labels::of(&[Label::Health]);
const PASSPORT: Labels = Labels::of(&[Label::Passport]);
const CARD: Labels = Labels::of(&[Label::IdCard, Label::NationalId]);
const LICENSE: Labels = Labels::of(&[Label::License]);

pub(super) const RULES: &[Rule] = &[
    // United Kingdom
    Rule {
        name: "uk.nino",
        shape: "AA999999A",
        check: nino,
        layout: &[2, 2, 2, 2, 1],
        laid_out: 0.95,
        plain: 0.85,
        ..RULE
    },
    Rule { name: "uk.nino", shape: "AA999999A", check: nino, layout: &[2, 6, 1], laid_out: 0.85, ..RULE },
    Rule {
        class: "HEALTH_ID",
        name: "uk.nhs",
        shape: "9999999999",
        check: nhs,
        layout: &[3, 3, 4],
        laid_out: 0.78,
        plain: 0.3,
        labels: HEALTH,
        called: 1.0,
    },
    Rule {
        class: "DRIVER_LICENSE",
        name: "uk.driver_license",
        shape: "XXXXX999999XXXXX",
        check: uk_license,
        plain: 0.85,
        labels: LICENSE,
        called: 1.0,
        ..RULE
    },
    // Ireland
    Rule { name: "ie.pps", shape: "9999999A", check: |s| pps(s), plain: 0.7, ..RULE },
    Rule { name: "ie.pps", shape: "9999999AA", check: |s| pps(s), plain: 0.7, ..RULE },
    // Spain
    Rule {
        name: "es.nif",
        shape: "99999999A",
        check: nif,
        layout: &[8, 1],
        laid_out: 0.75,
        plain: 0.75,
        ..RULE
    },
    Rule { name: "es.nif", shape: "99999999A", check: nif, layout: &[2, 3, 3, 1], laid_out: 0.9, ..RULE },
    Rule { name: "es.nif.short", shape: "9999999A", check: nif, plain: 0.5, ..RULE },
    Rule {
        name: "es.nie",
        shape: "A9999999A",
        check: nie,
        layout: &[1, 7, 1],
        laid_out: 0.9,
        plain: 0.85,
        ..RULE
    },
    // Italy
    Rule {
        name: "it.codice_fiscale",
        shape: "AAAAAAXXAXXAXXXA",
        check: codice_fiscale,
        layout: &[3, 3, 5, 5],
        laid_out: 0.97,
        plain: 0.97,
        called: 1.0,
        ..RULE
    },
    Rule { class: "ID_CARD", name: "it.id_card", shape: "AA99999AA", plain: 0.5, labels: CARD, ..RULE },
    Rule {
        class: "DRIVER_LICENSE",
        name: "it.driver_license",
        shape: "AA9999999A",
        plain: 0.5,
        labels: LICENSE,
        ..RULE
    },
    Rule {
        class: "DRIVER_LICENSE",
        name: "it.driver_license",
        shape: "u1XXXXXXXA",
        plain: 0.5,
        labels: LICENSE,
        ..RULE
    },
    Rule { class: "PASSPORT", name: "it.passport", shape: "AA9999999", labels: PASSPORT, ..RULE },
    // Poland
    Rule { name: "pl.pesel", shape: "99999999999", check: pesel, plain: 0.6, called: 1.0, ..RULE },
    Rule {
        class: "ID_CARD",
        name: "pl.id_card",
        shape: "AAA999999",
        check: pl_card,
        plain: 0.5,
        labels: CARD,
        ..RULE
    },
    // France
    Rule {
        name: "fr.nir",
        shape: "9999999999999XX",
        check: nir,
        layout: &[1, 2, 2, 2, 3, 3, 2],
        laid_out: 0.97,
        plain: 0.8,
        called: 1.0,
        labels: Labels::of(&[Label::NationalId, Label::Ssn, Label::SocialDe, Label::Health]),
        ..RULE
    },
    // Nordic countries
    Rule { name: "fi.hetu", shape: "999999999A", check: hetu, layout: &[6, 4], laid_out: 0.9, ..RULE },
    Rule { name: "fi.hetu", shape: "999999A999X", check: hetu_lettered, plain: 0.9, ..RULE },
    Rule { name: "fi.hetu", shape: "999999999X", check: hetu, layout: &[6, 4], laid_out: 0.85, ..RULE },
    Rule {
        name: "se.personnummer",
        shape: "9999999999",
        check: |s| born(s, 0) && luhn(s),
        layout: &[6, 4],
        laid_out: 0.85,
        ..RULE
    },
    Rule {
        name: "se.personnummer",
        shape: "999999999999",
        check: |s| born(s, 2) && s.get(2..).is_some_and(luhn),
        layout: &[8, 4],
        laid_out: 0.95,
        plain: 0.7,
        ..RULE
    },
    Rule {
        name: "dk.cpr",
        shape: "9999999999",
        check: |s| born_day_first(s),
        layout: &[6, 4],
        laid_out: 0.6,
        ..RULE
    },
    Rule {
        name: "no.fodselsnummer",
        shape: "99999999999",
        check: fodselsnummer,
        layout: &[6, 5],
        laid_out: 0.9,
        plain: 0.75,
        ..RULE
    },
    // Alpine countries
    Rule {
        name: "ch.ahv",
        shape: "7569999999999",
        check: ean,
        layout: &[3, 4, 4, 2],
        laid_out: 1.0,
        plain: 0.9,
        called: 1.0,
        ..RULE
    },
    Rule {
        name: "at.svnr",
        shape: "9999999999",
        check: svnr,
        layout: &[4, 6],
        laid_out: 0.8,
        labels: Labels::of(&[Label::SocialDe, Label::NationalId, Label::Health, Label::Ssn]),
        called: 0.97,
        ..RULE
    },
    // Low countries
    Rule {
        name: "nl.bsn",
        shape: "999999999",
        check: bsn,
        labels: Labels::of(&[Label::NationalId, Label::Tax]),
        called: 0.97,
        ..RULE
    },
    Rule {
        name: "be.national",
        shape: "99999999999",
        check: belgian,
        layout: &[2, 2, 2, 3, 2],
        laid_out: 0.97,
        plain: 0.7,
        called: 1.0,
        ..RULE
    },
    // The south and the east
    Rule {
        name: "pt.nif",
        shape: "999999999",
        check: portuguese,
        labels: Labels::of(&[Label::NationalId, Label::Tax]),
        ..RULE
    },
    Rule { name: "ro.cnp", shape: "9999999999999", check: cnp, plain: 0.7, called: 1.0, ..RULE },
    Rule { name: "bg.egn", shape: "9999999999", check: egn, ..RULE },
    Rule {
        name: "cz.rodne_cislo",
        shape: "9999999999",
        check: rodne_cislo,
        layout: &[6, 4],
        laid_out: 0.8,
        ..RULE
    },
    Rule { name: "tr.tckn", shape: "99999999999", check: tckn, plain: 0.65, called: 1.0, ..RULE },
    Rule {
        name: "hr.oib",
        shape: "99999999999",
        check: crate::checks::mod_11_10,
        labels: Labels::of(&[Label::NationalId]),
        ..RULE
    },
    Rule { name: "ee.isikukood", shape: "99999999999", check: isikukood, plain: 0.5, called: 0.97, ..RULE },
    Rule {
        name: "any.eleven_digits",
        shape: "99999999999",
        labels: Labels::of(&[Label::NationalId]),
        called: 0.7,
        ..RULE
    },
    Rule { name: "any.lettered", shape: "AA999999A", labels: IDENTITY, called: 0.7, ..RULE },
];

/// HMRC: letters that are never used, prefixes that are never given.
fn nino(s: &[u8]) -> bool {
    let [first, second, .., last] = s else { return false };
    !b"DFIQUV".contains(first)
        && !b"DFIQUVO".contains(second)
        && ![*b"BG", *b"GB", *b"KN", *b"NK", *b"NT", *b"TN", *b"ZZ"].contains(&[*first, *second])
        && (b'A'..=b'D').contains(last)
}

/// NHS: weights 10 to 2, mod 11.
fn nhs(s: &[u8]) -> bool {
    let check = (11 - weighted(s, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    check == digit(s, 9) && s.iter().any(|d| Some(d) != s.first())
}

/// DVLA: five letters of the name, decade, month (women plus 50), day, year, initials.
fn uk_license(s: &[u8]) -> bool {
    let month = digit(s, 6) * 10 + digit(s, 7);
    let month = if month > 50 { month - 50 } else { month };
    let name = s.get(..5).unwrap_or_default();
    let letters = name.iter().take_while(|c| c.is_ascii_uppercase()).count();
    letters > 0
        && name.iter().skip(letters).all(|c| *c == b'9')
        && is_day(digit(s, 8) * 10 + digit(s, 9), month)
        && s.get(11).is_some_and(u8::is_ascii_uppercase)
}

/// Ireland: weights 8 to 2, a second letter counts nine, mod 23.
fn pps(s: &[u8]) -> bool {
    let second = s.get(8).map_or(0, |l| (value(*l) - 9) * 9);
    let sum = weighted(s, &[8, 7, 6, 5, 4, 3, 2]) + if s.get(8) == Some(&b'W') { 0 } else { second };
    let check = sum % 23;
    s.get(7).is_some_and(|l| if check == 0 { *l == b'W' } else { value(*l) - 9 == check })
}

const NIF_LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn nif(s: &[u8]) -> bool {
    let Some((letter, digits)) = s.split_last() else { return false };
    usize::try_from(number(digits) % 23).is_ok_and(|i| NIF_LETTERS.get(i) == Some(letter))
}

fn nie(s: &[u8]) -> bool {
    let (Some(first @ b'X'..=b'Z'), Some(rest)) = (s.first().copied(), s.get(1..)) else { return false };
    let mut full = vec![first - b'X' + b'0'];
    full.extend_from_slice(rest);
    nif(&full)
}

/// Agenzia delle Entrate: odd places by table, even places as they are, mod 26.
fn codice_fiscale(s: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let Some((check, body)) = s.split_last() else { return false };
    let order = |c: u8| if c.is_ascii_digit() { u32::from(c - b'0') } else { value(c) - 10 };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(place, c)| match place % 2 {
            0 => ODD.get(order(*c) as usize).copied().unwrap_or(0),
            _ => order(*c),
        })
        .sum();
    sum % 26 == order(*check) && body.get(8).is_some_and(|m| b"ABCDEHLMPRST".contains(m))
}

/// Year, month and day at a place; Poland adds 20 to 80 to the month for other centuries, some add 20 or 40.
fn born(s: &[u8], from: usize) -> bool {
    let day = digit(s, from + 4) * 10 + digit(s, from + 5);
    let month = (digit(s, from + 2) * 10 + digit(s, from + 3)) % 20;
    is_day(if day > 60 { day - 60 } else { day }, month)
}

fn born_day_first(s: &[u8]) -> bool {
    is_day(digit(s, 0) * 10 + digit(s, 1), digit(s, 2) * 10 + digit(s, 3))
}

fn pesel(s: &[u8]) -> bool {
    let sum = weighted(s, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    born(s, 0) && (10 - sum % 10) % 10 == digit(s, 10)
}

fn pl_card(s: &[u8]) -> bool {
    weighted(s, &[7, 3, 1, 9, 7, 3, 1, 7, 3]).is_multiple_of(10)
}

/// INSEE: sex, year, month, department (2A and 2B count as 19 and 18), key 97 minus the rest.
fn nir(s: &[u8]) -> bool {
    let month = digit(s, 3) * 10 + digit(s, 4);
    let key = digit(s, 13) * 10 + digit(s, 14);
    matches!(digit(s, 0), 1..=4 | 7 | 8)
        && (matches!(month, 1..=12) || month >= 20)
        && 97 - mod_97(s.iter().take(13).copied()) == key
}

const HETU_MARKS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

fn hetu(s: &[u8]) -> bool {
    let remainder = number(s.get(..9).unwrap_or_default()) % 31;
    let mark = usize::try_from(remainder).ok().and_then(|i| HETU_MARKS.get(i));
    born_day_first(s) && s.get(9) == mark
}

fn hetu_lettered(s: &[u8]) -> bool {
    let mut flat = s.to_vec();
    s.get(6).is_some_and(|c| b"ABCDEFYXWVU".contains(c)) && {
        flat.remove(6);
        hetu(&flat)
    }
}

fn fodselsnummer(s: &[u8]) -> bool {
    let first = (11 - weighted(s, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
    let second = (11 - weighted(s, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    let day = digit(s, 0) * 10 + digit(s, 1);
    let month = digit(s, 2) * 10 + digit(s, 3);
    is_day(if day > 40 { day - 40 } else { day }, month) && first == digit(s, 9) && second == digit(s, 10)
}

fn ean(s: &[u8]) -> bool {
    let sum = weighted(s, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
    (10 - sum % 10) % 10 == digit(s, 12)
}

/// Austria: serial number, check digit, date of birth.
fn svnr(s: &[u8]) -> bool {
    let sum = weighted(s, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
    sum % 11 == digit(s, 3) && s.first() != Some(&b'0') && s.get(4..).is_some_and(born_day_first)
}

fn bsn(s: &[u8]) -> bool {
    let sum = weighted(s, &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum % 11 == digit(s, 8) && number(s) > 0
}

/// Belgium: 97 minus the rest of the first nine digits, with a 2 before them for those born since 2000.
fn belgian(s: &[u8]) -> bool {
    let key = u64::from(digit(s, 9) * 10 + digit(s, 10));
    let body = number(s.get(..9).unwrap_or_default());
    let month = digit(s, 2) * 10 + digit(s, 3);
    month % 20 <= 12 && (97 - body % 97 == key || 97 - (body + 2_000_000_000) % 97 == key)
}

fn portuguese(s: &[u8]) -> bool {
    let rest = 11 - weighted(s, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(s, 8) == if rest > 9 { 0 } else { rest }
}

fn cnp(s: &[u8]) -> bool {
    let rest = weighted(s, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let check = if rest == 10 { 1 } else { rest };
    (1..=8).contains(&digit(s, 0)) && born(s, 1) && check == digit(s, 12)
}

fn egn(s: &[u8]) -> bool {
    weighted(s, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == digit(s, 9) && born(s, 0)
}

fn rodne_cislo(s: &[u8]) -> bool {
    let month = digit(s, 2) * 10 + digit(s, 3);
    number(s).is_multiple_of(11)
        && is_day(digit(s, 4) * 10 + digit(s, 5), if month > 50 { month - 50 } else { month })
}

fn tckn(s: &[u8]) -> bool {
    let odd = weighted(s, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(s, &[0, 1, 0, 1, 0, 1, 0, 1]);
    let all: u32 = (0..10).map(|i| digit(s, i)).sum();
    digit(s, 0) > 0 && (odd * 7 + 100 - even) % 10 == digit(s, 9) && all % 10 == digit(s, 10)
}

fn isikukood(s: &[u8]) -> bool {
    let first = weighted(s, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let check = if first < 10 { first } else { weighted(s, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10 };
    (1..=8).contains(&digit(s, 0)) && born(s, 1) && check == digit(s, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_specimens_pass_and_a_wrong_sign_shows() {
        assert!(nino(b"AB123456C") && !nino(b"GB123456C") && !nino(b"AB123456E"));
        assert!(nhs(b"9434765919") && !nhs(b"9434765918"));
        assert!(nif(b"12345678Z") && !nif(b"12345678A"));
        assert!(nie(b"X1234567L") && !nie(b"X1234567A"));
        assert!(codice_fiscale(b"RSSMRA85T10A562S") && !codice_fiscale(b"RSSMRA85T10A562T"));
        assert!(pesel(b"44051401359") && !pesel(b"44051401358"));
        assert!(ean(b"7569217076985") && !ean(b"7569217076984"));
        assert!(svnr(b"1237010180") && !svnr(b"1238010180"));
        assert!(hetu(b"131052308T") && !hetu(b"131052308A"));
        assert!(tckn(b"10000000146") && !tckn(b"10000000145"));
        assert!(bsn(b"111222333") && !bsn(b"111222334"));
        assert!(uk_license(b"MORGA753116SM9IJ"));
        assert!(pps(b"1234567T"));
        assert!(pl_card(b"ABA300000"));
        assert!(isikukood(b"37605030299"));
        assert!(belgian(b"85073003328"));
    }
}
