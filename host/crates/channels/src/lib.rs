//! Floor 1: the ways in and out. Takes mail over LMTP and SMTP, fetches it over IMAP, reads it into
//! [`email::Mail`], writes mail over SMTP or into a Maildir, signs and sends webhooks, and makes the guarded
//! HTTP requests of plugins.
//!
//! Knows messages and receipts; never tickets, never the database, never who may see what. Whether an
//! automatic mail may leave at all is decided above, by the gate.

mod egress;
mod error;
mod maildir;
mod memory;
mod smtp;

pub mod email;
pub mod fetch;
pub mod imap;
pub mod lmtp;
pub mod sender;
pub mod source;
pub mod webhook;

pub use egress::{Egress, Progress, Receipt};
pub use error::ChannelError;
pub use maildir::Maildir;
pub use memory::Memory;
pub use smtp::{Smtp, SmtpConfig, Tls};
