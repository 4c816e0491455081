//! What is written to customers, in German and English. Texts are templates; what goes into them is put
//! in once, so that nothing a customer wrote can act as a template itself.

use crate::decide::{Facts, Hit, percent};
use crate::settings::Settings;

/// Characters of an article that a note quotes.
const SUGGESTION_CHARS_MAX: usize = 4_000;

/// A language that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `de`
    German,
    /// `en`
    English,
}

impl Language {
    /// From a BCP 47 tag.
    #[must_use]
    pub fn of(tag: Option<&str>) -> Option<Self> {
        match tag?.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "de" => Some(Self::German),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Its BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }
}

/// The language to acknowledge in: the customer's; English for one that we do not write; the admin's
/// choice when it is not known.
#[must_use]
pub fn acknowledgement_language(known: Option<&str>, default: &str) -> Language {
    match known {
        Some(tag) => Language::of(Some(tag)).unwrap_or(Language::English),
        None => Language::of(Some(default)).unwrap_or(Language::English),
    }
}

/// An admin's own texts; empty ones are built in. They may use `{greeting}`, `{number}`, `{title}`,
/// `{body}` and `{signature}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Texts {
    /// Answer, German.
    pub answer_de: String,
    /// Answer, English.
    pub answer_en: String,
    /// Acknowledgement, German.
    pub acknowledgement_de: String,
    /// Acknowledgement, English.
    pub acknowledgement_en: String,
}

const ANSWER_DE: &str = "{greeting}

