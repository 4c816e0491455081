//! The plugin's own tickets: `make DIR` writes train.jsonl and test.jsonl from `tickets/sentences.txt`, `score
//! TEST PRED` prints what `kulanz eval triage` made of them. No sentence is in both files.

use std::fmt::Write as _;
use std::path::Path;

use kulanz_sdk::serde_json::{self, Value, json};

/// Mails made of one sentence.
const MAILS: usize = 3;
/// Every third sentence of a class is kept for the test.
const TEST_EVERY: usize = 3;

const GREETINGS: [[&str; 4]; 2] =
    [["Hallo,", "Guten Tag,", "Sehr geehrte Damen und Herren,", ""], ["Hello,", "Hi,", "Dear team,", ""]];
const MIDDLES: [[&str; 4]; 2] = [
    [
        "Meine Kundennummer ist 48{n}.",
        "Es geht um den Vorgang {n}.",
        "Ich hatte schon am Montag geschrieben.",
        "",
    ],
    ["My customer number is 48{n}.", "This is about case {n}.", "I already wrote on Monday.", ""],
];
const CLOSINGS: [[&str; 4]; 2] = [
    ["Danke und Gruß", "Mit freundlichen Grüßen", "Bitte melden Sie sich.", ""],
    ["Thanks and regards", "Kind regards", "Please get back to me.", ""],
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["make", folder] => make(Path::new(folder)),
        ["score", test, predicted] => score(Path::new(test), Path::new(predicted)),
        _ => Err(std::io::Error::other("tickets make DIR | tickets score TEST PRED")),
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn make(folder: &Path) -> std::io::Result<()> {
    let (mut train, mut test) = (String::new(), String::new());
    let (mut class, mut german, mut place, mut id) = ("", false, 0, 0);
    for line in include_str!("../tickets/sentences.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (name, language) = head.split_once(' ').unwrap_or((head, "en"));
            (class, german, place) = (name, language == "de", 0);
            continue;
        }
        place += 1;
        let outside = class == "-";
        for mail in 0..MAILS {
            id += 1;
            let text = mail_of(line, german, id, mail);
            let label = if outside { Value::Null } else { json!(class) };
            let ticket =
                json!({ "id": id, "text": text, "label": label, "lang": if german { "de" } else { "en" } });
            let out = if outside || place % TEST_EVERY == 0 { &mut test } else { &mut train };
            let _ = writeln!(out, "{ticket}");
        }
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("train.jsonl"), train)?;
    std::fs::write(folder.join("test.jsonl"), test)
}

/// A sentence as people send it: with or without greeting, numbers, closing, and now and then in haste.
fn mail_of(sentence: &str, german: bool, id: usize, mail: usize) -> String {
    let pick = |of: &[[&'static str; 4]; 2], turn: usize| of[usize::from(!german)][(id * turn + mail) % 4];
    let mut text = sentence.to_owned();
    if mail == 2 {
        text = text.to_lowercase();
        // A letter too few, as it happens.
        if let Some((at, _)) = text.char_indices().nth(9 + id % 7) {
            text.remove(at);
        }
    }
    let parts = [pick(&GREETINGS, 5), text.as_str(), pick(&MIDDLES, 3), pick(&CLOSINGS, 7)];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n").replace("{n}", &(1_000 + id * 37 % 9_000).to_string())
}

fn read(path: &Path) -> std::io::Result<Vec<Value>> {
    std::fs::read_to_string(path)?
        .lines()
        .map(|line| serde_json::from_str(line).map_err(std::io::Error::other))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred tickets")]
fn score(test: &Path, predicted: &Path) -> std::io::Result<()> {
    let (test, predicted) = (read(test)?, read(predicted)?);
    let mut judged: Vec<(f64, bool, bool, bool)> = Vec::new();
    let mut language = 0;
    for (ticket, answer) in test.iter().zip(&predicted) {
        let inside = !ticket["label"].is_null();
        let right = inside && ticket["label"] == answer["label"];
        language += usize::from(ticket["lang"] == answer["language"]);
        judged.push((
            answer["confidence"].as_f64().unwrap_or(0.0),
            right,
            inside,
            answer["accepted"] == true,
        ));
    }
    let share = |some: usize, of: usize| some as f64 / of.max(1) as f64;
    let inside = judged.iter().filter(|j| j.2).count();
    let right = judged.iter().filter(|j| j.1).count();
    let accepted = judged.iter().filter(|j| j.2 && j.3).count();
    let kept = judged.iter().filter(|j| j.1 && j.3).count();
    let outside = judged.len() - inside;
    let let_in = judged.iter().filter(|j| !j.2 && j.3).count();
    println!("in scope               {inside}");
    println!("accuracy               {:.3}", share(right, inside));
    println!("decided                {:.3}", share(accepted, inside));
    println!("right among decided    {:.3}", share(kept, accepted));
    println!("out of scope           {outside}");
    println!("wrongly decided        {:.3}", share(let_in, outside));
    println!("AUROC in/out of scope  {:.3}", auroc(&judged));
    println!("calibration error      {:.3}", calibration_error(&judged));
    println!("language               {:.3}", share(language, judged.len()));
    println!("\nfrom confidence  decided  right among them");
    for tenth in 0..10 {
        let from = f64::from(tenth) / 10.0;
        let above: Vec<_> = judged.iter().filter(|j| j.2 && j.0 >= from).collect();
        let right = above.iter().filter(|j| j.1).count();
        println!("{from:>15.1}  {:>7.3}  {:>16.3}", share(above.len(), inside), share(right, above.len()));
    }
    Ok(())
}

/// How often a ticket in scope is surer than one out of scope.
fn auroc(judged: &[(f64, bool, bool, bool)]) -> f64 {
    let (mut won, mut all) = (0.0, 0.0);
    for inside in judged.iter().filter(|j| j.2) {
        for outside in judged.iter().filter(|j| !j.2) {
            all += 1.0;
            won += if inside.0 > outside.0 {
                1.0
            } else if inside.0 < outside.0 {
                0.0
            } else {
                0.5
            };
        }
    }
    won / f64::max(all, 1.0)
}

/// Mean distance between confidence and share of right ones, in ten steps of confidence.
#[expect(clippy::cast_precision_loss, reason = "a few hundred tickets")]
fn calibration_error(judged: &[(f64, bool, bool, bool)]) -> f64 {
    let inside: Vec<_> = judged.iter().filter(|j| j.2).collect();
    let mut error = 0.0;
    for tenth in 0..10 {
        let range = f64::from(tenth) / 10.0..f64::from(tenth + 1) / 10.0;
        let here: Vec<_> = inside.iter().filter(|j| range.contains(&j.0)).collect();
        let hoped: f64 = here.iter().map(|j| j.0).sum();
        error += (hoped - here.iter().filter(|j| j.1).count() as f64).abs();
    }
    error / inside.len().max(1) as f64
}
