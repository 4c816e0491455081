//! How many messages are on their way to one domain: servers turn away who knocks too often at once.

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
    /// A place on the way to this domain, if fewer than `most` are taken.
    pub(crate) fn enter(&self, domain: &str, most: u32) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.entry(domain.to_owned()).or_default();
        if *here >= most.max(1) {
            return None;
        }
        *here += 1;
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
        let first = rooms.enter("a.example", 2);
        let second = rooms.enter("a.example", 2);
        assert!(first.is_some() && second.is_some());
        assert!(rooms.enter("a.example", 2).is_none());
        assert!(rooms.enter("b.example", 2).is_some());
        drop(first);
        assert!(rooms.enter("a.example", 2).is_some());
        drop(second);
        assert!(rooms.0.lock().unwrap().is_empty(), "an empty room is forgotten");
    }
}
