//! Wall time and real time of one IANA zone, in whole seconds. Knows offsets and their changes, no
//! patterns. chrono-tz has no public list of changes, so they are found by looking and halving.

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::{Refusal, Timestamp};

/// Longest way a clock is moved by one change, with room to spare: a whole day and the widest offset.
pub(super) const SHIFT_S_MAX: i64 = 2 * DAY_S;
/// Where enumeration ends: the cron crate's calendar ends with the year 2100.
pub(super) const LAST_S: i64 = 4_133_980_800;

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
/// Two changes of one zone never lie this near to each other.
const LOOK_S: i64 = 3 * HOUR_S;
/// Offsets lie between -12 h and +15 h in all of the zone data.
const OFFSET_S_MAX: i64 = 16 * HOUR_S;

/// A zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

/// UTC.
impl Default for Zone {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl Zone {
    /// Finds a zone by its IANA name.
    ///
    /// # Errors
    /// A refusal that names one that is near.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        name.parse::<Tz>().map(Self).map_err(|_| {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            let names: Vec<&str> = TZ_VARIANTS.iter().map(|tz| tz.name()).collect();
            let near = crate::refusal::nearest(name, &names)
                .map(|n| format!(" Did you mean `{n}`?"))
                .unwrap_or_default();
            let sentence =
                format!("`{shown}` is no time zone.{near} Use an IANA name such as Europe/Berlin or UTC.");
            Refusal::new("unknown_zone", sentence).at("zone")
        })
    }

    /// Seconds to add to real time to get wall time.
    pub(crate) fn offset_at(self, at_s: i64) -> i64 {
        i64::from(self.0.offset_from_utc_datetime(&naive(at_s)).fix().local_minus_utc())
    }

    /// The first instant in `(from, until]` at which another offset begins to hold.
    pub(super) fn first_change(self, from: i64, until: i64) -> Option<i64> {
        let offset = self.offset_at(from);
        let mut same = from;
        while same < until {
            let ahead = (same + LOOK_S).min(until);
            if self.offset_at(ahead) != offset {
                return Some(self.halve(same, ahead));
            }
            same = ahead;
        }
        None
    }

    /// The instant of change between two instants with different offsets.
    fn halve(self, mut before: i64, mut after: i64) -> i64 {
        let offset = self.offset_at(before);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if self.offset_at(middle) == offset { before = middle } else { after = middle }
        }
        after
    }

    /// The highest wall time that clocks have shown until `at_s`. It differs from the wall time at `at_s`
    /// only while an hour is lived through a second time.
    pub(super) fn highest_wall(self, at_s: i64) -> i64 {
        let now = at_s + self.offset_at(at_s);
        let (Some(first), Some(_)) = self.passes(now) else { return now };
        if first >= at_s {
            return now;
        }
        let Some(change) = self.first_change(first, at_s) else { return now };
        now.max(change - 1 + self.offset_at(change - 1))
    }

    /// The first instant at which clocks show `wall` or more; none when the clocks jumped over the whole
    /// local day of `wall`.
    pub(super) fn first_reach(self, wall: i64) -> Option<i64> {
        if let (Some(first), _) = self.passes(wall) {
            return Some(first);
        }
        let mut from = wall - OFFSET_S_MAX;
        while let Some(change) = self.first_change(from, wall + OFFSET_S_MAX) {
            let (left, entered) = (change + self.offset_at(change - 1), change + self.offset_at(change));
            if (left..entered).contains(&wall) {
                let day = wall.div_euclid(DAY_S) * DAY_S;
                return (left > day || entered < day + DAY_S).then_some(change);
            }
            from = change;
        }
        None
    }

    /// The instants that show `wall`: none in a gap, two in a fold, earlier first.
    fn passes(self, wall: i64) -> (Option<i64>, Option<i64>) {
        use chrono::LocalResult::{Ambiguous, None as Gap, Single};
        let at = |offset: &chrono_tz::TzOffset| wall - i64::from(offset.fix().local_minus_utc());
        match self.0.offset_from_local_datetime(&naive(wall)) {
            Single(offset) => (Some(at(&offset)), None),
            Ambiguous(a, b) => (Some(at(&a).min(at(&b))), Some(at(&a).max(at(&b)))),
            Gap => (None, None),
        }
    }

    /// Date and time that clocks in the zone show.
    #[must_use]
    pub fn wall(self, at: Timestamp) -> String {
        at.to_utc().with_timezone(&self.0).format("%Y-%m-%d %H:%M").to_string()
    }

    /// What the zone's time is called at an instant: `CET`, or in summer `CEST`. Where there is no word for it, its
    /// distance from UTC.
    #[must_use]
    pub fn abbreviation(self, at: Timestamp) -> String {
        at.to_utc().with_timezone(&self.0).format("%Z").to_string()
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// An instant as people in the zone read it.
    pub(super) fn display(self, at: Timestamp) -> String {
        at.to_utc().with_timezone(&self.0).format("%Y-%m-%d %H:%M %:z").to_string()
    }
}

fn naive(s: i64) -> NaiveDateTime {
    DateTime::from_timestamp(s, 0).unwrap_or_default().naive_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_their_own_clock_and_what_its_time_is_called() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let read = |zone: Zone, at: &str| {
            let at: Timestamp = at.parse().unwrap();
            (zone.wall(at), zone.abbreviation(at))
        };
        let both = |wall: &str, called: &str| (wall.to_owned(), called.to_owned());
        assert_eq!(read(berlin, "2026-11-18T23:30:00Z"), both("2026-11-19 00:30", "CET"));
        assert_eq!(read(berlin, "2026-07-01T12:00:59Z"), both("2026-07-01 14:00", "CEST"));
        assert_eq!(read(Zone::default(), "2026-07-01T12:00:00Z"), both("2026-07-01 12:00", "UTC"));
        assert_eq!((berlin.name(), Zone::default().name()), ("Europe/Berlin", "UTC"));
    }
}
