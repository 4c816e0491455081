//! How often programs may ask: each token so often, and whoever brings no valid one by the network they ask from. Counted
//! in memory, so each host counts for itself. Which token is valid, `auth` knows.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::{Extensions, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use desk::digest;
use domain::Timestamp;
use domain::asker::Asker;
use domain::clock::{MINUTE_MS, Moment, SECOND_MS};
use domain::pace::{Buckets, Rate, network_of};
use domain::token::{Scope, Token};

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

/// What this process knows of tokens, and its buckets.
#[derive(Debug)]
struct Counted {
    /// Secrets that belonged to a token when it was last looked up, and whether it may hand in mail.
    known: HashMap<TokenDigest, bool>,
    /// Whether the tokens of the house have been read.
    are_read: bool,
    /// And from when on they may be read again.
    read_next: Moment,
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

/// How a request was let through; stands on it.
#[derive(Debug, Clone, Copy)]
enum Standing {
    /// With a secret that belonged to a token before.
    Known,
    /// With a secret that was wrong just now: it is no guess, and nobody need look it up.
    Wrong,
    /// Counted for its network.
    CountedFor(Option<IpAddr>),
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
    fn admit(
        &mut self,
        token: Option<TokenDigest>,
        network: Option<IpAddr>,
        is_mail: bool,
        now: Moment,
    ) -> Result<Standing, Held> {
        if let Some(token) = token {
            if let Some(hands_in) = self.known.get(&token).copied() {
                let admitted = if is_mail && hands_in { Ok(()) } else { self.tokens.admit(token, now) };
                return admitted.map(|()| Standing::Known).map_err(Held::Token);
            }
            if self.wrong.get(&token).is_some_and(|until| now < *until) {
                let admitted = self.repeats.admit(network, now);
                return admitted.map(|()| Standing::Wrong).map_err(Held::Wrong);
            }
        }
        let admitted = self.networks.admit(network, now);
        admitted.map(|()| Standing::CountedFor(network)).map_err(Held::Network)
    }

    /// Whether the tokens may be read now: whoever is told so reads them.
    fn may_read(&mut self, now: Moment) -> bool {
        let may_read = self.read_next <= now;
        if may_read {
            self.read_next = now.plus(SECOND_MS);
        }
        may_read
    }

    fn remember_wrong(&mut self, token: TokenDigest, now: Moment) {
        self.known.remove(&token);
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
            known: HashMap::new(),
            are_read: false,
            read_next: Moment(i64::MIN),
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

    /// Counts a request: for its token if that is known, which asks no database; else for its network, so that
    /// guessing is slow.
    fn admit(&self, request: &mut Request, now: Moment) -> Result<(), Held> {
        let token = bearer(request.headers()).map(digest);
        let network = request.extensions().get::<Asker>().map(|Asker(address)| network_of(*address));
        let is_mail = request.method() == Method::POST && request.uri().path() == MAIL;
        let standing = self.counted().admit(token, network, is_mail, now)?;
        request.extensions_mut().insert(standing);
        Ok(())
    }

    /// Whether somebody has to read the tokens of the house now, so that no right one ever needs its network's bucket:
    /// whoever is told so, and once a second at most where that fails.
    fn shall_read(&self, now: Moment) -> bool {
        let mut counted = self.counted();
        !counted.are_read && counted.may_read(now)
    }

    /// Whether somebody has to read them again now, because one that nobody knows yet may have been made since: once a
    /// second at most.
    fn shall_read_again(&self, now: Moment) -> bool {
        self.counted().may_read(now)
    }

    /// An expired one is a token of the house too: it counts for itself, and the look-up tells that it has expired.
    fn know(&self, tokens: &[Token], now: Timestamp) {
        let mut counted = self.counted();
        counted.are_read = true;
        for token in tokens {
            counted.wrong.remove(&token.digest);
            counted.known.insert(token.digest.clone(), token.allows(Scope::Inbound, now));
        }
    }

    /// Whether the secret of this request was wrong just now.
    pub(crate) fn is_wrong(request: &Extensions) -> bool {
        matches!(request.get::<Standing>(), Some(Standing::Wrong))
    }

    /// The secret belongs to a token: the request counts for it, and not for the network that it came from.
    pub(crate) fn recognise(
        &self,
        secret: &str,
        token: &Token,
        request: &Extensions,
        at: (Timestamp, Moment),
    ) {
        let (digest, mut counted) = (digest(secret), self.counted());
        counted.known.insert(digest.clone(), token.allows(Scope::Inbound, at.0));
        if let Some(Standing::CountedFor(network)) = request.get::<Standing>() {
            counted.networks.put_back(network);
            counted.tokens.take(digest, at.1);
        }
    }

    /// The secret belongs to no token, or to none any more.
    pub(crate) fn refuse(&self, secret: &str, now: Moment) {
        self.counted().remember_wrong(digest(secret), now);
    }
}

/// Lets a request through, or says when to come back.
pub(crate) async fn hold(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let now = api.desk.moment();
    let brings_token = bearer(request.headers()).is_some();
    if brings_token && api.pace.shall_read(now) {
        read_tokens(&api).await;
    }
    let mut admitted = api.pace.admit(&mut request, now);
    // A token that was made since the last reading waits for nobody of its network.
    if brings_token && matches!(admitted, Err(Held::Network(_))) && api.pace.shall_read_again(now) {
        read_tokens(&api).await;
        admitted = api.pace.admit(&mut request, now);
    }
    match admitted {
        Ok(()) => next.run(request).await,
        Err(held) => ApiError::from(held).into_response(),
    }
}

async fn read_tokens(api: &Api) {
    match api.desk.ask().tokens().await {
        Ok(tokens) => api.pace.know(&tokens, api.desk.now()),
        // Until then a token is known from its first request on.
        Err(error) => {
            tracing::debug!(%error, "the tokens could not be read; tried again with a later request")
        }
    }
}
