//! Bombs, prefixes, mutations and plain noise: nothing panics, everything stays inside the limits.

use domain::message::AutoClass::Human;
use proptest::prelude::*;

use super::super::{Mail, limits, parse, read};
use super::fixtures;

/// What every mail must hold to, whatever it was made of.
fn check(mail: &Mail) -> Result<(), String> {
    let texts = [&mail.subject, &mail.text, &mail.reply_text]
        .into_iter()
        .chain(&mail.from)
        .chain(&mail.from_name)
        .chain(&mail.html_safe)
        .chain(&mail.message_id)
        .chain(&mail.in_reply_to)
        .chain(&mail.return_path)
        .chain(&mail.auto_reason)
        .chain(
            mail.to
                .iter()
                .chain(&mail.cc)
                .chain(&mail.reply_to)
                .chain(&mail.references)
                .chain(&mail.problems),
        )
        .chain(mail.attachments.iter().flat_map(|file| [&file.file_name, &file.content_type]));
    for text in texts {
        if text.contains('\0') {
            return Err(format!("NUL in {text:?}"));
        }
    }
    for line in [&mail.subject].into_iter().chain(mail.attachments.iter().map(|file| &file.file_name)) {
        if line.chars().any(char::is_control) {
            return Err(format!("control character in {line:?}"));
        }
    }
    for file in &mail.attachments {
        let name = &file.file_name;
        let is_bad = name.is_empty()
            || name.contains(['/', '\\'])
            || name.starts_with('.')
            || name.chars().count() > limits::FILE_NAME_CHARS_MAX;
        if is_bad || file.sha256.len() != 64 {
            return Err(format!("bad file {name:?}"));
        }
    }
    if mail.attachments.len() > limits::PARTS_MAX
        || mail.to.len() > limits::RECIPIENTS_MAX
        || mail.references.len() > limits::REFERENCES_MAX
    {
        return Err("beyond a limit".to_owned());
    }
    if mail.html_safe.as_ref().is_some_and(|html| html.to_lowercase().contains("<script")) {
        return Err("a script survived".to_owned());
    }
    match (mail.auto_class == Human) == mail.auto_reason.is_none() {
        true => Ok(()),
        false => Err("a class without a reason".to_owned()),
    }
}

/// Size, parts, depth, headers, References, each far beyond its limit.
#[test]
fn h33_oversized_mails_are_bounded_and_keep_what_fits() {
    let mut bombs: Vec<(&str, Vec<u8>)> = vec![
        (
            "parts",
            format!("Content-Type: multipart/mixed; boundary=o\n\n{}", "--o\n\nx\n".repeat(1_000_000))
                .into_bytes(),
        ),
        ("headers", format!("Subject: s\n{}\nbody", "X: y\n".repeat(1_000_000)).into_bytes()),
        ("references", format!("References: {}\n\nbody", "<a@b> ".repeat(1_000_000)).into_bytes()),
        ("rfc822", "Content-Type: message/rfc822\n\n".repeat(100_000).into_bytes()),
        ("digest", "Content-Type: multipart/digest; boundary=d\n\n--d\n\n".repeat(50_000).into_bytes()),
        ("lines", b"\n".repeat(3_000_000)),
        ("one line", vec![b'x'; 5_000_000]),
        ("nul", vec![0; 3_000_000]),
        ("words", format!("Subject: {}\n\nx", "=?utf-8?q?x ".repeat(20_000)).into_bytes()),
        ("quotes", format!("Subject: s\n\n{}", "> ".repeat(500_000)).into_bytes()),
        (
            "markers",
            format!("Subject: s\n\n{}", "Am 1.1.2026 um 10:00 schrieb a@b\n".repeat(30_000)).into_bytes(),
        ),
        (
            "dashes",
            format!("Content-Type: multipart/mixed; boundary=\"-\"\n\n{}", "---\n".repeat(1_000_000))
                .into_bytes(),
        ),
        (
            "content types",
            format!(
                "Content-Type: multipart/mixed; boundary=o\n\n{}",
                "--o\nContent-Type: text/plain; a=\"\n".repeat(200_000)
            )
            .into_bytes(),
        ),
    ];
    let mut deep = String::from("Content-Type: multipart/mixed; boundary=b0\n\n");
    for n in 0..100_000 {
        deep.push_str(&format!("--b{n}\nContent-Type: multipart/mixed; boundary=b{}\n\n", n + 1));
    }
    bombs.push(("depth", deep.into_bytes()));
    for (name, raw) in &bombs {
        let mail = parse(raw);
        assert_eq!(check(&mail), Ok(()), "{name}");
    }
}

