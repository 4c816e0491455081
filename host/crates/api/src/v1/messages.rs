//! Messages of a ticket and their attachments.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use desk::{Desk, NewFile, NewMessage, NewMessageKind};
use domain::Timestamp;
use domain::id::{AttachmentId, DecisionId, MessageId, TicketId};
use domain::message::{Attachment, AutoClass, Delivery, Direction, Message, SenderAuth};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::{made_at, ticket_at};
use crate::Api;
use crate::auth::{Caller, Read, Write};
use crate::error::ApiError;
use crate::extract::{At, MESSAGE_JSON_BYTES_MAX, NoQuery, Sent, up_to};
use crate::idempotency::{Made, ONCE, Once};
use crate::page::List;
use crate::words::{ActorBody, AutoClassWord, DeliveryWord, DirectionWord, SenderAuthWord, Time};

/// One utterance on a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageBody {
    /// Id.
    #[schema(value_type = String)]
    id: MessageId,
    /// Which ticket.
    #[schema(value_type = String)]
    ticket_id: TicketId,
    /// Which way.
    #[schema(value_type = DirectionWord)]
    direction: Direction,
    /// Who wrote it.
    author: ActorBody,
    /// Whether the customer may see it.
    public: bool,
    /// Redacted subject line.
    subject: String,
    /// Redacted text, whole.
    text: String,
    /// Redacted text without quotes and signature.
    reply_text: String,
    /// What kind of sender.
    #[schema(value_type = AutoClassWord)]
    auto_class: AutoClass,
    /// Whether the domain in From vouches for it.
    #[schema(value_type = SenderAuthWord)]
    sender_auth: SenderAuth,
    /// Whether no person pressed send.
    automatic: bool,
    /// Recipient of an outbound message.
    #[schema(required)]
    to_address: Option<String>,
    /// RFC 5322 Message-ID.
    #[schema(required)]
    internet_message_id: Option<String>,
    /// Message-ID this answers.
    #[schema(required)]
    in_reply_to: Option<String>,
    /// References, oldest first.
    references: Vec<String>,
    /// BCP 47 language, when known.
    #[schema(required)]
    language: Option<String>,
    /// Key of the article that it quotes.
    #[schema(required)]
    article: Option<String>,
    /// Whether the customer said that it helped; null while nothing was said.
    #[schema(required)]
    helped: Option<bool>,
    /// Where it is on its way out.
    #[schema(value_type = DeliveryWord)]
    delivery: Delivery,
    /// Why it was suppressed or failed.
    #[schema(required)]
    delivery_reason: Option<String>,
    /// Whether it may have arrived with a try whose end nobody knows. Always so where it is `unknown`; what a person wrote
    /// is sent once more first.
    may_have_arrived: bool,
    /// When it was written or taken in.
    #[schema(value_type = Time)]
    created_at: Timestamp,
    /// Attachments.
    attachments: Vec<AttachmentBody>,
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            ticket_id: message.ticket_id,
            direction: message.direction,
            author: message.author.into(),
            public: message.public,
            subject: message.subject,
            text: message.text,
            reply_text: message.reply_text,
            auto_class: message.auto_class,
            sender_auth: message.sender_auth,
            automatic: message.automatic,
            to_address: message.to_address,
            internet_message_id: message.internet_message_id,
            in_reply_to: message.in_reply_to,
            references: message.references,
            language: message.language,
            article: message.article,
            helped: message.helped,
            delivery: message.delivery,
            delivery_reason: message.delivery_reason,
            may_have_arrived: message.may_have_arrived,
            created_at: message.created_at,
            attachments: message.attachments.into_iter().map(Into::into).collect(),
        }
    }
}

/// A file of a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attachment)]
pub(crate) struct AttachmentBody {
    /// Id.
    #[schema(value_type = String)]
    id: AttachmentId,
    /// Safe, redacted file name.
    file_name: String,
    /// Content type: of what came in as declared, of what goes out as its bytes show.
    content_type: String,
    /// Size in bytes.
    size_bytes: i64,
    /// SHA-256 of the bytes, hex.
    sha256: String,
}

impl From<Attachment> for AttachmentBody {
    fn from(attachment: Attachment) -> Self {
        Self {
            id: attachment.id,
            file_name: attachment.file_name,
            content_type: attachment.content_type,
            size_bytes: attachment.size_bytes,
            sha256: attachment.sha256,
        }
    }
}

/// A new message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMessage)]
pub(crate) struct NewMessageBody {
    /// To the customer, among us, or from the customer.
    kind: MessageKind,
    /// Plain text, at most 1 MiB.
    text: String,
    /// Key of the article that a reply quotes: what the customer asked is then learnt as another way to ask for it.
    #[serde(default)]
    article: Option<String>,
    /// The decision whose suggested reply this one was written from: it counts as accepted.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    draft: Option<DecisionId>,
    /// The newest message of the ticket that its writer has seen. With it a message is refused that somebody else's has
    /// overtaken (`written_meanwhile`), and one that repeats what the same token wrote a moment ago (`sent_already`).
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    seen: Option<MessageId>,
    /// Files: a reply takes them along, a note keeps them. How many and how large is a setting (`desk.attachments`).
    #[serde(default)]
    attachments: Vec<NewFileBody>,
}

