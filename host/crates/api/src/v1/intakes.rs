//! Intakes: what came in and how far it has got. What is held waits, sealed, for redaction to work again.

use axum::Json;
use axum::extract::State;
use desk::{Desk, Intake, IntakeKind, IntakeState};
use domain::Timestamp;
use domain::id::{IntakeId, TicketId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{Asked, At, NoQuery};
use crate::page::{List, Paging};
use crate::words::{IntakeKindWord, IntakeStateWord, Time};

/// Something that came in. Its content is sealed and never shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Intake)]
pub(crate) struct IntakeBody {
    /// Id.
    #[schema(value_type = String)]
    id: IntakeId,
    /// Which entrance.
    source: String,
    /// When.
    #[schema(value_type = Time)]
    received_at: Timestamp,
    /// What.
    #[schema(value_type = IntakeKindWord)]
    kind: IntakeKind,
    /// How far it has got.
    #[schema(value_type = IntakeStateWord)]
    state: IntakeState,
    /// Why it is held or was refused.
    #[schema(required)]
    reason: Option<String>,
    /// The ticket it became.
    #[schema(value_type = Option<String>, required)]
    ticket_id: Option<TicketId>,
}

impl From<Intake> for IntakeBody {
    fn from(intake: Intake) -> Self {
        Self {
            id: intake.id,
            source: intake.source,
            received_at: intake.received_at,
            kind: intake.kind,
            state: intake.state,
            reason: intake.reason,
            ticket_id: intake.ticket_id,
        }
    }
}

/// Which intakes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct IntakesQuery {
    /// In this state; `held` shows what waits for an admin.
    #[param(value_type = Option<IntakeStateWord>)]
    state: Option<IntakeState>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Lists intakes.
#[utoipa::path(get, path = "/intakes", tag = "operations", params(IntakesQuery), security(("token" = ["admin"])),
    responses((status = 200, description = "A page of intakes.", body = List<IntakeBody>)))]
async fn list_intakes(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    Asked(query): Asked<IntakesQuery>,
) -> Result<Json<List<IntakeBody>>, ApiError> {
    let paging = Paging::of::<IntakeId>(query.cursor, query.limit)?;
    let found = desk.ask().intakes(query.state, &paging.page()).await?;
    Ok(Json(paging.cut(found, |intake| intake.id.to_string())))
}

/// One intake.
#[utoipa::path(get, path = "/intakes/{id}", tag = "operations", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The intake's id.")),
    responses((status = 200, description = "The intake.", body = IntakeBody)))]
async fn read_intake(
    _: Caller<Admin>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<IntakeId>,
) -> Result<Json<IntakeBody>, ApiError> {
    let intake = desk.ask().intake(id).await?.ok_or_else(|| ApiError::missing("intake", id))?;
    Ok(Json(intake.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_intakes)).routes(routes!(read_intake))
}
