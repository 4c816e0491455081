//! Tries weights of the ranking on the folders of questions that are named (kb.jsonl, queries.jsonl).
use domain::article::{Index, Source, WEIGHTS, Weights};
use serde_json::Value;
use std::path::Path;

struct Set {
    name: String,
    ids: Vec<String>,
    index: Index,
    queries: Vec<(String, Option<usize>)>,
}

fn rows(p: &Path) -> Vec<Value> {
    std::fs::read_to_string(p).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}
fn load(dir: &str) -> Set {
    let kb = rows(&Path::new(dir).join("kb.jsonl"));
    let lang = kb[0]["lang"].as_str().unwrap_or("en").to_owned();
    let ids: Vec<String> = kb.iter().map(|k| k["id"].as_str().unwrap().to_owned()).collect();
    let index = Index::build(
        &lang,
        kb.iter().map(|k| Source {
            title: k["question"].as_str().unwrap(),
            alternates: &[],
            body: k["answer"].as_str().unwrap(),
        }),
    );
    let queries = rows(&Path::new(dir).join("queries.jsonl"))
        .iter()
        .map(|q| {
            (
                q["text"].as_str().unwrap().to_owned(),
                q["article"].as_str().map(|a| ids.iter().position(|i| i == a).unwrap()),
            )
        })
        .collect();
    Set { name: dir.rsplit('/').next().unwrap().to_owned(), ids, index, queries }
}
fn measure(set: &Set, w: &Weights, miss: bool) -> (f64, f64, f64) {
    let (mut first, mut five, mut mrr, mut n) = (0, 0, 0.0, 0);
    for (text, want) in &set.queries {
        let Some(want) = want else { continue };
        n += 1;
        let hits = set.index.search_with(text, 10, w);
        let at = hits.iter().position(|h| h.index == *want);
        if at == Some(0) {
            first += 1
        } else if miss {
            println!(
                "  [{}] {text} -> {} want {} at {:?}",
                set.name,
                hits.first().map_or("-", |h| &set.ids[h.index]),
                set.ids[*want],
                at
            );
        }
        if at.is_some_and(|a| a < 5) {
            five += 1
        }
        mrr += at.map_or(0.0, |a| 1.0 / (a + 1) as f64);
    }
    let n = f64::from(n);
    (f64::from(first) / n, f64::from(five) / n, mrr / n)
}
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let miss = args.iter().any(|a| a == "--miss");
    let sets: Vec<Set> = args.iter().filter(|a| !a.starts_with("--")).map(|d| load(d)).collect();
    let tell = |name: &str, w: &Weights| {
        print!("{name:<28}");
        let mut sum = 0.0;
        for s in &sets {
            let (f, five, m) = measure(s, w, false);
            sum += m;
            print!("  {f:.3} {five:.3} {m:.3}");
        }
        println!("   {:.4}", sum / sets.len() as f64);
    };
    tell("default", &WEIGHTS);
    if miss {
        for s in &sets {
            measure(s, &WEIGHTS, true);
        }
    }
    for at in 0..5 {
        for f in [0.0, 0.5, 1.5, 2.0] {
            let mut views = WEIGHTS.views;
            views[at] *= f;
            tell(&format!("view {at} x{f}"), &Weights { views, ..WEIGHTS });
        }
    }
    for at in 0..5 {
        let mut views = [0.0; 5];
        views[at] = 1.0;
        tell(&format!("view {at} only"), &Weights { views, ..WEIGHTS });
    }
    for s in [0.0, 0.3, 0.5, 0.8, 0.9] {
        tell(&format!("synonym {s}"), &Weights { synonym: s, ..WEIGHTS });
    }
    for s in [0.0, 0.3, 0.8, 1.0] {
        tell(&format!("part {s}"), &Weights { part: s, ..WEIGHTS });
    }
    for s in [0.0, 0.4, 1.0] {
        tell(&format!("spelling {s}"), &Weights { spelling: s, ..WEIGHTS });
    }
    for s in [0.0, 0.9, 1.0, 1.3, 1.5] {
        tell(&format!("joined {s}"), &Weights { joined: s, ..WEIGHTS });
    }
    for at in 0..3 {
        for kb in
            [(0.6, 0.3), (0.6, 0.6), (1.2, 0.0), (1.2, 0.3), (1.2, 0.6), (1.2, 0.8), (2.0, 0.6), (2.0, 0.3)]
        {
            let mut b = WEIGHTS.bm25;
            b[at] = kb;
            tell(&format!("bm25 {at} {kb:?}"), &Weights { bm25: b, ..WEIGHTS });
        }
    }
}
