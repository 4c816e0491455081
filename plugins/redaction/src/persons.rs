//! Names of people in running text: an averaged perceptron that reads a line from left to right and says for
//! each word with a capital whether a name begins, goes on, or none is there.
//!
//! Owns lines, words and spans; what a word looks like to the model stands in `features`, what the model
//! learned in two files that the workshop example makes again (`docs/redaction.md`).

mod announced;
mod features;
pub mod lists;
mod model;
mod things;
mod words;

pub use features::{FEATURES, Features, features};
use lists::Lists;
pub use model::{MARGIN_MIN, Model, SLOTS, TAGS, Tag};
pub use words::{Line, Shape, Word, read_line};

use crate::view::View;

/// Words of one line that are looked at together at most; a longer line is read in stretches.
pub const LINE_WORDS_MAX: usize = 512;

/// Names in a text: spans and scores.
pub(crate) fn names(view: &View<'_>) -> Vec<(usize, usize, f32)> {
    let model = Model::built_in();
    let mut out = Vec::new();
    let mut line = Line::default();
    let mut at = 0;
    while at < view.len() {
        at = read_line(view.bytes(), at, &mut line);
        tag(&model, &mut line);
        spans(&line, &mut out);
    }
    out
}

/// Tags the words of a line.
pub fn tag(model: &Model<'_>, line: &mut Line) {
    for place in 0..line.words.len() {
        let (tag, margin) = if announced::begins(line, place) {
            // "hallo anna schmidt": the second word is no name of its own.
            let goes = announced::goes_on(line, place);
            (if goes { Tag::Goes } else { Tag::Begins }, SURE_MARGIN)
        } else if announced::goes_on(line, place) {
            (Tag::Goes, SURE_MARGIN)
        } else if line.is_candidate(place) {
            let said = model.decide(&features(line, place), line.tag(place, -1));
            let decided = match said.0 {
                _ if announced::ends(line, place) => (Tag::Out, 0),
                _ if said.1 < SURE_MARGIN
                    && (is_titled(line, place) || is_greeted(line, place) || is_speaker(line, place)) =>
                {
                    (Tag::Begins, SURE_MARGIN)
                }
                Tag::Out if said.1 > DOUBT_MARGIN && is_full_name(line, place) => (Tag::Begins, SURE_MARGIN),
                Tag::Out
                    if line.tag(place, -1) == Tag::Begins && place > 0 && is_full_name(line, place - 1) =>
                {
                    (Tag::Goes, SURE_MARGIN)
                }
                _ => said,
            };
            // Asked last: most words are nobody anyway.
            let thing = decided.0 != Tag::Out && things::is_thing(line, place);
            if thing { (Tag::Out, 0) } else { decided }
        } else {
            (Tag::Out, 0)
        };
        if let Some(word) = line.words.get_mut(place) {
            (word.tag, word.margin) = (tag, margin);
        }
    }
}

/// "Herrn Fairweather": what follows a title and is no known word is a name, whatever the model says.
fn is_titled(line: &Line, place: usize) -> bool {
    line.before_title(place).any(lists::TITLE)
        && line.word(place, 0).is_some_and(|w| {
            w.shape == Shape::Capital
                && (w.lists.any(lists::FIRST | lists::LAST)
                    || !w.lists.any(lists::COMMON | lists::ORGANISATION | lists::TITLE))
        })
}

/// "[10:02] Ngozi: …": who speaks in a chat, between the time and a colon.
fn is_speaker(line: &Line, place: usize) -> bool {
    let before = line.words.get(..place).unwrap_or_default();
    let timed = before.iter().filter(|w| w.shape == Shape::Number).count() >= 2;
    let alone = place < 12 && before.iter().all(|w| matches!(w.shape, Shape::Number | Shape::Mark));
    let colon = line.word(place, 1).is_some_and(|w| w.shape == Shape::Mark && w.hash == u32::from(b':'));
    let other = lists::COMMON | lists::PLACE | lists::ORGANISATION | lists::TITLE;
    timed
        && alone
        && colon
        && line
            .word(place, 0)
            .is_some_and(|w| w.shape == Shape::Capital && (w.lists.any(lists::FIRST) || !w.lists.any(other)))
}

/// Words with which people greet and part.
const GREETINGS: &[&str] = &[
    "hallo", "hi", "hey", "hello", "moin", "dear", "liebe", "lieber", "gruß", "grüße", "gruss", "lg", "vg",
    "mfg", "thanks", "cheers", "regards", "servus", "danke", "best", "thx", "ciao", "grüsse",
];

/// "Moin Immo," or "Thanks Kristie" at the end of a line: a word that nobody knows is a name there.
fn is_greeted(line: &Line, place: usize) -> bool {
    let unknown = line.word(place, 0).is_some_and(|w| w.shape == Shape::Capital && w.lists == Lists::NONE);
    let ends = line
        .word(place, 1)
        .is_none_or(|w| w.shape == Shape::Mark && matches!(u8::try_from(w.hash), Ok(b',' | b'!' | b'.')));
    let begins = line.word(place, -2).is_none_or(|w| {
        matches!(w.shape, Shape::Mark | Shape::Number) || place < 4 || line.word(place, 1).is_none()
    });
    unknown
        && ends
        && begins
        && line.word(place, -1).is_some_and(|w| GREETINGS.iter().any(|g| lists::hash(g.as_bytes()) == w.hash))
}

