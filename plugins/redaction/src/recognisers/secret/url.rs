//! Secrets in URLs: `user:password@host`, and tokens that are a part of the path.

use crate::view::{View, is_word};

use super::{Finding, entropy_tenths};

/// Bytes of the part before the host at most, and of one path.
const AUTHORITY_BYTES_MAX: usize = 256;
const PATH_BYTES_MAX: usize = 512;
/// What stands behind "services" or "webhooks" is a token from this length on.
const HOOK_BYTES_MIN: usize = 30;

/// Name and password before the host of the URL whose `:` stands at `mark`; answers where they end.
pub(in super::super) fn credentials(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) -> Option<usize> {
    if view.slice(mark, mark + 3) != b"://" || !view.before(mark).is_ascii_alphanumeric() {
        return None;
    }
    let start = mark + 3;
    let limit = (start + AUTHORITY_BYTES_MAX).min(view.len());
    let end = (start..limit).find(|at| ends_authority(view.at(*at))).unwrap_or(limit);
    let end = slashed_end(view, start, end, limit).unwrap_or(end);
    let at = (start..end).rev().find(|at| view.at(*at) == b'@')?;
    let colon = (start..at).find(|p| view.at(*p) == b':')?;
    let password = view.slice(colon + 1, at);
    let placeholder = password.is_empty()
        || matches!(password.first(), Some(b'<' | b'$' | b'{' | b'[' | b'*' | b'%'))
            && password.get(1) != Some(&b'2');
    (!placeholder).then(|| {
        out.push(Finding::new(start, at, "SECRET", 0.95, "secret.url"));
        at
    })
}

/// A password with a slash in it ("amqp://guest:/jK6…@mq") goes on to the sign: the end of the host behind.
fn slashed_end(view: &View<'_>, start: usize, slash: usize, limit: usize) -> Option<usize> {
    let head = view.slice(start, slash);
    let colon =
        head.iter().position(|b| *b == b':').filter(|_| view.at(slash) == b'/' && !head.contains(&b'@'))?;
    let user = head.get(..colon)?.iter().all(|b| is_word(*b) || matches!(b, b'_' | b'-'));
    // "localhost:8080/a@b": a port.
    let rest = head.get(colon + 1..)?;
    let port = !rest.is_empty() && rest.iter().all(u8::is_ascii_digit);
    let ends = |byte: u8| ends_authority(byte) && byte != b'/';
    let stop = (slash..limit).find(|at| ends(view.at(*at))).unwrap_or(limit);
    let sign = (slash..stop).find(|at| view.at(*at) == b'@').filter(|_| user && !port)?;
    view.slice(start + colon, sign).iter().any(u8::is_ascii_digit).then_some(sign + 1)
}

fn ends_authority(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0 | b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b')')
}

/// Parts of a path behind which a token stands.
const BEFORE_TOKEN: &[&str] = &[
    "reset",
    "verify",
    "confirm",
    "token",
    "magic",
    "invite",
    "invitation",
    "unsubscribe",
    "activate",
    "login",
    "auth",
    "password",
    "password-reset",
    "reset-password",
    "services",
    "bestaetigen",
    "aktivieren",
    "passwort",
    "share",
    "webhooks",
    "hooks",
    "sso",
    "r",
    "magic-link",
    "activation",
    "recover",
    "set-password",
    "confirm-email",
    "verify-email",
    "zuruecksetzen",
    "bot",
];

/// A token within the path of the URL whose `:` stands at `mark`.
pub(in super::super) fn path_token(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) {
    if view.slice(mark, mark + 3) != b"://" {
        return;
    }
    let limit = (mark + 3 + PATH_BYTES_MAX).min(view.len());
    let end = (mark + 3..limit).find(|at| {
        let byte = view.at(*at);
        byte.is_ascii_whitespace() || matches!(byte, b'"' | b'<' | b'>' | b'?' | b'#')
    });
    let end = end.unwrap_or(limit);
    let mut named = false;
    let mut named_hook = false;
    let mut at = mark + 3;
    while at < end {
        let next = (at..end).find(|p| view.at(*p) == b'/').unwrap_or(end);
        let mut stop = next;
        while stop > at && matches!(view.before(stop), b'.' | b',' | b')' | b';' | b':' | b'!') {
            stop -= 1;
        }
        let part = view.slice(at, stop);
        let lower = part.to_ascii_lowercase();
        let hook =
            named_hook && end - at >= HOOK_BYTES_MIN && view.slice(at, end).iter().any(u8::is_ascii_digit);
        if hook || (named && is_token(part)) {
            // A webhook's parts are all of them secret.
            let mut to = if hook { end } else { stop };
            while to > at && matches!(view.before(to), b'.' | b',' | b')' | b';' | b':' | b'!') {
                to -= 1;
            }
            out.push(Finding::new(at, to, "SECRET", 0.85, "secret.path"));
            return;
        }
        named_hook = matches!(part, b"services" | b"webhooks" | b"webhook" | b"hooks");
        named = BEFORE_TOKEN.iter().any(|w| w.as_bytes() == lower);
        at = next + 1;
    }
}

fn is_token(part: &[u8]) -> bool {
    let digits = part.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = part.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let dense = part
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'.' | b'~' | b':'));
    dense && part.len() >= 9 && digits >= 2 && letters >= 2 && entropy_tenths(part) >= 27
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Option<&str> {
        let view = View::new(text);
        let mut out = Vec::new();
        let mark = text.find(':')?;
        if credentials(&view, mark, &mut out).is_none() {
            path_token(&view, mark, &mut out);
        }
        out.first().map(|f| &text[f.start..f.end])
    }

    #[test]
    fn credentials_before_the_host_are_found() {
        assert_eq!(secret("postgres://app:geheim7@db.example.org:5432/x"), Some("app:geheim7"));
        assert_eq!(secret("https://joe:p4ss@example.org"), Some("joe:p4ss"));
        assert_eq!(secret("amqp://guest:/jK6GU1EP4@mq:5672"), Some("guest:/jK6GU1EP4"));
        assert_eq!(secret("http://localhost:8080/a1@b"), None);
        assert_eq!(secret("https://example.org/a:b@c"), None);
        assert_eq!(secret("postgres://app:<password>@db"), None);
    }

    #[test]
    fn tokens_in_a_path_are_found_and_slugs_are_not() {
        assert_eq!(secret("https://example.org/reset/9fA82kLm31xZq7"), Some("9fA82kLm31xZq7"));
        assert_eq!(secret("https://example.org/blog/2024/neue-preise-ab-mai"), None);
        assert_eq!(secret("https://example.org/login/help"), None);
    }
}
