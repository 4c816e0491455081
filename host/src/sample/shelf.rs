//! Articles that a run on the bench can find, and nothing else outside: no other tickets, no HTTP, an
//! empty memory. Ranks with the same index as the house.

use async_trait::async_trait;
use domain::Timestamp;
use domain::article::{Hit, Library, Source, Vectors};
use domain::id::{ArticleId, CountingIds, TicketId};
use domain::snapshot::TicketView;
use embed::Model;
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

/// Entries whose vectors are reckoned at a time.
const EMBEDDED_AT_A_TIME: usize = 64;

/// A knowledge base in memory, indexed as the house does it.
pub struct Shelf {
    entries: Vec<(ArticleId, Entry)>,
    library: Library,
    model: Option<Model>,
}

impl Shelf {
    /// Indexes the entries. An entry without a language counts as one of the language it is written in.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let ids = CountingIds::default();
        let library = Library::build(entries.iter().map(|entry| {
            let source = Source { title: &entry.question, alternates: &[], body: &entry.answer };
            (entry.lang.as_deref().unwrap_or_default(), source)
        }));
        let entries = entries
            .into_iter()
            .enumerate()
            .map(|(place, entry)| {
                let lang = entry.lang.or_else(|| library.language_of(place).map(ToOwned::to_owned));
                (ArticleId::mint(&ids, Timestamp(0)), Entry { lang, ..entry })
            })
            .collect();
        Self { entries, library, model: None }
    }

    /// The same with what a model says of each entry's meaning, and of each question's.
    ///
    /// # Errors
    /// When the model cannot say.
    pub fn meaning(self, model: Model) -> Result<Self, embed::Error> {
        let mut vectors = Vec::with_capacity(self.entries.len());
        for chunk in self.entries.chunks(EMBEDDED_AT_A_TIME) {
            let questions: Vec<&str> = chunk.iter().map(|(_, entry)| entry.question.as_str()).collect();
            let bodies: Vec<String> = chunk.iter().map(|(_, entry)| desk::beginning(&entry.answer)).collect();
            let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
            let both = model.embed(&questions)?.into_iter().zip(model.embed(&bodies)?);
            vectors
                .extend(both.map(|(question, body)| Vectors { questions: vec![question], body: Some(body) }));
        }
        let Self { entries, library, .. } = self;
        Ok(Self { entries, library: library.with_vectors(&vectors), model: Some(model) })
    }

    /// The best entries for a question, best first, with their scores; in one language if given.
    #[must_use]
    pub fn search(&self, question: &str, language: Option<&str>, limit: usize) -> Vec<(&Entry, f32)> {
        self.found(question, language, limit).into_iter().map(|(_, entry, hit)| (entry, hit.score)).collect()
    }

    /// Keys of the entries in one language.
    #[must_use]
    pub fn keys_in(&self, language: &str) -> Vec<String> {
        let own = domain::article::primary(language);
        let fits = |entry: &&Entry| entry.lang.as_deref().map(domain::article::primary) == Some(own.clone());
        self.entries.iter().map(|(_, entry)| entry).filter(fits).map(|entry| entry.id.clone()).collect()
    }

    fn found(&self, question: &str, language: Option<&str>, limit: usize) -> Vec<(ArticleId, &Entry, Hit)> {
        let vector = self.model.as_ref().and_then(|model| model.embed(&[question]).ok()?.pop());
        let hits = self.library.search_meant(question, vector.as_deref(), language, limit).into_iter();
        hits.filter_map(|hit| self.entries.get(hit.index).map(|(id, entry)| (*id, entry, hit))).collect()
    }
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
                product: None,
                score: hit.score,
                signals: hit.signals.named(),
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
