//! The endings of files' names, kept apart while the names are redacted: `ana@example.org.pdf` is an address and an
//! ending, not an address of another domain. Knows endings that many files have, so that no ending is somebody's name.

use super::part::FILE_NAME;
use super::{Clean, Document};

/// Endings of files that people send.
const ENDINGS: &[&str] = &[
    "7z", "aac", "ai", "asc", "avi", "avif", "bak", "bin", "bmp", "bz2", "cer", "cfg", "conf", "crt", "css",
    "csv", "dat", "db", "doc", "docm", "docx", "dot", "dotx", "dwg", "dxf", "eml", "eps", "epub", "flac",
    "gif", "gpx", "gz", "heic", "heif", "htm", "html", "ics", "ini", "jfif", "jpeg", "jpg", "json", "jsonl",
    "key", "kml", "log", "m4a", "m4v", "md", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "msg", "numbers",
    "odg", "odp", "ods", "odt", "ogg", "opus", "otf", "p7m", "p7s", "pages", "pdf", "pem", "png", "pps",
    "ppsx", "ppt", "pptm", "pptx", "psd", "rar", "rtf", "sql", "stl", "svg", "tar", "tgz", "tif", "tiff",
    "toml", "tsv", "ttf", "txt", "vcf", "vsdx", "wav", "webm", "webp", "wma", "wmv", "xhtml", "xls", "xlsb",
    "xlsm", "xlsx", "xml", "xps", "xz", "yaml", "yml", "zip", "zst",
];

/// Those of them that are also top-level domains.
const DOMAINS_TOO: &[&str] = &["ai", "dot", "md", "mov", "zip"];

/// The endings of a document's files' names with their dots, part by part; empty for every other part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endings(Vec<String>);

impl Endings {
    /// Takes them off the document's parts.
    pub fn taken_off(document: &mut Document) -> Self {
        let ending_of = |part: &mut super::Part| match part.name == FILE_NAME {
            true => part.text.split_off(stem_length(&part.text)),
            false => String::new(),
        };
        Self(document.parts.iter_mut().map(ending_of).collect())
    }

    /// Puts them back behind the parts after redaction.
    #[must_use]
    pub fn put_back(&self, parts: Vec<Clean>) -> Vec<Clean> {
        let mut endings = self.0.iter();
        let with = |Clean(text)| Clean(text + endings.next().map_or("", String::as_str));
        parts.into_iter().map(with).collect()
    }
}

/// Bytes of a name before its ending, all of them where it has none that is known.
fn stem_length(name: &str) -> usize {
    let split = name.rsplit_once('.').filter(|(stem, ending)| {
        let is_among = |endings: &[&str]| endings.iter().any(|known| known.eq_ignore_ascii_case(ending));
        let is_known = is_among(ENDINGS);
        // Some endings are also the ends of domains: `ana@mail.example.zip` may be a whole address.
        let address = stem.split_whitespace().next_back().and_then(crate::address::sides);
        let is_domains = address.is_some_and(|(_, domain)| !domain.contains('.') || is_among(DOMAINS_TOO));
        !stem.is_empty() && is_known && !is_domains
    });
    split.map_or(name.len(), |(stem, _)| stem.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::Part;

    #[test]
    fn an_ending_is_taken_off_where_it_is_one() {
        for (name, stem) in [
            ("Rechnung für ana@example.org.pdf", "Rechnung für ana@example.org"),
            ("Foto.JPEG", "Foto"),
            ("backup.tar.gz", "backup.tar"),
            ("Vertrag.Meier", "Vertrag.Meier"),
            ("ana@example.zip", "ana@example.zip"),
            ("ana@mail.example.zip", "ana@mail.example.zip"),
            ("Brief an ana@mail.example.MD", "Brief an ana@mail.example.MD"),
            ("ana@mail.example Fotos.zip", "ana@mail.example Fotos"),
            ("Fotos.zip", "Fotos"),
            ("ana@example.org", "ana@example.org"),
            (".pdf", ".pdf"),
            ("pdf", "pdf"),
            ("", ""),
        ] {
            assert_eq!(name.get(..stem_length(name)), Some(stem), "{name}");
        }
    }

    #[test]
    fn endings_of_files_come_back_and_other_parts_are_left_alone() {
        let part = |name: &str, text: &str| Part { name: name.into(), text: text.into() };
        let parts = vec![part("text", "see a.pdf"), part("file_name", "a.pdf"), part("file_name", "b")];
        let mut document = Document { parts, ..Document::default() };
        let endings = Endings::taken_off(&mut document);
        let texts: Vec<&str> = document.parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["see a.pdf", "a", "b"]);
        let clean = endings.put_back(vec![Clean::ours("x"), Clean::ours("[EMAIL-1]"), Clean::ours("b")]);
        assert_eq!(clean, [Clean::ours("x"), Clean::ours("[EMAIL-1].pdf"), Clean::ours("b")]);
    }
}
