//! Several hundred ugly mails, written and generated here, each with what is to be read in it: who wrote it,
//! from where, the subject, the sender's own words. Knows nothing of how mails are read.

mod encode;
mod wrappings;

use encode::{base64, html};
use wrappings::{FILE_NAMES, SUBJECTS, WRAPPINGS, head};

/// Who wrote a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// May be answered.
    Person,
    /// Must not be answered; of this class, where it is certain.
    Machine(Option<String>),
}

/// A mail and what is to be read in it. What is none does not matter.
#[derive(Debug, Clone)]
pub struct UglyMail {
    pub name: String,
    pub raw: Vec<u8>,
    pub writer: Writer,
    pub from: Option<String>,
    pub subject: Option<String>,
    /// The sender's own words; blanks and line ends do not count.
    pub reply: Option<String>,
    pub file: Option<String>,
    pub complaint: Option<String>,
}

/// What a person wrote.
#[derive(Debug, Clone)]
pub struct Letter {
    pub from: String,
    pub subject: String,
    pub text: String,
}

impl UglyMail {
    fn of(letter: &Letter, name: String, raw: Vec<u8>) -> Self {
        Self {
            name,
            raw,
            writer: Writer::Person,
            from: Some(letter.from.clone()),
            subject: Some(letter.subject.clone()),
            reply: Some(letter.text.clone()),
            file: None,
            complaint: None,
        }
    }
}

/// All of them, in the same order every time.
#[must_use]
pub fn all() -> Vec<UglyMail> {
    let makers: [fn() -> Vec<UglyMail>; 7] =
        [wrapped, subjects, close, replies, replies_in_html, files, machines];
    makers.iter().flat_map(|make| make()).chain(marked()).collect()
}

/// `## heading` and the text below, from the section `= name` on.
fn blocks(list: &'static str, section: Option<&str>) -> Vec<(&'static str, &'static str)> {
    let list = match section {
        Some(name) => list.split_once(&format!("\n= {name}\n")).unwrap().1.split("\n= ").next().unwrap(),
        None => list,
    };
    let blocks = list.split("\n## ").skip(1);
    blocks.map(|block| block.split_once('\n').unwrap()).map(|(name, text)| (name, text.trim_end())).collect()
}

fn letters(section: &str) -> Vec<Letter> {
    blocks(include_str!("ugly_mails/people.txt"), Some(section))
        .into_iter()
        .map(|(heading, text)| {
            let (from, subject) = heading.split_once(" | ").unwrap();
            Letter { from: from.to_owned(), subject: subject.to_owned(), text: text.to_owned() }
        })
        .collect()
}

/// Every ordinary letter in every wrapping that can hold it.
fn wrapped() -> Vec<UglyMail> {
    let mut out = Vec::new();
    for letter in letters("ordinary") {
        for (name, wrap) in WRAPPINGS {
            if let Some(raw) = wrap(&letter) {
                out.push(UglyMail::of(&letter, format!("{name}: {}", letter.subject), raw));
            }
        }
    }
    out
}

/// Every way to write a subject.
fn subjects() -> Vec<UglyMail> {
    let mut out = Vec::new();
    for letter in letters("ordinary") {
        for (name, write) in SUBJECTS {
            let raw = format!(
                "Subject: {}\nFrom: {}\nTo: help@shop.example\nContent-Type: text/plain; charset=utf-8\n\n{}",
                write(&letter.subject),
                letter.from,
                letter.text
            );
            let mut mail =
                UglyMail::of(&letter, format!("subject {name}: {}", letter.subject), raw.into_bytes());
            if *name == "quoted encoded word" {
                mail.subject = Some(format!("\"{}\"", letter.subject));
            }
            out.push(mail);
        }
    }
    out
}

/// People who come close to what machines write.
fn close() -> Vec<UglyMail> {
    let mails = letters("close").into_iter().map(|letter| {
        let raw = format!("{}Content-Type: text/plain; charset=utf-8\n\n{}", head(&letter), letter.text);
        let mut mail = UglyMail::of(&letter, format!("close: {}", letter.subject), raw.into_bytes());
        if letter.text.contains("----------") {
            mail.reply = letter.text.split_once("\n\n").map(|(own, _)| own.to_owned());
        }
        mail
    });
    mails.collect()
}

fn replies_with(name: &str, write: fn(&Letter) -> String) -> Vec<UglyMail> {
    let mails = blocks(include_str!("ugly_mails/replies.txt"), None).into_iter().map(|(heading, block)| {
        let (text, reply) = block.split_once("\n=====\n").unwrap();
        let letter = Letter {
            from: "bea@kunde.example".to_owned(),
            subject: "Re: Ihre Anfrage".to_owned(),
            text: text.to_owned(),
        };
        let mut mail = UglyMail::of(&letter, format!("{name}: {heading}"), write(&letter).into_bytes());
        mail.reply = Some(reply.to_owned());
        mail
    });
    mails.collect()
}

/// Replies of every client, as plain text.
fn replies() -> Vec<UglyMail> {
    replies_with("reply", |letter| {
        format!("{}Content-Type: text/plain; charset=utf-8\n\n{}\n", head(letter), letter.text)
    })
}

