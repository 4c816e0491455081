//! Runs, decisions and redactions: what plugins did and what became of it. The record is kept whole as
//! JSON; columns beside it are what is asked for or changes later.

use domain::Timestamp;
use domain::id::{DecisionId, InstallationId, RedactionId, RunId, TicketId};
use domain::redaction::Redaction;
use domain::run::{Decision, DecisionStatus, Run};
use domain::seal::Sealed;

use super::reader::{Reader, all, below, json, one, text};
use super::script::Statement;
use super::{Connection, Outcome, ROWS_MAX, Row};
use crate::error::StoreError;
use crate::records::Page;

fn read_run(row: &Row) -> Result<Run, StoreError> {
    Reader::of(row, "run", "run_id").json("body")
}

/// Writes runs, several in one statement.
pub(crate) fn add(runs: &[&Run]) -> Outcome<Vec<Statement>> {
    const INSERT: &str = "INSERT INTO run (run_id, installation_id, ticket_id, started_at, body)";
    let mut statements = Vec::new();
    for some in runs.chunks(ROWS_MAX) {
        let mut statement = Statement::of_rows(INSERT, 5, some.len()).unique("run");
        for run in some {
            statement = statement
                .bind(run.id.to_string())
                .bind(run.installation_id.to_string())
                .bind(text(run.ticket_id.as_ref()))
                .bind(run.started_at.0)
                .bind(json(run)?);
        }
        statements.push(statement);
    }
    Ok(statements)
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
pub(crate) fn add_decisions(decisions: &[&Decision]) -> Outcome<Vec<Statement>> {
    const INSERT: &str =
        "INSERT INTO decision (decision_id, ticket_id, digest, status, reason, decided_at, body)";
    let mut statements = Vec::new();
    for some in decisions.chunks(ROWS_MAX) {
        let mut statement = Statement::of_rows(INSERT, 7, some.len()).unique("decision");
        for decision in some {
            statement = statement
                .bind(decision.id.to_string())
                .bind(decision.ticket_id.to_string())
                .bind(&decision.digest)
                .bind(decision.status.as_str())
                .bind(&decision.reason)
                .bind(decision.decided_at.0)
                .bind(json(decision)?);
        }
        statements.push(statement);
    }
    Ok(statements)
}

pub(crate) fn set_decision(
    id: DecisionId,
    status: DecisionStatus,
    reason: &str,
    at: Timestamp,
    expect: Option<DecisionStatus>,
) -> Statement {
    const SET: &str = "UPDATE decision SET status = $2, reason = $3, decided_at = $4 \
         WHERE decision_id = $1 AND status = COALESCE($5, status)";
    Statement::new(SET)
        .bind(id.to_string())
        .bind(status.as_str())
        .bind(reason)
        .bind(at.0)
        .bind(expect.map(DecisionStatus::as_str))
        .changes_one("decision")
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
pub(crate) fn add_redactions(redactions: &[(&Redaction, Option<&Sealed>)]) -> Outcome<Vec<Statement>> {
    const INSERT: &str = "INSERT INTO redaction (redaction_id, ticket_id, digest, body, sealed)";
    let mut statements = Vec::new();
    for some in redactions.chunks(ROWS_MAX) {
        let mut statement = Statement::of_rows(INSERT, 5, some.len()).unique("redaction");
        for (redaction, sealed) in some {
            statement = statement
                .bind(redaction.id.to_string())
                .bind(redaction.ticket_id.to_string())
                .bind(&redaction.digest)
                .bind(json(redaction)?)
                .bind(sealed.map(|s| s.0.as_slice()));
        }
        statements.push(statement);
    }
    Ok(statements)
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
