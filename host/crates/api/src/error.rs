//! The one place where failures become answers: problem+json (RFC 9457) with a stable `code`, the
//! `field` to change where there is one, and the request id. Nothing internal leaks.
//!
//! A handler's error travels as a response extension; `request::frame` writes the body, because only it
//! knows the request id. What the house refuses before a request comes here is worded by `problem` as well.

use std::any::Any;

use axum::body::Body;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use desk::{DeskError, StoreError};
use domain::Refusal;
use domain::token::Scope;
use serde::Serialize;
use utoipa::ToSchema;

/// Media type of every error.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// When to try again after the store was not available, seconds.
const STORE_RETRY_S: u32 = 5;
/// When to try again after redaction was not possible, seconds.
const REDACTION_RETRY_S: u32 = 30;

/// An error as clients see it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    /// Kind of problem; `about:blank`: the `code` tells it.
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    /// Name of the HTTP status.
    pub(crate) title: &'a str,
    /// HTTP status.
    pub(crate) status: u16,
    /// What is wrong and what to do, for people.
    pub(crate) detail: &'a str,
    /// Stable code for programs.
    pub(crate) code: &'a str,
    /// The input field to change, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<&'a str>,
    /// The request, as in the header `x-request-id` and in the log.
    pub(crate) request_id: &'a str,
}

/// Why a request was not done.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) field: Option<String>,
    /// What really happened, for the log only.
    pub(crate) cause: Option<String>,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl ApiError {
    /// An error with a sentence that may be shown.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), field: None, cause: None, header: None }
    }

    /// Input that cannot be accepted, with the field to change.
    pub(crate) fn invalid(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at(field)
    }

    /// The same error, pointing at a field.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// There is no such thing.
    pub(crate) fn missing(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no {what} {id}."))
    }

    /// No token came along.
    pub(crate) fn no_token(detail: &str) -> Self {
        let header = HeaderValue::from_static("Bearer realm=\"kulanz\"");
        Self::new(StatusCode::UNAUTHORIZED, "token_missing", detail).with(WWW_AUTHENTICATE, header)
    }

    /// The token is not one of ours any more.
    pub(crate) fn bad_token(detail: &str) -> Self {
        let header = HeaderValue::from_static("Bearer realm=\"kulanz\", error=\"invalid_token\"");
        Self::new(StatusCode::UNAUTHORIZED, "token_invalid", detail).with(WWW_AUTHENTICATE, header)
    }

    /// The token may not do this.
    pub(crate) fn no_scope(scope: Scope) -> Self {
        let detail = format!("The token lacks the scope `{scope}`: use one that has it.");
        let text = format!("Bearer realm=\"kulanz\", error=\"insufficient_scope\", scope=\"{scope}\"");
        let error = Self::new(StatusCode::FORBIDDEN, "scope_missing", detail);
        match HeaderValue::from_str(&text) {
            Ok(value) => error.with(WWW_AUTHENTICATE, value),
            Err(_) => error,
        }
    }

    /// Something of ours broke; the cause goes to the log only.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let detail = "Something went wrong on our side. The log tells more under this request id.";
        let error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
        Self { cause: Some(cause.into()), ..error }
    }

    /// Not now: when to try again.
    pub(crate) fn not_now(code: &'static str, detail: &str, after_s: u32, cause: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        Self { cause: Some(cause.into()), ..error }.with(RETRY_AFTER, HeaderValue::from(after_s))
    }

    /// Too often: when to come back.
    pub(crate) fn too_many(detail: &str, after_s: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
            .with(RETRY_AFTER, HeaderValue::from(after_s))
    }

    /// The same error with one more header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    /// What a bare status means that a library answered on its own.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address. See /api/docs."),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "Use a method of the header `allow`. See /api/docs.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("body_too_large", "The body is larger than this route takes. See /api/docs.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("bad_content_type", "Send another content type. See /api/docs.")
            }
            status if status.is_server_error() => return Self::internal(format!("bare status {status}")),
            _ => ("bad_request", "The request cannot be read. See /api/docs."),
        };
        Self::new(status, code, detail)
    }
}

