//! Header blocks: fields in order, unfolded, bounded; raw 8-bit text decoded with one guess for the whole
//! block. Knows field shapes (Message-IDs, dates), not what any field means for us.

use domain::Timestamp;
use encoding_rs::{Encoding, UTF_8};

use super::charset::Clue;
use super::{charset, limits, word};

mod clue;

struct Field {
    /// Lower case.
    name: String,
    /// Unfolded, not yet decoded.
    value: Vec<u8>,
}

/// A header block as read.
pub(crate) struct Headers {
    fields: Vec<Field>,
    encoding: &'static Encoding,
    problems: Vec<String>,
}

impl Default for Headers {
    fn default() -> Self {
        Self { fields: Vec::new(), encoding: UTF_8, problems: Vec::new() }
    }
}

impl Headers {
    /// Reads the block at the front of `raw`; also says where the body starts.
    pub(crate) fn read(raw: &[u8]) -> (Self, usize) {
        let mut reader = Reader { raw, at: 0, lines: 0, headers: Self::default() };
        reader.run();
        let body_start = reader.at;
        let mut headers = reader.headers;
        let legacy: Vec<u8> = headers
            .fields
            .iter()
            .filter(|field| !field.value.is_ascii() && std::str::from_utf8(&field.value).is_err())
            .flat_map(|field| field.value.iter().copied().chain([b'\n']))
            .collect();
        if !legacy.is_empty() {
            let label = clue::declared(raw);
            let country = headers
                .fields
                .iter()
                .find(|field| field.name == "from")
                .and_then(|f| clue::country(&f.value));
            let clue = Clue { label: label.as_deref(), country: country.as_deref() };
            headers.encoding = charset::guess(&legacy, clue);
        }
        (headers, body_start)
    }

    /// What went beyond the limits.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The first field of this name as one clean line, encoded words still encoded.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|field| field.name == name).map(|field| self.line(&field.value))
    }

    /// Every field of this name.
    pub(crate) fn all_texts(&self, name: &str) -> Vec<String> {
        self.fields.iter().filter(|field| field.name == name).map(|field| self.line(&field.value)).collect()
    }

    /// Every field of these names with its name, from the top.
    pub(crate) fn in_order(&self, names: &[&str]) -> Vec<(&str, String)> {
        let wanted = self.fields.iter().filter(|field| names.contains(&field.name.as_str()));
        wanted.map(|field| (field.name.as_str(), self.line(&field.value))).collect()
    }

    /// The first field of this name, encoded words decoded.
    pub(crate) fn decoded(&self, name: &str) -> Option<String> {
        self.text(name).map(|value| shorten(&charset::clean_line(&word::decode(&value))))
    }

    /// Whether there is a field of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// How many fields of this name there are.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.fields.iter().filter(|field| field.name == name).count()
    }

    fn line(&self, value: &[u8]) -> String {
        // Escape sequences of ISO-2022-JP are valid UTF-8: the guess was made over the whole block.
        match std::str::from_utf8(value) {
            Ok(text) if !value.contains(&0x1b) => charset::clean_line(text),
            Ok(_) => charset::clean_line(&charset::detect(value)),
            Err(_) => charset::clean_line(&self.encoding.decode_without_bom_handling(value).0),
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(limits::HEADER_VALUE_CHARS_MAX).collect()
}

struct Reader<'a> {
    raw: &'a [u8],
    at: usize,
    lines: usize,
    headers: Headers,
}

impl<'a> Reader<'a> {
    fn run(&mut self) {
        self.skip_leading_rubbish();
        while let Some(line) = self.peek_line() {
            if line.content.is_empty() {
                self.at = line.next;
                return;
            }
            if self.is_rubbish(&line) {
                self.at = line.next;
                continue;
            }
            // A boundary line always ends a part's header block, even without the empty line.
            if line.content.starts_with(b"--") {
                return;
            }
            self.lines += 1;
            if self.lines > limits::HEADER_LINES_MAX || line.next > limits::HEADER_BYTES_MAX {
                self.overflow();
                return;
            }
            if !self.take(&line) {
                return;
            }
            self.at = line.next;
        }
    }

    /// Files an mbox line, continuation or field; false when the body has begun without an empty line.
    fn take(&mut self, line: &Line<'a>) -> bool {
        let is_fold = line.content.first().is_some_and(|b| *b == b' ' || *b == b'\t');
        match (field(line.content), self.headers.fields.last_mut()) {
            (_, Some(last)) if is_fold => {
                last.value.push(b' ');
                last.value.extend_from_slice(trim(line.content));
                true
            }
            (Some((name, value)), _) if !is_fold => {
                self.headers.fields.push(Field { name, value: value.to_vec() });
                true
            }
            // Badly folded lines have no blank in front; they are told from a body by what follows.
            (_, Some(last))
                if line_at(self.raw, line.next).is_some_and(|next| field(next.content).is_some()) =>
            {
                last.value.push(b' ');
                last.value.extend_from_slice(trim(line.content));
                true
            }
            _ => false,
        }
    }

