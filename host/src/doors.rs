//! The doors through which time and chance come in. Everything below asks these and nothing else.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use domain::clock::Moment;
use domain::{Clock, Ids, Timestamp};
use rand::Rng;
use ulid::Ulid;

/// The machine's clock. It may stand still, it never goes back: a step backwards of the machine's
/// clock is waited out, so that no event seems to come before its cause.
#[derive(Debug)]
pub struct SystemClock {
    last: AtomicI64,
    begun: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { last: AtomicI64::default(), begun: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        let before = self.last.fetch_max(now, Ordering::SeqCst);
        Timestamp(now.max(before))
    }

    fn moment(&self) -> Moment {
        Moment(i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

/// Bits of an id that are chance.
const CHANCE_BITS: u32 = 80;
/// Largest step between two ids of one millisecond: the next id cannot be guessed from the last one,
/// and a millisecond has room for more than 65,000 of them.
const STEP_MAX: u128 = 1 << 63;

/// Ids that sort by the time they were made, also within one millisecond of one process.
#[derive(Debug, Default)]
pub struct RandomIds(Mutex<(u64, u128)>);

impl Ids for RandomIds {
    fn next(&self, now: Timestamp) -> Ulid {
        let now_ms = u64::try_from(now.0).unwrap_or(0);
        // A thread that panicked while holding the lock left a whole pair behind: it stays usable.
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (last_ms, last_chance) = *last;
        let mut rng = rand::rng();
        *last = if now_ms > last_ms {
            // The top bit stays free, so that the millisecond has room to count up.
            (now_ms, rng.random::<u128>() >> (128 - CHANCE_BITS + 1))
        } else {
            let chance = last_chance + rng.random_range(1..=STEP_MAX);
            if chance >> CHANCE_BITS == 0 {
                (last_ms, chance)
            } else {
                (last_ms + 1, rng.random::<u128>() >> (128 - CHANCE_BITS + 1))
            }
        };
        Ulid::from_parts(last.0, last.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_they_were_made() {
        let ids = RandomIds::default();
        let made: Vec<Ulid> = (0..100_000).map(|_| ids.next(Timestamp(1_800_000_000_000))).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(made[0].timestamp_ms(), 1_800_000_000_000);
    }

    #[test]
    fn an_id_after_a_step_back_of_the_clock_still_sorts_last() {
        let ids = RandomIds::default();
        let before = ids.next(Timestamp(2_000));
        assert!(ids.next(Timestamp(1_000)) > before);
        assert_eq!(ids.next(Timestamp(3_000)).timestamp_ms(), 3_000);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let clock = SystemClock { last: AtomicI64::new(i64::MAX - 1), ..SystemClock::default() };
        assert_eq!(clock.now(), Timestamp(i64::MAX - 1));
        let before = clock.moment();
        let passes = (0..100_000_000).any(|_| clock.moment() > before);
        assert!(passes, "while the machine's clock is waited for, moments pass");
        assert!(SystemClock::default().now() > Timestamp(1_700_000_000_000));
    }
}
