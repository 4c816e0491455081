//! Runs, decisions and redactions: what plugins did and what became of it. The record is kept whole as
//! JSON; columns beside it are what is asked for or changes later.

use domain::Timestamp;
use domain::id::{DecisionId, InstallationId, RedactionId, RunId, TicketId};
use domain::redaction::Redaction;
use domain::run::{Decision, DecisionStatus, Run};
use domain::seal::Sealed;

use sqlx::QueryBuilder;

use super::reader::{Reader, all, below, json, one, text};
use super::{Connection, Db, Outcome, ROWS_MAX, Row, unique};
use crate::error::StoreError;
use crate::records::Page;

fn read_run(row: &Row) -> Result<Run, StoreError> {
    Reader::of(row, "run", "run_id").json("body")
}

/// Writes runs, several in one statement.
pub(crate) async fn add(c: &mut Connection, runs: &[&Run]) -> Outcome<()> {
    for some in runs.chunks(ROWS_MAX) {
        let bodies = some.iter().map(json).collect::<Outcome<Vec<String>>>()?;
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO run (run_id, installation_id, ticket_id, started_at, body) ",
        );
        query.push_values(some.iter().zip(bodies), |mut row, (run, body)| {
            row.push_bind(run.id.to_string())
                .push_bind(run.installation_id.to_string())
                .push_bind(text(run.ticket_id.as_ref()))
                .push_bind(run.started_at.0)
                .push_bind(body);
        });
        query.build().execute(&mut *c).await.map_err(unique("run"))?;
    }
    Ok(())
}

pub(crate) async fn by_id(c: &mut Connection, id: RunId) -> Outcome<Option<Run>> {
    let row = sqlx::query("SELECT run_id, body FROM run WHERE run_id = $1")
        .bind(id.to_string())
        .fetch_optional(c)
        .await?;
    one(row, read_run)
}

pub(crate) async fn of_ticket(c: &mut Connection, id: TicketId) -> Outcome<Vec<Run>> {
    let rows = sqlx::query("SELECT run_id, body FROM run WHERE ticket_id = $1 ORDER BY run_id")
        .bind(id.to_string())
        .fetch_all(c)
        .await?;
    all(&rows, read_run)
}

pub(crate) async fn list(c: &mut Connection, of: Option<InstallationId>, page: &Page) -> Outcome<Vec<Run>> {
    let query = match of {
        Some(id) => sqlx::query(
            "SELECT run_id, body FROM run WHERE run_id < $1 AND installation_id = $3 ORDER BY run_id DESC LIMIT $2",
        )
        .bind(below(page))
        .bind(i64::from(page.limit))
        .bind(id.to_string()),
        None => sqlx::query("SELECT run_id, body FROM run WHERE run_id < $1 ORDER BY run_id DESC LIMIT $2")
            .bind(below(page))
            .bind(i64::from(page.limit)),
    };
    let rows = query.fetch_all(c).await?;
    all(&rows, read_run)
}

fn read_decision(row: &Row) -> Result<Decision, StoreError> {
    let r = Reader::of(row, "decision", "decision_id");
    let mut decision: Decision = r.json("body")?;
    decision.status = r.word("status")?;
    decision.reason = r.get("reason")?;
    decision.decided_at = r.at("decided_at")?;
    Ok(decision)
}

macro_rules! select_decision {
    ($rest:literal) => {
        concat!("SELECT decision_id, status, reason, decided_at, body FROM decision ", $rest)
    };
}

/// Writes decisions, several in one statement.
pub(crate) async fn add_decisions(c: &mut Connection, decisions: &[&Decision]) -> Outcome<()> {
    for some in decisions.chunks(ROWS_MAX) {
        let bodies = some.iter().map(json).collect::<Outcome<Vec<String>>>()?;
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO decision (decision_id, ticket_id, digest, status, reason, decided_at, body) ",
        );
        query.push_values(some.iter().zip(bodies), |mut row, (decision, body)| {
            row.push_bind(decision.id.to_string())
                .push_bind(decision.ticket_id.to_string())
                .push_bind(&decision.digest)
                .push_bind(decision.status.as_str())
                .push_bind(&decision.reason)
                .push_bind(decision.decided_at.0)
                .push_bind(body);
        });
        query.build().execute(&mut *c).await.map_err(unique("decision"))?;
    }
    Ok(())
}

