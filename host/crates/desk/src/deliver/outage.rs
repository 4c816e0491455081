//! Writing down what is known of a message's way out while the database does not take it. Were it lost, whoever takes the
//! job up next could not tell what became of the message. Knows nothing of what is written.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::StoreError;

use crate::DeskError;

/// Waits between the tries, milliseconds: together shorter than a stop leaves by default (`server.drain_ms`).
const WAITS_MS: [u64; 5] = [500, 1_000, 2_000, 4_000, 8_000];
/// The wait after these while the disk is full, however long that takes: nobody else can take the job up meanwhile.
const FULL_MS: u64 = 8_000;

/// Lanes in which something is known that could not be written down yet. While there are any, no new work is claimed, and
/// a lease that ran out ends nothing: what is known would be lost with it.
#[derive(Debug, Default)]
pub(crate) struct Unwritten(Mutex<HashSet<String>>);

/// Holds a lane's place until it is written, or given up.
struct Place<'u> {
    unwritten: &'u Unwritten,
    lane: &'u str,
}

impl Unwritten {
    /// Whether all that is known is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes().is_empty()
    }

    /// Whether something of this lane is not.
    pub(crate) fn has(&self, lane: &str) -> bool {
        self.lanes().contains(lane)
    }

    /// Tries until the database answers, or has been away for too long.
    pub(super) async fn sit_out<T, F, A>(&self, lane: &str, mut attempt: F) -> Result<T, DeskError>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<T, DeskError>>,
    {
        let mut outages = Outages::default();
        let mut place: Option<Place<'_>> = None;
        loop {
            let done = attempt().await;
            let Some(wait) = outages.wait(&done) else { return done };
            if place.is_none() {
                place = Some(self.enter(lane));
            }
            tokio::time::sleep(wait).await;
        }
    }

    fn enter<'u>(&'u self, lane: &'u str) -> Place<'u> {
        self.lanes().insert(lane.to_owned());
        Place { unwritten: self, lane }
    }

    fn lanes(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.unwritten.lanes().remove(self.lane);
    }
}

/// The tries of writing one thing down.
#[derive(Debug, Default)]
struct Outages {
    sat_out: usize,
}

impl Outages {
    /// How long to wait before the next try; none where the database answered, or has been away for too long.
    fn wait<T>(&mut self, attempt: &Result<T, DeskError>) -> Option<Duration> {
        let full_ms = match attempt {
            Err(DeskError::Store(StoreError::Unavailable(_))) => None,
            Err(DeskError::Store(StoreError::Full)) => Some(FULL_MS),
            _ => return None,
        };
        let wait_ms = WAITS_MS.get(self.sat_out).copied().or(full_ms)?;
        self.sat_out += 1;
        Some(Duration::from_millis(wait_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(error: StoreError) -> Result<(), DeskError> {
        Err(error.into())
    }

    fn away() -> Result<(), DeskError> {
        failed(StoreError::Unavailable("no route".to_owned()))
    }

    #[test]
    fn a_database_that_is_away_is_waited_for_and_any_other_answer_counts() {
        let mut outages = Outages::default();
        for wait_ms in WAITS_MS {
            assert_eq!(outages.wait(&away()), Some(Duration::from_millis(wait_ms)));
        }
        assert_eq!(outages.wait(&away()), None);
        assert_eq!(Outages::default().wait(&Ok(())), None);
        assert_eq!(Outages::default().wait(&failed(StoreError::Stale("lease"))), None);
    }

    #[test]
    fn a_full_disk_is_waited_for_as_long_as_it_is_full() {
        let mut outages = Outages::default();
        for wait_ms in WAITS_MS.into_iter().chain([FULL_MS; 100]) {
            assert_eq!(outages.wait(&failed(StoreError::Full)), Some(Duration::from_millis(wait_ms)));
        }
        assert_eq!(outages.wait(&away()), None);
    }

    #[tokio::test]
    async fn what_waits_to_be_written_is_known_until_it_is() {
        let unwritten = Unwritten::default();
        let mut answers = vec![Ok(()), failed(StoreError::Full)];
        let mut seen = Vec::new();
        let written = unwritten
            .sit_out("lane", || {
                seen.push((unwritten.has("lane"), unwritten.is_empty()));
                std::future::ready(answers.pop().unwrap())
            })
            .await;
        written.unwrap();
        assert_eq!(seen, [(false, true), (true, false)]);
        assert!(unwritten.is_empty());
    }
}
