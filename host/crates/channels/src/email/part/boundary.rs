//! Boundaries that are missing or wrong: found by the look of the lines, because parts say what they are.

use super::super::header::line_at;

/// How far a boundary is looked for.
const LINES_LOOKED_AT: usize = 2_000;
/// RFC 2046 allows 70 characters; some programs take more.
const BOUNDARY_BYTES_MAX: usize = 200;

/// The boundary that the lines show: `--x` with a `Content-…` field under it.
pub(super) fn guess(body: &[u8]) -> Option<String> {
    let mut at = 0;
    for _ in 0..LINES_LOOKED_AT {
        let line = line_at(body, at)?;
        if let Some(boundary) = named(line.content)
            && line_at(body, line.next).is_some_and(|next| is_content_field(next.content))
        {
            return Some(String::from_utf8_lossy(boundary).into_owned());
        }
        at = line.next;
    }
    None
}

fn named(line: &[u8]) -> Option<&[u8]> {
    let name = line.strip_prefix(b"--")?.trim_ascii_end();
    let is_name =
        !name.is_empty() && name.len() <= BOUNDARY_BYTES_MAX && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some(name)
}

fn is_content_field(line: &[u8]) -> bool {
    const FIELD: &[u8] = b"content-";
    line.get(..FIELD.len()).is_some_and(|start| start.eq_ignore_ascii_case(FIELD)) && line.contains(&b':')
}

/// Whether a line of the body is this boundary.
pub(super) fn occurs(body: &[u8], boundary: &str) -> bool {
    let boundary = boundary.trim_end().as_bytes();
    let mut at = 0;
    while let Some(line) = line_at(body, at) {
        if line.content.strip_prefix(b"--").is_some_and(|rest| rest.starts_with(boundary)) {
            return true;
        }
        at = line.next;
    }
    false
}

/// Whether the body begins with this boundary.
pub(super) fn begins_with(body: &[u8], boundary: &str) -> bool {
    first_line(body)
        .and_then(|line| line.strip_prefix(b"--"))
        .is_some_and(|rest| rest.starts_with(boundary.as_bytes()))
}

/// Whether the body begins with some boundary, or with the sentence that stands in front of one.
pub(super) fn begins_with_any(body: &[u8]) -> bool {
    first_line(body).is_some_and(|line| {
        named(line).is_some() || line.to_ascii_lowercase().starts_with(b"this is a multi")
    }) && guess(body).is_some()
}

fn first_line(body: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        let line = line_at(body, at)?;
        if !line.content.trim_ascii().is_empty() {
            return Some(line.content);
        }
        at = line.next;
    }
}
