//! One person over all tables: what belongs to them, and taking all of it out again. What is left of their
//! tickets is numbers: status, category, team, times.

use std::collections::BTreeMap;

use domain::event::Change;
use domain::id::{ContactId, TicketId};
use domain::strike::Strike;
use domain::ticket::Field;

use super::reader::{Reader, all, json};
use super::retention::without_words;
use super::{Connection, Outcome, dialect, retention, strike};
use crate::records::{ERASED, Forget, erased};

/// Tickets on which the person asks or has written.
pub(crate) async fn tickets(c: &mut Connection, contact: ContactId) -> Outcome<Vec<TicketId>> {
    let rows = sqlx::query(
        "SELECT ticket_id FROM ticket WHERE requester_id = $1 \
         UNION SELECT ticket_id FROM message WHERE author_id = $1 ORDER BY ticket_id",
    )
    .bind(contact.to_string())
    .fetch_all(c)
    .await?;
    all(&rows, |row| Reader::of(row, "ticket", "ticket_id").word("ticket_id"))
}

/// What a person wrote on other people's tickets, and what else was kept of theirs. Each takes the contact's id as `$1`.
const OF_THEIRS: &[&str] = &[
    "DELETE FROM attachment WHERE message_id IN (SELECT message_id FROM message WHERE author_id = $1)",
    without_words!(" WHERE author_id = $1"),
    // The key stays, so that the request is not done a second time: it would bring the person back.
    concat!(
        "UPDATE seen SET outcome = '",
        erased!(),
        "' WHERE LENGTH(outcome) > 64 AND EXISTS (SELECT 1 FROM ticket t \
         WHERE t.requester_id = $1 AND seen.outcome LIKE '%' || t.ticket_id || '%')"
    ),
    // A schedule's run is of no ticket, and keeps what it was told of many.
    "DELETE FROM run WHERE ticket_id IS NULL AND EXISTS (SELECT 1 FROM ticket t \
     WHERE t.requester_id = $1 AND run.body LIKE '%' || t.ticket_id || '%')",
    // Whoever is called as they are may be one of our own people: so it goes from their tickets only.
    "UPDATE ticket SET assignee = NULL, version = version + 1 WHERE requester_id = $1 \
     AND LOWER(assignee) = (SELECT LOWER(c.name) FROM contact c WHERE c.contact_id = $1)",
];

/// Each takes a pattern that finds the person's address as `$1`.
const WITH_THEIR_ADDRESS: &[&str] = &[
    concat!("UPDATE seen SET outcome = '", erased!(), "' WHERE LOWER(outcome) LIKE $1 ESCAPE '\\'"),
    "DELETE FROM run WHERE ticket_id IS NULL AND LOWER(body) LIKE $1 ESCAPE '\\'",
    "UPDATE job SET error = '' WHERE LOWER(error) LIKE $1 ESCAPE '\\'",
    "UPDATE dead_job SET error = '' WHERE LOWER(error) LIKE $1 ESCAPE '\\'",
    "UPDATE message SET delivery_reason = NULL WHERE LOWER(delivery_reason) LIKE $1 ESCAPE '\\'",
];

/// Tickets on which the person asks.
async fn asked(c: &mut Connection, contact: &str) -> Outcome<Vec<TicketId>> {
    let rows = sqlx::query("SELECT ticket_id FROM ticket WHERE requester_id = $1 ORDER BY ticket_id")
        .bind(contact)
        .fetch_all(c)
        .await?;
    all(&rows, |row| Reader::of(row, "ticket", "ticket_id").word("ticket_id"))
}

