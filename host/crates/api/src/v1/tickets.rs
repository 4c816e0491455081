//! Tickets: create, list, read, change.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::header::ETAG;
use axum::http::{HeaderName, StatusCode};
use axum::response::Response;
use desk::{Desk, NewTicket, TicketChange, TicketFilter};
use domain::Timestamp;
use domain::id::{ContactId, TicketId};
use domain::ticket::{Channel, Field, Priority, StatusCategory, Ticket};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Caller, Read, Write};
use crate::error::ApiError;
use crate::extract::{Asked, At, IfMatch, NoQuery, Sent, TEXT_JSON_BYTES_MAX, never_null, up_to};
use crate::idempotency::{Made, ONCE, Once};
use crate::page::{List, Paging};
use crate::words::{ChannelWord, PriorityWord, StatusCategoryWord, Time};

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(crate) struct TicketBody {
    /// Id.
    #[schema(value_type = String, example = "tkt_01K0000000000000000000000A")]
    id: TicketId,
    /// The number people say. Unique; gaps are possible.
    number: i64,
    /// Redacted subject.
    subject: String,
    /// The status's name.
    status: String,
    /// What the status means.
    #[schema(value_type = StatusCategoryWord)]
    status_category: StatusCategory,
    /// How soon.
    #[schema(value_type = PriorityWord)]
    priority: Priority,
    /// How it came in.
    #[schema(value_type = ChannelWord)]
    channel: Channel,
    /// The inbox it came in by, if the settings name one.
    #[schema(required)]
    inbox: Option<String>,
    /// BCP 47 language of the customer, when known.
    #[schema(required)]
    language: Option<String>,
    /// What it is about, as triage decided.
    #[schema(required)]
    category: Option<String>,
    /// Who asks.
    #[schema(value_type = String)]
    requester_id: ContactId,
    /// Team key.
    #[schema(required)]
    team: Option<String>,
    /// Agent in charge.
    #[schema(required)]
    assignee: Option<String>,
    /// Tags, sorted.
    tags: BTreeSet<String>,
    /// Custom fields by key.
    custom: BTreeMap<String, String>,
    /// Fields that an agent or an API client set last; plugins do not overwrite those.
    set_by_person: BTreeSet<String>,
    /// Counts changes; also the `ETag`.
    version: i64,
    /// Created.
    #[schema(value_type = Time)]
    created_at: Timestamp,
    /// Last change.
    #[schema(value_type = Time)]
    updated_at: Timestamp,
    /// Last message of the customer.
    #[schema(value_type = Option<Time>, required)]
    last_customer_message_at: Option<Timestamp>,
    /// Last public message from us.
    #[schema(value_type = Option<Time>, required)]
    last_reply_at: Option<Timestamp>,
    /// When it was solved.
    #[schema(value_type = Option<Time>, required)]
    solved_at: Option<Timestamp>,
    /// Id of the ticket that it was merged into; its events (`ticket.merged`) and every refusal name its number.
    #[schema(value_type = Option<String>, required)]
    merged_into: Option<TicketId>,
}

impl From<Ticket> for TicketBody {
    fn from(ticket: Ticket) -> Self {
        Self {
            id: ticket.id,
            number: ticket.number,
            subject: ticket.subject,
            status: ticket.status,
            status_category: ticket.status_category,
            priority: ticket.priority,
            channel: ticket.channel,
            language: ticket.language,
            inbox: ticket.inbox,
            category: ticket.category,
            requester_id: ticket.requester_id,
            team: ticket.team,
            assignee: ticket.assignee,
            tags: ticket.tags,
            custom: ticket.custom,
            set_by_person: ticket.set_by_hand,
            version: ticket.version,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            last_customer_message_at: ticket.last_customer_message_at,
            last_reply_at: ticket.last_reply_at,
            solved_at: ticket.solved_at,
            merged_into: ticket.merged_into,
        }
    }
}

/// A new ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicket)]
pub(crate) struct NewTicketBody {
    /// Subject, 1 to 1000 bytes.
    subject: String,
    /// Plain text, at most 1 MiB.
    text: String,
    /// Address of the requester.
    email: String,
    /// Name of the requester.
    name: Option<String>,
    /// How it came in; `api` when absent.
    #[schema(value_type = Option<ChannelWord>)]
    channel: Option<Channel>,
    /// The inbox it is for, by its name in the settings.
    inbox: Option<String>,
    /// BCP 47 language, when known.
    language: Option<String>,
    /// What it is about, where that is known. It stands against plugins as a change by hand does; so do the next two.
    category: Option<String>,
    /// Team key.
    team: Option<String>,
    /// How soon.
    #[schema(value_type = Option<PriorityWord>)]
    priority: Option<Priority>,
    /// Custom fields by key.
    #[serde(default)]
    custom: BTreeMap<String, String>,
    /// Tags.
    #[serde(default)]
    tags: Vec<String>,
}

