//! The files of a message: a link for whoever may open them, which hands them on to be saved and never shows them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::ALLOW;
use axum::response::{IntoResponse, Response};
use desk::DeskError;
use domain::download;
use domain::id::AttachmentId;
use domain::message::Message;
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::Typed;
use crate::Console;
use crate::pages::{Visit, id_of};
use crate::session::Opener;

/// Hands an attachment of the ticket on.
pub(crate) async fn download(
    State(console): State<Console>,
    opener: Opener,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let opened = async {
        let ticket = super::ticket(&console, &number).await?;
        let id: AttachmentId = id_of("attachment", &id)?;
        let of = console.desk.ask().ticket_of_attachment(id).await?.filter(|of| *of == ticket.id);
        of.ok_or_else(|| DeskError::missing("attachment", id))?;
        Box::pin(console.desk.open_attachment(id, opener.0)).await
    };
    match opened.await {
        Ok(opened) => (download::fields(&opened.file_name), opened.bytes).into_response(),
        Err(error) => super::done(&console, &visit, &number, Typed::default(), Err(error)).await,
    }
}

/// Opening is written down, so nothing is opened for somebody who wants no file.
pub(crate) async fn no_head() -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")])
}

/// The files of a message with their sizes; links for whoever may open them.
pub(super) fn list(visit: &Visit, ticket: &Ticket, message: &Message, opens: bool) -> Markup {
    let texts = visit.texts();
    html! {
        @if !message.attachments.is_empty() {
            p.meta {
                (texts.attachments) ": "
                @for (n, file) in message.attachments.iter().enumerate() {
                    @if n > 0 { ", " }
                    @if opens {
                        @let path = format!("/tickets/{}/attachments/{}", ticket.number, file.id);
                        a href=(visit.spoken.link(&path, &[])) { bdi { (file.file_name) } }
                    } @else {
                        bdi { (file.file_name) }
                    }
                    " (" (visit.spoken.language.tongue().size(file.size_bytes)) ")"
                }
                @if opens { " · " (texts.attachments_as_sent) }
            }
        }
    }
}
