//! `kulanz eval answer`: what the knowledge base's search finds for a question, and whether the answering
//! hook would send it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use domain::effect::Effect;
use domain::plugin::Hook;
use runtime::{FoundArticle, HostError, RunReport};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::curve::{self, Judged};
use super::stream::{Answered, answer_all_then};
use super::{Answer, rounded, sentence};
use crate::cli::lines::{self, Numbered};
use crate::cli::{Ground, plugin, screen};
use crate::models;
use crate::sample::{Bench, Case, Entry, Shelf};

/// Articles in `ranked`.
const RANKED: usize = 10;

/// The setting below which the bundled plugin sends no article.
const THRESHOLD: &str = "threshold";
/// The setting that makes the bundled plugin confirm receipt: no answer to the question.
const ACKNOWLEDGE: &str = "acknowledge";

pub(super) async fn run(command: Answer, ground: &Ground) -> anyhow::Result<()> {
    let shelf = Shelf::new(entries(&command.kb)?);
    let shelf = Arc::new(match models::open(&ground.settings()?)? {
        Some(model) => shelf.meaning(model)?,
        None => shelf,
    });
    let plugin = Box::pin(command.chosen.load(ground, "auto-reply", Hook::Answering)).await?;
    let known =
        |key: &str| plugin.inspection().manifest.settings.pointer(&format!("/properties/{key}")).is_some();
    let (has_threshold, acknowledges) = (known(THRESHOLD), known(ACKNOWLEDGE));
    let bench = Bench::new(plugin).with_settings(command.chosen.settings()?).with_shelf(Arc::clone(&shelf));
    // Asked without a threshold, the plugin says how sure it is also where it would not answer; whether it
    // would is told by its own threshold.
    let threshold = bench.settings().get(THRESHOLD).and_then(Value::as_f64).filter(|_| has_threshold);
    let mut asked = serde_json::Map::new();
    if threshold.is_some() {
        asked.insert(THRESHOLD.to_owned(), json!(0.0));
    }
    if acknowledges {
        asked.insert(ACKNOWLEDGE.to_owned(), json!(false));
    }
    let bench = bench.with_settings(asked);
    let path = command.files.input.clone();
    let linguist = linguist(ground).await;
    let judge = Arc::new(Judge { bench, shelf, threshold, linguist, judged: Mutex::default() });
    let closing = {
        let judge = Arc::clone(&judge);
        move || {
            let mut judged = judge.judged.lock().unwrap_or_else(PoisonError::into_inner);
            // Workers end in any order; the table is the same whatever it was.
            judged.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
            let table = curve::table(&judged);
            if !table.is_empty() {
                screen::say(table);
            }
        }
    };
    let jobs = lines::open(&path)?.map(move |line| Arc::clone(&judge).judge(path.clone(), line));
    answer_all_then(jobs, &command.files.output, command.files.workers, closing).await
}

/// A question, and which article is right: a key, several, or null for none. Without the key nothing is
/// said about it.
#[derive(serde::Deserialize)]
struct Question {
    id: Value,
    text: String,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default, deserialize_with = "also_null")]
    article: Option<Value>,
}

/// A key that is there with null is there.
fn also_null<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

impl Question {
    /// Keys of the right articles; none where the data does not tell.
    fn right(&self) -> Option<Vec<String>> {
        Some(match self.article.as_ref()? {
            Value::Null => Vec::new(),
            Value::Array(keys) => keys.iter().map(key_of).collect(),
            key => vec![key_of(key)],
        })
    }
}

fn key_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Ids of a knowledge base may be numbers.
#[derive(serde::Deserialize)]
struct KbLine {
    id: Value,
    question: String,
    answer: String,
    #[serde(default)]
    lang: Option<String>,
}

fn entries(path: &std::path::Path) -> anyhow::Result<Vec<Entry>> {
    lines::open(path)?
        .map(|line| {
            let (_, kb) = lines::parsed::<KbLine>(path, line)?;
            Ok(Entry { id: key_of(&kb.id), question: kb.question, answer: kb.answer, lang: kb.lang })
        })
        .collect()
}

