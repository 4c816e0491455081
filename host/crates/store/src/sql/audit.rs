//! The audit chain. The counter row is the chain's end: whoever holds it writes the next entry.

use domain::audit::{AuditEntry, AuditKey, AuditRecord, GENESIS, link};

use super::reader::{Reader, all, json};
use super::{Connection, Outcome, Row, unique};
use crate::error::StoreError;

pub(crate) async fn add(c: &mut Connection, key: Option<AuditKey>, record: &AuditRecord) -> Outcome<()> {
    let sequence: i64 =
        sqlx::query_scalar("UPDATE counter SET value = value + 1 WHERE name = 'audit' RETURNING value")
            .fetch_one(&mut *c)
            .await?;
    let previous: Option<String> = sqlx::query_scalar("SELECT digest FROM audit WHERE sequence = $1")
        .bind(sequence - 1)
        .fetch_optional(&mut *c)
        .await?;
    let previous = match previous {
        Some(digest) => digest,
        None if sequence == 1 => GENESIS.to_owned(),
        None => {
            let id = (sequence - 1).to_string();
            return Err(StoreError::Corrupt { table: "audit", column: "sequence", id }.into());
        }
    };
    let details = json(&record.details)?;
    sqlx::query(
        "INSERT INTO audit (sequence, audit_id, at, actor_kind, actor_id, action, object, details, previous, digest) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(sequence)
    .bind(record.id.to_string())
    .bind(record.at.0)
    .bind(record.actor.kind.as_str())
    .bind(&record.actor.id)
    .bind(&record.action)
    .bind(&record.object)
    .bind(details)
    .bind(&previous)
    .bind(link(key, sequence, &previous, record))
    .execute(c)
    .await
    .map_err(unique("audit"))?;
    Ok(())
}

fn read(row: &Row) -> Result<AuditEntry, StoreError> {
    let r = Reader::of(row, "audit", "sequence");
    let record = AuditRecord {
        id: r.word("audit_id")?,
        at: r.at("at")?,
        actor: domain::Actor { kind: r.word("actor_kind")?, id: r.get("actor_id")? },
        action: r.get("action")?,
        object: r.get("object")?,
        details: r.json("details")?,
    };
    Ok(AuditEntry {
        sequence: r.get("sequence")?,
        record,
        previous: r.get("previous")?,
        digest: r.get("digest")?,
    })
}

pub(crate) async fn list(c: &mut Connection, after: i64, limit: i64) -> Outcome<Vec<AuditEntry>> {
    let rows = sqlx::query(
        "SELECT sequence, audit_id, at, actor_kind, actor_id, action, object, details, previous, digest FROM audit \
         WHERE sequence > $1 ORDER BY sequence LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(c)
    .await?;
    all(&rows, read)
}

pub(crate) async fn list_before(c: &mut Connection, before: i64, limit: i64) -> Outcome<Vec<AuditEntry>> {
    let rows = sqlx::query(
        "SELECT sequence, audit_id, at, actor_kind, actor_id, action, object, details, previous, digest FROM audit \
         WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2",
    )
    .bind(before)
    .bind(limit)
    .fetch_all(c)
    .await?;
    all(&rows, read)
}
