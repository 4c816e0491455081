//! What is sent from a ticket's page: the composer's fields, the ticket's, which are part of the same form, and the files
//! that were chosen. Keeps no more of them than shows that they are too much. Decides nothing about what comes of it.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use desk::NewFile;
use domain::files::FileLimits;
use domain::id::MessageId;
use domain::strike::put_in_place;

use super::Typed;
use super::beside::{REASON, VALUE, is_begun};
use crate::Console;
use crate::pages::{Visit, login};
use crate::session::id_in;

/// Most bytes of a form without files, and of the fields of one with files: more than the longest text that a message
/// may have.
const FIELDS_BYTES_MAX: usize = 2 << 20;
/// Whoever may not send adds no files.
const NO_FILES: FileLimits = FileLimits { files_max: 0, file_bytes_max: 0, bytes_max: 0 };

/// What the form says where files were chosen that a page could not keep.
pub(super) const HAD_FILES: &str = "had.files";
/// The box that lets go of them.
pub(super) const WITHOUT_FILES: &str = "without.files";

/// What the form sends.
#[derive(Debug, Default)]
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
    /// All else: the ticket's fields with what they were, and what single buttons say.
    pub(super) fields: BTreeMap<String, String>,
    /// The files that were chosen.
    pub(super) files: Vec<NewFile>,
}

impl Written {
    /// What somebody who may sent, and whether all of it could be read. Who is signed in no more gets the words back.
    pub(super) async fn by<Who>(
        console: &Console,
        who: Result<Who, Response>,
        visit: &Visit,
        request: Request,
    ) -> Result<(Who, Self, bool), Response> {
        let limits = console.desk.config().attachments;
        // Whose session ended while they wrote is to read their words again, so what they send is read to the end.
        let room = if who.is_ok() || id_in(&visit.headers).is_some() { limits.bytes_max } else { 0 };
        let kept = if who.is_ok() { &limits } else { &NO_FILES };
        let (written, readable) = Box::pin(Self::of(request, kept, room)).await;
        match who {
            Ok(who) => Ok((who, written, readable)),
            Err(answer) if answer.status().is_redirection() && written.is_begun() => {
                Err(login::again(visit, &written.text))
            }
            Err(answer) => Err(answer),
        }
    }

    /// What a request says, and whether all of it could be read: its fields, and files of so many bytes.
    async fn of(mut request: Request, limits: &FileLimits, room: usize) -> (Self, bool) {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_multipart = kind.is_some_and(|kind| kind.starts_with("multipart/form-data"));
        // As much again as a message takes: a browser that is cut off shows no answer, and who chose too much is to read
        // what was too much.
        let room = if is_multipart { room.saturating_mul(2) } else { 0 };
        DefaultBodyLimit::max(room.saturating_add(FIELDS_BYTES_MAX)).apply(&mut request);
        let mut written = Self::default();
        let readable = if is_multipart {
            match Multipart::from_request(request, &()).await {
                Ok(sent) => written.take_in(sent, limits).await.is_ok_and(|fits| fits),
                Err(_) => false,
            }
        } else {
            let sent = Form::<Vec<(String, String)>>::from_request(request, &()).await;
            let readable = sent.is_ok();
            for (name, value) in sent.map(|Form(pairs)| pairs).unwrap_or_default() {
                written.set(name, value);
            }
            readable
        };
        (written, readable)
    }

