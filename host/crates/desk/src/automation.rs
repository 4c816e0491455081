//! The switch for all automation, and what came in while it was off: noted on its ticket, and made up for a slice at a
//! time once it is on again. What is still to be made up for, `domain::missed` says; it is worked like every turn.

use std::collections::BTreeMap;

use domain::clock::{HOUR_MS, MINUTE_MS, SECOND_MS};
use domain::event::Event;
use domain::id::{EventId, TicketId};
use domain::job::NewJob;
use domain::missed;
use domain::ticket::Ticket;
use domain::work::Work;
use domain::{Actor, Timestamp};
use serde_json::Value;
use store::{Commit, Fact, StoreError};

use crate::bench::Bench;
use crate::plugins::{AUTOMATION, Roster};
use crate::races::Races;
use crate::turn::listens;
use crate::{Desk, DeskError};

/// Name of the setting that remembers since when automation was off, and until when.
const GAP: &str = "automation.gap";
/// Name of the setting that remembers how far the gap was made up for.
const MADE_UP_TO: &str = "automation.made_up_to";
/// Name of the setting that remembers when what was missed was last left to people.
const LEFT: &str = "automation.left_to_people";
/// Under this name a note is remembered as made up for: once.
const SOURCE: &str = "automation.made_up";

/// How long it takes until every host knows of the switch and has written what it began before, milliseconds.
const KNOWN_AFTER_MS: i64 = 30 * SECOND_MS;
/// How long after that notes are still looked for: a turn may be long under way, and a host that did not reach the
/// database has not heard of the switch.
const LATE_NOTES_MS: i64 = HOUR_MS;
/// Events that are read at a time.
const EVENTS_AT_A_TIME: i64 = 1_000;
/// Notes that are made up for at a time: each may mean reading a whole story.
const NOTES_AT_A_TIME: usize = 50;
/// Nothing is made up for while so many lanes have work, and no more than up to that: what comes in now goes first.
const READY_MAX: i64 = 200;

/// A time during which automation was off and that is to be made up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Gap {
    /// Older than every event in it.
    from: EventId,
    /// Its end; none: automation is off.
    until: Option<Timestamp>,
}

impl Gap {
    /// Where no more notes of it are looked for; none: automation is off.
    fn end(self) -> Option<Timestamp> {
        self.until.map(|until| until.plus(LATE_NOTES_MS))
    }

    fn is_made_up_for(self, made_up_to: Option<EventId>) -> bool {
        let end = self.end().map(EventId::first_at);
        end.zip(made_up_to).is_some_and(|(end, made_up_to)| made_up_to >= end)
    }

    /// The event after which it goes on.
    fn rest(self, made_up_to: Option<EventId>) -> EventId {
        made_up_to.map_or(self.from, |made_up_to| made_up_to.max(self.from))
    }
}

/// What each turn has to know of the times automation was off.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gaps {
    /// Whether there was one: else no story tells of a missed event.
    any: bool,
    /// What was noted before this was left to people.
    left: Option<EventId>,
}

/// What is made up for at a time.
#[derive(Default)]
struct Slice {
    facts: Vec<Fact>,
    /// Notes and turns among that.
    notes: usize,
    turns: usize,
    /// The newest event that was looked at.
    reached: Option<EventId>,
    /// Tickets with their stories, each read once.
    read: BTreeMap<TicketId, Option<(Ticket, Vec<Event>)>>,
}

impl Desk {
    /// Whether automation is on (the kill switch).
    pub async fn automation_on(&self) -> bool {
        self.roster().await.automation
    }

    /// Switches all automation off or on. Redaction stays on: it protects, it does not act. What came in while it was
    /// off is made up for (`make_up`).
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn set_automation(&self, on: bool, actor: Actor) -> Result<(), DeskError> {
        self.switch(on, true, actor).await
    }

