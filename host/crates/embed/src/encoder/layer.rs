//! One layer of an encoder: attention, then the inner network, each added to what came in and normalised.
//! Knows rows and the places of texts among them.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayViewMut1, Axis, concatenate, s};

use super::config::Config;
use crate::tensors::Tensors;
use crate::{Error, maths};

/// Brings each row to mean 0 and variance 1, then scales and shifts it.
pub(super) struct Norm {
    scale: Array1<f32>,
    shift: Array1<f32>,
    epsilon: f32,
}

/// Weights and bias; weights as they are stored, outputs × inputs.
struct Linear {
    weights: Array2<f32>,
    bias: Array1<f32>,
}

/// The weights of one layer.
pub(super) struct Layer {
    /// Query, key and value of all heads, side by side.
    entrance: Linear,
    attention: Linear,
    attention_norm: Norm,
    inner: Linear,
    outer: Linear,
    outer_norm: Norm,
    activation: fn(&mut [f32]),
}

impl Layer {
    /// Loads the layer whose tensors' names begin with `root`.
    pub(super) fn load(tensors: &mut Tensors, root: &str, config: &Config) -> Result<Self, Error> {
        let (hidden, inner) = (config.hidden, config.inner);
        let mut linear = |name: &str, to, from| Linear::load(tensors, &format!("{root}{name}"), to, from);
        let query = linear("attention.self.query", hidden, hidden)?;
        let key = linear("attention.self.key", hidden, hidden)?;
        let value = linear("attention.self.value", hidden, hidden)?;
        let attention = linear("attention.output.dense", hidden, hidden)?;
        let into = linear("intermediate.dense", inner, hidden)?;
        let outer = linear("output.dense", hidden, inner)?;
        let mut norm = |name: &str| Norm::load(tensors, &format!("{root}{name}"), hidden, config.epsilon);
        Ok(Self {
            attention_norm: norm("attention.output.LayerNorm")?,
            outer_norm: norm("output.LayerNorm")?,
            entrance: Linear::beside(&[&query, &key, &value]),
            attention,
            inner: into,
            outer,
            activation: config.activation,
        })
    }

    /// The rows after this layer.
    pub(super) fn forward(&self, rows: Array2<f32>, places: &[Range<usize>], heads: usize) -> Array2<f32> {
        let seen = self.attend(&self.entrance.apply(&rows), places, heads);
        let mut rows = self.attention.apply(&seen) + rows;
        self.attention_norm.apply(&mut rows);
        let mut inner = self.inner.apply(&rows);
        if let Some(numbers) = inner.as_slice_memory_order_mut() {
            (self.activation)(numbers);
        }
        let mut rows = self.outer.apply(&inner) + rows;
        self.outer_norm.apply(&mut rows);
        rows
    }

    /// Each token looks at the tokens of its own text, once per head.
    fn attend(&self, rows: &Array2<f32>, places: &[Range<usize>], heads: usize) -> Array2<f32> {
        let hidden = rows.ncols() / 3;
        let width = hidden / heads;
        let scale = 1.0 / (width as f32).sqrt();
        let mut seen = Array2::zeros((rows.nrows(), hidden));
        for place in places {
            for head in 0..heads {
                let part = |third: usize| {
                    let from = third * hidden + head * width;
                    rows.slice(s![place.clone(), from..from + width])
                };
                let mut shares = Array2::zeros((place.len(), place.len()));
                general_mat_mul(scale, &part(0), &part(1).t(), 0.0, &mut shares);
                for mut row in shares.rows_mut() {
                    in_place(&mut row, maths::softmax);
                }
                let columns = head * width..(head + 1) * width;
                general_mat_mul(1.0, &shares, &part(2), 0.0, &mut seen.slice_mut(s![place.clone(), columns]));
            }
        }
        seen
    }
}

impl Linear {
    fn load(tensors: &mut Tensors, name: &str, to: usize, from: usize) -> Result<Self, Error> {
        let weights = matrix(tensors, &format!("{name}.weight"), to, from)?;
        let bias = Array1::from(tensors.read(&format!("{name}.bias"), &[to])?);
        Ok(Self { weights, bias })
    }

    /// Several of the same inputs as one: a few large products are faster than many small ones.
    fn beside(parts: &[&Self]) -> Self {
        let weights: Vec<_> = parts.iter().map(|part| part.weights.view()).collect();
        let bias: Vec<_> = parts.iter().map(|part| part.bias.view()).collect();
        // The parts were all read with the same number of inputs, so they can be stacked.
        Self {
            weights: concatenate(Axis(0), &weights).unwrap_or_default(),
            bias: concatenate(Axis(0), &bias).unwrap_or_default(),
        }
    }

    fn apply(&self, rows: &Array2<f32>) -> Array2<f32> {
        let mut out = rows.dot(&self.weights.t());
        out += &self.bias;
        out
    }
}

impl Norm {
    /// Loads scale and shift; older files call them gamma and beta.
    pub(super) fn load(tensors: &mut Tensors, name: &str, width: usize, epsilon: f32) -> Result<Self, Error> {
        let old = tensors.shape(&format!("{name}.gamma")).is_some();
        let (scale, shift) = if old { ("gamma", "beta") } else { ("weight", "bias") };
        Ok(Self {
            scale: Array1::from(tensors.read(&format!("{name}.{scale}"), &[width])?),
            shift: Array1::from(tensors.read(&format!("{name}.{shift}"), &[width])?),
            epsilon,
        })
    }

    /// Normalises every row.
    pub(super) fn apply(&self, rows: &mut Array2<f32>) {
        for mut row in rows.rows_mut() {
            let width = row.len() as f32;
            let mean = row.sum() / width;
            row -= mean;
            let variance = row.iter().map(|x| x * x).sum::<f32>() / width;
            row *= 1.0 / (variance + self.epsilon).sqrt();
            row *= &self.scale;
            row += &self.shift;
        }
    }
}

/// A matrix of exactly this shape.
pub(super) fn matrix(
    tensors: &mut Tensors,
    name: &str,
    rows: usize,
    columns: usize,
) -> Result<Array2<f32>, Error> {
    let numbers = tensors.read(name, &[rows, columns])?;
    Array2::from_shape_vec((rows, columns), numbers)
        .map_err(|error| Error::tensor(tensors.path(), name, error.to_string()))
}

fn in_place(row: &mut ArrayViewMut1<'_, f32>, work: fn(&mut [f32])) {
    if let Some(row) = row.as_slice_mut() {
        work(row);
    }
}
