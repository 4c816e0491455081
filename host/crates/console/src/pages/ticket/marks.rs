//! What an agent says about redaction: something was left in, or something harmless was taken out.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use desk::DeskError;
use domain::Actor;
use domain::id::{MessageId, RedactionId};
use domain::message::Message;
use domain::redaction::{Redaction, of_ticket};
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::Typed;
use super::beside::{self, CLASS, FormPlace, VALUE, typed_in};
use super::written::Written;
use crate::Console;
use crate::pages::{Visit, id_of};
use crate::session::{Agent, Revealer};

/// Classes that are offered; the API takes any.
const CLASSES: [&str; 8] =
    ["PERSON", "EMAIL", "PHONE", "ADDRESS", "IBAN", "CREDIT_CARD", "DATE_OF_BIRTH", "SECRET"];
/// Longest value, characters.
const VALUE_CHARS_MAX: usize = 200;

/// Takes out what redaction left in.
pub(crate) async fn miss(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, agent, &visit, request)).await;
    let (agent, mut written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let done = match readable {
        true => Box::pin(take_out(&console, &number, &id, &written, agent.0)).await,
        false => Err(visit.unreadable().into()),
    };
    if let Ok((value, put)) = &done {
        // It is sealed now, and does not stand on a page again: neither here nor in an answer that quotes it.
        written.fields.remove(&format!("{VALUE}{id}"));
        written.strike(value, put);
    }
    beside::done(&console, &visit, &number, written, done.map(drop)).await
}

/// The value, and what stands in its place from now on.
async fn take_out(
    console: &Console,
    number: &str,
    id: &str,
    sent: &Written,
    actor: Actor,
) -> Result<(String, String), DeskError> {
    let value = sent.said(&format!("{VALUE}{id}")).replace("\r\n", "\n");
    let class = sent.said(&format!("{CLASS}{id}"));
    let ticket = super::ticket(console, number).await?;
    let id: MessageId = id_of("message", id)?;
    let message = console.desk.ask().message(id).await?.filter(|m| m.ticket_id == ticket.id);
    let was = message.ok_or_else(|| DeskError::missing("message", id))?;
    let value = value.trim();
    let now = Box::pin(console.desk.mark_miss(id, value, class, actor)).await?;
    let files =
        was.attachments.iter().zip(&now.attachments).map(|(was, now)| (&was.file_name, &now.file_name));
    let put = [(&was.subject, &now.subject), (&was.text, &now.text)]
        .into_iter()
        .chain(files)
        .find_map(|(was, now)| stand_in(was, now, value));
    let mut put = put.map_or_else(|| format!("[{class}]"), str::to_owned);
    // On the page of the ticket that this one was merged into it bears this one's number.
    if sent.said("page").parse::<i64>().is_ok_and(|page| page != ticket.number) {
        put = of_ticket(&put, ticket.number);
    }
    Ok((value.to_owned(), put))
}

/// What stands in a text where the value stood first.
fn stand_in<'n>(was: &str, now: &'n str, value: &str) -> Option<&'n str> {
    let put = now.get(was.find(value)?..)?;
    put.split_inclusive(']').next().filter(|put| put.starts_with('['))
}

/// Puts back what redaction took out for nothing: who does it sees what was sealed.
pub(crate) async fn false_alarm(
    State(console): State<Console>,
    agent: Result<Revealer, Response>,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, agent, &visit, request)).await;
    let (agent, written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let done = Box::pin(async {
        if !readable {
            return Err(DeskError::from(visit.unreadable()));
        }
        let ticket = super::ticket(&console, &number).await?;
        let id: RedactionId = id_of("redaction", &id)?;
        let redaction = console.desk.ask().redaction(id).await?.filter(|r| r.ticket_id == ticket.id);
        redaction.ok_or_else(|| DeskError::missing("redaction", id))?;
        Box::pin(console.desk.mark_false_alarm(id, agent.0)).await.map(drop)
    });
    let done = done.await;
    beside::done(&console, &visit, &number, written, done).await
}

/// The form for a miss, folded away below a message.
pub(super) fn miss_form(
    visit: &Visit,
    place: FormPlace<'_>,
    ticket: &Ticket,
    message: &Message,
    typed: Option<&Typed>,
) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let path = format!("/tickets/{}/messages/{}/miss", ticket.number, message.id);
    let (value, class) = (format!("{VALUE}{}", message.id), format!("{CLASS}{}", message.id));
    // Which of the messages, for those who hear the button only.
    let direction = language.direction(message.direction, message.auto_class);
    let about = format!("{}, {direction} · {}", texts.miss, visit.zone.wall(message.created_at));
    let (missed, chosen) = (typed_in(typed, &value), typed_in(typed, &class));
    let fields = html! {
        label { (texts.miss_value) textarea form=[place.form()] name=(value) rows="1" required[place.insists()] maxlength=(VALUE_CHARS_MAX) { (missed) } }
        label {
            (texts.miss_class)
            select form=[place.form()] name=(class) {
                @for word in CLASSES { option value=(word) selected[word == chosen] { (language.class(word)) } }
            }
        }
    };
    html! {
        details.miss open[!missed.is_empty()] {
            summary { (texts.miss) }
            (place.put(visit, &path, &fields, texts.miss_send, &about))
        }
    }
}

/// The button for a false alarm.
pub(super) fn false_alarm_form(visit: &Visit, place: FormPlace<'_>, redaction: &Redaction) -> Markup {
    let path = format!("/tickets/{}/redactions/{}/false-alarm", place.page.number, redaction.id);
    place.put(visit, &path, &html! {}, visit.texts().false_alarm, &redaction.placeholder)
}
