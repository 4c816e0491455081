//! Events: appended; nothing but words of theirs that must not be kept is ever taken out.

use domain::event::Event;
use domain::id::{EventId, TicketId};

use super::reader::{Reader, all, json, one, text};
use super::script::Statement;
use super::{Connection, Outcome, ROWS_MAX, Row, dialect};
use crate::error::StoreError;

macro_rules! select_event {
    ($rest:literal) => {
        concat!(
            "SELECT event_id, kind, at, ticket_id, sequence, actor_kind, actor_id, cause, changes, data FROM event ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Event, StoreError> {
    let r = Reader::of(row, "event", "event_id");
    Ok(Event {
        id: r.word("event_id")?,
        kind: r.word("kind")?,
        time: r.at("at")?,
        ticket_id: r.word_opt("ticket_id")?,
        sequence: r.get("sequence")?,
        actor: domain::Actor { kind: r.word("actor_kind")?, id: r.get("actor_id")? },
        cause: r.json_opt("cause")?,
        changes: r.json("changes")?,
        data: r.json("data")?,
    })
}

/// Writes events, several in one statement: a statement costs more than its rows.
pub(crate) fn add(events: &[Event]) -> Outcome<Vec<Statement>> {
    const INSERT: &str = "INSERT INTO event (event_id, kind, at, ticket_id, sequence, actor_kind, actor_id, cause, changes, data)";
    let mut statements = Vec::new();
    for some in events.chunks(ROWS_MAX) {
        let mut statement = Statement::of_rows(INSERT, 10, some.len()).unique("event_sequence");
        for event in some {
            statement = statement
                .bind(event.id.to_string())
                .bind(event.kind.as_str())
                .bind(event.time.0)
                .bind(text(event.ticket_id.as_ref()))
                .bind(event.sequence)
                .bind(event.actor.kind.as_str())
                .bind(&event.actor.id)
                .bind(event.cause.as_ref().map(json).transpose()?)
                .bind(json(&event.changes)?)
                .bind(json(&event.data)?);
        }
        statements.push(statement);
    }
    Ok(statements)
}

pub(crate) async fn by_id(c: &mut Connection, id: EventId) -> Outcome<Option<Event>> {
    let row =
        sqlx::query(select_event!("WHERE event_id = $1")).bind(id.to_string()).fetch_optional(c).await?;
    one(row, read)
}

pub(crate) async fn of_ticket(c: &mut Connection, id: TicketId) -> Outcome<Vec<Event>> {
    let rows = sqlx::query(select_event!("WHERE ticket_id = $1 ORDER BY sequence"))
        .bind(id.to_string())
        .fetch_all(c)
        .await?;
    all(&rows, read)
}

/// Events in the order in which they became true. An id is older than its commit, so ids are no order to follow.
pub(crate) async fn after(c: &mut Connection, after: Option<EventId>, limit: i64) -> Outcome<Vec<Event>> {
    let select = format!("{}{}", select_event!(""), dialect::FEED);
    let rows = sqlx::query(sqlx::AssertSqlSafe(select))
        .bind(text(after.as_ref()).unwrap_or_default())
        .bind(limit)
        .fetch_all(c)
        .await?;
    all(&rows, read)
}
