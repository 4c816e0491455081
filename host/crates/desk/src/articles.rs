//! The knowledge base as people keep it: writing an article, taking it away, taking in many, trying what a question
//! finds. Every change leaves an audit entry. What plugins search stands in `knowledge`.

mod export;
mod reading;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::article::{Article, ArticleState};
use domain::id::ArticleId;
use domain::{Actor, Refusal, Timestamp, plain};
use serde_json::Value;
use store::{Commit, Fact};

pub use self::reading::{Rows, articles_in};
use crate::knowledge::Ground;
use crate::{Desk, DeskError};

/// Most articles that a tried question finds.
const FOUND_MAX: usize = 10;

/// What scores less than this share of the best is not worth a look.
const NEAR_SHARE: f32 = 0.4;

/// An article to be written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewArticle {
    /// Key for links and imports; unique per locale.
    pub key: String,
    /// BCP 47 locale.
    pub locale: String,
    /// Who may see it.
    #[serde(default = "public")]
    pub state: ArticleState,
    /// The question it answers.
    pub title: String,
    /// The answer, plain text.
    pub body: String,
    /// The product that it is about; absent: it holds for all.
    #[serde(default)]
    pub product: Option<String>,
    /// From when on it holds; absent: at once.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Until when it holds, this instant not included; absent: until it is changed.
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
}

const fn public() -> ArticleState {
    ArticleState::Public
}

/// What the writer of an article saw before it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing looked at: what stands there is replaced.
    Anything,
    /// No article of this key and locale.
    Nothing,
    /// The article as it was changed last at this instant.
    Changed(Timestamp),
}

/// What came of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Articles that stand there now as the import has them.
    pub written: u64,
    /// Those that could not be written, each with its place and why.
    pub refused: Vec<String>,
}

impl NewArticle {
    fn plain(self) -> Self {
        let product = self.product.map(|product| plain::line(&product));
        Self { title: plain::line(&self.title), body: plain::text(&self.body), product, ..self }
    }
}

impl Desk {
    /// Writes an article; one with the same key and locale is replaced.
    ///
    /// # Errors
    /// When key, locale, title, body, product or times are out of bounds.
    pub async fn put_article(&self, new: NewArticle, actor: Actor) -> Result<Article, DeskError> {
        self.write_article(new, Seen::Anything, actor).await
    }

    /// Writes an article if what stands there is what its writer saw.
    ///
    /// # Errors
    /// As [`Desk::put_article`]; `version_conflict` when somebody else wrote it meanwhile.
    pub async fn write_article(
        &self,
        new: NewArticle,
        seen: Seen,
        actor: Actor,
    ) -> Result<Article, DeskError> {
        let new = new.plain();
        check(&new)?;
        let now = self.now();
        let known = self.0.store.articles_with_key(&new.key).await?;
        let standing = known.into_iter().find(|article| article.locale == new.locale);
        if let Some(same) = standing.as_ref().filter(|a| says_the_same(a, &new)) {
            // An import that runs each night changes nothing, and no answer waits for it.
            return Ok(same.clone());
        }
        check_seen(seen, standing.as_ref())?;
        let id = standing.map_or_else(|| ArticleId::mint(self.0.ids.as_ref(), now), |a| a.id);
        let article = Article {
            id,
            key: new.key,
            locale: new.locale,
            state: new.state,
            title: new.title,
            body: new.body,
            product: new.product.map(|product| product.trim().to_owned()),
            valid_from: new.valid_from,
            valid_until: new.valid_until,
            updated_at: now,
        };
        let facts =
            vec![Fact::PutArticle(article.clone()), self.audit(&actor, "article.written", id, Value::Null)];
        self.0.store.commit(Commit { facts }).await?;
        Ok(article)
    }

