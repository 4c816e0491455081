//! Texts from outside made plain at the door: without NUL, which PostgreSQL cannot hold, and without control characters,
//! which nobody meant to write. Every intake asks here; what a text says, and how long it may be, is not known.

use std::borrow::Cow;

/// A text of several lines: whatever ends a line or a page is a line feed; no other control character but tab, no mark
/// of byte order.
#[must_use]
pub fn text(text: &str) -> String {
    let unified: Cow<'_, str> = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let with_line_feeds = unified.chars().map(|c| if ends_a_line(c) { '\n' } else { c });
    with_line_feeds.filter(|c| may_stay(*c) && *c != '\u{feff}').collect()
}

/// A text on one line: white space and control characters become one blank, what misleads and shows nothing goes.
#[must_use]
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        if is_invisible(c) || c == '\0' {
            continue;
        }
        if c.is_control() || c == ' ' || c == '\u{2028}' || c == '\u{2029}' {
            blank = !line.is_empty();
            continue;
        }
        if std::mem::take(&mut blank) {
            line.push(' ');
        }
        line.push(c);
    }
    line
}

/// Vertical tab, form feed, next line, line and paragraph separator: without them words would be joined.
fn ends_a_line(c: char) -> bool {
    matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn may_stay(c: char) -> bool {
    !(c.is_control() && c != '\n' && c != '\t')
}

/// Characters that show nothing and mislead: bidi controls, zero-width marks, the byte order mark.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    #[test]
    fn nul_and_controls_go_and_line_ends_are_unified() {
        assert_eq!(super::text("a\0b\r\nc\rd\u{7}e\tf\u{1b}[0m"), "ab\nc\nde\tf[0m");
        assert_eq!(super::text("a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f"), "a\nb\nc\nd\ne\nf");
        assert_eq!(super::line(" a\r\n\tb\0 c\u{202e}d \u{7}"), "a b cd");
        assert_eq!(super::line("a\r\nBcc: x@y.example"), "a Bcc: x@y.example");
        assert_eq!(super::line("\0\r\n"), "");
    }
}
