//! Names of folders as IMAP writes them: modified UTF-7 (RFC 3501 §5.1.3). Knows nothing of servers.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

const SHIFTED: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// `Gelöscht` is `Gel&APY-scht`.
pub(super) fn encoded(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| matches!(c, ' '..='~');
    if name.chars().all(|c| is_plain(c) && c != '&') {
        return Cow::Borrowed(name);
    }
    let mut out = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        if is_plain(first) {
            out.push(first);
            if first == '&' {
                out.push('-');
            }
            rest = rest.get(1..).unwrap_or_default();
        } else {
            let end = rest.find(is_plain).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            let utf16: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push('&');
            out.push_str(&SHIFTED.encode(utf16));
            out.push('-');
            rest = after;
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn folders_are_named_as_imap_names_them() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Archive/2026", "Archive/2026"),
            ("Gelöscht", "Gel&APY-scht"),
            ("R&D", "R&-D"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encoded(name), wire);
        }
    }
}
