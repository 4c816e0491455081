//! Tickets: the aggregate's row, its guard, the lists of the doors, and the view a turn starts from.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::contact::Contact;
use domain::id::TicketId;
use domain::message::Message;
use domain::redaction::of_ticket;
use domain::snapshot::TicketView;
use domain::ticket::Ticket;
use sqlx::QueryBuilder;

use super::reader::{Reader, above, all, below, json, ms, one, plain, text};
use super::script::Statement;
use super::{Connection, Db, Outcome, Row, contact, dialect, message};
use crate::error::StoreError;
use crate::records::{Changes, Page, TicketFilter, WordsIn, moment_and_id};
use crate::words::{Words, address_begun};

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
        // The column is named after those who were the only ones to set fields once.
        set_by_hand: r.json("set_by_person")?,
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

pub(crate) fn put(ticket: &Ticket, read_version: Option<i64>) -> Outcome<Statement> {
    let statement = Statement::new(if read_version.is_none() { INSERT } else { UPDATE })
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
        .bind(json(&ticket.set_by_hand)?)
        .bind(ticket.version)
        .bind(ticket.event_sequence)
        .bind(ticket.created_at.0)
        .bind(ticket.updated_at.0)
        .bind(ms(ticket.last_customer_message_at))
        .bind(ms(ticket.last_reply_at))
        .bind(ms(ticket.solved_at))
        .bind(ticket.inbox.as_deref())
        .bind(text(ticket.merged_into.as_ref()))
        .unique("ticket")
        .changes_one("ticket");
    Ok(match read_version {
        Some(version) => statement.bind(version),
        None => statement,
    })
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

/// A ticket's columns alone, up to where conditions begin.
pub(crate) const TICKETS: &str = concat!("SELECT ", ticket_columns!(), " FROM ticket t WHERE ");

/// A ticket's columns and its requester's.
macro_rules! with_requesters {
    () => {
        concat!(
            "SELECT ",
            ticket_columns!(),
            ", c.contact_id, c.name, c.email, c.locale, c.time_zone, c.verified, c.proactive_consent, \
             c.created_at AS contact_created_at"
        )
    };
}

/// Where those are, up to where conditions begin.
macro_rules! from_requesters {
    () => {
        " FROM ticket t LEFT JOIN contact c ON c.contact_id = t.requester_id WHERE "
    };
}

/// A ticket's columns and its requester's, up to where conditions begin.
pub(crate) const WITH_REQUESTERS: &str = concat!(with_requesters!(), from_requesters!());

/// The columns of a view: whether others were merged into the ticket is one of them.
const VIEW: &str = concat!(
    with_requesters!(),
    ", EXISTS (SELECT 1 FROM ticket o WHERE o.merged_into = t.ticket_id) AS took_in"
);

/// Of which ticket.
const VIEW_OF: &str = concat!(from_requesters!(), "t.ticket_id = ");

/// Whether we are waited for: of what people wrote the newest is the customer's. What never reached the customer is no
/// answer, and whoever was erased waits no more. Put so that both databases walk the index of step 16.
macro_rules! waits {
    () => {
        "(CASE WHEN t.status_category IN ('new', 'open') THEN 1 END = 1 \
         AND t.last_customer_message_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message m WHERE m.ticket_id = t.ticket_id AND m.direction = 'outbound' AND NOT m.automatic \
          AND m.delivery NOT IN ('failed', 'suppressed') AND m.created_at >= t.last_customer_message_at) \
         AND NOT EXISTS (SELECT 1 FROM contact e WHERE e.contact_id = t.requester_id \
          AND e.email = LOWER(e.contact_id) || '@erased.invalid'))"
    };
}

/// When the customer last wrote, else when the ticket came.
macro_rules! wrote {
    () => {
        "COALESCE(t.last_customer_message_at, t.created_at)"
    };
}

/// Of messages with the words, so many are looked at.
const HITS_MAX: i64 = 5_000;
/// Of customers who are called so, and of those whose address begins so, so many are looked at.
const CUSTOMERS_MAX: i64 = 1_000;

/// A list's statement. Only what is asked for stands in it, so that a database sees which index leads to it.
pub(crate) fn listing(
    columns: &'static str,
    filter: &TicketFilter,
    page: &Page,
) -> Outcome<QueryBuilder<Db>> {
    let mut query = QueryBuilder::<Db>::new(columns);
    match filter.words.as_deref().and_then(Words::of) {
        Some(words) => with_words(&mut query, filter, page, &words)?,
        None => asked(&mut query, filter, page)?,
    }
    let way = way(filter);
    query.push(" ORDER BY ");
    if filter.by_customer {
        query.push(wrote!()).push(way).push(", ");
    }
    query.push("t.ticket_id").push(way).push(" LIMIT ").push_bind(i64::from(page.limit));
    Ok(query)
}

/// Everything that is asked of a ticket but words.
fn asked(query: &mut QueryBuilder<Db>, filter: &TicketFilter, page: &Page) -> Outcome<()> {
    beyond(query, filter, page);
    with_fields(query, filter)?;
    with_times(query, filter);
    Ok(())
}

/// Tickets of messages with the words. The rest is asked there as well, so that what is cut off are hits that would be
/// listed. In the order of tickets they are taken the way of the list; a customer's newest message is among the newest.
fn with_words(
    query: &mut QueryBuilder<Db>,
    filter: &TicketFilter,
    page: &Page,
    words: &Words,
) -> Outcome<()> {
    let customers_too = filter.words_in == WordsIn::MessagesAndCustomers;
    query.push("t.ticket_id IN (");
    if customers_too {
        query.push("SELECT h.ticket_id FROM (");
    }
    dialect::push_words(query, words);
    query.push(" AND ");
    asked(query, filter, page)?;
    query.push(" ORDER BY ").push(dialect::HITS_CAME);
    query.push(if filter.by_customer { " DESC" } else { way(filter) });
    query.push(" LIMIT ").push_bind(HITS_MAX);
    if customers_too {
        query.push(") AS h UNION ALL ");
        of_customers(query, filter, page, words)?;
    }
    query.push(")");
    Ok(())
}

/// Tickets of customers with the words in their name, or whose address begins as was typed. As words lead to messages,
/// customers lead to their tickets before anything else is asked.
fn of_customers(
    query: &mut QueryBuilder<Db>,
    filter: &TicketFilter,
    page: &Page,
    words: &Words,
) -> Outcome<()> {
    query.push("SELECT t.ticket_id FROM ticket o CROSS JOIN ticket t WHERE t.ticket_id = o.ticket_id");
    query.push(" AND o.requester_id IN (SELECT n.contact_id FROM (");
    dialect::push_named(query, words);
    query.push(" ORDER BY ").push(dialect::NAMED_CAME).push(" DESC LIMIT ");
    query.push_bind(CUSTOMERS_MAX).push(") AS n");
    if let Some(begun) = filter.words.as_deref().and_then(address_begun) {
        let (begun, address) = (plain(&begun).into_owned(), dialect::ADDRESS);
        // No sign sorts behind this one.
        let end = format!("{begun}\u{10ffff}");
        query.push(" UNION ALL SELECT a.contact_id FROM (SELECT p.contact_id FROM contact p WHERE ");
        query.push(address).push(" >= ").push_bind(begun).push(" AND ");
        query.push(address).push(" < ").push_bind(end);
        // What stands for the address of whoever was erased is none.
        query.push(" AND p.email <> LOWER(p.contact_id) || '@erased.invalid' ORDER BY ");
        query.push(address).push(" LIMIT ").push_bind(CUSTOMERS_MAX).push(") AS a");
    }
    query.push(") AND ");
    asked(query, filter, page)
}

const fn way(filter: &TicketFilter) -> &'static str {
    if filter.oldest_first { "" } else { " DESC" }
}

