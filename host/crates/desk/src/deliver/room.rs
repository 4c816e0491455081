//! How many messages are on their way, to one domain and altogether: servers turn away who knocks too often at once,
//! and a slow one must not keep every worker from other work. Who finds no place is told when to come again, one after
//! the other, as fast as places become free so far; where one becomes free before, the next is called. Knows no message.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
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
/// Those that would wait for longer come within the last part of that time, one of this many: not all at one instant.
const LAST_PART: i64 = 4;
/// So many come for each place that should be free by then: another host may have taken who was called here, and places
/// become free faster than they did.
const COMING: i64 = 3;
/// How long a message is believed to take before any was seen to, milliseconds.
const STAY_MS: i64 = 100;
/// So much does the newest message count in the mean: one part of this many.
const STAYS: i64 = 8;
/// As so many times the mean does it count at most, and never as more than this, milliseconds: one server that fell
/// silent tells nothing of the next.
const STAY_TIMES_MAX: i64 = 4;
const STAY_MS_MAX: i64 = 10 * SECOND_MS;
/// So many are remembered of a line, to be called; the others come at their time.
const LINE: usize = 4_096;
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
#[derive(Debug)]
struct Way {
    taken: u32,
    /// How many may be on it, as was said last.
    most: u32,
    /// How long a message stays on it: a moving mean, milliseconds.
    stay_ms: i64,
    automatic: Line,
    persons: Line,
}

impl Default for Way {
    fn default() -> Self {
        let (automatic, persons) = (Line::default(), Line::default());
        Self { taken: 0, most: 1, stay_ms: STAY_MS, automatic, persons }
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

    /// When to come again, where all places are taken.
    fn book(&mut self, entry: Entry<'_>) -> Timestamp {
        let step_ms = (self.stay_ms / i64::from(self.most) / COMING).max(1);
        let (shortest, longest) = WAIT_MS_MAX;
        if entry.is_person {
            self.persons.book(entry, step_ms, PERSON_WAIT_MS_MAX)
        } else {
            self.automatic.book(entry, step_ms, (self.stay_ms * WAIT_STAYS).clamp(shortest, longest))
        }
    }

    fn leave(&mut self, stay_ms: Option<i64>) {
        self.taken = self.taken.saturating_sub(1);
        let Some(stay_ms) = stay_ms else { return };
        let most_ms = (self.stay_ms.max(STAY_MS) * STAY_TIMES_MAX).min(STAY_MS_MAX);
        self.stay_ms += (stay_ms.clamp(0, most_ms) - self.stay_ms) / STAYS;
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        self.taken == 0 && self.automatic.until.max(self.persons.until) <= now
    }
}

/// Those that wait for a place on one way.
#[derive(Debug)]
struct Line {
    /// When the last of them comes.
    until: Timestamp,
    /// When each comes by itself, and its lane.
    waiting: BTreeSet<(Timestamp, String)>,
}

impl Default for Line {
    fn default() -> Self {
        Self { until: Timestamp(i64::MIN), waiting: BTreeSet::new() }
    }
}

impl Line {
    fn book(&mut self, entry: Entry<'_>, step_ms: i64, wait_ms_max: i64) -> Timestamp {
        let Entry { lane, now, .. } = entry;
        self.come(now);
        let (next, last) = (self.until.max(now).plus(step_ms), now.plus(wait_ms_max));
        self.until = next.min(last);
        let until = if next > last { last.plus(-share(lane, wait_ms_max / LAST_PART)) } else { next };
        let until = until.max(now.plus(WAIT_MS));
        if self.waiting.len() < LINE {
            self.waiting.insert((until, lane.to_owned()));
        }
        until
    }

    /// Those whose time has come need not be called.
    fn come(&mut self, now: Timestamp) {
        while self.waiting.first().is_some_and(|(until, _)| *until <= now) {
            self.waiting.pop_first();
        }
    }

    fn next_at(&self) -> Timestamp {
        self.waiting.first().map_or(Timestamp(i64::MAX), |(until, _)| *until)
    }

