//! English addresses: `12 High Street, Flat 3, London SW1A 1AA`, `P.O. Box 12, Springfield, IL 62704`.

use super::german::is_called;
use super::words::{STATES, STREETS, STREETS_WITH_POSTCODE};
use super::{Finding, digits_end, is_capital, lowered, skip_break, word_at, word_before};
use crate::persons::lists;
use crate::view::{View, is_word};

/// Words between the number and the kind of street at most.
const NAME_WORDS_MAX: usize = 4;
/// Words between the street and the postcode at most.
const PLACE_WORDS_MAX: usize = 7;

pub(super) fn find(view: &View<'_>, digit: usize, out: &mut Vec<Finding>) {
    if let Some(found) = post_box(view, digit) {
        out.push(found);
        return;
    }
    if let Some(found) = flat(view, digit).or_else(|| military(view, digit)) {
        out.push(found);
        return;
    }
    let number_end = digits_end(view, digit);
    if number_end - digit > 5 || (view.before(digit) == b'#') {
        return;
    }
    let number_end = match view.at(number_end) {
        b'A'..=b'D' | b'a'..=b'd' if view.at(number_end + 1) == b' ' => number_end + 1,
        b'-' | b'/' if view.at(number_end + 1).is_ascii_digit() => digits_end(view, number_end + 1),
        _ => number_end,
    };
    if view.at(number_end) != b' ' && view.at(number_end) != b',' {
        return;
    }
    let Some(street) = street_end(view, number_end + 1 + usize::from(view.at(number_end) == b',')) else {
        return;
    };
    let unit = unit_end(view, street.end);
    let tail = postcode_end(view, unit);
    let start = unit_start(view, digit);
    let score = match (street.sure, tail.is_some()) {
        (true, true) => 0.95,
        (_, true) => 0.9,
        (true, false) => 0.85,
        // Surer than that the street's name is a person's.
        (false, false) if street.kind && (unit > street.end || is_called(view, digit)) => 0.82,
        // "at 9 Barry Stream", and "9 Barry Stream" on a line or in a field of its own.
        (false, false) if street.kind && street.person && is_placed(view, start, street.end) => 0.82,
        _ => return,
    };
    out.push(Finding::new(start, tail.unwrap_or(unit), "ADDRESS", score, "address.en"));
}

struct Street {
    end: usize,
    /// Ends with a word that is hardly anything but a street.
    sure: bool,
    /// Ends with a word that streets end with.
    kind: bool,
    /// Is called after somebody.
    person: bool,
}

/// Whether the street stands behind "at" or "to", or alone in a line or in a field.
fn is_placed(view: &View<'_>, start: usize, end: usize) -> bool {
    let edge = |byte: u8| matches!(byte, 0 | b'\n' | b'\r' | b',' | b';' | b'|' | b'"' | b':' | b'=');
    let word = word_before(view, start.saturating_sub(1)).filter(|_| view.before(start) == b' ');
    let preposition = word.is_some_and(|w| {
        matches!(view.slice(w.0, w.1), b"at" | b"At" | b"to" | b"in" | b"from" | b"near" | b"on")
    });
    let open = start - usize::from(view.before(start) == b' ');
    preposition || (edge(view.before(open)) && edge(view.at(end)))
}

/// Whether a word is a name of people and nothing else.
fn is_person(view: &View<'_>, word: (usize, usize)) -> bool {
    let lower = lowered(view, word);
    let lists = lists::of(lower.as_bytes(), lists::hash(lower.as_bytes()), true, false);
    lists.any(lists::FIRST | lists::LAST) && !lists.any(lists::COMMON)
}

