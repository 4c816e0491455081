//! Pages among files: what a browser would show as one, and what in it acts by itself or carries elsewhere what people
//! type. Looks at each tag as a browser would read it there, wherever it stands; never builds a page.

/// Endings of pages.
const ENDINGS: &[&str] = &["htm", "html", "shtml", "svg", "xht", "xhtml"];
/// Endings of pages whose tags lie packed or encoded: what they do cannot be told from the bytes.
const PACKED_ENDINGS: &[&str] = &["mht", "mhtml", "svgz"];
/// Types of pages.
const TYPES: &[&str] = &["application/xhtml+xml", "image/svg+xml", "text/html"];
/// Tags with which pages begin, as browsers tell them, and some more.
const FIRST_TAGS: &[&[u8]] = &[
    b"a",
    b"area",
    b"article",
    b"audio",
    b"b",
    b"base",
    b"blockquote",
    b"body",
    b"br",
    b"button",
    b"center",
    b"div",
    b"embed",
    b"font",
    b"form",
    b"frameset",
    b"h1",
    b"h2",
    b"h3",
    b"head",
    b"hr",
    b"html",
    b"iframe",
    b"img",
    b"input",
    b"link",
    b"main",
    b"meta",
    b"object",
    b"ol",
    b"p",
    b"script",
    b"section",
    b"span",
    b"style",
    b"svg",
    b"table",
    b"title",
    b"ul",
    b"video",
];
/// What makes a page of any XML.
const NAMESPACES: &[&[u8]] = &[b"www.w3.org/1999/xhtml", b"www.w3.org/2000/svg"];
/// Marks of byte order, and the NULs of letters of two bytes.
const BEFORE_LETTERS: &[u8] = &[0, 0xef, 0xbb, 0xbf, 0xfe, 0xff];

/// Tags that run something or bring something in.
const ACTIVE_TAGS: &[&[u8]] = &[b"applet", b"embed", b"frame", b"iframe", b"object", b"portal", b"script"];
/// What begins an address that runs.
const ACTIVE_SCHEMES: &[&[u8]] = &[b"data:text/html", b"javascript:", b"vbscript:"];
/// What makes tags out of tags, in XML.
const STYLE_SHEET: &[u8] = b"<?xml-stylesheet";
/// What makes tags or addresses out of words, in XML.
const ENTITY: &[u8] = b"<!entity";
/// What makes tags out of other letters, to browsers that take a page for Japanese (ISO-2022-JP).
const ESCAPES: &[&[u8]] = &[b"\x1b(", b"\x1b$"];
/// Attributes that say where a form goes.
const FORM_TARGETS: &[&[u8]] = &[b"action", b"formaction"];
/// Letters that entities with a name stand for, where they hide an address.
const HIDING: &[(&[u8], u8)] =
    &[(b"tab;", b'\t'), (b"newline;", b'\n'), (b"colon;", b':'), (b"sol;", b'/'), (b"bsol;", b'\\')];

/// Longest name and value of an entity that may name a name space, bytes.
const ENTITY_NAME_MAX: usize = 256;
const ENTITY_VALUE_MAX: usize = 1 << 10;

/// How many times each byte is looked at on average: in a page that wants more, tags hide in tags.
const LOOKS_MAX: usize = 8;
/// Bytes that are looked at in any page.
const LOOKS_MIN: usize = 64 << 10;

/// Whether a file calls itself a page.
pub(crate) fn has_a_pages_name(file_name: &str) -> bool {
    ends_as(file_name, ENDINGS) || has_a_packed_pages_name(file_name)
}

/// Whether a file calls itself a page that hides what it does from who only looks at its bytes.
pub(crate) fn has_a_packed_pages_name(file_name: &str) -> bool {
    ends_as(file_name, PACKED_ENDINGS)
}

fn ends_as(file_name: &str, endings: &[&str]) -> bool {
    let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending);
    endings.iter().any(|page| page.eq_ignore_ascii_case(ending))
}

