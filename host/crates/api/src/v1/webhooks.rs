//! Webhook endpoints: who is told of which events.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::{Desk, NewWebhook};
use domain::Timestamp;
use domain::event::EventType;
use domain::id::WebhookId;
use domain::webhook::Webhook;
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
use crate::words::{EventTypeWord, Time};

/// An endpoint. Its secret is never shown again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookBody {
    /// Id.
    #[schema(value_type = String)]
    id: WebhookId,
    /// Where to.
    url: String,
    /// Which events; empty for all.
    #[schema(value_type = Vec<EventTypeWord>)]
    events: Vec<EventType>,
    /// Whether it is told at all.
    enabled: bool,
    /// Created.
    #[schema(value_type = Time)]
    created_at: Timestamp,
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url,
            events: webhook.events,
            enabled: webhook.enabled,
            created_at: webhook.created_at,
        }
    }
}

/// A new endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub(crate) struct NewWebhookBody {
    /// Where to: begins with `https://`; a loopback or private address is called only where the operator opened it
    /// (`webhooks.private_hosts`).
    url: String,
    /// Which events; all when empty.
    #[serde(default)]
    #[schema(value_type = Vec<EventTypeWord>)]
    events: Vec<EventType>,
}

/// An endpoint with its signing secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeWebhook {
    /// The endpoint.
    webhook: WebhookBody,
    /// Signs every delivery (Standard Webhooks). Shown once, here.
    secret: String,
}

/// All endpoints.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", security(("token" = ["admin"])),
    responses((status = 200, description = "The endpoints.", body = List<WebhookBody>)))]
async fn list_webhooks(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<List<WebhookBody>>, ApiError> {
    Ok(Json(List::whole(desk.ask().webhooks().await?)))
}

/// Makes an endpoint. Its secret is answered once and never again.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", security(("token" = ["admin"])),
    request_body = NewWebhookBody,
    responses((status = 201, description = "The endpoint and its secret.", body = MadeWebhook,
        headers(("location" = String, description = "Address of the endpoint.")))))]
async fn create_webhook(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<NewWebhookBody>,
) -> Result<Response, ApiError> {
    let new = NewWebhook { url: sent.value.url, events: sent.value.events };
    let (webhook, secret) = desk.create_webhook(new, None, caller.actor()).await?;
    let location = format!("/api/v1/webhooks/{}", webhook.id);
    Ok(made_at(location, None, &MadeWebhook { webhook: webhook.into(), secret })?.into_response())
}

/// One endpoint.
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses((status = 200, description = "The endpoint.", body = WebhookBody)))]
async fn read_webhook(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<WebhookId>,
) -> Result<Json<WebhookBody>, ApiError> {
    let webhook = desk.ask().webhook(id).await?.ok_or_else(|| ApiError::missing("webhook", id))?;
    Ok(Json(webhook.into()))
}

/// Removes an endpoint.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses((status = 204, description = "It is gone.")))]
async fn delete_webhook(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<WebhookId>,
) -> Result<StatusCode, ApiError> {
    desk.remove_webhook(id, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks, create_webhook))
        .routes(routes!(read_webhook, delete_webhook))
}
