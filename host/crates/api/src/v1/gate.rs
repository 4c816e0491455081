//! The gate of automatic mail: its budgets, and the messages that it left to people.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::gate::Budgets;
use domain::id::MessageId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::messages::MessageBody;
use crate::Api;
use crate::auth::{Admin, Caller, Read, Write};
use crate::error::ApiError;
use crate::extract::{Asked, At, NoQuery, Sent};
use crate::page::{List, Paging};

/// The gate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gate)]
pub(crate) struct GateBody {
    /// Its budgets.
    budgets: Vec<BudgetBody>,
    /// When contacts get no notices.
    quiet: QuietBody,
}

/// One budget of automatic mail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
pub(crate) struct BudgetBody {
    /// Its name, as in the configuration.
    name: &'static str,
    /// What holds now.
    value: i64,
    /// What the configuration says.
    configured: i64,
}

/// Hours without notices, by the clock where a contact lives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuietHours)]
pub(crate) struct QuietBody {
    /// First quiet minute, `HH:MM`.
    from: String,
    /// First minute that is not quiet any more.
    until: String,
    /// Zone of contacts whose own is not known.
    zone: String,
}

/// Which held messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HeldQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// The gate's budgets and quiet hours.
#[utoipa::path(get, path = "/gate", tag = "operations", security(("token" = ["admin"])),
    responses((status = 200, description = "The gate.", body = GateBody)))]
async fn read_gate(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<GateBody>, ApiError> {
    let budgets = desk.budgets().await?;
    Ok(Json(shown(&desk, &budgets)))
}

/// Changes budgets from now on, by name; null puts one back to the configuration's value.
#[utoipa::path(patch, path = "/gate", tag = "operations", security(("token" = ["admin"])),
    request_body(content = inline(BTreeMap<String, Option<i64>>), example = json!({ "per_address_day": 5, "total_hour": null })),
    responses((status = 200, description = "The gate as it is now.", body = GateBody)))]
async fn change_gate(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<BTreeMap<String, Option<i64>>>,
) -> Result<Json<GateBody>, ApiError> {
    let changes: Vec<(String, Option<i64>)> = sent.value.into_iter().collect();
    let budgets = desk.change_budgets(&changes, caller.actor()).await?;
    Ok(Json(shown(&desk, &budgets)))
}

/// Lists messages that wait for a person's decision, newest first; `delivery_reason` says why.
#[utoipa::path(get, path = "/gate/held", tag = "operations", params(HeldQuery), security(("token" = ["read"])),
    responses((status = 200, description = "A page of held messages.", body = List<MessageBody>)))]
async fn list_held_messages(
    _: Caller<Read>,
    State(desk): State<Desk>,
    Asked(query): Asked<HeldQuery>,
) -> Result<Json<List<MessageBody>>, ApiError> {
    let paging = Paging::of::<MessageId>(query.cursor, query.limit)?;
    let found = desk.ask().held_messages(&paging.page()).await?;
    Ok(Json(paging.cut(found, |message| message.id.to_string())))
}

/// Sends a held message after all. A machine or a suppressed address is not written to even so.
#[utoipa::path(post, path = "/gate/held/{id}/send", tag = "operations", security(("token" = ["write"])),
    params(("id" = String, Path, description = "The message's id.")),
    responses(
        (status = 200, description = "The message, on its way.", body = MessageBody),
        (status = 422, description = "It is not held (`not_held`)."),
    ))]
async fn send_held_message(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(id): At<MessageId>,
) -> Result<Json<MessageBody>, ApiError> {
    Ok(Json(desk.send_held(id, caller.actor()).await?.into()))
}

/// Decides that a held message is not sent.
#[utoipa::path(post, path = "/gate/held/{id}/discard", tag = "operations", security(("token" = ["write"])),
    params(("id" = String, Path, description = "The message's id.")),
    responses(
        (status = 200, description = "The message, kept back.", body = MessageBody),
        (status = 422, description = "It is not held (`not_held`)."),
    ))]
async fn discard_held_message(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(id): At<MessageId>,
) -> Result<Json<MessageBody>, ApiError> {
    Ok(Json(desk.discard_held(id, caller.actor()).await?.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(read_gate, change_gate))
        .routes(routes!(list_held_messages))
        .routes(routes!(send_held_message))
        .routes(routes!(discard_held_message))
}

fn shown(desk: &Desk, budgets: &Budgets) -> GateBody {
    let config = desk.config();
    let pairs = budgets.named().into_iter().zip(config.gate.named());
    GateBody {
        budgets: pairs
            .map(|((name, value), (_, configured))| BudgetBody { name, value, configured })
            .collect(),
        quiet: QuietBody {
            from: config.quiet.from.clone(),
            until: config.quiet.until.clone(),
            zone: config.quiet.zone.clone(),
        },
    }
}
