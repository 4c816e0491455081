//! How many messages are on their way, to one domain and altogether: servers turn away who knocks too often at once,
//! and a slow one must not keep every worker from other work. Who finds no place is told when to come again: one after
//! the other, as fast as places became free so far. Knows no message.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use domain::clock::{MINUTE_MS, SECOND_MS};

/// How long a message waits at least when it finds no place, milliseconds.
const WAIT_MS: i64 = 100;
/// And at most, however many wait, for a way may become faster: as long as so many messages stay on it, within these
/// bounds. On a slow way a shorter wait would only be asked for more often.
const WAIT_STAYS: i64 = 100;
const WAIT_MS_MAX: (i64, i64) = (30 * SECOND_MS, 5 * MINUTE_MS);
/// And at most a person's, which has a line of its own and never stands behind automatic mail.
const PERSON_WAIT_MS_MAX: i64 = 30 * SECOND_MS;
/// So many come while one place becomes free: were it one, each that comes a moment too early would leave a place empty
/// until the next.
const COMING: i64 = 3;
/// How long a message is believed to take before any was seen to, milliseconds.
const STAY_MS: i64 = 100;
/// So much does the newest message count in the mean: one part of this many.
const STAYS: i64 = 8;
/// As so many times the mean does it count at most, and never as more than this, milliseconds: one server that fell
/// silent tells nothing of the next.
const STAY_TIMES_MAX: i64 = 4;
const STAY_MS_MAX: i64 = 10 * SECOND_MS;
/// Where a place stays empty although some wait, those that are turned away from then on come earlier by one part of this
/// many of the time that is given away already.
const BACK: i64 = 8;
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
    /// How many may be on it, as was said last.
    most: u32,
    /// How long a message stays on it: a moving mean, milliseconds.
    stay_ms: i64,
    /// When the last of the automatic mails that were turned away comes again.
    booked_until: Timestamp,
    /// And the last that a person wrote.
    persons_until: Timestamp,
}

impl Default for Way {
    fn default() -> Self {
        let never = Timestamp(i64::MIN);
        Self { taken: 0, most: 1, stay_ms: STAY_MS, booked_until: never, persons_until: never }
    }
}

impl Way {
    /// A way on which nobody was yet, where messages stay as long as on another one.
    fn like(other: &Self) -> Self {
        Self { stay_ms: other.stay_ms, ..Self::default() }
    }

    fn is_full(&self) -> bool {
        self.taken >= self.most
    }

    /// When to come again, milliseconds from now, where all places are taken.
    fn book(&mut self, is_person: bool, now: Timestamp) -> i64 {
        let step_ms = (self.stay_ms / (i64::from(self.most) * COMING)).max(1);
        let (shortest, longest) = WAIT_MS_MAX;
        let (until, wait_ms_max) = if is_person {
            (&mut self.persons_until, PERSON_WAIT_MS_MAX)
        } else {
            (&mut self.booked_until, (self.stay_ms * WAIT_STAYS).clamp(shortest, longest))
        };
        *until = (*until).max(now).plus(step_ms).min(now.plus(wait_ms_max));
        (until.0 - now.0).max(WAIT_MS)
    }

    fn leave(&mut self, left: Option<Left>) {
        let was_one_empty = !self.is_full();
        self.taken = self.taken.saturating_sub(1);
        let Some(Left { stay_ms, now }) = left else { return };
        let most_ms = (self.stay_ms.max(STAY_MS) * STAY_TIMES_MAX).min(STAY_MS_MAX);
        self.stay_ms += (stay_ms.clamp(0, most_ms) - self.stay_ms) / STAYS;
        if was_one_empty {
            for until in [&mut self.booked_until, &mut self.persons_until] {
                let ahead_ms = until.0.saturating_sub(now.0).max(0);
                *until = until.plus(-(ahead_ms / BACK));
            }
        }
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        self.taken == 0 && self.booked_until.max(self.persons_until) <= now
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

/// A place on the way to one domain, until this goes.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Rooms,
    domain: String,
    left: Option<Left>,
}

/// How long a message was on its way, and since when it is not any more.
#[derive(Debug, Clone, Copy)]
struct Left {
    stay_ms: i64,
    now: Timestamp,
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
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ways { by_domain, all } = &mut *ways;
        if by_domain.len() >= DOMAINS {
            by_domain.retain(|_, way| !way.is_idle(now));
        }
        let here = by_domain.entry(domain.to_owned()).or_insert_with(|| Way::like(all));
        here.most = entry.most_here.min(entry.most_in_all.saturating_sub(1)).max(1);
        all.most = entry.most_in_all.max(1);
        if here.is_full() {
            return Err(here.book(is_person, now));
        }
        if all.is_full() {
            return Err(all.book(is_person, now));
        }
        here.taken += 1;
        all.taken += 1;
        Ok(Place { rooms: self.clone(), domain: domain.to_owned(), left: None })
    }
}

