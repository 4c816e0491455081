//! The MIME tree in one pass over the lines: leaves in order, each knowing where it hung. Bounded in parts
//! and depth before memory is spent; nested messages stay closed. Forgives missing and misplaced boundaries.

use super::header::{Headers, line_at};
use super::limits;
use super::parameter::Parameters;
use super::transfer::Transfer;

mod boundary;

/// What a part says about itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mime {
    /// `text/plain`, lower case.
    pub(crate) content_type: String,
    pub(crate) charset: Option<String>,
    pub(crate) boundary: Option<String>,
    /// `report-type` of a multipart/report.
    pub(crate) report_type: Option<String>,
    /// `method` of a text/calendar: request, reply, cancel, …
    pub(crate) method: Option<String>,
    pub(crate) flowed: bool,
    pub(crate) delete_space: bool,
    /// `inline`, `attachment`, …
    pub(crate) disposition: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) transfer: Transfer,
}

/// A part that holds no other parts.
pub(crate) struct Leaf<'a> {
    pub(crate) mime: Mime,
    /// Still encoded.
    pub(crate) body: &'a [u8],
    /// The nearest multipart/alternative around it, if any.
    pub(crate) alternative: Option<usize>,
    /// Whether it is a companion (image, style) inside a multipart/related.
    pub(crate) is_companion: bool,
}

/// A mail's parts.
#[derive(Default)]
pub(crate) struct Structure<'a> {
    pub(crate) leaves: Vec<Leaf<'a>>,
    /// The outermost part.
    pub(crate) root: Mime,
    pub(crate) problems: Vec<String>,
}

/// Splits a body into its leaves.
pub(crate) fn split<'a>(headers: &Headers, body: &'a [u8]) -> Structure<'a> {
    let mut root = mime(headers, None);
    let is_multipart = root.content_type.starts_with("multipart/");
    let declared = root.boundary.clone().filter(|b| !b.trim_end().is_empty());
    let wears_parts = declared.as_deref().is_some_and(|declared| boundary::begins_with(body, declared))
        || !headers.has("content-type") && boundary::begins_with_any(body);
    if wears_parts && !is_multipart {
        // The parts are there, only the type is wrong or lost.
        "multipart/mixed".clone_into(&mut root.content_type);
    }
    if root.content_type.starts_with("multipart/")
        && !declared.as_deref().is_some_and(|declared| boundary::occurs(body, declared))
        && let Some(found) = boundary::guess(body)
    {
        root.boundary = Some(found);
    }
    let mut splitter = Splitter { body, ..Splitter::default() };
    splitter.out.root = root.clone();
    splitter.open(root, 0);
    splitter.run();
    splitter.out
}

struct Level {
    id: usize,
    boundary: Vec<u8>,
    is_alternative: bool,
    is_related: bool,
    is_digest: bool,
    children: usize,
    /// Whether something to read was among its parts, however deep.
    has_text: bool,
    /// Where its own content starts: read as text if no part is ever found.
    start: usize,
}

#[derive(Default)]
struct Splitter<'a> {
    body: &'a [u8],
    at: usize,
    parts: usize,
    levels: Vec<Level>,
    next_level: usize,
    /// The leaf being read and where its body starts.
    current: Option<(Mime, usize)>,
    is_full: bool,
    out: Structure<'a>,
}

