//! Marks: agents say where redaction missed something or replaced what is harmless.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::id::{MessageId, RedactionId};
use domain::mark::{Mark, MarkKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::messages::MessageBody;
use crate::Api;
use crate::auth::{Caller, Read, Reveal, Write};
use crate::error::ApiError;
use crate::extract::{At, NoQuery, Sent};
use crate::page::List;
use crate::words::{MarkKindWord, Time};

/// Personal data that was left standing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MissedValue {
    /// It, as it stands in the message.
    value: String,
    /// Its class, such as `IBAN`.
    class: String,
}

/// What an agent said about redaction, without the data.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mark)]
pub(crate) struct MarkBody {
    /// What was said.
    #[schema(value_type = MarkKindWord)]
    kind: MarkKind,
    /// Class that it has, or should have had.
    class: String,
    /// Rule that replaced it wrongly; empty for a miss.
    rule: String,
    /// Shape of the value: letters are `a` and `A`, digits `0`.
    shape: String,
    /// Shape of what stands before it.
    before: String,
    /// Shape of what stands after it.
    after: String,
    /// BCP 47 language of the message, when known.
    #[schema(required)]
    language: Option<String>,
    /// When.
    #[schema(value_type = Time)]
    at: Timestamp,
}

impl From<Mark> for MarkBody {
    fn from(mark: Mark) -> Self {
        let Mark { kind, class, rule, shape, around: (before, after), language, at } = mark;
        Self { kind, class, rule, shape, before, after, language, at }
    }
}

/// Says that personal data was left in a message; it is taken out at once.
#[utoipa::path(post, path = "/messages/{id}/missed", tag = "messages", security(("token" = ["write"])),
    params(("id" = String, Path, description = "The message's id.")), request_body = MissedValue,
    responses(
        (status = 200, description = "The message without it.", body = MessageBody),
        (status = 422, description = "It does not stand there, or the class is none (`not_there`, `bad_class`)."),
    ))]
async fn mark_miss(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(id): At<MessageId>,
    sent: Sent<MissedValue>,
) -> Result<Json<MessageBody>, ApiError> {
    let MissedValue { value, class } = sent.value;
    Ok(Json(desk.mark_miss(id, &value, &class, caller.actor()).await?.into()))
}

/// Says that something harmless was replaced; it stands in its place again.
#[utoipa::path(post, path = "/redactions/{id}/false-alarm", tag = "vault", security(("token" = ["reveal"])),
    params(("id" = String, Path, description = "The redaction's id.")),
    responses(
        (status = 200, description = "The message with it.", body = MessageBody),
        (status = 422, description = "The value was not kept (`not_kept`)."),
    ))]
async fn mark_false_alarm(
    caller: Caller<Reveal>,
    State(desk): State<Desk>,
    At(id): At<RedactionId>,
) -> Result<Json<MessageBody>, ApiError> {
    Ok(Json(desk.mark_false_alarm(id, caller.actor()).await?.into()))
}

/// All marks, oldest first: cases for whoever writes the rules, without the data.
#[utoipa::path(get, path = "/redactions/marks", tag = "operations", security(("token" = ["read"])),
    responses((status = 200, description = "The marks.", body = List<MarkBody>)))]
async fn list_marks(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
) -> Result<Json<List<MarkBody>>, ApiError> {
    Ok(Json(List::whole(desk.marks().await?)))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(mark_miss))
        .routes(routes!(mark_false_alarm))
        .routes(routes!(list_marks))
}
