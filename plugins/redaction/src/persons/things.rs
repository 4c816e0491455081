//! Words that the model takes for names and that the words around show to be things: months, places, goods,
//! brands, verbs, parts of enumerations of things. Knows no weights.

mod beside;
mod pairs;
mod words;

use super::lists::{COMMON, FIRST, HERALD, LAST, Lists, ORGANISATION, PLACE, TITLE};
use super::model::Tag;
use super::words::{Line, Shape, Word};
use beside::{PLACE_HEADS, THING_HEADS, THING_TAILS};
use pairs::{FAMOUS, VERBS};
use words::{
    ALSO_WORDS, ARTICLES, COMING, DEALING, DOING, GOODS, IM, LINKS, MONTH_HEADS, MONTHS, PERSON_LABELS, WHAT,
    WHERE,
};

/// Words that are looked at on one side of an enumeration at most.
const ENUMERATION_WORDS_MAX: isize = 24;
/// Fewer than so many words with a mark between them may be anything.
const ENUMERATION_MIN: usize = 3;

/// Whether the name that the model begins at a place is none.
pub(super) fn is_thing(line: &Line, place: usize) -> bool {
    let Some(word) = line.word(place, 0) else { return false };
    if is_month(line, place) || is_verb(line, place) {
        return true;
    }
    // "65 Lesley Lodge" is a house of somebody's, whatever it is called.
    let numbered = line.word(place, -1).is_some_and(|w| w.shape == Shape::Number);
    if line.before_title(place).any(TITLE) || line.tag(place, -1) != Tag::Out || numbered {
        return false;
    }
    is_famous(line, place)
        || is_headed(line, place)
        || is_tailed(line, place)
        || (is_single(line, place)
            && (is_behind(line, place, word)
                || is_also_or_enumerated(line, place)
                || is_noun(line, place, word)))
}

fn hash_at(line: &Line, place: usize, away: isize) -> u32 {
    line.word(place, away).map_or(0, |w| w.hash)
}

fn is_mark(word: &Word, mark: u8) -> bool {
    word.shape == Shape::Mark && word.hash == u32::from(mark)
}

/// Nothing, or a mark: a sentence or a part of one begins or ends.
fn is_edge(word: Option<&Word>) -> bool {
    word.is_none_or(|w| w.shape == Shape::Mark)
}

fn is_capital(word: &Word) -> bool {
    matches!(word.shape, Shape::Capital | Shape::Joined | Shape::Initial | Shape::Mixed)
}

/// Whether no other part of a name stands beside.
fn is_single(line: &Line, place: usize) -> bool {
    let part = |w: &Word| {
        (is_capital(w) && (w.lists == Lists::NONE || w.lists.any(FIRST | LAST)))
            || w.shape == Shape::Capitals && w.lists.any(LAST)
    };
    !line.word(place, 1).is_some_and(part)
}

/// "im April", "12. Mai", "August 2020": a month that is nobody's first name.
fn is_month(line: &Line, place: usize) -> bool {
    if !MONTHS.has(hash_at(line, place, 0)) || line.before_title(place).any(TITLE) {
        return false;
    }
    let number = |away: isize| line.word(place, away).is_some_and(|w| w.shape == Shape::Number);
    let dot = line.word(place, -1).is_some_and(|w| is_mark(w, b'.'));
    let named =
        line.word(place, 1).is_some_and(|w| is_capital(w) && (w.lists == Lists::NONE || w.lists.any(LAST)));
    number(-1) || number(1) || (dot && number(-2)) || (!named && MONTH_HEADS.has(hash_at(line, place, -1)))
}

/// "Bill to", "Mark as", "Will you": first names that are verbs where a sentence begins.
fn is_verb(line: &Line, place: usize) -> bool {
    is_edge(line.word(place, -1)) && VERBS.contains(&(hash_at(line, place, 0), hash_at(line, place, 1)))
}

