//! The customer's request form: open to everybody, so what it sends is believed as little as a mail. It goes
//! the way of all that comes in: sealed first, redacted, taken in by the queue; the same gate answers it.

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use desk::{DeskError, NewTicket, OWN_ADDRESS};
use domain::Refusal;
use domain::address::is_address;
use domain::plain;
use domain::ticket::Channel;
use maud::{Markup, html};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Visit, once, problem};
use crate::Console;
use crate::session::is_foreign;

/// Longest subject, characters.
const SUBJECT_CHARS_MAX: usize = 200;
/// Longest text, characters.
const TEXT_CHARS_MAX: usize = 20_000;
/// Longest name, characters.
const NAME_CHARS_MAX: usize = 100;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    email: String,
    name: String,
    subject: String,
    text: String,
    /// Made with the form: sending the same form twice is one request.
    once: String,
    /// A field that people do not see; robots fill it in.
    website: String,
}

impl Request {
    /// What a request says, and whether the sign for what is not UTF-8 was written in it. The texts as the desk reads
    /// them, so that both find the same empty.
    async fn of(request: axum::extract::Request) -> Result<(Self, bool), StatusCode> {
        let headers = request.headers().clone();
        let raw = Bytes::from_request(request, &()).await.map_err(|rejection| rejection.status())?;
        let mut again = axum::extract::Request::new(Body::from(raw.clone()));
        *again.method_mut() = Method::POST;
        *again.headers_mut() = headers;
        let Form(sent) =
            Form::<Self>::from_request(again, &()).await.map_err(|rejection| rejection.status())?;
        let (name, subject) = (plain::line(&sent.name), plain::line(&sent.subject));
        let text = plain::text(&sent.text);
        Ok((Self { name, subject, text, ..sent }, has_sign(&raw)))
    }
}

/// Whether the sign that stands for what is not UTF-8 was written itself, in a form's letters or bare.
fn has_sign(raw: &[u8]) -> bool {
    let raw = raw.to_ascii_lowercase();
    ["%ef%bf%bd", "\u{fffd}"].iter().any(|sign| raw.windows(sign.len()).any(|part| part == sign.as_bytes()))
}

/// What is wrong with a form: the field, and what to do.
type Complaint = (&'static str, &'static str);

/// Shows the form.
pub(crate) async fn show(visit: Visit) -> Response {
    page(&visit, StatusCode::OK, &form(&visit, &Request::default(), None))
}

/// Takes a request in.
pub(crate) async fn send(
    State(console): State<Console>,
    visit: Visit,
    sent: axum::extract::Request,
) -> Response {
    let texts = visit.texts();
    let (request, has_sign) = match Request::of(sent).await {
        Ok(read) => read,
        Err(status) => return unreadable(&visit, status),
    };
    let complaint = match is_foreign(&visit.headers) {
        true => Some(("text", texts.request_foreign)),
        false => wrong(&visit, &request, has_sign),
    };
    if let Some(complaint) = complaint {
        return refused(&visit, StatusCode::UNPROCESSABLE_ENTITY, &request, complaint);
    }
    if let Err(wait_s) = console.pace.admit(visit.from, console.desk.moment()) {
        let complaint = ("text", texts.request_too_many);
        let mut answer = refused(&visit, StatusCode::TOO_MANY_REQUESTS, &request, complaint);
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
        return answer;
    }
    // A robot is told the same as a person, and nothing comes of it.
    if request.website.is_empty()
        && let Err(error) = take_in(&console, &visit, &request).await
    {
        // Sent again it would be refused again.
        if let DeskError::Refused(refusal) = &error {
            let complaint = complaint_of(&visit, refusal);
            return refused(&visit, StatusCode::UNPROCESSABLE_ENTITY, &request, complaint);
        }
        // No field is wrong.
        let form = form(&visit, &request, Some(("", texts.request_not_now)));
        return problem::of_customer(&error, &visit, texts.request_title, &form);
    }
    let email = request.email.trim();
    page(&visit, StatusCode::OK, &html! { p role="status" { (texts.request_done) " " bdi { (email) } "." } })
}

/// What came is no form, or one that is far too long.
fn unreadable(visit: &Visit, status: StatusCode) -> Response {
    let texts = visit.texts();
    let (status, sentence) = match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (StatusCode::UNSUPPORTED_MEDIA_TYPE, texts.request_no_form),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, texts.request_text_fix),
    };
    refused(visit, status, &Request::default(), ("text", sentence))
}

/// The form again, with what was typed and what is wrong with it.
fn refused(visit: &Visit, status: StatusCode, request: &Request, complaint: Complaint) -> Response {
    page(visit, status, &form(visit, request, Some(complaint)))
}

