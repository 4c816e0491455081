//! Mail: raw bytes in, [`Mail`] out; [`Outgoing`] in, raw bytes out.
//!
//! Reading never fails and never panics: what could not be read stands in `problems`, what could stands in
//! the other fields, always as valid UTF-8 without NUL. Everything is bounded by the numbers in `limits`.
//! The MIME tree is walked here in one pass (and nested messages are left closed) because limits on parts,
//! depth and size have to hold before memory is spent; mail-parser reads dates and the charsets of old mail.

mod address;
mod body;
mod bounce;
mod charset;
mod classify;
mod complaint;
pub(crate) mod compose;
mod danger;
mod enclose;
mod file_name;
mod header;
mod html;
pub mod limits;
pub mod markdown;
mod page;
mod parameter;
mod part;
mod quote;
pub(crate) mod sign;
mod transfer;
mod word;
mod written;

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use domain::Timestamp;
use domain::message::AutoClass;

pub use bounce::Bounce;
pub(crate) use charset::clean_line;
pub(crate) use compose::envelope;
pub use compose::{AutoKind, Outgoing, compose};
pub use enclose::{Given, enclosed};
pub use file_name::safe as safe_file_name;
pub use quote::{reply_text, reply_text_of_first};
pub use sign::{DomainKey, Signer};
pub use written::written_digest;

pub(crate) use header::Headers;

/// An attached file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct File {
    /// Safe to show and to write: no path parts, no control or bidi characters, at most 120 characters.
    pub file_name: String,
    /// As declared, lower case. A claim of the sender, nothing more; of ours what the bytes show.
    pub content_type: String,
    /// The decoded bytes. Archives are never unpacked.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
}

/// A mail as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Bare sender address, lower case.
    pub from: Option<String>,
    /// Sender's display name.
    pub from_name: Option<String>,
    /// Bare recipient addresses, lower case.
    pub to: Vec<String>,
    /// Bare copy addresses, lower case.
    pub cc: Vec<String>,
    /// Where the sender wants answers, if elsewhere.
    pub reply_to: Vec<String>,
    /// Decoded subject.
    pub subject: String,
    /// Readable text, whole.
    pub text: String,
    /// Text without quotes and signature.
    pub reply_text: String,
    /// HTML that is safe to show in a sandboxed frame, when the mail had any.
    pub html_safe: Option<String>,
    /// Attached files, inline images among them.
    pub attachments: Vec<File>,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// Without angle brackets.
    pub in_reply_to: Option<String>,
    /// Oldest first, the newest 200.
    pub references: Vec<String>,
    /// When the sender says it was written.
    pub date: Option<Timestamp>,
    /// What kind of sender wrote it.
    pub auto_class: AutoClass,
    /// Why it is taken for machine mail.
    pub auto_reason: Option<String>,
    /// What a delivery failure notice says; nothing for other mail.
    pub bounce: Option<Bounce>,
    /// The address whose owner called a mail of ours spam, told by a feedback loop's report.
    pub complaint: Option<String>,
    /// Message-IDs of the mail that is complained about, without angle brackets.
    pub complained_ids: Vec<String>,
    /// Envelope sender as noted by the receiving server; empty for `<>`.
    pub return_path: Option<String>,
    /// What could not be read, as sentences for people.
    pub problems: Vec<String>,
    /// Whether the body could not be read at all.
    pub is_unread: bool,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            from: None,
            from_name: None,
            to: Vec::new(),
            cc: Vec::new(),
            reply_to: Vec::new(),
            subject: String::new(),
            text: String::new(),
            reply_text: String::new(),
            html_safe: None,
            attachments: Vec::new(),
            message_id: None,
            in_reply_to: None,
            references: Vec::new(),
            date: None,
            auto_class: AutoClass::Human,
            auto_reason: None,
            bounce: None,
            complaint: None,
            complained_ids: Vec::new(),
            return_path: None,
            problems: Vec::new(),
            is_unread: false,
        }
    }
}

