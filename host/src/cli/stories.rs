//! Printing the stories of many tickets, oldest first.

use desk::{Desk, Page, TicketFilter};
use domain::story::{Story, Tongue};

use super::screen;

/// Tickets read at a time.
const PAGE: u32 = 100;

/// Prints every ticket's story; answers how many there were.
pub(super) async fn print_all(desk: &Desk, tongue: Tongue, json: bool) -> anyhow::Result<u64> {
    let filter = TicketFilter { oldest_first: true, ..TicketFilter::default() };
    let mut page = Page::first(PAGE);
    let mut told = 0;
    loop {
        let tickets = desk.ask().tickets(&filter, &page).await?;
        let Some(last) = tickets.last() else { return Ok(told) };
        page = Page::after(last.id, PAGE);
        for ticket in &tickets {
            let story = Story::tell_in(&desk.material(ticket.id).await?, tongue);
            if json {
                screen::json(&story)?
            } else {
                screen::line(&story)?
            }
            told += 1;
        }
    }
}
