//! Redactions of a ticket: that something was replaced, never what.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::id::{MessageId, RedactionId};
use domain::redaction::Redaction;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::ticket_at;
use crate::Api;
use crate::auth::{Caller, Read};
use crate::error::ApiError;
use crate::extract::At;
use crate::page::List;

/// One replaced span of personal data.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Redaction)]
pub(crate) struct RedactionBody {
    /// Id.
    #[schema(value_type = String)]
    id: RedactionId,
    /// In which message.
    #[schema(value_type = String)]
    message_id: MessageId,
    /// In which part of it.
    part: String,
    /// Class, such as `IBAN`.
    class: String,
    /// What stands there now.
    placeholder: String,
    /// Rule that found it.
    rule: String,
    /// Confidence, 0 to 1.
    score: f32,
}

impl From<Redaction> for RedactionBody {
    fn from(redaction: Redaction) -> Self {
        Self {
            id: redaction.id,
            message_id: redaction.message_id,
            part: redaction.part,
            class: redaction.class,
            placeholder: redaction.placeholder,
            rule: redaction.rule,
            score: redaction.score,
        }
    }
}

/// What was replaced on a ticket.
#[utoipa::path(get, path = "/tickets/{number}/redactions", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The redactions.", body = List<RedactionBody>)))]
async fn list_ticket_redactions(
    _: Caller<Read>,
    State(desk): State<Desk>,
    At(number): At<i64>,
) -> Result<Json<List<RedactionBody>>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(Json(List::whole(desk.ask().redactions_of(ticket.id).await?)))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_ticket_redactions))
}
