//! Names that the words around them announce, whatever the model says: in small letters in a greeting, a closing
//! or behind "my name is"; single ones with whom somebody spoke; fields of forms. Knows no weights.

mod fields;
mod words;

use super::lists::{self, COMMON, FIRST, HERALD, LAST, Lists, ORGANISATION, PARTICLE, PLACE, TITLE};
use super::model::Tag;
use super::words::{Line, Shape, Word};
pub(super) use words::Hashes;
use words::{
    ACCORDING, AFTER_NAME, ANNOUNCING, ANNOUNCING_ALONE, CLOSING_HEADS, CLOSINGS, DEPARTMENTS, DEVICES,
    FAMILIE, FAMILY, GREETINGS, HAT, HEISSE, IM, IS, IST, LAUT, ME, MEINTE, MIT, MONTHS, NAME, OF, RELATIONS,
    SAYING, SMALL, STRICT_CLOSINGS, TALKED, TALKING, THE, TO, US, VOM, WITH,
};

/// Words of one name in small letters at most.
const NAME_WORDS_MAX: usize = 4;
/// Words between "mit Ana" and "telefoniert" at most.
const TALKED_REACH: isize = 6;
/// Shortest name in small letters, in bytes.
const NAME_BYTES_MIN: usize = 3;
/// Lists of words that are no names of people.
const OTHERS: u8 = COMMON | PLACE | ORGANISATION | TITLE;

/// Whether a name begins at a place.
pub(super) fn begins(line: &Line, place: usize) -> bool {
    match line.word(place, 0) {
        Some(word) if fields::is_filled(line, place, word) => true,
        Some(word) if word.shape == Shape::Lower => small_begins(line, place),
        Some(word) if matches!(word.shape, Shape::Capital | Shape::Joined) => {
            let known = word.lists.any(FIRST) && !word.lists.any(OTHERS);
            (known && is_told_of(line, place))
                || is_company_of(line, place)
                || is_sender(line, place)
                || is_alone_under_closing(line, place)
        }
        _ => false,
    }
}

/// Whether a word ends the name before it: "Ana vom Support" is not noble, and "Ana Nachname:" is another field.
pub(super) fn ends(line: &Line, place: usize) -> bool {
    fields::is_label(line, place)
        || line.word(place, 0).is_some_and(|w| w.hash == VOM)
            && line.word(place, 1).is_some_and(|w| DEPARTMENTS.has(w.hash))
}

/// Whether a name in small letters that began before goes on.
pub(super) fn goes_on(line: &Line, place: usize) -> bool {
    let (Some(word), Some(before)) = (line.word(place, 0), line.word(place, -1)) else { return false };
    let small = word.shape == Shape::Lower && before.shape == Shape::Lower;
    if !small || before.tag == Tag::Out || fields::is_label(line, place) {
        return false;
    }
    let ends = ends_name(line, place);
    match word.lists {
        listed if listed.any(FIRST | LAST) => !listed.any(COMMON) || ends,
        listed if listed.any(PARTICLE) => line.word(place, 1).is_some_and(is_name_or_unknown),
        _ => is_name_or_unknown(word) && ends,
    }
}

/// A mark, the line's end, or a word that goes on after a name.
fn ends_name(line: &Line, place: usize) -> bool {
    line.word(place, 1).is_none_or(|w| w.shape == Shape::Mark || AFTER_NAME.has(w.hash))
}

fn is_first(word: &Word) -> bool {
    word.lists.any(FIRST) && !word.lists.any(COMMON | HERALD) && word.end - word.start >= NAME_BYTES_MIN
}

/// A name, or a word that nobody knows and that is long enough to be one.
fn is_name_or_unknown(word: &Word) -> bool {
    let unknown = word.lists == Lists::NONE
        && word.shape == Shape::Lower
        && word.end - word.start >= NAME_BYTES_MIN
        && !SMALL.has(word.hash);
    unknown || (word.lists.any(FIRST | LAST) && !word.lists.any(HERALD))
}

