//! JSON Lines, read one by one: never the whole file in memory, every complaint with its line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;
use serde::de::DeserializeOwned;

/// Longest line, bytes: a text of 8 MiB written as JSON escapes.
pub(super) const LINE_BYTES_MAX: u64 = 64 << 20;

/// Line number, from 1, and its text.
pub(super) type Numbered = std::io::Result<(u64, String)>;

/// A file's lines; `-` is stdin. Blank lines are left out.
pub(super) fn open(path: &Path) -> anyhow::Result<Box<dyn Iterator<Item = Numbered> + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(of(BufReader::new(std::io::stdin()))));
    }
    let file = File::open(path).with_context(|| path.display().to_string())?;
    if file.metadata()?.is_dir() {
        anyhow::bail!("{} is a folder: name a file with one JSON object per line", path.display());
    }
    Ok(Box::new(of(BufReader::new(file))))
}

/// Lines of anything that can be read.
pub(super) fn of(mut reader: impl BufRead) -> impl Iterator<Item = Numbered> {
    let mut number = 0;
    let mut broken = false;
    std::iter::from_fn(move || {
        while !broken {
            number += 1;
            let mut bytes = Vec::new();
            match reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(read) if read as u64 == LINE_BYTES_MAX => {
                    broken = true;
                    let most = domain::files::shown(LINE_BYTES_MAX);
                    let error = std::io::Error::other(format!("line {number} is longer than {most}"));
                    return Some(Err(error));
                }
                Ok(_) => match String::from_utf8(bytes) {
                    Ok(text) if text.trim().is_empty() => {}
                    Ok(text) => return Some(Ok((number, text))),
                    Err(_) => return Some(Err(std::io::Error::other(format!("line {number} is not UTF-8")))),
                },
                Err(error) => {
                    broken = true;
                    return Some(Err(error));
                }
            }
        }
        None
    })
}

/// One line as a value.
pub(super) fn parsed<T: DeserializeOwned>(path: &Path, line: Numbered) -> anyhow::Result<(u64, T)> {
    let (number, text) = line.with_context(|| path.display().to_string())?;
    let value = serde_json::from_str(&text).with_context(|| place(path, number))?;
    Ok((number, value))
}

/// File and line for people.
pub(super) fn place(path: &Path, number: u64) -> String {
    format!("{}, line {number}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_left_out_and_numbers_stay_true() {
        let lines: Vec<_> = of("a\n\n \nb".as_bytes()).map(Result::unwrap).collect();
        assert_eq!(lines, [(1, "a\n".to_owned()), (4, "b".to_owned())]);
    }

    #[test]
    fn a_line_that_is_no_text_is_named_and_the_next_is_read() {
        let mut lines = of(&b"\xff\xfe\nb\n"[..]);
        assert_eq!(lines.next().unwrap().unwrap_err().to_string(), "line 1 is not UTF-8");
        assert_eq!(lines.next().unwrap().unwrap().0, 2);
    }

    #[test]
    fn a_value_that_does_not_fit_is_placed() {
        let error = parsed::<u32>(Path::new("x.jsonl"), Ok((7, "\"a\"".to_owned()))).unwrap_err();
        assert!(format!("{error:#}").starts_with("x.jsonl, line 7: "), "{error:#}");
    }
}
