//! Floor 1: texts to vectors. Loads a model that lies in a folder on disk and computes with it on the CPU, on
//! the caller's thread; the same model and text always give the same vector on the same machine.
//!
//! Knows texts and files; never tickets, plugins, caches or settings of the house. Fetches nothing.

mod encoder;
mod error;
mod files;
mod import;
mod limits;
mod maths;
mod settings;
mod table;
mod tensors;
mod tokens;

use std::path::Path;

use encoder::Encoder;
use table::Table;
use tokens::Tokens;

pub use error::Error;
pub use import::{Imported, import};
pub use settings::{Kind, Pooling, Settings};

/// What turns a text's tokens into a vector.
enum Weights {
    Table(Table),
    Encoder(Box<Encoder>),
}

/// A model in memory. Shared freely between threads: embedding changes nothing in it.
pub struct Model {
    settings: Settings,
    digest: String,
    tokens: Tokens,
    weights: Weights,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("settings", &self.settings).field("digest", &self.digest).finish()
    }
}

impl Model {
    /// Loads the model in `dir`: `tokenizer.json`, `model.safetensors`, for an encoder `config.json`, and
    /// `kulanz-model.toml` if the defaults do not fit. Everything is checked before memory is taken for it.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let settings = settings::of(dir)?;
        let digest = files::digest(dir, &settings)?;
        let weights = match settings.kind {
            Kind::Static => Weights::Table(Table::load(dir)?),
            Kind::Encoder => Weights::Encoder(Box::new(Encoder::load(dir, &settings)?)),
        };
        let tokens = Tokens::load(dir, &settings, weights.rows())?;
        Ok(Self { settings, digest, tokens, weights })
    }

    /// What people call the model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// SHA-256 over the model's files, in hex: two models with the same digest give the same vectors.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many numbers a vector has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        match &self.weights {
            Weights::Table(table) => table.dimension(),
            Weights::Encoder(encoder) => encoder.dimension(),
        }
    }

    /// How the model is used: prefix, pooling, longest text.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// One vector of length 1 per text, in the order of the texts. A text is cut at the model's longest one.
    /// A text without a single known token gets the zero vector.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = Vec::with_capacity(texts.len());
        let mut batch: Vec<Vec<u32>> = Vec::new();
        let mut batch_tokens = 0;
        for text in texts {
            let ids = self.tokens.of(text)?;
            if !batch.is_empty() && batch_tokens + ids.len() > limits::BATCH_TOKENS_MAX {
                vectors.extend(self.forward(&batch)?);
                batch.clear();
                batch_tokens = 0;
            }
            batch_tokens += ids.len();
            batch.push(ids);
        }
        vectors.extend(self.forward(&batch)?);
        Ok(vectors)
    }

    fn forward(&self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = match &self.weights {
            Weights::Table(table) => table.vectors(batch),
            Weights::Encoder(encoder) => encoder.vectors(batch),
        };
        for vector in &mut vectors {
            maths::normalise(vector);
            if !vector.iter().all(|number| number.is_finite()) {
                return Err(Error::NotFinite { model: self.settings.name.clone() });
            }
        }
        Ok(vectors)
    }
}

impl Weights {
    /// How many tokens the weights know.
    fn rows(&self) -> usize {
        match self {
            Self::Table(table) => table.rows(),
            Self::Encoder(encoder) => encoder.rows(),
        }
    }
}
