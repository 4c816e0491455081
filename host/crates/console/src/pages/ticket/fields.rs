//! Sorting a ticket by hand: what is changed here wins over plugins, and they learn from it.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, Request, State};
use axum::response::Response;
use desk::{DeskError, Page, TicketChange, TicketFilter};
use domain::Refusal;
use domain::article::Article;
use domain::ticket::{Field, Priority, StatusCategory, Ticket};
use maud::{Markup, html};

use super::beside;
use super::composer::{self, FORM};
use super::written::Written;
use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// Tickets whose words are offered again, the newest ones.
const TICKETS_LOOKED_AT: u32 = 200;
/// How often a change is tried while others change the same ticket.
const RACES_MAX: u32 = 8;
/// Longest word, characters.
const WORD_CHARS_MAX: usize = 100;
/// Fields that every ticket has.
const FIELDS: [Field; 6] =
    [Field::Status, Field::Priority, Field::Category, Field::Team, Field::Assignee, Field::Language];

/// Words that the house uses already, so that nobody has to remember how they are spelt.
#[derive(Debug, Default)]
pub(super) struct Known {
    categories: BTreeSet<String>,
    teams: BTreeSet<String>,
    assignees: BTreeSet<String>,
}

impl Known {
    /// The words of the newest tickets, and the name of who is at work.
    pub(super) async fn of(console: &Console, me: Option<String>) -> Result<Self, DeskError> {
        let newest = Page::first(TICKETS_LOOKED_AT);
        let tickets = console.desk.ask().tickets(&TicketFilter::default(), &newest).await?;
        let mut known = Self::default();
        for ticket in tickets {
            known.categories.extend(ticket.category);
            known.teams.extend(ticket.team);
            known.assignees.extend(ticket.assignee);
        }
        known.assignees.extend(me);
        Ok(known)
    }
}

/// Changes the fields that were changed in the form. An answer that was begun comes along and stands in the composer
/// again.
pub(crate) async fn change(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, agent, &visit, request)).await;
    let (agent, written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let done = match readable {
        true => save(&console, &agent, &number, &written.fields).await,
        false => Err(visit.unreadable().into()),
    };
    let texts = visit.texts();
    // Words to look for and the number of a merge stand there again, and so does what was begun in the small forms: each
    // takes its own button.
    let goes_on = written.looks_further()
        || !written.said("into").trim().is_empty()
        || [beside::VALUE, beside::REASON].iter().any(|kind| beside::is_begun(&written.fields, kind));
    let notice = match (written.is_begun(), goes_on) {
        (true, _) => Some(texts.saved_while_writing),
        (false, true) => Some(texts.saved),
        (false, false) => None,
    };
    let mut typed = written.typed();
    match done {
        Ok(()) if notice.is_some() => {
            typed.fields.retain(|name, _| name == "was.text" || beside::is_one(name));
            super::while_writing(&console, &visit, &number, notice, typed).await
        }
        done => super::saved(&console, &visit, &number, typed, done).await,
    }
}

async fn save(
    console: &Console,
    agent: &Agent,
    number: &str,
    sent: &BTreeMap<String, String>,
) -> Result<(), DeskError> {
    for _ in 0..RACES_MAX {
        let ticket = super::ticket(console, number).await?;
        let changes = changes(&ticket, sent)?;
        if changes.is_empty() {
            return Ok(());
        }
        match console.desk.change_ticket(ticket.id, changes, Some(ticket.version), agent.0.clone()).await {
            // Something else on the ticket changed in between: what was shown is compared anew.
            Err(DeskError::Refused(refusal)) if refusal.code == "version_conflict" => {}
            done => return done.map(drop),
        }
    }
    Err(DeskError::Busy("the ticket"))
}