impl Splitter<'_> {
    fn run(&mut self) {
        while let Some(line) = line_at(self.body, self.at) {
            let (start, content, next) = (self.at, line.content, line.next);
            self.at = next;
            let Some((level, closes)) = self.boundary(content) else { continue };
            self.finish_leaf(start);
            self.levels.truncate(level + 1);
            if closes {
                self.levels.truncate(level);
                continue;
            }
            if self.parts >= limits::PARTS_MAX {
                self.is_full = true;
                self.note(format!(
                    "The mail has more than {} parts; the rest was not read.",
                    limits::PARTS_MAX
                ));
                return;
            }
            self.open_part();
        }
        let end = self.body.len();
        if self.current.is_some() && !self.levels.is_empty() {
            self.note("The mail is cut off: the end of a part is missing.".to_owned());
        }
        self.finish_leaf(end);
        self.rescue_partless();
    }

    /// Which open multipart a line belongs to as its boundary, innermost first, and whether it closes it.
    fn boundary(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = line.strip_prefix(b"--")?;
        self.levels.iter().enumerate().rev().find_map(|(at, level)| {
            let tail = rest.strip_prefix(level.boundary.as_slice())?;
            let (tail, closes) = match tail.strip_prefix(b"--") {
                Some(tail) => (tail, true),
                None => (tail, false),
            };
            tail.trim_ascii().is_empty().then_some((at, closes))
        })
    }

    fn open_part(&mut self) {
        let (headers, length) = Headers::read(self.body.get(self.at..).unwrap_or_default());
        for problem in headers.problems() {
            self.note(problem.clone());
        }
        self.at += length;
        let default_type = self.levels.last_mut().and_then(|level| {
            level.children += 1;
            level.is_digest.then_some("message/rfc822")
        });
        let mime = mime(&headers, default_type);
        self.open(mime, self.at);
    }

    /// Begins a part whose content starts at `start`.
    fn open(&mut self, mut mime: Mime, start: usize) {
        self.parts += 1;
        let is_multipart = mime.content_type.starts_with("multipart/");
        let boundary = mime.boundary.as_deref().filter(|b| !b.trim_end().is_empty() && is_multipart);
        if let Some(boundary) = boundary {
            if self.levels.len() < limits::DEPTH_MAX {
                let subtype = mime.content_type.strip_prefix("multipart/").unwrap_or("");
                self.levels.push(Level {
                    id: self.next_level,
                    boundary: boundary.trim_end().as_bytes().to_vec(),
                    is_alternative: subtype == "alternative",
                    is_related: subtype == "related",
                    is_digest: subtype == "digest",
                    children: 0,
                    has_text: false,
                    start,
                });
                self.next_level += 1;
                return;
            }
            self.note(format!(
                "Parts are nested deeper than {} levels; the inner ones were not opened.",
                limits::DEPTH_MAX
            ));
        }
        if is_multipart && boundary.is_none() {
            // Without a boundary there are no parts, only what people may still be able to read.
            "text/plain".clone_into(&mut mime.content_type);
        }
        self.current = Some((mime, start));
    }

    fn finish_leaf(&mut self, end: usize) {
        let Some((mime, start)) = self.current.take() else { return };
        let body = self.body.get(start..end.max(start)).unwrap_or_default();
        // The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
        let body = if self.levels.is_empty() {
            body
        } else {
            body.strip_suffix(b"\r\n").or_else(|| body.strip_suffix(b"\n")).unwrap_or(body)
        };
        let alternative = self.levels.iter().rev().find(|level| level.is_alternative).map(|level| level.id);
        let is_text = matches!(mime.content_type.as_str(), "text/plain" | "text/html");
        // The first text inside a multipart/related is what the others accompany, wherever it stands.
        let is_companion =
            self.levels.last().is_some_and(|level| level.is_related && (!is_text || level.has_text));
        if is_text {
            self.levels.iter_mut().for_each(|level| level.has_text = true);
        }
        self.out.leaves.push(Leaf { mime, body, alternative, is_companion });
    }

    /// A multipart whose boundary never came: what stands there is shown as text rather than lost.
    fn rescue_partless(&mut self) {
        let Some(level) = self.levels.iter().find(|level| level.children == 0) else { return };
        let body = self.body.get(level.start..).unwrap_or_default();
        if body.trim_ascii().is_empty() {
            return;
        }
        self.note("The mail announces parts but has none; it was read as plain text.".to_owned());
        let mime = Mime { content_type: "text/plain".to_owned(), ..Mime::default() };
        self.out.leaves.push(Leaf { mime, body, alternative: None, is_companion: false });
    }

    /// Once each: ten thousand parts with the same flaw are one problem.
    fn note(&mut self, problem: String) {
        if !self.out.problems.contains(&problem) {
            self.out.problems.push(problem);
        }
    }
}

