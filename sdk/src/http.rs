//! Requests to hosts that were granted by name (`http:<host>`). Everything else is denied.

use crate::{Error, host};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// https only.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET request.
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: "GET".to_owned(), url: url.into(), ..Self::default() }
    }

    /// A POST request with a JSON body.
    pub fn post_json(url: impl Into<String>, json: &serde_json::Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { method: "POST".to_owned(), url: url.into(), headers, body: json.to_string().into_bytes() }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// Sends a request.
///
/// # Errors
/// Denied without the grant for that host; unavailable when it does not answer.
pub fn send(request: Request) -> Result<Response, Error> {
    let raw = host::http::Request {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
    };
    let answer = host::http::send(&raw)?;
    Ok(Response { status: answer.status, headers: answer.headers, body: answer.body })
}