    fn call(&mut self, now: Timestamp) -> Option<Called> {
        let (until, lane) = self.waiting.pop_first()?;
        if self.waiting.is_empty() {
            self.until = now;
        }
        Some(Called { lane, until })
    }
}

/// A part of a time that is a lane's own: each time the same, and another one than others'.
fn share(lane: &str, most_ms: i64) -> i64 {
    let mut hasher = DefaultHasher::new();
    lane.hash(&mut hasher);
    i64::try_from(hasher.finish() >> 1).unwrap_or_default() % most_ms.max(1)
}

/// Who wants to enter, and how many may be on the way at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// The lane of its job.
    pub(crate) lane: &'a str,
    pub(crate) domain: &'a str,
    /// A person wrote it.
    pub(crate) is_person: bool,
    pub(crate) most_here: u32,
    pub(crate) most_in_all: u32,
    pub(crate) now: Timestamp,
}

/// Who may come now, for a place has become free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Called {
    pub(crate) lane: String,
    /// When it was told to come.
    pub(crate) until: Timestamp,
}

/// A place on the way to one domain, until this goes.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Rooms,
    domain: String,
    stay_ms: Option<i64>,
}

impl Rooms {
    /// A place on the way to this domain, if fewer than `most_here` are taken there and fewer than `most_in_all`
    /// altogether; one is always to be had, and one domain never takes all where there are several.
    ///
    /// # Errors
    /// When to come again where there is none. Each is told another instant, so that waiting mail does not keep the
    /// workers from other work by asking again and again.
    pub(crate) fn enter(&self, entry: Entry<'_>) -> Result<Place, Timestamp> {
        let Entry { domain, now, .. } = entry;
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ways { by_domain, all } = &mut *ways;
        if by_domain.len() >= DOMAINS {
            by_domain.retain(|_, way| !way.is_idle(now));
        }
        let here = by_domain.entry(domain.to_owned()).or_insert_with(|| Way::like(all));
        here.most = entry.most_here.min(entry.most_in_all.saturating_sub(1)).max(1);
        all.most = entry.most_in_all.max(1);
        if here.is_full() {
            return Err(here.book(entry));
        }
        if all.is_full() {
            return Err(all.book(entry));
        }
        here.taken += 1;
        all.taken += 1;
        Ok(Place { rooms: self.clone(), domain: domain.to_owned(), stay_ms: None })
    }

    /// Who may come where a place to this domain has become free: people first, then who would come first by itself.
    fn call(&self, domain: &str, now: Timestamp) -> Option<Called> {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ways { by_domain, all } = &mut *ways;
        let here = by_domain.get_mut(domain)?;
        if here.is_full() || all.is_full() {
            return None;
        }
        let persons = first_of(&mut here.persons, &mut all.persons, now);
        persons.or_else(|| first_of(&mut here.automatic, &mut all.automatic, now))
    }
}

fn first_of(here: &mut Line, all: &mut Line, now: Timestamp) -> Option<Called> {
    here.come(now);
    all.come(now);
    if all.next_at() < here.next_at() { all.call(now) } else { here.call(now) }
}

impl Place {
    /// Lets those that wait know how long a message was handed over that is through now. What else was done with it says
    /// nothing of the way.
    pub(crate) fn stayed(&mut self, since: Timestamp, now: Timestamp) {
        self.stay_ms = Some(now.0.saturating_sub(since.0));
    }

    /// Gives the place free, and says who may come now.
    pub(crate) fn leave(self, now: Timestamp) -> Option<Called> {
        let (rooms, domain) = (self.rooms.clone(), self.domain.clone());
        drop(self);
        rooms.call(&domain, now)
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
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    /// Automatic mail to a domain, now.
    fn mail(domain: &str, most_here: u32, most_in_all: u32) -> Entry<'_> {
        Entry { lane: "lane", domain, is_person: false, most_here, most_in_all, now: NOW }
    }

