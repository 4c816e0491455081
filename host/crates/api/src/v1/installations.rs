//! Installations: plugins that are here, how far they are trusted and what they may do.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::{Desk, InstallRequest, InstallationChange, InstalledView};
use domain::Timestamp;
use domain::grant::{Grant, Grants};
use domain::id::InstallationId;
use domain::plugin::{Limits, Mode};
use domain::version::PublisherKey;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::plugins::{LimitsBody, ManifestBody};
use super::tickets::made_at;
use super::versions::{CanaryBody, VersionBody};
use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{Asked, At, COMPONENT_BYTES_MAX, Component, NoQuery, Raw, Sent, never_null, up_to};
use crate::page::List;
use crate::words::{FileBytes, ModeWord, Time};

/// A plugin's presence here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Installation)]
pub(crate) struct InstallationBody {
    /// Id.
    #[schema(value_type = String)]
    id: InstallationId,
    /// The manifest of the installed version.
    manifest: ManifestBody,
    /// SHA-256 of the component file, hex.
    digest: String,
    /// Who signed it; null: it is unsigned.
    #[schema(required, value_type = Option<String>)]
    publisher: Option<PublisherKey>,
    /// How far it is trusted.
    #[schema(value_type = ModeWord)]
    mode: Mode,
    /// What the admin allowed.
    grants: Vec<String>,
    /// The inboxes whose tickets it may see; empty: all tickets.
    inboxes: BTreeSet<String>,
    /// Settings; secret ones read `(hidden)`.
    #[schema(value_type = Value)]
    settings: Value,
    /// Secret settings that have no value yet, or one that was given for another host.
    unset_secrets: Vec<String>,
    /// Limits in force.
    limits: LimitsBody,
    /// Faults in a row; a success sets it to zero.
    faults_in_a_row: i64,
    /// Why it is quarantined, if it is.
    #[schema(required)]
    quarantine: Option<String>,
    /// When a quarantined one is tried with one call again; null: never, or it is not quarantined.
    #[schema(required, value_type = Option<Time>)]
    probe_at: Option<Timestamp>,
    /// The version that is tried on part of the tickets, if one is.
    #[schema(required)]
    canary: Option<CanaryBody>,
    /// The version that waits for consent, if one does.
    #[schema(required)]
    waiting: Option<VersionBody>,
    /// Whether its component is loaded.
    loaded: bool,
    /// Why not, if not.
    #[schema(required)]
    problem: Option<String>,
    /// Installed.
    #[schema(value_type = Time)]
    installed_at: Timestamp,
    /// Last change.
    #[schema(value_type = Time)]
    updated_at: Timestamp,
}

impl From<InstalledView> for InstallationBody {
    fn from(view: InstalledView) -> Self {
        let installation = view.installation;
        let settings = desk::masked(&installation);
        Self {
            id: installation.id,
            manifest: installation.manifest.into(),
            digest: installation.digest,
            publisher: installation.publisher,
            mode: installation.mode,
            grants: installation.grants.0.iter().map(ToString::to_string).collect(),
            inboxes: installation.inboxes,
            settings,
            unset_secrets: view.unset_secrets.into_iter().map(|secret| secret.name).collect(),
            limits: installation.limits.into(),
            faults_in_a_row: installation.faults_in_a_row,
            quarantine: installation.quarantine,
            probe_at: view.probe_at,
            canary: installation.canary.map(Into::into),
            waiting: view.waiting.map(Into::into),
            loaded: view.loaded,
            problem: view.problem,
            installed_at: installation.installed_at,
            updated_at: installation.updated_at,
        }
    }
}

/// How to install.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InstallQuery {
    /// How far to trust one that was not here before; `shadow` when absent: it is watched before it acts.
    #[param(value_type = Option<ModeWord>)]
    mode: Option<Mode>,
    /// For one that was not here before: `all` that it asks for, or a comma list such as
    /// `read:text,effect:add-tag`; nothing when absent.
    grants: Option<String>,
    /// For one that was not here before: a comma list of the inboxes to hold it to; all when absent.
    inboxes: Option<String>,
}

