//! `log`: lines for the run's record, harmless to look at and bounded; the rest is counted.

use domain::plugin::Limits;
use domain::run::LogLine;

use crate::bindings::kulanz::plugin::log::{self, Level};
use crate::state::State;
use crate::tame::tame;

/// Longest line kept, bytes.
const LINE_BYTES_MAX: usize = 8 << 10;
/// How the SDK marks the words of a panic.
const PANIC_SIGN: &str = "panic: ";

/// The lines of one run.
#[derive(Debug)]
pub(crate) struct Log {
    lines: Vec<LogLine>,
    lines_left: u32,
    bytes_left: usize,
    dropped: u32,
    panic: Option<String>,
}

impl Log {
    /// Nothing written yet.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            lines: Vec::new(),
            lines_left: limits.log_lines_max,
            bytes_left: limits.log_bytes_max as usize,
            dropped: 0,
            panic: None,
        }
    }

    /// Keeps a line or counts it as dropped. The words of a panic are kept in any case: the fault needs them.
    pub(crate) fn write(&mut self, level: &str, message: String) {
        if self.panic.is_none() && level == "error" && message.starts_with(PANIC_SIGN) {
            self.panic = Some(tame(message.clone(), LINE_BYTES_MAX));
        }
        if self.lines_left == 0 || self.bytes_left == 0 {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let message = tame(message, LINE_BYTES_MAX.min(self.bytes_left));
        self.lines_left -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(message.len().max(1));
        self.lines.push(LogLine { level: level.to_owned(), message });
    }

    /// What the guest said when it panicked.
    pub(crate) fn panic(&self) -> Option<&str> {
        self.panic.as_deref()
    }

    /// Lines, and how many were dropped.
    pub(crate) fn take(&mut self) -> (Vec<LogLine>, u32) {
        (std::mem::take(&mut self.lines), self.dropped)
    }
}

impl log::Host for State {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.meter.call()?;
        let level = match level {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        self.log.write(level, message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: u32, bytes: u32) -> Log {
        Log::new(&Limits { log_lines_max: lines, log_bytes_max: bytes, ..Limits::default() })
    }

    #[test]
    fn lines_past_the_limit_are_counted_not_kept() {
        let mut log = log(2, 1000);
        for _ in 0..5 {
            log.write("info", "x".into());
        }
        let (lines, dropped) = log.take();
        assert_eq!((lines.len(), dropped), (2, 3));
    }

    #[test]
    fn bytes_past_the_limit_are_cut_and_the_next_line_is_dropped() {
        let mut log = log(10, 5);
        log.write("info", "abcdefgh".into());
        log.write("info", "more".into());
        let (lines, dropped) = log.take();
        assert_eq!(lines.first().unwrap().message, "abcde…");
        assert_eq!((lines.len(), dropped), (1, 1));
    }

    #[test]
    fn the_words_of_the_first_panic_survive_a_flooded_log() {
        let mut log = log(0, 0);
        log.write("error", "panic: index out of bounds at src/lib.rs:7".into());
        log.write("error", "panic: another".into());
        assert_eq!(log.panic(), Some("panic: index out of bounds at src/lib.rs:7"));
    }
}
