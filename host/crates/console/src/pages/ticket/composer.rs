//! The composer: an agent's answer or note. A suggested reply stands in it already, with where it comes from; what is
//! sent from it counts as that suggestion's, changed or not.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::extract::{Path, Request, State};
use axum::response::Response;
use desk::{DeskError, Memo, NewFile, NewMessage, NewMessageKind};
use domain::Refusal;
use domain::article::Article;
use domain::effect::Effect;
use domain::files::{FileLimits, shown};
use domain::id::MessageId;
use domain::message::Message;
use domain::run::{Decision, DecisionStatus};
use domain::story::{Books, Material};
use domain::ticket::Ticket;
use maud::{Markup, html};
use rand::Rng;

use super::customer::{self, Customer};
use super::sources::{self, Sources};
use super::written::Written;
use super::{Typed, percent, reason};
use crate::Console;
use crate::pages::{Visit, login};
use crate::session::Agent;

/// Longest text that the form takes, characters.
const TEXT_CHARS_MAX: usize = 50_000;

/// The form's id. The fields of a ticket are sent with it as well, to another address: so an answer that somebody has
/// begun is not lost when they save those.
pub(super) const FORM: &str = "composer";

/// Sends an answer or keeps a note.
pub(crate) async fn write(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    let limits = match agent {
        Ok(_) => console.desk.config().attachments,
        // Only the words are handed back to whoever may not write.
        Err(_) => FileLimits { files_max: 0, file_bytes_max: 0, bytes_max: 0 },
    };
    let (mut written, readable) = Box::pin(Written::of(request, &limits)).await;
    let files = std::mem::take(&mut written.files);
    let agent = match agent {
        Ok(agent) => agent,
        Err(answer) if answer.status().is_redirection() && !written.text.is_empty() => {
            return login::again(&visit, &written.text);
        }
        Err(answer) => return answer,
    };
    let with_files = !files.is_empty();
    let done = match readable {
        true => Box::pin(send(&console, agent, &number, &written, files)).await,
        false => Err(visit.unreadable().into()),
    };
    let typed =
        Typed { text: written.text, draft: Some(written.draft), files: with_files, ..Typed::default() };
    super::done(&console, &visit, &number, typed, done).await
}

async fn send(
    console: &Console,
    agent: Agent,
    number: &str,
    written: &Written,
    files: Vec<NewFile>,
) -> Result<(), DeskError> {
    let ticket = super::ticket(console, number).await?;
    let kind = if written.kind == "note" { NewMessageKind::Note } else { NewMessageKind::Reply };
    let draft = match (kind, written.draft.as_str()) {
        (NewMessageKind::Reply, id) if !id.is_empty() => Some(id.parse().map_err(|_| no_draft())?),
        _ => None,
    };
    // Browsers send line ends as the form's standard has them.
    let text = written.text.replace("\r\n", "\n").trim().to_owned();
    let once = Some(written.once.as_str()).filter(|once| !once.is_empty() && once.len() <= 64);
    let memo = once.map(|once| Memo {
        source: "console".to_owned(),
        key: format!("{once}:{}", fingerprint(&(ticket.number, kind == NewMessageKind::Note, &text, &files))),
        outcome: Box::new(|message: &Message| message.id.to_string()),
    });
    let article =
        Some(written.article.clone()).filter(|key| kind == NewMessageKind::Reply && !key.is_empty());
    // Without one there was nothing to overlook.
    let seen = written.seen.parse().ok();
    let new = NewMessage { kind, text, article, draft, seen };
    console.desk.post_with_files(ticket.id, new, files, memo, agent.0).await.map(drop)
}

/// Tells messages of one form apart: a page that the browser brought back may send another text under the same key.
fn fingerprint(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn no_draft() -> DeskError {
    Refusal::new("bad_request", "A draft is a suggested reply of the same ticket.").at("draft").into()
}

/// The suggested reply that stands in the composer: the one that was written from or asked for (`?draft=`), else the
/// newest that answers with an article.
pub(super) fn chosen<'m>(
    visit: &Visit,
    material: &'m Material,
    typed: Option<&Typed>,
) -> Option<&'m Decision> {
    let mut waiting = material.decisions.iter().rev().filter(|d| is_draft(d));
    let wanted = typed.and_then(|typed| typed.draft.as_deref()).or_else(|| visit.asked("draft"));
    match wanted {
        Some(id) => waiting.find(|draft| draft.id.to_string() == id),
        None => waiting.find(|draft| matches!(&draft.effect, Effect::Reply { article: Some(_), .. })),
    }
}

/// Whether a decision is a reply that waits for somebody to send it.
pub(super) fn is_draft(decision: &Decision) -> bool {
    decision.status == DecisionStatus::Suggested && matches!(decision.effect, Effect::Reply { .. })
}

