//! How many messages are on their way, to one domain and altogether: servers turn away who knocks too often at once,
//! and a slow one must not keep every worker from other work. Who finds no place is told when to come again: one after
//! the other, as fast as places became free so far. Knows no message.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use domain::clock::{MINUTE_MS, SECOND_MS};

/// How long a message waits at least when it finds no place, milliseconds.
const WAIT_MS: i64 = 100;
/// And at most, however many wait: a way that was slow may have become fast.
const WAIT_MS_MAX: i64 = 10 * MINUTE_MS;
/// And at most a person's, which goes before all automatic mail that waits.
const PERSON_WAIT_MS_MAX: i64 = 5 * SECOND_MS;
/// How long a message is believed to take before any was seen to, milliseconds.
const STAY_MS: i64 = 100;
/// So much does the newest message count in the mean: one part of this many.
const STAYS: i64 = 8;
/// So many domains are remembered before those that nobody waits for are forgotten.
const DOMAINS: usize = 1_024;

/// Messages on their way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rooms(Arc<Mutex<Ways>>);

#[derive(Debug, Default)]
struct Ways {
    by_domain: HashMap<String, Way>,
    all: Way,
}

/// The way to one domain, or to all.
#[derive(Debug, Clone)]
struct Way {
    taken: u32,
    /// How long a message stays on it: a moving mean, milliseconds.
    stay_ms: i64,
    /// When the last of those that were turned away comes again.
    booked_until: Timestamp,
}

impl Default for Way {
    fn default() -> Self {
        Self { taken: 0, stay_ms: STAY_MS, booked_until: Timestamp(i64::MIN) }
    }
}

impl Way {
    /// When to come again, milliseconds from now, where all of `most` places are taken.
    fn book(&mut self, most: u32, is_person: bool, now: Timestamp) -> i64 {
        let until_free = (self.stay_ms / i64::from(most)).max(1);
        if is_person {
            return until_free.clamp(WAIT_MS, PERSON_WAIT_MS_MAX);
        }
        let latest = now.plus(WAIT_MS_MAX);
        self.booked_until = self.booked_until.max(now).plus(until_free).min(latest);
        (self.booked_until.0 - now.0).max(WAIT_MS)
    }

    fn leave(&mut self, stay_ms: Option<i64>) {
        self.taken = self.taken.saturating_sub(1);
        if let Some(stay_ms) = stay_ms {
            self.stay_ms += (stay_ms.max(0) - self.stay_ms) / STAYS;
        }
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        self.taken == 0 && self.booked_until <= now
    }
}

/// Who wants to enter, and how many may be on the way at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) domain: &'a str,
    /// A person wrote it.
    pub(crate) is_person: bool,
    pub(crate) most_here: u32,
    pub(crate) most_in_all: u32,
    pub(crate) now: Timestamp,
}

/// A place on the way to one domain; leaving gives it free.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Rooms,
    domain: String,
    since: Timestamp,
    stay_ms: Option<i64>,
}

impl Rooms {
    /// A place on the way to this domain, if fewer than `most_here` are taken there and fewer than `most_in_all`
    /// altogether; one is always to be had, and one domain never takes all where there are several.
    ///
    /// # Errors
    /// How many milliseconds to wait where there is none. Each is told another instant, so that waiting mail does not
    /// keep the workers from other work by asking again and again.
    pub(crate) fn enter(&self, entry: Entry<'_>) -> Result<Place, i64> {
        let Entry { domain, is_person, now, .. } = entry;
        let most_here = entry.most_here.min(entry.most_in_all.saturating_sub(1)).max(1);
        let most_in_all = entry.most_in_all.max(1);
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ways { by_domain, all } = &mut *ways;
        if by_domain.len() >= DOMAINS {
            by_domain.retain(|_, way| !way.is_idle(now));
        }
        let fresh = || Way { stay_ms: all.stay_ms, ..Way::default() };
        let here = by_domain.entry(domain.to_owned()).or_insert_with(fresh);
        if here.taken >= most_here {
            return Err(here.book(most_here, is_person, now));
        }
        if all.taken >= most_in_all {
            return Err(all.book(most_in_all, is_person, now));
        }
        here.taken += 1;
        all.taken += 1;
        Ok(Place { rooms: self.clone(), domain: domain.to_owned(), since: now, stay_ms: None })
    }
}

