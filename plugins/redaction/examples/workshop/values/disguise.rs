//! Values as people disguise them, addresses of other countries, and what is masked only when it is switched on.

use super::{Filled, found};
use crate::chance::Chance;
use crate::words::Words;

pub(super) fn of(slot: &str, words: &Words, chance: &mut Chance) -> Filled {
    match slot {
        "phone_words_de" => found(spoken(chance, GERMAN), "PHONE"),
        "phone_words_en" => found(spoken(chance, ENGLISH), "PHONE"),
        "card_marked" => {
            let mark = *chance.pick(&["_", "|", "*", "·", " / "]);
            let digits: String = plain("card", words, chance)?.chars().filter(char::is_ascii_digit).collect();
            let groups: Vec<&str> =
                (0..digits.len()).step_by(4).map(|at| &digits[at..(at + 4).min(digits.len())]).collect();
            found(groups.join(mark), "CREDIT_CARD")
        }
        "iban_alike" => {
            let iban = plain("iban", words, chance)?;
            let (country, rest) = iban.split_at(2);
            found(format!("{country}{}", rest.replace('0', "O").replace('1', "l")), "IBAN")
        }
        "ipv4_marked" => {
            let mark = *chance.pick(&["[.]", "(.)", " dot "]);
            found(plain("ipv4", words, chance)?.replace('.', mark), "IP_ADDRESS")
        }
        "email_written" => {
            let address = plain("email", words, chance)?.replace('+', ".");
            let (local, domain) = address.split_once('@')?;
            let at = *chance.pick(&[" <at> ", "-at-", " Klammeraffe ", "{at}", " (ät) "]);
            let dot = *chance.pick(&[" punkt ", "[.]", "<dot>", " . "]);
            found(format!("{local}{at}{}", domain.replace('.', dot)), "EMAIL")
        }
        "address_first" => found(kind_first(words, chance), "ADDRESS"),
        "url" => {
            let path = chance.of("abcdefghiklmnoprstu", 6);
            found(
                format!("{}example.org/{path}", chance.pick(&["https://", "http://www.", "www.", "shop."])),
                "URL",
            )
        }
        "username" => {
            let name = chance.pick(&words.last).to_lowercase();
            let name: String = name.chars().filter(char::is_ascii_alphabetic).collect();
            found(format!("{name}{}{}", chance.pick(&["_", ".", ""]), chance.below(99)), "USERNAME")
        }
        "firm" => found(
            format!("{} {}", chance.pick(&words.last), chance.pick(&["GmbH", "AG", "Ltd", "KG", "Inc"])),
            "ORG",
        ),
        "town" => found(chance.pick(&words.places).clone(), "LOCATION"),
        _ => None,
    }
}

fn plain(slot: &str, words: &Words, chance: &mut Chance) -> Option<String> {
    super::of(slot, words, chance).map(|(text, _)| text)
}

const GERMAN: &[&str] = &["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];
const ENGLISH: &[&str] = &["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// A mobile number, some or all of its digits in words.
fn spoken(chance: &mut Chance, names: &[&str]) -> String {
    let all = chance.percent(50);
    let digits = format!("0171{}", chance.digits(7));
    let words: Vec<String> = digits
        .bytes()
        .map(|d| {
            if all || chance.percent(40) {
                names[usize::from(d - b'0')].to_owned()
            } else {
                char::from(d).to_string()
            }
        })
        .collect();
    words.join(" ")
}

/// An address with the kind of street in front.
fn kind_first(words: &Words, chance: &mut Chance) -> String {
    let (name, town) = (chance.pick(&words.last).clone(), chance.pick(&words.last).clone());
    let (house, code) = (1 + chance.below(120), chance.digits(5));
    match chance.below(6) {
        0 => format!("{house}, rue {name}, {code} {town}"),
        1 => format!("Via {name} {house}, {code} {town} (RM)"),
        2 => format!("Calle de {name} {house}, {town}, {code}"),
        3 => format!("ul. {name} {house}/{}, {}-{} {town}", 1 + chance.below(9), &code[..2], &code[2..]),
        4 => format!("{name}straat {house}, {} AB {town}", &code[..4]),
        _ => format!("Piazza {name} {house}"),
    }
}