/// What differs from what the form showed. A field that somebody else changed meanwhile is not overwritten unseen.
pub(super) fn changes(
    ticket: &Ticket,
    sent: &BTreeMap<String, String>,
) -> Result<Vec<TicketChange>, Refusal> {
    let mut changes = Vec::new();
    for field in fields_of(ticket) {
        let name = field.to_string();
        let Some(value) = sent.get(&name).map(|value| value.trim()) else { continue };
        let shown = sent.get(&format!("was.{name}")).map_or("", |was| was.as_str());
        // What is there already need not be set: a page that is sent again says the same twice.
        if value == shown || value == current(ticket, &field) {
            continue;
        }
        if current(ticket, &field) != shown {
            let sentence = format!(
                "Somebody set {name} to “{}” meanwhile: look at it, and change it again if it is wrong.",
                current(ticket, &field)
            );
            return Err(Refusal::new("version_conflict", sentence).at(name));
        }
        changes.push(TicketChange::SetField { field, value: value.to_owned() });
    }
    changes.extend(tag_changes(sent));
    changes.extend(new_field(ticket, sent)?);
    Ok(changes)
}

/// Tags that were written into the form or taken out of it; what others tagged meanwhile stays.
fn tag_changes(sent: &BTreeMap<String, String>) -> Vec<TicketChange> {
    let of = |name: &str| -> Option<BTreeSet<&str>> { Some(sent.get(name)?.split_whitespace().collect()) };
    let (Some(now), Some(was)) = (of("tags"), of("was.tags")) else { return Vec::new() };
    let added = now.difference(&was).map(|tag| TicketChange::AddTag((*tag).to_owned()));
    let removed = was.difference(&now).map(|tag| TicketChange::RemoveTag((*tag).to_owned()));
    added.chain(removed).collect()
}

/// A field of the house's own that the ticket did not have.
fn new_field(ticket: &Ticket, sent: &BTreeMap<String, String>) -> Result<Option<TicketChange>, Refusal> {
    let word = |name: &str| sent.get(name).map_or("", |word| word.trim());
    let (key, value) = (word("new.key"), word("new.value"));
    if value.is_empty() {
        return Ok(None);
    }
    if !domain::ticket::is_key(key) {
        let sentence = "Name the field for its value: a key consists of 1 to 64 of a-z 0-9 _ - . :";
        return Err(Refusal::new("bad_key", sentence).at("new.key"));
    }
    if ticket.custom.get(key).is_some_and(|there| there == value) {
        return Ok(None);
    }
    if ticket.custom.contains_key(key) {
        let sentence = format!("The ticket has a field {key} already: change it where it stands.");
        return Err(Refusal::new("bad_key", sentence).at("new.key"));
    }
    Ok(Some(TicketChange::SetField { field: Field::Custom(key.to_owned()), value: value.to_owned() }))
}

/// Those that every ticket has, and those that somebody filled in on this one.
fn fields_of(ticket: &Ticket) -> Vec<Field> {
    FIELDS.into_iter().chain(ticket.custom.keys().cloned().map(Field::Custom)).collect()
}

fn current<'t>(ticket: &'t Ticket, field: &Field) -> &'t str {
    match field {
        Field::Status => ticket.status_category.as_str(),
        Field::Priority => ticket.priority.as_str(),
        Field::Language => ticket.language.as_deref().unwrap_or_default(),
        Field::Category => ticket.category.as_deref().unwrap_or_default(),
        Field::Team => ticket.team.as_deref().unwrap_or_default(),
        Field::Assignee => ticket.assignee.as_deref().unwrap_or_default(),
        Field::Custom(key) => ticket.custom.get(key).map_or("", |value| value.as_str()),
    }
}