    /// Removes an article.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn remove_article(&self, id: ArticleId, actor: Actor) -> Result<(), DeskError> {
        self.0.store.article(id).await?.ok_or_else(|| DeskError::missing("article", id))?;
        let facts = vec![Fact::RemoveArticle(id), self.audit(&actor, "article.removed", id, Value::Null)];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// Writes many articles. One that cannot be read or is refused is told with its place and does not stop the others.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn import_articles(&self, rows: Rows, actor: &Actor) -> Result<Imported, DeskError> {
        let mut out = Imported::default();
        let mut places: BTreeMap<(String, String), String> = BTreeMap::new();
        for (place, article) in rows {
            match self.import_article(&mut places, &place, article, actor).await {
                Ok(()) => out.written += 1,
                Err(DeskError::Refused(refusal)) => {
                    out.refused.push(format!("{place}: {}", DeskError::Refused(refusal)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(out)
    }

    async fn import_article(
        &self,
        places: &mut BTreeMap<(String, String), String>,
        place: &str,
        article: Result<NewArticle, String>,
        actor: &Actor,
    ) -> Result<(), DeskError> {
        let article = article.map_err(|why| Refusal::new("bad_request", why))?;
        match places.entry((article.key.clone(), article.locale.clone())) {
            Entry::Occupied(first) => {
                let (key, first) = (&article.key, first.get());
                let why = format!("its key {key} is that of {first}; give it a key of its own");
                Err(Refusal::new("bad_request", why).at("key").into())
            }
            Entry::Vacant(free) => {
                free.insert(place.to_owned());
                self.put_article(article, actor.clone()).await.map(drop)
            }
        }
    }

    /// The articles that a question finds now, best first, as plugins find them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn try_question(
        &self,
        question: &str,
        language: Option<&str>,
    ) -> Result<Vec<Article>, DeskError> {
        let ground = Ground { store: &self.0.store, meaning: &self.0.meaning, now: self.now() };
        let found = self.0.knowledge.search(&ground, question, language, FOUND_MAX).await?;
        let least = found.first().map_or(0.0, |best| best.hit.score * NEAR_SHARE);
        let near = found.into_iter().filter(|found| found.hit.score > 0.0 && found.hit.score >= least);
        Ok(near.map(|found| found.article).collect())
    }
}

fn check(new: &NewArticle) -> Result<(), Refusal> {
    let bad = |field: &str, sentence: &str| Err(Refusal::new("bad_request", sentence).at(field));
    if !domain::ticket::is_key(&new.key) {
        return bad("key", "A key consists of 1 to 64 of a-z 0-9 _ - . :");
    }
    if !domain::ticket::is_language_tag(&new.locale) {
        return bad("locale", "A locale is a BCP 47 tag such as de or en-GB.");
    }
    if new.title.trim().is_empty() || new.title.len() > 500 {
        return bad("title", "A title has 1 to 500 bytes.");
    }
    if new.body.trim().is_empty() || new.body.len() > domain::effect::TEXT_BYTES_MAX {
        return bad("body", "A body has 1 byte to 64 KiB.");
    }
    if new.product.as_ref().is_some_and(|product| product.trim().is_empty() || product.len() > 80) {
        return bad("product", "A product has 1 to 80 bytes; leave it out where the article holds for all.");
    }
    if new.valid_from.zip(new.valid_until).is_some_and(|(from, until)| until <= from) {
        return bad("valid_until", "It has to come after valid_from, or the article would never hold.");
    }
    Ok(())
}

fn check_seen(seen: Seen, standing: Option<&Article>) -> Result<(), Refusal> {
    match (seen, standing) {
        (Seen::Nothing, Some(article)) => {
            let sentence = format!(
                "There is an article {} in {} already: open that one, or choose another key.",
                article.key, article.locale
            );
            Err(Refusal::new("version_conflict", sentence).at("key"))
        }
        (Seen::Changed(at), Some(article)) if article.updated_at != at => Err(Refusal::new(
            "version_conflict",
            "Somebody else changed the article meanwhile: open it in another window, and put together what each of you wrote.",
        )),
        (Seen::Changed(_), None) => Err(Refusal::new(
            "version_conflict",
            "Somebody removed the article meanwhile: write it as a new one if it is still wanted.",
        )),
        _ => Ok(()),
    }
}

/// Whether writing an article would change nothing.
fn says_the_same(article: &Article, new: &NewArticle) -> bool {
    (article.state, &article.title, &article.body) == (new.state, &new.title, &new.body)
        && (&article.product, article.valid_from, article.valid_until)
            == (&new.product, new.valid_from, new.valid_until)
}
