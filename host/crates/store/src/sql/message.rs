//! Messages, their attachments and sealed bytes, and the gate's counting of automatic ones.

use domain::Timestamp;
use domain::address::sides;
use domain::clock::{DAY_MS, HOUR_MS};
use domain::id::{AttachmentId, MessageId, TicketId};
use domain::message::{Attachment, Delivery, Message};
use domain::seal::Sealed;

use sqlx::QueryBuilder;

use super::reader::{Reader, all, json, one, plain};
use super::script::Statement;
use super::{Connection, Db, Outcome, Row};
use crate::error::StoreError;
use crate::records::{AutomaticCounts, Page};

/// Messages of a ticket that a view holds.
pub(crate) const VIEW_MESSAGES_MAX: i64 = 50;
/// For how many tickets messages are asked for in one statement.
const TICKETS_AT_ONCE: [usize; 3] = [10, 50, 200];

macro_rules! select_message {
    ($rest:literal) => {
        select_message!("message", $rest)
    };
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT message_id, ticket_id, direction, author_kind, author_id, public, subject, text, reply_text, \
             auto_class, sender_auth, automatic, to_address, internet_message_id, in_reply_to, reference_ids, language, delivery, \
             delivery_reason, created_at, attachments, passed_at, article, helped, may_have_arrived FROM ",
            $from,
            " ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Message, StoreError> {
    let r = Reader::of(row, "message", "message_id");
    Ok(Message {
        id: r.word("message_id")?,
        ticket_id: r.word("ticket_id")?,
        direction: r.word("direction")?,
        author: domain::Actor { kind: r.word("author_kind")?, id: r.get("author_id")? },
        public: r.get("public")?,
        subject: r.get("subject")?,
        text: r.get("text")?,
        reply_text: r.get("reply_text")?,
        auto_class: r.word("auto_class")?,
        sender_auth: r.word("sender_auth")?,
        automatic: r.get("automatic")?,
        to_address: r.get("to_address")?,
        internet_message_id: r.get("internet_message_id")?,
        in_reply_to: r.get("in_reply_to")?,
        references: r.json("reference_ids")?,
        language: r.get("language")?,
        delivery: r.word("delivery")?,
        delivery_reason: r.get("delivery_reason")?,
        may_have_arrived: r.get("may_have_arrived")?,
        passed_at: r.get::<Option<i64>>("passed_at")?.map(Timestamp),
        article: r.get("article")?,
        helped: r.get("helped")?,
        created_at: r.at("created_at")?,
        attachments: r.json("attachments")?,
    })
}

/// A message with its attachments.
pub(crate) fn add(message: &Message) -> Outcome<Vec<Statement>> {
    let domain = message.to_address.as_deref().and_then(sides).map(|(_, domain)| domain);
    let statement = Statement::new(
        "INSERT INTO message (message_id, ticket_id, direction, author_kind, author_id, public, subject, text, \
         reply_text, auto_class, automatic, to_address, to_domain, internet_message_id, in_reply_to, reference_ids, \
         language, delivery, delivery_reason, created_at, attachments, sender_auth, passed_at, of_inbox, article, helped, may_have_arrived) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
         $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
         CASE WHEN $11 THEN COALESCE((SELECT t.inbox FROM ticket t WHERE t.ticket_id = $2), '') ELSE '' END, $24, $25, $26)",
    )
    .bind(message.id.to_string())
    .bind(message.ticket_id.to_string())
    .bind(message.direction.as_str())
    .bind(message.author.kind.as_str())
    .bind(&message.author.id)
    .bind(message.public)
    .bind(plain(&message.subject))
    .bind(plain(&message.text))
    .bind(plain(&message.reply_text))
    .bind(message.auto_class.as_str())
    .bind(message.automatic)
    .bind(message.to_address.as_deref())
    .bind(domain)
    .bind(message.internet_message_id.as_deref().map(plain))
    .bind(message.in_reply_to.as_deref().map(plain))
    .bind(json(&message.references)?)
    .bind(message.language.as_deref())
    .bind(message.delivery.as_str())
    .bind(message.delivery_reason.as_deref())
    .bind(message.created_at.0)
    .bind(json(&message.attachments)?)
    .bind(message.sender_auth.as_str())
    .bind(message.passed_at.map(|at| at.0))
    .bind(message.article.as_deref())
    .bind(message.helped)
    .bind(message.may_have_arrived)
    .unique("message");
    let attachments = message.attachments.iter().map(|attachment| add_attachment(message.id, attachment));
    Ok(std::iter::once(statement).chain(attachments).collect())
}

