//! How often the world may write through the form: each network so often, and all together. Knows no pages.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;
use domain::Timestamp;
use domain::clock::MINUTE_MS;

/// Networks that are remembered.
const NETWORKS_MAX: usize = 10_000;

/// Longest wait that is named, seconds.
const SECONDS_MAX: u64 = 3_600;

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

/// A bucket of requests that are still allowed; what is taken out comes back with time.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths of a request.
    left: i64,
    at: Timestamp,
}

impl Bucket {
    fn full(burst: u32, now: Timestamp) -> Self {
        Self { left: thousandths(burst), at: now }
    }

    /// With what has come back until now.
    fn at(self, now: Timestamp, burst: u32, per_minute: u32) -> Self {
        let passed = now.0.saturating_sub(self.at.0).clamp(0, 60 * MINUTE_MS);
        let back = passed.saturating_mul(thousandths(per_minute)) / MINUTE_MS;
        Self { left: (self.left + back).min(thousandths(burst)), at: now }
    }

    /// In how many seconds there is one again; none: there is one.
    fn wait_s(self, per_minute: u32) -> Option<u64> {
        let missing = u64::try_from(1_000 - self.left).ok().filter(|missing| *missing > 0)?;
        let wait_s = (missing * 60).div_ceil(u64::from(per_minute.max(1)) * 1_000);
        Some(wait_s.min(SECONDS_MAX))
    }

    const fn without_one(self) -> Self {
        Self { left: self.left - 1_000, at: self.at }
    }
}

fn thousandths(requests: u32) -> i64 {
    i64::from(requests) * 1_000
}

#[derive(Debug)]
struct Buckets {
    all: Bucket,
    networks: HashMap<IpAddr, Bucket>,
}

/// The buckets of this process.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    rules: FormPace,
    buckets: Arc<Mutex<Option<Buckets>>>,
}

impl Pace {
    pub(crate) fn new(rules: FormPace) -> Self {
        Self { rules, buckets: Arc::default() }
    }

    /// Counts one more request of somebody.
    ///
    /// # Errors
    /// In how many seconds they may send one, if not now; it is not counted then.
    pub(crate) fn admit(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), u64> {
        let FormPace { network_burst, network_per_minute, all_per_minute } = self.rules;
        let mut slot = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets = slot.get_or_insert_with(|| Buckets {
            all: Bucket::full(all_per_minute, now),
            networks: HashMap::new(),
        });
        let all = buckets.all.at(now, all_per_minute, all_per_minute);
        // Where nobody knows who asks, only the common one counts.
        let network = from.map(network_of);
        let own = network.map(|network| {
            let standing = buckets.networks.get(&network).copied();
            let bucket = standing.unwrap_or_else(|| Bucket::full(network_burst, now));
            (network, bucket.at(now, network_burst, network_per_minute))
        });
        let of_all = all.wait_s(all_per_minute);
        let of_own = own.and_then(|(_, bucket)| bucket.wait_s(network_per_minute));
        if let Some(wait_s) = of_all.max(of_own) {
            return Err(wait_s);
        }
        buckets.all = all.without_one();
        if let Some((network, bucket)) = own {
            let is_known = buckets.networks.contains_key(&network);
            if !is_known && buckets.networks.len() >= NETWORKS_MAX {
                // Whose bucket is full again is nobody in particular.
                buckets.networks.retain(|_, bucket| {
                    bucket.at(now, network_burst, network_per_minute).left < thousandths(network_burst)
                });
            }
            if is_known || buckets.networks.len() < NETWORKS_MAX {
                buckets.networks.insert(network, bucket.without_one());
            }
        }
        Ok(())
    }
}

/// Who asks: the peer of the connection; behind a proxy of our own network, whom that names last.
pub(crate) fn asker(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.ip().to_canonical();
    let named = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let named = named.and_then(|list| list.rsplit(',').next()).and_then(|last| last.trim().parse().ok());
    Some(if is_ours(peer) { named.unwrap_or(peer) } else { peer })
}

fn is_ours(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// One household has one IPv4 address, or 2^64 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_network_gets_its_burst_and_then_so_many_a_minute() {
        let pace = Pace::new(FormPace::default());
        let allowed = |from, now| (0..100).filter(|_| pace.admit(from, Timestamp(now)).is_ok()).count();
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
            let admitted = |n: &u32| pace.admit(Some(IpAddr::V4((n * 7).into())), Timestamp(now)).is_ok();
            (0..1_000u32).filter(admitted).count()
        };
        assert_eq!(many(MINUTE_MS), 300);
        assert_eq!(many(0), 0);
        assert_eq!(pace.admit(None, Timestamp(0)), Err(1), "300 a minute: one is back within a second");
    }

    #[test]
    fn a_house_may_set_its_own_pace() {
        let allowed = |network_burst, all_per_minute| {
            let rules = FormPace { network_burst, network_per_minute: u32::MAX, all_per_minute };
            let pace = Pace::new(rules);
            (0..100).filter(|_| pace.admit(ip("203.0.113.9"), Timestamp(0)).is_ok()).count()
        };
        assert_eq!((allowed(30, 300), allowed(30, 4), allowed(1, 300)), (30, 4, 1));
    }

    #[test]
    fn who_has_to_wait_is_told_how_long_and_is_let_in_then() {
        let rules = FormPace { network_burst: 1, network_per_minute: 5, all_per_minute: 300 };
        let pace = Pace::new(rules);
        let admit = |now_s: i64| pace.admit(ip("203.0.113.9"), Timestamp(now_s * 1_000));
        assert_eq!([admit(0), admit(0), admit(5), admit(12)], [Ok(()), Err(12), Err(8), Ok(())]);
        let never = Pace::new(FormPace { network_burst: 0, network_per_minute: 0, all_per_minute: 300 });
        assert_eq!(never.admit(ip("203.0.113.9"), Timestamp(0)), Err(60));
    }

    #[test]
    fn only_a_proxy_of_our_own_is_believed() {
        let asked = |peer: &str, forwarded: &str| {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            asker(&extensions, &headers)
        };
        assert_eq!(asked("127.0.0.1:9", "198.51.100.1, 203.0.113.9"), ip("203.0.113.9"));
        assert_eq!(asked("127.0.0.1:9", "nobody"), ip("127.0.0.1"));
        assert_eq!(asked("203.0.113.7:9", "198.51.100.1"), ip("203.0.113.7"));
        assert_eq!(asker(&Extensions::new(), &HeaderMap::new()), None);
    }
}
