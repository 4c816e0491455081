//! Makes text that came out of the sandbox harmless to look at: on a terminal, in a log, on a page.
//!
//! Control characters (also the escape that starts terminal sequences) and characters that turn the
//! reading direction are replaced; a line break becomes a visible sign, so that no line can be forged.

use domain::shown::is_dangerous;

/// Stands where a dangerous character stood.
const REPLACEMENT: char = '\u{FFFD}';
/// Stands where a line break stood.
const LINE_BREAK: char = '⏎';
/// Stands at the end of a text that was cut.
const CUT: char = '…';

/// The text without dangerous characters and at most `bytes_max` bytes long (plus the sign of the cut).
pub(crate) fn tame(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push(CUT);
    }
    harmless(text, LINE_BREAK, REPLACEMENT)
}

/// The text on one line without dangerous characters, never longer than it was: bounds on it hold as before.
pub(crate) fn flat(text: String) -> String {
    harmless(text, ' ', '?')
}

fn harmless(text: String, line_break: char, replacement: char) -> String {
    let sign = |c| match c {
        '\n' => line_break,
        '\t' => ' ',
        _ if is_dangerous(c) => replacement,
        _ => c,
    };
    if text.chars().any(is_dangerous) { text.chars().map(sign).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_reading_order_tricks_lose_their_teeth() {
        assert_eq!(tame("a\u{1b}[31mred\u{202e}txt".into(), 100), "a\u{fffd}[31mred\u{fffd}txt");
    }

    #[test]
    fn a_line_break_cannot_forge_a_second_line() {
        assert_eq!(tame("one\ntwo\tthree\r".into(), 100), "one⏎two three\u{fffd}");
    }

    #[test]
    fn a_cut_never_halves_a_character() {
        assert_eq!(tame("äöü".into(), 3), "ä…");
    }

    #[test]
    fn what_is_made_flat_does_not_grow() {
        let text = "one\ntwo\u{1b}[2J\u{9b}\u{202e}ü";
        let flat = flat(text.to_owned());
        assert_eq!(flat, "one two?[2J??ü");
        assert!(flat.len() <= text.len());
    }

    #[test]
    fn ordinary_text_passes_unchanged() {
        assert_eq!(tame("Grüße, 日本".into(), 100), "Grüße, 日本");
    }
}
