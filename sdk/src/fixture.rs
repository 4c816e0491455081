//! Native stand-ins for what the host hands in and answers, so that plugin logic is tested with `cargo test`.
//!
//! Builders make tickets, events and documents; functions here set what the host interfaces answer. All of
//! it belongs to the current thread: tests do not see each other. Refuses to know the real host.

mod build;
#[doc(hidden)]
pub mod host;
mod occasion;
mod state;

pub use build::{ContactBuilder, MessageBuilder, TicketBuilder};
pub use occasion::{ArticleBuilder, DocumentBuilder, EventBuilder, FiringBuilder};
pub use state::{
    Sent, add_article, add_ticket, answer_http, clear, deny, kv_value, log_lines, sent_requests, set_model,
    set_now_ms, set_utc_offset, settings,
};
