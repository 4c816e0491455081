//! The searchable knowledge base: public articles indexed in memory, rebuilt when the store's articles
//! change. The truth stays in the store.

use std::sync::Arc;

use domain::article::{Article, ArticleState, Hit, Library, Source};
use store::{Store, StoreError};
use tokio::sync::RwLock;

#[derive(Default)]
struct Shelf {
    version: i64,
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
        question: &str,
        language: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let shelf = self.shelf(store).await?;
        let hits = shelf.library.search(question, language, limit).into_iter();
        Ok(hits
            .filter_map(|hit| Some(Found { article: shelf.articles.get(hit.index)?.clone(), hit }))
            .collect())
    }

    async fn shelf(&self, store: &Store) -> Result<Arc<Shelf>, StoreError> {
        let version = store.articles_version().await?;
        if let Some(shelf) = self.0.read().await.as_ref().filter(|s| s.version == version) {
            return Ok(Arc::clone(shelf));
        }
        // Held while it is built: others wait for it instead of building it as well.
        let mut slot = self.0.write().await;
        if let Some(shelf) = slot.as_ref().filter(|s| s.version == version) {
            return Ok(Arc::clone(shelf));
        }
        let articles = store.articles(None, Some(ArticleState::Public)).await?;
        let building = tokio::task::spawn_blocking(move || Shelf::build(version, articles));
        // A build that was cut off leaves what was there; an empty shelf would answer wrongly.
        let shelf = Arc::new(building.await.map_err(|_| StoreError::Unavailable("articles".into()))?);
        *slot = Some(Arc::clone(&shelf));
        Ok(shelf)
    }
}

impl Shelf {
    fn build(version: i64, articles: Vec<Article>) -> Self {
        let library = Library::build(articles.iter().map(|article| {
            let source = Source { title: &article.title, alternates: &[], body: &article.body };
            (article.locale.as_str(), source)
        }));
        Self { version, articles, library }
    }
}
