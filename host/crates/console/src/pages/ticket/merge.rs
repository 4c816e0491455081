//! Merging on a ticket's page: the form, the banner of a merged ticket, and taking a merge back.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use desk::DeskError;
use domain::Refusal;
use domain::ticket::Ticket;
use maud::{Markup, html};
use serde::Deserialize;

use super::Typed;
use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Number of the other ticket, as people write it.
    into: String,
}

/// Merges the ticket into the one that was named.
pub(crate) async fn merge(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path(number): Path<String>,
    sent: Result<Form<Wanted>, FormRejection>,
) -> Response {
    let done = match sent {
        Ok(Form(wanted)) => join(&console, agent, &number, &wanted.into).await,
        Err(_) => Err(visit.unreadable().into()),
    };
    super::done(&console, &visit, &number, Typed::default(), done).await
}

async fn join(console: &Console, agent: Agent, number: &str, into: &str) -> Result<(), DeskError> {
    let ticket = super::ticket(console, number).await?;
    let into: i64 = into.trim().trim_start_matches('#').parse().map_err(|_| {
        let sentence = "Give the number of the ticket that this one belongs to, such as 12.";
        Refusal::new("bad_request", sentence).at("into")
    })?;
    let other = console.desk.ask().ticket_by_number(into).await?.ok_or_else(|| {
        let sentence = format!("There is no ticket #{into}: look at its number again.");
        Refusal::new("no_ticket", sentence).at("into")
    })?;
    console.desk.merge_ticket(ticket.id, other.id, None, agent.0).await.map(drop)
}

/// Takes the merge back.
pub(crate) async fn unmerge(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path(number): Path<String>,
) -> Response {
    let done = async {
        let ticket = super::ticket(&console, &number).await?;
        console.desk.unmerge_ticket(ticket.id, None, agent.0).await.map(drop)
    };
    let done = done.await;
    super::done(&console, &visit, &number, Typed::default(), done).await
}

/// The form, folded away: it is seldom needed.
pub(super) fn form(visit: &Visit, ticket: &Ticket) -> Markup {
    let texts = visit.texts();
    let action = format!("/tickets/{}/merge", ticket.number);
    html! {
        details.sorting {
            summary { (texts.merge) }
            form.fields method="post" action=(visit.spoken.link(&action, &[])) {
                label { (texts.merge_into) input name="into" required maxlength="20" inputmode="numeric" autocomplete="off"; }
                p.buttons { button type="submit" { (texts.merge_now) } }
            }
            p { (texts.merge_help) }
        }
    }
}

/// Says that the ticket goes on elsewhere, with the way there; for whoever works here, the way back as well.
pub(super) fn banner(visit: &Visit, ticket: &Ticket, home: i64, works: bool) -> Markup {
    let texts = visit.texts();
    let path = format!("/tickets/{home}");
    let back = format!("/tickets/{}/unmerge", ticket.number);
    html! {
        p.alarm role="status" {
            (texts.goes_on_as) " " a href=(visit.spoken.link(&path, &[])) { "#" (home) } ". " (texts.takes_nothing)
        }
        @if works {
            form.buttons method="post" action=(visit.spoken.link(&back, &[])) {
                button type="submit" { (texts.unmerge) }
            }
        }
    }
}
