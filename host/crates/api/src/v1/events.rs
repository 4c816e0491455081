//! Events: of one ticket, and everything that happened as one feed.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::event::{Change, Event, EventType};
use domain::id::{EventId, TicketId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::ticket_at;
use crate::Api;
use crate::auth::{Caller, Read};
use crate::error::ApiError;
use crate::extract::{Asked, At, NoQuery};
use crate::page::{List, Paging};
use crate::words::{ActorBody, CauseBody, EventTypeWord, Time};

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody {
    /// Id.
    #[schema(value_type = String)]
    id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(value_type = EventTypeWord)]
    kind: EventType,
    /// When.
    #[schema(value_type = Time)]
    time: Timestamp,
    /// To which ticket; null for schedules and plugins.
    #[schema(value_type = Option<String>, required)]
    ticket_id: Option<TicketId>,
    /// Place in the ticket's history: 1, 2, 3 … without gaps; 0 without a ticket.
    sequence: i64,
    /// Who did it.
    actor: ActorBody,
    /// Because of what.
    #[schema(required)]
    cause: Option<CauseBody>,
    /// Changed fields.
    changes: Vec<ChangeBody>,
    /// What is particular to the type.
    #[schema(value_type = Value)]
    data: serde_json::Value,
}

/// One field's change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(crate) struct ChangeBody {
    /// Field name.
    field: String,
    /// Value before.
    #[schema(required)]
    from: Option<String>,
    /// Value after.
    #[schema(required)]
    to: Option<String>,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        Self { field: change.field, from: change.from, to: change.to }
    }
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            kind: event.kind,
            time: event.time,
            ticket_id: event.ticket_id,
            sequence: event.sequence,
            actor: event.actor.into(),
            cause: event.cause.map(Into::into),
            changes: event.changes.into_iter().map(Into::into).collect(),
            data: event.data,
        }
    }
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Id of the last event seen; from the beginning when absent.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Everything that happened, oldest first. Keep the id of the last event as cursor to go on from there.
#[utoipa::path(get, path = "/events", tag = "events", params(EventsQuery), security(("token" = ["read"])),
    responses((status = 200, description = "A page of events.", body = List<EventBody>)))]
async fn list_events(
    _: Caller<Read>,
    State(desk): State<Desk>,
    Asked(query): Asked<EventsQuery>,
) -> Result<Json<List<EventBody>>, ApiError> {
    let paging = Paging::of::<EventId>(query.cursor, query.limit)?;
    let found = desk.ask().events(paging.after(), i64::from(paging.page().limit)).await?;
    Ok(Json(paging.cut(found, |event| event.id.to_string())))
}

/// Everything that happened to a ticket, in sequence.
#[utoipa::path(get, path = "/tickets/{number}/events", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The events.", body = List<EventBody>)))]
async fn list_ticket_events(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<Json<List<EventBody>>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(Json(List::whole(desk.ask().events_of(ticket.id).await?)))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_events)).routes(routes!(list_ticket_events))
}
