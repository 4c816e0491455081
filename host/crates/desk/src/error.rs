//! What a use case may answer instead of a result.

use domain::Refusal;
use store::StoreError;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A rule said no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    Missing {
        /// Kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// Redaction is not possible now; nothing was stored in the clear.
    #[error(
        "redaction is not possible now: {0}. The text was not stored; try again, or see the redaction plugin's runs"
    )]
    Redaction(String),
    /// Somebody else changed it at the same time, again and again.
    #[error("{0} kept changing at the same time; try again")]
    Busy(&'static str),
    /// It was done before under the same key; the outcome is remembered there.
    #[error("it was done before under the same key; ask for the outcome that is remembered under it")]
    Repeated,
    /// The store answered with an error.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A plugin was refused.
    #[error("{sentence}")]
    Plugin {
        /// Stable code.
        code: &'static str,
        /// What is wrong and what to do.
        sentence: String,
    },
    /// Something outside of the database did not work.
    #[error("{0}")]
    Outside(String),
    /// A sealed value cannot be opened: another key, or damaged.
    #[error("a sealed value cannot be opened: is the key file the one it was sealed with?")]
    Seal,
}

impl DeskError {
    /// A missing thing.
    #[must_use]
    pub fn missing(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::Missing { what, id: id.to_string() }
    }
}

impl From<runtime::Refused> for DeskError {
    fn from(refused: runtime::Refused) -> Self {
        Self::Plugin { code: refused.code, sentence: refused.sentence }
    }
}