/// A file to add to a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAttachment)]
pub(crate) struct NewFileBody {
    /// Its name. What is not safe in a file name is taken out, and personal data redacted.
    file_name: String,
    /// Its content type; without one, or where the bytes show another, what the bytes show.
    #[serde(default)]
    content_type: Option<String>,
    /// Its bytes as base64. Programs, documents with macros and pages with active content are refused.
    #[serde(deserialize_with = "from_base64")]
    #[schema(value_type = String)]
    content: Vec<u8>,
}

fn from_base64<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    BASE64.decode(text).map_err(|_| D::Error::custom("Write the bytes of the file as base64."))
}

/// What kind of message.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MessageKind {
    /// To the customer.
    Reply,
    /// Among us.
    Note,
    /// From the customer.
    Inbound,
}

impl NewMessageBody {
    /// The message, and its files.
    fn apart(self) -> (NewMessage, Vec<NewFile>) {
        let Self { kind, text, article, draft, seen, attachments } = self;
        let kind = match kind {
            MessageKind::Reply => NewMessageKind::Reply,
            MessageKind::Note => NewMessageKind::Note,
            MessageKind::Inbound => NewMessageKind::Inbound,
        };
        let file = |NewFileBody { file_name, content_type, content: bytes }| NewFile {
            file_name,
            content_type,
            bytes,
        };
        let files = attachments.into_iter().map(file).collect();
        (NewMessage { kind, text, article, draft, seen, solves: false }, files)
    }
}

/// All messages of a ticket, oldest first.
#[utoipa::path(get, path = "/tickets/{number}/messages", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The messages.", body = List<MessageBody>)))]
async fn list_messages(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<Json<List<MessageBody>>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    Ok(Json(List::whole(desk.ask().messages(ticket.id).await?)))
}

/// Adds a message to a ticket, perhaps with files. The text and the names of the files pass redaction before they are
/// stored. A reply is sent to the requester. With an idempotency key a repeat gets the first answer.
#[utoipa::path(post, path = "/tickets/{number}/messages", tag = "tickets", security(("token" = ["write"])),
    params(
        ("number" = i64, Path, description = "The ticket's number."),
        ("idempotency-key" = Option<String>, Header, description = ONCE),
    ),
    request_body = NewMessageBody,
    responses((status = 201, description = "The message.", body = MessageBody, headers(
        ("location" = String, description = "Address of the message."),
        ("idempotency-replayed" = String, description = "`true` when this answer was given before."),
    ))))]
async fn create_message(
    caller: Caller<Write>,
    State(api): State<Api>,
    At(number): At<i64>,
    once: Once,
    sent: Sent<NewMessageBody>,
) -> Result<Response, ApiError> {
    let ticket = ticket_at(&api.desk, number).await?;
    let Sent { value, raw } = sent;
    let (new, files) = value.apart();
    let work = |memo| Box::pin(api.desk.post_with_files(ticket.id, new, files, memo, caller.actor()));
    once.run(&api, &caller.token, &raw, made, work).await
}

fn made(message: &Message) -> Result<Made, ApiError> {
    made_at(format!("/api/v1/messages/{}", message.id), None, &MessageBody::from(message.clone()))
}

/// All attachments of a ticket, oldest first. Their bytes lie sealed: `GET /api/v1/attachments/{id}` opens one.
#[utoipa::path(get, path = "/tickets/{number}/attachments", tag = "tickets", security(("token" = ["read"])),
    params(("number" = i64, Path, description = "The ticket's number.")),
    responses((status = 200, description = "The attachments.", body = List<AttachmentBody>)))]
async fn list_attachments(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(number): At<i64>,
) -> Result<Json<List<AttachmentBody>>, ApiError> {
    let ticket = ticket_at(&desk, number).await?;
    let messages = desk.ask().messages(ticket.id).await?;
    Ok(Json(List::whole(messages.into_iter().flat_map(|m| m.attachments).collect())))
}

/// One message.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages", security(("token" = ["read"])),
    params(("id" = String, Path, description = "The message's id.")),
    responses((status = 200, description = "The message.", body = MessageBody)))]
async fn read_message(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<MessageId>,
) -> Result<Json<MessageBody>, ApiError> {
    let message = desk.ask().message(id).await?.ok_or_else(|| ApiError::missing("message", id))?;
    Ok(Json(message.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_messages, create_message))
        .layer(up_to(MESSAGE_JSON_BYTES_MAX))
        .routes(routes!(list_attachments))
        .routes(routes!(read_message))
}
