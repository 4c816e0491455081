//! Plugins as files: what one is and asks for, before it is installed.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::event::EventType;
use domain::plugin::{GrantRequest, Hook, HookDeclaration, Limits, Manifest, ScheduleDeclaration};
use domain::schedule::{Missed, Overlap};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{COMPONENT_BYTES_MAX, Component, Raw, up_to};
use crate::words::{EventTypeWord, FileBytes, HookWord, MissedWord, OverlapWord};

/// What the author says about a plugin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Manifest)]
pub(crate) struct ManifestBody {
    /// Dotted, lower-case id.
    id: String,
    /// Name for people.
    name: String,
    /// Semantic version.
    version: String,
    /// Contract track it was built for.
    contract: String,
    /// One sentence.
    description: String,
    /// Who wrote it.
    authors: Vec<String>,
    /// SPDX expression.
    licence: String,
    /// Languages it speaks.
    languages: Vec<String>,
    /// Exported hooks.
    hooks: Vec<HookBody>,
    /// Cron schedules.
    schedules: Vec<DeclarationBody>,
    /// What it asks for, each with a reason.
    requests: Vec<RequestBody>,
    /// Settings as JSON Schema.
    #[schema(value_type = Value)]
    settings_schema: serde_json::Value,
    /// Limits it asks for.
    limits: LimitsBody,
}

/// A hook with what it listens to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookDeclaration)]
pub(crate) struct HookBody {
    /// Which interface.
    #[schema(value_type = HookWord)]
    hook: Hook,
    /// Event types it is called for.
    #[schema(value_type = Vec<EventTypeWord>)]
    events: Vec<EventType>,
    /// Place among hooks of the same stage.
    order: i32,
    /// Whether it is called for events that its own effects caused.
    own_events: bool,
}

/// A cron schedule of a plugin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleDeclaration)]
pub(crate) struct DeclarationBody {
    /// Name within the plugin.
    name: String,
    /// Five-field cron expression.
    cron: String,
    /// IANA time zone.
    zone: String,
    /// What to do about firings that were missed.
    #[schema(value_type = MissedWord)]
    missed: Missed,
    /// What to do when the one before still runs.
    #[schema(value_type = OverlapWord)]
    overlap: Overlap,
}

/// Something a plugin asks for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GrantRequest)]
pub(crate) struct RequestBody {
    /// What, such as `read:text` or `effect:reply`.
    grant: String,
    /// Why, in the author's words.
    reason: String,
}

/// Limits of one call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
pub(crate) struct LimitsBody {
    /// Wall-clock deadline, milliseconds.
    wall_ms: u64,
    /// Fuel before any input is counted.
    fuel_base: u64,
    /// Fuel added per byte of input.
    fuel_per_byte: u64,
    /// Linear memory, bytes.
    memory_bytes_max: u64,
    /// Proposed effects.
    effects_max: u32,
    /// Log lines kept.
    log_lines_max: u32,
    /// Log bytes kept.
    log_bytes_max: u32,
    /// Calls of host functions.
    host_calls_max: u32,
    /// Bytes that the plugin may hand to the host in one call.
    transfer_bytes_max: u64,
    /// Bytes in the key-value store.
    kv_bytes_max: u64,
}

impl From<Limits> for LimitsBody {
    fn from(limits: Limits) -> Self {
        Self {
            wall_ms: limits.wall_ms,
            fuel_base: limits.fuel_base,
            fuel_per_byte: limits.fuel_per_byte,
            memory_bytes_max: limits.memory_bytes_max,
            effects_max: limits.effects_max,
            log_lines_max: limits.log_lines_max,
            log_bytes_max: limits.log_bytes_max,
            host_calls_max: limits.host_calls_max,
            transfer_bytes_max: limits.transfer_bytes_max,
            kv_bytes_max: limits.kv_bytes_max,
        }
    }
}

impl From<HookDeclaration> for HookBody {
    fn from(hook: HookDeclaration) -> Self {
        Self { hook: hook.kind, events: hook.events, order: hook.order, own_events: hook.own_events }
    }
}

impl From<ScheduleDeclaration> for DeclarationBody {
    fn from(schedule: ScheduleDeclaration) -> Self {
        Self {
            name: schedule.name,
            cron: schedule.cron,
            zone: schedule.zone,
            missed: schedule.missed,
            overlap: schedule.overlap,
        }
    }
}

impl From<GrantRequest> for RequestBody {
    fn from(request: GrantRequest) -> Self {
        Self { grant: request.to.to_string(), reason: request.reason }
    }
}

impl From<Manifest> for ManifestBody {
    fn from(manifest: Manifest) -> Self {
        Self {
            id: manifest.id,
            name: manifest.name,
            version: manifest.version,
            contract: manifest.contract,
            description: manifest.description,
            authors: manifest.authors,
            licence: manifest.licence,
            languages: manifest.languages,
            hooks: manifest.hooks.into_iter().map(Into::into).collect(),
            schedules: manifest.schedules.into_iter().map(Into::into).collect(),
            requests: manifest.grants.into_iter().map(Into::into).collect(),
            settings_schema: manifest.settings,
            limits: manifest.limits.into(),
        }
    }
}

/// What a component file is and asks for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Inspection)]
pub(crate) struct InspectionBody {
    /// The embedded manifest.
    manifest: ManifestBody,
    /// SHA-256 of the file, hex.
    digest: String,
    /// Hooks it exports.
    #[schema(value_type = Vec<HookWord>)]
    hooks: Vec<Hook>,
    /// Host functions it can call.
    imports: Vec<String>,
    /// Grants that these imports amount to.
    derived: Vec<String>,
    /// Size of the file, bytes.
    size_bytes: u64,
}

/// Looks at a component file without running or keeping it. A file that would be refused gets the
/// sentence with which it would be.
#[utoipa::path(post, path = "/plugins/inspect", tag = "plugins", security(("token" = ["admin"])),
    request_body(content = inline(FileBytes), content_type = "application/wasm", description = "The component file, at most 64 MiB."),
    responses((status = 200, description = "What it is.", body = InspectionBody)))]
async fn inspect_plugin(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    Raw(bytes, Component): Raw<Component>,
) -> Result<Json<InspectionBody>, ApiError> {
    let inspection = desk.inspect(&bytes)?;
    Ok(Json(InspectionBody {
        manifest: inspection.manifest.into(),
        digest: inspection.digest,
        hooks: inspection.hooks,
        imports: inspection.imports,
        derived: inspection.derived.0.iter().map(ToString::to_string).collect(),
        size_bytes: u64::try_from(inspection.size_bytes).unwrap_or(u64::MAX),
    }))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(inspect_plugin)).layer(up_to(COMPONENT_BYTES_MAX))
}