/// Reads what a part says about itself.
fn mime(headers: &Headers, default_type: Option<&str>) -> Mime {
    let read = |name: &str| headers.text(name).map(|value| Parameters::read(&value)).unwrap_or_default();
    let (content_type, disposition) = (read("content-type"), read("content-disposition"));
    let own = |name: &str| content_type.get(name).map(str::to_owned);
    let is =
        |name: &str, word: &str| content_type.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    Mime {
        content_type: kind(&content_type.value)
            .unwrap_or_else(|| default_type.unwrap_or("text/plain").to_owned()),
        charset: own("charset"),
        boundary: own("boundary"),
        report_type: own("report-type").map(|kind| kind.to_ascii_lowercase()),
        method: own("method").map(|method| method.to_ascii_lowercase()),
        flowed: is("format", "flowed"),
        delete_space: is("delsp", "yes"),
        disposition: Some(disposition.value.clone()).filter(|value| !value.is_empty()),
        file_name: disposition.get("filename").map(str::to_owned).or_else(|| own("name")),
        transfer: headers
            .text("content-transfer-encoding")
            .map(|value| Transfer::of(&value))
            .unwrap_or_default(),
    }
}

/// A media type in its usual spelling; `None` where none is named.
fn kind(value: &str) -> Option<String> {
    const KIND_CHARS_MAX: usize = 100;
    let value: String = value
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '+' | '.' | '_'))
        .take(KIND_CHARS_MAX)
        .collect();
    match value.split_once('/') {
        Some(("", _)) => None,
        Some((main, "")) => Some(bare_kind(main).to_owned()),
        Some(_) => Some(value),
        None if value.is_empty() => None,
        None => Some(bare_kind(&value).to_owned()),
    }
}

