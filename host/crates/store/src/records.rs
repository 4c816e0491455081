//! Records that only the store and its callers share: intake, suppression, paging, filters, counts.

use std::collections::BTreeSet;

use domain::id::{ContactId, IntakeId, TicketId};
use domain::job::Job;
use domain::seal::Sealed;
use domain::ticket::{StatusCategory, Ticket};
use domain::{Timestamp, text_enum};

text_enum! {
    /// What came in.
    IntakeKind {
        /// A raw mail.
        Mail = "mail",
        /// A new request through a form or the API.
        Ticket = "ticket",
    }
}

text_enum! {
    /// How far something that came in has got.
    IntakeState {
        /// Waits for redaction.
        Waiting = "waiting",
        /// Held because redaction failed: a person decides.
        Held = "held",
        /// Taken in or refused for good.
        Done = "done",
    }
}

/// Something that came in and lies sealed until redaction has seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Id.
    pub id: IntakeId,
    /// Which entrance: a mailbox, `api`, …
    pub source: String,
    /// When.
    pub received_at: Timestamp,
    /// What.
    pub kind: IntakeKind,
    /// The raw bytes, sealed; empty in lists and after they were dropped.
    pub sealed: Sealed,
    /// How far it has got.
    pub state: IntakeState,
    /// Why it is held or was refused, for people.
    pub reason: Option<String>,
    /// The ticket it became.
    pub ticket_id: Option<TicketId>,
}

/// An address that is not written to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Suppression {
    /// Address, lower case.
    pub address: String,
    /// Why.
    pub reason: String,
    /// Until when; forever when absent.
    pub until: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Id of the last item of the page before (for dead jobs their sequence, for suppressions the address, for tickets
    /// `TicketFilter::place`).
    pub after: Option<String>,
    /// Most items.
    pub limit: u32,
}

impl Page {
    /// The first page.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// The page after an item.
    #[must_use]
    pub fn after(id: impl std::fmt::Display, limit: u32) -> Self {
        Self { after: Some(id.to_string()), limit }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::first(50)
    }
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WordsIn {
    /// In messages.
    #[default]
    Messages,
    /// In messages, or in the name of a ticket's customer, or that one's address begins with what was typed (three signs
    /// at least). Of very many such customers some count: by name those who came last, by address the first.
    MessagesAndCustomers,
}

/// Which tickets; what is absent does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketFilter {
    /// Status means this.
    pub status_category: Option<StatusCategory>,
    /// Has this tag.
    pub tag: Option<String>,
    /// Belongs to this team.
    pub team: Option<String>,
    /// Is about this.
    pub category: Option<String>,
    /// Is this person's, capitals or not; empty: nobody's.
    pub assignee: Option<String>,
    /// Its subject has these words in a row, capitals or not.
    pub subject: Option<String>,
    /// One of its messages has all of these words in its subject and text, capitals or not. The last one may be a
    /// beginning, and words in quotes stand in a row; without a letter or digit they do not matter. Of a word that stands
    /// in very many messages, the newest count (the oldest where the oldest tickets come first).
    pub words: Option<String>,
    /// Where those words are looked for.
    pub words_in: WordsIn,
    /// Asked by this contact.
    pub requester: Option<ContactId>,
    /// The customer last wrote before this.
    pub customer_silent_since: Option<Timestamp>,
    /// Our last reply is older than this and newer than the customer's last message.
    pub replied_before: Option<Timestamp>,
    /// Solved before this.
    pub solved_before: Option<Timestamp>,
    /// Created after this.
    pub created_after: Option<Timestamp>,
    /// Of one of these inboxes; empty: of any, or of none.
    pub inboxes: BTreeSet<String>,
    /// New or open, and of what people wrote the newest is the customer's: a machine's answer is none, nor is one that
    /// could not be delivered. Whoever was erased does not wait.
    pub waiting: bool,
    /// In the order of the customers' newest messages (where there is none, of when they came), not of when they came.
    pub by_customer: bool,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
}

impl TicketFilter {
    /// Where a ticket stands in this order. By the customers' messages that is a moment with the ticket: its customer may
    /// write before the next page is asked for.
    #[must_use]
    pub fn place(&self, ticket: &Ticket) -> String {
        if !self.by_customer {
            return ticket.id.to_string();
        }
        let moment = ticket.last_customer_message_at.unwrap_or(ticket.created_at);
        format!("{}.{}", moment.0, ticket.id)
    }

    /// The page behind such a place; the first one where it is none of this order.
    #[must_use]
    pub fn page_behind(&self, place: &str, limit: u32) -> Page {
        let is_known = match self.by_customer {
            true => moment_and_id(place).is_some(),
            false => place.parse::<TicketId>().is_ok(),
        };
        Page { after: is_known.then(|| place.to_owned()), limit }
    }
}

/// Moment and ticket of a place in the order of the customers' newest messages.
pub(crate) fn moment_and_id(place: &str) -> Option<(i64, TicketId)> {
    let (moment, id) = place.split_once('.')?;
    Some((moment.parse().ok()?, id.parse().ok()?))
}

/// `ERASED` as a literal, to be put into statements.
macro_rules! erased {
    () => {
        "(erased)"
    };
}
pub(crate) use erased;

/// What stands in the place of words that were erased: of a message, of a subject, and of an answer that was kept for a
/// repeated request. It tells nothing but that something stood there.
pub const ERASED: &str = erased!();

/// A person to be taken out of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forget {
    /// Whom.
    pub contact_id: ContactId,
    /// Their address, lower case, in each spelling that texts have it in.
    pub addresses: Vec<String>,
    /// What stands in its place: no address of anybody.
    pub address_after: String,
    /// Digests of values of theirs (address, name), wherever those were sealed.
    pub digests: Vec<String>,
}

/// How often each change was applied, by its digest.
pub type Changes = Vec<(String, i64)>;

/// Automatic messages that have left or may have left, as the gate's budgets count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AutomaticCounts {
    /// On the ticket within 24 hours, since a person's newest public message.
    pub on_ticket_day: i64,
    /// To the address within 24 hours.
    pub to_address_day: i64,
    /// To the address within seven days, answering nothing.
    pub notices_week: i64,
    /// To the domain within an hour.
    pub to_domain_hour: i64,
    /// On tickets of this one's inbox within an hour.
    pub of_inbox_hour: i64,
    /// Altogether within an hour.
    pub total_hour: i64,
}

impl std::ops::Add for AutomaticCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            on_ticket_day: self.on_ticket_day + other.on_ticket_day,
            to_address_day: self.to_address_day + other.to_address_day,
            notices_week: self.notices_week + other.notices_week,
            to_domain_hour: self.to_domain_hour + other.to_domain_hour,
            of_inbox_hour: self.of_inbox_hour + other.of_inbox_hour,
            total_hour: self.total_hour + other.total_hour,
        }
    }
}

/// How much work there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct QueueState {
    /// Lanes that could be worked now.
    pub ready: i64,
    /// Lanes whose head job waits for its time.
    pub waiting: i64,
    /// Lanes being worked.
    pub leased: i64,
    /// Jobs given up.
    pub dead: i64,
    /// How long the oldest ready lane has been ready, milliseconds.
    pub oldest_ready_ms: i64,
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadJob {
    /// Lane it was in.
    pub lane: String,
    /// Its place; never given twice.
    pub sequence: i64,
    /// What was to be done.
    pub job: Job,
    /// Tries made.
    pub attempts: i64,
    /// What went wrong last.
    pub last_error: String,
    /// When it was given up.
    pub died_at: Timestamp,
}
