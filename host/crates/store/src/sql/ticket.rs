//! Tickets: the aggregate's row, its guard, the lists of the doors, and the view a turn starts from.

use std::collections::BTreeMap;

use domain::contact::Contact;
use domain::id::TicketId;
use domain::message::Message;
use domain::redaction::of_ticket;
use domain::snapshot::TicketView;
use domain::ticket::Ticket;
use sqlx::QueryBuilder;

use super::dialect::with_words;
use super::reader::{Reader, above, all, below, json, ms, one, plain, text};
use super::{Connection, Db, Outcome, Row, contact, dialect, message, unique};
use crate::error::StoreError;
use crate::records::{Page, TicketFilter};
use crate::words::Words;

macro_rules! ticket_columns {
    () => {
        "t.ticket_id, t.number, t.subject, t.status, t.status_category, t.priority, t.channel, t.inbox, t.language, \
         t.category, t.requester_id, t.team, t.assignee, t.tags, t.custom, t.set_by_person, t.version, \
         t.event_sequence, t.created_at, t.updated_at, t.last_customer_message_at, t.last_reply_at, t.solved_at, \
         t.merged_into"
    };
}

fn read(row: &Row) -> Result<Ticket, StoreError> {
    let r = Reader::of(row, "ticket", "ticket_id");
    Ok(Ticket {
        id: r.word("ticket_id")?,
        number: r.get("number")?,
        subject: r.get("subject")?,
        status: r.get("status")?,
        status_category: r.word("status_category")?,
        priority: r.word("priority")?,
        channel: r.word("channel")?,
        inbox: r.get("inbox")?,
        language: r.get("language")?,
        category: r.get("category")?,
        requester_id: r.word("requester_id")?,
        team: r.get("team")?,
        assignee: r.get("assignee")?,
        tags: r.json("tags")?,
        custom: r.json("custom")?,
        set_by_person: r.json("set_by_person")?,
        version: r.get("version")?,
        event_sequence: r.get("event_sequence")?,
        created_at: r.at("created_at")?,
        updated_at: r.at("updated_at")?,
        last_customer_message_at: r.at_opt("last_customer_message_at")?,
        last_reply_at: r.at_opt("last_reply_at")?,
        solved_at: r.at_opt("solved_at")?,
        merged_into: r.word_opt("merged_into")?,
    })
}

const INSERT: &str = "INSERT INTO ticket (ticket_id, number, subject, status, status_category, priority, channel, \
     language, category, requester_id, team, assignee, tags, custom, set_by_person, version, event_sequence, \
     created_at, updated_at, last_customer_message_at, last_reply_at, solved_at, inbox, \
     merged_into) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";

/// Number and time of creation never change after the insert, so that they stay out of the update.
const UPDATE: &str = "UPDATE ticket SET subject = $3, status = $4, status_category = $5, priority = $6, \
     channel = $7, language = $8, category = $9, requester_id = $10, team = $11, assignee = $12, tags = $13, \
     custom = $14, set_by_person = $15, version = $16, event_sequence = $17, updated_at = $19, \
     last_customer_message_at = $20, last_reply_at = $21, solved_at = $22, inbox = $23, merged_into = $24 \
     WHERE ticket_id = $1 AND number = $2 AND created_at = $18 AND version = $25";

pub(crate) async fn put(c: &mut Connection, ticket: &Ticket, read_version: Option<i64>) -> Outcome<()> {
    let mut query = sqlx::query(if read_version.is_none() { INSERT } else { UPDATE })
        .bind(ticket.id.to_string())
        .bind(ticket.number)
        .bind(plain(&ticket.subject))
        .bind(&ticket.status)
        .bind(ticket.status_category.as_str())
        .bind(ticket.priority.as_str())
        .bind(ticket.channel.as_str())
        .bind(ticket.language.as_deref())
        .bind(ticket.category.as_deref())
        .bind(ticket.requester_id.to_string())
        .bind(ticket.team.as_deref())
        .bind(ticket.assignee.as_deref())
        .bind(json(&ticket.tags)?)
        .bind(json(&ticket.custom)?)
        .bind(json(&ticket.set_by_person)?)
        .bind(ticket.version)
        .bind(ticket.event_sequence)
        .bind(ticket.created_at.0)
        .bind(ticket.updated_at.0)
        .bind(ms(ticket.last_customer_message_at))
        .bind(ms(ticket.last_reply_at))
        .bind(ms(ticket.solved_at))
        .bind(ticket.inbox.as_deref())
        .bind(text(ticket.merged_into.as_ref()));
    if let Some(version) = read_version {
        query = query.bind(version);
    }
    let done = query.execute(c).await.map_err(unique("ticket"))?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("ticket").into()) }
}

