//! The searchable knowledge base: public articles indexed in memory, rebuilt when the store's articles
//! change. The truth stays in the store.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::Timestamp;
use domain::article::{Alternate, Article, ArticleState, Hit, Library, Source, Vectors};
use domain::id::ArticleId;
use store::{Store, StoreError};
use tokio::sync::RwLock;

use crate::meaning::{Meaning, Vector, beginning};

/// One article in so many may lack its vector.
const MISSING_PART: usize = 20;
/// Up to so many articles are indexed anew for every question that is learnt.
const QUICK_ARTICLES: usize = 1_000;
/// Beyond, what was learnt waits so long, milliseconds.
const LEARNT_WAIT_MS: i64 = 600_000;

/// Of the articles, of what was learnt of them, and of the vectors.
type Versions = (i64, i64, u64);

/// Articles and their index, as they were at one moment.
#[derive(Default)]
pub(crate) struct Shelf {
    versions: Versions,
    built_at: Timestamp,
    /// When an article begins or ceases to hold.
    turns_at: Option<Timestamp>,
    knows_meaning: bool,
    vectors: HashMap<String, Vector>,
    articles: Vec<Article>,
    library: Library,
}

/// The shelf and how new it is.
#[derive(Default)]
pub(crate) struct Knowledge {
    shelf: RwLock<Option<Arc<Shelf>>>,
    /// How often missing vectors have been reckoned to the end: the shelf is built anew after each.
    reckoned: Arc<AtomicU64>,
    /// Whether somebody reckons vectors now.
    reckoning: Arc<AtomicBool>,
}

/// An article that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) article: Article,
    pub(crate) hit: Hit,
}

/// What articles are looked for in.
pub(crate) struct Ground<'g> {
    pub(crate) store: &'g Store,
    pub(crate) meaning: &'g Meaning,
    pub(crate) now: Timestamp,
}

impl Knowledge {
    /// The best articles for a question, best first; in one language if given.
    pub(crate) async fn search(
        &self,
        ground: &Ground<'_>,
        question: &str,
        language: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        Ok(self.shelf(ground).await?.search(ground.meaning, question, language, limit).await)
    }

    /// The articles as they are now.
    pub(crate) async fn shelf(&self, ground: &Ground<'_>) -> Result<Arc<Shelf>, StoreError> {
        let (articles, alternates) = ground.store.articles_versions().await?;
        let versions = (articles, alternates, self.reckoned.load(Ordering::Acquire));
        if let Some(shelf) = self.shelf.read().await.as_ref().filter(|s| s.serves(versions, ground.now)) {
            return Ok(Arc::clone(shelf));
        }
        // Held while it is built: others wait for it instead of building it as well.
        let mut slot = self.shelf.write().await;
        if let Some(shelf) = slot.as_ref().filter(|s| s.serves(versions, ground.now)) {
            return Ok(Arc::clone(shelf));
        }
        let now = ground.now;
        let mut articles = ground.store.articles(None, Some(ArticleState::Public)).await?;
        let turns_at = articles.iter().filter_map(|article| article.turns_at(now)).min();
        articles.retain(|article| article.holds_at(now));
        let alternates = ground.store.alternates(None).await?;
        let texts = Texts::of(&articles);
        let at_hand = |text: String| {
            let vector = slot.as_ref().and_then(|shelf| shelf.vectors.get(&text)).map(Arc::clone)?;
            Some((text, vector))
        };
        // Only of texts that are still there: what was edited is let go of.
        let mut known: HashMap<String, Vector> = texts.all().into_iter().filter_map(at_hand).collect();
        let unknown = |known: &HashMap<String, Vector>| {
            texts.all().into_iter().filter(|text| !known.contains_key(text)).collect::<Vec<String>>()
        };
        known.extend(ground.meaning.stored(ground.store, &unknown(&known)).await?);
        let missing = unknown(&known);
        if ground.meaning.is_there() && !missing.is_empty() {
            self.reckon(ground, missing);
        }
        let building =
            tokio::task::spawn_blocking(move || Shelf::build(versions, now, articles, &alternates, known));
        // A build that was cut off leaves what was there; an empty shelf would answer wrongly.
        let built = building.await.map_err(|_| StoreError::Unavailable("articles".into()))?;
        let shelf = Arc::new(Shelf { turns_at, ..built });
        *slot = Some(Arc::clone(&shelf));
        Ok(shelf)
    }

