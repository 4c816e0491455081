//! How often the world may write through the form, each network and all together, and how often a network may try to sign
//! in. Knows no pages; how a bucket is reckoned, the domain knows.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use domain::clock::Moment;
use domain::pace::{Bucket, Buckets, Rate, network_of};

/// How often requests may be written through the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub struct FormPace {
    /// Requests that one network may send at once.
    pub network_burst: u32,
    /// And those that come back to it per minute.
    pub network_per_minute: u32,
    /// Requests from everywhere at once, and per minute.
    pub all_per_minute: u32,
}

/// What `config.default.toml` says.
impl Default for FormPace {
    fn default() -> Self {
        Self { network_burst: 10, network_per_minute: 5, all_per_minute: 300 }
    }
}

/// Tokens that do not open the console, which one network may try.
const SIGN_IN: Rate = Rate { burst: 20, per_minute: 10 };

#[derive(Debug)]
struct Counted {
    all: Bucket,
    networks: Buckets<IpAddr>,
    /// Where nobody knows who asks, they share one.
    signing_in: Buckets<Option<IpAddr>>,
}

impl Counted {
    fn begin(rules: FormPace, now: Moment) -> Self {
        let all = Rate { burst: rules.all_per_minute, per_minute: rules.all_per_minute };
        let network = Rate { burst: rules.network_burst, per_minute: rules.network_per_minute };
        Self {
            all: Bucket::full(all, now),
            networks: Buckets::new(network),
            signing_in: Buckets::new(SIGN_IN),
        }
    }
}

/// The buckets of this process.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    rules: FormPace,
    counted: Arc<Mutex<Option<Counted>>>,
}

impl Pace {
    pub(crate) fn new(rules: FormPace) -> Self {
        Self { rules, counted: Arc::default() }
    }

    /// Counts one more request of somebody.
    ///
    /// # Errors
    /// In how many seconds they may send one, if not now; it is not counted then.
    pub(crate) fn admit(&self, from: Option<IpAddr>, now: Moment) -> Result<(), u64> {
        let mut slot = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = slot.get_or_insert_with(|| Counted::begin(self.rules, now));
        // Where nobody knows who asks, only the common one counts.
        let network = from.map(network_of);
        let of_own = network.and_then(|network| counted.networks.wait_s(&network, now));
        if let Some(wait_s) = counted.all.wait_s(now).max(of_own) {
            return Err(wait_s);
        }
        counted.all.take(now);
        if let Some(network) = network {
            counted.networks.take(network, now);
        }
        Ok(())
    }

    /// Counts a try to sign in.
    ///
    /// # Errors
    /// In how many seconds they may try again, if not now; it is not counted then.
    pub(crate) fn admit_sign_in(&self, from: Option<IpAddr>, now: Moment) -> Result<(), u64> {
        let mut slot = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = slot.get_or_insert_with(|| Counted::begin(self.rules, now));
        counted.signing_in.admit(from.map(network_of), now)
    }

    /// It was no wrong token: the try does not count.
    pub(crate) fn give_back_sign_in(&self, from: Option<IpAddr>) {
        let mut slot = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = slot.as_mut() {
            counted.signing_in.put_back(&from.map(network_of));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::MINUTE_MS;

    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_network_gets_its_burst_and_then_so_many_a_minute() {
        let pace = Pace::new(FormPace::default());
        let allowed = |from, now| (0..100).filter(|_| pace.admit(from, Moment(now)).is_ok()).count();
        assert_eq!(allowed(ip("203.0.113.9"), 0), 10);
        assert_eq!(allowed(ip("203.0.113.10"), 0), 10, "the neighbour has its own");
        assert_eq!(allowed(ip("203.0.113.9"), MINUTE_MS), 5);
        assert_eq!(allowed(ip("203.0.113.9"), 60 * MINUTE_MS), 10, "never more than the burst");
        assert_eq!(allowed(ip("2001:db8::1"), 0) + allowed(ip("2001:db8::2"), 0), 10, "one household");
    }

    #[test]
    fn all_together_have_a_bound_too_and_a_clock_that_goes_back_gives_nothing() {
        let pace = Pace::new(FormPace::default());
        let many = |now| {
            let admitted = |n: &u32| pace.admit(Some(IpAddr::V4((n * 7).into())), Moment(now)).is_ok();
            (0..1_000u32).filter(admitted).count()
        };
        assert_eq!(many(MINUTE_MS), 300);
        assert_eq!(many(0), 0);
        assert_eq!(pace.admit(None, Moment(0)), Err(1), "300 a minute: one is back within a second");
    }

    #[test]
    fn a_house_may_set_its_own_pace() {
        let allowed = |network_burst, all_per_minute| {
            let rules = FormPace { network_burst, network_per_minute: u32::MAX, all_per_minute };
            let pace = Pace::new(rules);
            (0..100).filter(|_| pace.admit(ip("203.0.113.9"), Moment(0)).is_ok()).count()
        };
        assert_eq!((allowed(30, 300), allowed(30, 4), allowed(1, 300)), (30, 4, 1));
    }

    #[test]
    fn who_has_to_wait_is_told_how_long_and_is_let_in_then() {
        let rules = FormPace { network_burst: 1, network_per_minute: 5, all_per_minute: 300 };
        let pace = Pace::new(rules);
        let admit = |now_s: i64| pace.admit(ip("203.0.113.9"), Moment(now_s * 1_000));
        assert_eq!([admit(0), admit(0), admit(5), admit(12)], [Ok(()), Err(12), Err(8), Ok(())]);
        let never = Pace::new(FormPace { network_burst: 0, network_per_minute: 0, all_per_minute: 300 });
        assert_eq!(never.admit(ip("203.0.113.9"), Moment(0)), Err(60));
    }

    #[test]
    fn a_network_may_try_so_many_wrong_tokens_and_right_ones_do_not_count() {
        let pace = Pace::new(FormPace::default());
        let from = ip("203.0.113.9");
        for _ in 0..100 {
            assert_eq!(pace.admit_sign_in(from, Moment(0)), Ok(()));
            pace.give_back_sign_in(from);
        }
        let tries = |now| (0..100).filter(|_| pace.admit_sign_in(from, Moment(now)).is_ok()).count();
        assert_eq!((tries(0), tries(MINUTE_MS)), (20, 10));
        assert_eq!(pace.admit_sign_in(ip("203.0.113.10"), Moment(0)), Ok(()), "the neighbour has its own");
    }
}
