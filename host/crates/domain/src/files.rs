//! Files that people send along with a message: how many, how large, and which are not sent. Knows names and sizes,
//! never what is in a file.

use crate::Refusal;

/// Most bytes of one message's files that can be allowed: what a request carries, and what most mail servers still take
/// once it is written as text.
pub const BYTES_MAX_MOST: usize = 20 << 20;

/// Settings of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileLimits {
    /// Files of one message.
    pub files_max: usize,
    /// Bytes of one file.
    pub file_bytes_max: usize,
    /// Bytes of all files of one message.
    pub bytes_max: usize,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { files_max: 10, file_bytes_max: 10 << 20, bytes_max: 20 << 20 }
    }
}

impl FileLimits {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// Names the setting and what it may be.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.bytes_max > BYTES_MAX_MOST {
            let sentence =
                format!("at most {BYTES_MAX_MOST}: a larger mail is refused by most mail servers.");
            return Err(Refusal::new("bad_setting", sentence).at("bytes_max"));
        }
        Ok(())
    }

    /// Whether a message may have these files, by their names and sizes.
    ///
    /// # Errors
    /// Names the first file that is too much, and the limit.
    pub fn admit<'f>(&self, files: impl IntoIterator<Item = (&'f str, usize)>) -> Result<(), Refusal> {
        let refused = |sentence: String| Err(Refusal::new("bad_file", sentence).at("attachments"));
        let mut bytes = 0_usize;
        for (n, (name, size)) in files.into_iter().enumerate() {
            if n >= self.files_max {
                return refused(format!(
                    "“{name}” is one file too many: a message takes {} (desk.attachments.files_max).",
                    self.files_max
                ));
            }
            if size == 0 {
                return refused(format!("“{name}” is empty: choose the file again, or leave it out."));
            }
            if size > self.file_bytes_max {
                return refused(format!(
                    "“{name}” is larger than {}, the most that one file may have (desk.attachments.file_bytes_max).",
                    shown(self.file_bytes_max)
                ));
            }
            bytes = bytes.saturating_add(size);
            if bytes > self.bytes_max {
                return refused(format!(
                    "With “{name}” the files have more than {} together, the most that one message takes (desk.attachments.bytes_max). Send some of them with another message.",
                    shown(self.bytes_max)
                ));
            }
        }
        Ok(())
    }
}

/// Why a file is not sent that does harm where it is opened, by what it is.
#[must_use]
pub fn harmful(name: &str, what: &str) -> Refusal {
    let sentence = format!("“{name}” is {what}: such files are not sent, since others would not take them.");
    Refusal::new("harmful_file", sentence).at("attachments")
}

/// A measured size, about: `417 bytes`, `12.3 MB`.
#[must_use]
pub fn size(bytes: impl TryInto<u64>) -> String {
    let bytes = bytes.try_into().unwrap_or(0);
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    // What rounds up to 1000.0 of a unit is 1.0 of the next.
    let of = units.into_iter().find(|(unit, _)| bytes >= unit - unit / 20_000);
    let Some((unit, name)) = of else {
        return if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") };
    };
    let tenths = bytes.saturating_add(unit / 20) / (unit / 10);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// A limit as people read it, to the byte.
#[must_use]
pub fn shown(bytes: impl TryInto<u64>) -> String {
    let bytes = bytes.try_into().unwrap_or(u64::MAX);
    let whole = |unit: u64| bytes >= unit && bytes.is_multiple_of(unit);
    if whole(1 << 20) {
        format!("{} MiB", bytes >> 20)
    } else if whole(1 << 10) {
        format!("{} KiB", bytes >> 10)
    } else {
        format!("{bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_a_unit_that_people_read() {
        for (bytes, told) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (1_049, "1.0 kB"),
            (1_050, "1.1 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (12_345_678, "12.3 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.0 GB"),
            (5_000_000_000_000, "5000.0 GB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(size(bytes), told, "{bytes}");
        }
    }

    #[test]
    fn what_is_too_much_is_named_with_its_limit() {
        let limits = FileLimits { files_max: 2, file_bytes_max: 1 << 10, bytes_max: 1_500 };
        assert_eq!(limits.admit([("a.pdf", 1 << 10), ("b.pdf", 400)]), Ok(()));
        assert_eq!(limits.admit([]), Ok(()));
        for (files, said) in [
            (
                [("a.pdf", 1), ("b.pdf", 1), ("c.pdf", 1)].as_slice(),
                "“c.pdf” is one file too many: a message takes 2",
            ),
            (&[("a.pdf", 1_025)], "“a.pdf” is larger than 1 KiB"),
            (
                &[("a.pdf", 1_000), ("b.pdf", 501)],
                "With “b.pdf” the files have more than 1500 bytes together",
            ),
            (&[("a.pdf", 0)], "“a.pdf” is empty"),
        ] {
            let refusal = limits.admit(files.iter().copied()).unwrap_err();
            assert!(refusal.sentence.starts_with(said), "{refusal}");
            assert_eq!((refusal.code, refusal.field.as_deref()), ("bad_file", Some("attachments")));
        }
    }

    #[test]
    fn no_more_can_be_allowed_than_a_request_carries() {
        assert_eq!(FileLimits::default().check(), Ok(()));
        let more = FileLimits { bytes_max: BYTES_MAX_MOST + 1, ..FileLimits::default() };
        assert_eq!(more.check().unwrap_err().field.as_deref(), Some("bytes_max"));
    }
}
