//! What the composer's form sends: its fields, and the files that were chosen. Keeps no more of them than shows that they
//! are too much, and reads to the end all the same: a browser that is cut off shows no answer.

use axum::Form;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use desk::NewFile;
use domain::files::FileLimits;
use serde::Deserialize;

/// Longest form that is read, bytes.
pub(crate) const FORM_BYTES_MAX: usize = 64 << 20;
/// Most bytes that are kept of a field: more than the longest text that a message may have.
const FIELD_BYTES_MAX: usize = 2 << 20;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Written {
    pub(super) text: String,
    /// Which button: `note` writes among us, anything else to the customer.
    pub(super) kind: String,
    /// The suggestion it was written from; empty for none.
    pub(super) draft: String,
    /// Key of the article that it was written from; empty for none.
    pub(super) article: String,
    /// The newest message that stood on the page; empty for none.
    pub(super) seen: String,
    /// Made with the form: sending the same form twice is one message.
    pub(super) once: String,
    /// The files that were chosen.
    #[serde(skip)]
    pub(super) files: Vec<NewFile>,
}

impl Written {
    /// What a request says, and whether all of it could be read.
    pub(super) async fn of(request: Request, limits: &FileLimits) -> (Self, bool) {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            let mut written = Self::default();
            let readable = match Multipart::from_request(request, &()).await {
                Ok(sent) => written.take_in(sent, limits).await.is_ok(),
                Err(_) => false,
            };
            return (written, readable);
        }
        match Form::<Self>::from_request(request, &()).await {
            Ok(Form(written)) => (written, true),
            Err(_) => (Self::default(), false),
        }
    }

    async fn take_in(&mut self, mut sent: Multipart, limits: &FileLimits) -> Result<(), MultipartError> {
        let mut room = limits.bytes_max.saturating_add(1);
        while let Some(field) = sent.next_field().await? {
            let Some(file_name) = field.file_name().map(ToOwned::to_owned) else {
                let name = field.name().unwrap_or_default().to_owned();
                let bytes = read(field, FIELD_BYTES_MAX).await?;
                self.set(&name, String::from_utf8_lossy(&bytes).into_owned());
                continue;
            };
            let content_type = field.content_type().map(ToOwned::to_owned);
            let bytes = read(field, room.min(limits.file_bytes_max.saturating_add(1))).await?;
            // Where no file was chosen browsers send one without a name.
            if !file_name.is_empty() && self.files.len() <= limits.files_max {
                room -= bytes.len();
                self.files.push(NewFile { file_name, content_type, bytes });
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) {
        let field = match name {
            "text" => &mut self.text,
            "kind" => &mut self.kind,
            "draft" => &mut self.draft,
            "article" => &mut self.article,
            "seen" => &mut self.seen,
            "once" => &mut self.once,
            _ => return,
        };
        *field = value;
    }
}

/// Reads a field whole, and keeps its beginning.
async fn read(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, MultipartError> {
    let mut kept = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        let room = most - kept.len();
        kept.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
    }
    Ok(kept)
}