/// The end of a street's name that begins at a place: capitals and a kind of street.
fn street_end(view: &View<'_>, start: usize) -> Option<Street> {
    let mut at = start;
    let mut last = None;
    let mut person = false;
    for count in 0..=NAME_WORDS_MAX {
        let Some(word) = word_at(view, at) else { break };
        let numeric = view.at(word.0).is_ascii_digit();
        if !numeric && count == 0 && !is_capital(view, word) && word.1 - word.0 != "broadway".len() {
            break;
        }
        let text = lowered(view, word);
        let text = text.as_str();
        let ordinal = numeric && text.ends_with(['t', 'd', 'h']) && text.len() <= 6;
        if numeric && !ordinal {
            break;
        }
        let sure = STREETS.contains(text);
        let kind = sure || STREETS_WITH_POSTCODE.contains(text);
        let alone = text == "broadway";
        if kind && (count > 0 || alone) {
            let mut end = word.1 + usize::from(view.at(word.1) == b'.' && text.len() <= 4);
            if let Some(side) = side_end(view, end) {
                end = side;
            }
            let whole = view.at(word.0).is_ascii_uppercase() || text.len() > 4;
            last = Some(Street { end, sure: sure && whole, kind: true, person });
            // "5 Park Avenue": a kind within the name; the last one counts.
            at = word.1 + 1;
            if view.at(word.1) != b' ' {
                break;
            }
            continue;
        }
        if last.is_some() || !(is_capital(view, word) || ordinal || (count == 0 && is_shouted(view, word))) {
            break;
        }
        person |= is_person(view, word);
        at = word.1 + 1 + usize::from(view.at(word.1) == b'.');
        if !matches!(view.at(word.1), b' ' | b'.') {
            // "3 Smith\n": a line of its own may be a street of any name, if a postcode follows.
            if view.at(word.1) == b'\n' && count > 0 {
                last = Some(Street { end: word.1, sure: false, kind: false, person: false });
            }
            break;
        }
    }
    last
}

fn is_shouted(view: &View<'_>, word: (usize, usize)) -> bool {
    word.1 - word.0 == 1 && view.at(word.0).is_ascii_uppercase()
}

/// "NW", "South".
fn side_end(view: &View<'_>, end: usize) -> Option<usize> {
    let word = word_at(view, end + 1).filter(|_| view.at(end) == b' ')?;
    let text = view.slice(word.0, word.1);
    [b"N".as_slice(), b"S", b"E", b"W", b"NE", b"NW", b"SE", b"SW", b"North", b"South", b"East", b"West"]
        .contains(&text)
        .then_some(word.1)
}

const UNITS: &[&str] = &[
    "studio",
    "apt",
    "apartment",
    "suite",
    "ste",
    "unit",
    "flat",
    "floor",
    "room",
    "building",
    "bldg",
    "box",
    "lot",
];

/// The end of "Apt. 4B", "#5", "Suite 200" behind a street.
fn unit_end(view: &View<'_>, end: usize) -> usize {
    let at = skip_break(view, end);
    if view.at(at) == b'#' && view.at(at + 1).is_ascii_alphanumeric() {
        return word_at(view, at + 1).map_or(end, |w| w.1);
    }
    let Some(word) = word_at(view, at).filter(|w| UNITS.contains(&lowered(view, *w).as_str())) else {
        return end;
    };
    let mut next = word.1 + usize::from(view.at(word.1) == b'.');
    next += usize::from(view.at(next) == b' ');
    next += usize::from(view.at(next) == b'#');
    word_at(view, next).filter(|w| w.1 - w.0 <= 6).map_or(end, |w| w.1)
}

/// "Flat 3, " before the house number.
fn unit_start(view: &View<'_>, digit: usize) -> usize {
    let mut at = digit;
    while at > 0 && matches!(view.before(at), b' ' | b',' | b'\n' | b'\r') && digit - at < 3 {
        at -= 1;
    }
    let Some(number) = word_before(view, at)
        .filter(|w| at < digit && view.at(w.0).is_ascii_alphanumeric() && w.1 - w.0 <= 4)
    else {
        return digit;
    };
    let Some(end) = number.0.checked_sub(1).filter(|p| view.at(*p) == b' ') else { return digit };
    match word_before(view, end) {
        Some(word) if UNITS.contains(&lowered(view, word).as_str()) => word.0,
        _ => digit,
    }
}

/// The end of a postcode behind a street, with the place between: "Springfield, IL 62704", "London SW1A 1AA".
fn postcode_end(view: &View<'_>, street_end: usize) -> Option<usize> {
    let mut at = skip_break(view, street_end);
    for _ in 0..PLACE_WORDS_MAX {
        let word = word_at(view, at)?;
        if let Some(end) = british_postcode(view, word.0).or_else(|| zip_behind_state(view, word)) {
            return Some(end);
        }
        let link = matches!(view.slice(word.0, word.1), b"of" | b"on" | b"upon" | b"the" | b"in");
        if !(is_capital(view, word) || link) {
            return None;
        }
        at = skip_break(view, word.1 + usize::from(view.at(word.1) == b'.'));
        if at == word.1 {
            return None;
        }
    }
    None
}

