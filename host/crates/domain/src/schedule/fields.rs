//! Five cron fields as wall-clock times: translates Vixie's dialect into that of the `cron` crate, which
//! reads and enumerates. Knows no zones: wall time travels as UTC.

use chrono::DateTime;
use cron::Schedule;

use crate::Refusal;

/// Longest expression, in bytes.
const EXPRESSION_BYTES_MAX: usize = 256;
/// 1999-12-31 23:59:59, from where the search for a first match starts: 28 years on, dates and weekdays
/// have met in every combination.
const CYCLE_START_S: i64 = 946_684_799;
/// 2028-01-01, the end of that cycle.
const CYCLE_END_S: i64 = 1_830_297_600;

const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const NAMES: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// The wall-clock times of an expression.
#[derive(Debug, Clone)]
pub(super) struct Wall {
    /// One, or two when day of month and day of week are both restricted: either may match.
    schedules: Vec<Schedule>,
    hours_wild: bool,
}

impl Wall {
    /// Reads and checks an expression.
    pub(super) fn parse(expression: &str) -> Result<Self, Refusal> {
        let [minute, hour, day, month, weekday] = split(expression)?;
        let weekdays = weekdays(weekday)?;
        // As in Vixie's cron, a field that begins with `*` (also `*/2`) does not restrict.
        let either = !day.starts_with('*') && !weekday.starts_with('*');
        let days: &[(&str, &str)] =
            if either { &[(day, "*"), ("*", &weekdays)] } else { &[(day, &weekdays)] };
        let mut schedules = Vec::with_capacity(days.len());
        for (day, weekday) in days {
            let text = format!("0 {minute} {hour} {day} {month} {weekday} *");
            schedules.push(text.parse::<Schedule>().map_err(|_| blame(minute, hour, day, month))?);
        }
        let wall = Self { schedules, hours_wild: hour.starts_with('*') };
        if wall.next_after(CYCLE_START_S).is_none_or(|first| first >= CYCLE_END_S) {
            let sentence = "This schedule never fires: no month of it has such a day.";
            return Err(Refusal::new("never_fires", sentence).at("cron"));
        }
        Ok(wall)
    }

    /// Whether it goes by real time rather than by what the clock on the wall says.
    pub(super) const fn follows_real_time(&self) -> bool {
        self.hours_wild
    }

    /// The first match after a wall time.
    pub(super) fn next_after(&self, wall_s: i64) -> Option<i64> {
        let from = DateTime::from_timestamp(wall_s, 0)?;
        self.schedules.iter().filter_map(|s| s.after(&from).next()).map(|at| at.timestamp()).min()
    }

    /// Whether a wall time matches.
    pub(super) fn matches(&self, wall_s: i64) -> bool {
        DateTime::from_timestamp(wall_s, 0).is_some_and(|at| self.schedules.iter().any(|s| s.includes(at)))
    }
}

fn refuse(sentence: impl Into<String>) -> Refusal {
    Refusal::new("bad_cron", sentence).at("cron")
}

/// Five fields of harmless characters.
fn split(expression: &str) -> Result<[&str; 5], Refusal> {
    if expression.len() > EXPRESSION_BYTES_MAX {
        return Err(refuse(format!("A cron expression has at most {EXPRESSION_BYTES_MAX} bytes.")));
    }
    if expression.trim_start().starts_with('@') {
        return Err(refuse(
            "Write the five fields instead of a name such as @daily, for example `0 0 * * *`.",
        ));
    }
    let fields: Vec<&str> = expression.split([' ', '\t']).filter(|f| !f.is_empty()).collect();
    let fields: [&str; 5] = match fields.len() {
        6 => return Err(refuse("A schedule has five fields, this has six: leave out the seconds.")),
        _ => fields.try_into().map_err(|got: Vec<&str>| {
            let five = "minute, hour, day of month, month, day of week";
            refuse(format!("A schedule has five fields ({five}), this has {}.", got.len()))
        })?,
    };
    for (field, name) in fields.iter().zip(NAMES) {
        well_formed(field, name)?;
    }
    Ok(fields)
}

