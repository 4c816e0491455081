//! One linear pass over foreign HTML: known tags only, few attributes, tags balanced, size and depth cut.
//! Not the safety barrier (ammonia is): it keeps the parsers behind it inside their linear range.

use super::{escape, limits};

/// Tags of mail text.
pub(super) const TAGS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

/// Tags whose content is not text for people.
const SILENT: &[&str] = &[
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "svg", "math", "object",
    "select", "template", "applet", "audio", "video", "xml", "canvas",
];

/// Tags that end an open paragraph.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// Attributes that are looked at at all.
const ATTRIBUTES: &[&str] = &["href", "src", "alt", "title", "colspan", "rowspan"];

/// Tamed HTML, and whether the end was cut off.
pub(super) fn tame(html: &str) -> (String, bool) {
    let cut = html.len() > limits::HTML_BYTES_MAX;
    let end = if cut {
        (0..=limits::HTML_BYTES_MAX).rev().find(|at| html.is_char_boundary(*at)).unwrap_or(0)
    } else {
        html.len()
    };
    let mut tamer = Tamer {
        rest: html.get(..end).unwrap_or(""),
        out: String::with_capacity(end),
        open: Vec::new(),
        missing: Vec::new(),
    };
    tamer.run();
    (tamer.out, cut)
}

struct Tamer<'a> {
    rest: &'a str,
    out: String,
    open: Vec<&'static str>,
    /// Ends that were looked for and do not come again: looked for once only, so the pass stays linear.
    missing: Vec<&'static str>,
}