/// The same as nothing but HTML, quotes in `blockquote`.
fn replies_in_html() -> Vec<UglyMail> {
    replies_with("reply in HTML", |letter| {
        let mut page = String::new();
        let mut quote = String::new();
        for line in letter.text.lines() {
            // A face or a prompt in the text is none of a program's marks.
            if let Some(inner) = line.strip_prefix('>') {
                quote.push_str(&format!("<div>{}</div>", html(inner.trim_start_matches(['>', ' ']))));
                continue;
            }
            page.push_str(&quoted(&mut quote));
            let line = html(line).replace("<p></p>", "<br>").replace("<p>", "").replace("</p>", "");
            page.push_str(&format!("<div>{line}</div>"));
        }
        page.push_str(&quoted(&mut quote));
        format!(
            "{}Content-Type: text/html; charset=utf-8\n\n<html><body>{page}</body></html>\n",
            head(letter)
        )
    })
}

fn quoted(quote: &mut String) -> String {
    let inner = std::mem::take(quote);
    if inner.is_empty() { inner } else { format!("<blockquote type=\"cite\">{inner}</blockquote>") }
}

/// Attachments whose names are written in every way.
fn files() -> Vec<UglyMail> {
    let letters = letters("ordinary");
    let mails = FILE_NAMES.iter().zip(letters.iter().cycle()).map(|((written, shown), letter)| {
        let body = base64(b"%PDF-1.4");
        let raw = format!(
            "{}Content-Type: multipart/mixed; boundary=f\n\n--f\nContent-Type: text/plain; charset=utf-8\n\n{}\n--f\nContent-Type: application/pdf\nContent-Disposition: attachment; {written}\nContent-Transfer-Encoding: base64\n\n{body}\n--f--\n",
            head(letter),
            letter.text,
        );
        let mut mail = UglyMail::of(letter, format!("file {written:?}"), raw.into_bytes());
        mail.file = Some((*shown).to_owned());
        mail
    });
    mails.collect()
}

fn class(word: &str) -> Writer {
    Writer::Machine((word != "machine").then(|| word.to_owned()))
}

/// Mails of machines as they come in.
fn machines() -> Vec<UglyMail> {
    let mails = blocks(include_str!("ugly_mails/machines.txt"), None).into_iter().map(|(heading, raw)| {
        let (word, name) = heading.split_once(" | ").unwrap();
        let complaint = raw.contains("Original-Rcpt-To: cross@").then(|| "cross@kunde.example".to_owned());
        UglyMail {
            name: format!("machine: {name}"),
            raw: format!("{raw}\n").into_bytes(),
            writer: class(word),
            from: None,
            subject: None,
            reply: None,
            file: None,
            complaint,
        }
    });
    mails.collect()
}

/// Marks in the header, any of which makes any letter a machine's.
const MARKS: &[(&str, &str)] = &[
    ("auto_replied", "Auto-Submitted: auto-replied"),
    ("auto_replied", "auto-submitted: AUTO-REPLIED; vacation"),
    ("auto_generated", "Auto-Submitted: auto-generated"),
    ("auto_generated", "Auto-Submitted: auto-notified"),
    ("auto_replied", "X-Autoreply: yes"),
    ("auto_replied", "X-Autorespond: Re: order"),
    ("auto_replied", "X-Vacation: 1"),
    ("auto_replied", "Precedence: auto_reply"),
    ("machine", "Precedence: junk"),
    ("list", "Precedence: bulk"),
    ("list", "Precedence:\n list"),
    ("list", "List-Id: Roses <roses.lists.example>"),
    ("list", "List-Unsubscribe: <https://lists.example/u>"),
    ("list", "List-Help: <mailto:roses-help@lists.example>"),
    ("list", "X-BeenThere: roses@lists.example"),
    ("list", "Mailing-List: list roses@lists.example"),
    ("list", "Sender: roses-bounces@lists.example"),
    ("list", "Errors-To: owner-roses@lists.example"),
    ("machine", "X-Auto-Response-Suppress: All"),
    ("machine", "X-Auto-Response-Suppress: OOF, AutoReply"),
    ("machine", "Return-Path: <>"),
    ("machine", "Return-Path: <bounces+17=bea=kunde.example@mailing.example>"),
    ("machine", "X-Loop: help@shop.example"),
    ("machine", "Feedback-ID: 7:campaign:shop"),
    ("machine", "X-Mailer: MailChimp Mailer"),
    ("machine", "X-Mailer: vacation 1.4"),
    ("machine", "X-Jira-FingerPrint: 0a"),
    ("machine", "X-GitLab-Project: shop"),
    ("machine", "X-Spam-Flag: YES"),
    ("bounce", "X-Failed-Recipients: weg@kunde.example"),
    ("machine", "Message-ID: <rt-5.0.3-17-1777-5.12-3-0@uni.example>"),
    ("machine", "X-Campaign-Id: 12"),
];

/// Each mark on three letters.
fn marked() -> Vec<UglyMail> {
    let letters = letters("close");
    let mut out = Vec::new();
    for (at, (word, mark)) in MARKS.iter().enumerate() {
        for letter in letters.iter().cycle().skip(at * 3).take(3) {
            let head = head(letter).replace("Message-ID: <1@client.example>\n", "");
            let raw = format!("{mark}\n{head}Content-Type: text/plain; charset=utf-8\n\n{}", letter.text);
            let mut mail = UglyMail::of(letter, format!("{mark}: {}", letter.subject), raw.into_bytes());
            mail.writer = if is_like_a_machines(&letter.subject) { class("machine") } else { class(word) };
            mail.reply = None;
            out.push(mail);
        }
    }
    out
}

/// Whether the subject's own words make the class a closer one.
fn is_like_a_machines(subject: &str) -> bool {
    ["Out of", "Automatische Antwort", "Mailbox full", "Zustellung", "Delivery failed"]
        .iter()
        .any(|words| subject.contains(words))
}
