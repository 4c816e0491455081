//! What is written to customers, in German and English. Texts are templates; what goes into them is put
//! in once, so that nothing a customer wrote can act as a template itself.

use crate::ask::AskFor;
use crate::decide::{Facts, Hit, Shown, percent};
use crate::greeting::{addressee, greeting};
use crate::hours::{Closed, Opening};
use crate::settings::Settings;
use crate::template::{self, AUTOMATIC, MORE, Unfilled};

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

/// An admin's own texts; empty ones are built in. They may use `{greeting}`, `{number}` and `{signature}`,
/// answers also `{title}`, `{body}` and `{automatic}`, confirmations `{more}`.
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

{automatic}

Freundliche Grüße
{signature}
";

const ANSWER_EN: &str = "{greeting}

thank you for your message (ticket #{number}). This article from our help centre should answer your question:

“{title}”

{body}

{automatic}

Kind regards
{signature}
";

const AUTOMATIC_DE: &str = "–––

Diese Antwort wurde automatisch ausgewählt. Hilft sie Ihnen nicht, antworten Sie einfach auf diese Nachricht: Dann kümmert sich ein Mensch aus unserem Team darum.";

const AUTOMATIC_EN: &str = "–––

This answer was chosen automatically. If it does not help, simply reply to this message and a person from our team will take care of it.";

const ACKNOWLEDGEMENT_DE: &str = "{greeting}

vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen und hat die Ticketnummer #{number}. Ein Mensch aus unserem Team liest sie und antwortet Ihnen.

{more}

Diese Eingangsbestätigung wurde automatisch verschickt. Möchten Sie etwas ergänzen, antworten Sie einfach auf diese Nachricht.

Freundliche Grüße
{signature}
";

const ACKNOWLEDGEMENT_EN: &str = "{greeting}

thank you for your message. We have received it as ticket #{number}. A person from our team will read it and get back to you.

{more}

This confirmation was sent automatically. If you would like to add anything, simply reply to this message.

Kind regards
{signature}
";

/// A text that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which of the admin's texts it is.
    pub name: String,
    /// What it lacks.
    pub unfilled: Unfilled,
}

impl Broken {
    /// Why nothing was sent.
    #[must_use]
    pub fn why(&self) -> String {
        let Self { name, unfilled } = self;
        format!("the text `{name}` has the placeholder {{{}}}, which has no value", unfilled.placeholder)
    }

    /// The note for agents, with what would have been sent.
    #[must_use]
    pub fn note(&self, language: Language) -> String {
        let Self { name, unfilled: Unfilled { placeholder, text } } = self;
        let head = match language {
            Language::German => format!(
                "Nichts wurde verschickt: Der Text `{name}` hat den Platzhalter {{{placeholder}}}, für den es keinen Wert gibt. Bitte antworten Sie von Hand und berichtigen Sie den Text in den Einstellungen. So hätte er gelautet:"
            ),
            Language::English => format!(
                "Nothing was sent: {}. Please answer by hand, and correct the text in the settings. It would have been:",
                self.why()
            ),
        };
        format!("{head}\n\n{text}")
    }
}

/// The reply with an article.
///
/// # Errors
/// A placeholder without a value.
pub fn answer(language: Language, facts: &Facts, settings: &Settings, hit: &Hit) -> Result<String, Broken> {
    let (name, own, built_in) = answer_texts(language, settings);
    let template = if lacks_body(own) { built_in } else { either(own, built_in) };
    let signature = signature(language, settings)?;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let value = |name: &str| match name {
        "title" => given(&hit.title),
        "body" => given(&hit.body),
        AUTOMATIC => Some(automatic(language, settings)),
        _ => general(name, language, facts, settings, &signature),
    };
    filled(name, template, value)
}

/// The name of an admin's text for an answer, that text, and the built-in one.
fn answer_texts(language: Language, settings: &Settings) -> (&'static str, &str, &'static str) {
    match language {
        Language::German => ("answer_de", &settings.texts.answer_de, ANSWER_DE),
        Language::English => ("answer_en", &settings.texts.answer_en, ANSWER_EN),
    }
}

/// Whether a text was written for answers that would go out without the article.
fn lacks_body(own: &str) -> bool {
    !own.trim().is_empty() && !own.contains("{body}")
}

/// The admin's text that would have left the article out, by name: the built-in one is sent instead.
#[must_use]
pub fn without_body(language: Language, settings: &Settings) -> Option<&'static str> {
    let (name, own, _) = answer_texts(language, settings);
    lacks_body(own).then_some(name)
}

/// A draft that a person reads and sends was not sent by a machine.
fn automatic(language: Language, settings: &Settings) -> String {
    match language {
        _ if settings.drafts => "",
        Language::German => AUTOMATIC_DE,
        Language::English => AUTOMATIC_EN,
    }
    .to_owned()
}

/// The reply that only confirms receipt.
///
/// # Errors
/// A placeholder without a value.
pub fn acknowledgement(language: Language, facts: &Facts, settings: &Settings) -> Result<String, Broken> {
    let texts = &settings.texts;
    let (name, template) = match language {
        Language::German => ("acknowledgement_de", either(&texts.acknowledgement_de, ACKNOWLEDGEMENT_DE)),
        Language::English => ("acknowledgement_en", either(&texts.acknowledgement_en, ACKNOWLEDGEMENT_EN)),
    };
    let signature = signature(language, settings)?;
    let general = |name: &str| general(name, language, facts, settings, &signature);
    let mut more = Vec::new();
    more.extend(facts.closed.map(|closed| when_open(language, closed)));
    if let Some((name, ask)) = facts.ask.as_ref().map(|ask| asking(language, ask)) {
        more.push(filled(&format!("{name} of {}", facts.ask_field()), ask, general)?);
    }
    let more = more.join("\n\n");
    let value = |name: &str| if name == MORE { Some(more.clone()) } else { general(name) };
    if more.is_empty() {
        return filled(name, template, value);
    }
    filled(name, &template::with_more(template), value)
}

