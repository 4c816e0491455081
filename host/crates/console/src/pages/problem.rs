//! What is shown when there is nothing to show. Nothing internal leaks: the log tells more.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use desk::DeskError;
use maud::{Markup, html};

use super::Visit;

/// How long customers are asked to wait, seconds.
const CUSTOMERS_WAIT_S: u16 = 180;

/// Answers every address under which there is no page.
pub(crate) async fn no_such_page(visit: Visit) -> Response {
    show(StatusCode::NOT_FOUND, &visit)
}

/// The page for an error of the desk.
pub(crate) fn of(error: DeskError, visit: &Visit) -> Response {
    let status = match error {
        DeskError::Missing { .. } => StatusCode::NOT_FOUND,
        DeskError::Refused(_)
        | DeskError::Redaction(_)
        | DeskError::Busy(_)
        | DeskError::Repeated
        | DeskError::Store(_)
        | DeskError::Plugin { .. }
        | DeskError::Outside(_)
        | DeskError::Seal => {
            tracing::error!(%error, path = visit.uri.path(), "a page could not be shown");
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    show(status, visit)
}

/// The customers' page for an error of the desk, whatever it is: it tells nothing of the house and leads nowhere in it.
pub(crate) fn of_customer(error: &DeskError, visit: &Visit, title: &str, body: &Markup) -> Response {
    tracing::error!(%error, path = visit.uri.path(), "a customer could not be served");
    let page = visit.open_page(title, visit.uri.path());
    let wait = [(RETRY_AFTER, HeaderValue::from(CUSTOMERS_WAIT_S))];
    (StatusCode::SERVICE_UNAVAILABLE, wait, page.of(body)).into_response()
}

/// The page for somebody who is signed in, but not as one who may administer.
pub(crate) fn lacks_admin(visit: &Visit) -> Response {
    let texts = visit.setting_texts();
    told(StatusCode::FORBIDDEN, visit, texts.admin_missing_title, texts.admin_missing)
}

/// The page for a request that leads to nothing.
pub(crate) fn show(status: StatusCode, visit: &Visit) -> Response {
    let texts = visit.texts();
    let (title, sentence) = match status {
        StatusCode::NOT_FOUND => (texts.missing_title, texts.missing),
        StatusCode::FORBIDDEN => (texts.forbidden_title, texts.foreign_form),
        _ => (texts.broken_title, texts.broken),
    };
    told(status, visit, title, sentence)
}

fn told(status: StatusCode, visit: &Visit, title: &str, sentence: &str) -> Response {
    let body = html! {
        p { (sentence) }
        p { a href=(visit.spoken.link("/", &[])) { (visit.texts().back) } }
    };
    (status, visit.page_at(title, visit.uri.path()).of(&body)).into_response()
}
