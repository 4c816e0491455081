//! Speaks with one repository of one registry: asks, answers who asks when that is wanted, reads within
//! limits. Owns requests and their failures; decides nothing about what is fetched or put.

use std::time::Duration;

use pack::{Blob, MANIFEST_TYPE, Promised, Reference};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;

use super::credentials::{self, Credentials};
use super::{Access, RegistryError};

/// Kinds of manifests that are asked for: all that there are, so that what is no plugin is seen and called
/// what it is, instead of being taken for an empty place.
const MANIFEST_TYPES: [&str; 4] = [
    MANIFEST_TYPE,
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
/// How long a connection may take to come about, seconds.
const CONNECT_S: u64 = 10;
/// How long a request may take, seconds: the largest plugin at 1 Mbit/s.
const REQUEST_S: u64 = 600;
/// Largest manifest, bytes: what registries have to take at least.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;
/// Largest answer that is a token or a complaint, bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// Longest complaint that is passed on, characters.
const COMPLAINT_CHARS_MAX: usize = 200;

/// What the client is for; tokens are asked for just that.
#[derive(Debug, Clone, Copy)]
pub(super) enum May {
    Read,
    Write,
}

impl May {
    const fn actions(self) -> &'static str {
        match self {
            Self::Read => "pull",
            Self::Write => "pull,push",
        }
    }
}

/// How requests say who asks.
enum Authorization {
    Nobody,
    Password(Credentials),
    Token(String),
}

/// One repository of one registry.
pub(super) struct Client {
    http: reqwest::Client,
    /// `https://registry.example.com/v2/acme/lost-parcel/`
    base: Url,
    registry: String,
    scope: String,
    access: Access,
    credentials: Option<Credentials>,
    authorization: Authorization,
}

