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

/// The looks that are remembered.
#[derive(Default)]
pub(crate) struct Memo {
    slots: Vec<Option<(usize, Look)>>,
}

impl Memo {
    /// What a look did at a place like this one, and how far away that was.
    pub(crate) fn recall(&self, view: &View<'_>, place: usize, asked: usize) -> Option<(usize, Look)> {
        let (seen, look) = (*self.slots.get(slot_of(view, place))?)?;
        let same = look.asked == asked && stretch(view, seen)? == stretch(view, place)?;
        same.then_some((place - seen, look))
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
    fn a_finding_that_reaches_out_of_sight_is_not_kept() {
        let token = "a1".repeat(1000);
        let view = View::new(&token);
        let mut memo = Memo::default();
        memo.keep(&view, 600, LOOK, &[Found::new(600, 1999, "SECRET", 1.0, "")]);
        assert!(memo.recall(&view, 602, 0).is_none());
    }
}
