//! What is written to customers, in German and English. Templates are filled in one pass.

use crate::notice::Settings;

/// A language that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `de`
    German,
    /// `en`
    English,
}

impl Language {
    /// Its BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }
}

/// The customer's language; English for one that we do not write; the admin's choice when unknown.
#[must_use]
pub fn language(known: Option<&str>, default: &str) -> Language {
    match known.unwrap_or(default).split(['-', '_']).next() {
        Some(tag) if tag.eq_ignore_ascii_case("de") => Language::German,
        _ => Language::English,
    }
}

/// An admin's own texts; empty ones are built in. They may use `{number}`, `{days}` and `{signature}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Texts {
    /// Reminder, German.
    pub reminder_de: String,
    /// Reminder, English.
    pub reminder_en: String,
    /// Follow-up, German.
    pub follow_up_de: String,
    /// Follow-up, English.
    pub follow_up_en: String,
}

const REMINDER_DE: &str = "Guten Tag,

zu Ihrem Ticket #{number} warten wir noch auf eine Antwort von Ihnen. Damit wir weitermachen können, antworten Sie bitte einfach auf diese Nachricht.

Hat sich die Sache erledigt, brauchen Sie nichts zu tun.

Diese Erinnerung wurde automatisch verschickt; Ihre Antwort liest ein Mensch.

Freundliche Grüße
{signature}
";

const REMINDER_EN: &str = "Hello,

we are still waiting for your answer on ticket #{number}. Please simply reply to this message so that we can go on.

If the matter is settled, there is nothing you need to do.

This reminder was sent automatically; a person reads your answer.

Kind regards
{signature}
";

const FOLLOW_UP_DE: &str = "Guten Tag,

wir haben Ihr Ticket #{number} vor {days} Tagen abgeschlossen. Ist alles in Ordnung? Wenn nicht, antworten Sie einfach auf diese Nachricht: Dann öffnen wir das Ticket wieder.

Diese Nachfrage wurde automatisch verschickt; Ihre Antwort liest ein Mensch.

Freundliche Grüße
{signature}
";

const FOLLOW_UP_EN: &str = "Hello,

we closed your ticket #{number} {days} days ago. Is everything all right? If not, simply reply to this message and we will reopen it.

This question was sent automatically; a person reads your answer.

Kind regards
{signature}
";

const ANNOUNCEMENT_DE: &str = "Guten Tag,

zu Ihrem Ticket #{number} möchten wir Sie informieren:

{text}

Sie brauchen nichts zu tun. Diese Nachricht wurde automatisch verschickt; wenn Sie darauf antworten, liest das ein Mensch.

Freundliche Grüße
{signature}
";

const ANNOUNCEMENT_EN: &str = "Hello,

we would like to let you know about your ticket #{number}:

{text}

There is nothing you need to do. This message was sent automatically; if you reply, a person reads it.

Kind regards
{signature}
";

/// Subject and text of a reminder.
#[must_use]
pub fn reminder(language: Language, number: u64, days: u64, settings: &Settings) -> (String, String) {
    let (subject, template) = match language {
        Language::German => ("Wir warten auf Ihre Antwort", either(&settings.texts.reminder_de, REMINDER_DE)),
        Language::English => {
            ("We are waiting for your answer", either(&settings.texts.reminder_en, REMINDER_EN))
        }
    };
    (with_number(subject, number), fill(template, language, number, settings, (days, "")))
}

/// Subject and text of a follow-up.
#[must_use]
pub fn follow_up(language: Language, number: u64, days: u64, settings: &Settings) -> (String, String) {
    let (subject, template) = match language {
        Language::German => ("Ist alles in Ordnung?", either(&settings.texts.follow_up_de, FOLLOW_UP_DE)),
        Language::English => ("Is everything all right?", either(&settings.texts.follow_up_en, FOLLOW_UP_EN)),
    };
    (with_number(subject, number), fill(template, language, number, settings, (days, "")))
}

/// Subject and text of an announcement.
#[must_use]
pub fn announcement(language: Language, number: u64, settings: &Settings, text: &str) -> (String, String) {
    let (subject, template) = match language {
        Language::German => ("Bekannte Störung", ANNOUNCEMENT_DE),
        Language::English => ("Known incident", ANNOUNCEMENT_EN),
    };
    (with_number(subject, number), fill(template, language, number, settings, (0, text)))
}

fn with_number(subject: &str, number: u64) -> String {
    format!("{subject} (Ticket #{number})")
}

fn either<'a>(own: &'a str, built_in: &'a str) -> &'a str {
    if own.trim().is_empty() { built_in } else { own }
}

fn fill(
    template: &str,
    language: Language,
    number: u64,
    settings: &Settings,
    (days, text): (u64, &str),
) -> String {
    let signature = match language {
        Language::German => either(&settings.signature, "Ihr Serviceteam"),
        Language::English => either(&settings.signature, "Your service team"),
    };
    let mut out = String::with_capacity(template.len() + text.len() + 60);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or(("", after));
        rest = behind;
        match name {
            "number" => out.push_str(&number.to_string()),
            "days" => out.push_str(&days.to_string()),
            "text" => out.push_str(text),
            "signature" => out.push_str(signature),
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_says_that_it_is_automatic_and_that_a_person_reads_the_answer() {
        for text in [REMINDER_DE, FOLLOW_UP_DE, ANNOUNCEMENT_DE] {
            assert!(
                text.contains("automatisch") && text.contains("Mensch") && text.contains("#{number}"),
                "{text}"
            );
        }
        for text in [REMINDER_EN, FOLLOW_UP_EN, ANNOUNCEMENT_EN] {
            assert!(
                text.contains("automatically") && text.contains("person") && text.contains("#{number}"),
                "{text}"
            );
        }
    }

    #[test]
    fn braces_in_an_incidents_text_stay_what_they_are() {
        let (_, text) = announcement(Language::English, 7, &Settings::default(), "Error {number} {");
        assert!(text.contains("Error {number} {") && text.contains("#7"), "{text}");
    }

    #[test]
    fn own_texts_replace_the_built_in_ones() {
        let texts =
            Texts { reminder_de: "Nr. {number}, {days} Tage, {signature} {x".into(), ..Texts::default() };
        let settings = Settings { texts, signature: "Lena".into(), ..Settings::default() };
        assert_eq!(reminder(Language::German, 7, 3, &settings).1, "Nr. 7, 3 Tage, Lena {x");
    }

    #[test]
    fn an_unknown_language_gets_the_admins_choice_and_a_foreign_one_english() {
        assert_eq!(language(None, "de"), Language::German);
        assert_eq!(language(Some("fr"), "de"), Language::English);
        assert_eq!(language(Some("de-AT"), "en"), Language::German);
    }
}
