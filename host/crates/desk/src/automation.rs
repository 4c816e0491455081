//! The switch for all automation, and what came in while it was off: noted on its ticket, and made up for a slice at a
//! time once it is on again. What is still to be made up for, `domain::missed` says; it is worked like every turn.

use domain::clock::{HOUR_MS, MINUTE_MS, SECOND_MS};
use domain::event::Event;
use domain::id::EventId;
use domain::job::NewJob;
use domain::missed;
use domain::snapshot::TicketView;
use domain::ticket::Ticket;
use domain::work::Work;
use domain::{Actor, Timestamp};
use serde_json::Value;
use store::{Commit, Fact, StoreError};

use crate::bench::Bench;
use crate::plugins::{AUTOMATION, Roster};
use crate::turn::listens;
use crate::{Desk, DeskError};

/// Name of the setting that remembers since when automation was off, and until when.
const GAP: &str = "automation.gap";
/// Name of the setting that remembers how far the gap was made up for.
const MADE_UP_TO: &str = "automation.made_up_to";
/// Under this name a note is remembered as made up for: once.
const SOURCE: &str = "automation.made_up";

/// How long it takes until every host knows of the switch and has written what it began before, milliseconds.
const KNOWN_AFTER_MS: i64 = 30 * SECOND_MS;
/// How long after that the end of the gap is looked at again: a transaction may be long under way.
const LATE_COMMITS_MS: i64 = HOUR_MS;
/// Events that are read at a time.
const EVENTS_AT_A_TIME: i64 = 1_000;
/// Nothing is made up for while more lanes than this have work: what comes in now goes first.
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
    fn is_made_up_for(&self, made_up_to: Option<EventId>) -> bool {
        let end = self.until.map(EventId::first_at);
        end.zip(made_up_to).is_some_and(|(end, made_up_to)| made_up_to >= end)
    }
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
        let value = if on { "on" } else { "off" };
        let was_on = self.0.store.setting(AUTOMATION).await?.as_deref() != Some("off");
        let details = if make_up { Value::Null } else { serde_json::json!({ "make_up": false }) };
        let mut facts = vec![
            Fact::PutSetting { key: AUTOMATION.to_owned(), value: value.to_owned() },
            self.audit(&actor, "automation.switched", value, details),
        ];
        if on != was_on || !make_up {
            let gap = if make_up { self.gap_after(on).await? } else { None };
            let value = serde_json::to_string(&gap).unwrap_or_default();
            facts.push(Fact::PutSetting { key: GAP.to_owned(), value });
        }
        self.0.store.commit(Commit { facts }).await?;
        self.reload_plugins().await
    }

    /// The gap as it is once the switch was turned.
    async fn gap_after(&self, on: bool) -> Result<Option<Gap>, DeskError> {
        let now = self.now();
        let (gap, made_up_to) = (self.gap().await?, self.made_up_to().await?);
        if on {
            return Ok(gap.map(|gap| Gap { until: Some(now.plus(KNOWN_AFTER_MS)), ..gap }));
        }
        // One that is not made up for yet becomes part of the new one.
        let unfinished = gap.filter(|gap| !gap.is_made_up_for(made_up_to)).map(|gap| gap.from);
        let from = unfinished.unwrap_or_else(|| EventId::first_at(now.plus(-KNOWN_AFTER_MS)));
        Ok(Some(Gap { from, until: None }))
    }

    async fn gap(&self) -> Result<Option<Gap>, DeskError> {
        let said = self.0.store.setting(GAP).await?;
        Ok(said.and_then(|said| serde_json::from_str(&said).ok()))
    }

    async fn made_up_to(&self) -> Result<Option<EventId>, DeskError> {
        Ok(self.0.store.setting(MADE_UP_TO).await?.and_then(|said| said.parse().ok()))
    }

    /// Queues turns for the next slice of what came in while automation was off; answers how many. Each event gets one,
    /// however often and by however many hosts this is called.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn make_up(&self) -> Result<usize, DeskError> {
        let now = self.now();
        let Some(gap) = self.gap().await? else { return Ok(0) };
        let Some(until) = gap.until.filter(|until| *until <= now) else { return Ok(0) };
        let made_up_to = self.made_up_to().await?;
        if gap.is_made_up_for(made_up_to) || self.0.store.queue(now).await?.ready > READY_MAX {
            return Ok(0);
        }
        let after = made_up_to.map_or(gap.from, |made_up_to| made_up_to.max(gap.from));
        let events = self.0.store.events(Some(after), EVENTS_AT_A_TIME).await?;
        let is_over = events.iter().any(|event| event.time > until)
            || (events.is_empty() && now >= until.plus(LATE_COMMITS_MS));
        let position = match events.last() {
            _ if is_over => EventId::first_at(until),
            Some(last) => last.id,
            None => return Ok(0),
        };
        let mut facts = vec![Fact::PutSetting { key: MADE_UP_TO.to_owned(), value: position.to_string() }];
        let mut queued = 0;
        for note in events.iter().filter(|event| event.time <= until) {
            queued += self.made_up_by(note, &mut facts).await?;
        }
        match self.0.store.commit(Commit { facts }).await {
            Ok(()) => Ok(queued),
            // Another host was faster.
            Err(StoreError::Conflict("seen")) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// What makes up for what a note names, once; answers the number of turns. Nothing where it is no note.
    async fn made_up_by(&self, note: &Event, facts: &mut Vec<Fact>) -> Result<usize, DeskError> {
        let Some(ticket_id) = note.ticket_id.filter(|_| !missed::named(note).is_empty()) else {
            return Ok(0);
        };
        let external_id = note.id.to_string();
        if self.0.store.seen(SOURCE, &external_id).await?.is_some() {
            return Ok(0);
        }
        let Some(ticket) = self.0.store.ticket(ticket_id).await? else { return Ok(0) };
        let story = self.0.store.events_of(ticket_id).await?;
        let (open, at) = (missed::open(&ticket, &story, note), self.now());
        facts.extend(open.iter().map(|event| Fact::Enqueue(NewJob::turn(ticket_id, *event, at))));
        let outcome = open.len().to_string();
        facts.push(Fact::Seen { source: SOURCE.to_owned(), external_id, outcome, at });
        Ok(open.len())
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

    /// Puts an event's ticket on the bench, and whether it is too late to answer the event without a person.
    pub(crate) async fn bring_for(
        &self,
        bench: &mut Bench,
        event: &Event,
        view: TicketView,
    ) -> Result<(), DeskError> {
        let late = self.is_late(event, &view.ticket).await?;
        let id = view.ticket.id;
        self.bring(bench, view).await?;
        bench.standings.entry(id).or_default().late = late;
        Ok(())
    }

    /// Whether an event began with one that was missed too long ago. Most tickets are too young for that, and most
    /// events are new and follow from none: their story is not read.
    async fn is_late(&self, event: &Event, ticket: &Ticket) -> Result<bool, DeskError> {
        let minutes = self.0.config.answer_missed_within_minutes;
        let oldest = self.now().plus(-minutes.saturating_mul(MINUTE_MS));
        if ticket.created_at > oldest || (event.time > oldest && event.cause.is_none()) {
            return Ok(false);
        }
        let story = self.0.store.events_of(ticket.id).await?;
        Ok(missed::root(&story, event).is_some_and(|root| root.time <= oldest))
    }
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
