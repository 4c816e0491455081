//! Personal values in a plugin's request: put in on the way to the host that may have them, taken out of what comes
//! back. The plugin, the run's record and the log know placeholders only.

use std::collections::BTreeMap;

use domain::grant::Grants;
use domain::id::TicketId;
use domain::redaction::fill;
use domain::snapshot::TicketView;
use runtime::{HostError, HttpRequest, HttpResponse};

use crate::bench::is_proved;
use crate::fill::was_given_by_requester;
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

/// What stands for the requester's own values.
const OWN: [&str; 2] = [OWN_ADDRESS, OWN_NAME];
/// Shorter values are not looked for in what comes back: they are part of other words.
const ECHO_BYTES_MIN: usize = 3;

impl Desk {
    /// The values that a request to `host` may carry: of its own ticket, of classes that were granted for that host,
    /// given by the very customer whose address is proved.
    pub(crate) async fn carried(
        &self,
        ticket: TicketId,
        grants: &Grants,
        host: &str,
        request: &HttpRequest,
    ) -> Result<Vec<Carried>, DeskError> {
        let Some(view) = self.0.store.view(ticket).await? else { return Ok(Vec::new()) };
        if !is_proved(&view) {
            return Ok(Vec::new());
        }
        let mut carried = own(&view, grants, host);
        for redaction in self.0.store.redactions_of(ticket).await? {
            let may = stands_in(request, &redaction.placeholder)
                && grants.may_send(&redaction.class, host)
                && was_given_by_requester(&redaction, &view);
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

/// How a body wants a value to be written.
fn writer(request: &HttpRequest) -> Option<fn(&str) -> String> {
    let kind = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kind = kind.map(|(_, value)| value.to_ascii_lowercase()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => Some(percent),
        "text/plain" => Some(str::to_owned),
        json if json == "application/json" || json.ends_with("+json") => Some(json_inside),
        _ => None,
    }
}

/// Puts the values in, each written as its place asks: percent-encoded in a URL or form, escaped in JSON, on one line
/// in a header. Once only: what looks like a placeholder in a value is text.
///
/// # Errors
/// When a value of the requester's own is not there to be put in, or cannot be written so that it stays one value.
pub(crate) fn put_in(carried: &[Carried], request: &mut HttpRequest) -> Result<(), HostError> {
    let missing = OWN
        .into_iter()
        .find(|own| stands_in(request, own) && !carried.iter().any(|one| one.placeholder == **own));
    if let Some(own) = missing {
        return Err(HostError::Denied(format!(
            "{own} cannot be filled in: it needs the grant send:CLASS:HOST, and a requester whose address is proved"
        )));
    }
    if carried.is_empty() {
        return Ok(());
    }
    // A dot segment would lead to another path, however it is encoded.
    if carried.iter().any(|one| one.value.chars().all(|c| c == '.')) {
        return Err(HostError::Invalid("a value of dots alone is put into no request".to_owned()));
    }
    let values = |write: &dyn Fn(&str) -> String| -> BTreeMap<String, String> {
        carried.iter().map(|one| (one.placeholder.clone(), write(&one.value))).collect()
    };
    request.url = fill(&request.url, &values(&percent));
    let on_one_line = values(&|value| value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect());
    for (_, header) in &mut request.headers {
        *header = fill(header, &on_one_line);
    }
    let in_body = carried.iter().any(|one| find(&request.body, one.placeholder.as_bytes()).is_some());
    if in_body {
        let (Some(write), Ok(text)) = (writer(request), std::str::from_utf8(&request.body)) else {
            return Err(HostError::Invalid(
                "values are put into bodies of application/json, application/x-www-form-urlencoded and text/plain only: say which it is with content-type".to_owned(),
            ));
        };
        request.body = fill(text, &values(&write)).into_bytes();
    }
    Ok(())
}

/// Puts the placeholders back in what came, whatever case it is in: a host that echoes what it was sent must not become
/// the way to read it.
pub(crate) fn take_out(carried: &[Carried], response: &mut HttpResponse) {
    for Carried { placeholder, value } in carried.iter().filter(|one| one.value.len() >= ECHO_BYTES_MIN) {
        for form in [value.clone(), percent(value), json_inside(value)] {
            for (_, header) in &mut response.headers {
                let clean = replaced_in_any_case(header.as_bytes(), form.as_bytes(), placeholder.as_bytes());
                *header = String::from_utf8_lossy(&clean).into_owned();
            }
            response.body = replaced_in_any_case(&response.body, form.as_bytes(), placeholder.as_bytes());
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

/// Where a part begins; an empty one stands nowhere.
pub(crate) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    (!part.is_empty()).then(|| text.windows(part.len()).position(|window| window == part)).flatten()
}

/// All of `part` in `text` replaced, ASCII letters in any case.
fn replaced_in_any_case(text: &[u8], part: &[u8], by: &[u8]) -> Vec<u8> {
    let (low, part) = (text.to_ascii_lowercase(), part.to_ascii_lowercase());
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = find(low.get(at..).unwrap_or_default(), &part) {
        out.extend_from_slice(text.get(at..at + next).unwrap_or_default());
        out.extend_from_slice(by);
        at += next + part.len();
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
    out
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
        put_in(&carried("a\"b&c\r\nd@example.org"), &mut json).unwrap();
        assert_eq!(json.url, "https://shop.example/orders?mail=a%22b%26c%0D%0Ad%40example.org");
        assert_eq!(json.headers[1].1, "a\"b&c  d@example.org");
        assert_eq!(String::from_utf8_lossy(&json.body), r#"{"mail":"a\"b&c\r\nd@example.org"}"#);
        let mut form =
            request("application/x-www-form-urlencoded; charset=utf-8", "mail=[EMAIL-0]&again=[EMAIL-0]");
        put_in(&carried("a&admin=1@example.org"), &mut form).unwrap();
        let body = String::from_utf8_lossy(&form.body).into_owned();
        assert_eq!(body, "mail=a%26admin%3D1%40example.org&again=a%26admin%3D1%40example.org");
    }

    #[test]
    fn what_would_change_the_request_is_refused() {
        let dots = put_in(&carried(".."), &mut request("application/json", ""));
        assert!(matches!(dots, Err(HostError::Invalid(_))), "{dots:?}");
        let unsaid =
            put_in(&carried("x\",\"admin\":true"), &mut request("application/xml", "<m>[EMAIL-0]</m>"));
        assert!(matches!(unsaid, Err(HostError::Invalid(_))), "{unsaid:?}");
        let missing = put_in(&[], &mut request("text/plain", ""));
        assert!(matches!(missing, Err(HostError::Denied(_))), "{missing:?}");
    }

    #[test]
    fn what_looks_like_a_placeholder_in_a_value_is_text() {
        let mut both = carried("[IBAN-1]@example.org");
        both.push(Carried { placeholder: "[IBAN-1]".into(), value: "DE89".into() });
        let mut plain = request("text/plain", "[EMAIL-0] [IBAN-1]");
        put_in(&both, &mut plain).unwrap();
        assert_eq!(String::from_utf8_lossy(&plain.body), "[IBAN-1]@example.org DE89");
    }

    #[test]
    fn what_comes_back_has_placeholders_again_however_it_is_written() {
        let mut response = HttpResponse {
            status: 200,
            headers: vec![("location".into(), "/me/ana%40example.org".into())],
            body: "{\"of\":\"Ana@Example.org\",\"s\":\"\u{fc}\"}".as_bytes().to_vec(),
        };
        take_out(&carried("ana@example.org"), &mut response);
        assert_eq!(response.headers[0].1, "/me/[EMAIL-0]");
        assert_eq!(response.body, "{\"of\":\"[EMAIL-0]\",\"s\":\"\u{fc}\"}".as_bytes());
    }
}
