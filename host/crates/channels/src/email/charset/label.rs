//! Charset labels: the web's table, the spellings that mail programs invented, and the labels that say
//! nothing. Knows names only, no bytes.

use encoding_rs::Encoding;
use mail_parser::decoders::charsets::{DecoderFnc, map::charset_decoder};

/// What stands behind a label.
#[derive(Clone, Copy)]
pub(super) enum Codec {
    /// A charset of the web's table.
    Web(&'static Encoding),
    /// ISO-2022-KR: EUC-KR in seven bits.
    Iso2022Kr,
    /// HZ: GB 2312 in seven bits.
    Hz,
    /// UTF-32 with the byte order of its mark, big-endian without one.
    Utf32,
    /// What only mail still knows (UTF-7, the charsets of DOS).
    Old(DecoderFnc),
}

/// Labels that are declared without knowledge of the bytes.
const SAYS_NOTHING: &[&str] = &[
    "us-ascii",
    "ascii",
    "us_ascii",
    "usascii",
    "ansi_x3.4-1968",
    "iso-ir-6",
    "646",
    "iso646-us",
    "unknown-8bit",
    "x-unknown",
    "unknown",
    "x-user-defined",
    "user-defined",
    "binary",
    "8bit",
    "7bit",
    "default",
    "_autodetect",
    "_autodetect_all",
    "autodetect",
    "charset",
    "none",
    "null",
    "undefined",
];

/// The codec behind a label; `None` when the label says nothing or nobody knows it.
pub(super) fn codec(label: &str) -> Option<Codec> {
    let label = label.trim().trim_matches(['"', '\'', '=', ';', ',', ' ']).to_ascii_lowercase();
    // RFC 2231 allows a language after the charset.
    let label = label.split('*').next().unwrap_or("").trim();
    if label.is_empty() || SAYS_NOTHING.contains(&label) {
        return None;
    }
    if let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) {
        return Some(Codec::Web(encoding));
    }
    let squeezed: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    match squeezed.as_str() {
        "iso2022kr" | "csiso2022kr" => return Some(Codec::Iso2022Kr),
        "hz" | "hzgb2312" | "hzgb" => return Some(Codec::Hz),
        "utf32" | "utf32be" | "utf32le" | "ucs4" => return Some(Codec::Utf32),
        "utf7" | "unicode11utf7" | "xutf7" | "csunicode11utf7" => return old(b"utf-7"),
        _ => {}
    }
    let web = alias(&squeezed).or_else(|| numbered(&squeezed));
    if let Some(encoding) =
        web.as_deref().and_then(|name| Encoding::for_label_no_replacement(name.as_bytes()))
    {
        return Some(Codec::Web(encoding));
    }
    old(label.as_bytes())
}

fn old(label: &[u8]) -> Option<Codec> {
    charset_decoder(label).map(Codec::Old)
}

/// Names without dashes and dots, as programs shorten and lengthen them.
fn alias(squeezed: &str) -> Option<String> {
    let name = match squeezed {
        "utf8mb4" | "utf8sig" | "utf8bom" | "utf8n" | "utf" | "unicode" | "xutf8" | "cp65001" | "utf81" => {
            "utf-8"
        }
        "gb2312" | "gb231280" | "gb23121980" | "gbk" | "cp936" | "ms936" | "windows936" | "eucgb2312cn"
        | "euccn" | "xgbk" | "xeuccn" | "gb" => "gbk",
        "gb180302000" | "gb180302005" => "gb18030",
        "ksc5601" | "ksc56011987" | "ksc56011992" | "cp949" | "windows949" | "xwindows949" | "uhc"
        | "ksx1001" | "euckr" | "xeuckr" | "korean" => "euc-kr",
        "xsjis" | "sjis" | "cp932" | "ms932" | "windows932" | "shiftjisx0213" | "shiftjis" | "mskanji"
        | "windows31j" | "sjiswin" | "xmscp932" => "shift_jis",
        "xeucjp" | "eucjp" | "ujis" | "eucjpms" | "eucjpwin" | "cp51932" => "euc-jp",
        "iso2022jp" | "iso2022jp1" | "iso2022jp2" | "iso2022jp3" | "iso2022jpms" | "cp50220" | "cp50221"
        | "cp50222" | "jis" | "jis7" | "csiso2022jp2" => "iso-2022-jp",
        "big5" | "xbig5" | "big5hkscs" | "big5eten" | "cp950" | "windows950" | "ms950" | "cnbig5"
        | "big5tw" => "big5",
        "latin1"
        | "isolatin1"
        | "ansi"
        | "win1252"
        | "westerneuropean"
        | "western"
        | "isolatin"
        | "iso8859"
        | "latin"
        | "iso88591windows31latin1"
        | "iso88591windows30latin1"
        | "windows28591"
        | "xansi" => "windows-1252",
        "latin2" | "isolatin2" | "win1250" | "windows28592" => "iso-8859-2",
        "latin9" | "latin0" | "isolatin9" | "windows28605" | "iso885915fdis" => "iso-8859-15",
        "koi8" | "koi" | "cskoi8r" | "koi8rus" | "cp878" | "cp20866" => "koi8-r",
        "koi8ru" | "koi8u" | "cp21866" => "koi8-u",
        "cyrillic" => "iso-8859-5",
        "tis620" | "iso885911" | "cp874" | "windows874" | "thai" => "windows-874",
        "macroman" | "mac" | "xmacroman" | "applemacintosh" | "macosroman" => "macintosh",
        "maccyrillic" => "x-mac-cyrillic",
        "iso88598i" | "iso88598e" | "hebrew" => "iso-8859-8",
        "utf16be" | "ucs2be" => "utf-16be",
        "utf16" | "utf16le" | "ucs2" => "utf-16le",
        _ => return None,
    };
    Some(name.to_owned())
}