impl From<NewTicketBody> for NewTicket {
    fn from(new: NewTicketBody) -> Self {
        Self {
            subject: new.subject,
            text: new.text,
            email: new.email,
            name: new.name,
            channel: new.channel.unwrap_or(Channel::Api),
            inbox: new.inbox,
            language: new.language,
            category: new.category,
            team: new.team,
            priority: new.priority,
            custom: new.custom,
            tags: new.tags,
        }
    }
}

/// Changes of a ticket. Absent: unchanged. Null, or an empty text, clears a field; status and priority are never empty,
/// and null for them is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketChanges)]
pub(crate) struct ChangesBody {
    /// Status: new, open, pending, on_hold, solved, closed.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = String, required = false)]
    status: Option<String>,
    /// Priority: low, normal, high, urgent.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = String, required = false)]
    priority: Option<String>,
    /// BCP 47 language; null clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// What it is about; null clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    category: Option<Option<String>>,
    /// Team key; null clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    team: Option<Option<String>>,
    /// Agent in charge; null clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// Custom fields by key; null removes one.
    #[serde(default)]
    custom: BTreeMap<String, Option<String>>,
    /// Tags to add.
    #[serde(default)]
    add_tags: Vec<String>,
    /// Tags to remove.
    #[serde(default)]
    remove_tags: Vec<String>,
}

/// Tells null (clear it) from absence (leave it).
fn given<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(d).map(Some)
}

impl ChangesBody {
    fn into_changes(self) -> Result<Vec<TicketChange>, ApiError> {
        let fields = [
            (Field::Status, self.status.map(Some)),
            (Field::Priority, self.priority.map(Some)),
            (Field::Language, self.language),
            (Field::Category, self.category),
            (Field::Team, self.team),
            (Field::Assignee, self.assignee),
        ];
        let mut changes: Vec<TicketChange> = fields
            .into_iter()
            .filter_map(|(field, value)| {
                Some(TicketChange::SetField { field, value: value?.unwrap_or_default() })
            })
            .collect();
        for (key, value) in self.custom {
            let name = Field::Custom(key).to_string();
            let field: Field = name.parse().map_err(|_| {
                ApiError::invalid(
                    &name,
                    "bad_key",
                    "A custom field's key consists of 1 to 64 of a-z 0-9 _ - . :",
                )
            })?;
            changes.push(TicketChange::SetField { field, value: value.unwrap_or_default() });
        }
        changes.extend(self.add_tags.into_iter().map(TicketChange::AddTag));
        changes.extend(self.remove_tags.into_iter().map(TicketChange::RemoveTag));
        Ok(changes)
    }
}

/// Which tickets.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TicketsQuery {
    /// Status means this.
    #[param(value_type = Option<StatusCategoryWord>)]
    status_category: Option<StatusCategory>,
    /// Has this tag.
    tag: Option<String>,
    /// Belongs to this team.
    team: Option<String>,
    /// Is about this.
    category: Option<String>,
    /// Is this person's, capitals or not; empty: nobody's.
    assignee: Option<String>,
    /// Its subject has these words in a row, capitals or not.
    subject: Option<String>,
    /// One of its messages (mails, answers and notes) has all of these words in its subject and redacted text, capitals or
    /// not. The last word may be a beginning of three letters or more, and words in quotes stand in a row; what has no
    /// letter and no digit leaves the list as it is. Where more than 5,000 messages of tickets that the other parameters
    /// choose have the words, each page looks at the newest 5,000 (the oldest, with `order=oldest`).
    words: Option<String>,
    /// Came in by this inbox.
    inbox: Option<String>,
    /// Asked by this contact (id).
    #[param(value_type = Option<String>)]
    requester_id: Option<ContactId>,
    /// Created after this instant.
    #[param(value_type = Option<Time>)]
    created_after: Option<Timestamp>,
    /// `newest` (default) or `oldest` first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Which end of a list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// Lists tickets.
#[utoipa::path(get, path = "/tickets", tag = "tickets", params(TicketsQuery), security(("token" = ["read"])),
    responses((status = 200, description = "A page of tickets.", body = List<TicketBody>)))]
