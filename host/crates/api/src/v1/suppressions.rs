//! Suppressions: addresses that get no automatic mail.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::{Desk, Suppression};
use domain::Timestamp;
use domain::address::canonical_address;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::made_at;
use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{Asked, At, Sent};
use crate::page::{List, Paging};
use crate::words::Time;

/// An address that is not written to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suppression)]
pub(crate) struct SuppressionBody {
    /// Address, lower case.
    address: String,
    /// Why.
    reason: String,
    /// Until when; for good when null.
    #[schema(value_type = Option<Time>, required)]
    until: Option<Timestamp>,
    /// Since when.
    #[schema(value_type = Time)]
    created_at: Timestamp,
}

impl From<Suppression> for SuppressionBody {
    fn from(suppression: Suppression) -> Self {
        let Suppression { address, reason, until, created_at } = suppression;
        Self { address, reason, until, created_at }
    }
}

/// An address to suppress.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSuppression)]
pub(crate) struct NewSuppressionBody {
    /// The address.
    address: String,
    /// Why, at most 500 characters.
    reason: String,
    /// Until when; for good when absent.
    #[schema(value_type = Option<Time>)]
    until: Option<Timestamp>,
}

/// Which suppressions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuppressionsQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Lists suppressions by address.
#[utoipa::path(get, path = "/suppressions", tag = "suppressions", params(SuppressionsQuery), security(("token" = ["admin"])),
    responses((status = 200, description = "A page of suppressions.", body = List<SuppressionBody>)))]
async fn list_suppressions(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    Asked(query): Asked<SuppressionsQuery>,
) -> Result<Json<List<SuppressionBody>>, ApiError> {
    let paging = Paging::of::<String>(query.cursor, query.limit)?;
    let found = desk.ask().suppressions(&paging.page()).await?;
    Ok(Json(paging.cut(found, |suppression| suppression.address.clone())))
}

/// Suppresses an address; one that is suppressed gets the new reason and end.
#[utoipa::path(post, path = "/suppressions", tag = "suppressions", security(("token" = ["admin"])),
    request_body = NewSuppressionBody,
    responses((status = 201, description = "The suppression.", body = SuppressionBody,
        headers(("location" = String, description = "Address of the suppression, for deleting it.")))))]
async fn create_suppression(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<NewSuppressionBody>,
) -> Result<Response, ApiError> {
    let NewSuppressionBody { address, reason, until } = sent.value;
    desk.suppress(&address, &reason, until, caller.actor()).await?;
    let made = suppression_at(&desk, &address).await?;
    let location = format!("/api/v1/suppressions/{}", made.address);
    Ok(made_at(location, None, &SuppressionBody::from(made))?.into_response())
}

/// Takes an address off the list.
#[utoipa::path(delete, path = "/suppressions/{address}", tag = "suppressions", security(("token" = ["admin"])),
    params(("address" = String, Path, description = "The address.")),
    responses((status = 204, description = "It may be written to again.")))]
async fn delete_suppression(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(address): At<String>,
) -> Result<StatusCode, ApiError> {
    desk.unsuppress(&address, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_suppressions, create_suppression))
        .routes(routes!(delete_suppression))
}

async fn suppression_at(desk: &Desk, address: &str) -> Result<Suppression, ApiError> {
    let address = canonical_address(address);
    let found = desk.ask().suppression(&address).await?;
    found.ok_or_else(|| ApiError::missing("suppression of", &address))
}
