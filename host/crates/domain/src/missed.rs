//! What came in while all automation was switched off: how its ticket's story tells of it, what is still to be made up
//! for when automation is on again, and what began with it. Knows no switch and no queue.

use std::collections::BTreeSet;

use crate::ActorKind;
use crate::event::{Event, EventType};
use crate::id::EventId;
use crate::ticket::{StatusCategory, Ticket};
use crate::work::{Stamp, Work};

/// What the story says.
const WHY: &str = "all automation was switched off: no plugin was asked";

/// Whether events of this kind are made up for: what customers began and what a plugin had planned. What our people did
/// needs no plugin afterwards.
#[must_use]
pub const fn counts(kind: EventType) -> bool {
    matches!(kind, EventType::TicketCreated | EventType::MessageReceived | EventType::TimerDue)
}

/// Notes on a ticket that no plugin was asked about these events of it.
pub fn note(work: &mut Work, stamp: &Stamp<'_>, missed: &[EventId]) {
    let data = serde_json::json!({ "why": WHY, "missed": missed });
    work.record(stamp, EventType::AutomationStopped, Vec::new(), data);
}

/// The events that a note names; none where the event is no note.
#[must_use]
pub fn named(event: &Event) -> Vec<EventId> {
    if event.kind != EventType::AutomationStopped {
        return Vec::new();
    }
    let listed = event.data.get("missed").and_then(serde_json::Value::as_array);
    listed.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
}

/// Which of a note's events are still to be made up for: nothing on a ticket that is solved or closed, nothing that one
/// of our people has done something after, and of several messages only the newest, which says what is asked now.
#[must_use]
pub fn open(ticket: &Ticket, story: &[Event], note: &Event) -> Vec<EventId> {
    if matches!(ticket.status_category, StatusCategory::Solved | StatusCategory::Closed) {
        return Vec::new();
    }
    let missed = named(note);
    let is_open = |event: &&Event| missed.contains(&event.id) && !is_settled(story, event);
    story.iter().filter(is_open).map(|event| event.id).collect()
}

/// Whether a missed event is nobody's but people's by now: something later settled it, or what was noted before `left`
/// was left to them. `false` for events that no note names.
#[must_use]
pub fn is_peoples(story: &[Event], event: &Event, left: Option<EventId>) -> bool {
    let note = story.iter().rev().find(|note| named(note).contains(&event.id));
    note.is_some_and(|note| left.is_some_and(|left| note.id < left) || is_settled(story, event))
}

fn is_settled(story: &[Event], missed: &Event) -> bool {
    story.iter().any(|later| later.sequence > missed.sequence && settles(later, missed))
}

/// Whether a later event leaves nothing to make up for.
fn settles(later: &Event, missed: &Event) -> bool {
    let is_newer_message = later.kind == EventType::MessageReceived
        && missed.kind == EventType::MessageReceived
        && later.data.get("auto_class") == missed.data.get("auto_class");
    is_newer_message || matches!(later.actor.kind, ActorKind::Agent | ActorKind::Api)
}