/// Changes of an installation. Absent: unchanged; null is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InstallationChanges)]
pub(crate) struct InstallationChanges {
    /// How far to trust it.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = ModeWord, required = false)]
    mode: Option<Mode>,
    /// All that it may do from now on; empty: nothing.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = Vec<String>, required = false)]
    grants: Option<Vec<Grant>>,
    /// The inboxes that it is held to; empty: all.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = BTreeSet<String>, required = false)]
    inboxes: Option<BTreeSet<String>>,
    /// Settings to change. Each that is named takes the place of the one that stands, whole; null puts the
    /// manifest's default back, or unsets what has none. What is not named stays, and so does a secret that reads
    /// `(hidden)`.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = Object, required = false)]
    settings: Option<Map<String, Value>>,
    /// Limits to change.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = LimitChanges, required = false)]
    limits: Option<LimitChanges>,
}

/// Changes of limits. Absent: unchanged; null is refused.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitChanges {
    /// Wall-clock deadline, milliseconds.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u64, required = false)]
    wall_ms: Option<u64>,
    /// Fuel before any input is counted.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u64, required = false)]
    fuel_base: Option<u64>,
    /// Fuel added per byte of input.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u64, required = false)]
    fuel_per_byte: Option<u64>,
    /// Linear memory, bytes.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u64, required = false)]
    memory_bytes_max: Option<u64>,
    /// Proposed effects.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u32, required = false)]
    effects_max: Option<u32>,
    /// Log lines kept.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u32, required = false)]
    log_lines_max: Option<u32>,
    /// Log bytes kept.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u32, required = false)]
    log_bytes_max: Option<u32>,
    /// Calls of host functions.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u32, required = false)]
    host_calls_max: Option<u32>,
    /// Bytes that the plugin may hand to the host in one call.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u64, required = false)]
    transfer_bytes_max: Option<u64>,
    /// Bytes in the key-value store.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = u64, required = false)]
    kv_bytes_max: Option<u64>,
}

impl LimitChanges {
    const fn on(self, limits: Limits) -> Limits {
        macro_rules! or { ($($name:ident),+) => { Limits { $($name: match self.$name { Some(new) => new, None => limits.$name }),+ } } }
        or!(
            wall_ms,
            fuel_base,
            fuel_per_byte,
            memory_bytes_max,
            effects_max,
            log_lines_max,
            log_bytes_max,
            host_calls_max,
            transfer_bytes_max,
            kv_bytes_max
        )
    }
}

/// All installations.
#[utoipa::path(get, path = "/installations", tag = "installations", security(("token" = ["admin"])),
    responses((status = 200, description = "The installations.", body = List<InstallationBody>)))]
async fn list_installations(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<List<InstallationBody>>, ApiError> {
    Ok(Json(List::whole(desk.installations().await?)))
}

/// One installation.
#[utoipa::path(get, path = "/installations/{id}", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    responses((status = 200, description = "The installation.", body = InstallationBody)))]
async fn read_installation(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<InstallationId>,
) -> Result<Json<InstallationBody>, ApiError> {
    Ok(Json(installation_at(&desk, id).await?.into()))
}

/// Installs a plugin. A new version of one that is here goes in at once when it asks for no more and has the
/// same signer; else it waits for consent and the old one keeps running.
#[utoipa::path(post, path = "/installations", tag = "installations", params(InstallQuery), security(("token" = ["admin"])),
    request_body(content = inline(FileBytes), content_type = "application/wasm", description = "The component file, at most 64 MiB."),
    responses(
        (status = 201, description = "It was not here before.", body = InstallationBody,
            headers(("location" = String, description = "Address of the installation."))),
        (status = 200, description = "The new version is in force, or this very file was here.", body = InstallationBody),
        (status = 202, description = "The new version waits for consent.", body = InstallationBody)))]
async fn create_installation(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    Asked(query): Asked<InstallQuery>,
    Raw(bytes, Component): Raw<Component>,
) -> Result<Response, ApiError> {
    let grants = match query.grants.as_deref() {
        Some("all") => None,
        Some(list) => Some(grants_in(list)?),
        None => Some(Grants::default()),
    };
    let mode = query.mode.unwrap_or(Mode::Shadow);
    let inboxes = query.inboxes.iter().flat_map(|list| list.split(',')).map(|name| name.trim().to_owned());
    let inboxes = inboxes.filter(|name| !name.is_empty()).collect();
    let request = InstallRequest { grants, inboxes, ..InstallRequest::new(bytes.to_vec(), mode) };
    let received = Box::pin(desk.install(request, caller.actor())).await?;
    let id = received.installation.id;
    let body = InstallationBody::from(installation_at(&desk, id).await?);
    Ok(match (received.is_new, received.waits()) {
        (true, _) => made_at(format!("/api/v1/installations/{id}"), None, &body)?.into_response(),
        (false, true) => (StatusCode::ACCEPTED, Json(body)).into_response(),
        (false, false) => Json(body).into_response(),
    })
}

