//! The few words of a story that are ours, in German and English. Event types, decisions, verdicts and
//! fields stay the words that code, API and documents use; reasons are told as far as their plugin, or the house for
//! its own (`house.de.tsv`), has them in the language.

use std::str::FromStr;

use crate::files::size;

/// The language in which a story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tongue {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl FromStr for Tongue {
    type Err = &'static str;

    /// From a BCP 47 tag.
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        match tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase().as_str() {
            "en" => Ok(Self::English),
            "de" => Ok(Self::German),
            _ => Err("stories are told in de or en"),
        }
    }
}

impl Tongue {
    /// Its BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// A measured size, as the reader writes it.
    #[must_use]
    pub fn size(self, bytes: impl TryInto<u64>) -> String {
        let told = size(bytes);
        match self {
            Self::English => told,
            Self::German => told.replace('.', ",").replace("bytes", "Byte").replace("byte", "Byte"),
        }
    }

    /// The words.
    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

/// What a story says beside the words of the design.
pub(super) struct Words {
    /// Whose words they are.
    pub(super) tongue: Tongue,
    pub(super) language: &'static str,
    pub(super) category: &'static str,
    pub(super) team: &'static str,
    pub(super) assignee: &'static str,
    pub(super) tags: &'static str,
    /// #7 *by* email; *by* plugin x.
    pub(super) through: &'static str,
    pub(super) by: &'static str,
    pub(super) because_of: &'static str,
    pub(super) to_the_customer: &'static str,
    /// A message *from* #12, which was merged into the ticket.
    pub(super) from_ticket: &'static str,
    pub(super) helped: &'static str,
    pub(super) not_helped: &'static str,
    /// \[IBAN-1\] *in* text, *rule* iban.check.
    pub(super) within: &'static str,
    pub(super) rule: &'static str,
    pub(super) redacted: &'static str,
    /// In the place of words that are not kept any more.
    pub(super) erased: &'static str,
    pub(super) fuel: &'static str,
    pub(super) reply: &'static str,
    pub(super) reply_from: &'static str,
    pub(super) note: &'static str,
    pub(super) notify: &'static str,
    pub(super) escalate: &'static str,
    pub(super) escalate_to: &'static str,
    pub(super) timer: &'static str,
}

const ENGLISH: Words = Words {
    tongue: Tongue::English,
    language: "language",
    category: "category",
    team: "team",
    assignee: "assignee",
    tags: "tags",
    through: "by",
    by: "by",
    because_of: "because of",
    to_the_customer: "to the customer",
    from_ticket: "from",
    helped: "it helped",
    not_helped: "it did not help",
    within: "in",
    rule: "rule",
    redacted: "redacted",
    erased: "(erased)",
    fuel: "fuel",
    reply: "reply",
    reply_from: "reply from article",
    note: "note",
    notify: "notify",
    escalate: "escalate",
    escalate_to: "escalate to",
    timer: "timer",
};

const GERMAN: Words = Words {
    tongue: Tongue::German,
    language: "Sprache",
    category: "Thema",
    team: "Team",
    assignee: "zuständig",
    tags: "Schlagworte",
    through: "über",
    by: "von",
    because_of: "wegen",
    to_the_customer: "an die Kundschaft",
    from_ticket: "aus",
    helped: "sie hat geholfen",
    not_helped: "sie hat nicht geholfen",
    within: "in",
    rule: "Regel",
    redacted: "geschwärzt",
    erased: "(gelöscht)",
    fuel: "Fuel",
    reply: "Antwort",
    reply_from: "Antwort aus Artikel",
    note: "Notiz",
    notify: "Benachrichtigung",
    escalate: "Eskalation",
    escalate_to: "Eskalation an",
    timer: "Timer",
};
