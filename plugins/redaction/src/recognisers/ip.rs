//! IP addresses, version 4 and 6.

use std::net::Ipv6Addr;

use crate::labels::{Label, label_before};
use crate::view::{View, is_word};

/// Longest text of a version 6 address.
const V6_BYTES_MAX: usize = 45;

/// A version 4 address whose first digit stands at `start`: its span and score.
pub(crate) fn ipv4_at(view: &View<'_>, start: usize) -> Option<(usize, usize, f32)> {
    if is_word(view.before(start)) || matches!(view.before(start), b'.' | b'-' | b',') {
        return None;
    }
    let mut at = start;
    let mut single = true;
    for part in 0..4 {
        if part > 0 {
            if view.at(at) != b'.' {
                return None;
            }
            at += 1;
        }
        let from = at;
        let mut value = 0_u32;
        while view.at(at).is_ascii_digit() && at - from < 4 {
            value = value * 10 + u32::from(view.at(at) - b'0');
            at += 1;
        }
        let leading_zero = at - from > 1 && view.at(from) == b'0';
        if at == from || value > 255 || leading_zero {
            return None;
        }
        single &= at - from == 1;
    }
    let goes_on = is_word(view.at(at))
        || (matches!(view.at(at), b'.' | b',' | b'-') && view.at(at + 1).is_ascii_digit());
    // A netmask is nobody's address.
    let mask = view.slice(start, start + 8) == b"255.255." || view.slice(start, at) == b"0.0.0.0";
    if mask || goes_on || label_before(view, start) == Some(Label::Version) {
        return None;
    }
    // 1.2.3.4 may as well be a section or a version without a name.
    Some((start, at, if single { 0.55 } else { 0.9 }))
}

/// A version 6 address that holds the colon at `colon`: its span and score.
pub(crate) fn ipv6_at(view: &View<'_>, colon: usize) -> Option<(usize, usize, f32)> {
    let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let limit = colon.saturating_sub(V6_BYTES_MAX);
    let start = (limit..colon).rev().find(|i| !part(view.at(*i))).map_or(limit, |i| i + 1);
    let mut end = (colon..=(start + V6_BYTES_MAX).min(view.len())).find(|i| !part(view.at(*i)))?;
    if matches!(view.before(end), b'.') || (view.before(end) == b':' && view.before(end - 1) != b':') {
        end -= 1;
    }
    let text = std::str::from_utf8(view.slice(start, end)).ok()?;
    let enough =
        text.bytes().filter(u8::is_ascii_hexdigit).count() >= 3 && text.bytes().any(|b| b.is_ascii_digit());
    let alone = !is_word(view.before(start)) && !is_word(view.at(end));
    (alone && enough && text.parse::<Ipv6Addr>().is_ok()).then_some((start, end, 0.9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<String> {
        let view = View::new(text);
        (0..view.len())
            .find_map(|at| match view.at(at) {
                b':' => ipv6_at(&view, at),
                byte if byte.is_ascii_digit() => ipv4_at(&view, at),
                _ => None,
            })
            .map(|(start, end, _)| text[start..end].to_owned())
    }

    #[test]
    fn addresses_are_known_whole() {
        for address in [
            "192.168.0.1",
            "8.8.8.8",
            "203.0.113.255",
            "2001:db8::1",
            "fe80::1ff:fe23:4567:890a",
            "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
            "::ffff:192.0.2.1",
        ] {
            assert_eq!(ip(&format!("von {address}, sagt er")).as_deref(), Some(address), "{address}");
            assert_eq!(ip(&format!("[{address}]")).as_deref(), Some(address), "{address}");
        }
    }

    #[test]
    fn versions_times_and_paths_are_left() {
        for text in [
            "Version 10.4.2.1",
            "v10.4.2.1",
            "1.2.3.4.5",
            "256.1.1.1",
            "12:30:45",
            "std::net::ip",
            "192.168.01.1",
            "a::b",
            "1.2.3",
            "::",
        ] {
            assert_eq!(ip(text), None, "{text}");
        }
    }
}
