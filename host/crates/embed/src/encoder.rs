//! A BERT-like sentence encoder: its shape from `config.json`, its weights, and the way of a batch through it.
//! Knows token numbers, no texts.
//!
//! The tokens of all texts of a batch stand below each other in one matrix, without padding: only attention
//! looks at one text at a time, everything else at single rows. So there is no mask to get wrong, and a
//! text's vector does not depend on its neighbours.

mod config;
mod layer;

use std::ops::Range;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use config::Config;
use layer::{Layer, Norm, matrix};

use crate::tensors::Tensors;
use crate::{Error, Pooling, Settings, files};

/// The network in memory.
pub(crate) struct Encoder {
    words: Array2<f32>,
    /// Position vectors, with the vector of the first text type added: there is no second text.
    positions: Array2<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    pooling: Pooling,
}

impl Encoder {
    /// Loads shape and weights.
    pub(crate) fn load(dir: &Path, settings: &Settings) -> Result<Self, Error> {
        let config = Config::load(&dir.join(files::CONFIG))?;
        if settings.max_tokens > config.tokens_max() {
            let why = format!("is {}, the model takes {}", settings.max_tokens, config.tokens_max());
            return Err(Error::field(&dir.join(files::SETTINGS), "max_tokens", why));
        }
        let mut tensors = Tensors::open(&dir.join(files::WEIGHTS))?;
        let root = root(&tensors)?;
        let at = |name: &str| format!("{root}embeddings.{name}");
        let hidden = config.hidden;
        let words = matrix(&mut tensors, &at("word_embeddings.weight"), config.words, hidden)?;
        let positions = matrix(&mut tensors, &at("position_embeddings.weight"), config.positions, hidden)?;
        let mut positions = positions.slice(s![config.first_position.., ..]).to_owned();
        if config.types > 0 {
            let types = matrix(&mut tensors, &at("token_type_embeddings.weight"), config.types, hidden)?;
            positions += &types.row(0);
        }
        let norm = Norm::load(&mut tensors, &at("LayerNorm"), hidden, config.epsilon)?;
        let layers = (0..config.layers)
            .map(|number| Layer::load(&mut tensors, &format!("{root}encoder.layer.{number}."), &config))
            .collect::<Result<_, _>>()?;
        Ok(Self { words, positions, norm, layers, heads: config.heads, pooling: settings.pooling })
    }

    /// How many tokens the network knows.
    pub(crate) fn rows(&self) -> usize {
        self.words.nrows()
    }

    /// How many numbers a vector has.
    pub(crate) fn dimension(&self) -> usize {
        self.words.ncols()
    }

    /// One vector per text.
    pub(crate) fn vectors(&self, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let mut rows = self.entrance(texts);
        let places = places(texts);
        for layer in &self.layers {
            rows = layer.forward(rows, &places, self.heads);
        }
        places.into_iter().map(|place| self.pool(rows.slice(s![place, ..])).to_vec()).collect()
    }

    fn entrance(&self, texts: &[Vec<u32>]) -> Array2<f32> {
        let tokens = texts.iter().map(Vec::len).sum();
        let mut rows = Array2::zeros((tokens, self.dimension()));
        let placed = texts.iter().flat_map(|ids| ids.iter().enumerate());
        for (mut row, (position, id)) in rows.rows_mut().into_iter().zip(placed) {
            row += &self.words.row(*id as usize);
            row += &self.positions.row(position);
        }
        self.norm.apply(&mut rows);
        rows
    }

    fn pool(&self, rows: ArrayView2<'_, f32>) -> Array1<f32> {
        match self.pooling {
            Pooling::Cls => rows.row(0).to_owned(),
            Pooling::Mean => rows.sum_axis(Axis(0)) / rows.nrows() as f32,
        }
    }
}

/// Which rows belong to which text.
fn places(texts: &[Vec<u32>]) -> Vec<Range<usize>> {
    let mut end = 0;
    texts
        .iter()
        .map(|ids| {
            let start = end;
            end += ids.len();
            start..end
        })
        .collect()
}

/// What stands before `embeddings.` in the names of tensors: nothing, `bert.` or `roberta.`.
fn root(tensors: &Tensors) -> Result<String, Error> {
    const WORDS: &str = "embeddings.word_embeddings.weight";
    let found = tensors.names().into_iter().find_map(|name| name.strip_suffix(WORDS)).map(str::to_owned);
    found.ok_or_else(|| {
        Error::tensor(tensors.path(), WORDS, "is missing; these are no weights of a BERT-like encoder")
    })
}
