//! What texts mean, as vectors, where the operator has put a model in place. Articles' vectors lie in the store, so that
//! a start reckons none anew; those of customers' questions live in memory, not for long, and in the records of the runs that asked for one.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use embed::Model;
use runtime::EmbedModel;
use sha2::{Digest, Sha256};
use store::{Commit, Fact, Store, StoreError};
use tokio::sync::Semaphore;

/// Questions whose vectors are at hand: a run asks for one several times.
const QUESTIONS_MAX: usize = 256;
/// Texts embedded at a time: what was reckoned is stored after each.
const BATCH: usize = 32;
/// Texts after which it is asked whether anybody still waits.
const TEXTS_AT_ONCE: usize = 8;
/// Characters of an article's answer that say what it is about.
const BODY_CHARS: usize = 600;

/// A vector of length one.
pub(crate) type Vector = Arc<Vec<f32>>;

/// The model, if there is one, and what it said lately.
#[derive(Clone, Default)]
pub struct Meaning(Option<Arc<Inner>>);

struct Inner {
    model: Model,
    /// Half of the processors: whoever asks much waits behind himself and not before mail.
    places: Arc<Semaphore>,
    questions: Mutex<VecDeque<(String, Vector)>>,
}

impl Meaning {
    /// No model: everything works by words.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// A model.
    #[must_use]
    pub fn of(model: Model) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let places = Arc::new(Semaphore::new((processors / 2).max(1)));
        Self(Some(Arc::new(Inner { model, places, questions: Mutex::default() })))
    }

    /// Whether there is a model.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// The vector of a question; none without a model, or when it cannot say.
    pub(crate) async fn of_question(&self, text: &str) -> Option<Vector> {
        let inner = self.0.as_ref()?;
        let digest = digest(text);
        if let Some(vector) = inner.at_hand(&digest) {
            return Some(vector);
        }
        let vector = Arc::new(inner.reckon(vec![text.to_owned()]).await?.pop()?);
        inner.keep(digest, Arc::clone(&vector));
        Some(vector)
    }

    /// The model, as plugins know it.
    pub(crate) fn model(&self) -> Option<EmbedModel> {
        let model = &self.0.as_ref()?.model;
        let dimension = u32::try_from(model.dimension()).ok()?;
        Some(EmbedModel { digest: model.digest().to_owned(), dimension })
    }

    /// The vectors of texts, in their order; none without a model, or when it cannot say.
    pub(crate) async fn of_texts(&self, texts: &[String]) -> Option<Vec<Vector>> {
        let inner = self.0.as_ref()?;
        if let [text] = texts {
            return Some(vec![self.of_question(text).await?]);
        }
        // Many at once are a history that is read once: keeping them would push out what runs ask for again.
        Some(inner.reckon(texts.to_vec()).await?.into_iter().map(Arc::new).collect())
    }

    /// The vectors of these texts that are in the store, by text.
    pub(crate) async fn stored(
        &self,
        store: &Store,
        texts: &[String],
    ) -> Result<HashMap<String, Vector>, StoreError> {
        let Some(inner) = &self.0 else { return Ok(HashMap::new()) };
        let by_digest: HashMap<String, &String> = texts.iter().map(|text| (digest(text), text)).collect();
        let digests: Vec<String> = by_digest.keys().cloned().collect();
        let found = store.vectors(inner.model.digest(), &digests).await?;
        let named = found.into_iter().filter_map(|(digest, bytes)| {
            Some(((*by_digest.get(&digest)?).clone(), Arc::new(numbers(&bytes))))
        });
        Ok(named.collect())
    }

    /// Lets go of what other models reckoned.
    pub(crate) async fn tidy(&self, store: &Store) -> Result<(), StoreError> {
        let Some(inner) = &self.0 else { return Ok(()) };
        store.commit(Commit::of(vec![Fact::KeepVectorsOf(inner.model.digest().to_owned())])).await
    }

    /// Reckons the vectors of texts and stores them, batch by batch; `false` when the model cannot say.
    pub(crate) async fn reckon_and_store(
        &self,
        store: &Store,
        texts: Vec<String>,
    ) -> Result<bool, StoreError> {
        let Some(inner) = &self.0 else { return Ok(false) };
        for batch in texts.chunks(BATCH) {
            let Some(vectors) = inner.reckon(batch.to_vec()).await else { return Ok(false) };
            let vectors = batch.iter().zip(vectors).map(|(text, v)| (digest(text), bytes(&v))).collect();
            let fact = Fact::PutVectors { model: inner.model.digest().to_owned(), vectors };
            store.commit(Commit::of(vec![fact])).await?;
        }
        Ok(true)
    }
}

impl Inner {
    async fn reckon(self: &Arc<Self>, texts: Vec<String>) -> Option<Vec<Vec<f32>>> {
        let inner = Arc::clone(self);
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let (wanted, unwanted) = Wanted::new();
        let reckoned = tokio::task::spawn_blocking(move || {
            let _place = place;
            let mut vectors = Vec::with_capacity(texts.len());
            for some in texts.chunks(TEXTS_AT_ONCE) {
                // A run that was ended at its deadline waits for nothing any more.
                if unwanted.load(Ordering::Acquire) {
                    break;
                }
                let some: Vec<&str> = some.iter().map(String::as_str).collect();
                vectors.extend(inner.model.embed(&some)?);
            }
            Ok::<_, embed::Error>(vectors)
        });
        let reckoned = reckoned.await;
        drop(wanted);
        match reckoned {
            Ok(Ok(vectors)) => Some(vectors),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the model cannot say what a text means; words alone decide");
                None
            }
            Err(_) => None,
        }
    }

    fn at_hand(&self, digest: &str) -> Option<Vector> {
        let questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions.iter().find(|(known, _)| known == digest).map(|(_, vector)| Arc::clone(vector))
    }

    fn keep(&self, digest: String, vector: Vector) {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions.push_back((digest, vector));
        if questions.len() > QUESTIONS_MAX {
            questions.pop_front();
        }
    }
}

/// Says at its end that nobody waits for the answer.
struct Wanted(Arc<AtomicBool>);

impl Wanted {
    fn new() -> (Self, Arc<AtomicBool>) {
        let flag = Arc::new(AtomicBool::new(false));
        (Self(Arc::clone(&flag)), flag)
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// The beginning of an article's answer: as much of it as has a vector.
#[must_use]
pub fn beginning(body: &str) -> String {
    body.chars().take(BODY_CHARS).collect()
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_reads_back_from_its_bytes() {
        let vector = vec![0.5, -1.25, 3.0e-9];
        assert_eq!(numbers(&bytes(&vector)), vector);
        assert!(numbers(&[]).is_empty());
    }

    #[tokio::test]
    async fn without_a_model_nothing_is_said() {
        let store = Store::open("sqlite::memory:", &store::Options::default()).await.unwrap();
        let none = Meaning::none();
        assert!(none.of_question("x").await.is_none() && !none.is_there());
        assert!(none.stored(&store, &["x".to_owned()]).await.unwrap().is_empty());
        assert!(!none.reckon_and_store(&store, vec!["x".to_owned()]).await.unwrap());
    }
}
