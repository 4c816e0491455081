//! The rows of the list: what each says of its ticket. Where the screen is narrow, a row is a card.

use domain::contact::Contact;
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::bulk::Chosen;
use super::{Asked, Boxes, Listed, bulk, goes_on};
use crate::language::Texts;
use crate::pages::Visit;
use crate::view::clipped;

/// The tickets of a page; each with a box to tick where they can be changed together.
pub(super) fn table(
    visit: &Visit,
    listed: &Listed,
    tickets: &[(Ticket, Option<Contact>)],
    asked: &Asked,
    boxes: Boxes,
    chosen: &Chosen,
) -> Markup {
    let texts = visit.texts();
    let inbox = (!listed.inboxes.is_empty()).then_some(texts.inbox);
    let heads = [
        Some(texts.number),
        Some(texts.subject),
        Some(texts.customer),
        Some(texts.status),
        Some(texts.priority),
        Some(texts.category),
        Some(texts.language),
        Some(texts.team),
        Some(texts.assignee),
        inbox,
        Some(texts.tags),
        Some(texts.waiting),
        Some(texts.created),
    ];
    html! {
        table.tickets {
            thead {
                tr {
                    @if boxes != Boxes::Absent { th scope="col" { span.unseen { (texts.tick) } } }
                    @for head in heads.into_iter().flatten() { th scope="col" { (head) } }
                }
            }
            tbody {
                @for (ticket, requester) in tickets {
                    tr {
                        @if boxes != Boxes::Absent {
                            // One that was merged takes nothing any more.
                            @let is_ticked = (boxes == Boxes::Ticked || chosen.has(ticket)) && ticket.merged_into.is_none();
                            td data-name=(texts.tick) {
                                input type="checkbox" name=(bulk::TICKED) value=(bulk::ticked(ticket)) checked[is_ticked] aria-label={ (texts.tick) " #" (ticket.number) };
                            }
                        }
                        (cells(visit, listed, ticket, requester.as_ref(), asked))
                        (wait(visit, listed, ticket))
                        td data-name=(texts.created) { (visit.time(ticket.created_at)) }
                    }
                }
            }
        }
    }
}

/// Since when the customer waits for us, if so: since the newest message.
fn wait(visit: &Visit, listed: &Listed, ticket: &Ticket) -> Markup {
    let texts = visit.texts();
    let since = ticket.last_customer_message_at.filter(|_| listed.waiting.contains(&ticket.id));
    html! {
        @match since {
            Some(since) => td data-name=(texts.waiting) {
                span {
                    (texts.waits) " " (visit.spoken.language.span(listed.now.0 - since.0))
                    " (" (visit.time(since)) ")"
                }
            },
            None => td.empty data-name=(texts.waiting) { "–" },
        }
    }
}

/// A cell; narrow screens leave an empty one out.
fn cell(name: &str, value: Option<&str>) -> Markup {
    html! {
        @match value {
            Some(value) => td.short data-name=(name) { (value) },
            None => td.empty data-name=(name) { "–" },
        }
    }
}

/// What people call a person: by name, else by address.
pub(super) fn called<'p>(texts: &Texts, person: &'p Contact) -> &'p str {
    match person.name.as_deref().filter(|name| !name.trim().is_empty()) {
        _ if person.is_erased() => texts.erased,
        Some(name) => name,
        None => person.email.as_str(),
    }
}

/// What a ticket's row says of it.
fn cells(
    visit: &Visit,
    listed: &Listed,
    ticket: &Ticket,
    requester: Option<&Contact>,
    asked: &Asked,
) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    // The ticket's page leads to the tickets beside it in this list.
    let address =
        visit.spoken.link(&format!("/tickets/{}", ticket.number), &asked.query(asked.status(), None));
    let (subject, whole) = clipped(&ticket.subject);
    html! {
        td data-name=(texts.number) { (ticket.number) }
        th scope="row" data-name=(texts.subject) {
            div { a href=(address) dir="auto" title=[whole] { (subject) } (goes_on(visit, &listed.homes, ticket)) }
        }
        (cell(texts.customer, requester.map(|person| called(texts, person))))
        td data-name=(texts.status) class={ "status " (ticket.status_category) } {
            (language.status(ticket.status_category))
        }
        td data-name=(texts.priority) class={ "priority " (ticket.priority) } { (language.priority(ticket.priority)) }
        (cell(texts.category, ticket.category.as_deref()))
        (cell(texts.language, ticket.language.as_deref()))
        (cell(texts.team, ticket.team.as_deref()))
        (cell(texts.assignee, ticket.assignee.as_deref()))
        @if !listed.inboxes.is_empty() { (cell(texts.inbox, ticket.inbox.as_deref())) }
        td data-name=(texts.tags) class={ @if ticket.tags.is_empty() { "empty" } } {
            div { @for tag in &ticket.tags { span.tag { (tag) } " " } }
        }
    }
}
