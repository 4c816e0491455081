//! Merging tickets that are about the same thing, and taking a merge back.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use desk::Desk;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::{TicketBody, ticket_at, versioned};
use crate::Api;
use crate::auth::{Caller, Write};
use crate::error::ApiError;
use crate::extract::{At, IfMatch, Sent};

/// Where a ticket belongs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Merge)]
pub(crate) struct MergeBody {
    /// Number of the ticket that it belongs to, of the same requester.
    into: i64,
}

/// Merges a ticket into another one of the same requester. It is closed and takes nothing any more; mail to it goes to
/// the other one. With `If-Match` only if nobody changed it since.
#[utoipa::path(post, path = "/tickets/{number}/merge", tag = "tickets", security(("token" = ["write"])),
    params(
        ("number" = i64, Path, description = "The ticket's number."),
        ("if-match" = Option<String>, Header, description = "The `ETag` it must still have; 412 otherwise."),
    ),
    request_body = MergeBody,
    responses((status = 200, description = "The merged ticket, closed; `merged_into` is where it goes on.", body = TicketBody,
        headers(("etag" = String, description = "Its version.")))))]
async fn merge_ticket(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(number): At<i64>,
    IfMatch(version): IfMatch,
    sent: Sent<MergeBody>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<TicketBody>), ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    let merged = desk.merge_ticket(ticket.id, sent.value.into, version, caller.actor()).await?;
    Ok(versioned(merged))
}

/// Takes a merge back: the ticket goes on by itself, open. What came to the other one since stays there.
#[utoipa::path(post, path = "/tickets/{number}/unmerge", tag = "tickets", security(("token" = ["write"])),
    params(
        ("number" = i64, Path, description = "The ticket's number."),
        ("if-match" = Option<String>, Header, description = "The `ETag` it must still have; 412 otherwise."),
    ),
    responses((status = 200, description = "The ticket, open again.", body = TicketBody,
        headers(("etag" = String, description = "Its version.")))))]
async fn unmerge_ticket(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(number): At<i64>,
    IfMatch(version): IfMatch,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<TicketBody>), ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(versioned(desk.unmerge_ticket(ticket.id, version, caller.actor()).await?))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(merge_ticket)).routes(routes!(unmerge_ticket))
}
