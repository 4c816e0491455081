//! How a customer is greeted, and by what name: senders choose their display names, so not every one is
//! fit to be written.

use crate::decide::Facts;
use crate::settings::Settings;
use crate::words::Language;

/// Whom a greeting may name: whoever wrote under a false address must not read the real one's name.
#[must_use]
pub fn addressee<'f>(facts: &'f Facts, settings: &Settings) -> Option<&'f str> {
    facts.name.as_deref().filter(|_| facts.verified || settings.greet_unverified)
}

/// The first line of a mail.
#[must_use]
pub fn greeting(language: Language, name: Option<&str>) -> String {
    match (language, name.and_then(speakable)) {
        (Language::German, Some(name)) => format!("Guten Tag {name},"),
        (Language::German, None) => "Guten Tag,".to_owned(),
        (Language::English, Some(name)) => format!("Hello {name},"),
        (Language::English, None) => "Hello,".to_owned(),
    }
}

/// Words in the sender's name of a department or a machine: a greeting with it sounds silly.
const NOBODY: &[&str] = &[
    "ag",
    "abteilung",
    "accounting",
    "accounts",
    "admin",
    "billing",
    "buchhaltung",
    "bot",
    "einkauf",
    "empfang",
    "experts",
    "gmbh",
    "helpdesk",
    "hotline",
    "inc",
    "info",
    "kg",
    "kontakt",
    "kundendienst",
    "leitung",
    "ltd",
    "marketing",
    "newsletter",
    "noreply",
    "office",
    "orders",
    "payable",
    "purchasing",
    "rechnungswesen",
    "sales",
    "sekretariat",
    "service",
    "shop",
    "support",
    "system",
    "team",
    "vertrieb",
    "verwaltung",
    "zentrale",
];

/// “Okafor, Daniel” as it is spoken.
fn in_order(name: &str) -> String {
    match name.split_once(", ") {
        Some((last, first)) if !first.contains(',') && !last.is_empty() => format!("{first} {last}"),
        _ => name.to_owned(),
    }
}

/// A name fit to be written in a greeting. Senders choose their display names: an address, a link or an
/// advertisement in that place would be sent on under our name.
fn speakable(name: &str) -> Option<String> {
    let name = in_order(&name.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut words = name.split([' ', '-']).map(str::to_lowercase);
    if words.any(|word| NOBODY.contains(&word.as_str())) {
        return None;
    }
    let plain = name.chars().all(|c| c.is_alphabetic() || " -'’.".contains(c));
    let dotted = name.split(' ').any(|word| word.trim_end_matches('.').contains('.'));
    let fits = (2..=60).contains(&name.chars().count()) && name.split(' ').count() <= 5;
    (plain && fits && !dotted && name.starts_with(char::is_alphabetic)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_greeted_and_advertisements_are_not() {
        for name in ["Ana Novak", "Dr. Jörg Müller-Lüdenscheidt", "Seán O’Neill", "  Ana   Novak "] {
            assert!(speakable(name).is_some(), "{name}");
        }
        for name in [
            "",
            "A",
            "ana@example.org",
            "Win $100 now",
            "www.evil.example",
            "visit evil.example",
            "[PERSON-1]",
            "Accounts Payable",
            "IT-Leitung",
            "Buchhaltung Autohaus Lorenz",
            "a, b, c",
            "Ana\u{7}",
            "x{number}",
            "one two three four five six",
        ] {
            assert_eq!(speakable(name), None, "{name}");
        }
        assert_eq!(speakable("Okafor, Daniel").as_deref(), Some("Daniel Okafor"));
    }
}
