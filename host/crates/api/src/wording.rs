//! What the readers of JSON and of queries complain of, in sentences for people. Knows the readers' (serde's) words, no
//! field's meaning: what the house itself says about a value goes through as it is.

/// What does not fit, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Where it stands.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) sentence: String,
}

/// Longest word of a client's that is said back, characters.
const SHOWN_CHARS_MAX: usize = 60;

/// What a reader `said` at `path`, for people; `what` is a field or a parameter.
pub(crate) fn complaint(what: &str, path: &str, said: &str) -> Complaint {
    let field = place(path, named_field(said));
    let sentence = sentence(what, &field, said);
    Complaint { field, sentence }
}

/// What the reader of queries said, apart: the parameter, and what is wrong with it.
pub(crate) fn parted(text: &str) -> (&str, &str) {
    if let Some(at) = text.find("unknown field `") {
        return (".", &text[at..]);
    }
    if named_field(text).is_some() {
        return (".", text);
    }
    text.split_once(": ").unwrap_or((".", text))
}

/// The field that "missing field `x`" and its like are about.
fn named_field(said: &str) -> Option<&str> {
    let rest = ["missing field `", "unknown field `", "duplicate field `"]
        .into_iter()
        .find_map(|beginning| said.strip_prefix(beginning))?;
    rest.split('`').next()
}

/// Where a complaint at `path` is about: what is missing is named, and lies one step deeper.
fn place(path: &str, named: Option<&str>) -> String {
    match (path, named) {
        (".", Some(name)) => name.to_owned(),
        (".", None) => "body".to_owned(),
        (path, Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            format!("{path}.{name}")
        }
        (path, _) => path.to_owned(),
    }
}

fn sentence(what: &str, field: &str, said: &str) -> String {
    let shown = shortened(field);
    if said.starts_with("missing field `") {
        return format!("`{shown}` is missing.");
    }
    if said.starts_with("duplicate field `") {
        return format!("`{shown}` is there twice: send it once.");
    }
    if let Some((_, known)) = stranger(said, "unknown field `") {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return format!("There is no {what} `{shown}` here. Known: {known}.");
    }
    if let Some((got, known)) = stranger(said, "unknown variant `") {
        return format!("`{shown}` cannot be `{}`. Known: {}.", shortened(got), known.join(", "));
    }
    let mismatch = said.strip_prefix("invalid type: ").or_else(|| said.strip_prefix("invalid value: "));
    if let Some((got, wanted)) = mismatch.and_then(|rest| rest.rsplit_once(", expected ")) {
        return format!("`{shown}` takes {}, not {}.", kind(wanted), thing(got));
    }
    match said {
        "invalid digit found in string"
        | "cannot parse integer from empty string"
        | "number too small to fit in target type" => format!("`{shown}` takes a whole number of 0 or more."),
        "number too large to fit in target type" => format!("`{shown}` takes a smaller whole number."),
        "invalid float literal" | "cannot parse float from empty string" => {
            format!("`{shown}` takes a number.")
        }
        "provided string was not `true` or `false`" => format!("`{shown}` takes `true` or `false`."),
        _ if said.starts_with("invalid length ") => format!("`{shown}` takes an object, not a list."),
        _ => ended(said),
    }
}

/// What is not known, and what is.
fn stranger<'a>(said: &'a str, beginning: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let rest = said.strip_prefix(beginning)?;
    let (got, list) = rest.rsplit_once("`, expected ").or_else(|| rest.rsplit_once("`, there are no "))?;
    Some((got, list.split('`').skip(1).step_by(2).collect()))
}

/// What is taken, from the name that Rust has for it.
fn kind(wanted: &str) -> &'static str {
    match wanted {
        "a string" | "a borrowed string" | "string" | "str" => "a text",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a map" => "an object",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number of 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        _ if wanted.starts_with("struct ") => "an object",
        _ => "another kind of value",
    }
}

/// What was sent; numbers are said back, texts are not.
fn thing(got: &str) -> String {
    let number = got.strip_prefix("integer ").or_else(|| got.strip_prefix("floating point "));
    if let Some(number) = number.or_else(|| got.strip_prefix("boolean ")) {
        return number.to_owned();
    }
    let word = got.split(' ').next().unwrap_or("");
    match word {
        "string" | "character" => "a text",
        "sequence" => "a list",
        "map" => "an object",
        "null" | "unit" => "null",
        "number" => "a number",
        _ => "this one",
    }
    .to_owned()
}

fn shortened(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

/// A sentence with one full stop.
fn ended(said: &str) -> String {
    let said = said.trim();
    if said.ends_with(['.', '?', '!']) { said.to_owned() } else { format!("{said}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_says_becomes_a_sentence_that_names_the_field() {
        for (path, said, field, sentence) in [
            (".", "missing field `subject`", "subject", "`subject` is missing."),
            (
                "attachments[0]",
                "missing field `content`",
                "attachments[0].content",
                "`attachments[0].content` is missing.",
            ),
            (
                "colour",
                "unknown field `colour`, expected `a` or `b`",
                "colour",
                "There is no field `colour` here. Known: a, b.",
            ),
            (".", "unknown field `x`, there are no fields", "x", "There is no field `x` here. Known: none."),
            (
                "channel",
                "unknown variant `fax`, expected one of `api`, `email`, `form`",
                "channel",
                "`channel` cannot be `fax`. Known: api, email, form.",
            ),
            (
                "into",
                "invalid type: string \"x, expected u8\", expected i64",
                "into",
                "`into` takes a whole number, not a text.",
            ),
            (
                "subject",
                "invalid type: integer `7`, expected a string",
                "subject",
                "`subject` takes a text, not `7`.",
            ),
            ("status", "invalid type: null, expected a string", "status", "`status` takes a text, not null."),
            (
                "share",
                "invalid value: integer `300`, expected u8",
                "share",
                "`share` takes a whole number from 0 to 255, not `300`.",
            ),
            (
                "canary",
                "invalid length 1, expected struct TrialBody with 2 elements",
                "canary",
                "`canary` takes an object, not a list.",
            ),
            ("limit", "invalid digit found in string", "limit", "`limit` takes a whole number of 0 or more."),
            ("set", "provided string was not `true` or `false`", "set", "`set` takes `true` or `false`."),
            ("until", "Write times as RFC 3339.", "until", "Write times as RFC 3339."),
            ("key", "half a sentence", "key", "half a sentence."),
        ] {
            let said = complaint("field", path, said);
            assert_eq!((said.field.as_str(), said.sentence.as_str()), (field, sentence));
        }
    }

    #[test]
    fn what_the_reader_of_queries_says_is_taken_apart() {
        for (text, path, said) in [
            ("limit: invalid digit found in string", "limit", "invalid digit found in string"),
            ("missing field `name`", ".", "missing field `name`"),
            (
                "a: b: unknown field `a: b`, there are no fields",
                ".",
                "unknown field `a: b`, there are no fields",
            ),
        ] {
            assert_eq!(parted(text), (path, said));
        }
    }
}
