//! What a mail tells about the charset of its raw 8-bit header values: the label its parts declare, the
//! country its sender's domain belongs to.

/// The first charset label in the mail that says something about 8-bit text.
pub(super) fn declared(raw: &[u8]) -> Option<String> {
    const LOOKED_AT_BYTES: usize = 64_000;
    const MARK: &[u8] = b"charset=";
    const LABEL_BYTES_MAX: usize = 45;
    let raw = raw.get(..LOOKED_AT_BYTES).unwrap_or(raw);
    let ends = raw
        .windows(MARK.len())
        .enumerate()
        .filter(|(_, at)| at.eq_ignore_ascii_case(MARK))
        .map(|(at, _)| at + MARK.len());
    ends.filter_map(|at| {
        let label: String = raw
            .get(at..)?
            .iter()
            .skip_while(|b| matches!(b, b'"' | b'\'' | b' '))
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
            .take(LABEL_BYTES_MAX)
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
        let says_nothing =
            label.is_empty() || matches!(label.as_str(), "us-ascii" | "ascii" | "utf-8" | "utf8");
        (!says_nothing).then_some(label)
    })
    .next()
}

/// The top-level domain of the address in a raw From value, lower case.
pub(super) fn country(from: &[u8]) -> Option<String> {
    let at = from.iter().rposition(|b| *b == b'@')?;
    let domain: String = from
        .get(at + 1..)?
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect();
    let last = domain.rsplit('.').next()?;
    (last.len() >= 2 && last.bytes().all(|b| b.is_ascii_lowercase())).then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_label_that_says_something_counts() {
        assert_eq!(declared(b"a; charset=us-ascii\n\nx; Charset=\"KOI8-R\""), Some("koi8-r".to_owned()));
        assert_eq!(declared(b"charset=utf-8 charset="), None);
    }

    #[test]
    fn the_senders_country_is_the_last_label_of_the_domain() {
        assert_eq!(country(b"A <a@mail.x.CN>"), Some("cn".to_owned()));
        assert_eq!(country(b"a@localhost, b@10.0.0.1"), None);
        assert_eq!(country(b"nobody"), None);
    }
}
