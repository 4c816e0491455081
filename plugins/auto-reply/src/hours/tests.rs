//! Opening hours over weekends, holidays and nights on which clocks change.

use super::*;

const HOUR: i32 = 3_600;

/// Berlin in 2026: summer time from 29 March, 01:00 UTC, to 25 October, 01:00 UTC.
fn berlin(_: &str, at_ms: u64) -> Option<i32> {
    let at = i64::try_from(at_ms / 1_000).unwrap();
    let summer = utc("2026-03-29", 60)..utc("2026-10-25", 60);
    Some(if summer.contains(&at) { 2 * HOUR } else { HOUR })
}

fn utc(day: &str, minute: i64) -> i64 {
    days_from_civil(holiday(day).unwrap()) * DAY_S + minute * 60
}

fn office() -> Hours {
    let windows = || vec!["13:00-17:00".to_owned(), "09:00-12:30".to_owned()];
    Hours {
        monday: windows(),
        tuesday: windows(),
        wednesday: windows(),
        thursday: windows(),
        friday: vec!["09:00-12:30".to_owned()],
        ..Hours::default()
    }
}

/// What is said at a minute of a day, both by UTC.
fn at(hours: &Hours, day: &str, hour: i64, minute: i64) -> String {
    let now = u64::try_from(utc(day, hour * 60 + minute)).unwrap() * 1_000;
    match hours.closed(now, berlin) {
        Ok(None) => "open".to_owned(),
        Ok(Some(Closed(None))) => "closed".to_owned(),
        Ok(Some(Closed(Some(o)))) => {
            let day = if o.today { "today".to_owned() } else { format!("{} weekday {}", o.date, o.weekday) };
            format!("{day} {:02}:{:02}", o.minute / 60, o.minute % 60)
        }
        Err(why) => why,
    }
}

#[test]
fn a_window_holds_from_its_first_minute_to_before_its_last() {
    let office = office();
    for (hour, minute, said) in [
        (7, 59, "today 09:00"),
        (8, 0, "open"),
        (11, 29, "open"),
        (11, 30, "today 13:00"),
        (12, 0, "open"),
        (16, 0, "2026-01-13 weekday 1 09:00"),
    ] {
        assert_eq!(at(&office, "2026-01-12", hour, minute), said, "{hour}:{minute} UTC");
    }
}

#[test]
fn after_friday_comes_monday() {
    assert_eq!(at(&office(), "2026-01-09", 11, 30), "2026-01-12 weekday 0 09:00");
    assert_eq!(at(&office(), "2026-01-10", 10, 0), "2026-01-12 weekday 0 09:00");
}

#[test]
fn holidays_in_a_row_are_passed_over_and_so_is_the_weekend_after_them() {
    let days = ["2026-12-24", "2026-12-25", "2026-12-28", "2026-12-31", "2027-01-01"];
    let hours = Hours { holidays: days.map(ToOwned::to_owned).to_vec(), ..office() };
    assert_eq!(at(&hours, "2026-12-23", 17, 0), "2026-12-29 weekday 1 09:00");
    assert_eq!(at(&hours, "2026-12-25", 9, 0), "2026-12-29 weekday 1 09:00");
    assert_eq!(at(&hours, "2026-12-30", 20, 0), "2027-01-04 weekday 0 09:00");
}

#[test]
fn the_day_is_that_of_the_zone_and_not_that_of_utc() {
    // 00:30 on Tuesday in Berlin, still Monday by UTC.
    assert_eq!(at(&office(), "2026-01-12", 23, 30), "today 09:00");
    assert_eq!(at(&office(), "2026-07-13", 22, 30), "today 09:00");
}

#[test]
fn on_days_of_changing_clocks_the_hours_are_those_on_the_wall() {
    let daily = vec!["09:00-17:00".to_owned()];
    let hours = Hours { saturday: daily.clone(), sunday: daily, ..Hours::default() };
    assert_eq!(at(&hours, "2026-03-28", 16, 30), "2026-03-29 weekday 6 09:00");
    assert_eq!(at(&hours, "2026-03-29", 6, 59), "today 09:00");
    assert_eq!(at(&hours, "2026-03-29", 7, 0), "open");
    assert_eq!(at(&hours, "2026-10-25", 7, 59), "today 09:00");
    assert_eq!(at(&hours, "2026-10-25", 8, 0), "open");
}