/// What the desk refused, at its field.
fn complaint_of(visit: &Visit, refusal: &Refusal) -> Complaint {
    let texts = visit.texts();
    match (refusal.code, refusal.field.as_deref()) {
        (OWN_ADDRESS, _) => ("email", texts.request_own_address),
        (_, Some("email")) => ("email", texts.request_email_fix),
        (_, Some("name")) => ("name", texts.request_name_fix),
        (_, Some("subject")) => ("subject", texts.request_subject_fix),
        _ => ("text", texts.request_text_fix),
    }
}

async fn take_in(console: &Console, visit: &Visit, request: &Request) -> Result<(), DeskError> {
    let new = NewTicket {
        subject: request.subject.clone(),
        text: request.text.trim().to_owned(),
        email: request.email.trim().to_owned(),
        name: Some(request.name.clone()).filter(|name| !name.is_empty()),
        channel: Channel::Form,
        inbox: None,
        language: Some(visit.spoken.language.tag().to_owned()),
        category: None,
        team: None,
        priority: None,
        custom: Default::default(),
        tags: Vec::new(),
    };
    // The same request twice is one; another one from the same page, after going back, is not.
    let once = Some(request.once.as_str()).filter(|once| !once.is_empty() && once.len() <= 64);
    let once = once.map(|once| format!("{once}-{}", digest(request)));
    console.desk.receive_ticket("form", once.as_deref(), new).await.map(drop)
}

fn digest(request: &Request) -> String {
    let parts = [&request.email, &request.name, &request.subject, &request.text];
    let digest = parts
        .iter()
        .fold(Sha256::new(), |digest, part| digest.chain_update(part.as_bytes()).chain_update([0]));
    hex::encode(digest.finalize())
}

fn wrong(visit: &Visit, request: &Request, has_sign: bool) -> Option<Complaint> {
    let texts = visit.texts();
    let between = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
    // What is not UTF-8 is read with this sign in its place, and would be stored so. A person may have written it, too.
    let Request { email, name, subject, text, .. } = request;
    let all = [("email", email), ("name", name), ("subject", subject), ("text", text)];
    let is_broken = |typed: &String| !has_sign && typed.contains(char::REPLACEMENT_CHARACTER);
    if let Some((field, _)) = all.into_iter().find(|(_, typed)| is_broken(typed)) {
        return Some((field, texts.request_letters_fix));
    }
    if !is_address(request.email.trim()) {
        return Some(("email", texts.request_email_fix));
    }
    if request.name.chars().count() > NAME_CHARS_MAX {
        return Some(("name", texts.request_name_fix));
    }
    if !between(&request.subject, SUBJECT_CHARS_MAX) {
        return Some(("subject", texts.request_subject_fix));
    }
    (!between(&request.text, TEXT_CHARS_MAX)).then_some(("text", texts.request_text_fix))
}

fn form(visit: &Visit, request: &Request, complaint: Option<Complaint>) -> Markup {
    let texts = visit.texts();
    let wrong = complaint.map_or("", |(field, _)| field);
    let once = match request.once.is_empty() {
        true => once(),
        false => request.once.clone(),
    };
    let invalid = |field| (wrong == field).then_some("true");
    html! {
        @if let Some((_, sentence)) = complaint { p #complaint.alarm role="alert" { (sentence) } }
        form.request method="post" action=(visit.spoken.link("/request", &[])) {
            label for="email" { (texts.request_email) }
            input #email name="email" type="email" autocomplete="email" required maxlength="254" value=(request.email) aria-invalid=[invalid("email")];
            label for="name" { (texts.request_name) }
            input #name name="name" autocomplete="name" maxlength=(NAME_CHARS_MAX) value=(request.name) aria-invalid=[invalid("name")];
            label for="subject" { (texts.subject) }
            input #subject name="subject" required maxlength=(SUBJECT_CHARS_MAX) value=(request.subject) aria-invalid=[invalid("subject")];
            label for="text" { (texts.request_text) }
            textarea #text name="text" rows="8" required maxlength=(TEXT_CHARS_MAX) aria-invalid=[invalid("text")] { (request.text) }
            p.trap aria-hidden="true" {
                label for="website" { "Website" }
                input #website name="website" tabindex="-1" autocomplete="off";
            }
            input type="hidden" name="once" value=(once);
            button type="submit" { (texts.request_send) }
        }
    }
}

fn page(visit: &Visit, status: StatusCode, body: &Markup) -> Response {
    let title = visit.texts().request_title;
    let page = visit.open_page(title, "/request");
    (status, page.of(body)).into_response()
}
