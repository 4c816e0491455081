//! Merging: a ticket that turns out to be about the same thing as another one of the same customer goes on there, and
//! can be taken out again. Changes works and their events; knows no store and moves no message. Whatever was merged is
//! one step from where it goes on: there are no chains.

use crate::event::EventType;
use crate::ticket::{Field, StatusCategory, Ticket};
use crate::work::{Stamp, Work};
use crate::{Actor, Refusal};

/// Why nothing comes of what plugins propose for a merged ticket, and of automatic mail that waits on it.
pub const MERGED: &str = "the ticket was merged into another one";

/// Merges a ticket into another one: it is closed and goes on there. The other one gets its tags, and is open again
/// where the merged one waited for people; its fields stay.
///
/// # Errors
/// A refusal when they are the same ticket, one of them is merged already, or they are of different customers.
pub fn merge(from: &mut Work, into: &mut Work, stamp: &Stamp<'_>) -> Result<(), Refusal> {
    may_merge(&from.ticket, &into.ticket)?;
    let waited = matches!(from.ticket.status_category, StatusCategory::New | StatusCategory::Open);
    from.ticket.merged_into = Some(into.ticket.id);
    from.record(stamp, EventType::TicketMerged, Vec::new(), told_of(&into.ticket));
    set_status(from, stamp, StatusCategory::Closed)?;
    into.record(stamp, EventType::TicketTookIn, Vec::new(), told_of(&from.ticket));
    // One that finds no room stays where it is; nothing is lost by that.
    from.ticket.tags.iter().for_each(|tag| drop(into.add_tag(stamp, tag)));
    let newest = into.ticket.last_customer_message_at.max(from.ticket.last_customer_message_at);
    into.ticket.last_customer_message_at = newest;
    into.ticket.last_reply_at = into.ticket.last_reply_at.max(from.ticket.last_reply_at);
    let rests = matches!(
        into.ticket.status_category,
        StatusCategory::Pending | StatusCategory::Solved | StatusCategory::Closed
    );
    if waited && rests {
        set_status(into, stamp, StatusCategory::Open)?;
    }
    Ok(())
}

/// What had been merged into a ticket goes on with it: on the one that it was merged into.
pub fn follow(child: &mut Work, into: &mut Work, stamp: &Stamp<'_>) {
    child.ticket.merged_into = Some(into.ticket.id);
    child.record(stamp, EventType::TicketMerged, Vec::new(), told_of(&into.ticket));
    into.record(stamp, EventType::TicketTookIn, Vec::new(), told_of(&child.ticket));
}

/// Takes a merge back: the ticket goes on by itself, open. What the other one got by the merge stays there.
///
/// # Errors
/// A refusal when the ticket is not merged into that one.
pub fn unmerge(from: &mut Work, into: &mut Work, stamp: &Stamp<'_>) -> Result<(), Refusal> {
    if from.ticket.merged_into != Some(into.ticket.id) {
        return Err(not_merged(&from.ticket));
    }
    from.ticket.merged_into = None;
    from.record(stamp, EventType::TicketUnmerged, Vec::new(), told_of(&into.ticket));
    set_status(from, stamp, StatusCategory::Open)?;
    into.record(stamp, EventType::TicketLetGo, Vec::new(), told_of(&from.ticket));
    Ok(())
}

fn may_merge(from: &Ticket, into: &Ticket) -> Result<(), Refusal> {
    if from.id == into.id {
        let sentence = "A ticket cannot be merged into itself: give the number of another one.";
        return Err(Refusal::new("same_ticket", sentence).at("into"));
    }
    if from.merged_into.is_some() {
        let sentence = format!("Ticket #{} is merged already: take that merge back first.", from.number);
        return Err(Refusal::new("merged", sentence));
    }
    if into.merged_into.is_some() {
        let sentence = format!(
            "Ticket #{} was merged itself: give the number of the one where it goes on.",
            into.number
        );
        return Err(Refusal::new("merged", sentence).at("into"));
    }
    if from.requester_id != into.requester_id {
        let sentence = format!(
            "Ticket #{} is of another customer, who would read what is not theirs: answer both, or write a note that names the other.",
            into.number
        );
        return Err(Refusal::new("other_customer", sentence).at("into"));
    }
    Ok(())
}