    /// Whether the fields were not too much; files that are show themselves.
    async fn take_in(&mut self, mut sent: Multipart, limits: &FileLimits) -> Result<bool, MultipartError> {
        let mut room = limits.bytes_max.saturating_add(1);
        let mut fields_room = FIELDS_BYTES_MAX;
        while let Some(field) = sent.next_field().await? {
            let Some(file_name) = field.file_name().map(unescaped) else {
                let name = field.name().unwrap_or_default().to_owned();
                let bytes = read(field, fields_room).await?;
                let used = name.len() + bytes.len();
                if fields_room > 0 {
                    self.set(name, String::from_utf8_lossy(&bytes).into_owned());
                }
                fields_room = fields_room.saturating_sub(used);
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
        Ok(fields_room > 0)
    }

    fn set(&mut self, name: String, value: String) {
        let field = match name.as_str() {
            "text" => &mut self.text,
            "kind" => &mut self.kind,
            "draft" => &mut self.draft,
            "article" => &mut self.article,
            "seen" => &mut self.seen,
            "once" => &mut self.once,
            _ => {
                self.fields.insert(name, value);
                return;
            }
        };
        *field = value;
    }

    /// What a field of the ticket's, or a button, says.
    pub(super) fn said(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.as_str())
    }

    /// What a form sends to bring an answer that was begun back to the composer; files stay behind.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let own =
            [("text", self.text.as_str()), ("draft", self.draft.as_str()), ("seen", self.seen.as_str())];
        own.into_iter().chain(self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The text as people read it: browsers send line ends as the form's standard has them.
    pub(super) fn words(&self) -> String {
        plain(&self.text)
    }

    /// Whether an answer was begun.
    pub(super) fn is_begun(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Whether files were chosen, by now or on a page that could not keep them. A form that takes the names of chosen files
    /// along and not the files has a field for them.
    pub(super) fn chose_files(&self) -> bool {
        !self.files.is_empty() || !self.said("files").is_empty() || self.lost_files()
    }

    /// Whether files were chosen on a page that could not keep them, and their writer did not let go of them.
    pub(super) fn lost_files(&self) -> bool {
        !self.said(HAD_FILES).is_empty() && self.said(WITHOUT_FILES).is_empty()
    }

    /// Whether the text is what the page had put there itself.
    pub(super) fn is_untouched(&self) -> bool {
        self.words() == plain(self.said("was.text"))
    }

    /// Whether somebody began an answer in words of their own. A draft that nobody touched comes back from the store, as it
    /// stands there by now.
    pub(super) fn is_own(&self) -> bool {
        self.is_begun() && !self.is_untouched()
    }

    /// Whether something stands in the forms that the ticket's own address does not bring back: a draft or an article that
    /// the text comes from, a field that is not saved yet, another small form.
    pub(super) fn holds_more(&self) -> bool {
        !self.draft.is_empty()
            || !self.article.is_empty()
            || self.chose_files()
            || self.changes_fields()
            || !self.said("into").trim().is_empty()
            || [VALUE, REASON].iter().any(|kind| is_begun(&self.fields, kind))
    }

    /// Whether a field has something else in it than the page showed, or a new one was begun.
    pub(super) fn changes_fields(&self) -> bool {
        let is_changed = |(name, value): (&String, &String)| {
            self.fields.get(&format!("was.{name}")).is_some_and(|was| was.trim() != value.trim())
        };
        self.fields.iter().any(is_changed)
            || ["new.key", "new.value"].iter().any(|name| !self.said(name).trim().is_empty())
    }

    /// Puts something in the place of a value in the answer that was begun, and in what the page had put there: wherever it
    /// stands, as in the message that it was taken out of.
    pub(super) fn strike(&mut self, value: &str, put: &str) {
        for text in self.fields.get_mut("was.text").into_iter().chain([&mut self.text]) {
            *text = put_in_place(&text.replace("\r\n", "\n"), value, put);
        }
    }

    /// Whether other articles are asked for than the page offered.
    pub(super) fn looks_further(&self) -> bool {
        let words = self.said("find").trim();
        !words.is_empty() && words != self.said("was.find").trim()
    }

    /// What stands in the forms again.
    pub(super) fn typed(self) -> Typed {
        let files = self.chose_files();
        let find = Some(self.said("find").to_owned()).filter(|words| !words.is_empty());
        let into = self.said("into").to_owned();
        // Without a text nothing was begun: the page offers what it offers to everybody.
        let is_begun = !self.text.is_empty();
        let Self { text, draft, seen, fields, .. } = self;
        Typed {
            seen: seen.parse::<MessageId>().ok().filter(|_| is_begun),
            draft: is_begun.then_some(draft),
            text,
            files,
            find,
            fields,
            into,
            ..Typed::default()
        }
    }

    /// What stands in the forms again where nobody touched the text: that is taken from its article or draft, as it stands
    /// there by now.
    pub(super) fn typed_without_text(mut self) -> Typed {
        let draft = Some(std::mem::take(&mut self.draft)).filter(|id| !id.is_empty());
        self.text.clear();
        self.fields.remove("was.text");
        Typed { draft, ..self.typed() }
    }
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// A file's name before a browser wrote it into a header: these three are all that it escapes (HTML, "Multipart form
/// data").
fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_read_as_they_were_before_browsers_wrote_them_down() {
        assert_eq!(unescaped("a %22b%22%0D%0A 100 %25.pdf"), "a \"b\"\r\n 100 %25.pdf");
    }
}
