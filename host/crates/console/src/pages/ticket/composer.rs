//! The composer: an agent's answer or note. A suggested reply stands in it already, with where it comes from; what is
//! sent from it counts as that suggestion's, changed or not.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use axum::extract::{Path, Request, State};
use axum::response::Response;
use desk::{DeskError, Memo, NewFile, NewMessage, NewMessageKind, Withheld};
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

use super::customer::{self, Customer};
use super::sources::{self, Sources};
use super::written::{HAD_FILES, WITHOUT_FILES, Written};
use super::{Typed, fields, percent, reason};
use crate::Console;
use crate::pages::tickets::neighbours;
use crate::pages::{Visit, once};
use crate::session::Agent;
use crate::view::key;

/// Longest text that the form takes, characters.
const TEXT_CHARS_MAX: usize = 50_000;

/// The form's id. The fields of a ticket are sent with it as well, to another address: so an answer that somebody has
/// begun is not lost when they save those.
pub(super) const FORM: &str = "composer";

/// The word of the button that sends an answer and solves the ticket with it.
const SOLVE: &str = "solve";
/// The field that such an answer sets itself.
const STATUS: &str = "status";
/// What the address says after an answer.
const SENT: &str = "sent";
/// What it says after one that solved the ticket.
const SOLVED: &str = "solved";
/// What it says after a note.
const NOTED: &str = "noted";
/// What it says after a form beside the composer.
pub(super) const SAVED: &str = "saved";

/// The button that sends an answer as it is; it says which placeholders the page told of.
const TOLD: &str = "told";
/// The one that solves the ticket with it; it says the same.
const TOLD_AND_SOLVES: &str = "told.solve";

/// Sends an answer or keeps a note, and saves what was changed of the ticket beside it.
pub(crate) async fn write(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, agent, &visit, request)).await;
    let (agent, mut written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let with_files = written.chose_files();
    let files = std::mem::take(&mut written.files);
    let done = match readable {
        true => Box::pin(send(&console, &agent, &number, &written, files)).await,
        false => Err(visit.unreadable().into()),
    };
    match done {
        Ok(Fate::Gone { unsaved: None }) => super::back(&visit, &number, &[("done", word_of(&written))]),
        Ok(Fate::Gone { unsaved: Some(why) }) => {
            let typed = Typed { fields: written.fields, ..Typed::default() };
            super::gone_without_fields(&console, &visit, &number, typed, &why).await
        }
        Ok(Fate::Withheld(withheld)) => {
            let typed = Typed { files: with_files, withheld, ..written.typed() };
            super::withheld(&console, &visit, &number, visit.texts().withheld, typed).await
        }
        Ok(Fate::WithoutFiles(withheld)) => {
            let typed = Typed { files: true, withheld, ..written.typed() };
            super::withheld(&console, &visit, &number, visit.texts().files_missing, typed).await
        }
        Err(error) => {
            let typed = Typed { files: with_files, ..written.typed() };
            super::done(&console, &visit, &number, typed, Err(error)).await
        }
    }
}

/// Shows the page anew around an answer that was begun: with articles that were looked for, or with one put into it.
pub(crate) async fn go_on(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, agent, &visit, request)).await;
    let (written, readable) = match sent {
        Ok((_, written, readable)) => (written, readable),
        Err(answer) => return answer,
    };
    let (puts, is_untouched) = (!written.said("put").is_empty(), written.is_untouched());
    let mut typed = written.typed();
    if puts {
        // What the page had put there itself gives way; what was typed stays in front.
        if is_untouched {
            typed.text.clear();
        }
        typed = Typed { adds: true, draft: None, ..typed };
    }
    match readable {
        true => super::while_writing(&console, &visit, &number, None, typed).await,
        false => super::done(&console, &visit, &number, typed, Err(visit.unreadable().into())).await,
    }
}

/// What became of a message.
enum Fate {
    /// It went; and why the fields that came with it were not saved.
    Gone { unsaved: Option<DeskError> },
    /// It stayed, and the fields with it: this would have left as placeholders, and its writer was not told.
    Withheld(Vec<Withheld>),
    /// It stayed: its writer was told, but the files that they had chosen were not with it any more.
    WithoutFiles(Vec<Withheld>),
}

async fn send(
    console: &Console,
    agent: &Agent,
    number: &str,
    written: &Written,
    files: Vec<NewFile>,
) -> Result<Fate, DeskError> {
    let ticket = super::ticket(console, number).await?;
    // Compared before the message, which changes the ticket as well: an answered one is open.
    let mut sorted = written.fields.clone();
    if solves(written) {
        sorted.remove(STATUS);
    }
    let changes = fields::changes(&ticket, &sorted)?;
    match Box::pin(post(console, agent, &ticket, written, files)).await {
        // Sent twice is sent once.
        Ok(None) | Err(DeskError::Repeated) => {}
        Ok(Some(stayed)) => return Ok(stayed),
        Err(error) => return Err(error),
    }
    let saved = match changes.is_empty() {
        true => Ok(()),
        false => {
            Box::pin(console.desk.change_ticket(ticket.id, changes, None, agent.0.clone())).await.map(drop)
        }
    };
    Ok(Fate::Gone { unsaved: saved.err() })
}