impl Place {
    /// Lets those that wait know how long a message was handed over that is through now. What else was done with it says
    /// nothing of the way.
    pub(crate) fn stayed(&mut self, since: Timestamp, now: Timestamp) {
        self.left = Some(Left { stay_ms: now.0.saturating_sub(since.0), now });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut ways = self.rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
        ways.all.leave(self.left);
        if let Some(here) = ways.by_domain.get_mut(&self.domain) {
            here.leave(self.left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

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

    /// Has a mail handed over that takes so long.
    fn hand_over(rooms: &Rooms, stay_ms: i64) {
        let mut place = rooms.enter(usual("a.example")).unwrap();
        place.stayed(NOW, NOW.plus(stay_ms));
    }

    /// Mails to one domain that are to leave at once, worked by a clock of their own.
    struct Rush {
        rooms: Rooms,
        is_person: bool,
        mails: usize,
        stay_ms: i64,
    }

    /// How long it took until all had left, and how often one of them was put back, in the mean.
    struct Rushed {
        took_ms: i64,
        put_back: usize,
    }

    impl Rush {
        fn work(self) -> Rushed {
            let mut events: BinaryHeap<Reverse<(i64, usize)>> =
                (0..self.mails).map(|mail| Reverse((NOW.0, mail))).collect();
            let mut on_their_way: HashMap<usize, (Place, i64)> = HashMap::new();
            let (mut now, mut put_back) = (NOW, 0);
            while let Some(Reverse((at, mail))) = events.pop() {
                now = Timestamp(at);
                if let Some((mut place, since)) = on_their_way.remove(&mail) {
                    place.stayed(Timestamp(since), now);
                    continue;
                }
                let entry = Entry { is_person: self.is_person, now, ..usual("a.example") };
                // No server takes the same time twice, and no worker comes on the dot.
                let uneven = i64::try_from(mail * 7_919 % 101).unwrap();
                match self.rooms.enter(entry) {
                    Ok(place) => {
                        on_their_way.insert(mail, (place, at));
                        events.push(Reverse((at + self.stay_ms * (90 + uneven / 5) / 100, mail)));
                    }
                    Err(wait_ms) => {
                        put_back += 1;
                        events.push(Reverse((at + wait_ms + uneven / 5, mail)));
                    }
                }
            }
            Rushed { took_ms: now.0 - NOW.0, put_back: put_back / self.mails }
        }
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
        for _ in 0..100 {
            hand_over(&rooms, 3_000);
        }
        let taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let waits: Vec<i64> = (0..4).map(|_| rooms.enter(usual("a.example")).unwrap_err()).collect();
        let gaps: Vec<i64> = waits.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| (300..=334).contains(gap)), "three places of 3 s each: {gaps:?}");
        let last = (0..5_000).map(|_| rooms.enter(usual("a.example")).unwrap_err()).max().unwrap();
        assert!((290_000..=WAIT_MS_MAX.1).contains(&last), "a way that was slow is tried again: {last}");
        drop(taken);
    }

    #[test]
    fn a_server_that_was_silent_once_parks_nobody() {
        let rooms = Rooms::default();
        hand_over(&rooms, 600_000);
        let rushed = Rush { rooms, is_person: false, mails: 200, stay_ms: 100 }.work();
        assert!(rushed.took_ms < 60_000, "{} ms", rushed.took_ms);
    }

    #[test]
    fn a_server_that_is_slow_to_all_is_kept_busy_and_the_queue_is_not() {
        let rush = Rush { rooms: Rooms::default(), is_person: false, mails: 2_500, stay_ms: 3_000 };
        let rushed = rush.work();
        let ideal_ms = 2_500 * 3_000 / 3;
        assert!(rushed.took_ms < ideal_ms * 11 / 10, "{} of {ideal_ms} ms", rushed.took_ms);
        assert!(rushed.put_back <= 10, "each was put back {} times", rushed.put_back);
    }

    #[test]
    fn one_slow_way_does_not_slow_down_what_waits_for_all() {
        let rooms = Rooms::default();
        for number in 0..40 {
            let domain = format!("{}.example", number % 20);
            let mut place = rooms.enter(usual(&domain)).unwrap();
            place.stayed(NOW, NOW.plus(if number % 20 == 0 { 600_000 } else { 100 }));
        }
        let all = rooms.0.lock().unwrap().all.clone();
        assert!(all.stay_ms < 2 * STAY_MS, "{} ms", all.stay_ms);
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
    fn many_people_come_again_one_after_the_other_as_well() {
        let rooms = Rooms::default();
        let taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let person = Entry { is_person: true, ..usual("a.example") };
        let mut at_once: HashMap<i64, usize> = HashMap::new();
        for _ in 0..500 {
            *at_once.entry(rooms.enter(person).unwrap_err()).or_default() += 1;
        }
        assert!(at_once.values().all(|&count| count <= 10), "{at_once:?}");
        assert!(at_once.keys().all(|&wait_ms| wait_ms <= PERSON_WAIT_MS_MAX));
        drop(taken);
        let rushed = Rush { rooms, is_person: true, mails: 500, stay_ms: 100 }.work();
        assert!(rushed.took_ms < 30_000 && rushed.put_back <= 10, "{} ms", rushed.took_ms);
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
    fn a_place_that_stays_empty_brings_back_those_who_are_turned_away_next() {
        let rooms = Rooms::default();
        let mut taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let booked = (0..500).map(|_| rooms.enter(usual("a.example")).unwrap_err()).max().unwrap();
        for mut place in taken.drain(..) {
            place.stayed(NOW, NOW.plus(100));
        }
        let _taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        assert!(rooms.enter(usual("a.example")).unwrap_err() < booked * 4 / 5);
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
