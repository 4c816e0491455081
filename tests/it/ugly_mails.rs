//! Several hundred ugly mails through `kulanz eval mail`: machines are never answered, people are, and what
//! they wrote is read as they wrote it. Then the same mails mutated: never harm, always valid.

use std::collections::BTreeMap;

use channels::email::{self, Mail};
use serde_json::Value;
use tests::ugly_mails::{UglyMail, Writer, all};

/// What the command says of every mail, in order.
fn told(mails: &[UglyMail]) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("mails"), dir.path().join("told.jsonl"));
    std::fs::create_dir(&input).unwrap();
    for (at, mail) in mails.iter().enumerate() {
        std::fs::write(input.join(format!("{at:04}.eml")), &mail.raw).unwrap();
    }
    let mut command = tests::binary::command();
    command.args(["eval", "mail", "--input"]).arg(&input).arg("--output").arg(&output);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    // A line that is no valid UTF-8 ends the test here.
    let mut lines: BTreeMap<String, Value> = std::fs::read_to_string(&output)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| (line["file"].as_str().unwrap().to_owned(), line))
        .collect();
    let lines: Vec<Value> =
        (0..mails.len()).map(|at| lines.remove(&format!("{at:04}.eml")).unwrap()).collect();
    assert!(lines.iter().all(|line| line["error"].is_null()), "every mail is read");
    lines
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// What is wrong about a mail's fields.
fn wrong(mail: &UglyMail, line: &Value) -> Option<String> {
    let differs = |want: &Option<String>, field: &str| {
        want.as_deref()
            .filter(|want| line[field].as_str() != Some(*want))
            .map(|want| format!("{}: {field} is {}, not {want:?}", mail.name, line[field]))
    };
    if let Some(problem) = ["from", "subject", "complaint"]
        .iter()
        .zip([&mail.from, &mail.subject, &mail.complaint])
        .find_map(|(field, want)| differs(want, field))
    {
        return Some(problem);
    }
    let reply = line["reply_text"].as_str().unwrap();
    if mail.reply.as_deref().is_some_and(|want| words(want) != words(reply)) {
        return Some(format!("{}: the reply is {reply:?}, not {:?}", mail.name, mail.reply));
    }
    let has_file =
        |name: &str| line["attachments"].as_array().unwrap().iter().any(|file| file["filename"] == name);
    let missing = mail.file.as_deref().filter(|name| !has_file(name));
    missing.map(|name| format!("{}: no file {name:?} but {}", mail.name, line["attachments"]))
}

#[test]
fn ugly_mails_are_read_as_written_machines_never_answered_and_people_always() {
    let mails = all();
    assert!(mails.len() >= 400, "{}", mails.len());
    let lines = told(&mails);
    let mut answered = Vec::new();
    let mut unanswered = Vec::new();
    let mut misread = Vec::new();
    for (mail, line) in mails.iter().zip(&lines) {
        let would_reply = line["would_reply"].as_bool().unwrap();
        let class = line["auto_class"].as_str().unwrap();
        match &mail.writer {
            Writer::Machine(_) if would_reply => answered.push(mail.name.clone()),
            Writer::Machine(Some(want)) if want != class => {
                misread.push(format!("{}: it is {want}, not {class}", mail.name));
            }
            Writer::Person if !would_reply => unanswered.push(format!("{}: {}", mail.name, line["why"])),
            _ => {}
        }
        misread.extend(wrong(mail, line));
    }
    assert!(
        answered.is_empty() && unanswered.is_empty() && misread.is_empty(),
        "machines that would be answered: {answered:#?}\npeople who would not be: {unanswered:#?}\n{} misread: {misread:#?}",
        misread.len()
    );
}

/// Steps of a fixed sequence (SplitMix64): the same mutants on every machine.
struct Steps(u64);

impl Steps {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { usize::try_from(self.next() % end as u64).unwrap() }
    }
}

