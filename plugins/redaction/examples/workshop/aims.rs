//! What the plugin is meant to reach, beside what was measured: a table of its own under the score.

use crate::score::{Count, Tally};

/// Classes that are no structured values: their typed score is told apart.
const FREE: &[&str] = &["PERSON", "ADDRESS", "SECRET"];

/// Prints aim and measured value, line by line.
pub(crate) fn tell(tally: &Tally) {
    println!("\nAims:\n\n| measure | measured | aim |\n|---|---|---|");
    let all = tally.sum(|_, _| true);
    row("masked F2", masked(&all), "≥ 88");
    row("typed F2", typed(&all), "≥ 82");
    row("characters of personal data left visible %", tally.visible.percent(), "≤ 10");
    row("texts that leak %", tally.leaking.percent(), "≤ 15, better 10");
    fine_row("over-redaction %", tally.over.percent(), "≤ 0.30, better 0.15");
    row("harmless texts touched %", tally.touched.percent(), "≤ 2, better 1");
    for language in ["de", "en"] {
        let spoken = tally.sum(|_, name| name == language);
        row(&format!("masked F2, {language}"), masked(&spoken), "≥ 95");
    }
    for language in ["de", "en"] {
        row(&format!("structured classes, mean typed F2, {language}"), structured(tally, language), "≥ 95");
    }
    let secrets = tally.sum(|class, _| class == "SECRET");
    row("secrets typed recall %", share(secrets.typed, secrets.spans), "≥ 85");
    row("look-alikes of secrets touched %", tally.alike.percent(), "≤ 5");
    for (language, aim) in [("de", "≥ 85"), ("en", "≥ 90")] {
        let names = tally.sum(|class, name| class == "PERSON" && name == language);
        row(&format!("names F2, nobody known, {language}"), typed(&names), aim);
    }
    let streets = tally.sum(|class, _| class == "ADDRESS");
    row("addresses masked recall %", share(streets.masked, streets.spans), "≥ 90");
    row("disguised values masked recall %", tally.disguised.percent(), "≥ 95");
}

/// The mean of the typed F2 of all structured classes of a language.
fn structured(tally: &Tally, language: &str) -> f64 {
    let chosen = tally
        .counts
        .iter()
        .filter(|((class, name), count)| *name == language && count.spans > 0 && !FREE.contains(class));
    let scores: Vec<f64> = chosen.map(|(_, count)| typed(count)).collect();
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}

fn masked(count: &Count) -> f64 {
    f2(share(count.right, count.found), share(count.masked, count.spans))
}

fn typed(count: &Count) -> f64 {
    f2(share(count.named, count.found), share(count.typed, count.spans))
}

/// The mean of precision and recall in which recall weighs more: what is missed is worse.
fn f2(precision: f64, recall: f64) -> f64 {
    if precision + recall == 0.0 { 0.0 } else { 5.0 * precision * recall / (4.0 * precision + recall) }
}

fn share(some: usize, all: usize) -> f64 {
    100.0 * some as f64 / all.max(1) as f64
}

fn row(name: &str, measured: f64, aim: &str) {
    println!("| {name} | {measured:.1} | {aim} |");
}

fn fine_row(name: &str, measured: f64, aim: &str) {
    println!("| {name} | {measured:.3} | {aim} |");
}
