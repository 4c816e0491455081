//! Contacts: who asks.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::address::canonical_address;
use domain::contact::Contact;
use domain::id::ContactId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Admin, Caller, Read, Reveal, Write};
use crate::error::ApiError;
use crate::extract::{Asked, At, NoQuery, NotHead, Sent, never_null};
use crate::page::{List, Paging};
use crate::words::Time;

/// Somebody who writes to us.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub(crate) struct ContactBody {
    /// Id.
    #[schema(value_type = String)]
    id: ContactId,
    /// Display name.
    #[schema(required)]
    name: Option<String>,
    /// Address, lower case.
    email: String,
    /// BCP 47 locale, when known.
    #[schema(required)]
    locale: Option<String>,
    /// IANA time zone, when known.
    #[schema(required)]
    time_zone: Option<String>,
    /// Whether the address has proved to be theirs.
    verified: bool,
    /// Whether notices that they did not ask for may go to them: they may until the person ends them, with the link in a
    /// notice or by telling you.
    proactive_consent: bool,
    /// Created.
    #[schema(value_type = Time)]
    created_at: Timestamp,
}

impl From<Contact> for ContactBody {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.id,
            name: contact.name,
            email: contact.email,
            locale: contact.locale,
            time_zone: contact.time_zone,
            verified: contact.verified,
            proactive_consent: contact.proactive_consent,
            created_at: contact.created_at,
        }
    }
}

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactsQuery {
    /// Only the one with this address.
    email: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items of the page, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Lists contacts.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(ContactsQuery), security(("token" = ["read"])),
    responses((status = 200, description = "A page of contacts.", body = List<ContactBody>)))]
async fn list_contacts(
    _: Caller<Read>,
    State(desk): State<Desk>,
    Asked(query): Asked<ContactsQuery>,
) -> Result<Json<List<ContactBody>>, ApiError> {
    if let Some(email) = query.email {
        let found = desk.ask().contact_by_email(&canonical_address(&email)).await?;
        return Ok(Json(List::whole(found.into_iter().collect())));
    }
    let paging = Paging::of::<ContactId>(query.cursor, query.limit)?;
    let found = desk.ask().contacts(&paging.page()).await?;
    Ok(Json(paging.cut(found, |contact| contact.id.to_string())))
}

/// One contact.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", security(("token" = ["read"])),
    params(("id" = String, Path, description = "The contact's id.")),
    responses((status = 200, description = "The contact.", body = ContactBody)))]
async fn read_contact(
    _: Caller<Read>,
    State(desk): State<Desk>,
    _: NoQuery,
    At(id): At<ContactId>,
) -> Result<Json<ContactBody>, ApiError> {
    let contact = desk.ask().contact(id).await?.ok_or_else(|| ApiError::missing("contact", id))?;
    Ok(Json(contact.into()))
}

/// What is changed of a contact; what is absent stays, and null is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactChanges)]
pub(crate) struct ContactChangesBody {
    /// Whether notices that they did not ask for may go to them, as the person told you.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(value_type = bool, required = false)]
    proactive_consent: Option<bool>,
}

/// Writes down what a contact told you: whether they want notices. In the audit trail; the same again changes nothing.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", security(("token" = ["write"])),
    params(("id" = String, Path, description = "The contact's id.")),
    request_body = ContactChangesBody,
    responses(
        (status = 200, description = "The contact as it is now.", body = ContactBody),
        (status = 422, description = "A value cannot be accepted, or the person was erased (`erased`)."),
    ))]
async fn change_contact(
    caller: Caller<Write>,
    State(desk): State<Desk>,
    At(id): At<ContactId>,
    sent: Sent<ContactChangesBody>,
) -> Result<Json<ContactBody>, ApiError> {
    let contact = match sent.value.proactive_consent {
        Some(consent) => desk.set_consent(id, consent, caller.actor()).await?,
        None => desk.ask().contact(id).await?.ok_or_else(|| ApiError::missing("contact", id))?,
    };
    Ok(Json(contact.into()))
}

/// What an erasure came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erased)]
pub(crate) struct ErasedBody {
    /// The contact, of whom only this id is left.
    #[schema(value_type = String)]
    contact_id: ContactId,
    /// Tickets of theirs, of which numbers are left.
    tickets: usize,
    /// Messages whose words went.
    messages: usize,
    /// Sealed values that nobody can read any more.
    values: usize,
}

/// Everything that is kept of a person, with the values behind placeholders (Art. 15 GDPR) and the bytes of attachments
/// as base64 in `content`: 64 MiB of files in all, of others a `note` says how to get them. In the audit trail; HEAD is refused.
#[utoipa::path(get, path = "/contacts/{id}/export", tag = "contacts", security(("token" = ["reveal"])),
    params(("id" = String, Path, description = "The contact's id.")),
    responses((status = 200, description = "All of it.", body = Object)))]
async fn export_contact(
    caller: Caller<Reveal>,
    State(desk): State<Desk>,
    _: NotHead,
    _: NoQuery,
    At(id): At<ContactId>,
) -> Result<Json<serde_json::Value>, ApiError> {
    Ok(Json(desk.export_person(id, caller.actor()).await?))
}

/// Takes a person out of everything (Art. 17 GDPR). Numbers of their tickets stay. Cannot be undone. Erasing again takes
/// out what was written on their tickets since.
#[utoipa::path(delete, path = "/contacts/{id}", tag = "contacts", security(("token" = ["admin"])),
    params(("id" = String, Path, description = "The contact's id.")),
    responses(
        (status = 200, description = "What it came to.", body = ErasedBody),
        (status = 422, description = "A ticket of theirs is on legal hold (`legal_hold`)."),
    ))]
async fn erase_contact(
    caller: Caller<Admin>,
    State(desk): State<Desk>,
    At(id): At<ContactId>,
) -> Result<Json<ErasedBody>, ApiError> {
    let desk::Erased { contact_id, tickets, messages, values } =
        desk.erase_person(id, caller.actor()).await?;
    Ok(Json(ErasedBody { contact_id, tickets, messages, values }))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts))
        .routes(routes!(read_contact, change_contact, erase_contact))
        .routes(routes!(export_contact))
}
