//! Numbers that a customer names: of an order, an invoice, a contract. Postcodes, years, days, prices and phone numbers
//! are none. Pure.

/// Words that are looked at.
const WORDS_MAX: usize = 1_000;
/// Digits from which on a word is the number of an order, an invoice or a contract.
const CASE_DIGITS_MIN: usize = 5;
/// The same for the answer to the question for it, and where its name stands before it.
const GIVEN_DIGITS_MIN: usize = 4;
const NAMED_DIGITS_MIN: usize = 3;
/// From so many digits on, a word that begins with a nought is a phone number.
const PHONE_DIGITS_MIN: usize = 8;
const POSTCODE_DIGITS: usize = 5;
/// Words before a number that may name it.
const NAME_WORDS: usize = 3;
/// An answer of so few words is the number itself.
const SHORT_ANSWER_WORDS: usize = 3;

const NAMES: &[&str] = &[
    "bestell",
    "auftrag",
    "rechnung",
    "kundenn",
    "kunden-",
    "vertrag",
    "nummer",
    "sendung",
    "vorgang",
    "order",
    "invoice",
    "customer",
    "contract",
    "number",
    "tracking",
    "reference",
    "referenz",
];
const WHOLE_NAMES: &[&str] = &["nr", "no", "re", "id", "az"];
const PHONES: &[&str] = &[
    "tel",
    "telefon",
    "telefonnummer",
    "phone",
    "mobil",
    "mobile",
    "handy",
    "handynummer",
    "fax",
    "call",
    "ruf",
];
const UNITS: &[&str] = &[
    "€", "eur", "euro", "euros", "$", "usd", "dollar", "dollars", "£", "gbp", "pounds", "chf", "franken",
    "kwh", "km", "mah", "mb", "gb", "stück", "meter", "uhr",
];

/// The first number in subject or text that names one order, invoice or contract: such a message is about
/// that case, and an article about all cases is seldom its answer. The ticket's own number is none.
#[must_use]
pub fn case_number(subject: &str, text: &str, ticket: u64) -> Option<String> {
    let find = |text: &str| Words::of(text).first(ticket, |words, at| words.is_case(at));
    find(subject).or_else(|| find(text))
}

/// The number in the answer of a customer who was asked for one: a shorter one will do.
#[must_use]
pub fn given_number(text: &str, ticket: u64) -> Option<String> {
    let words = Words::of(text);
    let case = words.first(ticket, |words, at| words.is_case(at));
    case.or_else(|| words.first(ticket, |words, at| words.is_given(at)))
}

/// Words of a text, with what stands around them.
struct Words<'t>(Vec<&'t str>);

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Self {
        Self(text.split_whitespace().take(WORDS_MAX).collect())
    }

    fn first(&self, ticket: u64, takes: impl Fn(&Self, usize) -> bool) -> Option<String> {
        let ticket = ticket.to_string();
        (0..self.0.len())
            .find(|at| self.bare(*at) != ticket && takes(self, *at))
            .map(|at| self.bare(at).to_owned())
    }

    fn at(&self, at: usize) -> &'t str {
        self.0.get(at).copied().unwrap_or_default()
    }

    fn bare(&self, at: usize) -> &'t str {
        self.at(at).trim_matches(|c: char| !c.is_alphanumeric())
    }

    fn is_case(&self, at: usize) -> bool {
        self.is_number(at, CASE_DIGITS_MIN) && (self.is_named(at) || !self.is_postcode(at))
    }

    fn is_given(&self, at: usize) -> bool {
        let alone = self.0.len() <= SHORT_ANSWER_WORDS;
        let named = self.is_named(at);
        let least = if named || alone { NAMED_DIGITS_MIN } else { GIVEN_DIGITS_MIN };
        self.is_number(at, least) && (named || alone || !self.is_postcode(at) && !is_year(self.bare(at)))
    }

    /// Shaped like one, and no day, no pair of years, no price and no phone number.
    fn is_number(&self, at: usize, least: usize) -> bool {
        let word = self.bare(at);
        let shaped = word.chars().all(|c| c.is_ascii_alphanumeric() || "-/_".contains(c));
        shaped
            && digits(word) >= least
            && digits(word) * 2 > word.chars().count()
            && !is_day(word)
            && !is_years(word)
            && !self.is_price(at)
            && !self.is_phone(at)
    }

    /// Whether a word just before it says what it is.
    fn is_named(&self, at: usize) -> bool {
        (at.saturating_sub(NAME_WORDS)..at).any(|at| {
            let name = self.bare(at).to_lowercase();
            WHOLE_NAMES.contains(&name.as_str()) || NAMES.iter().any(|part| name.contains(part))
        }) || self.at(at).contains('#')
    }

    /// `10115 Berlin`, `D-10115 Berlin`.
    fn is_postcode(&self, at: usize) -> bool {
        let digits = self.bare(at).trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '-');
        let ends = self.at(at).ends_with(|c: char| c.is_ascii_digit());
        let town = self.bare(at + 1);
        let names = town.chars().count() > 2
            && town.starts_with(char::is_uppercase)
            && town.chars().all(|c| c.is_alphabetic() || c == '-');
        digits.len() == POSTCODE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) && ends && names
    }

    fn is_price(&self, at: usize) -> bool {
        let unit =
            |word: &str| UNITS.contains(&word.trim_end_matches(['.', ',', '!', '?']).to_lowercase().as_str());
        let before = at.checked_sub(1).map(|at| self.at(at)).unwrap_or_default();
        unit(self.at(at + 1)) || unit(before) || self.at(at).contains(['€', '$', '£'])
    }

    /// `+49 151 2345678`, `0151/2345678`, “Tel. 2345678”.
    fn is_phone(&self, at: usize) -> bool {
        let begins = |word: &str| word.trim_start_matches('(').starts_with(['+', '0']);
        let plain = |word: &str| digits(word) > 0 && !word.chars().any(char::is_alphabetic);
        // A number in several pieces is one with what stands before it.
        let from = (0..at).rev().take_while(|at| plain(self.at(*at))).last().unwrap_or(at);
        let called = from.checked_sub(1).map(|at| self.bare(at).to_lowercase()).unwrap_or_default();
        let long: usize = (from..=at).map(|at| digits(self.at(at))).sum();
        let named = PHONES.contains(&called.as_str());
        plain(self.at(at))
            && (named || begins(self.at(from)) && long >= PHONE_DIGITS_MIN && !self.is_named(from))
    }
}

