//! A ticket's story: every step and the reason for it, as lines.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::story::{Line, Story};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::ticket_at;
use crate::Api;
use crate::auth::{Caller, Read};
use crate::error::ApiError;
use crate::extract::{At, NoQuery};
use crate::words::Time;

/// A ticket's story.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Story)]
pub(crate) struct StoryBody {
    /// The ticket's number.
    number: i64,
    /// Its redacted subject.
    subject: String,
    /// Where it stands.
    standing: String,
    /// Lines in order.
    lines: Vec<StoryLineBody>,
}

/// One line of a story.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoryLine)]
pub(crate) struct StoryLineBody {
    /// When.
    #[schema(value_type = Time)]
    at: Timestamp,
    /// `event`, `redaction`, `run` or `decision`.
    kind: String,
    /// What.
    what: String,
    /// Particulars.
    text: String,
    /// 0 for events, 1 for what hangs on them, 2 for decisions.
    level: i32,
}

impl From<Line> for StoryLineBody {
    fn from(line: Line) -> Self {
        Self {
            at: line.at,
            kind: line.kind.to_owned(),
            what: line.what,
            text: line.text,
            level: line.level.into(),
        }
    }
}

impl From<Story> for StoryBody {
    fn from(story: Story) -> Self {
        let lines = story.lines.into_iter().map(Into::into).collect();
        Self { number: story.number, subject: story.subject, standing: story.standing, lines }
    }
}

/// Why a ticket is as it is: every event, run, decision and redaction with its reason.
#[utoipa::path(get, path = "/tickets/{number}/story", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The story.", body = StoryBody)))]
async fn read_story(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<Json<StoryBody>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(Json(desk.story(ticket.id).await?.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(read_story))
}
