//! Floor 3: the console, the door for people. Plain pages, made on the server, readable without scripts.
//!
//! Knows HTML. Reads and acts through the desk: for agents who signed in, answering, correcting, deciding about what a
//! plugin suggested, marking what redaction missed, seeing sealed values again and seeing to what is kept of a person;
//! for customers, writing a request, saying whether an answer helped, and ending notices.

mod language;
mod pace;
mod pages;
mod session;
mod view;

#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use desk::Desk;
use domain::schedule::Zone;

pub use pace::FormPace;
use pace::Pace;

/// Who may look at the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever asks for this machine by its own name, without a proxy between: only for a listener on loopback.
    Open,
    /// Who signs in with an API token that has the scope `read`.
    Token,
}

/// What every page shares.
#[derive(Clone)]
pub(crate) struct Console {
    pub(crate) desk: Desk,
    pub(crate) access: Access,
    pub(crate) pace: Pace,
    /// In which times are shown.
    pub(crate) zone: Zone,
}

/// The console: `/`, `/tickets/{number}`, `/contacts/{id}`, `/articles`, `/plugins`, `/queue`, `/settings`, and what they
/// need. It answers every other address with a page that says so: merge it last.
pub fn router(desk: Desk, access: Access, form: FormPace) -> Router {
    let zone = desk.config().zone();
    let console = Console { desk, access, pace: Pace::new(form), zone };
    Router::new()
        .route("/", get(pages::tickets::show).post(pages::tickets::bulk::change))
        .route("/tickets/{number}", get(pages::ticket::show))
        .route("/plugins", get(pages::plugins::show))
        .route("/plugins/automation", post(pages::plugins::automation))
        .route("/plugins/{id}/mode", post(pages::plugins::mode))
        .route("/plugins/{id}/release", post(pages::plugins::release))
        .route("/plugins/schedules/{id}/fire", post(pages::plugins::fire))
        .route("/articles", get(pages::articles::show).post(pages::articles::edit::save))
        .route("/articles/new", get(pages::articles::edit::blank))
        .route("/articles/{id}", get(pages::articles::edit::show))
        .route("/articles/{id}/remove", post(pages::articles::edit::remove))
        .route(
            "/articles/import",
            post(pages::articles::import::take_in)
                .layer(DefaultBodyLimit::max(pages::articles::import::FILE_BYTES_MAX)),
        )
        .merge(pages::settings::routes())
        .route("/queue", get(pages::queue::show))
        .route("/queue/mail/{id}", post(pages::queue::decide))
        .route(
            "/tickets/{number}/attachments/{id}",
            get(pages::ticket::attachments::download).head(pages::ticket::attachments::no_head),
        )
        .route("/tickets/{number}/message", post(pages::ticket::composer::write))
        .route("/tickets/{number}/answer", post(pages::ticket::composer::go_on))
        .route("/tickets/{number}/enter", post(pages::ticket::enter::press))
        .route("/tickets/{number}/fields", post(pages::ticket::fields::change))
        .route("/tickets/{number}/merge", post(pages::ticket::merge::merge))
        .route("/tickets/{number}/unmerge", post(pages::ticket::merge::unmerge))
        .route("/tickets/{number}/suggestions/{id}", post(pages::ticket::suggestions::decide))
        .route("/tickets/{number}/messages/{id}/miss", post(pages::ticket::marks::miss))
        .route("/tickets/{number}/redactions/{id}/false-alarm", post(pages::ticket::marks::false_alarm))
        .route("/tickets/{number}/redactions/{id}/reveal", post(pages::ticket::reveals::ask))
        .route("/tickets/{number}/reveals/{id}/grant", post(pages::ticket::reveals::agree))
        .route("/tickets/{number}/reveals/{id}/value", post(pages::ticket::reveals::look))
        .route("/contacts/{id}", get(pages::contacts::show))
        .route("/contacts/{id}/export", post(pages::contacts::export))
        .route("/contacts/{id}/erase", post(pages::contacts::erase))
        .route("/contacts/{id}/consent", post(pages::contacts::consent))
        .route("/contacts/{id}/suppress", post(pages::contacts::suppress))
        .route("/contacts/{id}/lift", post(pages::contacts::lift))
        .fallback(pages::problem::no_such_page)
        .layer(from_fn_with_state(console.clone(), session::guard))
        .layer(from_fn_with_state(console.clone(), pages::tell_house))
        .route("/unsubscribe/{word}", get(pages::unsubscribe::ask).post(pages::unsubscribe::end))
        .route("/answer/{word}", get(pages::rating::ask).post(pages::rating::tell))
        .route("/request", get(pages::request::show).post(pages::request::send))
        .route("/login", get(pages::login::show).post(pages::login::sign_in))
        .route("/logout", post(pages::login::sign_out))
        .route("/assets/console.css", get(view::style))
        .layer(from_fn(view::headers))
        .with_state(console)
}