impl Client {
    /// Sends nothing yet.
    pub(super) fn open(reference: &Reference, may: May, access: Access) -> Result<Self, RegistryError> {
        let registry = reference.registry.clone();
        let local = reference.is_local();
        let plain = local || access.plain_http;
        let scheme = if plain { "http" } else { "https" };
        // Docker Hub answers under another name than the one it is known by.
        let host = if registry == "docker.io" { "registry-1.docker.io" } else { &registry };
        let unusable = |why: String| RegistryError::Unreachable {
            registry: registry.clone(),
            scheme: scheme.to_owned(),
            why,
            hint: "",
        };
        let base = Url::parse(&format!("{scheme}://{host}/v2/{}/", reference.repository))
            .map_err(|e| unusable(e.to_string()))?;
        let mut builder = reqwest::Client::builder()
            .user_agent("kulanz")
            .https_only(!plain)
            .connect_timeout(Duration::from_secs(CONNECT_S))
            .timeout(Duration::from_secs(REQUEST_S));
        if local {
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder.build().map_err(|e| unusable(e.to_string()))?,
            base,
            scope: format!("repository:{}:{}", reference.repository, may.actions()),
            access,
            credentials: credentials::find(&registry, &crate::cli::variables())?,
            registry,
            authorization: Authorization::Nobody,
        })
    }

    /// The manifest under a tag or digest; none: there is none.
    pub(super) async fn manifest(&mut self, version: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        let url = self.url(&format!("manifests/{version}"))?;
        let answer = self.send(Method::GET, &url, |r| r.header(ACCEPT, MANIFEST_TYPES.join(", "))).await?;
        let Some(answer) = self.found(answer).await? else { return Ok(None) };
        let bytes = self.read(answer, MANIFEST_BYTES_MAX).await?;
        if bytes.len() as u64 > MANIFEST_BYTES_MAX {
            let why = format!("it has more than {MANIFEST_BYTES_MAX} bytes");
            return Err(pack::ArtifactError::NoManifest { why }.into());
        }
        Ok(Some(bytes))
    }

    /// The bytes under a promised digest, unchecked, and at most one more than promised; none: there are none.
    pub(super) async fn blob(&mut self, promised: &Promised) -> Result<Option<Vec<u8>>, RegistryError> {
        let url = self.url(&format!("blobs/{}", promised.digest))?;
        let answer = self.send(Method::GET, &url, |request| request).await?;
        let Some(answer) = self.found(answer).await? else { return Ok(None) };
        Ok(Some(self.read(answer, promised.bytes).await?))
    }

    /// Puts bytes under their digest, unless they are there.
    pub(super) async fn put_blob(&mut self, blob: &Blob) -> Result<(), RegistryError> {
        let there = self.url(&format!("blobs/{}", blob.digest))?;
        if self.send(Method::HEAD, &there, |request| request).await?.status().is_success() {
            return Ok(());
        }
        let begin = self.url("blobs/uploads/")?;
        let answer = self.send(Method::POST, &begin, |r| r.header(CONTENT_LENGTH, 0)).await?;
        let answer = self.expected(answer, StatusCode::ACCEPTED).await?;
        let nowhere = || self.complaint(answer.status(), " without a place for the file".to_owned());
        let mut upload = location(&answer).ok_or_else(nowhere)?;
        upload.query_pairs_mut().append_pair("digest", blob.digest.as_str());
        let dress = |request: RequestBuilder| {
            request.header(CONTENT_TYPE, "application/octet-stream").body(blob.bytes.clone())
        };
        let answer = self.send(Method::PUT, &upload, dress).await?;
        self.expected(answer, StatusCode::CREATED).await?;
        Ok(())
    }

    /// Lets a tag name a manifest.
    pub(super) async fn put_manifest(&mut self, tag: &str, manifest: &Blob) -> Result<(), RegistryError> {
        let url = self.url(&format!("manifests/{tag}"))?;
        let dress = |request: RequestBuilder| {
            request.header(CONTENT_TYPE, MANIFEST_TYPE).body(manifest.bytes.clone())
        };
        let answer = self.send(Method::PUT, &url, dress).await?;
        self.expected(answer, StatusCode::CREATED).await?;
        Ok(())
    }

    fn url(&self, path: &str) -> Result<Url, RegistryError> {
        self.base.join(path).map_err(|e| self.unreachable(e.to_string()))
    }

    /// Sends a request; once more with what the registry wants to know, if it wants to know who asks.
    async fn send(
        &mut self,
        method: Method,
        url: &Url,
        dress: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, RegistryError> {
        let mut answer = self.sent(dress(self.http.request(method.clone(), url.clone())), url).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.authorization = self.authorize(answer.headers()).await?;
            answer = self.sent(dress(self.http.request(method, url.clone())), url).await?;
        }
        match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.denied(answer.status())),
            _ => Ok(answer),
        }
    }

    async fn sent(&self, request: RequestBuilder, url: &Url) -> Result<Response, RegistryError> {
        // Uploads may be sent elsewhere; who asks is told to the registry only.
        let request = match &self.authorization {
            _ if url.origin() != self.base.origin() => request,
            Authorization::Nobody => request,
            Authorization::Password(c) => request.basic_auth(&c.user, Some(c.password.reveal())),
            Authorization::Token(token) => request.bearer_auth(token),
        };
        request.send().await.map_err(|e| self.unreachable(why(&e)))
    }

    async fn authorize(&self, headers: &HeaderMap) -> Result<Authorization, RegistryError> {
        let mut asked =
            headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|v| Challenge::of(v.to_str().ok()?));
        match (asked.next(), &self.credentials) {
            (Some(Challenge::Token { realm, service }), _) => {
                self.token(&realm, service.as_deref()).await.map(Authorization::Token)
            }
            (Some(Challenge::Password), Some(credentials)) => {
                Ok(Authorization::Password(credentials.clone()))
            }
            (Some(Challenge::Password), None) | (None, _) => Err(self.denied(StatusCode::UNAUTHORIZED)),
        }
    }

    /// A token for this repository, from where the registry says; without credentials, one for anybody.
    async fn token(&self, realm: &str, service: Option<&str>) -> Result<String, RegistryError> {
        let mut url =
            Url::parse(realm).map_err(|e| self.unreachable(format!("its realm is no address: {e}")))?;
        let in_clear = url.scheme() != "https" && !url.host_str().is_some_and(pack::is_loopback);
        if in_clear && !self.access.plain_http {
            return Err(RegistryError::InClear { registry: self.registry.clone(), realm: realm.to_owned() });
        }
        if let Some(service) = service {
            url.query_pairs_mut().append_pair("service", service);
        }
        url.query_pairs_mut().append_pair("scope", &self.scope);
        let mut request = self.http.get(url);
        if let Some(c) = &self.credentials {
            request = request.basic_auth(&c.user, Some(c.password.reveal()));
        }
        let answer = request.send().await.map_err(|e| self.unreachable(why(&e)))?;
        if matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(self.denied(answer.status()));
        }
        let answer = self.expected(answer, StatusCode::OK).await?;
        let status = answer.status();
        let body = self.read(answer, ANSWER_BYTES_MAX).await?;
        let given: Given = serde_json::from_slice(&body).unwrap_or_default();
        let token = given.token.or(given.access_token);
        token.ok_or_else(|| self.complaint(status, " without a token".to_owned()))
    }

    /// The answer, or nothing where there is nothing.
    async fn found(&self, answer: Response) -> Result<Option<Response>, RegistryError> {
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            _ => self.expected(answer, StatusCode::OK).await.map(Some),
        }
    }

    async fn expected(&self, answer: Response, status: StatusCode) -> Result<Response, RegistryError> {
        if answer.status() == status {
            return Ok(answer);
        }
        let found = answer.status();
        let body = self.read(answer, ANSWER_BYTES_MAX).await.unwrap_or_default();
        Err(self.complaint(found, complaint_in(&body)))
    }

    /// A body, cut one byte above its limit: enough to tell that it is too long.
    async fn read(&self, mut answer: Response, bytes_max: u64) -> Result<Vec<u8>, RegistryError> {
        let room = usize::try_from(bytes_max).unwrap_or(usize::MAX).saturating_add(1);
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| self.unreachable(why(&e)))? {
            let fits = chunk.len().min(room - body.len());
            body.extend(chunk.iter().take(fits));
            if body.len() == room {
                break;
            }
        }
        Ok(body)
    }

    fn denied(&self, status: StatusCode) -> RegistryError {
        let (registry, status) = (self.registry.clone(), status.as_u16());
        match &self.credentials {
            Some(c) => RegistryError::Denied { registry, status, origin: c.origin.clone() },
            None => RegistryError::NoCredentials { registry, status },
        }
    }

    fn complaint(&self, status: StatusCode, said: String) -> RegistryError {
        RegistryError::Answered { registry: self.registry.clone(), status: status.as_u16(), said }
    }

    fn unreachable(&self, why: String) -> RegistryError {
        let scheme = self.base.scheme().to_owned();
        let hint = if scheme == "https" { "; --plain-http if it speaks plain HTTP" } else { "" };
        RegistryError::Unreachable { registry: self.registry.clone(), scheme, why, hint }
    }
}

