//! The domain's closed lists of words and its small values, as OpenAPI knows them. Only descriptions:
//! what travels is the domain's own type, so the two are held together by the test that checks every
//! answer against the document.

use std::borrow::Cow;

use domain::event::EventType;
use domain::id::{EventId, RunId};
use domain::message::{AutoClass, Delivery, Direction, SenderAuth};
use domain::plugin::{Hook, Mode};
use domain::run::DecisionStatus;
use domain::ticket::{Channel, Priority, StatusCategory};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

macro_rules! words {
    ($($name:ident: $of:ty, $says:literal;)+) => {$(
        #[doc = $says]
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = <$of>::ALL.iter().map(|word| word.as_str());
                ObjectBuilder::new().schema_type(Type::String).description(Some($says)).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name).trim_end_matches("Word"))
            }
        }
    )+};
}

words! {
    StatusCategoryWord: StatusCategory, "What a status means.";
    PriorityWord: Priority, "How soon.";
    ChannelWord: Channel, "How a request came in.";
    DirectionWord: Direction, "Which way a message goes.";
    AutoClassWord: AutoClass, "What kind of sender wrote a message.";
    SenderAuthWord: SenderAuth, "Whether the domain in a mail's From vouches for it.";
    DeliveryWord: Delivery, "Where a message is on its way out.";
    EventTypeWord: EventType, "What happened.";
    HookWord: Hook, "Interface that a plugin exports.";
    ModeWord: Mode, "How far an installation is trusted.";
    DecisionStatusWord: DecisionStatus, "What became of an effect.";
    ArticleStateWord: domain::article::ArticleState, "Who may see an article.";
    VersionStateWord: domain::version::VersionState, "Where a version of an installation stands.";
    ScopeWord: domain::token::Scope, "What a token may do; admin includes the others but reveal, which none includes.";
    MissedWord: domain::schedule::Missed, "What to do about firings that were missed.";
    OverlapWord: domain::schedule::Overlap, "What to do when the firing before still runs.";
    ActorKindWord: domain::ActorKind, "What kind of actor.";
    MarkKindWord: domain::mark::MarkKind, "What an agent says about redaction.";
    IntakeKindWord: desk::IntakeKind, "What came in.";
    IntakeStateWord: desk::IntakeState, "How far something that came in has got.";
}

/// An instant, RFC 3339 in UTC.
pub(crate) enum Time {}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .description(Some("An instant, RFC 3339 in UTC."))
            .examples([serde_json::json!("2026-11-22T09:30:00.000Z")])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Time")
    }
}

/// The bytes of a file, as they are.
pub(crate) enum FileBytes {}

impl PartialSchema for FileBytes {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Binary)))
            .description(Some("The bytes of a file, as they are."))
            .into()
    }
}

impl ToSchema for FileBytes {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("FileBytes")
    }
}

/// Who acted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct ActorBody {
    /// What kind.
    #[schema(value_type = ActorKindWord)]
    kind: domain::ActorKind,
    /// Which one: an id, for plugins the manifest id; empty for the house itself.
    id: String,
}

impl From<domain::Actor> for ActorBody {
    fn from(actor: domain::Actor) -> Self {
        Self { kind: actor.kind, id: actor.id }
    }
}

/// What led to an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cause)]
pub(crate) struct CauseBody {
    /// The event that was being handled.
    #[schema(value_type = String)]
    event_id: EventId,
    /// The run that proposed it, if a plugin did.
    #[schema(value_type = Option<String>)]
    run_id: Option<RunId>,
    /// Length of the chain of automatic events up to here.
    depth: u32,
}

impl From<domain::Cause> for CauseBody {
    fn from(cause: domain::Cause) -> Self {
        Self { event_id: cause.event_id, run_id: cause.run_id, depth: cause.depth }
    }
}
