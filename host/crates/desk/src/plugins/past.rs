//! Past tickets, newest first, page by page: what a new version or a threshold is tried on.

use std::collections::BTreeSet;

use domain::snapshot::TicketView;
use store::{Page, TicketFilter};

use crate::{Desk, DeskError};

/// Tickets of a page: few, for each comes with all of its newest messages.
const PAGE: u32 = 20;

/// A walk over the newest tickets of some inboxes (of all when none is named).
pub(super) struct Walk {
    filter: TicketFilter,
    page: Page,
    left: u32,
}

impl Walk {
    /// Over at most so many tickets.
    pub(super) fn over(inboxes: BTreeSet<String>, tickets: u32) -> Self {
        let filter = TicketFilter { inboxes, ..TicketFilter::default() };
        Self { filter, page: Page::first(PAGE), left: tickets }
    }

    /// The next tickets; none at the end.
    pub(super) async fn next(&mut self, desk: &Desk) -> Result<Vec<TicketView>, DeskError> {
        self.page.limit = PAGE.min(self.left);
        if self.left == 0 {
            return Ok(Vec::new());
        }
        let found = desk.0.store.views(&self.filter, &self.page).await?;
        self.left = self.left.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        match found.last() {
            Some(last) => self.page = Page::after(last.ticket.id, PAGE),
            None => self.left = 0,
        }
        Ok(found)
    }
}