/// A first name and a family name in a row that are no other words, and no firm's; one of the two may be in no
/// list, but not the first word of a sentence. Both of them may come the other way round, as in registers.
fn is_full_name(line: &Line, place: usize) -> bool {
    let other = lists::COMMON | lists::PLACE | lists::ORGANISATION;
    let named = |away: isize, list: u8| {
        line.word(place, away)
            .filter(|w| matches!(w.shape, Shape::Capital | Shape::Joined) && !w.lists.any(other))
            .map(|w| w.lists.any(list))
    };
    let firm = line.word(place, 2).is_some_and(|w| w.lists.any(lists::ORGANISATION));
    let opens = line.word(place, -1).is_none_or(|w| w.shape == Shape::Mark);
    let turned = || named(0, lists::LAST) == Some(true) && named(1, lists::FIRST) == Some(true);
    match (named(0, lists::FIRST), named(1, lists::LAST)) {
        (Some(first), Some(last)) => !firm && (first || (last && !opens) || turned()),
        _ => false,
    }
}

/// Below this the model is sure that there is no name.
const DOUBT_MARGIN: i32 = -90;

/// How sure a title makes a name, or a first name a family name.
const SURE_MARGIN: i32 = 100;

/// A name that is being read.
struct Open {
    start: usize,
    end: usize,
    margin: i32,
    /// Some word of it stands in a list of names, or a title before it.
    known: bool,
    /// Some particle stands within.
    particle: bool,
    words: usize,
}

fn spans(line: &Line, out: &mut Vec<(usize, usize, f32)>) {
    let mut open: Option<Open> = None;
    for (place, word) in line.words.iter().enumerate() {
        let titled = line.before_title(place).any(lists::TITLE);
        let named = word.lists.any(lists::FIRST | lists::LAST) || titled;
        let said = word.margin == SURE_MARGIN && !word.lists.any(lists::PARTICLE);
        let counts = usize::from(match word.shape {
            Shape::Initial => false,
            Shape::Lower => named || said,
            _ => true,
        });
        match (word.tag, open.as_mut()) {
            (Tag::Goes, Some(name)) => {
                // A particle counts once a name follows it.
                if counts > 0 || word.shape == Shape::Initial {
                    name.end = word.end;
                }
                name.margin = name.margin.max(word.margin);
                name.known |= named;
                name.particle |= word.lists.any(lists::PARTICLE);
                name.words += counts;
            }
            (Tag::Begins | Tag::Goes, _) => {
                out.extend(open.take().and_then(|name| scored(&name)));
                open = Some(Open {
                    start: word.start,
                    end: word.end,
                    margin: word.margin,
                    known: named,
                    particle: false,
                    words: counts,
                });
            }
            (Tag::Out, _) => out.extend(open.take().and_then(|name| scored(&name))),
        }
    }
    out.extend(open.and_then(|name| scored(&name)));
}

/// How much surer a name must be that stands in no list: of one word, of several.
const UNKNOWN_MARGIN_MIN: i32 = 70;
const UNKNOWN_NAMES_MARGIN_MIN: i32 = 60;

/// From a margin to 0.5 … 1, in integers first: the same on every machine.
fn scored(name: &Open) -> Option<(usize, usize, f32)> {
    let least = match (name.known, name.words) {
        (_, 0) => return None,
        (false, _) if name.particle => return None,
        (true, _) => 0,
        (false, 1) => UNKNOWN_MARGIN_MIN,
        (false, _) => UNKNOWN_NAMES_MARGIN_MIN,
    };
    let thousandths = 500 + 490 * name.margin / (name.margin + MARGIN_HALF);
    let score = f32::from(u16::try_from(thousandths.clamp(0, 1000)).unwrap_or(0)) / 1000.0;
    (name.margin >= least).then_some((name.start, name.end, score))
}

/// The margin that is half as sure as can be.
const MARGIN_HALF: i32 = 150;

/// The names in a text as it stands there, for the tests of all that finds them.
#[cfg(test)]
fn found(text: &str) -> Vec<String> {
    let view = View::new(text);
    names(&view).into_iter().map(|(s, e, _)| String::from_utf8_lossy(view.slice(s, e)).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_greetings_signatures_and_sentences_are_found() {
        assert_eq!(found("Sehr geehrte Frau Hoffmann,"), ["Hoffmann"]);
        assert_eq!(found("Mit freundlichen Grüßen\nThomas Becker"), ["Thomas Becker"]);
        assert_eq!(found("My name is Sarah Mitchell and I ordered a lamp."), ["Sarah Mitchell"]);
        assert_eq!(found("Dear Ms. Johnson,"), ["Johnson"]);
        assert_eq!(found("Kind regards,\nEmre Yılmaz"), ["Emre Yılmaz"]);
        assert_eq!(found("Mueller Hans 1961-04-03"), ["Mueller Hans"]);
    }

    #[test]
    fn speakers_of_a_chat_and_senders_at_the_end_of_a_line_are_found() {
        assert_eq!(found("[10:02] Ngoziba: ja, gern"), ["Ngoziba"]);
        assert_eq!(found("ruft mich bitte an 4711 lg Zorvana"), ["Zorvana"]);
        assert!(found("[10:02] Hinweis: das Konto wurde am 12. Mai geschlossen").is_empty());
    }

    #[test]
    fn nouns_places_days_and_polite_phrases_are_nobody() {
        for text in [
            "Mit freundlichen Grüßen",
            "Die Lieferung kommt am Montag im Januar nach Berlin.",
            "Sehr geehrte Damen und Herren,",
            "Kind Regards",
            "Please Update My Billing Address",
            "Der Rechnungsbetrag der Bestellung ist falsch.",
            "Ich habe bei Amazon ein iPhone und einen Kühlschrank bestellt.",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
