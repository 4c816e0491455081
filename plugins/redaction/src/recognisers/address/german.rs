//! German addresses: `Lange Str. 5a, 12345 Musterstadt`, `Am Markt 3`, `Postfach 12 34 56`.

use super::words::{CALLS, LIKELY, NOT_STREET_ENDINGS, NOT_STREETS, SURE};
use super::{Finding, Span, digits_end, is_capital, lowered, skip_break, word_at, word_before};
use crate::labels::label_before;
use crate::view::{View, is_word};

/// How far before a street a word such as "Adresse" counts.
const CALL_REACH_BYTES: usize = 48;

pub(super) fn find(view: &View<'_>, digit: usize, out: &mut Vec<Finding>) {
    if let Some(found) = post_box(view, digit) {
        out.push(found);
        return;
    }
    let Some(number_end) = house_number_end(view, digit) else { return };
    let Some(street) = street_before(view, digit) else { return };
    let tail = postcode_and_place(view, number_end);
    let score = match (street.trust, tail.is_some()) {
        (Trust::Sure, _) | (Trust::Likely, true) => 0.92,
        (Trust::Likely, false) if is_called(view, street.start) => 0.8,
        (Trust::Likely, false) if street.compound => 0.55,
        // "Bestellung 5, 12345 Stück" has the same shape.
        (Trust::Shape, true) if label_before(view, digit).is_none() => 0.85,
        _ => return,
    };
    out.push(Finding::new(street.start, tail.unwrap_or(number_end), "ADDRESS", score, "address.de"));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The name of a street and nothing else.
    Sure,
    /// Also the name of something else.
    Likely,
    /// Any word with a capital.
    Shape,
}

struct Street {
    start: usize,
    trust: Trust,
    /// Ending and a longer beginning in one word: "Rosenweg".
    compound: bool,
}

/// `5`, `5a`, `5 a`, `5-7`, `5/3`, `12 b-c`; not `5.`, `5 Stück`, `5,50`.
fn house_number_end(view: &View<'_>, digit: usize) -> Option<usize> {
    let mut end = digits_end(view, digit);
    if end - digit > 4 {
        return None;
    }
    let letter = |at: usize| matches!(view.at(at), b'a'..=b'k' | b'A'..=b'K') && !is_word(view.at(at + 1));
    if letter(end) {
        end += 1;
    } else if view.at(end) == b' ' && letter(end + 1) && view.at(end + 1).is_ascii_lowercase() {
        end += 2;
    }
    if matches!(view.at(end), b'-' | b'/') && view.at(end + 1).is_ascii_digit() {
        let more = digits_end(view, end + 1);
        if more - end <= 4 {
            end = more + usize::from(letter(more));
        }
    }
    let decimal = matches!(view.at(end), b'.' | b',' | b':') && view.at(end + 1).is_ascii_digit();
    let unit = view.at(end) == b'%'
        || (view.at(end) == b' ' && matches!(view.at(end + 1), b'%' | crate::view::CURRENCY));
    (!is_word(view.at(end)) && !decimal && !unit).then_some(end)
}

/// The street whose name ends before a house number.
fn street_before(view: &View<'_>, digit: usize) -> Option<Street> {
    let mut end = digit;
    while matches!(view.before(end), b' ' | b'\t') && digit - end < 3 {
        end -= 1;
    }
    if view.slice(end.saturating_sub(3), end).eq_ignore_ascii_case(b"nr.") {
        end -= 3;
        end -= usize::from(view.before(end) == b' ');
    }
    if end == digit && view.before(end) != b'.' {
        return None;
    }
    let dotted = view.before(end) == b'.';
    if view.before(end - usize::from(dotted)).is_ascii_digit() {
        return None;
    }
    let last = word_before(view, end - usize::from(dotted))?;
    let lower = lowered(view, last);
    let lower = lower.as_str();
    let sure = SURE.end(lower);
    if dotted && !lower.ends_with("str") {
        return None;
    }
    let alone = SURE.contains(lower);
    let likely = LIKELY.end(lower) && !NOT_STREETS.contains(lower) && !NOT_STREET_ENDINGS.end(lower);
    let named = LIKELY.contains(lower);
    let start = name_start(view, last);
    let apart = start < last.0;
    let trust = match (sure, likely || (named && apart)) {
        (true, _) if !alone || apart => Trust::Sure,
        (_, true) => Trust::Likely,
        _ if begins_with_preposition(view, start) && apart => Trust::Likely,
        _ if is_capital(view, last) && !alone => Trust::Shape,
        _ => return None,
    };
    // "straße 5": without a capital it is a street only if it is clearly a compound.
    let fits = is_capital(view, (start, last.1)) || (trust == Trust::Sure && lower.len() > 8);
    fits.then_some(Street { start, trust, compound: likely && !named })
}