/// A nested message inside base64 would be a bomb for a parser that opens it: it stays a file.
#[test]
fn encoded_nested_messages_are_not_opened() {
    use base64::Engine;
    let inner =
        base64::engine::general_purpose::STANDARD.encode("Content-Type: message/rfc822\n\n".repeat(200_000));
    let mail = parse(
        format!(
            "From: a@x.example\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}"
        )
        .as_bytes(),
    );
    assert_eq!(mail.attachments.len(), 1);
    assert_eq!(mail.attachments[0].file_name, "message-1.eml");
}

#[test]
fn h34_every_prefix_of_every_fixture_is_read_without_harm() {
    for (name, raw) in fixtures() {
        for length in (0..raw.len()).step_by(97) {
            assert_eq!(check(&parse(&raw[..length])), Ok(()), "{name} at {length}");
        }
    }
}

/// One change to a mail: where, how.
#[derive(Debug, Clone)]
enum Change {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index, prop::sample::Index),
    Double(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index, &'static [u8]),
}

fn change() -> impl Strategy<Value = Change> {
    const PIECES: &[&[u8]] = &[
        b"\0",
        b"\r",
        b"\n\n",
        b"\xff\xfe",
        b"=?utf-8?q?",
        b"?=",
        b"--",
        b"<",
        b">",
        b"\"",
        b"(",
        b"Content-Type: multipart/mixed; boundary=x\n",
        b"Content-Transfer-Encoding: base64\n",
        b"charset=utf-16",
        b"charset=iso-2022-jp",
        b"\x1b$B",
        b"<table>",
        b"<!--",
        b"&#0;",
        b"\xe2\x80\xae",
        b"filename*0*=",
        b"=\n",
        b"<script>",
    ];
    prop_oneof![
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(a, b)| Change::Cut(a, b)),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(a, b)| Change::Double(a, b)),
        (any::<prop::sample::Index>(), prop::sample::select(PIECES))
            .prop_map(|(at, piece)| Change::Insert(at, piece)),
    ]
}

fn apply(raw: &mut Vec<u8>, change: &Change) {
    if raw.is_empty() {
        return;
    }
    match change {
        Change::Flip(at, byte) => {
            let at = at.index(raw.len());
            raw[at] = *byte;
        }
        Change::Cut(a, b) => {
            let (a, b) = (a.index(raw.len()), b.index(raw.len()));
            raw.drain(a.min(b)..a.max(b).min(a.min(b) + 400));
        }
        Change::Double(a, b) => {
            let (a, b) = (a.index(raw.len()), b.index(raw.len()));
            let piece = raw[a.min(b)..a.max(b).min(a.min(b) + 400)].to_vec();
            raw.splice(a..a, piece);
        }
        Change::Insert(at, piece) => {
            let at = at.index(raw.len());
            raw.splice(at..at, piece.iter().copied());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_harm(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert_eq!(check(&read(&raw, &[])), Ok(()));
    }

    #[test]
    fn arbitrary_headers_never_harm(lines in proptest::collection::vec("(From|To|Subject|Date|Content-Type|Message-ID|References|Return-Path|Content-Disposition): [ -~äöü€\u{202e}\t]{0,80}", 0..8), body in "[ -~\n<>ä]{0,300}") {
        let raw = format!("{}\n\n{}", lines.join("\n"), body);
        prop_assert_eq!(check(&read(raw.as_bytes(), &[])), Ok(()));
    }

    #[test]
    fn h34_mutated_fixtures_never_harm(which in any::<prop::sample::Index>(), changes in proptest::collection::vec(change(), 1..8)) {
        let all = fixtures();
        let mut raw = all[which.index(all.len())].1.clone();
        for change in &changes {
            apply(&mut raw, change);
        }
        prop_assert_eq!(check(&read(&raw, &[])), Ok(()));
    }
}