pub(crate) async fn set_decision(
    c: &mut Connection,
    id: DecisionId,
    status: DecisionStatus,
    reason: &str,
    at: Timestamp,
    expect: Option<DecisionStatus>,
) -> Outcome<()> {
    const SET: &str = "UPDATE decision SET status = $2, reason = $3, decided_at = $4 \
         WHERE decision_id = $1 AND status = COALESCE($5, status)";
    let done = sqlx::query(SET)
        .bind(id.to_string())
        .bind(status.as_str())
        .bind(reason)
        .bind(at.0)
        .bind(expect.map(DecisionStatus::as_str))
        .execute(c)
        .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("decision").into()) }
}

pub(crate) async fn decision(c: &mut Connection, id: DecisionId) -> Outcome<Option<Decision>> {
    let row = sqlx::query(select_decision!("WHERE decision_id = $1"))
        .bind(id.to_string())
        .fetch_optional(c)
        .await?;
    one(row, read_decision)
}

pub(crate) async fn decisions_of(c: &mut Connection, id: TicketId) -> Outcome<Vec<Decision>> {
    let rows = sqlx::query(select_decision!("WHERE ticket_id = $1 ORDER BY decision_id"))
        .bind(id.to_string())
        .fetch_all(c)
        .await?;
    all(&rows, read_decision)
}

pub(crate) async fn decisions(c: &mut Connection, page: &Page) -> Outcome<Vec<Decision>> {
    let rows = sqlx::query(select_decision!("WHERE decision_id < $1 ORDER BY decision_id DESC LIMIT $2"))
        .bind(below(page))
        .bind(i64::from(page.limit))
        .fetch_all(c)
        .await?;
    all(&rows, read_decision)
}

/// Writes redactions, several in one statement.
pub(crate) async fn add_redactions(
    c: &mut Connection,
    redactions: &[(&Redaction, Option<&Sealed>)],
) -> Outcome<()> {
    for some in redactions.chunks(ROWS_MAX) {
        let bodies = some.iter().map(|(redaction, _)| json(redaction)).collect::<Outcome<Vec<String>>>()?;
        let mut query =
            QueryBuilder::<Db>::new("INSERT INTO redaction (redaction_id, ticket_id, digest, body, sealed) ");
        query.push_values(some.iter().zip(bodies), |mut row, ((redaction, sealed), body)| {
            row.push_bind(redaction.id.to_string())
                .push_bind(redaction.ticket_id.to_string())
                .push_bind(&redaction.digest)
                .push_bind(body)
                .push_bind(sealed.map(|s| s.0.as_slice()));
        });
        query.build().execute(&mut *c).await.map_err(unique("redaction"))?;
    }
    Ok(())
}

pub(crate) async fn redactions_of(c: &mut Connection, id: TicketId) -> Outcome<Vec<Redaction>> {
    let rows = sqlx::query(
        "SELECT redaction_id, digest, body, stands FROM redaction WHERE ticket_id = $1 ORDER BY redaction_id",
    )
    .bind(id.to_string())
    .fetch_all(c)
    .await?;
    all(&rows, read_redaction)
}

pub(crate) fn read_redaction(row: &Row) -> Result<Redaction, StoreError> {
    let r = Reader::of(row, "redaction", "redaction_id");
    let mut redaction: Redaction = r.json("body")?;
    redaction.digest = r.get("digest")?;
    redaction.stands = r.get("stands")?;
    Ok(redaction)
}

/// Whether what was replaced under this digest is let stand on its ticket.
pub(crate) async fn let_stand(
    c: &mut Connection,
    ticket: TicketId,
    digest: &str,
    stands: bool,
) -> Outcome<()> {
    sqlx::query("UPDATE redaction SET stands = $3 WHERE ticket_id = $1 AND digest = $2")
        .bind(ticket.to_string())
        .bind(digest)
        .bind(stands)
        .execute(c)
        .await?;
    Ok(())
}

pub(crate) async fn sealed_value(c: &mut Connection, id: RedactionId) -> Outcome<Option<Sealed>> {
    let sealed: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("SELECT sealed FROM redaction WHERE redaction_id = $1")
            .bind(id.to_string())
            .fetch_optional(c)
            .await?;
    Ok(sealed.flatten().map(Sealed))
}
