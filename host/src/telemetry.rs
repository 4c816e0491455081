//! Telling what happens: log lines on stderr (for people or machines) and numbers for Prometheus.
//! Installed once per process; knows no part of the house.

use std::io::IsTerminal;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, Log, LogFormat};

mod series;

/// Bounds of the histograms of durations, seconds: fine where a plugin call lies, coarse where a mail
/// server answers.
const SECONDS: &[f64] =
    &[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Sends log lines to stderr from here on. A second call changes nothing: tests share a process.
///
/// # Errors
/// When the filter cannot be read.
pub fn log_to_stderr(log: &Log) -> Result<(), ConfigError> {
    let filter: EnvFilter = log.filter.parse().map_err(|e| ConfigError(format!("log.filter: {e}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Err means that somebody installed one before: theirs stays.
    let _ = match log.format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    };
    Ok(())
}

/// Counts from here on; the handle renders the text of `/metrics`.
///
/// # Errors
/// When a recorder is there already.
pub fn record_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()
        .context("metrics")?;
    series::introduce();
    Ok(handle)
}
