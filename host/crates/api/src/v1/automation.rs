//! The switch for all automation.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::Sent;

/// Whether plugins act.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Automation {
    /// Off: no plugin is called and no automatic mail leaves; redaction stays on.
    on: bool,
}

/// Whether automation is on.
#[utoipa::path(get, path = "/automation", tag = "operations", security(("token" = ["admin"])),
    responses((status = 200, description = "The switch.", body = Automation)))]
async fn read_automation(_: Caller<Admin>, State(desk): State<Desk>) -> Result<Json<Automation>, ApiError> {
    Ok(Json(Automation { on: desk.automation_on().await }))
}

/// Switches all automation on or off.
#[utoipa::path(put, path = "/automation", tag = "operations", security(("token" = ["admin"])),
    request_body = Automation,
    responses((status = 200, description = "The switch as it is now.", body = Automation)))]
async fn put_automation(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<Automation>,
) -> Result<Json<Automation>, ApiError> {
    desk.set_automation(sent.value.on, caller.actor()).await?;
    Ok(Json(Automation { on: desk.automation_on().await }))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(read_automation, put_automation))
}
