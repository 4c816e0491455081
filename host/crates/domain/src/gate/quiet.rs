//! Quiet hours: when a person is not to be disturbed, by the clock on their wall.

use crate::clock::DAY_MS;
use crate::schedule::zone::Zone;
use crate::{Refusal, Timestamp};

const DAY_S: i64 = DAY_MS / 1_000;

/// From when until when no notice is sent; the same time twice: always allowed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuietHours {
    /// First quiet minute, `HH:MM` on the contact's wall clock.
    pub from: String,
    /// First minute that is not quiet any more.
    pub until: String,
    /// IANA zone of contacts whose own is not known.
    pub zone: String,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self { from: "21:00".to_owned(), until: "08:00".to_owned(), zone: "UTC".to_owned() }
    }
}

impl QuietHours {
    /// Whether they can be understood.
    ///
    /// # Errors
    /// Names the field and what it looks like.
    pub fn check(&self) -> Result<(), Refusal> {
        for (field, value) in [("from", &self.from), ("until", &self.until)] {
            if minute_of(value).is_none() {
                let sentence = format!("`{value}` is no time of day: write hours and minutes, as in 21:00.");
                return Err(Refusal::new("bad_time", sentence).at(field));
            }
        }
        Zone::parse(&self.zone).map(|_| ())
    }

    /// When they end for a contact of this zone, if it is quiet there now. A zone that is unknown is the
    /// house's own.
    #[must_use]
    pub fn end(&self, now: Timestamp, zone: Option<&str>) -> Option<Timestamp> {
        let (from, until) = (minute_of(&self.from)? * 60, minute_of(&self.until)? * 60);
        let zone = zone.and_then(|name| Zone::parse(name).ok()).or_else(|| Zone::parse(&self.zone).ok())?;
        let now_s = now.0.div_euclid(1_000);
        let wall_s = now_s + zone.offset_at(now_s);
        let of_day_s = wall_s.rem_euclid(DAY_S);
        let since_from_s = (of_day_s - from).rem_euclid(DAY_S);
        let length_s = (until - from).rem_euclid(DAY_S);
        if since_from_s >= length_s {
            return None;
        }
        let end_wall_s = wall_s + length_s - since_from_s;
        // The clock may be moved during the night: the offset that counts is the one in the morning.
        let guess_s = end_wall_s - zone.offset_at(now_s);
        Some(Timestamp((end_wall_s - zone.offset_at(guess_s)) * 1_000))
    }
}

/// `HH:MM` as minutes since midnight.
fn minute_of(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, below: i64| {
        let is_two_digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i64>().ok().filter(|n| is_two_digits && *n < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_clock_on_the_customers_wall_counts() {
        let quiet = QuietHours::default();
        let evening = at("2026-11-22T20:30:00Z");
        assert_eq!(quiet.end(evening, None), None);
        assert_eq!(quiet.end(evening, Some("Europe/Berlin")), Some(at("2026-11-23T07:00:00Z")));
        assert_eq!(quiet.end(evening, Some("America/New_York")), None);
        assert_eq!(
            quiet.end(at("2026-11-23T06:59:59Z"), Some("Europe/Berlin")),
            Some(at("2026-11-23T07:00:00Z"))
        );
        assert_eq!(quiet.end(at("2026-11-23T07:00:00Z"), Some("Europe/Berlin")), None);
    }

    #[test]
    fn a_night_in_which_the_clock_is_moved_ends_at_eight_on_the_wall_all_the_same() {
        let quiet = QuietHours { zone: "Europe/Berlin".to_owned(), ..QuietHours::default() };
        let spring = quiet.end(at("2026-03-28T22:00:00Z"), None);
        assert_eq!(spring, Some(at("2026-03-29T06:00:00Z")));
        let autumn = quiet.end(at("2026-10-24T22:00:00Z"), None);
        assert_eq!(autumn, Some(at("2026-10-25T07:00:00Z")));
    }

    #[test]
    fn hours_within_one_day_and_no_hours_at_all() {
        let noon = QuietHours { from: "12:00".into(), until: "13:30".into(), zone: "UTC".into() };
        assert_eq!(noon.end(at("2026-11-22T12:10:00Z"), None), Some(at("2026-11-22T13:30:00Z")));
        assert_eq!(noon.end(at("2026-11-22T13:30:00Z"), None), None);
        let never = QuietHours { from: "00:00".into(), until: "00:00".into(), zone: "UTC".into() };
        assert_eq!(never.end(at("2026-11-22T00:00:00Z"), None), None);
    }

    #[test]
    fn a_time_that_is_none_is_named() {
        for (from, zone) in [("9:00", "UTC"), ("24:00", "UTC"), ("21:60", "UTC"), ("", "UTC")] {
            let bad = QuietHours { from: from.into(), zone: zone.into(), ..QuietHours::default() };
            assert_eq!(bad.check().unwrap_err().field.as_deref(), Some("from"), "{from}");
        }
        let lost = QuietHours { zone: "Europe/Berlni".into(), ..QuietHours::default() };
        assert!(lost.check().unwrap_err().sentence.contains("Europe/Berlin"));
        assert_eq!(QuietHours::default().check(), Ok(()));
    }
}
