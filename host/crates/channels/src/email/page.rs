//! Pages among files: what a browser would show as one, and what in it acts by itself or carries elsewhere what people
//! type. Looks at each tag as a browser would read it there, wherever it stands; never builds a page.

/// Endings of pages.
const ENDINGS: &[&str] = &["htm", "html", "shtml", "svg", "xht", "xhtml"];
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
/// Attributes that say where a form goes.
const FORM_TARGETS: &[&[u8]] = &[b"action", b"formaction"];
/// Letters that entities with a name stand for, where they hide an address.
const HIDING: &[(&[u8], u8)] = &[(b"tab;", b'\t'), (b"newline;", b'\n'), (b"colon;", b':'), (b"sol;", b'/')];

/// How many times each byte is looked at on average: in a page that wants more, tags hide in tags.
const LOOKS_MAX: usize = 8;
/// Bytes that are looked at in any page.
const LOOKS_MIN: usize = 64 << 10;

/// Whether a file calls itself a page.
pub(crate) fn has_a_pages_name(file_name: &str) -> bool {
    let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.iter().any(|page| page.eq_ignore_ascii_case(ending))
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
    if text.starts_with(b"<!--") || NAMESPACES.iter().any(|space| holds(&text, space)) {
        return true;
    }
    let text = without_declaration(&text);
    if let Some(doctype) = text.strip_prefix(b"<!doctype") {
        let what = doctype.trim_ascii_start();
        return what.starts_with(b"html") || what.starts_with(b"svg");
    }
    let tag = Reader { text, at: 1 }.tag();
    FIRST_TAGS.contains(&tag.name)
}

/// Whether something in a page runs by itself, brings something in, leads elsewhere unasked, or sends elsewhere what
/// people type. So does what hides its tags too well to be told.
pub(crate) fn is_active(bytes: &[u8]) -> bool {
    let text = small_letters(bytes);
    if holds(&text, STYLE_SHEET) {
        return true;
    }
    let looks_max = text.len().saturating_mul(LOOKS_MAX).max(LOOKS_MIN);
    let (mut looks, mut has_form, mut is_based_elsewhere) = (0, false, false);
    for (at, _) in text.iter().enumerate().filter(|(_, b)| **b == b'<') {
        let rest = text.get(at..).unwrap_or_default();
        if rest.strip_prefix(ENTITY).is_some_and(|entity| !names_a_space(entity)) {
            return true;
        }
        if !text.get(at + 1).is_some_and(|b| begins_name(*b)) {
            continue;
        }
        // From its own beginning: what an earlier tag or a comment seems to hold may be a tag to a browser.
        let mut reader = Reader { text: &text, at: at + 1 };
        let tag = reader.tag();
        if tag.acts() {
            return true;
        }
        has_form |= tag.name == b"form";
        is_based_elsewhere |= tag.is_base_elsewhere();
        looks += reader.at - at;
        if looks > looks_max {
            return true;
        }
    }
    has_form && is_based_elsewhere
}

/// What comes after the declaration that XML may begin with.
fn without_declaration(text: &[u8]) -> &[u8] {
    let declared = text.strip_prefix(b"<?").and_then(|rest| {
        let end = rest.windows(2).position(|window| window == b"?>")?;
        rest.get(end + 2..)
    });
    declared.unwrap_or(text).trim_ascii_start()
}

/// Whether an entity, of which this comes after `<!ENTITY`, is a web address and nothing else: some programs that draw
/// name their name spaces so.
fn names_a_space(entity: &[u8]) -> bool {
    let mut reader = Reader { text: entity, at: 0 };
    reader.take(is_blank);
    reader.take(|b| !is_blank(b));
    reader.take(is_blank);
    let value = reader.value();
    value.starts_with(b"http") && value.iter().all(|b| b.is_ascii_alphanumeric() || b":/._-#".contains(b))
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

struct Tag<'a> {
    name: &'a [u8],
    attributes: Vec<(&'a [u8], &'a [u8])>,
}

impl Tag<'_> {
    fn acts(&self) -> bool {
        ACTIVE_TAGS.contains(&self.name)
            || self.attributes.iter().any(|(name, value)| {
                let value = plain(value);
                is_handler(name)
                    || runs(&value)
                    || (self.name == b"meta" && *name == b"http-equiv" && value == b"refresh")
                    || (FORM_TARGETS.contains(name) && leads_elsewhere(&value))
            })
    }

    fn is_base_elsewhere(&self) -> bool {
        self.name == b"base"
            && self.attributes.iter().any(|(name, value)| *name == b"href" && leads_elsewhere(&plain(value)))
    }
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

/// Reads a tag as browsers do.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The tag whose name begins here.
    fn tag(&mut self) -> Tag<'a> {
        let name = own_name(self.take(|b| !is_blank(b) && !matches!(b, b'/' | b'>')));
        let mut attributes = Vec::new();
        while let Some(attribute) = self.attribute() {
            attributes.push(attribute);
        }
        Tag { name, attributes }
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
            &in_utf_16,
        ] {
            assert!(begins_as_page(page), "{}", String::from_utf8_lossy(page));
        }
        for other in [
            b"".as_slice(),
            b"\0\0",
            b"write <script> there",
            b"<?xml version=\"1.0\"?><rss/>",
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
        for (name, is_page) in [("a.HTM", true), ("a.tar.xhtml", true), ("a.txt", false), ("html", false)] {
            assert_eq!(has_a_pages_name(name), is_page, "{name}");
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
            "<form action=mailto:x@y.example>",
            "<base href='https://x.example/'><form action=take>",
            "<!DOCTYPE svg [<!ENTITY x '&#60;script>'>]>",
            "<!DOCTYPE svg [<!ENTITY x 'java'>]><a href='&x;script:x()'>",
            "<?xml-stylesheet href='x.xsl' type='text/xsl'?>",
            // To a browser the first tag is a comment's or a title's, and the second is one.
            "<!-- <a x=\" --><p title=\">\" onclick=x>",
            "<title><a x=\"</title><p title='>' onclick=x>",
            "<s\0c\0r\0i\0p\0t>",
        ] {
            assert!(is_active(page.as_bytes()), "{page}");
        }
        let long = format!("<html>{}<script>", " padding".repeat(20_000));
        assert!(is_active(long.as_bytes()));
        let unclosed = "<a x=\"".repeat(100_000);
        assert!(is_active(unclosed.as_bytes()), "and does not take for ever");
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
