//! Attachments: files that came with messages, opened one at a time, each opening in the audit trail, and carried along
//! in what a person gets of themselves; files that our people add, and what of them goes out. Their bytes are as they
//! were sent: neither redacted nor looked through, save that no harmful ones are added. Knows no HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use channels::email::{File, Given, enclosed, safe_file_name};
use domain::files::{FileLimits, harmful};
use domain::id::AttachmentId;
use domain::message::{Attachment, Message};
use domain::{Actor, Refusal};
use serde_json::{Value, json};
use store::Commit;

use crate::{Desk, DeskError};

/// Bytes of files that one export carries, all together: it is one text in memory.
pub(crate) const EXPORT_BYTES_MAX: i64 = 64 << 20;

/// Said of a file that is known and whose bytes are not there.
const NOT_KEPT: &str = "The bytes of this attachment are not kept any more.";

/// An attachment with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedAttachment {
    /// Safe, redacted file name.
    pub file_name: String,
    /// Declared content type: a claim of the sender.
    pub content_type: String,
    /// What was sent.
    pub bytes: Vec<u8>,
}

/// A file that somebody adds to a message: its name and type are claims.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewFile {
    /// Its name.
    pub file_name: String,
    /// Its type, where one is named; what the bytes show counts more.
    pub content_type: Option<String>,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What a file is called where it is refused.
fn called(file: &NewFile) -> String {
    safe_file_name(&file.file_name).unwrap_or_else(|| "?".to_owned())
}

/// The files with safe names, if the message may have them.
fn admit(files: Vec<NewFile>, limits: FileLimits) -> Result<Vec<File>, Refusal> {
    // First, and no further than the first one too many: naming and looking at each takes its time.
    let looked_at = files.iter().take(limits.files_max.saturating_add(1));
    let named: Vec<(String, usize)> = looked_at.map(|file| (called(file), file.bytes.len())).collect();
    limits.admit(named.iter().map(|(name, size)| (name.as_str(), *size)))?;
    let given = |NewFile { file_name, content_type, bytes }| Given { file_name, content_type, bytes };
    let files = enclosed(files.into_iter().map(given).collect());
    match files.iter().find_map(|file| Some((file, file.danger()?))) {
        Some((file, what)) => Err(harmful(&file.file_name, what)),
        None => Ok(files),
    }
}