/// What comes behind the page before. Its end is a moment, not a ticket: that one's customer may have written since.
fn beyond(query: &mut QueryBuilder<Db>, filter: &TicketFilter, page: &Page) {
    let (sign, start) = if filter.oldest_first { ("> ", 0) } else { ("< ", i64::MAX) };
    if !filter.by_customer {
        let end = if filter.oldest_first { above(page) } else { below(page) };
        query.push("t.ticket_id ").push(sign).push_bind(end);
        return;
    }
    let end = page.after.as_deref().and_then(moment_and_id);
    let (moment, id) = end.map_or((start, String::new()), |(moment, id)| (moment, id.to_string()));
    query.push(concat!(wrote!(), " ")).push(sign.trim_end()).push("= ").push_bind(moment);
    query.push(concat!(" AND (", wrote!(), " <> ")).push_bind(moment);
    query.push(" OR t.ticket_id ").push(sign).push_bind(id).push(")");
}

fn with_fields(query: &mut QueryBuilder<Db>, filter: &TicketFilter) -> Outcome<()> {
    if let Some(requester) = filter.requester {
        query.push(" AND t.requester_id = ").push_bind(requester.to_string());
    }
    if let Some(status) = filter.status_category {
        // A person's tickets are few: no index of statuses is to be walked instead of theirs.
        let column = match filter.requester {
            Some(_) => " AND COALESCE(t.status_category, '') = ",
            None => " AND t.status_category = ",
        };
        query.push(column).push_bind(status.as_str());
    }
    if let Some(team) = filter.team.as_deref() {
        query.push(" AND t.team = ").push_bind(plain(team).into_owned());
    }
    if let Some(category) = filter.category.as_deref() {
        query.push(" AND t.category = ").push_bind(plain(category).into_owned());
    }
    if let Some(assignee) = filter.assignee.as_deref() {
        query.push(" AND LOWER(COALESCE(t.assignee, '')) = LOWER(");
        query.push_bind(plain(assignee).into_owned()).push(")");
    }
    if let Some(tag) = filter.tag.as_deref() {
        query.push(" AND t.tags LIKE ").push_bind(tag_pattern(tag)).push(" ESCAPE '!'");
    }
    if let Some(subject) = filter.subject.as_deref() {
        query.push(" AND LOWER(t.subject) LIKE ").push_bind(subject_pattern(subject)).push(" ESCAPE '!'");
    }
    if !filter.inboxes.is_empty() {
        query.push(" AND ").push_bind(json(&filter.inboxes)?);
        query.push(" LIKE '%\"' || REPLACE(t.inbox, '_', '!_') || '\"%' ESCAPE '!'");
    }
    if filter.waiting {
        query.push(concat!(" AND ", waits!()));
    }
    Ok(())
}