pub(crate) async fn by_id(c: &mut Connection, id: TicketId) -> Outcome<Option<Ticket>> {
    let row = sqlx::query(concat!("SELECT ", ticket_columns!(), " FROM ticket t WHERE t.ticket_id = $1"))
        .bind(id.to_string())
        .fetch_optional(c)
        .await?;
    one(row, read)
}

pub(crate) async fn by_number(c: &mut Connection, number: i64) -> Outcome<Option<Ticket>> {
    let row = sqlx::query(concat!("SELECT ", ticket_columns!(), " FROM ticket t WHERE t.number = $1"))
        .bind(number)
        .fetch_optional(c)
        .await?;
    one(row, read)
}

/// Those that were merged into a ticket, oldest first.
pub(crate) async fn merged_into(c: &mut Connection, id: TicketId) -> Outcome<Vec<Ticket>> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        ticket_columns!(),
        " FROM ticket t WHERE t.merged_into = $1 ORDER BY t.ticket_id"
    ))
    .bind(id.to_string())
    .fetch_all(c)
    .await?;
    all(&rows, read)
}

/// A ticket's columns alone.
macro_rules! list_columns {
    () => {
        concat!(ticket_columns!(), " FROM ticket t ")
    };
}

/// A ticket's columns and its requester's, of `ticket t LEFT JOIN contact c`.
macro_rules! view_columns {
    () => {
        concat!(
            ticket_columns!(),
            ", c.contact_id, c.name, c.email, c.locale, c.time_zone, c.verified, c.proactive_consent, \
             c.created_at AS contact_created_at FROM ticket t LEFT JOIN contact c ON c.contact_id = t.requester_id "
        )
    };
}

/// Whether we are waited for: of what people wrote the newest is the customer's.
macro_rules! waits {
    () => {
        "(t.status_category IN ('new', 'open') AND t.last_customer_message_at IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM message m WHERE m.ticket_id = t.ticket_id AND m.direction = 'outbound' AND NOT m.automatic \
          AND m.created_at >= t.last_customer_message_at))"
    };
}

/// The moment of the page's last ticket, in the order of the customers' newest messages.
macro_rules! page_end {
    ($start:literal) => {
        concat!(
            "COALESCE((SELECT COALESCE(p.last_customer_message_at, p.created_at) FROM ticket p WHERE p.ticket_id = $1), ",
            $start,
            ")"
        )
    };
}

/// What comes behind that page; put so that both databases walk the indexes of step 16.
macro_rules! behind {
    ($compare:literal, $start:literal) => {
        concat!(
            "COALESCE(t.last_customer_message_at, t.created_at) ",
            $compare,
            "= ",
            page_end!($start),
            " AND (COALESCE(t.last_customer_message_at, t.created_at) <> ",
            page_end!($start),
            " OR t.ticket_id ",
            $compare,
            " $1)"
        )
    };
}

/// The filter's part that every list has; `$1` and `$2` are the page's. The list is walked along the index that
/// `$driver` names; messages with the words that are looked for are read one way, `$beyond` a ticket where the list's
/// order is that of tickets.
macro_rules! filtered {
    ($columns:ident, $driver:expr, $beyond:literal, $way:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $columns!(),
            "WHERE ",
            $driver,
            " AND ($3 IS NULL OR t.status_category = $3) AND ($4 IS NULL OR t.requester_id = $4) \
             AND ($5 IS NULL OR t.team = $5) AND ($6 IS NULL OR t.tags LIKE $6 ESCAPE '!') \
             AND ($7 IS NULL OR t.last_customer_message_at < $7) \
             AND ($8 IS NULL OR (t.last_reply_at < $8 AND t.last_reply_at >= COALESCE(t.last_customer_message_at, 0))) \
             AND ($9 IS NULL OR t.solved_at < $9) AND ($10 IS NULL OR t.created_at > $10) \
             AND ($11 IS NULL OR $11 LIKE '%\"' || REPLACE(t.inbox, '_', '!_') || '\"%' ESCAPE '!') \
             AND ($12 IS NULL OR t.category = $12) AND ($13 IS NULL OR COALESCE(t.assignee, '') = $13) \
             AND ($14 IS NULL OR LOWER(t.subject) LIKE $14 ESCAPE '!' OR t.ticket_id IN (",
            with_words!($beyond, $way),
            ")) AND (NOT $16 OR ",
            waits!(),
            ") ",
            $order,
            " LIMIT $2"
        )
    };
}

