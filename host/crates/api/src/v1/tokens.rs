//! API tokens. A secret is shown once; only its digest is kept, and not even that is shown.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::{Desk, NewToken};
use domain::Timestamp;
use domain::id::TokenId;
use domain::token::{Scope, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::made_at;
use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{At, NoQuery, Sent};
use crate::page::List;
use crate::words::{ScopeWord, Time};

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenBody {
    /// Id.
    #[schema(value_type = String)]
    id: TokenId,
    /// Name for people.
    name: String,
    /// What it may do.
    #[schema(value_type = Vec<ScopeWord>)]
    scopes: Vec<Scope>,
    /// Created.
    #[schema(value_type = Time)]
    created_at: Timestamp,
    /// When it stops working.
    #[schema(value_type = Option<Time>, required)]
    expires_at: Option<Timestamp>,
}

impl From<Token> for TokenBody {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(crate) struct NewTokenBody {
    /// Name for people, 1 to 80 bytes.
    name: String,
    /// What it may do, at least one.
    #[schema(value_type = Vec<ScopeWord>)]
    scopes: Vec<Scope>,
    /// When it stops working; never when absent.
    #[schema(value_type = Option<Time>)]
    expires_at: Option<Timestamp>,
}

/// A token with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// The token.
    token: TokenBody,
    /// What to send as `Authorization: Bearer …`. Shown once, here.
    secret: String,
}

/// All tokens.
#[utoipa::path(get, path = "/tokens", tag = "tokens", security(("token" = ["admin"])),
    responses((status = 200, description = "The tokens.", body = List<TokenBody>)))]
async fn list_tokens(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<List<TokenBody>>, ApiError> {
    Ok(Json(List::whole(desk.ask().tokens().await?)))
}

/// Makes a token. Its secret is answered once and never again. One with the scope `reveal` is made only by one that has
/// it; the first by `kulanz token create` on the machine.
#[utoipa::path(post, path = "/tokens", tag = "tokens", security(("token" = ["admin"])),
    request_body = NewTokenBody,
    responses((status = 201, description = "The token and its secret.", body = MadeToken,
        headers(("location" = String, description = "Address of the token, for deleting it.")))))]
async fn create_token(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<NewTokenBody>,
) -> Result<Response, ApiError> {
    let NewTokenBody { name, scopes, expires_at } = sent.value;
    let (token, secret) = desk.create_token(NewToken { name, scopes, expires_at }, caller.actor()).await?;
    let location = format!("/api/v1/tokens/{}", token.id);
    Ok(made_at(location, None, &MadeToken { token: token.into(), secret })?.into_response())
}

/// Revokes a token: it stops working at once.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The token's id.")),
    responses((status = 204, description = "It does not work any more.")))]
async fn delete_token(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<TokenId>,
) -> Result<StatusCode, ApiError> {
    desk.revoke_token(id, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_tokens, create_token)).routes(routes!(delete_token))
}
