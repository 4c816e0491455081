//! `http`: requests to hosts that were granted by name. Here stands the grant; addresses, redirects and
//! sizes are guarded by the desk, which sends.
//!
//! The URL is held to a shape so narrow that no two readers of it can disagree about the host.

use std::sync::Arc;

use crate::bindings::kulanz::plugin::http;
use crate::bindings::kulanz::plugin::types::PluginError;
use crate::host::{HttpRequest, HttpResponse};
use crate::state::State;
use domain::ledger::Use;

/// Longest URL, bytes.
const URL_BYTES_MAX: usize = 4096;
/// Most headers.
const HEADERS_MAX: usize = 64;

impl State {
    async fn fetch(&mut self, request: http::Request) -> Result<http::Response, PluginError> {
        let host_name = host_of(&request.url).map_err(PluginError::InvalidInput)?;
        if !self.grants.may_call(&host_name) {
            return Err(PluginError::Denied(format!("grant http:{host_name} is missing")));
        }
        let request = checked(request).map_err(PluginError::InvalidInput)?;
        let host = Arc::clone(&self.host);
        let mut traffic = Use { calls: 1, bytes_out: size(&request.headers, &request.body), bytes_in: 0 };
        traffic.bytes_out += bytes(request.method.len() + request.url.len());
        self.http.entry(host_name.clone()).or_default().add(&traffic);
        let HttpResponse { status, headers, body } =
            self.tape.ask("http.send", &request, async { host.http(request.clone()).await }).await?;
        self.http.entry(host_name).or_default().bytes_in += size(&headers, &body);
        Ok(http::Response { status, headers, body })
    }
}

fn size(headers: &[(String, String)], body: &[u8]) -> i64 {
    bytes(headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() + body.len())
}

fn bytes(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn checked(request: http::Request) -> Result<HttpRequest, String> {
    let http::Request { method, url, headers, body } = request;
    let method = method.to_ascii_uppercase();
    if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
        return Err(format!("method {method} is not offered: use GET, HEAD, POST, PUT, PATCH or DELETE"));
    }
    if headers.len() > HEADERS_MAX {
        return Err(format!("a request has at most {HEADERS_MAX} headers"));
    }
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if let Some((name, _)) =
        headers.iter().find(|(name, value)| !is_name(name) || value.chars().any(char::is_control))
    {
        return Err(format!("header `{name}` has characters that headers cannot have"));
    }
    Ok(HttpRequest { method, url, headers, body })
}

/// The host as a grant names it: lower case, with its port unless that is 443.
fn host_of(url: &str) -> Result<String, String> {
    if url.len() > URL_BYTES_MAX || url.bytes().any(|b| b <= b' ' || b == b'\\' || b >= 0x7f) {
        return Err(format!(
            "a URL has at most {URL_BYTES_MAX} bytes, all printable ASCII and no backslash; percent-encode the rest"
        ));
    }
    let rest = url.strip_prefix("https://").ok_or("a URL begins with https://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    if !is_name {
        return Err(format!(
            "`{authority}` is no plain host name: no user, no brackets, only letters, digits, dots and hyphens"
        ));
    }
    let name = name.to_ascii_lowercase();
    match port {
        None | Some("443") => Ok(name),
        Some(port) if port.parse::<u16>().is_ok_and(|p| p > 0 && p.to_string() == port) => {
            Ok(format!("{name}:{port}"))
        }
        Some(port) => Err(format!("`{port}` is no port")),
    }
}

impl http::Host for State {
    async fn send(
        &mut self,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, PluginError>> {
        self.meter.call()?;
        Ok(self.fetch(request).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Call;
    use crate::tests::fixture::{self, Shelf};
    use domain::grant::{Grant, Grants};

    #[test]
    fn the_host_is_what_a_grant_names() {
        assert_eq!(host_of("https://API.example.com/a?b").as_deref(), Ok("api.example.com"));
        assert_eq!(host_of("https://api.example.com:443").as_deref(), Ok("api.example.com"));
        assert_eq!(host_of("https://api.example.com:8443/").as_deref(), Ok("api.example.com:8443"));
    }

    #[test]
    fn urls_that_readers_disagree_about_are_invalid() {
        for url in [
            "http://api.example.com/",
            "https://good.example@evil.example/",
            "https://good.example\\@evil.example/",
            "https://evil.example\t.good.example/",
            "https://[::1]/",
            "https:///x",
            "https://a.example:0443/",
            "https://exämple.org/",
        ] {
            assert!(host_of(url).is_err(), "{url}");
        }
    }

    fn request(url: &str) -> http::Request {
        http::Request { method: "get".into(), url: url.into(), headers: vec![], body: vec![] }
    }

    #[tokio::test]
    async fn only_granted_hosts_are_called_and_the_answer_is_recorded() {
        let grants: Grants = [Grant::Http("api.example.com".into())].into_iter().collect();
        let mut state =
            State::new(Call { grants: grants.into(), host: Arc::new(Shelf::default()), ..fixture::call() });
        assert_eq!(state.fetch(request("https://api.example.com/x")).await.unwrap().status, 200);
        let Err(PluginError::Denied(words)) = state.fetch(request("https://evil.example/x")).await else {
            panic!("denied")
        };
        assert_eq!(words, "grant http:evil.example is missing");
        assert_eq!(state.tape.take().len(), 1);
        let used: Vec<_> = state.http.iter().map(|(host, traffic)| (host.as_str(), traffic.calls)).collect();
        assert_eq!(used, [("api.example.com", 1)], "what was denied did not go out");
        assert!(state.http["api.example.com"].bytes_out > 20);
    }

    #[test]
    fn a_header_cannot_smuggle_another_one() {
        let mut bad = request("https://a.example/");
        bad.headers.push(("x".into(), "1\r\nhost: evil".into()));
        assert!(checked(bad).is_err());
    }
}
