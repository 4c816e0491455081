//! What a delivery failure notice says: whom the mail was meant for, by which code it failed, whether for
//! good, and which mail it was. RFC 3464 where a system keeps to it, the words of the text where not.

use super::header::{self, Headers};
use super::part::Structure;
use super::{address, charset};

/// A failed delivery, as told by somebody else's system.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Bounce {
    /// Whom the mail was meant for, bare and lower case.
    pub recipient: Option<String>,
    /// Enhanced status code (RFC 3463), `5.1.1`.
    pub status: Option<String>,
    /// Whether there is no such recipient: writing again is of no use.
    pub is_hard: bool,
    /// Message-IDs of the returned mail, without angle brackets.
    pub returned_ids: Vec<String>,
}

/// Reads a notice.
pub(crate) fn read(headers: &Headers, structure: &Structure<'_>, text: &str) -> Bounce {
    let mut bounce = structure.leaves.iter().find_map(|leaf| {
        let is_status = leaf.mime.content_type.ends_with("delivery-status");
        is_status.then(|| status_report(&charset::decode(&leaf.mime.transfer.decode(leaf.body), None)))
    });
    let bounce = bounce.get_or_insert_default();
    if bounce.recipient.is_none() {
        bounce.recipient = headers
            .text("x-failed-recipients")
            .and_then(|value| first_address(&value))
            .or_else(|| text.lines().take(LINES_LOOKED_AT).find_map(first_address));
    }
    if bounce.status.is_none() {
        bounce.status = status_code(text);
        bounce.is_hard = is_hard(bounce.status.as_deref(), text);
    }
    bounce.returned_ids = returned_ids(structure, text);
    std::mem::take(bounce)
}

/// Notices say it in their first lines.
const LINES_LOOKED_AT: usize = 60;

/// The first recipient's block that failed; the first at all if none says so.
fn status_report(report: &str) -> Bounce {
    let blocks = report.replace('\r', "");
    let blocks: Vec<&str> =
        blocks.split("\n\n").filter(|block| block.to_lowercase().contains("recipient:")).collect();
    let failed =
        blocks.iter().find(|block| field(block, "action").is_some_and(|action| action.starts_with("failed")));
    let Some(block) = failed.or(blocks.first()) else { return Bounce::default() };
    let recipient = ["original-recipient", "final-recipient"]
        .iter()
        .filter_map(|name| field(block, name))
        .find_map(|value| first_address(value.rsplit(';').next().unwrap_or("")));
    let diagnosis = field(block, "diagnostic-code").unwrap_or_default();
    let declared = field(block, "status").and_then(|value| status_code(&value));
    // Many systems declare 5.0.0 and tell the real code in the diagnosis.
    let status = match declared {
        Some(code) if !code.ends_with(".0.0") => Some(code),
        vague => status_code(&diagnosis).or(vague),
    };
    let has_failed = field(block, "action").is_none_or(|action| action.starts_with("failed"));
    Bounce {
        recipient,
        is_hard: has_failed && is_hard(status.as_deref(), &diagnosis),
        status,
        returned_ids: Vec::new(),
    }
}

/// A field of a block, unfolded.
pub(super) fn field(block: &str, name: &str) -> Option<String> {
    let (headers, _) = Headers::read(block.as_bytes());
    headers.text(name).map(|value| value.trim().to_owned())
}

pub(super) fn first_address(text: &str) -> Option<String> {
    const LINE_BYTES_MAX: usize = 400;
    let at = text.find('@').filter(|_| text.len() <= LINE_BYTES_MAX)?;
    let is_edge = |c: char| {
        c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')' | ',' | ';' | ':' | '\'' | '[' | ']')
    };
    let start = text.get(..at)?.rfind(is_edge).map_or(0, |edge| edge + 1);
    let end = text.get(at..)?.find(is_edge).map_or(text.len(), |edge| at + edge);
    let word = text.get(start..end)?.trim_end_matches(['.', '!', '?']);
    address::parse_list(word, 1).mailboxes.into_iter().find_map(|mailbox| mailbox.address)
}

/// The first `4.x.y` or `5.x.y`.
fn status_code(text: &str) -> Option<String> {
    text.lines().take(LINES_LOOKED_AT).flat_map(|line| line.split(|c: char| !(c.is_ascii_digit() || c == '.'))).find_map(|word| {
        let word = word.trim_matches('.');
        let parts: Vec<&str> = word.split('.').collect();
        let is_code = matches!(parts[..], [class, subject, detail]
            if matches!(class, "4" | "5") && (1..=3).contains(&subject.len()) && (1..=3).contains(&detail.len()));
        is_code.then(|| word.to_owned())
    })
}

