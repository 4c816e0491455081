//! What is shown when there is nothing to show. Nothing internal leaks: the log tells more.

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use desk::DeskError;
use maud::html;

use super::{Visit, asked};
use crate::language::Spoken;
use crate::view::Page;

/// Answers every address under which there is no page.
pub(crate) async fn no_such_page(visit: Visit) -> Response {
    show(StatusCode::NOT_FOUND, &visit)
}

/// The page for an error of the desk.
pub(crate) fn of(error: DeskError, uri: &Uri, headers: &HeaderMap) -> Response {
    let spoken = Spoken::of(asked(uri, "lang"), headers);
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
            tracing::error!(%error, path = uri.path(), "a page could not be shown");
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    page(status, spoken, uri.path())
}

/// The page for a request that leads to nothing.
pub(crate) fn show(status: StatusCode, visit: &Visit) -> Response {
    page(status, visit.spoken, visit.uri.path())
}

fn page(status: StatusCode, spoken: Spoken, path: &str) -> Response {
    let texts = spoken.language.texts();
    let (title, sentence) = match status {
        StatusCode::NOT_FOUND => (texts.missing_title, texts.missing),
        StatusCode::FORBIDDEN => (texts.forbidden_title, texts.foreign_form),
        _ => (texts.broken_title, texts.broken),
    };
    let page = Page { title, path, spoken, menu: true, signed_in: false };
    let body = html! {
        p { (sentence) }
        p { a href=(spoken.link("/", &[])) { (texts.back) } }
    };
    (status, page.of(&body)).into_response()
}
