//! Where raw mail comes from for `kulanz ingest` and `kulanz eval mail`: a file, an mbox, a Maildir, a
//! folder of files, standard input. One mail at a time, each bounded; nothing is parsed here.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::ChannelError;
use crate::email::limits::RAW_BYTES_MAX;

/// One raw mail and where it lay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMail {
    /// File name, with `#3` behind it for the third of several mails in an mbox.
    pub name: String,
    /// At most one byte more than can be read: enough to be told as too large.
    pub bytes: Vec<u8>,
}

/// What comes out of a source, one by one.
pub type Mails = Box<dyn Iterator<Item = Result<RawMail, ChannelError>> + Send>;

/// How many bytes of a mail are taken: beyond the limit only that it is beyond it matters.
const MAIL_BYTES_MAX: usize = RAW_BYTES_MAX + 1;
/// Deepest folder below the given one.
const FOLDER_DEPTH_MAX: usize = 8;

/// Opens a source. `-` is standard input.
///
/// # Errors
/// When there is nothing readable at `path`. Mails that cannot be read later on are items of their own.
pub fn open(path: &Path) -> Result<Mails, ChannelError> {
    if path.as_os_str() == "-" {
        return Ok(split_or_whole(BufReader::new(std::io::stdin()), "stdin".to_owned()));
    }
    let meta = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !meta.is_dir() {
        return open_file(path);
    }
    let files = if path.join("new").is_dir() || path.join("cur").is_dir() {
        let mut files = Vec::new();
        for folder in ["new", "cur"] {
            let folder = path.join(folder);
            if folder.is_dir() {
                list(&folder, FOLDER_DEPTH_MAX, &|_| true, &mut files)?;
            }
        }
        files
    } else {
        let mut files = Vec::new();
        list(path, 0, &is_mail_file, &mut files)?;
        files
    };
    let root = path.to_owned();
    Ok(Box::new(files.into_iter().flat_map(move |file| {
        match open_file_as(&file, name_below(&root, &file)) {
            Ok(mails) => mails,
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    })))
}

fn open_file(path: &Path) -> Result<Mails, ChannelError> {
    let name = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    open_file_as(path, name)
}

fn open_file_as(path: &Path, name: String) -> Result<Mails, ChannelError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(split_or_whole(BufReader::new(file), name))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ChannelError {
    ChannelError::permanent(format!("cannot read {}: {error}", path.display()))
}

fn name_below(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}

/// Files that may be mail, going by their names: everything but what is known to be something else, because
/// mail lies around under any name.
fn is_mail_file(path: &Path) -> bool {
    const OTHER: &[&str] = &[
        "7z", "bmp", "csv", "db", "doc", "docx", "gif", "gz", "html", "ico", "ini", "jpeg", "jpg", "js",
        "json", "jsonl", "lock", "log", "md", "mp3", "mp4", "pdf", "png", "ppt", "pptx", "py", "rb", "rs",
        "sh", "sqlite", "svg", "tar", "tgz", "toml", "tsv", "wav", "webp", "xls", "xlsx", "xml", "xz",
        "yaml", "yml", "zip", "zst",
    ];
    path.extension().is_none_or(|extension| !OTHER.iter().any(|other| extension.eq_ignore_ascii_case(other)))
}

/// Files of exactly one mail, whatever its lines look like.
fn is_single(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("eml"))
}