/// Permanent and about the address: no mailbox, no such domain, disabled. A full mailbox, a blocked sender
/// and too large a mail pass.
fn is_hard(status: Option<&str>, words: &str) -> bool {
    const NOBODY: &[&str] = &[
        "user unknown",
        "unknown user",
        "no such user",
        "no such recipient",
        "no such address",
        "no such mailbox",
        "no mailbox here",
        "recipient unknown",
        "unknown recipient",
        "unknown address",
        "does not exist",
        "doesn't exist",
        "invalid recipient",
        "invalid mailbox",
        "mailbox not found",
        "address not found",
        "user not found",
        "host not found",
        "domain not found",
        "unrouteable address",
        "account disabled",
        "mailbox disabled",
        "account has been disabled",
        "account is disabled",
        "account that you tried to reach does not",
        "empfänger unbekannt",
        "unbekannter empfänger",
        "adresse nicht gefunden",
        "utilisateur inconnu",
        "usuario desconocido",
    ];
    match status {
        Some("5.2.1" | "5.4.4") => true,
        Some(code) if code.starts_with("5.1.") => true,
        Some(code) if code.starts_with("4.") => false,
        Some("5.0.0") | None => {
            let words: String =
                words.lines().take(LINES_LOOKED_AT).collect::<Vec<_>>().join(" ").to_lowercase();
            NOBODY.iter().any(|phrase| words.contains(phrase))
        }
        Some(_) => false,
    }
}

/// Ids that are read from a returned mail. A notice returns one, a digest of them some; each is looked up.
const RETURNED_IDS_MAX: usize = 10;

/// Ids in the returned mail: as a part of its own, or as header lines in the text.
pub(crate) fn returned_ids(structure: &Structure<'_>, text: &str) -> Vec<String> {
    let returned = structure.leaves.iter().filter(|leaf| {
        matches!(
            leaf.mime.content_type.as_str(),
            "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/rfc822-headers"
        )
    });
    let in_parts = returned
        .filter_map(|leaf| Headers::read(&leaf.mime.transfer.decode(leaf.body)).0.text("message-id"))
        .flat_map(|value| header::message_ids(&value));
    let in_text = text.lines().filter_map(|line| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        line.get(..11).filter(|name| name.eq_ignore_ascii_case("message-id:")).and_then(|_| line.get(11..))
    });
    let mut ids: Vec<String> = Vec::new();
    for id in in_parts.chain(in_text.flat_map(header::message_ids)) {
        if ids.len() == RETURNED_IDS_MAX {
            break;
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn bounce(raw: &str) -> Bounce {
        parse(raw.as_bytes()).bounce.unwrap()
    }

    fn report(block: &str) -> Bounce {
        bounce(&format!(
            "From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{block}\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <01abc@shop.example>\nSubject: Hello\n\nHello\n--b--\n"
        ))
    }

    #[test]
    fn a_report_by_the_book_tells_recipient_code_and_mail() {
        let told = report(
            "Final-Recipient: rfc822; Gone@Kunde.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n",
        );
        let want = Bounce {
            recipient: Some("gone@kunde.example".to_owned()),
            status: Some("5.1.1".to_owned()),
            is_hard: true,
            returned_ids: vec!["01abc@shop.example".to_owned()],
        };
        assert_eq!(told, want);
    }

    #[test]
    fn hard_is_only_what_will_never_arrive() {
        for (block, status, hard) in [
            (
                "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound",
                Some("5.1.10"),
                true,
            ),
            (
                "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 no such user here",
                Some("5.0.0"),
                true,
            ),
            ("Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 mailbox full", Some("5.2.2"), false),
            (
                "Action: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 blocked as spam",
                Some("5.7.1"),
                false,
            ),
            ("Action: delayed\nStatus: 4.4.1", Some("4.4.1"), false),
            ("Action: delayed\nStatus: 5.1.1", Some("5.1.1"), false),
            ("Action: failed\nStatus: 5.4.4 (unable to route)", Some("5.4.4"), true),
            ("Action: failed", None, false),
        ] {
            let told = report(&format!("Final-Recipient: rfc822; a@x.example\n{block}\n"));
            assert_eq!((told.status.as_deref(), told.is_hard), (status, hard), "{block}");
        }
    }

    #[test]
    fn of_several_recipients_the_failed_one_counts() {
        let told = report(
            "Final-Recipient: rfc822; ok@x.example\nAction: relayed\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; gone@x.example\nAction: failed\nStatus: 5.1.1\n",
        );
        assert_eq!(told.recipient.as_deref(), Some("gone@x.example"));
    }

    #[test]
    fn a_notice_in_words_is_understood() {
        let told = bounce(
            "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. This is the mail program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<gone@x.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <01abc@shop.example>\nSubject: Hello\n",
        );
        assert_eq!(told.recipient.as_deref(), Some("gone@x.example"));
        assert!(told.is_hard);
        assert_eq!(told.returned_ids, ["01abc@shop.example"]);
    }

    #[test]
    fn a_notice_that_returns_ids_without_end_is_read_up_to_a_bound() {
        let ids: String = (0..5_000).map(|n| format!("<{n}@shop.example>")).collect();
        let told = bounce(&format!(
            "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nMessage-ID: <first@shop.example>\nMessage-ID: {ids}\n"
        ));
        assert_eq!(told.returned_ids.len(), RETURNED_IDS_MAX);
        assert_eq!(told.returned_ids[0], "first@shop.example");
    }

    #[test]
    fn other_mail_tells_of_no_bounce() {
        assert_eq!(parse(b"From: a@x.example\nSubject: Hi\n\nHello").bounce, None);
    }
}
