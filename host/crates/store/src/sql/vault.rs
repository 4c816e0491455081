//! Keys of people and who asked to see what: rows that hold cipher text and reasons, never a value.

use domain::Timestamp;
use domain::id::{ContactId, MessageId, RedactionId, RevealId, TicketId};
use domain::message::Message;
use domain::redaction::Redaction;
use domain::seal::Sealed;
use domain::vault::{Reveal, asker};

use super::reader::{Reader, all, json, one, plain};
use super::script::Statement;
use super::{Connection, Outcome, run};

pub(crate) fn add_key(contact: ContactId, sealed: &Sealed, at: Timestamp) -> Statement {
    Statement::new("INSERT INTO vault_key (contact_id, sealed, created_at) VALUES ($1, $2, $3)")
        .bind(contact.to_string())
        .bind(sealed.0.as_slice())
        .bind(at.0)
        .unique("vault_key")
}

pub(crate) async fn key(c: &mut Connection, contact: ContactId) -> Outcome<Option<Sealed>> {
    let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM vault_key WHERE contact_id = $1")
        .bind(contact.to_string())
        .fetch_optional(c)
        .await?;
    Ok(sealed.map(Sealed))
}

pub(crate) async fn put_reveal(c: &mut Connection, reveal: &Reveal) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO reveal (reveal_id, asked_by, asked_at, body) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (reveal_id) DO UPDATE SET body = excluded.body",
    )
    .bind(reveal.id.to_string())
    .bind(asker(&reveal.asked_by))
    .bind(reveal.asked_at.0)
    .bind(json(reveal)?)
    .execute(c)
    .await?;
    Ok(())
}

pub(crate) async fn reveal(c: &mut Connection, id: RevealId) -> Outcome<Option<Reveal>> {
    let row = sqlx::query("SELECT reveal_id, body FROM reveal WHERE reveal_id = $1")
        .bind(id.to_string())
        .fetch_optional(c)
        .await?;
    one(row, |row| Reader::of(row, "reveal", "reveal_id").json("body"))
}

/// Which ticket a wish is of stands in its body only. Ids begin with the time, so that only the wishes since then are
/// looked through.
pub(crate) async fn reveals_of(
    c: &mut Connection,
    ticket: TicketId,
    since: Timestamp,
) -> Outcome<Vec<Reveal>> {
    let rows = sqlx::query(
        "SELECT reveal_id, body FROM reveal \
         WHERE reveal_id >= $1 AND asked_at >= $2 AND body LIKE $3 ORDER BY reveal_id",
    )
    .bind(RevealId::first_at(since).to_string())
    .bind(since.0)
    .bind(format!("%\"ticket_id\":\"{ticket}\"%"))
    .fetch_all(c)
    .await?;
    all(&rows, |row| Reader::of(row, "reveal", "reveal_id").json("body"))
}

pub(crate) async fn reveals_since(c: &mut Connection, asked_by: &str, since: Timestamp) -> Outcome<i64> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM reveal WHERE asked_by = $1 AND asked_at >= $2")
        .bind(asked_by)
        .bind(since.0)
        .fetch_one(c)
        .await?)
}

pub(crate) async fn redaction(c: &mut Connection, id: RedactionId) -> Outcome<Option<Redaction>> {
    let row = sqlx::query("SELECT redaction_id, digest, body, stands FROM redaction WHERE redaction_id = $1")
        .bind(id.to_string())
        .fetch_optional(c)
        .await?;
    one(row, run::read_redaction)
}

/// Sealed values older than a moment: gone, their placeholders stay. Ids begin with the time.
pub(crate) async fn expire_values(c: &mut Connection, below: &str) -> Outcome<()> {
    sqlx::query("UPDATE redaction SET sealed = NULL WHERE redaction_id < $1 AND sealed IS NOT NULL")
        .bind(below)
        .execute(c)
        .await?;
    Ok(())
}

/// A message's texts and its files' names anew, if they are still what was read.
pub(crate) fn rewrite(was: &Message, now: &Message) -> Outcome<Vec<Statement>> {
    let rewrite = Statement::new(
        "UPDATE message SET subject = $4, text = $5, reply_text = $6, attachments = $8 \
         WHERE message_id = $1 AND subject = $2 AND text = $3 AND attachments = $7",
    )
    .bind(was.id.to_string())
    .bind(&was.subject)
    .bind(&was.text)
    .bind(plain(&now.subject))
    .bind(plain(&now.text))
    .bind(plain(&now.reply_text))
    .bind(json(&was.attachments)?)
    .bind(json(&now.attachments)?)
    .changes_one("message");
    let files = was.attachments.iter().zip(&now.attachments);
    let renamed = files.filter(|(was, now)| was.file_name != now.file_name).map(|(_, file)| {
        Statement::new("UPDATE attachment SET file_name = $2 WHERE attachment_id = $1")
            .bind(file.id.to_string())
            .bind(plain(&file.file_name))
    });
    Ok(std::iter::once(rewrite).chain(renamed).collect())
}

/// Ids of messages after one, of all tickets, oldest first.
pub(crate) async fn message_ids(
    c: &mut Connection,
    after: Option<MessageId>,
    limit: i64,
) -> Outcome<Vec<MessageId>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows =
        sqlx::query("SELECT message_id FROM message WHERE message_id > $1 ORDER BY message_id LIMIT $2")
            .bind(after)
            .bind(limit)
            .fetch_all(c)
            .await?;
    all(&rows, |row| Reader::of(row, "message", "message_id").word("message_id"))
}
