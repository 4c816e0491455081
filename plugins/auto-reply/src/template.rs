//! Templates: `{word}` is a placeholder, every other brace is text. Filled in one pass, so that nothing
//! that is put in can act as a template itself. Refuses to leave a placeholder without a value.

/// A placeholder for which there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// Its name.
    pub placeholder: String,
    /// The text with everything else filled in.
    pub text: String,
}

/// Where paragraphs go that only some mails have; nothing: the paragraph falls away.
pub const MORE: &str = "more";

/// The paragraph that says that a machine chose the answer; nothing in a draft, and it falls away.
pub const AUTOMATIC: &str = "automatic";

/// Fills a template.
///
/// # Errors
/// The first placeholder without a value, with the text around it.
pub fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, Unfilled> {
    let mut text = String::with_capacity(template.len() * 2);
    let mut unfilled: Option<&str> = None;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, behind)) = after.split_once('}').filter(|(name, _)| is_placeholder(name)) else {
            text.push('{');
            rest = after;
            continue;
        };
        rest = behind;
        match value(name) {
            Some(value) if [MORE, AUTOMATIC].contains(&name) && value.is_empty() => {
                rest = behind.trim_start_matches(['\r', '\n'])
            }
            Some(value) => text.push_str(&value),
            None => {
                text.push_str(&format!("{{{name}}}"));
                unfilled = unfilled.or(Some(name));
            }
        }
    }
    text.push_str(rest);
    match unfilled {
        Some(name) => Err(Unfilled { placeholder: name.to_owned(), text }),
        None => Ok(text),
    }
}

/// The template with a place for further paragraphs: its own, or one before the paragraph that signs.
#[must_use]
pub fn with_more(template: &str) -> String {
    let more = format!("{{{MORE}}}");
    if template.contains(&more) {
        return template.to_owned();
    }
    let signs = template.rfind("{signature}").and_then(|at| template.get(..at)?.rfind("\n\n"));
    match signs.and_then(|at| template.split_at_checked(at)) {
        Some((before, signature)) => format!("{before}\n\n{more}{signature}"),
        None => format!("{}\n\n{more}", template.trim_end()),
    }
}

/// A word as placeholders are written; `{ }`, `{A}` and `{"a": 1}` are text.
fn is_placeholder(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Result<String, Unfilled> {
        fill(template, |name| match name {
            "number" => Some("7".to_owned()),
            "title" => Some("{number} {what}".to_owned()),
            MORE => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn placeholders_are_filled_and_what_is_put_in_is_no_template() {
        assert_eq!(filled("#{number}: {title}").as_deref(), Ok("#7: {number} {what}"));
    }

    #[test]
    fn braces_that_are_no_placeholder_stay() {
        for text in ["{", "}", "{}", "{ number }", "{Number}", "{\"a\": 1}", "{a b}", "{ü}", "{1}", "{{"] {
            assert_eq!(filled(text).as_deref(), Ok(text));
        }
        assert_eq!(filled("{{number}}").as_deref(), Ok("{7}"));
        assert_eq!(filled("{ {number}").as_deref(), Ok("{ 7"));
    }

    #[test]
    fn the_first_placeholder_without_a_value_is_named_with_the_text_around_it() {
        let said = filled("{number} {what} {more_of_it}").unwrap_err();
        assert_eq!((said.placeholder.as_str(), said.text.as_str()), ("what", "7 {what} {more_of_it}"));
    }

    #[test]
    fn a_place_for_more_falls_away_when_there_is_nothing() {
        assert_eq!(filled("a\n\n{more}\n\nb").as_deref(), Ok("a\n\nb"));
    }

    #[test]
    fn an_own_text_has_further_paragraphs_before_its_signature_or_at_its_end() {
        assert_eq!(with_more("a\n\nBest\n{signature}\n"), "a\n\n{more}\n\nBest\n{signature}\n");
        assert_eq!(with_more("a\n"), "a\n\n{more}");
        assert_eq!(with_more("{signature}"), "{signature}\n\n{more}");
        assert_eq!(with_more("a {more} b"), "a {more} b");
    }
}
