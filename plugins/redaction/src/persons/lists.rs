//! Lists of words the model knows: first names, family names, places, firms, common words. A table of
//! fingerprints in one file, made by the workshop example from the texts in `corpus/lists`.

/// Which lists a word is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lists(pub u8);

/// First names.
pub const FIRST: u8 = 1;
/// Family names.
pub const LAST: u8 = 2;
/// Words with a capital that are nobody.
pub const COMMON: u8 = 4;
/// Towns, countries, languages.
pub const PLACE: u8 = 8;
/// Titles that a name follows.
pub const TITLE: u8 = 16;
/// Parts of names of firms and products.
pub const ORGANISATION: u8 = 32;
/// "von", "van", "de" within a name.
pub const PARTICLE: u8 = 64;
/// "heiße", "regards", "dear": a name comes.
pub const HERALD: u8 = 128;

impl Lists {
    /// In none.
    pub const NONE: Self = Self(0);

    /// Whether it is in one of these.
    #[must_use]
    pub const fn any(self, lists: u8) -> bool {
        self.0 & lists != 0
    }
}

/// Bytes of one slot: a fingerprint of two bytes and the lists.
pub const SLOT_BYTES: usize = 3;

/// The table; the number of slots is a power of two.
static TABLE: &[u8] = include_bytes!("../../model/lists.bin");

/// Shortest word whose end may be a genitive's s.
const GENITIVE_BYTES_MIN: usize = 4;

/// Hash of a word in lower case.
#[must_use]
pub const fn hash(word: &[u8]) -> u32 {
    let mut hash = 0x811C_9DC5_u32;
    let mut rest = word;
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
        rest = tail;
    }
    // Mixes the high bits in: the low ones alone crowd.
    let hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
    hash ^ (hash >> 13)
}

/// Lists of a word in lower case, with its hash.
#[must_use]
pub fn of(lower: &[u8], hash: u32, capital: bool, joined: bool) -> Lists {
    of_in(TABLE, lower, hash, capital, joined)
}

/// The same with another table.
#[must_use]
pub fn of_in(table: &[u8], lower: &[u8], hash_of: u32, capital: bool, joined: bool) -> Lists {
    let found = look_up(table, hash_of);
    if found.0 != 0 || !(capital || joined) {
        return found;
    }
    if !capital {
        // "eva-maria": in small letters only where all parts are first names.
        let first = lower.split(|b| *b == b'-').all(|part| look_up(table, hash(part)).any(FIRST));
        return if first { Lists(FIRST) } else { Lists::NONE };
    }
    if joined {
        // "Karl-Enno" is a name for its Karl; "Max-Planck-Institut" is an institute.
        let parts = lower.split(|b| *b == b'-').map(|part| look_up(table, hash(part)));
        let last = parts.clone().next_back().unwrap_or_default();
        let names = parts.fold(0, |all, part| all | part.0) & (FIRST | LAST);
        return Lists(if last.any(FIRST | LAST) || last == Lists::NONE { names } else { COMMON });
    }
    let genitive = lower.strip_suffix(b"s").filter(|stem| stem.len() >= GENITIVE_BYTES_MIN);
    let found = genitive.map_or(Lists::NONE, |stem| look_up(table, hash(stem)));
    if found.0 != 0 { found } else { inflected(table, lower) }
}

/// "Wahlen" is a form of "Wahl", "Kassenbericht" a kind of "Bericht", and neither is a name; nor is what ends
/// like an English adverb.
fn inflected(table: &[u8], lower: &[u8]) -> Lists {
    let common = |word: &[u8]| look_up(table, hash(word)).0 & COMMON != 0;
    let ending = [b"en".as_slice(), b"n", b"e", b"er", b"es", b"ern", b"ed", b"ing", b"em"]
        .iter()
        .filter_map(|e| lower.strip_suffix(*e))
        .any(|stem| stem.len() >= GENITIVE_BYTES_MIN && common(stem));
    let adverb = || lower.len() > 5 && lower.ends_with(b"ly");
    let noun = || lower.len() > 6 && NOUN_ENDINGS.iter().any(|e| lower.ends_with(e.as_bytes()));
    let compound = || {
        (COMPOUND_HEAD_BYTES..lower.len().saturating_sub(COMPOUND_TAIL_BYTES - 1))
            .filter_map(|at| lower.get(at..))
            .any(common)
    };
    Lists(if ending || adverb() || noun() || compound() { COMMON } else { 0 })
}

/// Endings of nouns and of no names.
const NOUN_ENDINGS: &[&str] = &[
    "ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "schaften", "tion", "tionen", "tions",
    "tät", "ismus", "ment", "ments", "ness", "ity", "ities", "lich", "liche", "lichen", "ische", "ischen",
    "isch", "ierung", "nisse", "ologie", "ologe", "able", "ible", "ance", "ence", "ware", "ium", "ität",
    "iert", "ierte", "ierten", "ierter", "iertes", "ieren", "itis",
];
/// Bytes of a compound's beginning and end at least.
const COMPOUND_HEAD_BYTES: usize = 3;
const COMPOUND_TAIL_BYTES: usize = 5;

/// Lists of a word by its hash, in a table.
#[must_use]
pub fn look_up(table: &[u8], hash: u32) -> Lists {
    let slots = table.len() / SLOT_BYTES;
    if slots == 0 {
        return Lists::NONE;
    }
    let fingerprint = fingerprint(hash);
    let mut slot = hash as usize & (slots - 1);
    for _ in 0..slots {
        match table.get(slot * SLOT_BYTES..slot * SLOT_BYTES + SLOT_BYTES) {
            Some([low, high, lists]) if *lists != 0 => {
                if [*low, *high] == fingerprint {
                    return Lists(*lists);
                }
            }
            _ => return Lists::NONE,
        }
        slot = (slot + 1) & (slots - 1);
    }
    Lists::NONE
}

/// The two bytes by which a slot knows its word.
#[must_use]
pub fn fingerprint(hash: u32) -> [u8; 2] {
    let [_, _, low, high] = hash.to_le_bytes();
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &[u8], capital: bool, joined: bool) -> Lists {
        super::of(word, hash(word), capital, joined)
    }

    #[test]
    fn words_are_in_their_lists() {
        assert!(of(b"anna", true, false).any(FIRST));
        assert!(of("müller".as_bytes(), true, false).any(LAST));
        assert!(of(b"mueller", true, false).any(LAST));
        assert!(of(b"rechnung", true, false).any(COMMON));
        assert!(of(b"leipzig", true, false).any(PLACE));
        assert!(of(b"anna-maria", true, true).any(FIRST));
        assert!(of(b"annas", true, false).any(FIRST));
        assert_eq!(of(b"qxzzy", true, false), Lists::NONE);
    }

    #[test]
    fn an_empty_table_knows_nothing() {
        assert_eq!(look_up(&[], hash(b"anna")), Lists::NONE);
    }
}