/// All files below `folder` in the order of their names.
fn list(
    folder: &Path,
    depth: usize,
    wanted: &dyn Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), ChannelError> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| unreadable(folder, &error))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')))
        .collect();
    entries.sort();
    for path in entries {
        // Links could lead in a circle or out of the folder.
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        if meta.is_dir() && depth < FOLDER_DEPTH_MAX {
            list(&path, depth + 1, wanted, found)?;
        } else if meta.is_file() && wanted(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// An mbox when it begins like one, else one mail.
fn split_or_whole<R: BufRead + Send + 'static>(mut reader: R, name: String) -> Mails {
    match reader.fill_buf() {
        Ok(front) if front.starts_with(b"From ") && !is_single(&name) => Box::new(split_mbox(reader, name)),
        Ok([]) => Box::new(std::iter::empty()),
        Ok(_) => Box::new(std::iter::once(read_whole(reader, name))),
        Err(error) => {
            Box::new(std::iter::once(Err(ChannelError::permanent(format!("cannot read {name}: {error}")))))
        }
    }
}

fn read_whole<R: Read>(reader: R, name: String) -> Result<RawMail, ChannelError> {
    let mut bytes = Vec::new();
    match reader.take(MAIL_BYTES_MAX as u64).read_to_end(&mut bytes) {
        Ok(_) => Ok(RawMail { name, bytes }),
        Err(error) => Err(ChannelError::permanent(format!("cannot read {name}: {error}"))),
    }
}

/// The mails of an mbox, one at a time: separated by `From ` lines, whose look-alikes in the text
/// (`>From `) get back what they were.
pub fn split_mbox<R: BufRead>(reader: R, name: impl Into<String>) -> Mbox<R> {
    Mbox { reader, name: name.into(), number: 0, begun: false, after_empty: true, done: false }
}

/// See [`split_mbox`].
#[derive(Debug)]
pub struct Mbox<R> {
    reader: R,
    name: String,
    number: usize,
    /// Whether the `From ` line of the next mail has been taken already.
    begun: bool,
    after_empty: bool,
    done: bool,
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = Result<RawMail, ChannelError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let mut bytes = Vec::new();
        loop {
            let line = match read_line(&mut self.reader) {
                Ok(Some(line)) => line,
                Ok(None) => {
                    self.done = true;
                    return (self.begun || !bytes.is_empty()).then(|| Ok(self.finish(bytes)));
                }
                Err(error) => {
                    self.done = true;
                    return Some(Err(ChannelError::permanent(format!("cannot read {}: {error}", self.name))));
                }
            };
            if self.after_empty && is_from_line(&line) {
                let is_first = !std::mem::replace(&mut self.begun, true);
                self.after_empty = false;
                if is_first {
                    continue;
                }
                return Some(Ok(self.finish(bytes)));
            }
            self.after_empty = line.trim_ascii().is_empty();
            let room = MAIL_BYTES_MAX.saturating_sub(bytes.len());
            let line = unescaped(&line);
            bytes.extend_from_slice(line.get(..room.min(line.len())).unwrap_or_default());
        }
    }
}

impl<R> Mbox<R> {
    fn finish(&mut self, mut bytes: Vec<u8>) -> RawMail {
        self.number += 1;
        let is_only_one = self.done && self.number == 1;
        // The empty line before the next `From ` belongs to the format, not to the mail.
        if bytes.ends_with(b"\n\n") {
            bytes.pop();
        } else if bytes.ends_with(b"\r\n\r\n") {
            bytes.truncate(bytes.len() - 2);
        }
        let name = if is_only_one { self.name.clone() } else { format!("{}#{}", self.name, self.number) };
        RawMail { name, bytes }
    }
}

/// A line with its end, at most as much of it as a mail may have; `None` at the end.
fn read_line<R: BufRead>(reader: &mut R) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let count = reader.by_ref().take(MAIL_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
    Ok((count > 0).then_some(line))
}

/// `From ` alone also begins sentences: a separator carries a clock time.
fn is_from_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") && line.windows(4).any(|four| matches!(four, [a, b':', b, c] if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit()))
}

