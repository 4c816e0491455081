//! Floor 1: runs plugins. One deterministic engine, a fresh instance for every call.
//!
//! Owns the sandbox: what a component must look like, how it is compiled and kept, what it may call,
//! what a call costs and how it can fail. Knows no database and no ticket logic: a run is a function of
//! its input, and whatever else it learns comes through [`Host`] and is recorded.

mod bindings;
mod cache;
mod call;
mod compile;
mod digest;
mod engine;
mod fault;
mod hooks;
mod host;
mod imports;
mod inspect;
mod limits;
mod load;
mod record;
mod run;
mod state;
mod tame;
mod track;

#[cfg(test)]
mod tests;

pub use call::{Call, Input, RunReport};
pub use engine::{Compiler, RuntimeError, RuntimeOptions};
pub use host::{
    EmbedModel, FoundArticle, Host, HostError, HttpRequest, HttpResponse, KEY_BYTES_MAX, NoHost, TicketQuery,
    is_key,
};
pub use inspect::{COMPONENT_BYTES_MAX, Inspection, MANIFEST_SECTION, Refused, inspect};
pub use load::{Plugin, Runtime};
pub use record::Answer;
