//! A run is a value: from its record it can be repeated, bit for bit, without the outside.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::fixture::{self, Shelf};
use super::guests;
use crate::call::Call;
use crate::engine::RuntimeOptions;
use crate::host::NoHost;
use crate::load::{Plugin, Runtime};
use crate::record::Answer;

/// Logs a kept value and a random word.
const CURIOUS: &str = r#"
    (call $kv-get (i32.const 1072) (i32.const 9) (i32.const 64))
    (call $log (i32.const 2) (i32.load (i32.const 72)) (i32.load (i32.const 76)))
    (i64.store (i32.const 2048) (i64.or (i64.and (call $random) (i64.const 0x0f0f0f0f0f0f0f0f)) (i64.const 0x4040404040404040)))
    (call $log (i32.const 2) (i32.const 2048) (i32.const 8))"#;

async fn plugin() -> Arc<Plugin> {
    let runtime = Runtime::new(RuntimeOptions { slots: 2, ..RuntimeOptions::default() }).unwrap();
    let guest = guests::triage(&["kv-get", "log", "random"], CURIOUS);
    runtime.load(&guests::with_manifest(guest, &guests::manifest("triage", &["use:kv"]))).await.unwrap()
}

#[tokio::test]
async fn a_replay_gives_the_same_report_and_asks_nobody() {
    let plugin = plugin().await;
    let shelf = Arc::new(Shelf::with(&[("last/seen", b"yesterday")]));
    let live = plugin.run(Call { host: Arc::clone(&shelf) as _, ..fixture::call() }).await;
    assert_eq!(
        (live.log.first().unwrap().message.as_str(), shelf.asked.load(Ordering::Relaxed)),
        ("yesterday", 1)
    );

    let stored = serde_json::to_string(&live.answers).unwrap();
    let answers: Vec<Answer> = serde_json::from_str(&stored).unwrap();
    let again = plugin.run(Call { host: Arc::new(NoHost), replay: Some(answers), ..fixture::call() }).await;
    assert_eq!(
        (&again.outcome, again.fuel, &again.log, &again.answers),
        (&live.outcome, live.fuel, &live.log, &live.answers)
    );
    assert_eq!(again.input_digest, live.input_digest);
}

#[tokio::test]
async fn another_seed_throws_other_dice() {
    let plugin = plugin().await;
    let word = |report: crate::RunReport| report.log.last().unwrap().message.clone();
    let (a, b) = (plugin.run(fixture::call()).await, plugin.run(Call { seed: 8, ..fixture::call() }).await);
    assert_ne!(word(a), word(b));
}

#[tokio::test]
async fn a_replay_without_the_answer_is_told_so_as_a_value() {
    let report = plugin().await.run(Call { replay: Some(vec![]), ..fixture::call() }).await;
    let answer = report.answers.first().unwrap();
    assert!(answer.answer.to_string().contains("not asked in the recorded run"), "{}", answer.answer);
}
