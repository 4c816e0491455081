//! How often programs may ask: each token so often, and whoever brings no valid one by the network they ask from. Counted
//! in memory, so each host counts for itself. Which token is valid, `auth` knows.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use domain::pace::{Buckets, Rate, asker, network_of};
use sha2::{Digest, Sha256};

use crate::Api;
use crate::auth::bearer;
use crate::error::ApiError;

/// Where raw mail is handed in. A token that was right once hands in as much as it likes: mail comes in waves, after an
/// outage most of all, and many a mail server takes a refusal for the last word.
pub(crate) const MAIL: &str = "/api/v1/inbound/mail";

/// How often programs may ask. 0 per minute: as often as they like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub struct ApiPace {
    /// Requests that one token may send at once.
    pub token_burst: u32,
    /// And those that come back to it per minute.
    pub token_per_minute: u32,
    /// Requests without a valid token that one network may send at once.
    pub network_burst: u32,
    /// And those that come back to it per minute.
    pub network_per_minute: u32,
}

/// What `config.default.toml` says.
impl Default for ApiPace {
    fn default() -> Self {
        Self { token_burst: 200, token_per_minute: 1_200, network_burst: 200, network_per_minute: 60 }
    }
}

impl ApiPace {
    /// As often as they like.
    pub const UNBOUNDED: Self =
        Self { token_burst: 0, token_per_minute: 0, network_burst: 0, network_per_minute: 0 };
}

fn rate(burst: u32, per_minute: u32) -> Rate {
    match per_minute {
        0 => Rate::UNBOUNDED,
        per_minute => Rate { burst, per_minute },
    }
}

/// What a token is remembered by: its secret stays with whoever sends it.
type TokenDigest = [u8; 32];

fn digest(secret: &str) -> TokenDigest {
    Sha256::digest(secret.as_bytes()).into()
}

/// The buckets of this process. Only tokens that were right have one; where nobody knows who asks, they share one.
#[derive(Debug)]
struct Counted {
    tokens: Mutex<Buckets<TokenDigest>>,
    networks: Mutex<Buckets<Option<IpAddr>>>,
}

/// Counts requests.
#[derive(Debug, Clone)]
pub(crate) struct Pace(Arc<Counted>);

/// Stands on a request that was counted for its network.
#[derive(Debug, Clone, Copy)]
struct CountedFor(Option<IpAddr>);

impl Pace {
    pub(crate) fn new(rules: ApiPace) -> Self {
        let tokens = Buckets::new(rate(rules.token_burst, rules.token_per_minute));
        let networks = Buckets::new(rate(rules.network_burst, rules.network_per_minute));
        Self(Arc::new(Counted { tokens: Mutex::new(tokens), networks: Mutex::new(networks) }))
    }

    /// Counts a request: for its token if that was right before, which asks no database; else for its network, so that
    /// guessing is slow.
    fn admit(&self, request: &mut Request, now: Timestamp) -> Result<(), ApiError> {
        let token = bearer(request.headers()).map(digest);
        if let Some(token) = token.filter(|token| locked(&self.0.tokens).knows(token)) {
            if request.uri().path() == MAIL {
                return Ok(());
            }
            let admitted = locked(&self.0.tokens).admit(token, now);
            return admitted.map_err(|wait_s| too_many("token", "This token asks too often", wait_s));
        }
        let network = network(request);
        request.extensions_mut().insert(CountedFor(network));
        let admitted = locked(&self.0.networks).admit(network, now);
        admitted.map_err(|wait_s| {
            too_many("network", "Too many requests without a valid token come from your network", wait_s)
        })
    }

    /// The token was right: the request counts for it, and not for the network that it came from.
    pub(crate) fn recognise(&self, secret: &str, request: &Extensions, now: Timestamp) {
        if let Some(CountedFor(network)) = request.get() {
            locked(&self.0.networks).put_back(network);
            locked(&self.0.tokens).take(digest(secret), now);
        }
    }

    /// The token is not right, or not any more.
    pub(crate) fn forget(&self, secret: &str) {
        locked(&self.0.tokens).forget(&digest(secret));
    }
}

/// A thread that panicked while it counted left whole numbers behind.
fn locked<K>(buckets: &Mutex<Buckets<K>>) -> MutexGuard<'_, Buckets<K>> {
    buckets.lock().unwrap_or_else(PoisonError::into_inner)
}

fn network(request: &Request) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    // A proxy may write a line of its own below the one that came along.
    let named = request.headers().get_all("x-forwarded-for").iter().next_back();
    Some(network_of(asker(peer.ip(), named.and_then(|value| value.to_str().ok()))))
}

fn too_many(whose: &'static str, why: &str, wait_s: u64) -> ApiError {
    metrics::counter!("kulanz_api_too_many_total", "whose" => whose).increment(1);
    ApiError::too_many(&format!("{why}: wait {wait_s} s and go on more slowly."), wait_s)
}

/// Lets a request through, or says when to come back.
pub(crate) async fn hold(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    match api.pace.admit(&mut request, api.desk.now()) {
        Ok(()) => next.run(request).await,
        Err(too_many) => too_many.into_response(),
    }
}
