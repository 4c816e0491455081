//! Knowledge-base articles and the counter that tells when any of them changed.

use domain::article::{Article, ArticleState};
use domain::id::ArticleId;

use super::reader::{Reader, all, one};
use super::{Connection, Outcome, Row, unique};
use crate::error::StoreError;

fn read(row: &Row) -> Result<Article, StoreError> {
    let r = Reader::of(row, "article", "article_id");
    Ok(Article {
        id: r.word("article_id")?,
        key: r.get("key")?,
        locale: r.get("locale")?,
        state: r.word("state")?,
        title: r.get("title")?,
        body: r.get("body")?,
        updated_at: r.at("updated_at")?,
    })
}

pub(crate) async fn put(c: &mut Connection, article: &Article) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO article (article_id, key, locale, state, title, body, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (article_id) DO UPDATE SET key = excluded.key, \
         locale = excluded.locale, state = excluded.state, title = excluded.title, body = excluded.body, \
         updated_at = excluded.updated_at",
    )
    .bind(article.id.to_string())
    .bind(&article.key)
    .bind(&article.locale)
    .bind(article.state.as_str())
    .bind(&article.title)
    .bind(&article.body)
    .bind(article.updated_at.0)
    .execute(&mut *c)
    .await
    .map_err(unique("article_key"))?;
    count_change(c).await
}

pub(crate) async fn remove(c: &mut Connection, id: ArticleId) -> Outcome<()> {
    sqlx::query("DELETE FROM article WHERE article_id = $1").bind(id.to_string()).execute(&mut *c).await?;
    count_change(c).await
}

async fn count_change(c: &mut Connection) -> Outcome<()> {
    sqlx::query("UPDATE counter SET value = value + 1 WHERE name = 'articles'").execute(c).await?;
    Ok(())
}

pub(crate) async fn list(
    c: &mut Connection,
    locale: Option<&str>,
    state: Option<ArticleState>,
) -> Outcome<Vec<Article>> {
    let rows = sqlx::query(
        "SELECT article_id, key, locale, state, title, body, updated_at FROM article \
         WHERE ($1 IS NULL OR locale = $1) AND ($2 IS NULL OR state = $2) ORDER BY article_id",
    )
    .bind(locale)
    .bind(state.map(ArticleState::as_str))
    .fetch_all(c)
    .await?;
    all(&rows, read)
}

pub(crate) async fn by_id(c: &mut Connection, id: ArticleId) -> Outcome<Option<Article>> {
    let row = sqlx::query(
        "SELECT article_id, key, locale, state, title, body, updated_at FROM article WHERE article_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(c)
    .await?;
    one(row, read)
}

pub(crate) async fn version(c: &mut Connection) -> Outcome<i64> {
    Ok(sqlx::query_scalar("SELECT value FROM counter WHERE name = 'articles'").fetch_one(c).await?)
}
