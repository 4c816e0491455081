//! How fast texts are searched, natively, on one core: ordinary ones, and ones made to be slow.

use std::time::Instant;

use plugin_redaction::{Known, Settings, find};

const HOSTILE: &[&str] = &[
    "a@", "1", "1 ", "::", "-----BEGIN ", "a.", "DE12 ", "0171-", "(at)", "a:1", "BIC ", "[", "[A-1", "4111 1111 ", "Ana ", "12/27 ", "Am 1 ",
    "AB 1 ", "x=1", "password: ", "1.1.", "A1", "Anna Schmidt ", "12 High Street ", "dot ", "eyJ1", "Weg 3, 12345 Ort ",
];

pub(super) fn run(files: &[String]) {
    let known = Known::default();
    let settings = Settings::default();
    let measure = |name: &str, text: &str| {
        let begun = Instant::now();
        let found = find(text, &known, &settings).len();
        let seconds = begun.elapsed().as_secs_f64();
        let megabytes = text.len() as f64 / 1e6;
        println!("{name:24} {megabytes:6.2} MB {:8.1} ms {:8.1} MB/s {found:7} findings", seconds * 1e3, megabytes / seconds);
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
