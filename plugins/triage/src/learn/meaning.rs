//! What tickets mean, as vectors of the house's language model: a ridge regression of the labels on the vectors, which
//! is added to the model of words where that sorts more tickets right. In closed form, so that tickets are taken out
//! for judging by subtraction. Knows vectors and labels, no texts beyond asking for their vectors.

use kulanz_sdk::{Error, embed};
use serde::{Deserialize, Serialize};

use super::calibrate::Calibration;
use super::corpus::{Corpus, f32_of};
use super::model::Head;
use crate::features::as_u32;

/// Characters of a text whose meaning is asked for: people say early what they want, and time grows with length.
pub const TEXT_CHARS_MAX: usize = 600;
/// Tickets of one page of a training with vectors: their vectors are most of the work of a slice.
pub const PAGE: u32 = 50;
/// How much the meaning counts against the words, of which the best is chosen on tickets left out.
pub const SHARES: [f32; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
/// Pull of the coefficients towards zero; between 1 and 3 all is alike for 200 to 3,000 tickets.
const RIDGE: f32 = 2.0;
/// A constant beside each vector, which lets labels differ in how often they come.
const CONSTANT: f32 = 0.3;
/// Bytes of all vectors of a training; a larger history is learnt by words alone.
pub const VECTORS_BYTES_MAX: usize = 16 << 20;
/// Longest vectors that are learnt from: what is reckoned grows with the square of their length, and more.
const DIMENSION_MAX: usize = 1_024;
/// Bytes of a scale in front of bytes that stand for numbers.
const SCALE_WIDTH: usize = 4;

/// Which language model made the vectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its digest.
    pub digest: String,
    /// Numbers in a vector.
    pub dimension: usize,
}

impl Source {
    /// The model in place; none without one, or without the grant.
    #[must_use]
    pub fn in_place() -> Option<Self> {
        let model = embed::model().ok()??;
        let source = Self { digest: model.digest, dimension: model.dimension as usize };
        (1..=DIMENSION_MAX).contains(&source.dimension).then_some(source)
    }

    /// Bytes of a packed vector.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.dimension + SCALE_WIDTH
    }

    /// The vectors of texts, packed; none when the house's model cannot say, or is another one by now.
    #[must_use]
    pub fn packed(&self, texts: &[String]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(texts.len() * self.width());
        for some in texts.chunks(embed::TEXTS_MAX) {
            let some: Vec<String> = some.iter().map(|text| beginning(text)).collect();
            for vector in embed::vectors(&some).ok()? {
                if vector.len() != self.dimension {
                    return None;
                }
                pack(&mut out, &vector);
            }
        }
        Some(out)
    }

    /// Coefficients of one label or sums of one label: a vector and the constant.
    const fn numbers(&self) -> usize {
        self.dimension + 1
    }
}

/// What of a model is about meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meant {
    /// Which language model it is for.
    pub source: Source,
    /// How much the meaning counts against the words.
    pub share: f32,
    /// Share of unseen tickets that both together sort right.
    pub accuracy: f32,
    /// How scores of both become confidence, and confidence a promise.
    pub calibration: Calibration,
}

