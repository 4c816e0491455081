//! Amounts and dates that a customer names, in German and English writing. What could be read two ways,
//! such as 03/04/2026, is left alone.

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Key of the custom field: `amount` or `date`.
    pub key: &'static str,
    /// One form for all: `1234.50 EUR`, `2026-03-12`.
    pub value: String,
    /// As the customer wrote it.
    pub evidence: String,
}

/// Tokens that are looked at.
const TOKENS_MAX: usize = 2_000;
/// Digits before the point; more is a number of something.
const WHOLE_DIGITS_MAX: usize = 9;

const CURRENCIES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("$", "USD"),
    ("usd", "USD"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("£", "GBP"),
    ("gbp", "GBP"),
    ("pounds", "GBP"),
    ("chf", "CHF"),
    ("franken", "CHF"),
];

/// Beginnings of month names, folded; May is short in both languages and must be the whole word.
const MONTHS: &[(&str, u8)] = &[
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("maerz", 3),
    ("apr", 4),
    ("mai", 5),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("okt", 10),
    ("oct", 10),
    ("nov", 11),
    ("dez", 12),
    ("dec", 12),
];

/// The first amount and the first date.
#[must_use]
pub fn find(subject: &str, text: &str) -> Vec<Fact> {
    let mut found: Vec<Fact> = Vec::new();
    for part in [subject, text] {
        let tokens: Vec<&str> = part.split_whitespace().take(TOKENS_MAX).collect();
        for at in 0..tokens.len() {
            let rest = tokens.get(at..).unwrap_or_default();
            for fact in [amount(rest), date(rest)].into_iter().flatten() {
                if found.iter().all(|known| known.key != fact.key) {
                    found.push(fact);
                }
            }
        }
    }
    found
}

/// `149,90 Euro`, `149,90€`, `EUR 20`, `$1,299.00` at the beginning of some tokens.
fn amount(tokens: &[&str]) -> Option<Fact> {
    let first = bare(tokens.first()?);
    let second = tokens.get(1).copied().map(bare).unwrap_or_default();
    let (value, currency, evidence) = if let Some((value, currency)) = joined(first) {
        (value, currency, first.to_owned())
    } else if let (Some(value), Some(currency)) = (decimal(first), currency(second)) {
        (value, currency, format!("{first} {second}"))
    } else {
        (decimal(second)?, currency(first)?, format!("{first} {second}"))
    };
    Some(Fact { key: "amount", value: format!("{value} {currency}"), evidence })
}

/// Number and currency in one token.
fn joined(token: &str) -> Option<(String, &'static str)> {
    let from = token.find(|c: char| c.is_ascii_digit())?;
    let to = token.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (before, number, after) = (token.get(..from)?, token.get(from..to)?, token.get(to..)?);
    let code = if before.is_empty() { after } else { before };
    (before.is_empty() || after.is_empty())
        .then(|| currency(code))
        .flatten()
        .zip(decimal(number))
        .map(|(c, n)| (n, c))
}

fn currency(token: &str) -> Option<&'static str> {
    let token = token.to_lowercase();
    CURRENCIES.iter().find(|(name, _)| *name == token).map(|(_, code)| *code)
}

/// `1.234,5` and `1,234.50` as `1234.50`; the last sign parts cents when one or two digits stand behind it.
fn decimal(token: &str) -> Option<String> {
    let token = token.strip_suffix(",-").or_else(|| token.strip_suffix(",--")).unwrap_or(token);
    if !token.starts_with(|c: char| c.is_ascii_digit()) || !token.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (whole, cents) = match token.rsplit_once(['.', ',']) {
        Some((whole, cents)) if cents.len() <= 2 => (whole, cents),
        _ => (token, ""),
    };
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let grouped = groups.iter().skip(1).all(|group| group.len() == 3);
    let digits = groups.concat();
    let plain = digits.bytes().chain(cents.bytes()).all(|b| b.is_ascii_digit());
    (grouped && plain && (1..=WHOLE_DIGITS_MAX).contains(&digits.len()))
        .then(|| format!("{digits}.{cents:0<2}"))
}

/// `12.03.2026`, `2026-03-12`, `12. März 2026`, `12 March 2026`, `March 12, 2026` at the beginning of some tokens.
fn date(tokens: &[&str]) -> Option<Fact> {
    let first = bare(tokens.first()?);
    let parts = |sign: char| -> Option<[&str; 3]> { first.split(sign).collect::<Vec<_>>().try_into().ok() };
    let numeric = match (parts('.'), parts('-')) {
        (Some([day, month, year]), _) | (_, Some([year, month, day])) => {
            Some((number(year)?, u8::try_from(number(month)?).ok()?, number(day)?, first.to_owned()))
        }
        _ => None,
    };
    let (year, month, day, evidence) = numeric.or_else(|| spelled(tokens))?;
    let valid = (1990..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    valid.then(|| Fact { key: "date", value: format!("{year}-{month:02}-{day:02}"), evidence })
}

/// Year, month, day of a date with the month in words.
fn spelled(tokens: &[&str]) -> Option<(u16, u8, u16, String)> {
    let [one, two, three] = tokens.get(..3)? else { return None };
    let (one, two, three) = (bare(one), bare(two), bare(three));
    let (month, day) =
        month(two).map(|month| (month, one)).or_else(|| month(one).map(|month| (month, two)))?;
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    Some((number(three)?, month, number(day)?, format!("{one} {two} {three}")))
}

fn month(word: &str) -> Option<u8> {
    let word = crate::text::fold(word);
    let fits = |name: &str| {
        if name.starts_with("ma") && name != "mar" { word == name } else { word.starts_with(name) }
    };
    MONTHS.iter().find(|(name, _)| fits(name)).map(|(_, month)| *month)
}

fn number(digits: &str) -> Option<u16> {
    (digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

/// Without the signs around it that belong to the sentence.
fn bare(token: &str) -> &str {
    token
        .trim_start_matches(['(', '"', '„', '“', '\''])
        .trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '“', '”', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, String)> {
        find("", text).into_iter().map(|fact| (fact.key, fact.value)).collect()
    }

    #[test]
    fn amounts_come_in_one_form() {
        for (text, value) in [
            ("Die Rechnung über 149,90 Euro ist falsch", "149.90 EUR"),
            ("Sie haben 1.234,50€ abgebucht", "1234.50 EUR"),
            ("you charged $1,299.00.", "1299.00 USD"),
            ("EUR 20 fehlen noch", "20.00 EUR"),
            ("Es fehlen 20,- €", "20.00 EUR"),
            ("refund of £5.5, please", "5.50 GBP"),
            ("CHF 1'000 or 75 CHF", "75.00 CHF"),
        ] {
            assert_eq!(found(text), [("amount", value.to_owned())], "{text}");
        }
    }

    #[test]
    fn dates_come_in_one_form() {
        for (text, value) in [
            ("Bestellung vom 12.03.2026.", "2026-03-12"),
            ("order from 2026-03-02", "2026-03-02"),
            ("am 3. März 2026 bestellt", "2026-03-03"),
            ("on March 12th, 2026 I ordered", "2026-03-12"),
            ("seit 1 Mai 2026", "2026-05-01"),
        ] {
            assert_eq!(found(text), [("date", value.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_left_alone() {
        for text in [
            "Bestellung 4711042",
            "03/04/2026",
            "99.99.2026",
            "Version 1.2.3",
            "20 Stück",
            "€",
            "euro 12345678901234",
            "Telefon 030 1234567",
            "may I ask in 2026",
            "",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
