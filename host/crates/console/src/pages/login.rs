//! Signing in with an API token, and out again.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::token::{Scope, Token};
use maud::{Markup, html};
use serde::Deserialize;

use super::Visit;
use crate::Console;
use crate::session::{cookie, id_in, is_foreign, no_cookie};
use crate::view::Page;

/// What the form sends.
#[derive(Default, Deserialize)]
pub(crate) struct Login {
    token: String,
    /// Number of the ticket to go on to.
    #[serde(default)]
    ticket: String,
}

/// Shows the form.
pub(crate) async fn show(visit: Visit) -> Response {
    form(&visit, StatusCode::OK, None)
}

/// Shows the form to somebody whose session ended while they wrote, with what they wrote.
pub(crate) fn again(visit: &Visit, written: &str) -> Response {
    let texts = visit.texts();
    let body = html! {
        p.alarm role="alert" { (texts.signed_out) }
        (fields(visit))
        div.composer {
            label for="written" { (texts.written) }
            textarea #written rows="10" readonly dir="auto" { (written) }
        }
    };
    (StatusCode::UNAUTHORIZED, page(visit).of(&body)).into_response()
}

/// Begins a session for a token that may read.
pub(crate) async fn sign_in(
    State(console): State<Console>,
    visit: Visit,
    sent: Result<Form<Login>, FormRejection>,
) -> Response {
    let texts = visit.texts();
    if is_foreign(&visit.headers) {
        return form(&visit, StatusCode::FORBIDDEN, Some(texts.foreign_form));
    }
    let Login { token, ticket } = sent.map(|Form(login)| login).unwrap_or_default();
    let secret = token.trim();
    if secret.is_empty() {
        return form(&visit, StatusCode::FORBIDDEN, Some(texts.token_refused));
    }
    let admitted = console.pace.admit_sign_in(visit.from, console.desk.moment());
    let is_counted = admitted.is_ok();
    // Nobody guesses a secret, so holding up a right one would only lock people out for what their neighbours do.
    if let Err(wait_s) = admitted
        && console.desk.known_token(&desk::digest(secret)).await.is_none()
    {
        let mut answer = form(&visit, StatusCode::TOO_MANY_REQUESTS, Some(texts.sign_in_too_many));
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
        return answer;
    }
    let found = reader(&console, secret).await;
    // What could not be looked up stays counted: an overload must not feed itself.
    if is_counted && matches!(found, Ok(Some(_))) {
        console.pace.give_back_sign_in(visit.from);
    }
    match found {
        Ok(Some(token)) => match console.desk.begin_session(&token).await {
            Ok(id) => (
                [(SET_COOKIE, cookie(&id, &visit.headers))],
                Redirect::to(&visit.spoken.link(&page_after(&ticket), &[])),
            )
                .into_response(),
            Err(error) => visit.failed(error),
        },
        Ok(None) => form(&visit, StatusCode::FORBIDDEN, Some(texts.token_refused)),
        Err(error) => visit.failed(error),
    }
}

/// Where somebody who has signed in goes on: to the ticket they came from, or to all.
fn page_after(ticket: &str) -> String {
    ticket.parse::<i64>().map_or_else(|_| "/".to_owned(), |number| format!("/tickets/{number}"))
}

async fn reader(console: &Console, secret: &str) -> Result<Option<Token>, desk::DeskError> {
    let token = console.desk.authenticate(secret).await?;
    Ok(token.filter(|token| token.allows(Scope::Read, console.desk.now())))
}

/// Ends the session.
pub(crate) async fn sign_out(State(console): State<Console>, visit: Visit) -> Response {
    if !is_foreign(&visit.headers)
        && let Some(id) = id_in(&visit.headers)
        && let Err(error) = console.desk.end_session(&id).await
    {
        return visit.failed(error);
    }
    ([(SET_COOKIE, no_cookie(&visit.headers))], Redirect::to("/login")).into_response()
}

fn form(visit: &Visit, status: StatusCode, complaint: Option<&str>) -> Response {
    let body = html! {
        @if let Some(complaint) = complaint { p.alarm role="alert" { (complaint) } }
        (fields(visit))
    };
    (status, page(visit).of(&body)).into_response()
}

fn page(visit: &Visit) -> Page<'static> {
    let title = visit.texts().sign_in;
    visit.open_page(title, "/login")
}

fn fields(visit: &Visit) -> Markup {
    let texts = visit.texts();
    html! {
        form.login method="post" action=(visit.spoken.link("/login", &[])) {
            label for="token" { (texts.token) }
            @if let Some(ticket) = visit.asked("ticket") { input type="hidden" name="ticket" value=(ticket); }
            input #token name="token" type="password" autocomplete="current-password" required autofocus;
            button type="submit" { (texts.sign_in) }
        }
    }
}
