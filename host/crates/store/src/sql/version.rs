//! Versions of installed plugins. The record is kept whole as JSON; columns beside it are what is asked for.

use domain::id::InstallationId;
use domain::version::PluginVersion;

use super::reader::{Reader, all, json};
use super::{Connection, Outcome, Row};
use crate::error::StoreError;

fn read(row: &Row) -> Result<PluginVersion, StoreError> {
    Reader::of(row, "plugin_version", "digest").json("body")
}

pub(crate) async fn put(c: &mut Connection, version: &PluginVersion) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO plugin_version (installation_id, digest, state, received_at, body) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (installation_id, digest) DO UPDATE SET \
         state = excluded.state, received_at = excluded.received_at, body = excluded.body",
    )
    .bind(version.installation_id.to_string())
    .bind(&version.digest)
    .bind(version.state.as_str())
    .bind(version.received_at.0)
    .bind(json(version)?)
    .execute(c)
    .await?;
    Ok(())
}

/// The component goes with the last version that is this file.
pub(crate) async fn remove(c: &mut Connection, id: InstallationId, digest: &str) -> Outcome<()> {
    sqlx::query("DELETE FROM plugin_version WHERE installation_id = $1 AND digest = $2")
        .bind(id.to_string())
        .bind(digest)
        .execute(&mut *c)
        .await?;
    sqlx::query(
        "DELETE FROM component WHERE digest = $1 \
         AND NOT EXISTS (SELECT 1 FROM plugin_version WHERE plugin_version.digest = $1)",
    )
    .bind(digest)
    .execute(c)
    .await?;
    Ok(())
}

pub(crate) async fn of(c: &mut Connection, id: InstallationId) -> Outcome<Vec<PluginVersion>> {
    let rows = sqlx::query(
        "SELECT digest, body FROM plugin_version WHERE installation_id = $1 ORDER BY received_at DESC, digest",
    )
    .bind(id.to_string())
    .fetch_all(c)
    .await?;
    all(&rows, read)
}
