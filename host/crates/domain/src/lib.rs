//! Floor 0: the words of Kulanz and its rules.
//!
//! No I/O, no async, no clock, no randomness: time and ids are arguments. Nothing here can fail
//! except by refusing. Every other crate speaks in these types.

mod text_enum;

pub mod actor;
pub mod address;
pub mod article;
pub mod asker;
pub mod audit;
mod by_hand;
pub mod canary;
pub mod clock;
pub mod contact;
pub mod download;
pub mod effect;
pub mod event;
pub mod files;
pub mod gate;
pub mod grant;
pub mod id;
pub mod job;
pub mod ledger;
pub mod mark;
pub mod merge;
pub mod message;
pub mod missed;
pub mod pace;
pub mod plain;
pub mod plugin;
pub mod redaction;
pub mod refusal;
pub mod reproducer;
pub mod retention;
pub mod run;
pub mod schedule;
pub mod seal;
pub mod session;
pub mod shown;
pub mod snapshot;
pub mod story;
pub mod strike;
pub mod ticket;
pub mod token;
pub mod turn;
pub mod vault;
pub mod version;
pub mod webhook;
pub mod work;

pub use actor::{Actor, ActorKind, Cause};
pub use clock::{Clock, Timestamp};
pub use id::Ids;
pub use refusal::Refusal;
