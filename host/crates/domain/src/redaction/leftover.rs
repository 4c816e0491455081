//! What must not be left in a text after redaction, whatever a plugin says: card numbers, IBANs and German tax
//! ids whose check digits are right. A second pair of eyes, not a second redactor: it looks only for numbers
//! that cannot well be anything else, and leaves doubtful ones to the plugin.

/// Stems of words before a number that say it is a number of something else: an order, a parcel, a customer.
const THINGS: &[&str] = &[
    "order",
    "bestell",
    "auftrag",
    "parcel",
    "paket",
    "sendung",
    "lieferschein",
    "tracking",
    "shipment",
    "invoice",
    "rechnung",
    "beleg",
    "customer",
    "kunden",
    "member",
    "mitglied",
    "ticket",
    "vorgang",
    "aktenz",
    "referen",
    "serial",
    "serien",
    "artikel",
    "article",
    "item",
    "product",
    "produkt",
    "contract",
    "vertrag",
    "police",
    "booking",
    "buchung",
    "reservier",
    "voucher",
    "gutschein",
    "transa",
    "barcode",
    "imei",
    "ean",
    "gtin",
    "isbn",
    "sku",
    "uuid",
];
/// Stems of words that say it is what it looks like. The nearer word counts.
const NAMES: &[&str] =
    &["card", "karte", "kredit", "visa", "master", "amex", "steuer", "tax", "iban", "idnr"];
/// How far before a number such a word counts, characters.
const REACH_CHARS: usize = 40;
/// Lengths of the IBANs of countries, in characters.
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("XK", 20),
];

/// The class of the first such number in a text, if there is one.
#[must_use]
pub fn leftover(text: &str) -> Option<&'static str> {
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        if at.checked_sub(1).and_then(|i| chars.get(i)).is_some_and(|before| before.is_alphanumeric()) {
            continue;
        }
        let rest = chars.get(at..).unwrap_or_default();
        let found = match c {
            c if digit(*c).is_some() => {
                number(rest).filter(|_| !is_thing(chars.get(..at).unwrap_or_default()))
            }
            c if c.is_ascii_alphabetic() => iban(rest).then_some("IBAN"),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn digit(c: char) -> Option<u32> {
    // Full-width digits look like digits to whoever reads them.
    c.to_digit(10).or_else(|| ('\u{ff10}'..='\u{ff19}').contains(&c).then(|| u32::from(c) - 0xff10))
}

/// Groups of digits with one blank or hyphen between, and nothing alphanumeric right behind.
fn groups(rest: &[char]) -> Option<Vec<Vec<u32>>> {
    let mut groups = vec![Vec::new()];
    let mut chars = rest.iter().peekable();
    while let Some(c) = chars.next() {
        if let Some(d) = digit(*c) {
            groups.last_mut()?.push(d);
        } else if matches!(c, ' ' | '-' | '\u{a0}')
            && chars.peek().is_some_and(|next| digit(**next).is_some())
        {
            groups.push(Vec::new());
        } else {
            return (!c.is_alphanumeric()).then_some(groups);
        }
        if groups.len() > 6 {
            return None;
        }
    }
    Some(groups)
}

fn number(rest: &[char]) -> Option<&'static str> {
    let groups = groups(rest)?;
    let lengths: Vec<usize> = groups.iter().map(Vec::len).collect();
    let digits: Vec<u32> = groups.concat();
    match lengths.as_slice() {
        [16] | [4, 4, 4, 4] | [15] | [4, 6, 5] if is_card(&digits) => Some("CREDIT_CARD"),
        [11] | [2, 3, 3, 3] if is_tax_id(&digits) => Some("DE_TAX_ID"),
        _ => None,
    }
}

/// Numbers that a large issuer gives out, with the right check digit (ISO/IEC 7812).
fn is_card(digits: &[u32]) -> bool {
    let head = |count: usize| digits.iter().take(count).fold(0, |n, d| n * 10 + d);
    let issued = match digits.len() {
        15 => matches!(head(2), 34 | 37),
        16 => head(1) == 4 || matches!(head(2), 51..=55 | 65) || matches!(head(4), 2221..=2720 | 6011),
        _ => false,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, d)| if n % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { *d })
        .sum();
    issued && sum.is_multiple_of(10)
}

