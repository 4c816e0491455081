//! What people and programs see: lines on stdout, progress and complaints on stderr.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use domain::shown::is_dangerous;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Writes lines of the result. A closed pipe is an error like any other; `main` knows it.
pub(super) fn line(text: impl std::fmt::Display) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", harmless(&text.to_string()))
}

/// Writes one JSON object as a line of the result.
pub(super) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", escaped(&serde_json::to_string(value)?))?;
    Ok(())
}

/// Says something beside the result.
pub(super) fn say(text: impl std::fmt::Display) {
    // Whoever closed stderr does not want to hear it.
    let _ = writeln!(std::io::stderr(), "{}", harmless(&text.to_string()));
}

/// Strangers' words are shown as well: a mail's subject commands no terminal. Line breaks are our own; theirs were taken
/// out where their words became part of a line.
pub(super) fn harmless(text: &str) -> String {
    let shown =
        |c: char| if is_dangerous(c) && !matches!(c, '\n' | '\t') { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}

/// The same JSON, with the characters escaped that JSON lets stand and terminals obey.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if !is_dangerous(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Into a String nothing fails.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// Says why it did not work.
pub(super) fn complain(text: &str) {
    say(format_args!("error: {text}"));
}

/// Whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a question that only a clear yes answers with yes.
pub(super) fn ask(question: &str) -> std::io::Result<bool> {
    Ok(matches!(typed(&format!("{question} [y/N] "))?.as_str(), "y" | "yes" | "j" | "ja"))
}

/// Asks for one word that nobody types by mistake.
pub(super) fn confirm(question: &str, word: &str) -> std::io::Result<bool> {
    Ok(typed(question)? == word.to_lowercase())
}

/// An answer to a question about several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// All of them.
    Yes,
    /// Some: to be asked one by one.
    Some,
    /// None.
    No,
}

/// Asks a question about several things.
pub(super) fn choose(question: &str) -> std::io::Result<Answer> {
    let answer = typed(&format!("{question} [y]es, [s]ome, [N]o "))?;
    Ok(match answer.as_str() {
        "y" | "yes" | "j" | "ja" => Answer::Yes,
        "s" | "some" | "e" | "einige" => Answer::Some,
        _ => Answer::No,
    })
}

fn typed(question: &str) -> std::io::Result<String> {
    {
        let mut err = std::io::stderr();
        write!(err, "{}", harmless(question))?;
        err.flush()?;
    }
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_lowercase())
}

/// Progress on a terminal; silence elsewhere.
pub(super) fn progress(total: Option<u64>, what: &'static str) -> ProgressBar {
    let template = match total {
        Some(_) => "{msg} {bar:30} {pos}/{len} {per_sec} {eta}",
        None => "{spinner} {msg} {pos} {per_sec}",
    };
    // A template that cannot be read falls back to indicatif's own.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar.set_message(what);
    if std::io::stderr().is_terminal() {
        bar.enable_steady_tick(Duration::from_millis(120));
    } else {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

/// A count with its noun: `1 mail`, `2 mails`.
pub(super) fn count(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_words_command_no_terminal() {
        let subject = "a\u{1b}]0;owned\u{7} b\u{9b}2J\u{202e}c\r";
        assert_eq!(harmless(subject), "a\u{fffd}]0;owned\u{fffd} b\u{fffd}2J\u{fffd}c\u{fffd}");
        assert_eq!(harmless("one\n\ttwo ä 日本"), "one\n\ttwo ä 日本");
    }

    #[test]
    fn json_stays_the_same_json_and_commands_none_either() {
        let value = serde_json::json!({ "subject": "a\u{1b}b\u{9b}2J\u{202e}\u{e0041}ä\n" });
        let text = escaped(&value.to_string());
        assert!(!text.chars().any(is_dangerous), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
