//! Fits the model that tells people's letters from machines' and sellers' (`src/email/classify/shape/letter`), from the
//! letters in `letters/`, which were all written for it. First the letters of each tenth of the writers are judged by a
//! model that has seen the others' only; then the model is fitted on all and written. Files named behind `--` are judged
//! by it as well.
//!
//! `cargo run --release -p channels --example fit_letters [-- FILE…]`

use std::path::{Path, PathBuf};

use channels::email::{LETTER_BUCKETS, letter_buckets};

type Failure = Box<dyn std::error::Error>;

const KINDS: [&str; 3] = ["machine", "advert", "person"];
const PERSON: usize = 2;
/// Rounds over all letters.
const ROUNDS: usize = 20;
/// First step of AdaGrad.
const STEP: f32 = 0.2;
/// So many parts of the writers are judged one after the other.
const PARTS: usize = 10;
/// How much a weight is drawn to 0 in a round.
const DRAW: f32 = 2e-5;

#[derive(serde::Deserialize)]
struct Row {
    kind: String,
    subject: String,
    text: String,
}

struct Letter {
    kind: usize,
    buckets: Vec<u32>,
}

struct Model {
    weights: Vec<[f32; 3]>,
    offsets: [f32; 3],
}

impl Model {
    fn odds(&self, buckets: &[u32]) -> [f32; 3] {
        let norm = (buckets.len().max(1) as f32).sqrt();
        let mut scores = [0.0_f32; 3];
        for bucket in buckets {
            for (score, weight) in scores.iter_mut().zip(self.weights[*bucket as usize]) {
                *score += weight;
            }
        }
        for (score, offset) in scores.iter_mut().zip(self.offsets) {
            *score = *score / norm + offset;
        }
        let highest = scores.iter().copied().fold(f32::MIN, f32::max);
        let powers = scores.map(|score| (score - highest).exp());
        let total: f32 = powers.iter().sum();
        powers.map(|power| power / total)
    }

    fn fit(letters: &[&Letter]) -> Self {
        let mut model = Self { weights: vec![[0.0; 3]; LETTER_BUCKETS], offsets: [0.0; 3] };
        let mut squares = vec![[1e-4_f32; 3]; LETTER_BUCKETS];
        let mut offset_squares = [1e-4_f32; 3];
        let mut order: Vec<usize> = (0..letters.len()).collect();
        let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
        // The mean of the later rounds: one round's end hangs on which letters came last.
        let mut mean = Self { weights: vec![[0.0; 3]; LETTER_BUCKETS], offsets: [0.0; 3] };
        for round in 0..ROUNDS {
            for at in (1..order.len()).rev() {
                chance ^= chance << 13;
                chance ^= chance >> 7;
                chance ^= chance << 17;
                order.swap(at, (chance % (at as u64 + 1)) as usize);
            }
            for at in &order {
                let Letter { kind, buckets } = letters[*at];
                let odds = model.odds(buckets);
                let norm = (buckets.len().max(1) as f32).sqrt();
                for k in 0..3 {
                    let error = odds[k] - f32::from(u8::from(k == *kind));
                    for bucket in buckets {
                        let at = *bucket as usize;
                        let slope = error / norm + DRAW * model.weights[at][k];
                        squares[at][k] += slope * slope;
                        model.weights[at][k] -= STEP * slope / squares[at][k].sqrt();
                    }
                    offset_squares[k] += error * error;
                    model.offsets[k] -= 0.1 * error / offset_squares[k].sqrt();
                }
            }
            if round >= ROUNDS / 2 {
                mean.take(&model, 1.0 / (ROUNDS - ROUNDS / 2) as f32);
            }
        }
        mean
    }

    fn take(&mut self, other: &Self, share: f32) {
        let own = self.weights.iter_mut().flatten().chain(&mut self.offsets);
        for (own, others) in own.zip(other.weights.iter().flatten().chain(&other.offsets)) {
            *own += others * share;
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut scales = [0.0_f32; 3];
        for weights in &self.weights {
            for (scale, weight) in scales.iter_mut().zip(weights) {
                *scale = scale.max(weight.abs() / 127.0);
            }
        }
        let mut out = Vec::new();
        for number in scales.iter().chain(&self.offsets) {
            out.extend(number.to_le_bytes());
        }
        for weights in &self.weights {
            for (weight, scale) in weights.iter().zip(scales) {
                out.extend(((weight / scale).round() as i8).to_ne_bytes());
            }
        }
        out
    }
}

fn read(path: &Path) -> Result<Vec<Letter>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let letter = |line: &str| {
        let row: Row = serde_json::from_str(line)?;
        let kind = KINDS.iter().position(|kind| *kind == row.kind);
        let kind = kind.ok_or_else(|| format!("{}: no kind {}", path.display(), row.kind))?;
        Ok(Letter { kind, buckets: letter_buckets(&row.subject, &row.text) })
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(letter).collect()
}

/// Below which likelihood of a person a letter may be stopped.
const LIMITS: [f32; 5] = [0.5, 0.3, 0.2, 0.12, 0.06];

/// How many letters of each kind there were, and how many fell below each limit.
#[derive(Default)]
struct Judged {
    count: [usize; 3],
    under: [[usize; 5]; 3],
}

impl Judged {
    fn add(&mut self, model: &Model, letter: &Letter) {
        let person = model.odds(&letter.buckets)[PERSON];
        self.count[letter.kind] += 1;
        for (cell, limit) in self.under[letter.kind].iter_mut().zip(LIMITS) {
            *cell += usize::from(person < limit);
        }
    }

    fn print(&self) {
        println!("{:<8} {:>5}  stopped where a person is less likely than {LIMITS:?}", "kind", "n");
        for (kind, (cells, n)) in KINDS.iter().zip(self.under.iter().zip(self.count)) {
            let shares: Vec<String> = cells
                .iter()
                .map(|cell| format!("{:5.1} %", *cell as f64 * 100.0 / n.max(1) as f64))
                .collect();
            println!("{kind:<8} {n:>5}  {}", shares.join(" "));
        }
    }
}

fn main() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(root.join("letters"))? {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    paths.sort();
    let writers: Vec<Vec<Letter>> = paths.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let mut judged = Judged::default();
    for part in 0..PARTS {
        let side = |is_held: bool| {
            let on_it = writers.iter().enumerate().filter(move |(n, _)| (n % PARTS == part) == is_held);
            on_it.flat_map(|(_, letters)| letters)
        };
        let model = Model::fit(&side(false).collect::<Vec<_>>());
        side(true).for_each(|letter| judged.add(&model, letter));
    }
    println!("letters of a tenth of the {} writers by a model of the others':", writers.len());
    judged.print();
    let all: Vec<&Letter> = writers.iter().flatten().collect();
    let model = Model::fit(&all);
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let mut judged = Judged::default();
        read(&path)?.iter().for_each(|letter| judged.add(&model, letter));
        println!("{}:", path.display());
        judged.print();
    }
    let bytes = model.bytes();
    let path = root.join("src/email/classify/shape/letter/model.bin");
    std::fs::write(&path, &bytes)?;
    println!("{} letters, {} bytes: {}", all.len(), bytes.len(), path.display());
    Ok(())
}
