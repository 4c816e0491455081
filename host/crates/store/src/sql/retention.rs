//! What has been kept long enough, counted and taken out.

use domain::Timestamp;
use domain::id::{DecisionId, RunId, TicketId};
use domain::retention::LEGAL_HOLD;

use super::reader::{Reader, all};
use super::{Connection, Outcome};

/// Tickets on hold, by the tag in their list of tags.
fn hold() -> String {
    format!("%\"{LEGAL_HOLD}\"%")
}

pub(crate) async fn originals_before(c: &mut Connection, before: Timestamp) -> Outcome<i64> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM intake i WHERE i.state = 'done' AND i.received_at < $1 AND LENGTH(i.sealed) > 0 \
         AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ticket_id = i.ticket_id AND t.tags LIKE $2)",
    )
    .bind(before.0)
    .bind(hold())
    .fetch_one(c)
    .await?)
}

pub(crate) async fn drop_originals(c: &mut Connection, before: Timestamp) -> Outcome<()> {
    sqlx::query(
        "UPDATE intake SET sealed = $3 WHERE state = 'done' AND received_at < $1 AND LENGTH(sealed) > 0 \
         AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ticket_id = intake.ticket_id AND t.tags LIKE $2)",
    )
    .bind(before.0)
    .bind(hold())
    .bind(Vec::<u8>::new())
    .execute(c)
    .await?;
    Ok(())
}

/// What is short is an id or a number, and is what keeps a mail from being taken in twice.
pub(crate) async fn drop_answers(c: &mut Connection, before: Timestamp) -> Outcome<()> {
    sqlx::query("DELETE FROM seen WHERE LENGTH(outcome) > 64 AND at < $1").bind(before.0).execute(c).await?;
    Ok(())
}

pub(crate) async fn runs_before(c: &mut Connection, before: Timestamp) -> Outcome<i64> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM run r WHERE r.run_id < $1 \
         AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ticket_id = r.ticket_id AND t.tags LIKE $2)",
    )
    .bind(RunId::first_at(before).to_string())
    .bind(hold())
    .fetch_one(c)
    .await?)
}

pub(crate) async fn drop_runs(c: &mut Connection, before: Timestamp) -> Outcome<()> {
    sqlx::query(
        "DELETE FROM run WHERE run_id < $1 \
         AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ticket_id = run.ticket_id AND t.tags LIKE $2)",
    )
    .bind(RunId::first_at(before).to_string())
    .bind(hold())
    .execute(&mut *c)
    .await?;
    // A suggestion that still waits for a person stays.
    sqlx::query(
        "DELETE FROM decision WHERE decision_id < $1 AND status <> 'suggested' \
         AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ticket_id = decision.ticket_id AND t.tags LIKE $2)",
    )
    .bind(DecisionId::first_at(before).to_string())
    .bind(hold())
    .execute(c)
    .await?;
    Ok(())
}

macro_rules! old {
    ($what:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM ticket WHERE status_category IN ('solved', 'closed') AND updated_at < $1 \
             AND COALESCE(inbox, '') = $2 AND tags NOT LIKE $3 AND subject <> '(erased)'",
            $rest
        )
    };
}

pub(crate) async fn count_old(c: &mut Connection, inbox: &str, before: Timestamp) -> Outcome<i64> {
    Ok(sqlx::query_scalar(old!("COUNT(*)", "")).bind(before.0).bind(inbox).bind(hold()).fetch_one(c).await?)
}

pub(crate) async fn old(
    c: &mut Connection,
    inbox: &str,
    before: Timestamp,
    limit: i64,
) -> Outcome<Vec<TicketId>> {
    let rows = sqlx::query(old!("ticket_id", " ORDER BY ticket_id LIMIT $4"))
        .bind(before.0)
        .bind(inbox)
        .bind(hold())
        .bind(limit)
        .fetch_all(c)
        .await?;
    all(&rows, |row| Reader::of(row, "ticket", "ticket_id").word("ticket_id"))
}

/// Each takes the ticket's id as `$1`.
const WORDS: &[&str] = &[
    "DELETE FROM redaction WHERE ticket_id = $1",
    "DELETE FROM decision WHERE ticket_id = $1",
    "DELETE FROM run WHERE ticket_id = $1",
    "DELETE FROM intake WHERE ticket_id = $1",
    "UPDATE event SET changes = '[]', data = '{}' WHERE ticket_id = $1",
    "DELETE FROM attachment WHERE message_id IN (SELECT message_id FROM message WHERE ticket_id = $1)",
    "UPDATE message SET subject = '', text = '(erased)', reply_text = '(erased)', to_address = NULL, \
     to_domain = NULL, internet_message_id = NULL, in_reply_to = NULL, reference_ids = '[]', \
     delivery_reason = NULL, attachments = '[]', article = NULL WHERE ticket_id = $1",
    // A turn under way decides anew, or it would write back what it had read.
    "UPDATE ticket SET subject = '(erased)', custom = '{}', version = version + 1 WHERE ticket_id = $1",
];

/// The words of a ticket go; files that no other message has go with them.
pub(crate) async fn forget_ticket(c: &mut Connection, ticket: TicketId) -> Outcome<()> {
    let id = ticket.to_string();
    let files = files(c, OF_TICKET, &id).await?;
    super::article::remove_alternate(c, None, ticket).await?;
    for statement in WORDS {
        sqlx::query(*statement).bind(&id).execute(&mut *c).await?;
    }
    drop_unused(c, &files).await
}

const OF_TICKET: &str =
    "SELECT a.sha256 FROM attachment a JOIN message m ON m.message_id = a.message_id WHERE m.ticket_id = $1";
pub(crate) const OF_AUTHOR: &str =
    "SELECT a.sha256 FROM attachment a JOIN message m ON m.message_id = a.message_id WHERE m.author_id = $1";

/// Digests of files.
pub(crate) async fn files(c: &mut Connection, whose: &'static str, id: &str) -> Outcome<Vec<String>> {
    Ok(sqlx::query_scalar(whose).bind(id).fetch_all(c).await?)
}

/// Takes away those of the files that no message has any more.
pub(crate) async fn drop_unused(c: &mut Connection, files: &[String]) -> Outcome<()> {
    for digest in files {
        sqlx::query(
            "DELETE FROM blob WHERE sha256 = $1 AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = $1)",
        )
        .bind(digest)
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}
