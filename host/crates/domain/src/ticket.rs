//! A ticket: one case. Only its shape and its words; how it changes stands in `work`.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ContactId, TicketId};
use crate::{Refusal, Timestamp, text_enum};

text_enum! {
    /// What a status means. Teams may rename statuses; rules use the category.
    StatusCategory {
        /// Nobody has looked at it.
        New = "new",
        /// Being worked on.
        Open = "open",
        /// Waiting for the customer.
        Pending = "pending",
        /// Waiting for somebody else.
        OnHold = "on_hold",
        /// Answered; reopens when the customer writes again.
        Solved = "solved",
        /// Over; a new message opens a new ticket.
        Closed = "closed",
    }
}

text_enum! {
    /// How soon.
    Priority {
        /// Can wait.
        Low = "low",
        /// The usual.
        Normal = "normal",
        /// Before the others.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

text_enum! {
    /// How a request came in.
    Channel {
        /// E-mail.
        Email = "email",
        /// The portal's form.
        Form = "form",
        /// Chat.
        Chat = "chat",
        /// The REST API.
        Api = "api",
    }
}

/// The topic of what nobody asked for; triage learns it from people.
pub const SPAM: &str = "spam";

/// Key of the field that names another ticket to which this one may belong: `#12`.
pub const RELATED: &str = "related";

/// One case.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Ticket {
    /// Id.
    pub id: TicketId,
    /// The number people say. Unique; gaps are possible.
    pub number: i64,
    /// Redacted subject.
    pub subject: String,
    /// The status's name; by default the category's.
    pub status: String,
    /// What the status means.
    pub status_category: StatusCategory,
    /// How soon.
    pub priority: Priority,
    /// How it came in.
    pub channel: Channel,
    /// The inbox it came in by; none: by none that the admin has named.
    #[serde(default)]
    pub inbox: Option<String>,
    /// BCP 47 language of the customer, when known.
    pub language: Option<String>,
    /// What it is about, as triage decided.
    pub category: Option<String>,
    /// Who asks.
    pub requester_id: ContactId,
    /// Team key, such as `billing`.
    pub team: Option<String>,
    /// Agent in charge.
    pub assignee: Option<String>,
    /// Tags.
    pub tags: BTreeSet<String>,
    /// Custom fields by key.
    pub custom: BTreeMap<String, String>,
    /// Which fields an agent or an API client set last; plugins do not overwrite those.
    // The name that recorded runs know it by, from when only agents set fields.
    #[serde(rename = "set_by_person")]
    pub set_by_hand: BTreeSet<String>,
    /// Counts commits that touched the ticket.
    pub version: i64,
    /// Sequence of the ticket's newest event.
    pub event_sequence: i64,
    /// Created.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// Last message of the customer.
    pub last_customer_message_at: Option<Timestamp>,
    /// Last public message from us.
    pub last_reply_at: Option<Timestamp>,
    /// When it was solved.
    pub solved_at: Option<Timestamp>,
    /// The ticket that it turned out to belong to: it is closed, takes nothing any more and goes on there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<TicketId>,
}

/// What stands in front of a custom field's key in the field's name.
pub const CUSTOM: &str = "custom.";

/// A field that people and plugins may set, by its one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `status`
    Status,
    /// `priority`
    Priority,
    /// `language`
    Language,
    /// `category`
    Category,
    /// `team`
    Team,
    /// `assignee`
    Assignee,
    /// `custom.<key>`
    Custom(String),
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status => f.write_str("status"),
            Self::Priority => f.write_str("priority"),
            Self::Language => f.write_str("language"),
            Self::Category => f.write_str("category"),
            Self::Team => f.write_str("team"),
            Self::Assignee => f.write_str("assignee"),
            Self::Custom(key) => write!(f, "{CUSTOM}{key}"),
        }
    }
}

impl std::str::FromStr for Field {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        Ok(match text {
            "status" => Self::Status,
            "priority" => Self::Priority,
            "language" => Self::Language,
            "category" => Self::Category,
            "team" => Self::Team,
            "assignee" => Self::Assignee,
            _ => match text.strip_prefix(CUSTOM) {
                Some(key) if is_key(key) => Self::Custom(key.to_owned()),
                _ => {
                    return Err(Refusal::unknown_word(
                        "ticket field",
                        text,
                        &["status", "priority", "language", "category", "team", "assignee", "custom.<key>"],
                    ));
                }
            },
        })
    }
}

/// Custom fields of a ticket.
pub const CUSTOM_MAX: usize = 64;
/// Tags of a ticket.
pub const TAGS_MAX: usize = 64;

/// Whether a text has the shape of a BCP 47 language tag, such as `de` or `en-GB`: a language of two or three letters
/// (ISO 639), then parts of one to eight letters and digits; at most 35 bytes, as RFC 5646 (section 4.4.1) recommends.
#[must_use]
pub fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Keys of custom fields, tags, teams and settings: lower-case ASCII words, at most 64 bytes.
#[must_use]
pub fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.:".contains(&b))
}

/// Words of a key that cannot spell out an address or a number.
const PLAIN_WORDS_MAX: usize = 3;

/// Whether a key may hold somebody's number or address: with a digit, or of so many words that it may be spelled out
/// (`ana-at-example-org`). What has neither is a word of the house.
#[must_use]
pub fn may_tell(key: &str) -> bool {
    key.bytes().any(|b| b.is_ascii_digit()) || key.split(['_', '-', '.', ':']).count() > PLAIN_WORDS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_few_words_without_a_digit_tells_nobodys_number_or_address() {
        for key in ["vip", "order-late", "asked-order_number", "legal-hold"] {
            assert!(is_key(key) && !may_tell(key), "{key}");
        }
        for key in ["0171-2345678", "ana-at-example-org", "10.0.0.17", "null-eins-sieben-eins", "q3"] {
            assert!(is_key(key) && may_tell(key), "{key}");
        }
    }
}