/// Where the name begins: adjectives and first names before "Straße", prepositions before anything.
fn name_start(view: &View<'_>, last: Span) -> usize {
    let mut start = last.0;
    let mut at = last.0;
    for _ in 0..3 {
        if view.before(at) != b' ' {
            break;
        }
        let Some(word) = word_before(view, at - 1) else { break };
        let text = lowered(view, word);
        let text = text.as_str();
        if is_preposition(text) {
            at = word.0;
            // "wohne in der Lindenallee 3": only a capital makes it part of the name.
            if is_capital(view, word) {
                // "Die Straße 5 Meter weiter" begins a sentence.
                let article = matches!(text, "der" | "dem" | "den" | "die");
                let where_only = leads_to(text) && is_kind_of_street(&lowered(view, last));
                return if article || where_only { start } else { word.0 };
            }
            continue;
        }
        let adjective = is_capital(view, word)
            && (["er", "e", "en", "es", "sche", "scher"].iter().any(|e| text.ends_with(e))
                || is_abbreviation(view, word))
            && is_alone(&lowered(view, last));
        if !adjective || at != start {
            break;
        }
        (start, at) = (word.0, word.0);
    }
    start
}

/// "In der Aue 5" is a street; in "In der Marktstraße 8" the street is "Marktstraße", whose name needs nothing before.
fn is_kind_of_street(lower: &str) -> bool {
    const KINDS: &[&str] = &["straße", "strasse", "str", "weg", "platz", "gasse", "allee"];
    !is_alone(lower) && KINDS.iter().any(|kind| lower.ends_with(kind))
}

/// Words that say where something is when they begin a sentence.
fn leads_to(preposition: &str) -> bool {
    matches!(preposition, "in" | "im" | "auf" | "bei" | "beim" | "an" | "vor" | "hinter")
}

/// "Straße" and its likes, which need a word before them.
fn is_alone(lower: &str) -> bool {
    SURE.contains(lower) || LIKELY.contains(lower)
}

fn is_abbreviation(view: &View<'_>, word: Span) -> bool {
    view.at(word.1) == b'.' || word.1 - word.0 > 3
}

fn is_preposition(text: &str) -> bool {
    matches!(
        text,
        "am" | "an"
            | "auf"
            | "im"
            | "in"
            | "zum"
            | "zur"
            | "unter"
            | "hinter"
            | "vor"
            | "bei"
            | "beim"
            | "der"
            | "dem"
            | "den"
            | "die"
            | "alter"
            | "alte"
            | "großer"
            | "große"
            | "kleine"
            | "neuer"
            | "neue"
    )
}

fn begins_with_preposition(view: &View<'_>, start: usize) -> bool {
    word_at(view, start).is_some_and(|w| {
        let text = lowered(view, w);
        let text = text.as_str();
        is_capital(view, w)
            && is_preposition(text)
            && !matches!(text, "der" | "dem" | "den" | "die" | "bei" | "vor")
    })
}

/// A postcode and a place behind a house number: the end of both. Words between them are not looked past.
fn postcode_and_place(view: &View<'_>, number_end: usize) -> Option<usize> {
    let mut at = skip_break(view, number_end);
    for word in [b"in ".as_slice(), b"D-", b"A-", b"CH-", b"DE-", b"AT-", b"D ", b"- ", b"/ "] {
        if view.slice(at, at + word.len()) == word {
            at += word.len();
        }
    }
    if at == number_end {
        return None;
    }
    let end = digits_end(view, at);
    let digits = end - at;
    // "2656 HS, Gieterveen": Dutch.
    let code = end + usize::from(view.at(end) == b' ');
    let letters = view.slice(code, code + 2);
    if digits == 4
        && letters.len() == 2
        && letters.iter().all(u8::is_ascii_uppercase)
        && !is_word(view.at(code + 2))
    {
        return Some(place_end(view, skip_break(view, code + 2)).unwrap_or(code + 2));
    }
    if matches!(digits, 4 | 5) && view.at(end) == b' ' {
        return place_end(view, end + 1).filter(|_| digits == 5 || view.at(at) != b'0');
    }
    None
}

/// The end of a place's name: words with capitals, "am Main", "an der Oder", "(Saale)".
fn place_end(view: &View<'_>, start: usize) -> Option<usize> {
    let first = word_at(view, start).filter(|w| is_capital(view, *w))?;
    let mut end = first.1;
    if view.at(end) == b'.' && end - first.0 <= 3 {
        end += 1;
    }
    for _ in 0..3 {
        if view.at(end) != b' ' {
            break;
        }
        if view.at(end + 1) == b'(' {
            let close = (end + 2..end + 24).find(|p| view.at(*p) == b')');
            end = close.map_or(end, |c| c + 1);
            break;
        }
        let Some(word) = word_at(view, end + 1) else { break };
        let text = lowered(view, word);
        let text = text.as_str();
        let link =
            matches!(text, "am" | "an" | "der" | "im" | "in" | "ob" | "bei" | "vor" | "den" | "a" | "i");
        if link {
            let after = word.1 + 1 + usize::from(view.at(word.1) == b'.');
            let Some(next) =
                word_at(view, after).filter(|w| is_capital(view, *w) || lowered(view, *w) == "der")
            else {
                break;
            };
            end = next.1;
            continue;
        }
        if !is_capital(view, word) || !is_place_part(view, first, word) {
            break;
        }
        end = word.1;
    }
    Some(end)
}