/// A list in the order in which tickets came.
macro_rules! by_id {
    ($columns:ident, $along:literal, newest) => {
        filtered!(
            $columns,
            concat!($along, "t.ticket_id < $1"),
            "AND w.ticket_id < $1 ",
            "DESC",
            "ORDER BY t.ticket_id DESC"
        )
    };
    ($columns:ident, $along:literal, oldest) => {
        filtered!(
            $columns,
            concat!($along, "t.ticket_id > $1"),
            "AND w.ticket_id > $1 ",
            "ASC",
            "ORDER BY t.ticket_id ASC"
        )
    };
}

/// The same in the order of the customers' newest messages.
macro_rules! by_customer {
    ($columns:ident, $status:literal, oldest) => {
        filtered!(
            $columns,
            concat!($status, behind!(">", "0")),
            "",
            "ASC",
            "ORDER BY COALESCE(t.last_customer_message_at, t.created_at), t.ticket_id"
        )
    };
    ($columns:ident, $status:literal, newest) => {
        filtered!(
            $columns,
            concat!($status, behind!("<", "9223372036854775807")),
            "",
            "DESC",
            "ORDER BY COALESCE(t.last_customer_message_at, t.created_at) DESC, t.ticket_id DESC"
        )
    };
}

/// Those in the order in which tickets came.
macro_rules! statement_by_id {
    ($filter:expr, $columns:ident) => {{
        let filter: &TicketFilter = $filter;
        match (filter.requester.is_some(), filter.status_category.is_some(), filter.oldest_first) {
            (true, _, false) => by_id!($columns, "t.requester_id = $4 AND ", newest),
            (true, _, true) => by_id!($columns, "t.requester_id = $4 AND ", oldest),
            (false, true, false) => by_id!($columns, "t.status_category = $3 AND ", newest),
            (false, true, true) => by_id!($columns, "t.status_category = $3 AND ", oldest),
            (false, false, false) => by_id!($columns, "", newest),
            (false, false, true) => by_id!($columns, "", oldest),
        }
    }};
}

/// Whole statements by what the index is to be walked along: the customers' newest messages, a requester's tickets,
/// those of a status, or all. `$3` and `$4` stand in all of them, so that one binding serves every one.
macro_rules! statement {
    ($filter:expr, $columns:ident) => {{
        let filter: &TicketFilter = $filter;
        match (filter.by_customer, filter.waiting, filter.oldest_first) {
            (true, true, true) => by_customer!($columns, "t.status_category IN ('new', 'open') AND ", oldest),
            (true, true, false) => {
                by_customer!($columns, "t.status_category IN ('new', 'open') AND ", newest)
            }
            (true, false, true) => by_customer!($columns, "", oldest),
            (true, false, false) => by_customer!($columns, "", newest),
            (false, ..) => statement_by_id!(filter, $columns),
        }
    }};
}

/// A ticket with its requester, without messages.
fn read_view(row: &Row) -> Result<TicketView, StoreError> {
    let known: Option<String> = Reader::of(row, "contact", "contact_id").get("contact_id")?;
    let requester = known.map(|_| contact::read(row)).transpose()?;
    Ok(TicketView { ticket: read(row)?, requester, messages: Vec::new() })
}

/// Ticket with requester, then messages with their attachments, those of merged tickets among them.
pub(crate) async fn view(c: &mut Connection, id: TicketId) -> Outcome<Option<TicketView>> {
    let id = id.to_string();
    let row = sqlx::query(concat!("SELECT ", view_columns!(), "WHERE t.ticket_id = $1"))
        .bind(&id)
        .fetch_optional(&mut *c)
        .await?;
    let Some(mut view) = one(row, read_view)? else { return Ok(None) };
    view.messages = message::newest(&mut *c, &id).await?;
    Box::pin(take_in(c, &mut view)).await?;
    Ok(Some(view))
}

/// What was said on the tickets that were merged into this one counts among its newest messages.
async fn take_in(c: &mut Connection, view: &mut TicketView) -> Outcome<()> {
    let merged = merged_into(&mut *c, view.ticket.id).await?;
    let numbers: BTreeMap<TicketId, i64> = merged.iter().map(|ticket| (ticket.id, ticket.number)).collect();
    let ids: Vec<TicketId> = numbers.keys().copied().collect();
    for mut message in message::newest_of(c, &ids).await? {
        if let Some(number) = numbers.get(&message.ticket_id) {
            for text in [&mut message.subject, &mut message.text, &mut message.reply_text] {
                *text = of_ticket(text, *number);
            }
        }
        view.messages.push(message);
    }
    view.messages.sort_by_key(|message| message.id);
    let most = usize::try_from(message::VIEW_MESSAGES_MAX).unwrap_or(usize::MAX);
    let surplus = view.messages.len().saturating_sub(most);
    view.messages.drain(..surplus);
    Ok(())
}