    fn skip_leading_rubbish(&mut self) {
        if self.raw.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        while let Some(line) = self.peek_line() {
            let is_envelope = line.content.starts_with(b"From ") || line.content.starts_with(b">From ");
            if !(line.content.is_empty() || is_envelope) || line.next > limits::HEADER_BYTES_MAX {
                return;
            }
            self.at = line.next;
        }
    }

    /// A line of some transport in front of the first field (`+OK 1234 octets`, `RETR 3`).
    fn is_rubbish(&self, line: &Line<'a>) -> bool {
        const USUAL_FIRST: &[&str] = &[
            "received",
            "return-path",
            "delivered-to",
            "from",
            "date",
            "message-id",
            "subject",
            "to",
            "mime-version",
        ];
        self.headers.fields.is_empty()
            && field(line.content).is_none()
            && line_at(self.raw, line.next)
                .and_then(|next| field(next.content))
                .is_some_and(|(name, _)| USUAL_FIRST.contains(&name.as_str()))
    }

    fn peek_line(&self) -> Option<Line<'a>> {
        line_at(self.raw, self.at)
    }

    /// Leaves the rest of the block unread and finds the body.
    fn overflow(&mut self) {
        self.headers.problems.push(format!(
            "The header block is larger than {} lines or {} kB; the rest of it was not read.",
            limits::HEADER_LINES_MAX,
            limits::HEADER_BYTES_MAX / 1_000
        ));
        while let Some(line) = self.peek_line() {
            self.at = line.next;
            if line.content.is_empty() {
                return;
            }
        }
    }
}

/// A line without its line end, and where the next one starts.
pub(crate) struct Line<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) next: usize,
}

/// The line that starts at `at`.
pub(crate) fn line_at(raw: &[u8], at: usize) -> Option<Line<'_>> {
    let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
    let (content, length) = match rest.iter().position(|b| *b == b'\n') {
        Some(end) => (rest.get(..end)?, end + 1),
        None => (rest, rest.len()),
    };
    // Some gateways turn CR LF into CR CR LF.
    let returns = content.iter().rev().take_while(|b| **b == b'\r').count();
    Some(Line { content: content.get(..content.len() - returns).unwrap_or(content), next: at + length })
}

