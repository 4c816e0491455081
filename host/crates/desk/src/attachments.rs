//! Attachments: files that came with messages, opened one at a time, each opening in the audit trail, and carried along
//! in what a person gets of themselves. Their bytes are as they were sent: neither redacted nor looked through. Knows
//! no HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
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

impl Desk {
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
    use domain::id::{CountingIds, MessageId};
    use domain::message::Direction;
    use store::Fact;

    const PDF: &[u8] = b"%PDF-1.4\n";
    const MAIL: &str = "From: Ana <ana@example.org>\r\nTo: support@localhost\r\nSubject: Invoice\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n--b\r\nContent-Type: application/pdf; name=\"invoice.pdf\"\r\nContent-Disposition: attachment; filename=\"invoice.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n";

    async fn with_invoice() -> (Fixture, Message) {
        let fixture = Fixture::new().await;
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
}