#[test]
fn an_hour_that_clocks_leave_out_is_no_opening() {
    let nights = |window: &str| Hours { sunday: vec![window.to_owned()], ..Hours::default() };
    assert_eq!(at(&nights("02:30-05:00"), "2026-03-28", 12, 0), "2026-03-29 weekday 6 03:00");
    assert_eq!(at(&nights("02:00-03:00"), "2026-03-28", 12, 0), "2026-04-05 weekday 6 02:00");
    assert_eq!(at(&nights("02:30-05:00"), "2026-10-24", 12, 0), "2026-10-25 weekday 6 02:30");
    // That hour comes twice in autumn, and both times somebody is there.
    assert_eq!(at(&nights("02:30-03:00"), "2026-10-25", 0, 45), "open");
    assert_eq!(at(&nights("02:30-03:00"), "2026-10-25", 1, 45), "open");
}

#[test]
fn a_night_is_written_as_two_windows_that_meet_at_midnight() {
    let hours = Hours {
        monday: vec!["22:00-24:00".to_owned()],
        tuesday: vec!["00:00-06:00".to_owned()],
        ..Hours::default()
    };
    assert_eq!(at(&hours, "2026-01-12", 20, 59), "today 22:00");
    assert_eq!(at(&hours, "2026-01-12", 22, 59), "open");
    assert_eq!(at(&hours, "2026-01-12", 23, 0), "open");
    assert_eq!(at(&hours, "2026-01-13", 5, 0), "2026-01-19 weekday 0 22:00");
}

#[test]
fn a_night_may_be_one_window_that_ends_on_the_next_day() {
    let hours = Hours { monday: vec!["22:00-06:00".to_owned()], ..Hours::default() };
    assert_eq!(at(&hours, "2026-01-12", 20, 59), "today 22:00");
    assert_eq!(at(&hours, "2026-01-12", 22, 59), "open");
    assert_eq!(at(&hours, "2026-01-13", 4, 59), "open");
    assert_eq!(at(&hours, "2026-01-13", 5, 0), "2026-01-19 weekday 0 22:00");
    assert_eq!(at(&hours, "2026-01-12", 4, 0), "today 22:00", "Sunday's night is not written");
    let away = Hours { holidays: vec!["2026-01-12".to_owned()], ..hours };
    assert_eq!(at(&away, "2026-01-13", 1, 0), "2026-01-19 weekday 0 22:00", "nobody came on the holiday");
}

#[test]
fn nothing_written_is_always_open_and_nothing_within_thirty_days_is_no_promise() {
    assert_eq!(at(&Hours::default(), "2026-01-10", 3, 0), "open");
    let holidays: Vec<String> = (0..8).map(|week| date(20_465 + week * 7).to_string()).collect();
    assert_eq!(holidays.first().map(String::as_str), Some("2026-01-12"));
    let hours = Hours { monday: vec!["09:00-17:00".to_owned()], holidays, ..Hours::default() };
    assert_eq!(at(&hours, "2026-01-12", 10, 0), "closed");
}

#[test]
fn what_makes_no_sense_is_named() {
    for text in [
        "9:00-17:00",
        "09:00–17:00",
        "09:00-09:00",
        "09:00-24:01",
        "24:00-06:00",
        "09:60-10:00",
        "+9:00-10:00",
        "",
    ] {
        let hours = Hours { friday: vec![text.to_owned()], ..Hours::default() };
        let said = at(&hours, "2026-01-12", 10, 0);
        assert!(said.starts_with(&format!("hours.friday: `{text}` is no window")), "{said}");
    }
    for day in ["2026-02-29", "2026-13-01", "2026-00-10", "24.12.2026", "2026-1-1", ""] {
        let said = at(&Hours { holidays: vec![day.to_owned()], ..office() }, "2026-01-12", 10, 0);
        assert_eq!(said, format!("hours.holidays: `{day}` is no day such as 2026-12-25"));
    }
    let alone = Hours { holidays: vec!["2026-12-25".to_owned()], ..Hours::default() };
    assert!(at(&alone, "2026-01-12", 10, 0).contains("no day has opening hours"));
    let said = Hours { zone: "Berlin".to_owned(), ..office() }.closed(0, |_, _| None);
    assert_eq!(said, Err("hours.zone: `Berlin` is no time zone such as Europe/Berlin".to_owned()));
}

#[test]
fn the_calendar_counts_leap_years_and_centuries() {
    for (text, day) in
        [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-01-12", 20_465), ("2100-03-01", 47_541)]
    {
        let date = holiday(text).unwrap();
        assert_eq!((days_from_civil(date), super::date(day)), (day, date), "{text}");
    }
    assert_eq!((0..7).map(weekday).collect::<Vec<_>>(), [3, 4, 5, 6, 0, 1, 2]);
}
