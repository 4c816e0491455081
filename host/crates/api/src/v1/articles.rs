//! Knowledge-base articles.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use desk::{Desk, NewArticle};
use domain::Timestamp;
use domain::article::{Article, ArticleState};
use domain::id::ArticleId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller, Read};
use crate::error::ApiError;
use crate::extract::{AnyFile, Asked, At, NoQuery, Raw, Sent, up_to};
use crate::page::List;
use crate::words::{ArticleStateWord, FileBytes, Time};

/// Longest file of articles, bytes.
const IMPORT_BYTES_MAX: usize = 32 << 20;

/// A knowledge-base entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Article)]
pub(crate) struct ArticleBody {
    /// Id.
    #[schema(value_type = String)]
    id: ArticleId,
    /// Key for links and imports; unique per locale.
    key: String,
    /// BCP 47 locale.
    locale: String,
    /// Who may see it.
    #[schema(value_type = ArticleStateWord)]
    state: ArticleState,
    /// The question it answers.
    title: String,
    /// The answer, plain text.
    body: String,
    /// The product that it is about; null: it holds for all.
    #[schema(required)]
    product: Option<String>,
    /// From when on it holds; null: it always has.
    #[schema(required, value_type = Option<Time>)]
    valid_from: Option<Timestamp>,
    /// Until when it holds, this instant not included; null: until it is changed.
    #[schema(required, value_type = Option<Time>)]
    valid_until: Option<Timestamp>,
    /// Last change.
    #[schema(value_type = Time)]
    updated_at: Timestamp,
}

impl From<Article> for ArticleBody {
    fn from(article: Article) -> Self {
        Self {
            id: article.id,
            key: article.key,
            locale: article.locale,
            state: article.state,
            title: article.title,
            body: article.body,
            product: article.product,
            valid_from: article.valid_from,
            valid_until: article.valid_until,
            updated_at: article.updated_at,
        }
    }
}

/// What an article says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ArticleText)]
pub(crate) struct ArticleText {
    /// Who may see it; `public` when absent.
    #[schema(value_type = Option<ArticleStateWord>)]
    state: Option<ArticleState>,
    /// The question it answers, 1 to 500 bytes.
    title: String,
    /// The answer, plain text, at most 64 KiB.
    body: String,
    /// The product that it is about, at most 80 bytes; absent: it holds for all.
    product: Option<String>,
    /// From when on it holds; at once when absent.
    #[schema(value_type = Option<Time>)]
    valid_from: Option<Timestamp>,
    /// Until when it holds, this instant not included; until it is changed when absent.
    #[schema(value_type = Option<Time>)]
    valid_until: Option<Timestamp>,
}

/// Which articles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArticlesQuery {
    /// In this locale.
    locale: Option<String>,
    /// In this state.
    #[param(value_type = Option<ArticleStateWord>)]
    state: Option<ArticleState>,
}

/// What kind of file is sent.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// The file's name; its ending tells what is in it: .csv, .json (an export), .md, .jsonl.
    name: String,
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedArticles)]
pub(crate) struct ImportedBody {
    /// Articles that stand there now as the file has them.
    written: u64,
    /// Those that could not be written, each with its place in the file and why.
    refused: Vec<String>,
}

/// All articles.
#[utoipa::path(get, path = "/articles", tag = "articles", params(ArticlesQuery), security(("token" = ["read"])),
    responses((status = 200, description = "The articles.", body = List<ArticleBody>)))]
async fn list_articles(
    _: Caller<Read>,
    State(desk): State<Desk>,
    Asked(query): Asked<ArticlesQuery>,
) -> Result<Json<List<ArticleBody>>, ApiError> {
    Ok(Json(List::whole(desk.ask().articles(query.locale.as_deref(), query.state).await?)))
}

/// One article.
#[utoipa::path(get, path = "/articles/{id}", tag = "articles", security(("token" = ["read"])),
    params(("id" = String, Path, description = "The article's id.")),
    responses((status = 200, description = "The article.", body = ArticleBody)))]
async fn read_article(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<ArticleId>,
) -> Result<Json<ArticleBody>, ApiError> {
    let article = desk.ask().article(id).await?.ok_or_else(|| ApiError::missing("article", id))?;
    Ok(Json(article.into()))
}

/// Writes an article; one with the same key and locale is replaced.
#[utoipa::path(put, path = "/articles/{key}/{locale}", tag = "articles", security(("token" = ["admin"])),
    params(
        ("key" = String, Path, description = "Key, unique per locale: 1 to 64 of a-z 0-9 _ - . :"),
        ("locale" = String, Path, description = "BCP 47 locale, such as de."),
    ),
    request_body = ArticleText,
    responses((status = 200, description = "The article as it is now.", body = ArticleBody)))]
async fn put_article(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    Path((key, locale)): Path<(String, String)>,
    sent: Sent<ArticleText>,
) -> Result<Json<ArticleBody>, ApiError> {
    let ArticleText { state, title, body, product, valid_from, valid_until } = sent.value;
    let state = state.unwrap_or(ArticleState::Public);
    let new = NewArticle { key, locale, state, title, body, product, valid_from, valid_until };
    Ok(Json(desk.put_article(new, caller.actor()).await?.into()))
}

/// Writes the articles of a file, at most 32 MiB; same key and locale again replaces. An article that cannot be used
/// does not stop the others.
#[utoipa::path(post, path = "/articles/import", tag = "articles", params(ImportQuery), security(("token" = ["admin"])),
    request_body(content = inline(FileBytes), content_type = "application/octet-stream",
        description = "A CSV table, a JSON export (Zendesk, Zammad or a list), a Markdown file, or JSON Lines."),
    responses((status = 200, description = "What came of it.", body = ImportedBody)))]
async fn import_articles(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    Asked(query): Asked<ImportQuery>,
    Raw(bytes, AnyFile): Raw<AnyFile>,
) -> Result<Json<ImportedBody>, ApiError> {
    let rows = desk::articles_in(&query.name, bytes.to_vec()).map_err(desk::DeskError::from)?;
    let imported = desk.import_articles(rows, &caller.actor()).await?;
    Ok(Json(ImportedBody { written: imported.written, refused: imported.refused }))
}

/// Removes an article.
#[utoipa::path(delete, path = "/articles/{id}", tag = "articles", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The article's id.")),
    responses((status = 204, description = "It is gone.")))]
async fn delete_article(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<ArticleId>,
) -> Result<StatusCode, ApiError> {
    desk.remove_article(id, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_articles))
        .routes(routes!(read_article, delete_article))
        .routes(routes!(put_article))
        .merge(OpenApiRouter::new().routes(routes!(import_articles)).layer(up_to(IMPORT_BYTES_MAX)))
}
