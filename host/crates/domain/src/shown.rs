//! Which characters do harm by being shown: on a terminal, in a log, on a page. Knows single characters only.

/// Whether a character moves the cursor, starts a terminal's sequence, ends a line or turns the reading direction.
#[must_use]
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // bidirectional embeddings, overrides, isolates and marks (UAX #9)
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            // separators that some readers take for line breaks; invisible tags
            | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}