/// Readable text of foreign HTML, within the limits of a mail's.
#[must_use]
pub fn text_of_html(html: &str) -> String {
    html::to_text(html).0
}

/// What the model of letters counts in one (`examples/fit_letters.rs`): buckets below [`LETTER_BUCKETS`], in order.
#[doc(hidden)]
#[must_use]
pub fn letter_buckets(subject: &str, text: &str) -> Vec<u32> {
    let own = quote::own_text(text);
    let text = if own.trim().is_empty() { text } else { own.as_str() };
    classify::shape::letter::grams::Letter { subject, text }.buckets()
}

/// How many buckets there are.
#[doc(hidden)]
pub const LETTER_BUCKETS: usize = 1 << classify::shape::letter::grams::BITS;

/// Reads a mail. Never fails and never panics; bounded in time and memory. Takes a moment on hostile
/// input, so call it where blocking is allowed.
#[must_use]
pub fn parse(raw: &[u8]) -> Mail {
    parse_for(raw, &[])
}

/// The same, told at which addresses (in their one spelling) the mail is read. Where such an address is a group or list
/// of its own, what the list adds to each mail is not held against who wrote it.
#[must_use]
pub fn parse_for(raw: &[u8], own_addresses: &[String]) -> Mail {
    // The second door: should a library below panic all the same, the headers alone are tried, then nothing.
    std::panic::catch_unwind(AssertUnwindSafe(|| read(raw, own_addresses)))
        .or_else(|_| {
            std::panic::catch_unwind(AssertUnwindSafe(|| {
                let (headers, _) = Headers::read(raw.get(..limits::HEADER_BYTES_MAX).unwrap_or(raw));
                read_without_body(&headers, own_addresses)
            }))
        })
        .unwrap_or_else(|_| Mail {
            problems: vec!["The mail could not be read at all; see the original mail.".to_owned()],
            is_unread: true,
            ..Mail::default()
        })
}

fn read(raw: &[u8], own_addresses: &[String]) -> Mail {
    let mut mail = Mail::default();
    let with_line_feeds = with_line_feeds(raw);
    let raw = with_line_feeds.as_ref();
    let oversize = raw.len() > limits::RAW_BYTES_MAX;
    let (headers, body_start) = Headers::read(raw);
    read_headers(&headers, &mut mail);
    mail.is_unread = oversize;
    let structure = if oversize {
        mail.problems.push(format!(
            "The mail is larger than {} MB; only its headers were read.",
            limits::RAW_BYTES_MAX / 1_000_000
        ));
        part::Structure::default()
    } else {
        part::split(&headers, raw.get(body_start..).unwrap_or_default())
    };
    mail.problems.extend(structure.problems.iter().cloned());
    let body = body::assemble(&structure);
    mail.problems.extend(body.problems);
    mail.text = body.text;
    mail.html_safe = body.html_safe;
    mail.attachments = body.attachments;
    let is_first = mail.in_reply_to.is_none() && mail.references.is_empty();
    mail.reply_text =
        if is_first { quote::reply_text_of_first(&mail.text) } else { quote::reply_text(&mail.text) };
    let verdict = verdict(&headers, &structure, body.look, &mail, own_addresses);
    if verdict.class == AutoClass::Bounce {
        mail.bounce = Some(bounce::read(&headers, &structure, &mail.text));
    }
    // A person may attach such a report to a question.
    if verdict.class == AutoClass::AutoGenerated {
        mail.complaint = complaint::recipient(&structure);
        if mail.complaint.is_some() {
            mail.complained_ids = bounce::returned_ids(&structure, &mail.text);
        }
    }
    mail.auto_class = verdict.class;
    mail.auto_reason = verdict.reason;
    mail
}

/// What the header says, marks of machines included.
fn read_without_body(headers: &Headers, own_addresses: &[String]) -> Mail {
    let mut mail = Mail::default();
    read_headers(headers, &mut mail);
    let verdict = verdict(headers, &part::Structure::default(), html::Look::default(), &mail, own_addresses);
    mail.auto_class = verdict.class;
    mail.auto_reason = verdict.reason;
    mail.problems.push("The body could not be read; see the original mail.".to_owned());
    mail.is_unread = true;
    mail
}

