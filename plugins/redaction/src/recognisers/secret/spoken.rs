//! A password or PIN told in a sentence: the word for it, perhaps linking words, then the value.

use crate::view::{View, is_word};

use super::Finding;
use super::keyed::{KEY_BYTES_MAX, behind_stars, is_pin, is_stand_in, is_varied, value};
use super::purpose;

/// Words that may stand between "Passwort" and its value.
const LINKS: &[&str] = &[
    "ist",
    "lautet",
    "is",
    "was",
    "war",
    "wäre",
    "heißt",
    "heisst",
    "jetzt",
    "nun",
    "now",
    "currently",
    "aktuell",
    "momentan",
    "still",
    "noch",
    "immer",
    "to",
    "auf",
    "folgendes",
    "dieses",
    "the",
    "das",
    "also",
    "mit",
    "with",
    "von",
    "for",
    "für",
    "mein",
    "neues",
    "new",
    "set",
];

/// Words with which a sentence about a password begins; a value must follow them.
const SPOKEN: &[&str] = &[
    "passwort",
    "password",
    "kennwort",
    "pwd",
    "passwd",
    "passphrase",
    "pw",
    "pin",
    "pin-code",
    "puk",
    "geheimzahl",
    "passcode",
    "zugangscode",
    "schlüssel",
    "schluessel",
    "wlan-passwort",
    "wifi-password",
];

/// A password in a sentence whose word for it begins at `place`: "mein Passwort ist Sommer2024".
pub(in super::super) fn spoken(view: &View<'_>, place: usize, out: &mut Vec<Finding>) {
    if is_word(view.before(place)) {
        return;
    }
    let end = word_end(view, place);
    let longest = "wifi-password".len();
    if end - place > longest {
        return;
    }
    let word = view.slice(place, end).to_ascii_lowercase();
    if !SPOKEN.iter().any(|w| w.as_bytes() == word) {
        return;
    }
    // "<password>…</password>"
    if view.at(end) == b'>' && matches!(view.before(place), b'<' | b':') {
        return element(view, end + 1, out);
    }
    let pin = word.starts_with(b"pin") || word == b"puk" || word == b"geheimzahl";
    // "**Passwort** ist …"
    let end = behind_stars(view, end);
    let purpose = purpose::told(view, place, end);
    let mut at = purpose.unwrap_or(end);
    let mut links = 0;
    for _ in 0..4 {
        if view.at(at) != b' ' {
            break;
        }
        let next = word_end(view, at + 1);
        let link = view.slice(at + 1, next).to_ascii_lowercase();
        if !LINKS.iter().any(|w| w.as_bytes() == link) {
            break;
        }
        links += 1;
        at = next;
        if view.at(at) == b':' {
            at += 1;
            break;
        }
    }
    if view.at(at) != b' ' || (links == 0 && !pin && at == end && !follows_bare(view, at + 1)) {
        return;
    }
    let Some((start, end, quoted)) = value(view, at + 1, false) else { return };
    let text = view.slice(start, end);
    let score = match (is_stand_in(text), pin) {
        (true, _) => 0.0,
        // "Die PIN für meine Karte war 2023 noch gültig", "das Passwort für das Konto ist 8-stellig"
        _ if purpose.is_some() && (is_year(text) || text.ends_with(b"-stellig")) => 0.0,
        (_, true) if is_pin(text) => 0.85,
        (_, true) => 0.0,
        _ if text.len() >= 4 && (quoted || is_spoken_password(text)) => 0.85,
        _ => 0.0,
    };
    if score > 0.0 {
        out.push(Finding::new(start, end, "SECRET", score, "secret.spoken"));
    }
}

fn is_year(text: &[u8]) -> bool {
    text.len() == 4
        && (text.starts_with(b"19") || text.starts_with(b"20"))
        && text.iter().all(u8::is_ascii_digit)
}

/// What stands within an XML element that is called a password.
fn element(view: &View<'_>, at: usize, out: &mut Vec<Finding>) {
    let Some((start, end, _)) = value(view, at, false).filter(|v| view.at(v.1) == b'<') else { return };
    let text = view.slice(start, end);
    if text.len() >= 4 && !is_stand_in(text) {
        out.push(Finding::new(start, end, "SECRET", 0.9, "secret.element"));
    }
}

/// Without a linking word ("password hunter2") the value must be clearly none of the language's words.
fn follows_bare(view: &View<'_>, at: usize) -> bool {
    let end = value(view, at, false).map_or(at, |v| v.1);
    let text = view.slice(at, end);
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    let sign = inner
        .iter()
        .any(|b| matches!(b, b'#' | b'!' | b'$' | b'%' | b'&' | b'*' | b'@' | b'+' | b'?' | b'_'));
    text.len() >= 6
        && (sign || text.iter().any(u8::is_ascii_digit))
        && text.iter().any(u8::is_ascii_alphabetic)
}

/// Letters with digits or inner signs; a date, an amount or a mere number is none.
fn is_spoken_password(text: &[u8]) -> bool {
    let letters = text.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80);
    let word = text.iter().all(|b| is_word(*b) || matches!(b, b'-' | b'\'' | b'.' | b'/'));
    let digits = text.iter().any(u8::is_ascii_digit);
    (letters && digits)
        || (is_varied(text) && !word)
        || (letters && word && is_varied(text) && text.len() >= 8 && !text.contains(&b'-'))
}

fn word_end(view: &View<'_>, start: usize) -> usize {
    let limit = start + KEY_BYTES_MAX;
    (start..limit).find(|at| !is_word(view.at(*at)) && view.at(*at) != b'-').unwrap_or(limit)
}
