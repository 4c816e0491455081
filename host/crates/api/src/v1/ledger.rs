//! The ledger of an installation: what it read, called, cost and changed, and what people took back.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use desk::{Desk, LedgerView};
use domain::Timestamp;
use domain::id::InstallationId;
use domain::ledger::{LedgerCounts, LedgerEntry, Use};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{Asked, At};
use crate::words::Time;

/// Days unless asked otherwise.
const DAYS_DEFAULT: i64 = 30;

/// How many days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerQuery {
    /// The newest so many days in UTC, today included, 1 to 366; 30 when absent.
    days: Option<i64>,
}

/// What an installation did within some days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ledger)]
pub(crate) struct LedgerBody {
    /// First day.
    from: String,
    /// Last day.
    to: String,
    /// By day and version; days without a call are left out.
    entries: Vec<EntryBody>,
    /// All of them together.
    total: CountsBody,
    /// What of its grants it used, by grant, all days together.
    uses: BTreeMap<String, UseBody>,
    /// Bytes in its key-value store now.
    kv_bytes_kept: i64,
    /// Grants that it has not used for 30 days.
    unused: Vec<String>,
    /// From when on unused grants are known: 30 days after the version in force came.
    #[schema(value_type = Time)]
    unused_known_at: Timestamp,
}

/// What one version did on one day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub(crate) struct EntryBody {
    /// The day in UTC.
    day: String,
    /// SHA-256 of the component that ran.
    digest: String,
    /// What it cost and what became of its effects.
    counts: CountsBody,
    /// What of its grants it used.
    uses: BTreeMap<String, UseBody>,
}

/// What it cost and what became of its effects.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerCounts)]
pub(crate) struct CountsBody {
    /// Calls of its hooks.
    runs: i64,
    /// Calls that failed by its own fault.
    faults: i64,
    /// Fuel: the price.
    fuel: i64,
    /// Processor time, microseconds.
    cpu_us: i64,
    /// Wall time, microseconds.
    wall_us: i64,
    /// Calls of host functions.
    host_calls: i64,
    /// Bytes written into its key-value store.
    kv_bytes: i64,
    /// Effects proposed.
    proposed: i64,
    /// Effects applied.
    applied: i64,
    /// Effects that a rule refused or another effect superseded.
    rejected: i64,
    /// Effects that people took back.
    corrected: i64,
    /// Highest memory of a single call, bytes.
    memory_bytes: i64,
}

/// How often a grant was used, and how many bytes went over it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerUse)]
pub(crate) struct UseBody {
    /// How often.
    calls: i64,
    /// Bytes that left (HTTP requests).
    bytes_out: i64,
    /// Bytes that came in.
    bytes_in: i64,
}

impl From<LedgerCounts> for CountsBody {
    fn from(counts: LedgerCounts) -> Self {
        macro_rules! same { ($($name:ident),+) => { Self { $($name: counts.$name),+ } } }
        same!(
            runs,
            faults,
            fuel,
            cpu_us,
            wall_us,
            host_calls,
            kv_bytes,
            proposed,
            applied,
            rejected,
            corrected,
            memory_bytes
        )
    }
}

fn uses(uses: BTreeMap<String, Use>) -> BTreeMap<String, UseBody> {
    let body = |Use { calls, bytes_out, bytes_in }| UseBody { calls, bytes_out, bytes_in };
    uses.into_iter().map(|(what, how)| (what, body(how))).collect()
}

impl From<LedgerEntry> for EntryBody {
    fn from(entry: LedgerEntry) -> Self {
        let LedgerEntry { day, digest, counts, uses: used, .. } = entry;
        Self { day: day.0, digest, counts: counts.into(), uses: uses(used) }
    }
}

impl From<LedgerView> for LedgerBody {
    fn from(view: LedgerView) -> Self {
        Self {
            from: view.from.0,
            to: view.to.0,
            entries: view.entries.into_iter().map(Into::into).collect(),
            total: view.total.into(),
            uses: uses(view.uses),
            kv_bytes_kept: view.kv_bytes_kept,
            unused: view.unused.iter().map(ToString::to_string).collect(),
            unused_known_at: view.unused_known_at,
        }
    }
}

/// What an installation read, called, cost and changed, by day and version.
#[utoipa::path(get, path = "/installations/{id}/ledger", tag = "installations", params(LedgerQuery,
    ("id" = String, Path, description = "The installation's id.")), security(("token" = ["admin"])),
    responses((status = 200, description = "The ledger.", body = LedgerBody)))]
async fn read_ledger(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    Asked(query): Asked<LedgerQuery>,
    At(id): At<InstallationId>,
) -> Result<Json<LedgerBody>, ApiError> {
    Ok(Json(desk.ledger(id, query.days.unwrap_or(DAYS_DEFAULT)).await?.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(read_ledger))
}
