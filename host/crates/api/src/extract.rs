//! What handlers take from a request: JSON bodies, queries, path parts, raw bodies, `If-Match`. Every
//! rejection is a problem that names the field.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::Api;
use crate::error::ApiError;

/// Largest JSON body unless the route says otherwise, bytes.
pub(crate) const JSON_BYTES_MAX: usize = 512 << 10;
/// Largest JSON body that carries a message, bytes: 1 MiB of text, some of it escaped.
pub(crate) const TEXT_JSON_BYTES_MAX: usize = 3 << 20;
/// Largest JSON body that carries a message with its files, bytes: 20 MiB of files as base64 (`desk.attachments`), and
/// the text.
pub(crate) const MESSAGE_JSON_BYTES_MAX: usize = 30 << 20;
/// Largest component file, bytes.
pub(crate) const COMPONENT_BYTES_MAX: usize = 64 << 20;
/// Largest raw mail, bytes.
pub(crate) const MAIL_BYTES_MAX: usize = 30_000_000;

/// A JSON body.
pub(crate) struct Sent<T> {
    pub(crate) value: T,
    /// The body as it came, for comparing repeats.
    pub(crate) raw: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Api> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        expect_type(request.headers(), &["application/json"])?;
        let raw = Bytes::from_request(request, api).await?;
        let mut reader = serde_json::Deserializer::from_slice(&raw);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| bad_json(&e))?;
        reader.end().map_err(|_| not_json("Something follows the JSON value."))?;
        Ok(Self { value, raw })
    }
}

fn bad_json(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let inner = error.inner();
    if inner.is_syntax() || inner.is_eof() || inner.is_io() {
        return not_json(&format!(
            "It breaks off or errs at line {}, column {}.",
            inner.line(),
            inner.column()
        ));
    }
    let text = inner.to_string();
    let sentence = text.split(" at line ").next().unwrap_or(&text);
    let path = error.path().to_string();
    let field = match (path.as_str(), named_field(sentence)) {
        (_, Some(name)) if path.ends_with(name) => path.clone(),
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) => format!("{path}.{name}"),
        (path, None) => path.to_owned(),
    };
    ApiError::invalid(field, "bad_body", format!("The body does not fit: {sentence}."))
}

/// The field that serde's "missing field `x`" and "unknown field `x`" are about.
fn named_field(sentence: &str) -> Option<&str> {
    let rest =
        sentence.strip_prefix("missing field `").or_else(|| sentence.strip_prefix("unknown field `"))?;
    rest.split('`').next()
}

fn not_json(detail: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_json", format!("The body is no JSON. {detail}"))
}

/// A body taken as it is, of one of the media types that the route names.
pub(crate) struct Raw<M>(pub(crate) Bytes, pub(crate) M);

/// Media types of a raw body.
pub(crate) trait Media: Default {
    /// The types, commonest first.
    const TYPES: &'static [&'static str];
}

/// A WebAssembly component.
#[derive(Default)]
pub(crate) struct Component;

impl Media for Component {
    const TYPES: &'static [&'static str] = &["application/wasm", "application/octet-stream"];
}

/// A raw mail (RFC 5322).
#[derive(Default)]
pub(crate) struct Mail;

impl Media for Mail {
    const TYPES: &'static [&'static str] = &["message/rfc822"];
}

/// A file as other programs export it; its name tells what is in it.
#[derive(Default)]
pub(crate) struct AnyFile;

impl Media for AnyFile {
    const TYPES: &'static [&'static str] =
        &["application/octet-stream", "text/csv", "application/json", "application/jsonl", "text/markdown"];
}

impl<M: Media> FromRequest<Api> for Raw<M> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        expect_type(request.headers(), M::TYPES)?;
        let bytes = Bytes::from_request(request, api).await?;
        if bytes.is_empty() {
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "empty_body", "The body is empty."));
        }
        Ok(Self(bytes, M::default()))
    }
}

fn expect_type(headers: &HeaderMap, known: &[&str]) -> Result<(), ApiError> {
    let given = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if known.iter().any(|k| k.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let detail = format!("Send the body with content-type: {}.", known.join(" or "));
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_content_type", detail))
}

/// The query string. Unknown parameters are refused by the type.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        Query::<T>::try_from_uri(&parts.uri).map(|Query(value)| Self(value)).map_err(|rejection| {
            let text = rejection.body_text();
            let sentence = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            let (field, sentence) = match (named_field(sentence), sentence.split_once(": ")) {
                (Some(name), _) => (name, sentence),
                (None, Some((path, rest))) => (path, rest),
                (None, None) => ("query", sentence),
            };
            ApiError::invalid(field, "bad_query", format!("The query does not fit: {sentence}."))
        })
    }
}

/// The one parameter in the path. What cannot be one leads nowhere: 404.
pub(crate) struct At<T>(pub(crate) T);

impl<T: FromStr> FromRequestParts<Api> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let nowhere = |text: &str| {
            let shown: String = text.chars().take(40).collect();
            ApiError::new(StatusCode::NOT_FOUND, "not_found", format!("There is no `{shown}` here."))
        };
        let Path(text) =
            Path::<String>::from_request_parts(parts, api).await.map_err(|_: PathRejection| nowhere("…"))?;
        text.parse().map(Self).map_err(|_| nowhere(&text))
    }
}

/// The version in `If-Match`, when there is one: `"7"` or `7`; `*` and absence mean any.
pub(crate) struct IfMatch(pub(crate) Option<i64>);

impl FromRequestParts<Api> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or("").trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        bare.parse().map(|version| Self(Some(version))).map_err(|_| {
            ApiError::invalid(
                "if-match",
                "bad_version",
                "If-Match takes the ETag of the ticket, such as \"7\".",
            )
        })
    }
}
