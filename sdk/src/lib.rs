//! Write a Kulanz plugin in Rust: implement a trait per hook, name them in `export!`, test natively.
//!
//! Owns the names an author sees; the names generated from `wit/` stay inside. The same code runs in the
//! sandbox (calling the host) and under `cargo test` (against `fixture`). Knows nothing of the host.

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;

#[cfg(not(target_arch = "wasm32"))]
pub mod fixture;

/// Where reads and proposals go: the real host in the sandbox, the fixture elsewhere. Same names, same
/// signatures, so everything above this line is written once.
#[cfg(target_arch = "wasm32")]
pub(crate) use bindings::kulanz::plugin as host;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use fixture::host;

mod answering;
mod article;
mod basis;
mod document;
mod effects;
mod error;
mod event;
mod events;
mod export;
mod handle;
mod message;
mod notification;
mod redaction;
mod schedule;
mod settings;
mod ticket;
mod triage;

pub mod clock;
pub mod embed;
pub mod http;
pub mod knowledge;
pub mod kv;
pub mod log;
pub mod random;
pub mod tickets;

pub use answering::{Answer, Answering};
pub use article::Article;
pub use basis::{Basis, because};
pub use document::Document;
#[cfg(not(target_arch = "wasm32"))]
pub use effects::{Effect, Proposed};
pub use effects::{Effects, On};
pub use error::Error;
pub use event::{Change, Event};
pub use events::Events;
pub use message::Message;
pub use notification::Notification;
pub use redaction::{Finding, Redaction};
pub use schedule::{Firing, Schedule};
pub use ticket::{Contact, Ticket};
pub use triage::{Outcome, Triage};

pub use serde_json;

#[cfg(test)]
mod tests;

/// The plugin in the README is compiled with every test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod glue {
    //! What `export!` needs from inside the plugin's crate; no part of the API.
    pub use crate::export::Glue;
}

/// Everything a plugin usually needs.
pub mod prelude {
    pub use crate::{
        Answer, Answering, Article, Basis, Change, Contact, Document, Effects, Error, Event, Events, Finding,
        Firing, Message, Notification, Outcome, Redaction, Schedule, Ticket, Triage, because, clock, embed,
        http, knowledge, kv, log, random, tickets,
    };
}
