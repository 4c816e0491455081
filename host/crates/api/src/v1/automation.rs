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
use crate::extract::{NoQuery, Sent};

/// Whether plugins act.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Automation {
    /// Off: no plugin is called and no automatic mail leaves; redaction stays on.
    on: bool,
}

/// How automation shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AutomationSwitch {
    /// Off: no plugin is called and no automatic mail leaves; redaction stays on.
    on: bool,
    /// With `on`: whether plugins are asked about what came in while it was off and nobody has dealt with (`true` where
    /// nothing is said); late answers are only suggested. `false` leaves it to people.
    #[serde(default = "made_up")]
    make_up: bool,
}

const fn made_up() -> bool {
    true
}

/// Whether automation is on.
#[utoipa::path(get, path = "/automation", tag = "operations", security(("token" = ["admin"])),
    responses((status = 200, description = "The switch.", body = Automation)))]
async fn read_automation(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<Automation>, ApiError> {
    Ok(Json(Automation { on: desk.automation_on().await }))
}

/// Switches all automation on or off. Once it is on again, plugins are asked about what came in meanwhile.
#[utoipa::path(put, path = "/automation", tag = "operations", security(("token" = ["admin"])),
    request_body = AutomationSwitch,
    responses((status = 200, description = "The switch as it is now.", body = Automation)))]
async fn put_automation(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<AutomationSwitch>,
) -> Result<Json<Automation>, ApiError> {
    let AutomationSwitch { on, make_up } = sent.value;
    if on && !make_up {
        desk.set_automation_on_leaving_missed(caller.actor()).await?;
    } else {
        desk.set_automation(on, caller.actor()).await?;
    }
    Ok(Json(Automation { on: desk.automation_on().await }))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(read_automation, put_automation))
}
