//! How fast texts are searched, natively, on one core: ordinary ones, and ones made to be slow. Counts the
//! processor's time where the system tells it, so that a busy machine does not look like a slow rule.

use std::time::Instant;

use plugin_redaction::{Known, Settings, find};

const HOSTILE: &[&str] = &[
    "a@",
    "1",
    "1 ",
    "::",
    "-----BEGIN ",
    "a.",
    "DE12 ",
    "0171-",
    "(at)",
    "a:1",
    "BIC ",
    "[",
    "[A-1",
    "4111 1111 ",
    "Ana ",
    "12/27 ",
    "Am 1 ",
    "AB 1 ",
    "x=1",
    "password: ",
    "1.1.",
    "A1",
    "Anna Schmidt ",
    "12 High Street ",
    "dot ",
    "eyJ1",
    "Weg 3, 12345 Ort ",
];

pub(super) fn run(files: &[String]) {
    let known = Known::default();
    let settings = Settings::default();
    let measure = |name: &str, text: &str| {
        let begun = Clock::now();
        let found = find(text, &known, &settings).len();
        let seconds = begun.seconds();
        let megabytes = text.len() as f64 / 1e6;
        println!(
            "{name:24} {megabytes:6.2} MB {:8.1} ms {:8.1} MB/s {found:7} findings",
            seconds * 1e3,
            megabytes / seconds
        );
    };
    for path in files {
        match std::fs::read(path) {
            Ok(bytes) => measure(path, &String::from_utf8_lossy(&bytes)),
            Err(error) => println!("{path}: {error}"),
        }
    }
    for pattern in HOSTILE {
        measure(&format!("{pattern:?}"), &pattern.repeat(1_000_000 / pattern.len()));
    }
}

/// Processor time of this process on Linux, the time on the wall elsewhere.
struct Clock(Option<f64>, Instant);

impl Clock {
    fn now() -> Self {
        Self(on_processor(), Instant::now())
    }

    fn seconds(&self) -> f64 {
        match (self.0, on_processor()) {
            (Some(begun), Some(now)) => now - begun,
            _ => self.1.elapsed().as_secs_f64(),
        }
    }
}

/// Seconds this process has run.
fn on_processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}
