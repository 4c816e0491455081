//! Chance from the run's seed, so that a run can be repeated. Not for secrets.

use crate::host;

/// Any number.
#[must_use]
pub fn next_u64() -> u64 {
    host::random::next_u64()
}

/// At most 4096 bytes.
#[must_use]
pub fn bytes(length: u32) -> Vec<u8> {
    host::random::bytes(length)
}
