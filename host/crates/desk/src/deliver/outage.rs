//! Writing down what is known of a message's way out while the database does not take it. Were it lost, whoever takes the
//! job up next could not tell what became of the message. Knows nothing of what is written.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::StoreError;

use super::ending::Ending;
use crate::DeskError;

/// Waits between the tries, milliseconds: together shorter than a stop leaves by default (`server.drain_ms`).
const WAITS_MS: [u64; 5] = [500, 1_000, 2_000, 4_000, 8_000];
/// The wait after these, however long that takes: nobody else knows it.
const LONG_MS: u64 = 8_000;
/// The wait between the tries when the process has to end, and how many there are then.
const LAST_MS: u64 = 200;
const LAST_TRIES: u32 = 10;
/// How often is said that something waits to be written down.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Lanes in which something is known that could not be written down yet. While there are any, no new work is claimed:
/// what is known comes first.
#[derive(Debug, Default)]
pub(crate) struct Unwritten(Mutex<HashSet<String>>);

/// A lane that waits until it is written, or given up.
struct Waiting<'u> {
    unwritten: &'u Unwritten,
    lane: &'u str,
}

impl Unwritten {
    /// Whether all that is known is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes().is_empty()
    }

    /// Tries until the database answers; more often, and not for long, when the process has to end.
    pub(super) async fn sit_out<T, F, A>(
        &self,
        ending: &Ending,
        lane: &str,
        mut attempt: F,
    ) -> Result<T, DeskError>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<T, DeskError>>,
    {
        let mut outages = Outages::default();
        let mut waiting: Option<Waiting<'_>> = None;
        loop {
            let done = attempt().await;
            let is_over = ending.is_over();
            let Some(wait) = outages.wait(&done, is_over) else { return done };
            if waiting.is_none() {
                waiting = Some(self.enter(lane));
            }
            if outages.is_news(wait) {
                tracing::warn!(
                    lane,
                    "what became of a mail cannot be written down now; no new work is begun until it is"
                );
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = ending.over(), if !is_over => {}
            }
        }
    }

    fn enter<'u>(&'u self, lane: &'u str) -> Waiting<'u> {
        self.lanes().insert(lane.to_owned());
        Waiting { unwritten: self, lane }
    }

    fn lanes(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.unwritten.lanes().remove(self.lane);
    }
}

/// The tries of writing one thing down.
#[derive(Debug, Default)]
struct Outages {
    /// Before the process has to end.
    first: usize,
    /// Since the process has to end.
    last: u32,
    /// How long nothing was said of it; none: never.
    silent: Option<Duration>,
}

impl Outages {
    /// How long to wait before the next try; none where the database answered, or the process has no more time.
    fn wait<T>(&mut self, attempt: &Result<T, DeskError>, is_over: bool) -> Option<Duration> {
        if !matches!(attempt, Err(DeskError::Store(StoreError::Full | StoreError::Unavailable(_)))) {
            return None;
        }
        if is_over {
            self.last += 1;
            return (self.last <= LAST_TRIES).then_some(Duration::from_millis(LAST_MS));
        }
        let wait_ms = WAITS_MS.get(self.first).copied().unwrap_or(LONG_MS);
        self.first += 1;
        Some(Duration::from_millis(wait_ms))
    }

    /// Whether that it waits is to be said now, before this wait: when it begins, and about once a minute.
    fn is_news(&mut self, wait: Duration) -> bool {
        let is_news = self.silent.is_none_or(|silent| silent >= TOLD_EVERY);
        let silent = self.silent.filter(|_| !is_news).unwrap_or_default();
        self.silent = Some(silent + wait);
        is_news
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

    fn full() -> Result<(), DeskError> {
        failed(StoreError::Full)
    }

    fn ms(wait_ms: u64) -> Option<Duration> {
        Some(Duration::from_millis(wait_ms))
    }

    #[test]
    fn any_answer_of_the_database_counts() {
        assert_eq!(Outages::default().wait(&Ok(()), false), None);
        assert_eq!(Outages::default().wait(&failed(StoreError::Stale("lease")), false), None);
    }

    #[test]
    fn a_full_disk_and_a_database_that_is_away_are_waited_for_however_long_that_takes() {
        for outage in [full, away] {
            let mut outages = Outages::default();
            for wait_ms in WAITS_MS.into_iter().chain([LONG_MS; 100]) {
                assert_eq!(outages.wait(&outage(), false), ms(wait_ms));
            }
        }
    }

    #[test]
    fn a_process_that_has_to_end_tries_often_and_not_for_long() {
        for outage in [full, away] {
            let mut outages = Outages::default();
            for wait_ms in WAITS_MS {
                assert_eq!(outages.wait(&outage(), false), ms(wait_ms));
            }
            for _ in 0..LAST_TRIES {
                assert_eq!(outages.wait(&outage(), true), ms(LAST_MS));
            }
            assert_eq!(outages.wait(&outage(), true), None);
        }
    }

    #[test]
    fn that_something_waits_is_said_when_it_begins_and_about_once_a_minute() {
        let mut outages = Outages::default();
        let said: Vec<usize> = (0..20).filter(|_| outages.is_news(Duration::from_millis(LONG_MS))).collect();
        assert_eq!(said, [0, 8, 16]);
    }

    #[tokio::test]
    async fn what_waits_to_be_written_is_known_until_it_is() {
        let (unwritten, ending) = (Unwritten::default(), Ending::default());
        let mut answers = vec![Ok(()), full()];
        let mut seen = Vec::new();
        let written = unwritten
            .sit_out(&ending, "lane", || {
                seen.push(unwritten.is_empty());
                std::future::ready(answers.pop().unwrap())
            })
            .await;
        written.unwrap();
        assert_eq!(seen, [true, false]);
        assert!(unwritten.is_empty());
    }

    #[tokio::test]
    async fn the_end_of_the_process_wakes_who_waits_for_long() {
        let (unwritten, ending) = (Unwritten::default(), Ending::default());
        let mut tries = 0;
        let attempt = || {
            tries += 1;
            std::future::ready(away())
        };
        let waiting = unwritten.sit_out(&ending, "lane", attempt);
        let end = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            ending.cut();
        };
        let waited = tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(waiting, end).0 });
        assert!(waited.await.expect("it slept its time").is_err());
        assert_eq!(tries, 2 + LAST_TRIES);
    }
}
