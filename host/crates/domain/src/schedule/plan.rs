//! What becomes of firings whose time has come: which are fired, which are lost, which have to wait for
//! the one before. Pure; the desk executes it and the store's key keeps two hosts from doing it twice.

use super::{Cron, Missed, Overlap};
use crate::Timestamp;
use crate::clock::{DAY_MS, MINUTE_MS};

/// A firing at most this late is on time, whatever the policy says.
pub const LATE_MS_MAX: i64 = MINUTE_MS;
/// Youngest age up to which a missed firing is made up for.
pub const GRACE_MS_MIN: i64 = 5 * MINUTE_MS;
/// Oldest age up to which a missed firing is made up for.
pub const GRACE_MS_MAX: i64 = DAY_MS;
/// Firings that `all` makes up for.
pub const MAKE_UP_MAX: usize = 24;
/// Missed firings are counted up to here: a week of minutes.
pub const MISSED_COUNT_MAX: usize = 10_080;

/// What to do about a schedule now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Firings to make, oldest first, each as the instant it was due.
    pub fire: Vec<Timestamp>,
    /// Firings that came and went and that `fire` does not make up for.
    pub missed: u32,
    /// When to look again; none when the schedule never fires again.
    pub next: Option<Timestamp>,
}

/// What to do about a schedule whose next firing was to be at `next_at` and whose newest firing was for
/// `last_for`. Nothing at or before `last_for` is fired, so a clock that is set back repeats nothing.
#[must_use]
pub fn due(
    cron: &Cron,
    last_for: Option<Timestamp>,
    next_at: Option<Timestamp>,
    now: Timestamp,
    missed: Missed,
) -> Plan {
    let first = match (next_at, last_for) {
        (Some(next), Some(last)) if next <= last => cron.next_after(last),
        (Some(next), _) => Some(next),
        // Never looked at: it begins now and fires nothing of the past.
        (None, last) => cron.next_after(last.map_or(now, |l| l.max(now))),
    };
    let Some(first) = first.filter(|first| *first <= now) else {
        return Plan { next: first, ..Plan::default() };
    };
    let backlog = Backlog::between(cron, first, now);
    let keep = match missed {
        Missed::Skip => backlog.on_time(now),
        Missed::Once => backlog.on_time(now).max(usize::from(backlog.newest_is_young(cron, now))),
        Missed::All => backlog.newest.len().min(MAKE_UP_MAX),
    };
    let fire: Vec<Timestamp> = backlog.newest.iter().skip(backlog.newest.len() - keep).copied().collect();
    let lost = backlog.count.saturating_sub(fire.len());
    Plan { fire, missed: u32::try_from(lost).unwrap_or(u32::MAX), next: cron.next_after(now) }
}

/// Firings whose time has come.
struct Backlog {
    /// The newest, oldest first, at most `MAKE_UP_MAX`.
    newest: Vec<Timestamp>,
    /// How many there are altogether, counted up to `MISSED_COUNT_MAX`.
    count: usize,
}

impl Backlog {
    /// All from `first` to `now`. After a very long absence only the newest part is walked through.
    fn between(cron: &Cron, first: Timestamp, now: Timestamp) -> Self {
        let mut window = std::collections::VecDeque::with_capacity(MAKE_UP_MAX + 1);
        let mut count = 0;
        let mut at = Some(first);
        while let Some(firing) = at.filter(|firing| *firing <= now) {
            count += 1;
            window.push_back(firing);
            if window.len() > MAKE_UP_MAX {
                window.pop_front();
            }
            if count >= MISSED_COUNT_MAX {
                return Self { newest: newest(cron, first, now), count };
            }
            at = cron.next_after(firing);
        }
        Self { newest: window.into(), count }
    }

    /// How many of the newest are on time.
    fn on_time(&self, now: Timestamp) -> usize {
        self.newest.iter().filter(|at| now.0 - at.0 <= LATE_MS_MAX).count()
    }

    /// Whether the newest one is worth making up for: within half the interval to the one after it.
    fn newest_is_young(&self, cron: &Cron, now: Timestamp) -> bool {
        let Some(newest) = self.newest.last() else { return false };
        let interval = cron.next_after(*newest).map_or(GRACE_MS_MAX, |next| next.0 - newest.0);
        now.0 - newest.0 <= (interval / 2).clamp(GRACE_MS_MIN, GRACE_MS_MAX)
    }
}

/// The newest firings not after `now`, found by looking back twice as far each time.
fn newest(cron: &Cron, first: Timestamp, now: Timestamp) -> Vec<Timestamp> {
    let mut back = i64::try_from(MAKE_UP_MAX).unwrap_or(i64::MAX).saturating_mul(MINUTE_MS);
    loop {
        let from = now.plus(-back).max(first.plus(-1));
        let after = std::iter::successors(cron.next_after(from), |at| cron.next_after(*at));
        let found: Vec<Timestamp> = after.take_while(|at| *at <= now).collect();
        if found.len() >= MAKE_UP_MAX || from < first {
            return found.iter().skip(found.len().saturating_sub(MAKE_UP_MAX)).copied().collect();
        }
        back = back.saturating_mul(2);
    }
}

/// What becomes of a firing in view of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Start it in the schedule's lane.
    Start,
    /// Let it wait in the schedule's lane until the one before has ended.
    Wait,
    /// Start it in a lane of its own, beside the one that runs.
    StartBeside,
    /// Cancel the one that runs and those that wait, then start it.
    CancelAndStart,
    /// Do not start it; record why.
    Skip(&'static str),
}

/// What becomes of a firing while the one before `runs` and `waiting` more stand in line.
#[must_use]
pub const fn admit(policy: Overlap, runs: bool, waiting: u32) -> Admission {
    if !runs && waiting == 0 {
        return Admission::Start;
    }
    match policy {
        Overlap::Forbid => Admission::Skip("the firing before it still runs"),
        Overlap::Queue if waiting == 0 => Admission::Wait,
        Overlap::Queue => Admission::Skip("the firing before it still runs and another one waits"),
        Overlap::Allow => Admission::StartBeside,
        Overlap::Replace => Admission::CancelAndStart,
    }
}
