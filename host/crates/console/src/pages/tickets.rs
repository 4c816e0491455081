//! The list of tickets with who asks, newest first.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, Page, TicketFilter};
use domain::contact::{Contact, canonical_address, is_address};
use domain::id::{ContactId, TicketId};
use domain::ticket::{StatusCategory, Ticket};
use maud::{Markup, html};
use serde::Deserialize;

use super::Visit;
use crate::Console;
use crate::language::Texts;
use crate::view::time;

/// Tickets on a page.
const TICKETS_ON_PAGE: u32 = 50;

/// What the list is asked for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    status: String,
    /// A number, words of the subject or of a message, or a whole address.
    q: String,
    /// Id of the person who asks.
    requester: String,
    team: String,
    category: String,
    assignee: String,
    tag: String,
    /// The last ticket of the page before.
    after: String,
}

/// What is listed.
struct Listed {
    /// Tickets with who asks; one more than fits on the page where there are more.
    found: Vec<(Ticket, Option<Contact>)>,
    /// The person whose tickets they are, where only theirs were asked for.
    person: Option<Contact>,
}

/// Shows the list; a number leads to its ticket, an address to its person's tickets.
pub(crate) async fn show(
    State(console): State<Console>,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    if let Ok(number) = asked.q.trim().trim_start_matches('#').parse::<i64>() {
        return Redirect::to(&visit.spoken.link(&format!("/tickets/{number}"), &[])).into_response();
    }
    let shown = async {
        if let Some(person) = person_named(&console, &asked).await? {
            let theirs = asked.of(person);
            return Ok(Redirect::to(&theirs.link(&visit, theirs.status(), None)).into_response());
        }
        let body = list(&visit, &listed(&console, &asked).await?, &asked);
        Ok::<_, DeskError>(visit.page_at(visit.texts().tickets, "/").of(&body).into_response())
    };
    shown.await.unwrap_or_else(|error| visit.failed(error))
}

/// The person whose whole address was typed.
async fn person_named(console: &Console, asked: &Asked) -> Result<Option<ContactId>, DeskError> {
    let address = canonical_address(&asked.q);
    if !is_address(&address) {
        return Ok(None);
    }
    let person = console.desk.ask().contact_by_email(&address).await?;
    Ok(person.map(|person| person.id))
}

async fn listed(console: &Console, asked: &Asked) -> Result<Listed, DeskError> {
    let store = console.desk.ask();
    let after = asked.after.parse::<TicketId>().ok().map(|id| id.to_string());
    let page = Page { after, limit: TICKETS_ON_PAGE + 1 };
    let person = match asked.requester() {
        Some(id) => store.contact(id).await?,
        None => None,
    };
    Ok(Listed { found: store.tickets_and_requesters(&asked.filter(), &page).await?, person })
}

impl Asked {
    fn status(&self) -> Option<StatusCategory> {
        self.status.parse().ok()
    }

    fn requester(&self) -> Option<ContactId> {
        self.requester.parse().ok()
    }

    /// The same of one person instead of what was typed.
    fn of(&self, person: ContactId) -> Self {
        Self { q: String::new(), requester: person.to_string(), after: String::new(), ..self.clone() }
    }

    fn filter(&self) -> TicketFilter {
        let told = |word: &str| Some(word.trim().to_owned()).filter(|word| !word.is_empty());
        TicketFilter {
            status_category: self.status(),
            words: told(&self.q),
            team: told(&self.team),
            category: told(&self.category),
            assignee: told(&self.assignee),
            tag: told(&self.tag),
            requester: self.requester(),
            ..TicketFilter::default()
        }
    }

