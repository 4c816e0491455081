//! Articles that a run on the bench can find, and nothing else outside: no other tickets, no HTTP, an
//! empty memory. Ranks with the same index as the house.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use domain::Timestamp;
use domain::article::{Hit, Index};
use domain::id::{ArticleId, CountingIds, TicketId};
use domain::snapshot::TicketView;
use runtime::{FoundArticle, Host, HostError, HttpRequest, HttpResponse, TicketQuery};
use serde::Deserialize;

/// One article of a knowledge base in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its key.
    pub id: String,
    /// The question it answers.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// BCP 47 language; any when absent.
    #[serde(default)]
    pub lang: Option<String>,
}

/// A knowledge base in memory: one index over everything and one per language, as the house has them.
pub struct Shelf {
    entries: Vec<(ArticleId, Entry)>,
    all: Index,
    by_language: HashMap<String, (Vec<usize>, Index)>,
}

impl Shelf {
    /// Indexes the entries. An entry without a language counts as one of every language.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let ids = CountingIds::default();
        let entries: Vec<(ArticleId, Entry)> =
            entries.into_iter().map(|e| (ArticleId::mint(&ids, Timestamp(0)), e)).collect();
        let languages: BTreeSet<String> =
            entries.iter().filter_map(|(_, e)| e.lang.as_deref()).map(primary).collect();
        let by_language = languages
            .into_iter()
            .map(|language| {
                let fits = |entry: &Entry| entry.lang.as_deref().is_none_or(|own| primary(own) == language);
                let places: Vec<usize> = entries
                    .iter()
                    .enumerate()
                    .filter(|(_, (_, e))| fits(e))
                    .map(|(place, _)| place)
                    .collect();
                let index = index_of(places.iter().filter_map(|place| entries.get(*place)));
                (language, (places, index))
            })
            .collect();
        Self { all: index_of(entries.iter()), entries, by_language }
    }

    /// The best entries for a question, best first; in one language if given.
    #[must_use]
    pub fn search(&self, question: &str, language: Option<&str>, limit: usize) -> Vec<(&Entry, f32)> {
        self.found(question, language, limit).into_iter().map(|(_, entry, hit)| (entry, hit.score)).collect()
    }

    fn found(&self, question: &str, language: Option<&str>, limit: usize) -> Vec<(ArticleId, &Entry, Hit)> {
        let one = language.map(primary).map(|language| self.by_language.get(&language));
        let (places, index) = match &one {
            None => (None, &self.all),
            Some(Some((places, index))) => (Some(places), index),
            Some(None) => return Vec::new(),
        };
        let hits = index.search(question, limit).into_iter();
        hits.filter_map(|hit| {
            let place = places.map_or(Some(hit.index), |p| p.get(hit.index).copied())?;
            self.entries.get(place).map(|(id, entry)| (*id, entry, hit))
        })
        .collect()
    }
}

fn index_of<'e>(entries: impl Iterator<Item = &'e (ArticleId, Entry)>) -> Index {
    Index::build(entries.map(|(_, e)| (e.question.as_str(), e.answer.as_str())))
}

/// `de` of `de-AT`.
fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or(tag).to_lowercase()
}

fn only_articles<T>() -> Result<T, HostError> {
    Err(HostError::Unavailable("on the bench there are only articles".to_owned()))
}

#[async_trait]
impl Host for Shelf {
    async fn kv_get(&self, _: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(None)
    }

    async fn kv_keys(&self, _: &str) -> Result<Vec<String>, HostError> {
        Ok(Vec::new())
    }

    async fn kv_bytes(&self) -> Result<u64, HostError> {
        Ok(0)
    }

    async fn ticket(&self, _: TicketId) -> Result<Option<TicketView>, HostError> {
        Ok(None)
    }

    async fn search_tickets(&self, _: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        Ok(Vec::new())
    }

    async fn search_articles(
        &self,
        question: &str,
        language: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        let found = self.found(question, language, limit as usize);
        Ok(found
            .into_iter()
            .map(|(id, entry, hit)| FoundArticle {
                id,
                key: entry.id.clone(),
                locale: entry.lang.clone().unwrap_or_default(),
                title: entry.question.clone(),
                body: entry.answer.clone(),
                score: hit.score,
                terms: hit.terms,
            })
            .collect())
    }

    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, HostError> {
        only_articles()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf {
        let entry = |id: &str, question: &str, lang: &str| Entry {
            id: id.into(),
            question: question.into(),
            answer: "See the link.".into(),
            lang: Some(lang.into()),
        };
        Shelf::new(vec![
            entry("a", "Where is my parcel?", "en"),
            entry("b", "Wo ist mein Paket (parcel)?", "de"),
            entry("c", "Refund money", "en"),
        ])
    }

    #[tokio::test]
    async fn a_question_finds_its_article_in_the_language_asked_for() {
        let keys = |found: Vec<FoundArticle>| found.into_iter().map(|f| f.key).collect::<Vec<_>>();
        assert_eq!(keys(shelf().search_articles("my parcel", Some("de-AT"), 5).await.unwrap()), ["b"]);
        assert_eq!(keys(shelf().search_articles("refund please", None, 5).await.unwrap()), ["c"]);
        assert_eq!(shelf().search("parcel", None, 1).len(), 1);
        assert!(
            shelf()
                .http(HttpRequest { method: "GET".into(), url: String::new(), headers: vec![], body: vec![] })
                .await
                .is_err()
        );
    }
}
