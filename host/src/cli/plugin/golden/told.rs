//! What comes of a run, as lines in a case's file: verdict, effects with their reasons, findings, values kept.

use std::collections::BTreeMap;

use domain::effect::{Effect, Proposal};
use domain::redaction::Document;
use runtime::RunReport;

/// Longest value of the key-value store that is written in words, bytes.
const VALUE_BYTES_MAX: usize = 2_000;

/// What the line of a run that failed begins with.
pub(super) const FAULT: &str = "fault ";

/// Everything that came of it. `rejected` has for each effect why every house would reject it, `numbers` other tickets
/// by their ids.
pub(super) fn told(
    report: &RunReport,
    rejected: &[Option<String>],
    document: &Document,
    numbers: &BTreeMap<String, i64>,
) -> String {
    let mut out = match &report.outcome {
        Ok(verdict) => format!("{}: {}\n", verdict.word, verdict.why),
        Err(fault) => format!("{FAULT}{}: {}\n", fault.code(), fault.hint()),
    };
    for (proposal, why) in report.proposals.iter().zip(rejected) {
        out.push_str(&effect(proposal, numbers));
        if let Some(why) = why {
            out.push_str(&format!("rejected: {}\n", why.replace('\n', "\\n")));
        }
    }
    for finding in &report.findings {
        let part = document.parts.get(finding.part as usize);
        let text = part.and_then(|p| p.text.get(finding.start as usize..finding.end as usize));
        out.push_str(&format!(
            "{} “{}”  {:.0} %  rule {}\n",
            finding.class,
            text.unwrap_or("?").replace('\n', "\\n"),
            finding.score * 100.0,
            finding.rule
        ));
    }
    for (key, value) in &report.kv_writes {
        match value {
            Some(value) => out.push_str(&format!("kv {key} = {}\n", shown(value))),
            None => out.push_str(&format!("kv {key} deleted\n")),
        }
    }
    out
}

fn effect(proposal: &Proposal, numbers: &BTreeMap<String, i64>) -> String {
    let other = numbers.get(&proposal.ticket_id.to_string()).map_or_else(String::new, |n| format!("#{n} "));
    let (text, language) = match &proposal.effect {
        Effect::Reply { text, language, .. } | Effect::Notify { text, language, .. } => {
            (Some(text), language.as_deref())
        }
        Effect::Note { text } => (Some(text), None),
        Effect::SetField { .. }
        | Effect::AddTag { .. }
        | Effect::RemoveTag { .. }
        | Effect::Escalate { .. }
        | Effect::SetTimer { .. } => (None, None),
    };
    let language = language.map_or_else(String::new, |language| format!(" ({language})"));
    let basis = &proposal.basis;
    let mut out = format!(
        "{other}{}{language}  {:.0} %  {}  [{}]\n",
        domain::story::describe(&proposal.effect),
        basis.confidence * 100.0,
        basis.reason,
        basis.evidence.join("; ")
    );
    for line in text.into_iter().flat_map(|text| text.lines()) {
        out.push_str(format!("| {line}").trim_end());
        out.push('\n');
    }
    out
}

fn shown(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if value.len() <= VALUE_BYTES_MAX && !text.chars().any(char::is_control) => text.to_owned(),
        _ => format!("{} bytes", value.len()),
    }
}

/// What differs, line by line in order: kept lines are not shown, but one before each difference is.
pub(super) fn differences(want: &str, got: &str) -> Vec<String> {
    let (want, got): (Vec<&str>, Vec<&str>) = (want.lines().collect(), got.lines().collect());
    let mut out = Vec::new();
    let mut kept = None;
    for step in steps(&want, &got) {
        match step {
            Step::Same(line) => kept = Some(line),
            Step::Missing(line) | Step::Extra(line) => {
                out.extend(kept.take().map(|before| format!("  {before}")));
                out.push(format!("{} {line}", if matches!(step, Step::Missing(_)) { '-' } else { '+' }));
            }
        }
    }
    out
}

#[derive(Clone, Copy)]
enum Step<'t> {
    Same(&'t str),
    Missing(&'t str),
    Extra(&'t str),
}

/// The shortest way from one list of lines to the other, by the longest common subsequence.
fn steps<'t>(want: &[&'t str], got: &[&'t str]) -> Vec<Step<'t>> {
    let width = got.len() + 1;
    let mut common = vec![0_usize; (want.len() + 1) * width];
    let at = |common: &[usize], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, left) in want.iter().enumerate().rev() {
        for (j, right) in got.iter().enumerate().rev() {
            let best = if left == right {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    loop {
        match (want.get(i), got.get(j)) {
            (Some(left), Some(right)) if left == right => {
                out.push(Step::Same(left));
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right) if right.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                out.push(Step::Missing(left));
                i += 1;
            }
            (_, Some(right)) => {
                out.push(Step::Extra(right));
                j += 1;
            }
            (_, None) => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::report;

    #[test]
    fn a_difference_is_shown_with_the_line_before_it() {
        assert_eq!(differences("a\nb\nc\nd\n", "a\nb\nx\nd\n"), ["  b", "- c", "+ x"]);
        assert_eq!(differences("", "a\n"), ["+ a"]);
        assert_eq!(differences("b\na\n", "a\nb\n").len(), 3);
        assert!(differences("a\nb\n", "a\nb\n").is_empty());
    }

    #[test]
    fn everything_that_came_of_it_is_told() {
        let mut report = report(Ok(domain::run::Verdict { word: "done".into(), why: "sorted".into() }));
        let ticket_id = report.proposals[0].ticket_id;
        report.proposals.push(Proposal {
            ticket_id,
            effect: Effect::Reply {
                text: "Hello,\n\nyours".into(),
                language: Some("en".into()),
                article: None,
            },
            basis: domain::effect::Basis {
                reason: "Asked.".into(),
                confidence: 0.5,
                evidence: vec!["a".into(), "b".into()],
            },
        });
        report.kv_writes.insert("k".into(), Some(b"1".to_vec()));
        report.kv_writes.insert("raw".into(), Some(vec![0, 255]));
        report.kv_writes.insert("x".into(), None);
        let document = crate::sample::Case { text: "Tel. 12345".into(), ..Default::default() }.document();
        let numbers = BTreeMap::from([(ticket_id.to_string(), 11)]);
        let rejected = [Some("not granted: add-tag".to_owned()), None];
        let text = told(&report, &rejected, &document, &numbers);
        assert_eq!(
            text,
            "done: sorted\n#11 +refund  0 %  the word refund  []\nrejected: not granted: add-tag\n#11 reply (en)  50 %  Asked.  [a; b]\n| Hello,\n|\n| yours\nPHONE “. 123”  90 %  rule r\nkv k = 1\nkv raw = 2 bytes\nkv x deleted\n"
        );
    }
}