async fn list_tickets(
    _: Caller<Read>,
    State(desk): State<Desk>,
    Asked(query): Asked<TicketsQuery>,
) -> Result<Json<List<TicketBody>>, ApiError> {
    let paging = Paging::of::<TicketId>(query.cursor, query.limit)?;
    let filter = TicketFilter {
        status_category: query.status_category,
        tag: query.tag,
        team: query.team,
        category: query.category,
        assignee: query.assignee,
        subject: query.subject,
        words: query.words,
        requester: query.requester_id,
        created_after: query.created_after,
        inboxes: query.inbox.into_iter().collect(),
        oldest_first: query.order == Order::Oldest,
        ..TicketFilter::default()
    };
    let found = desk.ask().tickets(&filter, &paging.page()).await?;
    Ok(Json(paging.cut(found, |ticket| ticket.id.to_string())))
}

/// Creates a ticket. Subject and text pass redaction before they are stored. With an idempotency key a
/// repeat gets the first answer.
#[utoipa::path(post, path = "/tickets", tag = "tickets", security(("token" = ["write"])),
    params(("idempotency-key" = Option<String>, Header, description = ONCE)),
    request_body = NewTicketBody,
    responses((status = 201, description = "The ticket.", body = TicketBody, headers(
        ("location" = String, description = "Address of the ticket."),
        ("etag" = String, description = "Its version."),
        ("idempotency-replayed" = String, description = "`true` when this answer was given before."),
    ))))]
async fn create_ticket(
    caller: Caller<Write>,
    State(api): State<Api>,
    once: Once,
    sent: Sent<NewTicketBody>,
) -> Result<Response, ApiError> {
    let Sent { value, raw } = sent;
    let work = |memo| Box::pin(api.desk.create_ticket(value.into(), memo, caller.actor()));
    once.run(&api, &caller.token, &raw, made, work).await
}

fn made(ticket: &Ticket) -> Result<Made, ApiError> {
    let location = format!("/api/v1/tickets/{}", ticket.number);
    made_at(location, Some(ticket.version), &TicketBody::from(ticket.clone()))
}

/// One ticket.
#[utoipa::path(get, path = "/tickets/{number}", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The ticket.", body = TicketBody,
        headers(("etag" = String, description = "Its version, for `If-Match`.")))))]
async fn read_ticket(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<TicketBody>), ApiError> {
    Ok(versioned(ticket_at(&desk, number).await?))
}

/// Changes fields and tags of a ticket, all or nothing. With `If-Match` only if nobody changed it since.
#[utoipa::path(patch, path = "/tickets/{number}", tag = "tickets", security(("token" = ["write"])),
    params(
        ("number" = i64, Path, description = "The ticket's number."),
        ("if-match" = Option<String>, Header, description = "The `ETag` it must still have; 412 otherwise."),
    ),
    request_body = ChangesBody,
    responses((status = 200, description = "The ticket as it is now.", body = TicketBody,
        headers(("etag" = String, description = "Its version.")))))]
async fn change_ticket(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(number): At<i64>,
    IfMatch(version): IfMatch,
    sent: Sent<ChangesBody>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<TicketBody>), ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    let changes = sent.value.into_changes()?;
    Ok(versioned(desk.change_ticket(ticket.id, changes, version, caller.actor()).await?))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tickets, create_ticket))
        .layer(up_to(TEXT_JSON_BYTES_MAX))
        .routes(routes!(read_ticket, change_ticket))
}

/// The ticket with this number.
pub(crate) async fn ticket_at(desk: &Desk, number: i64) -> Result<Ticket, ApiError> {
    desk.ask().ticket_by_number(number).await?.ok_or_else(|| ApiError::missing("ticket", number))
}

/// The answer for something that was made.
pub(crate) fn made_at(
    location: String,
    version: Option<i64>,
    body: &impl Serialize,
) -> Result<Made, ApiError> {
    let body = serde_json::to_value(body).map_err(|e| ApiError::internal(e.to_string()))?;
    Ok(Made { location, etag: version.map(etag), body })
}

/// The answer for a ticket, with its version.
pub(crate) fn versioned(ticket: Ticket) -> (StatusCode, [(HeaderName, String); 1], Json<TicketBody>) {
    (StatusCode::OK, [(ETAG, etag(ticket.version))], Json(ticket.into()))
}

fn etag(version: i64) -> String {
    format!("\"{version}\"")
}