/// Name (lower case) and value, when the line has the shape of a field.
fn field(line: &[u8]) -> Option<(String, &[u8])> {
    const NAME_BYTES_MAX: usize = 100;
    let colon = line.iter().take(NAME_BYTES_MAX).position(|b| *b == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    if name.is_empty() || !name.iter().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    Some((String::from_utf8_lossy(name).to_ascii_lowercase(), trim(line.get(colon + 1..)?)))
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

/// Message-IDs without their brackets, in order. Broken ones (no brackets, two at signs, blanks inside)
/// are kept as they are: they only have to be equal to themselves.
pub(crate) fn message_ids(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((inside, tail)) = after.split_once('>') else { break };
        push_id(&mut found, inside);
        rest = tail;
    }
    if found.is_empty() {
        for token in value.split([' ', ',', ';']) {
            if token.contains('@') || !value.contains(' ') {
                push_id(&mut found, token);
            }
        }
    }
    found
}

fn push_id(found: &mut Vec<String>, token: &str) {
    let id: String = token.chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>')).collect();
    if !id.is_empty() && id.len() <= limits::MESSAGE_ID_BYTES_MAX {
        found.push(id);
    }
}

/// The instant of a Date field.
pub(crate) fn date(value: &str) -> Option<Timestamp> {
    const DATE_BYTES_MAX: usize = 200;
    if value.len() > DATE_BYTES_MAX {
        return None;
    }
    let date =
        mail_parser::DateTime::parse_rfc822(value).or_else(|| mail_parser::DateTime::parse_rfc3339(value))?;
    if !date.is_valid() || date.year < 1970 {
        return None;
    }
    date.to_timestamp().checked_mul(1_000).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Headers, String) {
        let (headers, start) = Headers::read(text.as_bytes());
        (headers, text[start..].to_owned())
    }

    #[test]
    fn fields_are_unfolded_and_found_whatever_their_case() {
        let (headers, body) =
            read("From a@b Tue\r\nSUBJECT: one\r\n two\r\n\tthree\r\nX-A : 1\r\nx-a: 2\r\n\r\nbody");
        assert_eq!(headers.text("subject").unwrap(), "one two three");
        assert_eq!(headers.all_texts("x-a"), ["1", "2"]);
        assert_eq!(body, "body");
    }

    #[test]
    fn a_badly_folded_line_joins_its_field_and_a_body_without_empty_line_is_found() {
        let (headers, body) = read("Subject: one\ntwo words here\nTo: a@b.example\nHello there\nyou");
        assert_eq!(headers.text("subject").unwrap(), "one two words here");
        assert_eq!(headers.text("to").unwrap(), "a@b.example");
        assert_eq!(body, "Hello there\nyou");
    }

    #[test]
    fn raw_eight_bit_values_are_decoded_with_one_guess_for_the_block() {
        let (headers, _) = Headers::read(
            b"Subject: Gr\xfc\xdfe aus M\xfcnchen, k\xf6nnen Sie helfen?\nFrom: J\xfcrgen <j@x.example>\n\n",
        );
        assert_eq!(headers.decoded("subject").unwrap(), "Grüße aus München, können Sie helfen?");
        assert_eq!(headers.text("from").unwrap(), "Jürgen <j@x.example>");
        let (headers, _) = Headers::read("Subject: Grüße\n\n".as_bytes());
        assert_eq!(headers.decoded("subject").unwrap(), "Grüße");
    }

    #[test]
    fn short_raw_values_follow_the_charset_that_the_body_declares() {
        let (subject, _, _) = encoding_rs::GBK.encode("订单");
        let raw = [&b"Subject: "[..], &subject, b"\nContent-Type: text/plain; charset=gb2312\n\nx"].concat();
        assert_eq!(Headers::read(&raw).0.decoded("subject").unwrap(), "订单");
        let (subject, _, _) = encoding_rs::SHIFT_JIS.encode("注文");
        let raw = [&b"Subject: "[..], &subject, b"\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain; CHARSET=\"shift_jis\"\n\nx"].concat();
        assert_eq!(Headers::read(&raw).0.decoded("subject").unwrap(), "注文");
    }

    #[test]
    fn what_a_transport_left_in_front_is_skipped_and_doubled_returns_are_forgiven() {
        let (headers, body) = read("+OK 123 octets\r\nReceived: from a\r\nSubject: s\r\n\r\nbody");
        assert_eq!((headers.text("subject").unwrap().as_str(), body.as_str()), ("s", "body"));
        let (headers, body) = read("Subject: s\r\r\nTo: a@b.example\r\r\n\r\r\nbody");
        assert_eq!((headers.text("to").unwrap().as_str(), body.as_str()), ("a@b.example", "body"));
        let (headers, body) = read("Hello there\nSome: text\n");
        assert!(!headers.has("some") && body.starts_with("Hello"));
    }

    #[test]
    fn too_many_lines_are_cut_and_the_body_is_still_found() {
        let text = format!("Subject: s\n{}\nbody", "X-A: 1\n".repeat(5_000));
        let (headers, body) = read(&text);
        assert_eq!(headers.text("subject").unwrap(), "s");
        assert!(headers.count("x-a") <= limits::HEADER_LINES_MAX);
        assert_eq!(headers.problems().len(), 1);
        assert_eq!(body, "body");
        let text = format!("Subject: s\nX-A: {}\nX-B: 1\n\nbody", "y".repeat(300_000));
        let (headers, body) = read(&text);
        assert_eq!((headers.has("x-b"), body.as_str(), headers.problems().len()), (false, "body", 1));
    }

    #[test]
    fn message_ids_are_found_broken_or_not() {
        for (value, want) in [
            ("<a@b> <c@d>", vec!["a@b", "c@d"]),
            ("<a@b>,<c@d>", vec!["a@b", "c@d"]),
            ("a@b", vec!["a@b"]),
            ("<a@b@c>", vec!["a@b@c"]),
            ("<a b@c>", vec!["ab@c"]),
            ("<a@b", vec!["a@b"]),
            ("20261122.1234", vec!["20261122.1234"]),
            ("Your mail of Monday", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(message_ids(value), want, "{value}");
        }
    }

    #[test]
    fn dates_are_read_with_their_zone_and_nonsense_is_none() {
        assert_eq!(date("Sun, 22 Nov 2026 10:30:00 +0100").unwrap().to_string(), "2026-11-22T09:30:00.000Z");
        assert_eq!(date("2026-11-22T10:30:00+01:00").unwrap().to_string(), "2026-11-22T09:30:00.000Z");
        for nonsense in ["", "yesterday", "Sun, 99 Nov 2026 10:30:00 +0100", &"9".repeat(1_000)] {
            assert_eq!(date(nonsense), None, "{nonsense}");
        }
    }
}
