//! What an agent says about redaction: something was left in, or something harmless was taken out.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use desk::DeskError;
use domain::id::{MessageId, RedactionId};
use domain::message::Message;
use domain::redaction::Redaction;
use domain::ticket::Ticket;
use maud::{Markup, html};
use serde::Deserialize;

use super::Typed;
use crate::Console;
use crate::pages::{Visit, id_of};
use crate::session::{Agent, Revealer};

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
    /// Number of the ticket on whose page the form stood; the message may be of one that was merged into it.
    page: String,
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
        let ticket = super::ticket(&console, &number).await?;
        let id: MessageId = id_of("message", &id)?;
        let message = console.desk.ask().message(id).await?.filter(|m| m.ticket_id == ticket.id);
        message.ok_or_else(|| DeskError::missing("message", id))?;
        let value = missed.value.replace("\r\n", "\n");
        Box::pin(console.desk.mark_miss(id, value.trim(), &missed.class, agent.0)).await.map(drop)
    };
    let done = done.await;
    let page = missed.page.parse::<i64>().map_or_else(|_| number.clone(), |page| page.to_string());
    super::done(&console, &visit, &page, Typed::default(), done).await
}

/// Puts back what redaction took out for nothing: who does it sees what was sealed.
pub(crate) async fn false_alarm(
    State(console): State<Console>,
    agent: Revealer,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let done = async {
        let ticket = super::ticket(&console, &number).await?;
        let id: RedactionId = id_of("redaction", &id)?;
        let redaction = console.desk.ask().redaction(id).await?.filter(|r| r.ticket_id == ticket.id);
        redaction.ok_or_else(|| DeskError::missing("redaction", id))?;
        Box::pin(console.desk.mark_false_alarm(id, agent.0)).await.map(drop)
    };
    let done = done.await;
    super::done(&console, &visit, &number, Typed::default(), done).await
}

/// The form for a miss, folded away below a message.
pub(super) fn miss_form(visit: &Visit, page: &Ticket, ticket: &Ticket, message: &Message) -> Markup {
    let texts = visit.texts();
    let action = format!("/tickets/{}/messages/{}/miss", ticket.number, message.id);
    html! {
        details.miss {
            summary { (texts.miss) }
            form method="post" action=(visit.spoken.link(&action, &[])) {
                label { (texts.miss_value) textarea name="value" rows="1" required maxlength=(VALUE_CHARS_MAX) {} }
                label {
                    (texts.miss_class)
                    select name="class" { @for class in CLASSES { option value=(class) { (class) } } }
                }
                input type="hidden" name="page" value=(page.number);
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
            button type="submit" aria-label={ (visit.texts().false_alarm) " " (redaction.placeholder) } { (visit.texts().false_alarm) }
        }
    }
}
