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
    /// uuencode, from before MIME.
    Uuencode,
}

impl Transfer {
    /// From the header's value.
    pub(crate) fn of(value: &str) -> Self {
        let word = value.trim().split([' ', ';', '(', ',']).next().unwrap_or("");
        let squeezed: String =
            word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        match squeezed.as_str() {
            "base64" => Self::Base64,
            "quotedprintable" | "quoted" | "qp" => Self::QuotedPrintable,
            "xuuencode" | "uuencode" | "xuue" | "uue" => Self::Uuencode,
            _ => Self::Plain,
        }
    }

    /// The bytes that were meant.
    pub(crate) fn decode<'a>(self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::Plain => Cow::Borrowed(bytes),
            Self::Base64 => {
                let code = without_footer(bytes);
                if is_sentences(code) { Cow::Borrowed(bytes) } else { Cow::Owned(base64(code)) }
            }
            Self::Uuencode => uudecode(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(bytes, false)),
        }
    }
}

/// Whether what is declared as base64 is plain text: words and punctuation where no code has any.
fn is_sentences(bytes: &[u8]) -> bool {
    const LOOKED_AT_BYTES: usize = 4_000;
    let front = bytes.get(..LOOKED_AT_BYTES).unwrap_or(bytes).trim_ascii();
    let foreign =
        front.iter().filter(|b| sextet(**b).is_none() && !matches!(b, b'=' | b'\r' | b'\n')).count();
    foreign * 10 > front.len() && front.contains(&b' ')
}

/// Mailing lists add their footer in plain text behind the padding: it is no code.
fn without_footer(bytes: &[u8]) -> &[u8] {
    let Some(padding) = bytes.iter().position(|b| *b == b'=') else { return bytes };
    let rest = bytes.get(padding..).unwrap_or_default();
    let end = padding + rest.iter().take_while(|b| **b == b'=').count();
    let is_code =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=') || b.is_ascii_whitespace();
    let behind = bytes.get(end..).unwrap_or_default();
    if behind.iter().all(is_code) { bytes } else { bytes.get(..end).unwrap_or(bytes) }
}

/// The file between `begin 644 name` and `end`; `None` where there is none.
fn uudecode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut lines = bytes.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.by_ref().find(|line| line.starts_with(b"begin "))?;
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    for line in lines {
        let Some((&first, code)) = line.split_first() else { continue };
        if line == b"end" {
            break;
        }
        let length = usize::from(first.wrapping_sub(32) & 63);
        let begun = out.len();
        for four in code.chunks(4) {
            let bits = (0..4).fold(0u32, |bits, at| {
                bits << 6 | four.get(at).map_or(0, |b| u32::from(b.wrapping_sub(32) & 63))
            });
            out.extend_from_slice(bits.to_be_bytes().get(1..).unwrap_or_default());
        }
        out.truncate(begun + length);
    }
    Some(out)
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
    fn text_that_only_claims_to_be_base64_is_taken_as_it_is() {
        let text = b"Dear team,\nwhere is my parcel? It should be here by now.\nAnna\n";
        assert_eq!(Transfer::Base64.decode(text).as_ref(), text);
    }

    #[test]
    fn a_footer_behind_the_padding_is_no_code() {
        let code = b"SGFsbG8=\n_____________\nlist mailing list: list@x.example\n";
        assert_eq!(Transfer::Base64.decode(code).as_ref(), b"Hallo");
    }

    #[test]
    fn uuencoded_files_are_read() {
        assert_eq!(Transfer::Uuencode.decode(b"begin 644 a.txt\n%2&%L;&\\ \n`\nend\n").as_ref(), b"Hallo");
        assert_eq!(Transfer::Uuencode.decode(b"no code").as_ref(), b"no code");
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
        assert_eq!(Transfer::of("\"Quoted-Printable\""), Transfer::QuotedPrintable);
        assert_eq!(Transfer::of("base-64"), Transfer::Base64);
        assert_eq!(Transfer::of("x-uuencode"), Transfer::Uuencode);
    }
}
