//! What plugins suggested and nobody decided yet: accepted or declined with one click.

use std::borrow::Cow;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use desk::DeskError;
use domain::Refusal;
use domain::effect::Effect;
use domain::id::DecisionId;
use domain::run::{Decision, DecisionStatus};
use domain::story::{Books, Material, describe_in};
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::composer::{self, FORM};
use super::written::Written;
use super::{percent, reason};
use crate::Console;
use crate::pages::{Visit, id_of};
use crate::session::Agent;

/// Accepts or declines, as the button says (`what`: `accept` does it, anything else declines). An answer that was begun
/// comes along and stands in the composer again.
pub(crate) async fn decide(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, agent, &visit, request)).await;
    let (agent, written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let done = async {
        if !readable {
            return Err(DeskError::from(visit.unreadable()));
        }
        let ticket = super::ticket(&console, &number).await?;
        let id: DecisionId = id_of("decision", &id)?;
        let decision = console.desk.ask().decision(id).await?.filter(|d| d.ticket_id == ticket.id);
        let decision = decision.ok_or_else(|| DeskError::missing("decision", id))?;
        match (written.said("what"), composer::is_draft(&decision)) {
            ("accept", true) => Err(Refusal::new(
                "not_read",
                "A reply is sent from the composer, by somebody who has read it.",
            )
            .into()),
            ("accept", false) => Box::pin(console.desk.accept(id, agent.0)).await.map(drop),
            _ => console.desk.decline(id, "", agent.0).await.map(drop),
        }
    };
    let done = Box::pin(done).await;
    match done {
        Ok(()) if written.is_own() => {
            let notice = Some(visit.texts().saved_while_writing);
            super::while_writing(&console, &visit, &number, notice, written.typed()).await
        }
        done => super::done(&console, &visit, &number, written.typed(), done).await,
    }
}

/// What waits for a decision, with everything it would say. A reply is put into the composer and sent from there.
pub(super) fn forms(
    visit: &Visit,
    material: &Material,
    books: &Books<'_>,
    draft: Option<&Decision>,
) -> Markup {
    let texts = visit.texts();
    let waiting: Vec<&Decision> =
        material.decisions.iter().filter(|d| d.status == DecisionStatus::Suggested).collect();
    html! {
        @if !waiting.is_empty() {
            h2 { (texts.suggestions) }
            ul.suggestions {
                @for decision in waiting {
                    @let in_composer = draft.is_some_and(|draft| draft.id == decision.id);
                    li { (one(visit, &material.ticket, books, decision, in_composer)) }
                }
            }
        }
    }
}

fn one(visit: &Visit, ticket: &Ticket, books: &Books<'_>, decision: &Decision, in_composer: bool) -> Markup {
    let texts = visit.texts();
    let (number, id) = (ticket.number, decision.id.to_string());
    let action = super::link(visit, &format!("/tickets/{number}/suggestions/{id}"), &[]);
    let what = describe_in(&decision.effect, visit.spoken.language.tongue());
    let decide = |value: &str, label: &str| {
        html! {
            button type="submit" form=(FORM) formaction=(action) formenctype="application/x-www-form-urlencoded" formnovalidate name="what" value=(value) aria-label={ (label) ": " (what) } { (label) }
        }
    };
    let put = super::link(visit, &format!("/tickets/{number}/answer"), &[("draft", &id)]);
    html! {
        p dir="auto" {
            (what) " · " (decision.plugin_id) " · " (percent(decision.basis.confidence))
            @if !decision.basis.reason.is_empty() { " — " (reason(books, decision)) }
        }
        @if let Some(text) = words(&decision.effect).filter(|_| !in_composer) { div.text dir="auto" { (text) } }
        p.buttons {
            @if in_composer {
                a href="#answer" { (texts.in_composer) }
            } @else if composer::is_draft(decision) {
                (composer::button(&put, "put", "draft", texts.into_composer))
            } @else {
                (decide("accept", texts.accept))
            }
            (decide("decline", texts.decline))
        }
    }
}

/// The words that a suggestion would write; of a reply those that would stand in the composer.
fn words(effect: &Effect) -> Option<Cow<'_, str>> {
    match effect {
        Effect::Note { text } | Effect::Notify { text, .. } => Some(Cow::Borrowed(text.as_str())),
        effect => effect.draft(),
    }
}
