//! A ticket and who asks, as the host shows them. Each getter is one host call: read once and keep it.

use crate::handle::Handle;
use crate::host::types as raw;
use crate::{Error, Message};

/// One case, as the stage sees it.
pub struct Ticket<'a>(Handle<'a, raw::Ticket>);

impl<'a> Ticket<'a> {
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn lent(raw: &'a raw::Ticket) -> Self {
        Self(Handle::Lent(raw))
    }

    pub(crate) fn own(raw: raw::Ticket) -> Ticket<'static> {
        Ticket(Handle::Own(raw))
    }

    /// Id, as effects want it.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// Number for people.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.number()
    }

    /// Status by its own name.
    #[must_use]
    pub fn status(&self) -> String {
        self.0.status()
    }

    /// `new`, `open`, `pending`, `on_hold`, `solved` or `closed`.
    #[must_use]
    pub fn status_category(&self) -> String {
        self.0.status_category()
    }

    /// `low`, `normal`, `high` or `urgent`.
    #[must_use]
    pub fn priority(&self) -> String {
        self.0.priority()
    }

    /// `email`, `form`, `chat` or `api`.
    #[must_use]
    pub fn channel(&self) -> String {
        self.0.channel()
    }

    /// BCP 47 language, if known.
    #[must_use]
    pub fn language(&self) -> Option<String> {
        self.0.language()
    }

    /// Category, if sorted.
    #[must_use]
    pub fn category(&self) -> Option<String> {
        self.0.category()
    }

    /// Team, if any.
    #[must_use]
    pub fn team(&self) -> Option<String> {
        self.0.team()
    }

    /// Agent, if any.
    #[must_use]
    pub fn assignee(&self) -> Option<String> {
        self.0.assignee()
    }

    /// Tags in order.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        self.0.tags()
    }

    /// When it came to be, in milliseconds since 1970.
    #[must_use]
    pub fn created_at_ms(&self) -> u64 {
        self.0.created_at_ms()
    }

    /// The customer's newest message.
    #[must_use]
    pub fn last_customer_message_at_ms(&self) -> Option<u64> {
        self.0.last_customer_message_at_ms()
    }

    /// Our newest public message.
    #[must_use]
    pub fn last_reply_at_ms(&self) -> Option<u64> {
        self.0.last_reply_at_ms()
    }

    /// When it was solved, if it is.
    #[must_use]
    pub fn solved_at_ms(&self) -> Option<u64> {
        self.0.solved_at_ms()
    }

    /// Subject line. Needs `read:subject`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn subject(&self) -> Result<String, Error> {
        Ok(self.0.subject()?)
    }

    /// One custom field. Needs `read:custom`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn custom(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.0.custom(key)?)
    }

    /// All custom fields. Needs `read:custom`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn custom_fields(&self) -> Result<Vec<(String, String)>, Error> {
        Ok(self.0.custom_fields()?)
    }

    /// Who asks.
    #[must_use]
    pub fn requester(&self) -> Option<Contact> {
        self.0.requester().map(Contact)
    }

    /// The newest message of the customer.
    #[must_use]
    pub fn last_inbound(&self) -> Option<Message> {
        self.0.last_inbound().map(Message::own)
    }

    /// All messages, oldest first, at most the newest 50. Needs `read:history`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn messages(&self) -> Result<Vec<Message>, Error> {
        Ok(self.0.messages()?.into_iter().map(Message::own).collect())
    }
}

/// Who asks.
pub struct Contact(raw::Contact);

impl Contact {
    /// Id.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// Name, if known. Needs `read:contact.name`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn name(&self) -> Result<Option<String>, Error> {
        Ok(self.0.name()?)
    }

    /// Address. Needs `read:contact.email`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn email(&self) -> Result<String, Error> {
        Ok(self.0.email()?)
    }

    /// BCP 47 locale, if known.
    #[must_use]
    pub fn locale(&self) -> Option<String> {
        self.0.locale()
    }

    /// IANA time zone, if known.
    #[must_use]
    pub fn time_zone(&self) -> Option<String> {
        self.0.time_zone()
    }

    /// Whether the address was proven to be theirs.
    #[must_use]
    pub fn verified(&self) -> bool {
        self.0.verified()
    }

    /// Whether they may be written to without having asked: so until they end it.
    #[must_use]
    pub fn proactive_consent(&self) -> bool {
        self.0.proactive_consent()
    }
}
