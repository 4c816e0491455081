//! Lists by number in one piece of memory: for each term or n-gram, where it stands.

/// For each key from 0 its items, in the order in which they were given.
#[derive(Debug)]
pub(super) struct Lists<T> {
    /// By key: where its items begin; they end where those of the next key begin.
    starts: Vec<usize>,
    items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// Sorts entries by key; those of one key keep their order. Keys from `keys` on are left out.
    pub(super) fn of(keys: usize, entries: &[(u32, T)]) -> Self {
        let mut starts = vec![0_usize; keys + 1];
        for (key, _) in entries {
            if let Some(count) = starts.get_mut(*key as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        next.truncate(keys);
        let mut items = vec![T::default(); sum];
        for (key, item) in entries {
            if let Some(place) = next.get_mut(*key as usize) {
                if let Some(free) = items.get_mut(*place) {
                    *free = *item;
                }
                *place += 1;
            }
        }
        Self { starts, items }
    }

    /// The items of a key; none of an unknown one.
    pub(super) fn at(&self, key: u32) -> &[T] {
        match self.starts.get(key as usize..).unwrap_or_default() {
            [start, end, ..] => self.items.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_their_key_in_the_order_they_came() {
        let lists = Lists::of(4, &[(2, 'a'), (0, 'b'), (2, 'c'), (9, 'd')]);
        assert_eq!(lists.at(0), ['b']);
        assert_eq!(lists.at(2), ['a', 'c']);
        assert!(lists.at(1).is_empty() && lists.at(3).is_empty() && lists.at(4).is_empty());
        assert!(lists.at(u32::MAX).is_empty());
    }
}
