//! Sealed values: asking to see one, agreeing, looking. Values are answered to whoever asked, for a while, and
//! never kept by anybody in between.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::Desk;
use domain::Timestamp;
use domain::id::{RedactionId, RevealId, TicketId};
use domain::vault::Reveal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Caller, Reveal as MaySee};
use crate::error::ApiError;
use crate::extract::{At, NoQuery, NotHead, Sent};
use crate::words::{ActorBody, Time};

/// Why a value is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// In 8 to 500 characters; it stands in the audit trail.
    reason: String,
}

/// Somebody's wish to see a sealed value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reveal)]
pub(crate) struct RevealBody {
    /// Id.
    #[schema(value_type = String)]
    id: RevealId,
    /// Which value.
    #[schema(value_type = String)]
    redaction_id: RedactionId,
    /// On which ticket.
    #[schema(value_type = String)]
    ticket_id: TicketId,
    /// Who asks.
    asked_by: ActorBody,
    /// Why.
    reason: String,
    /// When.
    #[schema(value_type = Time)]
    asked_at: Timestamp,
    /// Who agreed; null: another person has to.
    #[schema(required)]
    granted_by: Option<ActorBody>,
    /// Until when the value may be looked at.
    #[schema(value_type = Option<Time>, required)]
    until: Option<Timestamp>,
}

impl From<Reveal> for RevealBody {
    fn from(reveal: Reveal) -> Self {
        Self {
            id: reveal.id,
            redaction_id: reveal.redaction_id,
            ticket_id: reveal.ticket_id,
            asked_by: reveal.asked_by.into(),
            reason: reveal.reason,
            asked_at: reveal.asked_at,
            granted_by: reveal.granted_by.map(Into::into),
            until: reveal.until,
        }
    }
}

/// A clear value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClearValue {
    /// It.
    value: String,
}

/// Asks to see the value behind a placeholder.
#[utoipa::path(post, path = "/redactions/{id}/reveal", tag = "vault", security(("token" = ["reveal"])),
    params(("id" = String, Path, description = "The redaction's id.")), request_body = Wish,
    responses(
        (status = 201, description = "The wish; with `until` set, the value may be looked at.", body = RevealBody),
        (status = 422, description = "No reason, not kept, or asked too often (`reason_missing`, `not_kept`, `too_often`)."),
    ))]
async fn ask_reveal(
    caller: Caller<MaySee>,
    State(desk): State<Desk>,
    At(id): At<RedactionId>,
    sent: Sent<Wish>,
) -> Result<Response, ApiError> {
    let reveal = desk.ask_reveal(id, &sent.value.reason, caller.actor()).await?;
    Ok((StatusCode::CREATED, Json(RevealBody::from(reveal))).into_response())
}

/// Agrees that somebody else sees a value.
#[utoipa::path(post, path = "/reveals/{id}/grant", tag = "vault", security(("token" = ["reveal"])),
    params(("id" = String, Path, description = "The wish's id.")),
    responses(
        (status = 200, description = "The wish, granted.", body = RevealBody),
        (status = 422, description = "It is your own, or granted already (`four_eyes`, `already_granted`)."),
    ))]
async fn grant_reveal(
    caller: Caller<MaySee>,
    State(desk): State<Desk>,
    At(id): At<RevealId>,
) -> Result<Json<RevealBody>, ApiError> {
    Ok(Json(desk.grant_reveal(id, caller.actor()).await?.into()))
}

/// Looks at the value. Each look is in the audit trail, so HEAD is refused.
#[utoipa::path(get, path = "/reveals/{id}/value", tag = "vault", security(("token" = ["reveal"])),
    params(("id" = String, Path, description = "The wish's id.")),
    responses(
        (status = 200, description = "The value.", body = ClearValue),
        (status = 422, description = "Not yours, not granted, expired or gone (`not_yours`, `not_granted`, `expired`, `not_kept`)."),
    ))]
async fn look_at_value(
    caller: Caller<MaySee>,
    State(desk): State<Desk>,
    _: NotHead,
    _: NoQuery,
    At(id): At<RevealId>,
) -> Result<Json<ClearValue>, ApiError> {
    Ok(Json(ClearValue { value: desk.look(id, caller.actor()).await? }))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(ask_reveal))
        .routes(routes!(grant_reveal))
        .routes(routes!(look_at_value))
}
