//! The five ways in which a call can fail, on both sides of the border.

use crate::host::types::PluginError;

/// What went wrong. Errors are values: a denied capability never traps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The input makes no sense; says what to fix.
    InvalidInput(String),
    /// Not granted; names the grant.
    Denied(String),
    /// Try again after so many seconds.
    Retryable(u32),
    /// Not there just now.
    Unavailable(String),
    /// A defect.
    Internal(String),
}

impl Error {
    /// An input that makes no sense; says what to fix.
    pub fn invalid(sentence: impl Into<String>) -> Self {
        Self::InvalidInput(sentence.into())
    }

    /// A defect of the plugin.
    pub fn internal(sentence: impl Into<String>) -> Self {
        Self::Internal(sentence.into())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InvalidInput(what) => write!(f, "invalid input: {what}"),
            Self::Denied(what) => write!(f, "denied: {what}"),
            Self::Retryable(seconds) => write!(f, "try again in {seconds} s"),
            Self::Unavailable(what) => write!(f, "unavailable: {what}"),
            Self::Internal(what) => write!(f, "internal: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<PluginError> for Error {
    fn from(error: PluginError) -> Self {
        match error {
            PluginError::InvalidInput(what) => Self::InvalidInput(what),
            PluginError::Denied(what) => Self::Denied(what),
            PluginError::Retryable(seconds) => Self::Retryable(seconds),
            PluginError::Unavailable(what) => Self::Unavailable(what),
            PluginError::Internal(what) => Self::Internal(what),
        }
    }
}

impl From<Error> for PluginError {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidInput(what) => Self::InvalidInput(what),
            Error::Denied(what) => Self::Denied(what),
            Error::Retryable(seconds) => Self::Retryable(seconds),
            Error::Unavailable(what) => Self::Unavailable(what),
            Error::Internal(what) => Self::Internal(what),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::InvalidInput(error.to_string())
    }
}
