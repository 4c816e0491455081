//! Fits the coefficients of `confidence` on folders of questions (kb.jsonl, queries.jsonl with the right
//! `article`, or null), and shows what they would have decided: for each folder with coefficients that
//! were fitted on the others, and for folders after `--held` with the final ones.
//! `cargo run --release -p plugin-auto-reply --example fit -- FOLDER… [--held FOLDER…]`

use std::error::Error;
use std::path::Path;

use domain::article::{Hit, Index, Source};
use plugin_auto_reply::confidence::{FEATURES, Signals};
use plugin_auto_reply::question::question;
use serde_json::Value;

/// A question, asked of a knowledge base.
struct Sample {
    features: [f64; FEATURES],
    right: bool,
    answerable: bool,
    weight: f64,
}

/// Penalty of large coefficients.
const RIDGE: f64 = 2.0;
/// Weight of a question asked while its article is away: there are as many as real ones, and in a help
/// desk's mail fewer are without an answer.
const AWAY_WEIGHT: f64 = 0.5;

fn rows(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    Ok(std::fs::read_to_string(path)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

fn samples(folder: &str) -> Result<Vec<Sample>, Box<dyn Error>> {
    let kb = rows(&Path::new(folder).join("kb.jsonl"))?;
    let language = kb.first().map_or_else(|| "en".to_owned(), |row| text(row, "lang"));
    let articles: Vec<[String; 3]> =
        kb.iter().map(|row| ["id", "question", "answer"].map(|key| text(row, key))).collect();
    let sources = articles.iter().map(|[_, title, body]| Source { title, alternates: &[], body });
    let index = Index::build(&language, sources);
    let mut out = Vec::new();
    for row in rows(&Path::new(folder).join("queries.jsonl"))? {
        let asked = question("", &text(&row, "text"));
        let wanted = row["article"].as_str().and_then(|key| articles.iter().position(|[id, ..]| id == key));
        let mut push = |hits: &[Hit], answerable: bool, weight: f64| {
            let Some(hit) = hits.first() else { return };
            let right = answerable && Some(hit.index) == wanted;
            out.push(Sample { features: features(hit), right, answerable, weight });
        };
        push(&index.search(&asked, 2), wanted.is_some(), 1.0);
        if let Some(article) = wanted {
            push(&index.search_without(article, &asked, None, 2), false, AWAY_WEIGHT);
        }
    }
    Ok(out)
}

fn features(hit: &Hit) -> [f64; FEATURES] {
    Signals::of(&hit.signals.named()).features().map(|(_, value)| f64::from(value))
}

fn probability(coefficients: &[f64], features: &[f64]) -> f64 {
    let sum: f64 = coefficients[0] + coefficients[1..].iter().zip(features).map(|(c, f)| c * f).sum::<f64>();
    1.0 / (1.0 + (-sum).exp())
}

/// Gradient descent on the penalised log loss. Only “unknown” may count against an article: a feature that
/// by chance points the wrong way here would do harm elsewhere.
fn fit(samples: &[&Sample]) -> Vec<f64> {
    let names = Signals::default().features().map(|(name, _)| name);
    let total: f64 = samples.iter().map(|s| s.weight).sum();
    let mut at = vec![0.0; FEATURES + 1];
    let mut pace = [0.0; FEATURES + 1];
    for _ in 0..20_000 {
        let mut slope = [0.0; FEATURES + 1];
        for sample in samples {
            let miss =
                sample.weight * (probability(&at, &sample.features) - f64::from(u8::from(sample.right)));
            slope[0] += miss;
            for (s, f) in slope[1..].iter_mut().zip(sample.features) {
                *s += miss * f;
            }
        }
        for (place, value) in at.iter_mut().enumerate() {
            let ridge = if place == 0 { 0.0 } else { RIDGE * *value };
            pace[place] = 0.9 * pace[place] + (slope[place] + ridge) / total;
            *value -= 0.3 * pace[place];
            let sign = match place.checked_sub(1).map(|feature| names[feature]) {
                None => 0.0,
                Some("unknown") => -1.0,
                Some(_) => 1.0,
            };
            if sign * *value < 0.0 {
                *value = 0.0;
            }
        }
    }
    at
}

fn judged(coefficients: &[f64], samples: &[&Sample]) -> Vec<(f64, bool)> {
    let mut out: Vec<(f64, bool)> =
        samples.iter().map(|s| (probability(coefficients, &s.features), s.right)).collect();
    out.sort_by(|a, b| b.0.total_cmp(&a.0));
    out
}

fn tell(name: &str, coefficients: &[f64], samples: &[&Sample]) {
    let answerable = samples.iter().filter(|s| s.answerable).count() as f64;
    let judged = judged(coefficients, samples);
    let right = judged.iter().filter(|(_, right)| *right).count() as f64;
    println!("{name}: {} questions, first hit {:.3}", samples.len(), right / answerable);
    for threshold in [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95] {
        let sent: Vec<_> = judged.iter().filter(|(p, _)| *p >= threshold).collect();
        let good = sent.iter().filter(|(_, right)| *right).count() as f64;
        let (n, share) = (sent.len() as f64, good / answerable);
        println!("  ≥ {threshold:.2}: {n:>4} sent, precision {:.3}, answered {share:.3}", good / n.max(1.0));
    }
    let mut best = 0.0_f64;
    let mut good = 0.0;
    for (n, (_, right)) in judged.iter().enumerate() {
        good += f64::from(u8::from(*right));
        if good / (n as f64 + 1.0) >= 0.95 {
            best = best.max(good / answerable);
        }
    }
    println!("  best possible at 95 %: answered {best:.3}");
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut groups = arguments.split(|argument| argument == "--held");
    let folders = groups.next().unwrap_or_default();
    let held = groups.next().unwrap_or_default();
    let sets: Vec<Vec<Sample>> = folders.iter().map(|folder| samples(folder)).collect::<Result<_, _>>()?;
    let all: Vec<&Sample> = sets.iter().flatten().collect();
    for (place, folder) in folders.iter().enumerate() {
        let others: Vec<&Sample> =
            sets.iter().enumerate().filter(|(other, _)| *other != place).flat_map(|(_, set)| set).collect();
        let real: Vec<&Sample> = sets[place].iter().filter(|s| s.weight >= 1.0).collect();
        if !others.is_empty() {
            tell(folder, &fit(&others), &real);
        }
    }
    let coefficients = fit(&all);
    println!("base {:.2}", coefficients[0]);
    for ((name, _), weight) in Signals::default().features().iter().zip(&coefficients[1..]) {
        println!("{name:<10} {weight:.2}");
    }
    for folder in held {
        let set = samples(folder)?;
        tell(folder, &coefficients, &set.iter().filter(|s| s.weight >= 1.0).collect::<Vec<_>>());
    }
    Ok(())
}