impl Place {
    /// Gives the place free, and lets those that wait know how long it was taken.
    pub(crate) fn leave(mut self, now: Timestamp) {
        self.stay_ms = Some(now.0.saturating_sub(self.since.0));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut ways = self.rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
        ways.all.leave(self.stay_ms);
        if let Some(here) = ways.by_domain.get_mut(&self.domain) {
            here.leave(self.stay_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    /// Automatic mail to a domain, now.
    fn mail(domain: &str, most_here: u32, most_in_all: u32) -> Entry<'_> {
        Entry { domain, is_person: false, most_here, most_in_all, now: NOW }
    }

    /// What a house has by default: `deliveries_per_domain`, and half of `worker_slots`.
    fn usual(domain: &str) -> Entry<'_> {
        mail(domain, 4, 4)
    }

    #[test]
    fn one_domain_fills_up_and_others_do_not_notice() {
        let rooms = Rooms::default();
        let mut taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        assert!(rooms.enter(usual("a.example")).is_err());
        assert!(rooms.enter(usual("b.example")).is_ok());
        taken.pop();
        assert!(rooms.enter(usual("a.example")).is_ok());
    }

    #[test]
    fn all_domains_together_leave_room_for_other_work() {
        let rooms = Rooms::default();
        let first = rooms.enter(mail("a.example", 4, 2)).unwrap();
        let second = rooms.enter(mail("b.example", 4, 2)).unwrap();
        assert!(rooms.enter(mail("c.example", 4, 2)).is_err());
        drop(first);
        assert!(rooms.enter(mail("c.example", 4, 2)).is_ok());
        drop(second);
        assert!(rooms.enter(mail("a.example", 4, 0)).is_ok(), "a house with a single slot sends as well");
    }

    #[test]
    fn those_who_wait_come_again_one_after_the_other_as_fast_as_places_become_free() {
        let rooms = Rooms::default();
        for _ in 0..40 {
            let place = rooms.enter(usual("a.example")).unwrap();
            place.leave(NOW.plus(3_000));
        }
        let taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let waits: Vec<i64> = (0..4).map(|_| rooms.enter(usual("a.example")).unwrap_err()).collect();
        let gaps: Vec<i64> = waits.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| (900..=1_000).contains(gap)), "three places of 3 s each: {gaps:?}");
        let last = (0..5_000).map(|_| rooms.enter(usual("a.example")).unwrap_err()).max();
        assert_eq!(last, Some(WAIT_MS_MAX), "a way that was slow is tried again all the same");
        drop(taken);
    }

    #[test]
    fn a_persons_mail_does_not_queue_behind_automatic_mail() {
        let rooms = Rooms::default();
        let _taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        for _ in 0..1_000 {
            rooms.enter(usual("a.example")).unwrap_err();
        }
        let person = Entry { is_person: true, ..usual("a.example") };
        assert_eq!(rooms.enter(person).unwrap_err(), WAIT_MS);
    }

    #[test]
    fn a_booking_that_has_passed_keeps_nobody_waiting() {
        let rooms = Rooms::default();
        let taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let early = (0..100).map(|_| rooms.enter(usual("a.example")).unwrap_err()).max().unwrap();
        let later = Entry { now: NOW.plus(2 * early), ..usual("a.example") };
        assert_eq!(rooms.enter(later).unwrap_err(), WAIT_MS);
        drop(taken);
    }

    #[test]
    fn domains_that_nobody_waits_for_are_forgotten() {
        let rooms = Rooms::default();
        for number in 0..3 * DOMAINS {
            drop(rooms.enter(usual(&format!("{number}.example"))).unwrap());
        }
        assert!(rooms.0.lock().unwrap().by_domain.len() <= DOMAINS);
    }
}
