//! Remembers for a moment what stands around places of a text: many rules ask for the words around the same
//! number, and candidates of neighbouring numbers end at the same places.

use std::cell::Cell;

use super::{Context, Labels};

/// Places that are remembered; a newer one takes the slot of an older one.
const SLOTS: usize = 32;

/// A place and what was found there; place zero is none.
type Slots<T> = [Cell<(usize, T)>; SLOTS];

/// What was read around places lately.
pub(crate) struct Seen {
    before: Slots<Context>,
    behind: Slots<Labels>,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            before: std::array::from_fn(|_| Cell::default()),
            behind: std::array::from_fn(|_| Cell::default()),
        }
    }
}

impl Seen {
    /// What stands before a place, read at most once in a while.
    pub(super) fn before(&self, place: usize, read: impl FnOnce() -> Context) -> Context {
        remembered(&self.before, place, read)
    }

    /// Which labels stand behind a place.
    pub(super) fn behind(&self, place: usize, read: impl FnOnce() -> Labels) -> Labels {
        remembered(&self.behind, place, read)
    }
}

fn remembered<T: Copy>(slots: &Slots<T>, place: usize, read: impl FnOnce() -> T) -> T {
    let slot = slots.get(place % SLOTS).filter(|_| place > 0);
    match slot.map(Cell::get) {
        Some((at, seen)) if at == place => seen,
        _ => {
            let new = read();
            if let Some(slot) = slot {
                slot.set((place, new));
            }
            new
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_once_until_another_takes_its_slot() {
        let slots: Slots<usize> = std::array::from_fn(|_| Cell::default());
        assert_eq!(remembered(&slots, 7, || 1), 1);
        assert_eq!(remembered(&slots, 7, || 2), 1);
        assert_eq!(remembered(&slots, 7 + SLOTS, || 3), 3);
        assert_eq!(remembered(&slots, 7, || 4), 4);
        assert_eq!((remembered(&slots, 0, || 5), remembered(&slots, 0, || 6)), (5, 6));
    }
}