    /// What a house has by default: `deliveries_per_domain`, and half of `worker_slots`.
    fn usual(domain: &str) -> Entry<'_> {
        mail(domain, 4, 4)
    }

    /// How long so many mails to one domain wait that find no place now, each in a lane of its own.
    fn turned_away(rooms: &Rooms, mails: usize, entry: Entry<'_>) -> Vec<i64> {
        let lanes = (0..mails).map(|mail| format!("lane {mail}"));
        lanes.map(|lane| rooms.enter(Entry { lane: &lane, ..entry }).unwrap_err().0 - entry.now.0).collect()
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
            // When each comes that waits: who is called comes earlier, and not once more.
            let mut due: Vec<i64> = vec![NOW.0; self.mails];
            let (mut left_at, mut put_back) = (NOW.0, 0);
            while let Some(Reverse((at, mail))) = events.pop() {
                if at != due[mail] {
                    continue;
                }
                let now = Timestamp(at);
                if let Some((mut place, since)) = on_their_way.remove(&mail) {
                    place.stayed(Timestamp(since), now);
                    (left_at, due[mail]) = (at, i64::MIN);
                    if let Some(called) = place.leave(now) {
                        let next: usize = called.lane.parse().unwrap();
                        assert_eq!(called.until.0, due[next], "who is called waits for that");
                        // Until a worker has found it.
                        due[next] = at + 5;
                        events.push(Reverse((due[next], next)));
                    }
                    continue;
                }
                let lane = mail.to_string();
                let entry = Entry { lane: &lane, is_person: self.is_person, now, ..usual("a.example") };
                // No server takes the same time twice.
                let uneven = i64::try_from(mail * 7_919 % 101).unwrap();
                due[mail] = match self.rooms.enter(entry) {
                    Ok(place) => {
                        on_their_way.insert(mail, (place, at));
                        at + self.stay_ms * (90 + uneven / 5) / 100
                    }
                    Err(until) => {
                        put_back += 1;
                        until.0
                    }
                };
                events.push(Reverse((due[mail], mail)));
            }
            Rushed { took_ms: left_at - NOW.0, put_back: put_back / self.mails }
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
        let waits = turned_away(&rooms, 4, usual("a.example"));
        let gaps: Vec<i64> = waits.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(
            gaps.iter().all(|gap| (300..=334).contains(gap)),
            "three come for each of three places of 3 s: {gaps:?}"
        );
        drop(taken);
    }

    #[test]
    fn those_who_would_wait_for_too_long_do_not_come_at_one_instant() {
        let rooms = Rooms::default();
        for _ in 0..100 {
            hand_over(&rooms, 3_000);
        }
        let _taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let waits = turned_away(&rooms, 5_000, usual("a.example"));
        let late: Vec<i64> = waits.into_iter().skip(1_000).collect();
        assert!(
            late.iter().all(|wait_ms| (215_000..=WAIT_MS_MAX.1).contains(wait_ms)),
            "a slow way is tried again"
        );
        let mut seconds: HashMap<i64, usize> = HashMap::new();
        for wait_ms in &late {
            *seconds.entry(wait_ms / 1_000).or_default() += 1;
        }
        assert!(seconds.len() > 70 && seconds.values().all(|&come| come < 130), "{seconds:?}");
        let lane = "msg_1";
        assert_eq!(share(lane, 75_000), share(lane, 75_000), "that is its own, each time");
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
        let stay_ms = rooms.0.lock().unwrap().all.stay_ms;
        assert!(stay_ms < 2 * STAY_MS, "{stay_ms} ms");
    }

    #[test]
    fn a_persons_mail_does_not_queue_behind_automatic_mail() {
        let rooms = Rooms::default();
        let mut taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        turned_away(&rooms, 1_000, usual("a.example"));
        let person = Entry { lane: "person", is_person: true, ..usual("a.example") };
        let until = rooms.enter(person).unwrap_err();
        assert_eq!(until, NOW.plus(WAIT_MS));
        let called = taken.pop().unwrap().leave(NOW);
        assert_eq!(called, Some(Called { lane: "person".to_owned(), until }));
    }

    #[test]
    fn many_people_come_again_one_after_the_other_as_well() {
        let rooms = Rooms::default();
        let taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let person = Entry { is_person: true, ..usual("a.example") };
        let mut at_once: HashMap<i64, usize> = HashMap::new();
        for wait_ms in turned_away(&rooms, 2_000, person) {
            *at_once.entry(wait_ms).or_default() += 1;
        }
        assert!(at_once.values().all(|&count| count <= 10), "{at_once:?}");
        assert!(at_once.keys().all(|&wait_ms| wait_ms <= PERSON_WAIT_MS_MAX));
        drop(taken);
        let rushed = Rush { rooms: Rooms::default(), is_person: true, mails: 500, stay_ms: 100 }.work();
        assert!(rushed.took_ms < 20_000 && rushed.put_back <= 5, "{} ms", rushed.took_ms);
    }

    #[test]
    fn a_booking_that_has_passed_keeps_nobody_waiting() {
        let rooms = Rooms::default();
        let taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let early = turned_away(&rooms, 100, usual("a.example")).into_iter().max().unwrap();
        let later = Entry { now: NOW.plus(2 * early), ..usual("a.example") };
        assert_eq!(rooms.enter(later).unwrap_err(), later.now.plus(WAIT_MS));
        drop(taken);
    }

    #[test]
    fn a_place_that_becomes_free_calls_the_next_one_each_time_another() {
        let rooms = Rooms::default();
        let single = |lane| Entry { lane, ..mail("a.example", 1, 4) };
        let first = rooms.enter(single("lane 1")).unwrap();
        let lanes = ["lane 2", "lane 3", "lane 4"];
        let told = lanes.map(|lane| rooms.enter(single(lane)).unwrap_err());
        let of = |n: usize| Called { lane: lanes[n].to_owned(), until: told[n] };
        assert_eq!(first.leave(NOW), Some(of(0)));
        let second = rooms.enter(single("lane 2")).unwrap();
        assert_eq!(second.leave(NOW), Some(of(1)));
        // The fourth has come by itself meanwhile.
        let third = rooms.enter(single("lane 3")).unwrap();
        assert_eq!(third.leave(told[2]), None);
    }

    #[test]
    fn who_waits_for_any_place_is_called_by_whatever_becomes_free() {
        let rooms = Rooms::default();
        let first = rooms.enter(mail("a.example", 4, 2)).unwrap();
        let second = rooms.enter(mail("b.example", 4, 2)).unwrap();
        let third = Entry { lane: "third", ..mail("c.example", 4, 2) };
        let until = rooms.enter(third).unwrap_err();
        let called = Called { lane: "third".to_owned(), until };
        assert_eq!(first.leave(NOW), Some(called));
        let _third = rooms.enter(third).unwrap();
        assert_eq!(second.leave(NOW), None);
    }

    #[test]
    fn a_way_that_was_slow_is_worked_off_as_fast_as_it_is_by_now() {
        let rooms = Rooms::default();
        for _ in 0..100 {
            hand_over(&rooms, 3_000);
        }
        let rushed = Rush { rooms, is_person: false, mails: 500, stay_ms: 100 }.work();
        assert!(rushed.took_ms < 20_000, "{} ms", rushed.took_ms);
    }

    #[test]
    fn where_another_host_takes_all_who_are_called_the_others_come_soon_all_the_same() {
        let rooms = Rooms::default();
        for _ in 0..100 {
            hand_over(&rooms, 3_000);
        }
        let _taken: Vec<Place> = (0..3).map(|_| rooms.enter(usual("a.example")).unwrap()).collect();
        let last_ms = turned_away(&rooms, 300, usual("a.example")).into_iter().max().unwrap();
        assert!(last_ms <= 300 * 3_000 / 3 / COMING, "{last_ms} ms");
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
