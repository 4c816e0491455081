//! Decisions: what became of each proposed effect, and what people say to suggestions.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::effect::{Basis, Effect};
use domain::id::{DecisionId, InstallationId, RunId, TicketId};
use domain::run::{Decision, DecisionStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::ticket_at;
use crate::Api;
use crate::auth::{Caller, Read, Write};
use crate::error::ApiError;
use crate::extract::{Asked, At, NoQuery, Sent};
use crate::page::{List, Paging};
use crate::words::{DecisionStatusWord, Time};

/// What became of an effect, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct DecisionBody {
    /// Id.
    #[schema(value_type = String)]
    id: DecisionId,
    /// The run that proposed it.
    #[schema(value_type = String)]
    run_id: RunId,
    /// Whose.
    #[schema(value_type = String)]
    installation_id: InstallationId,
    /// Manifest id.
    plugin_id: String,
    /// Place among the run's effects.
    ordinal: i64,
    /// For which ticket.
    #[schema(value_type = String)]
    ticket_id: TicketId,
    /// The effect.
    effect: EffectBody,
    /// The plugin's reason.
    basis: BasisBody,
    /// What became of it.
    #[schema(value_type = DecisionStatusWord)]
    status: DecisionStatus,
    /// The house's reason; empty when applied without remark.
    reason: String,
    /// When.
    #[schema(value_type = Time)]
    decided_at: Timestamp,
}

/// A change that a run proposed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schema(as = Effect)]
pub(crate) enum EffectBody {
    /// Set a field of a ticket.
    SetField {
        /// Field name.
        field: String,
        /// New value.
        value: String,
    },
    /// Add a tag.
    AddTag {
        /// The tag.
        tag: String,
    },
    /// Remove a tag.
    RemoveTag {
        /// The tag.
        tag: String,
    },
    /// Answer the customer.
    Reply {
        /// Plain text.
        text: String,
        /// BCP 47 language of the text.
        #[schema(required)]
        language: Option<String>,
        /// The article it quotes.
        #[schema(required)]
        article: Option<String>,
    },
    /// Internal note.
    Note {
        /// Plain text.
        text: String,
    },
    /// Proactive message to the requester.
    Notify {
        /// Subject line.
        subject: String,
        /// Plain text.
        text: String,
        /// BCP 47 language of the text.
        #[schema(required)]
        language: Option<String>,
    },
    /// Hand to people with urgency.
    Escalate {
        /// Team key; the ticket's own when null.
        #[schema(required)]
        team: Option<String>,
    },
    /// Call the plugin again later.
    SetTimer {
        /// Name of the timer.
        key: String,
        /// Seconds from the decision.
        after_s: u64,
    },
}

/// Why a run proposed something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Basis)]
pub(crate) struct BasisBody {
    /// One sentence for people.
    reason: String,
    /// 0 to 1.
    confidence: f32,
    /// What in the ticket led to it.
    evidence: Vec<String>,
}

impl From<Effect> for EffectBody {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::SetField { field, value } => Self::SetField { field, value },
            Effect::AddTag { tag } => Self::AddTag { tag },
            Effect::RemoveTag { tag } => Self::RemoveTag { tag },
            Effect::Reply { text, language, article } => Self::Reply { text, language, article },
            Effect::Note { text } => Self::Note { text },
            Effect::Notify { subject, text, language } => Self::Notify { subject, text, language },
            Effect::Escalate { team } => Self::Escalate { team },
            Effect::SetTimer { key, after_s } => Self::SetTimer { key, after_s },
        }
    }
}

impl From<Basis> for BasisBody {
    fn from(basis: Basis) -> Self {
        Self { reason: basis.reason, confidence: basis.confidence, evidence: basis.evidence }
    }
}

impl From<Decision> for DecisionBody {
    fn from(decision: Decision) -> Self {
        Self {
            id: decision.id,
            run_id: decision.run_id,
            installation_id: decision.installation_id,
            plugin_id: decision.plugin_id,
            ordinal: decision.ordinal,
            ticket_id: decision.ticket_id,
            effect: decision.effect.into(),
            basis: decision.basis.into(),
            status: decision.status,
            reason: decision.reason,
            decided_at: decision.decided_at,
        }
    }
}

/// Why a suggestion is declined.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Decline)]
pub(crate) struct DeclineBody {
    /// The reason, at most 500 characters.
    #[serde(default)]
    reason: String,
}

/// Which decisions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionsQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Lists decisions, newest first.
#[utoipa::path(get, path = "/decisions", tag = "decisions", params(DecisionsQuery), security(("token" = ["read"])),
    responses((status = 200, description = "A page of decisions.", body = List<DecisionBody>)))]
async fn list_decisions(
    _: Caller<Read>,
    State(desk): State<Desk>,
    Asked(query): Asked<DecisionsQuery>,
) -> Result<Json<List<DecisionBody>>, ApiError> {
    let paging = Paging::of::<DecisionId>(query.cursor, query.limit)?;
    let found = desk.ask().decisions(&paging.page()).await?;
    Ok(Json(paging.cut(found, |decision| decision.id.to_string())))
}

/// One decision.
#[utoipa::path(get, path = "/decisions/{id}", tag = "decisions", security(("token" = ["read"])),
    params(("id" = String, Path, description = "The decision's id.")),
    responses((status = 200, description = "The decision.", body = DecisionBody)))]
async fn read_decision(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<DecisionId>,
) -> Result<Json<DecisionBody>, ApiError> {
    let decision = desk.ask().decision(id).await?.ok_or_else(|| ApiError::missing("decision", id))?;
    Ok(Json(decision.into()))
}

/// Accepts a suggestion: its effect is applied to the ticket as it is now.
#[utoipa::path(post, path = "/decisions/{id}/accept", tag = "decisions", security(("token" = ["write"])),
    params(("id" = String, Path, description = "The decision's id.")),
    responses((status = 200, description = "The decision as it is now.", body = DecisionBody)))]
async fn accept_decision(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(id): At<DecisionId>,
) -> Result<Json<DecisionBody>, ApiError> {
    Ok(Json(desk.accept(id, caller.actor()).await?.into()))
}

/// Declines a suggestion.
#[utoipa::path(post, path = "/decisions/{id}/decline", tag = "decisions", security(("token" = ["write"])),
    params(("id" = String, Path, description = "The decision's id.")),
    request_body = DeclineBody,
    responses((status = 200, description = "The decision as it is now.", body = DecisionBody)))]
async fn decline_decision(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(id): At<DecisionId>,
    sent: Sent<DeclineBody>,
) -> Result<Json<DecisionBody>, ApiError> {
    Ok(Json(desk.decline(id, &sent.value.reason, caller.actor()).await?.into()))
}

/// All decisions on a ticket.
#[utoipa::path(get, path = "/tickets/{number}/decisions", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The decisions.", body = List<DecisionBody>)))]
async fn list_ticket_decisions(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<Json<List<DecisionBody>>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(Json(List::whole(desk.ask().decisions_of(ticket.id).await?)))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_decisions))
        .routes(routes!(read_decision))
        .routes(routes!(accept_decision))
        .routes(routes!(decline_decision))
        .routes(routes!(list_ticket_decisions))
}
