//! How fast texts are searched, natively, on one core: ordinary ones, and ones made to be slow. Counts the
//! processor's time where the system tells it, so that a busy machine does not look like a slow rule.

use std::time::Instant;

use plugin_redaction::{Known, Settings, find};

use crate::chance::Chance;

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
    "Tel. ",
    "geb. ",
    "Straße 1 ",
    "=?",
    "&#x",
    "&#49;",
    "\u{200b}",
    "1\u{200b}",
    "A B C ",
    "Dr. ",
    "01.01.",
    "5KYZdUEo39z3FPrt",
    "key=",
    "key=a1 ",
    "https://a.b/",
    "von ",
    "Ab-",
    "é",
    "1 Ab ",
    "@a ",
    "GmbH ",
    "Ana Li\n",
];

/// Words that dense texts without repetition are made of.
const DENSE: &[&[&str]] = &[
    &["1", "17", "204", "1999", "30159", "4111", "01", "7"],
    &["AB", "12", "M", "4", "Ort", "3a", "HH", "2024"],
    &["12.5.", "3/4", "0171", "-", "49", "(0)", "88", "+"],
    &["Ana", "Li", "von", "Weg", "Berg", "A.", "Tan", "Platz"],
    &["key=", "a:", "::", "x@", "1", ".de", "pin ", "=b"],
];

/// Bytes of one hostile text; and of the ones that show that a byte costs the same in longer texts.
const BYTES: usize = 1_000_000;
const LENGTHS: [usize; 3] = [100_000, BYTES, 4_000_000];

pub(super) fn run(files: &[String]) {
    for path in files {
        match std::fs::read(path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                measure(&format!("{path}, without names"), &text, &Settings::default().with("PERSON", false));
                measure(path, &text, &Settings::default());
            }
            Err(error) => println!("{path}: {error}"),
        }
    }
    let settings = Settings::default();
    for pattern in HOSTILE {
        measure(&format!("{pattern:?}"), &pattern.repeat(BYTES / pattern.len()), &settings);
    }
    for words in DENSE {
        for length in LENGTHS {
            measure(&format!("mixed {:?} …", &words[..3]), &mixed(words, length), &settings);
        }
    }
    for pattern in ["AB 1 ", "a@", "Tel. "] {
        for length in LENGTHS {
            measure(&format!("{pattern:?}"), &pattern.repeat(length / pattern.len()), &settings);
        }
    }
}

fn mixed(words: &[&str], length: usize) -> String {
    let mut chance = Chance::new(1);
    let mut text = String::with_capacity(length + 8);
    while text.len() < length {
        text.push_str(chance.pick::<&str>(words));
        text.push(' ');
    }
    text
}

fn measure(name: &str, text: &str, settings: &Settings) {
    let known = Known::default();
    let begun = Clock::now();
    let found = find(text, &known, settings).len();
    let seconds = begun.seconds();
    let megabytes = text.len() as f64 / 1e6;
    println!(
        "{name:36} {megabytes:6.2} MB {:8.1} ms {:8.1} MB/s {found:7} findings",
        seconds * 1e3,
        megabytes / seconds
    );
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