/// Whether a type is a page's.
pub(crate) fn is_a_pages_type(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or("").trim();
    TYPES.iter().any(|page| page.eq_ignore_ascii_case(kind))
}

/// Whether the bytes begin as a page does, whatever the file is called.
pub(crate) fn begins_as_page(bytes: &[u8]) -> bool {
    let is_before = |b: u8| b.is_ascii_whitespace() || BEFORE_LETTERS.contains(&b);
    let Some(first) = bytes.iter().position(|b| !is_before(*b)) else { return false };
    let rest = bytes.get(first..).unwrap_or_default();
    if rest.first() != Some(&b'<') {
        return false;
    }
    let text = small_letters(rest);
    // A name space may be written with references to its letters.
    let letters = plain(&text);
    if text.starts_with(b"<!--") || NAMESPACES.iter().any(|space| holds(&letters, space)) {
        return true;
    }
    let text = without_prologue(&text);
    if let Some(doctype) = text.strip_prefix(b"<!doctype") {
        let what = doctype.trim_ascii_start();
        return what.starts_with(b"html") || what.starts_with(b"svg");
    }
    let name = Reader { text, at: 1, looks: 0 }.name();
    FIRST_TAGS.contains(&name)
}

/// Whether something in a page runs by itself, brings something in, leads elsewhere unasked, or sends elsewhere what
/// people type. So does what hides its tags too well to be told.
pub(crate) fn is_active(bytes: &[u8]) -> bool {
    judged(bytes).0
}

/// Whether a page is active, and how many looks that took.
fn judged(bytes: &[u8]) -> (bool, usize) {
    let text = small_letters(bytes);
    if holds(&text, STYLE_SHEET) || has_escapes(&text) {
        return (true, 0);
    }
    let mut reader = Reader { text: &text, at: 0, looks: 0 };
    (reader.meets_what_acts(), reader.looks)
}

/// What comes after the declaration, the instructions and the comments that XML may begin with.
fn without_prologue(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = past(text, b"<?", b"?>").or_else(|| past(text, b"<!--", b"-->")) {
        text = rest.trim_ascii_start();
    }
    text
}

/// What comes after a piece that begins and ends so.
fn past<'a>(text: &'a [u8], begin: &[u8], end: &[u8]) -> Option<&'a [u8]> {
    let rest = text.strip_prefix(begin)?;
    let at = rest.windows(end.len()).position(|window| window == end)?;
    rest.get(at + end.len()..)
}

fn has_escapes(text: &[u8]) -> bool {
    ESCAPES.iter().any(|escape| holds(text, escape))
}

/// As tags are compared: small, and without the NULs that stand between letters of two bytes.
fn small_letters(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect()
}

fn holds(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|window| window == what)
}

/// In XML other signs than letters may begin a name, too.
fn begins_name(b: u8) -> bool {
    b.is_ascii_alphabetic() || !b.is_ascii() || matches!(b, b'_' | b':')
}

/// Without the prefix of a name space.
fn own_name(name: &[u8]) -> &[u8] {
    name.rsplit(|b| *b == b':').next().unwrap_or(name)
}

/// Whether an attribute makes its tag act.
fn acts(tag: &[u8], attribute: &[u8], value: &[u8]) -> bool {
    is_handler(attribute)
        || runs(value)
        || (tag == b"meta" && attribute == b"http-equiv" && value == b"refresh")
        || (FORM_TARGETS.contains(&attribute) && leads_elsewhere(value))
}

/// `onclick` and its like.
fn is_handler(name: &[u8]) -> bool {
    let own = own_name(name);
    own.len() > 2 && own.starts_with(b"on") && own.iter().all(u8::is_ascii_alphanumeric)
}

