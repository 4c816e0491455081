//! The HTTP server: both doors and the house's own pages (`/healthz`, `/readyz`, `/metrics`) behind one
//! listener, inside one frame of limits. Knows no route of the doors.

use std::any::Any;
use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::problem;
use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use desk::{Desk, Worker};
use domain::asker::{Asker, Proxies};
use futures::FutureExt;
use metrics_exporter_prometheus::PrometheusHandle;
use store::StoreError;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};

use crate::config::{MetricsAccess, Secret, Server};
use crate::lifecycle::stopped;
use crate::listening::{self, Bounds};

/// How long the readiness check waits for the database.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// How often old samples are cleared away.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// How long what was cut off when the time for stopping was over may take to write down what is known of it.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Peers that are taken for proxies nobody named, and warned of: after so many the operator knows.
const UNNAMED_MAX: usize = 16;
/// Carries the request's id both ways.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the house's own pages need.
#[derive(Clone)]
struct Front {
    desk: Desk,
    metrics: Option<PrometheusHandle>,
    metrics_access: MetricsAccess,
    metrics_token: Option<Secret>,
    proxies: Arc<Proxies>,
    /// Peers that were warned of because they look like proxies that nobody named.
    unnamed: Arc<Mutex<HashSet<IpAddr>>>,
    stop: watch::Receiver<bool>,
    timeout: Duration,
}

/// All routes of the house.
pub fn router(
    desk: &Desk,
    settings: &Server,
    pace: api::ApiPace,
    pages: Router,
    metrics: Option<PrometheusHandle>,
    stop: watch::Receiver<bool>,
) -> Router {
    let front = Front {
        desk: desk.clone(),
        metrics,
        metrics_access: settings.metrics,
        metrics_token: settings.metrics_token.clone(),
        proxies: Arc::new(settings.proxies.clone()),
        unnamed: Arc::default(),
        stop,
        timeout: Duration::from_millis(settings.request_timeout_ms),
    };
    let api = api::router(desk.clone(), pace);
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render_metrics))
        // Each door answers for its own part, down to its own "no such page". The API is merged rather than
        // put behind a wildcard: a wildcard's capture would join the path parameters of every route in it.
        .route_service("/api", api.clone())
        .merge(api.with_state(()))
        .fallback_service(pages)
        .layer(DefaultBodyLimit::max(settings.body_bytes_max))
        .layer(from_fn_with_state(front.clone(), frame))
        .layer(from_fn_with_state(front.clone(), name_asker))
        .layer(from_fn(caught))
        .layer(PropagateRequestIdLayer::new(X_REQUEST_ID))
        .layer(SetRequestIdLayer::new(X_REQUEST_ID, NewRequestId))
        .layer(from_fn(without_strange_id))
        .with_state(front)
}

/// Serves requests and works the queue until `stop`; then first the work ends, then the requests.
/// While it drains, `/readyz` says so.
///
/// # Errors
/// When the listener breaks.
pub async fn run(
    listener: TcpListener,
    router: Router,
    desk: &Desk,
    metrics: Option<PrometheusHandle>,
    stop: watch::Receiver<bool>,
    settings: &Server,
) -> anyhow::Result<()> {
    let drain = Duration::from_millis(settings.drain_ms);
    let bounds = Bounds {
        connections: settings.connections_max,
        head: Duration::from_millis(settings.head_timeout_ms),
    };
    let (close, closed) = watch::channel(false);
    let mut server =
        tokio::spawn(async move { listening::serve(listener, router, bounds, stopped(closed)).await });
    let (worker, until) = (Worker::new(desk.clone()), stop.clone());
    let mut worker = tokio::spawn(async move { worker.run(until).await });
    let upkeep = tokio::spawn(upkeep(metrics));
    tokio::select! {
        () = stopped(stop) => {}
        ended = &mut server => {
            ended?;
            anyhow::bail!("the HTTP server ended by itself");
        }
    }
    let begun = Instant::now();
    let left = |begun: Instant| drain.saturating_sub(begun.elapsed());
    if tokio::time::timeout(left(begun), &mut worker).await.is_err() {
        desk.cut_deliveries();
    }
    if !worker.is_finished() && tokio::time::timeout(LAST_WORDS, worker).await.is_err() {
        tracing::warn!("some jobs did not end in time; their leases run out and they are taken up again");
    }
    // Err: nobody listens, the server has ended already.
    let _ = close.send(true);
    if tokio::time::timeout(left(begun), server).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    upkeep.abort();
    Ok(())
}

