//! Runs every file of `cases/` through the plugin and compares what it proposes.
//!
//! A case has lines `key: value` about the ticket (`hit:` for each found article, as key | locale | score |
//! title | body; `before:` for each earlier message, as direction | author), then `---`, the text, `---`, and
//! the outcome with the reply. `UPDATE_GOLDEN=1` writes what came out, to be read before it is kept.

use std::fmt::Write as _;
use std::path::Path;

use kulanz_sdk::fixture::{
    self, ArticleBuilder, ContactBuilder, EventBuilder, MessageBuilder, TicketBuilder,
};
use kulanz_sdk::{Answer, Answering as _, Effect, Effects};

use crate::AutoReply;
use crate::decide::Settings;

fn run(head: &str, text: &str) -> String {
    fixture::clear();
    let all = |key: &'static str| {
        head.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::trim)
    };
    let mut ticket = TicketBuilder::new().number(1042).subject(all("subject").next().unwrap_or(""));
    let mut message = MessageBuilder::new().text(text);
    let mut contact = ContactBuilder::new();
    for line in head.lines() {
        let (key, value) = line.split_once(": ").unwrap_or((line, ""));
        match key {
            "language" => ticket = ticket.language(value),
            "category" => ticket = ticket.category(value),
            "priority" => ticket = ticket.priority(value),
            "tag" => ticket = ticket.tag(value),
            "auto_class" => message = message.auto_class(value),
            "name" => contact = contact.name(value),
            "locale" => contact = contact.locale(value),
            "deny" => fixture::deny(value),
            "unverified" => contact = contact.verified(false),
            _ => {}
        }
    }
    for before in all("before") {
        let (direction, author) = before.split_once(" | ").unwrap();
        ticket = ticket.message(MessageBuilder::new().direction(direction).author_kind(author).text("…"));
    }
    for hit in all("hit") {
        let [key, locale, score, title, body]: [&str; 5] =
            hit.splitn(5, " | ").collect::<Vec<_>>().try_into().unwrap();
        let article =
            ArticleBuilder::new().key(key).locale(locale).title(title).body(body.replace("\\n", "\n"));
        fixture::add_article(all_as_good(article, score.parse().unwrap()));
    }
    let event = EventBuilder::of("message.received").message(message.clone()).build();
    let settings: Settings = fixture::settings(all("settings").next().unwrap_or("{}")).unwrap();
    let ticket = ticket.requester(contact).message(message).build();
    let mut out = Effects::new();
    match AutoReply::answer(&event, &ticket, settings, &mut out) {
        Ok(answer) => told(&answer, &out),
        Err(error) => format!("error: {error:?}\n"),
    }
}

/// Everything that the search says about the article is this good.
fn all_as_good(article: ArticleBuilder, good: f32) -> ArticleBuilder {
    let signals = ["title", "body", "reverse", "likeness", "coverage", "lead", "words", "agreement"];
    let article = signals.iter().fold(article.score(good), |article, name| article.signal(*name, good));
    article.signal("unknown", 1.0 - good).signal("chance", 1.0 - good)
}

fn told(answer: &Answer, out: &Effects) -> String {
    let mut lines = match answer {
        Answer::Answered(why) => format!("answered: {why}\n"),
        Answer::Held(why) => format!("held: {why}\n"),
        Answer::Abstained(why) => format!("abstained: {why}\n"),
    };
    for proposed in out.all() {
        if let Effect::Note { text } = &proposed.effect {
            writeln!(lines, "note, {:.0} %: {}", proposed.basis.confidence * 100.0, proposed.basis.reason)
                .unwrap();
            lines.push_str(text);
            continue;
        }
        let Effect::Reply { text, language, article } = &proposed.effect else {
            panic!("proposes {:?}", proposed.effect)
        };
        let (language, article) = (language.as_deref().unwrap_or("-"), article.as_deref().unwrap_or("-"));
        let basis = &proposed.basis;
        writeln!(
            lines,
            "reply in {language}, article {article}, {:.0} %: {}",
            basis.confidence * 100.0,
            basis.reason
        )
        .unwrap();
        lines.push_str(text);
    }
    lines
}

#[test]
fn every_case_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let case = std::fs::read_to_string(file).unwrap();
        let mut parts = case.splitn(3, "---\n");
        let (head, text, want) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap_or(""));
        let got = run(head, text);
        if got != want {
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(file, format!("{head}---\n{text}---\n{got}")).unwrap();
            } else {
                write!(wrong, "\n{}\nwanted:\n{want}got:\n{got}", file.display()).unwrap();
            }
        }
    }
    assert!(files.len() >= 12, "only {} cases found", files.len());
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_case_gets_more_than_one_reply() {
    for head in ["language: de\nhit: a | de | 0.9 | T | B", "language: de", "language: de\npriority: urgent"]
    {
        assert_eq!(run(head, "Hallo, eine Frage\n").matches("reply in").count(), 1, "{head}");
    }
}
