//! Signatures against vectors computed independently, and deliveries to a server on loopback.

use super::*;
use crate::fetch::FetchOptions;
use crate::fetch::tests::{answer, loopback};

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * SECOND_MS)
}

/// Secret, id, seconds, body, signature: computed with another HMAC implementation.
const VECTORS: &[(&str, &str, i64, &str, &str)] = &[
    (
        "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "evt_01J000000000000000000000",
        1700000000,
        "{\"type\":\"ticket.created\"}",
        "v1,Z/AxAsMdQuuyvWwTljLaFaQXcrsl1M2JixiKiNEB9p8=",
    ),
    ("whsec_aw==", "evt_2", 0, "", "v1,MEDiFp/11g2rXjnuccZYoC5z9XJeExo/mckkxqwFv5A="),
    (
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "evt_3",
        1795340400,
        "{\"text\":\"Grüße\"}",
        "v1,WChvjLwSNuPJ/wCCiL6I98OqKppQZPy1pTN/AFP/8Ik=",
    ),
];

#[test]
fn signatures_match_the_vectors() {
    for (secret, id, seconds, body, want) in VECTORS {
        let secret = secret_from_text(secret).unwrap();
        assert_eq!(sign(&secret, id, at(*seconds), body.as_bytes()), *want, "{id}");
        assert_eq!(
            verify(&[&secret], id, &seconds.to_string(), want, body.as_bytes(), at(*seconds)),
            Ok(()),
            "{id}"
        );
    }
}

#[test]
fn only_exact_and_fresh_is_believed() {
    let (secret, other) = (&b"secret-one"[..], &b"secret-two"[..]);
    let (id, body, now) = ("evt_1", &b"{\"a\":1}"[..], at(1_700_000_000));
    let good = sign(secret, id, now, body);
    let check = |secrets: &[&[u8]], id: &str, time: &str, signatures: &str, body: &[u8]| {
        verify(secrets, id, time, signatures, body, now)
    };
    assert_eq!(check(&[secret], id, "1700000000", &good, body), Ok(()));
    assert_eq!(
        check(&[other, secret], id, "1700000000", &format!("v1,bm90aGluZw== v2,x {good}"), body),
        Ok(()),
        "while a secret is replaced"
    );
    for (name, result) in [
        ("changed body", check(&[secret], id, "1700000000", &good, b"{\"a\":2}")),
        ("re-encoded body", check(&[secret], id, "1700000000", &good, b"{\"a\": 1}")),
        ("other id", check(&[secret], "evt_2", "1700000000", &good, body)),
        ("other time", check(&[secret], id, "1700000001", &good, body)),
        ("other secret", check(&[other], id, "1700000000", &good, body)),
        ("no secret", check(&[], id, "1700000000", &good, body)),
        ("empty secret", check(&[b""], id, "1700000000", &sign(b"", id, now, body), body)),
        ("other version", check(&[secret], id, "1700000000", &good.replace("v1,", "v2,"), body)),
        ("cut signature", check(&[secret], id, "1700000000", &good[..20], body)),
        ("no signature", check(&[secret], id, "1700000000", "", body)),
        ("dot in the id", check(&[secret], "evt.1", "1700000000", &sign(secret, "evt.1", now, body), body)),
    ] {
        assert_eq!(result, Err(VerifyError::Signature), "{name}");
    }
    for (time, is_fine) in [
        ("1699999700", true),
        ("1699999699", false),
        ("1700000300", true),
        ("1700000301", false),
        ("", false),
        ("soon", false),
        ("99999999999999999999", false),
        ("9223372036854775807", false),
    ] {
        let signature =
            sign(secret, id, Timestamp(time.parse::<i64>().unwrap_or(0).saturating_mul(1_000)), body);
        assert_eq!(check(&[secret], id, time, &signature, body).is_ok(), is_fine, "{time}");
    }
}

#[test]
fn secrets_survive_their_text_form() {
    assert_eq!(secret_from_text(&secret_to_text(b"abc")), Some(b"abc".to_vec()));
    for bad in ["", "whsec_", "whsec_%%%", "abc"] {
        assert_eq!(secret_from_text(bad), None, "{bad}");
    }
}