fn beginning(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// Appends numbers as a scale and a byte each.
fn pack(out: &mut Vec<u8>, numbers: &[f32]) {
    let top = numbers.iter().fold(0.0_f32, |top, n| top.max(n.abs()));
    let scale = if top > 0.0 && top.is_finite() { top / 127.0 } else { 1.0 };
    out.extend(scale.to_le_bytes());
    out.extend(numbers.iter().map(|n| byte(n / scale)));
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a signed byte")]
fn byte(n: f32) -> u8 {
    n.round().clamp(-127.0, 127.0) as i8 as u8
}

#[expect(clippy::cast_possible_wrap, reason = "a byte that was a signed one")]
fn unpack(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    let (scale, rest) = bytes.split_at(SCALE_WIDTH.min(bytes.len()));
    let scale = scale.first_chunk().map_or(0.0, |four| f32::from_le_bytes(*four));
    rest.iter().map(move |b| f32::from(*b as i8) * scale)
}

/// The packed vectors of a corpus, in its order.
#[derive(Debug)]
pub struct Vectors {
    source: Source,
    bytes: Vec<u8>,
    /// Vectors in front of the first sample: of tickets that were dropped for want of room.
    skipped: usize,
}

impl Vectors {
    /// None where there is not one for each sample.
    #[must_use]
    pub fn of(source: &Source, bytes: Vec<u8>, samples: usize) -> Option<Self> {
        let there = bytes.len() / source.width();
        let skipped = there.checked_sub(samples)?;
        Some(Self { source: source.clone(), bytes, skipped })
    }

    fn read(&self, sample: usize, into: &mut Vec<f32>) {
        let (at, width) = ((self.skipped + sample) * self.source.width(), self.source.width());
        into.clear();
        into.extend(unpack(self.bytes.get(at..at + width).unwrap_or_default()));
        into.resize(self.source.dimension, 0.0);
        into.push(CONSTANT);
    }
}

/// Sums over tickets from which the regression follows: of the products of their numbers (lower half), and of their
/// numbers by label.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    n: usize,
    products: Vec<f32>,
    labels: Vec<f32>,
}

impl Sums {
    /// Of no sample.
    #[must_use]
    pub fn none(corpus: &Corpus, vectors: &Vectors) -> Self {
        let n = vectors.source.numbers();
        Self { n, products: vec![0.0; n * n], labels: vec![0.0; n * corpus.labels] }
    }

    /// Of these samples.
    #[must_use]
    pub fn of(corpus: &Corpus, vectors: &Vectors, samples: impl Iterator<Item = usize>) -> Self {
        let mut out = Self::none(corpus, vectors);
        out.add(corpus, vectors, samples, 1.0);
        out
    }

    /// Calculations that so many samples cost.
    #[must_use]
    pub const fn work(&self, samples: usize) -> u64 {
        (samples * self.n * self.n / 2) as u64
    }

    /// Calculations of one solution.
    #[must_use]
    pub const fn work_of_solving(&self) -> u64 {
        (self.n * self.n * self.n / 6 + self.labels.len() * self.n) as u64
    }

    /// Adds samples, or takes them out with a sign of -1.
    pub fn add(
        &mut self,
        corpus: &Corpus,
        vectors: &Vectors,
        samples: impl Iterator<Item = usize>,
        sign: f32,
    ) {
        let mut v = Vec::with_capacity(self.n);
        for sample in samples {
            vectors.read(sample, &mut v);
            let cost = sign * corpus.cost.get(sample).copied().unwrap_or(1.0);
            for (at, line) in self.products.chunks_exact_mut(self.n).enumerate() {
                let half = v.get(..=at).unwrap_or_default();
                let by = cost * half.last().copied().unwrap_or(0.0);
                line.iter_mut().zip(half).for_each(|(sum, other)| *sum += by * other);
            }
            let label = corpus.label.get(sample).copied().unwrap_or(0) as usize;
            if let Some(line) = self.labels.get_mut(label * self.n..(label + 1) * self.n) {
                line.iter_mut().zip(&v).for_each(|(sum, value)| *sum += cost * value);
            }
        }
    }

    /// As bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.products.iter().chain(&self.labels).flat_map(|number| number.to_le_bytes()).collect()
    }

    /// From bytes; none where they are others.
    #[must_use]
    pub fn read(source: &Source, labels: usize, bytes: &[u8]) -> Option<Self> {
        let n = source.numbers();
        if bytes.len() != 4 * (n * n + n * labels) {
            return None;
        }
        let mut numbers = bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four));
        let products = numbers.by_ref().take(n * n).collect();
        Some(Self { n, products, labels: numbers.collect() })
    }

    /// The regression. `(products + RIDGE) · coefficients = sums of the label`, by Cholesky's way: what stands in the
    /// diagonal is above zero, since RIDGE is.
    #[must_use]
    pub fn solved(&self) -> Regression {
        let n = self.n;
        let mut root = self.products.clone();
        for at in 0..n {
            let (above, rest) = root.split_at_mut(at * n);
            let Some(line) = rest.get_mut(..n) else { break };
            if let Some(diagonal) = line.get_mut(at) {
                *diagonal += RIDGE;
            }
            for (before, other) in above.chunks_exact(n).enumerate() {
                let (known, open) = line.split_at_mut(before);
                let sum = dot(known, other.get(..before).unwrap_or_default());
                if let (Some(place), Some(pivot)) = (open.first_mut(), other.get(before)) {
                    *place = (*place - sum) / pivot;
                }
            }
            let (known, open) = line.split_at_mut(at);
            if let Some(place) = open.first_mut() {
                *place = (*place - dot(known, known)).max(RIDGE * 1e-3).sqrt();
            }
        }
        let coefficients = self.labels.chunks_exact(n).flat_map(|sums| substituted(&root, n, sums)).collect();
        Regression { n, coefficients }
    }
}