    /// Switches automation on and leaves what came in meanwhile to people; what of it is not yet made up for, where
    /// automation is on already.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn set_automation_on_leaving_missed(&self, actor: Actor) -> Result<(), DeskError> {
        self.switch(true, false, actor).await
    }

    async fn switch(&self, on: bool, make_up: bool, actor: Actor) -> Result<(), DeskError> {
        let mut races = Races::about("the switch for all automation");
        loop {
            let attempt = async {
                let facts = self.switched(on, make_up, &actor).await?;
                self.0.store.commit(Commit { facts }).await.map_err(DeskError::from)
            };
            if let Some(done) = races.end(attempt.await) {
                done?;
                return self.reload_plugins().await;
            }
        }
    }

    async fn switched(&self, on: bool, make_up: bool, actor: &Actor) -> Result<Vec<Fact>, DeskError> {
        let value = if on { "on" } else { "off" };
        let (read, gap) = self.gap().await?;
        let was_on = self.is_switched_on().await?;
        let details = if make_up { Value::Null } else { serde_json::json!({ "make_up": false }) };
        let mut facts = vec![
            Fact::PutSetting { key: AUTOMATION.to_owned(), value: value.to_owned() },
            self.audit(actor, "automation.switched", value, details),
        ];
        if on != was_on || !make_up {
            let gap = if make_up { self.gap_after(on, gap).await? } else { None };
            facts.push(gap_becomes(read, gap));
        }
        if !make_up {
            let left = EventId::first_at(self.now().plus(1));
            facts.push(Fact::PutSetting { key: LEFT.to_owned(), value: left.to_string() });
        }
        Ok(facts)
    }

    /// The gap as it is once the switch was turned.
    async fn gap_after(&self, on: bool, gap: Option<Gap>) -> Result<Option<Gap>, DeskError> {
        let now = self.now();
        if on {
            return Ok(gap.map(|gap| Gap { until: Some(now.plus(KNOWN_AFTER_MS)), ..gap }));
        }
        // One that is not made up for yet becomes part of the new one.
        let (made_up_to, left) = (self.position(MADE_UP_TO).await?, self.position(LEFT).await?);
        let unfinished = gap.filter(|gap| !gap.is_made_up_for(made_up_to)).map(|gap| gap.from);
        let recent = EventId::first_at(now.plus(-KNOWN_AFTER_MS));
        let from = unfinished.unwrap_or_else(|| left.map_or(recent, |left| left.max(recent)));
        Ok(Some(Gap { from, until: None }))
    }

    async fn is_switched_on(&self) -> Result<bool, DeskError> {
        Ok(self.0.store.setting(AUTOMATION).await?.as_deref() != Some("off"))
    }

    /// The gap as it is written, and as it is meant.
    async fn gap(&self) -> Result<(Option<String>, Option<Gap>), DeskError> {
        let said = self.0.store.setting(GAP).await?;
        let gap = said.as_deref().and_then(|said| serde_json::from_str(said).ok());
        Ok((said, gap))
    }

    async fn position(&self, key: &str) -> Result<Option<EventId>, DeskError> {
        Ok(self.0.store.setting(key).await?.and_then(|said| said.parse().ok()))
    }

    /// What the roster is to know of the times automation was off.
    pub(crate) async fn gaps(&self, automation: bool) -> Result<Gaps, DeskError> {
        let any = !automation || self.0.store.setting(GAP).await?.is_some();
        Ok(Gaps { any, left: self.position(LEFT).await? })
    }

    /// Whether something of what came in while automation was off is still to be made up for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_making_up(&self) -> Result<bool, DeskError> {
        let (_, gap) = self.gap().await?;
        let Some((gap, until)) = gap.and_then(|gap| Some((gap, gap.until?))) else { return Ok(false) };
        let made_up_to = self.position(MADE_UP_TO).await?;
        if gap.is_made_up_for(made_up_to) {
            return Ok(false);
        }
        let next = self.0.store.events(Some(gap.rest(made_up_to)), 1).await?;
        Ok(next.first().is_some_and(|event| event.time <= until))
    }

    /// Queues turns for the next slice of what came in while automation was off; answers how many. Each event gets one,
    /// however often and by however many hosts this is called.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn make_up(&self) -> Result<usize, DeskError> {
        let now = self.now();
        let (read, gap) = self.gap().await?;
        let on = self.is_switched_on().await?;
        if gap.map_or(on, |gap| gap.until.is_some() == on) {
            self.make_up_in(gap, read, now).await
        } else {
            // A build that knew of no gaps turned the switch.
            let gap = self.gap_after(on, gap).await?;
            self.unless_overtaken(vec![gap_becomes(read, gap)]).await?;
            Ok(0)
        }
    }

    async fn make_up_in(
        &self,
        gap: Option<Gap>,
        read: Option<String>,
        now: Timestamp,
    ) -> Result<usize, DeskError> {
        let Some((gap, until)) = gap.and_then(|gap| Some((gap, gap.until?))) else { return Ok(0) };
        let made_up_to = self.position(MADE_UP_TO).await?;
        if until > now || gap.is_made_up_for(made_up_to) {
            return Ok(0);
        }
        let room = usize::try_from(READY_MAX - self.0.store.queue(now).await?.ready).unwrap_or(0);
        if room == 0 {
            return Ok(0);
        }
        let events = self.0.store.events(Some(gap.rest(made_up_to)), EVENTS_AT_A_TIME).await?;
        let mut slice = self.slice(&events, room).await?;
        let position = match (slice.reached, gap.end()) {
            (Some(reached), _) => reached,
            (None, Some(end)) if end <= now => EventId::first_at(end),
            (None, _) => return Ok(0),
        };
        slice.facts.push(Fact::PutSetting { key: MADE_UP_TO.to_owned(), value: position.to_string() });
        // Whoever leaves the rest to people meanwhile is not overtaken.
        slice.facts.push(gap_becomes(read, Some(gap)));
        Ok(if self.unless_overtaken(slice.facts).await? { slice.turns } else { 0 })
    }

    /// Commits; `false` where somebody turned the switch meanwhile or another host was faster.
    async fn unless_overtaken(&self, facts: Vec<Fact>) -> Result<bool, DeskError> {
        match self.0.store.commit(Commit { facts }).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict("seen") | StoreError::Stale("setting")) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What is made up for now: as far as there is room for turns.
    async fn slice(&self, events: &[Event], room: usize) -> Result<Slice, DeskError> {
        let mut slice = Slice::default();
        for event in events {
            if slice.notes >= NOTES_AT_A_TIME || slice.turns >= room {
                break;
            }
            self.make_up_by(event, &mut slice).await?;
            slice.reached = Some(event.id);
        }
        Ok(slice)
    }

    /// Makes up for what a note names, once. Nothing where it is no note.
    async fn make_up_by(&self, note: &Event, slice: &mut Slice) -> Result<(), DeskError> {
        let Some(ticket_id) = note.ticket_id.filter(|_| !missed::named(note).is_empty()) else {
            return Ok(());
        };
        let external_id = note.id.to_string();
        if self.0.store.seen(SOURCE, &external_id).await?.is_some() {
            return Ok(());
        }
        let read = match slice.read.remove(&ticket_id) {
            Some(read) => read,
            None => self.ticket_and_story(ticket_id).await?,
        };
        let open = read.as_ref().map(|(ticket, story)| missed::open(ticket, story, note)).unwrap_or_default();
        slice.read.insert(ticket_id, read);
        let at = self.now();
        slice.facts.extend(open.iter().map(|event| Fact::Enqueue(NewJob::turn(ticket_id, *event, at))));
        let outcome = open.len().to_string();
        slice.facts.push(Fact::Seen { source: SOURCE.to_owned(), external_id, outcome, at });
        slice.notes += 1;
        slice.turns += open.len();
        Ok(())
    }

    async fn ticket_and_story(&self, id: TicketId) -> Result<Option<(Ticket, Vec<Event>)>, DeskError> {
        let Some(ticket) = self.0.store.ticket(id).await? else { return Ok(None) };
        Ok(Some((ticket, self.0.store.events_of(id).await?)))
    }

    /// Whether a turn makes up for an event that people have seen to since it was queued, or that was left to them. What
    /// is younger than the switch takes to be known is made up for by no turn.
    pub(crate) async fn is_peoples(&self, event: &Event) -> Result<bool, DeskError> {
        let gaps = self.roster().await.gaps;
        let is_young = event.time.plus(KNOWN_AFTER_MS) > self.now();
        let Some(ticket_id) = event.ticket_id.filter(|_| gaps.any && !is_young && missed::counts(event.kind))
        else {
            return Ok(false);
        };
        let story = self.0.store.events_of(ticket_id).await?;
        Ok(missed::is_peoples(&story, event, gaps.left))
    }

    /// Notes on a ticket what of its new events no plugin is asked about because automation is off.
    pub(crate) fn note_missed(&self, roster: &Roster, work: &mut Work) {
        if roster.automation {
            return;
        }
        let now = self.now();
        let is_missed = |event: &&Event| missed::counts(event.kind) && would_be_heard(roster, event, now);
        let missed: Vec<EventId> = work.events.iter().filter(is_missed).map(|event| event.id).collect();
        if !missed.is_empty() {
            missed::note(work, &self.stamp(Actor::system()), &missed);
        }
    }

    /// The same for an event that was queued while automation was on, and whose turn found it off.
    pub(crate) async fn note_missed_turn(&self, event: &Event, bench: &Bench, works: &mut Vec<Work>) {
        let roster = self.roster().await;
        let Some(read) = event.ticket_id.and_then(|id| bench.works.get(&id)) else { return };
        if !missed::counts(event.kind) || !would_be_heard(&roster, event, self.now()) {
            return;
        }
        let stamp = self.stamp(Actor::system());
        if let Some(work) = works.iter_mut().find(|work| work.ticket.id == read.ticket.id) {
            missed::note(work, &stamp, &[event.id]);
        } else {
            let mut work = read.clone();
            missed::note(&mut work, &stamp, &[event.id]);
            works.push(work);
        }
    }

    /// Puts an event's ticket on the bench, and whether it is too late to answer the event without a person; `false` when
    /// the ticket is gone.
    pub(crate) async fn bring_for(
        &self,
        bench: &mut Bench,
        event: &Event,
        id: TicketId,
    ) -> Result<bool, DeskError> {
        self.bring(bench, id).await?;
        let Some(view) = bench.views.get(&id) else { return Ok(false) };
        let late = self.is_late(event, &view.ticket).await?;
        bench.standings.entry(id).or_default().late = late;
        Ok(true)
    }

    /// Whether an event began with one that was missed too long ago. A story is read only where automation was ever off
    /// and the chain that led to the event is old enough.
    async fn is_late(&self, event: &Event, ticket: &Ticket) -> Result<bool, DeskError> {
        let minutes = self.0.config.answer_missed_within_minutes;
        let oldest = self.now().plus(-minutes.saturating_mul(MINUTE_MS));
        if ticket.created_at > oldest || !self.roster().await.gaps.any {
            return Ok(false);
        }
        let mut began = event.clone();
        while began.time > oldest {
            let Some(cause) = began.cause.filter(|cause| cause.event_id != began.id) else {
                return Ok(false);
            };
            let Some(earlier) = self.0.store.event(cause.event_id).await? else { return Ok(false) };
            began = earlier;
        }
        let story = self.0.store.events_of(ticket.id).await?;
        Ok(missed::root(&story, event).is_some_and(|root| root.time <= oldest))
    }
}

/// The gap in the place of what was read of it.
fn gap_becomes(read: Option<String>, gap: Option<Gap>) -> Fact {
    let value = serde_json::to_string(&gap).unwrap_or_default();
    Fact::ReplaceSetting { key: GAP.to_owned(), read, value }
}

/// Whether any installation is to be called for an event: else it needs no turn.
pub(crate) fn is_heard(roster: &Roster, event: &Event, now: Timestamp) -> bool {
    roster.automation && would_be_heard(roster, event, now)
}

/// The same, were automation on.
fn would_be_heard(roster: &Roster, event: &Event, now: Timestamp) -> bool {
    roster.installed.iter().any(|installed| {
        let manifest = &installed.installation.manifest;
        installed.is_due(now) && manifest.hooks.iter().any(|hook| listens(installed, hook.kind, event))
    })
}

#[cfg(test)]
mod tests;
