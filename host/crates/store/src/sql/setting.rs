//! House-wide values.

use super::{Connection, Outcome};

pub(crate) async fn put(c: &mut Connection, key: &str, value: &str) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .bind(key)
    .bind(value)
    .execute(c)
    .await?;
    Ok(())
}

pub(crate) async fn get(c: &mut Connection, key: &str) -> Outcome<Option<String>> {
    Ok(sqlx::query_scalar("SELECT value FROM setting WHERE key = $1").bind(key).fetch_optional(c).await?)
}

pub(crate) async fn ping(c: &mut Connection) -> Outcome<()> {
    let _: i64 = sqlx::query_scalar("SELECT value FROM counter WHERE name = 'articles'").fetch_one(c).await?;
    Ok(())
}