/// In the house triage has set the language before an answer is looked for: so here, where the data does
/// not say it. Without the bundled triage (no source tree) the answering plugin's own default counts.
async fn linguist(ground: &Ground) -> Option<Bench> {
    let folder = plugin::bundled("triage").ok()?;
    let loaded = Box::pin(plugin::load(ground, &folder.display().to_string())).await;
    loaded
        .inspect_err(|error| screen::say(format_args!("languages are not guessed: {error:#}")))
        .ok()
        .map(Bench::new)
}

/// Everything a question is judged with.
struct Judge {
    bench: Bench,
    shelf: Arc<Shelf>,
    threshold: Option<f64>,
    linguist: Option<Bench>,
    judged: Mutex<Vec<Judged>>,
}

impl Judge {
    async fn judge(self: Arc<Self>, path: PathBuf, line: Numbered) -> Answered {
        let bytes = line.as_ref().map_or(0, |(_, text)| text.len() as u64);
        let item: Question = match lines::parsed(&path, line) {
            Ok((_, item)) => item,
            Err(error) => {
                let line = json!({ "id": null, "ranked": [], "decision": "abstain", "confidence": 0.0, "error": format!("{error:#}") });
                return Answered { line, bytes, failed: true };
            }
        };
        let case =
            Case { language: self.language_of(&item).await, text: item.text.clone(), ..Case::default() };
        let report = self.bench.run(Hook::Answering, &case).await;
        let ranked = self.ranked(&item, &report);
        let (decision, confidence) = decision(&report, self.threshold);
        self.keep(&item, &ranked, decision, confidence);
        let ranked: Vec<Value> =
            ranked.iter().map(|(id, score)| json!({ "id": id, "score": rounded(*score) })).collect();
        let mut line =
            json!({ "id": item.id, "ranked": ranked, "decision": decision, "confidence": confidence });
        if let (Err(fault), Some(object)) = (&report.outcome, line.as_object_mut()) {
            object.insert("error".to_owned(), Value::String(sentence(fault)));
        }
        Answered { line, bytes, failed: report.outcome.is_err() }
    }

    /// The articles best first: what the plugin sends, what its search found, and what the whole text
    /// finds where the plugin found few or did not search. Those in the question's language come first
    /// when the data says which it is.
    fn ranked(&self, item: &Question, report: &RunReport) -> Vec<(String, f32)> {
        let mut found = searched(report);
        if found.len() < RANKED {
            let more = self.shelf.search(&item.text, None, RANKED).into_iter();
            found.extend(more.map(|(entry, score)| (entry.id.clone(), score)));
        }
        if let Some(lang) = &item.lang {
            let own: Vec<String> = self.shelf.keys_in(lang);
            found.sort_by_key(|(key, _)| !own.contains(key));
        }
        if let Some(sent) = sent(report)
            && let Some(place) = found.iter().position(|(key, _)| *key == sent)
        {
            let first = found.remove(place);
            found.insert(0, first);
        }
        let mut out: Vec<(String, f32)> = Vec::new();
        for (key, score) in found {
            if out.len() < RANKED && !out.iter().any(|(known, _)| *known == key) {
                out.push((key, score));
            }
        }
        out
    }

    fn keep(&self, item: &Question, ranked: &[(String, f32)], decision: &str, confidence: f64) {
        let Some(right) = item.right() else { return };
        let judged = Judged {
            answerable: !right.is_empty(),
            place: ranked.iter().position(|(key, _)| right.contains(key)),
            confidence,
            answered: decision == "answer",
        };
        self.judged.lock().unwrap_or_else(PoisonError::into_inner).push(judged);
    }

    async fn language_of(&self, item: &Question) -> Option<String> {
        if item.lang.is_some() {
            return item.lang.clone();
        }
        let case = Case { text: item.text.clone(), ..Case::default() };
        let report = self.linguist.as_ref()?.run(Hook::Triage, &case).await;
        report.proposals.into_iter().find_map(|p| match p.effect {
            Effect::SetField { field, value } if field == "language" => Some(value),
            _ => None,
        })
    }
}

/// What the plugin's first search found, as the run recorded it.
fn searched(report: &RunReport) -> Vec<(String, f32)> {
    let first = report.answers.iter().find(|answer| answer.call == "knowledge.search");
    let found = first.and_then(|answer| {
        serde_json::from_value::<Result<Vec<FoundArticle>, HostError>>(answer.answer.clone()).ok()
    });
    let found = found.and_then(Result::ok).unwrap_or_default().into_iter();
    found.map(|article| (article.key, article.score)).collect()
}

