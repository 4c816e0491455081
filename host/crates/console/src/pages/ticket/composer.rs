//! The composer: an agent's answer or note. A suggested reply stands in it already, with where it comes from; what is
//! sent from it counts as that suggestion's, changed or not.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use desk::{DeskError, Memo, NewMessage, NewMessageKind};
use domain::Refusal;
use domain::effect::Effect;
use domain::message::Message;
use domain::run::{Decision, DecisionStatus};
use domain::story::Material;
use maud::{Markup, html};
use rand::Rng;
use serde::Deserialize;

use super::percent;
use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// Longest text that the form takes, characters.
const TEXT_CHARS_MAX: usize = 50_000;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Written {
    text: String,
    /// Which button: `note` writes among us, anything else to the customer.
    kind: String,
    /// The suggestion it was written from; empty for none.
    draft: String,
    /// Made with the form: sending the same form twice is one message.
    once: String,
}

/// Sends an answer or keeps a note.
pub(crate) async fn write(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path(number): Path<String>,
    sent: Result<Form<Written>, FormRejection>,
) -> Response {
    let written = sent.map(|Form(written)| written).unwrap_or_default();
    let done = send(&console, agent, &number, &written).await;
    super::done(&console, &visit, &number, written.text, done).await
}

async fn send(console: &Console, agent: Agent, number: &str, written: &Written) -> Result<(), DeskError> {
    let ticket = super::ticket(console, number).await?;
    let kind = if written.kind == "note" { NewMessageKind::Note } else { NewMessageKind::Reply };
    let draft = match (kind, written.draft.as_str()) {
        (NewMessageKind::Reply, id) if !id.is_empty() => Some(id.parse().map_err(|_| no_draft())?),
        _ => None,
    };
    // Browsers send line ends as the form's standard has them.
    let text = written.text.replace("\r\n", "\n").trim().to_owned();
    let new = NewMessage { kind, text, article: None, draft };
    let once = Some(written.once.as_str()).filter(|once| !once.is_empty() && once.len() <= 64);
    let memo = once.map(|key| Memo {
        source: "console".to_owned(),
        key: key.to_owned(),
        outcome: Box::new(|message: &Message| message.id.to_string()),
    });
    console.desk.post_message(ticket.id, new, memo, agent.0).await.map(drop)
}

fn no_draft() -> DeskError {
    Refusal::new("bad_request", "A draft is a suggested reply of the same ticket.").at("draft").into()
}

/// The form; `typed` is what stood in it when it could not be sent.
pub(super) fn form(visit: &Visit, material: &Material, typed: Option<&str>) -> Markup {
    let texts = visit.texts();
    let draft = newest_draft(material);
    let suggested = draft.map(|(_, text)| text).unwrap_or_default();
    let action = format!("/tickets/{}/message", material.ticket.number);
    let once = hex::encode(rand::rng().random::<[u8; 16]>());
    html! {
        h2 #answer { (texts.answer) }
        @if let Some((decision, _)) = draft { (source(visit, decision)) }
        form.composer method="post" action=(visit.spoken.link(&action, &[])) {
            label for="text" { (texts.answer_label) }
            textarea #text name="text" rows="10" required maxlength=(TEXT_CHARS_MAX) dir="auto" {
                (typed.filter(|typed| !typed.is_empty()).unwrap_or(suggested))
            }
            @if let Some((decision, _)) = draft { input type="hidden" name="draft" value=(decision.id); }
            input type="hidden" name="once" value=(once);
            p.buttons {
                button.main type="submit" name="kind" value="reply" { (texts.send_reply) }
                button type="submit" name="kind" value="note" { (texts.keep_note) }
            }
        }
    }
}

/// Whether a suggestion waits in the composer rather than among the others.
pub(super) fn is_in_composer(material: &Material, decision: &Decision) -> bool {
    newest_draft(material).is_some_and(|(draft, _)| draft.id == decision.id)
}

fn newest_draft(material: &Material) -> Option<(&Decision, &str)> {
    let waiting = material.decisions.iter().rev().filter(|d| d.status == DecisionStatus::Suggested);
    waiting.into_iter().find_map(|decision| match &decision.effect {
        Effect::Reply { text, .. } => Some((decision, text.as_str())),
        _ => None,
    })
}

/// Where a draft comes from: whose, which article, how sure, why, and what it found in the ticket.
fn source(visit: &Visit, decision: &Decision) -> Markup {
    let texts = visit.texts();
    let article = match &decision.effect {
        Effect::Reply { article, .. } => article.as_deref(),
        _ => None,
    };
    html! {
        div.draft {
            p {
                strong { (texts.draft) } " · " (decision.plugin_id)
                @if let Some(article) = article { " · " (texts.article) " " bdi { (article) } }
                " · " (percent(decision.basis.confidence))
            }
            @if !decision.basis.reason.is_empty() { p dir="auto" { (decision.basis.reason) } }
            @if !decision.basis.evidence.is_empty() {
                ul { @for piece in &decision.basis.evidence { li dir="auto" { (piece) } } }
            }
        }
    }
}