fn small_begins(line: &Line, place: usize) -> bool {
    let long = |w: &&Word| w.end - w.start >= NAME_BYTES_MIN;
    let Some(word) = line.word(place, 0).filter(long) else { return false };
    let listed = |w: &Word| w.lists.any(FIRST | LAST) && !w.lists.any(COMMON | HERALD);
    let next = line.word(place, 1).filter(|w| w.shape == Shape::Lower);
    let full = next.is_some_and(listed);
    if let Some(strict) = follows_closing(line, place) {
        let listed = listed(word) || full;
        return (strict || listed) && is_name_or_unknown(word) && is_closing_name(line, place, strict);
    }
    if !(follows_greeting(line, place) || is_announced(line, place)) || !is_name_or_unknown(word) {
        return false;
    }
    is_first(word) || full || is_called_by_name(line, place)
}

/// One word is a first name; of two to four, one stands in a list and the others may. Behind a strict closing
/// nobody needs to know them.
fn is_closing_name(line: &Line, place: usize, strict: bool) -> bool {
    let rest = line.words.get(place..).unwrap_or_default();
    let count = rest.iter().take_while(|w| w.shape == Shape::Lower).count();
    let name = rest.get(..count).unwrap_or_default();
    let ends = rest.get(count).is_none_or(|w| w.shape == Shape::Mark);
    match name {
        [one] => ends && (is_first(one) || (strict && one.lists == Lists::NONE)),
        all => {
            (2..=NAME_WORDS_MAX).contains(&count)
                && ends
                && all.iter().all(|w| is_name_or_unknown(w) || w.lists.any(PARTICLE))
        }
    }
}

/// Words that nobody knows: "hallo zorvana, …", "mein name ist zorvana xylander und …".
fn is_called_by_name(line: &Line, place: usize) -> bool {
    let hash = |away: isize| line.word(place, away).map_or(0, |w| w.hash);
    let marked = line.word(place, 1).is_some_and(|w| w.shape == Shape::Mark && w.hash == u32::from(b','));
    let named = ANNOUNCING.contains(&(hash(-2), hash(-1)))
        && ((hash(-2) == NAME && matches!(hash(-1), IS | IST)) || HEISSE.contains(&hash(-1)));
    let two = line.word(place, 1).is_some_and(is_name_or_unknown) && ends_name(line, place + 1);
    (marked && follows_greeting(line, place) && place == 1) || (named && two)
}

/// Whether a closing stands before, on this line or the one above; and whether it is a strict one.
fn follows_closing(line: &Line, place: usize) -> Option<bool> {
    let comma = |w: &Word| w.shape == Shape::Mark && matches!(u8::try_from(w.hash), Ok(b',' | b'!' | b'.'));
    let back = 1 + usize::from(line.word(place, -1).is_some_and(comma));
    let Some(at) = place.checked_sub(back) else {
        let above = place < back && line.before.1 && !line.goes_on && CLOSINGS.has(line.before.0);
        return above.then(|| STRICT_CLOSINGS.has(line.before.0));
    };
    let word = line.word(at, 0).filter(|w| CLOSINGS.has(w.hash))?;
    // "vg_critical", "as regards this".
    let closes = line.word(at, -1).is_none_or(|w| w.shape == Shape::Mark || CLOSING_HEADS.has(w.hash));
    let short = word.end - word.start <= "mfg".len();
    let strict = STRICT_CLOSINGS.has(word.hash) && word.shape != Shape::Capitals && (closes || short);
    Some(strict)
}

/// "hallo ana", where the greeting begins a sentence.
fn follows_greeting(line: &Line, place: usize) -> bool {
    line.word(place, -1).is_some_and(|w| GREETINGS.has(w.hash)) && begins_sentence(line, place, -1)
}

/// Whether nothing or a mark stands before the word so many places away.
fn begins_sentence(line: &Line, place: usize, away: isize) -> bool {
    line.word(place, away - 1).is_none_or(|w| w.shape == Shape::Mark)
}

