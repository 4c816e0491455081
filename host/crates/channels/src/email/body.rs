//! From MIME leaves to what people read: the text, the safe HTML, the files. Chooses between alternatives;
//! everything that is neither text nor HTML to read becomes a file.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::file_name::Names;
use super::part::{Leaf, Structure};
use super::{File, charset, html, limits};

/// What the parts amount to.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) text: String,
    pub(crate) html_safe: Option<String>,
    pub(crate) attachments: Vec<File>,
    pub(crate) look: html::Look,
    pub(crate) problems: Vec<String>,
}

/// A piece of what is read, in order.
struct Piece {
    /// Pieces of one alternative say the same twice.
    alternative: Option<usize>,
    is_html: bool,
    text: String,
}

/// Puts a mail's parts together.
pub(crate) fn assemble(structure: &Structure<'_>) -> Body {
    let mut body = Body::default();
    let mut pieces = Vec::new();
    let mut names = Names::default();
    for (position, leaf) in structure.leaves.iter().enumerate() {
        if is_read(leaf, position) {
            let text = leaf_text(leaf);
            let is_html = leaf.mime.content_type == "text/html" && html::has_markup(&text);
            pieces.push(Piece { alternative: leaf.alternative, is_html, text });
        } else {
            body.attachments.push(file(leaf, &mut names));
        }
    }
    for page in pieces.iter().filter(|piece| piece.is_html) {
        body.look.add(&page.text);
    }
    body.html_safe = safe_html(&pieces, &mut body.problems);
    let text = readable(&pieces, &mut body.problems);
    body.text = bounded(text, &mut body.problems);
    body
}

/// Whether a part is what people read, rather than a file.
fn is_read(leaf: &Leaf<'_>, position: usize) -> bool {
    let kind = leaf.mime.content_type.as_str();
    if leaf.is_companion || !matches!(kind, "text/plain" | "text/html" | "text/enriched" | "text/x-amp-html")
    {
        return false;
    }
    if kind == "text/x-amp-html" || kind == "text/enriched" {
        return leaf.alternative.is_none() && position == 0;
    }
    match leaf.mime.disposition.as_deref() {
        Some("attachment") => false,
        Some("inline") => leaf.mime.file_name.is_none() || position == 0,
        // A name alone makes it a file, unless it is one way to say what is to be read, or all there is.
        _ => leaf.mime.file_name.is_none() || leaf.alternative.is_some() || position == 0,
    }
}

fn leaf_text(leaf: &Leaf<'_>) -> String {
    let bytes = leaf.mime.transfer.decode(leaf.body);
    let label =
        leaf.mime.charset.clone().or_else(|| meta_charset(leaf.mime.content_type == "text/html", &bytes));
    let text = charset::clean_text(&charset::decode(&bytes, label.as_deref()));
    if leaf.mime.flowed && leaf.mime.content_type == "text/plain" {
        unflow(&text, leaf.mime.delete_space)
    } else {
        text
    }
}

/// The charset an HTML page declares of itself, when the mail declares none.
fn meta_charset(is_html: bool, bytes: &[u8]) -> Option<String> {
    const PROLOGUE_BYTES: usize = 2_048;
    if !is_html || std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let head = String::from_utf8_lossy(bytes.get(..PROLOGUE_BYTES).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_:".contains(*c))
        .collect();
    (!label.is_empty()).then_some(label)
}

/// RFC 3676: lines that end with a blank go on in the next one, as long as both are quoted equally deep.
fn unflow(text: &str, delete_space: bool) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut open_depth: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let content = line.get(depth..).unwrap_or("");
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_delimiter = content == "-- ";
        let goes_on = content.ends_with(' ') && !is_delimiter;
        let kept =
            if goes_on && delete_space { content.strip_suffix(' ').unwrap_or(content) } else { content };
        match out.last_mut() {
            Some(last) if open_depth == Some(depth) && !is_delimiter => last.push_str(kept),
            _ if depth > 0 => out.push(format!("{} {kept}", ">".repeat(depth))),
            _ => out.push(kept.to_owned()),
        }
        open_depth = goes_on.then_some(depth);
    }
    out.join("\n")
}

/// The text of all pieces; of an alternative the plain one, unless it says nothing.
fn readable(pieces: &[Piece], problems: &mut Vec<String>) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut done = HashSet::new();
    for piece in pieces {
        match piece.alternative {
            None => texts.push(piece_text(piece, problems)),
            Some(group) if done.insert(group) => {
                let members = || pieces.iter().filter(|other| other.alternative == Some(group));
                let plain: Vec<&Piece> =
                    members().filter(|other| !other.is_html && !other.text.trim().is_empty()).collect();
                if plain.is_empty() {
                    texts.extend(
                        members().filter(|other| other.is_html).map(|other| piece_text(other, problems)),
                    );
                } else {
                    texts.extend(plain.into_iter().map(|other| piece_text(other, problems)));
                }
            }
            Some(_) => {}
        }
    }
    texts.retain(|text| !text.trim().is_empty());
    tidy(&texts.join("\n\n"))
}

fn piece_text(piece: &Piece, problems: &mut Vec<String>) -> String {
    if !piece.is_html {
        return piece.text.clone();
    }
    let (text, cut) = html::to_text(&piece.text);
    if cut {
        note_html_cut(problems);
    }
    charset::clean_text(&text)
}

