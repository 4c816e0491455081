//! Guarded HTTP for plugins and webhooks: one granted host, https, one resolution, checked addresses, no
//! redirects, caps on time and size. Knows no plugin: the grant is an argument.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

mod address;

pub use address::refusal as refused_address;

/// A request as a plugin makes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.
    pub method: String,
    /// Absolute, https.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
}

/// What came back. Redirects are answers like any other: they are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case, values as text.
    pub headers: Vec<(String, String)>,
    /// At most `response_bytes_max`; never decompressed.
    pub body: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not granted, or an address that is never allowed.
    #[error("denied: {why}")]
    Denied {
        /// Which rule.
        why: String,
    },
    /// The request itself is wrong.
    #[error("invalid request: {why}")]
    Invalid {
        /// What to change.
        why: String,
    },
    /// The other side was too slow.
    #[error("no complete answer within {limit_ms} ms")]
    Timeout {
        /// The limit.
        limit_ms: u64,
    },
    /// The answer is too long.
    #[error("the answer is longer than {limit_bytes} bytes; ask for less")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// No name, no connection, no TLS, or an answer that is no HTTP.
    #[error("the host could not be reached: {why}")]
    Unavailable {
        /// What happened.
        why: String,
    },
}

impl FetchError {
    fn denied(why: impl Into<String>) -> Self {
        Self::Denied { why: why.into() }
    }
    fn invalid(why: impl Into<String>) -> Self {
        Self::Invalid { why: why.into() }
    }
    fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into() }
    }
}

/// Limits and exceptions.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchOptions {
    /// Whole request, from looking up the name to the last byte.
    pub timeout_ms: u64,
    /// Longest request body.
    pub request_bytes_max: usize,
    /// Longest response body.
    pub response_bytes_max: usize,
    /// Longest sum of header names and values, each way.
    pub header_bytes_max: usize,
    /// Most header fields, each way.
    pub headers_max: usize,
    /// Allows `http:`. For tests and trusted networks only.
    pub allow_plain_http: bool,
    /// Allows loopback and private addresses. For tests and trusted networks only.
    pub allow_private_addresses: bool,
    /// Hosts (as a grant names them) that may lead to private addresses: services of the house itself.
    pub private_hosts: Vec<String>,
    /// The setting that names them, for whoever is refused; empty: nobody is told of one.
    pub private_hosts_setting: String,
    /// Certificates (PEM) trusted beside the public ones: for services with one of their own.
    pub trusted_pem: Vec<u8>,
    /// Our own listeners: never a target, whatever else is allowed.
    pub own_addresses: Vec<SocketAddr>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            timeout_ms: 10_000,
            request_bytes_max: 256 * 1024,
            response_bytes_max: 1024 * 1024,
            header_bytes_max: 32 * 1024,
            headers_max: 64,
            allow_plain_http: false,
            allow_private_addresses: false,
            private_hosts: Vec::new(),
            private_hosts_setting: String::new(),
            trusted_pem: Vec::new(),
            own_addresses: Vec::new(),
        }
    }
}

/// Looks a name up. A trait so that tests can answer twice differently (DNS rebinding).
#[async_trait::async_trait]
pub trait Resolve: Send + Sync {
    /// All addresses of `host`, with `port`.
    ///
    /// # Errors
    /// When the name has none.
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>>;
}

/// The system's resolver.
#[derive(Debug, Default)]
pub struct SystemResolver;

#[async_trait::async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// The guarded client.
#[derive(Clone)]
pub struct Fetch {
    options: FetchOptions,
    resolver: Arc<dyn Resolve>,
}