impl<'a> Tamer<'a> {
    fn run(&mut self) {
        while let Some(at) = self.rest.find('<') {
            let (text, tag) = self.rest.split_at(at);
            self.text(text);
            self.rest = tag;
            let next = tag.as_bytes().get(1).copied().unwrap_or(0);
            match next {
                b'!' if tag.starts_with("<!--") => self.skip_past("-->", 4),
                b'!' | b'?' => self.skip_past(">", 1),
                b'/' if tag.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) => self.close_tag(),
                b if b.is_ascii_alphabetic() => {
                    if !self.open_tag() {
                        return self.finish_as_text();
                    }
                }
                _ => {
                    self.out.push_str("&lt;");
                    self.rest = tag.get(1..).unwrap_or("");
                }
            }
        }
        self.finish_as_text();
    }

    /// The rest holds no tag any more.
    fn finish_as_text(&mut self) {
        let rest = std::mem::take(&mut self.rest).replace('<', "&lt;");
        self.text(&rest);
        while let Some(tag) = self.open.pop() {
            self.end(tag);
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !text.trim_ascii().is_empty() {
            self.ensure_cell();
        }
        self.out.push_str(text);
    }

    /// Text straight inside a table would be moved in front of it, one costly insertion each.
    fn ensure_cell(&mut self) {
        match self.open.last() {
            Some(&("table" | "tbody" | "thead" | "tfoot")) => {
                self.start("tr", "");
                self.start("td", "");
            }
            Some(&"tr") => self.start("td", ""),
            _ => {}
        }
    }

    fn skip_past(&mut self, end: &'static str, shortest: usize) {
        let found = if self.missing.contains(&end) {
            None
        } else {
            self.rest.get(1..).and_then(|rest| rest.find(end))
        };
        match found {
            Some(at) => self.rest = self.rest.get(1 + at + end.len()..).unwrap_or(""),
            None => {
                self.missing.push(end);
                self.rest = self.rest.get(shortest..).unwrap_or("");
            }
        }
    }

    fn close_tag(&mut self) {
        let name = tag_name(self.rest.get(2..).unwrap_or(""));
        match self.rest.find('>') {
            Some(at) => self.rest = self.rest.get(at + 1..).unwrap_or(""),
            None => self.rest = "",
        }
        let Some(tag) = known(&name) else { return };
        // A cell's content does not close the table around it.
        let fence =
            self.open.iter().rposition(|open| matches!(*open, "td" | "th")).filter(|_| !is_table(tag));
        let innermost = self.open.iter().rposition(|open| *open == tag);
        if let Some(at) = innermost.filter(|at| fence.is_none_or(|fence| *at > fence)) {
            self.close_through(at);
        }
    }

    /// Handles a start tag; false when it never ends.
    fn open_tag(&mut self) -> bool {
        let name = tag_name(self.rest.get(1..).unwrap_or(""));
        let Some(length) = tag_length(self.rest) else { return false };
        let (tag_text, rest) = self.rest.split_at(length);
        self.rest = rest;
        if let Some(silent) = SILENT.iter().find(|silent| **silent == name) {
            if !tag_text.ends_with("/>") {
                self.skip_silent(silent);
            }
            return true;
        }
        let Some(tag) = known(&name) else { return true };
        self.close_implied(tag);
        if self.open.len() >= limits::HTML_DEPTH_MAX {
            return true;
        }
        if !is_table(tag) {
            self.ensure_cell();
        }
        let attributes =
            if tag_text.len() <= limits::HTML_TAG_BYTES_MAX { attributes(tag_text) } else { String::new() };
        self.start(tag, &attributes);
        true
    }

    fn start(&mut self, tag: &'static str, attributes: &str) {
        self.out.push('<');
        self.out.push_str(tag);
        self.out.push_str(attributes);
        self.out.push('>');
        if !matches!(tag, "br" | "hr" | "img") {
            self.open.push(tag);
        }
    }

    fn end(&mut self, tag: &str) {
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    fn close_through(&mut self, at: usize) {
        while self.open.len() > at {
            let Some(tag) = self.open.pop() else { return };
            self.end(tag);
        }
    }

    /// Closes what a start tag closes without saying so.
    fn close_implied(&mut self, tag: &str) {
        let (closes, fences): (&[&str], &[&str]) = match tag {
            "li" => (&["li"], &["ul", "ol", "table", "td", "th", "blockquote"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl", "table", "td", "th", "blockquote"]),
            "td" | "th" => (&["td", "th", "caption"], &["tr", "table"]),
            "tr" => (&["tr", "caption"], &["table"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot", "caption", "tr"], &["table"]),
            "a" => (&["a"], &["table", "td", "th"]),
            _ => (&[], &[]),
        };
        self.close_up_to(closes, fences);
        if BLOCKS.contains(&tag) {
            self.close_up_to(&["p"], &["table", "td", "th", "caption"]);
        }
    }

    /// Closes the outermost of `closes` that is inside the innermost of `fences`.
    fn close_up_to(&mut self, closes: &[&str], fences: &[&str]) {
        let fence = self.open.iter().rposition(|open| fences.contains(open)).map_or(0, |at| at + 1);
        let inner = self
            .open
            .iter()
            .enumerate()
            .skip(fence)
            .find(|(_, open)| closes.contains(open))
            .map(|(at, _)| at);
        if let Some(at) = inner {
            self.close_through(at);
        }
    }

    fn skip_silent(&mut self, tag: &'static str) {
        if self.missing.contains(&tag) {
            return;
        }
        match find_close(self.rest, tag) {
            Some(at) => self.rest = self.rest.get(at..).unwrap_or(""),
            None => self.missing.push(tag),
        }
    }
}

fn is_table(tag: &str) -> bool {
    matches!(tag, "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "caption")
}

fn known(name: &str) -> Option<&'static str> {
    match name {
        // Old spellings of what we keep.
        "font" | "o:p" => Some("span"),
        _ => TAGS.iter().find(|tag| **tag == name).copied(),
    }
}

fn tag_name(text: &str) -> String {
    const NAME_BYTES_MAX: usize = 20;
    text.bytes()
        .take(NAME_BYTES_MAX)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-'))
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect()
}

/// Bytes up to and with the `>` that ends the tag; quotes count only after `=`.
fn tag_length(tag: &str) -> Option<usize> {
    let mut quote: Option<u8> = None;
    let mut after_equals = false;
    for (at, byte) in tag.bytes().enumerate() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None => match byte {
                b'>' => return Some(at + 1),
                b'"' | b'\'' if after_equals => quote = Some(byte),
                b'=' => after_equals = true,
                b if b.is_ascii_whitespace() => {}
                _ => after_equals = false,
            },
        }
    }
    None
}

/// Where the text after `</tag …>` goes on.
fn find_close(text: &str, tag: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..)?.windows(2).position(|pair| pair == b"</") {
        let name_at = at + found + 2;
        if bytes
            .get(name_at..name_at + tag.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(tag.as_bytes()))
        {
            let end = bytes.get(name_at..)?.iter().position(|b| *b == b'>')?;
            return Some(name_at + end + 1);
        }
        at = name_at;
    }
    None
}

/// The attributes worth keeping, in canonical spelling.
fn attributes(tag: &str) -> String {
    let mut out = String::new();
    let inner = tag.trim_start_matches('<').trim_end_matches('>');
    let name_end = inner.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(inner.len());
    let mut rest = inner.get(name_end..).unwrap_or("");
    let mut seen: Vec<&str> = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return out;
        }
        let end =
            rest.find(|c: char| c == '=' || c == '/' || c.is_ascii_whitespace()).unwrap_or(rest.len()).max(1);
        let end = (end..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (value, tail) = value(after.trim_start());
        rest = tail;
        let kept = ATTRIBUTES.iter().find(|kept| name.eq_ignore_ascii_case(kept));
        if let Some(kept) = kept.filter(|kept| !seen.contains(*kept)) {
            seen.push(kept);
            out.push_str(&format!(" {kept}=\"{}\"", quoted(value)));
        }
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let end = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
    text.split_at(end)
}

/// Entities stay as they are; only what would end the value or the tag is escaped.
fn quoted(value: &str) -> String {
    if value.contains('&') {
        value.replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
    } else {
        escape(value)
    }
}