    /// Everything that is asked for beside status and place, with its name.
    fn words(&self) -> [(&'static str, &str); 6] {
        let Self { q, requester, team, category, assignee, tag, .. } = self;
        [
            ("q", q),
            ("requester", requester),
            ("team", team),
            ("category", category),
            ("assignee", assignee),
            ("tag", tag),
        ]
    }

    fn is_narrow(&self) -> bool {
        self.words().iter().any(|(_, word)| !word.trim().is_empty())
    }

    fn link(&self, visit: &Visit, status: Option<StatusCategory>, after: Option<&str>) -> String {
        let mut query: Vec<(&str, &str)> = Vec::new();
        query.extend(status.map(|s| ("status", s.as_str())));
        query.extend(self.words().into_iter().filter(|(_, word)| !word.trim().is_empty()));
        query.extend(after.map(|id| ("after", id)));
        visit.spoken.link("/", &query)
    }
}

fn list(visit: &Visit, listed: &Listed, asked: &Asked) -> Markup {
    let texts = visit.texts();
    let found = listed.found.as_slice();
    let limit = usize::try_from(TICKETS_ON_PAGE).unwrap_or(usize::MAX);
    let tickets = found.get(..limit).unwrap_or(found);
    let older =
        (found.len() > limit).then(|| tickets.last().map(|(ticket, _)| ticket.id.to_string())).flatten();
    html! {
        (search(visit, asked))
        @if let Some(person) = &listed.person { p { (texts.tickets_of) " " strong { bdi { (called(texts, person)) } } } }
        (filters(visit, asked))
        @if tickets.is_empty() { p { (texts.no_tickets) } } @else { (table(visit, tickets)) }
        nav.pages {
            @if !asked.after.is_empty() { a href=(asked.link(visit, asked.status(), None)) rel="first" { "« " (texts.newest) } }
            @if let Some(id) = older { a href=(asked.link(visit, asked.status(), Some(&id))) rel="next" { (texts.older) " »" } }
        }
    }
}

fn search(visit: &Visit, asked: &Asked) -> Markup {
    let texts = visit.texts();
    let fields = [
        ("team", texts.team, &asked.team),
        ("assignee", texts.assignee, &asked.assignee),
        ("category", texts.category, &asked.category),
        ("tag", texts.tag, &asked.tag),
    ];
    let narrowed = fields.iter().any(|(.., word)| !word.is_empty());
    html! {
        form.search method="get" action="/" role="search" {
            label for="q" { (texts.search_tickets) }
            @if visit.spoken.chosen { input type="hidden" name="lang" value=(visit.spoken.language.tag()); }
            @if !asked.requester.is_empty() { input type="hidden" name="requester" value=(asked.requester); }
            @if !asked.status.is_empty() { input type="hidden" name="status" value=(asked.status); }
            p.buttons {
                input #q name="q" type="search" maxlength="200" value=(asked.q);
                button type="submit" { (texts.search) }
            }
            details open[narrowed] {
                summary { (texts.narrow) }
                div.fields {
                    @for (name, label, word) in fields {
                        label { (label) input name=(name) maxlength="100" value=(word); }
                    }
                }
            }
            @if asked.is_narrow() { a href=(visit.spoken.link("/", &[])) { (texts.everything) } }
        }
    }
}

fn filters(visit: &Visit, asked: &Asked) -> Markup {
    let texts = visit.texts();
    let choices = std::iter::once(None).chain(StatusCategory::ALL.iter().copied().map(Some));
    html! {
        nav.filters aria-label=(texts.show_status) {
            @for choice in choices {
                a href=(asked.link(visit, choice, None)) aria-current=[(choice == asked.status()).then_some("true")] {
                    (choice.map_or(texts.all, |status| visit.spoken.language.status(status)))
                }
            }
        }
    }
}

fn table(visit: &Visit, tickets: &[(Ticket, Option<Contact>)]) -> Markup {
    let texts = visit.texts();
    let heads = [
        texts.number,
        texts.subject,
        texts.customer,
        texts.status,
        texts.priority,
        texts.category,
        texts.language,
        texts.team,
        texts.tags,
        texts.created,
    ];
    html! {
        table.tickets {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for (ticket, requester) in tickets { (row(visit, ticket, requester.as_ref())) } }
        }
    }
}

/// A cell; narrow screens leave an empty one out.
fn cell(name: &str, value: Option<&str>) -> Markup {
    html! {
        @match value {
            Some(value) => td data-name=(name) { (value) },
            None => td.empty data-name=(name) { "–" },
        }
    }
}

/// What people call a person: by name, else by address.
fn called<'p>(texts: &Texts, person: &'p Contact) -> &'p str {
    match person.name.as_deref().filter(|name| !name.trim().is_empty()) {
        _ if person.is_erased() => texts.erased,
        Some(name) => name,
        None => person.email.as_str(),
    }
}

fn row(visit: &Visit, ticket: &Ticket, requester: Option<&Contact>) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let address = visit.spoken.link(&format!("/tickets/{}", ticket.number), &[]);
    html! {
        tr {
            td data-name=(texts.number) { (ticket.number) }
            th scope="row" data-name=(texts.subject) { a href=(address) dir="auto" { (ticket.subject) } }
            (cell(texts.customer, requester.map(|person| called(texts, person))))
            td data-name=(texts.status) class={ "status " (ticket.status_category) } { (language.status(ticket.status_category)) }
            td data-name=(texts.priority) class={ "priority " (ticket.priority) } { (language.priority(ticket.priority)) }
            (cell(texts.category, ticket.category.as_deref()))
            (cell(texts.language, ticket.language.as_deref()))
            (cell(texts.team, ticket.team.as_deref()))
            td data-name=(texts.tags) class={ @if ticket.tags.is_empty() { "empty" } } { @for tag in &ticket.tags { span.tag { (tag) } " " } }
            td data-name=(texts.created) { (time(ticket.created_at)) }
        }
    }
}
