//! The list of tickets, newest first. Who asks does not stand here.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use desk::{Page, TicketFilter};
use domain::id::TicketId;
use domain::ticket::{StatusCategory, Ticket};
use maud::{Markup, html};
use serde::Deserialize;

use super::Visit;
use crate::Console;
use crate::view::time;

/// Tickets on a page.
const TICKETS_ON_PAGE: u32 = 50;

/// What the list is asked for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    status: String,
    /// A number, or words of the subject.
    q: String,
    team: String,
    category: String,
    assignee: String,
    tag: String,
    /// The last ticket of the page before.
    after: String,
}

/// Shows the list; a number leads to its ticket.
pub(crate) async fn show(
    State(console): State<Console>,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    if let Ok(number) = asked.q.trim().trim_start_matches('#').parse::<i64>() {
        return Redirect::to(&visit.spoken.link(&format!("/tickets/{number}"), &[])).into_response();
    }
    let after = asked.after.parse::<TicketId>().ok().map(|id| id.to_string());
    let page = Page { after, limit: TICKETS_ON_PAGE + 1 };
    match console.desk.ask().tickets(&asked.filter(), &page).await {
        Ok(tickets) => {
            visit.page_at(visit.texts().tickets, "/").of(&list(&visit, &tickets, &asked)).into_response()
        }
        Err(error) => visit.failed(error),
    }
}

impl Asked {
    fn status(&self) -> Option<StatusCategory> {
        self.status.parse().ok()
    }

    fn filter(&self) -> TicketFilter {
        let told = |word: &str| Some(word.trim().to_owned()).filter(|word| !word.is_empty());
        TicketFilter {
            status_category: self.status(),
            subject: told(&self.q),
            team: told(&self.team),
            category: told(&self.category),
            assignee: told(&self.assignee),
            tag: told(&self.tag),
            ..TicketFilter::default()
        }
    }

    /// Everything that is asked for beside status and place, with its name.
    fn words(&self) -> [(&'static str, &str); 5] {
        let Self { q, team, category, assignee, tag, .. } = self;
        [("q", q), ("team", team), ("category", category), ("assignee", assignee), ("tag", tag)]
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

fn list(visit: &Visit, found: &[Ticket], asked: &Asked) -> Markup {
    let texts = visit.texts();
    let limit = usize::try_from(TICKETS_ON_PAGE).unwrap_or(usize::MAX);
    let tickets = found.get(..limit).unwrap_or(found);
    let older = (found.len() > limit).then(|| tickets.last().map(|t| t.id.to_string())).flatten();
    html! {
        (search(visit, asked))
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

fn table(visit: &Visit, tickets: &[Ticket]) -> Markup {
    let texts = visit.texts();
    let heads = [
        texts.number,
        texts.subject,
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
            tbody { @for ticket in tickets { (row(visit, ticket)) } }
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

fn row(visit: &Visit, ticket: &Ticket) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let address = visit.spoken.link(&format!("/tickets/{}", ticket.number), &[]);
    html! {
        tr {
            td data-name=(texts.number) { (ticket.number) }
            th scope="row" data-name=(texts.subject) { a href=(address) dir="auto" { (ticket.subject) } }
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