/// The grammar of one field, checked before the parser sees it: the parser allows blanks around its
/// signs, so that `0 -1 *` would read as the range 0-1 and shift all fields by one.
fn well_formed(field: &str, name: &str) -> Result<(), Refusal> {
    if let Some(c) = field.chars().find(|c| !c.is_ascii_alphanumeric() && !"*,-/".contains(*c)) {
        let known = "digits 0 to 9, names such as MON, and * , - /";
        return Err(refuse(format!("The {name} field has the character {c:?}; it may have {known}.")));
    }
    let word = |text: &str| {
        !text.is_empty()
            && (text.bytes().all(|b| b.is_ascii_digit()) || text.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    for item in field.split(',') {
        let (range, step) = item.split_once('/').map_or((item, None), |(r, s)| (r, Some(s)));
        let ranged =
            range == "*" || range.split_once('-').is_some_and(|(first, last)| word(first) && word(last));
        if step.is_some() && word(range) {
            let sentence = format!(
                "The {name} field has the step `{item}`: write a range before the step, as in `5-59/15`."
            );
            return Err(refuse(sentence));
        }
        if !(ranged || word(range))
            || step.is_some_and(|s| s.is_empty() || !s.bytes().all(|b| b.is_ascii_digit()))
        {
            let known = "`*`, a value, a range `1-5`, or a step `*/15`, separated by commas";
            return Err(refuse(format!("The {name} field `{field}` is not understood; write {known}.")));
        }
    }
    Ok(())
}

/// Day-of-week numbers of the `cron` crate (Sunday is 1) for a field in which Sunday is 0 or 7.
fn weekdays(field: &str) -> Result<String, Refusal> {
    if field == "*" {
        return Ok("*".to_owned());
    }
    let bad = || {
        refuse(format!(
            "The day of week field `{field}` must have 0 to 7 (Sunday is 0 or 7) or names such as MON-FRI."
        ))
    };
    let mut days = [false; 7];
    for item in field.split(',') {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let step: usize = step.parse().ok().filter(|s| (1..=7).contains(s)).ok_or_else(bad)?;
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (0, 6),
            Some((first, last)) => (weekday(first, 0).ok_or_else(bad)?, weekday(last, 7).ok_or_else(bad)?),
            None => weekday(range, 0).map(|d| (d, d)).ok_or_else(bad)?,
        };
        if first > last {
            return Err(bad());
        }
        for day in (first..=last).step_by(step) {
            if let Some(slot) = days.get_mut(day % 7) {
                *slot = true;
            }
        }
    }
    let numbers: Vec<String> =
        days.iter().zip(1..).filter(|(on, _)| **on).map(|(_, n): (_, u8)| n.to_string()).collect();
    Ok(numbers.join(","))
}

/// A day of the week; `sunday` is what the name SUN means here: 7 at the end of a range.
fn weekday(text: &str, sunday: usize) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    match WEEKDAYS.iter().position(|name| *name == lower) {
        Some(0) => Some(sunday),
        Some(day) => Some(day),
        None => text.parse().ok().filter(|day| *day <= 7 && text.len() == 1),
    }
}

/// Which field the parser stumbled over: each is tried alone.
fn blame(minute: &str, hour: &str, day: &str, month: &str) -> Refusal {
    let alone = [
        (minute, "minute", "0 to 59", format!("0 {minute} * * * * *")),
        (hour, "hour", "0 to 23", format!("0 * {hour} * * * *")),
        (day, "day of month", "1 to 31", format!("0 * * {day} * * *")),
        (month, "month", "1 to 12 or JAN to DEC", format!("0 * * * {month} * *")),
    ];
    let found = alone.iter().find(|(_, _, _, text)| text.parse::<Schedule>().is_err());
    found.map_or_else(
        || refuse("This is no cron expression: write five fields such as `0 9 * * 1-5`."),
        |(field, name, values, _)| {
            refuse(format!("The {name} field `{field}` must have {values}, lower before higher."))
        },
    )
}
