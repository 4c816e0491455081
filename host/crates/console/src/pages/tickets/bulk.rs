//! Several tickets changed at once: those that were ticked in the list, each by the desk's own use case and only as it
//! was shown. Knows no rule of its own: what the desk refuses stands on the page that follows.

use std::collections::{BTreeMap, BTreeSet};

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::{DeskError, TicketChange};
use domain::Actor;
use domain::ticket::{Field, SPAM, StatusCategory, Ticket};
use maud::{Markup, html};

use super::{Asked, list, listed, looker};
use crate::Console;
use crate::language::Texts;
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

/// What was chosen in the form: which tickets, as they were shown, and what is to become of them. Nothing at first.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Versions by number.
    tickets: BTreeMap<i64, i64>,
    /// What was typed and picked, by the field's name.
    words: BTreeMap<String, String>,
}

impl Chosen {
    fn of(sent: Vec<(String, String)>) -> Self {
        let (ticked, words): (Vec<_>, Vec<_>) = sent.into_iter().partition(|(name, _)| name == TICKED);
        Self {
            tickets: ticked.iter().filter_map(|(_, ticket)| shown(ticket)).collect(),
            words: words.into_iter().collect(),
        }
    }

    /// Whether a ticket's box is ticked.
    pub(super) fn has(&self, ticket: &Ticket) -> bool {
        self.tickets.contains_key(&ticket.number)
    }

    fn is_nothing(&self) -> bool {
        self.tickets.is_empty() && self.words.is_empty()
    }

    /// What a field holds, if anything.
    fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(|word| word.trim()).filter(|word| !word.is_empty())
    }

    /// What was asked for, or what is missing.
    fn changes(&self, texts: &Texts) -> Result<Vec<TicketChange>, &'static str> {
        if self.tickets.is_empty() {
            return Err(texts.bulk_none);
        }
        if self.tickets.len() > TICKETS_MAX {
            return Err(texts.bulk_many);
        }
        if self.word("what") == Some(SPAM) {
            return Ok(TicketChange::spam());
        }
        let fields = [(Field::Status, "status"), (Field::Team, "team"), (Field::Assignee, "assignee")];
        let fields = fields.into_iter().filter_map(|(field, name)| {
            Some(TicketChange::SetField { field, value: self.word(name)?.to_owned() })
        });
        let tags = self.word("tags").unwrap_or_default().split_whitespace();
        let changes: Vec<TicketChange> =
            fields.chain(tags.map(|tag| TicketChange::AddTag(tag.to_owned()))).collect();
        if changes.is_empty() { Err(texts.bulk_nothing) } else { Ok(changes) }
    }

    /// What is still to be done: the boxes of those that were refused. One that somebody changed meanwhile is ticked
    /// again by hand only, by who has looked at it.
    fn keep_refused(&mut self, outcome: &Outcome, texts: &Texts) {
        let again = outcome.refused.iter().filter(|(why, _)| *why != texts.bulk_conflict);
        let again: BTreeSet<i64> = again.flat_map(|(_, numbers)| numbers).copied().collect();
        self.tickets.retain(|number, _| again.contains(number));
    }
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

/// Changes the ticked tickets and tells what became of each. Where something was wrong or refused, the list stands below
/// with what was chosen.
pub(crate) async fn change(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let texts = visit.texts();
    let wrong = |why: &str| (StatusCode::UNPROCESSABLE_ENTITY, html! { p.alarm role="alert" { (why) } });
    let Ok(Form(sent)) = sent else {
        return again(&console, &visit, &asked, &Chosen::default(), wrong(texts.form_unreadable)).await;
    };
    let mut chosen = Chosen::of(sent);
    let changes = match chosen.changes(texts) {
        Ok(changes) => changes,
        Err(why) => return again(&console, &visit, &asked, &chosen, wrong(why)).await,
    };
    let outcome = work(&console, &visit, &chosen.tickets, &changes, &agent.0).await;
    let told = report(&visit, &outcome);
    if !outcome.refused.is_empty() {
        chosen.keep_refused(&outcome, texts);
        return again(&console, &visit, &asked, &chosen, (StatusCode::OK, told)).await;
    }
    let here = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let body = html! {
        (told)
        p { a href=(asked.link(&visit, asked.status(), here)) { (texts.back) } }
    };
    visit.page_at(texts.bulk, "/").of(&body).into_response()
}

/// The list once more below what there is to tell, with what was chosen in it.
async fn again(
    console: &Console,
    visit: &Visit,
    asked: &Asked,
    chosen: &Chosen,
    (status, told): (StatusCode, Markup),
) -> Response {
    let shown = async {
        let looker = looker(console, visit).await?;
        let listed = listed(console, asked, &looker).await?;
        let body = html! { (told) (list(visit, &listed, asked, &looker, chosen)) };
        Ok::<_, DeskError>((status, visit.page_at(visit.texts().bulk, "/").of(&body)).into_response())
    };
    shown.await.unwrap_or_else(|error| visit.failed(error))
}

/// A ticket as a box names it.
fn shown(ticked: &str) -> Option<(i64, i64)> {
    let (number, version) = ticked.split_once('.')?;
    Some((number.parse().ok()?, version.parse().ok()?))
}

/// One after the other; what one ticket refuses leaves the others alone.
async fn work(
    console: &Console,
    visit: &Visit,
    tickets: &BTreeMap<i64, i64>,
    changes: &[TicketChange],
    actor: &Actor,
) -> Outcome {
    let mut outcome = Outcome::default();
    for (&number, &version) in tickets {
        match Box::pin(change_one(console, number, version, changes, actor)).await {
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
pub(super) fn form(visit: &Visit, me: Option<&str>, is_open: bool, chosen: &Chosen) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    html! {
        details.bulk open[is_open || !chosen.is_nothing()] {
            summary { (texts.bulk) }
            div.fields {
                label {
                    (texts.status)
                    select name="status" {
                        option value="" selected[chosen.word("status").is_none()] { (texts.bulk_keep) }
                        @for status in StatusCategory::ALL {
                            option value=(status) selected[chosen.word("status") == Some(status.as_str())] { (language.status(*status)) }
                        }
                    }
                }
                label { (texts.team) input name="team" value=[chosen.word("team")] maxlength=(WORD_CHARS_MAX) autocapitalize="none" autocomplete="off"; }
                label { (texts.assignee) input name="assignee" value=[chosen.word("assignee")] maxlength=(WORD_CHARS_MAX) list="me" autocomplete="off"; }
                @if let Some(me) = me { datalist #me { option value=(me) {} } }
                label { (texts.bulk_tags) input name="tags" value=[chosen.word("tags")] maxlength=(WORD_CHARS_MAX) autocapitalize="none" autocomplete="off"; }
                p.buttons {
                    button type="submit" name="what" value="change" { (texts.bulk_change) }
                    button type="submit" name="what" value=(SPAM) { (texts.bulk_spam) }
                }
            }
        }
    }
}
