//! Knowledge-base articles, the questions they were confirmed to answer, and the counters that tell when any of
//! them changed.

use domain::article::{Alternate, Article, ArticleState};
use domain::id::{ArticleId, TicketId};

use super::reader::{Reader, all, one, plain};
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
        product: r.get("product")?,
        valid_from: r.at_opt("valid_from")?,
        valid_until: r.at_opt("valid_until")?,
        updated_at: r.at("updated_at")?,
    })
}

pub(crate) async fn put(c: &mut Connection, article: &Article) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO article (article_id, key, locale, state, title, body, updated_at, product, valid_from, valid_until) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (article_id) DO UPDATE SET key = excluded.key, \
         locale = excluded.locale, state = excluded.state, title = excluded.title, body = excluded.body, \
         updated_at = excluded.updated_at, product = excluded.product, valid_from = excluded.valid_from, \
         valid_until = excluded.valid_until",
    )
    .bind(article.id.to_string())
    .bind(&article.key)
    .bind(&article.locale)
    .bind(article.state.as_str())
    .bind(&article.title)
    .bind(&article.body)
    .bind(article.updated_at.0)
    .bind(&article.product)
    .bind(article.valid_from.map(|at| at.0))
    .bind(article.valid_until.map(|at| at.0))
    .execute(&mut *c)
    .await
    .map_err(unique("article_key"))?;
    count_change(c, "articles").await
}

pub(crate) async fn remove(c: &mut Connection, id: ArticleId) -> Outcome<()> {
    sqlx::query("DELETE FROM article WHERE article_id = $1").bind(id.to_string()).execute(&mut *c).await?;
    sqlx::query("DELETE FROM alternate WHERE article_id = $1").bind(id.to_string()).execute(&mut *c).await?;
    count_change(c, "articles").await
}

pub(crate) async fn put_alternate(c: &mut Connection, alternate: &Alternate) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO alternate (article_id, ticket_id, contact_id, text, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (article_id, ticket_id) DO UPDATE SET text = excluded.text, at = excluded.at",
    )
    .bind(alternate.article_id.to_string())
    .bind(alternate.ticket_id.to_string())
    .bind(alternate.contact_id.to_string())
    .bind(plain(&alternate.text))
    .bind(alternate.at.0)
    .execute(&mut *c)
    .await?;
    count_change(c, "alternates").await
}

pub(crate) async fn remove_alternate(
    c: &mut Connection,
    article: Option<ArticleId>,
    ticket: TicketId,
) -> Outcome<()> {
    let done = sqlx::query("DELETE FROM alternate WHERE ticket_id = $1 AND ($2 IS NULL OR article_id = $2)")
        .bind(ticket.to_string())
        .bind(article.map(|id| id.to_string()))
        .execute(&mut *c)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    if article.is_none() {
        // Words that are to be forgotten leave the index at once, like an article that was deleted.
        count_change(c, "articles").await?;
    }
    count_change(c, "alternates").await
}

/// All questions that articles were confirmed to answer, of one article or of all.
pub(crate) async fn alternates(c: &mut Connection, article: Option<ArticleId>) -> Outcome<Vec<Alternate>> {
    let rows = sqlx::query(
        "SELECT article_id, ticket_id, contact_id, text, at FROM alternate \
         WHERE ($1 IS NULL OR article_id = $1) ORDER BY article_id, ticket_id",
    )
    .bind(article.map(|id| id.to_string()))
    .fetch_all(c)
    .await?;
    all(&rows, |row| {
        let r = Reader::of(row, "alternate", "article_id");
        Ok(Alternate {
            article_id: r.word("article_id")?,
            ticket_id: r.word("ticket_id")?,
            contact_id: r.word("contact_id")?,
            text: r.get("text")?,
            at: r.at("at")?,
        })
    })
}

/// Vectors of texts, those that there are.
pub(crate) async fn vectors(
    c: &mut Connection,
    model: &str,
    digests: &[String],
) -> Outcome<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for digest in digests {
        let vector: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT vector FROM text_vector WHERE model = $1 AND digest = $2")
                .bind(model)
                .bind(digest)
                .fetch_optional(&mut *c)
                .await?;
        found.extend(vector.map(|vector| (digest.clone(), vector)));
    }
    Ok(found)
}

pub(crate) async fn put_vectors(
    c: &mut Connection,
    model: &str,
    vectors: &[(String, Vec<u8>)],
) -> Outcome<()> {
    for (digest, vector) in vectors {
        sqlx::query("INSERT INTO text_vector (model, digest, vector) VALUES ($1, $2, $3) ON CONFLICT (model, digest) DO NOTHING")
            .bind(model)
            .bind(digest)
            .bind(vector)
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

pub(crate) async fn keep_vectors_of(c: &mut Connection, model: &str) -> Outcome<()> {
    sqlx::query("DELETE FROM text_vector WHERE model <> $1").bind(model).execute(c).await?;
    Ok(())
}

async fn count_change(c: &mut Connection, name: &str) -> Outcome<()> {
    sqlx::query("UPDATE counter SET value = value + 1 WHERE name = $1").bind(name).execute(c).await?;
    Ok(())
}

pub(crate) async fn list(
    c: &mut Connection,
    locale: Option<&str>,
    state: Option<ArticleState>,
) -> Outcome<Vec<Article>> {
    let rows = sqlx::query(
        "SELECT article_id, key, locale, state, title, body, updated_at, product, valid_from, valid_until FROM article \
         WHERE ($1 IS NULL OR locale = $1) AND ($2 IS NULL OR state = $2) ORDER BY article_id",
    )
    .bind(locale)
    .bind(state.map(ArticleState::as_str))
    .fetch_all(c)
    .await?;
    all(&rows, read)
}

/// The article of a key in every locale.
pub(crate) async fn with_key(c: &mut Connection, key: &str) -> Outcome<Vec<Article>> {
    let rows = sqlx::query(
        "SELECT article_id, key, locale, state, title, body, updated_at, product, valid_from, valid_until FROM article WHERE key = $1 ORDER BY locale",
    )
    .bind(key)
    .fetch_all(c)
    .await?;
    all(&rows, read)
}

pub(crate) async fn by_id(c: &mut Connection, id: ArticleId) -> Outcome<Option<Article>> {
    let row = sqlx::query(
        "SELECT article_id, key, locale, state, title, body, updated_at, product, valid_from, valid_until FROM article WHERE article_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(c)
    .await?;
    one(row, read)
}

/// Numbers that change whenever an article does, and whenever a learnt question does.
pub(crate) async fn versions(c: &mut Connection) -> Outcome<(i64, i64)> {
    Ok(sqlx::query_as(
        "SELECT a.value, b.value FROM counter a, counter b WHERE a.name = 'articles' AND b.name = 'alternates'",
    )
    .fetch_one(c)
    .await?)
}
