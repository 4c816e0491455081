//! Contacts: who asks.

use axum::Json;
use axum::extract::State;
use desk::Desk;
use domain::Timestamp;
use domain::contact::{Contact, canonical_address};
use domain::id::ContactId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::{Caller, Read};
use crate::error::ApiError;
use crate::extract::{Asked, At};
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
    /// Whether proactive mail is allowed.
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
    At(id): At<ContactId>,
) -> Result<Json<ContactBody>, ApiError> {
    let contact = desk.ask().contact(id).await?.ok_or_else(|| ApiError::missing("contact", id))?;
    Ok(Json(contact.into()))
}

/// Routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_contacts)).routes(routes!(read_contact))
}
