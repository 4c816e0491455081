//! Sorting a ticket by hand: what is changed here wins over plugins, and they learn from it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use desk::{DeskError, Page, TicketChange, TicketFilter};
use domain::Refusal;
use domain::ticket::{Field, Priority, StatusCategory, Ticket};
use maud::{Markup, html};

use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// Tickets whose words are offered again, the newest ones.
const TICKETS_LOOKED_AT: u32 = 200;
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
    /// The words of the newest tickets.
    pub(super) async fn of(console: &Console) -> Result<Self, DeskError> {
        let newest = Page::first(TICKETS_LOOKED_AT);
        let tickets = console.desk.ask().tickets(&TicketFilter::default(), &newest).await?;
        let mut known = Self::default();
        for ticket in tickets {
            known.categories.extend(ticket.category);
            known.teams.extend(ticket.team);
            known.assignees.extend(ticket.assignee);
        }
        Ok(known)
    }
}

/// Changes the fields that were changed in the form.
pub(crate) async fn change(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path(number): Path<String>,
    sent: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Response {
    let sent = sent.map(|Form(sent)| sent).unwrap_or_default();
    let done = async {
        let ticket = super::ticket(&console, &number).await?;
        let changes = changes(&ticket, &sent)?;
        if changes.is_empty() {
            return Ok(());
        }
        console.desk.change_ticket(ticket.id, changes, Some(ticket.version), agent.0).await.map(drop)
    };
    let done = done.await;
    super::done(&console, &visit, &number, String::new(), done).await
}

/// What differs from what the form showed. A field that somebody else changed meanwhile is not overwritten unseen.
fn changes(ticket: &Ticket, sent: &BTreeMap<String, String>) -> Result<Vec<TicketChange>, Refusal> {
    let mut changes = Vec::new();
    for field in fields_of(ticket) {
        let name = field.to_string();
        let Some(value) = sent.get(&name).map(|value| value.trim()) else { continue };
        let shown = sent.get(&format!("was.{name}")).map_or("", |was| was.as_str());
        if value == shown {
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
    Ok(changes)
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

/// The form.
pub(super) fn form(visit: &Visit, ticket: &Ticket, known: &Known) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let action = format!("/tickets/{}/fields", ticket.number);
    let statuses = StatusCategory::ALL.iter().map(|s| (s.as_str(), language.status(*s)));
    let priorities = Priority::ALL.iter().map(|p| (p.as_str(), language.priority(*p)));
    html! {
        details.sorting {
            summary { (texts.sort_by_hand) }
            form.fields method="post" action=(visit.spoken.link(&action, &[])) {
                @for field in fields_of(ticket) { input type="hidden" name={ "was." (field) } value=(current(ticket, &field)); }
                (choice("status", texts.status, ticket.status_category.as_str(), statuses))
                (choice("priority", texts.priority, ticket.priority.as_str(), priorities))
                (word("category", texts.category, ticket.category.as_deref(), &known.categories))
                (word("team", texts.team, ticket.team.as_deref(), &known.teams))
                (word("assignee", texts.assignee, ticket.assignee.as_deref(), &known.assignees))
                (word("language", texts.language, ticket.language.as_deref(), &BTreeSet::new()))
                @for (key, value) in &ticket.custom {
                    label { (key) input name={ "custom." (key) } value=(value) autocomplete="off"; }
                }
                p.buttons { button type="submit" { (texts.save) } }
            }
        }
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
            select name=(name) {
                @for (value, text) in options { option value=(value) selected[value == current] { (text) } }
            }
        }
    }
}

fn word(name: &str, label: &str, current: Option<&str>, known: &BTreeSet<String>) -> Markup {
    let list = format!("known-{name}");
    html! {
        label {
            (label)
            input name=(name) value=(current.unwrap_or_default()) maxlength=(WORD_CHARS_MAX) list=(list) autocomplete="off";
        }
        datalist id=(list) { @for word in known { option value=(word) {} } }
    }
}