/// "Hugo Boss", "Dow Jones", "Romeo und Julia", and the second word of one.
fn is_famous(line: &Line, place: usize) -> bool {
    let at = |away: isize| hash_at(line, place, away);
    let pair = |first: isize| {
        FAMOUS.contains(&(at(first), at(first + 1)))
            || (LINKS.has(at(first + 1)) && FAMOUS.contains(&(at(first), at(first + 2))))
    };
    pair(0) || pair(-1) || (LINKS.has(at(-1)) && pair(-2))
}

/// "San Diego", "St. Louis", "Regal Billy": the word before says what kind of thing is called so.
fn is_headed(line: &Line, place: usize) -> bool {
    let dotted = line.word(place, -1).is_some_and(|w| is_mark(w, b'.'));
    let away = if dotted { -2 } else { -1 };
    let capital = |w: &Word| is_capital(w) || w.shape == Shape::Capitals;
    let before = line.word(place, away).filter(|w| capital(w) && w.tag == Tag::Out);
    let place_head = |hash: u32| PLACE_HEADS.has(hash);
    // "Die Hurrikane Katrina und Sandy": the head counts for both.
    let linked = LINKS.has(hash_at(line, place, -1)) && PLACE_HEADS.has(hash_at(line, place, -3));
    let headed = linked
        || before.is_some_and(|w| {
            place_head(w.hash) || (!dotted && THING_HEADS.has(w.hash) && is_single(line, place))
        });
    // The head itself: "Santa Cruz", "Hurricane Sandy".
    let head = place_head(hash_at(line, place, 0)) && line.word(place, 1).is_some_and(is_capital);
    headed || head
}

/// "Gloria Hotel", "John Deere mower", but not "Anna's chair".
fn is_tailed(line: &Line, place: usize) -> bool {
    let tail = |away: isize| {
        let (name, next) = (line.word(place, away - 1), line.word(place, away));
        name.zip(next).is_some_and(|(name, next)| {
            // "Simon Hill" is somebody.
            next.start == name.end + 1 && THING_TAILS.has(next.hash) && !next.lists.any(LAST)
        })
    };
    tail(1) || (line.word(place, 1).is_some_and(is_capital) && tail(2))
}

/// "the Markus chair", "in Victoria", "gegen Malaria".
fn is_behind(line: &Line, place: usize, word: &Word) -> bool {
    let before = hash_at(line, place, -1);
    // "im thomas": somebody says who he is.
    let says = is_edge(line.word(place, -2)) && before == IM;
    !says && (ARTICLES.has(before) || WHERE.has(before) || (word.lists == Lists::NONE && WHAT.has(before)))
}

/// "Joy all round", "Melitta": a word, or somebody of whom something is told.
fn is_also_word(line: &Line, place: usize) -> bool {
    if !ALSO_WORDS.has(hash_at(line, place, 0)) {
        return false;
    }
    let before = line.word(place, -1);
    let told = before.is_some_and(|w| w.lists.any(HERALD) || is_mark(w, b':') || is_mark(w, b'@'))
        || DEALING.has(hash_at(line, place, -1))
        || line.word(place, 1).is_some_and(|w| is_mark(w, b':'))
        || DOING.has(hash_at(line, place, 1));
    let alone = line.words.len() <= 2 || line.before.1 && place == 0 && is_edge(line.word(place, 1));
    let greeted = is_edge(before) && line.word(place, 1).is_some_and(|w| is_mark(w, b',')) && place <= 1;
    !(told || alone || greeted)
}

/// "Lampe defekt", "Sommer, kurz": a noun that is also a family name, and no more, where a sentence begins about it.
fn is_noun(line: &Line, place: usize, word: &Word) -> bool {
    let noun =
        (word.lists.any(COMMON) && word.lists.any(LAST) && !word.lists.any(FIRST)) || GOODS.has(word.hash);
    let opens = line.word(place, -1).is_none_or(|before| {
        [b'.', b'!', b'?', b'-', b'*', crate::view::MARK].iter().any(|mark| is_mark(before, *mark))
    });
    let apart = line.word(place, 1).is_some_and(|w| is_mark(w, b',') || is_mark(w, b'('));
    let said = line.word(place, if apart { 2 } else { 1 });
    noun && opens
        && !line.under_closing
        && said.is_some_and(|w| {
            let of_people = DOING.has(w.hash) && !COMING.contains(&w.hash);
            w.shape == Shape::Lower && !of_people && !LINKS.has(w.hash)
        })
}