fn digits(word: &str) -> usize {
    word.chars().filter(char::is_ascii_digit).count()
}

/// `2026-11-12` and `12/11/2026`.
fn is_day(word: &str) -> bool {
    let lengths: Vec<usize> = word.split(['-', '/']).map(str::len).collect();
    let digits = word.chars().all(|c| c.is_ascii_digit() || "-/".contains(c));
    digits && matches!(lengths.as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4] | [1..=2, 1..=2, 2])
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && digits(word) == 4
}

/// `2025/26` and `2025-2026`.
fn is_years(word: &str) -> bool {
    let Some((from, to)) = word.split_once(['/', '-']) else { return false };
    is_year(from) && (is_year(to) || to.len() == 2 && digits(to) == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_orders_and_invoices_name_a_case() {
        assert_eq!(case_number("Re: order #10-48619", "", 7).as_deref(), Some("10-48619"));
        assert_eq!(
            case_number("", "die Rechnung (RE-2026-10873) fehlt", 7).as_deref(),
            Some("RE-2026-10873")
        );
        assert_eq!(case_number("", "Bestellung 48213 Lieferung fehlt", 7).as_deref(), Some("48213"));
        assert_eq!(case_number("", "Auftrag Nr. 0048213377", 7).as_deref(), Some("0048213377"));
        let text = "zu Ticket #104211: Bestellung 4711042";
        assert_eq!(case_number("Re: [#104211]", text, 104_211).as_deref(), Some("4711042"));
    }

    #[test]
    fn other_numbers_do_not() {
        for text in [
            "30 Tage",
            "129,00 €",
            "12900 Euro",
            "für 15000€",
            "am 12.11.2026",
            "2026-11-12",
            "11/12/2026",
            "[CREDIT_CARD-12345]",
            "ab 9:00 Uhr",
            "Fehler 503",
            "Ana Novak, Gartenstr. 5, 10115 Berlin",
            "D-80331 München",
            "im Schuljahr 2025/26",
            "2025-2026",
            "Sie erreichen mich unter 0151 23456789",
            "+49 30 1234567",
            "Tel. 2345678",
            "0151/23456789",
        ] {
            assert_eq!(case_number("", text, 7), None, "{text}");
        }
    }

    #[test]
    fn who_was_asked_for_a_number_may_give_a_short_one() {
        for (text, number) in [
            ("Die Nummer ist 4711.", "4711"),
            ("4711", "4711"),
            ("Hier: 815", "815"),
            ("It is 4711042, thanks", "4711042"),
            ("Meine Bestellnummer lautet 2026", "2026"),
            ("Ich wohne in 10115 Berlin, es war die 8291", "8291"),
        ] {
            assert_eq!(given_number(text, 7).as_deref(), Some(number), "{text}");
        }
        for text in [
            "Please hurry.",
            "Das war am 12.11.2026",
            "Seit 2025 Kunde, in 10115 Berlin wohnhaft",
            "Tel. 2345678",
            "nur 7",
        ] {
            assert_eq!(given_number(text, 7), None, "{text}");
        }
    }
}
