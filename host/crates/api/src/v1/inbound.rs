//! Raw mail handed in by programs: stored sealed before it is acknowledged, worked on later.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use desk::Desk;
use domain::id::IntakeId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Caller, Inbound};
use crate::error::ApiError;
use crate::extract::{MAIL_BYTES_MAX, Mail, Raw, up_to};
use crate::words::FileBytes;

/// Entrance under which mail by API is remembered.
const SOURCE: &str = "api";

/// Proof that the mail is in the database.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IntakeReceipt)]
pub(crate) struct ReceiptBody {
    /// Under which id it waits.
    #[schema(value_type = String)]
    intake_id: IntakeId,
    /// Whether the very same mail had come in before; then it is not taken in again.
    duplicate: bool,
}

/// Hands in one raw mail (RFC 5322), at most 30 MB. 202 means that it is stored, sealed; the ticket
/// follows once it is redacted.
#[utoipa::path(post, path = "/inbound/mail", tag = "inbound", security(("token" = ["inbound"])),
    request_body(content = inline(FileBytes), content_type = "message/rfc822", description = "The mail as it came."),
    responses((status = 202, description = "It is stored.", body = ReceiptBody)))]
async fn receive_mail(
    _: Caller<Inbound>,
    State(desk): State<Desk>,
    Raw(bytes, Mail): Raw<Mail>,
) -> Result<(StatusCode, Json<ReceiptBody>), ApiError> {
    let receipt = desk.receive_mail(SOURCE, bytes.to_vec()).await?;
    let body = ReceiptBody { intake_id: receipt.intake_id, duplicate: receipt.duplicate };
    Ok((StatusCode::ACCEPTED, Json(body)))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(receive_mail)).layer(up_to(MAIL_BYTES_MAX))
}
