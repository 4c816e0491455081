//! Every zone, every change of its clocks from 2024 to 2026, against an oracle that walks minute by
//! minute and knows neither the `cron` crate nor local-to-real conversion.

use std::collections::HashMap;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::*;

const FROM_S: i64 = 1_704_067_200;
const UNTIL_S: i64 = 1_798_761_600;
const DAY_S: i64 = 86_400;

/// Patterns as expression and as what the oracle asks of (minute, hour).
type Pattern = (&'static str, fn(i64, i64) -> bool);

const REAL: [Pattern; 3] = [
    ("*/15 * * * *", |m, _| m % 15 == 0),
    ("0 * * * *", |m, _| m == 0),
    ("30 */2 * * *", |m, h| m == 30 && h % 2 == 0),
];
const FIXED: [Pattern; 7] = [
    ("0 0 * * *", |m, h| m == 0 && h == 0),
    ("30 0 * * *", |m, h| m == 30 && h == 0),
    ("30 1 * * *", |m, h| m == 30 && h == 1),
    ("0 2 * * *", |m, h| m == 0 && h == 2),
    ("30 2 * * *", |m, h| m == 30 && h == 2),
    ("59 23 * * *", |m, h| m == 59 && h == 23),
    ("*/20 1-3 * * *", |m, h| m % 20 == 0 && (1..=3).contains(&h)),
];

fn offset(zone: Tz, at_s: i64) -> i64 {
    let at = DateTime::from_timestamp(at_s, 0).unwrap().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc())
}

/// Changes of a zone to the minute, with the offsets before and after.
fn changes(zone: Tz) -> Vec<(i64, i64, i64)> {
    let mut found = Vec::new();
    let mut before = offset(zone, FROM_S);
    for day in (FROM_S..UNTIL_S).step_by(usize::try_from(DAY_S).unwrap()) {
        let after = offset(zone, day + DAY_S);
        if after != before {
            let minute = (day..=day + DAY_S).step_by(60).find(|at| offset(zone, *at) == after).unwrap();
            found.push((minute, before, after));
            before = after;
        }
    }
    found
}

/// One line per change: how the wall clock goes from minute to minute around it.
struct Window {
    from_s: i64,
    walls: Vec<i64>,
}

impl Window {
    fn around(zone: Tz, change_s: i64) -> Self {
        let from_s = change_s - DAY_S;
        let walls = (0..2 * DAY_S / 60)
            .map(|n| from_s + n * 60)
            .map(|at| (at + offset(zone, at)).div_euclid(60))
            .collect();
        Self { from_s, walls }
    }

    fn real(&self, wanted: fn(i64, i64) -> bool) -> Vec<i64> {
        let hit = |wall: i64| wanted(wall.rem_euclid(60), wall.div_euclid(60).rem_euclid(24));
        self.walls
            .iter()
            .zip(0..)
            .skip(1)
            .filter(|(wall, _)| hit(**wall))
            .map(|(_, n)| self.from_s + n * 60)
            .collect()
    }

    /// Fires when the highest wall time that was ever shown reaches or passes a wanted time.
    fn fixed(&self, wanted: fn(i64, i64) -> bool) -> Vec<i64> {
        let hit = |wall: i64| wanted(wall.rem_euclid(60), wall.div_euclid(60).rem_euclid(24));
        let mut highest = self.walls[0];
        let mut found = Vec::new();
        for (wall, n) in self.walls.iter().zip(0..).skip(1) {
            if (highest + 1..=*wall).any(hit) {
                found.push(self.from_s + n * 60);
            }
            highest = highest.max(*wall);
        }
        found
    }

    fn ours(&self, cron: &Cron) -> Vec<i64> {
        let last = self.from_s + 2 * DAY_S - 60;
        let first = cron.next_after(Timestamp(self.from_s * SECOND_MS));
        let all = std::iter::successors(first, |at| cron.next_after(*at));
        all.map(|at| at.0 / SECOND_MS).take_while(|at| *at <= last).collect()
    }
}

#[test]
fn c19_no_zone_loses_or_doubles_a_firing_when_its_clocks_change() {
    // Many names share their rules: equal lists of changes are looked at once.
    let mut zones: HashMap<Vec<(i64, i64, i64)>, Tz> = HashMap::new();
    for zone in TZ_VARIANTS {
        let changes = changes(zone);
        if !changes.is_empty() {
            zones.entry(changes).or_insert(zone);
        }
    }
    let (mut windows, mut firings) = (0, 0);
    for (changes, zone) in &zones {
        for (change, before, after) in changes {
            windows += 1;
            let window = Window::around(*zone, *change);
            let real = REAL.iter().map(|p| (p.0, window.real(p.1)));
            let fixed = FIXED.iter().map(|p| (p.0, window.fixed(p.1)));
            for (expression, want) in real.chain(fixed) {
                let got = window.ours(&cron(expression, zone.name()));
                assert_eq!(got, want, "{expression} in {zone} around {change} ({before} to {after})");
                firings += got.len();
            }
        }
    }
    assert!(
        zones.len() > 30 && windows > 150 && firings > 30_000,
        "{} zones, {windows} windows, {firings} firings",
        zones.len()
    );
    println!("{} sets of rules, {windows} changes, {firings} firings", zones.len());
}

#[test]
fn without_changes_near_by_the_next_firing_is_far_but_found() {
    // A pattern in real time whose matches lie years apart.
    assert_eq!(
        fires("30 */12 29 2 *", "Europe/Berlin", "2026-01-01T00:00:00Z", 3),
        ["2028-02-29 00:30 +01:00", "2028-02-29 12:30 +01:00", "2032-02-29 00:30 +01:00"]
    );
    assert_eq!(
        fires("0 */1 29 3 *", "Europe/Berlin", "2026-03-29T00:30:00Z", 1),
        ["2026-03-29 03:00 +02:00"]
    );
    let last = at("2026-10-25T00:59:00Z");
    assert_eq!(fires("* * 25 10 *", "Europe/Berlin", &last.to_string(), 1), ["2026-10-25 02:00 +01:00"]);
}