/// "IL 62704", "IL 62704-1234", "NSW 2000", "ON K1A 0B1".
fn zip_behind_state(view: &View<'_>, word: (usize, usize)) -> Option<usize> {
    let text = std::str::from_utf8(view.slice(word.0, word.1)).ok()?;
    let plain = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    if plain {
        return Some(plus_four(view, word.1));
    }
    if !STATES.contains(&format!(" {text} ")) || text.len() < 2 {
        return None;
    }
    let next = word.1 + 1 + usize::from(view.at(word.1) == b',');
    let end = digits_end(view, next);
    match end - next {
        5 => Some(plus_four(view, end)),
        4 => Some(end),
        _ => canadian_postcode(view, next).or(Some(word.1)),
    }
}

fn plus_four(view: &View<'_>, end: usize) -> usize {
    let more = digits_end(view, end + 1);
    if view.at(end) == b'-' && more - end == 5 { more } else { end }
}

fn canadian_postcode(view: &View<'_>, start: usize) -> Option<usize> {
    let shape = |at: usize, wanted: &[u8]| {
        wanted.iter().enumerate().all(|(i, w)| {
            if *w == b'9' { view.at(at + i).is_ascii_digit() } else { view.at(at + i).is_ascii_uppercase() }
        })
    };
    let second = start + 3 + usize::from(view.at(start + 3) == b' ');
    (shape(start, b"A9A") && shape(second, b"9A9") && !is_word(view.at(second + 3))).then_some(second + 3)
}

/// "SW1A 1AA", "M1 1AE", "E12AB".
fn british_postcode(view: &View<'_>, start: usize) -> Option<usize> {
    let upper = |at: usize| view.at(at).is_ascii_uppercase();
    let digit = |at: usize| view.at(at).is_ascii_digit();
    let mut at = start;
    while upper(at) && at - start < 2 {
        at += 1;
    }
    if at == start || !digit(at) {
        return None;
    }
    at += 1;
    if (digit(at) || upper(at)) && (view.at(at + 1) == b' ' || digit(at + 1)) {
        at += 1;
    }
    at += usize::from(view.at(at) == b' ');
    (digit(at) && upper(at + 1) && upper(at + 2) && !is_word(view.at(at + 3))).then_some(at + 3)
}

/// "Flat 5\nClive Ridge\nNew Lauren\nCT61 2AW": a unit and a postcode make an address of what stands between.
fn flat(view: &View<'_>, digit: usize) -> Option<Finding> {
    let word = word_before(view, digit.checked_sub(1)?).filter(|w| (4..=9).contains(&(w.1 - w.0)))?;
    let unit = matches!(lowered(view, word).as_str(), "flat" | "studio" | "apartment" | "apt" | "unit");
    let number = word_at(view, digit).filter(|n| unit && n.1 - n.0 <= 4)?;
    let breaks = matches!(view.at(number.1), b'\n' | b',');
    if let Some(end) = postcode_end(view, number.1).filter(|_| breaks) {
        return Some(Finding::new(word.0, end, "ADDRESS", 0.92, "address.en"));
    }
    // "Delivery address: Flat 54", but not "Flat 54, 12 Mill Road".
    let alone = !view.at(skip_break(view, number.1)).is_ascii_digit() && is_capital(view, word);
    (alone && is_called(view, word.0))
        .then(|| Finding::new(word.0, number.1, "ADDRESS", 0.75, "address.unit"))
}

/// "USS Singh, FPO AE 63068": the field before a military post office.
fn military(view: &View<'_>, digit: usize) -> Option<Finding> {
    let end = digits_end(view, digit);
    let state = word_before(view, digit.checked_sub(1)?).filter(|w| w.1 - w.0 == 2 && end - digit == 5)?;
    let office = word_before(view, state.0.checked_sub(1)?)?;
    let offices = matches!(view.slice(office.0, office.1), b"APO" | b"FPO" | b"DPO");
    if !offices || !matches!(view.slice(state.0, state.1), b"AA" | b"AE" | b"AP") {
        return None;
    }
    let mut start = office.0;
    while start > 0 && office.0 - start < 3 && matches!(view.before(start), b' ' | b',' | b'\n') {
        start -= 1;
    }
    for _ in 0..NAME_WORDS_MAX {
        let Some(word) = word_before(view, start).filter(|w| view.at(w.0).is_ascii_uppercase()) else {
            break;
        };
        start = word.0;
        if view.before(start) != b' ' {
            break;
        }
        start -= 1;
    }
    start += usize::from(view.at(start) == b' ');
    Some(Finding::new(start, end, "ADDRESS", 0.92, "address.post_box"))
}