const TOKENS: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\n\n",
    b"\r\n",
    b"--",
    b"=_cut",
    b"\xff\xfe",
    b"\xc3",
    b"\xf0\x9f",
    b"\x1b$B",
    b"=?",
    b"?=",
    b"=?utf-8?q?=?=",
    b"=?utf-7?b?+?=",
    b"<",
    b">",
    b"\"",
    b"(",
    b";",
    b"charset=",
    b"charset=utf-16",
    b"charset=iso-2022-jp",
    b"charset=utf-7",
    b"Content-Type: ",
    b"multipart/mixed; boundary=x",
    b"multipart/report; report-type=feedback-report; boundary=r",
    b"message/rfc822",
    b"text/html",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: x-uuencode\n",
    b"begin 644 a\n",
    b"filename*0*=",
    b"filename*9999999=",
    b"format=flowed; delsp=yes",
    b"\n> ",
    b"\n-- \n",
    b"schrieb:\n",
    b"<table>",
    b"</table>",
    b"<!--",
    b"<![CDATA[",
    b"<a href=",
    b"&#0;",
    b"&#x110000;",
    b"\xe2\x80\xae",
    b"Von: \n",
    b"________________________________\n",
    b"Return-Path: <>\n",
    b"Final-Recipient: ;;@\n",
];

/// One change: a bit, a cut, a doubled piece, a token, a piece of another mail, or the end gone.
fn mutate(raw: &mut Vec<u8>, other: &[u8], steps: &mut Steps) {
    let at = steps.below(raw.len());
    let length = steps.below(200.min(raw.len() - at) + 1);
    match steps.below(7) {
        0 if !raw.is_empty() => raw[at] ^= 1 << steps.below(8),
        1 => drop(raw.drain(at..at + length)),
        2 => {
            let piece = raw[at..at + length].repeat(1 + steps.below(40));
            drop(raw.splice(at..at, piece));
        }
        3 => drop(raw.splice(at..at + length, other[steps.below(other.len())..].iter().copied().take(400))),
        4 => raw.truncate(at),
        _ => drop(raw.splice(at..at, TOKENS[steps.below(TOKENS.len())].iter().copied())),
    }
}

/// What must hold of any mail whatever came in.
fn check(mail: &Mail, bytes: usize) {
    let texts = [Some(&mail.subject), Some(&mail.text), Some(&mail.reply_text), mail.html_safe.as_ref()];
    let others =
        [mail.from.as_ref(), mail.from_name.as_ref(), mail.complaint.as_ref(), mail.message_id.as_ref()];
    for text in texts.into_iter().chain(others).flatten() {
        assert!(!text.contains('\0'));
    }
    // Output is bounded by the input, so is the work: links doubled, entities spelt out.
    assert!(mail.text.len() <= 8 * bytes + 1_000, "{} from {bytes}", mail.text.len());
    assert!(mail.html_safe.as_ref().is_none_or(|html| html.len() <= 200 * bytes + 1_000));
    assert!(mail.attachments.iter().map(|file| file.bytes.len()).sum::<usize>() <= bytes + 1_000);
    assert!(
        mail.attachments
            .iter()
            .all(|file| !file.file_name.contains(['/', '\\']) && !file.file_name.is_empty())
    );
    assert!(
        mail.problems.iter().all(|problem| !problem.contains("could not be read")),
        "{:?}",
        mail.problems
    );
    let html = mail.html_safe.as_deref().unwrap_or("").to_ascii_lowercase();
    assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
    // There is nothing more to take away from a reply, or little.
    let again = email::reply_text(&mail.reply_text);
    assert!(again.len() <= mail.reply_text.len());
}

/// `FUZZ_MUTANTS` sets their number, `FUZZ_SEED` where they start.
#[test]
fn mutated_mails_are_read_without_harm_and_alike_each_time() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let mutants = number("FUZZ_MUTANTS").unwrap_or(3_000);
    let mut steps = Steps(number("FUZZ_SEED").unwrap_or(1));
    let mails = all();
    for mutant in 0..mutants {
        let mut raw = mails[steps.below(mails.len())].raw.clone();
        let other = &mails[steps.below(mails.len())].raw;
        for _ in 0..=steps.below(8) {
            mutate(&mut raw, other, &mut steps);
        }
        let mail = email::parse(&raw);
        if std::panic::catch_unwind(|| check(&mail, raw.len())).is_err() {
            panic!("mutant {mutant} does harm: {:?}", String::from_utf8_lossy(&raw));
        }
        if mutant % 10 == 0 {
            assert_eq!(email::parse(&raw), mail, "mutant {mutant} is read differently the second time");
        }
    }
}
