//! Time. It stands still during a run, so that a run can be repeated.

use crate::host;

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    host::clock::now_ms()
}

/// Offset of an IANA zone from UTC at an instant, in seconds; none for an unknown zone.
#[must_use]
pub fn utc_offset_s(zone: &str, at_ms: u64) -> Option<i32> {
    host::clock::utc_offset_s(zone, at_ms)
}
