//! How long an index takes to build and what memory it takes, and how long a question takes to rank, for so
//! many invented articles; then the same with invented vectors. `cargo run --release -p domain --example bench_answers -- 10000`

use std::time::Instant;

use domain::article::{Index, Source, Vectors};

/// Numbers that look random and are the same on every run (Knuth's linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    /// A word of a vocabulary in which few are common and most are rare.
    fn word(&mut self) -> String {
        let id = match self.below(100) {
            0..50 => self.below(200),
            50..85 => self.below(3_000),
            _ => self.below(30_000),
        };
        let start = ["a", "e", "i", "o", "u", "ra", "le", "sta", "h"][id / 26 % 9];
        let mut word = format!("{}{start}", char::from(b'a' + (id % 26) as u8));
        let mut rest = id + 17;
        while rest > 0 {
            word.push_str(["ba", "te", "li", "mo", "nu", "ra", "si", "ko"][rest % 8]);
            rest /= 8;
        }
        word
    }

    fn text(&mut self, words: usize) -> String {
        (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

/// Numbers of a vector, as many as small models of sentences have.
const DIMENSION: usize = 384;

impl Dice {
    fn vector(&mut self) -> Vec<f32> {
        let numbers: Vec<f32> = (0..DIMENSION).map(|_| self.below(2_001) as f32 - 1_000.0).collect();
        let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt().max(1.0);
        numbers.into_iter().map(|number| number / length).collect()
    }
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Memory of this process in MiB, where the system tells.
fn memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

fn main() {
    let n = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000_usize).max(1);
    let mut dice = Dice(7);
    let articles: Vec<(String, String)> = (0..n).map(|_| (dice.text(9), dice.text(90))).collect();
    let before = memory().unwrap_or(f64::NAN);
    let begun = Instant::now();
    let sources = articles.iter().map(|(title, body)| Source { title, alternates: &[], body });
    let index = Index::build("en", sources);
    let took = ms(begun);
    println!("{n} articles indexed in {took:.0} ms, {:.0} MiB", memory().unwrap_or(f64::NAN) - before);
    ask(&index, &articles, &mut dice, None);
    let vectors =
        articles.iter().map(|_| Vectors { questions: vec![dice.vector()], body: Some(dice.vector()) });
    let vectors: Vec<Vectors> = vectors.collect();
    let begun = Instant::now();
    let index = index.with_vectors(&vectors);
    println!("two vectors of {DIMENSION} numbers for each added in {:.0} ms", ms(begun));
    let vector = dice.vector();
    ask(&index, &articles, &mut dice, Some(&vector));
}

/// Asks some hundred questions of two lengths.
fn ask(index: &Index, articles: &[(String, String)], dice: &mut Dice, vector: Option<&[f32]>) {
    for (kind, more) in [("short", 6), ("long", 60)] {
        let questions = articles.iter().step_by(articles.len().div_ceil(200)).map(|(title, _)| {
            let own: Vec<&str> = title.split(' ').take(4).collect();
            format!("{} {}", own.join(" "), dice.text(more))
        });
        let questions: Vec<String> = questions.collect();
        let mut times: Vec<f64> = Vec::new();
        for question in &questions {
            // The fastest of three, as other programs take their time from one or the other.
            let runs = (0..3).map(|_| {
                let begun = Instant::now();
                std::hint::black_box(index.search_meant(question, vector, 10));
                ms(begun)
            });
            times.push(runs.fold(f64::INFINITY, f64::min));
        }
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        println!("a {kind} question: median {:.2} ms, 95 % {:.2} ms", at(50), at(95));
    }
}
