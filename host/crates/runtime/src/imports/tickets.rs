//! `tickets`: reading other tickets. What comes back is handed out as handles; what may be read of it
//! is decided field by field, as with the run's own ticket.

use std::sync::Arc;

use domain::Timestamp;
use domain::grant::Capability;
use domain::id::TicketId;
use domain::snapshot::TicketView;
use domain::ticket::StatusCategory;
use wasmtime::component::Resource;

use crate::bindings::kulanz::plugin::tickets::{self, Query};
use crate::bindings::kulanz::plugin::types::{PluginError, Ticket};
use crate::host::TicketQuery;
use crate::limits::VIEWS_MAX;
use crate::state::State;

/// Most tickets of one answer, as the contract says.
const TICKETS_MAX: u32 = 200;

impl State {
    fn hand_out(&mut self, view: TicketView) -> Result<Resource<Ticket>, PluginError> {
        if self.views.len() >= VIEWS_MAX {
            return Err(PluginError::Denied(format!(
                "tickets_max: a run may look at {VIEWS_MAX} other tickets"
            )));
        }
        self.views.push(view);
        // Place plus one: 0 is the run's own ticket.
        Ok(Resource::new_own(u32::try_from(self.views.len()).unwrap_or(u32::MAX)))
    }

    async fn one_ticket(&mut self, id: &str) -> Result<Option<Resource<Ticket>>, PluginError> {
        self.may_use(Capability::Tickets)?;
        let id = ticket_id(id)?;
        let host = Arc::clone(&self.host);
        let view: Option<TicketView> =
            self.tape.ask("tickets.get", &id, async { host.ticket(id).await }).await?;
        view.map(|view| self.hand_out(view)).transpose()
    }

    async fn many_tickets(&mut self, query: Query) -> Result<Vec<Resource<Ticket>>, PluginError> {
        self.may_use(Capability::Tickets)?;
        let query = lifted(query)?;
        let host = Arc::clone(&self.host);
        let mut views: Vec<TicketView> = self
            .tape
            .ask("tickets.search", &query, async { host.search_tickets(query.clone()).await })
            .await?;
        views.truncate(query.limit as usize);
        views.into_iter().map(|view| self.hand_out(view)).collect()
    }
}

fn ticket_id(text: &str) -> Result<TicketId, PluginError> {
    text.parse().map_err(|r: domain::Refusal| PluginError::InvalidInput(r.sentence))
}

fn lifted(query: Query) -> Result<TicketQuery, PluginError> {
    let at = |ms: Option<u64>| ms.map(|ms| Timestamp(i64::try_from(ms).unwrap_or(i64::MAX)));
    let category =
        |text: String| text.parse::<StatusCategory>().map_err(|r| PluginError::InvalidInput(r.sentence));
    Ok(TicketQuery {
        status_category: query.status_category.map(category).transpose()?,
        tag: query.tag,
        team: query.team,
        requester_of: query.requester_of.as_deref().map(ticket_id).transpose()?,
        customer_silent_since: at(query.customer_silent_since_ms),
        replied_before: at(query.replied_before_ms),
        solved_before: at(query.solved_before_ms),
        created_after: at(query.created_after_ms),
        limit: query.limit.clamp(1, TICKETS_MAX),
    })
}

impl tickets::Host for State {
    async fn get(&mut self, id: String) -> wasmtime::Result<Result<Option<Resource<Ticket>>, PluginError>> {
        self.meter.call()?;
        Ok(self.one_ticket(&id).await)
    }

    async fn search(&mut self, query: Query) -> wasmtime::Result<Result<Vec<Resource<Ticket>>, PluginError>> {
        self.meter.call()?;
        Ok(self.many_tickets(query).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Call;
    use crate::tests::fixture::{self, Shelf};

    fn query() -> Query {
        Query {
            status_category: None,
            tag: None,
            team: None,
            requester_of: None,
            customer_silent_since_ms: None,
            replied_before_ms: None,
            solved_before_ms: None,
            created_after_ms: None,
            limit: 9_999,
        }
    }

    fn state() -> State {
        State::new(Call { host: Arc::new(Shelf::default()), ..fixture::call() })
    }

    #[tokio::test]
    async fn a_found_ticket_is_another_one_than_the_runs_own() {
        let mut state = state();
        let found = state.many_tickets(query()).await.unwrap();
        let handle = found.first().unwrap().rep();
        assert_eq!(state.view(handle).unwrap().ticket.number, Shelf::OTHER_NUMBER);
        assert_eq!(state.view(0).unwrap().ticket.number, fixture::snapshot().view.ticket.number);
        assert!(state.view(99).is_err());
    }

    #[test]
    fn a_query_is_checked_before_anybody_is_asked() {
        assert_eq!(lifted(query()).unwrap().limit, 200);
        assert!(lifted(Query { status_category: Some("sleeping".into()), ..query() }).is_err());
        assert!(lifted(Query { requester_of: Some("nobody".into()), ..query() }).is_err());
    }

    #[tokio::test]
    async fn a_run_cannot_collect_tickets_without_end() {
        let mut state = state();
        for _ in 0..VIEWS_MAX {
            state.many_tickets(query()).await.unwrap();
        }
        assert!(matches!(state.many_tickets(query()).await, Err(PluginError::Denied(_))));
    }
}
