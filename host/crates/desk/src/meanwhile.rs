//! What happened on a ticket while a person wrote, and what their answer makes needless. Decides from what was read;
//! sends nothing.

use channels::email::File;
use domain::clock::MINUTE_MS;
use domain::contact::Contact;
use domain::message::{Delivery, Direction, Message};
use domain::snapshot::TicketView;
use domain::work::{Stamp, Work};
use domain::{Actor, Refusal};
use store::Fact;

use crate::deliver::suppress;
use crate::people::{NewMessage, NewMessageKind};

/// Within so long the same words of the same person to the same ticket are taken for a slip, milliseconds.
const SLIP_MS: i64 = 10 * MINUTE_MS;
/// What a held automatic message says when a person has answered instead.
pub(crate) const ANSWERED: &str = "a person has answered meanwhile";

/// Refuses what its writer would not have sent, had they looked: see `NewMessage::seen`. Where the requester was erased
/// nobody is answered, and nothing more is taken in as their words: notes are kept.
pub(crate) fn check(
    view: &TicketView,
    new: &NewMessage,
    text: &str,
    files: &[File],
    writer: &Actor,
    stamp: &Stamp<'_>,
) -> Result<(), Refusal> {
    if view.requester.as_ref().is_none_or(Contact::is_erased) {
        of_somebody_left(new.kind)?;
    }
    let Some(seen) = new.seen else { return Ok(()) };
    let direction = new.kind.direction();
    let is_own = |m: &&Message| m.author == *writer && m.direction == direction;
    let has_gone = |m: &Message| !matches!(m.delivery, Delivery::Failed | Delivery::Suppressed);
    let has_files =
        |m: &Message| m.attachments.iter().map(|file| &file.sha256).eq(files.iter().map(|file| &file.sha256));
    let is_slip =
        |m: &Message| m.text == text && has_files(m) && has_gone(m) && stamp.now.0 - m.created_at.0 < SLIP_MS;
    if view.messages.iter().filter(is_own).any(is_slip) {
        let sentence =
            "The same text was sent on this ticket a moment ago. Change it if it shall go once more.";
        return Err(Refusal::new("sent_already", sentence).at("text"));
    }
    // What was merged in is of another ticket: `seen` is one of this ticket's own messages.
    let newer = view.messages.iter().filter(|m| m.id > seen && m.ticket_id == view.ticket.id);
    if newer.into_iter().any(|m| m.author != *writer) {
        let sentence = "Somebody else wrote on this ticket meanwhile. Read it, then send again.";
        return Err(Refusal::new("written_meanwhile", sentence).at("seen"));
    }
    Ok(())
}

/// Refuses what only somebody who is still there can be told or can have written.
fn of_somebody_left(kind: NewMessageKind) -> Result<(), Refusal> {
    let sentence = match kind {
        NewMessageKind::Reply => "This person was erased: nobody is left to answer. Keep a note instead.",
        NewMessageKind::Inbound => {
            "This person was erased: what they write now belongs on a new ticket (POST /api/v1/tickets)."
        }
        NewMessageKind::Note => return Ok(()),
    };
    Err(Refusal::new("erased", sentence).at("kind"))
}

/// Takes back what plugins wrote to the customer and the gate holds, for this reason: a person has answered instead, or
/// the ticket goes on elsewhere.
pub(crate) fn withdraw_held(
    work: &mut Work,
    view: &TicketView,
    stamp: &Stamp<'_>,
    reason: &str,
) -> Vec<Fact> {
    let is_held =
        |m: &&Message| m.direction == Direction::Outbound && m.automatic && m.delivery == Delivery::Held;
    view.messages.iter().filter(is_held).map(|held| suppress(work, stamp, held.id, reason)).collect()
}
