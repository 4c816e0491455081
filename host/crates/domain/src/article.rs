//! Knowledge-base articles, and the ranking of them for a question (Okapi BM25).

use std::collections::{HashMap, HashSet};

use crate::id::ArticleId;
use crate::{Timestamp, text_enum};

text_enum! {
    /// Who may see an article.
    ArticleState {
        /// Being written.
        Draft = "draft",
        /// For agents.
        Internal = "internal",
        /// May be sent to customers.
        Public = "public",
    }
}

/// A knowledge-base entry.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Article {
    /// Id.
    pub id: ArticleId,
    /// Key for links and imports; unique per locale.
    pub key: String,
    /// BCP 47 locale.
    pub locale: String,
    /// Who may see it.
    pub state: ArticleState,
    /// The question it answers.
    pub title: String,
    /// The answer, plain text.
    pub body: String,
    /// Last change.
    pub updated_at: Timestamp,
}

/// An article found for a question.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Hit {
    /// Index into the searched articles.
    pub index: usize,
    /// Share of the question's weighted terms that the article covers, 0 to 1, times title boost.
    pub score: f32,
    /// Question terms that the article has, strongest first.
    pub terms: Vec<String>,
}

/// How often a title term counts, compared with a body term.
const TITLE_WEIGHT: f32 = 3.0;
/// BM25 term saturation (Robertson and Zaragoza 2009, usual default).
const K1: f32 = 1.2;
/// BM25 length normalisation (same source).
const B: f32 = 0.6;

/// A ready-to-search set of articles.
#[derive(Debug, Default)]
pub struct Index {
    documents: Vec<HashMap<String, f32>>,
    lengths: Vec<f32>,
    frequency: HashMap<String, f32>,
    mean_length: f32,
}

impl Index {
    /// Builds the index of (title, body) pairs; positions are kept.
    pub fn build<'a>(articles: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut index = Self::default();
        for (title, body) in articles {
            let mut terms: HashMap<String, f32> = HashMap::new();
            let mut length = 0.0;
            for (text, weight) in [(title, TITLE_WEIGHT), (body, 1.0)] {
                for term in terms_of(text) {
                    length += weight;
                    *terms.entry(term).or_default() += weight;
                }
            }
            for term in terms.keys() {
                *index.frequency.entry(term.clone()).or_default() += 1.0;
            }
            index.documents.push(terms);
            index.lengths.push(length);
        }
        let n = index.lengths.len().max(1);
        index.mean_length = index.lengths.iter().sum::<f32>() / precise(n);
        index
    }

    /// The best `limit` articles for a question, best first. Scores lie between 0 and 1: BM25 divided by
    /// what an article that repeats every term of the question endlessly would get.
    #[must_use]
    pub fn search(&self, question: &str, limit: usize) -> Vec<Hit> {
        let mut seen = HashSet::new();
        let terms: Vec<String> = terms_of(question).filter(|t| seen.insert(t.clone())).take(200).collect();
        let ceiling: f32 = terms.iter().map(|t| self.weight(t)).sum::<f32>() * (K1 + 1.0);
        if ceiling <= 0.0 {
            return Vec::new();
        }
        let mut hits: Vec<Hit> = self
            .documents
            .iter()
            .zip(&self.lengths)
            .enumerate()
            .filter_map(|(index, (document, length))| self.hit(index, document, *length, &terms, ceiling))
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
        hits.truncate(limit);
        hits
    }

    fn hit(
        &self,
        index: usize,
        document: &HashMap<String, f32>,
        length: f32,
        terms: &[String],
        ceiling: f32,
    ) -> Option<Hit> {
        let norm = K1 * (1.0 - B + B * length / self.mean_length.max(1.0));
        let mut found: Vec<(f32, String)> = terms
            .iter()
            .filter_map(|term| {
                let tf = *document.get(term)?;
                Some((self.weight(term) * tf * (K1 + 1.0) / (tf + norm), term.clone()))
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let sum: f32 = found.iter().map(|(s, _)| s).sum();
        (sum > 0.0).then(|| Hit {
            index,
            score: (sum / ceiling).min(1.0),
            terms: found.into_iter().map(|(_, t)| t).collect(),
        })
    }

    fn weight(&self, term: &str) -> f32 {
        let n = precise(self.documents.len());
        // A word that no article has says no more than one that a single article has.
        let df = self.frequency.get(term).copied().unwrap_or(1.0);
        (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
    }
}

#[expect(clippy::cast_precision_loss, reason = "article counts stay far below 2^24")]
fn precise(n: usize) -> f32 {
    n as f32
}

/// Terms of a text: folded words of three letters and more without the commonest German and English
/// words, each cut to its light stem.
fn terms_of(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| w.chars().count() >= 3)
        .map(fold)
        .filter(|w| !STOP.contains(&w.as_str()))
        .map(|w| stem(&w))
}

fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            _ => out.push(c),
        }
    }
    out
}