fn with_times(query: &mut QueryBuilder<Db>, filter: &TicketFilter) {
    if let Some(since) = filter.customer_silent_since {
        query.push(" AND t.last_customer_message_at < ").push_bind(since.0);
    }
    if let Some(before) = filter.replied_before {
        query.push(" AND t.last_reply_at < ").push_bind(before.0);
        query.push(" AND t.last_reply_at >= COALESCE(t.last_customer_message_at, 0)");
    }
    if let Some(before) = filter.solved_before {
        query.push(" AND t.solved_at < ").push_bind(before.0);
    }
    if let Some(after) = filter.created_after {
        query.push(" AND t.created_at > ").push_bind(after.0);
    }
}

/// A ticket with its requester, without messages.
fn read_view(row: &Row) -> Result<TicketView, StoreError> {
    let known: Option<String> = Reader::of(row, "contact", "contact_id").get("contact_id")?;
    let requester = known.map(|_| contact::read(row)).transpose()?;
    Ok(TicketView { ticket: read(row)?, requester, messages: Vec::new() })
}

/// The same of one ticket, and whether others were merged into it.
fn read_one(row: &Row) -> Result<(TicketView, bool), StoreError> {
    let took_in = Reader::of(row, "ticket", "ticket_id").get("took_in")?;
    Ok((read_view(row)?, took_in))
}

/// Ticket with requester, then messages with their attachments, those of merged tickets among them.
pub(crate) async fn view(c: &mut Connection, id: TicketId) -> Outcome<Option<TicketView>> {
    let mut query = QueryBuilder::<Db>::new(VIEW);
    query.push(VIEW_OF).push_bind(id.to_string());
    let row = query.build().fetch_optional(&mut *c).await?;
    let Some((view, took_in)) = one(row, read_one)? else { return Ok(None) };
    Ok(Some(with_messages(c, view, took_in).await?))
}

/// A view with how often each change was applied on its ticket since an instant.
pub(crate) async fn view_and_changes(
    c: &mut Connection,
    id: TicketId,
    since: Timestamp,
) -> Outcome<Option<(TicketView, Changes)>> {
    let mut query = QueryBuilder::<Db>::new(VIEW);
    query.push(", (SELECT ").push(dialect::CHANGES);
    query.push(
        " FROM (SELECT digest, COUNT(*) AS times FROM decision WHERE status = 'applied' AND ticket_id = ",
    );
    query.push_bind(id.to_string()).push(" AND decided_at >= ").push_bind(since.0);
    query.push(" GROUP BY digest) AS d) AS changes").push(VIEW_OF).push_bind(id.to_string());
    let row = query.build().fetch_optional(&mut *c).await?;
    let found = one(row, |row| {
        let changes: Changes = Reader::of(row, "decision", "ticket_id").json("changes")?;
        Ok((read_one(row)?, changes))
    })?;
    let Some(((view, took_in), changes)) = found else { return Ok(None) };
    Ok(Some((with_messages(c, view, took_in).await?, changes)))
}

/// A view with its messages.
async fn with_messages(c: &mut Connection, mut view: TicketView, took_in: bool) -> Outcome<TicketView> {
    view.messages = message::newest(&mut *c, &view.ticket.id.to_string()).await?;
    if took_in {
        Box::pin(take_in(c, &mut view)).await?;
    }
    Ok(view)
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
    let rows = rows(c, WITH_REQUESTERS, filter, page).await?;
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
    all(&rows(c, TICKETS, filter, page).await?, read)
}

/// The same in one statement with those who ask.
pub(crate) async fn list_with_requesters(
    c: &mut Connection,
    filter: &TicketFilter,
    page: &Page,
) -> Outcome<Vec<(Ticket, Option<Contact>)>> {
    let views = all(&rows(c, WITH_REQUESTERS, filter, page).await?, read_view)?;
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
    columns: &'static str,
    filter: &TicketFilter,
    page: &Page,
) -> Outcome<Vec<Row>> {
    Ok(listing(columns, filter, page)?.build().fetch_all(c).await?)
}

/// Finds a tag within the JSON list of tags: the quoted word.
fn tag_pattern(tag: &str) -> String {
    format!("%\"{}\"%", escaped(&plain(tag)))
}

/// Finds words within a subject as they were typed.
fn subject_pattern(typed: &str) -> String {
    format!("%{}%", escaped(&plain(typed).to_lowercase()))
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
