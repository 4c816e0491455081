//! The workshop: makes the model of names, measures what the plugin finds, and how fast.
//!
//! ```text
//! cargo run --release -p plugin-redaction --example workshop -- train        # writes model/*.bin
//! cargo run --release -p plugin-redaction --example workshop -- score        # the table in docs/redaction.md
//! cargo run --release -p plugin-redaction --example workshop -- misses       # what the score counts as wrong
//! cargo run --release -p plugin-redaction --example workshop -- export DIR   # the same texts for `kulanz eval redact`
//! cargo run --release -p plugin-redaction --example workshop -- speed FILE…
//! cargo run --release -p plugin-redaction --example workshop -- show FILE…   # findings in a text, one a line
//! ```

mod aims;
mod chance;
mod score;
mod speed;
mod templates;
mod train;
mod values;
mod words;

use std::path::PathBuf;

use plugin_redaction::{Known, Settings, find};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("train") => train::run(),
        Some("score") => score::run(false),
        Some("misses") => score::run(true),
        Some("export") => score::export(rest.first().map_or(".", String::as_str)),
        Some("speed") => {
            speed::run(rest);
            Ok(())
        }
        Some("show") => show(rest),
        _ => {
            eprintln!("train | score | misses | export DIR | speed FILE… | show FILE…");
            Ok(())
        }
    }
}

fn show(files: &[String]) -> std::io::Result<()> {
    let settings = Settings::default();
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        for f in find(&text, &Known::default(), &settings) {
            print!("{}\t{}\t", f.start, f.end);
            let from = text.floor_char_boundary(f.start.saturating_sub(30));
            let to = text.ceil_char_boundary((f.end + 20).min(text.len()));
            println!(
                "{}\t{:.2}\t{}\t{:?}\t{:?}",
                f.class,
                f.score,
                f.rule,
                &text[f.start..f.end],
                &text[from..to]
            );
        }
    }
    Ok(())
}

/// A file of the plugin's folder.
fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
