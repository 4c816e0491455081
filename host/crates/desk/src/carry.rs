//! Personal values in a plugin's request: put in on the way to the host that may have them, taken out of what comes
//! back. The plugin, the run's record and the log know placeholders only.

use domain::grant::Grants;
use domain::id::TicketId;
use domain::message::Direction;
use domain::snapshot::TicketView;
use runtime::{HttpRequest, HttpResponse};

use crate::{Desk, DeskError};

/// Stands for the requester's own address.
const OWN_ADDRESS: &str = "[EMAIL-0]";
/// Stands for the requester's own name.
const OWN_NAME: &str = "[PERSON-0]";

/// A value and the placeholder that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) placeholder: String,
    pub(crate) value: String,
}

impl Desk {
    /// The values that a request to `host` may carry: of its own ticket, of classes that were granted for that host,
    /// given by the customer.
    pub(crate) async fn carried(
        &self,
        ticket: TicketId,
        grants: &Grants,
        host: &str,
        request: &HttpRequest,
    ) -> Result<Vec<Carried>, DeskError> {
        let Some(view) = self.0.store.view(ticket).await? else { return Ok(Vec::new()) };
        let mut carried = own(&view, grants, host);
        for redaction in self.0.store.redactions_of(ticket).await? {
            let may = stands_in(request, &redaction.placeholder)
                && grants.may_send(&redaction.class, host)
                && view
                    .messages
                    .iter()
                    .any(|m| m.id == redaction.message_id && m.direction == Direction::Inbound);
            if may && let Some(value) = self.open_value(&redaction).await? {
                carried.push(Carried { placeholder: redaction.placeholder, value });
            }
        }
        carried.retain(|c| !c.value.is_empty() && stands_in(request, &c.placeholder));
        Ok(carried)
    }
}

fn own(view: &TicketView, grants: &Grants, host: &str) -> Vec<Carried> {
    let Some(requester) = &view.requester else { return Vec::new() };
    let one = |class, placeholder: &str, value: &str| {
        grants
            .may_send(class, host)
            .then(|| Carried { placeholder: placeholder.to_owned(), value: value.to_owned() })
    };
    let name = requester.name.as_deref().unwrap_or_default();
    [one("EMAIL", OWN_ADDRESS, &requester.email), one("PERSON", OWN_NAME, name)]
        .into_iter()
        .flatten()
        .collect()
}

fn stands_in(request: &HttpRequest, placeholder: &str) -> bool {
    request.url.contains(placeholder)
        || request.headers.iter().any(|(_, value)| value.contains(placeholder))
        || find(&request.body, placeholder.as_bytes()).is_some()
}

/// Puts the values in, each written as its place asks: percent-encoded in a URL or form, escaped in JSON, as it is
/// elsewhere; a line break never gets into a header.
pub(crate) fn put_in(carried: &[Carried], request: &mut HttpRequest) {
    let kind = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kind = kind.map(|(_, value)| value.to_ascii_lowercase()).unwrap_or_default();
    for Carried { placeholder, value } in carried {
        request.url = request.url.replace(placeholder, &percent(value));
        let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        for (_, header) in &mut request.headers {
            *header = header.replace(placeholder, &line);
        }
        let written = match kind.as_str() {
            k if k.contains("json") => json_inside(value),
            k if k.contains("x-www-form-urlencoded") => percent(value),
            _ => value.clone(),
        };
        request.body = replaced(&request.body, placeholder.as_bytes(), written.as_bytes());
    }
}

/// Puts the placeholders back in what came: a host that echoes what it was sent must not become the way to read it.
pub(crate) fn take_out(carried: &[Carried], response: &mut HttpResponse) {
    for Carried { placeholder, value } in carried {
        for form in [value.clone(), percent(value), json_inside(value)] {
            for (_, header) in &mut response.headers {
                *header = header.replace(&form, placeholder);
            }
            response.body = replaced(&response.body, form.as_bytes(), placeholder.as_bytes());
        }
    }
}

/// RFC 3986 §2.3: everything but unreserved characters is encoded.
fn percent(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// As it is written between the quotes of a JSON string.
fn json_inside(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    (!part.is_empty()).then(|| text.windows(part.len()).position(|window| window == part)).flatten()
}

/// All of `part` in `text` replaced.
pub(crate) fn replaced(text: &[u8], part: &[u8], by: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, part) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(by);
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(kind: &str, body: &str) -> HttpRequest {
        HttpRequest {
            method: "POST".into(),
            url: "https://shop.example/orders?mail=[EMAIL-0]".into(),
            headers: vec![("Content-Type".into(), kind.into()), ("x-who".into(), "[EMAIL-0]".into())],
            body: body.as_bytes().to_vec(),
        }
    }

    fn carried(value: &str) -> Vec<Carried> {
        vec![Carried { placeholder: OWN_ADDRESS.into(), value: value.into() }]
    }

    #[test]
    fn a_value_is_written_as_its_place_asks() {
        let mut json = request("application/json", "{\"mail\":\"[EMAIL-0]\"}");
        put_in(&carried("a\"b&c\r\nd@example.org"), &mut json);
        assert_eq!(json.url, "https://shop.example/orders?mail=a%22b%26c%0D%0Ad%40example.org");
        assert_eq!(json.headers[1].1, "a\"b&c  d@example.org");
        assert_eq!(String::from_utf8_lossy(&json.body), r#"{"mail":"a\"b&c\r\nd@example.org"}"#);
        let mut form = request("application/x-www-form-urlencoded", "mail=[EMAIL-0]&again=[EMAIL-0]");
        put_in(&carried("a&admin=1@example.org"), &mut form);
        let body = String::from_utf8_lossy(&form.body).into_owned();
        assert_eq!(body, "mail=a%26admin%3D1%40example.org&again=a%26admin%3D1%40example.org");
    }

    #[test]
    fn what_comes_back_has_placeholders_again_however_it_is_written() {
        let mut response = HttpResponse {
            status: 200,
            headers: vec![("location".into(), "/me/ana%40example.org".into())],
            body: b"{\"of\":\"ana@example.org\"}".to_vec(),
        };
        take_out(&carried("ana@example.org"), &mut response);
        assert_eq!(response.headers[0].1, "/me/[EMAIL-0]");
        assert_eq!(response.body, b"{\"of\":\"[EMAIL-0]\"}");
    }
}
