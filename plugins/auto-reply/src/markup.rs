//! Markup that an article still holds: customers would read tags, or their mail program would run what was meant for a
//! web page. Pure; plain `<`, `<mail@address>` and `<https://…>` are text.

/// Tags that stand in no text, whatever follows.
const TAGS: &[&str] = &[
    "script",
    "style",
    "iframe",
    "img",
    "br",
    "hr",
    "div",
    "span",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "tr",
    "td",
    "th",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "svg",
    "meta",
    "html",
    "blockquote",
    "video",
    "font",
    "pre",
];
/// Tags that may be a placeholder such as `<code>`: only one that closes, or has an attribute, is a tag.
const MAYBE_TAGS: &[&str] = &[
    "a", "b", "i", "u", "p", "code", "link", "table", "form", "input", "button", "body", "object", "embed",
    "label",
];

/// The first piece of markup in a text, as it stands there.
#[must_use]
pub fn found(text: &str) -> Option<String> {
    if text.to_ascii_lowercase().contains("javascript:") {
        return Some("javascript:".to_owned());
    }
    text.match_indices('<').find_map(|(at, _)| tag(text.get(at + 1..)?))
}

/// The tag that begins here, behind its `<`.
fn tag(text: &str) -> Option<String> {
    let (closes, rest) = text.strip_prefix('/').map_or((false, text), |rest| (true, rest));
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let (name, behind) = rest.split_at_checked(length)?;
    let ends = behind.starts_with(['>', '/']) || behind.starts_with(char::is_whitespace);
    let low = name.to_ascii_lowercase();
    let inside = behind.split(['<', '>']).next().unwrap_or_default();
    let has_attribute = behind.starts_with(char::is_whitespace) && inside.contains('=');
    let is_tag = TAGS.contains(&low.as_str())
        || MAYBE_TAGS.contains(&low.as_str()) && (closes || has_attribute || behind.starts_with("/>"));
    (ends && is_tag).then(|| format!("<{}{name}", if closes { "/" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_scripts_are_found() {
        for (text, first) in [
            ("Hi <script>alert(1)</script>", "<script"),
            ("<IMG src=x onerror=y>", "<IMG"),
            ("see <a href=\"https://x.example\">here</a>", "<a"),
            ("one<br/>two", "<br"),
            ("a bold</b> word", "</b"),
            ("[click](JavaScript:alert(1))", "javascript:"),
        ] {
            assert_eq!(found(text).as_deref(), Some(first), "{text}");
        }
    }

    #[test]
    fn plain_text_is_none() {
        for text in [
            "5 < 6 and 7 > 2",
            "a <b and c> d",
            "Write to <help@example.org> or see <https://example.org/a?b=c>",
            "Enter <code> and <name>",
            "x<",
            "<3",
            "über <ü>",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
