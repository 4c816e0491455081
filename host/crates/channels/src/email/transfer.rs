//! Content-Transfer-Encoding, forgivingly: what is no code is skipped, what is cut off is read as far as it goes.

use std::borrow::Cow;

/// How a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Transfer {
    /// 7bit, 8bit, binary and everything unknown.
    #[default]
    Plain,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
}

impl Transfer {
    /// From the header's value.
    pub(crate) fn of(value: &str) -> Self {
        let word = value.trim().trim_end_matches(';').to_ascii_lowercase();
        match word.split([' ', ';', '(']).next().unwrap_or("") {
            "base64" => Self::Base64,
            "quoted-printable" | "quotedprintable" => Self::QuotedPrintable,
            _ => Self::Plain,
        }
    }

    /// The bytes that were meant.
    pub(crate) fn decode<'a>(self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::Plain => Cow::Borrowed(bytes),
            Self::Base64 => Cow::Owned(base64(bytes)),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(bytes, false)),
        }
    }
}

fn sextet(byte: u8) -> Option<u32> {
    match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Base64 with everything foreign skipped. Padding in the middle (two encodings glued together) starts
/// a new quantum.
pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for &byte in bytes {
        if byte == b'=' {
            finish_quantum(&mut out, bits, count);
            (bits, count) = (0, 0);
        } else if let Some(value) = sextet(byte) {
            bits = (bits << 6) | value;
            count += 1;
            if count == 4 {
                out.extend_from_slice(bits.to_be_bytes().get(1..).unwrap_or_default());
                (bits, count) = (0, 0);
            }
        }
    }
    finish_quantum(&mut out, bits, count);
    out
}

fn finish_quantum(out: &mut Vec<u8>, bits: u32, count: u32) {
    let whole = (bits << (6 * (4 - count.min(4)))).to_be_bytes();
    let bytes = match count {
        2 => 1,
        3 => 2,
        _ => 0,
    };
    out.extend_from_slice(whole.get(1..=bytes).unwrap_or_default());
}

/// Quoted-printable; `in_word` for the Q encoding of header words, where `_` is a blank.
pub(crate) fn quoted_printable(bytes: &[u8], in_word: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'=' => {
                match (after.first().copied().and_then(hex_digit), after.get(1).copied().and_then(hex_digit))
                {
                    (Some(high), Some(low)) => {
                        out.push((high << 4) | low);
                        rest = after.get(2..).unwrap_or_default();
                    }
                    _ => match soft_break(after) {
                        Some(skip) => rest = after.get(skip..).unwrap_or_default(),
                        None => out.push(b'='),
                    },
                }
            }
            b'_' if in_word => out.push(b' '),
            other => out.push(other),
        }
    }
    out
}

/// Length of the blanks and the line end after a `=` that only hides a line end.
fn soft_break(after: &[u8]) -> Option<usize> {
    let blanks = after.iter().take_while(|b| **b == b' ' || **b == b'\t').count();
    match (after.get(blanks), after.get(blanks + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(blanks + 2),
        (Some(b'\n'), _) => Some(blanks + 1),
        (None, _) => Some(blanks),
        _ => None,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_survives_line_ends_noise_missing_padding_and_gluing() {
        for (code, want) in [
            ("SGFsbG8=", "Hallo"),
            ("SGFs\r\nbG8", "Hallo"),
            ("SGF*s bG8=!", "Hallo"),
            ("SGFsbG8=SGFsbG8=", "HalloHallo"),
            ("SGFsbG8gV", "Hallo "),
            ("", ""),
            ("=", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&base64(code.as_bytes())), want, "{code}");
        }
    }

    #[test]
    fn quoted_printable_survives_bad_codes_and_soft_breaks() {
        for (code, want) in [
            ("Gr=C3=BC=C3=9Fe", "Grüße"),
            ("lang=\r\nsam", "langsam"),
            ("lang= \nsam", "langsam"),
            ("1+1=zwei", "1+1=zwei"),
            ("Ende=", "Ende"),
            ("=c3=bc", "ü"),
        ] {
            assert_eq!(String::from_utf8_lossy(&quoted_printable(code.as_bytes(), false)), want, "{code}");
        }
        assert_eq!(quoted_printable(b"a_b=5F", true), b"a b_");
    }

    #[test]
    fn unknown_encodings_are_taken_as_they_are() {
        assert_eq!(Transfer::of("8BIT"), Transfer::Plain);
        assert_eq!(Transfer::of(" Base64 ; x"), Transfer::Base64);
        assert_eq!(Transfer::of("x-uuencode"), Transfer::Plain);
    }
}
