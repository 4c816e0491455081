//! Bytes to text: as declared, guessed where nothing usable is declared or the declaration cannot be true,
//! always valid UTF-8 without NUL. What a label means stands in `label`.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

mod label;
mod seven_bit;

use label::Codec;

pub(crate) use domain::plain::{is_invisible, line as clean_line, text as clean_text};

/// Text of `bytes` under the declared charset label, if there is one.
pub(crate) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    match label.and_then(label::codec) {
        // ASCII and UTF-8 are declared by default without much thought: only the bytes are believed.
        None => detect(bytes),
        Some(Codec::Web(encoding)) if encoding == UTF_8 => detect(bytes),
        Some(Codec::Web(encoding)) => decode_web(bytes, encoding),
        Some(Codec::Iso2022Kr) => seven_bit::iso_2022_kr(bytes),
        Some(Codec::Hz) => seven_bit::hz(bytes),
        Some(Codec::Utf32) => utf_32(bytes),
        Some(Codec::Old(decode)) => decode(bytes),
    }
}

/// A declared charset is believed unless the bytes say otherwise: they are valid UTF-8 that no text in that
/// charset would be by chance, or much of them means nothing in it.
fn decode_web(bytes: &[u8], encoding: &'static Encoding) -> String {
    /// Pairs of letters are now and then valid UTF-8 by chance, so many are not.
    const LETTERS_BEYOND_CHANCE: usize = 6;
    let (text, _, had_errors) = encoding.decode(bytes);
    if let Ok(plain) = std::str::from_utf8(bytes)
        && !bytes.contains(&0x1b)
    {
        let letters = plain.chars().filter(|c| !c.is_ascii()).take(LETTERS_BEYOND_CHANCE).count();
        if had_errors || letters > 0 && encoding.is_single_byte() || letters == LETTERS_BEYOND_CHANCE {
            return plain.to_owned();
        }
    }
    if had_errors && is_damaged(&text) {
        let other = detect(bytes);
        if replacements(&other) < replacements(&text) {
            return other;
        }
    }
    text.into_owned()
}

/// More than one letter in twenty lost: not damage on the way, but the wrong charset.
fn is_damaged(text: &str) -> bool {
    replacements(text) * 20 > text.chars().count()
}

fn replacements(text: &str) -> usize {
    text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count()
}

fn utf_32(bytes: &[u8]) -> String {
    let (is_little, bytes) = match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => (true, rest),
        [0, 0, 0xfe, 0xff, rest @ ..] => (false, rest),
        // Without a mark: a Latin letter has its zeros behind it or in front of it.
        [first, 0, 0, 0, ..] if *first != 0 => (true, bytes),
        _ => (false, bytes),
    };
    bytes
        .chunks_exact(4)
        .map(|four| {
            let four = <[u8; 4]>::try_from(four).unwrap_or_default();
            let number = if is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) };
            char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect()
}

/// Text of `bytes` of which nothing is known: UTF-8 if it is valid or nearly so, else the likeliest legacy
/// charset.
pub(crate) fn detect(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some((encoding, mark)) = Encoding::for_bom(bytes)
        && encoding != UTF_8
    {
        let text = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(text).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0x1b) => text.to_owned(),
        Err(_) if is_damaged_utf8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => guess(bytes, Clue::default()).decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Whether bytes that are not valid UTF-8 are UTF-8 all the same, cut or hurt on the way: far more whole
/// letters than broken ones.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    const WHOLE_PER_BROKEN: usize = 2;
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole >= WHOLE_PER_BROKEN * broken
}

/// What the surroundings tell about bytes without a declaration.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clue<'a> {
    /// A label that stands elsewhere in the mail.
    pub(crate) label: Option<&'a str>,
    /// The sender's top-level domain, lower case.
    pub(crate) country: Option<&'a str>,
}

/// The likeliest charset of bytes without a declaration.
pub(crate) fn guess(bytes: &[u8], clue: Clue<'_>) -> &'static Encoding {
    if !bytes.contains(&0x1b) && std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    if let Some(Codec::Web(encoding)) = clue.label.and_then(label::codec)
        && encoding != UTF_8
        && encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some()
    {
        return encoding;
    }
    // A little is enough to tell, and the detector costs more than the decoding.
    const SAMPLE_BYTES: usize = 64_000;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes.get(..SAMPLE_BYTES).unwrap_or(bytes), true);
    let country = clue
        .country
        .filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit()));
    detector.guess(country.map(str::as_bytes), Utf8Detection::Allow)
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
    fn old_charsets_of_mail_are_read_where_they_are_declared_and_only_there() {
        assert_eq!(decode(b"Gr+APwA3w-e", Some("utf-7")), "Grüße");
        assert_eq!(decode(b"Gr+APwA3w-e", None), "Gr+APwA3w-e");
        assert_eq!(decode(b"Gr\x81\xe1e", Some("cp850")), "Grüße");
        assert_eq!(decode(b"\xff\xfe\0\0G\0\0\0\xfc\0\0\0", Some("utf-32")), "Gü");
    }

    #[test]
    fn utf_8_that_was_hurt_or_declared_as_something_else_stays_utf_8() {
        let long = "Die Größe der Küche genügt für zwölf Gäste";
        let cut = &long.as_bytes()[..5];
        assert_eq!(decode(long.as_bytes(), Some("iso-8859-1")), long);
        assert_eq!(decode("日本語のメールです".as_bytes(), Some("gb2312")), "日本語のメールです");
        assert_eq!(detect(&[long.as_bytes(), b" \xe2\x82"].concat()), format!("{long} \u{fffd}"));
        assert_eq!(
            detect(&[long.as_bytes(), b" \xff ", long.as_bytes()].concat()),
            format!("{long} \u{fffd} {long}")
        );
        assert!(detect(cut).starts_with("Die G"));
    }

    #[test]
    fn a_declaration_that_cannot_be_true_is_not_believed() {
        let sjis = encoding_rs::SHIFT_JIS.encode("お問い合わせありがとうございます。本日は休業です。").0;
        assert_eq!(decode(&sjis, Some("iso-2022-jp")), "お問い合わせありがとうございます。本日は休業です。");
    }

    #[test]
    fn the_surroundings_help_to_guess() {
        let (short, _, _) = encoding_rs::GBK.encode("订单");
        let clue = Clue { label: Some("gb2312"), country: None };
        assert_eq!(guess(&short, clue), encoding_rs::GBK);
        let clue = Clue { label: None, country: Some("cn") };
        assert_eq!(guess(&encoding_rs::GBK.encode("关于订单的问题").0, clue), encoding_rs::GBK);
        assert_eq!(guess(b"Gr\xfc\xdfe", Clue { label: None, country: Some("DE.") }).name(), "windows-1252");
    }

    #[test]
    fn utf_16_without_a_declaration_is_told_by_its_mark() {
        assert_eq!(detect(b"\xff\xfeH\0i\0"), "Hi");
    }
}