fn unescaped(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    let is_escaped = quotes > 0 && line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "));
    if is_escaped { line.get(1..).unwrap_or(line) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBOX: &str = "From a@x Sat Nov 21 10:00:00 2026\nSubject: one\n\nFrom here on it rains.\n>From him\n\nFrom there too\n\nFrom b@x Sat Nov 21 11:00:00 2026\nSubject: two\n\ntext\n";

    fn names(mails: Mails) -> Vec<String> {
        mails.map(|mail| mail.unwrap().name).collect()
    }

    #[test]
    fn an_mbox_is_split_at_its_separators_only() {
        let mails: Vec<_> = split_mbox(MBOX.as_bytes(), "box").map(|mail| mail.unwrap()).collect();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].name, "box#1");
        assert_eq!(
            String::from_utf8_lossy(&mails[0].bytes),
            "Subject: one\n\nFrom here on it rains.\nFrom him\n\nFrom there too\n"
        );
        assert_eq!(String::from_utf8_lossy(&mails[1].bytes), "Subject: two\n\ntext\n");
    }

    #[test]
    fn an_mbox_with_crlf_and_an_empty_one_are_read() {
        let crlf = MBOX.replace('\n', "\r\n");
        let mails: Vec<_> = split_mbox(crlf.as_bytes(), "box").map(|mail| mail.unwrap()).collect();
        assert_eq!(mails.len(), 2);
        assert!(mails[0].bytes.ends_with(b"too\r\n"));
        assert_eq!(split_mbox(&b""[..], "box").count(), 0);
    }

    #[test]
    fn one_mail_in_an_mbox_bears_the_files_name_and_an_eml_is_never_split() {
        let folder = tempfile::tempdir().unwrap();
        let one = "From a@x Sat Nov 21 10:00:00 2026\nSubject: one\n\ntext\n";
        for (name, content, want) in [
            ("one.box", one, vec!["one.box"]),
            ("two.box", MBOX, vec!["two.box#1", "two.box#2"]),
            ("two.eml", MBOX, vec!["two.eml"]),
        ] {
            std::fs::write(folder.path().join(name), content).unwrap();
            assert_eq!(names(open(&folder.path().join(name)).unwrap()), want);
        }
        assert_eq!(names(open(folder.path()).unwrap()), ["one.box", "two.box#1", "two.box#2", "two.eml"]);
    }

    #[test]
    fn one_endless_mail_is_bounded() {
        let endless = std::io::repeat(b'x').take(80_000_000);
        let head = "From a@x Sat Nov 21 10:00:00 2026\n".as_bytes();
        let mails: Vec<_> =
            split_mbox(BufReader::new(head.chain(endless)), "box").map(|mail| mail.unwrap()).collect();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].bytes.len(), MAIL_BYTES_MAX);
    }

    #[test]
    fn files_folders_and_maildirs_are_read_in_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("b.eml"), "Subject: b\n\n").unwrap();
        std::fs::write(at("a.eml"), "Subject: a\n\n").unwrap();
        std::fs::write(at("c.mbox"), MBOX).unwrap();
        std::fs::write(at("picture.png"), "x").unwrap();
        std::fs::write(at(".hidden.eml"), "x").unwrap();
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("sub/d.eml"), "Subject: d\n\n").unwrap();
        assert_eq!(
            names(open(folder.path()).unwrap()),
            ["a.eml", "b.eml", "c.mbox#1", "c.mbox#2", "sub/d.eml"]
        );
        assert_eq!(names(open(&at("a.eml")).unwrap()), ["a.eml"]);
        for name in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(at("box").join(name)).unwrap();
        }
        std::fs::write(at("box/new/1.x"), "Subject: 1\n\n").unwrap();
        std::fs::write(at("box/cur/0.x:2,S"), "Subject: 0\n\n").unwrap();
        std::fs::write(at("box/tmp/9.x"), "Subject: 9\n\n").unwrap();
        assert_eq!(names(open(&at("box")).unwrap()), ["new/1.x", "cur/0.x:2,S"]);
    }

    #[test]
    fn what_is_not_there_is_said_with_its_path() {
        let Err(error) = open(Path::new("/no/such/mail.eml")) else { panic!("opened") };
        assert!(error.to_string().contains("/no/such/mail.eml") && !error.is_transient());
    }

    #[test]
    fn an_empty_file_holds_no_mail() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(open(file.path()).unwrap().count(), 0);
    }
}