/// The refusal to merge into a ticket that there is not.
#[must_use]
pub fn no_ticket(into: i64) -> Refusal {
    let sentence = format!("There is no ticket #{into}: look at its number again.");
    Refusal::new("no_ticket", sentence).at("into")
}

/// The refusal to merge a ticket into one that goes on as it.
#[must_use]
pub fn goes_on_here(named: &Ticket, home: &Ticket) -> Refusal {
    let sentence = format!(
        "Ticket #{} goes on as #{} already: take that merge back first if it shall be the other way round.",
        named.number, home.number
    );
    Refusal::new("same_ticket", sentence).at("into")
}

/// The refusal of whatever somebody wants to do on a ticket that goes on as the one of this number.
#[must_use]
pub fn goes_on_elsewhere(ticket: &Ticket, number: i64) -> Refusal {
    let sentence = format!(
        "Ticket #{} was merged into #{number}: go on there, or take the merge back first.",
        ticket.number
    );
    Refusal::new("merged", sentence)
}

/// The refusal to take back a merge that there is not.
#[must_use]
pub fn not_merged(ticket: &Ticket) -> Refusal {
    let sentence = format!("Ticket #{} is not merged into another one: look at it again.", ticket.number);
    Refusal::new("not_merged", sentence)
}

/// The status follows from the merge, whoever set it last: nobody's own word about it is made of that.
fn set_status(work: &mut Work, stamp: &Stamp<'_>, status: StatusCategory) -> Result<bool, Refusal> {
    let house = Stamp { actor: Actor::system(), ..stamp.clone() };
    work.set_field(&house, &Field::Status, status.as_str())
}

