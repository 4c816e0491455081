//! House-wide values.

use super::{Connection, Outcome};
use crate::error::StoreError;

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

pub(crate) async fn replace(c: &mut Connection, key: &str, read: Option<&str>, value: &str) -> Outcome<()> {
    let statement = match read {
        Some(_) => "UPDATE setting SET value = $2 WHERE key = $1 AND value = $3",
        None => "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
    };
    let mut query = sqlx::query(statement).bind(key).bind(value);
    if let Some(read) = read {
        query = query.bind(read);
    }
    let done = query.execute(c).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("setting").into()) }
}

pub(crate) async fn get(c: &mut Connection, key: &str) -> Outcome<Option<String>> {
    Ok(sqlx::query_scalar("SELECT value FROM setting WHERE key = $1").bind(key).fetch_optional(c).await?)
}

pub(crate) async fn ping(c: &mut Connection) -> Outcome<()> {
    let _: i64 = sqlx::query_scalar("SELECT value FROM counter WHERE name = 'articles'").fetch_one(c).await?;
    Ok(())
}