/// Key of the article that is sent.
fn sent(report: &RunReport) -> Option<String> {
    report.proposals.iter().find_map(|p| match &p.effect {
        Effect::Reply { article, .. } => article.clone(),
        _ => None,
    })
}

/// An answer is a reply from an article, under a verdict that says so, sure enough to be sent. A
/// confirmation of receipt is none.
fn decision(report: &RunReport, threshold: Option<f64>) -> (&'static str, f64) {
    let from_article =
        report.proposals.iter().find(|p| matches!(p.effect, Effect::Reply { article: Some(_), .. }));
    let Some(reply) = from_article else { return ("abstain", 0.0) };
    let confidence = reply.basis.confidence;
    let answered = report.outcome.as_ref().is_ok_and(|verdict| verdict.word == "answered");
    let sure = threshold.is_none_or(|threshold| f64::from(confidence) >= threshold);
    (if answered && sure { "answer" } else { "abstain" }, rounded(confidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::report;
    use domain::effect::{Basis, Proposal};
    use domain::run::{Fault, Verdict};

    fn verdict(word: &str) -> Result<Verdict, Fault> {
        Ok(Verdict { word: word.into(), why: String::new() })
    }

    fn replying(outcome: Result<Verdict, Fault>, article: Option<&str>) -> RunReport {
        let mut report = report(outcome);
        report.proposals.push(Proposal {
            ticket_id: report.proposals[0].ticket_id,
            effect: Effect::Reply { text: "See.".into(), language: None, article: article.map(Into::into) },
            basis: Basis { reason: String::new(), confidence: 0.75, evidence: vec![] },
        });
        report
    }

    #[test]
    fn only_a_sure_reply_from_an_article_is_an_answer() {
        let of = |word: &str, article| replying(verdict(word), article);
        assert_eq!(decision(&of("answered", Some("a")), Some(0.5)), ("answer", 0.75));
        assert_eq!(decision(&of("answered", Some("a")), Some(0.8)), ("abstain", 0.75));
        assert_eq!(decision(&of("answered", Some("a")), None), ("answer", 0.75));
        assert_eq!(decision(&of("held", Some("a")), None), ("abstain", 0.75));
        assert_eq!(decision(&of("answered", None), None), ("abstain", 0.0));
        assert_eq!(decision(&report(Err(Fault::Deadline { limit_ms: 1 })), None), ("abstain", 0.0));
    }

    #[test]
    fn the_right_article_may_be_one_several_none_or_not_told() {
        let right = |rest: &str| {
            serde_json::from_str::<Question>(&format!("{{\"id\":1,\"text\":\"x\"{rest}}}")).unwrap().right()
        };
        assert_eq!(right(""), None);
        assert_eq!(right(",\"article\":null"), Some(vec![]));
        assert_eq!(right(",\"article\":7"), Some(vec!["7".to_owned()]));
        assert_eq!(right(",\"article\":[\"a\",\"b\"]"), Some(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn the_ranking_is_the_one_that_the_plugin_saw() {
        let mut report = report(verdict("answered"));
        assert!(searched(&report).is_empty());
        let article = json!({ "id": domain::id::ArticleId(ulid::Ulid::nil()), "key": "a", "locale": "en",
            "title": "T", "body": "B", "score": 0.5, "terms": [] });
        report.answers.push(runtime::Answer {
            call: "knowledge.search".into(),
            arguments: String::new(),
            answer: json!({ "Ok": [article] }),
        });
        assert_eq!(searched(&report), [("a".to_owned(), 0.5)]);
    }

    #[test]
    fn a_knowledge_base_may_number_its_entries() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("kb.jsonl");
        std::fs::write(&file, "{\"id\":7,\"question\":\"Q\",\"answer\":\"A\"}\n{\"id\":\"x\",\"question\":\"Q\",\"answer\":\"A\",\"lang\":\"de\"}\n").unwrap();
        let ids: Vec<String> = entries(&file).unwrap().into_iter().map(|e| e.id).collect();
        assert_eq!(ids, ["7", "x"]);
    }
}
