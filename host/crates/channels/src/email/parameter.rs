//! Fields with parameters (Content-Type, Content-Disposition) as programs really write them: RFC 2045 and
//! RFC 2231, and forgiven: missing semicolons and quotes, quotes inside quotes, blanks in bare values.
//! Knows shapes only, not what a type or a parameter means.

use super::{charset, limits, word};

/// A field taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// What stands in front of the parameters, lower case.
    pub(crate) value: String,
    list: Vec<(String, String)>,
}

impl Parameters {
    /// Reads a field's value.
    pub(crate) fn read(text: &str) -> Self {
        let text = text.trim_start_matches([' ', ';', ',']);
        let end =
            (0..=limits::MIME_VALUE_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let text = text.get(..end.unwrap_or(0)).unwrap_or("");
        let head = text.find([';', ' ', ',']).map_or(text, |at| text.get(..at).unwrap_or(""));
        // Some programs forget the type and begin with a parameter.
        let (value, rest) = if head.contains('=') { ("", text) } else { text.split_at(head.len()) };
        let mut raw = Vec::new();
        let mut rest = rest;
        while let Some((name, value, tail)) = next(rest) {
            raw.push((name, value));
            rest = tail;
        }
        Self { value: value.trim_matches(['"', '\'']).to_ascii_lowercase(), list: joined(&raw) }
    }

    /// The parameter's value, decoded.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The next `name=value`, and what stands behind it.
fn next(text: &str) -> Option<(String, String, &str)> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([';', ' ', ',']);
        let end = rest.find(['=', ';'])?;
        let (name, after) = rest.split_at(end);
        match after.strip_prefix('=') {
            // A word without a value; what follows the last blank of `word name=` is the name.
            None => rest = after,
            Some(after) => {
                let name = name.trim_end().rsplit(' ').next().unwrap_or("").to_ascii_lowercase();
                let is_text = name.starts_with("name") || name.starts_with("filename");
                let (value, tail) = value(after.trim_start(), is_text);
                return Some((name, value, tail));
            }
        }
    }
}

/// A value and what stands behind it.
fn value(text: &str, is_text: bool) -> (String, &str) {
    if let Some(inner) = text.strip_prefix('"')
        && let Some(end) = closing_quote(inner)
    {
        let (inner, tail) = inner.split_at(end);
        return (unescaped(inner), tail.get(1..).unwrap_or(""));
    }
    let end = bare_end(text);
    let (bare, tail) = text.split_at(end);
    // A comment behind a bare value; in a file's name parentheses are part of it.
    let bare = if is_text { bare } else { bare.split(" (").next().unwrap_or(bare) };
    (bare.trim().trim_matches('"').to_owned(), tail)
}

/// Where a quoted value ends: at the first quote behind which the value can be over, else at the first one.
fn closing_quote(inner: &str) -> Option<usize> {
    let bytes = inner.as_bytes();
    let mut first = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) => at += 1,
            b'"' => {
                first = first.or(Some(at));
                let after = inner.get(at + 1..).unwrap_or("").trim_start();
                if after.is_empty() || after.starts_with([';', ',', '(']) || starts_parameter(after) {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    first
}

/// Where a bare value ends: at a semicolon, or at a blank behind which a new parameter begins.
fn bare_end(text: &str) -> usize {
    let semicolon = text.find(';').unwrap_or(text.len());
    let value = text.get(..semicolon).unwrap_or("");
    value
        .match_indices(' ')
        .map(|(at, _)| at)
        .find(|at| starts_parameter(value.get(at + 1..).unwrap_or("")))
        .unwrap_or(semicolon)
}

/// Whether `name=` stands at the front.
fn starts_parameter(text: &str) -> bool {
    let name =
        text.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'*' | b'_')).count();
    name > 0 && text.as_bytes().get(name) == Some(&b'=') && !text.get(name..).unwrap_or("").starts_with("=?")
}

/// A backslash escapes quotes and itself only: Windows paths are written with bare ones.
fn unescaped(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next @ ('"' | '\\')) if c == '\\' => {
                out.push(*next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// A piece of a parameter that RFC 2231 cut into several.
struct Piece<'a> {
    number: usize,
    is_encoded: bool,
    text: &'a str,
}

/// Parameters by name; those in pieces put together and decoded. The encoded form of a name wins over the
/// plain one (RFC 6266 §4.3), the first of several equal ones over the later.
fn joined(raw: &[(String, String)]) -> Vec<(String, String)> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in raw {
        let base = name.split('*').next().unwrap_or("");
        if !base.is_empty() && !names.contains(&base) {
            names.push(base);
        }
    }
    let of_name = |base: &&str| {
        let mut pieces: Vec<Piece<'_>> =
            raw.iter().filter_map(|(name, text)| piece(name, text, base)).collect();
        pieces.sort_by_key(|piece| piece.number);
        pieces.dedup_by_key(|piece| piece.number);
        let plain = || raw.iter().find(|(name, _)| name == base).map(|(_, text)| word::decode(text));
        let value = if pieces.is_empty() { plain()? } else { assembled(&pieces) };
        Some(((*base).to_owned(), value))
    };
    names.iter().filter_map(of_name).collect()
}