/// "P.O. Box 123", "PO Box 123", with the place behind; military boxes "PSC 1234, Box 5678".
fn post_box(view: &View<'_>, digit: usize) -> Option<Finding> {
    let word = word_before(view, digit.checked_sub(1)?).filter(|w| matches!(w.1 - w.0, 3 | 4))?;
    let text = lowered(view, word);
    let text = text.as_str();
    let end = digits_end(view, digit);
    if text == "box" {
        let before = view.slice(word.0.saturating_sub(5), word.0).to_ascii_lowercase();
        let heads: [&[u8]; 4] = [b"p.o. ", b"po ", b"p.o.", b"p o "];
        let head = heads.iter().find(|h| before.ends_with(h));
        let start = word.0 - head.map_or(0, |h| h.len());
        let tail = postcode_end(view, end);
        return (head.is_some() || tail.is_some())
            .then(|| Finding::new(start, tail.unwrap_or(end), "ADDRESS", 0.92, "address.post_box"));
    }
    // "PSC 1234, Box 5678\nAPO AP 96543", "Unit 0123 Box 4567\nDPO AA 12345", "USNV Smith\nFPO AE 12345".
    let military = matches!(text, "psc" | "unit" | "cmr").then(|| {
        let at = skip_break(view, end);
        let next = word_at(view, at).filter(|w| lowered(view, *w) == "box")?;
        let box_end = digits_end(view, next.1 + 1);
        Some(Finding::new(word.0, postcode_end(view, box_end)?, "ADDRESS", 0.92, "address.post_box"))
    });
    military.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<String> {
        let view = View::new(text);
        let mut out = Vec::new();
        for at in 0..view.len() {
            if view.at(at).is_ascii_digit() && !is_word(view.before(at)) {
                find(&view, at, &mut out);
            }
        }
        out.iter().find(|f| f.score >= 0.5).map(|f| text[f.start..f.end].to_owned())
    }

    #[test]
    fn streets_are_found_with_unit_place_and_postcode() {
        for (text, value) in [
            ("I live at 12 High Street.", "12 High Street"),
            ("at 221B Baker Street, London NW1 6XE now", "221B Baker Street, London NW1 6XE"),
            (
                "1600 Pennsylvania Avenue NW, Washington, DC 20500",
                "1600 Pennsylvania Avenue NW, Washington, DC 20500",
            ),
            (
                "123 Main St. Apt. 4B\nSpringfield, IL 62704-1234",
                "123 Main St. Apt. 4B\nSpringfield, IL 62704-1234",
            ),
            ("Flat 3, 12 Mill Road, Cambridge CB1 2AB", "Flat 3, 12 Mill Road, Cambridge CB1 2AB"),
            ("3 Smith Brooks\nPort Ann\nE1 2AB", "3 Smith Brooks\nPort Ann\nE1 2AB"),
            ("P.O. Box 1234", "P.O. Box 1234"),
            ("PSC 1234, Box 5678\nAPO AP 96543", "PSC 1234, Box 5678\nAPO AP 96543"),
            ("Ship to USS Singh, FPO AE 63068 please", "USS Singh, FPO AE 63068"),
            ("61575 Perez Ramp Suite 253", "61575 Perez Ramp Suite 253"),
            ("Pick it up at 82 Barry Stream.", "82 Barry Stream"),
            ("Delivery address: Flat 54", "Flat 54"),
            ("350 5th Ave, New York, NY 10118", "350 5th Ave, New York, NY 10118"),
        ] {
            assert_eq!(address(text).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn other_numbers_before_words_are_left() {
        for text in [
            "I ordered 3 Blue Shirts",
            "5 stars",
            "2 days way too late",
            "In 2024 Google moved",
            "12 Monkeys",
            "10 am Place the order",
            "up to 500 Bonus Points",
            "at 250 Boost Points",
            "Flat 54 is noisy",
            "in 3 Easy Runs",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
