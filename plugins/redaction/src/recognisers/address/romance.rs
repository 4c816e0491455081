//! Addresses of countries that put the kind of street first: "Via Roma, 12, 00184 Roma (RM)", "12, rue de la
//! Paix, 75002 Paris", "ul. Polna 5/7, 00-625 Warszawa". Knows nothing of German and English streets.

use super::words::{FIRST_KINDS, FIRST_KINDS_CAPITAL, FIRST_LINKS, FIRST_UNITS};
use super::{Finding, Span, digits_end, is_capital, lowered, skip_break, word_at, word_before};
use crate::view::{View, is_word};

/// Words of a street's name, of a place, at most.
const NAME_WORDS_MAX: usize = 6;
const PLACE_WORDS_MAX: usize = 4;

pub(super) fn find(view: &View<'_>, digit: usize, out: &mut Vec<Finding>) {
    let Some((start, end)) = kind_before(view, digit).or_else(|| kind_behind(view, digit)) else { return };
    // "rue Lefort, 26439 Bertrand": the number is a postcode already.
    let postcode = (digits_end(view, digit) - digit == 5 && end > digit).then(|| tail(view, digit)).flatten();
    if let Some(end) = postcode.filter(|_| start < digit) {
        out.push(Finding::new(start, end, "ADDRESS", 0.88, "address.kind_first"));
        return;
    }
    if digits_end(view, digit) - digit > 4 {
        return;
    }
    let unit = unit_end(view, end);
    let tail = tail(view, skip_break(view, unit));
    let score = if tail.is_some() { 0.93 } else { 0.85 };
    out.push(Finding::new(start, tail.unwrap_or(unit), "ADDRESS", score, "address.kind_first"));
}

/// Kind and name before the number: where the street begins, and where the number ends.
fn kind_before(view: &View<'_>, digit: usize) -> Option<Span> {
    let mut at = digit;
    while matches!(view.before(at), b' ' | b',' | b'\n' | b'\r') && digit - at < 3 {
        at -= 1;
    }
    if at == digit {
        return None;
    }
    for count in 0..NAME_WORDS_MAX {
        let dot = usize::from(view.before(at) == b'.');
        let word = word_before(view, at - dot)?;
        if count > 0 && is_kind(view, word) {
            return Some((word.0, number_end(view, digit)));
        }
        if !is_capital(view, word) && !is_link(view, word) {
            return None;
        }
        at = word.0.checked_sub(1).filter(|p| view.at(*p) == b' ')?;
    }
    None
}

/// Kind and name behind the number: "12, rue de la Paix", "5 bis avenue Foch".
fn kind_behind(view: &View<'_>, digit: usize) -> Option<Span> {
    let number = number_end(view, digit);
    let mut at = number + usize::from(view.at(number) == b',');
    for bis in [b" bis".as_slice(), b" ter"] {
        if view.slice(at, at + bis.len()) == bis {
            at += bis.len() + usize::from(view.at(at + bis.len()) == b',');
        }
    }
    // "13 C. Patient": a letter with a dot is a kind of street only in front.
    let kind = word_at(view, at + 1)
        .filter(|w| view.at(at) == b' ' && w.1 - w.0 > 2 && view.at(w.1) == b' ' && is_kind(view, *w))?;
    let mut end = kind.1;
    let mut named = false;
    for _ in 0..NAME_WORDS_MAX {
        let from = end + usize::from(view.at(end) == b'.');
        let Some(word) = word_at(view, from + 1).filter(|_| view.at(from) == b' ') else { break };
        if is_capital(view, word) {
            (end, named) = (word.1, true);
        } else if is_link(view, word) {
            let next = word_at(view, word.1 + 1).filter(|w| is_capital(view, *w) || is_link(view, *w));
            if next.is_none() {
                break;
            }
            end = word.1;
        } else {
            break;
        }
    }
    named.then_some((digit, end))
}

/// `12`, `12a`, `5/7`, `12-14`.
fn number_end(view: &View<'_>, digit: usize) -> usize {
    let mut end = digits_end(view, digit);
    if matches!(view.at(end), b'/' | b'-') && view.at(end + 1).is_ascii_digit() {
        end = digits_end(view, end + 1);
    }
    end + usize::from(view.at(end).is_ascii_alphabetic() && !is_word(view.at(end + 1)))
}

