//! Names that the words around them announce, whatever the model says: in small letters in a greeting, a closing
//! or behind "my name is"; single ones with whom somebody spoke. Knows no weights.

use super::lists::{self, COMMON, FIRST, HERALD, LAST, Lists, ORGANISATION, PARTICLE, PLACE, TITLE};
use super::model::Tag;
use super::words::{Line, Shape, Word};

/// Hashes of words in lower case, made when the plugin is built.
struct Hashes<const N: usize>([u32; N]);

impl<const N: usize> Hashes<N> {
    const fn of(words: [&str; N]) -> Self {
        let mut hashes = [0; N];
        let mut at = 0;
        while at < N {
            hashes[at] = lists::hash(words[at].as_bytes());
            at += 1;
        }
        Self(hashes)
    }

    fn has(&self, hash: u32) -> bool {
        self.0.contains(&hash)
    }
}

/// Last words of a closing.
static CLOSINGS: Hashes<22> = Hashes::of([
    "grüße",
    "grüsse",
    "gruesse",
    "gruß",
    "gruss",
    "grüßen",
    "grüssen",
    "lg",
    "vg",
    "mfg",
    "bg",
    "danke",
    "dank",
    "regards",
    "cheers",
    "thanks",
    "thx",
    "wishes",
    "sincerely",
    "faithfully",
    "truly",
    "best",
]);
/// Words that greet.
static GREETINGS: Hashes<14> = Hashes::of([
    "hallo", "hi", "hey", "hello", "moin", "dear", "liebe", "lieber", "servus", "hej", "huhu", "grüezi",
    "ahoi", "mahlzeit",
]);
/// Pairs of words behind which people say their name.
const ANNOUNCING: &[(u32, u32)] = &[
    pair("name", "ist"),
    pair("name", "is"),
    pair("hier", "ist"),
    pair("this", "is"),
    pair("ich", "bin"),
    pair("i", "am"),
    pair("it", "is"),
    pair("ich", "heiße"),
    pair("ich", "heisse"),
];
/// The same in one word, where a sentence begins.
static ANNOUNCING_ALONE: Hashes<8> =
    Hashes::of(["hier", "im", "i'm", "its", "it's", "heiße", "heisse", "bin"]);
/// "im jan" is a month, not a man.
static MONTHS: Hashes<10> =
    Hashes::of(["jan", "mai", "may", "juni", "june", "juli", "july", "jun", "april", "august"]);
/// What may follow a name that stands in no list.
static AFTER_NAME: Hashes<8> = Hashes::of(["und", "and", "from", "aus", "again", "hier", "here", "vom"]);
/// Small words that are nobody's name.
static SMALL: Hashes<64> = Hashes::of([
    "nicht",
    "not",
    "now",
    "jetzt",
    "leider",
    "schon",
    "mal",
    "noch",
    "auch",
    "sehr",
    "ganz",
    "immer",
    "again",
    "wieder",
    "heute",
    "today",
    "soon",
    "bald",
    "alle",
    "all",
    "team",
    "zusammen",
    "there",
    "everyone",
    "everybody",
    "guys",
    "folks",
    "ihr",
    "euch",
    "dir",
    "ihnen",
    "you",
    "your",
    "the",
    "der",
    "die",
    "das",
    "ein",
    "eine",
    "kein",
    "keine",
    "für",
    "for",
    "im",
    "in",
    "an",
    "am",
    "auf",
    "aus",
    "bei",
    "mit",
    "with",
    "und",
    "and",
    "advance",
    "voraus",
    "vorab",
    "schonmal",
    "much",
    "lot",
    "help",
    "hilfe",
    "support",
    "service",
]);
/// People do this with each other: the English words stand before the name, the German ones behind.
static TALKING: Hashes<14> = Hashes::of([
    "spoke",
    "speak",
    "speaking",
    "spoken",
    "talked",
    "talking",
    "talk",
    "chatted",
    "chatting",
    "chat",
    "dealt",
    "touch",
    "met",
    "corresponded",
]);
static TALKED: Hashes<9> = Hashes::of([
    "telefoniert",
    "gesprochen",
    "gechattet",
    "geredet",
    "besprochen",
    "vereinbart",
    "abgesprochen",
    "geschrieben",
    "abgeklärt",
]);
/// What a person does and few things do.
static SAYING: Hashes<14> = Hashes::of([
    "told",
    "said",
    "says",
    "promised",
    "meinte",
    "sagte",
    "meint",
    "sagt",
    "versprach",
    "erklärte",
    "mentioned",
    "explained",
    "suggested",
    "confirmed",
]);
/// "Sent from my iPhone": the sender's name may follow.
static DEVICES: Hashes<7> =
    Hashes::of(["iphone", "ipad", "handy", "android", "smartphone", "mobiltelefon", "galaxy"]);