vielen Dank für Ihre Nachricht (Ticket #{number}). Zu Ihrer Frage passt diese Auskunft aus unserem Hilfebereich:

„{title}“

{body}

–––

Diese Antwort wurde automatisch ausgewählt. Hilft sie Ihnen nicht, antworten Sie einfach auf diese Nachricht: Dann kümmert sich ein Mensch aus unserem Team darum.

Freundliche Grüße
{signature}
";

const ANSWER_EN: &str = "{greeting}

thank you for your message (ticket #{number}). This article from our help centre should answer your question:

“{title}”

{body}

–––

This answer was chosen automatically. If it does not help, simply reply to this message and a person from our team will take care of it.

Kind regards
{signature}
";

const ACKNOWLEDGEMENT_DE: &str = "{greeting}

vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen und hat die Ticketnummer #{number}. Ein Mensch aus unserem Team liest sie und antwortet Ihnen.

Diese Eingangsbestätigung wurde automatisch verschickt. Möchten Sie etwas ergänzen, antworten Sie einfach auf diese Nachricht.

Freundliche Grüße
{signature}
";

const ACKNOWLEDGEMENT_EN: &str = "{greeting}

thank you for your message. We have received it as ticket #{number}. A person from our team will read it and get back to you.

This confirmation was sent automatically. If you would like to add anything, simply reply to this message.

Kind regards
{signature}
";

/// The reply with an article.
#[must_use]
pub fn answer(language: Language, facts: &Facts, settings: &Settings, hit: &Hit) -> String {
    let template = match language {
        Language::German => either(&settings.texts.answer_de, ANSWER_DE),
        Language::English => either(&settings.texts.answer_en, ANSWER_EN),
    };
    fill(template, language, facts, settings, (&hit.title, hit.body.trim()))
}

/// The reply that only confirms receipt.
#[must_use]
pub fn acknowledgement(language: Language, facts: &Facts, settings: &Settings) -> String {
    let template = match language {
        Language::German => either(&settings.texts.acknowledgement_de, ACKNOWLEDGEMENT_DE),
        Language::English => either(&settings.texts.acknowledgement_en, ACKNOWLEDGEMENT_EN),
    };
    fill(template, language, facts, settings, ("", ""))
}

/// The note for agents with articles that may answer, the first one in full.
#[must_use]
pub fn suggestion(language: Language, facts: &Facts, shown: &[(&Hit, f32)]) -> String {
    let (head, sure, none_sent) = match language {
        Language::German => ("Diese Artikel könnten antworten", "sicher", "Verschickt wurde keiner davon."),
        Language::English => ("These articles may answer", "sure", "None of them was sent."),
    };
    let mut out = format!("{head} (#{}). {none_sent}\n", facts.number);
    for (hit, share) in shown {
        out.push_str(&format!("\n– {} [{} {}, {} {sure}]", hit.title, hit.key, hit.locale, percent(*share)));
    }
    if let Some((best, _)) = shown.first() {
        let body: String = best.body.trim().chars().take(SUGGESTION_CHARS_MAX).collect();
        out.push_str(&format!("\n\n{}\n\n{body}\n", best.title));
    }
    out
}

fn either<'a>(own: &'a str, built_in: &'a str) -> &'a str {
    if own.trim().is_empty() { built_in } else { own }
}

/// Fills a template in one pass: braces inside a value stay what they are.
fn fill(
    template: &str,
    language: Language,
    facts: &Facts,
    settings: &Settings,
    article: (&str, &str),
) -> String {
    let signature = match language {
        Language::German => either(&settings.signature, "Ihr Serviceteam"),
        Language::English => either(&settings.signature, "Your service team"),
    };
    let mut out = String::with_capacity(template.len() + article.1.len() + 200);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match name {
            "greeting" => out.push_str(&greeting(language, addressee(facts, settings))),
            "number" => out.push_str(&facts.number.to_string()),
            "title" => out.push_str(article.0),
            "body" => out.push_str(article.1),
            "signature" => out.push_str(signature),
            _ => {
                out.push('{');
                rest = after;
                continue;
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whom a greeting may name: whoever wrote under a false address must not read the real one's name.
fn addressee<'f>(facts: &'f Facts, settings: &Settings) -> Option<&'f str> {
    facts.name.as_deref().filter(|_| facts.verified || settings.greet_unverified)
}

fn greeting(language: Language, name: Option<&str>) -> String {
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

    #[test]
    fn only_a_verified_sender_is_greeted_by_name_unless_the_admin_says_otherwise() {
        let facts = Facts { name: Some("Ana Novak".into()), ..Facts::default() };
        let settings = Settings::default();
        let text = |facts: &Facts, settings: &Settings| acknowledgement(Language::English, facts, settings);
        assert!(text(&facts, &settings).starts_with("Hello,\n"));
        assert!(text(&Facts { verified: true, ..facts.clone() }, &settings).starts_with("Hello Ana Novak,"));
        let open = Settings { greet_unverified: true, ..settings };
        assert!(text(&facts, &open).starts_with("Hello Ana Novak,"));
    }

    #[test]
    fn a_note_for_agents_names_its_sources_and_says_that_nothing_was_sent() {
        let hit = Hit {
            key: "refund".into(),
            locale: "en".into(),
            title: "Refund?".into(),
            body: "Ask us.".into(),
            ..Hit::default()
        };
        let note = suggestion(Language::English, &Facts { number: 7, ..Facts::default() }, &[(&hit, 0.62)]);
        assert!(note.contains("– Refund? [refund en, 62 % sure]") && note.contains("Ask us."), "{note}");
        assert!(note.contains("None of them was sent") && note.contains("#7"));
    }

    #[test]
    fn what_is_put_in_is_not_a_template_itself() {
        let hit = Hit { title: "{signature}".into(), body: "Use {number} braces {".into(), ..Hit::default() };
        let facts = Facts { number: 7, ..Facts::default() };
        let text = answer(Language::English, &facts, &Settings::default(), &hit);
        assert!(text.contains("“{signature}”\n") && text.contains("\nUse {number} braces {"), "{text}");
    }

    #[test]
    fn own_texts_replace_the_built_in_ones_and_keep_unknown_braces() {
        let texts = Texts {
            acknowledgement_de: "{greeting} Nr. {number} {what} {signature}{".into(),
            ..Texts::default()
        };
        let settings = Settings { texts, signature: "Lena".into(), ..Settings::default() };
        let facts = Facts { number: 7, ..Facts::default() };
        assert_eq!(acknowledgement(Language::German, &facts, &settings), "Guten Tag, Nr. 7 {what} Lena{");
        assert!(acknowledgement(Language::English, &facts, &settings).contains("ticket #7"));
    }

    #[test]
    fn every_built_in_text_says_that_it_is_automatic_and_how_to_reach_a_person() {
        for (text, automatic, person) in [
            (ANSWER_DE, "automatisch", "Mensch"),
            (ACKNOWLEDGEMENT_DE, "automatisch", "Mensch"),
            (ANSWER_EN, "automatically", "person"),
            (ACKNOWLEDGEMENT_EN, "automatically", "person"),
        ] {
            assert!(
                text.contains(automatic) && text.contains(person) && text.contains("#{number}"),
                "{text}"
            );
        }
    }
}
