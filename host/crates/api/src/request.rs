//! The frame around every request: its id, the error's body, the headers that never vary, and one log
//! line for what broke on our side.

use std::sync::atomic::Ordering;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::Api;
use crate::error::{ApiError, KEPT_HEADERS, answer};

/// Carries the request id both ways.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id that is taken over from a client, bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// Runs a request inside the frame.
pub(crate) async fn frame(State(api): State<Api>, request: Request, next: Next) -> Response {
    let id = request_id(&api, &request);
    let route = format!("{} {}", request.method(), request.uri().path());
    let mut response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        response = as_problem(response, &id, &route);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The id that a client gave its request, if it is harmless: any other is taken over nowhere in the house.
#[must_use]
pub fn given_request_id(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(&X_REQUEST_ID)?.to_str().ok()?;
    let is_harmless = (1..=REQUEST_ID_BYTES_MAX).contains(&given.len())
        && given.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    is_harmless.then_some(given)
}

/// The client's own id if it is harmless, else a new one: time and a count, unique within this process.
fn request_id(api: &Api, request: &Request) -> String {
    given_request_id(request.headers()).map_or_else(
        || format!("req_{:x}_{:x}", api.desk.now().0, api.requests.fetch_add(1, Ordering::Relaxed)),
        str::to_owned,
    )
}

fn as_problem(bare: Response, id: &str, route: &str) -> Response {
    let status = bare.status();
    let error = bare.extensions().get::<ApiError>().cloned().unwrap_or_else(|| ApiError::of_status(status));
    if status.is_server_error() {
        let cause = error.cause.as_deref().unwrap_or("");
        tracing::error!(request_id = id, route, code = error.code, cause, "a request failed");
    }
    let mut response = answer(status, &error, id);
    for name in KEPT_HEADERS {
        if let Some(value) = bare.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
