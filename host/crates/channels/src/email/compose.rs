//! Outgoing mail as RFC 5322 bytes, through lettre's builder. Refuses header injection instead of repairing
//! it; marks automatic mail as such so that no machine answers it. Knows nothing of why it is sent.

use std::time::{Duration, SystemTime};

use domain::Timestamp;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{
    Attachment, Body, Mailbox, Message, MessageBuilder, MultiPart, MultiPartBuilder, MultiPartKind,
    SinglePart,
};
use sha2::{Digest, Sha256};

use super::{File, limits};
use crate::ChannelError;

/// What kind of automatic mail it is (RFC 3834 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoKind {
    /// Answers one message.
    Replied,
    /// Nobody asked: a notice.
    Generated,
}

/// A mail to send: one recipient, plain text, perhaps files.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outgoing {
    /// Our address.
    pub from: String,
    /// Our display name.
    pub from_name: Option<String>,
    /// Where answers are wanted, if not at our address.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The one recipient.
    pub to: String,
    /// Subject, one line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML, if there is to be such a part.
    #[serde(default)]
    pub html: Option<String>,
    /// Without angle brackets; the same for every attempt at the same mail.
    pub message_id: String,
    /// Without angle brackets.
    pub in_reply_to: Option<String>,
    /// Oldest first, without angle brackets.
    pub references: Vec<String>,
    /// Where notices like this one can be ended with one click (RFC 8058).
    #[serde(default)]
    pub unsubscribe: Option<String>,
    /// Set when no person pressed send.
    pub auto: Option<AutoKind>,
    /// The Date field.
    pub date: Timestamp,
    /// Files that go along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
}

/// Longest header value that is sent (RFC 5322 §2.1.1).
const HEADER_VALUE_BYTES_MAX: usize = 998;
/// References kept when answering: enough to thread, short enough for every server.
const REFERENCES_SENT_MAX: usize = 20;