fn add_attachment(message_id: MessageId, attachment: &Attachment) -> Statement {
    Statement::new(
        "INSERT INTO attachment (attachment_id, message_id, file_name, content_type, size_bytes, sha256) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(attachment.id.to_string())
    .bind(message_id.to_string())
    .bind(plain(&attachment.file_name))
    .bind(plain(&attachment.content_type))
    .bind(attachment.size_bytes)
    .bind(&attachment.sha256)
    .unique("attachment")
}

pub(crate) fn add_blob(sha256: &str, sealed: &Sealed) -> Statement {
    Statement::new("INSERT INTO blob (sha256, sealed) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING")
        .bind(sha256)
        .bind(sealed.0.as_slice())
}

/// Where a message is from now on.
pub(crate) struct Step<'a> {
    pub(crate) message_id: MessageId,
    pub(crate) delivery: Delivery,
    pub(crate) reason: Option<&'a str>,
    pub(crate) expect: Option<Delivery>,
    pub(crate) expect_doubt: Option<bool>,
    pub(crate) passed_at: Option<Timestamp>,
    pub(crate) may_have_arrived: Option<bool>,
}

pub(crate) fn set_delivery(step: &Step<'_>) -> Statement {
    Statement::new(
        "UPDATE message SET delivery = $2, delivery_reason = $3, passed_at = COALESCE($5, passed_at), \
         may_have_arrived = COALESCE($6, may_have_arrived) \
         WHERE message_id = $1 AND ($4 IS NULL OR delivery = $4) \
         AND ($7 IS NULL OR may_have_arrived = $7)",
    )
    .bind(step.message_id.to_string())
    .bind(step.delivery.as_str())
    .bind(step.reason)
    .bind(step.expect.map(Delivery::as_str))
    .bind(step.passed_at.map(|at| at.0))
    .bind(step.may_have_arrived)
    .bind(step.expect_doubt)
    .changes_one("delivery")
}

/// What the customer says of an answer, if it is still what was read.
pub(crate) fn rate(id: MessageId, helped: bool, expect: Option<bool>) -> Statement {
    Statement::new(
        "UPDATE message SET helped = $2 WHERE message_id = $1 AND (helped = $3 OR (helped IS NULL AND $3 IS NULL))",
    )
    .bind(id.to_string())
    .bind(helped)
    .bind(expect)
    .changes_one("message")
}

pub(crate) async fn by_id(c: &mut Connection, id: MessageId) -> Outcome<Option<Message>> {
    let row =
        sqlx::query(select_message!("WHERE message_id = $1")).bind(id.to_string()).fetch_optional(c).await?;
    one(row, read)
}

pub(crate) async fn of_ticket(c: &mut Connection, id: TicketId) -> Outcome<Vec<Message>> {
    let rows = sqlx::query(select_message!("WHERE ticket_id = $1 ORDER BY message_id"))
        .bind(id.to_string())
        .fetch_all(c)
        .await?;
    all(&rows, read)
}

/// The newest messages of a ticket, oldest first.
pub(crate) async fn newest(c: &mut Connection, ticket_id: &str) -> Outcome<Vec<Message>> {
    let mut rows = sqlx::query(select_message!("WHERE ticket_id = $1 ORDER BY message_id DESC LIMIT $2"))
        .bind(ticket_id)
        .bind(VIEW_MESSAGES_MAX)
        .fetch_all(c)
        .await?;
    rows.reverse();
    all(&rows, read)
}

/// The newest messages of several tickets: by ticket, then oldest first.
pub(crate) async fn newest_of(c: &mut Connection, tickets: &[TicketId]) -> Outcome<Vec<Message>> {
    let Some(last) = tickets.last() else { return Ok(Vec::new()) };
    // Few lengths are few statements to be kept prepared: the last ticket fills the list up.
    let length = TICKETS_AT_ONCE.iter().copied().find(|n| tickets.len() <= *n).unwrap_or(tickets.len());
    let filled = tickets.iter().chain(std::iter::repeat(last)).take(length);
    let mut query = QueryBuilder::<Db>::new(select_message!(
        "(SELECT m.*, ROW_NUMBER() OVER (PARTITION BY m.ticket_id ORDER BY m.message_id DESC) AS place FROM message m WHERE m.ticket_id IN (",
        ""
    ));
    let mut ids = query.separated(", ");
    for id in filled {
        ids.push_bind(id.to_string());
    }
    query
        .push(")) AS numbered WHERE place <= ")
        .push_bind(VIEW_MESSAGES_MAX)
        .push(" ORDER BY ticket_id, message_id");
    let rows = query.build().fetch_all(c).await?;
    all(&rows, read)
}

pub(crate) async fn by_internet_id(
    c: &mut Connection,
    ids: &[String],
) -> Outcome<Option<(MessageId, TicketId)>> {
    if ids.is_empty() {
        return Ok(None);
    }
    let mut query = QueryBuilder::<Db>::new(
        "SELECT internet_message_id, message_id, ticket_id FROM message WHERE internet_message_id IN (",
    );
    let mut wanted = query.separated(", ");
    for id in ids {
        wanted.push_bind(id.as_str());
    }
    let rows = query.push(") ORDER BY message_id").build().fetch_all(c).await?;
    let found = all(&rows, |row| {
        let r = Reader::of(row, "message", "message_id");
        Ok((r.get::<String>("internet_message_id")?, r.word("message_id")?, r.word("ticket_id")?))
    })?;
    // The ids are in order of preference; of several messages with one id the first counts.
    let first = |id: &String| found.iter().find(|(of, ..)| of == id);
    Ok(ids.iter().find_map(first).map(|(_, message, ticket)| (*message, *ticket)))
}

