//! Fits the coefficients of `confidence` on folders of questions (kb.jsonl, queries.jsonl with the right
//! `article`, or null), and shows what they would have decided: for each folder with coefficients that it had
//! no part in, and for folders after `--held` with the final ones. With `--model`, a model's folder, the
//! second set is fitted as well, on what all models named say.
//! `cargo run --release -p plugin-auto-reply --example fit -- FOLDER… [--held FOLDER…] [--model DIR]…`

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use domain::article::{Hit, Index, Source, Vectors};
use embed::Model;
use plugin_auto_reply::confidence::{BY_MEANING, BY_WORDS, Signals};
use plugin_auto_reply::question::question;
use serde_json::Value;

type Failure = Box<dyn Error>;

/// A question, asked of a knowledge base.
struct Sample {
    words: Vec<f64>,
    /// What words that no article has cost.
    foreign: f64,
    /// How far meaning has a say, and its features.
    meaning: Option<(f64, Vec<f64>)>,
    right: bool,
    /// The other hits: words, meaning, whether it is the right article.
    others: Vec<Sample>,
    answerable: bool,
    /// Asked while its article is away.
    away: bool,
    /// All questions that one article answers are in one part.
    part: usize,
}

/// What is fitted, each with its base value first.
struct Fitted {
    words: Vec<f64>,
    meaning: Vec<f64>,
}

/// One equation of a fit: the sum of features, so much of it, and something that stands.
struct Row<'a> {
    features: &'a [f64],
    share: f64,
    stands: f64,
    right: bool,
    weight: f64,
}

/// Hits that are looked at, and the threshold, as in the plugin.
const HITS: usize = 10;
const DEFAULT: f64 = 0.8;
/// Penalty of large coefficients.
const RIDGE: f64 = 2.0;
/// Weight of a question asked while its article is away: there are as many as real ones. With the real ones without
/// an answer, which count twice, about four in ten are without one: more than in these sets, for a young knowledge base
/// answers less.
const AWAY_WEIGHT: f64 = 0.5;
const UNANSWERABLE_WEIGHT: f64 = 2.0;
/// The same for the second set: by meaning more looks near that is no answer.
const AWAY_WEIGHT_MEANING: f64 = 0.5;
/// Parts of a cross-fit by article.
const PARTS: usize = 5;
/// Characters of an answer that have a vector, as in the house.
const BODY_CHARS: usize = 600;

/// A model, and what it said.
struct Meaning {
    model: Model,
    known: HashMap<String, Vec<f32>>,
}

impl Meaning {
    fn of(&mut self, text: &str) -> Result<Vec<f32>, Failure> {
        if let Some(vector) = self.known.get(text) {
            return Ok(vector.clone());
        }
        let vector = self.model.embed(&[text])?.pop().ok_or("no vector")?;
        self.known.insert(text.to_owned(), vector.clone());
        Ok(vector)
    }
}