/// What an answer is written from.
pub(super) struct Stand<'s> {
    /// The suggested reply.
    pub(super) draft: Option<&'s Decision>,
    pub(super) sources: &'s Sources,
    /// The newest message on the page.
    pub(super) seen: Option<MessageId>,
    /// Whom it is for.
    pub(super) customer: &'s Customer,
    /// What stood in the form when it could not be sent.
    pub(super) typed: Option<&'s Typed>,
    /// What files it may take along.
    pub(super) limits: &'s FileLimits,
}

/// The form.
pub(super) fn form(visit: &Visit, ticket: &Ticket, books: &Books<'_>, stand: &Stand<'_>) -> Markup {
    let texts = visit.texts();
    let Stand { draft, sources, seen, customer, typed, limits } = stand;
    let suggested = match (&sources.picked, draft.map(|draft| &draft.effect)) {
        (Some(article), _) => article.body.as_str(),
        (None, Some(Effect::Reply { text, .. })) => text.as_str(),
        _ => "",
    };
    let text = typed.map(|typed| typed.text.as_str()).filter(|text| !text.is_empty());
    let action = format!("/tickets/{}/message", ticket.number);
    let action = sent_to(visit, &action, sources.picked.as_ref());
    html! {
        h2 #answer { (texts.answer) }
        (customer::warning(visit, customer))
        @if let Some(draft) = draft { (source(visit, books, draft)) }
        (sources::form(visit, ticket, sources))
        form.composer id=(FORM) method="post" action=(action) enctype="multipart/form-data" {
            label for="text" { (texts.answer_label) }
            textarea #text name="text" rows="10" required maxlength=(TEXT_CHARS_MAX) dir="auto" {
                (text.unwrap_or(suggested))
            }
            (files_field(visit, limits, *typed))
            @if let Some(draft) = draft {
                label.choice { input type="checkbox" name="draft" value=(draft.id) checked; " " (texts.of_draft) }
            }
            @if let Some(article) = &sources.picked {
                label.choice { input type="checkbox" name="article" value=(article.key) checked; " " (texts.of_article) " " bdi { (article.title) } }
            }
            @if let Some(seen) = seen { input type="hidden" name="seen" value=(seen); }
            input type="hidden" name="once" value=(once());
            p.buttons {
                button.main type="submit" name="kind" value="reply" { (texts.send_reply) }
                button type="submit" name="kind" value="note" { (texts.keep_note) }
            }
        }
    }
}

/// Where the form is sent: the page that comes back shows the same article in the answer.
pub(super) fn sent_to(visit: &Visit, path: &str, picked: Option<&Article>) -> String {
    let picked = picked.map(|article| article.id.to_string());
    let asked: Vec<(&str, &str)> = picked.iter().map(|id| ("article", id.as_str())).collect();
    visit.spoken.link(path, &asked)
}

/// The form where there is nobody to answer any more.
pub(super) fn note_form(
    visit: &Visit,
    ticket: &Ticket,
    typed: Option<&Typed>,
    limits: &FileLimits,
) -> Markup {
    let texts = visit.texts();
    let action = format!("/tickets/{}/message", ticket.number);
    html! {
        h2 #answer { (texts.write_note) }
        p.alarm { (texts.nobody_to_answer) }
        form.composer id=(FORM) method="post" action=(visit.spoken.link(&action, &[])) enctype="multipart/form-data" {
            label for="text" { (texts.answer_label) }
            textarea #text name="text" rows="10" required maxlength=(TEXT_CHARS_MAX) dir="auto" {
                (typed.map_or("", |typed| typed.text.as_str()))
            }
            (files_field(visit, limits, typed))
            input type="hidden" name="once" value=(once());
            p.buttons { button.main type="submit" name="kind" value="note" { (texts.keep_note) } }
        }
    }
}

/// Where files are chosen; no form can bring back those that were.
fn files_field(visit: &Visit, limits: &FileLimits, typed: Option<&Typed>) -> Markup {
    let texts = visit.texts();
    html! {
        @if limits.files_max > 0 {
            label for="files" {
                (texts.files) " (" (texts.at_most) " " (limits.files_max) ", " (texts.together) " " (shown(limits.bytes_max)) ")"
            }
            input #files type="file" name="files" multiple;
            @if typed.is_some_and(|typed| typed.files) { p.alarm { (texts.files_again) } }
        }
    }
}

/// What is made with a form, so that sending it twice is sending it once.
fn once() -> String {
    hex::encode(rand::rng().random::<[u8; 16]>())
}

/// Where a draft comes from: whose, which article, how sure, why, and what it found in the ticket.
fn source(visit: &Visit, books: &Books<'_>, decision: &Decision) -> Markup {
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
            @if !decision.basis.reason.is_empty() { p dir="auto" { (reason(books, decision)) } }
            @if !decision.basis.evidence.is_empty() {
                ul { @for piece in &decision.basis.evidence { li dir="auto" { (piece) } } }
            }
        }
    }
}