/// Solves with a lower triangle, then with the same turned over.
fn substituted(root: &[f32], n: usize, sums: &[f32]) -> Vec<f32> {
    let mut out = sums.to_vec();
    for (at, line) in root.chunks_exact(n).enumerate() {
        let (known, open) = out.split_at_mut(at);
        let sum = dot(known, line.get(..at).unwrap_or_default());
        if let (Some(place), Some(pivot)) = (open.first_mut(), line.get(at)) {
            *place = (*place - sum) / pivot;
        }
    }
    for (at, line) in root.chunks_exact(n).enumerate().rev() {
        let (open, _) = out.split_at_mut(at + 1);
        let Some((place, before)) = open.split_last_mut() else { continue };
        *place /= line.get(at).copied().unwrap_or(1.0);
        let by = *place;
        before.iter_mut().zip(line).for_each(|(sum, value)| *sum -= by * value);
    }
    out
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// What a meaning says for each label.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    n: usize,
    coefficients: Vec<f32>,
}

impl Regression {
    /// For a sample of a corpus.
    #[must_use]
    pub fn says(&self, vectors: &Vectors, sample: usize) -> Vec<f32> {
        let mut v = Vec::with_capacity(self.n);
        vectors.read(sample, &mut v);
        self.coefficients.chunks_exact(self.n).map(|line| dot(line, &v)).collect()
    }

    /// As a table: a line for each label, a byte for each number.
    #[must_use]
    pub fn table(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.coefficients.chunks_exact(self.n).for_each(|line| pack(&mut out, line));
        out
    }
}

/// Bytes of a label's line in the table.
#[must_use]
pub const fn line_width(source: &Source) -> usize {
    source.numbers() + SCALE_WIDTH
}

/// Scores of words and of the meaning together.
#[must_use]
pub fn both(words: &[f32], meaning: &[f32], share: f32) -> Vec<f32> {
    words.iter().zip(meaning).map(|(words, meaning)| words + share * meaning).collect()
}

/// What the meaning of a text says for each label of a model, by its share; none where the model knows no meaning, or
/// the house's language model cannot say or is another one by now.
///
/// # Errors
/// The table cannot be read.
pub fn of_text(head: &Head, text: &str) -> Result<Option<Vec<f32>>, Error> {
    let Some(meant) = &head.meant else { return Ok(None) };
    if Source::in_place().as_ref() != Some(&meant.source) {
        return Ok(None);
    }
    let Some(mut vector) = embed::vectors(&[beginning(text)]).ok().and_then(|mut all| all.pop()) else {
        return Ok(None);
    };
    vector.push(CONSTANT);
    let width = line_width(&meant.source);
    let table = super::kept::meaning(head.generation, as_u32(width), head.labels.len())?;
    let line = |line: &[u8]| unpack(line).zip(&vector).map(|(a, b)| a * b).sum::<f32>() * meant.share;
    Ok(Some(table.chunks_exact(width).map(line).collect()))
}

/// Which share sorts most of the tickets left out right; none where words alone sort as many. `right` has the words
/// alone first, then each share.
#[must_use]
pub fn chosen(right: &[usize], all: usize) -> Option<usize> {
    let (words, shares) = right.split_first()?;
    let best = shares.iter().max()?;
    // The middle of those that are hardly worse: the largest may be so by luck.
    let slack = (f32_of(all) * 0.002) as usize;
    let near: Vec<usize> =
        (0..shares.len()).filter(|n| shares.get(*n).is_some_and(|r| r + slack >= *best)).collect();
    (best > words).then(|| near.get(near.len() / 2).copied()).flatten()
}

#[cfg(test)]
mod tests;
