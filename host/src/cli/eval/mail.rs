//! `kulanz eval mail`: what intake makes of raw messages, and whether an automatic answer would be allowed.

use std::path::PathBuf;

use channels::email;
use channels::source::RawMail;
use domain::address::{canonical_address, without_tag};
use serde_json::{Value, json};

use super::Mail;
use super::stream::{Answered, answer_all};
use crate::cli::Ground;
use crate::config::Origin;

pub(super) async fn run(command: Mail, ground: &Ground) -> anyhow::Result<()> {
    let config = ground.settings()?;
    let set = |key: &str| config.layers.origin(key) != Origin::Default;
    let own = if set("mail.from_address") || set("mail.own_addresses") {
        config.desk.mail.own()
    } else {
        Vec::new()
    };
    let mut mails = Vec::new();
    for path in &command.input {
        mails.push((path.clone(), channels::source::open(path)?));
    }
    let all = mails.into_iter().flat_map(|(path, source)| source.map(move |mail| (path.clone(), mail)));
    let jobs = all.map(move |(path, mail)| judge(path, mail, own.clone()));
    answer_all(jobs, &command.output, command.workers).await
}

async fn judge(path: PathBuf, mail: Result<RawMail, channels::ChannelError>, own: Vec<String>) -> Answered {
    let file = path.display().to_string();
    let mail = match mail {
        Ok(mail) => mail,
        Err(error) => {
            return Answered {
                line: json!({ "file": file, "error": error.to_string() }),
                bytes: 0,
                failed: true,
            };
        }
    };
    let (bytes, name) = (mail.bytes.len() as u64, mail.name.clone());
    // Reading a mail is pure work without a pause: it belongs on a thread of its own.
    match tokio::task::spawn_blocking(move || told(&mail, &own)).await {
        Ok(line) => Answered { line, bytes, failed: false },
        Err(_) => Answered {
            line: json!({ "file": name, "error": "the mail's parser stopped" }),
            bytes,
            failed: true,
        },
    }
}

fn told(raw: &RawMail, own: &[String]) -> Value {
    let mail = email::parse_for(&raw.bytes, own);
    let verdict = would_reply(&mail, own);
    let attachments: Vec<Value> = mail
        .attachments
        .iter()
        .map(|f| json!({ "filename": f.file_name, "type": f.content_type, "size": f.bytes.len(), "sha256": f.sha256 }))
        .collect();
    // A cut-off part or a line too many is no failure: what is there was read.
    let error = mail.is_unread.then(|| mail.problems.join("; "));
    json!({
        "file": raw.name, "from": mail.from, "from_name": mail.from_name, "to": mail.to, "cc": mail.cc, "reply_to": mail.reply_to,
        "subject": mail.subject, "text": mail.text, "reply_text": mail.reply_text, "html_safe": mail.html_safe,
        "attachments": attachments, "message_id": mail.message_id, "in_reply_to": mail.in_reply_to, "references": mail.references,
        "date": mail.date, "auto_class": mail.auto_class, "auto_reason": mail.auto_reason, "would_reply": verdict.is_ok(), "why": verdict.err(),
        "bounce": mail.bounce, "complaint": mail.complaint, "problems": mail.problems, "error": error,
    })
}

/// The gate's rules that a mail alone can answer.
fn would_reply(mail: &email::Mail, own: &[String]) -> Result<(), String> {
    let recipient = desk::sender_of(mail).unwrap_or_default();
    domain::gate::may_address(&recipient, Some(mail.auto_class), own, &[])?;
    let for_us = |address: &String| own.contains(&without_tag(&canonical_address(address)));
    if !own.is_empty() && !mail.to.iter().chain(&mail.cc).any(for_us) {
        return Err("none of our addresses stands in To or Cc".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> RawMail {
        RawMail { name: "a.eml".into(), bytes: text.replace('\n', "\r\n").into_bytes() }
    }

    const HUMAN: &str = "From: Ana <Ana@Customer.example>\nTo: help@shop.example\nSubject: Where?\nMessage-ID: <1@customer.example>\n\nWhere is my parcel?\n\n-- \nAna\n";

    #[test]
    fn a_persons_mail_is_told_and_may_be_answered() {
        let line = told(&raw(HUMAN), &[]);
        assert_eq!(line["from"], "ana@customer.example");
        assert_eq!(line["reply_text"].as_str().unwrap().trim(), "Where is my parcel?");
        assert_eq!(
            (line["auto_class"].as_str(), line["would_reply"].as_bool(), line["error"].is_null()),
            (Some("human"), Some(true), true)
        );
        assert_eq!(line["message_id"], "1@customer.example");
    }

    #[test]
    fn a_machines_mail_may_not_and_says_why() {
        let line = told(&raw(&format!("Auto-Submitted: auto-replied\n{HUMAN}")), &[]);
        assert_eq!(line["would_reply"], false);
        assert!(line["why"].as_str().unwrap().contains("machine"), "{line}");
    }

    #[test]
    fn what_is_odd_about_a_mail_is_told_apart_from_what_could_not_be_read() {
        let cut =
            told(&raw("From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n"), &[]);
        assert_eq!((cut["text"].as_str(), cut["error"].is_null()), (Some("Hello"), true));
        assert_eq!(cut["problems"].as_array().unwrap().len(), 1);
        let large = RawMail { name: "l.eml".into(), bytes: vec![b'x'; email::limits::RAW_BYTES_MAX + 1] };
        assert!(told(&large, &[])["error"].is_string());
    }

    #[test]
    fn with_own_addresses_a_mail_that_names_none_of_them_is_not_answered() {
        let own = |address: &str| vec![address.to_owned()];
        assert_eq!(told(&raw(HUMAN), &own("help@shop.example"))["would_reply"], true);
        assert_eq!(told(&raw(HUMAN), &own("other@shop.example"))["would_reply"], false);
        assert_eq!(told(&raw(HUMAN), &own("ana@customer.example"))["would_reply"], false);
    }
}
