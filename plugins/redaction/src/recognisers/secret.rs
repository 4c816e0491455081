//! Secrets: tokens with a known beginning, values of keys that are called secret, passwords in sentences,
//! private keys, credentials and tokens in URLs.

mod keyed;
mod known;
mod purpose;
mod spoken;
mod url;

pub(super) use keyed::{keyed, option};
pub(super) use known::{known, undigited};
pub(super) use spoken::spoken;
pub(super) use url::{credentials, path_token};

use crate::view::View;

use super::Finding;

/// Longest stretch of one private key.
const PEM_BYTES_MAX: usize = 16 * 1024;

/// A private key whose `BEGIN` stands at `place`.
pub(super) fn pem(view: &View<'_>, place: usize, out: &mut Vec<Finding>) -> usize {
    const HEAD: &[u8] = b"-----BEGIN ";
    let Some(start) = place.checked_sub(5).filter(|s| view.slice(*s, *s + HEAD.len()) == HEAD) else {
        return place;
    };
    let title = view.slice(place + 6, (place + 48).min(view.len()));
    let Some(close) = find_in(title, b"-----") else { return place };
    if find_in(title.get(..close).unwrap_or_default(), b"PRIVATE KEY").is_none() {
        return place;
    }
    let body = place + 6 + close + 5;
    let end = find_in(view.slice(body, (body + PEM_BYTES_MAX).min(view.len())), b"-----END ")
        .map(|at| body + at)
        .and_then(|at| Some(at + 9 + find_in(view.slice(at + 9, (at + 64).min(view.len())), b"-----")? + 5));
    // A key that was cut off is a key as far as it goes.
    let end = end.unwrap_or_else(|| body_end(view, body));
    out.push(Finding::new(start, end, "SECRET", 1.0, "secret.private_key"));
    end
}

fn body_end(view: &View<'_>, body: usize) -> usize {
    let base64 = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\' | b' ' | b'.')
    };
    let limit = (body + PEM_BYTES_MAX).min(view.len());
    let mut end = (body..limit).find(|at| !base64(view.at(*at))).unwrap_or(limit);
    while end > body && view.before(end).is_ascii_whitespace() {
        end -= 1;
    }
    end
}

fn find_in(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|w| w == part)
}

/// Bits per symbol, times ten: integers keep it the same on every machine.
fn entropy_tenths(text: &[u8]) -> u32 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = u32::try_from(text.len()).unwrap_or(u32::MAX).max(1);
    let bits: f64 = counts
        .iter()
        .filter(|c| **c > 0)
        .map(|c| f64::from(*c) / f64::from(total))
        .map(|share| -share * share.log2())
        .sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 80")]
    let tenths = (bits * 10.0) as u32;
    tenths
}
