//! Opening hours: whether somebody is there now, and when again. Pure: the time and the zone's offsets come
//! in; the date is reckoned here.

use std::collections::BTreeSet;
use std::fmt;

/// Days that are searched for the next opening; beyond that no promise is made.
const DAYS_MAX: i64 = 30;
const DAY_S: i64 = 86_400;
const DAY_MINUTES: i64 = 1_440;
/// Clocks change at full quarters of an hour: the next minute that a day has after one it has not.
const QUARTER: usize = 15;

/// Hours as an admin writes them. Nothing written: always open.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hours {
    /// IANA time zone.
    pub zone: String,
    /// Windows of a day, as in `09:00-12:30`.
    pub monday: Vec<String>,
    /// As Monday.
    pub tuesday: Vec<String>,
    /// As Monday.
    pub wednesday: Vec<String>,
    /// As Monday.
    pub thursday: Vec<String>,
    /// As Monday.
    pub friday: Vec<String>,
    /// As Monday.
    pub saturday: Vec<String>,
    /// As Monday.
    pub sunday: Vec<String>,
    /// Days on which nobody is there, as in `2026-12-25`.
    pub holidays: Vec<String>,
}

impl Default for Hours {
    fn default() -> Self {
        let none = Vec::new;
        Self {
            zone: "Europe/Berlin".to_owned(),
            monday: none(),
            tuesday: none(),
            wednesday: none(),
            thursday: none(),
            friday: none(),
            saturday: none(),
            sunday: none(),
            holidays: none(),
        }
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Year.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// When somebody is there again, by the clock of the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The day.
    pub date: Date,
    /// 0 is Monday.
    pub weekday: usize,
    /// Minute of the day.
    pub minute: i64,
    /// Whether the day is today.
    pub today: bool,
}

/// Closed now; with the next opening, where there is one within 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed(pub Option<Opening>);

/// Hours that were read: for each weekday its windows, minutes from and to.
struct Week {
    /// Those that end on the next day end there after `DAY_MINUTES`.
    windows: [Vec<(i64, i64)>; 7],
    holidays: BTreeSet<Date>,
}

impl Hours {
    /// Whether it is closed at an instant; none: open. `offset` is the zone's, in seconds.
    ///
    /// # Errors
    /// A sentence naming the window, the holiday or the zone that makes no sense.
    pub fn closed(
        &self,
        now_ms: u64,
        offset: impl Fn(&str, u64) -> Option<i32>,
    ) -> Result<Option<Closed>, String> {
        let Some(week) = self.read()? else { return Ok(None) };
        let now_s = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX / 2);
        let offset = |at_s: i64| offset(&self.zone, u64::try_from(at_s).unwrap_or(0).saturating_mul(1_000));
        let Some(ahead) = offset(now_s) else {
            return Err(format!("hours.zone: `{}` is no time zone such as Europe/Berlin", self.zone));
        };
        let local = now_s + i64::from(ahead);
        let (today, minute) = (local.div_euclid(DAY_S), local.rem_euclid(DAY_S) / 60);
        if week.of(today).iter().any(|(from, to)| (*from..*to).contains(&minute)) {
            return Ok(None);
        }
        let exists = |day: i64, minute: i64| exists(day * DAY_S + minute * 60, &offset);
        let next = (today..=today + DAYS_MAX).find_map(|day| {
            let after = if day == today { minute } else { -1 };
            let begins = |(from, to): &(i64, i64)| first(*from, *to, |minute| exists(day, minute));
            let minute = week.of(day).iter().filter(|(from, _)| *from > after).find_map(begins)?;
            Some(Opening { date: date(day), weekday: weekday(day), minute, today: day == today })
        });
        Ok(Some(Closed(next)))
    }

    /// The week; none when no hours are written.
    fn read(&self) -> Result<Option<Week>, String> {
        let holidays: BTreeSet<Date> =
            self.holidays.iter().map(|day| holiday(day)).collect::<Result<_, _>>()?;
        let days = [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ];
        if days.iter().all(|(_, written)| written.is_empty()) {
            return match self.holidays.first() {
                Some(day) => {
                    Err(format!("hours.holidays: `{day}` stands there, but no day has opening hours"))
                }
                None => Ok(None),
            };
        }
        let mut windows: [Vec<(i64, i64)>; 7] = Default::default();
        for ((name, written), windows) in days.into_iter().zip(&mut windows) {
            let read = |text: &String| {
                window(text).ok_or_else(|| {
                    format!("hours.{name}: `{text}` is no window such as 09:00-17:00 or 22:00-06:00")
                })
            };
            *windows = written.iter().map(read).collect::<Result<_, _>>()?;
            windows.sort_unstable();
        }
        Ok(Some(Week { windows, holidays }))
    }
}

impl Week {
    /// Windows of a day, counted from 1970.
    fn of(&self, day: i64) -> Vec<(i64, i64)> {
        let night = self.written(day - 1).iter().filter(|(_, to)| *to > DAY_MINUTES);
        let night = night.map(|(_, to)| (0, to - DAY_MINUTES));
        let own = self.written(day).iter().map(|(from, to)| (*from, (*to).min(DAY_MINUTES)));
        night.chain(own).collect()
    }

    /// As the admin wrote them.
    fn written(&self, day: i64) -> &[(i64, i64)] {
        if self.holidays.contains(&date(day)) {
            return &[];
        }
        self.windows.get(weekday(day)).map_or(&[], Vec::as_slice)
    }
}

/// The first minute of a window that the day has.
fn first(from: i64, to: i64, exists: impl Fn(i64) -> bool) -> Option<i64> {
    if exists(from) {
        return Some(from);
    }
    let next_quarter = from - from % 15 + 15;
    (next_quarter..to).step_by(QUARTER).find(|minute| exists(*minute))
}

/// Whether clocks of the zone ever show a local time; they leave out an hour in spring.
fn exists(local_s: i64, offset: &impl Fn(i64) -> Option<i32>) -> bool {
    [-DAY_S, DAY_S].iter().any(|near| {
        let Some(guess) = offset(local_s + near) else { return false };
        let at = local_s - i64::from(guess);
        offset(at) == Some(guess)
    })
}

/// Minutes from and to; `22:00-06:00` ends on the next day.
fn window(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (clock(from)?, clock(to)?);
    let to = if to < from { to + DAY_MINUTES } else { to };
    (from < to && from < DAY_MINUTES).then_some((from, to))
}

/// Minute of the day of `09:30`; the end of the day is `24:00`.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let minute = digits(hours, 2)? * 60 + Some(digits(minutes, 2)?).filter(|m| *m < 60)?;
    (minute <= DAY_MINUTES).then_some(minute)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let plain = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn holiday(text: &str) -> Result<Date, String> {
    let read = || {
        let mut parts = text.splitn(3, '-');
        let year = digits(parts.next()?, 4)?;
        let month = u8::try_from(digits(parts.next()?, 2)?).ok()?;
        let day = u8::try_from(digits(parts.next()?, 2)?).ok()?;
        let written = Date { year, month, day };
        // A day that the calendar has is the same after it was counted.
        (date(days_from_civil(written)) == written).then_some(written)
    };
    read().ok_or_else(|| format!("hours.holidays: `{text}` is no day such as 2026-12-25"))
}

/// 0 is Monday; 1 January 1970 was a Thursday.
fn weekday(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0)
}

/// The date of a day counted from 1970, in the Gregorian calendar.
fn date(day: i64) -> Date {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date { year, month: u8::try_from(month).unwrap_or(0), day: u8::try_from(day).unwrap_or(0) }
}

/// The other way round.
fn days_from_civil(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = date.year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests;
