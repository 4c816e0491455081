//! What an installation keeps: exported, put back, let go of.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use desk::{Base64, Desk, PluginValues};
use domain::Timestamp;
use domain::id::InstallationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{At, NoQuery, Sent, up_to};
use crate::words::Time;

/// Largest document, bytes: base64 makes the 48 MiB that a plugin may be allowed to keep a third longer.
const VALUES_BYTES_MAX: usize = 96 << 20;

/// Everything an installation keeps.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PluginValues)]
pub(crate) struct ValuesBody {
    /// The plugin whose values these are.
    plugin: String,
    /// Its version when they were exported.
    version: String,
    /// When that was.
    #[schema(value_type = Time)]
    exported_at: Timestamp,
    /// Key and value, the value in base64.
    #[schema(value_type = BTreeMap<String, String>)]
    values: BTreeMap<String, Base64>,
}

/// Exports everything an installation keeps.
#[utoipa::path(get, path = "/installations/{id}/values", tag = "installations",
    params(("id" = String, Path, description = "The installation's id.")), security(("token" = ["admin"])),
    responses((status = 200, description = "The values.", body = ValuesBody)))]
async fn read_values(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<InstallationId>,
) -> Result<Json<ValuesBody>, ApiError> {
    let PluginValues { plugin, version, exported_at, values } = desk.plugin_values(id).await?;
    Ok(Json(ValuesBody { plugin, version, exported_at, values }))
}

/// Puts exported values in the place of everything that an installation keeps.
#[utoipa::path(put, path = "/installations/{id}/values", tag = "installations",
    params(("id" = String, Path, description = "The installation's id.")), security(("token" = ["admin"])),
    request_body = ValuesBody, responses(
        (status = 204, description = "They are in place."),
        (status = 422, description = "It is not switched off (`not_off`), or the values cannot be its (`wrong_plugin`, `bad_key`, `too_large`).")))]
async fn replace_values(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
    sent: Sent<ValuesBody>,
) -> Result<StatusCode, ApiError> {
    let ValuesBody { plugin, version, exported_at, values } = sent.value;
    let values = PluginValues { plugin, version, exported_at, values };
    desk.put_plugin_values(id, values, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets go of everything that an installation keeps: it begins anew.
#[utoipa::path(delete, path = "/installations/{id}/values", tag = "installations",
    params(("id" = String, Path, description = "The installation's id.")), security(("token" = ["admin"])),
    responses(
        (status = 204, description = "It keeps nothing now."),
        (status = 422, description = "It is not switched off (`not_off`).")))]
async fn delete_values(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
) -> Result<StatusCode, ApiError> {
    desk.clear_plugin_values(id, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(read_values, replace_values, delete_values))
        .layer(up_to(VALUES_BYTES_MAX))
}