fn is_announced(line: &Line, place: usize) -> bool {
    let hash = |away: isize| line.word(place, away).map_or(0, |w| w.hash);
    let two = (hash(-2), hash(-1));
    if ANNOUNCING.contains(&two) {
        return true;
    }
    let month = hash(-1) == IM && MONTHS.has(hash(0));
    ANNOUNCING_ALONE.has(two.1) && begins_sentence(line, place, -1) && !month
}

/// Nobody knows the word, or it is a name and nothing else.
fn is_nobody_else(word: &Word) -> bool {
    !word.lists.any(OTHERS | HERALD | PARTICLE) && word.end - word.start >= NAME_BYTES_MIN
}

fn is_other_capital(word: &Word) -> bool {
    word.shape == Shape::Capital && word.lists.any(OTHERS)
}

/// "spoke with Ana", "mit Ana telefoniert", "my colleague Ana", "the Kowalski family": what stands there is somebody.
fn is_company_of(line: &Line, place: usize) -> bool {
    let hash = |away: isize| line.word(place, away).map_or(0, |w| w.hash);
    if !line.word(place, 0).is_some_and(is_nobody_else) {
        return false;
    }
    let talked = || {
        (1..=TALKED_REACH)
            .map_while(|away| line.word(place, away))
            .take_while(|w| w.shape != Shape::Mark)
            .any(|w| TALKED.has(w.hash))
    };
    match hash(-1) {
        MIT => talked() || (hash(1) == VOM && DEPARTMENTS.has(hash(2))),
        // "talked to Head Office"
        WITH | TO => TALKING.has(hash(-2)) && !line.word(place, 1).is_some_and(is_other_capital),
        THE => hash(1) == FAMILY && hash(2) != OF,
        FAMILIE => true,
        before if RELATIONS.has(before) => !line.word(place, 1).is_some_and(is_other_capital),
        _ => hash(1) == MEINTE || (SAYING.has(hash(1)) && matches!(hash(2), ME | US)),
    }
}

/// A known first name of which something is told: "laut Ana", "Ana told me", "mit Ana vom Support".
fn is_told_of(line: &Line, place: usize) -> bool {
    let hash = |away: isize| line.word(place, away).map_or(0, |w| w.hash);
    let mir = hash(1) == HAT && line.word(place, 2).is_some_and(|w| w.shape == Shape::Lower);
    hash(-1) == LAUT
        || (hash(-1) == TO && hash(-2) == ACCORDING)
        || (hash(-1) == MIT && hash(1) == VOM)
        || SAYING.has(hash(1))
        || (SAYING.has(hash(-1)) && line.word(place, 1).is_some_and(|w| w.shape == Shape::Lower))
        || (mir && begins_sentence(line, place, 0))
}

/// A word of its own under a closing: "Best," and "Zorvana" on the next line; and behind "i. V.".
fn is_alone_under_closing(line: &Line, place: usize) -> bool {
    let alone = place == 0 && line.words.len() == 1 && line.before.1 && !line.goes_on;
    let under = alone && (CLOSINGS.has(line.before.0) || line.under_closing);
    (under || is_signed_for(line, place)) && line.word(place, 0).is_some_and(is_nobody_else)
}

/// "i. V.", "i.A.": somebody signs for somebody.
fn is_signed_for(line: &Line, place: usize) -> bool {
    let signs = [lists::hash(b"v"), lists::hash(b"a")];
    let word = |away: isize| line.word(place, away);
    word(-1).is_some_and(|w| w.shape == Shape::Initial && signs.contains(&w.hash))
        && word(-2).is_some_and(|w| w.shape == Shape::Mark && w.hash == u32::from(b'.'))
        && word(-3).is_some_and(|w| w.hash == lists::hash(b"i"))
}

