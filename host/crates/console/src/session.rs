//! Sessions: an opaque random id in a cookie, kept in memory until it runs out. A restart signs everybody
//! out, which costs a person one login and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::clock::HOUR_MS;
use domain::token::{Scope, Token};
use domain::{Actor, ActorKind, Timestamp};
use rand::Rng;

use crate::pages::{Visit, problem};
use crate::{Access, Console};

/// How long a session lasts.
const SESSION_MS: i64 = 12 * HOUR_MS;
/// Most sessions kept at a time.
const SESSIONS_MAX: usize = 10_000;
/// Name of the cookie.
const COOKIE_NAME: &str = "kulanz_session";

/// A person who signed in.
#[derive(Debug, Clone)]
struct Session {
    /// Digest of the token, to see whether it still stands.
    digest: String,
    until: Timestamp,
}

/// All sessions of this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

impl Sessions {
    /// Begins a session; its id.
    pub(crate) fn begin(&self, token: &Token, now: Timestamp) -> String {
        let id = hex::encode(rand::rng().random::<[u8; 32]>());
        let session = Session { digest: token.digest.clone(), until: now.plus(SESSION_MS) };
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| now < session.until);
        if sessions.len() >= SESSIONS_MAX
            && let Some(oldest) = sessions.iter().min_by_key(|(_, s)| s.until).map(|(id, _)| id.clone())
        {
            sessions.remove(&oldest);
        }
        sessions.insert(id.clone(), session);
        id
    }

    /// Ends a session.
    pub(crate) fn end(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Whether there is such a session.
    pub(crate) fn has(&self, id: &str, now: Timestamp) -> bool {
        self.digest_of(id, now).is_some()
    }

    fn digest_of(&self, id: &str, now: Timestamp) -> Option<String> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(id).filter(|session| now < session.until).map(|session| session.digest.clone())
    }
}

/// Lets through who may look; sends everybody else to the login page. A token that was revoked, or has run
/// out, ends its sessions at once. Forms look after themselves: what was typed must not be lost on the way.
pub(crate) async fn guard(State(console): State<Console>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST {
        return next.run(request).await;
    }
    match may_look(&console, request.headers()).await {
        Ok(true) => next.run(request).await,
        Ok(false) => Redirect::to("/login").into_response(),
        Err(error) => problem::of(error, request.uri(), request.headers()),
    }
}

async fn may_look(console: &Console, headers: &HeaderMap) -> Result<bool, desk::DeskError> {
    let is_open = console.access == Access::Open && is_from_here(headers);
    Ok(is_open || signed_in(console, headers, Scope::Read).await?.is_some())
}

/// Headers that a proxy adds.
const PROXIED: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// Whether somebody asks for this machine by its own name, without a proxy between: not another site whose name was
/// bent to this machine's address, and not the world behind a proxy that was put in front.
fn is_from_here(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_matches(['[', ']']);
    let is_here = name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_here && !PROXIED.iter().any(|name| headers.contains_key(*name))
}

/// The token that somebody signed in with, if it still allows this.
pub(crate) async fn signed_in(
    console: &Console,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<Option<Token>, desk::DeskError> {
    let token = holder(console, headers).await?;
    Ok(token.filter(|token| token.allows(scope, console.desk.now())))
}

/// The token that somebody signed in with, whatever it still allows.
pub(crate) async fn holder(console: &Console, headers: &HeaderMap) -> Result<Option<Token>, desk::DeskError> {
    let now = console.desk.now();
    match id_in(headers).and_then(|id| console.sessions.digest_of(&id, now)) {
        Some(digest) => Ok(console.desk.ask().token_by_digest(&digest).await?),
        None => Ok(None),
    }
}

/// Somebody who signed in with a token that may write, on a form of our own. Looking may be open to everybody who can
/// connect; acting never is.
pub(crate) struct Agent(pub(crate) Actor);

/// The same with a token that may administer.
pub(crate) struct Administrator(pub(crate) Actor);

/// The same with a token that may see sealed values again: no other scope includes that.
pub(crate) struct Revealer(pub(crate) Actor);

impl FromRequestParts<Console> for Agent {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        acting(parts, console, Scope::Write).await.map(Self)
    }
}

impl FromRequestParts<Console> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        acting(parts, console, Scope::Admin).await.map(Self)
    }
}

impl FromRequestParts<Console> for Revealer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        acting(parts, console, Scope::Reveal).await.map(Self)
    }
}

