//! One utterance on a ticket, already redacted. Each getter is one host call.

use crate::Error;
use crate::host::types as raw;

/// One utterance.
pub struct Message(raw::Message);

impl Message {
    pub(crate) fn own(raw: raw::Message) -> Self {
        Self(raw)
    }

    /// Id.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// `inbound`, `outbound` or `note`.
    #[must_use]
    pub fn direction(&self) -> String {
        self.0.direction()
    }

    /// `contact`, `agent`, `plugin`, `api` or `system`.
    #[must_use]
    pub fn author_kind(&self) -> String {
        self.0.author_kind()
    }

    /// `human`, `auto_replied`, `auto_generated`, `bounce` or `list`.
    #[must_use]
    pub fn auto_class(&self) -> String {
        self.0.auto_class()
    }

    /// Whether no person pressed send.
    #[must_use]
    pub fn automatic(&self) -> bool {
        self.0.automatic()
    }

    /// Whether the customer can see it.
    #[must_use]
    pub fn public(&self) -> bool {
        self.0.public()
    }

    /// BCP 47 language, if known.
    #[must_use]
    pub fn language(&self) -> Option<String> {
        self.0.language()
    }

    /// When, in milliseconds since 1970.
    #[must_use]
    pub fn created_at_ms(&self) -> u64 {
        self.0.created_at_ms()
    }

    /// Subject line. Needs `read:subject`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn subject(&self) -> Result<String, Error> {
        Ok(self.0.subject()?)
    }

    /// The whole text. Needs `read:text`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn text(&self) -> Result<String, Error> {
        Ok(self.0.text()?)
    }

    /// The text without quotes and signature. Needs `read:text`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn reply_text(&self) -> Result<String, Error> {
        Ok(self.0.reply_text()?)
    }

    /// Names of attached files. Needs `read:text`.
    ///
    /// # Errors
    /// Denied without the grant.
    pub fn attachment_names(&self) -> Result<Vec<String>, Error> {
        Ok(self.0.attachment_names()?)
    }
}
