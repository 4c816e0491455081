//! The words that announce a name, and small words that are none, by their hashes.

use crate::persons::lists;

/// Hashes of words in lower case, made when the plugin is built, and a bit for each: nearly every word of a text
/// is told to be none of them by its bit.
pub(in crate::persons) struct Hashes<const N: usize> {
    all: [u32; N],
    bits: [u32; CELLS],
}

const CELLS: usize = 64;

/// The cell of a hash, and its bit there.
const fn bit_of(hash: u32) -> (usize, u32) {
    ((hash >> 5) as usize % CELLS, 1 << (hash % 32))
}

impl<const N: usize> Hashes<N> {
    pub(in crate::persons) const fn of(words: [&str; N]) -> Self {
        let (mut all, mut bits) = ([0; N], [0; CELLS]);
        let mut at = 0;
        while at < N {
            all[at] = lists::hash(words[at].as_bytes());
            let (cell, bit) = bit_of(all[at]);
            bits[cell] |= bit;
            at += 1;
        }
        Self { all, bits }
    }

    pub(in crate::persons) fn has(&self, hash: u32) -> bool {
        let (cell, bit) = bit_of(hash);
        self.bits.get(cell).is_some_and(|bits| bits & bit != 0) && self.all.contains(&hash)
    }
}

