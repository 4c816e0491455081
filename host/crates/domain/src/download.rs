//! How a file that came from outside is handed on: to be saved, never to be shown by a browser. Knows names and header
//! fields, no bytes.

use std::fmt::Write as _;

use crate::shown::is_dangerous;

/// Name of a file whose own name holds nothing that can be shown.
const NAMELESS: &str = "attachment";

/// Header fields of the answer that hands a file on. Whatever the sender called its type, it is bytes; a browser that
/// opens it all the same runs nothing of it in our name.
#[must_use]
pub fn fields(file_name: &str) -> [(&'static str, String); 5] {
    [
        ("content-type", "application/octet-stream".to_owned()),
        ("content-disposition", disposition(file_name)),
        ("x-content-type-options", "nosniff".to_owned()),
        ("content-security-policy", "sandbox; default-src 'none'".to_owned()),
        ("cache-control", "no-store".to_owned()),
    ]
}

/// The name in both spellings (RFC 6266): in ASCII for old programs, whole for all others.
fn disposition(file_name: &str) -> String {
    let name: String = file_name
        .chars()
        .filter(|c| !is_dangerous(*c))
        .map(|c| if matches!(c, '/' | '\\') { '_' } else { c })
        .collect();
    let name = if name.trim().is_empty() { NAMELESS } else { name.trim() };
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '%');
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", encoded(name))
}

/// Percent-encoded but for the characters that stand for themselves in such a value (RFC 8187).
fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_there_in_ascii_and_whole() {
        assert_eq!(
            disposition("Größe 100%.pdf"),
            "attachment; filename=\"Gr__e 100_.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20100%25.pdf"
        );
        assert_eq!(
            disposition("[PERSON-1].txt"),
            "attachment; filename=\"[PERSON-1].txt\"; filename*=UTF-8''%5BPERSON-1%5D.txt"
        );
    }

    #[test]
    fn no_name_ends_the_field_or_leads_elsewhere() {
        for evil in
            ["a\"; x=\"b\r\nSet-Cookie: a=b", "../../etc/passwd", "C:\\a\\b", "\u{202e}fdp.exe", "\r\n", ""]
        {
            let field = disposition(evil);
            assert_eq!(field.matches('"').count(), 2, "{field}");
            assert!(field.is_ascii() && !field.contains(['\r', '\n', '/', '\\']), "{field}");
        }
        assert!(disposition(" \n").starts_with("attachment; filename=\"attachment\";"));
    }

    #[test]
    fn nothing_is_ever_shown() {
        let fields = fields("page.html");
        assert!(fields.contains(&("content-type", "application/octet-stream".to_owned())));
        assert!(fields.contains(&("content-security-policy", "sandbox; default-src 'none'".to_owned())));
    }
}
