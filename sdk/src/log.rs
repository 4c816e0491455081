//! Lines for the run's record. Bounded; what is too much is dropped and counted.

use crate::host::log::{Level, write};

/// Finest detail.
pub fn trace(message: impl AsRef<str>) {
    write(Level::Trace, message.as_ref());
}

/// Detail for the author.
pub fn debug(message: impl AsRef<str>) {
    write(Level::Debug, message.as_ref());
}

/// What an admin may want to know.
pub fn info(message: impl AsRef<str>) {
    write(Level::Info, message.as_ref());
}

/// What an admin should know.
pub fn warn(message: impl AsRef<str>) {
    write(Level::Warn, message.as_ref());
}

/// What went wrong.
pub fn error(message: impl AsRef<str>) {
    write(Level::Error, message.as_ref());
}