/// An animation's values are several.
fn runs(value: &[u8]) -> bool {
    value.split(|b| *b == b';').any(|piece| ACTIVE_SCHEMES.iter().any(|scheme| piece.starts_with(scheme)))
}

/// Whether an address has a scheme or a host of its own.
fn leads_elsewhere(value: &[u8]) -> bool {
    let is_slash = |at: usize| value.get(at).is_some_and(|b| matches!(b, b'/' | b'\\'));
    let length = value.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
    (is_slash(0) && is_slash(1)) || (length > 0 && value.get(length) == Some(&b':'))
}

/// A value as an address is made of it: entities read, blanks and signs without a shape gone.
fn plain(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        let stands_for = if *first == b'&' { entity(after) } else { None };
        let (byte, next) = stands_for.unwrap_or((*first, after));
        if byte > b' ' {
            out.push(byte);
        }
        rest = next;
    }
    out
}

/// What an entity stands for, and what comes after it; `rest` begins after its `&`.
fn entity(rest: &[u8]) -> Option<(u8, &[u8])> {
    for (name, byte) in HIDING {
        if let Some(after) = rest.strip_prefix(*name) {
            return Some((*byte, after));
        }
    }
    let number = rest.strip_prefix(b"#")?;
    let (digits, radix) = number.strip_prefix(b"x").map_or((number, 10), |digits| (digits, 16));
    let length = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    let (digits, after) = digits.split_at_checked(length)?;
    let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    let byte = u8::try_from(code).unwrap_or(b'?').to_ascii_lowercase();
    Some((byte, after.strip_prefix(b";").unwrap_or(after)))
}

/// Reads tags as browsers do.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Bytes that were read, each as often as it was. Whatever is done with them takes no longer than reading them.
    looks: usize,
}

impl<'a> Reader<'a> {
    /// Looks at each tag from its own beginning: what an earlier tag or a comment seems to hold may be a tag to a
    /// browser. Gives up, and calls it active, where that takes too many looks.
    fn meets_what_acts(&mut self) -> bool {
        let text = self.text;
        let looks_max = text.len().saturating_mul(LOOKS_MAX).max(LOOKS_MIN);
        let (mut has_form, mut is_based_elsewhere) = (false, false);
        for (at, _) in text.iter().enumerate().filter(|(_, b)| **b == b'<') {
            if text.get(at..).is_some_and(|rest| rest.starts_with(ENTITY)) {
                self.at = at + ENTITY.len();
                if !self.names_a_space() {
                    return true;
                }
            } else if text.get(at + 1).is_some_and(|b| begins_name(*b)) {
                self.at = at + 1;
                let name = self.name();
                if ACTIVE_TAGS.contains(&name) {
                    return true;
                }
                has_form |= name == b"form";
                // Each for itself, and none is kept: one tag may have millions.
                while let Some((attribute, value)) = self.attribute() {
                    let value = plain(value);
                    if acts(name, attribute, &value) {
                        return true;
                    }
                    is_based_elsewhere |= name == b"base" && attribute == b"href" && leads_elsewhere(&value);
                }
            }
            if self.looks > looks_max {
                return true;
            }
        }
        has_form && is_based_elsewhere
    }

    /// Whether the entity whose name comes next is a web address and nothing else: some programs that draw name their
    /// name spaces so.
    fn names_a_space(&mut self) -> bool {
        self.take(is_blank);
        let name = self.take(|b| !is_blank(b));
        self.take(is_blank);
        let value = self.value();
        name.len() <= ENTITY_NAME_MAX
            && value.len() <= ENTITY_VALUE_MAX
            && value.starts_with(b"http")
            && value.iter().all(|b| b.is_ascii_alphanumeric() || b":/._-#".contains(b))
    }