/// The fields, as part of the composer's form; what was typed stands in them again when it could not be saved.
pub(super) fn form(
    visit: &Visit,
    ticket: &Ticket,
    known: &Known,
    picked: Option<&Article>,
    typed: Option<&BTreeMap<String, String>>,
) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let action = composer::sent_to(visit, &format!("/tickets/{}/fields", ticket.number), picked);
    let shown = |field: &Field| {
        let over = typed.and_then(|typed| typed_over(typed, &field.to_string()));
        over.unwrap_or_else(|| current(ticket, field)).to_owned()
    };
    let is_changed = |typed: &BTreeMap<String, String>| {
        let mut names = fields_of(ticket).into_iter().map(|field| field.to_string());
        names.any(|name| typed_over(typed, &name).is_some())
            || ["tags", "new.key", "new.value"].iter().any(|name| typed_over(typed, name).is_some())
    };
    let statuses = StatusCategory::ALL.iter().map(|s| (s.as_str(), language.status(*s)));
    let priorities = Priority::ALL.iter().map(|p| (p.as_str(), language.priority(*p)));
    let none = BTreeSet::new();
    let words = [
        (Field::Category, texts.category, &known.categories),
        (Field::Team, texts.team, &known.teams),
        (Field::Assignee, texts.assignee, &known.assignees),
        (Field::Language, texts.language, &none),
    ];
    html! {
        details.sorting open[typed.is_some_and(is_changed)] {
            summary { (texts.sort_by_hand) }
            div.fields {
                @for field in fields_of(ticket) { input type="hidden" form=(FORM) name={ "was." (field) } value=(current(ticket, &field)); }
                (choice("status", texts.status, &shown(&Field::Status), statuses))
                (choice("priority", texts.priority, &shown(&Field::Priority), priorities))
                @for (field, label, known) in &words { (word(field, label, &shown(field), known)) }
                (tags(visit, ticket, typed))
                @for key in ticket.custom.keys() {
                    @let field = Field::Custom(key.clone());
                    label { (key) input form=(FORM) name=(field) value=(shown(&field)) autocomplete="off"; }
                }
                @let typed_in = |name: &str| typed.and_then(|typed| typed.get(name)).map_or("", |word| word.as_str());
                label { (texts.new_field) input form=(FORM) name="new.key" maxlength="64" value=(typed_in("new.key")) autocapitalize="none" autocomplete="off"; }
                label { (texts.new_value) input form=(FORM) name="new.value" value=(typed_in("new.value")) autocomplete="off"; }
                p.buttons {
                    // A file that was chosen stays behind; an answer may be empty.
                    button type="submit" form=(FORM) formaction=(action) formenctype="application/x-www-form-urlencoded" formnovalidate { (texts.save) }
                }
            }
        }
    }
}

/// What was typed into a field, where it is something else than the form had shown: the ticket may have changed since.
fn typed_over<'t>(typed: &'t BTreeMap<String, String>, name: &str) -> Option<&'t str> {
    let was = typed.get(&format!("was.{name}")).map_or("", |was| was.as_str());
    typed.get(name).map(String::as_str).filter(|value| *value != was)
}

fn tags(visit: &Visit, ticket: &Ticket, typed: Option<&BTreeMap<String, String>>) -> Markup {
    let now = ticket.tags.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let shown = typed.and_then(|typed| typed_over(typed, "tags")).unwrap_or(&now);
    html! {
        input type="hidden" form=(FORM) name="was.tags" value=(now);
        label { (visit.texts().tags_help) input form=(FORM) name="tags" value=(shown) autocapitalize="none" autocomplete="off"; }
    }
}

fn choice<'a>(
    name: &str,
    label: &str,
    current: &str,
    options: impl Iterator<Item = (&'a str, &'a str)>,
) -> Markup {
    html! {
        label {
            (label)
            select form=(FORM) name=(name) {
                @for (value, text) in options { option value=(value) selected[value == current] { (text) } }
            }
        }
    }
}

fn word(field: &Field, label: &str, shown: &str, known: &BTreeSet<String>) -> Markup {
    let list = format!("known-{field}");
    html! {
        label {
            (label)
            input form=(FORM) name=(field) value=(shown) maxlength=(WORD_CHARS_MAX) list=(list) autocomplete="off";
        }
        datalist id=(list) { @for word in known { option value=(word) {} } }
    }
}
