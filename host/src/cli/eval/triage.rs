//! `kulanz eval triage`: the category that the triage hook proposes, as a label with its confidence.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use domain::effect::Effect;
use domain::plugin::Hook;
use runtime::RunReport;
use serde_json::{Map, Value, json};

use super::stream::{Answered, answer_all};
use super::train::Trainer;
use super::{Item, Triage, read_object, rounded, sentence};
use crate::cli::lines::{self, Numbered};
use crate::cli::{Ground, RefusedHere, screen};
use crate::sample::{Bench, Case};

/// The setting below which the bundled plugin abstains.
const THRESHOLD: &str = "threshold";

pub(super) async fn run(command: Triage, ground: &Ground) -> anyhow::Result<()> {
    let learned = match (&command.train, &command.model) {
        (Some(train), model) => trained(train, model.as_deref())?,
        (None, Some(model)) => read_object(model)?,
        (None, None) => Map::new(),
    };
    let plugin = command.chosen.load(ground, "triage", Hook::Triage).await?;
    let known =
        |key: &str| plugin.inspection().manifest.settings.pointer(&format!("/properties/{key}")).is_some();
    if !learned.is_empty() && !known("rules") {
        return Err(RefusedHere::because(
            "this plugin has no setting `rules`: train and model are for plugins that take rules",
        ));
    }
    let has_threshold = known(THRESHOLD);
    let bench =
        Bench::new(Arc::clone(&plugin)).with_settings(learned).with_settings(command.chosen.settings()?);
    // Asked without a threshold, the plugin names its best guess also where it would abstain; whether it
    // would is told by its own threshold.
    let threshold = bench.settings().get(THRESHOLD).and_then(Value::as_f64).filter(|_| has_threshold);
    let bench = match threshold {
        Some(_) => bench.with_settings(Map::from_iter([(THRESHOLD.to_owned(), json!(0.0))])),
        None => bench,
    };
    let path = command.files.input.clone();
    let jobs = lines::open(&path)?.map(move |line| judge(bench.clone(), path.clone(), threshold, line));
    answer_all(jobs, &command.files.output, command.files.workers).await
}

/// Derives settings from labelled texts and keeps them where asked.
fn trained(train: &Path, model: Option<&Path>) -> anyhow::Result<Map<String, Value>> {
    let mut trainer = Trainer::default();
    for line in lines::open(train)? {
        let (number, item) = lines::parsed::<Item>(train, line)?;
        let label = item
            .label
            .as_ref()
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
            .or_else(|| item.label.as_ref().filter(|l| l.is_number()).map(Value::to_string));
        let label = label.ok_or_else(|| {
            RefusedHere::because(format!("{}: `label` is missing", lines::place(train, number)))
        })?;
        trainer.learn(&label, &item.text);
    }
    let settings = trainer.settings();
    screen::say(format_args!(
        "{} learned from {}",
        screen::count(trainer.labels() as u64, "label"),
        train.display()
    ));
    if let Some(model) = model {
        let text = serde_json::to_string_pretty(&settings)?;
        std::fs::write(model, text + "\n").with_context(|| model.display().to_string())?;
    }
    Ok(settings)
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
    let case = Case { text: item.text, language: item.lang, ..Case::default() };
    let report = bench.run(Hook::Triage, &case).await;
    match &report.outcome {
        Err(fault) => failed(item.id, sentence(fault)),
        Ok(_) => Answered { line: answer(item.id, &report, threshold), bytes, failed: false },
    }
}

fn answer(id: Value, report: &RunReport, threshold: Option<f64>) -> Value {
    let category = report.proposals.iter().find_map(|p| match &p.effect {
        Effect::SetField { field, value } if field == "category" => Some((value, &p.basis)),
        _ => None,
    });
    let Some((label, basis)) = category else {
        let why = report.outcome.as_ref().map_or("", |verdict| verdict.why.as_str());
        return json!({ "id": id, "label": null, "confidence": 0.0, "accepted": false, "evidence": [], "why": why });
    };
    let abstained = report.outcome.as_ref().is_ok_and(|verdict| verdict.word == "abstained");
    let sure = threshold.is_none_or(|threshold| f64::from(basis.confidence) >= threshold);
    json!({ "id": id, "label": label, "confidence": rounded(basis.confidence), "accepted": sure && !abstained, "evidence": basis.evidence })
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
            json!({ "id": 1, "label": "refund", "confidence": 0.8, "accepted": true, "evidence": ["refund"] })
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

    #[test]
    fn training_lines_without_a_label_are_refused_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("train.jsonl");
        std::fs::write(&file, "{\"id\":1,\"text\":\"a b\",\"label\":\"x\"}\n{\"id\":2,\"text\":\"c\"}\n")
            .unwrap();
        assert!(trained(&file, None).unwrap_err().to_string().contains("line 2: `label` is missing"));
        std::fs::write(
            &file,
            "{\"id\":1,\"text\":\"a b\",\"label\":\"x\"}\n{\"id\":2,\"text\":\"c\",\"label\":7}\n",
        )
        .unwrap();
        let model = dir.path().join("model.json");
        let settings = trained(&file, Some(&model)).unwrap();
        assert_eq!(read_object(&model).unwrap(), settings);
    }
}
