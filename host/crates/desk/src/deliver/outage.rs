//! Writing down what is known of a message's way out while the database is away: tried again for some seconds. Were it
//! lost, whoever takes the job up next could not tell what became of the message. Knows nothing of what is written.

use std::time::Duration;

use store::StoreError;

use crate::DeskError;

/// Waits between the tries, milliseconds: together shorter than a stop leaves by default (`server.drain_ms`).
const WAITS_MS: [u64; 5] = [500, 1_000, 2_000, 4_000, 8_000];

/// The tries of writing one thing down.
#[derive(Debug, Default)]
pub(super) struct Outages {
    sat_out: usize,
}

impl Outages {
    /// How long to wait before the next try; none where the database answered, or has been away for too long.
    pub(super) fn wait<T>(&mut self, attempt: &Result<T, DeskError>) -> Option<Duration> {
        if !matches!(attempt, Err(DeskError::Store(StoreError::Unavailable(_)))) {
            return None;
        }
        let wait_ms = *WAITS_MS.get(self.sat_out)?;
        self.sat_out += 1;
        Some(Duration::from_millis(wait_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_is_waited_for_and_any_other_answer_counts() {
        let mut outages = Outages::default();
        let away: Result<(), DeskError> = Err(StoreError::Unavailable("no route".to_owned()).into());
        for wait_ms in WAITS_MS {
            assert_eq!(outages.wait(&away), Some(Duration::from_millis(wait_ms)));
        }
        assert_eq!(outages.wait(&away), None);
        assert_eq!(Outages::default().wait(&Ok(())), None);
        let stale: Result<(), DeskError> = Err(StoreError::Stale("lease").into());
        assert_eq!(Outages::default().wait(&stale), None);
    }
}