/// Where an upload goes on.
fn location(answer: &Response) -> Option<Url> {
    answer.url().join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()
}

/// The innermost cause: what the network itself says.
fn why(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { "it took too long".to_owned() } else { cause.to_string() }
}

/// What a registry hands out for credentials; which of both names it uses differs.
#[derive(Default, Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
}

/// How a registry wants to be told who asks.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Password,
    Token { realm: String, service: Option<String> },
}

impl Challenge {
    fn of(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Password);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        // name="value",name="value": what stands between quotes follows its name.
        let pieces: Vec<&str> = rest.split('"').collect();
        let named = |wanted: &str| {
            let mut pairs = pieces.chunks_exact(2);
            pairs.find_map(|pair| match pair {
                [name, value] if name.trim_matches([',', ' ', '=']).eq_ignore_ascii_case(wanted) => {
                    Some((*value).to_owned())
                }
                _ => None,
            })
        };
        Some(Self::Token { realm: named("realm")?, service: named("service") })
    }
}

/// A registry's own words about what is wrong, short and without anything that a terminal would obey.
fn complaint_in(body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let first = json.pointer("/errors/0");
    let word = |name: &str| first.and_then(|e| e.get(name)).and_then(serde_json::Value::as_str);
    let said = word("message").or_else(|| word("code")).unwrap_or_default();
    let said: String = said.chars().filter(|c| !c.is_control()).take(COMPLAINT_CHARS_MAX).collect();
    if said.is_empty() { said } else { format!(" ({said})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_says_how_it_wants_to_be_told_who_asks() {
        let token = Challenge::Token {
            realm: "https://auth.example.com/token".into(),
            service: Some("r.example".into()),
        };
        let header = r#"Bearer realm="https://auth.example.com/token",service="r.example",scope="repository:a:pull,push""#;
        assert_eq!(Challenge::of(header), Some(token));
        let bare = Challenge::Token { realm: "https://a.example".into(), service: None };
        assert_eq!(Challenge::of(r#"bearer  realm="https://a.example""#), Some(bare));
        assert_eq!(Challenge::of(r#"Basic realm="r""#), Some(Challenge::Password));
        for unknown in ["", "Negotiate", "Bearer", r#"Bearer service="x""#] {
            assert_eq!(Challenge::of(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_complaint_is_passed_on_short_and_harmless() {
        let body =
            |message: &str| serde_json::json!({ "errors": [{ "code": "DENIED", "message": message }] });
        assert_eq!(
            complaint_in(body("quota\u{1b}[31m used up").to_string().as_bytes()),
            " (quota[31m used up)"
        );
        assert_eq!(
            complaint_in(body(&"x".repeat(9_999)).to_string().as_bytes()).len(),
            COMPLAINT_CHARS_MAX + 3
        );
        assert_eq!(complaint_in(br#"{"errors":[{"code":"DENIED"}]}"#), " (DENIED)");
        assert_eq!(complaint_in(b"<html>"), "");
    }
}