/// Answers why the message stayed; nothing where it went.
async fn post(
    console: &Console,
    agent: &Agent,
    ticket: &Ticket,
    written: &Written,
    files: Vec<NewFile>,
) -> Result<Option<Fate>, DeskError> {
    let (kind, solves) = (kind_of(written), solves(written));
    let draft = match (kind, written.draft.as_str()) {
        (NewMessageKind::Reply, id) if !id.is_empty() => Some(id.parse().map_err(|_| no_draft())?),
        _ => None,
    };
    let text = written.words();
    let once = Some(written.once.as_str()).filter(|once| !once.is_empty() && once.len() <= 64);
    let memo = once.map(|once| Memo {
        source: "console".to_owned(),
        key: format!(
            "{once}:{}",
            fingerprint(&(ticket.number, kind == NewMessageKind::Note, solves, &text, &files))
        ),
        outcome: Box::new(|message: &Message| message.id.to_string()),
    });
    let article =
        Some(written.article.clone()).filter(|key| kind == NewMessageKind::Reply && !key.is_empty());
    // Without one there was nothing to overlook.
    let seen = written.seen.parse().ok();
    let new = NewMessage { kind, text, article, draft, seen, solves };
    let told: Vec<&str> = told(written).collect();
    if !told.is_empty() && files.is_empty() && written.lost_files() {
        return Ok(Some(Fate::WithoutFiles(console.desk.would_withhold(ticket.id, new).await?)));
    }
    let withheld = console.desk.post_if_told(ticket.id, new, files, &told, memo, agent.0.clone()).await?;
    Ok(Some(withheld).filter(|withheld| !withheld.is_empty()).map(Fate::Withheld))
}

/// The placeholders that the writer was told of and sends.
fn told(written: &Written) -> impl Iterator<Item = &str> {
    [TOLD, TOLD_AND_SOLVES].into_iter().flat_map(move |button| written.said(button).split_whitespace())
}

fn kind_of(written: &Written) -> NewMessageKind {
    if written.kind == "note" { NewMessageKind::Note } else { NewMessageKind::Reply }
}

fn solves(written: &Written) -> bool {
    written.kind == SOLVE || !written.said(TOLD_AND_SOLVES).is_empty()
}

/// What the address says after a message that went.
fn word_of(written: &Written) -> &'static str {
    match kind_of(written) {
        NewMessageKind::Note => NOTED,
        NewMessageKind::Reply | NewMessageKind::Inbound if solves(written) => SOLVED,
        NewMessageKind::Reply | NewMessageKind::Inbound => SENT,
    }
}

