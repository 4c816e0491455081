//! What has been kept long enough, counted and taken out.

use domain::Timestamp;
use domain::id::{DecisionId, RunId, TicketId};
use domain::retention::LEGAL_HOLD;

use super::reader::{Reader, all};
use super::{Connection, Outcome};
use crate::records::erased;

/// Tickets on hold, by the tag in their list of tags.
fn hold() -> String {
    format!("%\"{LEGAL_HOLD}\"%")
}

/// Whether a row belongs to a ticket that is on hold, or to one that goes on as a ticket on hold: `$2` is the hold.
macro_rules! held {
    ($of:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM ticket t LEFT JOIN ticket home ON home.ticket_id = t.merged_into \
             WHERE t.ticket_id = ",
            $of,
            ".ticket_id AND (t.tags LIKE $2 OR home.tags LIKE $2))"
        )
    };
}

/// Which rows have been kept long enough: `$1` is the moment, `$2` the hold.
macro_rules! due {
    (originals) => {
        concat!("state = 'done' AND received_at < $1 AND LENGTH(sealed) > 0 AND NOT ", held!("intake"))
    };
    (runs) => {
        concat!("run_id < $1 AND NOT ", held!("run"))
    };
    // A suggestion that still waits for a person stays.
    (decisions) => {
        concat!("decision_id < $1 AND status <> 'suggested' AND NOT ", held!("decision"))
    };
    // What is short is an id or a number, and is what keeps a mail from being taken in twice; or it stands for the
    // answer about somebody who was erased since, and goes when that would have gone.
    (answers) => {
        concat!("(LENGTH(outcome) > 64 OR outcome = '", erased!(), "') AND at < $1")
    };
}

/// How many originals have been kept long enough.
pub(crate) const ORIGINALS: &str = concat!("SELECT COUNT(*) FROM intake WHERE ", due!(originals));

pub(crate) async fn originals_before(c: &mut Connection, before: Timestamp) -> Outcome<i64> {
    let counted = sqlx::query_scalar(ORIGINALS);
    Ok(counted.bind(before.0).bind(hold()).fetch_one(c).await?)
}

pub(crate) async fn drop_originals(c: &mut Connection, before: Timestamp, most: i64) -> Outcome<()> {
    let dropped = sqlx::query(concat!(
        "UPDATE intake SET sealed = $4 WHERE intake_id IN (SELECT intake_id FROM intake WHERE ",
        due!(originals),
        " LIMIT $3)"
    ));
    dropped.bind(before.0).bind(hold()).bind(most).bind(Vec::<u8>::new()).execute(c).await?;
    Ok(())
}

pub(crate) async fn answers_before(c: &mut Connection, before: Timestamp) -> Outcome<i64> {
    let counted = sqlx::query_scalar(concat!("SELECT COUNT(*) FROM seen WHERE ", due!(answers)));
    Ok(counted.bind(before.0).fetch_one(c).await?)
}

pub(crate) async fn drop_answers(c: &mut Connection, before: Timestamp, most: i64) -> Outcome<()> {
    let dropped = sqlx::query(concat!(
        "DELETE FROM seen WHERE (source, external_id) IN (SELECT source, external_id FROM seen WHERE ",
        due!(answers),
        " LIMIT $2)"
    ));
    dropped.bind(before.0).bind(most).execute(c).await?;
    Ok(())
}

pub(crate) async fn runs_before(c: &mut Connection, before: Timestamp) -> Outcome<i64> {
    let counted = sqlx::query_scalar(concat!("SELECT COUNT(*) FROM run WHERE ", due!(runs)));
    Ok(counted.bind(RunId::first_at(before).to_string()).bind(hold()).fetch_one(c).await?)
}

pub(crate) async fn decisions_before(c: &mut Connection, before: Timestamp) -> Outcome<i64> {
    let counted = sqlx::query_scalar(concat!("SELECT COUNT(*) FROM decision WHERE ", due!(decisions)));
    Ok(counted.bind(DecisionId::first_at(before).to_string()).bind(hold()).fetch_one(c).await?)
}

/// At most so many of each.
pub(crate) async fn drop_runs(c: &mut Connection, before: Timestamp, most: i64) -> Outcome<()> {
    let runs = sqlx::query(concat!(
        "DELETE FROM run WHERE run_id IN (SELECT run_id FROM run WHERE ",
        due!(runs),
        " ORDER BY run_id LIMIT $3)"
    ));
    runs.bind(RunId::first_at(before).to_string()).bind(hold()).bind(most).execute(&mut *c).await?;
    let decisions = sqlx::query(concat!(
        "DELETE FROM decision WHERE decision_id IN (SELECT decision_id FROM decision WHERE ",
        due!(decisions),
        " ORDER BY decision_id LIMIT $3)"
    ));
    decisions.bind(DecisionId::first_at(before).to_string()).bind(hold()).bind(most).execute(c).await?;
    Ok(())
}

macro_rules! old {
    ($what:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM ticket WHERE status_category IN ('solved', 'closed') AND updated_at < $1 \
             AND COALESCE(inbox, '') = $2 AND tags NOT LIKE $3 AND subject <> '",
            erased!(),
            "' \
             AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.ticket_id = ticket.merged_into \
             AND (o.status_category NOT IN ('solved', 'closed') OR o.updated_at >= $1 OR o.tags LIKE $3))",
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

/// Takes the words out of messages; what else changes in them, and in which, is put behind.
macro_rules! without_words {
    ($rest:literal) => {
        concat!(
            "UPDATE message SET subject = '', text = '",
            erased!(),
            "', reply_text = '",
            erased!(),
            "', to_address = NULL, to_domain = NULL, internet_message_id = NULL, in_reply_to = NULL, \
             reference_ids = '[]', delivery_reason = NULL, attachments = '[]', article = NULL",
            $rest
        )
    };
}
pub(super) use without_words;

/// Each takes the ticket's id as `$1`.
const WORDS: &[&str] = &[
    "DELETE FROM redaction WHERE ticket_id = $1",
    "DELETE FROM decision WHERE ticket_id = $1",
    "DELETE FROM run WHERE ticket_id = $1",
    "DELETE FROM intake WHERE ticket_id = $1",
    "UPDATE event SET changes = '[]', data = '{}' WHERE ticket_id = $1",
    "DELETE FROM attachment WHERE message_id IN (SELECT message_id FROM message WHERE ticket_id = $1)",
    without_words!(
        ", delivery = CASE WHEN delivery IN ('queued', 'sending', 'held') THEN 'suppressed' ELSE delivery END \
         WHERE ticket_id = $1"
    ),
    // A turn under way decides anew, or it would write back what it had read. The names of fields of one's own are words
    // as well.
    concat!(
        "UPDATE ticket SET subject = '",
        erased!(),
        "', custom = '{}', tags = '[]', \
         set_by_person = CASE WHEN set_by_person LIKE '%\"custom.%' THEN '[]' ELSE set_by_person END, \
         version = version + 1 WHERE ticket_id = $1"
    ),
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