async fn acting(parts: &Parts, console: &Console, scope: Scope) -> Result<Actor, Response> {
    let visit = Visit::of(parts, console);
    if is_foreign(&parts.headers) {
        return Err(problem::show(StatusCode::FORBIDDEN, &visit));
    }
    match signed_in(console, &parts.headers, scope).await {
        Ok(Some(token)) => Ok(Actor::new(ActorKind::Agent, token.id.to_string())),
        Ok(None) => Err(Redirect::to(&visit.spoken.link("/login", &[])).into_response()),
        Err(error) => Err(visit.failed(error)),
    }
}

/// Whether another site made the browser send this form. Browsers say so themselves: in `Sec-Fetch-Site` where the
/// connection is trusted (TLS, this machine), and by the origin elsewhere.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site").map(axum::http::HeaderValue::as_bytes) {
        return site != b"same-origin" && site != b"none";
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(ORIGIN) else { return false };
    let from = origin.split_once("://").map(|(_, host)| host);
    from.is_none() || from != text(HOST)
}

/// The session id that a request carries.
pub(crate) fn id_in(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, id)| id.to_owned())
}

/// The cookie that carries a session, out of reach of scripts and of other sites.
pub(crate) fn cookie(id: &str, headers: &HeaderMap) -> String {
    format!(
        "{COOKIE_NAME}={id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
        SESSION_MS / 1_000,
        secure(headers)
    )
}

/// The cookie that takes a session away.
pub(crate) fn no_cookie(headers: &HeaderMap) -> String {
    format!("{COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}", secure(headers))
}

/// A proxy in front that speaks TLS says so; then the cookie may travel over TLS only.
fn secure(headers: &HeaderMap) -> &'static str {
    let https =
        headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    if https { "; Secure" } else { "" }
}

#[cfg(test)]
mod tests {
    use domain::id::{CountingIds, TokenId};

    use super::*;

    fn token() -> Token {
        let id = TokenId::mint(&CountingIds::default(), Timestamp(0));
        let (name, digest) = ("t".to_owned(), "d".to_owned());
        Token { id, name, digest, scopes: vec![Scope::Read], created_at: Timestamp(0), expires_at: None }
    }

    #[test]
    fn a_session_ends_after_twelve_hours_or_when_told() {
        let sessions = Sessions::default();
        let id = sessions.begin(&token(), Timestamp(0));
        assert_eq!(id.len(), 64);
        assert_eq!(sessions.digest_of(&id, Timestamp(SESSION_MS - 1)).as_deref(), Some("d"));
        assert_eq!(sessions.digest_of(&id, Timestamp(SESSION_MS)), None);
        sessions.end(&id);
        assert_eq!(sessions.digest_of(&id, Timestamp(0)), None);
    }

    #[test]
    fn two_sessions_never_share_an_id_and_old_ones_are_cleared_away() {
        let sessions = Sessions::default();
        let first = sessions.begin(&token(), Timestamp(0));
        let second = sessions.begin(&token(), Timestamp(SESSION_MS));
        assert_ne!(first, second);
        assert_eq!(sessions.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b; kulanz_session=abc; c=d".parse().unwrap());
        assert_eq!(id_in(&headers).as_deref(), Some("abc"));
        assert_eq!(id_in(&HeaderMap::new()), None);
    }

    #[test]
    fn only_who_asks_for_this_machine_by_its_own_name_is_from_here() {
        let asked = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (axum::http::HeaderName::from_static(name), value.parse::<axum::http::HeaderValue>().unwrap())
            });
            is_from_here(&pairs.collect())
        };
        for host in ["localhost", "LocalHost:8080", "127.0.0.1:8080", "127.0.0.53", "[::1]:8080", "[::1]"] {
            assert!(asked(&[("host", host)]), "{host}");
            assert!(!asked(&[("host", host), ("x-forwarded-for", "203.0.113.9")]), "{host} behind a proxy");
            assert!(!asked(&[("host", host), ("forwarded", "for=203.0.113.9")]), "{host} behind a proxy");
        }
        for host in [
            "",
            "help.example.org",
            "evil.example:8080",
            "192.168.0.7:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(!asked(&[("host", host)]), "{host}");
        }
        assert!(!asked(&[]));
    }

    #[test]
    fn behind_tls_the_cookie_travels_over_tls_only() {
        let mut headers = HeaderMap::new();
        assert!(!cookie("x", &headers).contains("Secure"));
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        assert!(cookie("x", &headers).ends_with("; Secure"));
    }
}
