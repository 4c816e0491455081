//! A text that a redaction hook searches, in named parts.

use crate::handle::Handle;
use crate::host::types as raw;

/// A text to be searched for personal data.
pub struct Document<'a>(Handle<'a, raw::Document>);

impl<'a> Document<'a> {
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn lent(raw: &'a raw::Document) -> Self {
        Self(Handle::Lent(raw))
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn own(raw: raw::Document) -> Document<'static> {
        Document(Handle::Own(raw))
    }

    /// Number of parts.
    #[must_use]
    pub fn parts(&self) -> u32 {
        self.0.parts()
    }

    /// `subject`, `text`, `file_name`, …
    #[must_use]
    pub fn part_name(&self, index: u32) -> String {
        self.0.part_name(index)
    }

    /// The text of a part; empty outside the document.
    #[must_use]
    pub fn part_text(&self, index: u32) -> String {
        self.0.part_text(index)
    }

    /// BCP 47 hint.
    #[must_use]
    pub fn language(&self) -> Option<String> {
        self.0.language()
    }

    /// Names and addresses known from the message itself.
    #[must_use]
    pub fn known(&self) -> Vec<String> {
        self.0.known()
    }
}