/// What an enumeration holds.
#[derive(Default)]
struct Parts {
    all: usize,
    /// Parts that are first names, and those that are known to be something else.
    people: usize,
    things: usize,
}

/// "Java, Ruby und Perl": one of at least three words with marks between, more of which are things than people;
/// and a word that is a name beside names only.
fn is_also_or_enumerated(line: &Line, place: usize) -> bool {
    let mut parts = Parts::default();
    let first = walk(line, place, -1, &mut parts);
    walk(line, place, 1, &mut parts);
    if let Some(word) = line.word(place, 0) {
        count(word, &mut parts);
    }
    let labelled = [-1, -2].iter().any(|away| PERSON_LABELS.has(hash_at(line, place, first + away)));
    let among_people = parts.all >= ENUMERATION_MIN && (labelled || parts.people > parts.things);
    let among_things =
        parts.all >= ENUMERATION_MIN && !labelled && (parts.people == 0 || parts.things > parts.people);
    among_things || (!among_people && is_also_word(line, place))
}

fn count(word: &Word, parts: &mut Parts) {
    parts.all += 1;
    let other = word.lists.any(COMMON | ORGANISATION | PLACE) || word.shape != Shape::Capital;
    parts.things += usize::from(other);
    parts.people += usize::from(word.lists.any(FIRST) && !other && !ALSO_WORDS.has(word.hash));
}

/// Counts the parts on one side of a word and says how far away the outermost is.
fn walk(line: &Line, place: usize, step: isize, parts: &mut Parts) -> isize {
    let mut at: isize = 0;
    while at.abs() < ENUMERATION_WORDS_MAX {
        let between = line.word(place, at + step);
        let comma = between.is_some_and(|w| is_mark(w, b',') || is_mark(w, b';') || is_mark(w, b'/'));
        if !(comma || between.is_some_and(|w| LINKS.has(w.hash))) {
            break;
        }
        let capital = |w: &&Word| is_capital(w) || w.shape == Shape::Capitals;
        let Some(part) = line.word(place, at + 2 * step).filter(capital) else { break };
        at += 2 * step;
        count(part, parts);
    }
    at
}

#[cfg(test)]
mod tests {
    use crate::persons::found;

    #[test]
    fn things_that_are_called_like_people_are_nobody() {
        for text in [
            "Bitte Java, Ruby und Perl aktualisieren, Python bleibt.",
            "Gegen Tetanus, Diphtherie, Keuchhusten und Polio impfen lassen.",
            "Das Regal Billy und der Stuhl Markus sind ausverkauft.",
            "In April 2021 and as of August 2020 the rates applied.",
            "San Diego, Santa Barbara and St. Louis were sunny.",
            "Hose von Hugo Boss, Jacke von Jack Wolfskin",
            "The Gloria Hotel and the Victoria Inn are full.",
            "Joy all round. Pat the dough dry.",
            "Lampe defekt",
            "Wir brauchen Hilfe. Lampe leuchtet nicht.",
            "Lampe (weiß) fehlt",
            "Becher kam kaputt an",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn people_in_the_same_places_are_found() {
        for (text, name) in [
            ("Hallo Jasmin, danke!", "Jasmin"),
            ("Frau August hat angerufen.", "August"),
            ("Viele Grüße\nRuby", "Ruby"),
            ("April Johnson wrote again.", "April Johnson"),
            ("Mark wrote to me yesterday.", "Mark"),
            ("Anna's chair is broken.", "Anna"),
            ("Herr Lampe hat angerufen", "Lampe"),
            ("Viele Grüße\nSommer", "Sommer"),
        ] {
            assert_eq!(found(text), [name], "{text}");
        }
        assert_eq!(found("Teilnehmer: Thomas, Sabine, Ruby"), ["Thomas", "Sabine", "Ruby"]);
    }
}
