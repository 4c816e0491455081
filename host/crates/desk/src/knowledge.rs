//! The searchable knowledge base: public articles indexed in memory, rebuilt when the store's articles
//! change. The truth stays in the store.

use std::collections::HashMap;
use std::sync::Arc;

use domain::Timestamp;
use domain::article::{Alternate, Article, ArticleState, Hit, Library, Source};
use domain::id::ArticleId;
use store::{Store, StoreError};
use tokio::sync::RwLock;

/// Up to so many articles are indexed anew for every question that is learnt.
const QUICK_ARTICLES: usize = 1_000;
/// Beyond, what was learnt waits so long, milliseconds.
const LEARNT_WAIT_MS: i64 = 600_000;

#[derive(Default)]
struct Shelf {
    versions: (i64, i64),
    built_at: Timestamp,
    articles: Vec<Article>,
    library: Library,
}

/// The shelf and how new it is.
#[derive(Default)]
pub(crate) struct Knowledge(RwLock<Option<Arc<Shelf>>>);

/// An article that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) article: Article,
    pub(crate) hit: Hit,
}

impl Knowledge {
    /// The best articles for a question, best first; in one language if given.
    pub(crate) async fn search(
        &self,
        store: &Store,
        now: Timestamp,
        question: &str,
        language: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let shelf = self.shelf(store, now).await?;
        let hits = shelf.library.search(question, language, limit).into_iter();
        Ok(hits
            .filter_map(|hit| Some(Found { article: shelf.articles.get(hit.index)?.clone(), hit }))
            .collect())
    }

    async fn shelf(&self, store: &Store, now: Timestamp) -> Result<Arc<Shelf>, StoreError> {
        let versions = store.articles_versions().await?;
        if let Some(shelf) = self.0.read().await.as_ref().filter(|s| s.serves(versions, now)) {
            return Ok(Arc::clone(shelf));
        }
        // Held while it is built: others wait for it instead of building it as well.
        let mut slot = self.0.write().await;
        if let Some(shelf) = slot.as_ref().filter(|s| s.serves(versions, now)) {
            return Ok(Arc::clone(shelf));
        }
        let articles = store.articles(None, Some(ArticleState::Public)).await?;
        let alternates = store.alternates(None).await?;
        let building =
            tokio::task::spawn_blocking(move || Shelf::build(versions, now, articles, &alternates));
        // A build that was cut off leaves what was there; an empty shelf would answer wrongly.
        let shelf = Arc::new(building.await.map_err(|_| StoreError::Unavailable("articles".into()))?);
        *slot = Some(Arc::clone(&shelf));
        Ok(shelf)
    }
}

impl Shelf {
    /// Whether it is as new as it has to be: articles at once, learnt questions once building it anew costs little.
    fn serves(&self, (articles, alternates): (i64, i64), now: Timestamp) -> bool {
        let rests = self.articles.len() > QUICK_ARTICLES && now < self.built_at.plus(LEARNT_WAIT_MS);
        self.versions.0 == articles && (self.versions.1 == alternates || rests)
    }

    fn build(
        versions: (i64, i64),
        built_at: Timestamp,
        articles: Vec<Article>,
        alternates: &[Alternate],
    ) -> Self {
        let mut asked: HashMap<ArticleId, Vec<&str>> = HashMap::new();
        for alternate in alternates {
            asked.entry(alternate.article_id).or_default().push(&alternate.text);
        }
        let library = Library::build(articles.iter().map(|article| {
            let alternates = asked.get(&article.id).map_or(&[][..], Vec::as_slice);
            (article.locale.as_str(), Source { title: &article.title, alternates, body: &article.body })
        }));
        Self { versions, built_at, articles, library }
    }
}