/// Whether certificates can be read and there are some.
///
/// # Errors
/// A sentence that says what is wrong with them.
pub fn check_certificates(pem: &[u8]) -> Result<(), String> {
    match trusted(pem) {
        Ok(all) if all.is_empty() => Err("there is no certificate in it".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// The certificates of a PEM file.
fn trusted(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, FetchError> {
    if pem.is_empty() {
        return Ok(Vec::new());
    }
    reqwest::Certificate::from_pem_bundle(pem)
        .map_err(|error| FetchError::unavailable(format!("the trusted certificates cannot be read: {error}")))
}

/// Why a name is refused before anybody looks it up.
fn loopback_name(target: &Target) -> Option<&'static str> {
    let name = target.host.trim_end_matches('.');
    (name == "localhost" || name.ends_with(".localhost")).then_some("a loopback address")
}

/// Whether an address leads to a listener of ours: every loopback address leads to one that listens on all, and who calls
/// the address of nobody (0.0.0.0, ::) is led to this machine as well.
fn leads_to(own: &SocketAddr, address: std::net::IpAddr, port: u16) -> bool {
    let at = own.ip().to_canonical();
    let is_met = match (at.is_unspecified(), address.is_unspecified()) {
        (true, _) => address.is_loopback() || address.is_unspecified(),
        (false, true) => at.is_loopback(),
        (false, false) => false,
    };
    own.port() == port && (at == address || is_met)
}

impl Fetch {
    /// A client with the system's resolver.
    #[must_use]
    pub fn new(options: FetchOptions) -> Self {
        Self { options, resolver: Arc::new(SystemResolver) }
    }

    /// A client that looks names up elsewhere.
    #[must_use]
    pub fn with_resolver(options: FetchOptions, resolver: Arc<dyn Resolve>) -> Self {
        Self { options, resolver }
    }

    /// Sends `request` to `granted_host` (`api.example.com`, or with a port `api.example.com:8443`) and to
    /// nowhere else.
    ///
    /// # Errors
    /// Which rule or limit stood against it.
    pub async fn send(&self, request: Request, granted_host: &str) -> Result<Response, FetchError> {
        let limit_ms = self.options.timeout_ms;
        tokio::time::timeout(Duration::from_millis(limit_ms), self.send_unhurried(request, granted_host))
            .await
            .unwrap_or(Err(FetchError::Timeout { limit_ms }))
    }

    /// Whether an address can be called at all, as far as it tells by itself: its scheme and, where it is written with
    /// numbers, where it leads. Looks no name up.
    ///
    /// # Errors
    /// Which rule stands against it.
    pub fn check(&self, url: &str) -> Result<(), FetchError> {
        let host = host_of(url).unwrap_or_default();
        let target = Target::parse(url, &host, self.options.allow_plain_http)?;
        if self.may_be_private(&host) {
            return Ok(());
        }
        match loopback_name(&target).or_else(|| target.literal.and_then(address::refusal)) {
            Some(what) => Err(self.private(&target, &host, what)),
            None => Ok(()),
        }
    }

    /// The refusal of a host that leads to an address of the house or of nobody, with what its operator can do.
    fn private(&self, target: &Target, granted_host: &str, what: &str) -> FetchError {
        let why = format!("`{}` leads to {what}", target.host);
        match self.options.private_hosts_setting.as_str() {
            "" => FetchError::denied(why),
            setting => FetchError::denied(format!(
                "{why}; only this server's operator can open it, with the setting {setting} = [\"{granted_host}\"]"
            )),
        }
    }

    fn may_be_private(&self, granted_host: &str) -> bool {
        self.options.allow_private_addresses || self.options.private_hosts.iter().any(|h| h == granted_host)
    }

    async fn send_unhurried(&self, request: Request, granted_host: &str) -> Result<Response, FetchError> {
        let target = Target::parse(&request.url, granted_host, self.options.allow_plain_http)?;
        let method = method(&request.method)?;
        let headers = request_headers(&request.headers, &self.options)?;
        if request.body.len() > self.options.request_bytes_max {
            return Err(FetchError::invalid(format!(
                "the body is longer than {} bytes",
                self.options.request_bytes_max
            )));
        }
        let addresses = self.addresses(&target, granted_host).await?;
        let client = self.client(&target, &addresses)?;
        let mut built = client.request(method, target.url).headers(headers);
        if !request.body.is_empty() {
            built = built.body(request.body);
        }
        let response = built.send().await.map_err(|error| unavailable(&error))?;
        self.read(response).await
    }

    /// One look-up; the connection goes to exactly these addresses, so a second answer cannot slip in.
    async fn addresses(&self, target: &Target, granted_host: &str) -> Result<Vec<SocketAddr>, FetchError> {
        let may_be_private = self.may_be_private(granted_host);
        if let Some(what) = loopback_name(target).filter(|_| !may_be_private) {
            return Err(self.private(target, granted_host, what));
        }
        let found = match target.literal {
            Some(address) => vec![SocketAddr::new(address, target.port)],
            None => self
                .resolver
                .resolve(&target.host, target.port)
                .await
                .map_err(|error| FetchError::unavailable(error.to_string()))?,
        };
        if found.is_empty() {
            return Err(FetchError::unavailable("the name has no address"));
        }
        for address in &found {
            let ip = address.ip().to_canonical();
            if self.options.own_addresses.iter().any(|own| leads_to(own, ip, target.port)) {
                return Err(FetchError::denied("the address is one of this server's own"));
            }
            if !may_be_private && let Some(what) = address::refusal(address.ip()) {
                // One bad address among good ones is enough: honest names do not mix them.
                return Err(self.private(target, granted_host, what));
            }
        }
        Ok(found)
    }

    /// A client for this one request: pinned, without proxy, redirects, cookies or kept connections.
    fn client(&self, target: &Target, addresses: &[SocketAddr]) -> Result<reqwest::Client, FetchError> {
        let mut builder = reqwest::Client::builder();
        for certificate in trusted(&self.options.trusted_pem)? {
            builder = builder.add_root_certificate(certificate);
        }
        builder
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .http1_only()
            .https_only(!self.options.allow_plain_http)
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_millis(self.options.timeout_ms))
            .resolve_to_addrs(&target.host, addresses)
            .build()
            .map_err(|error| unavailable(&error))
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Response, FetchError> {
        let limit_bytes = self.options.response_bytes_max;
        let status = response.status().as_u16();
        let headers = response_headers(response.headers(), &self.options)?;
        if response
            .content_length()
            .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit_bytes))
        {
            return Err(FetchError::TooLarge { limit_bytes });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unavailable(&error))? {
            if body.len() + chunk.len() > limit_bytes {
                return Err(FetchError::TooLarge { limit_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

/// Without the URL: it may carry what must not be logged.
fn unavailable(error: &reqwest::Error) -> FetchError {
    let mut why = if error.is_timeout() {
        "it did not answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the exchange failed".to_owned()
    };
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.source().is_none() {
            why = format!("{why} ({inner})");
        }
        source = inner.source();
    }
    FetchError::Unavailable { why }
}

/// Host, with its port if it is not the scheme's own, of an absolute URL: what a grant for it would say.
#[must_use]
pub fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

struct Target {
    url: Url,
    host: String,
    port: u16,
    literal: Option<std::net::IpAddr>,
}

impl Target {
    fn parse(text: &str, granted_host: &str, allow_plain_http: bool) -> Result<Self, FetchError> {
        const URL_BYTES_MAX: usize = 8_192;
        if text.len() > URL_BYTES_MAX {
            return Err(FetchError::invalid(format!("the URL is longer than {URL_BYTES_MAX} bytes")));
        }
        // The parser forgives these; a reader of logs and grants would be misled by them.
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(FetchError::invalid(
                "the URL holds a blank, control character or backslash; encode it",
            ));
        }
        let url = Url::parse(text)
            .map_err(|error| FetchError::invalid(format!("the URL cannot be read: {error}")))?;
        match url.scheme() {
            "https" => {}
            "http" if allow_plain_http => {}
            other => return Err(FetchError::denied(format!("`{other}:` is not allowed; use https"))),
        }
        // The parser would take the first part of the path for the host.
        if authority(text).is_empty() {
            return Err(FetchError::invalid("the URL names no host after `//`"));
        }
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(FetchError::denied("the URL holds a user name; send credentials in a header"));
        }
        let host = url.host_str().unwrap_or("").to_owned();
        let port = url.port_or_known_default().ok_or_else(|| FetchError::invalid("the URL names no port"))?;
        if host_of(text).as_deref() != Some(granted_host) || host.is_empty() {
            return Err(FetchError::denied(format!(
                "no grant for `{}`; the manifest asks for `{granted_host}`",
                host_of(text).unwrap_or_default()
            )));
        }
        let literal = match url.host() {
            Some(url_host) => host_literal(&url_host.to_string()),
            None => None,
        };
        Ok(Self { url, host, port, literal })
    }
}

fn host_literal(host: &str) -> Option<std::net::IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

/// What stands between `//` and the next `/`, `?` or `#`.
fn authority(url: &str) -> &str {
    let rest = url.split_once("//").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or("")
}

fn method(text: &str) -> Result<Method, FetchError> {
    match text.to_ascii_uppercase().as_str() {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "OPTIONS" => Ok(Method::OPTIONS),
        _ => Err(FetchError::invalid("the method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")),
    }
}

/// Fields that frame the message or speak for the connection: ours to set.
const FORBIDDEN_HEADERS: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "cookie",
    "cookie2",
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "accept-encoding",
];

fn request_headers(given: &[(String, String)], options: &FetchOptions) -> Result<HeaderMap, FetchError> {
    let bytes: usize = given.iter().map(|(name, value)| name.len() + value.len()).sum();
    if given.len() > options.headers_max || bytes > options.header_bytes_max {
        return Err(FetchError::invalid(format!(
            "more than {} headers or {} bytes of them",
            options.headers_max, options.header_bytes_max
        )));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let lower = name.to_ascii_lowercase();
        if FORBIDDEN_HEADERS.contains(&lower.as_str()) || lower.starts_with("proxy-") {
            return Err(FetchError::invalid(format!("the header `{lower}` is set by the host")));
        }
        let name = HeaderName::from_bytes(lower.as_bytes())
            .map_err(|_| FetchError::invalid("a header name is no token"))?;
        let value = HeaderValue::from_str(value).map_err(|_| {
            FetchError::invalid(format!("the value of `{name}` holds characters that no header may hold"))
        })?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn response_headers(
    received: &HeaderMap,
    options: &FetchOptions,
) -> Result<Vec<(String, String)>, FetchError> {
    let bytes: usize = received.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if received.len() > options.headers_max || bytes > options.header_bytes_max {
        return Err(FetchError::TooLarge { limit_bytes: options.header_bytes_max });
    }
    Ok(received
        .iter()
        // Cookies would make the next request depend on this one.
        .filter(|(name, _)| !matches!(name.as_str(), "set-cookie" | "set-cookie2"))
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect())
}

#[cfg(test)]
pub(crate) mod tests;