/// The mail as it goes over the wire.
///
/// # Errors
/// `Permanent`, naming the field, when an address is none or a value would break out of its header.
pub fn compose(mail: &Outgoing) -> Result<Vec<u8>, ChannelError> {
    let subject = one_line("subject", &shortened(&mail.subject))?.to_owned();
    let from_name = mail.from_name.as_deref().map(|name| one_line("from_name", name)).transpose()?;
    let mut builder = Message::builder()
        .date(system_time(mail.date))
        .from(Mailbox::new(from_name.map(str::to_owned), address("from", &mail.from)?))
        .to(Mailbox::new(None, address("to", &mail.to)?))
        .subject(subject)
        .message_id(Some(format!("<{}>", message_id("message_id", &mail.message_id)?)));
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(Mailbox::new(None, address("reply_to", reply_to)?));
    }
    // A stranger's broken id is no reason not to answer: it is left out.
    if let Some(id) = mail.in_reply_to.as_deref().filter(|id| message_id("in_reply_to", id).is_ok()) {
        builder = builder.in_reply_to(format!("<{id}>"));
    }
    let skip = mail.references.len().saturating_sub(REFERENCES_SENT_MAX);
    let references: Vec<String> = mail
        .references
        .iter()
        .skip(skip)
        .filter(|id| message_id("references", id).is_ok())
        .map(|id| format!("<{id}>"))
        .collect();
    if !references.is_empty() {
        builder = builder.references(references.join(" "));
    }
    if let Some(kind) = mail.auto {
        let word = match kind {
            AutoKind::Replied => "auto-replied",
            AutoKind::Generated => "auto-generated",
        };
        builder = builder
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), word.to_owned()))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"),
                "All".to_owned(),
            ));
    }
    if let Some(link) = &mail.unsubscribe {
        let field = |name, value| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
        builder = builder
            .raw_header(field("List-Unsubscribe", format!("<{}>", link_only("unsubscribe", link)?)))
            .raw_header(field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    Ok(with_body(builder.envelope(envelope(mail, false)?), mail)?.formatted())
}

/// The text, the same as HTML, and the files.
fn with_body(builder: MessageBuilder, mail: &Outgoing) -> Result<Message, ChannelError> {
    let part = |kind, text: &str| SinglePart::builder().header(kind).body(body_text(text));
    let plain = part(ContentType::TEXT_PLAIN, &mail.text);
    // What is read without HTML comes first (RFC 2046 §5.1.4).
    let both = mail.html.as_ref().map(|html| {
        let plain = plain.clone();
        multipart(MultiPartKind::Alternative, mail)
            .singlepart(plain)
            .singlepart(part(ContentType::TEXT_HTML, html))
    });
    let mixed = || multipart(MultiPartKind::Mixed, mail);
    let built = match (both, mail.files.is_empty()) {
        (None, true) => builder.singlepart(plain),
        (Some(both), true) => builder.multipart(both),
        (None, false) => builder.multipart(with_files(mixed().singlepart(plain), &mail.files)?),
        (Some(both), false) => builder.multipart(with_files(mixed().multipart(both), &mail.files)?),
    };
    built.map_err(|error| ChannelError::permanent(format!("the mail cannot be composed: {error}")))
}

/// The beginning of a mail of several parts. What stands between them comes from the Message-ID: each attempt at the
/// same mail hands over the same bytes.
fn multipart(kind: MultiPartKind, mail: &Outgoing) -> MultiPartBuilder {
    let digest = hex::encode(Sha256::digest(format!("{kind:?} {}", mail.message_id)));
    MultiPart::builder().kind(kind).boundary(digest.get(..40).unwrap_or(&digest))
}

fn with_files(mut parts: MultiPart, files: &[File]) -> Result<MultiPart, ChannelError> {
    for file in files {
        let name = one_line("file_name", &file.file_name)?;
        let bytes = || ContentType::parse("application/octet-stream");
        let kind = ContentType::parse(&file.content_type).or_else(|_| bytes()).map_err(|error| {
            ChannelError::permanent(format!("the type of “{name}” cannot be written: {error}"))
        })?;
        // Whatever is in it: line ends of a text file are its own.
        let body = Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64)
            .map_err(|_| ChannelError::permanent(format!("“{name}” cannot be written as base64")))?;
        parts = parts.singlepart(Attachment::new(name.to_owned()).body(body, kind));
    }
    Ok(parts)
}

/// Who hands it over and who gets it; an automatic reply may leave with an empty sender.
pub(crate) fn envelope(mail: &Outgoing, null_sender_for_replies: bool) -> Result<Envelope, ChannelError> {
    let is_null = null_sender_for_replies && mail.auto == Some(AutoKind::Replied);
    let from = if is_null { None } else { Some(address("from", &mail.from)?) };
    Envelope::new(from, vec![address("to", &mail.to)?])
        .map_err(|error| ChannelError::permanent(format!("the mail has no usable envelope: {error}")))
}

fn address(field: &str, text: &str) -> Result<Address, ChannelError> {
    let is_fine = domain::address::is_address(text) && text.len() <= limits::ADDRESS_BYTES_MAX;
    is_fine
        .then(|| domain::address::with_ascii_domain(text).parse::<Address>().ok())
        .flatten()
        .ok_or_else(|| ChannelError::permanent(format!("`{field}` is no address that mail can be sent to")))
}

fn one_line<'a>(field: &str, value: &'a str) -> Result<&'a str, ChannelError> {
    if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(ChannelError::permanent(format!(
            "`{field}` holds a line end or control character; send one line"
        )));
    }
    if value.len() > HEADER_VALUE_BYTES_MAX {
        return Err(ChannelError::permanent(format!(
            "`{field}` is longer than {HEADER_VALUE_BYTES_MAX} bytes"
        )));
    }
    Ok(value)
}

fn link_only<'a>(field: &str, link: &'a str) -> Result<&'a str, ChannelError> {
    let is_fine = link.starts_with("https://")
        && link.len() <= HEADER_VALUE_BYTES_MAX - 2
        && link.bytes().all(|b| b.is_ascii_graphic() && !b"<>,".contains(&b));
    is_fine.then_some(link).ok_or_else(|| ChannelError::permanent(format!("`{field}` is no https link")))
}

