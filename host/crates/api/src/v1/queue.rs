//! The queue: how much work waits, what was given up, and trying that again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use desk::{DeadJob, Desk, QueueState};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{Asked, NoQuery, Sent};
use crate::page::{List, Paging};
use crate::words::Time;

/// How much work there is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Queue)]
pub(crate) struct QueueBody {
    /// Lanes that could be worked now.
    ready: i64,
    /// Lanes whose first job waits for its time.
    waiting: i64,
    /// Lanes being worked.
    leased: i64,
    /// Jobs given up.
    dead: i64,
    /// How long the oldest ready lane has been ready, milliseconds.
    oldest_ready_ms: i64,
}

impl From<QueueState> for QueueBody {
    fn from(state: QueueState) -> Self {
        let QueueState { ready, waiting, leased, dead, oldest_ready_ms } = state;
        Self { ready, waiting, leased, dead, oldest_ready_ms }
    }
}

/// A job that was given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadJob)]
pub(crate) struct DeadJobBody {
    /// Lane it was in.
    lane: String,
    /// Its place.
    sequence: i64,
    /// Name of the work: intake, turn, deliver, webhook, timer.
    job: String,
    /// What it was about, by ids.
    #[schema(value_type = Object)]
    about: serde_json::Value,
    /// Tries made.
    attempts: i64,
    /// What went wrong last.
    last_error: String,
    /// When it was given up.
    #[schema(value_type = Time)]
    died_at: Timestamp,
}

impl From<DeadJob> for DeadJobBody {
    fn from(dead: DeadJob) -> Self {
        Self {
            job: dead.job.name().to_owned(),
            about: serde_json::to_value(&dead.job).unwrap_or_default(),
            lane: dead.lane,
            sequence: dead.sequence,
            attempts: dead.attempts,
            last_error: dead.last_error,
            died_at: dead.died_at,
        }
    }
}

/// Which job to try again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    /// Its lane.
    lane: String,
    /// Its place.
    sequence: i64,
}

/// Which dead jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// How much work there is.
#[utoipa::path(get, path = "/queue", tag = "operations", security(("token" = ["admin"])),
    responses((status = 200, description = "The queue.", body = QueueBody)))]
async fn read_queue(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<QueueBody>, ApiError> {
    Ok(Json(desk.ask().queue(desk.now()).await?.into()))
}

/// Lists jobs that were given up.
#[utoipa::path(get, path = "/queue/dead", tag = "operations", params(DeadQuery), security(("token" = ["admin"])),
    responses((status = 200, description = "A page of dead jobs.", body = List<DeadJobBody>)))]
async fn list_dead_jobs(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    Asked(query): Asked<DeadQuery>,
) -> Result<Json<List<DeadJobBody>>, ApiError> {
    let paging = Paging::of::<i64>(query.cursor, query.limit)?;
    let found = desk.ask().dead_jobs(&paging.page()).await?;
    Ok(Json(paging.cut(found, |dead| dead.sequence.to_string())))
}

/// Puts a dead job back into its lane.
#[utoipa::path(post, path = "/queue/dead/retry", tag = "operations", security(("token" = ["admin"])),
    request_body = Retry,
    responses(
        (status = 202, description = "It waits in its lane again."),
        (status = 404, description = "There is no such dead job (`not_found`)."),
    ))]
async fn retry_dead_job(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    sent: Sent<Retry>,
) -> Result<StatusCode, ApiError> {
    desk.retry_dead(&sent.value.lane, sent.value.sequence, caller.actor()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(read_queue))
        .routes(routes!(list_dead_jobs))
        .routes(routes!(retry_dead_job))
}