const THE: u32 = lists::hash(b"the");
const FAMILIE: u32 = lists::hash(b"familie");
const FAMILY: u32 = lists::hash(b"family");
const MIT: u32 = lists::hash(b"mit");
const WITH: u32 = lists::hash(b"with");
const TO: u32 = lists::hash(b"to");
const LAUT: u32 = lists::hash(b"laut");
const ACCORDING: u32 = lists::hash(b"according");
const HAT: u32 = lists::hash(b"hat");
const VOM: u32 = lists::hash(b"vom");
const IM: u32 = lists::hash(b"im");

const fn pair(first: &str, second: &str) -> (u32, u32) {
    (lists::hash(first.as_bytes()), lists::hash(second.as_bytes()))
}

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
        Some(word) if word.shape == Shape::Lower => small_begins(line, place),
        Some(word) if matches!(word.shape, Shape::Capital | Shape::Joined) => {
            let known = word.lists.any(FIRST) && !word.lists.any(OTHERS);
            (known && is_told_of(line, place)) || is_company_of(line, place) || is_sender(line, place)
        }
        _ => false,
    }
}

/// Whether a name in small letters that began before goes on.
pub(super) fn goes_on(line: &Line, place: usize) -> bool {
    let (Some(word), Some(before)) = (line.word(place, 0), line.word(place, -1)) else { return false };
    if word.shape != Shape::Lower || before.shape != Shape::Lower || before.tag == Tag::Out {
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
    let Some(word) = line.word(place, 0) else { return false };
    let listed = |w: &Word| w.lists.any(FIRST | LAST) && !w.lists.any(COMMON | HERALD);
    let next = line.word(place, 1).filter(|w| w.shape == Shape::Lower);
    // Nearly all words end here.
    if !(listed(word) || (next.is_some_and(listed) && is_name_or_unknown(word))) {
        return false;
    }
    if follows_closing(line, place) {
        return is_closing_name(line, place);
    }
    let full = is_name_or_unknown(word) && next.is_some_and(listed);
    (is_first(word) || full) && (follows_greeting(line, place) || is_announced(line, place))
}

/// One word is a first name; of two to four, one stands in a list and the others may.
fn is_closing_name(line: &Line, place: usize) -> bool {
    let rest = line.words.get(place..).unwrap_or_default();
    let count = rest.iter().take_while(|w| w.shape == Shape::Lower).count();
    let name = rest.get(..count).unwrap_or_default();
    let ends = rest.get(count).is_none_or(|w| w.shape == Shape::Mark);
    match name {
        [one] => ends && is_first(one),
        all => {
            (2..=NAME_WORDS_MAX).contains(&count)
                && ends
                && all.iter().all(|w| is_name_or_unknown(w) || w.lists.any(PARTICLE))
        }
    }
}

/// The word before a place, past one mark.
fn before_mark(line: &Line, place: usize) -> Option<(&Word, usize)> {
    let back = usize::from(line.word(place, -1).is_some_and(|w| w.shape == Shape::Mark)) + 1;
    let at = place.checked_sub(back)?;
    line.word(at, 0).map(|word| (word, at))
}

fn follows_closing(line: &Line, place: usize) -> bool {
    match before_mark(line, place) {
        Some((word, _)) => CLOSINGS.has(word.hash),
        None => line.before.1 && CLOSINGS.has(line.before.0) && !line.goes_on,
    }
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

/// "spoke with Ana", "mit Ana telefoniert", "the Kowalski family": what stands there is somebody.
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
        MIT => talked(),
        WITH | TO => TALKING.has(hash(-2)),
        THE => hash(1) == FAMILY,
        FAMILIE => true,
        _ => false,
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
    use crate::persons::names;
    use crate::view::View;

    fn found(text: &str) -> Vec<String> {
        let view = View::new(text);
        names(&view)
            .into_iter()
            .map(|(s, e, _)| String::from_utf8_lossy(view.slice(s, e)).into_owned())
            .collect()
    }

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
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