/// Cuts common German and English endings while at least four letters remain.
fn stem(word: &str) -> String {
    for ending in [
        "ungen", "ieren", "ing", "ung", "ern", "est", "ed", "en", "er", "es", "em", "et", "st", "e", "n",
        "s", "t",
    ] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 4
        {
            return rest.to_owned();
        }
    }
    word.to_owned()
}

const STOP: &[&str] = &[
    "aber",
    "als",
    "auch",
    "auf",
    "aus",
    "bei",
    "bin",
    "bis",
    "bitte",
    "can",
    "could",
    "das",
    "dass",
    "dem",
    "den",
    "der",
    "des",
    "die",
    "dies",
    "does",
    "did",
    "ein",
    "eine",
    "einen",
    "einer",
    "for",
    "from",
    "fuer",
    "guten",
    "habe",
    "haben",
    "hallo",
    "hat",
    "have",
    "hello",
    "ich",
    "ihr",
    "ihre",
    "ihren",
    "ist",
    "kann",
    "kein",
    "mein",
    "meine",
    "meinen",
    "meiner",
    "mich",
    "mir",
    "mit",
    "muss",
    "nach",
    "nicht",
    "noch",
    "nur",
    "oder",
    "please",
    "sehr",
    "sich",
    "sie",
    "sind",
    "that",
    "thank",
    "thanks",
    "danke",
    "the",
    "there",
    "they",
    "this",
    "und",
    "uns",
    "von",
    "vom",
    "war",
    "was",
    "wenn",
    "wie",
    "will",
    "wir",
    "wird",
    "with",
    "would",
    "you",
    "your",
    "zum",
    "zur",
    "and",
    "are",
    "but",
    "not",
    "has",
    "had",
    "how",
    "tag",
    "gruesse",
    "gruessen",
    "freundlichen",
    "regards",
    "kind",
    "best",
    "dear",
    "its",
    "our",
    "geehrte",
    "damen",
    "herren",
    "viele",
    "liebe",
    "auf",
    "ueber",
    "sie",
    "team",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_finds_its_article_in_either_language() {
        let index = Index::build([
            ("Wie setze ich mein Passwort zurück?", "Klicken Sie auf Passwort vergessen."),
            ("Where is my order?", "You can track your parcel with the link in the dispatch mail."),
        ]);
        assert_eq!(index.search("Ich habe mein Passwort vergessen", 3).first().map(|h| h.index), Some(0));
        assert_eq!(index.search("where has my order gone", 3).first().map(|h| h.index), Some(1));
        assert!(index.search("xyzzy", 3).is_empty());
    }

    #[test]
    fn scores_stay_between_zero_and_one() {
        let index = Index::build([("refund refund refund", "refund")]);
        assert!(index.search("refund", 1).iter().all(|h| h.score > 0.0 && h.score <= 1.0));
    }
}