async fn upkeep(metrics: Option<PrometheusHandle>) {
    let Some(metrics) = metrics else { return };
    let mut ticks = tokio::time::interval(UPKEEP_EVERY);
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}

async fn healthz() -> &'static str {
    "alive\n"
}

async fn readyz(State(front): State<Front>) -> (StatusCode, &'static str) {
    if *front.stop.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match tokio::time::timeout(PING_TIMEOUT, front.desk.ask().ping()).await {
        Ok(Ok(())) if front.desk.waits_to_write() => {
            (StatusCode::SERVICE_UNAVAILABLE, "what became of a mail is not written down yet\n")
        }
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            let why = match error {
                StoreError::Full => "the database's disk is full\n",
                _ => "the database does not answer\n",
            };
            (StatusCode::SERVICE_UNAVAILABLE, why)
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer in time\n"),
    }
}

async fn render_metrics(State(front): State<Front>, request: Request) -> Response {
    let Some(metrics) = front.metrics.as_ref().filter(|_| front.metrics_access != MetricsAccess::Off) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if front.metrics_access == MetricsAccess::Token && !bears(&request, front.metrics_token.as_ref()) {
        let sentence = "Send the token of server.metrics_token_file: Authorization: Bearer …";
        let mut refused = problem(StatusCode::UNAUTHORIZED, "token_invalid", sentence, &id_of(&request));
        let scheme = HeaderValue::from_static("Bearer realm=\"kulanz metrics\"");
        refused.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        return refused;
    }
    drop(request);
    if let Ok(queue) = front.desk.ask().queue(front.desk.now()).await {
        for (state, lanes) in [
            ("ready", queue.ready),
            ("waiting", queue.waiting),
            ("leased", queue.leased),
            ("dead", queue.dead),
        ] {
            metrics::gauge!("kulanz_queue", "state" => state).set(gauge(lanes));
        }
        metrics::gauge!("kulanz_queue_oldest_ready_seconds").set(gauge(queue.oldest_ready_ms) / 1_000.0);
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
}

/// Whether a request brings this token along. It is none of the database's: numbers are wanted most while that is away.
fn bears(request: &Request, token: Option<&Secret>) -> bool {
    let (Some(given), Some(token)) = (api::bearer(request.headers()), token) else { return false };
    given.as_bytes().ct_eq(token.reveal().as_bytes()).into()
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn gauge(count: i64) -> f64 {
    count as f64
}

/// A page is for people: what they typed with a NUL is looked for with the sign that stands in its place in the
/// databases.
fn without_nul(mut request: Request) -> Request {
    let uri = request.uri();
    let typed = uri.query().filter(|query| query.contains("%00") && !uri.path().starts_with("/api/"));
    let Some(typed) = typed else { return request };
    let address = format!("{}?{}", uri.path(), typed.replace("%00", "%EF%BF%BD"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = address.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// Deadline and measurement of every request.
async fn frame(State(front): State<Front>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The pattern, not the path: paths carry ids and would make a time series each.
    let route = request.extensions().get::<MatchedPath>().map_or("pages", |p| p.as_str()).to_owned();
    let request = without_nul(request);
    let id = id_of(&request);
    // No text in the databases holds a NUL, so nothing has such an address; PostgreSQL would call it an error.
    let has_nul = request.uri().path_and_query().is_some_and(|address| address.as_str().contains("%00"));
    let answer = async {
        match has_nul {
            true => {
                let sentence = "An address cannot hold a NUL (%00).";
                problem(StatusCode::BAD_REQUEST, "bad_address", sentence, &id)
            }
            false => next.run(request).await,
        }
    };
    let response = match tokio::time::timeout(front.timeout, answer).await {
        Ok(response) => response,
        Err(_) => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "The request took too long; nothing that was acknowledged is lost. Try again.",
            &id,
        ),
    };
    let labels = [
        ("method", method_label(&method).to_owned()),
        ("route", route),
        ("status", response.status().as_u16().to_string()),
    ];
    metrics::counter!("kulanz_http_requests_total", &labels).increment(1);
    metrics::histogram!("kulanz_http_request_seconds", &labels[..2]).record(begun.elapsed().as_secs_f64());
    response
}

/// Takes away an id that the API would not take over, so that a request has one and the same everywhere.
async fn without_strange_id(mut request: Request, next: Next) -> Response {
    if api::given_request_id(request.headers()).is_none() {
        request.headers_mut().remove(&X_REQUEST_ID);
    }
    next.run(request).await
}

/// The id of a request: each has one from `SetRequestIdLayer` on.
fn id_of(request: &Request) -> String {
    api::given_request_id(request.headers()).unwrap_or_default().to_owned()
}

/// Writes down on each request who asks: the only place where a proxy is believed.
async fn name_asker(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    if let Some(peer) = unnamed_proxy(&front.proxies, &request)
        && is_news(&front.unnamed, peer)
    {
        tracing::warn!(
            "requests come through {peer}, which server.proxies does not name: all its clients count as one"
        );
    }
    if let Some(asker) = asker(&front.proxies, &request) {
        request.extensions_mut().insert(asker);
    }
    next.run(request).await
}

fn asker(proxies: &Proxies, request: &Request) -> Option<Asker> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    // A proxy may write a line of its own below the one that came along. A line that is no text names nobody.
    let lines = request.headers().get_all("x-forwarded-for").iter().rev();
    let named = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    Some(proxies.asker(peer.ip(), named))
}

/// The peer, where it looks like a proxy of the house that nobody named: from the own network, and it says whom it asks
/// for.
fn unnamed_proxy(proxies: &Proxies, request: &Request) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.ip().to_canonical();
    let is_private = match peer {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local(),
    };
    let names_somebody = request.headers().contains_key("x-forwarded-for");
    (names_somebody && is_private && !proxies.has(peer)).then_some(peer)
}

/// Whether nobody was warned of this peer yet. So many are remembered and no more, and of others nobody is warned.
fn is_news(warned: &Mutex<HashSet<IpAddr>>, peer: IpAddr) -> bool {
    let mut warned = warned.lock().unwrap_or_else(PoisonError::into_inner);
    warned.len() < UNNAMED_MAX && warned.insert(peer)
}

/// Makes an answer of a panic.
async fn caught(request: Request, next: Next) -> Response {
    let id = id_of(&request);
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => panicked(&*panic, &id),
    }
}

fn panicked(panic: &(dyn Any + Send), id: &str) -> Response {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(request_id = id, panic = text.unwrap_or("without a text"), "a request panicked");
    metrics::counter!("kulanz_http_panics_total").increment(1);
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "A defect in Kulanz; the log has the particulars under this request's id.",
        id,
    )
}

