//! What we write, Markdown, as the two parts of a mail: readable text and HTML. Whatever it says, it is shown and
//! never obeyed: HTML in it is text, pictures are their description, links lead to the web or to an address.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

use super::html;

fn events(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
    Parser::new_ext(markdown, options).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        // Somebody loads a picture when a mail is opened: that tells who reads.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::SoftBreak => Some(Event::HardBreak),
        event => Some(event),
    })
}

/// The HTML part.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len() * 2);
    push_html(&mut out, events(markdown));
    html::to_safe(&out).0
}

/// The text part: marks are taken off, a link's target stands behind its words.
#[must_use]
pub fn to_text(markdown: &str) -> String {
    let mut page = TextPage::default();
    for event in events(markdown) {
        page.take(event);
    }
    page.out.trim_end().to_owned()
}

#[derive(Default)]
struct TextPage {
    out: String,
    /// Number of the next item of each open list; none: no numbers.
    lists: Vec<Option<u64>>,
    /// Target of each open link, and where its words begin.
    links: Vec<(String, usize)>,
}

impl TextPage {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) => self.out.push_str(&text),
            Event::HardBreak => self.line(),
            Event::Rule => {
                self.gap();
                self.out.push_str("--------");
                self.gap();
            }
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            _ => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph if !self.lists.is_empty() => {}
            Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::Table(_) => {
                self.gap()
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.gap()
                } else {
                    self.line()
                }
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::Link { dest_url, .. } => self.links.push((dest_url.to_string(), self.out.len())),
            Tag::TableRow | Tag::TableHead => self.line(),
            _ => {}
        }
    }

    fn item(&mut self) {
        self.line();
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        self.out.push_str(&indent);
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.out.push_str(&format!("{number}. "));
                *number += 1;
            }
            _ => self.out.push_str("- "),
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.gap()
                }
            }
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Table => {
                if self.lists.is_empty() { self.gap() } else { self.line() }
            }
            TagEnd::TableCell => self.out.push_str("  "),
            TagEnd::Link => {
                let Some((target, from)) = self.links.pop() else { return };
                let words = self.out.get(from..).unwrap_or_default();
                if words != target && format!("mailto:{words}") != target {
                    self.out.push_str(&format!(" ({target})"));
                }
            }
            _ => {}
        }
    }

    /// Begins a new line, unless one has just begun.
    fn line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Leaves one blank line, unless there is one.
    fn gap(&mut self) {
        self.line();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_form_and_the_text_part_reads_without_them() {
        let markdown = "Hello,\nplease **try** this:\n\n1. Open [the page](https://help.example/x).\n2. Press *Reset*.\n\nRegards";
        assert_eq!(
            to_text(markdown),
            "Hello,\nplease try this:\n\n1. Open the page (https://help.example/x).\n2. Press Reset.\n\nRegards"
        );
        let html = to_html(markdown);
        assert!(
            html.contains("<strong>try</strong>") && html.contains("<li>Press <em>Reset</em>.</li>"),
            "{html}"
        );
        assert!(html.contains("href=\"https://help.example/x\""), "{html}");
    }

    #[test]
    fn plain_words_stay_as_they_were_written() {
        for text in [
            "Guten Tag,\n\nIhre Nummer ist [ORDER-1]; 3 * 4 = 12, a_b_c, #12 und <info>.\nMit freundlichen Grüßen\nIhr Team",
            "Preis: 5 € & mehr",
        ] {
            assert_eq!(to_text(text), text);
        }
    }

    #[test]
    fn nothing_in_it_is_obeyed() {
        let markdown = "See <script>alert(1)</script> [x](javascript:alert(1)) ![secret](https://track.example/p.gif)\n\n<img src=x onerror=alert(1)>\n\n<iframe src=https://x.example></iframe>";
        let html = to_html(markdown);
        for bad in ["<script", "href=\"javascript", "<img", "<iframe", "track.example"] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
        assert!(html.contains("&lt;script&gt;alert(1)") && html.contains("secret"), "{html}");
        assert!(to_text(markdown).contains("<script>alert(1)</script>"));
    }
}
