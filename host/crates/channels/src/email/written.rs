//! What a mail's sender wrote, as one digest: copies of a mail that came by different ways have the same one.
//! Knows no entrance and remembers nothing.

use sha2::{Digest, Sha256};

use super::header::{Headers, message_ids};
use super::with_line_feeds;

/// The fields that are the sender's and that decide what is read, of whom, which mail it answers, and whether a machine
/// or a list wrote it: a copy that says so must not keep out the one that does not. What servers and filters on the way
/// add or change otherwise is none of them: traces, results, signatures, recipients.
const FIELDS: &[&str] = &[
    "message-id",
    "from",
    "reply-to",
    "date",
    "subject",
    "in-reply-to",
    "references",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
    "precedence",
    "list-id",
    "list-post",
    "list-unsubscribe",
    "x-auto-response-suppress",
];

/// The digest (SHA-256, hex) of what the sender wrote: some fields of the header, and every byte of the body but for
/// the kind of its line ends and the blank ones at its end. None for a mail without a Message-ID: two of those may be
/// two mails that say the same. Never panics; bounded like reading, and one pass over the body.
#[must_use]
pub fn written_digest(raw: &[u8]) -> Option<String> {
    // As where mails are read: what cannot be told leaves a mail without a digest, and never keeps it out.
    std::panic::catch_unwind(|| digest_of(raw)).ok().flatten()
}

fn digest_of(raw: &[u8]) -> Option<String> {
    let lines = with_line_feeds(raw);
    let raw = lines.as_ref();
    let (headers, body_start) = Headers::read(raw);
    if message_ids(&headers.text("message-id")?).is_empty() {
        return None;
    }
    let mut digest = Sha256::new();
    for name in FIELDS {
        for value in headers.all_texts(name) {
            // Words hold no line end: a value cannot pass for the field after it.
            digest.update(name);
            for word in value.split_whitespace() {
                digest.update(" ");
                digest.update(word);
            }
            digest.update("\n");
        }
    }
    digest.update("\n");
    let body = raw.get(body_start..).unwrap_or_default().trim_ascii_end();
    for piece in body.split(|byte| *byte == b'\r') {
        digest.update(piece);
    }
    Some(hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: Ana <ana@example.org>\nTo: help@shop.example\nSubject: My parcel\n\
        Message-ID: <1@example.org>\nDate: Mon, 2 Mar 2026 09:00:00 +0100\n\
        Content-Type: text/plain; charset=utf-8\n\nWhere is it?\n\nAna\n";

    fn digest(mail: &str) -> Option<String> {
        written_digest(mail.as_bytes())
    }

    #[test]
    fn what_a_mail_met_on_its_way_makes_no_other_mail() {
        let written = digest(MAIL);
        assert!(written.is_some());
        for copy in [
            format!("Received: from mx1 by shop.example\nReturn-Path: <ana@example.org>\n{MAIL}"),
            format!("Received: from mx2\n by shop.example\nDelivered-To: sales@shop.example\n{MAIL}"),
            format!("Authentication-Results: mx; dmarc=fail\nX-Spam: no\nDKIM-Signature: v=1\n{MAIL}"),
            format!("ARC-Seal: i=1\nTo: support@shop.example\n{MAIL}"),
            MAIL.replace("help@", "sales@shop.example, help@"),
            MAIL.replace('\n', "\r\n"),
            MAIL.replace("Subject: My parcel", "SUBJECT:  My\r\n\tparcel"),
            format!("From ana@example.org Mon Mar  2 09:00:00 2026\n{MAIL}\n\r\n"),
            MAIL.trim_end().to_owned(),
        ] {
            assert_eq!(digest(&copy), written, "{copy}");
        }
    }

    #[test]
    fn what_the_sender_wrote_otherwise_is_another_mail() {
        let written = digest(MAIL);
        for other in [
            MAIL.replace("<1@", "<2@"),
            MAIL.replace("ana@", "eve@"),
            MAIL.replace("My parcel", "My parcels"),
            MAIL.replace("09:00", "09:01"),
            MAIL.replace("utf-8", "utf-16"),
            MAIL.replace("it?", "it"),
            MAIL.replace("\n\nAna", "\nAna"),
            MAIL.replace("From:", "Reply-To: eve@example.org\nFrom:"),
            MAIL.replace("From:", "In-Reply-To: <0@shop.example>\nFrom:"),
            MAIL.replace("Subject: My parcel\n", "Subject: My\nSubject: parcel\n"),
            format!("Auto-Submitted: auto-generated\n{MAIL}"),
            format!("Precedence: bulk\n{MAIL}"),
            format!("List-Id: <news.example.org>\n{MAIL}"),
            format!("List-Post: <mailto:news@example.org>\n{MAIL}"),
            format!("List-Unsubscribe: <mailto:off@example.org>\n{MAIL}"),
            format!("X-Auto-Response-Suppress: All\n{MAIL}"),
            format!("{MAIL}-- \nThe list's footer\n"),
        ] {
            assert!(digest(&other).is_some_and(|digest| Some(digest) != written), "{other}");
        }
    }

    #[test]
    fn a_mail_without_a_message_id_has_none() {
        let without = MAIL.replace("Message-ID: <1@example.org>\n", "");
        for mail in [&without, &format!("Message-ID: <>\n{without}"), &format!("Message-ID:\n{without}")] {
            assert_eq!(digest(mail), None, "{mail}");
        }
        assert_eq!(written_digest(&[0; 1_000]), None);
        assert_eq!(written_digest(b""), None);
    }

    #[test]
    fn lines_that_end_with_returns_only_are_read_as_lines() {
        assert_eq!(digest(&MAIL.replace('\n', "\r")), digest(MAIL));
    }
}
