//! Cron schedules in a zone: when a schedule fires, what becomes of firings that were missed, and what
//! happens when the firing before still runs. Pure: the desk executes, the store makes a firing unique.
//!
//! The `cron` crate reads the fields and enumerates wall-clock times of a calendar without zones. What
//! it does not know stands here: five fields, Vixie's day rule, Sunday as 0 or 7, and daylight saving:
//! - a time that the clocks jump over runs once, at the first instant after the jump;
//! - a time that comes twice runs once, at its first pass;
//! - a pattern whose hour field begins with `*` follows real time: every real match runs, no other does.

use crate::{Refusal, Timestamp, text_enum};

mod fields;
mod plan;
#[cfg(test)]
mod tests;
pub(crate) mod zone;

pub use zone::Zone;

pub use plan::{
    Admission, GRACE_MS_MAX, GRACE_MS_MIN, LATE_MS_MAX, MAKE_UP_MAX, MISSED_COUNT_MAX, Plan, admit, due,
};

text_enum! {
    /// What to do about firings that were missed while nobody was there.
    Missed {
        /// Fire the newest one, if it is young enough.
        Once = "once",
        /// Let them go.
        Skip = "skip",
        /// Fire all, oldest first, at most 24.
        All = "all",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro declares the enum")]
impl Default for Missed {
    fn default() -> Self {
        Self::Once
    }
}

text_enum! {
    /// What to do when the firing before still runs.
    Overlap {
        /// Skip this one and record it.
        Forbid = "forbid",
        /// Let one wait.
        Queue = "queue",
        /// Run both.
        Allow = "allow",
        /// Cancel the one before.
        Replace = "replace",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro declares the enum")]
impl Default for Overlap {
    fn default() -> Self {
        Self::Forbid
    }
}

/// How far a change of a zone's rules moves a firing at most: a whole day (Apia, 2011) and an hour.
const RULE_MOVE_MS_MAX: i64 = 25 * crate::clock::HOUR_MS;

/// Version of the compiled-in time zone rules.
pub const ZONE_RULES: &str = chrono_tz::IANA_TZDB_VERSION;

/// A parsed expression in its zone.
#[derive(Debug, Clone)]
pub struct Cron {
    wall: fields::Wall,
    zone: zone::Zone,
}

impl Cron {
    /// Reads a five-field expression (minute, hour, day of month, month, day of week) for an IANA zone.
    ///
    /// # Errors
    /// A refusal that names the field and the fix; also for a pattern that never fires.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, Refusal> {
        let zone = zone::Zone::parse(zone)?;
        let wall = fields::Wall::parse(expression)?;
        Ok(Self { wall, zone })
    }

    /// The first firing after `after`; none when there is none before the year 2101.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let after_s = after.0.div_euclid(crate::clock::SECOND_MS).clamp(0, zone::LAST_S);
        let next_s =
            if self.wall.follows_real_time() { self.next_real(after_s) } else { self.next_fixed(after_s) };
        next_s.map(|s| Timestamp(s * crate::clock::SECOND_MS))
    }

    /// The next firings after `after`, at most `count`.
    #[must_use]
    pub fn upcoming(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next_after(after), |at| self.next_after(*at)).take(count).collect()
    }

    /// The firing closest to `at` among those later than `after`: where a firing went that stood at `at`
    /// before the zone's rules changed.
    #[must_use]
    pub fn nearest(&self, at: Timestamp, after: Option<Timestamp>) -> Option<Timestamp> {
        let from = at.plus(-RULE_MOVE_MS_MAX).max(after.unwrap_or(Timestamp(0)));
        let firings = || std::iter::successors(self.next_after(from), |at| self.next_after(*at));
        let earlier = firings().take_while(|firing| *firing < at).last();
        let later = firings().find(|firing| *firing >= at);
        [earlier, later].into_iter().flatten().min_by_key(|firing| (firing.0 - at.0).abs())
    }

    /// An instant as people in the zone read it, with the offset: `2026-03-29 03:00 +02:00`.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> String {
        self.zone.display(at)
    }

    /// A fixed time fires when the wall clock reaches it for the first time, or passes it by a jump. So
    /// the next one is the first match above the highest wall time that was ever shown.
    fn next_fixed(&self, after_s: i64) -> Option<i64> {
        let mut shown = self.zone.highest_wall(after_s);
        loop {
            let wall = self.wall.next_after(shown)?;
            if let Some(at) = self.zone.first_reach(wall) {
                return Some(at);
            }
            // The whole day never was (Apia, 30 December 2011): its times do not move to another day.
            shown = wall;
        }
    }

    /// Every real match: goes from one change of the offset to the next, and within a stretch of one
    /// offset wall time is plain arithmetic.
    fn next_real(&self, after_s: i64) -> Option<i64> {
        let mut from = after_s;
        loop {
            let offset = self.zone.offset_at(from);
            let found = self.wall.next_after(from + offset)? - offset;
            let near = found.min(from + zone::SHIFT_S_MAX);
            if let Some(change) = self.zone.first_change(from, near) {
                if self.wall.matches(change + self.zone.offset_at(change)) {
                    return Some(change);
                }
                from = change;
            } else if found <= near {
                return Some(found);
            } else {
                // No change of offset near `from`, so only one near `found` can bring a match forward.
                from = found - zone::SHIFT_S_MAX;
            }
        }
    }
}
