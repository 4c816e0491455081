//! Sessions: an opaque random id in a cookie. Which requests it lets through; the desk knows what it stands for.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use domain::session::SESSION_MS;
use domain::token::{Scope, Token};
use domain::{Actor, ActorKind, Timestamp};

use crate::pages::{Visit, problem};
use crate::{Access, Console};

/// Name of the cookie; behind TLS with a mark by which browsers take it from this very host only.
const COOKIE_NAMES: [&str; 2] = ["kulanz_session", "__Host-kulanz_session"];

/// Pages, with all behind them, that take more than `read` to be looked at: what the API asks for the same.
const PAGES: [(&str, Scope); 3] =
    [("/plugins", Scope::Admin), ("/settings", Scope::Admin), ("/articles/new", Scope::Admin)];

/// The scope that it takes to look at a page.
pub(crate) fn scope_of(path: &str) -> Scope {
    let is_it =
        |page: &str| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    PAGES.iter().find(|page| is_it(page.0)).map_or(Scope::Read, |page| page.1)
}

/// Lets through who may look; tells who is signed in and may not, and sends everybody else to the login page. Where the
/// console is open, whoever is here may look as with `read`. A token that was revoked, or has run out, ends its sessions
/// at once. Forms look after themselves: what was typed must not be lost on the way.
pub(crate) async fn guard(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    if request.method() == Method::POST {
        return next.run(request).await;
    }
    let holder = holder(&console, request.headers()).await;
    let visit = Visit::of(request.uri(), request.headers(), request.extensions());
    let holder = match holder {
        Ok(holder) => holder,
        Err(error) => return problem::of(error, &visit),
    };
    let (scope, now) = (scope_of(request.uri().path()), console.desk.now());
    let is_open = scope == Scope::Read && console.access == Access::Open && is_from_here(request.headers());
    match holder {
        Some(token) if is_open || token.allows(scope, now) => {
            note_admin(request.extensions_mut(), &token, now);
            next.run(request).await
        }
        None if is_open => without_dead_session(request, next).await,
        // Signing in again would help nobody who is signed in.
        Some(token) if token.allows(Scope::Read, now) => problem::lacks_admin(&visit),
        _ => Redirect::to(&visit.spoken.link("/login", &[])).into_response(),
    }
}

/// Stands on a request of somebody who may administer: their menu leads to all pages.
#[derive(Clone, Copy)]
pub(crate) struct Administers;

fn note_admin(extensions: &mut Extensions, token: &Token, now: Timestamp) {
    if token.allows(Scope::Admin, now) {
        extensions.insert(Administers);
    }
}

/// The page for nobody in particular; a cookie whose session has ended (its token was revoked, an older database
/// restored) goes with it.
async fn without_dead_session(mut request: Request, next: Next) -> Response {
    if id_in(request.headers()).is_none() {
        return next.run(request).await;
    }
    let cookie = no_cookie(request.headers());
    request.headers_mut().remove(COOKIE);
    (AppendHeaders([(SET_COOKIE, cookie)]), next.run(request).await).into_response()
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
    match id_in(headers) {
        Some(id) => console.desk.session_token(&id).await,
        None => Ok(None),
    }
}

/// What somebody who signed in is called, in one line: the name of their token. Tickets with this assignee are theirs.
pub(crate) fn own_name(token: &Token) -> Option<String> {
    Some(token.in_one_line()).filter(|name| !name.is_empty())
}

/// Somebody who signed in with a token that may write, on a form of our own. Looking may be open to everybody who can
/// connect; acting never is.
pub(crate) struct Agent(pub(crate) Actor);

/// The same with a token that may administer.
pub(crate) struct Administrator(pub(crate) Actor);

/// The same with a token that may see sealed values again: no other scope includes that.
pub(crate) struct Revealer(pub(crate) Actor);

/// The same with a token that may open attachments, on a link of our own: opening is written down like any act.
pub(crate) struct Opener(pub(crate) Actor);

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

impl FromRequestParts<Console> for Opener {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        acting(parts, console, console.desk.config().vault.attachments.scope()).await.map(Self)
    }
}

async fn acting(parts: &mut Parts, console: &Console, scope: Scope) -> Result<Actor, Response> {
    if is_foreign(&parts.headers) {
        let visit = Visit::of(&parts.uri, &parts.headers, &parts.extensions);
        return Err(problem::show(StatusCode::FORBIDDEN, &visit));
    }
    Ok(who_holds(&admitted(parts, console, scope).await?))
}

/// The token that somebody signed in with, if it allows this; else the page that says what to do.
async fn admitted(parts: &mut Parts, console: &Console, scope: Scope) -> Result<Token, Response> {
    let visit = Visit::of(&parts.uri, &parts.headers, &parts.extensions);
    match signed_in(console, &parts.headers, scope).await {
        Ok(Some(token)) => {
            note_admin(&mut parts.extensions, &token, console.desk.now());
            Ok(token)
        }
        Ok(None) => Err(Redirect::to(&visit.spoken.link("/login", &[])).into_response()),
        Err(error) => Err(visit.failed(error)),
    }
}

/// Who signed in with a token, as somebody who acts.
pub(crate) fn who_holds(token: &Token) -> Actor {
    Actor::new(ActorKind::Agent, token.id.to_string())
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
    pairs.find(|(name, _)| *name == cookie_name(headers)).map(|(_, id)| id.to_owned())
}

/// The cookie that carries a session, out of reach of scripts and of other sites.
pub(crate) fn cookie(id: &str, headers: &HeaderMap) -> String {
    cookie_for(SESSION_MS / 1_000, id, headers)
}

/// The cookie that takes a session away.
pub(crate) fn no_cookie(headers: &HeaderMap) -> String {
    cookie_for(0, "", headers)
}

fn cookie_for(seconds: i64, id: &str, headers: &HeaderMap) -> String {
    let name = cookie_name(headers);
    let secure = if is_behind_tls(headers) { "; Secure" } else { "" };
    format!("{name}={id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

fn cookie_name(headers: &HeaderMap) -> &'static str {
    let [plain, bound] = COOKIE_NAMES;
    if is_behind_tls(headers) { bound } else { plain }
}

/// A proxy in front that speaks TLS says so; then the cookie may travel over TLS only.
fn is_behind_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b; kulanz_session=abc; c=d".parse().unwrap());
        assert_eq!(id_in(&headers).as_deref(), Some("abc"));
        assert_eq!(id_in(&HeaderMap::new()), None);
    }

    #[test]
    fn a_page_and_all_behind_it_take_one_scope() {
        for path in ["/plugins", "/settings", "/settings/tokens", "/settings/nothing", "/articles/new"] {
            assert_eq!(scope_of(path), Scope::Admin, "{path}");
        }
        for path in ["/", "/queue", "/tickets/7", "/articles", "/articles/newest", "/pluginsx", "/contacts/x"]
        {
            assert_eq!(scope_of(path), Scope::Read, "{path}");
        }
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
        let cookie = cookie("x", &headers);
        assert!(
            cookie.starts_with("__Host-kulanz_session=x; Path=/;") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
        headers.append(COOKIE, "kulanz_session=forged; __Host-kulanz_session=x".parse().unwrap());
        assert_eq!(id_in(&headers).as_deref(), Some("x"));
    }
}