fn rows(path: &Path) -> Result<Vec<Value>, Failure> {
    Ok(std::fs::read_to_string(path)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

fn samples(folder: &str, mut meaning: Option<&mut Meaning>) -> Result<Vec<Sample>, Failure> {
    let kb = rows(&Path::new(folder).join("kb.jsonl"))?;
    let language = kb.first().map_or_else(|| "en".to_owned(), |row| text(row, "lang"));
    let articles: Vec<[String; 3]> =
        kb.iter().map(|row| ["id", "question", "answer"].map(|key| text(row, key))).collect();
    let sources = articles.iter().map(|[_, title, body]| Source { title, alternates: &[], body });
    let mut index = Index::build(&language, sources);
    if let Some(meaning) = &mut meaning {
        let mut vectors = Vec::new();
        for [_, title, body] in &articles {
            let beginning: String = body.chars().take(BODY_CHARS).collect();
            vectors
                .push(Vectors { questions: vec![meaning.of(title)?], body: Some(meaning.of(&beginning)?) });
        }
        index = index.with_vectors(&vectors);
    }
    let mut out = Vec::new();
    for (place, row) in rows(&Path::new(folder).join("queries.jsonl"))?.iter().enumerate() {
        let asked = question("", &text(row, "text"));
        let vector = meaning.as_mut().map(|meaning| meaning.of(&asked)).transpose()?;
        let wanted = row["article"].as_str().and_then(|key| articles.iter().position(|[id, ..]| id == key));
        let mut push = |hits: &[Hit], answerable: bool, away: bool| {
            let part = wanted.unwrap_or(place) % PARTS;
            let of = |hit: &Hit| {
                let right = answerable && Some(hit.index) == wanted;
                sample(hit, (right, answerable, away), part)
            };
            let Some((first, others)) = hits.split_first() else { return };
            out.push(Sample { others: others.iter().map(of).collect(), ..of(first) });
        };
        push(&index.search_meant(&asked, vector.as_deref(), HITS), wanted.is_some(), false);
        if let Some(article) = wanted {
            push(&index.search_without(article, &asked, vector.as_deref(), HITS), false, true);
        }
    }
    Ok(out)
}

fn sample(hit: &Hit, (right, answerable, away): (bool, bool, bool), part: usize) -> Sample {
    let signals = Signals::of(&hit.signals.named());
    let words = signals.features().map(|(_, value)| f64::from(value)).to_vec();
    let meaning = signals.meant.map(|meant| {
        let features = signals.features_with(&meant).map(|(_, value)| f64::from(value)).to_vec();
        (f64::from(meant.grasp), features)
    });
    let foreign = f64::from(signals.foreign());
    Sample { words, foreign, meaning, right, others: Vec::new(), answerable, away, part }
}

fn sum(coefficients: &[f64], features: &[f64]) -> f64 {
    coefficients[0] + coefficients[1..].iter().zip(features).map(|(c, f)| c * f).sum::<f64>()
}

fn logistic(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

impl Fitted {
    fn on(plain: &[&Sample], meant: &[&Sample]) -> Self {
        let weight = |sample: &Sample, away: f64| match (sample.away, sample.answerable) {
            (true, _) => away,
            (false, true) => 1.0,
            (false, false) => UNANSWERABLE_WEIGHT,
        };
        let rows = plain.iter().map(|s| {
            let weight = weight(s, AWAY_WEIGHT);
            Row { features: &s.words, share: 1.0, stands: -s.foreign, right: s.right, weight }
        });
        let words = descend(&rows.collect::<Vec<_>>(), &Signals::default().features().map(|(name, _)| name));
        let rows = meant.iter().filter_map(|s| {
            let (share, features) = s.meaning.as_ref()?;
            let (weight, stands) =
                (weight(s, AWAY_WEIGHT_MEANING), (1.0 - share) * (sum(&words, &s.words) - s.foreign));
            Some(Row { features, share: *share, stands, right: s.right, weight })
        });
        let rows: Vec<Row> = rows.collect();
        let names = Signals::default().features_with(&plugin_auto_reply::confidence::Meant::default());
        let meaning = if rows.is_empty() { Vec::new() } else { descend(&rows, &names.map(|(name, _)| name)) };
        Self { words, meaning }
    }

    fn probability(&self, sample: &Sample) -> f64 {
        let words = sum(&self.words, &sample.words) - sample.foreign;
        logistic(match &sample.meaning {
            Some((share, features)) => (1.0 - share) * words + share * sum(&self.meaning, features),
            None => words,
        })
    }

    /// The surest hit decides, as in the plugin: how sure it is, and whether it is right.
    fn surest(&self, sample: &Sample) -> (f64, bool) {
        let hits = std::iter::once(sample).chain(&sample.others);
        let judged = hits.map(|hit| (self.probability(hit), hit.right));
        judged.fold((0.0, false), |best, one| if one.0 > best.0 { one } else { best })
    }

    fn judged(&self, samples: &[&Sample]) -> Vec<(f64, bool)> {
        samples.iter().map(|s| self.surest(s)).collect()
    }

    /// Precision at the default threshold if so many of the questions had an answer: those asked while their
    /// article is away stand for the others, beside the real ones without an answer.
    fn tell_by_answerable(&self, set: &[Sample]) {
        let sent = |answerable: bool| {
            let of: Vec<(f64, bool)> =
                set.iter().filter(|s| s.answerable == answerable).map(|s| self.surest(s)).collect();
            let count = |right: bool| of.iter().filter(|(p, r)| *p >= DEFAULT && *r == right).count() as f64;
            let all = of.len().max(1) as f64;
            (count(true) / all, count(false) / all)
        };
        let ((right, wrong), (_, unanswerable)) = (sent(true), sent(false));
        let precision = |share: f64| {
            share * right / (share * (right + wrong) + (1.0 - share) * unanswerable).max(f64::MIN_POSITIVE)
        };
        let told = [0.8, 0.5, 0.25].map(|share| format!("{share}: {:.3}", precision(share))).join(", ");
        println!("  sent though no article answers {unanswerable:.3}; precision by share answerable {told}");
    }
}

/// Gradient descent on the penalised log loss. Only “unknown” may count against an article: a feature that
/// by chance points the wrong way here would do harm elsewhere.
fn descend(rows: &[Row], names: &[&str]) -> Vec<f64> {
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    let mut at = vec![0.0; names.len() + 1];
    let mut pace = vec![0.0; names.len() + 1];
    for _ in 0..20_000 {
        let mut slope = vec![0.0; names.len() + 1];
        for row in rows {
            let p = logistic(row.stands + row.share * sum(&at, row.features));
            let miss = row.weight * row.share * (p - f64::from(u8::from(row.right)));
            slope[0] += miss;
            for (s, f) in slope[1..].iter_mut().zip(row.features) {
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

fn tell(name: &str, mut judged: Vec<(f64, bool)>, answerable: usize) {
    judged.sort_by(|a, b| b.0.total_cmp(&a.0));
    let answerable = answerable as f64;
    let right = judged.iter().filter(|(_, right)| *right).count() as f64;
    println!("{name}: {} questions, first hit {:.3}", judged.len(), right / answerable);
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

/// The real questions, and how many of them have an answer.
fn real(set: &[Sample]) -> (Vec<&Sample>, usize) {
    let real: Vec<&Sample> = set.iter().filter(|s| !s.away).collect();
    let answerable = real.iter().filter(|s| s.answerable).count();
    (real, answerable)
}

/// Each folder by words, with coefficients that were fitted on the other folders.
fn tell_across(folders: &[String], sets: &[Vec<Sample>]) {
    for (place, folder) in folders.iter().enumerate() {
        let others: Vec<&Sample> =
            sets.iter().enumerate().filter(|(other, _)| *other != place).flat_map(|(_, set)| set).collect();
        if !others.is_empty() {
            let (real, answerable) = real(&sets[place]);
            let fitted = Fitted::on(&others, &[]);
            tell(folder, fitted.judged(&real), answerable);
            fitted.tell_by_answerable(&sets[place]);
        }
    }
}

/// Each folder with each model, part by part, with coefficients that were fitted on the other parts of all:
/// a folder whose language a model does not know teaches nothing about meaning.
fn tell_by_parts(plain: &[Vec<Sample>], meant: &[(String, Vec<Sample>)]) {
    let fitted: Vec<Fitted> = (0..PARTS)
        .map(|part| {
            let plain: Vec<&Sample> = plain.iter().flatten().filter(|s| s.part != part).collect();
            let meant: Vec<&Sample> =
                meant.iter().flat_map(|(_, set)| set).filter(|s| s.part != part).collect();
            Fitted::on(&plain, &meant)
        })
        .collect();
    for (name, set) in meant {
        let (real, answerable) = real(set);
        let judged = real.iter().map(|s| fitted[s.part].surest(s)).collect();
        tell(&format!("{name} by parts"), judged, answerable);
    }
}

/// Coefficients, and whether the code has the same.
fn show(title: &str, fitted: &[f64], names: &[&str], (base, weights): (f32, &[f32])) {
    println!("{title}: base {:.2}", fitted[0]);
    for (name, weight) in names.iter().zip(&fitted[1..]) {
        println!("  {name:<10} {weight:.2}");
    }
    let in_code = std::iter::once(&base).chain(weights);
    let same =
        fitted.iter().zip(in_code).all(|(fitted, code)| format!("{fitted:.2}") == format!("{code:.2}"));
    println!("  {}", if same { "as in the code" } else { "the code has others" });
}

fn main() -> Result<(), Failure> {
    let (mut folders, mut held, mut models) = (Vec::new(), Vec::new(), Vec::new());
    let mut group = "";
    for argument in std::env::args().skip(1) {
        match (argument.as_str(), group) {
            ("--held", _) => group = "held",
            ("--model", _) => group = "model",
            (_, "model") => models.push(argument),
            (_, "held") => held.push(argument),
            _ => folders.push(argument),
        }
    }
    let plain: Vec<Vec<Sample>> = folders.iter().map(|f| samples(f, None)).collect::<Result<_, _>>()?;
    tell_across(&folders, &plain);
    let (mut meant, mut meant_held) = (Vec::new(), Vec::new());
    for dir in &models {
        let mut meaning = Meaning { model: Model::open(Path::new(dir))?, known: HashMap::new() };
        let name = meaning.model.name().to_owned();
        for folder in &folders {
            meant.push((format!("{folder} with {name}"), samples(folder, Some(&mut meaning))?));
        }
        for folder in &held {
            meant_held.push((format!("{folder} with {name}"), samples(folder, Some(&mut meaning))?));
        }
    }
    tell_by_parts(&plain, &meant);
    let all = plain.iter().flatten().collect::<Vec<_>>();
    let all_meant = meant.iter().flat_map(|(_, set)| set).collect::<Vec<_>>();
    let fitted = Fitted::on(&all, &all_meant);
    let names = Signals::default().features().map(|(name, _)| name);
    show("by words", &fitted.words, &names, (BY_WORDS.0, &BY_WORDS.1));
    if !fitted.meaning.is_empty() {
        let names = Signals::default().features_with(&Default::default()).map(|(name, _)| name);
        show("by meaning", &fitted.meaning, &names, (BY_MEANING.0, &BY_MEANING.1));
    }
    for folder in held {
        meant_held.push((folder.clone(), samples(&folder, None)?));
    }
    for (name, set) in &meant_held {
        let (real, answerable) = real(set);
        tell(name, fitted.judged(&real), answerable);
        fitted.tell_by_answerable(set);
    }
    Ok(())
}
