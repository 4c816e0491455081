//! Machine mail that carries no mark: told by the shape of subject and text. Two signs are asked for unless
//! one is a program's own fixed phrase. Forwarded and answered mail is left to people.

use domain::message::AutoClass;

use super::{Evidence, Found};

/// Fixed phrases that programs put in front of the original subject.
const ABSENCE_STRONG: &[&str] = &[
    "automatische antwort:",
    "automatische antwort ",
    "automatic reply:",
    "automatic reply ",
    "autoreply:",
    "auto-reply:",
    "auto reply:",
    "autoreply ",
    "auto-reply ",
    "autoresponse:",
    "auto-response:",
    "autoantwort:",
    "auto-antwort:",
    "auto: ",
    "out of office:",
    "out of office autoreply",
    "out-of-office:",
    "out of office reply",
    "automatische abwesenheitsnotiz",
    "abwesenheitsnotiz:",
    "abwesenheitsnotiz",
    "abwesenheitsbenachrichtigung",
    "abwesenheitsmeldung",
    "abwesenheitsassistent",
    "abwesenheitsagent",
    "automatische abwesenheits",
    "automatische eingangsbestätigung",
    "automatische rückmeldung",
    "automatische rückantwort",
    "réponse automatique",
    "respuesta automática",
    "risposta automatica",
    "automatisch antwoord",
    "automatisk svar",
    "autosvar:",
    "odpowiedź automatyczna",
    "[auto-reply]",
    "[autoreply]",
    "[out of office]",
    "(autoreply)",
    "vacation reply",
    "vacation:",
];

/// Words people also use; the text has to agree.
const ABSENCE_WEAK: &[&str] = &[
    "out of office",
    "out of the office",
    "abwesenheit",
    "abwesend",
    "nicht im büro",
    "ich bin nicht im büro",
    "ich bin im urlaub",
    "urlaubsabwesenheit",
    "on vacation",
    "on annual leave",
    "on leave",
    "away from my desk",
    "away:",
    "i am away",
    "i'm away",
    "ooo",
    "urlaub",
    "elternzeit",
    "maternity leave",
];

/// What absence notices say.
const ABSENCE_TEXT: &[&str] = &[
    "nicht im büro",
    "nicht im hause",
    "außer haus",
    "ausser haus",
    "bin ich nicht erreichbar",
    "nicht erreichbar bin",
    "bin nicht erreichbar",
    "wieder im büro",
    "wieder erreichbar",
    "wieder für sie da",
    "wird nicht weitergeleitet",
    "nicht automatisch weitergeleitet",
    "in dringenden fällen",
    "in dringenden angelegenheiten",
    "bin ich im urlaub",
    "ich bin im urlaub",
    "im urlaub und",
    "ich befinde mich",
    "bin derzeit abwesend",
    "bin abwesend",
    "nach meiner rückkehr",
    "ihre nachricht werde ich",
    "ihre e-mail wird",
    "ihre mail wird",
    "out of the office",
    "out of office",
    "limited access to",
    "no access to my",
    "will be back",
    "back in the office",
    "upon my return",
    "on my return",
    "when i return",
    "returning on",
    "urgent matters",
    "for urgent",
    "in urgent cases",
    "currently away",
    "am away",
    "on annual leave",
    "on vacation",
    "on leave",
    "not be checking",
];

/// Fixed phrases with which programs say that they are programs.
const MACHINE_TEXT: &[&str] = &[
    "dies ist eine automatisch",
    "dies ist eine systemgenerierte",
    "diese e-mail wurde automatisch",
    "diese email wurde automatisch",
    "diese mail wurde automatisch",
    "diese nachricht wurde automatisch",
    "diese benachrichtigung wurde automatisch",
    "dieses schreiben wurde automatisch",
    "das ist eine automatisch",
    "bitte antworten sie nicht auf diese",
    "bitte nicht auf diese e-mail antworten",
    "bitte nicht auf diese mail antworten",
    "bitte nicht antworten",
    "auf diese e-mail kann nicht geantwortet",
    "this is an automated",
    "this is an automatic",
    "this is an auto-generated",
    "this is a system-generated",
    "this is a system generated",
    "this is a computer generated",
    "this message was automatically",
    "this email was automatically",
    "this e-mail was automatically",
    "this message was sent automatically",
    "this email was sent automatically",
    "this email was generated automatically",
    "this notification was automatically",
    "this mail was automatically",
    "this email was sent from a notification-only",
    "this mailbox is not monitored",
    "please do not reply to this",
    "please do not respond to this",
    "do not reply to this",
    "do not respond to this",
    "you are receiving this because",
    "replies to this email are not monitored",
];

const BOUNCE_SUBJECTS: &[&str] = &[
    "undelivered mail returned to sender",
    "undeliverable:",
    "undeliverable mail",
    "undeliverable message",
    "undelivered:",
    "unzustellbar:",
    "unzustellbar",
    "nicht zustellbar",
    "mail delivery failed",
    "mail delivery failure",
    "mail delivery problem",
    "mail delivery system",
    "delivery status notification",
    "delivery failure",
    "delivery failed",
    "delivery notification",
    "delivery has failed",
    "message delivery failure",
    "message undeliverable",
    "message could not be delivered",
    "returned mail:",
    "returned mail",
    "failure notice",
    "mail system error",
    "warning: could not send",
    "warning: message",
    "benachrichtigung zum übermittlungsstatus",
    "zustellung fehlgeschlagen",
    "zustellungsfehler",
    "fehler bei der zustellung",
    "nachricht nicht zugestellt",
    "e-mail konnte nicht zugestellt",
    "mail konnte nicht zugestellt",
    "non remis",
    "non delivery",
    "non-delivery",
    "nondeliverable mail",
    "delayed mail",
    "**message you sent blocked",
];

