//! What each part of the ranking is worth: first hits and mean reciprocal rank on folders of questions
//! (kb.jsonl, queries.jsonl with the right `article`), with everything and with one part left out.
//! `cargo run --release -p domain --example rank_answers -- FOLDER…`

use std::error::Error;
use std::path::Path;

use domain::article::{Index, Source, WEIGHTS, Weights};
use serde_json::Value;

/// A knowledge base and the questions that it answers, each with the position of the right article.
struct Set {
    index: Index,
    questions: Vec<(String, usize)>,
}

fn rows(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    Ok(std::fs::read_to_string(path)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

fn load(folder: &str) -> Result<Set, Box<dyn Error>> {
    let kb = rows(&Path::new(folder).join("kb.jsonl"))?;
    let language = kb.first().map_or_else(|| "en".to_owned(), |row| text(row, "lang"));
    let articles: Vec<[String; 3]> =
        kb.iter().map(|row| ["id", "question", "answer"].map(|key| text(row, key))).collect();
    let sources = articles.iter().map(|[_, title, body]| Source { title, alternates: &[], body });
    let index = Index::build(&language, sources);
    let asked = rows(&Path::new(folder).join("queries.jsonl"))?;
    let questions = asked
        .iter()
        .filter_map(|row| {
            let right = row["article"].as_str()?;
            Some((text(row, "text"), articles.iter().position(|[id, ..]| id == right)?))
        })
        .collect();
    Ok(Set { index, questions })
}

/// First hits and mean reciprocal rank, as shares.
fn measure(set: &Set, weights: &Weights) -> (f64, f64) {
    let (mut first, mut reciprocal) = (0.0, 0.0);
    for (question, right) in &set.questions {
        let hits = set.index.search_with(question, 10, weights);
        if let Some(place) = hits.iter().position(|hit| hit.index == *right) {
            first += f64::from(u8::from(place == 0));
            reciprocal += 1.0 / (place as f64 + 1.0);
        }
    }
    let n = set.questions.len().max(1) as f64;
    (first / n, reciprocal / n)
}

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let sets = folders.iter().map(|folder| load(folder)).collect::<Result<Vec<_>, _>>()?;
    let without = |view: usize| {
        let mut views = WEIGHTS.views;
        views[view] = 0.0;
        Weights { views, ..WEIGHTS }
    };
    let plain = Weights {
        views: [0.5, 0.25, 0.0, 0.25, 0.0],
        synonym: 0.0,
        part: 0.0,
        spelling: 0.0,
        joined: 0.0,
        ..WEIGHTS
    };
    println!("| ranking | {} |", folders.join(" | "));
    println!("|---|{}", "---|".repeat(folders.len()));
    for (name, weights) in [
        ("BM25 of two fields and n-grams", plain),
        ("everything", WEIGHTS),
        ("without the question's words in the title", without(0)),
        ("without the answer", without(1)),
        ("without the title's words in the question", without(2)),
        ("without likeness by n-grams", without(3)),
        ("without texture", without(4)),
        ("without synonyms", Weights { synonym: 0.0, ..WEIGHTS }),
        ("without compounds", Weights { part: 0.0, ..WEIGHTS }),
        ("without joined neighbours", Weights { joined: 0.0, ..WEIGHTS }),
    ] {
        let cells = sets.iter().map(|set| measure(set, &weights));
        let cells: Vec<String> = cells.map(|(first, mrr)| format!("{first:.3} ({mrr:.3})")).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}
