//! What bundled plugins say is read in German as well. Each plugin's table is the `[[phrase]]` of its manifest; here
//! their sources and golden cases are held against it, so that a new reason without its German one is noticed.

use std::path::Path;

use domain::plugin::{Manifest, Phrasebook};
use tests::source;

/// The bundled plugins that say reasons. Of redaction no words are kept: it sees texts as they were sent.
const SPEAKERS: [&str; 5] = ["auto-reply", "incidents", "order-status", "proactive-notice", "triage"];

/// Sources in which no reason is made: letters and notes to people, who get them in their own language, lists of words
/// that are looked for, and tables of numbers.
const SILENT: [&str; 15] = [
    "auto-reply/src/ask.rs",
    "auto-reply/src/confidence.rs",
    "auto-reply/src/person/words.rs",
    "auto-reply/src/question.rs",
    "incidents/src/cluster.rs",
    "incidents/src/words.rs",
    "order-status/src/texts.rs",
    "proactive-notice/src/texts.rs",
    "triage/src/defaults.rs",
    "triage/src/features.rs",
    "triage/src/learn/corpus.rs",
    "triage/src/learn/fitting.rs",
    "triage/src/learn/meaning.rs",
    "triage/src/learn/model.rs",
    "triage/src/learn/softmax.rs",
];

/// What stands in the other sources and is no reason: by how it begins.
const NO_REASON: [&str; 26] = [
    // auto-reply: notes in the customer's language, words that are looked for, lines of its log.
    "ist in einer anderen Sprache",
    "handelt von",
    "enthält noch HTML",
    "Nichts wurde verschickt:",
    "Nothing was sent: {}. Please answer",
    "Zurzeit ist geschlossen",
    "We are closed at the moment",
    "Der Text `texts.",
    "The text `texts.",
    "Die Öffnungszeiten in den Einstellungen",
    "The opening hours in the settings",
    "Diese Artikel könnten",
    "Verschickt wurde keiner",
    "These articles may answer",
    "None of them was sent",
    "Your service team",
    "in touch with",
    "mit mir in verbindung",
    "on hold for",
    "what customers said",
    // proactive-notice: evidence.
    "pending, our last message",
    // triage: lines of its log, and why something cannot happen.
    "what the model knows of meanings",
    "the model cannot be asked",
    "a ticket is a handle",
    "no vectors can be had any more",
    "slices of this training failed",
];

fn manifest(plugin: &str) -> Manifest {
    let text = std::fs::read_to_string(source().join("plugins").join(plugin).join("plugin.toml")).unwrap();
    Manifest::parse(&text).unwrap()
}

#[test]
fn every_reason_in_a_golden_case_of_a_bundled_plugin_is_told_in_german() {
    let mut left = Vec::new();
    let mut seen = 0;
    for plugin in SPEAKERS {
        let manifest = manifest(plugin);
        let book = Phrasebook::of(&manifest.phrases, "de");
        let Ok(cases) = std::fs::read_dir(source().join("plugins").join(plugin).join("cases")) else {
            continue;
        };
        for case in cases.flatten() {
            let text = std::fs::read_to_string(case.path()).unwrap();
            let wanted = text.splitn(3, "---\n").nth(2).unwrap();
            for said in wanted.lines().filter_map(reason) {
                seen += 1;
                // “refund (84 %)” is the same in both.
                let has_words =
                    said.split(' ').filter(|word| word.chars().all(char::is_alphabetic)).count() > 1;
                if has_words && book.tell(said) == said {
                    left.push(format!("{plugin}: {said}"));
                }
            }
        }
    }
    assert!(seen > 150, "only {seen} reasons were read: the shape of the cases has changed");
    assert!(left.is_empty(), "[[phrase]] in plugin.toml lacks these:\n{}", left.join("\n"));
}

/// The reason that stands in a line of what comes of a case: of the verdict, or of an effect.
fn reason(line: &str) -> Option<&str> {
    let verdicts = ["done: ", "answered: ", "held: ", "abstained: "];
    if let Some(why) = verdicts.into_iter().find_map(|verdict| line.strip_prefix(verdict)) {
        return Some(why);
    }
    // `category = refund  93 %  The customer writes “refund”.  [refund]`
    let (effect, behind) = line.split_once(" %  ").filter(|_| !line.starts_with('|'))?;
    let confidence = effect.rsplit(' ').next()?;
    confidence.parse::<u8>().ok()?;
    Some(behind.rsplit_once("  [").map_or(behind, |(why, _)| why))
}

/// Sentences are put together from pieces, so most of their words in a row are enough.
#[test]
fn every_sentence_of_a_bundled_plugin_stands_in_its_table() {
    let mut left = Vec::new();
    for plugin in SPEAKERS {
        let phrases = manifest(plugin).phrases;
        let told: Vec<&str> =
            phrases.iter().filter(|p| p.told.contains_key("de")).map(|p| p.said.as_str()).collect();
        let told = told.join("\n");
        let mut files = Vec::new();
        collect(&source().join("plugins").join(plugin).join("src"), &mut files);
        for file in files.iter().filter(|file| !SILENT.iter().any(|silent| file.ends_with(silent))) {
            for said in literals(&std::fs::read_to_string(file).unwrap()) {
                let threes = threes(&said);
                let found = threes.iter().filter(|three| told.contains(three.as_str())).count();
                if found * 2 < threes.len() && !NO_REASON.iter().any(|begin| said.starts_with(begin)) {
                    left.push(format!("{}: {said}", file.display()));
                }
            }
        }
    }
    assert!(left.is_empty(), "[[phrase]] in plugin.toml lacks these:\n{}", left.join("\n"));
}

#[test]
fn a_reason_that_is_in_no_table_would_be_noticed() {
    let said = literals(
        "let why = format!(\"a sentence that \\\n    nobody wrote in {language}\"); // \"not this one\"",
    );
    assert_eq!(said, ["a sentence that nobody wrote in {language}"]);
    assert_eq!(threes("a sentence that {} goes"), ["a sentence that"]);
    assert_eq!(reason("team = x  98 %  It fits.  [y]"), Some("It fits."));
    assert_eq!(reason("held: later"), Some("later"));
    assert_eq!(reason("| 5 %  of a letter"), None);
}

fn collect(dir: &Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_test {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") && !is_test {
            out.push(path);
        }
    }
}

/// The texts of a source in one line each, without its tests and comments.
fn literals(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    // A literal that goes on in the next line is one.
    let code = code.replace("\\\n", " ");
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let texts = lines.flat_map(|line| {
        let line = line.split(" // ").next().unwrap();
        line.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect::<Vec<_>>()
    });
    texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Every three words that stand in a row, between gaps; of words only.
fn threes(said: &str) -> Vec<String> {
    let is_word = |word: &&str| word.chars().all(|c| c.is_alphabetic() || "',;:.".contains(c));
    let pieces = said.split(['{', '}']).map(|piece| piece.split_whitespace().collect::<Vec<_>>());
    let rows = pieces.flat_map(|words| {
        let all = words.windows(3).filter(|three| three.iter().all(is_word));
        all.map(|three| three.join(" ")).collect::<Vec<_>>()
    });
    rows.collect()
}
