//! How a channel fails. The adapter knows whether trying again makes sense, so it says so.

/// A channel's failure. Never carries subjects, bodies, addresses or secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The same attempt may well succeed later.
    #[error("{why}; it will be tried again")]
    Transient {
        /// What happened.
        why: String,
        /// How long the other side asked to be left alone, if it did.
        after_ms: Option<i64>,
    },
    /// Trying again changes nothing until somebody changes something.
    #[error("{why}")]
    Permanent {
        /// What is wrong and what to do.
        why: String,
    },
    /// All of it was handed over, and no answer says whether it was taken: another attempt may be a second one.
    #[error("{why}; whether it was taken is not known")]
    Unknown {
        /// What happened.
        why: String,
    },
    /// The other side does not accept who we say we are.
    #[error("{why}; check the configured user name and password")]
    Credentials {
        /// What the other side said.
        why: String,
    },
}

impl ChannelError {
    /// Worth another try, at a time of the caller's choosing.
    #[must_use]
    pub fn transient(why: impl Into<String>) -> Self {
        Self::Transient { why: why.into(), after_ms: None }
    }

    /// Not worth another try.
    #[must_use]
    pub fn permanent(why: impl Into<String>) -> Self {
        Self::Permanent { why: why.into() }
    }

    /// Its kind in a word, to be counted by.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Transient { .. } => "transient",
            Self::Unknown { .. } => "unknown",
            Self::Permanent { .. } => "permanent",
            Self::Credentials { .. } => "credentials",
        }
    }

    /// Whether trying again makes sense without anybody changing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transient { .. })
    }
}
