//! Golden cases of a plugin's folder. Two forms: `*.json`, a case with what must come of it; and `*.txt`,
//! lines `key: value` about the ticket, `---`, the text, `---`, and everything that comes of it.

use std::path::{Path, PathBuf};

use runtime::RunReport;

use crate::sample::{Bench, Case, effects_of};

/// A case and how it is judged.
pub(super) enum Golden {
    /// What is named must come of it.
    Expecting(Box<Case>),
    /// Exactly this must come of it.
    Exactly(Box<Case>, String),
}

impl Golden {
    /// What is not as expected.
    pub(super) async fn missed(&self, bench: &Bench) -> Result<Vec<String>, String> {
        let (Self::Expecting(case) | Self::Exactly(case, _)) = self;
        let hook = bench.hook_of(case)?;
        let report = bench.run(hook, case).await;
        match self {
            Self::Expecting(case) => Ok(case.expect.missed(case, &report)),
            Self::Exactly(_, want) => Ok(differences(want, &told(&report))),
        }
    }
}

/// A file's name and its case, or why it cannot be run here.
pub(super) type Found = (String, Result<Golden, String>);

/// All cases of a folder, by name; none when there is no folder.
pub(super) fn read(folder: &Path) -> anyhow::Result<Vec<Found>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match file.extension().and_then(|e| e.to_str()) {
            Some("json") => found.push((
                name,
                std::fs::read_to_string(&file).map_err(|e| e.to_string()).and_then(|text| expecting(&text)),
            )),
            Some("txt") => found.push((
                name,
                std::fs::read_to_string(&file).map_err(|e| e.to_string()).and_then(|text| exactly(&text)),
            )),
            _ => {}
        }
    }
    Ok(found)
}

fn expecting(text: &str) -> Result<Golden, String> {
    let case: Case = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if case.expect.is_empty() {
        return Err("it expects nothing: add `expect`".to_owned());
    }
    Ok(Golden::Expecting(Box::new(case)))
}

fn exactly(text: &str) -> Result<Golden, String> {
    let mut parts = text.splitn(3, "---\n");
    let (Some(head), Some(body), Some(want)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("it has no `---` between ticket, text and what comes of it".to_owned());
    };
    let mut case = Case { text: body.to_owned(), ..Case::default() };
    for line in head.lines().filter(|l| !l.trim().is_empty()) {
        let (key, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is no `key: value`"))?;
        head_line(&mut case, key.trim(), value.trim())?;
    }
    if !is_told(want) {
        return Err("what comes of it is not written as verdict and effects".to_owned());
    }
    Ok(Golden::Exactly(Box::new(case), want.to_owned()))
}

fn head_line(case: &mut Case, key: &str, value: &str) -> Result<(), String> {
    let sentence = |refusal: domain::Refusal| refusal.sentence;
    match key {
        "subject" => value.clone_into(&mut case.subject),
        "auto_class" => case.auto_class = value.parse().map_err(sentence)?,
        "priority" => case.priority = value.parse().map_err(sentence)?,
        "category" => case.category = Some(value.to_owned()),
        "language" => case.language = Some(value.to_owned()),
        "custom" => {
            let (key, value) = value.split_once('=').ok_or("custom is `key=value`")?;
            case.custom.insert(key.to_owned(), value.to_owned());
        }
        "settings" => case.settings = serde_json::from_str(value).map_err(|e| e.to_string())?,
        other => return Err(format!("the sandbox's cases know no `{other}`")),
    }
    Ok(())
}

/// Whether lines are of the form that `told` writes.
fn is_told(want: &str) -> bool {
    let mut lines = want.lines();
    let verdict = lines.next().and_then(|line| line.split_once(": "));
    verdict.is_some_and(|(word, _)| ["done", "abstained", "answered", "held"].contains(&word))
        && lines.all(|line| line.contains(" %  ") && line.ends_with(']'))
}

/// Verdict and proposals as golden files have them.
fn told(report: &RunReport) -> String {
    let mut out = match &report.outcome {
        Ok(verdict) => format!("{}: {}\n", verdict.word, verdict.why),
        Err(fault) => format!("fault {}: {}\n", fault.code(), fault.hint()),
    };
    for (what, proposal) in effects_of(report).iter().zip(&report.proposals) {
        let basis = &proposal.basis;
        out.push_str(&format!(
            "{what}  {:.0} %  {}  [{}]\n",
            basis.confidence * 100.0,
            basis.reason,
            basis.evidence.join("; ")
        ));
    }
    out
}

fn differences(want: &str, got: &str) -> Vec<String> {
    let missing =
        want.lines().filter(|line| !got.lines().any(|l| l == *line)).map(|line| format!("missing: {line}"));
    let extra =
        got.lines().filter(|line| !want.lines().any(|l| l == *line)).map(|line| format!("extra:   {line}"));
    let mut out: Vec<String> = missing.chain(extra).collect();
    if out.is_empty() && want != got {
        out.push("the same lines in another order or number".to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_case_is_read_with_its_head_and_its_whole_text() {
        let Ok(Golden::Exactly(case, want)) = exactly(
            "subject: Hi: there\ncustom: order_number=1\nsettings: {\"threshold\": 0.9}\n---\na\nb\n---\ndone: x\n",
        ) else {
            panic!("not read")
        };
        assert_eq!(
            (case.subject.as_str(), case.text.as_str(), want.as_str()),
            ("Hi: there", "a\nb\n", "done: x\n")
        );
        assert_eq!(case.custom["order_number"], "1");
        assert_eq!(case.settings["threshold"], 0.9);
    }

    #[test]
    fn what_the_sandbox_cannot_judge_is_left_out_with_a_reason() {
        assert!(exactly("article: x\n---\na\n---\ndone: x\n").is_err());
        assert!(exactly("subject: x\n---\na\n---\nIBAN DE89\n").is_err());
        assert!(expecting(r#"{"text": "a"}"#).is_err());
        assert!(expecting(r#"{"text": "a", "expect": {"verdict": "done"}}"#).is_ok());
    }

    #[test]
    fn differences_name_missing_and_extra_lines() {
        assert_eq!(differences("a\nb\n", "a\nc\n"), ["missing: b", "extra:   c"]);
        assert_eq!(differences("a\nb\n", "b\na\n").len(), 1);
        assert!(differences("a\n", "a\n").is_empty());
    }
}