fn client() -> Fetch {
    Fetch::new(FetchOptions {
        allow_plain_http: true,
        allow_private_addresses: true,
        timeout_ms: 5_000,
        ..FetchOptions::default()
    })
}

#[tokio::test]
async fn a_delivery_arrives_signed() {
    let (port, mut requests) = loopback(answer("204 No Content", "", b"")).await;
    let now = at(1_700_000_000);
    let status =
        send(&client(), &format!("http://127.0.0.1:{port}/hook"), b"key", "evt_9", now, b"{}").await.unwrap();
    assert_eq!(status, 204);
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
    let header = |name: &str| {
        request
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
            .map(str::to_owned)
            .unwrap_or_default()
    };
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(
        verify(
            &[b"key"],
            &header(ID_HEADER),
            &header(TIMESTAMP_HEADER),
            &header(SIGNATURE_HEADER),
            b"{}",
            now
        ),
        Ok(())
    );
    assert!(request.ends_with("\r\n\r\n{}"));
}

#[tokio::test]
async fn answers_say_whether_trying_again_makes_sense() {
    for (status, headers, want) in [
        ("500 Oops", "", ChannelError::transient("webhook: the endpoint answered 500")),
        ("404 Not Found", "", ChannelError::transient("webhook: the endpoint answered 404")),
        (
            "302 Found",
            "Location: http://127.0.0.1/x\r\n",
            ChannelError::transient("webhook: the endpoint answered 302"),
        ),
        (
            "429 Slow",
            "Retry-After: 120\r\n",
            ChannelError::Transient {
                why: "webhook: the endpoint answered 429".into(),
                after_ms: Some(120_000),
            },
        ),
        (
            "429 Slow",
            "Retry-After: 99999999\r\n",
            ChannelError::transient("webhook: the endpoint answered 429"),
        ),
        ("410 Gone", "", ChannelError::permanent("webhook: the endpoint answered 410, it is gone")),
    ] {
        let (port, _requests) = loopback(answer(status, headers, b"")).await;
        let error = send(&client(), &format!("http://127.0.0.1:{port}/"), b"key", "evt_9", at(0), b"{}")
            .await
            .unwrap_err();
        assert_eq!(error, want, "{status}");
    }
}

#[tokio::test]
async fn a_private_endpoint_is_refused_for_good() {
    let error =
        send(&Fetch::new(FetchOptions::default()), "https://127.0.0.1/", b"key", "evt_9", at(0), b"{}")
            .await
            .unwrap_err();
    assert!(matches!(error, ChannelError::Permanent { .. }), "{error}");
    let error = send(&client(), "not a url", b"key", "evt_9", at(0), b"{}").await.unwrap_err();
    assert!(matches!(error, ChannelError::Permanent { .. }), "{error}");
}

#[tokio::test]
async fn only_the_host_that_the_operator_opened_is_called_in_the_own_network() {
    let (port, mut requests) = loopback(answer("204 No Content", "", b"")).await;
    let (other, _none) = loopback(answer("204 No Content", "", b"")).await;
    let client = Fetch::new(FetchOptions {
        allow_plain_http: true,
        private_hosts: vec![format!("127.0.0.1:{port}")],
        private_hosts_setting: "webhooks.private_hosts".to_owned(),
        ..FetchOptions::default()
    });
    let url = |port: u16| format!("http://127.0.0.1:{port}/hook");
    assert_eq!(client.check(&url(port)), Ok(()));
    assert_eq!(send(&client, &url(port), b"key", "evt_9", at(0), b"{}").await, Ok(204));
    assert!(requests.recv().await.unwrap().starts_with("POST /hook"));
    let refused = send(&client, &url(other), b"key", "evt_9", at(0), b"{}").await.unwrap_err();
    assert!(matches!(refused, ChannelError::Permanent { .. }), "{refused}");
    let told = format!("webhooks.private_hosts = [\"127.0.0.1:{other}\"]");
    for said in [refused.to_string(), client.check(&url(other)).unwrap_err().to_string()] {
        assert!(said.contains("a loopback address") && said.contains(&told), "{said}");
    }
}
