//! Taking in many articles at once from a file.

use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use axum::response::Response;
use desk::{DeskError, Imported};
use domain::{Actor, Refusal};
use maud::{Markup, html};

use super::Asked;
use crate::Console;
use crate::pages::Visit;
use crate::session::Administrator;

/// Longest file, bytes.
pub(crate) const FILE_BYTES_MAX: usize = 32 << 20;
/// Most complaints that are shown; there is no end to them where a file is not what its name says.
const COMPLAINTS_MAX: usize = 100;

/// Writes the articles of the file, and says what came of it.
pub(crate) async fn take_in(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let done = async {
        let sent = sent.map_err(|_| visit.unreadable())?;
        let (name, bytes) =
            file_in(sent).await.map_err(|_| visit.unreadable())?.ok_or_else(|| none(&visit))?;
        imported(&console, &name, bytes, &admin.0).await
    };
    let (status, said) = match done.await {
        Ok(imported) => (StatusCode::OK, told(&visit, &imported)),
        Err(DeskError::Refused(refusal)) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            html! { p.alarm role="alert" dir="auto" { (visit.tell(&refusal.sentence)) } },
        ),
        Err(error) => return visit.failed(error),
    };
    super::page(&console, &visit, &Asked::default(), status, &said).await
}

async fn imported(
    console: &Console,
    name: &str,
    bytes: Vec<u8>,
    admin: &Actor,
) -> Result<Imported, DeskError> {
    let rows = desk::articles_in(name, bytes)?;
    console.desk.import_articles(rows, admin).await
}

/// The file of the form, with its name.
async fn file_in(mut sent: Multipart) -> Result<Option<(String, Vec<u8>)>, MultipartError> {
    while let Some(field) = sent.next_field().await? {
        let Some(name) = field.file_name().map(ToOwned::to_owned).filter(|name| !name.is_empty()) else {
            continue;
        };
        return Ok(Some((name, field.bytes().await?.to_vec())));
    }
    Ok(None)
}

fn none(visit: &Visit) -> DeskError {
    Refusal::new("bad_request", visit.texts().choose_file).into()
}

fn told(visit: &Visit, imported: &Imported) -> Markup {
    let texts = visit.texts();
    html! {
        p role="status" { (texts.articles_written) " " (imported.written) }
        @if !imported.refused.is_empty() {
            div.alarm role="alert" {
                p { (texts.articles_refused) " " (imported.refused.len()) }
                ul { @for why in imported.refused.iter().take(COMPLAINTS_MAX) { li dir="auto" lang="en" { (why) } } }
            }
        }
    }
}

/// The form for a file.
pub(super) fn form(visit: &Visit) -> Markup {
    let texts = visit.texts();
    html! {
        details {
            summary { (texts.import_articles) }
            p { (texts.import_help) }
            form.composer method="post" action=(visit.spoken.link("/articles/import", &[])) enctype="multipart/form-data" {
                label for="file" { (texts.file) }
                input #file type="file" name="file" required accept=".csv,.json,.jsonl,.md";
                p.buttons { button type="submit" { (texts.take_in) } }
            }
        }
    }
}