    /// The name of the tag that begins here.
    fn name(&mut self) -> &'a [u8] {
        own_name(self.take(|b| !is_blank(b) && !matches!(b, b'/' | b'>')))
    }

    fn attribute(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        self.take(|b| is_blank(b) || b == b'/');
        let start = self.at;
        self.peek().filter(|b| *b != b'>')?;
        // A name may begin with the sign that ends it elsewhere.
        self.at += 1;
        self.take(|b| !is_blank(b) && !matches!(b, b'/' | b'>' | b'='));
        let name = self.text.get(start..self.at).unwrap_or_default();
        self.take(is_blank);
        let mut value = self.text.get(..0).unwrap_or_default();
        if self.peek() == Some(b'=') {
            self.at += 1;
            self.take(is_blank);
            value = self.value();
        }
        Some((name, value))
    }

    fn value(&mut self) -> &'a [u8] {
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let value = self.take(|b| b != quote);
                self.at += 1;
                value
            }
            _ => self.take(|b| !is_blank(b) && b != b'>'),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// What comes next and is part of it.
    fn take(&mut self, is_part: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|b| is_part(**b)).count();
        self.at += length;
        // And the one that ended it.
        self.looks += length + 1;
        rest.get(..length).unwrap_or_default()
    }
}

fn is_blank(b: u8) -> bool {
    b.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_a_page_is_one_whatever_it_is_called() {
        let in_utf_16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("<html>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for page in [
            b"<!DOCTYPE html><html>".as_slice(),
            b"\xef\xbb\xbf\r\n <HTML lang=de>",
            b"<p>Hello</p>",
            b"<p onclick=x>",
            b"<!-- saved --><html>",
            b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            b"<?xml version=\"1.0\"?><x:y xmlns:x=\"http://www.w3.org/1999/xhtml\"/>",
            b"<svg:svg>",
            b"<?xml version=\"1.0\"?>\n<!DOCTYPE html><html>",
            b"<?xml version=\"1.0\"?><x:y xmlns:x=\"http://www.w3.org/1999/xhtm&#108;\"/>",
            b"<?xml version=\"1.0\"?>\n<!-- a -> b -->\n<?a b?><!----><html>",
            &in_utf_16,
        ] {
            assert!(begins_as_page(page), "{}", String::from_utf8_lossy(page));
        }
        for other in [
            b"".as_slice(),
            b"\0\0",
            b"write <script> there",
            b"<?xml version=\"1.0\"?><rss/>",
            b"<?xml version=\"1.0\"?><!-- <html> --><rss/>",
            b"<?xml version=\"1.0\"?><!-- <html>",
            b"<!DOCTYPE plist>",
            b"<anna@example.org> wrote",
            b"< 5",
            b"%PDF-1.7 <html>",
        ] {
            assert!(!begins_as_page(other), "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn names_and_types_of_pages_are_known_in_all_spellings() {
        for (name, is_page) in [
            ("a.HTM", true),
            ("a.tar.xhtml", true),
            ("a.svgz", true),
            ("a.MHTML", true),
            ("a.txt", false),
            ("html", false),
        ] {
            assert_eq!(has_a_pages_name(name), is_page, "{name}");
        }
        for (name, is_packed) in [("a.svgz", true), ("a.Mht", true), ("a.svg", false), ("mht", false)] {
            assert_eq!(has_a_packed_pages_name(name), is_packed, "{name}");
        }
        for (kind, is_page) in
            [("Text/HTML; charset=utf-8", true), ("image/svg+xml", true), ("text/plain", false)]
        {
            assert_eq!(is_a_pages_type(kind), is_page, "{kind}");
        }
    }

    #[test]
    fn what_runs_or_leads_elsewhere_is_found_in_every_disguise() {
        for page in [
            "<SCRIPT>x()</SCRIPT>",
            "<svg:script xmlns:svg='x'/>",
            "<p onclick=x()>",
            "<img src='x'/onerror=x()>",
            "<p title=\">\" ONLOAD = 'x'>",
            "<a href=javascript:x()>",
            "<a href=' java\nscript:x()'>",
            "<a href=\"&#106;&#x61;vascript&colon;x()\">",
            "<a xlink:href='javascript:x()'>",
            "<animate values='#a;javascript:x()'>",
            "<a href='data:text/html,x'>",
            "<iframe src=x>",
            "<object data=x>",
            "<embed src=x>",
            "<meta content='0;url=https://x.example' http-equiv=Refresh>",
            "<form action=https://x.example/take>",
            "<form><button formaction='//x.example'>",
            "<form action=/\\x.example>",
            "<form action='/&bsol;x.example'>",
            "<form action=mailto:x@y.example>",
            "<base href='https://x.example/'><form action=take>",
            "<!DOCTYPE svg [<!ENTITY x '&#60;script>'>]>",
            "<!DOCTYPE svg [<!ENTITY x 'java'>]><a href='&x;script:x()'>",
            "<?xml-stylesheet href='x.xsl' type='text/xsl'?>",
            // To a browser the first tag is a comment's or a title's, and the second is one.
            "<!-- <a x=\" --><p title=\">\" onclick=x>",
            "<title><a x=\"</title><p title='>' onclick=x>",
            "<s\0c\0r\0i\0p\0t>",
            "<p>\u{1b}(Bhello",
            "<s\u{1b}$Bcript>",
        ] {
            assert!(is_active(page.as_bytes()), "{page}");
        }
        let long = format!("<html>{}<script>", " padding".repeat(20_000));
        assert!(is_active(long.as_bytes()));
        for entity in [
            format!("<!ENTITY {} 'http://x.example'>", "x".repeat(257)),
            format!("<!ENTITY x 'http://x.example/{}'>", "y".repeat(1_024)),
        ] {
            assert!(is_active(entity.as_bytes()), "{entity}");
        }
    }

    #[test]
    fn no_page_takes_more_looks_than_its_size_allows() {
        const SIZE: usize = 1 << 20;
        let of = |piece: &str| piece.repeat(SIZE / piece.len());
        for (page, active) in [
            (of("<!entity") + " 'http'", true),
            ("<!entity".repeat(30) + &of(" ") + "'http'", true),
            (of("<!entity x 'http' "), false),
            (of("<!entity x 'http"), true),
            (of("<!entity x \"http\" '"), false),
            (format!("<!entity x 'http{}", of("y")), true),
            (of("<a x=\""), true),
            (of("<a "), true),
            (of("<a"), true),
            (of("<"), false),
            (of("<p>"), false),
            (format!("<x {}", of("b/")), false),
            (format!("<x {}", of("=='' ")), false),
            (format!("<a href='{}'>", of("&#1")), false),
            (format!("<a href='&#{}'>", of("9")), false),
            (format!("<{}", of("x:")), false),
        ] {
            let (is_active, looks) = judged(page.as_bytes());
            let begins = page.get(..24).unwrap_or(&page);
            assert_eq!(is_active, active, "{begins}");
            // Its last tag may be as long as the page.
            assert!(looks <= (LOOKS_MAX + 4) * page.len(), "{begins}: {looks}");
        }
    }

    #[test]
    fn what_only_shows_something_is_quiet() {
        for page in [
            "<p>Hello</p>",
            "<html lang=de><meta charset=utf-8><title>on time = today</title><style>p{color:red}</style>",
            "<a href='https://x.example/?a=b'>there</a> <img src='data:image/png;base64,x' alt='on sale'>",
            "<form action='take'><input name=one></form>",
            "<form action='?a=b:c'>",
            "<base href='https://x.example/'><p>",
            "<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/><a href='#x'/></svg>",
            "<!DOCTYPE svg [<!ENTITY ns_svg \"http://www.w3.org/2000/svg\">]><svg xmlns='&ns_svg;'/>",
            "1 < 2, on=x, javascript: is a word",
            "<p on>",
        ] {
            assert!(!is_active(page.as_bytes()), "{page}");
        }
    }
}
