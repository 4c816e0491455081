//! What an HTML page is made of, as far as that tells a mailing from a letter: counts, no verdicts. One pass
//! over the tags, nothing is built. Quoted history is left out where mail programs mark it.

/// Counts over the HTML that the sender wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Pictures that lie on a server, without pixels.
    pub(crate) remote_images: usize,
    /// Pictures of a dot's size, remote: they tell that a mail was opened.
    pub(crate) pixels: usize,
    /// Pictures that are links, and areas of pictures that are.
    pub(crate) linked_images: usize,
    /// Links to web pages.
    pub(crate) links: usize,
    /// Forms to fill in.
    pub(crate) forms: usize,
    /// Links whose target or first words are a way out of a distribution list.
    pub(crate) ways_out: usize,
}

impl Look {
    /// Adds what another page of the same mail holds.
    pub(crate) fn add(&mut self, html: &str) {
        let mut link_is_open = false;
        for (at, _) in html.match_indices('<').take(TAGS_MAX) {
            let Some(tag) = tag_at(html, at) else { continue };
            if is_history(&tag) {
                return;
            }
            match tag.name {
                "a" => link_is_open = self.link(&tag, html.get(at..).unwrap_or("")),
                "/a" => link_is_open = false,
                "img" => self.picture(&tag, link_is_open),
                "area" if tag.value("href").is_some_and(is_remote) => self.linked_images += 1,
                "form" => self.forms += 1,
                _ => {}
            }
        }
    }

    fn link(&mut self, tag: &Tag<'_>, from_here: &str) -> bool {
        const WORDS_BYTES_MAX: usize = 200;
        let Some(target) = tag.value("href") else { return false };
        if !is_remote(target) {
            return false;
        }
        self.links += 1;
        let end = (0..=WORDS_BYTES_MAX.min(from_here.len())).rev().find(|at| from_here.is_char_boundary(*at));
        let shown = from_here.get(..end.unwrap_or(0)).unwrap_or("");
        // The words behind the tag and behind those inside it.
        let mut pieces = shown.split('>').skip(1).map(|piece| piece.split('<').next().unwrap_or("").trim());
        let shown = pieces.find(|piece| !piece.is_empty()).unwrap_or("").to_lowercase();
        let target = target.to_ascii_lowercase();
        let leads_out = leads_out(&target) || WORDS_OUT.iter().any(|word| shown.starts_with(word));
        self.ways_out += usize::from(leads_out);
        true
    }

    fn picture(&mut self, tag: &Tag<'_>, link_is_open: bool) {
        self.linked_images += usize::from(link_is_open);
        if !tag.value("src").is_some_and(is_remote) {
            return;
        }
        let is_dot =
            |side: &str| tag.value(side).is_some_and(|size| matches!(size, "0" | "1" | "1px" | "0px"));
        if is_dot("width") && is_dot("height") {
            self.pixels += 1;
        } else {
            self.remote_images += 1;
        }
    }
}

/// A page with more tags is none that somebody wrote.
const TAGS_MAX: usize = 20_000;

/// Parts of addresses behind which one leaves a list.
const WAYS_OUT: &[&str] = &[
    "unsubscri",
    "optout",
    "opt-out",
    "opt_out",
    "abmeld",
    "abbestell",
    "desabonn",
    "desinscri",
    "cancelar-suscrip",
    "disiscri",
    "uitschrijv",
    "afmeld",
    "/remove",
    "remove.",
    "-remove",
    "removeme",
    "manage-preferences",
    "email-preferences",
    "list-manage",
];

/// Whether a link in small letters is a way out of a distribution list.
pub(crate) fn leads_out(target: &str) -> bool {
    WAYS_OUT.iter().any(|word| target.contains(word))
}

/// How such links are called.
const WORDS_OUT: &[&str] = &[
    "unsubscribe",
    "opt out",
    "opt-out",
    "abmelden",
    "abbestellen",
    "newsletter abbestellen",
    "vom newsletter abmelden",
    "austragen",
    "se désabonner",
    "se désinscrire",
    "darse de baja",
    "annulla iscrizione",
    "cancella iscrizione",
    "uitschrijven",
    "afmelden",
    "manage preferences",
    "manage your preferences",
    "email preferences",
    "update preferences",
    "update your preferences",
];

