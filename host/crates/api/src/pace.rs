//! How often programs may ask: each token so often, and whoever brings no valid one by the network they ask from. Counted
//! in memory, so each host counts for itself. Which tokens the house has, the desk knows; which is valid, `auth`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::{Extensions, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use desk::digest;
use domain::asker::Asker;
use domain::clock::{MINUTE_MS, Moment, SECOND_MS};
use domain::pace::{Buckets, Rate, network_of};
use domain::token::Scope;

use crate::Api;
use crate::auth::bearer;
use crate::error::ApiError;

/// Where raw mail is handed in. A token that may do so hands in as much as it likes: mail comes in waves, after an
/// outage most of all, and many a mail server takes a refusal for the last word.
pub(crate) const MAIL: &str = "/api/v1/inbound/mail";
/// How long a secret that was wrong stays so without being looked up.
const WRONG_MS: i64 = MINUTE_MS;
/// Wrong secrets that are remembered.
const WRONG_MAX: usize = 10_000;

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

/// What a token is remembered by, as it is stored: its secret stays with whoever sends it.
type TokenDigest = String;

/// What this process knows of wrong secrets, and its buckets.
#[derive(Debug)]
struct Counted {
    /// Secrets that belong to no token, each with the moment from which it is looked up again.
    wrong: HashMap<TokenDigest, Moment>,
    /// From when on those may be gone through again: a crowd of guesses must not make each as dear as all.
    swept_next: Moment,
    tokens: Buckets<TokenDigest>,
    /// Where nobody knows who asks, they share one.
    networks: Buckets<Option<IpAddr>>,
    /// What a network sends with secrets that are remembered as wrong: apart from what is looked up, and as much as one
    /// token may send.
    repeats: Buckets<Option<IpAddr>>,
}

/// For whom a request counts; stands on it.
#[derive(Debug, Clone)]
enum CountsFor {
    /// For nobody: raw mail with a token that may hand it in.
    Nobody,
    /// For the token of the house that it brings, whatever others of its network send.
    Token(TokenDigest),
    /// For its network, with a secret that was wrong just now: it is no guess, and nobody need look it up.
    Wrong(Option<IpAddr>),
    /// For its network.
    Network(Option<IpAddr>),
}

/// Whose bucket is empty, and for how many seconds.
#[derive(Debug, Clone, Copy)]
enum Held {
    /// The token's.
    Token(u64),
    /// The network's, for secrets that were wrong just now.
    Wrong(u64),
    /// The network's.
    Network(u64),
}

impl From<Held> for ApiError {
    fn from(held: Held) -> Self {
        let (whose, why, wait_s) = match held {
            Held::Token(wait_s) => ("token", "This token asks too often", wait_s),
            Held::Wrong(wait_s) => {
                ("network", "Too many requests with a token that is wrong come from your network", wait_s)
            }
            Held::Network(wait_s) => {
                ("network", "Too many requests without a valid token come from your network", wait_s)
            }
        };
        metrics::counter!("kulanz_api_too_many_total", "whose" => whose).increment(1);
        Self::too_many(&format!("{why}: wait {wait_s} s and go on more slowly."), wait_s)
    }
}

impl Counted {
    fn admit(&mut self, whose: &CountsFor, now: Moment) -> Result<(), Held> {
        match whose {
            CountsFor::Nobody => Ok(()),
            CountsFor::Token(token) => self.tokens.admit(token.clone(), now).map_err(Held::Token),
            CountsFor::Wrong(network) => self.repeats.admit(*network, now).map_err(Held::Wrong),
            CountsFor::Network(network) => self.networks.admit(*network, now).map_err(Held::Network),
        }
    }

    fn remember_wrong(&mut self, token: TokenDigest, now: Moment) {
        if self.wrong.len() >= WRONG_MAX && self.swept_next <= now {
            self.swept_next = now.plus(SECOND_MS);
            self.wrong.retain(|_, until| now < *until);
        }
        // One that finds no place is counted and looked up each time.
        if self.wrong.len() < WRONG_MAX {
            self.wrong.insert(token, now.plus(WRONG_MS));
        }
    }
}

/// Counts requests.
#[derive(Debug, Clone)]
pub(crate) struct Pace(Arc<Mutex<Counted>>);

impl Pace {
    pub(crate) fn new(rules: ApiPace) -> Self {
        Self(Arc::new(Mutex::new(Counted {
            wrong: HashMap::new(),
            swept_next: Moment(i64::MIN),
            tokens: Buckets::new(rate(rules.token_burst, rules.token_per_minute)),
            repeats: Buckets::new(rate(rules.token_burst, rules.token_per_minute)),
            networks: Buckets::new(rate(rules.network_burst, rules.network_per_minute)),
        })))
    }

    /// A thread that panicked while it counted left whole numbers behind.
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, so that guessing is slow.
    fn admit(&self, whose: &CountsFor, now: Moment) -> Result<(), Held> {
        self.counted().admit(whose, now)
    }

    /// Whether a secret belonged to no token just now.
    fn was_wrong(&self, token: &TokenDigest, now: Moment) -> bool {
        self.counted().wrong.get(token).is_some_and(|until| now < *until)
    }

    /// Whether the secret of this request was wrong just now.
    pub(crate) fn is_wrong(request: &Extensions) -> bool {
        matches!(request.get::<CountsFor>(), Some(CountsFor::Wrong(_)))
    }

    /// The secret belongs to a token: the request counts for it, and not for the network that it came from.
    pub(crate) fn recognise(&self, secret: &str, request: &Extensions, now: Moment) {
        if let Some(CountsFor::Network(network)) = request.get::<CountsFor>() {
            let mut counted = self.counted();
            counted.networks.put_back(network);
            counted.tokens.take(digest(secret), now);
        }
    }

    /// The secret belongs to no token, or to none any more.
    pub(crate) fn refuse(&self, secret: &str, now: Moment) {
        self.counted().remember_wrong(digest(secret), now);
    }
}

/// Lets a request through, or says when to come back.
pub(crate) async fn hold(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let network = request.extensions().get::<Asker>().map(|Asker(address)| network_of(*address));
    let is_mail = request.method() == Method::POST && request.uri().path() == MAIL;
    let brought = bearer(request.headers()).map(digest);
    let whose = match brought {
        Some(token) => counts_for(&api, token, network, is_mail).await,
        None => CountsFor::Network(network),
    };
    match api.pace.admit(&whose, api.desk.moment()) {
        Ok(()) => {
            request.extensions_mut().insert(whose);
            next.run(request).await
        }
        Err(held) => ApiError::from(held).into_response(),
    }
}

/// For whom a request with a secret counts. No right one needs its network's bucket, so others' guesses hold up none.
async fn counts_for(api: &Api, token: TokenDigest, network: Option<IpAddr>, is_mail: bool) -> CountsFor {
    if api.pace.was_wrong(&token, api.desk.moment()) {
        return CountsFor::Wrong(network);
    }
    let known = api.desk.known_token(&token).await;
    match known {
        Some(known) if is_mail && known.allows(Scope::Inbound, api.desk.now()) => CountsFor::Nobody,
        Some(_) => CountsFor::Token(token),
        None => CountsFor::Network(network),
    }
}