/// Whether a short line is a closing: "Viele Grüße aus Kiel".
pub(super) fn closes(words: &[Word]) -> bool {
    words.iter().take(CLOSING_WORDS_MAX).any(|w| CLOSINGS.has(w.hash))
}

/// Words up to the one that closes at most.
const CLOSING_WORDS_MAX: usize = 3;

/// A line with nothing but one or two words, a first name among them, under "Sent from my iPhone".
fn is_sender(line: &Line, place: usize) -> bool {
    let alone = place == 0 && line.words.len() <= 2 && line.words.iter().all(|w| w.shape != Shape::Mark);
    alone
        && line.before.1
        && DEVICES.has(line.before.0)
        && line.word(place, 0).is_some_and(|w| w.lists.any(FIRST) && !w.lists.any(OTHERS | HERALD))
}

#[cfg(test)]
mod tests {
    use crate::persons::found;

    #[test]
    fn names_in_small_letters_are_found_where_people_say_them() {
        for (text, name) in [
            ("hallo, ich heiße anna schmidt und brauche hilfe", "anna schmidt"),
            ("mein name ist thomas xylander. ich warte", "thomas xylander"),
            ("hi, hier peter, wann kommt die ware?", "peter"),
            ("my name is zorvan miller and i cant log in", "zorvan miller"),
            ("im sarah, please help", "sarah"),
            ("bitte melden\nviele grüße\nmarta kowalski", "marta kowalski"),
            ("call me back\nthanks, robert", "robert"),
            ("hallo thomas, danke für die info", "thomas"),
            ("lg eva-maria", "eva-maria"),
            ("hallo zorvana, danke für die info", "zorvana"),
            ("mein name ist zorvana xylonder und ich warte", "zorvana xylonder"),
            ("viele grüße\nzorvana xylonder", "zorvana xylonder"),
        ] {
            assert_eq!(found(text), [name], "{text}");
        }
    }

    #[test]
    fn people_whom_somebody_spoke_with_are_found() {
        for (text, name) in [
            ("Ich habe gestern mit Zorvana telefoniert.", "Zorvana"),
            ("I spoke to Zorvana about it.", "Zorvana"),
            ("The Xylander family is waiting.", "Xylander"),
            ("Zorvana told me to write to you.", "Zorvana"),
            ("Best,\nZorvana", "Zorvana"),
            ("Mit Zorvana vom Support war das besprochen", "Zorvana"),
            ("Freundliche Grüße aus Kiel\nZorvana", "Zorvana"),
            ("i. V. Zorvana", "Zorvana"),
            ("Mein Kollege Zorvana ist krank.", "Zorvana"),
            ("danke im voraus\nzorvan schmidt", "zorvan schmidt"),
            ("Laut Thomas ist das erledigt.", "Thomas"),
            ("Gesendet von meinem iPhone\nThomas", "Thomas"),
        ] {
            assert_eq!(found(text), [name], "{text}");
        }
    }

    #[test]
    fn small_words_in_the_same_places_are_nobody() {
        for text in [
            "danke im voraus\nfür die hilfe",
            "thanks in advance",
            "thanks\nworks again",
            "im jan kommt die rechnung",
            "hallo zusammen, hier ist nichts angekommen",
            "ich bin sehr verärgert",
            "my name is not shown on the page",
            "ich heiße euch willkommen",
            "hi all, this is urgent",
            "Ich habe mit dem Support telefoniert",
            "I spoke with Support about the invoice",
            "Laut Rechnung ist alles bezahlt",
            "Sent from my iPhone\nHello",
            "mein name ist falsch geschrieben",
            "mein name ist falsch und fehlt",
            "hallo leute, hallo zusammen, hallo nochmal, hi again, hi everybody, hi there",
            "hi guys,\nhello team,\nhallo liebes team,",
            "lg aus köln und einen schönen tag",
            "She told me, someone told me, They told me to wait",
            "Vielen Dank\nKundenservice",
            "danke, funktioniert",
            "Bill to the company, Mark as read, Will you call?",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