/// The missed event that this one began with: itself, or one in the chain that led to it.
#[must_use]
pub fn root<'e>(story: &'e [Event], event: &'e Event) -> Option<&'e Event> {
    let missed: BTreeSet<EventId> = story.iter().flat_map(named).collect();
    let mut at = event;
    for _ in 0..=story.len() {
        if missed.contains(&at.id) {
            return Some(at);
        }
        let cause = at.cause?.event_id;
        if cause == at.id {
            return None;
        }
        at = story.iter().find(|event| event.id == cause)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContactId, CountingIds, TicketId};
    use crate::ticket::Channel;
    use crate::work::blank_ticket;
    use crate::{Actor, Cause, Timestamp};

    const NOW: Timestamp = Timestamp(1_772_442_000_000);

    /// A ticket with a message, both missed.
    struct Scene {
        ids: CountingIds,
        work: Work,
    }

    impl Scene {
        fn new() -> Self {
            let ids = CountingIds::default();
            let requester = ContactId::mint(&ids, NOW);
            let ticket = blank_ticket(TicketId::mint(&ids, NOW), 1, requester, Channel::Email, NOW);
            let mut scene = Self { work: Work::on(ticket), ids };
            let missed = [EventType::TicketCreated, EventType::MessageReceived]
                .map(|kind| scene.record(kind, ActorKind::Contact, None));
            note(&mut scene.work, &stamp(&scene.ids, ActorKind::System, None), &missed);
            scene
        }

        fn record(&mut self, kind: EventType, by: ActorKind, cause: Option<EventId>) -> EventId {
            self.work.record(&stamp(&self.ids, by, cause), kind, Vec::new(), serde_json::Value::Null)
        }

        fn open(&self) -> Vec<EventType> {
            let story = &self.work.events;
            let open = super::open(&self.work.ticket, story, &story[2]);
            story.iter().filter(|event| open.contains(&event.id)).map(|event| event.kind).collect()
        }
    }

    fn stamp(ids: &CountingIds, by: ActorKind, cause: Option<EventId>) -> Stamp<'_> {
        let cause = cause.map(|event_id| Cause { event_id, run_id: None, depth: 1 });
        Stamp { now: NOW, actor: Actor::new(by, "x"), cause, ids }
    }

    #[test]
    fn what_nobody_has_looked_at_is_open_and_what_plugins_and_the_house_do_settles_nothing() {
        let mut scene = Scene::new();
        scene.record(EventType::TicketTagged, ActorKind::Plugin, None);
        scene.record(EventType::MessageSent, ActorKind::System, None);
        assert_eq!(scene.open(), [EventType::TicketCreated, EventType::MessageReceived]);
    }

    #[test]
    fn what_people_have_done_something_about_is_theirs() {
        for by in [ActorKind::Agent, ActorKind::Api] {
            let mut scene = Scene::new();
            scene.record(EventType::TicketFieldChanged, by, None);
            assert!(scene.open().is_empty());
        }
        let mut scene = Scene::new();
        scene.work.ticket.status_category = StatusCategory::Closed;
        assert!(scene.open().is_empty());
    }

    #[test]
    fn of_several_messages_the_newest_is_answered() {
        let mut scene = Scene::new();
        scene.record(EventType::MessageReceived, ActorKind::Contact, None);
        assert_eq!(scene.open(), [EventType::TicketCreated]);
    }

    #[test]
    fn what_follows_from_a_missed_event_began_with_it_and_nothing_else_did() {
        let mut scene = Scene::new();
        let received = scene.work.events[1].id;
        let tagged = scene.record(EventType::TicketTagged, ActorKind::Plugin, Some(received));
        scene.record(EventType::TicketEscalated, ActorKind::Plugin, Some(tagged));
        let lost = EventId::first_at(NOW);
        scene.record(EventType::TimerDue, ActorKind::System, Some(lost));
        let story = &scene.work.events;
        let began = |event: &Event| root(story, event).map(|root| root.id);
        assert_eq!(began(&story[1]), Some(received));
        assert_eq!(began(&story[4]), Some(received));
        assert_eq!(began(&story[5]), None);
    }

    #[test]
    fn what_was_settled_or_left_to_people_since_it_was_noted_is_theirs() {
        let mut scene = Scene::new();
        let theirs = |scene: &Scene, left: Option<EventId>| {
            let story = &scene.work.events;
            super::is_peoples(story, &story[1], left)
        };
        assert!(!theirs(&scene, None));
        let note = scene.work.events[2].id;
        assert!(!theirs(&scene, Some(note)), "left before it was noted");
        let later = scene.record(EventType::TicketTagged, ActorKind::Plugin, None);
        assert!(theirs(&scene, Some(later)) && !theirs(&scene, None));
        scene.record(EventType::MessageSent, ActorKind::Agent, None);
        assert!(theirs(&scene, None));
        let story = &scene.work.events;
        assert!(!super::is_peoples(story, &story[3], None), "nobody missed that one");
    }

    #[test]
    fn a_budget_that_is_used_up_names_no_missed_event() {
        let mut scene = Scene::new();
        scene.record(EventType::AutomationStopped, ActorKind::System, None);
        assert!(named(scene.work.events.last().unwrap()).is_empty());
        assert_eq!(named(&scene.work.events[2]).len(), 2);
    }
}
