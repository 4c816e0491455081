//! Several tickets changed at once: those that were ticked in the list, each by the desk's own use case and only as it
//! was shown. Knows no rule of its own: what the desk refuses stands on the page that follows.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::{DeskError, TicketChange};
use domain::Actor;
use domain::ticket::{Field, SPAM, StatusCategory, Ticket};
use maud::{Markup, html};

use super::Asked;
use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// Name of the boxes.
pub(super) const TICKED: &str = "ticked";
/// Most tickets at once.
const TICKETS_MAX: usize = 100;
/// Longest word, characters.
const WORD_CHARS_MAX: usize = 100;

/// A ticket as it was shown: its number and its version.
pub(super) fn ticked(ticket: &Ticket) -> String {
    format!("{}.{}", ticket.number, ticket.version)
}

/// What is to become of which tickets.
struct Wish {
    /// Versions by number.
    tickets: BTreeMap<i64, i64>,
    changes: Vec<TicketChange>,
}

/// What became of them.
#[derive(Default)]
struct Outcome {
    changed: usize,
    /// Those that were so already.
    same: usize,
    /// Their numbers by the reason.
    refused: BTreeMap<String, Vec<i64>>,
}

/// Changes the ticked tickets and tells what became of each.
pub(crate) async fn change(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let texts = visit.texts();
    let wish = match &sent {
        Ok(Form(sent)) => wish(&visit, sent),
        Err(_) => Err(texts.form_unreadable),
    };
    let (status, told) = match wish {
        Ok(wish) => (StatusCode::OK, report(&visit, &work(&console, &visit, &wish, &agent.0).await)),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, html! { p.alarm role="alert" { (why) } }),
    };
    let here = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let body = html! {
        (told)
        p { a href=(asked.link(&visit, asked.status(), here)) { (texts.back) } }
    };
    (status, visit.page_at(texts.bulk, "/").of(&body)).into_response()
}

/// What was asked for, or what is missing.
fn wish(visit: &Visit, sent: &[(String, String)]) -> Result<Wish, &'static str> {
    let texts = visit.texts();
    let tickets: BTreeMap<i64, i64> =
        sent.iter().filter(|(name, _)| name == TICKED).filter_map(|(_, t)| shown(t)).collect();
    if tickets.is_empty() {
        return Err(texts.bulk_none);
    }
    if tickets.len() > TICKETS_MAX {
        return Err(texts.bulk_many);
    }
    let word =
        |wanted: &str| sent.iter().find(|(name, _)| name == wanted).map_or("", |(_, word)| word.trim());
    let set = |field: Field, value: &str| TicketChange::SetField { field, value: value.to_owned() };
    let changes: Vec<TicketChange> = if word("what") == SPAM {
        TicketChange::spam()
    } else {
        let fields = [(Field::Status, "status"), (Field::Team, "team"), (Field::Assignee, "assignee")];
        let fields = fields.into_iter().map(|(field, name)| (field, word(name)));
        let fields = fields.filter(|(_, value)| !value.is_empty()).map(|(field, value)| set(field, value));
        fields
            .chain(word("tags").split_whitespace().map(|tag| TicketChange::AddTag(tag.to_owned())))
            .collect()
    };
    if changes.is_empty() {
        return Err(texts.bulk_nothing);
    }
    Ok(Wish { tickets, changes })
}

/// A ticket as a box names it.
fn shown(ticked: &str) -> Option<(i64, i64)> {
    let (number, version) = ticked.split_once('.')?;
    Some((number.parse().ok()?, version.parse().ok()?))
}

/// One after the other; what one ticket refuses leaves the others alone.
async fn work(console: &Console, visit: &Visit, wish: &Wish, actor: &Actor) -> Outcome {
    let mut outcome = Outcome::default();
    for (&number, &version) in &wish.tickets {
        match Box::pin(change_one(console, number, version, &wish.changes, actor)).await {
            Ok(true) => outcome.changed += 1,
            Ok(false) => outcome.same += 1,
            Err(error) => outcome.refused.entry(why(visit, error)).or_default().push(number),
        }
    }
    outcome
}

/// Whether the ticket was changed: not where it was so already.
async fn change_one(
    console: &Console,
    number: i64,
    version: i64,
    changes: &[TicketChange],
    actor: &Actor,
) -> Result<bool, DeskError> {
    let found = console.desk.ask().ticket_by_number(number).await?;
    let ticket = found.ok_or_else(|| DeskError::missing("ticket", number))?;
    let changed =
        console.desk.change_ticket(ticket.id, changes.to_vec(), Some(version), actor.clone()).await?;
    Ok(changed.version != version)
}

/// Why a ticket was not changed, for people.
fn why(visit: &Visit, error: DeskError) -> String {
    match error {
        DeskError::Refused(refusal) if refusal.code == "version_conflict" => {
            visit.texts().bulk_conflict.to_owned()
        }
        DeskError::Refused(refusal) => visit.tell(&refusal.sentence),
        DeskError::Missing { .. } => visit.texts().missing.to_owned(),
        error @ (DeskError::Redaction(_) | DeskError::Busy(_)) => error.to_string(),
        error => {
            tracing::error!(%error, "one of several tickets could not be changed");
            visit.texts().broken.to_owned()
        }
    }
}

fn report(visit: &Visit, outcome: &Outcome) -> Markup {
    let texts = visit.texts();
    let refused: usize = outcome.refused.values().map(Vec::len).sum();
    html! {
        p role="status" {
            (texts.bulk_changed) " " (outcome.changed) "."
            @if outcome.same > 0 { " " (texts.bulk_same) " " (outcome.same) "." }
        }
        @if refused > 0 {
            div.alarm role="alert" {
                p { (texts.bulk_refused) " " (refused) "." }
                ul {
                    @for (why, numbers) in &outcome.refused {
                        li dir="auto" {
                            (why)
                            @for number in numbers { " " a href=(visit.spoken.link(&format!("/tickets/{number}"), &[])) { "#" (number) } }
                        }
                    }
                }
            }
        }
    }
}

/// What can be done to the ticked ones; stands in the list's form, above the tickets, and stays in sight.
pub(super) fn form(visit: &Visit, me: Option<&str>, is_open: bool) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    html! {
        details.bulk open[is_open] {
            summary { (texts.bulk) }
            div.fields {
                label {
                    (texts.status)
                    select name="status" {
                        option value="" selected { (texts.bulk_keep) }
                        @for status in StatusCategory::ALL { option value=(status) { (language.status(*status)) } }
                    }
                }
                label { (texts.team) input name="team" maxlength=(WORD_CHARS_MAX) autocapitalize="none" autocomplete="off"; }
                label { (texts.assignee) input name="assignee" maxlength=(WORD_CHARS_MAX) list="me" autocomplete="off"; }
                @if let Some(me) = me { datalist #me { option value=(me) {} } }
                label { (texts.bulk_tags) input name="tags" maxlength=(WORD_CHARS_MAX) autocapitalize="none" autocomplete="off"; }
                p.buttons {
                    button type="submit" name="what" value="change" { (texts.bulk_change) }
                    button type="submit" name="what" value=(SPAM) { (texts.bulk_spam) }
                }
            }
        }
    }
}
