//! What handlers take from a request: JSON bodies, queries, path parts, raw bodies, `If-Match`. Every
//! rejection is a problem that names the field; how it is worded, `wording` knows.

use std::str::FromStr;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{ALLOW, CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::Api;
use crate::error::ApiError;
use crate::wording::{Complaint, complaint, parted};

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

/// How large a body a route takes, bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimit(usize);

/// The layer under which routes take bodies of at most so many bytes, and can say so.
pub(crate) fn up_to(bytes: usize) -> (DefaultBodyLimit, Extension<BodyLimit>) {
    (DefaultBodyLimit::max(bytes), Extension(BodyLimit(bytes)))
}

/// The whole body; one that is too large is told how large it may be.
async fn bytes_of(request: Request, api: &Api) -> Result<Bytes, ApiError> {
    let limit = request.extensions().get::<BodyLimit>().copied();
    Bytes::from_request(request, api).await.map_err(|rejection| {
        let mut error = ApiError::from(rejection);
        if let Some(BodyLimit(bytes)) = limit
            && error.status == StatusCode::PAYLOAD_TOO_LARGE
        {
            error.detail =
                format!("The body is larger than {}, the most that this route takes.", size(bytes));
        }
        error
    })
}

fn size(bytes: usize) -> String {
    if bytes.is_multiple_of(1 << 20) {
        format!("{} MiB", bytes >> 20)
    } else if bytes.is_multiple_of(1_000_000) {
        format!("{} MB", bytes / 1_000_000)
    } else if bytes.is_multiple_of(1 << 10) {
        format!("{} KiB", bytes >> 10)
    } else {
        format!("{bytes} bytes")
    }
}

/// A JSON body: always an object. Of objects further in this is not asked: there a list passes whose items fit the
/// fields.
pub(crate) struct Sent<T> {
    pub(crate) value: T,
    /// The body as it came, for comparing repeats.
    pub(crate) raw: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Api> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        expect_type(request.headers(), &["application/json"])?;
        let raw = bytes_of(request, api).await?;
        // The reader would take the fields from a list by their places.
        if !begins_object(&raw) && is_json(&raw) {
            let sentence = "The body takes a JSON object, its fields by name, as in {\"name\": \"value\"}.";
            return Err(ApiError::invalid("body", "bad_body", sentence));
        }
        let mut reader = serde_json::Deserializer::from_slice(&raw);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| bad_json(&raw, &e))?;
        reader.end().map_err(|_| not_json("Something follows the JSON value."))?;
        Ok(Self { value, raw })
    }
}

fn begins_object(raw: &[u8]) -> bool {
    raw.iter().find(|byte| !b" \n\r\t".contains(byte)) == Some(&b'{')
}

fn is_json(raw: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(raw).is_ok()
}

fn bad_json(raw: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let (inner, path) = (error.inner(), error.path().to_string());
    let text = inner.to_string();
    if inner.is_data() {
        let said = text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said);
        let Complaint { field, sentence } = complaint("field", &path, said);
        return ApiError::invalid(field, "bad_body", sentence);
    }
    // Where a word of a list is looked for, the reader calls a number or a list no JSON.
    if text.starts_with("expected value at line ") && is_json(raw) {
        let sentence = format!("`{path}` takes a text: one of the words that /api/docs names for it.");
        return ApiError::invalid(path, "bad_body", sentence);
    }
    not_json(&format!("It breaks off or errs at line {}, column {}.", inner.line(), inner.column()))
}

/// Reads what may be left out but not be null.
pub(crate) fn never_null<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(from).map(Some)
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
        let bytes = bytes_of(request, api).await?;
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
            let (path, said) =
                parted(text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text));
            let Complaint { field, sentence } = complaint("parameter", path, said);
            ApiError::invalid(field, "bad_query", sentence)
        })
    }
}

/// No parameter at all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The query string of a route that takes none: whatever stands there is refused rather than ignored.
pub(crate) type NoQuery = Asked<Nothing>;

/// Anything but HEAD. What is written down whenever it is opened is opened by whoever gets to see it: a HEAD would be
/// written down and show nothing.
pub(crate) struct NotHead;

impl FromRequestParts<Api> for NotHead {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        if parts.method == Method::HEAD {
            let refused = ApiError::of_status(StatusCode::METHOD_NOT_ALLOWED);
            return Err(refused.with(ALLOW, HeaderValue::from_static("GET")));
        }
        Ok(Self)
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