fn is_kind(view: &View<'_>, word: Span) -> bool {
    let text = lowered(view, word);
    let dotted = view.at(word.1) == b'.';
    match text.as_str() {
        "ul" | "al" | "os" | "pl" | "c" | "avda" | "av" => dotted,
        text => FIRST_KINDS.contains(text) || (FIRST_KINDS_CAPITAL.contains(text) && is_capital(view, word)),
    }
}

fn is_link(view: &View<'_>, word: Span) -> bool {
    FIRST_LINKS.contains(&lowered(view, word))
}

/// The end of "Apt. 77", "Piso 6", "Appartamento 9" behind a number.
fn unit_end(view: &View<'_>, end: usize) -> usize {
    let at = skip_break(view, end);
    let Some(word) = word_at(view, at).filter(|w| FIRST_UNITS.contains(&lowered(view, *w))) else {
        return end;
    };
    let number = word.1 + usize::from(view.at(word.1) == b'.') + 1;
    word_at(view, number).filter(|n| n.1 - n.0 <= 4).map_or(end, |n| n.1)
}

/// Postcode and place in either order: "75002 Paris", "00184, Roma (RM)", "00-625 Warszawa", "Lleida, 29334".
fn tail(view: &View<'_>, start: usize) -> Option<usize> {
    if view.at(start).is_ascii_digit() {
        let code = postcode_end(view, start)?;
        let at = code + usize::from(view.at(code) == b',');
        let end = place_end(view, at + 1).filter(|_| view.at(at) == b' ')?;
        return Some(province_end(view, end));
    }
    let place = place_end(view, start)?;
    let at = skip_break(view, place);
    (at > place).then(|| postcode_end(view, at)).flatten()
}

fn postcode_end(view: &View<'_>, start: usize) -> Option<usize> {
    let end = digits_end(view, start);
    if end - start == 2 && view.at(end) == b'-' {
        let more = digits_end(view, end + 1);
        return (more - end == 4).then_some(more);
    }
    ((4..=5).contains(&(end - start)) && !is_word(view.at(end))).then_some(end)
}

fn place_end(view: &View<'_>, start: usize) -> Option<usize> {
    let mut end = word_at(view, start).filter(|w| is_capital(view, *w))?.1;
    for _ in 0..PLACE_WORDS_MAX {
        let Some(word) = word_at(view, end + 1).filter(|_| view.at(end) == b' ') else { break };
        let goes_on = is_capital(view, word)
            || (is_link(view, word) && word_at(view, word.1 + 1).is_some_and(|w| is_capital(view, w)));
        if !goes_on {
            break;
        }
        end = word.1;
    }
    Some(end)
}

/// "(RM)"
fn province_end(view: &View<'_>, end: usize) -> usize {
    let text = view.slice(end, end + 5);
    let province =
        matches!(text, [b' ', b'(', a, b, b')'] if a.is_ascii_uppercase() && b.is_ascii_uppercase());
    if province { end + 5 } else { end }
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
        out.sort_by(|a, b| b.score.total_cmp(&a.score));
        out.first().map(|f| text[f.start..f.end].to_owned())
    }

    #[test]
    fn streets_with_their_kind_in_front_are_found_whole() {
        for value in [
            "Via Garibaldi, 12, 00184 Roma (RM)",
            "Piazza del Duomo 3",
            "Calle de la Luna 5 Piso 2, Toledo, 45001",
            "Avenida Cervantes 14",
            "12, rue de la Gare, 69003 Lyon",
            "7 bis avenue Victor Hugo",
            "rue Pasteur, 31000 Toulouse",
            "ul. Polna 5/7, 00-625 Warszawa",
            "aleja Lipowa 3",
            "C. Mayor 8",
        ] {
            assert_eq!(address(&format!("an {value}.")).as_deref(), Some(value), "{value}");
        }
    }

    #[test]
    fn the_same_words_in_sentences_are_left() {
        for text in [
            "sent via Paris 12 days ago",
            "He took first place in 2019",
            "in place of Model 12",
            "Platz 3 von 12",
            "rue 5",
            "en route 66 times",
            "12 places",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