/// What half a media type means.
fn bare_kind(word: &str) -> &'static str {
    match word {
        "text" | "plain" => "text/plain",
        "html" => "text/html",
        "multipart" => "multipart/mixed",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(raw: &str) -> (Vec<(String, String)>, Vec<String>) {
        let (headers, start) = Headers::read(raw.as_bytes());
        let structure = split(&headers, &raw.as_bytes()[start..]);
        let found = structure
            .leaves
            .iter()
            .map(|leaf| (leaf.mime.content_type.clone(), String::from_utf8_lossy(leaf.body).into_owned()))
            .collect();
        (found, structure.problems)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn nested_multiparts_yield_their_leaves_in_order() {
        let raw = "Content-Type: multipart/mixed; boundary=\"o\"\r\n\r\npreamble\r\n--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nplain\r\n--i\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--i--\r\n\r\n--o\r\nContent-Type: application/pdf\r\n\r\nPDF\r\n--o--\r\nepilogue";
        let (found, problems) = leaves(raw);
        assert_eq!(
            found,
            pairs(&[("text/plain", "plain"), ("text/html", "<p>html"), ("application/pdf", "PDF")])
        );
        assert!(problems.is_empty());
    }

    #[test]
    fn a_cut_off_mail_keeps_what_is_there() {
        let (found, problems) = leaves(
            "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nhello\n--o\nContent-Type: image/png\n\niVBOR",
        );
        assert_eq!(found, pairs(&[("text/plain", "hello"), ("image/png", "iVBOR")]));
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn a_missing_inner_close_is_healed_by_the_outer_boundary() {
        let (found, _) = leaves(
            "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; boundary=oi\n\n--oi\n\na\n--o\n\nb\n--o--\n",
        );
        assert_eq!(found, pairs(&[("text/plain", "a"), ("text/plain", "b")]));
    }

    #[test]
    fn a_multipart_without_parts_is_read_as_text() {
        let (found, problems) = leaves("Content-Type: multipart/mixed; boundary=o\n\njust text\n");
        assert_eq!(found, pairs(&[("text/plain", "just text\n")]));
        assert_eq!(problems.len(), 1);
        let (found, _) = leaves("Content-Type: multipart/mixed\n\njust text\n");
        assert_eq!(found, pairs(&[("text/plain", "just text\n")]));
    }

    #[test]
    fn parts_are_found_though_their_boundary_is_missing_wrong_or_unannounced() {
        let body =
            "--real\nContent-Type: text/plain\n\nhello\n--real\nContent-Type: image/png\n\nPNG\n--real--\n";
        for head in [
            "Content-Type: multipart/mixed; boundary=other\n\n",
            "Content-Type: multipart/mixed; boundary=\"\"\n\n",
            "Content-Type: multipart/mixed\n\n",
            "Content-Type: multipart/mixed; boun\n\nThis is a MIME message.\n\n",
            "Content-Type: text/html; boundary=real\n\n",
            "Subject: s\n\n",
            "Subject: s\n\nThis is a multi-part message in MIME format.\n\n",
        ] {
            let (found, _) = leaves(&format!("{head}{body}"));
            assert_eq!(found, pairs(&[("text/plain", "hello"), ("image/png", "PNG")]), "{head}");
        }
        let (found, _) = leaves("Content-Type: text/plain\n\n-- \nContent-Type: x\n\nmine\n");
        assert_eq!(found.len(), 1, "a signature is no boundary");
    }

    #[test]
    fn the_text_of_a_related_part_is_read_wherever_it_stands() {
        let related = |first: &str, second: &str| {
            let raw = format!(
                "Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: {first}\n\nx\n--r\nContent-Type: {second}\n\ny\n--r--\n"
            );
            let (headers, start) = Headers::read(raw.as_bytes());
            split(&headers, &raw.as_bytes()[start..])
                .leaves
                .iter()
                .map(|leaf| leaf.is_companion)
                .collect::<Vec<_>>()
        };
        assert_eq!(related("image/png", "text/html"), [true, false]);
        assert_eq!(related("text/html", "text/html"), [false, true]);
    }

    #[test]
    fn half_a_media_type_is_understood() {
        for (value, want) in [
            ("text", "text/plain"),
            ("TEXT/", "text/plain"),
            ("html", "text/html"),
            ("image", "application/octet-stream"),
            ("/plain", "text/plain"),
            ("text/plain (comment)", "text/plain"),
            ("\"text/html\"", "text/html"),
            ("", "text/plain"),
        ] {
            let (headers, _) = Headers::read(format!("Content-Type: {value}\n\n").as_bytes());
            assert_eq!(mime(&headers, None).content_type, want, "{value}");
        }
    }

    #[test]
    fn nested_messages_stay_closed() {
        let (found, _) = leaves(
            "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n--o--\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "message/rfc822");
        assert!(found[0].1.contains("--i--"));
    }

    #[test]
    fn parts_and_depth_are_bounded() {
        let many = format!("Content-Type: multipart/mixed; boundary=o\n\n{}", "--o\n\nx\n".repeat(100_000));
        let (found, problems) = leaves(&many);
        assert!(found.len() <= limits::PARTS_MAX && !problems.is_empty());
        let mut deep = "Content-Type: multipart/mixed; boundary=b0\n\n".to_owned();
        for n in 0..20_000 {
            deep.push_str(&format!("--b{n}\nContent-Type: multipart/mixed; boundary=b{}\n\n", n + 1));
        }
        let (found, problems) = leaves(&deep);
        assert!(found.len() <= 2, "{}", found.len());
        assert!(problems.iter().any(|p| p.contains("nested deeper")), "{problems:?}");
    }

    #[test]
    fn file_names_come_from_every_place_and_spelling() {
        for header in [
            "Content-Disposition: attachment; filename=\"Größe.pdf\"",
            "Content-Disposition: attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf",
            "Content-Disposition: attachment; filename*0*=UTF-8''Gr%C3%B6; filename*1*=%C3%9Fe.pdf",
            "Content-Disposition: attachment; filename=\"=?UTF-8?Q?Gr=C3=B6=C3=9Fe.pdf?=\"",
            "Content-Type: application/pdf; name=\"=?ISO-8859-1?Q?Gr=F6=DFe.pdf?=\"",
        ] {
            let (headers, _) = Headers::read(format!("{header}\n\n").as_bytes());
            assert_eq!(mime(&headers, None).file_name.as_deref(), Some("Größe.pdf"), "{header}");
        }
        let (headers, _) =
            Headers::read(b"Content-Type: application/pdf; name=\"Gr\xf6\xdfe der K\xfcche.pdf\"\n\n");
        assert_eq!(mime(&headers, None).file_name.as_deref(), Some("Größe der Küche.pdf"));
    }
}