/// HTML of the mail, cleaned; plain pieces among it are escaped and kept in place.
fn safe_html(pieces: &[Piece], problems: &mut Vec<String>) -> Option<String> {
    if !pieces.iter().any(|piece| piece.is_html && !piece.text.trim().is_empty()) {
        return None;
    }
    let with_html: HashSet<Option<usize>> = pieces
        .iter()
        .filter(|piece| piece.is_html && piece.alternative.is_some())
        .map(|piece| piece.alternative)
        .collect();
    let mut out = String::new();
    for piece in pieces {
        if piece.is_html {
            let (clean, cut) = html::to_safe(&piece.text);
            if cut {
                note_html_cut(problems);
            }
            out.push_str(&clean);
        } else if !(piece.text.trim().is_empty() || with_html.contains(&piece.alternative)) {
            out.push_str(&html::escape_text(&piece.text));
        }
    }
    Some(out)
}

fn note_html_cut(problems: &mut Vec<String>) {
    let problem = format!(
        "The HTML is larger than {} kB; the rest of it was not read.",
        limits::HTML_BYTES_MAX / 1_000
    );
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// Blank ends of lines go, no more than two empty lines in a row stay.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end_matches([' ', '\t', '\u{a0}']);
        // "-- " is the one blank end that means something.
        let line = if line == "--" { "-- " } else { line };
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.extend(std::iter::repeat_n('\n', 1 + empty.min(2)));
        }
        // What lies beyond is cut off anyway.
        if out.len() > limits::TEXT_BYTES_MAX {
            break;
        }
        empty = 0;
        out.push_str(line);
    }
    out
}

fn bounded(mut text: String, problems: &mut Vec<String>) -> String {
    if text.len() > limits::TEXT_BYTES_MAX {
        let end = (0..=limits::TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        problems.push(format!(
            "The text is longer than {} kB; the rest of it was not kept.",
            limits::TEXT_BYTES_MAX / 1_000
        ));
    }
    text
}

fn file(leaf: &Leaf<'_>, names: &mut Names) -> File {
    let bytes = leaf.mime.transfer.decode(leaf.body).into_owned();
    let content_type = leaf.mime.content_type.clone();
    let file_name = names.one_for(leaf.mime.file_name.as_deref(), &content_type);
    let sha256 = hex::encode(Sha256::digest(&bytes));
    File { file_name, content_type, bytes, sha256 }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn flowed_text_is_joined_and_quotes_stay_apart() {
        assert_eq!(unflow("one \ntwo\nthree", false), "one two\nthree");
        assert_eq!(unflow("> a \n> b\nc \nd", false), "> a b\nc d");
        assert_eq!(unflow("> a \n>> b", false), "> a \n>> b");
        assert_eq!(unflow("text \n-- \nme", false), "text \n-- \nme");
        assert_eq!(unflow("lang \nsam", true), "langsam");
    }

    #[test]
    fn the_plain_alternative_is_read_unless_it_is_empty() {
        let mail = |plain: &str| {
            parse(format!("From: a@b.example\nContent-Type: multipart/alternative; boundary=o\n\n--o\n\n{plain}\n--o\nContent-Type: text/html\n\n<p>from <b>html</b></p>\n--o--\n").as_bytes())
        };
        assert_eq!(mail("from plain").text, "from plain");
        assert_eq!(mail("  ").text, "from html");
        assert_eq!(mail("from plain").html_safe.unwrap().trim(), "<p>from <b>html</b></p>");
    }

    #[test]
    fn inline_text_around_files_is_joined_in_order() {
        let mail = parse(b"From: a@b.example\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nfirst\n--o\nContent-Type: image/png\nContent-Disposition: inline\n\nx\n--o\nContent-Type: image/png\n\ny\n--o\n\nlast\n--o\nContent-Type: text/plain; name=log.txt\n\nlog\n--o--\n");
        assert_eq!(mail.text, "first\n\nlast");
        let names: Vec<_> = mail.attachments.iter().map(|file| file.file_name.as_str()).collect();
        assert_eq!(names, ["image-1.png", "image-2.png", "log.txt"]);
        assert_eq!(mail.attachments[2].bytes, b"log");
        assert_eq!(mail.attachments[2].sha256, hex::encode(Sha256::digest(b"log")));
    }

    #[test]
    fn equal_names_are_numbered() {
        let part = "--o\nContent-Disposition: attachment; filename=a.txt\n\nx\n";
        let mail = parse(
            format!("Content-Type: multipart/mixed; boundary=o\n\n{}--o--\n", part.repeat(3)).as_bytes(),
        );
        let names: Vec<_> = mail.attachments.iter().map(|file| file.file_name.as_str()).collect();
        assert_eq!(names, ["a.txt", "a-2.txt", "a-3.txt"]);
    }

    #[test]
    fn plain_text_that_is_declared_as_html_keeps_its_lines() {
        let mail = parse(b"Content-Type: text/html\n\none\ntwo & three\n");
        assert_eq!((mail.text.as_str(), mail.html_safe), ("one\ntwo & three", None));
    }

    #[test]
    fn html_that_declares_its_own_charset_is_believed_when_the_mail_is_silent() {
        let mail = parse(
            b"Content-Type: text/html\n\n<meta charset=\"windows-1251\"><p>\xcf\xf0\xe8\xe2\xe5\xf2</p>",
        );
        assert_eq!(mail.text, "Привет");
    }

    #[test]
    fn endless_text_is_cut_and_said_so() {
        let mail = parse(format!("Subject: s\n\n{}", "äöü ".repeat(400_000)).as_bytes());
        assert!(mail.text.len() <= limits::TEXT_BYTES_MAX);
        assert_eq!(mail.problems.iter().filter(|p| p.contains("not kept")).count(), 1);
    }
}
