//! Temporary.
use domain::article::{Library, Source};
use plugin_auto_reply::{
    confidence::{Signals, confidence},
    question::{case_number, question, single_questions, wants_person},
};
fn main() {
    let rows = |p: &str| -> Vec<serde_json::Value> {
        std::fs::read_to_string(p).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    let kb = rows("tests/fixtures/articles.jsonl");
    let lib = Library::build(kb.iter().map(|k| {
        (
            k["locale"].as_str().unwrap(),
            Source {
                title: k["title"].as_str().unwrap(),
                alternates: &[],
                body: k["body"].as_str().unwrap(),
            },
        )
    }));
    for m in rows("/tmp/ans/mails.jsonl") {
        let (s, t) = (m["subject"].as_str().unwrap(), m["text"].as_str().unwrap());
        let q = question(s, t);
        let hits = lib.search(&q, None, 3);
        print!("{:<52} ", s.chars().take(50).collect::<String>());
        if let Some(h) = hits.first() {
            let c = confidence(&Signals::of(&h.signals.named()));
            print!(
                "{:.2} {} {} case {:?} topics {} person {:?}",
                c,
                kb[h.index]["key"],
                kb[h.index]["locale"],
                case_number(s, t),
                single_questions(t).len(),
                wants_person(s, t)
            );
            if c > 0.3 {
                print!("\n      {:?}\n      {q}", h.signals);
            }
        }
        println!();
    }
}
