//! Places and firms, by the lists of the model of names, by endings, legal forms, and the words before them.
//! Knows no weights.

use crate::find::Found;
use crate::persons::{Line, Shape, lists, read_line};
use crate::view::View;

/// Words of one firm's name at most, on either side of what gives it away.
const NAME_WORDS_MAX: usize = 5;

/// What a firm's name ends with.
const FORMS: &[&str] = &[
    "gmbh",
    "ag",
    "kg",
    "ohg",
    "kgaa",
    "ug",
    "gbr",
    "mbh",
    "ev",
    "eg",
    "se",
    "inc",
    "llc",
    "ltd",
    "limited",
    "plc",
    "corp",
    "corporation",
    "llp",
    "holding",
    "group",
    "gruppe",
    "stiftung",
    "genossenschaft",
    "bv",
    "srl",
    "spa",
    "sarl",
    "sl",
];
/// Words before a legal form that name nobody.
const ARTICLES: &[&str] = &["die", "der", "eine", "einer", "jede", "the", "an", "this"];
/// What goes on behind it: "& Co. KG".
const MORE: &[&str] = &["co", "kg", "kgaa", "ohg", "gmbh", "mbh", "partner", "söhne", "sons"];
/// What a firm's name begins with, before a place or a name.
const HEADS: &[&str] = &[
    "firma",
    "sparkasse",
    "volksbank",
    "stadtwerke",
    "universität",
    "hochschule",
    "klinikum",
    "landgericht",
    "amtsgericht",
    "autohaus",
    "kanzlei",
    "praxis",
];
/// Endings of places.
const ENDINGS: &[&str] = &[
    "hausen", "stadt", "heim", "ingen", "kirchen", "furt", "brück", "brücken", "dorf", "walde", "hafen",
    "bach", "ville", "shire", "borough", "chester", "bury", "ton", "ford", "port", "burg", "berg", "haven",
    "mouth",
];
/// Words that a place follows.
const BEFORE: &[&str] = &["in", "aus", "nach", "bei", "from", "to", "near", "at", "ab", "um"];

/// Places and firms in a text.
pub(super) fn find(view: &View<'_>, (places, firms): (bool, bool), out: &mut Vec<Found<'_>>) {
    let mut line = Line::default();
    let mut at = 0;
    while at < view.len() {
        at = read_line(view.bytes(), at, &mut line);
        let mut place = 0;
        while place < line.words.len() {
            let firm = if firms { firm_end(view, &line, place) } else { None };
            if let Some((from, to)) = firm {
                add(&line, (from, to), "ORG", 0.8, out);
                place = to;
            } else if let Some((to, score)) = place_end(view, &line, place).filter(|_| places) {
                add(&line, (place, to), "LOCATION", score, out);
                place = to;
            }
            place += 1;
        }
    }
}

fn add(line: &Line, (from, to): (usize, usize), class: &'static str, score: f32, out: &mut Vec<Found<'_>>) {
    if let (Some(first), Some(last)) = (line.words.get(from), line.words.get(to)) {
        out.push(Found::new(first.start, last.end, class, score, "optional.words"));
    }
}

/// First and last word of a firm's name that is given away by the word at `place`.
fn firm_end(view: &View<'_>, line: &Line, place: usize) -> Option<(usize, usize)> {
    if is_word_of(view, line, place, HEADS) && is_name(line, place + 1) {
        let own = !is_word_of(view, line, place, &["firma"]);
        return Some((if own { place } else { place + 1 }, last_capital(line, place + 1)));
    }
    let form = is_word_of(view, line, place, FORMS) && line.words.get(place)?.shape != Shape::Lower;
    let from = first_capital(line, place);
    let article = from + 1 == place && is_word_of(view, line, from, ARTICLES);
    (form && from < place && !article).then(|| (from, more_end(view, line, place)))
}

/// The first word of the capitals before `place`; what begins a sentence in lower case elsewhere ends them.
fn first_capital(line: &Line, place: usize) -> usize {
    let mut from = place;
    while from > 0 && place - from < NAME_WORDS_MAX {
        let before = from - 1;
        let joins =
            line.words.get(before).is_some_and(|w| w.shape == Shape::Mark && w.hash == u32::from(b'&'));
        let wide = joins && before > 0 && is_name(line, before - 1);
        if !is_name(line, before) && !wide {
            break;
        }
        from = before;
    }
    from
}

fn last_capital(line: &Line, from: usize) -> usize {
    (from..from + NAME_WORDS_MAX).take_while(|p| is_name(line, *p)).last().unwrap_or(from)
}

/// "& Co. KG" behind a legal form.
fn more_end(view: &View<'_>, line: &Line, place: usize) -> usize {
    let mut end = place;
    for next in place + 1..=place + 5 {
        let mark = line
            .words
            .get(next)
            .is_some_and(|w| w.shape == Shape::Mark && matches!(u8::try_from(w.hash), Ok(b'&' | b'.')));
        if is_word_of(view, line, next, MORE) {
            end = next;
        } else if !mark {
            break;
        }
    }
    end
}

/// The last word of a place that begins at `place`, and how sure it is.
fn place_end(view: &View<'_>, line: &Line, place: usize) -> Option<(usize, f32)> {
    if !is_name(line, place) {
        return None;
    }
    let word = line.words.get(place)?;
    let before = place.checked_sub(1);
    let led = before.is_some_and(|b| is_word_of(view, line, b, BEFORE));
    let coded = before
        .and_then(|b| line.words.get(b))
        .is_some_and(|w| w.shape == Shape::Number && w.end - w.start == 5);
    let listed = word.lists.any(lists::PLACE);
    let text = String::from_utf8_lossy(view.slice(word.start, word.end)).to_lowercase();
    let ending = ENDINGS.iter().any(|e| text.len() > e.len() + 2 && text.ends_with(e));
    let other = word.lists.any(lists::COMMON | lists::TITLE);
    let score = match (listed, led, coded) {
        (true, true, _) | (true, _, true) => 0.9,
        (true, ..) if !word.lists.any(lists::FIRST | lists::LAST | lists::COMMON) => 0.75,
        (_, _, true) if !other => 0.75,
        (_, true, _) if ending && !other => 0.65,
        (_, true, _) if word.lists == lists::Lists::NONE && word.shape == Shape::Capital => 0.55,
        _ => return None,
    };
    // "Frankfurt am Main", "Bad Homburg".
    let linked =
        is_word_of(view, line, place + 1, &["am", "an", "ob", "upon", "on"]) && is_name(line, place + 2);
    let next =
        line.words.get(place + 1).is_some_and(|w| w.lists.any(lists::PLACE)) && is_name(line, place + 1);
    Some((place + if linked { 2 } else { usize::from(next) }, score))
}

fn is_name(line: &Line, place: usize) -> bool {
    line.words.get(place).is_some_and(|w| {
        matches!(w.shape, Shape::Capital | Shape::Capitals | Shape::Mixed | Shape::Joined | Shape::Initial)
    })
}

fn is_word_of(view: &View<'_>, line: &Line, place: usize, words: &[&str]) -> bool {
    line.words.get(place).is_some_and(|w| {
        let text = String::from_utf8_lossy(view.slice(w.start, w.end)).to_lowercase();
        words.contains(&text.as_str())
    })
}
