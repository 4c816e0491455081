//! Identity numbers with right check digits.

use super::{Filled, found, grouped, luhn};
use crate::chance::Chance;

fn numbers(text: &str) -> Vec<u32> {
    text.bytes()
        .map(|b| if b.is_ascii_digit() { u32::from(b - b'0') } else { u32::from(b - b'A') + 10 })
        .collect()
}

fn weighted(text: &str, weights: &[u32]) -> u32 {
    numbers(text).iter().zip(weights.iter().cycle()).map(|(d, w)| d * w).sum()
}

fn crosswise(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| d * w).map(|p| p / 10 + p % 10).sum()
}

/// Tries until a condition holds.
fn until(chance: &mut Chance, make: impl Fn(&mut Chance) -> String, holds: impl Fn(&str) -> bool) -> String {
    loop {
        let text = make(chance);
        if holds(&text) {
            return text;
        }
    }
}

fn day(chance: &mut Chance) -> (usize, usize, usize) {
    (1 + chance.below(28), 1 + chance.below(12), 1940 + chance.below(66))
}

fn tax_id(chance: &mut Chance) -> String {
    let mut digits: Vec<usize> = (0..10).collect();
    chance.shuffle(&mut digits);
    digits[9] = digits[0];
    chance.shuffle(&mut digits);
    if digits[0] == 0 {
        let place = digits.iter().position(|d| *d != 0).unwrap_or(0);
        digits.swap(0, place);
    }
    let product = digits.iter().fold(10, |p, d| {
        let sum = (d + p) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    let body: String = digits.iter().map(usize::to_string).collect();
    format!("{body}{}", (11 - product) % 10)
}

fn pension(chance: &mut Chance) -> String {
    let (day, month, year) = day(chance);
    let letter = chance.of("ABCDEFGHIKLMNPRSTW", 1);
    let (head, serial) =
        (format!("{}{day:02}{month:02}{:02}", 10 + chance.below(79), year % 100), chance.digits(2));
    let mut digits = numbers(&head);
    let place = numbers(&letter)[0] - 9;
    digits.extend([place / 10, place % 10]);
    digits.extend(numbers(&serial));
    let check = crosswise(&digits, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]) % 10;
    match chance.percent(50) {
        true => format!("{} {} {letter} {serial}{check}", &head[..2], &head[2..]),
        false => format!("{head}{letter}{serial}{check}"),
    }
}

fn health(chance: &mut Chance) -> String {
    let (letter, body) = (chance.of("ABCDEFGHKLMPRSTW", 1), chance.digits(8));
    let place = numbers(&letter)[0] - 9;
    let mut digits = vec![place / 10, place % 10];
    digits.extend(numbers(&body));
    format!("{letter}{body}{}", crosswise(&digits, &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10)
}

pub(super) fn of(slot: &str, chance: &mut Chance) -> Filled {
    birth(slot, chance)
        .or_else(|| german(slot, chance))
        .or_else(|| road(slot, chance))
        .or_else(|| western(slot, chance))
        .or_else(|| southern(slot, chance))
        .or_else(|| eastern(slot, chance))
}

fn birth(slot: &str, chance: &mut Chance) -> Filled {
    let (day, month, year) = day(chance);
    match slot {
        "dob" => found(
            if chance.percent(70) {
                format!("{day:02}.{month:02}.{year}")
            } else {
                format!("{day}. {} {year}", chance.pick(&["Januar", "März", "Juni", "Dezember"]))
            },
            "DOB",
        ),
        "dob_en" => found(
            if chance.percent(50) {
                format!("{month:02}/{day:02}/{year}")
            } else {
                format!("{} {day}, {year}", chance.pick(&["January", "March", "June", "December"]))
            },
            "DOB",
        ),
        _ => None,
    }
}

fn german(slot: &str, chance: &mut Chance) -> Filled {
    let (day, month, year) = day(chance);
    match slot {
        "tax_id" => {
            let plain = tax_id(chance);
            found(
                if chance.percent(50) {
                    format!("{} {} {} {}", &plain[..2], &plain[2..5], &plain[5..8], &plain[8..])
                } else {
                    plain
                },
                "DE_TAX_ID",
            )
        }
        "tax_number" => {
            found(format!("{}/{}/{}", chance.digits(2), chance.digits(3), chance.digits(5)), "DE_TAX_NUMBER")
        }
        "pension" => found(pension(chance), "DE_SSN"),
        "health_de" => found(health(chance), "HEALTH_ID"),
        "vat" => {
            let body = chance.digits(8);
            let product = body.bytes().fold(10, |p, b| {
                let sum = (u32::from(b - b'0') + p) % 10;
                (if sum == 0 { 10 } else { sum }) * 2 % 11
            });
            found(format!("DE{body}{}", (11 - product) % 10), "VAT_ID")
        }
        "id_card" => {
            found(format!("L{}{}", chance.of("0123456789CFGHJKLMNPRTVWXYZ", 4), chance.digits(4)), "ID_CARD")
        }
        "passport_de" => {
            found(format!("C{}{}", chance.of("0123456789CFGHJKLMNPRTVWXYZ", 4), chance.digits(4)), "PASSPORT")
        }
        "ahv" => {
            let body = format!("756{}", chance.digits(9));
            let check = (10 - weighted(&body, &[1, 3]) % 10) % 10;
            found(format!("756.{}.{}.{}{check}", &body[3..7], &body[7..11], &body[11..]), "NATIONAL_ID")
        }
        "svnr" => {
            let born = format!("{day:02}{month:02}{:02}", year % 100);
            let serial = until(
                chance,
                |c| c.digits(3),
                |s| weighted(&format!("{s}0{born}"), &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 < 10,
            );
            let check = weighted(&format!("{serial}0{born}"), &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
            found(format!("{serial}{check} {born}"), "NATIONAL_ID")
        }
        _ => None,
    }
}

/// On the road and in the pocket.
fn road(slot: &str, chance: &mut Chance) -> Filled {
    match slot {
        "license_de" => found(
            format!(
                "{}0{}{}{}{}",
                chance.of("BCDFGHKLMN", 1),
                chance.digits(2),
                chance.of("CFGHJKLMNPRTVWXYZ", 2),
                chance.of("0123456789CFGH", 3),
                chance.digits(2)
            ),
            "DRIVER_LICENSE",
        ),
        "plate_de" => found(
            format!(
                "{}-{} {}",
                chance.pick(&["B", "M", "HH", "KA", "LÖ", "WÜ", "DD"]),
                chance.of("ABCDEFGHJKLMNPRSTUVWXYZ", 2),
                1 + chance.below(9999)
            ),
            "LICENSE_PLATE",
        ),
        "vin" => found(
            format!("WVWZZZ{}{}{}", chance.of("123", 1), chance.of("CDEFGHJKLMNP", 4), chance.digits(6)),
            "VIN",
        ),
        "imei" => {
            let body = format!("35{}", chance.digits(12));
            found(format!("{body}{}", luhn(&body)), "IMEI")
        }
        _ => None,
    }
}

fn western(slot: &str, chance: &mut Chance) -> Filled {
    match slot {
        "ssn" => found(
            format!("{}-{:02}-{}", 100 + chance.below(500), 1 + chance.below(98), chance.digits(4)),
            "US_SSN",
        ),
        "itin" => {
            found(format!("9{}-{}-{}", chance.digits(2), 70 + chance.below(18), chance.digits(4)), "US_ITIN")
        }
        "nhs" => {
            let body = until(
                chance,
                |c| c.digits(9),
                |b| (11 - weighted(b, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 < 10,
            );
            let check = (11 - weighted(&body, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
            found(format!("{} {} {}{check}", &body[..3], &body[3..6], &body[6..]), "HEALTH_ID")
        }
        "nino" => found(
            format!(
                "{} {} {}",
                chance.pick(&["AB", "JG", "SX", "PK"]),
                grouped(&chance.digits(6), 2, " "),
                chance.of("ABCD", 1)
            ),
            "NATIONAL_ID",
        ),
        "license_us" => found(format!("{}{}", chance.of("ABDFH", 1), chance.digits(7)), "DRIVER_LICENSE"),
        "passport_us" => found(chance.digits(9), "PASSPORT"),
        "plate_uk" => found(
            format!(
                "{}{} {}",
                chance.of("ABDEFGHKLMN", 2),
                10 + chance.below(60),
                chance.of("ABCDEFGHJKLMNOPRSTUVWXYZ", 3)
            ),
            "LICENSE_PLATE",
        ),
        "medicare_us" => found(
            format!(
                "{}{}{}{}-{}{}{}-{}{}",
                chance.of("123456789", 1),
                chance.of("ACDEFGHJKMNPQRTUVWXY", 1),
                chance.of("ACDEFGHJK", 1),
                chance.of("0123456789", 1),
                chance.of("ACDEFGHJKM", 1),
                chance.of("ACDEF", 1),
                chance.of("0123456789", 1),
                chance.of("ACDEFGHJKMN", 2),
                chance.digits(2)
            ),
            "HEALTH_ID",
        ),
        "sin" => {
            let body = format!("1{}", chance.digits(7));
            let check = luhn(&body);
            found(format!("{} {} {}{check}", &body[..3], &body[3..6], &body[6..]), "NATIONAL_ID")
        }
        _ => None,
    }
}

fn southern(slot: &str, chance: &mut Chance) -> Filled {
    match slot {
        "dni" => {
            let body = chance.digits(8);
            let letter = b"TRWAGMYFPDXBNJZSQVHLCKE"[body.parse::<usize>().unwrap_or(0) % 23];
            found(format!("{body}{}", char::from(letter)), "NATIONAL_ID")
        }
        "nie" => {
            let body = chance.digits(7);
            let letter = b"TRWAGMYFPDXBNJZSQVHLCKE"[body.parse::<usize>().unwrap_or(0) % 23];
            found(format!("X{body}{}", char::from(letter)), "NATIONAL_ID")
        }
        "codice_fiscale" => found(
            (*chance.pick(&["RSSMRA85T10A562S", "VRDLGI80A01F205X", "BNCMRC75D12H501O"])).to_owned(),
            "NATIONAL_ID",
        ),
        "cpf" => {
            let body = chance.digits(9);
            let check = |text: &str, first: u32| {
                let rest: u32 =
                    numbers(text).iter().enumerate().map(|(i, d)| d * (first - i as u32)).sum::<u32>() % 11;
                if rest < 2 { 0 } else { 11 - rest }
            };
            let one = check(&body, 10);
            let two = check(&format!("{body}{one}"), 11);
            found(format!("{}.{}.{}-{one}{two}", &body[..3], &body[3..6], &body[6..]), "NATIONAL_ID")
        }
        _ => None,
    }
}

fn eastern(slot: &str, chance: &mut Chance) -> Filled {
    let (day, month, year) = day(chance);
    match slot {
        "pesel" => {
            let body = format!(
                "{:02}{:02}{day:02}{}",
                year % 100,
                if year > 1999 { month + 20 } else { month },
                chance.digits(4)
            );
            let check = (10 - weighted(&body, &[1, 3, 7, 9]) % 10) % 10;
            found(format!("{body}{check}"), "NATIONAL_ID")
        }
        "aadhaar" => {
            let number = until(chance, |c| c.digits(12), |n| n.as_bytes()[0] > b'1' && verhoeff(n));
            found(grouped(&number, 4, " "), "NATIONAL_ID")
        }
        "pan" => found(
            format!(
                "{}P{}{}{}",
                chance.of("ABCDEFGHK", 3),
                chance.of("ABCDEFGHK", 1),
                chance.digits(4),
                chance.of("ABCDEFGHK", 1)
            ),
            "NATIONAL_ID",
        ),
        "nric" => {
            let body = chance.digits(7);
            let rest = weighted(&body, &[2, 7, 6, 5, 4, 3, 2]) as usize % 11;
            found(format!("S{body}{}", char::from(b"JZIHGFEDCBA"[rest])), "NATIONAL_ID")
        }
        _ => None,
    }
}

/// Verhoeff's check, by its tables.
fn verhoeff(number: &str) -> bool {
    const TIMES: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let turned = |digit: u8, times: usize| (0..times).fold(digit, |d, _| TURN[d as usize]);
    number
        .bytes()
        .rev()
        .enumerate()
        .fold(0, |sum, (i, b)| TIMES[sum as usize][turned(b - b'0', i % 8) as usize])
        == 0
}