/// The text that asks for what is missing, and its name.
fn asking(language: Language, ask: &AskFor) -> (&'static str, &str) {
    match language {
        Language::German => ("ask_de", ask.ask_de.trim()),
        Language::English => ("ask_en", ask.ask_en.trim()),
    }
}

const WEEKDAYS_DE: [&str; 7] =
    ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
const WEEKDAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS_DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// When somebody is there again; without an opening in sight no promise is made.
fn when_open(language: Language, Closed(opening): Closed) -> String {
    let Some(Opening { date, weekday, minute, today }) = opening else {
        return match language {
            Language::German => {
                "Zurzeit ist geschlossen; bis zu unserer Antwort kann es länger dauern als sonst."
            }
            Language::English => "We are closed at the moment, so our answer may take longer than usual.",
        }
        .to_owned();
    };
    let clock = format!("{}:{:02}", minute / 60, minute % 60);
    let (days, months) = match language {
        Language::German => (WEEKDAYS_DE, MONTHS_DE),
        Language::English => (WEEKDAYS_EN, MONTHS_EN),
    };
    let weekday = days.get(weekday).copied().unwrap_or_default();
    let month = months.get(usize::from(date.month).wrapping_sub(1)).copied().unwrap_or_default();
    match (language, today) {
        (Language::German, true) => {
            format!("Zurzeit ist geschlossen. Wir sind heute ab {clock} Uhr wieder für Sie da.")
        }
        (Language::German, false) => format!(
            "Zurzeit ist geschlossen. Wir sind ab {weekday}, {}. {month}, {clock} Uhr wieder für Sie da.",
            date.day
        ),
        (Language::English, true) => format!("We are closed at the moment and back today at {clock}."),
        (Language::English, false) => {
            format!("We are closed at the moment and back on {weekday}, {} {month}, at {clock}.", date.day)
        }
    }
}

/// The note about an own text without the article.
#[must_use]
pub fn wrong_text(language: Language, name: &str) -> String {
    match language {
        Language::German => format!(
            "Der Text `texts.{name}` in den Einstellungen hat keinen Platzhalter {{body}}: Die Antwort ginge ohne den Artikel hinaus. Der eingebaute Text wurde verwendet. Bitte ergänzen Sie {{body}} oder leeren Sie den Text."
        ),
        Language::English => format!(
            "The text `texts.{name}` in the settings has no placeholder {{body}}: the answer would go out without the article. The built-in text was used. Please add {{body}}, or leave the text empty."
        ),
    }
}

/// The note about opening hours that cannot be read; the error names the setting and how it is written.
#[must_use]
pub fn wrong_hours(language: Language, error: &str) -> String {
    match language {
        Language::German => format!(
            "Die Öffnungszeiten in den Einstellungen sind falsch und wurden nicht beachtet: {error}. Bitte berichtigen Sie die Einstellung."
        ),
        Language::English => format!(
            "The opening hours in the settings are wrong and were left out: {error}. Please correct the setting."
        ),
    }
}

/// The note for agents with articles that may answer, the first one in full.
#[must_use]
pub fn suggestion(language: Language, facts: &Facts, shown: &[Shown<'_>]) -> String {
    let (head, sure, none_sent) = match language {
        Language::German => ("Diese Artikel könnten antworten", "sicher", "Verschickt wurde keiner davon."),
        Language::English => ("These articles may answer", "sure", "None of them was sent."),
    };
    let mut out = format!("{head} (#{}). {none_sent}\n", facts.number);
    for Shown { hit, sure: share, obstacle } in shown {
        let why =
            obstacle.as_ref().map_or_else(String::new, |obstacle| format!("; {}", obstacle.told(language)));
        let share = percent(*share);
        out.push_str(&format!("\n– {} [{} {}, {share} {sure}{why}]", hit.title, hit.key, hit.locale));
    }
    if let Some(Shown { hit: best, .. }) = shown.first() {
        let body: String = best.body.trim().chars().take(SUGGESTION_CHARS_MAX).collect();
        out.push_str(&format!("\n\n{}\n\n{body}\n", best.title));
    }
    out
}

fn either<'a>(own: &'a str, built_in: &'a str) -> &'a str {
    if own.trim().is_empty() { built_in } else { own }
}

/// Values that every text has.
fn general(
    name: &str,
    language: Language,
    facts: &Facts,
    settings: &Settings,
    signature: &str,
) -> Option<String> {
    match name {
        "greeting" => Some(greeting(language, addressee(facts, settings))),
        "number" => Some(facts.number.to_string()),
        "signature" => Some(signature.to_owned()),
        _ => None,
    }
}

/// Who signs. Nothing is filled in there, so a placeholder in it has no value.
fn signature(language: Language, settings: &Settings) -> Result<String, Broken> {
    let built_in = match language {
        Language::German => "Ihr Serviceteam",
        Language::English => "Your service team",
    };
    filled("signature", either(&settings.signature, built_in), |_| None)
}

fn filled(name: &str, template: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, Broken> {
    template::fill(template, value).map_err(|unfilled| Broken { name: name.to_owned(), unfilled })
}

#[cfg(test)]
mod tests;