fn verdict(
    headers: &Headers,
    structure: &part::Structure<'_>,
    look: html::Look,
    mail: &Mail,
    own_addresses: &[String],
) -> classify::Verdict {
    classify::classify(&classify::Evidence {
        headers,
        structure,
        look,
        from: mail.from.as_deref(),
        from_name: mail.from_name.as_deref(),
        return_path: mail.return_path.as_deref(),
        recipients: [&mail.to, &mail.cc],
        reply_to: &mail.reply_to,
        own_addresses,
        subject: &mail.subject,
        text: &mail.text,
        own_text: &quote::own_text(&mail.text),
        words: &quote::words(&mail.text),
        folded: std::cell::OnceCell::new(),
    })
}

/// Mail from before line feeds: lines that end with CR only.
fn with_line_feeds(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect())
}

fn read_headers(headers: &Headers, mail: &mut Mail) {
    mail.problems.extend(headers.problems().iter().cloned());
    read_sender(headers, mail);
    mail.to = recipients(headers, "to", mail);
    mail.cc = recipients(headers, "cc", mail);
    mail.reply_to = recipients(headers, "reply-to", mail);
    mail.subject = headers.decoded("subject").unwrap_or_default();
    mail.message_id = headers.text("message-id").and_then(|value| header::message_ids(&value).pop());
    mail.in_reply_to =
        headers.text("in-reply-to").and_then(|value| header::message_ids(&value).into_iter().next());
    mail.references = headers.text("references").map(|value| header::message_ids(&value)).unwrap_or_default();
    if mail.references.len() > limits::REFERENCES_MAX {
        let surplus = mail.references.len() - limits::REFERENCES_MAX;
        mail.references.drain(..surplus);
        mail.problems.push(format!("Only the newest {} References were used.", limits::REFERENCES_MAX));
    }
    mail.date = headers.text("date").and_then(|value| header::date(&value));
    mail.return_path = headers.text("return-path").map(|value| {
        address::parse_list(&value, 1)
            .mailboxes
            .into_iter()
            .find_map(|found| found.address)
            .unwrap_or_default()
    });
}

/// From, and when that says nothing usable, the next best field that names the sender.
fn read_sender(headers: &Headers, mail: &mut Mail) {
    const SENDERS_LOOKED_AT: usize = 10;
    for field in ["from", "sender", "reply-to", "return-path"] {
        let Some(value) = headers.text(field) else { continue };
        let mut found = address::parse_list(&value, SENDERS_LOOKED_AT).mailboxes.into_iter().peekable();
        let Some(first) = found.peek().cloned() else { continue };
        let first = found.find(|mailbox| mailbox.address.is_some()).unwrap_or(first);
        if mail.from_name.is_none() {
            mail.from_name = first.name;
        }
        if let Some(address) = first.address {
            mail.from = Some(address);
            if field != "from" {
                mail.problems
                    .push(format!("The From field names no address; the sender was taken from `{field}`."));
            }
            return;
        }
    }
    mail.problems.push("The mail names no sender address.".to_owned());
}

/// The bare addresses in a field, lower case.
pub(crate) fn addresses(value: &str, max: usize) -> Vec<String> {
    address::parse_list(value, max).mailboxes.into_iter().filter_map(|mailbox| mailbox.address).collect()
}

fn recipients(headers: &Headers, field: &str, mail: &mut Mail) -> Vec<String> {
    let mut found = Vec::new();
    for value in headers.all_texts(field) {
        let room = limits::RECIPIENTS_MAX.saturating_sub(found.len());
        let list = address::parse_list(&value, room);
        if list.truncated {
            mail.problems
                .push(format!("Only the first {} addresses of `{field}` were read.", limits::RECIPIENTS_MAX));
        }
        for address in list.mailboxes.into_iter().filter_map(|mailbox| mailbox.address) {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        if list.truncated {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests;