const BOUNCE_TEXTS: &[&str] = &[
    "this is the mail system at host",
    "this message was created automatically by mail delivery software",
    "your message could not be delivered",
    "your message wasn't delivered",
    "your message was not delivered",
    "could not be delivered to one or more",
    "couldn't be delivered",
    "the following address(es) failed",
    "the following addresses had permanent fatal errors",
    "delivery to the following recipient",
    "final-recipient:",
    "diagnostic-code:",
    "remote-mta:",
    "action: failed",
    "status: 5.",
    "550 5.1.1",
    "550-5.1.1",
    "550 5.",
    "554 5.",
    "#550",
    "recipient address rejected",
    "user unknown",
    "mailbox unavailable",
    "mailbox is full",
    "mailbox full",
    "permanent error",
    "permanent failure",
    "permanenter fehler",
    "konnte nicht zugestellt werden",
    "konnte an folgende empfänger nicht",
    "nicht übermittelt werden",
    "nicht an folgende empfänger",
    "i'm afraid i wasn't able to deliver",
    "fehler bei der zustellung",
    "unrouteable address",
    "undeliverable mail",
];

/// The subject without blanks and case.
fn plain(subject: &str) -> String {
    subject.trim().to_lowercase()
}

/// Whether somebody passed it on.
fn is_forwarded(subject: &str) -> bool {
    ["fwd:", "fw:", "wg:", "wtr:", "weiterleitung:", "tr:", "i:"]
        .iter()
        .any(|prefix| plain(subject).starts_with(prefix))
}

/// Whether it answers something.
fn is_answer(subject: &str) -> bool {
    ["re:", "aw:", "antw:", "sv:", "re ", "re[", "aw "]
        .iter()
        .any(|prefix| plain(subject).starts_with(prefix))
}

/// Whether the subject is that of an absence notice: a fixed phrase of a program at its very front.
pub(super) fn is_absence_subject(subject: &str) -> bool {
    let subject = plain(subject);
    ABSENCE_STRONG.iter().chain(ABSENCE_WEAK).any(|phrase| subject.starts_with(phrase))
}

/// Whether the subject is that of a delivery failure notice.
pub(super) fn is_bounce_subject(subject: &str) -> bool {
    let subject = plain(subject);
    BOUNCE_SUBJECTS.iter().any(|phrase| subject.starts_with(phrase))
}

/// Whether the text reports a failed delivery.
pub(super) fn is_bounce_text(text: &str) -> bool {
    let lower = beginning(text);
    BOUNCE_TEXTS.iter().any(|phrase| lower.contains(phrase))
}

/// Notices say what they are in their first lines.
fn beginning(text: &str) -> String {
    const CHARS_LOOKED_AT: usize = 4_000;
    text.chars().take(CHARS_LOOKED_AT).collect::<String>().to_lowercase()
}

/// Signs in mail without a mark.
pub(super) fn unmarked(mail: &Evidence<'_>) -> Found {
    if is_forwarded(mail.subject) {
        return None;
    }
    let text = beginning(mail.reply_text);
    if !is_answer(mail.subject) {
        if is_bounce_subject(mail.subject) && is_bounce_text(mail.text) {
            return Some((
                AutoClass::Bounce,
                "subject and text are those of a delivery failure notice".to_owned(),
            ));
        }
        let subject = plain(mail.subject);
        if ABSENCE_STRONG.iter().any(|phrase| subject.starts_with(phrase)) {
            return Some((AutoClass::AutoReplied, "the subject is that of an automatic reply".to_owned()));
        }
        let weak = ABSENCE_WEAK.iter().any(|phrase| subject.starts_with(phrase));
        if weak && ABSENCE_TEXT.iter().filter(|phrase| text.contains(*phrase)).count() >= 2 {
            return Some((
                AutoClass::AutoReplied,
                "subject and text are those of an absence notice".to_owned(),
            ));
        }
    }
    machine_phrase(&text)
}

/// A program's phrase at the start of a line. People who quote one put it inside their sentence.
fn machine_phrase(text: &str) -> Found {
    let is_edge = |c: char| !c.is_alphanumeric();
    let starts = |line: &str| {
        let line = line.trim_start_matches(is_edge);
        MACHINE_TEXT.iter().find(|phrase| line.starts_with(*phrase)).copied()
    };
    let phrase = text.lines().flat_map(|line| line.split(". ").map(str::trim)).find_map(starts)?;
    let is_reply = phrase.contains("antwort") && !phrase.contains("nicht")
        || text.contains("automatische antwort")
        || text.contains("automatic reply")
        || text.contains("automated reply")
        || text.contains("automated response");
    let class = if is_reply { AutoClass::AutoReplied } else { AutoClass::AutoGenerated };
    Some((class, format!("the text says that a machine wrote it (“{phrase} …”)")))
}
