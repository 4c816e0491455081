//! Reading other tickets. Needs `use:tickets`.

use crate::{Error, Ticket, host};

/// Which tickets; what is not set means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Status category.
    pub status_category: Option<String>,
    /// A tag they have.
    pub tag: Option<String>,
    /// Their team.
    pub team: Option<String>,
    /// The same requester as this ticket's.
    pub requester_of: Option<String>,
    /// No message from the customer since.
    pub customer_silent_since_ms: Option<u64>,
    /// Newest public message was ours and before this.
    pub replied_before_ms: Option<u64>,
    /// Solved before this.
    pub solved_before_ms: Option<u64>,
    /// Created after this.
    pub created_after_ms: Option<u64>,
    /// At most so many (1 to 200); 0 means 200.
    pub limit: u32,
}

/// One ticket, if there is one with this id.
///
/// # Errors
/// Denied without the grant.
pub fn get(id: &str) -> Result<Option<Ticket<'static>>, Error> {
    Ok(host::tickets::get(id)?.map(Ticket::own))
}

/// Tickets, oldest first.
///
/// # Errors
/// Denied without the grant.
pub fn search(query: &Query) -> Result<Vec<Ticket<'static>>, Error> {
    let query = query.clone();
    let raw = host::tickets::Query {
        status_category: query.status_category,
        tag: query.tag,
        team: query.team,
        requester_of: query.requester_of,
        customer_silent_since_ms: query.customer_silent_since_ms,
        replied_before_ms: query.replied_before_ms,
        solved_before_ms: query.solved_before_ms,
        created_after_ms: query.created_after_ms,
        limit: if query.limit == 0 { 200 } else { query.limit },
    };
    Ok(host::tickets::search(&raw)?.into_iter().map(Ticket::own).collect())
}
