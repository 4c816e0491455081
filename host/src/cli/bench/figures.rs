//! What a measure came to: figures with units and aims, as a table for people or one JSON object for
//! programs. Knows no measure.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cli::screen;

/// What a figure is to reach on two quiet cores.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

impl Aim {
    fn told(self) -> String {
        match self {
            Self::AtMost(limit) => format!("<= {}", number(limit)),
            Self::AtLeast(limit) => format!(">= {}", number(limit)),
        }
    }

    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }
}

struct Row {
    key: String,
    label: String,
    value: f64,
    unit: &'static str,
    aim: Option<Aim>,
}

/// The figures of one measure, in the order they are told in.
pub(super) struct Figures {
    measure: &'static str,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Figures {
    pub(super) fn of(measure: &'static str) -> Self {
        Self { measure, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a figure. The key is what programs look for; it carries the unit.
    pub(super) fn add(
        &mut self,
        key: impl Into<String>,
        label: impl Into<String>,
        value: f64,
        unit: &'static str,
    ) {
        self.rows.push(Row { key: key.into(), label: label.into(), value, unit, aim: None });
    }

    /// Adds a figure that has an aim.
    pub(super) fn aimed(
        &mut self,
        key: impl Into<String>,
        label: impl Into<String>,
        value: f64,
        unit: &'static str,
        aim: Aim,
    ) {
        self.rows.push(Row { key: key.into(), label: label.into(), value, unit, aim: Some(aim) });
    }

    /// Says how it was measured, or what is to be kept in mind.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints everything on stdout.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return screen::json(&self.json());
        }
        screen::line(machine())?;
        for row in &self.rows {
            let aim = row.aim.map_or_else(String::new, |aim| {
                format!("aim {:<9} {}", aim.told(), if aim.is_met(row.value) { "met" } else { "missed" })
            });
            let line = format!("{:<46} {:>10} {:<10} {aim}", row.label, number(row.value), row.unit);
            screen::line(line.trim_end())?;
        }
        for note in &self.notes {
            screen::line(format_args!("- {note}"))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let figures: Map<String, Value> = self.rows.iter().map(|r| (r.key.clone(), json!(r.value))).collect();
        let aims: Map<String, Value> = self
            .rows
            .iter()
            .filter_map(|r| {
                Some((r.key.clone(), json!({ "aim": r.aim?.told(), "met": r.aim?.is_met(r.value) })))
            })
            .collect();
        json!({
            "measure": self.measure, "version": env!("CARGO_PKG_VERSION"), "machine": machine(),
            "figures": figures, "aims": aims, "notes": self.notes,
        })
    }
}

/// The machine in one line. A figure without it says nothing.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim()))
        .unwrap_or("unknown processor");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    let build = if cfg!(debug_assertions) { "DEBUG BUILD, figures mean nothing" } else { "release build" };
    format!("{cores} x {model}, load {load}, {build}")
}

/// A figure with as many digits as it deserves.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1_000.0 => format!("{value:.0}"),
        size if size >= 100.0 && value.fract() != 0.0 => format!("{value:.1}"),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// Measured times, to be asked for their middle and their ends.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn with_capacity(n: usize) -> Self {
        Self(Vec::with_capacity(n))
    }

    pub(super) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(super) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn sort(&mut self) {
        self.0.sort_unstable();
    }

    /// The time below which `percent` of the sorted times lie, in microseconds; 0 when there are none.
    pub(super) fn at_us(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (self.0.len() * percent / 100).min(last);
        self.0.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }

    /// The same in milliseconds.
    pub(super) fn at_ms(&self, percent: usize) -> f64 {
        self.at_us(percent) / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_sorted_times_are_found_and_of_none_are_zero() {
        let mut times = Times::default();
        assert!(times.at_us(50).abs() < f64::EPSILON);
        for ms in (1..=100).rev() {
            times.push(Duration::from_millis(ms));
        }
        times.sort();
        assert_eq!(
            (times.at_ms(0), times.at_ms(50), times.at_ms(99), times.at_ms(100)),
            (1.0, 51.0, 100.0, 100.0)
        );
        assert_eq!(times.len(), 100);
    }

    #[test]
    fn an_aim_is_met_or_missed_in_its_own_direction() {
        assert!(Aim::AtMost(30.0).is_met(30.0) && !Aim::AtMost(30.0).is_met(30.1));
        assert!(Aim::AtLeast(1_000.0).is_met(1_000.0) && !Aim::AtLeast(1_000.0).is_met(999.0));
    }

    #[test]
    fn programs_find_each_figure_under_its_key_with_its_aim_beside_it() {
        let mut figures = Figures::of("calls");
        figures.add("native_ns", "native", 2.5, "ns");
        figures.aimed("median_us", "median", 20.0, "us", Aim::AtMost(30.0));
        figures.note("one thread");
        let told = figures.json();
        assert_eq!(told["figures"], json!({ "native_ns": 2.5, "median_us": 20.0 }));
        assert_eq!(told["aims"], json!({ "median_us": { "aim": "<= 30", "met": true } }));
        assert_eq!(told["notes"], json!(["one thread"]));
    }

    #[test]
    fn numbers_have_the_digits_they_deserve() {
        assert_eq!(
            [0.0, 0.0123, 0.5, 9.876, 120.0, 123.46, 26_401.7].map(number),
            ["0", "0.0123", "0.50", "9.88", "120", "123.5", "26402"]
        );
    }
}