/// `windows1252`, `cp1252`, `iso88591`, `88591`: a family and a number.
fn numbered(squeezed: &str) -> Option<String> {
    let number = |prefix: &str| {
        squeezed
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    for prefix in ["xiso8859", "iso8859", "is8859", "isoir8859", "8859"] {
        if let Some(part) = number(prefix).and_then(|part| part.parse::<u8>().ok()) {
            return Some(format!("iso-8859-{part}"));
        }
    }
    for prefix in ["windows", "xwindows", "win", "cp", "xcp", "microsoftcp", "ms", "mswin", ""] {
        if let Some(page) = number(prefix).and_then(|page| page.parse::<u16>().ok())
            && (1250..=1258).contains(&page)
        {
            return Some(format!("windows-{page}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(label: &str) -> Option<&'static str> {
        match codec(label)? {
            Codec::Web(encoding) => Some(encoding.name()),
            _ => None,
        }
    }

    #[test]
    fn invented_spellings_lead_to_the_charset_meant() {
        for (label, want) in [
            ("UTF8", "UTF-8"),
            ("\"utf-8\"", "UTF-8"),
            ("utf-8*de", "UTF-8"),
            ("GB2312", "GBK"),
            ("gb_2312-80", "GBK"),
            ("cp936", "GBK"),
            ("ks_c_5601-1987", "EUC-KR"),
            ("CP949", "EUC-KR"),
            ("x-windows-949", "EUC-KR"),
            ("x-sjis", "Shift_JIS"),
            ("windows-31j", "Shift_JIS"),
            ("CP932", "Shift_JIS"),
            ("iso-2022-jp-ms", "ISO-2022-JP"),
            ("cp50221", "ISO-2022-JP"),
            ("x-euc-jp", "EUC-JP"),
            ("cp950", "Big5"),
            ("iso8859-1", "windows-1252"),
            ("ISO_8859_1", "windows-1252"),
            ("iso 8859-1", "windows-1252"),
            ("8859-1", "windows-1252"),
            ("latin-1", "windows-1252"),
            ("ISO-8859-1-Windows-3.1-Latin-1", "windows-1252"),
            ("iso8859_15", "ISO-8859-15"),
            ("win-1251", "windows-1251"),
            ("cp-1251", "windows-1251"),
            ("1251", "windows-1251"),
            ("Windows_1250", "windows-1250"),
            ("koi8", "KOI8-R"),
            ("koi8-u", "KOI8-U"),
            ("tis-620", "windows-874"),
            ("mac", "macintosh"),
        ] {
            assert_eq!(web(label), Some(want), "{label}");
        }
    }

    #[test]
    fn labels_that_say_nothing_lead_nowhere() {
        for label in
            ["", "us-ascii", "x-unknown", "unknown-8bit", "x-user-defined", "default", "gibberish", "cp9"]
        {
            assert!(codec(label).is_none(), "{label}");
        }
    }

    #[test]
    fn what_the_web_forgot_is_still_known() {
        assert!(matches!(codec("ISO-2022-KR"), Some(Codec::Iso2022Kr)));
        assert!(matches!(codec("hz-gb-2312"), Some(Codec::Hz)));
        assert!(matches!(codec("UTF-32LE"), Some(Codec::Utf32)));
        assert!(matches!(codec("unicode-1-1-utf-7"), Some(Codec::Old(_))));
        assert!(matches!(codec("cp850"), Some(Codec::Old(_))));
    }
}
