//! The conformance table of schedules, the sweep over all zones, and the rules for missed firings.

use super::*;
use crate::clock::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

mod sweep;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn cron(expression: &str, zone: &str) -> Cron {
    Cron::parse(expression, zone).unwrap()
}

/// The next `count` firings after an instant, as read on the wall.
fn fires(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let cron = cron(expression, zone);
    cron.upcoming(at(after), count).into_iter().map(|t| cron.local(t)).collect()
}

#[test]
fn c1_a_time_in_the_gap_runs_once_right_after_it() {
    assert_eq!(
        fires("30 2 * * *", "Europe/Berlin", "2026-03-27T23:00:00Z", 3),
        ["2026-03-28 02:30 +01:00", "2026-03-29 03:00 +02:00", "2026-03-30 02:30 +02:00"]
    );
}

#[test]
fn c2_a_time_in_the_fold_runs_once_at_its_first_pass() {
    assert_eq!(
        fires("30 2 * * *", "Europe/Berlin", "2026-10-23T22:00:00Z", 3),
        ["2026-10-24 02:30 +02:00", "2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00"]
    );
}

#[test]
fn c3_an_hourly_pattern_runs_in_both_passes_of_the_fold() {
    assert_eq!(
        fires("0 * * * *", "Europe/Berlin", "2026-10-24T22:30:00Z", 4),
        [
            "2026-10-25 01:00 +02:00",
            "2026-10-25 02:00 +02:00",
            "2026-10-25 02:00 +01:00",
            "2026-10-25 03:00 +01:00"
        ]
    );
    let day = cron("0 * * * *", "Europe/Berlin").upcoming(at("2026-10-24T21:59:59Z"), 25);
    assert_eq!(day.last(), Some(&at("2026-10-25T22:00:00Z")), "25 in the day");
}

#[test]
fn c4_an_hourly_pattern_leaves_the_gap_out() {
    assert_eq!(
        fires("0 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", 3),
        ["2026-03-29 01:00 +01:00", "2026-03-29 03:00 +02:00", "2026-03-29 04:00 +02:00"]
    );
    let day = cron("0 * * * *", "Europe/Berlin").upcoming(at("2026-03-28T22:59:59Z"), 23);
    assert_eq!(day.last(), Some(&at("2026-03-29T21:00:00Z")), "23 in the day");
}

#[test]
fn c5_asked_afresh_between_the_two_passes_it_does_not_run_again() {
    let cron = cron("30 2 * * *", "Europe/Berlin");
    for after in
        ["2026-10-25T00:30:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:29:59.999Z"]
    {
        assert_eq!(
            cron.next_after(at(after)).map(|t| cron.local(t)).as_deref(),
            Some("2026-10-26 02:30 +01:00"),
            "{after}"
        );
    }
}

#[test]
fn quarter_hours_lose_nothing_in_the_fold() {
    assert_eq!(
        fires("*/15 * * * *", "Europe/Berlin", "2026-10-25T00:40:00Z", 6),
        [
            "2026-10-25 02:45 +02:00",
            "2026-10-25 02:00 +01:00",
            "2026-10-25 02:15 +01:00",
            "2026-10-25 02:30 +01:00",
            "2026-10-25 02:45 +01:00",
            "2026-10-25 03:00 +01:00"
        ]
    );
}

