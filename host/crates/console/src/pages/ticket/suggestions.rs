//! What plugins suggested and nobody decided yet: accepted or declined with one click.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use desk::DeskError;
use domain::run::{Decision, DecisionStatus};
use domain::story::{Material, describe_in};
use maud::{Markup, html};
use serde::Deserialize;

use super::{composer, percent};
use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Decided {
    /// Which button: `accept` does it, anything else declines.
    what: String,
}

/// Accepts or declines.
pub(crate) async fn decide(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    sent: Result<Form<Decided>, FormRejection>,
) -> Response {
    let decided = sent.map(|Form(decided)| decided).unwrap_or_default();
    let done = async {
        let id = id.parse().map_err(|_| DeskError::missing("decision", &id))?;
        match decided.what.as_str() {
            "accept" => Box::pin(console.desk.accept(id, agent.0)).await.map(drop),
            _ => console.desk.decline(id, "", agent.0).await.map(drop),
        }
    };
    let done = done.await;
    super::done(&console, &visit, &number, String::new(), done).await
}

/// What waits for a decision. The draft in the composer is sent from there; it can only be declined here.
pub(super) fn forms(visit: &Visit, material: &Material) -> Markup {
    let texts = visit.texts();
    let waiting: Vec<&Decision> =
        material.decisions.iter().filter(|d| d.status == DecisionStatus::Suggested).collect();
    html! {
        @if !waiting.is_empty() {
            h2 { (texts.suggestions) }
            ul.suggestions { @for decision in waiting { li { (one(visit, material, decision)) } } }
        }
    }
}

fn one(visit: &Visit, material: &Material, decision: &Decision) -> Markup {
    let texts = visit.texts();
    let action = format!("/tickets/{}/suggestions/{}", material.ticket.number, decision.id);
    html! {
        form method="post" action=(visit.spoken.link(&action, &[])) {
            p dir="auto" {
                (describe_in(&decision.effect, visit.spoken.language.tongue()))
                " · " (decision.plugin_id) " · " (percent(decision.basis.confidence))
                @if !decision.basis.reason.is_empty() { " — " (decision.basis.reason) }
            }
            p.buttons {
                @if composer::is_in_composer(material, decision) {
                    a href="#answer" { (texts.in_composer) }
                } @else {
                    button type="submit" name="what" value="accept" { (texts.accept) }
                }
                button type="submit" name="what" value="decline" { (texts.decline) }
            }
        }
    }
}