/// `filename*`, `filename*0`, `filename*0*`.
fn piece<'a>(name: &str, text: &'a str, base: &str) -> Option<Piece<'a>> {
    let rest = name.strip_prefix(base)?.strip_prefix('*')?;
    let (number, is_encoded) = match rest.strip_suffix('*') {
        _ if rest.is_empty() => (0, true),
        Some(number) => (number.parse().ok()?, true),
        None => (rest.parse().ok()?, false),
    };
    Some(Piece { number, is_encoded, text })
}

/// Bytes are joined before they are decoded: a cut may go through a letter.
fn assembled(pieces: &[Piece<'_>]) -> String {
    if !pieces.iter().any(|piece| piece.is_encoded) {
        return word::decode(&pieces.iter().map(|piece| piece.text).collect::<String>());
    }
    let mut label = None;
    let mut bytes = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let mut text = piece.text;
        if at == 0
            && piece.is_encoded
            && let Some((charset, rest)) = text.split_once('\'')
        {
            label = Some(charset);
            text = rest.split_once('\'').map_or(rest, |(_, value)| value);
        }
        if piece.is_encoded {
            bytes.extend(percent_decoded(text))
        } else {
            bytes.extend_from_slice(text.as_bytes())
        }
    }
    charset::decode(&bytes, label)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let digit =
        |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        match (byte, digit(after.first()), digit(after.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str, name: &str) -> Option<String> {
        Parameters::read(text).get(name).map(str::to_owned)
    }

    #[test]
    fn types_and_charsets_are_read_in_every_spelling() {
        for (text, value, charset) in [
            ("text/plain; charset=utf-8", "text/plain", Some("utf-8")),
            ("Text/Plain; CharSet=\"UTF-8\"", "text/plain", Some("UTF-8")),
            ("text/plain;charset = utf-8 ; format=flowed", "text/plain", Some("utf-8")),
            ("text/plain charset=utf-8", "text/plain", Some("utf-8")),
            ("text/plain; charset=utf-8 format=flowed", "text/plain", Some("utf-8")),
            ("text/plain; charset=\"utf-8", "text/plain", Some("utf-8")),
            ("text/plain; charset=utf-8\"", "text/plain", Some("utf-8")),
            ("text/plain; charset=us-ascii (Plain text)", "text/plain", Some("us-ascii")),
            ("text/plain; ; charset=utf-8;", "text/plain", Some("utf-8")),
            ("text/plain; charset", "text/plain", None),
            ("charset=utf-8", "", Some("utf-8")),
            ("; text/plain; charset=x", "text/plain", Some("x")),
            ("", "", None),
            ("=", "", None),
            (";=;=", "", None),
        ] {
            assert_eq!(Parameters::read(text).value, value, "{text}");
            assert_eq!(get(text, "charset").as_deref(), charset, "{text}");
        }
        assert_eq!(get("text/plain; charset=utf-8 format=flowed", "format").unwrap(), "flowed");
        assert_eq!(get("multipart/mixed; boundary=\"=_a=b;c (d)\"", "boundary").unwrap(), "=_a=b;c (d)");
        assert_eq!(get("multipart/mixed; boundary=----=_a; x=y", "boundary").unwrap(), "----=_a");
    }

    #[test]
    fn file_names_survive_what_programs_do_to_them() {
        for (text, want) in [
            ("attachment; filename=report.pdf", "report.pdf"),
            ("attachment; filename=My report (1).pdf", "My report (1).pdf"),
            ("attachment; filename=My report.pdf; size=3", "My report.pdf"),
            ("attachment; filename=\"a;b.pdf\"", "a;b.pdf"),
            ("attachment; filename=\"a \"b\" c.pdf\"", "a \"b\" c.pdf"),
            ("attachment; filename=\"a \\\"b\\\" c.pdf\"", "a \"b\" c.pdf"),
            ("attachment; filename=\"C:\\docs\\a.pdf\"", "C:\\docs\\a.pdf"),
            ("attachment; filename=\"open.pdf", "open.pdf"),
            ("attachment; filename==?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?=", "Grüße.pdf"),
            ("attachment; filename=\"=?utf-8?B?R3LDvMOf?= =?utf-8?B?ZS5wZGY=?=\"", "Grüße.pdf"),
            ("attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf", "Grüße.pdf"),
            ("attachment; filename*=iso-8859-1'de'Gr%FC%DFe.pdf", "Grüße.pdf"),
            ("attachment; filename*=Gr%C3%BC%C3%9Fe.pdf", "Grüße.pdf"),
            ("attachment; filename=\"G.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf", "Grüße.pdf"),
            ("attachment; filename*0*=UTF-8''Gr%C3; filename*1*=%BC%C3%9F; filename*2=e.pdf", "Grüße.pdf"),
            ("attachment; filename*1*=%BC%C3%9Fe.pdf; filename*0*=UTF-8''Gr%C3", "Grüße.pdf"),
            ("attachment; filename*0=\"long \"; filename*1=\"name.pdf\"", "long name.pdf"),
            ("attachment; filename*=gb2312''%C4%E3%BA%C3.pdf", "你好.pdf"),
            ("attachment; filename*=UTF-8''100%.pdf", "100%.pdf"),
        ] {
            assert_eq!(get(text, "filename").as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn endless_fields_end() {
        for text in
            ["a=\"".repeat(50_000), "; a*0*=''".repeat(50_000), "a b=".repeat(50_000), "\"".repeat(100_000)]
        {
            let _ = Parameters::read(&text);
        }
    }
}
