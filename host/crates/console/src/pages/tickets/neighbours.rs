//! The list that a ticket was opened from: the addresses of its page keep it, and lead to the tickets before and behind it
//! there.

use desk::{DeskError, Page, TicketFilter};
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::{Asked, Looker};
use crate::Console;
use crate::language::Spoken;
use crate::pages::Visit;
use crate::view::{key, keys};

/// The tickets beside one, by number.
#[derive(Debug)]
pub(crate) struct Neighbours {
    before: Option<i64>,
    behind: Option<i64>,
}

impl Neighbours {
    /// In the list that the page's address tells; `name` is what whoever looks is called, where they signed in.
    pub(crate) async fn of(
        console: &Console,
        visit: &Visit,
        ticket: &Ticket,
        name: Option<String>,
    ) -> Result<Self, DeskError> {
        let filter = Asked::at(&visit.uri).filter(&Looker { name, works: false });
        let behind = next(console, &filter, ticket).await?;
        let back = TicketFilter { oldest_first: !filter.oldest_first, ..filter };
        Ok(Self { before: next(console, &back, ticket).await?, behind })
    }

    /// The way to them and back to the list.
    pub(crate) fn nav(&self, visit: &Visit) -> Markup {
        let texts = visit.texts();
        let asked = Asked::at(&visit.uri);
        let to = |number: i64| link(visit, visit.spoken, &format!("/tickets/{number}"), &[]);
        html! {
            nav.pages aria-label=(texts.tickets) {
                a href=(asked.link(visit, asked.status(), None)) accesskey=(key::SEARCH) { (texts.back) }
                @if let Some(number) = self.before { a href=(to(number)) rel="prev" accesskey=(key::BEFORE) { "« " (texts.ticket_before) } }
                @if let Some(number) = self.behind { a href=(to(number)) rel="next" accesskey=(key::BEHIND) { (texts.ticket_behind) " »" } }
            }
        }
    }

    /// What keys do on a ticket's page.
    pub(crate) fn keys(&self, visit: &Visit, answers: bool) -> Markup {
        let texts = visit.texts();
        let those = [
            answers.then_some((key::ANSWER, texts.answer)),
            self.behind.map(|_| (key::BEHIND, texts.ticket_behind)),
            self.before.map(|_| (key::BEFORE, texts.ticket_before)),
            Some((key::SEARCH, texts.back)),
        ];
        keys(texts, &those)
    }
}

/// The number of the ticket that comes behind this one.
async fn next(console: &Console, filter: &TicketFilter, ticket: &Ticket) -> Result<Option<i64>, DeskError> {
    let page: Page = filter.page_behind(&filter.place(ticket), 1);
    let found = console.desk.ask().tickets(filter, &page).await?;
    Ok(found.first().map(|ticket| ticket.number))
}

/// An address of a ticket's page that keeps the list.
pub(crate) fn link(visit: &Visit, spoken: Spoken, path: &str, said: &[(&str, &str)]) -> String {
    let asked = Asked::at(&visit.uri);
    let mut query: Vec<(&str, &str)> = said.to_vec();
    query.extend(asked.query(asked.status(), None));
    spoken.link(path, &query)
}
