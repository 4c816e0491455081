//! What came in and waits sealed, outside ids that were handled, and addresses that are not written to.

use domain::Timestamp;
use domain::id::{IntakeId, TicketId};
use domain::seal::Sealed;

use super::reader::{Reader, above, all, ms, one, plain, text};
use super::script::Statement;
use super::{Connection, Outcome, Row};
use crate::error::StoreError;
use crate::records::{Intake, IntakeState, Page, Suppression};

fn read(row: &Row) -> Result<Intake, StoreError> {
    let r = Reader::of(row, "intake", "intake_id");
    Ok(Intake {
        id: r.word("intake_id")?,
        source: r.get("source")?,
        received_at: r.at("received_at")?,
        kind: r.word("kind")?,
        sealed: Sealed(r.get("sealed")?),
        state: r.word("state")?,
        reason: r.get("reason")?,
        ticket_id: r.word_opt("ticket_id")?,
    })
}

pub(crate) fn add(intake: &Intake) -> Statement {
    Statement::new(
        "INSERT INTO intake (intake_id, source, received_at, kind, sealed, state, reason, ticket_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(intake.id.to_string())
    .bind(&intake.source)
    .bind(intake.received_at.0)
    .bind(intake.kind.as_str())
    .bind(intake.sealed.0.as_slice())
    .bind(intake.state.as_str())
    .bind(intake.reason.as_deref())
    .bind(text(intake.ticket_id.as_ref()))
    .unique("intake")
}

/// What became of an intake.
pub(crate) struct Step<'a> {
    pub(crate) id: IntakeId,
    pub(crate) state: IntakeState,
    pub(crate) reason: Option<&'a str>,
    pub(crate) ticket_id: Option<TicketId>,
}

pub(crate) fn set(step: &Step<'_>) -> Statement {
    Statement::new("UPDATE intake SET state = $2, reason = $3, ticket_id = $4 WHERE intake_id = $1")
        .bind(step.id.to_string())
        .bind(step.state.as_str())
        .bind(step.reason.map(plain))
        .bind(text(step.ticket_id.as_ref()))
        .changes_one("intake")
}

pub(crate) async fn by_id(c: &mut Connection, id: IntakeId) -> Outcome<Option<Intake>> {
    let row = sqlx::query(
        "SELECT intake_id, source, received_at, kind, sealed, state, reason, ticket_id FROM intake \
         WHERE intake_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(c)
    .await?;
    one(row, read)
}

/// Lists leave the sealed bytes where they are: `$4` stands in for them.
pub(crate) async fn list(
    c: &mut Connection,
    state: Option<IntakeState>,
    page: &Page,
) -> Outcome<Vec<Intake>> {
    let query = match state {
        Some(state) => sqlx::query(
            "SELECT intake_id, source, received_at, kind, $3 AS sealed, state, reason, ticket_id FROM intake \
             WHERE intake_id > $1 AND state = $4 ORDER BY intake_id LIMIT $2",
        )
        .bind(above(page))
        .bind(i64::from(page.limit))
        .bind(Vec::<u8>::new())
        .bind(state.as_str()),
        None => sqlx::query(
            "SELECT intake_id, source, received_at, kind, $3 AS sealed, state, reason, ticket_id FROM intake \
             WHERE intake_id > $1 ORDER BY intake_id LIMIT $2",
        )
        .bind(above(page))
        .bind(i64::from(page.limit))
        .bind(Vec::<u8>::new()),
    };
    let rows = query.fetch_all(c).await?;
    all(&rows, read)
}

pub(crate) fn add_seen(source: &str, external_id: &str, outcome: &str, at: Timestamp) -> Statement {
    Statement::new("INSERT INTO seen (source, external_id, outcome, at) VALUES ($1, $2, $3, $4)")
        .bind(source)
        .bind(plain(external_id))
        .bind(outcome)
        .bind(at.0)
        .unique("seen")
}

pub(crate) async fn seen(c: &mut Connection, source: &str, external_id: &str) -> Outcome<Option<String>> {
    Ok(sqlx::query_scalar("SELECT outcome FROM seen WHERE source = $1 AND external_id = $2")
        .bind(source)
        .bind(plain(external_id))
        .fetch_optional(c)
        .await?)
}

fn read_suppression(row: &Row) -> Result<Suppression, StoreError> {
    let r = Reader::of(row, "suppression", "address");
    Ok(Suppression {
        address: r.get("address")?,
        reason: r.get("reason")?,
        until: r.at_opt("until")?,
        created_at: r.at("created_at")?,
    })
}

pub(crate) async fn put_suppression(c: &mut Connection, suppression: &Suppression) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO suppression (address, reason, until, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (address) DO UPDATE SET reason = excluded.reason, until = excluded.until, \
         created_at = excluded.created_at",
    )
    .bind(&suppression.address)
    .bind(&suppression.reason)
    .bind(ms(suppression.until))
    .bind(suppression.created_at.0)
    .execute(c)
    .await?;
    Ok(())
}

pub(crate) async fn remove_suppression(c: &mut Connection, address: &str) -> Outcome<()> {
    sqlx::query("DELETE FROM suppression WHERE address = $1").bind(address).execute(c).await?;
    Ok(())
}

pub(crate) async fn suppression(c: &mut Connection, address: &str) -> Outcome<Option<Suppression>> {
    let row = sqlx::query("SELECT address, reason, until, created_at FROM suppression WHERE address = $1")
        .bind(address)
        .fetch_optional(c)
        .await?;
    one(row, read_suppression)
}

pub(crate) async fn suppressions(c: &mut Connection, page: &Page) -> Outcome<Vec<Suppression>> {
    let rows = sqlx::query(
        "SELECT address, reason, until, created_at FROM suppression WHERE address > $1 ORDER BY address LIMIT $2",
    )
    .bind(above(page))
    .bind(i64::from(page.limit))
    .fetch_all(c)
    .await?;
    all(&rows, read_suppression)
}

pub(crate) async fn suppressions_beyond_ascii(c: &mut Connection) -> Outcome<Vec<Suppression>> {
    let rows = sqlx::query(
        "SELECT address, reason, until, created_at FROM suppression \
         WHERE LENGTH(address) <> OCTET_LENGTH(address) ORDER BY address",
    )
    .fetch_all(c)
    .await?;
    all(&rows, read_suppression)
}