/// A method as a label: whatever a stranger calls his methods, there are only so many time series.
fn method_label(method: &Method) -> &'static str {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    let words = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    known.iter().zip(words).find(|(known, _)| *known == method).map_or("other", |(_, word)| word)
}

/// Ids for requests that bring none.
#[derive(Debug, Clone, Copy)]
struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let id = format!("req_{:016x}", rand::random::<u64>());
        HeaderValue::from_str(&id).ok().map(RequestId::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use tower::ServiceExt;

    fn framed(handler: Router) -> Router {
        handler
            .layer(from_fn(caught))
            .layer(PropagateRequestIdLayer::new(X_REQUEST_ID))
            .layer(SetRequestIdLayer::new(X_REQUEST_ID, NewRequestId))
    }

    #[tokio::test]
    async fn a_panic_becomes_a_problem_with_a_request_id_and_without_its_text() {
        #[expect(unreachable_code, reason = "the handler panics")]
        async fn broken() -> &'static str {
            panic!("secret inner state");
            ""
        }
        let router = framed(Router::new().route("/", get(broken)));
        let response =
            router.oneshot(Request::builder().uri("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let id = response.headers()[&X_REQUEST_ID].to_str().unwrap().to_owned();
        assert!(id.starts_with("req_"));
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["request_id"], id);
    }

    async fn house(dir: &std::path::Path) -> crate::wire::House {
        Box::pin(crate::wire::House::open(crate::wire::tests::config(dir))).await.unwrap()
    }

    async fn get_text(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn the_house_answers_for_itself_and_each_door_for_its_own_part() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let (stop, stopped) = watch::channel(false);
        let pages = Router::new().fallback(|| async { (StatusCode::NOT_FOUND, "no such page") });
        let router = router(&house.desk, &house.config.server, house.config.api, pages, None, stopped);
        assert_eq!(get_text(&router, "/healthz").await, (StatusCode::OK, "alive\n".to_owned()));
        assert_eq!(get_text(&router, "/readyz").await.0, StatusCode::OK);
        assert_eq!(get_text(&router, "/nothing").await.1, "no such page");
        assert!(get_text(&router, "/api/v1/nothing").await.1.contains("\"code\""));
        assert_eq!(get_text(&router, "/api/v1/tickets").await.0, StatusCode::UNAUTHORIZED);
        assert!(get_text(&router, "/api").await.1.contains("\"code\""));
        let (status, nul) = get_text(&router, "/api/v1/tickets?tag=%00").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(nul.contains("\"request_id\":\"req_"), "{nul}");
        assert_eq!(get_text(&router, "/nothing%00").await.0, StatusCode::BAD_REQUEST);
        assert_eq!(get_text(&router, "/nothing?q=a%00b").await.1, "no such page");
        stop.send(true).unwrap();
        assert_eq!(
            get_text(&router, "/readyz").await,
            (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned())
        );
        house.desk.ask().close().await;
        assert_eq!(get_text(&router, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn path_parameters_of_the_api_reach_its_handlers_through_the_whole_house() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let admin = domain::Actor::new(domain::ActorKind::Agent, "test");
        let scopes = std::iter::once(domain::token::Scope::Admin).collect();
        let new = desk::NewToken { name: "test".to_owned(), scopes, expires_at: None };
        let (_, secret) = house.desk.create_token(new, admin).await.unwrap();
        let router = router(
            &house.desk,
            &house.config.server,
            house.config.api,
            Router::new(),
            None,
            watch::channel(false).1,
        );
        let request = Request::builder()
            .uri("/api/v1/tickets/77")
            .header("authorization", format!("Bearer {secret}"))
            .body(Body::empty())
            .unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("ticket") && body.contains("77"), "the handler did not see the number: {body}");
        house.close().await;
    }

    #[tokio::test]
    async fn metrics_are_for_all_or_for_their_own_token_or_for_nobody_and_need_no_database() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let admin = domain::Actor::new(domain::ActorKind::Agent, "test");
        let scopes = vec![domain::token::Scope::Read];
        let new = desk::NewToken { name: "test".to_owned(), scopes, expires_at: None };
        let (_, of_the_api) = house.desk.create_token(new, admin).await.unwrap();
        let right = "0123456789abcdef";
        let ask = async |metrics: MetricsAccess, token: Option<&str>, given: Option<&str>| {
            let metrics_token = token.map(|token| Secret::new(token.to_owned()));
            let settings = Server { metrics, metrics_token, ..house.config.server.clone() };
            let handle = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
            let stop = watch::channel(false).1;
            let router = router(&house.desk, &settings, house.config.api, Router::new(), Some(handle), stop);
            let mut request = Request::builder().uri("/metrics");
            if let Some(given) = given {
                request = request.header("authorization", format!("Bearer {given}"));
            }
            router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
        };
        assert_eq!(ask(MetricsAccess::Open, None, None).await, 200);
        assert_eq!(ask(MetricsAccess::Token, Some(right), None).await, 401);
        for wrong in ["0123456789abcdeg", "0123456789abcdef0", "0", of_the_api.as_str()] {
            assert_eq!(ask(MetricsAccess::Token, Some(right), Some(wrong)).await, 401, "{wrong}");
        }
        assert_eq!(ask(MetricsAccess::Token, None, Some(right)).await, 401, "without a token nobody has it");
        assert_eq!(ask(MetricsAccess::Off, Some(right), Some(right)).await, 404);
        house.desk.ask().close().await;
        assert_eq!(ask(MetricsAccess::Token, Some(right), Some(right)).await, 200);
    }

    #[tokio::test]
    async fn who_asks_is_whom_a_proxy_of_ours_names_and_each_other_network_is_its_peer() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let who = |request: Request| async move {
            let asker = request.extensions().get::<Asker>();
            asker.map_or_else(|| "nobody".to_owned(), |Asker(address)| address.to_string())
        };
        let pages = Router::new().fallback(who);
        let stop = watch::channel(false).1;
        let router = router(&house.desk, &house.config.server, house.config.api, pages, None, stop);
        let asked = async |peer: &str, lines: &[&str]| {
            let mut request = Request::builder().uri("/").body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
            for line in lines {
                request.headers_mut().append("x-forwarded-for", line.parse().unwrap());
            }
            let answer = router.clone().oneshot(request).await.unwrap();
            let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
            String::from_utf8_lossy(&body).into_owned()
        };
        let forged = ["198.51.100.1", "198.51.100.2, 203.0.113.9"];
        assert_eq!(asked("127.0.0.1:9", &forged).await, "203.0.113.9");
        assert_eq!(asked("127.0.0.1:9", &["203.0.113.9:4711, [::1]:5"]).await, "203.0.113.9");
        assert_eq!(asked("127.0.0.1:9", &[]).await, "127.0.0.1");
        for peer in ["192.168.0.7", "203.0.113.7"] {
            assert_eq!(asked(&format!("{peer}:9"), &forged).await, peer);
        }
        assert_eq!(get_text(&router, "/").await.1, "nobody");
        house.close().await;
    }

    #[test]
    fn a_proxy_of_our_network_that_nobody_named_is_told_of_once() {
        let proxies = Proxies::try_from(vec!["127.0.0.1".to_owned(), "10.0.0.7".to_owned()]).unwrap();
        let unnamed = |peer: &str, line: Option<&str>| {
            let mut request = Request::builder().uri("/").body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
            if let Some(line) = line {
                request.headers_mut().append("x-forwarded-for", line.parse().unwrap());
            }
            unnamed_proxy(&proxies, &request).map(|peer| peer.to_string())
        };
        let line = Some("203.0.113.9");
        assert_eq!(unnamed("172.18.0.2:9", line).as_deref(), Some("172.18.0.2"));
        assert_eq!(unnamed("[::ffff:172.18.0.2]:9", line).as_deref(), Some("172.18.0.2"));
        assert_eq!(unnamed("[fd00::2]:9", line).as_deref(), Some("fd00::2"));
        assert_eq!(unnamed("172.18.0.2:9", None), None, "it names nobody");
        for peer in ["127.0.0.1:9", "10.0.0.7:9", "[::ffff:10.0.0.7]:9", "203.0.113.7:9"] {
            assert_eq!(unnamed(peer, line), None, "{peer}");
        }
        let warned = Mutex::default();
        let peers = (0..100_u8).map(|n| IpAddr::from([172, 18, 0, n]));
        assert_eq!(peers.clone().chain(peers).filter(|peer| is_news(&warned, *peer)).count(), UNNAMED_MAX);
    }

    #[tokio::test]
    async fn a_request_has_one_id_in_the_whole_house_and_a_strange_one_is_replaced_in_front_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let stop = watch::channel(false).1;
        let router = router(&house.desk, &house.config.server, house.config.api, Router::new(), None, stop);
        let long = "x".repeat(65);
        let long = long.as_str();
        for (path, given) in [("/x%00", "a b"), ("/api/v1/nothing", "a b"), ("/x%00", long), ("/x%00", "<i>")]
        {
            let request = Request::builder().uri(path).header("x-request-id", given);
            let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let id = answer.headers()[&X_REQUEST_ID].to_str().unwrap().to_owned();
            let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert!(id.starts_with("req_"), "{given}: {id}");
            assert_eq!(problem["request_id"], id, "{path}");
        }
        let request = Request::builder().uri("/x%00").header("x-request-id", "abc-1.2_x");
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.headers()[&X_REQUEST_ID], "abc-1.2_x");
        house.close().await;
    }

    #[tokio::test]
    async fn a_client_that_goes_wild_is_slowed_down_and_the_pages_of_the_house_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let pace = api::ApiPace { network_burst: 1, network_per_minute: 1, ..house.config.api };
        let pages = Router::new().fallback(|| async { "a page" });
        let router = router(&house.desk, &house.config.server, pace, pages, None, watch::channel(false).1);
        assert_eq!(get_text(&router, "/api/v1/tickets").await.0, StatusCode::UNAUTHORIZED);
        let (status, body) = get_text(&router, "/api/v1/tickets").await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert!(body.contains("\"too_many_requests\"") && body.contains("\"request_id\""), "{body}");
        for path in ["/", "/login", "/healthz"] {
            assert_eq!(get_text(&router, path).await.0, StatusCode::OK, "{path}");
        }
        house.close().await;
    }

    #[tokio::test]
    async fn a_stop_ends_worker_and_server() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let (stop, stopped) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router =
            router(&house.desk, &house.config.server, house.config.api, Router::new(), None, stopped.clone());
        let (desk, settings) = (house.desk.clone(), house.config.server.clone());
        let running =
            tokio::spawn(async move { run(listener, router, &desk, None, stopped, &settings).await });
        tokio::net::TcpStream::connect(address).await.unwrap();
        stop.send(true).unwrap();
        running.await.unwrap().unwrap();
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
        house.close().await;
    }

    #[tokio::test]
    async fn a_mail_server_that_hangs_does_not_hold_up_a_stop() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut config = crate::wire::tests::config(dir.path());
        config.smtp = Some(channels::SmtpConfig {
            host: "127.0.0.1".to_owned(),
            port: silent.local_addr().unwrap().port(),
            tls: channels::Tls::None,
            ..channels::SmtpConfig::default()
        });
        config.desk.redaction_required = false;
        config.server.drain_ms = 300;
        let house = Box::pin(crate::wire::House::open(config)).await.unwrap();
        let agent = domain::Actor::new(domain::ActorKind::Agent, "kim");
        let new = desk::NewTicket {
            subject: "Parcel".to_owned(),
            text: "Where is it?".to_owned(),
            email: "ana@example.org".to_owned(),
            name: None,
            channel: domain::ticket::Channel::Api,
            inbox: None,
            language: None,
            category: None,
            team: None,
            priority: None,
            custom: Default::default(),
            tags: Vec::new(),
        };
        let ticket = Box::pin(house.desk.create_ticket(new, None, agent.clone())).await.unwrap();
        let reply = desk::NewMessage {
            kind: desk::NewMessageKind::Reply,
            text: "Here it is.".to_owned(),
            article: None,
            draft: None,
            seen: None,
            solves: false,
        };
        let message = house.desk.post_message(ticket.id, reply, None, agent).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (desk, settings) = (house.desk.clone(), house.config.server.clone());
        let running =
            tokio::spawn(async move { run(listener, Router::new(), &desk, None, stopped, &settings).await });
        let (_connection, _) = silent.accept().await.unwrap();
        stop.send(true).unwrap();
        let soon = tokio::time::timeout(Duration::from_secs(10), running).await;
        soon.expect("the stop waited for the mail server").unwrap().unwrap();
        let left = house.desk.ask().message(message.id).await.unwrap().unwrap();
        assert_eq!(left.delivery, domain::message::Delivery::Queued, "it was not whole");
        house.close().await;
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_answered_with_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path()).await;
        let settings = Server { request_timeout_ms: 1, ..house.config.server.clone() };
        let pages = Router::new().fallback(std::future::pending::<&'static str>);
        let router = router(&house.desk, &settings, house.config.api, pages, None, watch::channel(false).1);
        let (status, body) = get_text(&router, "/slow").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("\"timeout\""), "{body}");
        house.close().await;
    }
}
