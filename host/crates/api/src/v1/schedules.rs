//! Cron schedules of installations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use desk::Desk;
use domain::Timestamp;
use domain::id::{InstallationId, ScheduleId};
use domain::plugin::Schedule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::plugins::DeclarationBody;
use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{At, NoQuery, Sent};
use crate::page::List;
use crate::words::Time;

/// A schedule and when it fires next.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(crate) struct ScheduleBody {
    /// Id.
    #[schema(value_type = String)]
    id: ScheduleId,
    /// Whose.
    #[schema(value_type = String)]
    installation_id: InstallationId,
    /// Name, cron, zone and policies.
    declaration: DeclarationBody,
    /// Whether it fires.
    enabled: bool,
    /// Next firing.
    #[schema(value_type = Option<Time>, required)]
    next_at: Option<Timestamp>,
    /// Newest firing, as scheduled.
    #[schema(value_type = Option<Time>, required)]
    last_for: Option<Timestamp>,
}

impl From<Schedule> for ScheduleBody {
    fn from(schedule: Schedule) -> Self {
        Self {
            id: schedule.id,
            installation_id: schedule.installation_id,
            declaration: schedule.declaration.into(),
            enabled: schedule.enabled,
            next_at: schedule.next_at,
            last_for: schedule.last_for,
        }
    }
}

/// A schedule's switch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleChanges {
    /// Whether it shall fire. What was due while it was off is not made up for.
    enabled: bool,
}

/// All schedules.
#[utoipa::path(get, path = "/schedules", tag = "schedules", security(("token" = ["admin"])),
    responses((status = 200, description = "The schedules.", body = List<ScheduleBody>)))]
async fn list_schedules(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<List<ScheduleBody>>, ApiError> {
    Ok(Json(List::whole(desk.ask().schedules().await?)))
}

/// Switches a schedule on or off.
#[utoipa::path(patch, path = "/schedules/{id}", tag = "schedules", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The schedule's id.")),
    request_body = ScheduleChanges,
    responses((status = 200, description = "The schedule as it is now.", body = ScheduleBody)))]
async fn change_schedule(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<ScheduleId>,
    sent: Sent<ScheduleChanges>,
) -> Result<Json<ScheduleBody>, ApiError> {
    desk.enable_schedule(id, sent.value.enabled, caller.actor()).await?;
    let all = desk.ask().schedules().await?;
    let schedule = all.into_iter().find(|s| s.id == id).ok_or_else(|| ApiError::missing("schedule", id))?;
    Ok(Json(schedule.into()))
}

/// Fires a schedule now, beside its times. 202 means that it is in the queue.
#[utoipa::path(post, path = "/schedules/{id}/fire", tag = "schedules", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The schedule's id.")),
    responses((status = 202, description = "It is about to run.")))]
async fn fire_schedule(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<ScheduleId>,
) -> Result<StatusCode, ApiError> {
    desk.fire_now(id, caller.actor()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_schedules))
        .routes(routes!(change_schedule))
        .routes(routes!(fire_schedule))
}
