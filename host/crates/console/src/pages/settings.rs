//! Settings: what only admins see and change of the house itself, a page for each matter; here how all of it stands.
//! Whoever looks or changes needs the scope that the API asks for the same, `admin`. What may be done the desk decides.

pub(crate) mod audit;
pub(crate) mod budgets;
pub(crate) mod suppressions;
pub(crate) mod tokens;
pub(crate) mod webhooks;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use desk::{DeskError, MailboxState, QueueState};
use domain::clock::DAY_MS;
use domain::{Refusal, Timestamp};
use maud::{Markup, html};

use super::Visit;
use crate::Console;
use crate::view::fact;

/// Where it stands.
const PATH: &str = "/settings";
/// Longest time that a form gives to something that ends, days.
const DAYS_MAX: i64 = 36_500;

struct Standing {
    queue: QueueState,
    mailboxes: Vec<(String, MailboxState)>,
    budgets: budgets::Standing,
    /// Mails that wait for a decision.
    held: i64,
}

/// The settings' addresses.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route(PATH, get(show))
        .route(tokens::PATH, get(tokens::show).post(tokens::make))
        .route("/settings/tokens/{id}/revoke", post(tokens::revoke))
        .route(suppressions::PATH, get(suppressions::show).post(suppressions::add))
        .route("/settings/suppressions/remove", post(suppressions::remove))
        .route(webhooks::PATH, get(webhooks::show).post(webhooks::make))
        .route("/settings/webhooks/{id}/remove", post(webhooks::remove))
        .route(budgets::PATH, post(budgets::change))
        .route(audit::PATH, get(audit::show))
}

/// Shows how it stands.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    page(&console, &visit, None).await
}

async fn page(console: &Console, visit: &Visit, refused: Option<&str>) -> Response {
    match standing(console).await {
        Ok(standing) => framed_after(visit, PATH, refused, &body(visit, &standing)),
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console) -> Result<Standing, DeskError> {
    let desk = &console.desk;
    Ok(Standing {
        queue: desk.ask().queue(desk.now()).await?,
        mailboxes: desk.mailboxes(),
        budgets: budgets::standing(console).await?,
        held: desk.ask().held_count().await?,
    })
}

/// A page of the settings behind one of its forms: why that was refused, or that it was saved.
fn framed_after(visit: &Visit, path: &str, refused: Option<&str>, body: &Markup) -> Response {
    let status = refused.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let saved = refused.is_none() && visit.asked("saved").is_some();
    let body = html! {
        @if let Some(why) = refused { p.alarm role="alert" dir="auto" { (why) } }
        @if saved { p role="status" { (visit.texts().saved) } }
        (body)
    };
    framed(visit, path, status, &body)
}

/// A page of the settings, with the way to the others.
fn framed(visit: &Visit, path: &str, status: StatusCode, body: &Markup) -> Response {
    let texts = visit.setting_texts();
    let pages = [
        (PATH, texts.standing),
        (tokens::PATH, texts.tokens),
        (suppressions::PATH, texts.suppressions),
        (webhooks::PATH, texts.webhooks),
        (audit::PATH, texts.audit),
    ];
    let title = pages.iter().find(|(to, _)| *to == path).map_or(texts.settings, |(_, name)| *name);
    let body = html! {
        nav.filters aria-label=(texts.settings) {
            @for (to, name) in pages {
                a href=(visit.spoken.link(to, &[])) aria-current=[(to == path).then_some("page")] { (name) }
            }
        }
        (body)
    };
    (status, visit.page_at(title, path).of(&body)).into_response()
}

/// When something ends for which a form gives so many days; never when it gives none.
fn end_after(now: Timestamp, days: &str) -> Result<Option<Timestamp>, Refusal> {
    let days = days.trim();
    if days.is_empty() {
        return Ok(None);
    }
    match days.parse::<i64>() {
        Ok(days) if (1..=DAYS_MAX).contains(&days) => Ok(Some(now.plus(days * DAY_MS))),
        _ => {
            let sentence = format!("Write the days as a number from 1 to {DAYS_MAX}, or leave them empty.");
            Err(Refusal::new("bad_request", sentence).at("days"))
        }
    }
}

/// The field for so many days.
fn days_field(visit: &Visit, days: &str) -> Markup {
    html! {
        label for="days" { (visit.setting_texts().days) }
        input #days name="days" type="number" min="1" max=(DAYS_MAX) value=(days);
    }
}

fn body(visit: &Visit, standing: &Standing) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let queue = standing.queue;
    let numbers = [
        (words.ready, queue.ready),
        (words.waiting, queue.waiting),
        (words.leased, queue.leased),
        (words.dead, queue.dead),
        (words.oldest, queue.oldest_ready_ms / 1_000),
    ];
    html! {
        h2 { (texts.jobs) }
        dl.facts { @for (name, number) in numbers { (fact(name, Some(&number.to_string()))) } }
        p { a href=(visit.spoken.link("/queue", &[])) { (texts.to_queue) } }
        h2 { (texts.mailboxes) }
        @if standing.mailboxes.is_empty() { p { (texts.no_mailboxes) } } @else { (mailboxes(visit, &standing.mailboxes)) }
        h2 { (words.budgets) }
        (budgets::table(visit, &standing.budgets))
        p { (texts.held_mails) " " a href=(visit.spoken.link("/queue", &[])) { (standing.held) } }
    }
}

fn mailboxes(visit: &Visit, mailboxes: &[(String, MailboxState)]) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    html! {
        table {
            thead { tr { @for head in [texts.mailbox, words.state, texts.last_mail, words.last_error] { th scope="col" { (head) } } } }
            tbody {
                @for (name, mailbox) in mailboxes {
                    tr {
                        th scope="row" data-name=(texts.mailbox) { bdi { (name) } }
                        td data-name=(words.state) { (connection(visit, mailbox)) }
                        td data-name=(texts.last_mail) { @match mailbox.last_mail_at { Some(at) => (visit.time(at)), None => "–" } }
                        td data-name=(words.last_error) dir="auto" {
                            @match &mailbox.last_error {
                                Some((at, why)) => div { (visit.time(*at)) " " (visit.tell(why)) },
                                None => "–",
                            }
                        }
                    }
                }
            }
        }
    }
}

fn connection(visit: &Visit, mailbox: &MailboxState) -> Markup {
    let texts = visit.setting_texts();
    let state = if mailbox.is_open { texts.connected } else { texts.not_connected };
    html! {
        @match mailbox.since {
            Some(since) => div { (state) " " (visit.texts().since) " " (visit.time(since)) },
            None => (texts.not_tried),
        }
    }
}
