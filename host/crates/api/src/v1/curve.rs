//! The coverage curve of an answering plugin: what it would have been worth on past questions, and the choice of its
//! threshold.

use axum::Json;
use axum::extract::State;
use desk::{AnswerCurve, Desk};
use domain::article::curve::Point;
use domain::id::InstallationId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::extract::{Asked, At};

/// Tickets of a curve unless asked otherwise.
const TICKETS_DEFAULT: u32 = 500;
/// Share of right answers unless asked otherwise.
const PROMISE_DEFAULT: f64 = 0.95;

/// Which tickets, which promise.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CurveQuery {
    /// The newest so many tickets, 1 to 2,000; 500 when absent. Many take longer than a request may: then use fewer.
    tickets: Option<u32>,
    /// Share of right answers that the threshold has to keep, 0.5 to 0.999; 0.95 when absent.
    promise: Option<f64>,
    /// Whether the lowest threshold that keeps it is put in force, if there is one; not when absent.
    #[serde(default)]
    set: bool,
}

/// What an answering plugin would have been worth on past questions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnswerCurve)]
pub(crate) struct CurveBody {
    /// Tickets looked at, newest first.
    tickets: u32,
    /// Questions of which the right article is known because the customer said that it helped.
    helped: u32,
    /// Because an agent sent it.
    sent: u32,
    /// Questions that what was sent did not help with.
    not_helped: u32,
    /// Questions that agents answered in their own words: no article counts as right.
    own_words: u32,
    /// Calls that failed; they count as not answered.
    faults: u32,
    /// What is promised: the share of right answers.
    promise: f64,
    /// The threshold that was in force.
    in_force: f64,
    /// What it would have done.
    #[schema(required)]
    now: Option<PointBody>,
    /// The lowest threshold that keeps the promise; null: no threshold does.
    #[schema(required)]
    chosen: Option<PointBody>,
    /// All thresholds, lowest first.
    points: Vec<PointBody>,
}

/// What one threshold would have done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnswerCurvePoint)]
pub(crate) struct PointBody {
    /// What is as sure as this is sent.
    threshold: f64,
    /// Questions answered.
    sent: usize,
    /// Those of them that got the right article.
    right: usize,
    /// `right` of `sent`; 1 where nothing is sent.
    precision: f64,
    /// What the precision can be trusted to be at least, with four chances in five.
    floor: f64,
    /// `right` of all questions that an article answers.
    answered: f64,
}

impl From<Point> for PointBody {
    fn from(Point { threshold, sent, right, precision, floor, answered }: Point) -> Self {
        Self { threshold, sent, right, precision, floor, answered }
    }
}

impl From<AnswerCurve> for CurveBody {
    fn from(curve: AnswerCurve) -> Self {
        let AnswerCurve {
            tickets,
            helped,
            sent,
            not_helped,
            own_words,
            faults,
            promise,
            in_force,
            now,
            chosen,
            points,
        } = curve;
        let (now, chosen) = (now.map(Into::into), chosen.map(Into::into));
        let points = points.into_iter().map(Into::into).collect();
        Self { tickets, helped, sent, not_helped, own_words, faults, promise, in_force, now, chosen, points }
    }
}

/// Asks an answering plugin the questions of the newest tickets again, with any confidence, and holds what it would
/// have sent against what helped. Nothing is applied or sent.
#[utoipa::path(post, path = "/installations/{id}/curve", tag = "installations", params(CurveQuery,
    ("id" = String, Path, description = "The installation's id.")), security(("token" = ["admin"])),
    responses((status = 200, description = "The curve.", body = CurveBody)))]
async fn draw_curve(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<InstallationId>,
    Asked(query): Asked<CurveQuery>,
) -> Result<Json<CurveBody>, ApiError> {
    let tickets = query.tickets.unwrap_or(TICKETS_DEFAULT);
    let promise = query.promise.unwrap_or(PROMISE_DEFAULT);
    let curve = Box::pin(desk.answer_curve(id, tickets, promise)).await?;
    if query.set && curve.chosen.is_some() {
        Box::pin(desk.choose_threshold(id, &curve, caller.actor())).await?;
    }
    Ok(Json(curve.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(draw_curve))
}
