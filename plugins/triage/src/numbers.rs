//! Order, invoice, customer and tracking numbers: a number counts when the text says what it is, in front of it or
//! by its prefix. Amounts, dates, telephone numbers and placeholders are none.

use crate::text::{fold, is_placeholder};

/// A number that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Key of the custom field: `order_number`, `invoice_number`, `customer_number` or `tracking_number`.
    pub key: &'static str,
    /// The number as the customer wrote it, without the sign in front.
    pub value: String,
    /// The words that say what it is.
    pub evidence: String,
}

/// How far in front of a number the word may stand that says what it is.
const REACH: usize = 3;
/// Characters of a number.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=24;

/// Beginnings of words, folded, that say what the number after them is.
const NAMES: &[(&str, &str)] = &[
    ("bestell", "order_number"),
    ("auftrag", "order_number"),
    ("order", "order_number"),
    ("purchase", "order_number"),
    ("rechnung", "invoice_number"),
    ("invoice", "invoice_number"),
    ("rg", "invoice_number"),
    ("kundennr", "customer_number"),
    ("kundennummer", "customer_number"),
    ("kunden", "customer_number"),
    ("kdnr", "customer_number"),
    ("customer", "customer_number"),
    ("client", "customer_number"),
    ("sendungsn", "tracking_number"),
    ("sendungsverfolgung", "tracking_number"),
    ("paketn", "tracking_number"),
    ("tracking", "tracking_number"),
];

/// Prefixes that make a number speak for itself.
const PREFIXES: &[(&str, &str)] = &[
    ("ORD-", "order_number"),
    ("ORDER-", "order_number"),
    ("BEST-", "order_number"),
    ("BST-", "order_number"),
    ("AB-", "order_number"),
    ("INV-", "invoice_number"),
    ("RE-", "invoice_number"),
    ("RG-", "invoice_number"),
    ("RN-", "invoice_number"),
    ("KD-", "customer_number"),
    ("KN-", "customer_number"),
    ("CUST-", "customer_number"),
    ("JJD", "tracking_number"),
    ("1Z", "tracking_number"),
];

/// Words that may stand between the name and the number.
const BETWEEN: &[&str] = &[
    "nr", "no", "nummer", "number", "num", "id", "lautet", "ist", "is", "mit", "der", "die", "the", "with",
    "von", "of", "vom", "my", "meine",
];

/// The first number of each kind.
#[must_use]
pub fn find(subject: &str, text: &str) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    for part in [subject, text] {
        let tokens: Vec<&str> = part.split_whitespace().flat_map(split_sign).take(2_000).collect();
        for (at, token) in tokens.iter().enumerate() {
            let Some(value) = number(token) else { continue };
            let Some((key, evidence)) = prefixed(value).or_else(|| named(&tokens, at, value)) else {
                continue;
            };
            if found.iter().all(|n| n.key != key) {
                found.push(Number { key, value: value.to_owned(), evidence });
            }
        }
    }
    found
}

/// `Bestellnummer:4711` and `Nr.4711` are a name and a number.
fn split_sign(token: &str) -> impl Iterator<Item = &str> {
    let at = token
        .find([':', '#', '=', '.'])
        .filter(|at| token.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    let at = at.filter(|at| {
        token.get(..*at).is_some_and(|name| name.chars().all(|c| c.is_alphabetic() || c == '-' || c == '.'))
    });
    let (head, tail) = at.map_or((token, ""), |at| token.split_at(at));
    [head, tail].into_iter().filter(|t| !t.is_empty())
}

/// The token as a number: digits, perhaps with a prefix and hyphens.
fn number(token: &str) -> Option<&str> {
    let value = token.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let shaped = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '/' || c == '_');
    let spoken = token.contains('[') && is_placeholder(value);
    let bare = value.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-');
    let is_date = value.split(['-', '/']).count() == 3 && value.len() <= 10 && bare.len() == value.len();
    (LENGTH.contains(&value.len()) && digits >= 4 && shaped && !spoken && !is_date && !token.starts_with('+'))
        .then_some(value)
}

fn prefixed(value: &str) -> Option<(&'static str, String)> {
    let upper = value.to_ascii_uppercase();
    let (_, key) = PREFIXES.iter().find(|(prefix, _)| upper.starts_with(prefix))?;
    Some((key, value.to_owned()))
}

/// The nearest word in front that says what the number is, with nothing but fillers in between.
fn named(tokens: &[&str], at: usize, value: &str) -> Option<(&'static str, String)> {
    for back in 1..=REACH.min(at) {
        let token = tokens.get(at - back)?;
        let word = fold(token.trim_matches(|c: char| !c.is_alphanumeric()));
        if let Some((_, key)) =
            NAMES.iter().find(|(name, _)| word.starts_with(name) && (name.len() > 3 || word.len() <= 4))
        {
            let year = value.len() == 4 && (value.starts_with("19") || value.starts_with("20"));
            let says_number =
                ["nr", "no", "nummer", "number", "#"].iter().any(|n| word.contains(n) || token.contains(n))
                    || back > 1;
            return (!year || says_number).then(|| {
                ((*key), format!("{} {value}", token.trim_start_matches(|c: char| !c.is_alphanumeric())))
            });
        }
        if !(word.is_empty() || BETWEEN.contains(&word.as_str())) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, String)> {
        find("", text).into_iter().map(|n| (n.key, n.value)).collect()
    }

    #[test]
    fn a_number_with_its_name_in_front_is_found() {
        for (text, key, value) in [
            ("Meine Bestellnummer: 1047382.", "order_number", "1047382"),
            ("Bestellung Nr. 4711-22 fehlt", "order_number", "4711-22"),
            ("order #A10293 please", "order_number", "A10293"),
            ("Order no. 88412", "order_number", "88412"),
            ("my order 88412 has not come", "order_number", "88412"),
            ("Auftragsnr.4711223", "order_number", "4711223"),
            ("Rechnungsnummer 2026-00871", "invoice_number", "2026-00871"),
            ("invoice number is 55821", "invoice_number", "55821"),
            ("Kundennr. 300412", "customer_number", "300412"),
            ("ORD-20931", "order_number", "ORD-20931"),
            ("Sendungsnummer 00340434161094042557", "tracking_number", "00340434161094042557"),
            ("tracking number: 1Z999AA10123456784", "tracking_number", "1Z999AA10123456784"),
            ("JJD000390007882823452 is where?", "tracking_number", "JJD000390007882823452"),
            ("die Rechnung RE-2026-0012 vom", "invoice_number", "RE-2026-0012"),
        ] {
            assert_eq!(found(text), [(key, value.to_owned())], "{text}");
        }
    }

    #[test]
    fn amounts_dates_and_other_numbers_are_left_alone() {
        for text in [
            "Bestellung vom 12.03.2026",
            "Bestellung 2026",
            "order from 2026-03-12",
            "Die Rechnung über 149,90 Euro",
            "Telefon 030 1234567",
            "Bestellung, bitte an 10115 Berlin",
            "order [CREDIT_CARD_1234]",
            "order +4917012345",
            "Bestellung kam nicht. Gezahlt habe ich 12345",
            "",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn the_first_number_of_each_kind_wins() {
        let text = "Kundennummer 7700123, Bestellung 4711001 und Bestellung 4711002, Rechnung RE-10044";
        let want =
            [("customer_number", "7700123"), ("order_number", "4711001"), ("invoice_number", "RE-10044")];
        assert_eq!(found(text), want.map(|(k, v)| (k, v.to_owned())));
    }
}
