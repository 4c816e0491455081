//! How often the world may write through the form: each network so often, and all together. Knows no pages; how a
//! bucket is reckoned, the domain knows.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use domain::Timestamp;
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

#[derive(Debug)]
struct Counted {
    all: Bucket,
    networks: Buckets<IpAddr>,
}

impl Counted {
    fn begin(rules: FormPace, now: Timestamp) -> Self {
        let all = Rate { burst: rules.all_per_minute, per_minute: rules.all_per_minute };
        let network = Rate { burst: rules.network_burst, per_minute: rules.network_per_minute };
        Self { all: Bucket::full(all, now), networks: Buckets::new(network) }
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
    pub(crate) fn admit(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), u64> {
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
}

/// Who asks, as far as the connection and a proxy of our own tell.
pub(crate) fn asker(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    // A proxy may write a line of its own below the one that came along.
    let named = headers.get_all("x-forwarded-for").iter().next_back();
    Some(domain::pace::asker(peer.ip(), named.and_then(|value| value.to_str().ok())))
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
    fn who_asks_is_whom_a_proxy_of_our_own_names_in_its_last_line() {
        let asked = |peer: &str, forwarded: &[&str]| {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            asker(&extensions, &headers)
        };
        assert_eq!(asked("127.0.0.1:9", &["198.51.100.1", "198.51.100.2, 203.0.113.9"]), ip("203.0.113.9"));
        assert_eq!(asked("203.0.113.7:9", &["198.51.100.1"]), ip("203.0.113.7"));
        assert_eq!(asker(&Extensions::new(), &HeaderMap::new()), None);
    }
}
