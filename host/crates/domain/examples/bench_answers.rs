//! How long a knowledge base of so many articles takes to index and a question to rank (milliseconds).
use domain::article::{Index, Source};
use std::time::Instant;
fn main() {
    let n: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(10_000);
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) % below
    };
    // Words of a Zipf-like vocabulary.
    let mut word = || {
        let r = next(1000);
        let id = if r < 500 {
            next(200)
        } else if r < 850 {
            next(3000)
        } else {
            next(30_000)
        };
        format!(
            "{}{}",
            format!(
                "{}{}",
                (b'a' + (id % 26) as u8) as char,
                ["a", "e", "i", "o", "u", "ra", "le", "sta", "h"][(id / 26 % 9) as usize]
            ),
            {
                let mut s = String::new();
                let mut i = id + 17;
                while i > 0 {
                    s.push_str(["ba", "te", "li", "mo", "nu", "ra", "si", "ko"][(i % 8) as usize]);
                    i /= 8;
                }
                s
            }
        )
    };
    let mut text = |k: usize| (0..k).map(|_| word()).collect::<Vec<_>>().join(" ");
    let kb: Vec<(String, String)> = (0..n).map(|_| (text(9), text(90))).collect();
    let queries: Vec<String> = (0..200)
        .map(|i| {
            format!(
                "{} {}",
                kb[i * n / 200].0.split(' ').take(4).collect::<Vec<_>>().join(" "),
                text(if i % 4 == 0 { 60 } else { 8 })
            )
        })
        .collect();
    let start = Instant::now();
    let index = Index::build("en", kb.iter().map(|(t, b)| Source { title: t, alternates: &[], body: b }));
    println!("build {n}: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut times: Vec<f64> = queries
        .iter()
        .map(|q| {
            let s = Instant::now();
            let h = index.search(q, 10);
            assert!(!h.is_empty());
            s.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("search: median {:.2} ms, p95 {:.2} ms, worst {:.2} ms", times[100], times[190], times[199]);
}
