//! `kulanz eval triage`: the category that the triage hook proposes, as a label with its confidence.

use std::path::PathBuf;
use std::sync::Arc;

use domain::effect::Effect;
use domain::plugin::Hook;
use runtime::RunReport;
use serde_json::{Map, Value, json};

use super::stream::{Answered, answer_all};
use super::{Item, Triage, rounded, sentence, train};
use crate::cli::Ground;
use crate::cli::lines::{self, Numbered};
use crate::models;
use crate::sample::{Bench, Case, Ledger, Memory};

/// The setting below which the bundled plugin abstains.
const THRESHOLD: &str = "threshold";

pub(super) async fn run(command: Triage, ground: &Ground) -> anyhow::Result<()> {
    let plugin = Box::pin(command.chosen.load(ground, "triage", Hook::Triage)).await?;
    let settings = command.chosen.settings()?;
    let model = models::open(&ground.settings()?)?.map(Arc::new);
    let memory = match (&command.train, &command.model) {
        (Some(file), kept) => {
            let memory = train::learned(&plugin, &settings, file, model.clone()).await?;
            kept.as_deref().map_or(Ok(()), |kept| train::write(kept, &memory))?;
            memory
        }
        (None, Some(kept)) => train::load(kept)?,
        (None, None) => Memory::new(),
    };
    let has_threshold =
        plugin.inspection().manifest.settings.pointer(&format!("/properties/{THRESHOLD}")).is_some();
    let bench = Bench::new(Arc::clone(&plugin))
        .with_settings(settings)
        .with_host(Arc::new(Ledger::new(Vec::new(), memory).with_model(model)));
    // Asked without a threshold, the plugin names its best guess also where it would abstain; whether it
    // would is told by its verdict and its own threshold.
    let threshold = bench.settings().get(THRESHOLD).and_then(Value::as_f64).filter(|_| has_threshold);
    let bench = match threshold {
        Some(_) => bench.with_settings(Map::from_iter([(THRESHOLD.to_owned(), json!(0.0))])),
        None => bench,
    };
    let path = command.files.input.clone();
    let jobs = lines::open(&path)?.map(move |line| judge(bench.clone(), path.clone(), threshold, line));
    answer_all(jobs, &command.files.output, command.files.workers).await
}

async fn judge(bench: Bench, path: PathBuf, threshold: Option<f64>, line: Numbered) -> Answered {
    let bytes = line.as_ref().map_or(0, |(_, text)| text.len() as u64);
    let failed = |id: Value, error: String| Answered {
        line: json!({ "id": id, "label": null, "confidence": 0.0, "accepted": false, "evidence": [], "error": error }),
        bytes,
        failed: true,
    };
    let item: Item = match lines::parsed(&path, line) {
        Ok((_, item)) => item,
        Err(error) => return failed(Value::Null, format!("{error:#}")),
    };
    let case = Case { text: item.text, ..Case::default() };
    let report = bench.run(Hook::Triage, &case).await;
    match &report.outcome {
        Err(fault) => failed(item.id, sentence(fault)),
        Ok(_) => Answered { line: answer(item.id, &report, threshold), bytes, failed: false },
    }
}

fn answer(id: Value, report: &RunReport, threshold: Option<f64>) -> Value {
    let proposed = |wanted: &str| {
        report.proposals.iter().find_map(|p| match &p.effect {
            Effect::SetField { field, value } if field == wanted => Some((value, &p.basis)),
            _ => None,
        })
    };
    let language = proposed("language").map(|(language, _)| language);
    let Some((label, basis)) = proposed("category").or_else(|| proposed("team")) else {
        let why = report.outcome.as_ref().map_or("", |verdict| verdict.why.as_str());
        return json!({ "id": id, "label": null, "confidence": 0.0, "accepted": false, "evidence": [], "language": language, "why": why });
    };
    let abstained = report.outcome.as_ref().is_ok_and(|verdict| verdict.word == "abstained");
    let sure = threshold.is_none_or(|threshold| f64::from(basis.confidence) >= threshold);
    json!({ "id": id, "label": label, "confidence": rounded(basis.confidence), "accepted": sure && !abstained, "evidence": basis.evidence, "language": language })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::report;
    use domain::effect::{Basis, Proposal};
    use domain::run::Verdict;

    fn with_category(confidence: f32, word: &str) -> RunReport {
        let mut report = report(Ok(Verdict { word: word.into(), why: "because".into() }));
        let basis = Basis { reason: String::new(), confidence, evidence: vec!["refund".into()] };
        report.proposals.push(Proposal {
            ticket_id: report.proposals[0].ticket_id,
            effect: Effect::SetField { field: "category".into(), value: "refund".into() },
            basis,
        });
        report
    }

    #[test]
    fn the_category_is_the_label_and_the_plugins_threshold_accepts_it() {
        let sure = answer(json!(1), &with_category(0.8, "done"), Some(0.5));
        assert_eq!(
            sure,
            json!({ "id": 1, "label": "refund", "confidence": 0.8, "accepted": true, "evidence": ["refund"], "language": null })
        );
        assert_eq!(answer(json!(1), &with_category(0.3, "done"), Some(0.5))["accepted"], false);
        assert_eq!(answer(json!(1), &with_category(0.8, "abstained"), None)["accepted"], false);
    }

    #[test]
    fn without_a_category_there_is_no_label_but_a_reason() {
        let none = answer(
            json!("x"),
            &report(Ok(Verdict { word: "abstained".into(), why: "no words".into() })),
            None,
        );
        assert_eq!(
            (none["label"].clone(), none["accepted"].clone(), none["why"].clone()),
            (Value::Null, json!(false), json!("no words"))
        );
    }
}
