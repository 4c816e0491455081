//! Versions of an installation: what waits for consent and why, what an upgrade would change, and the way back.

use axum::Json;
use axum::extract::State;
use desk::{Changed, Comparison, Consent, Desk, Saying, Tally, Trial};
use domain::canary::Canary;
use domain::grant::Grant;
use domain::id::InstallationId;
use domain::plugin::Hook;
use domain::version::{PluginVersion, PublisherKey, VersionState};
use domain::{Actor, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::installations::{InstallationBody, installation_at};
use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{Asked, At, NoQuery, Sent, never_null};
use crate::page::List;
use crate::words::{HookWord, Time, VersionStateWord};

/// Tickets of a comparison unless asked otherwise.
const TICKETS_DEFAULT: u32 = 100;

/// A version of an installed plugin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginVersion)]
pub(crate) struct VersionBody {
    /// SHA-256 of the component file, hex.
    digest: String,
    /// Semantic version.
    version: String,
    /// Who signed it; null: it is unsigned.
    #[schema(required, value_type = Option<String>)]
    publisher: Option<PublisherKey>,
    /// Where it stands.
    #[schema(value_type = VersionStateWord)]
    state: VersionState,
    /// What it wants beyond the version in force, as half sentences after "It".
    wishes: Vec<String>,
    /// What it asks for in all.
    requests: Vec<String>,
    /// What it is or was allowed; of one that waits: what it would be without further consent.
    grants: Vec<String>,
    /// When it was handed in.
    #[schema(value_type = Time)]
    received_at: Timestamp,
    /// By whom.
    received_by: String,
    /// When it was last put in force.
    #[schema(required, value_type = Option<Time>)]
    activated_at: Option<Timestamp>,
    /// By whom.
    #[schema(required)]
    activated_by: Option<String>,
}

fn name(actor: &Actor) -> String {
    format!("{} {}", actor.kind, actor.id).trim().to_owned()
}

impl From<PluginVersion> for VersionBody {
    fn from(version: PluginVersion) -> Self {
        Self {
            wishes: version.wishes.iter().map(domain::version::Wish::sentence).collect(),
            requests: version.manifest.grants.iter().map(|g| g.to.to_string()).collect(),
            grants: version.grants.0.iter().map(ToString::to_string).collect(),
            received_by: name(&version.received_by),
            activated_by: version.activated_by.as_ref().map(name),
            digest: version.digest,
            version: version.manifest.version,
            publisher: version.publisher,
            state: version.state,
            received_at: version.received_at,
            activated_at: version.activated_at,
        }
    }
}

/// Consent to a version that waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Consent)]
pub(crate) struct ConsentBody {
    /// Digest of the version that was looked at.
    digest: String,
    /// All that it may do; when absent: what the version in force was allowed and all that this one asks beyond.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = Vec<String>, required = false)]
    grants: Option<Vec<Grant>>,
    /// Settings to lay over those carried over, as when an installation is changed.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = Object, required = false)]
    settings: Option<Map<String, Value>>,
    /// Try it on part of the tickets first; for all at once when absent.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = TrialBody, required = false)]
    canary: Option<TrialBody>,
}

/// Which part of the tickets a version is tried on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CanaryTrial)]
pub(crate) struct TrialBody {
    /// Its share of all tickets, 1 to 99 percent; 0 for the teams alone.
    #[serde(default)]
    share_percent: u8,
    /// Teams whose tickets are all its own.
    #[serde(default)]
    teams: Vec<String>,
}

/// A version that is tried on part of the tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Canary)]
pub(crate) struct CanaryBody {
    /// SHA-256 of the component that is tried.
    digest: String,
    /// Its share of all tickets, percent.
    share_percent: u8,
    /// Teams whose tickets are all its own.
    teams: Vec<String>,
    /// Since when.
    #[schema(value_type = Time)]
    since: Timestamp,
}

impl From<Canary> for CanaryBody {
    fn from(canary: Canary) -> Self {
        let Canary { digest, share_percent, teams, since, .. } = canary;
        Self { digest, share_percent, teams, since }
    }
}

/// A version, by its digest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VersionChoice)]
pub(crate) struct ChoiceBody {
    /// Its digest.
    digest: Option<String>,
}

/// How many tickets to compare on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareQuery {
    /// The newest so many tickets, 1 to 1,000; 100 when absent.
    tickets: Option<u32>,
}

/// Two versions over the same tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comparison)]
pub(crate) struct ComparisonBody {
    /// Tickets looked at.
    tickets: u32,
    /// Calls that came out the same.
    same: u32,
    /// Calls that came out differently.
    different: u32,
    /// The first hundred of them.
    changed: Vec<ChangedBody>,
    /// The version in force.
    before: TallyBody,
    /// The version that waits.
    after: TallyBody,
    /// Hooks that cannot be compared on stored tickets.
    #[schema(value_type = Vec<HookWord>)]
    not_compared: Vec<Hook>,
}

/// What one version did over all tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparisonTally)]
pub(crate) struct TallyBody {
    /// Calls.
    calls: u32,
    /// Calls that failed, by kind of fault.
    faults: BTreeMap<String, u32>,
    /// Effects proposed.
    effects: u32,
    /// Fuel used.
    fuel: u64,
}

