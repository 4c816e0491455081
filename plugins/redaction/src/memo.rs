//! Remembers what was found at places of a text, for places that look the same: repeated text, as attackers
//! and machines write it, costs one comparison instead of all rules.
//!
//! Owns when two places look the same; knows no rule. Rules look at a bounded stretch around a place, so what
//! stands within the stretch decides what they find.

use crate::find::Found;
use crate::view::View;

/// How far the rules look back, and ahead.
const BACK_BYTES: usize = 256;
const AHEAD_BYTES: usize = 768;
/// Places that are remembered; a newer one takes the slot of an older one.
const SLOTS: usize = 256;
/// Bytes that choose the slot.
const KEY_BYTES: usize = 16;

/// What a look at a place did, all in bytes from the place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// How far words were asked about already, and how far they are now.
    pub(crate) asked: usize,
    pub(crate) asked_then: usize,
    /// Where the pass went on.
    pub(crate) next: usize,
    /// Which findings it made.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// A part of the text that repeats what stood some bytes before it. In text of one pattern the stretches of
/// neighbouring places overlap nearly wholly: remembering how far they are equal, each byte is compared once.
#[derive(Debug, Clone, Copy, Default)]
struct Repeat {
    distance: usize,
    from: usize,
    until: usize,
}

/// The looks that are remembered.
#[derive(Default)]
pub(crate) struct Memo {
    slots: Vec<Option<(usize, Look)>>,
    repeat: Repeat,
}

impl Memo {
    /// What a look did at a place like this one, and how far away that was.
    pub(crate) fn recall(&mut self, view: &View<'_>, place: usize, asked: usize) -> Option<(usize, Look)> {
        let (seen, look) = (*self.slots.get(slot_of(view, place))?)?;
        let same = look.asked == asked && self.is_same(view.bytes(), seen, place);
        same.then_some((place - seen, look))
    }

    /// Whether the stretches around two places are equal.
    fn is_same(&mut self, bytes: &[u8], seen: usize, place: usize) -> bool {
        let (Some(from), until) = (place.checked_sub(BACK_BYTES), place + AHEAD_BYTES) else { return false };
        let distance = place - seen;
        if until > bytes.len() || seen < BACK_BYTES || distance == 0 {
            return false;
        }
        let known = self.repeat;
        if known.distance != distance || known.from > from || known.until < from {
            self.repeat = Repeat { distance, from, until: from };
        }
        let begun = self.repeat.until;
        if begun < until {
            self.repeat.until = begun + equal_bytes(bytes, begun, distance, until - begun);
        }
        self.repeat.until >= until
    }

    /// Remembers a look at this place instead of an older one like it: the nearer the last one, the less is to be
    /// compared the next time.
    pub(crate) fn renew(&mut self, view: &View<'_>, place: usize, look: Look) {
        if let Some(slot) = self.slots.get_mut(slot_of(view, place)) {
            *slot = Some((place, look));
        }
    }

    /// Remembers a look, unless the rules may have seen more than the stretch.
    pub(crate) fn keep(&mut self, view: &View<'_>, place: usize, look: Look, made: &[Found<'_>]) {
        let within = made.iter().all(|f| f.start + BACK_BYTES > place && f.end < place + AHEAD_BYTES);
        if !within || stretch(view, place).is_none() {
            return;
        }
        if self.slots.is_empty() {
            self.slots = vec![None; SLOTS];
        }
        if let Some(slot) = self.slots.get_mut(slot_of(view, place)) {
            *slot = Some((place, look));
        }
    }
}

/// What the rules may see from a place; none at the edges of a text.
fn stretch<'v>(view: &'v View<'_>, place: usize) -> Option<&'v [u8]> {
    view.bytes().get(place.checked_sub(BACK_BYTES)?..place + AHEAD_BYTES)
}

/// How many of so many bytes from `at` on are those that stand `distance` bytes before. Eight at a time: a
/// component has no fast comparison of its own.
fn equal_bytes(bytes: &[u8], at: usize, distance: usize, most: usize) -> usize {
    let now = bytes.get(at..at + most).unwrap_or_default();
    let then = bytes.get(at - distance..at - distance + most).unwrap_or_default();
    let eight = |part: &[u8]| part.try_into().map_or(0, u64::from_le_bytes);
    let mut equal = 0;
    for (now, then) in now.chunks_exact(8).zip(then.chunks_exact(8)) {
        let differing = eight(now) ^ eight(then);
        if differing != 0 {
            return equal + differing.trailing_zeros() as usize / 8;
        }
        equal += 8;
    }
    let rest = now.iter().zip(then).skip(equal);
    equal + rest.take_while(|(now, then)| now == then).count()
}

fn slot_of(view: &View<'_>, place: usize) -> usize {
    let key = view.slice(place, place + KEY_BYTES);
    let (head, tail) = key.split_at(key.len() / 2);
    let number = |part: &[u8]| part.try_into().map_or(0, u64::from_le_bytes);
    let mixed = (number(head) ^ number(tail).rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 56).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { asked: 0, asked_then: 3, next: 4, from: 0, to: 0 };

    #[test]
    fn a_place_is_known_again_only_where_all_around_is_the_same() {
        let text = format!("{0}x{0}", "AB 12 ".repeat(400));
        let view = View::new(&text);
        let mut memo = Memo::default();
        memo.keep(&view, 603, LOOK, &[]);
        assert_eq!(memo.recall(&view, 609, 0).map(|(away, _)| away), Some(6));
        assert!(memo.recall(&view, 609, 2).is_none(), "other words were asked about");
        assert!(memo.recall(&view, 604, 0).is_none(), "another byte");
        assert!(memo.recall(&view, 2391, 0).is_none(), "the x is in sight");
    }

    #[test]
    fn bytes_are_compared_to_the_first_that_differs() {
        let text = format!("{}{}!", "abcdefghij".repeat(5), "abcdefghij".repeat(3));
        let bytes = text.as_bytes();
        assert_eq!(equal_bytes(bytes, 10, 10, 70), 70);
        assert_eq!(equal_bytes(bytes, 10, 10, 71), 70);
        assert_eq!(equal_bytes(bytes, 12, 11, 20), 0);
        assert_eq!(equal_bytes(bytes, 75, 10, 5), 5);
    }

    #[test]
    fn going_on_through_a_pattern_finds_the_same_as_beginning_anew() {
        let text = format!("{0}y{0}", "12/27 ab ".repeat(300));
        let view = View::new(&text);
        let mut going = Memo::default();
        for place in (400..text.len() - 900).step_by(9) {
            going.keep(&view, place, LOOK, &[]);
            for next in [place + 9, place + 18, place + 1] {
                let mut anew = Memo::default();
                anew.keep(&view, place, LOOK, &[]);
                let (a, b) = (going.recall(&view, next, 0), anew.recall(&view, next, 0));
                let of = |found: Option<(usize, Look)>| found.map(|(away, _)| away);
                assert_eq!(of(a), of(b), "{place} {next}");
            }
        }
    }

    #[test]
    fn a_finding_that_reaches_out_of_sight_is_not_kept() {
        let token = "a1".repeat(1000);
        let view = View::new(&token);
        let mut memo = Memo::default();
        memo.keep(&view, 600, LOOK, &[Found::new(600, 1999, "SECRET", 1.0, "")]);
        assert!(memo.recall(&view, 602, 0).is_none());
    }
}
