//! What an agent says about redaction: something was left in, or something harmless was taken out.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use desk::DeskError;
use domain::message::Message;
use domain::redaction::Redaction;
use domain::ticket::Ticket;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// Classes that are offered; the API takes any.
const CLASSES: [&str; 8] =
    ["PERSON", "EMAIL", "PHONE", "ADDRESS", "IBAN", "CREDIT_CARD", "DATE_OF_BIRTH", "SECRET"];
/// Longest value, characters.
const VALUE_CHARS_MAX: usize = 200;

/// What the form for a miss sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Missed {
    value: String,
    class: String,
}

/// Takes out what redaction left in.
pub(crate) async fn miss(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    sent: Result<Form<Missed>, FormRejection>,
) -> Response {
    let missed = sent.map(|Form(missed)| missed).unwrap_or_default();
    let done = async {
        let id = id.parse().map_err(|_| DeskError::missing("message", &id))?;
        Box::pin(console.desk.mark_miss(id, missed.value.trim(), &missed.class, agent.0)).await.map(drop)
    };
    let done = done.await;
    super::done(&console, &visit, &number, String::new(), done).await
}

/// Puts back what redaction took out for nothing.
pub(crate) async fn false_alarm(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let done = async {
        let id = id.parse().map_err(|_| DeskError::missing("redaction", &id))?;
        Box::pin(console.desk.mark_false_alarm(id, agent.0)).await.map(drop)
    };
    let done = done.await;
    super::done(&console, &visit, &number, String::new(), done).await
}

/// The form for a miss, folded away below a message.
pub(super) fn miss_form(visit: &Visit, ticket: &Ticket, message: &Message) -> Markup {
    let texts = visit.texts();
    let action = format!("/tickets/{}/messages/{}/miss", ticket.number, message.id);
    html! {
        details.miss {
            summary { (texts.miss) }
            form method="post" action=(visit.spoken.link(&action, &[])) {
                label { (texts.miss_value) input name="value" required maxlength=(VALUE_CHARS_MAX) autocomplete="off"; }
                label {
                    (texts.miss_class)
                    select name="class" { @for class in CLASSES { option value=(class) { (class) } } }
                }
                button type="submit" { (texts.miss_send) }
            }
        }
    }
}

/// The button for a false alarm.
pub(super) fn false_alarm_form(visit: &Visit, ticket: &Ticket, redaction: &Redaction) -> Markup {
    let action = format!("/tickets/{}/redactions/{}/false-alarm", ticket.number, redaction.id);
    html! {
        form method="post" action=(visit.spoken.link(&action, &[])) {
            button type="submit" { (visit.texts().false_alarm) }
        }
    }
}
