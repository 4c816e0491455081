//! Cases of a redaction plugin in short: `<` a text that comes in, `>` what remains of it, with the class of each
//! span in brackets. A `<` without a `>` must come out unchanged. `known:` names what the message itself makes
//! known; `\n`, `\t` and `\u{…}` are written as in Rust.

use domain::redaction::{Document, Finding, Part, Placeholders, part, spans_of};

/// One text and what must remain of it.
pub(in crate::cli::plugin) struct Pair {
    /// Line of the file, counted from one.
    pub(super) line: usize,
    /// What comes in.
    pub(super) document: Document,
    /// What must remain.
    pub(super) want: String,
}

/// Whether a file is of this form.
pub(super) fn is_pairs(file: &str) -> bool {
    let mut lines = file.lines().filter(|l| !l.is_empty() && !l.starts_with('#') && !l.starts_with("known:"));
    lines.next().is_some_and(|line| line.starts_with("< "))
}

/// Reads a file.
pub(super) fn read(file: &str) -> Result<Vec<Pair>, String> {
    let mut known: Vec<String> = Vec::new();
    let mut out: Vec<Pair> = Vec::new();
    for (number, line) in file.lines().enumerate() {
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        if let Some(names) = line.strip_prefix("known:") {
            known = names.split(';').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
        } else if let Some(text) = line.strip_prefix("< ") {
            let text = unescaped(text).ok_or_else(|| wrong("an escape that Rust does not know"))?;
            let document =
                Document { parts: vec![Part::new(part::TEXT, &text)], language: None, known: known.clone() };
            out.push(Pair { line: number + 1, document, want: text });
        } else if let Some(want) = line.strip_prefix("> ") {
            let pair = out.last_mut().ok_or_else(|| wrong("`>` without a `<` before it"))?;
            pair.want = unescaped(want).ok_or_else(|| wrong("an escape that Rust does not know"))?;
        } else if !line.is_empty() && !line.starts_with('#') {
            return Err(wrong("neither `<`, `>`, `known:` nor `#`"));
        }
    }
    Ok(out)
}

/// What remains of a document's text, with the class of each span in brackets.
pub(super) fn masked(document: &Document, findings: &[Finding]) -> Result<String, String> {
    let text = document.parts.first().map_or("", |part| part.text.as_str());
    let mut out = String::new();
    let mut at = 0;
    for span in spans_of(0, text, findings, &Placeholders::default())? {
        out.push_str(text.get(at..span.start as usize).unwrap_or_default());
        out.push_str(&format!("[{}]", span.class));
        at = span.end as usize;
    }
    Ok(out + text.get(at..).unwrap_or_default())
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        if let Some((code, tail)) = after.strip_prefix("u{").and_then(|a| a.split_once('}')) {
            out.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
            rest = tail;
            continue;
        }
        let letter = after.chars().next()?;
        out.push(match letter {
            'n' => '\n',
            't' => '\t',
            other => other,
        });
        rest = after.get(letter.len_utf8()..)?;
    }
    Some(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "# Names.\nknown: Ana; b@c\n\n< Hi Ana\\nK\\u{e4}se\n> Hi [PERSON]\\nKäse\n< nothing\n";

    #[test]
    fn a_file_of_pairs_is_told_from_other_cases_and_read() {
        assert!(is_pairs(FILE) && !is_pairs("subject: x\n---\n< a\n---\n"));
        let pairs = read(FILE).unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[0].document.parts[0].text, "Hi Ana\nKäse");
        assert_eq!(pairs[0].document.known, ["Ana", "b@c"]);
        assert_eq!((pairs[0].want.as_str(), pairs[1].want.as_str()), ("Hi [PERSON]\nKäse", "nothing"));
        assert_eq!(pairs[1].line, 6);
    }

    #[test]
    fn slips_are_named_with_their_line() {
        assert_eq!(read("> a\n").map(|_| ()).unwrap_err(), "line 1: `>` without a `<` before it");
        assert!(read("< a\nb\n").map(|_| ()).unwrap_err().starts_with("line 2"));
    }

    #[test]
    fn spans_become_their_class() {
        let pair = read("< Hi Ana\n").unwrap().remove(0);
        let found =
            Finding { part: 0, start: 3, end: 6, class: "PERSON".into(), score: 1.0, rule: "r".into() };
        assert_eq!(masked(&pair.document, &[found]).unwrap(), "Hi [PERSON]");
    }
}