/// What is said on the page after a message that went, or after something was saved.
pub(super) fn notice(visit: &Visit) -> Option<&'static str> {
    match visit.asked("done") {
        Some(SENT) => Some(visit.texts().sent),
        Some(SOLVED) => Some(visit.texts().sent_and_solved),
        Some(NOTED) => Some(visit.texts().noted),
        Some(SAVED) => Some(visit.texts().saved),
        _ => None,
    }
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
    let suggested = match (&sources.picked, draft) {
        (Some(article), _) => Cow::Borrowed(article.body.as_str()),
        (None, Some(draft)) => draft.effect.draft().unwrap_or_default(),
        (None, None) => Cow::default(),
    };
    let begun = typed.map(|typed| typed.text.as_str()).filter(|text| !text.is_empty());
    let text = match begun {
        Some(begun) if typed.is_some_and(|typed| typed.adds) => {
            format!("{}\n\n{suggested}", begun.trim_end())
        }
        Some(begun) => begun.to_owned(),
        None => suggested.clone().into_owned(),
    };
    let put: &str = match begun {
        Some(_) => typed.and_then(|typed| typed.fields.get("was.text")).map_or("", |put| put.as_str()),
        None => &suggested,
    };
    // What somebody wrote before they could read the newest message was written without it.
    let seen = typed.and_then(|typed| typed.seen).or(*seen);
    let withheld = typed.map(|typed| typed.withheld.as_slice()).unwrap_or_default();
    let action = format!("/tickets/{}/message", ticket.number);
    let action = sent_to(visit, &action, sources.picked.as_ref());
    html! {
        h2 #answer { (texts.answer) }
        (customer::warning(visit, customer))
        @if let Some(draft) = draft { (source(visit, books, draft)) }
        (sources::form(visit, ticket, sources))
        form.composer id=(FORM) method="post" action=(action) enctype="multipart/form-data" {
            label for="text" { (texts.answer_label) }
            textarea #text name="text" rows="10" required accesskey=(key::ANSWER) maxlength=(TEXT_CHARS_MAX) dir="auto" {
                (text)
            }
            @if !put.is_empty() { input type="hidden" name="was.text" value=(put); }
            (files_field(visit, limits, *typed))
            @if let Some(draft) = draft {
                label.choice { input type="checkbox" name="draft" value=(draft.id) checked; " " (texts.of_draft) }
            }
            @if let Some(article) = &sources.picked {
                label.choice { input type="checkbox" name="article" value=(article.key) checked; " " (texts.of_article) " " bdi { (article.title) } }
            }
            @if let Some(seen) = seen { input type="hidden" name="seen" value=(seen); }
            input type="hidden" name="once" value=(once());
            @if !withheld.is_empty() { (read_instead(visit, withheld, typed.is_some_and(|typed| typed.files))) }
            p.buttons {
                button.main type="submit" name="kind" value="reply" { (texts.send_reply) }
                button type="submit" name="kind" value=(SOLVE) { (texts.send_and_solve) }
                button type="submit" name="kind" value="note" { (texts.keep_note) }
                @if !withheld.is_empty() {
                    @let placeholders: Vec<&str> = withheld.iter().map(|value| value.placeholder.as_str()).collect();
                    button type="submit" name=(TOLD) value=(placeholders.join(" ")) { (texts.send_so) }
                    button type="submit" name=(TOLD_AND_SOLVES) value=(placeholders.join(" ")) { (texts.send_so_and_solve) }
                }
            }
        }
    }
}

/// What the customer would read instead of what was typed; where files were chosen, it is said whether it goes without.
fn read_instead(visit: &Visit, withheld: &[Withheld], with_files: bool) -> Markup {
    html! {
        div.alarm {
            p { (visit.texts().read_instead) }
            ul {
                @for Withheld { class, placeholder } in withheld {
                    li { (visit.spoken.language.class(class)) " → " code { (placeholder) } }
                }
            }
            @if with_files {
                label.choice { input type="checkbox" name=(WITHOUT_FILES) value="yes"; " " (visit.texts().without_files) }
            }
        }
    }
}

/// Where the form is sent: the page that comes back shows the same article in the answer.
pub(super) fn sent_to(visit: &Visit, path: &str, picked: Option<&Article>) -> String {
    let picked = picked.map(|article| article.id.to_string());
    let asked: Vec<(&str, &str)> = picked.iter().map(|id| ("article", id.as_str())).collect();
    super::link(visit, path, &asked)
}

/// The button for the other language: it takes along what was begun, which a link would lose. `article` is the id of the
/// one that was picked.
pub(super) fn other_language(visit: &Visit, number: i64, article: Option<&str>) -> Markup {
    let other = visit.spoken.other();
    let asked: Vec<(&str, &str)> = article.map(|id| ("article", id)).into_iter().collect();
    let action = neighbours::link(visit, other, &format!("/tickets/{number}/answer"), &asked);
    html! {
        button.link type="submit" form=(FORM) formaction=(action) formenctype="application/x-www-form-urlencoded" formnovalidate lang=(other.language.tag()) {
            (visit.texts().other_language)
        }
    }
}

/// A button beside the form that takes an answer along that was begun, and shows the page anew at the answer.
pub(super) fn button(action: &str, name: &str, value: &str, label: &str) -> Markup {
    html! {
        // A file that was chosen stays behind; an answer may be empty.
        button type="submit" form=(FORM) formaction={ (action) "#answer" } formenctype="application/x-www-form-urlencoded" formnovalidate name=(name) value=(value) { (label) }
    }
}

/// The form where there is nobody to answer any more.
pub(super) fn note_form(
    visit: &Visit,
    ticket: &Ticket,
    typed: Option<&Typed>,
    limits: &FileLimits,
) -> Markup {
    let texts = visit.texts();
    let action = super::link(visit, &format!("/tickets/{}/message", ticket.number), &[]);
    html! {
        h2 #answer { (texts.write_note) }
        p.alarm { (texts.nobody_to_answer) }
        form.composer id=(FORM) method="post" action=(action) enctype="multipart/form-data" {
            label for="text" { (texts.answer_label) }
            textarea #text name="text" rows="10" required accesskey=(key::ANSWER) maxlength=(TEXT_CHARS_MAX) dir="auto" {
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
            @if typed.is_some_and(|typed| typed.files) {
                p.alarm { (texts.files_again) }
                input type="hidden" name=(HAD_FILES) value="yes";
            }
        }
    }
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
