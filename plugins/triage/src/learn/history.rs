//! Past tickets as examples: what people left on a ticket when it was done is what it was about.

use kulanz_sdk::{Error, Ticket, tickets};

/// Tickets of one page, as the contract says.
pub const PAGE: u32 = 200;

/// Which field is learnt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The category; the team goes with it.
    #[default]
    Category,
    /// The team itself, where tickets are sorted by teams only.
    Team,
    /// What type of message it is: learnt from corrections only, beside the other two.
    #[serde(skip)]
    Type,
    /// Whether the customer is angry or pleased: likewise.
    #[serde(skip)]
    Sentiment,
}

impl Field {
    /// What is learnt beside category and team.
    pub const KINDS: [Self; 2] = [Self::Type, Self::Sentiment];

    /// The field's name on a ticket.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Team => "team",
            Self::Type => "custom.type",
            Self::Sentiment => "custom.sentiment",
        }
    }

    /// The key of a custom field.
    #[must_use]
    pub fn custom_key(self) -> Option<&'static str> {
        self.name().strip_prefix("custom.")
    }
}

/// A past ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Digest of its id.
    pub key: u64,
    /// Subject and first message.
    pub text: String,
    /// What it turned out to be.
    pub label: String,
    /// Who had it.
    pub team: Option<String>,
    /// Digest of who asked.
    pub requester: u32,
    /// When it came, milliseconds since 1970.
    pub created_ms: u64,
}

/// Tickets in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Those to learn from.
    pub tickets: Vec<Past>,
    /// When the last one came.
    pub cursor_ms: u64,
    /// Whether there are no more.
    pub last: bool,
}

/// The next page of tickets that came after an instant.
///
/// # Errors
/// The grant is missing, or the house cannot answer.
pub fn page(field: Field, after_ms: u64, limit: u32) -> Result<Page, Error> {
    let query = tickets::Query { created_after_ms: Some(after_ms), limit, ..tickets::Query::default() };
    let found = tickets::search(&query)?;
    let cursor_ms = found.iter().map(Ticket::created_at_ms).max().unwrap_or(after_ms);
    let last = found.len() < limit as usize;
    let past = found.iter().map(|ticket| past(field, ticket)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page { tickets: past.into_iter().flatten().collect(), cursor_ms, last })
}

/// A ticket to learn from: people are done with it, and it says what it was about.
fn past(field: Field, ticket: &Ticket<'_>) -> Result<Option<Past>, Error> {
    if !matches!(ticket.status_category().as_str(), "solved" | "closed") {
        return Ok(None);
    }
    let Some(label) = label(field, ticket) else { return Ok(None) };
    let Some(text) = text(ticket)? else { return Ok(None) };
    Ok(Some(Past {
        key: key(ticket),
        text,
        label,
        team: ticket.team(),
        requester: requester(ticket),
        created_ms: ticket.created_at_ms(),
    }))
}

/// What a ticket is sorted as.
#[must_use]
pub fn label(field: Field, ticket: &Ticket<'_>) -> Option<String> {
    let label = match field {
        Field::Category => ticket.category(),
        Field::Team => ticket.team(),
        Field::Type | Field::Sentiment => None,
    };
    label.filter(|label| !label.is_empty())
}

/// Subject and the customer's first message, without quotes and signature; none when a machine wrote it.
///
/// # Errors
/// Text is not granted.
pub fn text(ticket: &Ticket<'_>) -> Result<Option<String>, Error> {
    // Without the grant to read the history, the newest message stands for the first.
    let first = match ticket.messages() {
        Ok(messages) => messages.into_iter().find(|m| m.direction() == "inbound"),
        Err(_) => ticket.last_inbound(),
    };
    let Some(message) = first.filter(|m| m.auto_class() == "human") else { return Ok(None) };
    Ok(Some(joined(&ticket.subject()?, &message.reply_text()?)))
}

/// Subject and text as one.
#[must_use]
pub fn joined(subject: &str, text: &str) -> String {
    if subject.trim().is_empty() { text.to_owned() } else { format!("{subject}\n{text}") }
}

/// Digest of a ticket's id: another house has the same numbers, and not the same ids. FNV-1a.
#[must_use]
pub fn key(ticket: &Ticket<'_>) -> u64 {
    let mix = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    ticket.id().bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// Digest of who asked: enough to count by, not to know who it was.
#[must_use]
pub fn requester(ticket: &Ticket<'_>) -> u32 {
    let id = ticket.requester().map(|contact| contact.id()).unwrap_or_default();
    id.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
