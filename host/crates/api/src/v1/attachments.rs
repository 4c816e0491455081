//! The bytes of attachments: handed out to be saved, never to be shown.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::Desk;
use domain::download;
use domain::id::AttachmentId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Opener;
use crate::error::ApiError;
use crate::extract::{At, NoQuery, NotHead};
use crate::words::FileBytes;

/// Downloads an attachment as it was sent: nothing in it is redacted. Always as `application/octet-stream` to be saved,
/// whatever the sender called it. Takes the scope `write`, or `reveal` where `desk.vault.attachments` says so; each
/// opening is in the audit trail, so HEAD is refused.
#[utoipa::path(get, path = "/attachments/{id}", tag = "messages",
    security(("token" = ["write"]), ("token" = ["reveal"])),
    params(("id" = String, Path, description = "The attachment's id.")),
    responses(
        (status = 200, description = "The bytes.", body = inline(FileBytes), content_type = "application/octet-stream", headers(
            ("content-disposition" = String, description = "`attachment` with the safe, redacted file name."),
        )),
        (status = 422, description = "Its bytes are gone (`not_kept`)."),
    ))]
async fn open_attachment(
    opener: Opener,
    State(desk): State<Desk>,
    _: NotHead,
    _: NoQuery,
    At(id): At<AttachmentId>,
) -> Result<Response, ApiError> {
    let opened = desk.open_attachment(id, opener.actor()).await?;
    Ok((download::fields(&opened.file_name), opened.bytes).into_response())
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(open_attachment))
}