fn is_remote(target: &str) -> bool {
    let target = target.trim_start();
    target.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) || target.starts_with("//")
}

/// How mail programs mark what somebody else wrote before.
fn is_history(tag: &Tag<'_>) -> bool {
    const MARKS: &[&str] = &[
        "gmail_quote",
        "yahoo_quoted",
        "protonmail_quote",
        "moz-cite",
        "divrplyfwdmsg",
        "appendonsend",
        "olk_src_body",
        // Outlook's line above an answered mail.
        "border-top:solid#b5c4df",
        "border-top:solid#e1e1e1",
    ];
    match tag.name {
        "blockquote" => tag.attributes.to_ascii_lowercase().contains("cite"),
        "div" | "span" => {
            let attributes = tag.attributes.to_ascii_lowercase().replace(' ', "");
            MARKS.iter().any(|mark| attributes.contains(mark))
        }
        _ => false,
    }
}

struct Tag<'a> {
    /// Lower case, of the names that matter here; empty for all others.
    name: &'static str,
    attributes: &'a str,
}

fn tag_at(html: &str, at: usize) -> Option<Tag<'_>> {
    const NAMES: &[&str] = &["a", "/a", "img", "area", "form", "blockquote", "div", "span"];
    const TAG_BYTES_MAX: usize = 4_000;
    let rest = html.get(at + 1..)?;
    let name_end = rest.bytes().take(12).position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'/'))?;
    let name = rest.get(..name_end)?;
    let name = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name))?;
    let end = rest.bytes().take(TAG_BYTES_MAX).position(|byte| byte == b'>')?;
    Some(Tag { name, attributes: rest.get(name_end..end)? })
}

impl<'a> Tag<'a> {
    /// An attribute's value, quotes off.
    fn value(&self, wanted: &str) -> Option<&'a str> {
        let mut from = 0;
        loop {
            let rest = self.attributes.get(from..)?;
            let (name, _) = rest.split_once('=')?;
            let after = rest.get(name.len() + 1..)?.trim_start();
            let (value, tail) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after.get(1..)?.split_once(quote)?,
                _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            let name = name.trim_end().rsplit(char::is_whitespace).next().unwrap_or("");
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value.trim());
            }
            from = self.attributes.len() - tail.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(html: &str) -> Look {
        let mut look = Look::default();
        look.add(html);
        look
    }

    #[test]
    fn pictures_are_told_by_where_they_lie_and_what_they_do() {
        let seen = look(
            "<a href=\"https://x.example/1\"><IMG width=600 src='https://x.example/1.png'></a>\
             <img src=\"cid:logo\"><img src=https://x.example/o.gif width=\"1\" height=\"1\">\
             <map><area href='http://x.example/2'></map><form action=x>",
        );
        let expected =
            Look { remote_images: 1, pixels: 1, linked_images: 2, links: 1, forms: 1, ways_out: 0 };
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_way_out_is_told_by_its_target_or_its_words() {
        assert_eq!(look("<a href='https://x.example/Unsubscribe?u=1'>here</a>").ways_out, 1);
        assert_eq!(look("<a href='https://x.example/c/9'><font size=1> Abmelden</font></a>").ways_out, 1);
        assert_eq!(look("<a href='https://x.example/shop'>How to unsubscribe</a>").ways_out, 0);
        assert_eq!(look("<a href='mailto:a@x.example'>unsubscribe</a>").ways_out, 0);
    }

    #[test]
    fn quoted_history_is_left_out() {
        let page = "<img src='https://x.example/1.png'><a href='https://x.example/optout'>x</a>";
        for quote in
            ["<blockquote type=\"cite\">", "<div class=\"gmail_quote\">", "<div id=\"divRplyFwdMsg\">"]
        {
            assert_eq!(look(&format!("<p>Hello</p>{quote}{page}")), Look::default(), "{quote}");
        }
        assert_eq!(look(&format!("<blockquote>{page}")).ways_out, 1);
    }

    #[test]
    fn broken_tags_end_the_look_at_them_and_nothing_else() {
        assert_eq!(look("< a href=x><a href=<img src=\"http://x"), Look::default());
        assert_eq!(look("ä<a href=\"http://x.example/ä").links, 0);
        assert_eq!(look(&format!("<a href=http://x.example>{}", "ä".repeat(300))).links, 1);
    }
}
