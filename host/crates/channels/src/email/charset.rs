//! Bytes to text: as declared, guessed where nothing usable is declared, always valid UTF-8 without NUL.
//! UTF-7 is refused (it hides markup); unknown labels fall back to the guess.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// Text of `bytes` under the declared charset label, if there is one.
pub(crate) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    match label.and_then(encoding_of) {
        // Both are declared by default without much thought: only the bytes themselves are believed.
        None => detect(bytes),
        Some(encoding) if encoding == UTF_8 => detect(bytes),
        Some(encoding) => {
            let (text, _, had_errors) = encoding.decode(bytes);
            match std::str::from_utf8(bytes) {
                Ok(plain) if had_errors => plain.to_owned(),
                _ => text.into_owned(),
            }
        }
    }
}

/// Text of `bytes` of which nothing is known: UTF-8 if it is valid, else the likeliest legacy charset.
pub(crate) fn detect(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0x1b) => text.to_owned(),
        _ => guess(bytes).decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// The likeliest charset of bytes without a declaration.
pub(crate) fn guess(bytes: &[u8]) -> &'static Encoding {
    if !bytes.contains(&0x1b) && std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    // A little is enough to tell, and the detector costs more than the decoding.
    const SAMPLE_BYTES: usize = 64_000;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes.get(..SAMPLE_BYTES).unwrap_or(bytes), true);
    detector.guess(None, Utf8Detection::Allow)
}

/// The encoding behind a label: the web's label table, then the spellings that mail programs invented.
/// `None` for ASCII (declared everywhere, true nowhere), UTF-7 and everything unknown.
pub(crate) fn encoding_of(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    // RFC 2231 allows a language after the charset.
    let label = label.split('*').next().unwrap_or("");
    if matches!(
        label,
        "us-ascii"
            | "ascii"
            | "us_ascii"
            | "ansi_x3.4-1968"
            | "646"
            | "unknown-8bit"
            | "x-unknown"
            | "binary"
    ) || label.contains("utf-7")
        || label.contains("utf7")
    {
        return None;
    }
    if let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) {
        return Some(encoding);
    }
    let squeezed: String = label.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let alias = match squeezed.as_str() {
        "utf8mb4" | "utf8sig" | "utf8bom" => "utf-8",
        "gb2312" | "gbk" | "cp936" | "ms936" | "windows936" | "eucgb2312cn" => "gbk",
        "ksc5601" | "ksc56011987" | "cp949" | "windows949" | "uhc" => "euc-kr",
        "xsjis" | "sjis" | "cp932" | "ms932" | "windows932" | "shiftjisx0213" => "shift_jis",
        "latin1" | "iso88591" | "isolatin1" | "ansi" | "cp1252" | "windows1252" | "win1252"
        | "westerneuropean" => "windows-1252",
        "latin9" | "iso885915" => "iso-8859-15",
        "cp1250" | "windows1250" | "win1250" => "windows-1250",
        "cp1251" | "windows1251" | "win1251" => "windows-1251",
        "macroman" | "mac" | "xmacroman" => "macintosh",
        _ => return None,
    };
    Encoding::for_label_no_replacement(alias.as_bytes())
}

/// Whether a character may stay in stored text. PostgreSQL refuses NUL; the other controls have no
/// business in a mail, and bidi overrides only mislead.
fn may_stay(c: char) -> bool {
    !(c.is_control() && c != '\n' && c != '\t')
}

/// Multi-line text: line ends unified, control characters gone.
pub(crate) fn clean_text(text: &str) -> String {
    let unified: Cow<'_, str> = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    unified.chars().filter(|c| may_stay(*c) && *c != '\u{feff}').collect()
}

/// One-line text: every kind of white space and control character becomes one blank, bidi overrides go.
pub(crate) fn clean_line(text: &str) -> String {
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

/// Characters that show nothing and mislead: bidi controls, zero-width marks, the byte order mark.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_charsets_are_honoured() {
        for (bytes, label, want) in [
            (&b"Gr\xfc\xdfe"[..], "ISO-8859-1", "Grüße"),
            (b"10 \x80", "windows-1252", "10 €"),
            (b"10 \xa4", "iso-8859-15", "10 €"),
            (b"\xc4\xe3\xba\xc3", "gb2312", "你好"),
            (b"\xbe\xc8\xb3\xe7", "ks_c_5601-1987", "안녕"),
            (b"\x83n\x83\x8d\x81[", "x-sjis", "ハロー"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2", "cp1251", "Привет"),
            (b"Gr\xc3\xbc\xc3\x9fe", "utf8", "Grüße"),
            (b"Gr\xfc\xdfe", "Windows1252", "Grüße"),
        ] {
            assert_eq!(decode(bytes, Some(label)), want, "{label}");
        }
    }

    #[test]
    fn undeclared_or_wrongly_declared_bytes_are_guessed() {
        let latin = "Können Sie mir bitte die Größe und den Preis für die Küche schicken? Schöne Grüße";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(latin);
        for label in [None, Some("us-ascii"), Some("utf-8"), Some("x-unknown"), Some("gibberish")] {
            assert_eq!(decode(&bytes, label), latin, "{label:?}");
        }
        assert_eq!(decode("Grüße".as_bytes(), Some("us-ascii")), "Grüße");
    }

    #[test]
    fn utf_7_is_not_decoded() {
        assert_eq!(decode(b"+ADw-script+AD4-", Some("utf-7")), "+ADw-script+AD4-");
    }

    #[test]
    fn nul_and_controls_go_and_line_ends_are_unified() {
        assert_eq!(clean_text("a\0b\r\nc\rd\u{7}e\tf"), "ab\nc\nde\tf");
        assert_eq!(clean_line(" a\r\n\tb\0 c\u{202e}d "), "a b cd");
    }
}
