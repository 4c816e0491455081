//! Runs: calls of plugins, with what they cost, said and read.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::id::{EventId, InstallationId, RunId, TicketId};
use domain::plugin::{Hook, Mode};
use domain::run::{Fault, LogLine, Run, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::ticket_at;
use crate::Api;
use crate::auth::{Admin, Caller, Read};
use crate::error::ApiError;
use crate::extract::{Asked, At, NoQuery};
use crate::page::{List, Paging};
use crate::words::{HookWord, ModeWord, Time};

/// One call of one hook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RunBody {
    /// Id.
    #[schema(value_type = String)]
    id: RunId,
    /// Whose.
    #[schema(value_type = String)]
    installation_id: InstallationId,
    /// Manifest id.
    plugin_id: String,
    /// Version that ran.
    plugin_version: String,
    /// SHA-256 of the component that ran.
    digest: String,
    /// Which hook.
    #[schema(value_type = HookWord)]
    hook: Hook,
    /// Mode it ran in.
    #[schema(value_type = ModeWord)]
    mode: Mode,
    /// For which event.
    #[schema(value_type = Option<String>, required)]
    event_id: Option<EventId>,
    /// For which ticket.
    #[schema(value_type = Option<String>, required)]
    ticket_id: Option<TicketId>,
    /// Started.
    #[schema(value_type = Time)]
    started_at: Timestamp,
    /// Wall time, microseconds.
    duration_us: i64,
    /// Processor time, microseconds.
    cpu_us: i64,
    /// Fuel used: equal for equal input.
    fuel: i64,
    /// Highest sum of linear memory, bytes.
    memory_bytes: i64,
    /// Host calls made.
    host_calls: i64,
    /// SHA-256 of everything it was handed.
    input_digest: String,
    /// Reads per class of fields.
    reads: BTreeMap<String, u32>,
    /// What it said, when it ended well.
    #[schema(required)]
    verdict: Option<VerdictBody>,
    /// How it failed, when it did.
    #[schema(required)]
    fault: Option<FaultBody>,
    /// What it logged.
    log: Vec<LogLineBody>,
    /// Log lines that were dropped.
    log_dropped: i64,
}

/// What a run said, beside its effects.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verdict)]
pub(crate) struct VerdictBody {
    /// `done`, `answered`, `held` or `abstained`.
    word: String,
    /// Why, for people.
    why: String,
}

/// How a run failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
pub(crate) struct FaultBody {
    /// Stable code.
    code: String,
    /// What happened and what to do about it.
    hint: String,
    /// Whether the same call may succeed later.
    transient: bool,
}

/// One line that a plugin logged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogLine)]
pub(crate) struct LogLineBody {
    /// trace, debug, info, warn, error.
    level: String,
    /// The line.
    message: String,
}

impl From<Verdict> for VerdictBody {
    fn from(verdict: Verdict) -> Self {
        Self { word: verdict.word, why: verdict.why }
    }
}

impl From<Fault> for FaultBody {
    fn from(fault: Fault) -> Self {
        Self { code: fault.code().to_owned(), hint: fault.hint(), transient: fault.is_transient() }
    }
}

impl From<LogLine> for LogLineBody {
    fn from(line: LogLine) -> Self {
        Self { level: line.level, message: line.message }
    }
}

impl From<Run> for RunBody {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            installation_id: run.installation_id,
            plugin_id: run.plugin_id,
            plugin_version: run.plugin_version,
            digest: run.digest,
            hook: run.hook,
            mode: run.mode,
            event_id: run.event_id,
            ticket_id: run.ticket_id,
            started_at: run.started_at,
            duration_us: run.duration_us,
            cpu_us: run.cpu_us,
            fuel: run.fuel,
            memory_bytes: run.memory_bytes,
            host_calls: run.host_calls,
            input_digest: run.input_digest,
            reads: run.reads.into_iter().map(|(class, count)| (class.to_string(), count)).collect(),
            verdict: run.verdict.map(Into::into),
            fault: run.fault.map(Into::into),
            log: run.log.into_iter().map(Into::into).collect(),
            log_dropped: run.log_dropped,
        }
    }
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// Only of this installation (id).
    #[param(value_type = Option<String>)]
    installation_id: Option<InstallationId>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Lists runs, newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", params(RunsQuery), security(("token" = ["read"])),
    responses((status = 200, description = "A page of runs.", body = List<RunBody>)))]
async fn list_runs(
    _: Caller<Read>,
    State(desk): State<Desk>,
    Asked(query): Asked<RunsQuery>,
) -> Result<Json<List<RunBody>>, ApiError> {
    let paging = Paging::of::<RunId>(query.cursor, query.limit)?;
    let found = desk.ask().runs(query.installation_id, &paging.page()).await?;
    Ok(Json(paging.cut(found, |run| run.id.to_string())))
}

/// One run.
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", security(("token" = ["read"])),
    params(("id" = String, Path, description = "The run's id.")),
    responses((status = 200, description = "The run.", body = RunBody)))]
async fn read_run(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<RunId>,
) -> Result<Json<RunBody>, ApiError> {
    let run = desk.ask().run(id).await?.ok_or_else(|| ApiError::missing("run", id))?;
    Ok(Json(run.into()))
}

/// All runs for a ticket.
#[utoipa::path(get, path = "/tickets/{number}/runs", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The runs.", body = List<RunBody>)))]
async fn list_ticket_runs(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<Json<List<RunBody>>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(Json(List::whole(desk.ask().runs_of(ticket.id).await?)))
}

/// A failed run as one file for the plugin's author: what it was given and answered, without anything that the
/// plugin was not granted to see. `kulanz plugin run --replay` runs it again.
#[utoipa::path(get, path = "/runs/{id}/reproducer", tag = "runs", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The run's id.")),
    responses((status = 200, description = "The file.", body = serde_json::Value)))]
async fn reproduce_run(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<RunId>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let reproducer = desk.reproducer(id).await?;
    Ok(Json(serde_json::to_value(reproducer).unwrap_or_default()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_runs))
        .routes(routes!(read_run))
        .routes(routes!(reproduce_run))
        .routes(routes!(list_ticket_runs))
}
