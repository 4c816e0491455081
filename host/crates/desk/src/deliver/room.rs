//! How many messages are on their way, to one domain and altogether: servers turn away who knocks too often at once,
//! and a slow one must not keep every worker from other work. Knows no message.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Messages on their way, by domain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rooms(Arc<Mutex<HashMap<String, u32>>>);

/// A place on the way to one domain; leaving gives it free.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Rooms,
    domain: String,
}

impl Rooms {
    /// A place on the way to this domain, if fewer than `most_here` are taken there and fewer than `most_in_all`
    /// altogether; one is always to be had.
    pub(crate) fn enter(&self, domain: &str, most_here: u32, most_in_all: u32) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.get(domain).copied().unwrap_or_default();
        let in_all: u32 = taken.values().sum();
        if here >= most_here.max(1) || in_all >= most_in_all.max(1) {
            return None;
        }
        taken.insert(domain.to_owned(), here + 1);
        Some(Place { rooms: self.clone(), domain: domain.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.domain) {
            Some(here) if *here > 1 => *here -= 1,
            _ => {
                taken.remove(&self.domain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_domain_fills_up_and_others_do_not_notice() {
        let rooms = Rooms::default();
        let first = rooms.enter("a.example", 2, 9);
        let second = rooms.enter("a.example", 2, 9);
        assert!(first.is_some() && second.is_some());
        assert!(rooms.enter("a.example", 2, 9).is_none());
        assert!(rooms.enter("b.example", 2, 9).is_some());
        drop(first);
        assert!(rooms.enter("a.example", 2, 9).is_some());
        drop(second);
        assert!(rooms.0.lock().unwrap().is_empty(), "an empty room is forgotten");
    }

    #[test]
    fn all_domains_together_leave_room_for_other_work() {
        let rooms = Rooms::default();
        let first = rooms.enter("a.example", 4, 2);
        let second = rooms.enter("b.example", 4, 2);
        assert!(first.is_some() && second.is_some());
        assert!(rooms.enter("c.example", 4, 2).is_none());
        drop(first);
        assert!(rooms.enter("c.example", 4, 2).is_some());
        drop(second);
        assert!(rooms.enter("a.example", 4, 0).is_some(), "a house with a single slot sends as well");
    }
}