pub(crate) async fn forget(c: &mut Connection, forget: &Forget) -> Outcome<()> {
    let contact = forget.contact_id.to_string();
    sqlx::query("DELETE FROM vault_key WHERE contact_id = $1").bind(&contact).execute(&mut *c).await?;
    for ticket in asked(c, &contact).await? {
        retention::forget_ticket(c, ticket).await?;
    }
    let files = retention::files(c, retention::OF_AUTHOR, &contact).await?;
    for statement in OF_THEIRS {
        sqlx::query(*statement).bind(&contact).execute(&mut *c).await?;
    }
    retention::drop_unused(c, &files).await?;
    for address in &forget.addresses {
        forget_address(c, address).await?;
    }
    for digest in &forget.digests {
        sqlx::query("UPDATE redaction SET sealed = NULL WHERE digest = $1")
            .bind(digest)
            .execute(&mut *c)
            .await?;
    }
    sqlx::query(
        "UPDATE contact SET name = NULL, email = $2, locale = NULL, time_zone = NULL, verified = FALSE, \
         proactive_consent = FALSE WHERE contact_id = $1",
    )
    .bind(&contact)
    .bind(&forget.address_after)
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// Takes an address out of whatever has it in its words.
async fn forget_address(c: &mut Connection, address: &str) -> Outcome<()> {
    let pattern = format!("%{}%", like(address));
    forget_keys(c, address, &pattern).await?;
    // As callers write it who make a key fit for an address of the web.
    let escaped = address.replace('@', "%40");
    forget_keys(c, &escaped, &format!("%{}%", like(&escaped))).await?;
    for statement in WITH_THEIR_ADDRESS {
        sqlx::query(*statement).bind(&pattern).execute(&mut *c).await?;
    }
    forget_assignee(c, address, &pattern).await?;
    dialect::forget_values(c, address).await?;
    sqlx::query("DELETE FROM suppression WHERE address = $1").bind(address).execute(c).await?;
    Ok(())
}

/// Where the person was in charge of a ticket, whosever it is, nobody is; that somebody was stays in its story.
async fn forget_assignee(c: &mut Connection, address: &str, pattern: &str) -> Outcome<()> {
    sqlx::query(
        "UPDATE ticket SET assignee = NULL, version = version + 1 WHERE LOWER(COALESCE(assignee, '')) = $1",
    )
    .bind(address)
    .execute(&mut *c)
    .await?;
    let rows = sqlx::query(
        "SELECT event_id, ticket_id, changes FROM event \
         WHERE ticket_id IS NOT NULL AND LOWER(changes) LIKE $1 ESCAPE '\\'",
    )
    .bind(pattern)
    .fetch_all(&mut *c)
    .await?;
    let with_it = all(&rows, |row| {
        let r = Reader::of(row, "event", "event_id");
        Ok((
            r.get::<String>("event_id")?,
            r.word::<TicketId>("ticket_id")?,
            r.json::<Vec<Change>>("changes")?,
        ))
    })?;
    let mut told: BTreeMap<TicketId, Vec<String>> = BTreeMap::new();
    for (event_id, ticket, mut changes) in with_it {
        let spelt = take_out(&mut changes, address);
        if spelt.is_empty() {
            continue;
        }
        told.entry(ticket).or_default().extend(spelt);
        sqlx::query("UPDATE event SET changes = $2 WHERE event_id = $1")
            .bind(event_id)
            .bind(json(&changes)?)
            .execute(&mut *c)
            .await?;
    }
    for (ticket, spelt) in told {
        let values = Strike::new(spelt.into_iter().map(|value| (value, ERASED.to_owned())));
        strike::out_of(c, ticket, &values).await?;
    }
    Ok(())
}

/// Takes an address out of who was in charge; gives it as it was written.
fn take_out(changes: &mut [Change], address: &str) -> Vec<String> {
    let assignee = Field::Assignee.to_string();
    let of_it = changes.iter_mut().filter(|change| change.field == assignee);
    let values = of_it.flat_map(|change| change.from.iter_mut().chain(&mut change.to));
    let theirs = values.filter(|value| value.to_lowercase() == address);
    theirs.map(|value| std::mem::replace(value, ERASED.to_owned())).collect()
}

/// A key is the caller's own word: one that has their address in it cannot stay.
async fn forget_keys(c: &mut Connection, address: &str, pattern: &str) -> Outcome<()> {
    let keys: Vec<(String, String)> =
        sqlx::query_as("SELECT source, external_id FROM seen WHERE LOWER(external_id) LIKE $1 ESCAPE '\\'")
            .bind(pattern)
            .fetch_all(&mut *c)
            .await?;
    for (source, key) in keys.iter().filter(|(_, key)| has_address(key, address)) {
        sqlx::query("DELETE FROM seen WHERE source = $1 AND external_id = $2")
            .bind(source)
            .bind(key)
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

/// Whether a key has this address in it, not only a longer one that it is a piece of: `anna@shop.de` has no `a@shop.de`.
/// What may belong to either, a digit or a sign, leaves the address whole (`order-ana@shop.de-17`, `%3Cana@shop.de`): then
/// the key goes.
fn has_address(key: &str, address: &str) -> bool {
    let key = key.to_lowercase();
    key.match_indices(address).any(|(at, found)| {
        let (before, from) = key.split_at(at);
        let after = from.strip_prefix(found).unwrap_or_default();
        let is_begun_before = before.ends_with(char::is_alphabetic) && !ends_escaped(before);
        !is_begun_before && !after.starts_with(char::is_alphabetic)
    })
}

/// Whether a text ends with a sign as addresses of the web write it: `%3C`.
fn ends_escaped(text: &str) -> bool {
    matches!(text.as_bytes(), [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// A text as it is meant in a pattern.
fn like(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
