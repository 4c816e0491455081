//! The audit trail: who did what, in the order of its chain. Whether the chain holds is not looked at here;
//! `kulanz db check` follows it from its first entry.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::audit::{AuditEntry, AuditRecord};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::Asked;
use crate::page::{List, Paging};
use crate::words::{ActorBody, Time};

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditBody {
    /// Place in the chain: 1, 2, 3 … without gaps.
    sequence: i64,
    /// When.
    #[schema(value_type = Time)]
    at: Timestamp,
    /// Who did it.
    actor: ActorBody,
    /// Name of the token that the actor's id is of, as long as it stands; null for everybody else.
    #[schema(required)]
    name: Option<String>,
    /// What was done, as a dotted verb: `plugin.installed`.
    action: String,
    /// On what, mostly by its id.
    target: String,
    /// What the target is called where it is still there: `#` and a ticket's number, also where the target is something of
    /// that ticket; a plugin's id, a token's name, an article's key. Null for all else, persons above all.
    #[schema(required)]
    target_name: Option<String>,
    /// Particulars, never data of customers; null where there are none.
    #[schema(value_type = Value)]
    details: serde_json::Value,
    /// What binds the entry to the one before it. Kept elsewhere, it shows later whether entries were changed or cut off.
    digest: String,
}

/// An entry, the name of who did it and that of what it was done on.
type Named = (AuditEntry, Option<String>, Option<String>);

impl From<Named> for AuditBody {
    fn from((entry, name, target_name): Named) -> Self {
        let AuditEntry { sequence, record, digest, .. } = entry;
        let AuditRecord { at, actor, action, object: target, details, .. } = record;
        Self { sequence, at, actor: actor.into(), name, action, target, target_name, details, digest }
    }
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Sequence of the last entry seen, also called `after`; from the beginning when absent.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// The audit trail, oldest first. Keep the sequence of the last entry as cursor to go on from there.
#[utoipa::path(get, path = "/audit", tag = "operations", params(AuditQuery), security(("token" = ["admin"])),
    responses((status = 200, description = "A page of entries.", body = List<AuditBody>)))]
async fn list_audit(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<List<AuditBody>>, ApiError> {
    // The chain begins at 1: nothing comes before it.
    let paging = Paging::of::<u64>(query.cursor, query.limit)?;
    let after = paging.after::<u64>().map_or(0, |sequence| i64::try_from(sequence).unwrap_or(i64::MAX));
    let found = desk.ask().audit(after, i64::from(paging.page().limit)).await?;
    let names = desk.names_in(&found).await?;
    let named = |entry: AuditEntry| {
        let name = names.name(&entry.record.actor).map(ToOwned::to_owned);
        let target_name = names.about(&entry.record.object);
        (entry, name, target_name)
    };
    let found: Vec<Named> = found.into_iter().map(named).collect();
    Ok(Json(paging.cut(found, |(entry, ..)| entry.sequence.to_string())))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_audit))
}
