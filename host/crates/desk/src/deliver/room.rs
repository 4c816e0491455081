//! How many messages are on their way, to one domain and altogether: servers turn away who knocks too often at once,
//! and a slow one must not keep every worker from other work. Knows no message.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a message waits at least when it finds no place, milliseconds.
const WAIT_MS: i64 = 500;
/// And at most, however many wait.
const WAIT_MS_MAX: i64 = 30_000;

/// Messages on their way, by domain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rooms(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    by_domain: HashMap<String, u32>,
    /// How often nobody was let in since a place last became free: about how many wait.
    turned_away: u32,
}

/// A place on the way to one domain; leaving gives it free.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Rooms,
    domain: String,
}

impl Rooms {
    /// A place on the way to this domain, if fewer than `most_here` are taken there and fewer than `most_in_all`
    /// altogether; one is always to be had, and one domain never takes all where there are several.
    ///
    /// # Errors
    /// How many milliseconds to wait where there is none: the longer, the more wait, so that asking again and again
    /// does not keep the workers from other work.
    pub(crate) fn enter(&self, domain: &str, most_here: u32, most_in_all: u32) -> Result<Place, i64> {
        let most_here = most_here.min(most_in_all.saturating_sub(1)).max(1);
        let most_in_all = most_in_all.max(1);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.by_domain.get(domain).copied().unwrap_or_default();
        let in_all: u32 = taken.by_domain.values().sum();
        if here >= most_here || in_all >= most_in_all {
            let crowd = i64::from(taken.turned_away / most_in_all);
            taken.turned_away = taken.turned_away.saturating_add(1);
            return Err(WAIT_MS.saturating_mul(1 + crowd).min(WAIT_MS_MAX));
        }
        taken.by_domain.insert(domain.to_owned(), here + 1);
        Ok(Place { rooms: self.clone(), domain: domain.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.turned_away = 0;
        match taken.by_domain.get_mut(&self.domain) {
            Some(here) if *here > 1 => *here -= 1,
            _ => {
                taken.by_domain.remove(&self.domain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a house has by default: `deliveries_per_domain`, and half of `worker_slots`.
    const HERE: u32 = 4;
    const IN_ALL: u32 = 4;

    #[test]
    fn one_domain_fills_up_and_others_do_not_notice() {
        let rooms = Rooms::default();
        let mut taken: Vec<Place> = (0..3).map(|_| rooms.enter("a.example", HERE, IN_ALL).unwrap()).collect();
        assert!(rooms.enter("a.example", HERE, IN_ALL).is_err());
        assert!(rooms.enter("b.example", HERE, IN_ALL).is_ok());
        taken.pop();
        assert!(rooms.enter("a.example", HERE, IN_ALL).is_ok());
        taken.clear();
        assert!(rooms.0.lock().unwrap().by_domain.is_empty(), "an empty room is forgotten");
    }

    #[test]
    fn all_domains_together_leave_room_for_other_work() {
        let rooms = Rooms::default();
        let first = rooms.enter("a.example", 4, 2).unwrap();
        let second = rooms.enter("b.example", 4, 2).unwrap();
        assert!(rooms.enter("c.example", 4, 2).is_err());
        drop(first);
        assert!(rooms.enter("c.example", 4, 2).is_ok());
        drop(second);
        assert!(rooms.enter("a.example", 4, 0).is_ok(), "a house with a single slot sends as well");
    }

    #[test]
    fn the_more_wait_the_longer_each_of_them_does() {
        let rooms = Rooms::default();
        let place = rooms.enter("a.example", 1, 2).unwrap();
        let waits: Vec<i64> = (0..5).map(|_| rooms.enter("a.example", 1, 2).unwrap_err()).collect();
        assert_eq!(waits, [500, 500, 1_000, 1_000, 1_500]);
        let last = (0..5_000).map(|_| rooms.enter("a.example", 1, 2).unwrap_err()).max();
        assert_eq!(last, Some(30_000));
        drop(place);
        let _place = rooms.enter("a.example", 1, 2).unwrap();
        assert_eq!(rooms.enter("a.example", 1, 2).unwrap_err(), 500, "a place became free in between");
    }
}
