//! Two charsets of the seven-bit days that the web dropped: Korean and Chinese letters as pairs of ASCII
//! bytes between shift marks. Both are turned into their eight-bit form and decoded there.

use encoding_rs::{EUC_KR, GBK};

/// ISO-2022-KR (RFC 1557): SO and SI shift between KS X 1001 and ASCII.
pub(super) fn iso_2022_kr(bytes: &[u8]) -> String {
    const DESIGNATION: &[u8] = b"\x1b$)C";
    let mut out = Vec::with_capacity(bytes.len());
    let mut shifted = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(DESIGNATION) {
            rest = after;
            continue;
        }
        rest = after;
        match byte {
            0x0e => shifted = true,
            0x0f => shifted = false,
            // A line end always returns to ASCII.
            b'\n' => {
                shifted = false;
                out.push(byte);
            }
            0x21..=0x7e if shifted => out.push(byte | 0x80),
            _ => out.push(byte),
        }
    }
    EUC_KR.decode_without_bom_handling(&out).0.into_owned()
}

/// HZ (RFC 1843): `~{` and `~}` shift between GB 2312 and ASCII.
pub(super) fn hz(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut shifted = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let (mark, skip) = match (byte, after.first()) {
            (b'~', Some(b'{')) if !shifted => (Some(true), 2),
            (b'~', Some(b'}')) if shifted => (Some(false), 2),
            (b'~', Some(b'~')) if !shifted => {
                out.push(b'~');
                (None, 2)
            }
            // A soft line end.
            (b'~', Some(b'\n')) if !shifted => (None, 2),
            (b'\n', _) => {
                out.push(byte);
                (Some(false), 1)
            }
            (0x21..=0x7e, _) if shifted => {
                out.push(byte | 0x80);
                (None, 1)
            }
            _ => {
                out.push(byte);
                (None, 1)
            }
        };
        shifted = mark.unwrap_or(shifted);
        rest = rest.get(skip..).unwrap_or_default();
    }
    GBK.decode_without_bom_handling(&out).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_korean_and_chinese_are_read() {
        assert_eq!(iso_2022_kr(b"\x1b$)C\x0e>H3g\x0f, Kim"), "안녕, Kim");
        assert_eq!(iso_2022_kr(b"\x1b$)C\x0e>H\nplain"), "안\nplain");
        assert_eq!(hz(b"~{Dc:C~}, Li ~~ 5"), "你好, Li ~ 5");
        assert_eq!(hz(b"one ~\ntwo"), "one two");
    }

    #[test]
    fn cut_off_shifts_do_no_harm() {
        for bytes in [&b"\x0e"[..], b"\x0e>", b"\x1b$)", b"~", b"~{", b"~{D", b""] {
            let _ = (iso_2022_kr(bytes), hz(bytes));
        }
    }
}
