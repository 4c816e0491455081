//! Values that were found late, struck out of the records of a ticket. Each record is read and written as what it is,
//! so that none becomes unreadable by it.

use domain::id::TicketId;
use domain::strike::Strike;

use super::reader::{Reader, all, json};
use super::{Connection, Outcome, event, run};

/// Strikes in all runs, decisions and events of the ticket and in the answers that are kept for repeated requests.
pub(crate) async fn out_of(c: &mut Connection, ticket: TicketId, strike: &Strike) -> Outcome<()> {
    if strike.is_empty() {
        return Ok(());
    }
    for mut record in run::of_ticket(c, ticket).await? {
        if strike.run(&mut record) {
            sqlx::query("UPDATE run SET body = $2 WHERE run_id = $1")
                .bind(record.id.to_string())
                .bind(json(&record)?)
                .execute(&mut *c)
                .await?;
        }
    }
    for mut decision in run::decisions_of(c, ticket).await? {
        if strike.decision(&mut decision) {
            sqlx::query("UPDATE decision SET reason = $2, body = $3, digest = $4 WHERE decision_id = $1")
                .bind(decision.id.to_string())
                .bind(&decision.reason)
                .bind(json(&decision)?)
                .bind(&decision.digest)
                .execute(&mut *c)
                .await?;
        }
    }
    for mut record in event::of_ticket(c, ticket).await? {
        if strike.event(&mut record) {
            sqlx::query("UPDATE event SET changes = $2, data = $3 WHERE event_id = $1")
                .bind(record.id.to_string())
                .bind(json(&record.changes)?)
                .bind(json(&record.data)?)
                .execute(&mut *c)
                .await?;
        }
    }
    out_of_answers(c, ticket, strike).await
}

async fn out_of_answers(c: &mut Connection, ticket: TicketId, strike: &Strike) -> Outcome<()> {
    let rows = sqlx::query(
        "SELECT source, external_id, outcome FROM seen WHERE LENGTH(outcome) > 64 AND outcome LIKE $1",
    )
    .bind(format!("%{ticket}%"))
    .fetch_all(&mut *c)
    .await?;
    let kept = all(&rows, |row| {
        let r = Reader::of(row, "seen", "external_id");
        let outcome: serde_json::Value = r.json("outcome")?;
        Ok((r.get::<String>("source")?, r.get::<String>("external_id")?, outcome))
    })?;
    for (source, external_id, mut outcome) in kept {
        if strike.json(&mut outcome) {
            sqlx::query("UPDATE seen SET outcome = $3 WHERE source = $1 AND external_id = $2")
                .bind(source)
                .bind(external_id)
                .bind(json(&outcome)?)
                .execute(&mut *c)
                .await?;
        }
    }
    Ok(())
}