/// "Bad Homburg", "Sankt Augustin", "Neu Wulmstorf": a second word only behind these.
fn is_place_part(view: &View<'_>, first: Span, _: Span) -> bool {
    matches!(
        lowered(view, first).as_str(),
        "bad"
            | "sankt"
            | "st"
            | "neu"
            | "groß"
            | "klein"
            | "hohen"
            | "markt"
            | "burg"
            | "schwäbisch"
            | "stadt"
            | "ober"
            | "unter"
            | "alt"
            | "bergisch"
            | "königs"
            | "hann"
            | "lutherstadt"
    )
}

/// "Postfach 12 34 56", with postcode and place.
fn post_box(view: &View<'_>, digit: usize) -> Option<Finding> {
    let word = word_before(view, digit.checked_sub(1)?).filter(|w| w.1 - w.0 == "postfach".len())?;
    if lowered(view, word) != "postfach" {
        return None;
    }
    let mut end = digits_end(view, digit);
    while view.at(end) == b' ' && view.at(end + 1).is_ascii_digit() && digits_end(view, end + 1) - end <= 4 {
        end = digits_end(view, end + 1);
    }
    let end = postcode_and_place(view, end).unwrap_or(end);
    Some(Finding::new(word.0, end, "ADDRESS", 0.92, "address.post_box"))
}

/// Whether a word such as "Adresse" stands before.
pub(super) fn is_called(view: &View<'_>, start: usize) -> bool {
    let limit = start.saturating_sub(CALL_REACH_BYTES);
    let mut at = start;
    while at > limit {
        match view.before(at) {
            b'!' | b'?' => return false,
            byte if is_word(byte) => {
                let Some(word) = word_before(view, at) else { return false };
                let text = lowered(view, word);
                let text = text.as_str();
                if CALLS.contains(text) {
                    return true;
                }
                at = word.0;
            }
            _ => at -= 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<String> {
        let view = View::new(text);
        let mut out = Vec::new();
        for at in 0..view.len() {
            if view.at(at).is_ascii_digit() && !view.before(at).is_ascii_digit() {
                find(&view, at, &mut out);
            }
        }
        out.iter().find(|f| f.score >= 0.5).map(|f| {
            let (start, end) = view.original(f.start, f.end);
            text[start..end].to_owned()
        })
    }

    #[test]
    fn streets_are_found_with_number_postcode_and_place() {
        for (text, value) in [
            ("Ich wohne Musterstraße 12.", "Musterstraße 12"),
            ("Lange Str. 5a, 12345 Musterstadt", "Lange Str. 5a, 12345 Musterstadt"),
            ("Hauptstr. 7\n04109 Leipzig\nDanke", "Hauptstr. 7\n04109 Leipzig"),
            (
                "Berliner Straße 100 in 60311 Frankfurt am Main bitte",
                "Berliner Straße 100 in 60311 Frankfurt am Main",
            ),
            ("Rosenweg 3, 79100 Freiburg", "Rosenweg 3, 79100 Freiburg"),
            ("Am Markt 4, D-06108 Halle (Saale)", "Am Markt 4, D-06108 Halle (Saale)"),
            ("An der Alster 12, 20099 Hamburg", "An der Alster 12, 20099 Hamburg"),
            ("Kuhlmühl 3, 1010 Wien", "Kuhlmühl 3, 1010 Wien"),
            ("Geschwister-Scholl-Straße 8/3", "Geschwister-Scholl-Straße 8/3"),
            ("Meine neue Adresse ist Tannenhof 9", "Tannenhof 9"),
            ("Postfach 12 34 56, 10115 Berlin", "Postfach 12 34 56, 10115 Berlin"),
            ("Kirchgasse 5-7", "Kirchgasse 5-7"),
            ("In der Marktstraße 8 wird gebaut.", "Marktstraße 8"),
            ("In der Aue 5, 34117 Kassel", "In der Aue 5, 34117 Kassel"),
            ("In der Langen Gasse 5", "In der Langen Gasse 5"),
            ("Auf der Bahnhofsallee 2", "Bahnhofsallee 2"),
        ] {
            assert_eq!(address(text).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn other_words_with_numbers_are_left() {
        for text in [
            "Seite 12",
            "Bestellung 5, 12345 Stück",
            "am Montag 3 Pakete",
            "Parkplatz 12",
            "Im Kapitel 3",
            "Die Straße 5 Meter weiter",
            "Arbeitsplatz 4",
            "Version 12",
            "Herr Berg 3",
            "Bahnhof 7",
            "Artikel 12345 Schrauben",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
