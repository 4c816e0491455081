//! The customer's page behind “did this help?”: the link asks, a button tells. Open to everybody: the link itself is
//! the proof.

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::Rated;
use maud::{Markup, html};
use serde::Deserialize;

use super::Visit;
use crate::Console;

/// What a link or a button says.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Helped {
    Yes,
    No,
    #[default]
    #[serde(other)]
    Unsaid,
}

/// The query or form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    helped: Helped,
}

/// Asks. Following a link changes nothing: programs look at links before people do.
pub(crate) async fn ask(
    State(console): State<Console>,
    visit: Visit,
    Path(word): Path<String>,
    said: Result<Query<Said>, QueryRejection>,
) -> Response {
    let said = said.map(|Query(said)| said).unwrap_or_default();
    match console.desk.rated_answer(&word).await {
        Ok(Some(_)) => page(&visit, StatusCode::OK, &question(&visit, said.helped)),
        Ok(None) => sentence(&visit, StatusCode::NOT_FOUND, visit.texts().rating_unknown),
        Err(error) => visit.failed_customer(&error, visit.texts().rating_title),
    }
}

/// Writes down what the customer says.
pub(crate) async fn tell(
    State(console): State<Console>,
    visit: Visit,
    Path(word): Path<String>,
    said: Result<Form<Said>, FormRejection>,
) -> Response {
    let texts = visit.texts();
    let helped = match said.map(|Form(said)| said).unwrap_or_default().helped {
        Helped::Yes => true,
        Helped::No => false,
        Helped::Unsaid => {
            return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &question(&visit, Helped::Unsaid));
        }
    };
    match console.desk.rate_answer(&word, helped).await {
        Ok(Rated::Noted { helped: true }) => sentence(&visit, StatusCode::OK, texts.rating_helped),
        Ok(Rated::Noted { helped: false }) => sentence(&visit, StatusCode::OK, texts.rating_not_helped),
        Ok(Rated::Late) => sentence(&visit, StatusCode::GONE, texts.rating_late),
        Ok(Rated::Unknown) => sentence(&visit, StatusCode::NOT_FOUND, texts.rating_unknown),
        Err(error) => visit.failed_customer(&error, visit.texts().rating_title),
    }
}

/// The question with its two buttons; what the link said comes first.
fn question(visit: &Visit, said: Helped) -> Markup {
    let texts = visit.texts();
    let mut buttons = [("yes", texts.rating_yes), ("no", texts.rating_no)];
    if said == Helped::No {
        buttons.reverse();
    }
    html! {
        p { (texts.rating_question) }
        form method="post" action=(visit.spoken.link(visit.uri.path(), &[])) {
            @for (value, label) in buttons { button type="submit" name="helped" value=(value) { (label) } " " }
        }
    }
}

fn sentence(visit: &Visit, status: StatusCode, sentence: &str) -> Response {
    page(visit, status, &html! { p role="status" { (sentence) } })
}

fn page(visit: &Visit, status: StatusCode, body: &Markup) -> Response {
    let title = visit.texts().rating_title;
    let page = visit.open_page(title, visit.uri.path());
    (status, page.of(body)).into_response()
}
