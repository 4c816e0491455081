//! `clock`: time stands still at the call's instant; zones come from the compiled-in IANA tables.

use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;

use crate::bindings::kulanz::plugin::clock;
use crate::state::State;

impl clock::Host for State {
    fn now_ms(&mut self) -> wasmtime::Result<u64> {
        self.meter.call()?;
        Ok(u64::try_from(self.now.0).unwrap_or(0))
    }

    fn utc_offset_s(&mut self, zone: String, at_ms: u64) -> wasmtime::Result<Option<i32>> {
        self.meter.call()?;
        Ok(offset_s(&zone, at_ms))
    }
}

fn offset_s(zone: &str, at_ms: u64) -> Option<i32> {
    let zone: Tz = zone.parse().ok()?;
    let at = DateTime::from_timestamp_millis(i64::try_from(at_ms).ok()?)?;
    Some(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn berlin_is_one_hour_ahead_in_winter_and_two_in_summer() {
        assert_eq!(offset_s("Europe/Berlin", 1_768_435_200_000), Some(3_600));
        assert_eq!(offset_s("Europe/Berlin", 1_784_073_600_000), Some(7_200));
    }

    #[test]
    fn an_unknown_zone_and_a_time_beyond_the_calendar_have_no_offset() {
        assert_eq!(offset_s("Mars/Olympus", 0), None);
        assert_eq!(offset_s("UTC", u64::MAX), None);
    }
}
