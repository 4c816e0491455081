//! Merging on a ticket's page: the form, the banner of a merged ticket, and taking a merge back.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use desk::DeskError;
use domain::Refusal;
use domain::article::Article;
use domain::redaction::of_ticket;
use domain::retention::LEGAL_HOLD;
use domain::story::Material;
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::Typed;
use super::composer::{self, FORM};
use super::written::Written;
use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// Merges the ticket into the one that was named. An answer that was begun comes along, as with the fields.
pub(crate) async fn merge(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    match Box::pin(Written::by(&console, agent, &visit, request)).await {
        Ok((agent, written, true)) => Box::pin(worked(&console, agent, &visit, &number, written)).await,
        Ok((_, written, false)) => {
            let unreadable = Err(visit.unreadable().into());
            super::done(&console, &visit, &number, written.typed(), unreadable).await
        }
        Err(answer) => answer,
    }
}

/// The page after the merge: where the ticket goes on; after a refusal the ticket with what was typed.
async fn worked(console: &Console, agent: Agent, visit: &Visit, number: &str, sent: Written) -> Response {
    let joined = join(console, agent, number, &sent).await;
    // What the page had put there itself was of the ticket that is closed now.
    let is_untouched = sent.is_untouched();
    let begun = sent.typed();
    match joined {
        Ok(home) if is_untouched || begun.text.trim().is_empty() => {
            super::done(console, visit, &home, Typed::default(), Ok(())).await
        }
        // Draft, fields and what had been read are the merged ticket's.
        Ok(home) => {
            let begun = Typed {
                // Its placeholders mean other values there.
                text: number.parse().map_or(begun.text.clone(), |number| of_ticket(&begun.text, number)),
                draft: Some(String::new()),
                files: begun.files,
                ..Typed::default()
            };
            super::while_writing(console, visit, &home, Some(visit.texts().saved_while_writing), begun).await
        }
        Err(why) => super::done(console, visit, number, begun, Err(why)).await,
    }
}

/// Merges; the number of the ticket where it goes on.
async fn join(console: &Console, agent: Agent, number: &str, sent: &Written) -> Result<String, DeskError> {
    let ticket = super::ticket(console, number).await?;
    let into: i64 = sent.said("into").trim().trim_start_matches('#').parse().map_err(|_| {
        let sentence = "Give the number of the ticket that this one belongs to, such as 12.";
        Refusal::new("bad_request", sentence).at("into")
    })?;
    let version = sent.said("version").parse().ok();
    let merged = console.desk.merge_ticket(ticket.id, into, version, agent.0).await?;
    let home = match merged.merged_into {
        Some(home) => console.desk.ask().ticket(home).await?,
        None => None,
    };
    Ok(home.map_or_else(|| number.to_owned(), |home| home.number.to_string()))
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

/// The form, folded away: it is seldom needed. Part of the composer's form, so that an answer that was begun comes
/// along.
pub(super) fn form(
    visit: &Visit,
    ticket: &Ticket,
    picked: Option<&Article>,
    typed: Option<&Typed>,
) -> Markup {
    let texts = visit.texts();
    let action = composer::sent_to(visit, &format!("/tickets/{}/merge", ticket.number), picked);
    let into = typed.map_or("", |typed| typed.into.as_str());
    html! {
        details.sorting open[!into.is_empty()] {
            summary { (texts.merge) }
            div.fields {
                input type="hidden" form=(FORM) name="version" value=(ticket.version);
                label { (texts.merge_into) input form=(FORM) name="into" value=(into) maxlength="20" inputmode="numeric" autocomplete="off"; }
                p.buttons {
                    button type="submit" form=(FORM) formaction=(action) formenctype="application/x-www-form-urlencoded" formnovalidate { (texts.merge_now) }
                }
            }
            p { (texts.merge_help) }
        }
    }
}

/// The tickets that go on as this one, with the way there.
pub(super) fn took_in(visit: &Visit, material: &Material) -> Markup {
    let texts = visit.texts();
    html! {
        @if !material.took_in.is_empty() {
            p {
                (texts.took_in)
                @for (n, of) in material.took_in.iter().enumerate() {
                    @if n > 0 { "," }
                    " " a href=(visit.spoken.link(&format!("/tickets/{}", of.ticket.number), &[])) { "#" (of.ticket.number) }
                }
                ". " (texts.took_in_help)
            }
        }
    }
}

/// What somebody wrote while the ticket was merged: this page has no composer that it could stand in.
pub(super) fn left_over(visit: &Visit, typed: Option<&Typed>) -> Markup {
    let written = typed.map(|typed| typed.text.as_str()).filter(|text| !text.trim().is_empty());
    html! {
        @if let Some(written) = written {
            div.composer {
                label for="written" { (visit.texts().written) }
                textarea #written rows="10" readonly dir="auto" { (written) }
            }
        }
    }
}

/// Says that the ticket goes on elsewhere, with the way there; for whoever works here, the way back as well.
pub(super) fn banner(visit: &Visit, ticket: &Ticket, home: i64, works: bool) -> Markup {
    let texts = visit.texts();
    let path = format!("/tickets/{home}");
    let back = format!("/tickets/{}/unmerge", ticket.number);
    let fields = format!("/tickets/{}/fields", ticket.number);
    html! {
        p.alarm role="status" {
            (texts.goes_on_as) " " a href=(visit.spoken.link(&path, &[])) { "#" (home) } ". " (texts.takes_nothing)
        }
        @if works {
            form.buttons method="post" action=(visit.spoken.link(&back, &[])) {
                button type="submit" { (texts.unmerge) }
            }
            @if ticket.tags.contains(LEGAL_HOLD) {
                form.buttons method="post" action=(visit.spoken.link(&fields, &[])) {
                    input type="hidden" name="was.tags" value=(LEGAL_HOLD);
                    input type="hidden" name="tags" value="";
                    button type="submit" { (texts.end_hold) }
                }
            }
        }
    }
}