/// § 139b AO: of the first ten digits exactly one occurs twice or three times; check digit by ISO 7064 MOD 11,10.
fn is_tax_id(digits: &[u32]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let times = |d: u32| body.iter().filter(|b| **b == d).count();
    let repeated: Vec<usize> = (0..10).map(times).filter(|n| *n > 1).collect();
    let product = body.iter().fold(10, |product, d| {
        let sum = (d + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    body.first() != Some(&0) && matches!(repeated.as_slice(), [2 | 3]) && (11 - product) % 10 == *check
}

/// An IBAN in one piece or in groups: length of its country and the right check digits (ISO 13616).
fn iban(rest: &[char]) -> bool {
    if !rest.get(2..4).is_some_and(|check| check.iter().all(char::is_ascii_digit)) {
        return false;
    }
    let country: String = rest.iter().take(2).flat_map(|c| c.to_uppercase()).collect();
    let Some((_, length)) = IBAN_LENGTHS.iter().find(|(code, _)| *code == country) else { return false };
    let mut symbols = Vec::with_capacity(*length);
    let mut gap = 0;
    for c in rest {
        if symbols.len() == *length {
            // More of the same word: another, longer number.
            return !(gap == 0 && c.is_alphanumeric()) && has_right_check_digits(&symbols);
        }
        if c.is_ascii_alphanumeric() {
            symbols.push(c.to_ascii_uppercase());
            gap = 0;
        } else if matches!(c, ' ' | '-' | '\u{a0}') && gap == 0 && symbols.len() >= 4 {
            gap = 1;
        } else {
            return false;
        }
    }
    symbols.len() == *length && has_right_check_digits(&symbols)
}

fn has_right_check_digits(symbols: &[char]) -> bool {
    let (head, tail) = symbols.split_at_checked(4).unwrap_or_default();
    let value = tail.iter().chain(head).try_fold(0_u32, |rest, c| {
        let v = c.to_digit(36)?;
        Some((if v > 9 { rest * 100 + v } else { rest * 10 + v }) % 97)
    });
    value == Some(1)
}

fn is_thing(before: &[char]) -> bool {
    let from = before.len().saturating_sub(REACH_CHARS);
    let words: String =
        before.get(from..).unwrap_or_default().iter().flat_map(|c| c.to_lowercase()).collect();
    // Only what stands in the same line belongs to the number.
    let line = words.rsplit('\n').next().unwrap_or_default();
    let nearest = |stems: &[&str]| stems.iter().filter_map(|stem| line.rfind(stem)).max();
    match (nearest(THINGS), nearest(NAMES)) {
        (Some(thing), name) => name.is_none_or(|name| name < thing),
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_numbers_are_seen_in_every_usual_form() {
        for (text, class) in [
            ("My card is 4111 1111 1111 1111, thanks", "CREDIT_CARD"),
            ("4111111111111111", "CREDIT_CARD"),
            ("card:5500-0055-5555-5559.", "CREDIT_CARD"),
            ("amex 3782 822463 10005", "CREDIT_CARD"),
            ("４１１１１１１１１１１１１１１１", "CREDIT_CARD"),
            ("IBAN: DE89 3704 0044 0532 0130 00", "IBAN"),
            ("auf de89370400440532013000 bitte", "IBAN"),
            ("GB82-WEST-1234-5698-7654-32", "IBAN"),
            ("Steuer-ID 86 095 742 719", "DE_TAX_ID"),
            ("(86095742719)", "DE_TAX_ID"),
        ] {
            assert_eq!(leftover(text), Some(class), "{text}");
        }
    }

    #[test]
    fn placeholders_wrong_numbers_and_numbers_of_things_are_left_alone() {
        for text in [
            "My card is [CREDIT_CARD-1], IBAN [IBAN-1].",
            "4111 1111 1111 1112",
            "Bestellnummer 4111111111111111",
            "order no. 86095742719",
            "x4111111111111111",
            "41111111111111110",
            "DE89 3704 0044 0532 0130 01",
            "DE89 3704 0044 0532 0130",
            "DE893704004405320130001",
            "call 0151 23456789",
            "2026-11-26 10:00",
            "",
        ] {
            assert_eq!(leftover(text), None, "{text}");
        }
    }

    #[test]
    fn a_label_counts_in_its_own_line_only() {
        assert_eq!(leftover("order 17\n4111 1111 1111 1111"), Some("CREDIT_CARD"));
        assert_eq!(leftover("paid my order by card 4111 1111 1111 1111"), Some("CREDIT_CARD"));
        assert_eq!(leftover("card payment, order 4111 1111 1111 1111"), None);
    }

    #[test]
    fn a_long_text_is_read_in_one_pass() {
        let text = "1234 5678 9012 3456 7890 DE89 ".repeat(20_000);
        assert_eq!(leftover(&text), None);
    }
}
