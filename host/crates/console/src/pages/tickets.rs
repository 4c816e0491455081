//! The list of tickets, newest first. Who asks does not stand here.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::{Page, TicketFilter};
use domain::id::TicketId;
use domain::ticket::{StatusCategory, Ticket};
use maud::{Markup, html};

use super::Visit;
use crate::Console;
use crate::view::time;

/// Tickets on a page.
const TICKETS_ON_PAGE: u32 = 50;

/// Shows the list.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    let status = visit.asked("status").and_then(|word| word.parse::<StatusCategory>().ok());
    let after = visit.asked("after").and_then(|id| id.parse::<TicketId>().ok());
    let filter = TicketFilter { status_category: status, ..TicketFilter::default() };
    let page = Page { after: after.map(|id| id.to_string()), limit: TICKETS_ON_PAGE + 1 };
    match console.desk.ask().tickets(&filter, &page).await {
        Ok(tickets) => {
            visit.page(visit.texts().tickets).of(&list(&visit, &tickets, status, after)).into_response()
        }
        Err(error) => visit.failed(error),
    }
}

fn list(visit: &Visit, found: &[Ticket], status: Option<StatusCategory>, after: Option<TicketId>) -> Markup {
    let texts = visit.texts();
    let limit = usize::try_from(TICKETS_ON_PAGE).unwrap_or(usize::MAX);
    let tickets = found.get(..limit).unwrap_or(found);
    let older = (found.len() > limit).then(|| tickets.last().map(|t| t.id.to_string())).flatten();
    html! {
        (filters(visit, status))
        @if tickets.is_empty() { p { (texts.no_tickets) } } @else { (table(visit, tickets)) }
        nav.pages {
            @if after.is_some() { a href=(link(visit, status, None)) rel="first" { "« " (texts.newest) } }
            @if let Some(id) = older { a href=(link(visit, status, Some(&id))) rel="next" { (texts.older) " »" } }
        }
    }
}

fn filters(visit: &Visit, current: Option<StatusCategory>) -> Markup {
    let texts = visit.texts();
    let choices = std::iter::once(None).chain(StatusCategory::ALL.iter().copied().map(Some));
    html! {
        nav.filters aria-label=(texts.show_status) {
            @for choice in choices {
                a href=(link(visit, choice, None)) aria-current=[(choice == current).then_some("true")] {
                    (choice.map_or(texts.all, |status| visit.spoken.language.status(status)))
                }
            }
        }
    }
}

fn link(visit: &Visit, status: Option<StatusCategory>, after: Option<&str>) -> String {
    let mut query = Vec::new();
    query.extend(status.map(|s| ("status", s.as_str())));
    query.extend(after.map(|id| ("after", id)));
    visit.spoken.link("/", &query)
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