/// A stranger's endless subject is no reason not to answer either: it is cut.
fn shortened(subject: &str) -> String {
    const MARK: &str = " …";
    if subject.len() <= HEADER_VALUE_BYTES_MAX {
        return subject.to_owned();
    }
    let end = subject.floor_char_boundary(HEADER_VALUE_BYTES_MAX - MARK.len());
    format!("{}{MARK}", subject.get(..end).unwrap_or_default().trim_end())
}

fn message_id<'a>(field: &str, id: &'a str) -> Result<&'a str, ChannelError> {
    let is_fine = !id.is_empty()
        && id.len() <= HEADER_VALUE_BYTES_MAX - 2
        && id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
    is_fine.then_some(id).ok_or_else(|| ChannelError::permanent(format!("`{field}` is no Message-ID")))
}

/// Line ends as SMTP wants them; a bare CR or NUL would be a way out of the DATA command.
fn body_text(text: &str) -> String {
    let mut body = super::charset::clean_text(text).replace('\n', "\r\n");
    if !body.ends_with("\r\n") {
        body.push_str("\r\n");
    }
    body
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::email::{Given, enclosed, markdown, parse};
    use domain::message::AutoClass;

    pub(crate) fn outgoing() -> Outgoing {
        Outgoing {
            reply_to: None,
            from: "help@shop.example".into(),
            from_name: Some("Kundendienst Müller & Söhne".into()),
            to: "anna@kunde.example".into(),
            subject: "Ihre Anfrage".into(),
            html: None,
            text: "Guten Tag,\n\nvielen Dank für Ihre Nachricht.\n.\nSchöne Grüße\n".into(),
            message_id: "run-1@shop.example".into(),
            in_reply_to: Some("q1@kunde.example".into()),
            references: vec!["q0@kunde.example".into(), "q1@kunde.example".into()],
            auto: Some(AutoKind::Replied),
            unsubscribe: None,
            date: "2026-11-22T09:30:00Z".parse().unwrap(),
            files: Vec::new(),
        }
    }

    /// A picture and a table, with names that no header takes as they are.
    pub(crate) fn files() -> Vec<File> {
        let given = |name: &str, named: &str, bytes: &[u8]| Given {
            file_name: name.into(),
            content_type: Some(named.into()),
            bytes: bytes.to_vec(),
        };
        enclosed(vec![
            given(
                "Rücksendung \u{201e}Müller\u{201c}; Größe 42.png",
                "image/png",
                b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\n.\n",
            ),
            given(&format!("{}.csv", "long name ".repeat(10)), "text/csv", b"name;price\n.\nshoe;4\n"),
        ])
    }

    fn raw(mail: &Outgoing) -> String {
        String::from_utf8(compose(mail).unwrap()).unwrap()
    }

    #[test]
    fn what_is_composed_reads_back_the_same() {
        let mail = outgoing();
        let read = parse(&compose(&mail).unwrap());
        assert_eq!(read.from.as_deref(), Some("help@shop.example"));
        assert_eq!(read.from_name.as_deref(), Some("Kundendienst Müller & Söhne"));
        assert_eq!(read.to, ["anna@kunde.example"]);
        assert_eq!(read.subject, mail.subject);
        assert_eq!(read.text, mail.text.trim_end());
        assert_eq!(read.message_id.as_deref(), Some("run-1@shop.example"));
        assert_eq!(read.in_reply_to.as_deref(), Some("q1@kunde.example"));
        assert_eq!(read.references, mail.references);
        assert_eq!(read.date, Some(mail.date));
        assert_eq!(read.auto_class, AutoClass::AutoReplied);
        assert_eq!(read.problems, Vec::<String>::new());
    }

    #[test]
    fn automatic_mail_says_so_and_a_persons_mail_does_not() {
        let auto = raw(&outgoing());
        assert!(
            auto.contains("Auto-Submitted: auto-replied\r\n")
                && auto.contains("X-Auto-Response-Suppress: All\r\n")
        );
        assert!(
            raw(&Outgoing { auto: Some(AutoKind::Generated), ..outgoing() })
                .contains("Auto-Submitted: auto-generated\r\n")
        );
        let human = raw(&Outgoing { auto: None, ..outgoing() });
        assert!(!human.contains("Auto-Submitted") && !human.contains("Suppress"));
    }

    #[test]
    fn h27_whatever_an_answer_says_it_is_plain_text() {
        let text = "<script>alert(1)</script> {{template}} javascript:alert(1) <img src=https://x.example/p.gif> \u{202e}txt\n";
        let mail = Outgoing { text: text.repeat(10_000), ..outgoing() };
        let read = parse(&compose(&mail).unwrap());
        assert!(raw(&mail).contains("Content-Type: text/plain; charset=utf-8\r\n"));
        assert_eq!((read.html_safe, read.attachments.len()), (None, 0));
        assert!(read.text.contains("<script>alert(1)</script> {{template}}"), "it is shown, not obeyed");
    }

    #[test]
    fn what_is_written_in_markdown_reaches_both_kinds_of_readers() {
        let text = "Bitte **zurücksetzen**: [hier](https://help.example/x) <b>";
        let (plain, html) = (markdown::to_text(text), markdown::to_html(text));
        let read =
            parse(&compose(&Outgoing { text: plain.clone(), html: Some(html), ..outgoing() }).unwrap());
        assert_eq!(read.text, plain);
        let shown = read.html_safe.unwrap();
        assert!(shown.contains("<strong>zurücksetzen</strong>") && shown.contains("&lt;b&gt;"), "{shown}");
        assert_eq!((read.auto_class, read.attachments.len()), (AutoClass::AutoReplied, 0));
    }

    #[test]
    fn files_read_back_as_they_were_beside_both_texts() {
        for html in [None, Some(markdown::to_html("Hier ist **alles**."))] {
            let text = "Hier ist alles.".to_owned();
            let mail = Outgoing { text: text.clone(), html: html.clone(), files: files(), ..outgoing() };
            let read = parse(&compose(&mail).unwrap());
            assert_eq!((read.attachments, read.text), (files(), text));
            assert_eq!(read.html_safe.is_some(), html.is_some());
            assert_eq!(read.problems, Vec::<String>::new());
        }
    }

    #[test]
    fn each_attempt_at_a_mail_hands_over_the_same_bytes_and_no_two_mails_share_a_boundary() {
        let boundaries = |mail: &Outgoing| -> Vec<String> {
            let raw = raw(mail);
            assert_eq!(raw, self::raw(mail));
            raw.split("boundary=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let mail = Outgoing { html: Some("<p>x</p>".into()), files: files(), ..outgoing() };
        let ours = boundaries(&mail);
        let others = boundaries(&Outgoing { message_id: "run-2@shop.example".into(), ..mail });
        assert!(ours.len() == 2 && ours[0] != ours[1], "{ours:?}");
        assert!(others.len() == 2 && others.iter().all(|other| !ours.contains(other)), "{others:?}");
    }

    #[test]
    fn a_domain_leaves_as_mail_servers_know_it() {
        let mail = Outgoing {
            from: "help@läden.example".into(),
            to: "Info@Müller.example".into(),
            auto: None,
            ..outgoing()
        };
        let sent = envelope(&mail, true).unwrap();
        let to: Vec<String> = sent.to().iter().map(ToString::to_string).collect();
        assert_eq!(to, ["Info@xn--mller-kva.example"]);
        assert!(sent.from().unwrap().to_string().is_ascii());
        let raw = raw(&mail);
        assert!(raw.contains("Info@xn--mller-kva.example") && raw.is_ascii(), "{raw}");
    }

    #[test]
    fn a_notice_can_be_ended_with_one_click() {
        let link = "https://help.shop.example/unsubscribe/con_1.0123";
        let notice = raw(&Outgoing { unsubscribe: Some(link.into()), ..outgoing() });
        assert!(notice.contains(&format!("List-Unsubscribe: <{link}>\r\n")), "{notice}");
        assert!(notice.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert!(!raw(&outgoing()).contains("List-Unsubscribe"));
    }

    #[test]
    fn h28_nothing_breaks_out_of_its_header() {
        for (field, mail) in [
            ("subject", Outgoing { subject: "a\r\nBcc: x@y.example".into(), ..outgoing() }),
            ("subject", Outgoing { subject: "a\nb".into(), ..outgoing() }),
            ("subject", Outgoing { subject: "a\0b".into(), ..outgoing() }),
            ("subject", Outgoing { subject: "a\u{2028}b".into(), ..outgoing() }),
            ("from_name", Outgoing { from_name: Some("a\r\nBcc: x@y.example".into()), ..outgoing() }),
            ("to", Outgoing { to: "a@b.example, c@d.example".into(), ..outgoing() }),
            ("to", Outgoing { to: "a@b.example\r\nBcc: c@d.example".into(), ..outgoing() }),
            ("to", Outgoing { to: "<a@b.example>".into(), ..outgoing() }),
            ("from", Outgoing { from: "nobody".into(), ..outgoing() }),
            (
                "unsubscribe",
                Outgoing { unsubscribe: Some("https://x>\r\nBcc: a@b.example".into()), ..outgoing() },
            ),
            ("message_id", Outgoing { message_id: "a> <b".into(), ..outgoing() }),
            (
                "file_name",
                Outgoing {
                    files: vec![File { file_name: "a\r\nX: y".into(), ..files().remove(0) }],
                    ..outgoing()
                },
            ),
        ] {
            let error = compose(&mail).unwrap_err();
            assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
            assert!(!error.is_transient());
        }
    }

    #[test]
    fn a_strangers_endless_subject_is_cut_and_answered_all_the_same() {
        for subject in ["x".repeat(10_000), "ü".repeat(5_000), "日本 ".repeat(3_000)] {
            let read = parse(&compose(&Outgoing { subject: subject.clone(), ..outgoing() }).unwrap());
            assert!(read.subject.len() <= HEADER_VALUE_BYTES_MAX && read.subject.len() > 900);
            let kept = read.subject.strip_suffix('…').unwrap().trim_end();
            assert!(subject.starts_with(kept), "{kept}");
        }
    }

    #[test]
    fn a_strangers_broken_reference_is_left_out_and_long_chains_are_cut() {
        for id in ["a\r\nX: y", "ä@x.example", "", "a> <b"] {
            let mail = raw(&Outgoing { in_reply_to: Some(id.into()), ..outgoing() });
            assert!(!mail.contains("In-Reply-To") && !mail.contains("X: y"), "{mail}");
        }
        let mut references: Vec<String> = (0..300).map(|n| format!("m{n}@x.example")).collect();
        references.push("bad\r\nBcc: x@y.example".into());
        references.push("last@x.example".into());
        let read = parse(&compose(&Outgoing { references, ..outgoing() }).unwrap());
        assert_eq!(read.references.len(), REFERENCES_SENT_MAX - 1);
        assert_eq!(read.references.last().unwrap(), "last@x.example");
    }

    #[test]
    fn only_an_automatic_reply_leaves_with_an_empty_sender() {
        assert!(envelope(&outgoing(), true).unwrap().from().is_none());
        assert!(envelope(&outgoing(), false).unwrap().from().is_some());
        assert!(
            envelope(&Outgoing { auto: Some(AutoKind::Generated), ..outgoing() }, true)
                .unwrap()
                .from()
                .is_some()
        );
        assert!(envelope(&Outgoing { auto: None, ..outgoing() }, true).unwrap().from().is_some());
    }

    #[test]
    fn every_line_ends_with_crlf_and_no_line_is_too_long() {
        let text = format!("a\rb\nc\r\nd\0{}", "ä".repeat(5_000));
        let raw = compose(&Outgoing { text, files: files(), ..outgoing() }).unwrap();
        let lines: Vec<&[u8]> = raw.split(|b| *b == b'\n').collect();
        for line in &lines[..lines.len() - 1] {
            assert_eq!(line.last(), Some(&b'\r'));
            assert!(line.len() <= 999 && !line[..line.len() - 1].contains(&b'\r') && !line.contains(&0));
        }
    }
}
