//! Requests of plugins to the outside: one granted host each, guarded. A secret setting is put into a header
//! here, on the way to the one host it is for, and taken out of what comes back.

use channels::fetch::{Fetch, FetchError};
use domain::plugin::{Installation, SecretSetting};
use runtime::{HostError, HttpRequest, HttpResponse};

use crate::SealKey;
use crate::carry::{self, Carried, replaced};

/// A secret setting with its value in clear; none when it is not set, or was sealed for another host.
pub(crate) struct Secret {
    pub(crate) setting: SecretSetting,
    pub(crate) value: Option<String>,
}

/// The secrets of an installation.
pub(crate) fn secrets_of(key: &SealKey, installation: &Installation) -> Vec<Secret> {
    let open = |setting: SecretSetting| Secret {
        value: super::settings::open(key, installation, &setting),
        setting,
    };
    installation.manifest.secrets().into_iter().map(open).collect()
}

/// One guarded request of a plugin. The runtime has checked that the URL's host was granted; the client
/// checks it again where it connects.
pub(crate) async fn fetch(
    fetch: &Fetch,
    mut request: HttpRequest,
    secrets: &[Secret],
    carried: &[Carried],
) -> Result<HttpResponse, HostError> {
    let Some(host) = channels::fetch::host_of(&request.url) else {
        return Err(HostError::Invalid("the URL names no host".to_owned()));
    };
    let sent = put_in(secrets, &host, &mut request)?;
    carry::put_in(carried, &mut request)?;
    let outgoing = channels::fetch::Request {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
    };
    match fetch.send(outgoing, &host).await {
        Ok(response) => {
            let mut response =
                HttpResponse { status: response.status, headers: response.headers, body: response.body };
            carry::take_out(carried, &mut response);
            Ok(taken_out(&sent, response))
        }
        Err(FetchError::Denied { why }) => Err(HostError::Denied(why)),
        Err(FetchError::Invalid { why }) => Err(HostError::Invalid(why)),
        Err(error) => Err(HostError::Unavailable(error.to_string())),
    }
}

/// A secret that was sent: its value and what stands for it.
type Sent = (String, String);

/// Puts secrets into the headers of a request to the host that each is for. Answers which were put in.
fn put_in(secrets: &[Secret], host: &str, request: &mut HttpRequest) -> Result<Vec<Sent>, HostError> {
    let mut sent = Vec::new();
    for Secret { setting, value } in secrets {
        let (name, reference) = (&setting.name, setting.reference());
        if request.url.contains(&reference) || carry::find(&request.body, reference.as_bytes()).is_some() {
            return Err(HostError::Denied(format!(
                "the secret {name} goes into a header only, not into URL or body"
            )));
        }
        if !request.headers.iter().any(|(_, header)| header.contains(&reference)) {
            continue;
        }
        if host != setting.host {
            return Err(HostError::Denied(format!("the secret {name} goes to {} only", setting.host)));
        }
        let Some(value) = value else {
            return Err(HostError::Unavailable(format!(
                "the setting {name} has no value for {host}: an admin has to set it"
            )));
        };
        for (_, header) in &mut request.headers {
            *header = header.replace(&reference, value);
        }
        sent.push((value.clone(), reference));
    }
    Ok(sent)
}

/// A host that echoes what it was sent must not become the way to read a secret.
fn taken_out(sent: &[Sent], mut response: HttpResponse) -> HttpResponse {
    for (value, reference) in sent {
        for (_, header) in &mut response.headers {
            *header = header.replace(value, reference);
        }
        response.body = replaced(&response.body, value.as_bytes(), reference.as_bytes());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Vec<Secret> {
        let setting = SecretSetting { name: "key".into(), host: "api.example.com".into() };
        vec![Secret { setting, value: Some("s3cret".into()) }]
    }

    fn request(header: &str) -> HttpRequest {
        HttpRequest {
            method: "GET".into(),
            url: "https://api.example.com/orders".into(),
            headers: vec![("authorization".into(), header.into())],
            body: Vec::new(),
        }
    }

    #[test]
    fn a_secret_goes_into_a_header_to_its_own_host() {
        let mut own = request("Bearer {{secret:key}}");
        let sent = put_in(&secrets(), "api.example.com", &mut own).unwrap();
        assert_eq!(own.headers[0].1, "Bearer s3cret");
        assert_eq!(sent.len(), 1);
        let mut without = request("none");
        assert!(put_in(&secrets(), "other.example", &mut without).unwrap().is_empty());
    }

    #[test]
    fn a_secret_goes_to_no_other_host_and_into_no_url_or_body() {
        let other = put_in(&secrets(), "other.example", &mut request("{{secret:key}}"));
        assert_eq!(other, Err(HostError::Denied("the secret key goes to api.example.com only".into())));
        let mut url = HttpRequest { url: "https://api.example.com/?k={{secret:key}}".into(), ..request("") };
        assert!(matches!(put_in(&secrets(), "api.example.com", &mut url), Err(HostError::Denied(_))));
        let mut body = HttpRequest { body: b"k={{secret:key}}".to_vec(), ..request("") };
        assert!(matches!(put_in(&secrets(), "api.example.com", &mut body), Err(HostError::Denied(_))));
    }

    #[test]
    fn a_secret_that_is_not_set_is_told_and_nothing_is_sent() {
        let unset = vec![Secret { value: None, ..secrets().remove(0) }];
        let answer = put_in(&unset, "api.example.com", &mut request("{{secret:key}}"));
        assert!(matches!(answer, Err(HostError::Unavailable(why)) if why.contains("an admin has to set it")));
    }

    #[test]
    fn a_host_that_echoes_the_secret_does_not_give_it_away() {
        let echo = HttpResponse {
            status: 200,
            headers: vec![("x-echo".into(), "Bearer s3cret".into())],
            body: b"you sent s3cret, s3cret".to_vec(),
        };
        let seen = taken_out(&[("s3cret".into(), "{{secret:key}}".into())], echo);
        assert_eq!(seen.headers[0].1, "Bearer {{secret:key}}");
        assert_eq!(seen.body, b"you sent {{secret:key}}, {{secret:key}}");
    }
}
