//! Signed webhooks after the Standard Webhooks scheme: `webhook-id`, `webhook-timestamp`,
//! `webhook-signature: v1,<base64>`, HMAC-SHA256 over `id.timestamp.body`. Knows no event and no endpoint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Timestamp;
use domain::clock::{MINUTE_MS, SECOND_MS};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::ChannelError;
use crate::fetch::{Fetch, FetchError, Request};

/// How far a webhook's time may be from ours.
pub const TOLERANCE_MS: i64 = 5 * MINUTE_MS;
/// The header that names the delivery, the same for each attempt.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of the attempt, in seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with one or more signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// What a secret looks like in text: this prefix, then base64.
pub const SECRET_PREFIX: &str = "whsec_";

/// Why an incoming webhook is not believed. Says nothing that helps to forge one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The time is missing, no number, or too far off.
    #[error("webhook-timestamp is missing or more than five minutes off; check the sender's clock")]
    Time,
    /// No signature fits.
    #[error("webhook-signature does not fit; check the secret, and sign the body exactly as sent")]
    Signature,
}

/// The value of `webhook-signature` for one attempt.
#[must_use]
pub fn sign(secret: &[u8], id: &str, at: Timestamp, body: &[u8]) -> String {
    let digest = mac(secret, id, at.0.div_euclid(SECOND_MS), body).map(|mac| mac.finalize().into_bytes());
    format!("v1,{}", digest.map(|digest| BASE64.encode(digest)).unwrap_or_default())
}

/// Whether a webhook is genuine and fresh. Several secrets are asked while one is being replaced; several
/// signatures may stand in the header. Compares in constant time. Replays within the tolerance are the
/// caller's to refuse, by id.
///
/// # Errors
/// Why it is not believed.
pub fn verify(
    secrets: &[&[u8]],
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), VerifyError> {
    const SIGNATURES_MAX: usize = 10;
    let seconds: i64 = timestamp.parse().map_err(|_| VerifyError::Time)?;
    let at_ms = seconds.checked_mul(SECOND_MS).ok_or(VerifyError::Time)?;
    if now.0.abs_diff(at_ms) > TOLERANCE_MS.unsigned_abs() {
        return Err(VerifyError::Time);
    }
    // A dot in the id would let two different messages have the same signed bytes.
    if id.is_empty() || id.contains('.') {
        return Err(VerifyError::Signature);
    }
    let given: Vec<Vec<u8>> = signatures
        .split_whitespace()
        .take(SIGNATURES_MAX)
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|code| BASE64.decode(code).ok())
        .collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        for signature in &given {
            if mac(secret, id, seconds, body).is_some_and(|mac| mac.verify_slice(signature).is_ok()) {
                return Ok(());
            }
        }
    }
    Err(VerifyError::Signature)
}

fn mac(secret: &[u8], id: &str, seconds: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(mac)
}

/// The bytes of a secret written as `whsec_…`; `None` when it is not written so.
#[must_use]
pub fn secret_from_text(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.strip_prefix(SECRET_PREFIX)?).ok().filter(|bytes| !bytes.is_empty())
}

/// A secret as text, for people to paste.
#[must_use]
pub fn secret_to_text(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", BASE64.encode(secret))
}

/// Delivers one webhook (JSON) through the guarded HTTP client. Any 2xx is success and is returned.
///
/// # Errors
/// `Permanent` for an address that is refused and for 410 (the endpoint is gone for good); everything else
/// may be over later and is `Transient`, with the wait that the endpoint asked for.
pub async fn send(
    client: &Fetch,
    url: &str,
    secret: &[u8],
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> Result<u16, ChannelError> {
    let host = crate::fetch::host_of(url)
        .ok_or_else(|| ChannelError::permanent("webhook: the URL names no host"))?;
    let request = Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("user-agent".to_owned(), "Kulanz-Webhook/1".to_owned()),
            (ID_HEADER.to_owned(), id.to_owned()),
            (TIMESTAMP_HEADER.to_owned(), at.0.div_euclid(SECOND_MS).to_string()),
            (SIGNATURE_HEADER.to_owned(), sign(secret, id, at, body)),
        ],
        body: body.to_vec(),
    };
    let response = match client.send(request, &host).await {
        Ok(response) => response,
        Err(FetchError::Denied { why } | FetchError::Invalid { why }) => {
            return Err(ChannelError::permanent(format!("webhook: {why}")));
        }
        // The endpoint did answer; only its answer was too long to be kept.
        Err(
            error @ (FetchError::Timeout { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Unavailable { .. }),
        ) => {
            return Err(ChannelError::transient(format!("webhook: {error}")));
        }
    };
    match response.status {
        200..=299 => Ok(response.status),
        410 => Err(ChannelError::permanent("webhook: the endpoint answered 410, it is gone")),
        status => Err(ChannelError::Transient {
            why: format!("webhook: the endpoint answered {status}"),
            after_ms: retry_after_ms(&response.headers),
        }),
    }
}

/// `Retry-After` in seconds, at most a day; the date form is not worth a clock here.
fn retry_after_ms(headers: &[(String, String)]) -> Option<i64> {
    const SECONDS_MAX: i64 = 86_400;
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
    let seconds: i64 = value.trim().parse().ok()?;
    (0..=SECONDS_MAX).contains(&seconds).then_some(seconds * SECOND_MS)
}

#[cfg(test)]
mod tests;
