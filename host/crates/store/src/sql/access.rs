//! Tokens, sessions and webhooks: who may come in, who is told.

use domain::Timestamp;
use domain::id::{TokenId, WebhookId};
use domain::seal::Sealed;
use domain::session::Session;
use domain::token::Token;
use domain::webhook::Webhook;

use super::reader::{Reader, all, json, ms, one};
use super::{Connection, Outcome, Row, unique};
use crate::error::StoreError;

fn read_token(row: &Row) -> Result<Token, StoreError> {
    let r = Reader::of(row, "token", "token_id");
    Ok(Token {
        id: r.word("token_id")?,
        name: r.get("name")?,
        digest: r.get("digest")?,
        scopes: r.json("scopes")?,
        created_at: r.at("created_at")?,
        expires_at: r.at_opt("expires_at")?,
    })
}

pub(crate) async fn put_token(c: &mut Connection, token: &Token) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO token (token_id, name, digest, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (token_id) DO UPDATE SET name = excluded.name, digest = excluded.digest, \
         scopes = excluded.scopes, expires_at = excluded.expires_at",
    )
    .bind(token.id.to_string())
    .bind(&token.name)
    .bind(&token.digest)
    .bind(json(&token.scopes)?)
    .bind(token.created_at.0)
    .bind(ms(token.expires_at))
    .execute(c)
    .await
    .map_err(unique("token_digest"))?;
    Ok(())
}

pub(crate) async fn remove_token(c: &mut Connection, id: TokenId) -> Outcome<()> {
    for gone in ["DELETE FROM token WHERE token_id = $1", "DELETE FROM session WHERE token_id = $1"] {
        sqlx::query(gone).bind(id.to_string()).execute(&mut *c).await?;
    }
    Ok(())
}

pub(crate) async fn tokens(c: &mut Connection) -> Outcome<Vec<Token>> {
    let rows = sqlx::query(
        "SELECT token_id, name, digest, scopes, created_at, expires_at FROM token ORDER BY token_id",
    )
    .fetch_all(c)
    .await?;
    all(&rows, read_token)
}

pub(crate) async fn token_by_digest(c: &mut Connection, digest: &str) -> Outcome<Option<Token>> {
    let row = sqlx::query(
        "SELECT token_id, name, digest, scopes, created_at, expires_at FROM token WHERE digest = $1",
    )
    .bind(digest)
    .fetch_optional(c)
    .await?;
    one(row, read_token)
}

pub(crate) async fn put_session(c: &mut Connection, session: &Session) -> Outcome<()> {
    sqlx::query("INSERT INTO session (digest, token_id, until) VALUES ($1, $2, $3)")
        .bind(&session.digest)
        .bind(session.token_id.to_string())
        .bind(session.until.0)
        .execute(c)
        .await?;
    Ok(())
}

pub(crate) async fn end_session(c: &mut Connection, digest: &str) -> Outcome<()> {
    sqlx::query("DELETE FROM session WHERE digest = $1").bind(digest).execute(c).await?;
    Ok(())
}

pub(crate) async fn end_sessions(c: &mut Connection, before: Timestamp) -> Outcome<()> {
    sqlx::query("DELETE FROM session WHERE until <= $1").bind(before.0).execute(c).await?;
    Ok(())
}

pub(crate) async fn session_token(
    c: &mut Connection,
    digest: &str,
    now: Timestamp,
) -> Outcome<Option<Token>> {
    let row = sqlx::query(
        "SELECT t.token_id, t.name, t.digest, t.scopes, t.created_at, t.expires_at \
         FROM session s JOIN token t ON t.token_id = s.token_id WHERE s.digest = $1 AND s.until > $2",
    )
    .bind(digest)
    .bind(now.0)
    .fetch_optional(c)
    .await?;
    one(row, read_token)
}

fn read_webhook(row: &Row) -> Result<Webhook, StoreError> {
    let r = Reader::of(row, "webhook", "webhook_id");
    Ok(Webhook {
        id: r.word("webhook_id")?,
        url: r.get("url")?,
        events: r.json("events")?,
        secret: Sealed(r.get("secret")?),
        enabled: r.get("enabled")?,
        created_at: r.at("created_at")?,
    })
}

pub(crate) async fn put_webhook(c: &mut Connection, webhook: &Webhook) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO webhook (webhook_id, url, events, secret, enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (webhook_id) DO UPDATE SET url = excluded.url, events = excluded.events, \
         secret = excluded.secret, enabled = excluded.enabled",
    )
    .bind(webhook.id.to_string())
    .bind(&webhook.url)
    .bind(json(&webhook.events)?)
    .bind(&webhook.secret.0)
    .bind(webhook.enabled)
    .bind(webhook.created_at.0)
    .execute(c)
    .await?;
    Ok(())
}

pub(crate) async fn remove_webhook(c: &mut Connection, id: WebhookId) -> Outcome<()> {
    sqlx::query("DELETE FROM webhook WHERE webhook_id = $1").bind(id.to_string()).execute(c).await?;
    Ok(())
}

pub(crate) async fn webhooks(c: &mut Connection) -> Outcome<Vec<Webhook>> {
    let rows = sqlx::query(
        "SELECT webhook_id, url, events, secret, enabled, created_at FROM webhook ORDER BY webhook_id",
    )
    .fetch_all(c)
    .await?;
    all(&rows, read_webhook)
}

pub(crate) async fn webhook(c: &mut Connection, id: WebhookId) -> Outcome<Option<Webhook>> {
    let row = sqlx::query(
        "SELECT webhook_id, url, events, secret, enabled, created_at FROM webhook WHERE webhook_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(c)
    .await?;
    one(row, read_webhook)
}
