//! HTML mail: to readable text and to HTML that is safe to show. Both go through `tame` first, one linear
//! pass that cuts size and depth and balances the tags: what comes after it (html5ever under html2text and
//! ammonia) is quadratic in nesting, in attributes and in unclosed formatting.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use html2text::render::TextDecorator;

use super::limits;

mod look;
mod tame;

pub(crate) use look::{Look, leads_out};
use tame::tame;

/// Readable text, links with their targets; and whether the HTML had to be cut.
pub(crate) fn to_text(html: &str) -> (String, bool) {
    const WIDTH: usize = 2_000;
    let (tamed, cut) = tame(html);
    // html2text stumbles over some tables of tables; what is lost then is the layout, not the mail.
    let rendered = std::panic::catch_unwind(AssertUnwindSafe(|| {
        html2text::config::with_decorator(Readable::default())
            .raw_mode(true)
            .no_table_borders()
            .no_link_wrapping()
            .allow_width_overflow()
            .link_footnotes(false)
            .string_from_read(tamed.replace("<hr>", "<br>").as_bytes(), WIDTH)
    }));
    let text = match rendered {
        Ok(Ok(text)) => text,
        Ok(Err(_)) | Err(_) => without_tags(&tamed),
    };
    let visible = text.chars().filter(|c| !matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'));
    let text: String = visible.map(|c| if c == '\u{a0}' { ' ' } else { c }).collect();
    (without_doubled_links(&text), cut)
}

/// Whether what is declared as HTML holds any markup at all.
pub(crate) fn has_markup(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        text.as_bytes()
            .get(at + 1)
            .is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?'))
    })
}

/// A link that shows its own target needs it once only.
fn without_doubled_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" <http") {
        // Without an end there is no link any more.
        let Some((target, tail)) = after.split_once('>') else { break };
        out.push_str(before);
        let bare = |url: &str| {
            url.trim_end_matches('/')
                .trim_start_matches("http")
                .trim_start_matches("s://")
                .trim_start_matches("://")
                .to_owned()
        };
        let shown = bare(out.rsplit([' ', '\n']).next().unwrap_or(""));
        if shown.is_empty() || shown != bare(&format!("http{target}")) {
            out.push_str(" <http");
            out.push_str(target);
            out.push('>');
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// HTML without anything active, foreign or tracking; and whether it had to be cut.
pub(crate) fn to_safe(html: &str) -> (String, bool) {
    let (tamed, cut) = tame(html);
    (CLEANER.clean(&tamed).to_string(), cut)
}

/// Plain text as HTML paragraphs.
pub(crate) fn escape_text(text: &str) -> String {
    format!("<p>{}</p>", escape(text).replace('\n', "<br>"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The last resort when rendering fails.
fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// Links towards these places may stay.
const SCHEMES: &[&str] = &["http", "https", "mailto"];

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    attributes.insert("a", HashSet::from(["href", "title"]));
    attributes.insert("img", HashSet::from(["src", "alt", "title"]));
    attributes.insert("td", HashSet::from(["colspan", "rowspan"]));
    attributes.insert("th", HashSet::from(["colspan", "rowspan"]));
    let mut cleaner = ammonia::Builder::empty();
    cleaner
        .tags(tame::TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(attributes)
        .url_schemes(SCHEMES.iter().copied().chain(["cid"]).collect())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            // A picture from elsewhere tells its server that and when the mail was read.
            ("img", "src") => starts_with_scheme(value, &["cid"]).then(|| value.into()),
            ("a", "href") => starts_with_scheme(value, SCHEMES).then(|| value.into()),
            _ => Some(value.into()),
        });
    cleaner
});

fn starts_with_scheme(value: &str, schemes: &[&str]) -> bool {
    value
        .trim()
        .split_once(':')
        .is_some_and(|(scheme, _)| schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known)))
}

/// How HTML reads as text: quotes get their `>`, links their target, pictures and emphasis nothing.
#[derive(Debug, Clone, Default)]
struct Readable {
    target: Option<String>,
}

impl TextDecorator for Readable {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        self.target = starts_with_scheme(url, &["http", "https"]).then(|| url.trim().to_owned());
        (String::new(), ())
    }
    fn decorate_link_end(&mut self) -> String {
        self.target.take().map(|url| format!(" <{url}>")).unwrap_or_default()
    }
    fn decorate_em_start(&self) -> (String, ()) {
        Default::default()
    }
    fn decorate_em_end(&self) -> String {
        String::new()
    }
    fn decorate_strong_start(&self) -> (String, ()) {
        Default::default()
    }
    fn decorate_strong_end(&self) -> String {
        String::new()
    }
    fn decorate_strikeout_start(&self) -> (String, ()) {
        Default::default()
    }
    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }
    fn decorate_code_start(&self) -> (String, ()) {
        Default::default()
    }
    fn decorate_code_end(&self) -> String {
        String::new()
    }
    fn decorate_preformat_first(&self) {}
    fn decorate_preformat_cont(&self) {}
    fn decorate_image(&mut self, _src: &str, _title: &str) -> (String, ()) {
        Default::default()
    }
    fn decorate_superscript_start(&self) -> (String, ()) {
        Default::default()
    }
    fn decorate_superscript_end(&self) -> String {
        String::new()
    }
    fn header_prefix(&self, _level: usize) -> String {
        String::new()
    }
    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }
    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }
    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }
    fn make_subblock_decorator(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests;
