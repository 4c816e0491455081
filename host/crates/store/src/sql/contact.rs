//! Contacts.

use domain::address::sides;
use domain::contact::Contact;
use domain::id::ContactId;

use super::reader::{Reader, all, below, one, plain};
use super::script::Statement;
use super::{Connection, Outcome, Row, unique};
use crate::error::StoreError;
use crate::records::Page;

macro_rules! select_contact {
    ($rest:literal) => {
        concat!(
            "SELECT contact_id, name, email, locale, time_zone, verified, proactive_consent, ",
            "created_at AS contact_created_at FROM contact ",
            $rest
        )
    };
}

/// Reads a contact; the time of its making is called `contact_created_at`, so that it can be read from a
/// join with its ticket as well.
pub(crate) fn read(row: &Row) -> Result<Contact, StoreError> {
    let r = Reader::of(row, "contact", "contact_id");
    Ok(Contact {
        id: r.word("contact_id")?,
        name: r.get("name")?,
        email: r.get("email")?,
        locale: r.get("locale")?,
        time_zone: r.get("time_zone")?,
        verified: r.get("verified")?,
        proactive_consent: r.get("proactive_consent")?,
        created_at: r.at("contact_created_at")?,
    })
}

pub(crate) fn put(contact: &Contact) -> Statement {
    Statement::new(
        "INSERT INTO contact (contact_id, name, email, locale, time_zone, verified, proactive_consent, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (contact_id) DO UPDATE SET name = excluded.name, \
         email = excluded.email, locale = excluded.locale, time_zone = excluded.time_zone, \
         verified = excluded.verified, proactive_consent = excluded.proactive_consent",
    )
    .bind(contact.id.to_string())
    .bind(contact.name.as_deref().map(plain))
    .bind(plain(&contact.email))
    .bind(contact.locale.as_deref())
    .bind(contact.time_zone.as_deref())
    .bind(contact.verified)
    .bind(contact.proactive_consent)
    .bind(contact.created_at.0)
    .unique("contact_email")
}

/// What a message tells of a contact. The address has to be what it was: who was erased meanwhile stays so.
pub(crate) fn learn(id: ContactId, email: &str, name: Option<&str>, verified: bool) -> Statement {
    Statement::new(
        "UPDATE contact SET name = COALESCE(name, $1), verified = (verified OR $2) \
         WHERE contact_id = $3 AND email = $4",
    )
    .bind(name.map(plain))
    .bind(verified)
    .bind(id.to_string())
    .bind(plain(email))
}

/// Another spelling of the same address, with the messages that went there: they lie on the contact's tickets.
pub(crate) async fn respell(c: &mut Connection, id: ContactId, was: &str, now: &str) -> Outcome<()> {
    let id = id.to_string();
    let done = sqlx::query("UPDATE contact SET email = $1 WHERE contact_id = $2 AND email = $3")
        .bind(plain(now))
        .bind(&id)
        .bind(was)
        .execute(&mut *c)
        .await
        .map_err(unique("contact_email"))?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query(
        "UPDATE message SET to_address = $1, to_domain = $2 WHERE to_address = $3 \
         AND ticket_id IN (SELECT ticket_id FROM ticket WHERE requester_id = $4)",
    )
    .bind(plain(now))
    .bind(sides(now).map(|(_, domain)| domain))
    .bind(was)
    .bind(&id)
    .execute(c)
    .await?;
    Ok(())
}

/// Whether somebody wants notices. The address has to be what it was, as above.
pub(crate) async fn set_consent(
    c: &mut Connection,
    id: ContactId,
    email: &str,
    consent: bool,
) -> Outcome<()> {
    let done = sqlx::query("UPDATE contact SET proactive_consent = $1 WHERE contact_id = $2 AND email = $3")
        .bind(consent)
        .bind(id.to_string())
        .bind(plain(email))
        .execute(c)
        .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale("contact").into()) }
}

pub(crate) async fn by_id(c: &mut Connection, id: &str) -> Outcome<Option<Contact>> {
    let row = sqlx::query(select_contact!("WHERE contact_id = $1")).bind(id).fetch_optional(c).await?;
    one(row, read)
}

pub(crate) async fn by_email(c: &mut Connection, email: &str) -> Outcome<Option<Contact>> {
    let row = sqlx::query(select_contact!("WHERE email = $1")).bind(email).fetch_optional(c).await?;
    one(row, read)
}

pub(crate) async fn list(c: &mut Connection, page: &Page) -> Outcome<Vec<Contact>> {
    let rows = sqlx::query(select_contact!("WHERE contact_id < $1 ORDER BY contact_id DESC LIMIT $2"))
        .bind(below(page))
        .bind(i64::from(page.limit))
        .fetch_all(c)
        .await?;
    all(&rows, read)
}

/// Looks at every contact: for once, not for every day.
pub(crate) async fn beyond_ascii(c: &mut Connection) -> Outcome<Vec<Contact>> {
    let rows = sqlx::query(select_contact!("WHERE LENGTH(email) <> OCTET_LENGTH(email) ORDER BY contact_id"))
        .fetch_all(c)
        .await?;
    all(&rows, read)
}