impl Desk {
    /// The files that somebody adds to a message, with safe names, if it may have them.
    pub(crate) async fn admitted(&self, files: Vec<NewFile>) -> Result<Vec<File>, DeskError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let limits = self.0.config.attachments;
        // Large files take a moment to look at, and must not hold up a worker thread.
        let admitted = tokio::task::spawn_blocking(move || admit(files, limits)).await;
        Ok(admitted
            .map_err(|error| DeskError::Outside(format!("the files could not be read: {error}")))??)
    }

    /// The files that go out with a message, under the names that its reader gets; none when the bytes of one are not
    /// kept any more.
    pub(crate) async fn outgoing_files(&self, message: &Message) -> Result<Option<Vec<File>>, DeskError> {
        let mut files = Vec::with_capacity(message.attachments.len());
        for Attachment { id, sha256, .. } in &message.attachments {
            let Some(OpenedAttachment { file_name, content_type, bytes }) = self.unsealed(*id).await? else {
                return Ok(None);
            };
            let filled = self.filled(message, file_name.clone()).await?;
            let file_name = safe_file_name(&filled).unwrap_or(file_name);
            files.push(File { file_name, content_type, bytes, sha256: sha256.clone() });
        }
        Ok(Some(files))
    }

    /// Opens an attachment for somebody who may (`desk.vault.attachments` says who). The opening is in the audit trail
    /// before it is answered.
    ///
    /// # Errors
    /// When there is no such attachment (any more), its bytes are gone, or they cannot be unsealed.
    pub async fn open_attachment(
        &self,
        id: AttachmentId,
        actor: Actor,
    ) -> Result<OpenedAttachment, DeskError> {
        let ticket = self.0.store.ticket_of_attachment(id).await?;
        let ticket = ticket.ok_or_else(|| DeskError::missing("attachment", id))?;
        let opened = self.unsealed(id).await?;
        let opened = opened.ok_or_else(|| Refusal::new("not_kept", NOT_KEPT))?;
        let details = json!({ "ticket": ticket });
        let facts = vec![self.audit(&actor, "attachment.opened", id, details)];
        self.0.store.commit(Commit { facts }).await?;
        Ok(opened)
    }

    /// A message for an export: its attachments have their bytes as base64 in `content`, as long as there is room for
    /// them, and otherwise a `note` that says why not.
    pub(crate) async fn exported_message(
        &self,
        message: &Message,
        room: &mut i64,
    ) -> Result<Value, DeskError> {
        let mut files = Vec::with_capacity(message.attachments.len());
        for attachment in &message.attachments {
            files.push(self.exported_attachment(attachment, room).await?);
        }
        let mut exported = json!(message);
        if let Some(fields) = exported.as_object_mut() {
            fields.insert("attachments".to_owned(), Value::Array(files));
        }
        Ok(exported)
    }

    async fn exported_attachment(&self, attachment: &Attachment, room: &mut i64) -> Result<Value, DeskError> {
        let (content, note) = if attachment.size_bytes > *room {
            let sentence = format!(
                "An export carries {} MiB of files; this one did not fit. Open it on its ticket in the console, or by its id through the API.",
                EXPORT_BYTES_MAX >> 20
            );
            (None, Some(sentence))
        } else {
            match self.unsealed(attachment.id).await {
                Ok(Some(opened)) => {
                    *room -= attachment.size_bytes;
                    (Some(BASE64.encode(&opened.bytes)), None)
                }
                Ok(None) => (None, Some(NOT_KEPT.to_owned())),
                // One damaged file must not keep the person from the rest.
                Err(error @ DeskError::Seal) => (None, Some(error.to_string())),
                Err(error) => return Err(error),
            }
        };
        let Attachment { id, file_name, content_type, size_bytes, sha256 } = attachment;
        Ok(json!({
            "id": id, "file_name": file_name, "content_type": content_type, "size_bytes": size_bytes,
            "sha256": sha256, "content": content, "note": note,
        }))
    }

    async fn unsealed(&self, id: AttachmentId) -> Result<Option<OpenedAttachment>, DeskError> {
        let Some((attachment, sealed)) = self.0.store.attachment(id).await? else { return Ok(None) };
        // Sealed under the digest of what it holds: all attachments with the same bytes share it.
        let bytes = self.0.seal.open(&attachment.sha256, &sealed)?;
        let Attachment { file_name, content_type, .. } = attachment;
        Ok(Some(OpenedAttachment { file_name, content_type, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, NOW, agent};
    use crate::{NewMessage, NewMessageKind};
    use domain::id::{CountingIds, MessageId};
    use domain::message::{Delivery, Direction};
    use domain::work::{Work, blank_message};
    use store::Fact;

    const PDF: &[u8] = b"%PDF-1.4\n";
    const MAIL: &str = "From: Ana <ana@example.org>\r\nTo: support@localhost\r\nSubject: Invoice\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n--b\r\nContent-Type: application/pdf; name=\"invoice.pdf\"\r\nContent-Disposition: attachment; filename=\"invoice.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n";

    async fn with_invoice() -> (Fixture, Message) {
        let fixture = Box::pin(Fixture::new()).await;
        fixture.desk.receive_mail("test", MAIL.into()).await.unwrap();
        fixture.desk.settle().await.unwrap();
        let ticket = fixture.store.ticket_by_number(1).await.unwrap().unwrap();
        let messages = fixture.store.messages(ticket.id).await.unwrap();
        let message = messages.into_iter().find(|m| !m.attachments.is_empty()).unwrap();
        (fixture, message)
    }

    async fn openings(fixture: &Fixture) -> Vec<domain::audit::AuditRecord> {
        let audit = fixture.store.audit(0, 100).await.unwrap();
        audit.into_iter().map(|e| e.record).filter(|r| r.action == "attachment.opened").collect()
    }

    #[tokio::test]
    async fn an_attachment_opens_as_it_was_sent_and_the_audit_log_tells_of_it_without_its_content() {
        let (fixture, message) = with_invoice().await;
        let id = message.attachments[0].id;
        let opened = fixture.desk.open_attachment(id, agent()).await.unwrap();
        assert_eq!((opened.file_name.as_str(), opened.bytes.as_slice()), ("invoice.pdf", PDF));
        assert_eq!(opened.content_type, "application/pdf");
        let openings = openings(&fixture).await;
        assert_eq!(openings.len(), 1);
        assert_eq!((&openings[0].object, &openings[0].actor), (&id.to_string(), &agent()));
        assert_eq!(openings[0].details, json!({ "ticket": message.ticket_id }));
    }

    #[tokio::test]
    async fn what_is_not_there_is_refused_and_nobody_has_opened_it() {
        let (fixture, message) = with_invoice().await;
        let nobodys = AttachmentId::mint(&CountingIds::default(), NOW.plus(1));
        let missing = fixture.desk.open_attachment(nobodys, agent()).await.unwrap_err();
        assert!(matches!(missing, DeskError::Missing { what: "attachment", .. }), "{missing}");
        // A row whose bytes are gone.
        let id = MessageId::mint(&CountingIds::default(), NOW.plus(2));
        let mut bare =
            domain::work::blank_message(id, message.ticket_id, Direction::Inbound, agent(), NOW.plus(2));
        bare.attachments =
            vec![Attachment { id: nobodys, sha256: "0".repeat(64), ..message.attachments[0].clone() }];
        fixture.facts(vec![Fact::AddMessage(Box::new(bare))]).await;
        let gone = fixture.desk.open_attachment(nobodys, agent()).await.unwrap_err();
        assert!(matches!(&gone, DeskError::Refused(refusal) if refusal.code == "not_kept"), "{gone}");
        assert!(openings(&fixture).await.is_empty());
    }

    #[tokio::test]
    async fn a_value_that_was_missed_in_the_name_of_a_file_is_taken_out_and_put_back() {
        let (fixture, message) = with_invoice().await;
        let missed = fixture.desk.mark_miss(message.id, "invoice", "PERSON", agent());
        let now = Box::pin(missed).await.unwrap();
        assert_eq!(now.attachments[0].file_name, "[PERSON-1].pdf");
        let opened = fixture.desk.open_attachment(message.attachments[0].id, agent()).await.unwrap();
        assert_eq!((opened.file_name.as_str(), opened.bytes.as_slice()), ("[PERSON-1].pdf", PDF));
        let all = fixture.store.redactions_of(message.ticket_id).await.unwrap();
        let redaction = all.iter().find(|r| r.part == domain::redaction::part::FILE_NAME).unwrap();
        assert_eq!((redaction.class.as_str(), redaction.placeholder.as_str()), ("PERSON", "[PERSON-1]"));
        let back = Box::pin(fixture.desk.mark_false_alarm(redaction.id, agent())).await.unwrap();
        assert_eq!(back.attachments[0].file_name, "invoice.pdf");
        assert_eq!((back.subject, back.text), (message.subject, message.text));
    }

    #[tokio::test]
    async fn an_export_carries_files_as_long_as_there_is_room() {
        let (fixture, message) = with_invoice().await;
        let mut room = 9;
        let whole = fixture.desk.exported_message(&message, &mut room).await.unwrap();
        let file = &whole["attachments"][0];
        assert_eq!((&file["content"], &file["note"], room), (&json!("JVBERi0xLjQK"), &Value::Null, 0));
        assert_eq!(whole["text"], json!(message.text));
        let named = fixture.desk.exported_message(&message, &mut room).await.unwrap();
        let file = &named["attachments"][0];
        assert_eq!((&file["file_name"], &file["content"]), (&json!("invoice.pdf"), &Value::Null));
        assert!(file["note"].as_str().unwrap().contains("did not fit"), "{file}");
    }

    fn file(name: &str, bytes: &[u8]) -> NewFile {
        NewFile { file_name: name.to_owned(), content_type: None, bytes: bytes.to_vec() }
    }

    async fn post(fixture: &Fixture, text: &str, files: Vec<NewFile>) -> Result<Message, DeskError> {
        let ticket = fixture.store.ticket_by_number(1).await.unwrap().unwrap();
        let seen = fixture.store.messages(ticket.id).await.unwrap().last().map(|message| message.id);
        let (kind, text) = (NewMessageKind::Reply, text.to_owned());
        let new = NewMessage { kind, text, article: None, draft: None, seen, solves: false };
        fixture.desk.post_with_files(ticket.id, new, files, None, agent()).await
    }

    #[tokio::test]
    async fn what_people_add_is_kept_like_what_came_in_and_goes_out_with_its_message() {
        let fixture = Fixture::new().await;
        fixture.ticket("ana@example.org").await;
        let files = vec![file("../label.pdf", PDF), file("label.pdf", b"%PDF-1.7\n")];
        let message = post(&fixture, "Here they are.", files).await.unwrap();
        let names: Vec<&str> = message.attachments.iter().map(|file| file.file_name.as_str()).collect();
        assert_eq!(names, ["label.pdf", "label-2.pdf"]);
        assert_eq!(message.attachments[0].content_type, "application/pdf");
        let opened = fixture.desk.open_attachment(message.attachments[0].id, agent()).await.unwrap();
        assert_eq!(opened.bytes, PDF);
        let outgoing = fixture.desk.outgoing_files(&message).await.unwrap().unwrap();
        assert_eq!((outgoing.len(), outgoing[0].bytes.as_slice()), (2, PDF));
    }

    #[tokio::test]
    async fn what_is_harmful_or_too_much_is_refused_and_nothing_is_written() {
        let fixture = Fixture::new().await;
        let ticket = fixture.ticket("ana@example.org").await;
        let large = vec![0; 10 << 20];
        let larger = vec![0; (10 << 20) + 1];
        for (files, code, said) in [
            (vec![file("a.pdf", PDF); 11], "bad_file", "“a.pdf” is one file too many: a message takes 10"),
            (vec![file("a.pdf", b""); 100_000], "bad_file", "“a.pdf” is empty"),
            (vec![file("a.bin", &larger)], "bad_file", "“a.bin” is larger than 10 MiB"),
            (
                vec![file("a.bin", &large), file("b.bin", &large), file("c.txt", b"c")],
                "bad_file",
                "With “c.txt” the files have more than 20 MiB",
            ),
            (vec![file("photo.png", b"MZ\x90\0\x03\0\0\0")], "harmful_file", "“photo.png” is a program"),
        ] {
            let refused = post(&fixture, "Here.", files).await.unwrap_err();
            let refusal = match refused {
                DeskError::Refused(refusal) => refusal,
                other => panic!("{other}"),
            };
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some("attachments")));
            assert!(refusal.sentence.starts_with(said), "{refusal}");
        }
        assert_eq!(fixture.store.messages(ticket.id).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn the_same_words_with_another_file_are_no_slip() {
        let fixture = Fixture::new().await;
        fixture.ticket("ana@example.org").await;
        post(&fixture, "See the file.", vec![file("a.pdf", PDF)]).await.unwrap();
        post(&fixture, "See the file.", vec![file("b.pdf", b"%PDF-1.7\n")]).await.unwrap();
        let slip = post(&fixture, "See the file.", vec![file("b.pdf", b"%PDF-1.7\n")]).await.unwrap_err();
        assert!(matches!(&slip, DeskError::Refused(refusal) if refusal.code == "sent_already"), "{slip}");
    }

    #[tokio::test]
    async fn a_message_does_not_leave_without_the_file_it_was_to_bring() {
        let fixture = Fixture::new().await;
        let ticket = fixture.ticket("ana@example.org").await;
        fixture.desk.settle().await.unwrap();
        let ticket = fixture.store.ticket(ticket.id).await.unwrap().unwrap();
        let (ids, at) = (CountingIds::default(), NOW.plus(2));
        let id = MessageId::mint(&ids, at);
        let mut message = blank_message(id, ticket.id, Direction::Outbound, agent(), at);
        message.to_address = Some("ana@example.org".to_owned());
        message.attachments = vec![Attachment {
            id: AttachmentId::mint(&ids, at),
            file_name: "label.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size_bytes: 9,
            sha256: "0".repeat(64),
        }];
        let mut work = Work::on(ticket);
        work.add_message(&fixture.desk.stamp(agent()), message);
        let facts = fixture.desk.work_facts(std::slice::from_mut(&mut work)).await;
        fixture.facts(facts).await;
        fixture.desk.settle().await.unwrap();
        let message = fixture.store.message(id).await.unwrap().unwrap();
        assert_eq!(message.delivery, Delivery::Failed);
        assert!(message.delivery_reason.unwrap().contains("not kept any more"));
    }
}