    /// Reckons vectors beside everything else; tickets are answered by words meanwhile. What is done is stored, so that
    /// a stop loses one batch.
    fn reckon(&self, ground: &Ground<'_>, missing: Vec<String>) {
        if self.reckoning.swap(true, Ordering::AcqRel) {
            return;
        }
        let (store, meaning) = (ground.store.clone(), ground.meaning.clone());
        let (reckoned, reckoning) = (Arc::clone(&self.reckoned), Arc::clone(&self.reckoning));
        tokio::spawn(async move {
            let _done = Done(reckoning);
            match meaning.reckon_and_store(&store, missing).await {
                Ok(true) => drop(reckoned.fetch_add(1, Ordering::AcqRel)),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "vectors of articles could not be stored"),
            }
        });
    }
}

/// Says at its end, however that comes, that nobody reckons any more.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The texts of articles that have a vector each: the question and the beginning of the answer. What customers asked
/// has none: vectors lie in the store, and their words are to be forgotten with their tickets.
struct Texts(Vec<[String; 2]>);

impl Texts {
    fn of(articles: &[Article]) -> Self {
        Self(articles.iter().map(|article| [article.title.clone(), beginning(&article.body)]).collect())
    }

    fn all(&self) -> Vec<String> {
        self.0.iter().flatten().cloned().collect()
    }

    /// The vectors of every article; none while many are missing: that would favour those that have one.
    fn vectors(&self, known: &HashMap<String, Vector>) -> Option<Vec<Vectors>> {
        let vector = |text: &String| known.get(text).map(|vector| vector.as_ref().clone());
        let all: Vec<Vectors> = self
            .0
            .iter()
            .map(|[question, body]| Vectors {
                questions: vector(question).into_iter().collect(),
                body: vector(body),
            })
            .collect();
        let missing = all.iter().filter(|one| one.questions.is_empty()).count();
        (missing * MISSING_PART <= all.len() && missing < all.len()).then_some(all)
    }
}

fn by_article(alternates: &[Alternate]) -> HashMap<ArticleId, Vec<&str>> {
    let mut asked: HashMap<ArticleId, Vec<&str>> = HashMap::new();
    for alternate in alternates {
        asked.entry(alternate.article_id).or_default().push(&alternate.text);
    }
    asked
}

impl Shelf {
    pub(crate) fn articles(&self) -> &[Article] {
        &self.articles
    }

    pub(crate) async fn search(
        &self,
        meaning: &Meaning,
        question: &str,
        language: Option<&str>,
        limit: usize,
    ) -> Vec<Found> {
        let meant = match self.knows_meaning {
            true => meaning.of_question(question).await,
            false => None,
        };
        let vector = meant.as_deref().map(Vec::as_slice);
        let hits = self.library.search_meant(question, vector, language, limit).into_iter();
        hits.filter_map(|hit| Some(Found { article: self.articles.get(hit.index)?.clone(), hit })).collect()
    }

    /// The same articles, asked for in these other ways only.
    pub(crate) fn asked_only(&self, alternates: &[Alternate]) -> Self {
        Self::build(self.versions, self.built_at, self.articles.clone(), alternates, self.vectors.clone())
    }

    /// Whether it is as new as it has to be: articles at once, learnt questions once building it anew costs little.
    fn serves(&self, (articles, alternates, reckoned): Versions, now: Timestamp) -> bool {
        let rests = self.articles.len() > QUICK_ARTICLES && now < self.built_at.plus(LEARNT_WAIT_MS);
        self.turns_at.is_none_or(|at| now < at)
            && self.versions.0 == articles
            && self.versions.2 == reckoned
            && (self.versions.1 == alternates || rests)
    }

    fn build(
        versions: Versions,
        built_at: Timestamp,
        articles: Vec<Article>,
        alternates: &[Alternate],
        vectors: HashMap<String, Vector>,
    ) -> Self {
        let asked = by_article(alternates);
        let library = Library::build(articles.iter().map(|article| {
            let alternates = asked.get(&article.id).map_or(&[][..], Vec::as_slice);
            (article.locale.as_str(), Source { title: &article.title, alternates, body: &article.body })
        }));
        let meant = Texts::of(&articles).vectors(&vectors);
        let knows_meaning = meant.is_some();
        let library = match meant {
            Some(meant) => library.with_vectors(&meant),
            None => library,
        };
        Self { versions, built_at, turns_at: None, knows_meaning, vectors, articles, library }
    }
}
