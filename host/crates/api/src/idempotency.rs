//! `Idempotency-Key`: a repeated request gets the first one's answer instead of being done twice.
//!
//! Only answers that say "done" are kept, in the same commit as what was done: after an error the same key
//! may be tried again. Of an answer about somebody who was erased the key is left: the repeat is told so, or it would
//! bring the person back.

use std::future::Future;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use desk::{DeskError, ERASED, Memo};
use domain::token::Token;
use sha2::{Digest, Sha256};

use crate::Api;
use crate::error::ApiError;

/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// What the document says of the header.
pub(crate) const ONCE: &str = "1 to 255 visible ASCII characters. For seven days a repeat by the same token with the same key gets the first answer and is not done again. The key is bound to the address and to the body's very bytes: with any other it is refused. After an error the key is free again. Where the first answer was about somebody who was erased since, a repeat gets 410.";
/// Longest key, bytes.
const KEY_BYTES_MAX: usize = 255;

/// The key of a request, when it has one, and what the request is.
pub(crate) struct Once {
    key: Option<String>,
    route: String,
}

impl FromRequestParts<Api> for Once {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let route = format!("{} {}", parts.method, parts.uri.path());
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self { key: None, route }) };
        let key = value.to_str().unwrap_or("");
        if !(1..=KEY_BYTES_MAX).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "An idempotency key has 1 to 255 visible ASCII characters.";
            return Err(ApiError::invalid("idempotency-key", "bad_idempotency_key", detail));
        }
        Ok(Self { key: Some(key.to_owned()), route })
    }
}

/// The answer to something made: status 201, body, where it is and which version.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Made {
    /// Address of what was made.
    pub(crate) location: String,
    /// Its version, where it has one.
    pub(crate) etag: Option<String>,
    /// The body.
    pub(crate) body: serde_json::Value,
}

impl IntoResponse for Made {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Body::from(self.body.to_string())).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [(LOCATION, Some(self.location)), (ETAG, self.etag)] {
            if let Some(value) = value.and_then(|v| HeaderValue::from_str(&v).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Remembered {
    fingerprint: String,
    made: Made,
}

impl Once {
    /// Does `work` with a memo that is stored in its own commit, unless the same caller's same request was
    /// done before: then the first answer comes again, whichever process gave it or died before it could.
    pub(crate) async fn run<T: 'static, F>(
        self,
        api: &Api,
        token: &Token,
        raw: &[u8],
        answer: fn(&T) -> Result<Made, ApiError>,
        work: impl FnOnce(Option<Memo<T>>) -> F,
    ) -> Result<Response, ApiError>
    where
        F: Future<Output = Result<T, DeskError>>,
    {
        let Some(key) = self.key else { return Ok(answer(&work(None).await?)?.into_response()) };
        let source = format!("idempotency:{}", token.id);
        let fingerprint = fingerprint(&self.route, raw);
        if let Some(answer) = replay(api, &source, &key, &fingerprint).await? {
            return Ok(answer);
        }
        let memo = memo(source.clone(), key.clone(), fingerprint.clone(), answer);
        match work(Some(memo)).await {
            Ok(made) => Ok(answer(&made)?.into_response()),
            // Somebody was faster: in this process, on another host, or before this one was started.
            Err(DeskError::Repeated) => replay(api, &source, &key, &fingerprint)
                .await?
                .ok_or_else(|| ApiError::internal("an outcome is remembered and cannot be found")),
            Err(error) => Err(error.into()),
        }
    }
}

fn memo<T: 'static>(
    source: String,
    key: String,
    fingerprint: String,
    answer: fn(&T) -> Result<Made, ApiError>,
) -> Memo<T> {
    let outcome = move |made: &T| {
        let made = answer(made).ok();
        let remembered = made.map(|made| Remembered { fingerprint: fingerprint.clone(), made });
        // An answer that cannot be written down cannot be given either: the request fails with it.
        remembered.and_then(|r| serde_json::to_string(&r).ok()).unwrap_or_default()
    };
    Memo { source, key, outcome: Box::new(outcome) }
}

async fn replay(api: &Api, source: &str, key: &str, fingerprint: &str) -> Result<Option<Response>, ApiError> {
    let Some(outcome) = api.desk.remembered(source, key).await? else { return Ok(None) };
    if outcome == ERASED {
        let detail = "This request was done before, and the person it was about was erased since: it is not done again. What is new takes a new key.";
        return Err(ApiError::new(StatusCode::GONE, "erased", detail).at("idempotency-key"));
    }
    let remembered: Remembered =
        serde_json::from_str(&outcome).map_err(|e| ApiError::internal(e.to_string()))?;
    if remembered.fingerprint != fingerprint {
        let detail = "This idempotency key was used for another request: take a new key.";
        return Err(ApiError::invalid("idempotency-key", "idempotency_key_reused", detail));
    }
    let mut response = remembered.made.into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Some(response))
}

fn fingerprint(route: &str, raw: &[u8]) -> String {
    hex::encode(Sha256::new().chain_update(route).chain_update([0]).chain_update(raw).finalize())
}