#[test]
fn several_times_in_one_gap_are_one_firing() {
    assert_eq!(
        fires("*/15 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
        ["2026-03-29 03:00 +02:00", "2026-03-30 02:00 +02:00"]
    );
}

#[test]
fn c7_london_and_new_york_change_their_clocks_too() {
    assert_eq!(
        fires("30 1 * * *", "Europe/London", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25 01:30 +01:00", "2026-10-26 01:30 +00:00"]
    );
    assert_eq!(
        fires("0 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
        ["2026-03-08 03:00 -04:00", "2026-03-09 02:00 -04:00"]
    );
    assert_eq!(
        fires("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
        ["2026-11-01 01:30 -04:00", "2026-11-02 01:30 -05:00"]
    );
}

#[test]
fn c8_half_an_hour_of_daylight_saving_on_lord_howe() {
    assert_eq!(
        fires("0 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2),
        ["2026-10-04 02:30 +11:00", "2026-10-05 02:00 +11:00"]
    );
    assert_eq!(
        fires("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 2),
        ["2026-04-05 01:45 +11:00", "2026-04-06 01:45 +10:30"]
    );
}

#[test]
fn c9_midnight_that_is_missing_runs_at_one() {
    for (zone, after, want) in [
        ("America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06 01:00 -03:00"),
        ("Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24 01:00 +03:00"),
        ("Asia/Beirut", "2026-03-28T12:00:00Z", "2026-03-29 01:00 +03:00"),
    ] {
        assert_eq!(fires("0 0 * * *", zone, after, 1), [want]);
    }
}

#[test]
fn c10_sao_paulo_2018() {
    assert_eq!(
        fires("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 1),
        ["2018-11-04 01:00 -02:00"]
    );
}

#[test]
fn c11_a_day_that_never_was_has_no_firing() {
    assert_eq!(fires("0 12 30 12 *", "Pacific/Apia", "2011-12-29T22:00:00Z", 1), ["2012-12-30 12:00 +14:00"]);
    assert_eq!(
        fires("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", 2),
        ["2011-12-29 12:00 -10:00", "2011-12-31 12:00 +14:00"]
    );
}

#[test]
fn c12_leap_days_are_found_and_the_thirtieth_of_february_is_refused() {
    assert_eq!(
        fires("0 3 29 2 *", "UTC", "2026-01-01T00:00:00Z", 3),
        ["2028-02-29 03:00 +00:00", "2032-02-29 03:00 +00:00", "2036-02-29 03:00 +00:00"]
    );
    assert_eq!(Cron::parse("0 3 30 2 *", "UTC").unwrap_err().code, "never_fires");
}

#[test]
fn c13_day_of_month_or_day_of_week_when_both_are_restricted() {
    assert_eq!(
        fires("0 9 13 * 5", "UTC", "2026-01-01T00:00:00Z", 4),
        [
            "2026-01-02 09:00 +00:00",
            "2026-01-09 09:00 +00:00",
            "2026-01-13 09:00 +00:00",
            "2026-01-16 09:00 +00:00"
        ]
    );
    // A field that begins with `*` does not restrict: even days that are Fridays.
    assert_eq!(
        fires("0 9 */2 * FRI", "UTC", "2026-01-01T00:00:00Z", 2),
        ["2026-01-09 09:00 +00:00", "2026-01-23 09:00 +00:00"]
    );
}

#[test]
fn sunday_is_zero_and_seven_and_has_a_name() {
    for sunday in ["0", "7", "SUN", "sun", "7-7", "0-0"] {
        assert_eq!(
            fires(&format!("0 9 * * {sunday}"), "UTC", "2026-11-16T00:00:00Z", 2),
            ["2026-11-22 09:00 +00:00", "2026-11-29 09:00 +00:00"],
            "{sunday}"
        );
    }
    for weekend in ["6-7", "SAT-SUN", "0,6", "6,7", "SAT,SUN"] {
        let found = fires(&format!("0 9 * * {weekend}"), "UTC", "2026-11-16T00:00:00Z", 3);
        assert_eq!(
            found,
            ["2026-11-21 09:00 +00:00", "2026-11-22 09:00 +00:00", "2026-11-28 09:00 +00:00"],
            "{weekend}"
        );
    }
    assert_eq!(
        fires("0 9 * JAN-MAR/2 MON", "UTC", "2026-01-20T00:00:00Z", 2),
        ["2026-01-26 09:00 +00:00", "2026-03-02 09:00 +00:00"]
    );
}

#[test]
fn milliseconds_neither_lose_nor_repeat_a_firing() {
    let cron = cron("0 9 * * *", "UTC");
    let nine = at("2026-01-05T09:00:00Z");
    assert_eq!(cron.next_after(nine.plus(-1)), Some(nine));
    assert_eq!(cron.next_after(nine), Some(nine.plus(DAY_MS)));
    assert_eq!(cron.next_after(nine.plus(1)), Some(nine.plus(DAY_MS)));
}

#[test]
fn instants_at_the_ends_of_time_are_answered() {
    let cron = cron("* * * * *", "Europe/Berlin");
    assert!(cron.next_after(Timestamp(i64::MIN)).is_some());
    assert_eq!(cron.next_after(Timestamp(i64::MAX)), None);
}

#[test]
fn c20_garbage_is_refused_with_a_sentence() {
    let long = "*".repeat(10 << 20);
    let cases = [
        "",
        " ",
        "*",
        "* * * *",
        "0 * * * * *",
        "* * * * * * *",
        "* * * * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * 0 *",
        "* * * * 8",
        "*/0 * * * *",
        "* * * * */0",
        "* * * * */8",
        "*/60 * * * *",
        "5-1 * * * *",
        "* * * * 5-1",
        "* * * * FRI-MON",
        "٣ * * * *",
        "\u{ff15} * * * *",
        "1,2,,3 * * * *",
        ",1 * * * *",
        "1, * * * *",
        "1- * * * *",
        "-1 * * * *",
        "1-2-3 * * * *",
        "*/ * * * *",
        "/5 * * * *",
        "5/15 * * * *",
        "1\0 * * * *",
        "* * * * MONDAYS",
        "* * * FOO *",
        "* * L * *",
        "* * * * 5L",
        "* * 15W * *",
        "* * * * 5#2",
        "? * * * *",
        "@daily",
        "@reboot",
        "99999999999999999999 * * * *",
        "1.5 * * * *",
        "* * 31 2 *",
        "* * 31 4,6,9,11 *",
        "0x10 * * * *",
        "+5 * * * *",
        "**  * * * *",
        "* * * * 07",
        "*\n* * * *",
        &long,
    ];
    for case in cases {
        let refusal = Cron::parse(case, "UTC").expect_err(&format!("{:.40}", case));
        assert!(refusal.sentence.len() < 250 && refusal.sentence.ends_with('.'), "{}", refusal.sentence);
        assert_eq!(refusal.field.as_deref(), Some("cron"), "{case:.40}");
        assert!(refusal.sentence.chars().all(|c| !c.is_control()), "{case:?}");
    }
    let six = Cron::parse("0 0 9 * * *", "UTC").unwrap_err();
    assert!(six.sentence.contains("leave out the seconds"), "{}", six.sentence);
    assert!(Cron::parse("* 24 * * *", "UTC").unwrap_err().sentence.contains("hour"));
}

#[test]
fn an_unknown_zone_is_refused_with_the_nearest_name() {
    let refusal = Cron::parse("* * * * *", "Europe/Berln").unwrap_err();
    assert!(refusal.sentence.contains("Europe/Berlin"), "{}", refusal.sentence);
    assert!(Cron::parse("* * * * *", "").is_err());
    assert!(Cron::parse("* * * * *", "+02:00\0").is_err());
}

#[test]
fn c6_a_firing_missed_by_an_hour_is_made_up_for_once() {
    let cron = cron("30 2 * * *", "Europe/Berlin");
    let (next, back) = (at("2026-03-29T01:00:00Z"), at("2026-03-29T01:10:00Z"));
    let plan = due(&cron, Some(at("2026-03-28T01:30:00Z")), Some(next), back, Missed::Once);
    assert_eq!(plan, Plan { fire: vec![next], missed: 0, next: Some(at("2026-03-30T00:30:00Z")) });
    let again = due(&cron, Some(next), plan.next, back.plus(SECOND_MS), Missed::Once);
    assert_eq!((again.fire.len(), again.missed), (0, 0));
}

#[test]
fn c15_a_clock_set_back_repeats_nothing() {
    let cron = cron("0 * * * *", "UTC");
    let noon = at("2026-05-05T12:00:00Z");
    // Set back two hours right after the noon firing: by the stored next, and even without it.
    for next in [Some(noon.plus(HOUR_MS)), Some(noon), None] {
        let plan = due(&cron, Some(noon), next, noon.plus(-2 * HOUR_MS), Missed::All);
        assert_eq!(plan, Plan { fire: vec![], missed: 0, next: Some(noon.plus(HOUR_MS)) }, "{next:?}");
    }
}

#[test]
fn c16_a_clock_set_forward_three_days_makes_up_for_one_and_counts_three() {
    let cron = cron("0 9 * * *", "UTC");
    let last = at("2026-05-04T09:00:00Z");
    let next = last.plus(DAY_MS);
    // Three days and three hours on: the fourth firing is three hours old.
    let plan = due(&cron, Some(last), Some(next), next.plus(3 * DAY_MS + 3 * HOUR_MS), Missed::Once);
    assert_eq!(
        plan,
        Plan { fire: vec![next.plus(3 * DAY_MS)], missed: 3, next: Some(next.plus(4 * DAY_MS)) }
    );
    // Half the interval is over: too late to be of use.
    let plan = due(&cron, Some(last), Some(next), next.plus(2 * DAY_MS + 13 * HOUR_MS), Missed::Once);
    assert_eq!((plan.fire, plan.missed), (vec![], 3));
}

#[test]
fn a_minute_late_is_on_time_under_every_policy() {
    let cron = cron("*/5 * * * *", "UTC");
    let next = at("2026-05-04T09:00:00Z");
    for policy in Missed::ALL {
        let plan = due(&cron, None, Some(next), next.plus(MINUTE_MS), *policy);
        assert_eq!(
            plan,
            Plan { fire: vec![next], missed: 0, next: Some(next.plus(5 * MINUTE_MS)) },
            "{policy}"
        );
    }
    let late = due(&cron, None, Some(next), next.plus(MINUTE_MS + 1), Missed::Skip);
    assert_eq!((late.fire, late.missed), (vec![], 1));
}

#[test]
fn all_makes_up_for_the_newest_twenty_four_oldest_first() {
    let cron = cron("0 * * * *", "UTC");
    let next = at("2026-05-04T09:00:00Z");
    let plan = due(&cron, None, Some(next), next.plus(40 * HOUR_MS), Missed::All);
    assert_eq!((plan.fire.len(), plan.missed), (24, 17));
    assert_eq!(plan.fire.first(), Some(&next.plus(17 * HOUR_MS)));
    assert_eq!(plan.fire.last(), Some(&next.plus(40 * HOUR_MS)));
    assert!(plan.fire.is_sorted());
}

#[test]
fn a_year_of_missed_minutes_is_answered_and_the_count_stops() {
    let cron = cron("* * * * *", "UTC");
    let next = at("2025-05-04T09:00:00Z");
    let now = next.plus(365 * DAY_MS + 30 * SECOND_MS);
    let plan = due(&cron, None, Some(next), now, Missed::Once);
    assert_eq!((plan.fire, plan.missed), (vec![next.plus(365 * DAY_MS)], 10_079));
}

#[test]
fn a_new_schedule_fires_nothing_of_the_past() {
    let cron = cron("0 9 * * *", "UTC");
    let plan = due(&cron, None, None, at("2026-05-04T10:00:00Z"), Missed::All);
    assert_eq!(plan, Plan { fire: vec![], missed: 0, next: Some(at("2026-05-05T09:00:00Z")) });
}

#[test]
fn c18_a_firing_moves_with_the_rules_of_its_zone_and_is_neither_lost_nor_doubled() {
    // Planned by rules under which Berlin was an hour further west, or further east, than it is.
    let daily = cron("0 9 * * *", "Europe/Berlin");
    let nine = at("2026-11-26T08:00:00Z");
    let yesterday = Some(nine.plus(-24 * HOUR_MS));
    for moved in [nine.plus(-HOUR_MS), nine, nine.plus(HOUR_MS), nine.plus(11 * HOUR_MS)] {
        assert_eq!(daily.nearest(moved, yesterday), Some(nine));
    }
    // What was fired stays fired, even where the rules now say that it was due later that day.
    assert_eq!(daily.nearest(nine.plus(24 * HOUR_MS), Some(nine)), Some(nine.plus(24 * HOUR_MS)));
    assert_eq!(daily.nearest(nine.plus(HOUR_MS), Some(nine)), Some(nine.plus(24 * HOUR_MS)));
    let quarters = cron("*/15 * * * *", "Europe/Berlin");
    assert_eq!(quarters.nearest(nine, None), Some(nine), "what fits the new rules stays where it is");
}

#[test]
fn c17_each_overlap_policy_does_what_its_name_says() {
    use Admission::{CancelAndStart, Skip, Start, StartBeside, Wait};
    for policy in Overlap::ALL {
        assert_eq!(admit(*policy, false, 0), Start, "{policy}");
    }
    assert!(matches!(admit(Overlap::Forbid, true, 0), Skip(_)));
    assert_eq!(admit(Overlap::Queue, true, 0), Wait);
    assert!(matches!(admit(Overlap::Queue, true, 1), Skip(_)), "at most one waits");
    assert_eq!(admit(Overlap::Allow, true, 2), StartBeside);
    assert_eq!(admit(Overlap::Replace, true, 1), CancelAndStart);
}

#[test]
fn c17_every_minute_with_runs_of_150_seconds() {
    let run_ms = 150 * SECOND_MS;
    for (policy, started_at, most, skipped) in [
        (Overlap::Forbid, vec![0, 3, 6], 1, 6),
        (Overlap::Allow, (0..9).collect(), 3, 0),
        (Overlap::Replace, (0..9).collect(), 1, 0),
    ] {
        let (mut running, mut started, mut skips, mut seen): (Vec<i64>, Vec<i64>, u32, usize) =
            (vec![], vec![], 0, 0);
        for minute in 0..9 {
            let now = minute * MINUTE_MS;
            running.retain(|since| since + run_ms > now);
            match admit(policy, !running.is_empty(), 0) {
                Admission::Start | Admission::StartBeside => running.push(now),
                Admission::CancelAndStart => running = vec![now],
                Admission::Skip(_) => skips += 1,
                Admission::Wait => panic!("nothing waits under {policy}"),
            }
            if running.last() == Some(&now) {
                started.push(minute);
            }
            seen = seen.max(running.len());
        }
        assert_eq!((started, seen, skips), (started_at, most, skipped), "{policy}");
    }
}
