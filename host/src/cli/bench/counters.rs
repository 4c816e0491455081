//! The house's own counters while a measure runs, read from the text that `/metrics` shows.

use std::collections::BTreeMap;

/// Jobs that ended well, and seconds spent in plugins.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counters {
    pub(super) intakes: u64,
    pub(super) turns: u64,
    pub(super) deliveries: u64,
    pub(super) failures: u64,
    pub(super) plugins: BTreeMap<String, Runs>,
}

/// Runs of one plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Runs {
    pub(super) runs: u64,
    pub(super) seconds: f64,
}

impl Counters {
    pub(super) fn read(text: &str) -> Self {
        let mut counters = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let value: f64 = value.parse().unwrap_or(0.0);
            if name.starts_with("kulanz_jobs_total{") {
                counters.job(label(name, "kind"), label(name, "outcome"), value as u64);
            } else if name.starts_with("kulanz_run_seconds_sum{") {
                counters.plugins.entry(label(name, "plugin").to_owned()).or_default().seconds = value;
            } else if name.starts_with("kulanz_run_seconds_count{") {
                counters.plugins.entry(label(name, "plugin").to_owned()).or_default().runs = value as u64;
            }
        }
        counters
    }

    fn job(&mut self, job: &str, outcome: &str, n: u64) {
        match (job, outcome) {
            ("intake", "ok") => self.intakes = n,
            ("turn", "ok") => self.turns = n,
            ("deliver", "ok") => self.deliveries = n,
            (_, "ok") => {}
            _ => self.failures += n,
        }
    }
}

/// Value of a label in `name{label="value",…}`.
fn label<'l>(name: &'l str, label: &str) -> &'l str {
    let Some((_, labels)) = name.split_once('{') else { return "" };
    labels
        .trim_end_matches('}')
        .split(',')
        .find_map(|pair| pair.strip_prefix(label)?.strip_prefix("=\"")?.strip_suffix('"'))
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_failures_and_plugin_times_are_read_and_everything_else_is_left() {
        let text = "# TYPE kulanz_jobs_total counter\n\
            kulanz_jobs_total{kind=\"intake\",outcome=\"ok\"} 12\n\
            kulanz_jobs_total{outcome=\"ok\",kind=\"turn\"} 11\n\
            kulanz_jobs_total{kind=\"turn\",outcome=\"failed\"} 2\n\
            kulanz_run_seconds_bucket{plugin=\"kulanz.triage\",le=\"0.1\"} 5\n\
            kulanz_run_seconds_sum{plugin=\"kulanz.triage\"} 0.25\n\
            kulanz_run_seconds_count{plugin=\"kulanz.triage\"} 11\n\
            other 3\n";
        let expected = Counters {
            intakes: 12,
            turns: 11,
            deliveries: 0,
            failures: 2,
            plugins: BTreeMap::from([("kulanz.triage".into(), Runs { runs: 11, seconds: 0.25 })]),
        };
        assert_eq!(Counters::read(text), expected);
    }
}
