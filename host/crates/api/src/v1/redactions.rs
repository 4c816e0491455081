//! Redactions of a ticket: that something was replaced, never what.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::id::{MessageId, RedactionId};
use domain::redaction::Redaction;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::ticket_at;
use crate::Api;
use crate::auth::{Admin, Caller, Read};
use crate::error::ApiError;
use crate::extract::{At, NoQuery, Sent};
use crate::page::{LIMIT_MAX, List};

/// One replaced span of personal data.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Redaction)]
pub(crate) struct RedactionBody {
    /// Id.
    #[schema(value_type = String)]
    id: RedactionId,
    /// In which message.
    #[schema(value_type = String)]
    message_id: MessageId,
    /// In which part of it.
    part: String,
    /// Class, such as `IBAN`.
    class: String,
    /// What stands there now.
    placeholder: String,
    /// Rule that found it.
    rule: String,
    /// Confidence, 0 to 1.
    score: f32,
    /// Whether an agent called it a false alarm: the value is let stand on this ticket.
    stands: bool,
}

impl From<Redaction> for RedactionBody {
    fn from(redaction: Redaction) -> Self {
        Self {
            id: redaction.id,
            message_id: redaction.message_id,
            part: redaction.part,
            class: redaction.class,
            placeholder: redaction.placeholder,
            rule: redaction.rule,
            score: redaction.score,
            stands: redaction.stands,
        }
    }
}

/// What was replaced on a ticket.
#[utoipa::path(get, path = "/tickets/{number}/redactions", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The redactions.", body = List<RedactionBody>)))]
async fn list_ticket_redactions(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<Json<List<RedactionBody>>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(Json(List::whole(desk.ask().redactions_of(ticket.id).await?)))
}

/// Which stored messages to redact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored {
    /// The message to go on after; from the first one when absent.
    #[schema(value_type = Option<String>)]
    after: Option<MessageId>,
    /// Messages of this request, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// False: only say what would be taken out.
    apply: bool,
}

/// What became of a number of stored messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredReport {
    /// Messages read.
    read: usize,
    /// Messages in which something was found.
    changed: usize,
    /// Values found, by class.
    found: BTreeMap<String, usize>,
    /// Messages that could not be redacted and stay as they were.
    held: usize,
    /// The last message that was read: go on after it; null when there are no more.
    #[schema(value_type = Option<String>, required)]
    last: Option<MessageId>,
}

/// Redacts stored messages with the plugins of today.
#[utoipa::path(post, path = "/redactions/stored", tag = "operations", security(("token" = ["admin"])),
    request_body = Stored,
    responses((status = 200, description = "What was found.", body = StoredReport)))]
async fn redact_stored(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<Stored>,
) -> Result<Json<StoredReport>, ApiError> {
    let Stored { after, limit, apply } = sent.value;
    let limit = limit.unwrap_or(50);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::invalid(
            "limit",
            "bad_limit",
            format!("Redact 1 to {LIMIT_MAX} messages at a time."),
        ));
    }
    let batch = desk.redact_stored(after, limit, apply, &caller.actor()).await?;
    Ok(Json(StoredReport {
        read: batch.read,
        changed: batch.changed,
        found: batch.found,
        held: batch.held.len(),
        last: batch.last,
    }))
}

/// A text to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialText {
    /// The text.
    text: String,
    /// Settings laid over those of the one redaction plugin that is installed; those in force when absent.
    #[schema(value_type = Option<Object>)]
    settings: Option<serde_json::Value>,
}

/// What redaction makes of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedText {
    /// The text with placeholders.
    text: String,
    /// What was found, in order.
    findings: Vec<TriedFindingBody>,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TriedFinding)]
pub(crate) struct TriedFindingBody {
    /// The value.
    value: String,
    /// Its class.
    class: String,
    /// 0 to 1.
    score: f32,
    /// The rule that found it.
    rule: String,
    /// Id of the plugin.
    plugin: String,
}

/// Redacts a text as a message would be, and tells what was found by which rule. Nothing is stored.
#[utoipa::path(post, path = "/redactions/try", tag = "operations", security(("token" = ["admin"])),
    request_body = TrialText,
    responses((status = 200, description = "What was found.", body = TriedText)))]
async fn try_redaction(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<TrialText>,
) -> Result<Json<TriedText>, ApiError> {
    let TrialText { text, settings } = sent.value;
    let tried = Box::pin(desk.try_text(&text, settings)).await?;
    let findings = tried
        .findings
        .into_iter()
        .map(|desk::TriedFinding { value, class, score, rule, plugin }| TriedFindingBody {
            value,
            class,
            score,
            rule,
            plugin,
        })
        .collect();
    Ok(Json(TriedText { text: tried.text, findings }))
}

/// Whether to take it out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retain {
    /// False: only count it.
    apply: bool,
}

/// What has been kept long enough.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DueBody {
    /// Sealed originals of mails.
    originals: i64,
    /// Runs of plugins.
    runs: i64,
    /// Tickets whose words go.
    tickets: i64,
}

/// Counts, or takes out, what has been kept long enough by the settings.
#[utoipa::path(post, path = "/retention", tag = "operations", security(("token" = ["admin"])),
    request_body = Retain,
    responses((status = 200, description = "What was due.", body = DueBody)))]
async fn retain(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<Retain>,
) -> Result<Json<DueBody>, ApiError> {
    let due = desk.retention(sent.value.apply, &caller.actor()).await?;
    Ok(Json(DueBody { originals: due.originals, runs: due.runs, tickets: due.tickets }))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_ticket_redactions))
        .routes(routes!(redact_stored))
        .routes(routes!(try_redaction))
        .routes(routes!(retain))
}
