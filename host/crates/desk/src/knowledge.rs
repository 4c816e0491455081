//! The searchable knowledge base: public articles indexed in memory, rebuilt when the store's articles
//! change. The truth stays in the store.

use std::collections::HashMap;
use std::sync::Arc;

use domain::article::{Article, ArticleState, Index};
use store::{Store, StoreError};
use tokio::sync::RwLock;

#[derive(Default)]
struct Shelf {
    version: i64,
    articles: Vec<Article>,
    index: Index,
    by_language: HashMap<String, (Vec<usize>, Index)>,
}

/// The shelf and how new it is.
#[derive(Default)]
pub(crate) struct Knowledge(RwLock<Option<Arc<Shelf>>>);

/// An article that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) article: Article,
    pub(crate) score: f32,
    pub(crate) terms: Vec<String>,
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
        let own = language.map(|l| l.split('-').next().unwrap_or(l).to_lowercase());
        let (positions, index) = match own {
            Some(language) => match shelf.by_language.get(&language) {
                Some((positions, index)) => (Some(positions), index),
                None => return Ok(Vec::new()),
            },
            None => (None, &shelf.index),
        };
        let hits = index.search(question, limit);
        Ok(hits
            .into_iter()
            .filter_map(|hit| {
                let position = positions.map_or(Some(hit.index), |p| p.get(hit.index).copied())?;
                let article = shelf.articles.get(position)?.clone();
                Some(Found { article, score: hit.score, terms: hit.terms })
            })
            .collect())
    }

    async fn shelf(&self, store: &Store) -> Result<Arc<Shelf>, StoreError> {
        let version = store.articles_version().await?;
        if let Some(shelf) = self.0.read().await.as_ref().filter(|s| s.version == version) {
            return Ok(Arc::clone(shelf));
        }
        let articles = store.articles(None, Some(ArticleState::Public)).await?;
        let shelf = Arc::new(Shelf::build(version, articles));
        *self.0.write().await = Some(Arc::clone(&shelf));
        Ok(shelf)
    }
}

impl Shelf {
    fn build(version: i64, articles: Vec<Article>) -> Self {
        let index = Index::build(articles.iter().map(|a| (a.title.as_str(), a.body.as_str())));
        let mut positions: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, article) in articles.iter().enumerate() {
            let language = article.locale.split('-').next().unwrap_or("").to_lowercase();
            positions.entry(language).or_default().push(position);
        }
        let by_language = positions
            .into_iter()
            .map(|(language, positions)| {
                let of = positions
                    .iter()
                    .filter_map(|p| articles.get(*p))
                    .map(|a| (a.title.as_str(), a.body.as_str()));
                let index = Index::build(of);
                (language, (positions, index))
            })
            .collect();
        Self { version, articles, index, by_language }
    }
}