/// Last words of a closing.
pub(super) static CLOSINGS: Hashes<24> = Hashes::of([
    "voraus",
    "vorab",
    "advance",
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
/// Closings behind which hardly anything but a name comes: thanks are said for something, too.
pub(super) static STRICT_CLOSINGS: Hashes<15> = Hashes::of([
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
    "regards",
    "cheers",
    "wishes",
    "sincerely",
    "faithfully",
]);
/// Words before the last one of a closing.
pub(super) static CLOSING_HEADS: Hashes<20> = Hashes::of([
    "viele",
    "liebe",
    "lieben",
    "beste",
    "besten",
    "schöne",
    "schönen",
    "freundliche",
    "freundlichen",
    "freundlichem",
    "herzliche",
    "herzlichen",
    "und",
    "and",
    "kind",
    "best",
    "warm",
    "many",
    "kindest",
    "warmest",
]);
/// Words that greet.
pub(super) static GREETINGS: Hashes<14> = Hashes::of([
    "hallo", "hi", "hey", "hello", "moin", "dear", "liebe", "lieber", "servus", "hej", "huhu", "grüezi",
    "ahoi", "mahlzeit",
]);
/// Pairs of words behind which people say their name.
pub(super) const ANNOUNCING: &[(u32, u32)] = &[
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
pub(super) static ANNOUNCING_ALONE: Hashes<8> =
    Hashes::of(["hier", "im", "i'm", "its", "it's", "heiße", "heisse", "bin"]);
/// "im jan" is a month, not a man.
pub(super) static MONTHS: Hashes<10> =
    Hashes::of(["jan", "mai", "may", "juni", "june", "juli", "july", "jun", "april", "august"]);
/// What may follow a name that stands in no list.
pub(super) static AFTER_NAME: Hashes<8> =
    Hashes::of(["und", "and", "from", "aus", "again", "hier", "here", "vom"]);
/// Small words that are nobody's name.
pub(super) static SMALL: Hashes<135> = Hashes::of([
    "beinand",
    "beinander",
    "mate",
    "sir",
    "madam",
    "buddy",
    "man",
    "dude",
    "lieben",
    "vom",
    "ans",
    "zurück",
    "kollegen",
    "freunde",
    "bro",
    "boss",
    "bis",
    "later",
    "tschüss",
    "gents",
    "ladies",
    "herr",
    "frau",
    "kundendienst",
    "alexa",
    "siri",
    "nothing",
    "nichts",
    "anyway",
    "trotzdem",
    "schönen",
    "gute",
    "guten",
    "vielen",
    "leute",
    "nochmal",
    "nochmals",
    "miteinander",
    "allerseits",
    "liebes",
    "euer",
    "eure",
    "ihre",
    "your",
    "world",
    "people",
    "falsch",
    "richtig",
    "wrong",
    "missing",
    "misspelled",
    "correct",
    "incorrect",
    "geändert",
    "geschrieben",
    "verschrieben",
    "anders",
    "different",
    "hidden",
    "empty",
    "leer",
    "weg",
    "friend",
    "friends",
    "everybody",
    "nobody",
    "someone",
    "somebody",
    "they",
    "she",
    "dass",
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
pub(super) static TALKING: Hashes<14> = Hashes::of([
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
pub(super) static TALKED: Hashes<8> = Hashes::of([
    "telefoniert",
    "gesprochen",
    "gechattet",
    "geredet",
    "besprochen",
    "vereinbart",
    "abgesprochen",
    "abgeklärt",
]);
/// What a person does and few things do.
pub(super) static SAYING: Hashes<14> = Hashes::of([
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
/// Who somebody is to somebody: "mein Kollege Zorvan".
pub(super) static RELATIONS: Hashes<36> = Hashes::of([
    "kollege",
    "kollegin",
    "kollegen",
    "nachbar",
    "nachbarin",
    "nachbarn",
    "sohn",
    "tochter",
    "bruder",
    "schwester",
    "chef",
    "chefin",
    "mitarbeiter",
    "mitarbeiterin",
    "freund",
    "freundin",
    "onkel",
    "tante",
    "hausmeister",
    "schwager",
    "cousin",
    "cousine",
    "colleague",
    "neighbour",
    "neighbor",
    "son",
    "daughter",
    "brother",
    "sister",
    "husband",
    "wife",
    "boss",
    "friend",
    "uncle",
    "aunt",
    "assistant",
]);
/// Parts of a firm in which people work: "mit Ana vom Support".
pub(super) static DEPARTMENTS: Hashes<12> = Hashes::of([
    "support",
    "kundenservice",
    "vertrieb",
    "buchhaltung",
    "service",
    "team",
    "kundendienst",
    "einkauf",
    "verkauf",
    "empfang",
    "lager",
    "helpdesk",
]);
/// "Sent from my iPhone": the sender's name may follow.
pub(super) static DEVICES: Hashes<7> =
    Hashes::of(["iphone", "ipad", "handy", "android", "smartphone", "mobiltelefon", "galaxy"]);

pub(super) const THE: u32 = lists::hash(b"the");
pub(super) const FAMILIE: u32 = lists::hash(b"familie");
pub(super) const FAMILY: u32 = lists::hash(b"family");
pub(super) const OF: u32 = lists::hash(b"of");
pub(super) const MIT: u32 = lists::hash(b"mit");
pub(super) const WITH: u32 = lists::hash(b"with");
pub(super) const TO: u32 = lists::hash(b"to");
pub(super) const LAUT: u32 = lists::hash(b"laut");
pub(super) const ACCORDING: u32 = lists::hash(b"according");
pub(super) const HAT: u32 = lists::hash(b"hat");
pub(super) const VOM: u32 = lists::hash(b"vom");
pub(super) const NAME: u32 = lists::hash(b"name");
pub(super) const IS: u32 = lists::hash(b"is");
pub(super) const IST: u32 = lists::hash(b"ist");
pub(super) const ME: u32 = lists::hash(b"me");
pub(super) const US: u32 = lists::hash(b"us");
pub(super) const MEINTE: u32 = lists::hash(b"meinte");
pub(super) const HEISSE: [u32; 2] = [lists::hash("heiße".as_bytes()), lists::hash(b"heisse")];
pub(super) const IM: u32 = lists::hash(b"im");

const fn pair(first: &str, second: &str) -> (u32, u32) {
    (lists::hash(first.as_bytes()), lists::hash(second.as_bytes()))
}
