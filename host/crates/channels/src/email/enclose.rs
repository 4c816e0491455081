//! Files as people hand them over to be sent: named, typed and counted like those that come in. Decides nothing about
//! which may leave.

use sha2::{Digest, Sha256};

use super::file_name::Names;
use super::{File, page};

/// What is sent when nobody knows better.
const BYTES: &str = "application/octet-stream";
/// What is sent as a page only under a page's name: other programs go by the type, and people by the name.
const TEXT: &str = "text/plain";
/// A type that the bytes of many kinds of documents have: whoever names one knows more.
const ARCHIVE: &str = "application/zip";

/// A file as it was handed over: its name and type are claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub file_name: String,
    /// Its type, where one was named.
    pub content_type: Option<String>,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The files with safe names, no two the same, and with the type that their bytes show.
#[must_use]
pub fn enclosed(given: Vec<Given>) -> Vec<File> {
    let mut names = Names::default();
    let file = |Given { file_name, content_type, bytes }: Given| {
        let content_type = typed(&file_name, type_of(&bytes, content_type.as_deref()));
        let sha256 = hex::encode(Sha256::digest(&bytes));
        File { file_name: names.one_for(Some(&file_name), &content_type), content_type, bytes, sha256 }
    };
    given.into_iter().map(file).collect()
}

/// No page's type under a name that is none.
fn typed(file_name: &str, content_type: String) -> String {
    match page::is_a_pages_type(&content_type) && !page::has_a_pages_name(file_name) {
        true => TEXT.to_owned(),
        false => content_type,
    }
}

/// What the bytes show; else what was named, as far as a part of a mail can be that.
fn type_of(bytes: &[u8], named: Option<&str>) -> String {
    let shown = infer::get(bytes).map(|kind| kind.mime_type());
    let named =
        named.and_then(|named| named.split(';').next()).map(|named| named.trim().to_ascii_lowercase());
    // The marks of some kinds are two letters, which a text may begin with.
    let is_text = |named: &str| named.starts_with("text/") && std::str::from_utf8(bytes).is_ok();
    match (shown, named.filter(|named| is_usable(named))) {
        (Some(shown), Some(named)) if shown != ARCHIVE && !is_text(&named) => shown.to_owned(),
        (_, Some(named)) => named,
        (Some(shown), None) => shown.to_owned(),
        (None, None) => BYTES.to_owned(),
    }
}

/// Whether it is a type that a file may have: mails and parts of parts are not written as base64 (RFC 2046 §5).
fn is_usable(named: &str) -> bool {
    let is_token = |part: &str| {
        (1..=64).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    named.split_once('/').is_some_and(|(kind, rest)| {
        is_token(kind) && is_token(rest) && !matches!(kind, "message" | "multipart")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &str, named: Option<&str>, bytes: &[u8]) -> Given {
        Given { file_name: name.to_owned(), content_type: named.map(str::to_owned), bytes: bytes.to_vec() }
    }

    #[test]
    fn names_are_safe_and_no_two_the_same() {
        let files = enclosed(vec![
            given("../Größe.pdf", None, b"%PDF-1.7"),
            given("größe.PDF", None, b"%PDF-1.7"),
            given("..", None, b"%PDF-1.7"),
        ]);
        let names: Vec<&str> = files.iter().map(|file| file.file_name.as_str()).collect();
        assert_eq!(names, ["Größe.pdf", "größe-2.PDF", "document-3.pdf"]);
        assert_eq!(files[0].sha256, hex::encode(Sha256::digest(b"%PDF-1.7")));
    }

    #[test]
    fn nothing_is_sent_as_a_page_under_another_name() {
        let page = b"<!DOCTYPE html><html>".as_slice();
        for (name, named, is) in [
            ("a.txt", None, "text/plain"),
            ("a.txt", Some("text/plain"), "text/plain"),
            ("a.txt", Some("application/octet-stream"), "text/plain"),
            ("a.txt", Some("text/html"), "text/plain"),
            ("a.csv", Some("image/svg+xml"), "text/plain"),
            ("a.HTML", None, "text/html"),
            ("a.htm", Some("text/html"), "text/html"),
        ] {
            let files = enclosed(vec![given(name, named, page)]);
            assert_eq!(files[0].content_type, is, "{name} {named:?}");
        }
    }

    #[test]
    fn the_bytes_say_the_type_and_the_name_given_to_it_only_where_they_do_not() {
        for (bytes, named, is) in [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), Some("text/html"), "image/png"),
            (b"%PDF-1.7", None, "application/pdf"),
            (b"name;price", Some("Text/CSV; charset=utf-8"), "text/csv"),
            (b"BM;price", Some("text/csv"), "text/csv"),
            (b"name;price", None, "application/octet-stream"),
            (b"From: a", Some("message/rfc822"), "application/octet-stream"),
            (b"x", Some("text/plain\r\nX: y"), "application/octet-stream"),
            (
                b"PK\x03\x04 rest",
                Some("application/vnd.oasis.opendocument.text"),
                "application/vnd.oasis.opendocument.text",
            ),
            (b"PK\x03\x04 rest", None, "application/zip"),
        ] {
            assert_eq!(type_of(bytes, named), is, "{named:?}");
        }
    }
}
