//! Names of attachments made safe to show, to save and to put into a header. Knows nothing of contents.

use std::collections::{HashMap, HashSet};

use super::{charset, limits};

/// Device names that some systems refuse or worse.
const RESERVED: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Longest extension that is kept when a name is shortened.
const EXTENSION_CHARS_MAX: usize = 12;

/// Names that files of one mail have already: no two are called the same, whatever the case.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// The number that a name gets next, so that nobody counts up from the beginning for each of many namesakes.
    next: HashMap<String, usize>,
}

impl Names {
    /// A safe name for the next file, from what was declared or else from its type.
    pub(crate) fn one_for(&mut self, declared: Option<&str>, content_type: &str) -> String {
        let wanted = declared.and_then(safe).unwrap_or_else(|| invented(content_type, self.taken.len() + 1));
        if self.taken.insert(wanted.to_lowercase()) {
            return wanted;
        }
        // Long names that differ where they are cut count together.
        let next = self.next.entry(numbered(&wanted, 2).to_lowercase()).or_insert(2);
        loop {
            let name = numbered(&wanted, *next);
            *next += 1;
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

/// A safe name for what was declared; `None` when nothing usable is left.
#[must_use]
pub fn safe(declared: &str) -> Option<String> {
    let last = declared.rsplit(['/', '\\']).find(|part| !part.trim().is_empty())?;
    let cleaned: String = charset::clean_line(last)
        .chars()
        .filter(|c| !charset::is_invisible(*c) && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{fffd}'))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\'' | '`') { '_' } else { c })
        .collect();
    // Leading dots hide a file, trailing dots and blanks vanish on some systems.
    let name = cleaned.trim().trim_start_matches('.').trim_end_matches(['.', ' ']).trim();
    if name.is_empty() || name.chars().all(|c| c == '_') {
        return None;
    }
    let stem = name.split('.').next().unwrap_or("").trim().to_ascii_lowercase();
    let name = if RESERVED.contains(&stem.as_str()) { format!("_{name}") } else { name.to_owned() };
    Some(shorten(&name, limits::FILE_NAME_CHARS_MAX))
}

/// Cuts the middle, keeps the extension.
fn shorten(name: &str, chars_max: usize) -> String {
    if name.chars().count() <= chars_max {
        return name.to_owned();
    }
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension)
        .filter(|extension| (1..=EXTENSION_CHARS_MAX).contains(&extension.chars().count()));
    let Some(extension) = extension else { return name.chars().take(chars_max).collect() };
    let room = chars_max - extension.chars().count() - 1;
    let stem: String = name.chars().take(room).collect();
    format!("{}.{extension}", stem.trim_end_matches(['.', ' ']))
}

/// A name for what has none: `image-2.png`, `message-1.eml`.
pub(crate) fn invented(content_type: &str, number: usize) -> String {
    let (stem, extension) = match content_type {
        "image/jpeg" | "image/jpg" | "image/pjpeg" => ("image", "jpg"),
        "image/png" => ("image", "png"),
        "image/gif" => ("image", "gif"),
        "image/webp" => ("image", "webp"),
        "image/heic" => ("image", "heic"),
        "image/svg+xml" => ("image", "svg"),
        "message/rfc822" | "message/global" => ("message", "eml"),
        "message/delivery-status" => ("delivery-status", "txt"),
        "message/disposition-notification" => ("read-receipt", "txt"),
        "message/feedback-report" => ("feedback-report", "txt"),
        "text/rfc822-headers" => ("headers", "txt"),
        "text/calendar" => ("invitation", "ics"),
        "text/html" => ("text", "html"),
        "text/csv" => ("table", "csv"),
        "text/x-vcard" | "text/vcard" | "text/directory" => ("contact", "vcf"),
        "application/pdf" => ("document", "pdf"),
        "application/zip" | "application/x-zip-compressed" => ("archive", "zip"),
        "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature" => {
            ("signature", "asc")
        }
        "application/ms-tnef" => ("winmail", "dat"),
        other if other.starts_with("image/") => ("image", "img"),
        other if other.starts_with("text/") => ("text", "txt"),
        other if other.starts_with("audio/") => ("audio", "bin"),
        other if other.starts_with("video/") => ("video", "bin"),
        _ => ("attachment", "bin"),
    };
    format!("{stem}-{number}.{extension}")
}

/// The same name with a number, when it is taken already.
pub(crate) fn numbered(name: &str, number: usize) -> String {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let suffix = format!("-{number}{extension}");
    let room = limits::FILE_NAME_CHARS_MAX.saturating_sub(suffix.chars().count());
    let stem: String = stem.chars().take(room).collect();
    format!("{stem}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h41_dangerous_names_become_safe_ones() {
        for (declared, want) in [
            ("Rechnung 2026.pdf", Some("Rechnung 2026.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\anna\\Größe.docx", Some("Größe.docx")),
            ("/", None),
            ("..", None),
            ("...", None),
            ("", None),
            (".htaccess", Some("htaccess")),
            ("con", Some("_con")),
            ("NUL.txt", Some("_NUL.txt")),
            ("console.txt", Some("console.txt")),
            ("Rechnung\u{202e}fdp.exe", Some("Rechnungfdp.exe")),
            ("a\r\nb\0.txt", Some("a b.txt")),
            ("a<b>|c?.txt", Some("a_b__c_.txt")),
            ("report.pdf. . ", Some("report.pdf")),
            ("dir/", Some("dir")),
            ("???", None),
        ] {
            assert_eq!(safe(declared).as_deref(), want, "{declared:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = safe(&format!("{}.pdf", "ä".repeat(65_000))).unwrap();
        assert_eq!(name.chars().count(), limits::FILE_NAME_CHARS_MAX);
        assert!(name.ends_with(".pdf"));
        assert_eq!(safe(&"x".repeat(500)).unwrap().chars().count(), limits::FILE_NAME_CHARS_MAX);
        assert!(numbered(&name, 12).chars().count() <= limits::FILE_NAME_CHARS_MAX);
        assert!(numbered(&name, 12).ends_with("-12.pdf"));
    }

    #[test]
    fn namesakes_are_numbered_each_with_one_look() {
        let mut names = Names::default();
        let named: Vec<String> =
            ["a.pdf", "a-3.pdf", "A.pdf", "a.pdf", "a.pdf"].map(|name| names.one_for(Some(name), "")).into();
        assert_eq!(named, ["a.pdf", "a-3.pdf", "A-2.pdf", "a-4.pdf", "a-5.pdf"]);
        assert_eq!(names.next.into_values().collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn the_nameless_get_a_name_by_kind() {
        assert_eq!(invented("image/png", 1), "image-1.png");
        assert_eq!(invented("application/x-strange", 3), "attachment-3.bin");
    }
}
