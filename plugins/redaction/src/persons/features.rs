//! What a word looks like to the model: each feature is a number into the weights.

use super::lists::Lists;
use super::model::SLOTS;
use super::words::{Line, Shape, Word};

/// Features of one word at most.
pub const FEATURES: usize = 28;

/// Places in the weights.
#[derive(Debug, Clone, Copy)]
pub struct Features {
    places: [u16; FEATURES],
    count: usize,
}

impl Features {
    fn add(&mut self, kind: u32, content: u32) {
        let mixed = (content ^ kind.wrapping_mul(0x9E37_79B1)).wrapping_mul(0x85EB_CA6B);
        let place = (mixed ^ (mixed >> 16)) as usize & (SLOTS - 1);
        if let (Some(slot), Ok(place)) = (self.places.get_mut(self.count), u16::try_from(place)) {
            *slot = place;
            self.count += 1;
        }
    }

    /// The places.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.places.iter().take(self.count).map(|p| usize::from(*p))
    }
}

/// Hashes that stand for the edges of a line.
const EDGE: u32 = 1;

/// Features of the word at a place; the decision before it is asked about apart.
#[must_use]
pub fn features(line: &Line, place: usize) -> Features {
    let mut out = Features { places: [0; FEATURES], count: 0 };
    let Some(word) = line.word(place, 0) else { return out };
    let around = |away: isize| line.word(place, away);
    let hash = |away: isize| around(away).map_or(EDGE, |w| w.hash);
    let kind = |away: isize| around(away).map_or(EDGE, kind_of);
    let own = u32::from(word.lists.0) << 4 | word.shape as u32;

    out.add(1, word.hash);
    out.add(2, own);
    for (kind, part) in (3..).zip(word.parts) {
        out.add(kind, part);
    }
    out.add(7, pair(word.parts[1], own));
    out.add(8, hash(-1));
    out.add(9, hash(1));
    out.add(10, pair(hash(-2), hash(-1)));
    out.add(11, pair(hash(1), hash(2)));
    out.add(12, pair(hash(-1), own));
    out.add(13, pair(hash(1), own));
    out.add(14, pair(kind(-1), own));
    out.add(15, pair(kind(1), own));
    out.add(16, pair(pair(kind(-1), own), kind(1)));
    out.add(17, pair(kind(-2), pair(kind(-1), own)));
    out.add(18, pair(kind(2), pair(kind(1), own)));
    out.add(19, pair(line_shape(line, place), own));
    out.add(20, pair(line.before.0, own));
    out.add(21, pair(pair(line.before.0, line_shape(line, place)), 0));
    out.add(22, pair(hash(-2), own));
    out.add(23, pair(pair(hash(-3), hash(-2)), own));
    out.add(24, pair(hash(2), own));
    out.add(25, pair(hash(-1), hash(1)));
    out.add(26, pair(kind(-1), kind(1)));
    out.add(27, pair(u32::try_from((word.end - word.start).min(15)).unwrap_or(0), own));
    out
}

/// Lists and shape of a neighbour; a mark is itself.
fn kind_of(word: &Word) -> u32 {
    match word.shape {
        Shape::Mark => 0x1000 | word.hash,
        Shape::Lower if word.lists == Lists::NONE => 0x2000,
        shape => 0x4000 | u32::from(word.lists.0) << 4 | shape as u32,
    }
}

/// Where in its line the word stands, and what kind of line it is.
fn line_shape(line: &Line, place: usize) -> u32 {
    let first = place == 0 && !line.goes_on;
    let last = line.word(place, 1).is_none_or(|w| w.shape == Shape::Mark && line.word(place, 2).is_none());
    let sentence =
        line.word(place, -1).is_some_and(|w| w.shape == Shape::Mark && matches!(w.hash, 46 | 33 | 63 | 58));
    u32::from(first)
        | u32::from(last) << 1
        | u32::from(sentence) << 2
        | u32::from(line.mixed) << 3
        | u32::from(line.before.1) << 4
        | u32::from(line.short) << 5
}

fn pair(a: u32, b: u32) -> u32 {
    (a.rotate_left(11) ^ b).wrapping_mul(0xCC9E_2D51) ^ a
}