pub(crate) async fn attachment(c: &mut Connection, id: &str) -> Outcome<Option<(Attachment, Sealed)>> {
    let row = sqlx::query(
        "SELECT a.attachment_id, a.file_name, a.content_type, a.size_bytes, a.sha256, b.sealed \
         FROM attachment a JOIN blob b ON b.sha256 = a.sha256 WHERE a.attachment_id = $1",
    )
    .bind(id)
    .fetch_optional(c)
    .await?;
    one(row, |row| {
        let r = Reader::of(row, "attachment", "attachment_id");
        let attachment = Attachment {
            id: r.word("attachment_id")?,
            file_name: r.get("file_name")?,
            content_type: r.get("content_type")?,
            size_bytes: r.get("size_bytes")?,
            sha256: r.get("sha256")?,
        };
        Ok((attachment, Sealed(r.get("sealed")?)))
    })
}

pub(crate) async fn ticket_of_attachment(c: &mut Connection, id: AttachmentId) -> Outcome<Option<TicketId>> {
    let row = sqlx::query(
        "SELECT m.message_id, m.ticket_id FROM attachment a JOIN message m ON m.message_id = a.message_id \
         WHERE a.attachment_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(c)
    .await?;
    one(row, |row| Reader::of(row, "message", "message_id").word("ticket_id"))
}

/// Messages that wait for a person's decision, newest first.
pub(crate) async fn held(c: &mut Connection, page: &Page) -> Outcome<Vec<Message>> {
    let rows = sqlx::query(select_message!(
        "WHERE delivery = 'held' AND ($1 IS NULL OR message_id < $1) ORDER BY message_id DESC LIMIT $2"
    ))
    .bind(page.after.as_deref())
    .bind(i64::from(page.limit))
    .fetch_all(c)
    .await?;
    all(&rows, read)
}

/// Automatic messages since then that may have arrived and are not sent again, those sent last first.
pub(crate) async fn unknown(c: &mut Connection, since: Timestamp, most: i64) -> Outcome<Vec<Message>> {
    let rows = sqlx::query(select_message!(
        "WHERE automatic AND passed_at > $1 AND direction = 'outbound' AND delivery = 'unknown' \
         ORDER BY passed_at DESC LIMIT $2"
    ))
    .bind(since.0)
    .bind(most)
    .fetch_all(c)
    .await?;
    all(&rows, read)
}

pub(crate) async fn held_count(c: &mut Connection) -> Outcome<i64> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM message WHERE delivery = 'held'").fetch_one(c).await?)
}

/// What counts: what passed the gate and is on its way, gone, or perhaps gone.
macro_rules! counted {
    ($name:literal, $among:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM (SELECT 1 FROM message m WHERE ",
            $among,
            " AND m.automatic AND m.direction = 'outbound' AND m.delivery IN ('queued', 'sending', 'sent', 'unknown') LIMIT $6) AS counted) AS ",
            $name
        )
    };
}

/// Each count has an index of its own and stops at `$6`: what is beyond a budget need not be counted.
/// On the ticket, messages are compared by id rather than by time: ids keep the order even within one
/// millisecond.
const AUTOMATIC_COUNTS: &str = concat!(
    "SELECT ",
    counted!(
        "on_ticket",
        "m.ticket_id = $1 AND m.passed_at > $4 AND m.message_id > COALESCE((SELECT MAX(p.message_id) FROM message p \
         WHERE p.ticket_id = $1 AND p.public AND NOT p.automatic AND p.auto_class = 'human'), '')"
    ),
    ", ",
    counted!("to_address", "m.to_address = $2 AND m.passed_at > $4"),
    ", ",
    counted!("notices", "m.to_address = $2 AND m.passed_at > $7 AND m.in_reply_to IS NULL"),
    ", ",
    counted!("to_domain", "m.to_domain = $3 AND m.passed_at > $5"),
    ", ",
    counted!(
        "of_inbox",
        "m.of_inbox = COALESCE((SELECT t.inbox FROM ticket t WHERE t.ticket_id = $1), '') AND m.passed_at > $5"
    ),
    ", ",
    counted!("total", "m.passed_at > $5")
);

pub(crate) async fn automatic_counts(
    c: &mut Connection,
    ticket: TicketId,
    address: &str,
    domain: &str,
    now: Timestamp,
    most: i64,
) -> Outcome<AutomaticCounts> {
    let row = sqlx::query(AUTOMATIC_COUNTS)
        .bind(ticket.to_string())
        .bind(address)
        .bind(domain)
        .bind(now.plus(-DAY_MS).0)
        .bind(now.plus(-HOUR_MS).0)
        .bind(most)
        .bind(now.plus(-7 * DAY_MS).0)
        .fetch_one(c)
        .await?;
    let r = Reader::of(&row, "message", "total");
    Ok(AutomaticCounts {
        on_ticket_day: r.get("on_ticket")?,
        to_address_day: r.get("to_address")?,
        notices_week: r.get("notices")?,
        to_domain_hour: r.get("to_domain")?,
        of_inbox_hour: r.get("of_inbox")?,
        total_hour: r.get("total")?,
    })
}
