//! The customer's page for ending notices: a question with one button; mail programs press it by themselves
//! (RFC 8058). Open to everybody: the link itself is the proof.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::Visit;
use crate::Console;

/// Asks. Following a link changes nothing: programs look at links before people do.
pub(crate) async fn ask(State(console): State<Console>, visit: Visit, Path(word): Path<String>) -> Response {
    let texts = visit.texts();
    match console.desk.subscriber(&word).await {
        Ok(Some(_)) => page(&visit, StatusCode::OK, texts.unsubscribe_question, true),
        Ok(None) => page(&visit, StatusCode::NOT_FOUND, texts.unsubscribe_unknown, false),
        Err(error) => visit.failed_customer(&error, texts.unsubscribe),
    }
}

/// Ends notices.
pub(crate) async fn end(State(console): State<Console>, visit: Visit, Path(word): Path<String>) -> Response {
    let texts = visit.texts();
    match console.desk.unsubscribe(&word).await {
        Ok(true) => page(&visit, StatusCode::OK, texts.unsubscribe_done, false),
        Ok(false) => page(&visit, StatusCode::NOT_FOUND, texts.unsubscribe_unknown, false),
        Err(error) => visit.failed_customer(&error, texts.unsubscribe),
    }
}

fn page(visit: &Visit, status: StatusCode, sentence: &str, asks: bool) -> Response {
    let texts = visit.texts();
    let path = visit.uri.path();
    let page = visit.open_page(texts.unsubscribe, path);
    let body = html! {
        p { (sentence) }
        @if asks {
            form method="post" action=(visit.spoken.link(path, &[])) { button type="submit" { (texts.unsubscribe) } }
        }
    };
    (status, page.of(&body)).into_response()
}