/// What an event says of the other ticket.
fn told_of(other: &Ticket) -> serde_json::Value {
    serde_json::json!({ "ticket_id": other.id, "number": other.number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContactId, CountingIds, TicketId};
    use crate::ticket::Channel;
    use crate::work::blank_ticket;
    use crate::{ActorKind, Timestamp};

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    /// Two tickets of one customer, #12 and #10, in these states.
    fn pair(ids: &CountingIds, from: StatusCategory, into: StatusCategory) -> (Work, Work) {
        let customer = ContactId::mint(ids, NOW);
        let work = |number: i64, status: StatusCategory| {
            let ticket = blank_ticket(TicketId::mint(ids, NOW), number, customer, Channel::Email, NOW);
            Work::on(Ticket { status: status.to_string(), status_category: status, ..ticket })
        };
        (work(12, from), work(10, into))
    }

    fn kim(ids: &CountingIds) -> Stamp<'_> {
        Stamp { now: NOW, actor: Actor::new(ActorKind::Agent, "kim"), cause: None, ids }
    }

    fn kinds(work: &Work) -> Vec<&'static str> {
        work.events.iter().map(|event| event.kind.as_str()).collect()
    }

    #[test]
    fn a_merged_ticket_is_closed_and_both_stories_tell_it() {
        let ids = CountingIds::default();
        let (mut from, mut into) = pair(&ids, StatusCategory::Open, StatusCategory::Pending);
        from.ticket.tags.insert("parcel".to_owned());
        from.ticket.last_customer_message_at = Some(NOW);
        from.ticket.last_reply_at = Some(NOW);
        from.ticket.priority = crate::ticket::Priority::Urgent;
        merge(&mut from, &mut into, &kim(&ids)).unwrap();
        assert_eq!(from.ticket.merged_into, Some(into.ticket.id));
        assert_eq!(from.ticket.status_category, StatusCategory::Closed);
        assert!(from.ticket.set_by_hand.is_empty(), "closing was nobody's word about the status");
        assert_eq!(kinds(&from), ["ticket.merged", "ticket.field_changed"]);
        assert_eq!(kinds(&into), ["ticket.took_in", "ticket.tagged", "ticket.field_changed"]);
        assert_eq!(
            (from.events[0].data["number"].as_i64(), into.events[0].data["number"].as_i64()),
            (Some(10), Some(12))
        );
        assert!(into.ticket.tags.contains("parcel"));
        assert_eq!(into.ticket.priority, crate::ticket::Priority::Normal, "its fields stay");
        assert_eq!(into.ticket.last_customer_message_at, Some(NOW));
        assert_eq!(into.ticket.last_reply_at, Some(NOW), "it was answered: nobody answers again by himself");
    }

    #[test]
    fn the_other_ticket_opens_only_where_somebody_waited_and_it_rested() {
        use StatusCategory::{Closed, New, OnHold, Open, Pending, Solved};
        for (from, into, after) in [
            (New, Pending, Open),
            (Open, Solved, Open),
            (New, Closed, Open),
            (Open, New, New),
            (Open, OnHold, OnHold),
            (Solved, Pending, Pending),
            (Closed, Closed, Closed),
        ] {
            let ids = CountingIds::default();
            let (mut one, mut other) = pair(&ids, from, into);
            merge(&mut one, &mut other, &kim(&ids)).unwrap();
            assert_eq!(other.ticket.status_category, after, "{from} into {into}");
        }
    }

    #[test]
    fn no_merge_into_itself_into_a_merged_one_twice_or_to_another_customer() {
        let ids = CountingIds::default();
        let stamp = kim(&ids);
        let (from, into) = pair(&ids, StatusCategory::Open, StatusCategory::Open);
        let code = |from: &Work, into: &Work| {
            let (mut from, mut into) = (from.clone(), into.clone());
            let refusal = merge(&mut from, &mut into, &stamp).unwrap_err();
            assert!(!from.is_changed() && !into.is_changed());
            refusal.code
        };
        assert_eq!(code(&from, &from), "same_ticket");
        let (_, third) = pair(&ids, StatusCategory::Open, StatusCategory::Open);
        assert_eq!(code(&from, &third), "other_customer");
        let mut merged = from.clone();
        merged.ticket.merged_into = Some(third.ticket.id);
        assert_eq!((code(&merged, &into), code(&into, &merged)), ("merged", "merged"));
        assert!(goes_on_elsewhere(&merged.ticket, 10).sentence.contains("#10"));
    }

    #[test]
    fn what_was_merged_into_a_ticket_goes_on_with_it_and_all_stories_tell_it() {
        let ids = CountingIds::default();
        let (mut child, mut into) = pair(&ids, StatusCategory::Closed, StatusCategory::Open);
        child.ticket.merged_into = Some(TicketId::mint(&ids, NOW));
        follow(&mut child, &mut into, &kim(&ids));
        assert_eq!(child.ticket.merged_into, Some(into.ticket.id));
        assert_eq!((kinds(&child), kinds(&into)), (vec!["ticket.merged"], vec!["ticket.took_in"]));
        assert_eq!(child.events[0].data["number"].as_i64(), Some(10));
    }

    #[test]
    fn a_merge_is_taken_back_once_and_both_stories_tell_it() {
        let ids = CountingIds::default();
        let stamp = kim(&ids);
        let (mut from, mut into) = pair(&ids, StatusCategory::Open, StatusCategory::Open);
        merge(&mut from, &mut into, &stamp).unwrap();
        let (mut from, mut into) = (Work::on(from.ticket), Work::on(into.ticket));
        unmerge(&mut from, &mut into, &stamp).unwrap();
        assert_eq!((from.ticket.merged_into, from.ticket.status_category), (None, StatusCategory::Open));
        assert_eq!(from.ticket.solved_at, None);
        assert_eq!(kinds(&from), ["ticket.unmerged", "ticket.field_changed"]);
        assert_eq!(kinds(&into), ["ticket.let_go"]);
        assert_eq!(unmerge(&mut from, &mut into, &stamp).unwrap_err().code, "not_merged");
    }
}