impl IntoResponse for ApiError {
    fn into_response(mut self) -> Response {
        let mut response = self.status.into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some((name, value)) = self.header.take().map(|header| *header) {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(refusal) => refusal.into(),
            DeskError::Missing { what, id } => Self::missing(what, id),
            DeskError::Redaction(cause) => Self::not_now(
                "redaction_unavailable",
                "Personal data cannot be redacted just now, so nothing was stored. Try again later.",
                REDACTION_RETRY_S,
                cause,
            ),
            DeskError::Busy(what) => {
                let detail = format!("Others kept changing {what} at the same time. Try again.");
                Self::new(StatusCode::CONFLICT, "busy", detail)
            }
            DeskError::Repeated => Self::new(StatusCode::CONFLICT, "repeated", error.to_string()),
            DeskError::Store(error) => error.into(),
            DeskError::Plugin { code, sentence } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, sentence)
            }
            DeskError::Outside(_) | DeskError::Seal => Self::internal(error.to_string()),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.code {
            "version_conflict" => StatusCode::PRECONDITION_FAILED,
            "scope_missing" => StatusCode::FORBIDDEN,
            "not_a_suggestion" | "not_applicable" => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { field: refusal.field, ..Self::new(status, refusal.code, refusal.sentence) }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Conflict(what) => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                format!("There is such a thing already: {}.", what.replace('_', " ")),
            ),
            StoreError::Stale(what) => Self::new(
                StatusCode::CONFLICT,
                "stale",
                format!("The {what} changed meanwhile: read it again."),
            ),
            StoreError::Unavailable(_) | StoreError::Full => Self::not_now(
                "store_unavailable",
                "The database cannot take the request just now. Nothing was stored. Try again later.",
                STORE_RETRY_S,
                cause,
            ),
            StoreError::Refused(_) | StoreError::Corrupt { .. } | StoreError::Migration(_) => {
                Self::internal(cause)
            }
        }
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        let error = Self::of_status(rejection.status());
        Self { cause: Some(rejection.body_text()), ..error }
    }
}

/// The answer that an error becomes, with the status it goes out under.
pub(crate) fn answer(status: StatusCode, error: &ApiError, request_id: &str) -> Response {
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: &error.detail,
        code: error.code,
        field: error.field.as_deref(),
        request_id,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    (status, [(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))], Body::from(body)).into_response()
}

/// An answer in the API's form, for what is refused outside of it.
#[must_use]
pub fn problem(status: StatusCode, code: &'static str, detail: &str, request_id: &str) -> Response {
    answer(status, &ApiError::new(status, code, detail), request_id)
}

/// Answers every address under which there is nothing.
pub(crate) async fn no_such_address() -> ApiError {
    ApiError::of_status(StatusCode::NOT_FOUND)
}

/// Answers when a handler panicked: only this request dies.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    ApiError::internal(format!("panic: {text}")).into_response()
}

/// Headers of a bare error response that stay when its body is written.
pub(crate) const KEPT_HEADERS: [HeaderName; 3] = [ALLOW, RETRY_AFTER, WWW_AUTHENTICATE];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(error: DeskError) -> (u16, &'static str, ApiError) {
        let error = ApiError::from(error);
        (error.status.as_u16(), error.code, error)
    }

    #[test]
    fn each_kind_of_failure_has_its_status_and_code() {
        let refused = |code| DeskError::Refused(Refusal::new(code, "No."));
        let corrupt = StoreError::Corrupt { table: "ticket", column: "tags", id: "tkt_1".into() };
        for (error, status, code) in [
            (refused("ticket_closed"), 422, "ticket_closed"),
            (refused("version_conflict"), 412, "version_conflict"),
            (refused("scope_missing"), 403, "scope_missing"),
            (DeskError::missing("ticket", 7), 404, "not_found"),
            (DeskError::Busy("the ticket"), 409, "busy"),
            (DeskError::Repeated, 409, "repeated"),
            (DeskError::Plugin { code: "no_manifest", sentence: "No.".into() }, 422, "no_manifest"),
            (DeskError::Seal, 500, "internal"),
            (DeskError::Store(StoreError::Conflict("contact_email")), 409, "conflict"),
            (DeskError::Store(StoreError::Stale("ticket")), 409, "stale"),
            (DeskError::Store(StoreError::Full), 503, "store_unavailable"),
            (DeskError::Store(StoreError::Migration("x".into())), 500, "internal"),
            (DeskError::Store(corrupt), 500, "internal"),
        ] {
            let said = error.to_string();
            let (got, word, _) = of(error);
            assert_eq!((got, word), (status, code), "{said}");
        }
    }

    #[test]
    fn what_broke_on_our_side_is_for_the_log_and_not_for_the_client() {
        let (_, _, error) = of(DeskError::Store(StoreError::Unavailable("socket /run/db is gone".into())));
        assert!(!error.detail.contains("socket"));
        assert!(error.cause.unwrap().contains("socket"));
        let (_, _, error) = of(DeskError::Redaction("the plugin trapped at line 3".into()));
        assert!(!error.detail.contains("trapped"));
        let response = panicked(Box::new("index 7 out of bounds"));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let error = response.extensions().get::<ApiError>().unwrap();
        assert_eq!(error.cause.as_deref(), Some("panic: index 7 out of bounds"));
        assert!(!error.detail.contains("index"));
    }
}