/// Two statements for a whole list of tickets, each with its own messages alone.
pub(crate) async fn views(
    c: &mut Connection,
    filter: &TicketFilter,
    page: &Page,
) -> Outcome<Vec<TicketView>> {
    let rows = rows(c, statement!(filter, view_columns), filter, page).await?;
    let mut views = all(&rows, read_view)?;
    let ids: Vec<TicketId> = views.iter().map(|view| view.ticket.id).collect();
    let mut messages: BTreeMap<TicketId, Vec<Message>> = BTreeMap::new();
    for message in message::newest_of(c, &ids).await? {
        messages.entry(message.ticket_id).or_default().push(message);
    }
    for view in &mut views {
        view.messages = messages.remove(&view.ticket.id).unwrap_or_default();
    }
    Ok(views)
}

pub(crate) async fn list(c: &mut Connection, filter: &TicketFilter, page: &Page) -> Outcome<Vec<Ticket>> {
    all(&rows(c, statement!(filter, list_columns), filter, page).await?, read)
}

/// The same in one statement with those who ask.
pub(crate) async fn list_with_requesters(
    c: &mut Connection,
    filter: &TicketFilter,
    page: &Page,
) -> Outcome<Vec<(Ticket, Option<Contact>)>> {
    let views = all(&rows(c, statement!(filter, view_columns), filter, page).await?, read_view)?;
    Ok(views.into_iter().map(|view| (view.ticket, view.requester)).collect())
}

/// Which of these tickets wait for us.
pub(crate) async fn waiting(c: &mut Connection, tickets: &[TicketId]) -> Outcome<Vec<TicketId>> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<Db>::new(concat!(
        "SELECT t.ticket_id FROM ticket t WHERE ",
        waits!(),
        " AND t.ticket_id IN ("
    ));
    let mut ids = query.separated(", ");
    for id in tickets {
        ids.push_bind(id.to_string());
    }
    let rows = query.push(") ORDER BY t.ticket_id").build().fetch_all(c).await?;
    all(&rows, |row| Reader::of(row, "ticket", "ticket_id").word("ticket_id"))
}

async fn rows(
    c: &mut Connection,
    statement: &'static str,
    filter: &TicketFilter,
    page: &Page,
) -> Outcome<Vec<Row>> {
    let tag = filter.tag.as_deref().map(tag_pattern);
    let inboxes = (!filter.inboxes.is_empty()).then(|| json(&filter.inboxes)).transpose()?;
    let rows = sqlx::query(statement)
        .bind(if filter.oldest_first { above(page) } else { below(page) })
        .bind(i64::from(page.limit))
        .bind(filter.status_category.map(|s| s.as_str()))
        .bind(text(filter.requester.as_ref()))
        .bind(filter.team.as_deref())
        .bind(tag)
        .bind(ms(filter.customer_silent_since))
        .bind(ms(filter.replied_before))
        .bind(ms(filter.solved_before))
        .bind(ms(filter.created_after))
        .bind(inboxes)
        .bind(filter.category.as_deref())
        .bind(filter.assignee.as_deref())
        .bind(filter.words.as_deref().map(subject_pattern))
        .bind(filter.words.as_deref().and_then(Words::of).map(|words| dialect::asked(&words)))
        .bind(filter.waiting)
        .fetch_all(c)
        .await?;
    Ok(rows)
}

/// Finds a tag within the JSON list of tags: the quoted word.
fn tag_pattern(tag: &str) -> String {
    format!("%\"{}\"%", escaped(tag))
}

/// Finds words within a subject as they were typed, without quotes around them.
fn subject_pattern(typed: &str) -> String {
    format!("%{}%", escaped(&plain(typed).trim_matches('"').to_lowercase()))
}

/// Words for a pattern, their own wildcards made harmless.
fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        if matches!(c, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(c);
    }
    out
}

pub(crate) async fn return_numbers(c: &mut Connection, first: i64, end: i64) -> Outcome<()> {
    sqlx::query("UPDATE counter SET value = $1 WHERE name = 'ticket_number' AND value = $2")
        .bind(first - 1)
        .bind(end - 1)
        .execute(c)
        .await?;
    Ok(())
}

pub(crate) async fn reserve_numbers(c: &mut Connection, count: u32) -> Outcome<i64> {
    let count = i64::from(count.max(1));
    let last: i64 = sqlx::query_scalar(
        "UPDATE counter SET value = value + $1 WHERE name = 'ticket_number' RETURNING value",
    )
    .bind(count)
    .fetch_one(c)
    .await?;
    Ok(last - count + 1)
}