/// Changes mode, grants, inboxes, settings or limits of an installation, all or nothing. Of settings and limits only
/// those that are named change.
#[utoipa::path(patch, path = "/installations/{id}", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    request_body = InstallationChanges,
    responses((status = 200, description = "The installation as it is now.", body = InstallationBody)))]
async fn change_installation(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
    sent: Sent<InstallationChanges>,
) -> Result<Json<InstallationBody>, ApiError> {
    let InstallationChanges { mode, grants, inboxes, settings, limits } = sent.value;
    let now = desk.installation(id).await?;
    let change = InstallationChange {
        mode,
        grants: grants.map(|grants| grants.into_iter().collect()),
        inboxes,
        settings: settings.map(Value::Object),
        limits: limits.map(|limits| limits.on(now.limits)),
    };
    desk.change_installation(id, change, caller.actor()).await?;
    Ok(Json(installation_at(&desk, id).await?.into()))
}

/// Lifts a quarantine.
#[utoipa::path(post, path = "/installations/{id}/release", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    responses((status = 200, description = "The installation as it is now.", body = InstallationBody)))]
async fn release_installation(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
) -> Result<Json<InstallationBody>, ApiError> {
    desk.release(id, caller.actor()).await?;
    Ok(Json(installation_at(&desk, id).await?.into()))
}

/// Removes an installation with its schedules and stored values. What it did stays.
#[utoipa::path(delete, path = "/installations/{id}", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    responses((status = 204, description = "It is gone.")))]
async fn delete_installation(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
) -> Result<StatusCode, ApiError> {
    desk.uninstall(id, caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_installations, create_installation))
        .layer(up_to(COMPONENT_BYTES_MAX))
        .routes(routes!(read_installation, change_installation, delete_installation))
        .routes(routes!(release_installation))
}

pub(crate) async fn installation_at(desk: &Desk, id: InstallationId) -> Result<InstalledView, ApiError> {
    let all = desk.installations().await?;
    all.into_iter()
        .find(|view| view.installation.id == id)
        .ok_or_else(|| ApiError::missing("installation", id))
}

fn grants_in(list: &str) -> Result<Grants, ApiError> {
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    let grants: Result<Grants, _> = words.map(str::parse::<Grant>).collect();
    grants.map_err(|refusal| refusal.at("grants").into())
}

#[cfg(test)]
mod tests {
    use domain::plugin::Limits;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_named_limit_changes() {
        let changes: LimitChanges = serde_json::from_value(json!({"wall_ms": 5})).unwrap();
        assert_eq!(changes.on(Limits::default()), Limits { wall_ms: 5, ..Limits::default() });
    }

    #[test]
    fn null_is_refused_where_it_would_change_nothing() {
        for field in ["mode", "grants", "inboxes", "settings", "limits"] {
            assert!(
                serde_json::from_value::<InstallationChanges>(json!({ (field): null })).is_err(),
                "{field}"
            );
        }
        let limits = serde_json::from_value::<InstallationChanges>(json!({ "limits": { "wall_ms": null } }));
        assert!(limits.is_err(), "so it is for a single limit");
        let changes: InstallationChanges = serde_json::from_value(json!({})).unwrap();
        assert!(changes.mode.is_none() && changes.grants.is_none() && changes.settings.is_none());
        let changes: InstallationChanges = serde_json::from_value(json!({ "inboxes": [] })).unwrap();
        assert_eq!(changes.inboxes, Some(BTreeSet::new()));
    }

    #[test]
    fn an_unknown_grant_names_the_parameter() {
        let error = grants_in("read:text,raed:text").unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), ("unknown_word", Some("grants")));
        assert_eq!(grants_in(" read:text , effect:reply ").unwrap().0.len(), 2);
    }
}
