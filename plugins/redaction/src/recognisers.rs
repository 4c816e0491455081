//! The family of recognisers: one list per kind of place that wakes them, one file per member. A recogniser
//! looks at a bounded stretch around the place and proposes findings; which of them stand is decided later.

mod address;
pub(crate) mod bic;
pub(crate) mod card;
mod crypto;
mod date;
mod device;
pub(crate) mod email;
pub(crate) mod iban;
mod identity;
pub(crate) mod ip;
pub(crate) mod phone;
mod secret;
mod vehicle;

use crate::pieces::Pieces;
use crate::view::{View, is_word};

/// A finding in places of the view.
pub(crate) type Finding = crate::find::Found<'static>;

type Rule = fn(&View<'_>, &Pieces, &mut Vec<Finding>);

/// Asked about each word that has a digit.
const ON_WORDS: &[Rule] = &[
    identity::find,
    device::imei,
    device::mac_word,
    vehicle::vin,
    vehicle::plate,
    |view, pieces, out| crypto::find(view, pieces.start, out),
    |view, pieces, out| date::find(view, pieces.start, out),
    |view, pieces, out| address::find(view, pieces.start, out),
    |view, pieces, out| {
        let start = token_start(view, pieces.start);
        // Another digit before: the token was asked about there.
        if !view.slice(start, pieces.start).iter().any(u8::is_ascii_digit) {
            secret::known(view, start, out);
        }
    },
];

/// Which reading of a text it is: the second one, without disguises, is asked for fewer classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    First,
    Second,
}

/// Asked in the second reading.
const AGAIN: &[Rule] = &[identity::find];

/// Asked about capitals that stand before a number: "AB 12 34 56 C", "M-AB 123".
const ON_CAPITALS: &[Rule] = &[identity::find, vehicle::plate, vehicle::vin];

/// A word with a digit.
pub(crate) fn on_word(view: &View<'_>, start: usize, reading: Reading, out: &mut Vec<Finding>) {
    // A number spelled out digit by digit is read from its first digit.
    let single = |at: usize| view.at(at).is_ascii_digit() && !is_word(view.at(at + 1));
    if start > 1
        && view.before(start) == b' '
        && single(start)
        && single(start - 2)
        && !is_word(view.at(start.saturating_sub(3)))
    {
        return;
    }
    let (words, capitals_rules) = match reading {
        Reading::First => (ON_WORDS, ON_CAPITALS),
        Reading::Second => (AGAIN, AGAIN),
    };
    let pieces = Pieces::read(view, start);
    for rule in words {
        rule(view, &pieces, out);
    }
    let mut at = start;
    for _ in 0..CAPITALS_BEFORE_MAX {
        let Some(capitals) = capitals_before(view, at) else { break };
        let pieces = Pieces::read(view, capitals);
        for rule in capitals_rules {
            rule(view, &pieces, out);
        }
        at = capitals;
    }
}

/// A place that is not a digit; answers where to go on.
pub(crate) fn on_mark(view: &View<'_>, at: usize, out: &mut Vec<Finding>) -> usize {
    match view.at(at) {
        b':' => on_colon(view, at, out),
        b'=' => secret::keyed(view, at, out),
        b'-' | b'.' if view.before(at).is_ascii_hexdigit() => {
            device::mac(view, at, out);
            at
        }
        b'-' => {
            secret::option(view, at, out);
            at
        }
        b'_' => {
            secret::undigited(view, at, out);
            at
        }
        b'B' if view.before(at) == b'-' => secret::pem(view, at, out),
        b'p' | b'P' | b'k' | b'K' | b'g' | b'G' | b'z' | b'Z' | b's' | b'S' => {
            secret::spoken(view, at, out);
            at
        }
        _ => at,
    }
}

fn on_colon(view: &View<'_>, at: usize, out: &mut Vec<Finding>) -> usize {
    if view.at(at + 1) == b'/' {
        if let Some(end) = secret::credentials(view, at, out) {
            return end;
        }
        secret::path_token(view, at, out);
        return at;
    }
    if view.at(at + 1) == b':' && view.before(at) == b':' {
        return at;
    }
    if let Some((start, end, score)) = ip::ipv6_at(view, at) {
        out.push(Finding::new(start, end, "IP_ADDRESS", score, "ip.v6"));
        return end;
    }
    device::mac(view, at, out);
    secret::keyed(view, at, out)
}

/// Words of capitals before a number at most: "RSS MRA 85M01 H501Z".
const CAPITALS_BEFORE_MAX: usize = 2;
/// Letters of such a word at most.
const CAPITALS_BYTES_MAX: usize = 7;

/// The beginning of the word of capitals that ends one mark before a place.
fn capitals_before(view: &View<'_>, place: usize) -> Option<usize> {
    let end = place.checked_sub(1).filter(|p| matches!(view.at(*p), b' ' | b'-' | b'\n' | b':'))?;
    // " - " as typewriters had it.
    let end =
        if view.at(end) == b' ' && end > 2 && view.slice(end - 2, end) == b" -" { end - 2 } else { end };
    let mut start = end;
    while end - start <= CAPITALS_BYTES_MAX && is_capital_byte(view, start) {
        start -= 1;
    }
    (start < end && end - start <= CAPITALS_BYTES_MAX && !is_word(view.before(start))).then_some(start)
}

/// A capital, or a byte of one of Ä, Ö, Ü, ends at a place.
fn is_capital_byte(view: &View<'_>, end: usize) -> bool {
    match view.before(end) {
        b'A'..=b'Z' | 0xC3 => true,
        0x84 | 0x96 | 0x9C => end > 1 && view.at(end - 2) == 0xC3,
        _ => false,
    }
}

/// Bytes of a token before its first digit at most.
const TOKEN_HEAD_BYTES_MAX: usize = 40;

/// Where the token around a word begins: `sk_live_9aZ…` begins before its last underscore.
fn token_start(view: &View<'_>, word: usize) -> usize {
    let mut start = word;
    while word - start < TOKEN_HEAD_BYTES_MAX
        && (view.before(start).is_ascii_alphanumeric()
            || matches!(view.before(start), b'_' | b'-' | b'.' | b'$'))
    {
        start -= 1;
    }
    while start < word && !view.at(start).is_ascii_alphanumeric() {
        start += 1;
    }
    start
}
