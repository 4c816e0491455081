//! `kulanz eval redact`: what the redaction hook finds, as spans of code points.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::plugin::Hook;
use domain::redaction::{Document, Finding, Part, Placeholders, part, spans_of};
use serde_json::{Value, json};

use super::stream::{Answered, answer_all};
use super::{Item, Redact, rounded, sentence};
use crate::cli::Ground;
use crate::cli::lines::{self, Numbered};
use crate::sample::Bench;

pub(super) async fn run(command: Redact, ground: &Ground) -> anyhow::Result<()> {
    let plugin = Box::pin(command.chosen.load(ground, "redaction", Hook::Redaction)).await?;
    let bench = Bench::new(plugin).with_settings(command.chosen.settings()?);
    let path = command.files.input.clone();
    let jobs = lines::open(&path)?.map(move |line| judge(bench.clone(), path.clone(), line));
    answer_all(jobs, &command.files.output, command.files.workers).await
}

async fn judge(bench: Bench, path: PathBuf, line: Numbered) -> Answered {
    let bytes = line.as_ref().map_or(0, |(_, text)| text.len() as u64);
    let item: Item = match lines::parsed(&path, line) {
        Ok((_, item)) => item,
        Err(error) => {
            return Answered {
                line: json!({ "id": null, "spans": [], "error": format!("{error:#}") }),
                bytes,
                failed: true,
            };
        }
    };
    match spans(&bench, &item).await {
        Ok(spans) => Answered { line: json!({ "id": item.id, "spans": spans }), bytes, failed: false },
        Err(error) => {
            Answered { line: json!({ "id": item.id, "spans": [], "error": error }), bytes, failed: true }
        }
    }
}

async fn spans(bench: &Bench, item: &Item) -> Result<Vec<Value>, String> {
    let parts = vec![Part::new(part::TEXT, &item.text)];
    let report = bench.redact(Document { parts, language: item.lang.clone(), known: Vec::new() }).await;
    report.outcome.map_err(|fault| sentence(&fault))?;
    // What would be replaced: checked and joined as the house does it.
    Ok(in_code_points(&item.text, &spans_of(0, &item.text, &report.findings, &Placeholders::default())?))
}

/// Byte spans as spans of Unicode code points, end exclusive.
fn in_code_points(text: &str, findings: &[Finding]) -> Vec<Value> {
    let mut places: BTreeMap<u32, u64> = findings.iter().flat_map(|f| [(f.start, 0), (f.end, 0)]).collect();
    let (mut byte, mut point) = (0_usize, 0_u64);
    for (offset, place) in &mut places {
        let between = text.get(byte..*offset as usize).unwrap_or("");
        point += between.chars().count() as u64;
        byte = *offset as usize;
        *place = point;
    }
    let place = |offset: u32| places.get(&offset).copied().unwrap_or(0);
    findings.iter().map(|f| json!({ "start": place(f.start), "end": place(f.end), "type": f.class, "score": rounded(f.score) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_code_points_not_bytes() {
        let text = "Grüße 🙂 an Jörg, Tel. 0151";
        let start = u32::try_from(text.find("Jörg").unwrap()).unwrap();
        let tel = u32::try_from(text.find("0151").unwrap()).unwrap();
        let finding = |class: &str, start: u32, end: u32| Finding {
            part: 0,
            start,
            end,
            class: class.into(),
            score: 0.9,
            rule: "r".into(),
        };
        let spans =
            in_code_points(text, &[finding("PERSON", start, start + 5), finding("PHONE", tel, tel + 4)]);
        let chars: Vec<char> = text.chars().collect();
        let cut = |v: &Value| {
            chars[v["start"].as_u64().unwrap() as usize..v["end"].as_u64().unwrap() as usize]
                .iter()
                .collect::<String>()
        };
        assert_eq!(spans.iter().map(cut).collect::<Vec<_>>(), ["Jörg", "0151"]);
        assert_eq!(spans[0], json!({ "start": 11, "end": 15, "type": "PERSON", "score": 0.9 }));
    }

    #[test]
    fn touching_spans_and_none_at_all_convert_too() {
        let finding =
            |start, end| Finding { part: 0, start, end, class: "X".into(), score: 1.0, rule: "r".into() };
        let spans = in_code_points("äöü", &[finding(0, 2), finding(2, 6)]);
        assert_eq!(
            spans,
            [
                json!({"start": 0, "end": 1, "type": "X", "score": 1.0}),
                json!({"start": 1, "end": 3, "type": "X", "score": 1.0})
            ]
        );
        assert!(in_code_points("äöü", &[]).is_empty());
    }
}
