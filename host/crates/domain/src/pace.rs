//! How often somebody may ask: buckets of requests that are still allowed, and whose they are. Knows no door and no
//! clock: a moment is an argument.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use crate::clock::{MINUTE_MS, Moment, SECOND_MS};

/// Askers whose buckets are remembered.
const KNOWN_MAX: usize = 10_000;
/// Longest wait that is named, seconds.
const WAIT_S_MAX: u64 = 3_600;

/// So many requests at once, and so many that come back per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Per minute.
    pub per_minute: u32,
}

impl Rate {
    /// More than anybody can send.
    pub const UNBOUNDED: Self = Self { burst: u32::MAX, per_minute: u32::MAX };
}

/// A bucket of requests that are still allowed; what is taken out comes back with time.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    rate: Rate,
    /// Thousandths of a request.
    left: i64,
    at: Moment,
}

impl Bucket {
    /// One that nothing was taken out of.
    #[must_use]
    pub fn full(rate: Rate, now: Moment) -> Self {
        Self { rate, left: thousandths(rate.burst), at: now }
    }

    /// In how many seconds there is a request in it again; none: there is one.
    #[must_use]
    pub fn wait_s(&self, now: Moment) -> Option<u64> {
        let missing = u64::try_from(1_000 - self.left(now)).ok().filter(|missing| *missing > 0)?;
        let wait_s = (missing * 60).div_ceil(u64::from(self.rate.per_minute.max(1)) * 1_000);
        Some(wait_s.min(WAIT_S_MAX))
    }

    /// Takes a request out.
    pub fn take(&mut self, now: Moment) {
        *self = Self { left: self.left(now) - 1_000, at: self.at.max(now), ..*self };
    }

    /// Puts a request back that should not have counted.
    fn put_back(&mut self) {
        self.left = (self.left + 1_000).min(thousandths(self.rate.burst));
    }

    /// With what has come back until now.
    fn left(&self, now: Moment) -> i64 {
        let passed = now.0.saturating_sub(self.at.0).clamp(0, 60 * MINUTE_MS);
        let back = passed.saturating_mul(thousandths(self.rate.per_minute)) / MINUTE_MS;
        (self.left + back).min(thousandths(self.rate.burst))
    }

    fn is_full(&self, now: Moment) -> bool {
        self.left(now) >= thousandths(self.rate.burst)
    }
}

fn thousandths(requests: u32) -> i64 {
    i64::from(requests) * 1_000
}

/// A bucket for each asker. So many are remembered and no more: whose bucket is full again is nobody in particular, and
/// who comes while all places are taken is not held up, since so many askers have no need to share one.
#[derive(Debug)]
pub struct Buckets<K> {
    rate: Rate,
    known: HashMap<K, Bucket>,
    cleared_at: Moment,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Buckets of this size for whoever comes.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, known: HashMap::new(), cleared_at: Moment(i64::MIN) }
    }

    /// In how many seconds somebody may ask again; none: now.
    #[must_use]
    pub fn wait_s(&self, who: &K, now: Moment) -> Option<u64> {
        self.known.get(who).copied().unwrap_or_else(|| Bucket::full(self.rate, now)).wait_s(now)
    }

    /// Takes a request out of somebody's bucket, whether there is one in it or not.
    pub fn take(&mut self, who: K, now: Moment) {
        if let Some(bucket) = self.known.get_mut(&who) {
            bucket.take(now);
            return;
        }
        self.make_room(now);
        if self.known.len() < KNOWN_MAX {
            let mut bucket = Bucket::full(self.rate, now);
            bucket.take(now);
            self.known.insert(who, bucket);
        }
    }

    /// Counts one more request of somebody.
    ///
    /// # Errors
    /// In how many seconds they may send one, if not now; it is not counted then.
    pub fn admit(&mut self, who: K, now: Moment) -> Result<(), u64> {
        if let Some(wait_s) = self.wait_s(&who, now) {
            return Err(wait_s);
        }
        self.take(who, now);
        Ok(())
    }

    /// Puts a request back that should not have counted for somebody.
    pub fn put_back(&mut self, who: &K) {
        if let Some(bucket) = self.known.get_mut(who) {
            bucket.put_back();
        }
    }

    /// Looks once a second at most: a crowd of newcomers must not make each request as dear as all buckets.
    fn make_room(&mut self, now: Moment) {
        let looked_just_now = now.0.abs_diff(self.cleared_at.0) < SECOND_MS.unsigned_abs();
        if self.known.len() >= KNOWN_MAX && !looked_just_now {
            self.cleared_at = now;
            self.known.retain(|_, bucket| !bucket.is_full(now));
        }
    }
}

/// One household has one IPv4 address, or 2^64 of IPv6.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2, per_minute: 60 };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_has_a_burst_and_gets_back_so_many_a_minute() {
        let mut buckets = Buckets::new(RATE);
        let mut admit = |who, at_ms| buckets.admit(who, Moment(at_ms));
        assert_eq!([admit('a', 0), admit('a', 0), admit('a', 0)], [Ok(()), Ok(()), Err(1)]);
        assert_eq!(admit('b', 0), Ok(()), "the neighbour has its own");
        assert_eq!([admit('a', 999), admit('a', 1_000), admit('a', 1_000)], [Err(1), Ok(()), Err(1)]);
        let later = 60 * MINUTE_MS;
        assert_eq!([admit('a', later), admit('a', later), admit('a', later)], [Ok(()), Ok(()), Err(1)]);
    }

    #[test]
    fn what_is_put_back_counts_for_nobody_and_makes_no_bucket_overflow() {
        let mut buckets = Buckets::new(RATE);
        for _ in 0..10 {
            assert_eq!(buckets.admit('a', Moment(0)), Ok(()));
            buckets.put_back(&'a');
        }
        buckets.put_back(&'a');
        let admitted = (0..10).filter(|_| buckets.admit('a', Moment(0)).is_ok()).count();
        assert_eq!(admitted, 2);
    }

    #[test]
    fn no_rate_is_so_high_that_it_is_reckoned_wrong() {
        let mut buckets = Buckets::new(Rate::UNBOUNDED);
        let admitted = (0..1_000).filter(|n| buckets.admit('a', Moment(n * MINUTE_MS)).is_ok()).count();
        assert_eq!(admitted, 1_000);
    }

    #[test]
    fn so_many_are_remembered_and_who_rests_makes_room() {
        let mut buckets = Buckets::new(RATE);
        for who in 0..2 * KNOWN_MAX {
            assert_eq!(buckets.admit(who, Moment(0)), Ok(()));
        }
        assert_eq!(buckets.known.len(), KNOWN_MAX);
        assert_eq!(buckets.admit(usize::MAX, Moment(MINUTE_MS)), Ok(()));
        assert_eq!(buckets.known.len(), 1, "all others had rested");
    }

    #[test]
    fn a_household_of_ipv6_is_one_network() {
        assert_eq!(network_of(ip("2001:db8::1")), network_of(ip("2001:db8::2:3")));
        assert_ne!(network_of(ip("2001:db8::1")), network_of(ip("2001:db8:0:1::1")));
        assert_ne!(network_of(ip("203.0.113.9")), network_of(ip("203.0.113.10")));
    }
}