/// One call that came out differently.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparisonChange)]
pub(crate) struct ChangedBody {
    /// Number of the ticket.
    ticket: i64,
    /// What happened there.
    event: String,
    /// Which hook was called.
    #[schema(value_type = HookWord)]
    hook: Hook,
    /// What the version in force said.
    before: SayingBody,
    /// What the version that waits said.
    after: SayingBody,
}

/// What came out of one call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparisonSaying)]
pub(crate) struct SayingBody {
    /// Its verdict, or how it failed; null when this version does not listen to the event.
    #[schema(required)]
    said: Option<String>,
    /// What it proposed.
    effects: Vec<String>,
}

impl From<Saying> for SayingBody {
    fn from(Saying { said, effects }: Saying) -> Self {
        Self { said, effects }
    }
}

impl From<Changed> for ChangedBody {
    fn from(changed: Changed) -> Self {
        let Changed { ticket, event, hook, before, after } = changed;
        Self { ticket, event, hook, before: before.into(), after: after.into() }
    }
}

impl From<Tally> for TallyBody {
    fn from(Tally { calls, faults, effects, fuel }: Tally) -> Self {
        Self { calls, faults, effects, fuel }
    }
}

impl From<Comparison> for ComparisonBody {
    fn from(comparison: Comparison) -> Self {
        let Comparison { tickets, same, different, changed, before, after, not_compared } = comparison;
        let changed = changed.into_iter().map(Into::into).collect();
        Self { tickets, same, different, changed, before: before.into(), after: after.into(), not_compared }
    }
}

/// The versions of an installation that are kept, newest handed in first.
#[utoipa::path(get, path = "/installations/{id}/versions", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    responses((status = 200, description = "The versions.", body = List<VersionBody>)))]
async fn list_versions(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<InstallationId>,
) -> Result<Json<List<VersionBody>>, ApiError> {
    Ok(Json(List::whole(desk.versions(id).await?)))
}

/// Runs the version in force and the one that waits over the newest tickets. Nothing is stored, applied or sent.
#[utoipa::path(post, path = "/installations/{id}/upgrade/compare", tag = "installations", params(CompareQuery,
    ("id" = String, Path, description = "The installation's id.")), security(("token" = ["admin"])),
    responses((status = 200, description = "What would come out differently.", body = ComparisonBody)))]
async fn compare_upgrade(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
    Asked(query): Asked<CompareQuery>,
) -> Result<Json<ComparisonBody>, ApiError> {
    let tickets = query.tickets.unwrap_or(TICKETS_DEFAULT);
    Ok(Json(Box::pin(desk.compare(id, None, tickets)).await?.into()))
}

/// Puts the version that waits in force, or tries it on part of the tickets first. One that is tried is taken back
/// by itself when it fails or is corrected by people more often; consenting again puts it in force. Calls that
/// have begun end on the old one.
#[utoipa::path(post, path = "/installations/{id}/upgrade/consent", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    request_body = ConsentBody,
    responses((status = 200, description = "The installation as it is now.", body = InstallationBody)))]
async fn consent_to_upgrade(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
    sent: Sent<ConsentBody>,
) -> Result<Json<InstallationBody>, ApiError> {
    let ConsentBody { digest, grants, settings, canary } = sent.value;
    let canary = canary.map(|TrialBody { share_percent, teams }| Trial { share_percent, teams });
    let grants = grants.map(|grants| grants.into_iter().collect());
    let settings = settings.map(Value::Object);
    Box::pin(desk.consent(id, Consent { digest: Some(digest), grants, settings, canary }, caller.actor()))
        .await?;
    Ok(Json(installation_at(&desk, id).await?.into()))
}

/// Says no to the version that waits. It is kept among the versions and never called.
#[utoipa::path(post, path = "/installations/{id}/upgrade/decline", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    request_body = ChoiceBody,
    responses((status = 200, description = "The version.", body = VersionBody)))]
async fn decline_upgrade(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
    sent: Sent<ChoiceBody>,
) -> Result<Json<VersionBody>, ApiError> {
    let digest = sent.value.digest;
    let declined = Box::pin(desk.decline_version(id, digest.as_deref(), caller.actor())).await?;
    Ok(Json(declined.into()))
}

/// Puts an earlier version back with the grants, settings and limits it had: the newest earlier one, or the one
/// of this digest.
#[utoipa::path(post, path = "/installations/{id}/rollback", tag = "installations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The installation's id.")),
    request_body = ChoiceBody,
    responses((status = 200, description = "The installation as it is now.", body = InstallationBody)))]
async fn roll_installation_back(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
    sent: Sent<ChoiceBody>,
) -> Result<Json<InstallationBody>, ApiError> {
    let digest = sent.value.digest;
    Box::pin(desk.roll_back(id, digest.as_deref(), caller.actor())).await?;
    Ok(Json(installation_at(&desk, id).await?.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_versions))
        .routes(routes!(compare_upgrade))
        .routes(routes!(consent_to_upgrade))
        .routes(routes!(decline_upgrade))
        .routes(routes!(roll_installation_back))
}
