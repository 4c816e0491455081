//! Transfer encodings and charsets as the generator needs them, the wrong ways included. Knows no mail.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 on one line, padded.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let at = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            out.push(if digit <= chunk.len() { char::from(ALPHABET[value as usize]) } else { '=' });
        }
    }
    out
}

/// Base64 in lines of this length.
pub fn base64_lines(bytes: &[u8], width: usize) -> String {
    let line = base64(bytes);
    line.as_bytes().chunks(width).map(|c| format!("{}\n", String::from_utf8_lossy(c))).collect()
}

/// Quoted-printable with soft breaks, at the width a program likes.
pub fn quoted_printable(bytes: &[u8], width: usize) -> String {
    let mut out = String::new();
    for line in bytes.split(|b| *b == b'\n') {
        let mut length = 0;
        for byte in line {
            let piece = match byte {
                b' '..=b'~' if *byte != b'=' => char::from(*byte).to_string(),
                _ => format!("={byte:02X}"),
            };
            if length + piece.len() >= width {
                out.push_str("=\n");
                length = 0;
            }
            length += piece.len();
            out.push_str(&piece);
        }
        out.push('\n');
    }
    out.pop();
    out
}

/// Windows-1252; nothing when a character is not in it.
pub fn windows_1252(text: &str) -> Option<Vec<u8>> {
    let byte = |c: char| match c {
        '\u{0}'..='\u{7f}' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        '€' => Some(0x80),
        '„' => Some(0x84),
        '“' => Some(0x93),
        '”' => Some(0x94),
        '–' => Some(0x96),
        _ => None,
    };
    text.chars().map(byte).collect()
}

/// Windows-1251; nothing when a character is not in it.
pub fn windows_1251(text: &str) -> Option<Vec<u8>> {
    let byte = |c: char| match c {
        '\u{0}'..='\u{7f}' => u8::try_from(u32::from(c)).ok(),
        'А'..='я' => u8::try_from(u32::from(c) - 0x410 + 0xc0).ok(),
        'ё' => Some(0xb8),
        _ => None,
    };
    text.chars().map(byte).collect()
}

/// UTF-16 with its mark, little end first.
pub fn utf_16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// An encoded word in Q.
pub fn q_word(charset: &str, bytes: &[u8]) -> String {
    let inner: String = bytes
        .iter()
        .map(|b| match b {
            b' ' => "_".to_owned(),
            b if b.is_ascii_alphanumeric() => char::from(*b).to_string(),
            b => format!("={b:02X}"),
        })
        .collect();
    format!("=?{charset}?Q?{inner}?=")
}

/// An encoded word in B.
pub fn b_word(charset: &str, bytes: &[u8]) -> String {
    format!("=?{charset}?B?{}?=", base64(bytes))
}

/// HTML of a text, a paragraph a block.
pub fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.split("\n\n").map(|block| format!("<p>{}</p>\n", block.replace('\n', "<br>\n"))).collect()
}
