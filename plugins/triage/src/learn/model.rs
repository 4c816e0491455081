//! A trained model: a head that is read whole, and two tables of which a prediction fetches only the rows
//! that its text has. Weights are bytes, or half bytes where there are many, with a scale per row. Knows no
//! tickets.

use serde::{Deserialize, Serialize};

use super::calibrate::{self, Calibration, Signs};
use super::corpus::{BUCKETS, Corpus, Table, f32_of, values};
use super::fitting::Fitting;
use super::fixes::Fixes;
use super::meaning::{self, Meant};
use crate::features::{Bag, Words, as_u32};

/// Bytes of both tables together.
const BYTES_MAX: usize = 3 << 20;
/// Bytes of a bucket's line in the index: row plus one in three, how much it counts in one.
pub const INDEX_WIDTH: usize = 4;
/// Bytes of a row's scale.
const SCALE_WIDTH: usize = 2;

/// Everything of a model but its tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Format of the tables; another one is no model for this version of the plugin.
    pub format: u32,
    /// Counts up with every model; part of the tables' keys, which are never written twice.
    pub generation: u32,
    /// Labels in order of their columns.
    pub labels: Vec<String>,
    /// Bits of a weight.
    pub bits: u32,
    /// The team that most tickets of a label went to; empty when none clearly leads.
    pub teams: Vec<String>,
    /// Tickets per label.
    pub counts: Vec<u32>,
    /// What a never seen bucket counts.
    pub unknown: u8,
    /// Newest ticket it has learnt from, minutes since 1970.
    pub until_minute: u32,
    /// When it was made, milliseconds since 1970.
    pub trained_at_ms: u64,
    /// Share of unseen tickets that it sorted right.
    pub accuracy: f32,
    /// How its scores become confidence, and confidence a promise.
    pub calibration: Calibration,
    /// What it knows of meanings; none where there was no language model, or words alone sort as well.
    #[serde(default)]
    pub meant: Option<Meant>,
}

impl Head {
    /// The calibration for scores of words alone, or of words and meaning.
    #[must_use]
    pub fn calibration_of(&self, with_meaning: bool) -> &Calibration {
        self.meant.as_ref().filter(|_| with_meaning).map_or(&self.calibration, |meant| &meant.calibration)
    }
}

/// Format of head and tables.
pub const FORMAT: u32 = 2;

/// Where the tables are: in kv, or at hand when a model is being made.
pub trait Tables {
    /// Lines of the index, for each bucket.
    ///
    /// # Errors
    /// The table cannot be read.
    fn index(&self, buckets: &[u32]) -> Result<Vec<u8>, kulanz_sdk::Error>;
    /// Rows of weights.
    ///
    /// # Errors
    /// The table cannot be read.
    fn rows(&self, rows: &[u32]) -> Result<Vec<u8>, kulanz_sdk::Error>;
}

/// The two tables of a new model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Index, `INDEX_WIDTH` bytes a bucket.
    pub index: Vec<u8>,
    /// Rows, `row_width` bytes each.
    pub rows: Vec<u8>,
    /// Labels.
    pub labels: usize,
    /// Bits of a weight.
    pub bits: u32,
}

/// Bytes of a row.
#[must_use]
pub const fn row_width(labels: usize, bits: u32) -> usize {
    (labels * bits as usize).div_ceil(8) + SCALE_WIDTH
}

/// Bits of a weight, so that as many rows as possible have room: a coarse weight is better than none.
const fn bits_for(rows: usize, labels: usize) -> u32 {
    if rows * row_width(labels, 8) <= BYTES_MAX - BUCKETS * INDEX_WIDTH { 8 } else { 4 }
}

impl Packed {
    /// Packs weights; the rows that move least are left out when there is no room.
    #[must_use]
    pub fn of(corpus: &Corpus, fitting: &Fitting<'_>) -> Self {
        let (labels, weights) = (corpus.labels, fitting.weights());
        let mut energy = vec![0.0_f32; corpus.table.rows()];
        for sample in 0..corpus.len() {
            for entry in corpus.entries(sample) {
                if let Some(place) = energy.get_mut(entry.row()) {
                    *place += entry.value() * entry.value();
                }
            }
        }
        for (row, energy) in energy.iter_mut().enumerate() {
            *energy *= weights.row(row).iter().map(|w| w * w).sum::<f32>();
        }
        let mut kept: Vec<u32> = (0..as_u32(energy.len())).collect();
        let of = |row: &u32| energy.get(*row as usize).copied().unwrap_or(0.0);
        kept.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.cmp(b)));
        kept.retain(|row| of(row) > 0.0);
        let bits = bits_for(kept.len(), labels);
        kept.truncate((BYTES_MAX - BUCKETS * INDEX_WIDTH) / row_width(labels, bits));
        let rows = Vec::with_capacity(kept.len() * row_width(labels, bits));
        let mut out = Self { index: Vec::new(), rows, labels, bits };
        let mut new = vec![0_u32; energy.len()];
        for (place, row) in kept.iter().enumerate() {
            if let Some(new) = new.get_mut(*row as usize) {
                *new = as_u32(place + 1);
            }
            out.push(weights.row(*row as usize));
        }
        out.index = index(&corpus.table, &new);
        out
    }

    fn push(&mut self, weights: &[f32]) {
        let top = weights.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
        // The upper half of a float is a float; rounding it up keeps the largest weight within a byte.
        let largest = if self.bits == 8 { 127.0 } else { 7.0 };
        let scale = (((top / largest).to_bits() >> 16) + 1) as u16;
        let unit = f32::from_bits(u32::from(scale) << 16);
        self.rows.extend(scale.to_le_bytes());
        if self.bits == 8 {
            self.rows.extend(weights.iter().map(|w| byte(w / unit)));
        } else {
            let half = |w: Option<&f32>| byte(w.map_or(0.0, |w| w / unit)) & 0x0f;
            self.rows.extend(weights.chunks(2).map(|pair| half(pair.first()) | half(pair.get(1)) << 4));
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a signed byte")]
fn byte(w: f32) -> u8 {
    w.round().clamp(-127.0, 127.0) as i8 as u8
}

fn index(table: &Table, new: &[u32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(BUCKETS * INDEX_WIDTH);
    for bucket in 0..as_u32(BUCKETS) {
        let (row, weight) = table.get(bucket);
        let row = row.and_then(|row| new.get(row as usize)).copied().unwrap_or(0);
        let bytes = row.to_le_bytes();
        out.extend([bytes[0], bytes[1], bytes[2], weight]);
    }
    out
}

impl Tables for Packed {
    fn index(&self, buckets: &[u32]) -> Result<Vec<u8>, kulanz_sdk::Error> {
        Ok(gathered(&self.index, INDEX_WIDTH, buckets))
    }

    fn rows(&self, rows: &[u32]) -> Result<Vec<u8>, kulanz_sdk::Error> {
        Ok(gathered(&self.rows, row_width(self.labels, self.bits), rows))
    }
}

fn gathered(table: &[u8], width: usize, rows: &[u32]) -> Vec<u8> {
    rows.iter()
        .flat_map(|row| table.get(*row as usize * width..(*row as usize + 1) * width).unwrap_or_default())
        .copied()
        .collect()
}

/// A text as the model sees it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// (bucket, value) of every feature that was seen in training, ascending within a block.
    pub values: Vec<(u32, f32)>,
    /// Row of each value, where it has one.
    rows: Vec<Option<u32>>,
    /// Scales of the rows.
    scales: Vec<f32>,
    /// Weights of the rows, a byte each, one row after another.
    weights: Vec<i8>,
    /// Features of the text, known or not.
    features: usize,
}

impl Seen {
    /// Fetches what the model knows of a text's features.
    ///
    /// # Errors
    /// A table cannot be read.
    pub fn fetch(head: &Head, tables: &impl Tables, bag: &Bag) -> Result<Self, kulanz_sdk::Error> {
        let buckets: Vec<u32> = bag.blocks.iter().flatten().map(|(bucket, _)| *bucket).collect();
        let lines = tables.index(&buckets)?;
        let mut weights = lines.chunks_exact(INDEX_WIDTH);
        let mut rows = Vec::new();
        let mut out = Self { features: buckets.len(), ..Self::default() };
        let mut steps: Vec<(u32, u8)> = Vec::with_capacity(buckets.len());
        for _ in &buckets {
            let line = weights.next().unwrap_or(&[0; INDEX_WIDTH]);
            let (row, weight) = match line {
                [a, b, c, weight] => (u32::from_le_bytes([*a, *b, *c, 0]), *weight),
                _ => (0, 0),
            };
            steps.push((row, weight));
        }
        let mut next = steps.iter();
        values(
            bag,
            |_| next.next().map_or(0, |s| s.1),
            head.unknown,
            |bucket, value| out.values.push((bucket, value)),
        );
        for (row, _) in steps.iter().filter(|(_, weight)| *weight > 0) {
            out.rows.push(row.checked_sub(1));
            rows.extend(row.checked_sub(1));
        }
        out.unpack(&tables.rows(&rows)?, head.labels.len(), head.bits);
        Ok(out)
    }

    fn unpack(&mut self, bytes: &[u8], labels: usize, bits: u32) {
        self.weights.reserve(bytes.len() * 8 / bits.max(1) as usize);
        for (n, row) in bytes.chunks_exact(row_width(labels, bits)).enumerate() {
            let [low, high, packed @ ..] = row else { return };
            self.scales.push(f32::from_bits(u32::from(u16::from_le_bytes([*low, *high])) << 16));
            if bits == 8 {
                self.weights.extend(packed.iter().map(|byte| byte.cast_signed()));
            } else {
                // Shifting up and down again keeps the sign of the half.
                let halves = |byte: &u8| [(byte << 4).cast_signed() >> 4, byte.cast_signed() >> 4];
                self.weights.extend(packed.iter().flat_map(halves));
                self.weights.truncate((n + 1) * labels);
            }
        }
    }

    /// The weights of each value: `each(place, value, scale, weights)`.
    pub fn weights(&self, labels: usize, mut each: impl FnMut(usize, f32, f32, &[i8])) {
        let mut rows = self.scales.iter().zip(self.weights.chunks_exact(labels.max(1)));
        for (place, ((_, value), row)) in self.values.iter().zip(&self.rows).enumerate() {
            if row.is_none() {
                continue;
            }
            let Some((scale, weights)) = rows.next() else { return };
            each(place, *value, *scale, weights);
        }
    }

    /// Scores of all labels.
    #[must_use]
    pub fn scores(&self, labels: usize) -> Vec<f32> {
        let mut scores = vec![0.0_f32; labels];
        self.weights(labels, |_, value, scale, weights| {
            let factor = value * scale;
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += factor * f32::from(*weight);
            }
        });
        scores
    }

    /// Share of the text, by squared values, that speaks for a label.
    #[must_use]
    pub fn backing(&self, labels: usize, label: usize) -> f32 {
        let mut sum = 0.0;
        self.weights(labels, |_, value, _, weights| {
            if weights.get(label).is_some_and(|weight| *weight > 0) {
                sum += value * value;
            }
        });
        sum
    }

    /// Share of the text's features that were never seen in training, by count.
    #[must_use]
    pub fn novelty(&self) -> f32 {
        1.0 - f32_of(self.values.len()) / f32_of(self.features.max(1))
    }
}

/// What the model makes of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Place of the best label.
    pub best: usize,
    /// Place of the second.
    pub second: usize,
    /// 0 to 1: how often such a guess is right.
    pub confidence: f32,
    /// Words that decided, as the customer wrote them, strongest first.
    pub evidence: Vec<String>,
}

/// Words of evidence.
const EVIDENCE_MAX: usize = 5;

/// Sorts a text; none when it has no word that the model knows. `meant`: what its meaning says for each label.
///
/// # Errors
/// A table cannot be read.
pub fn predict(
    head: &Head,
    tables: &impl Tables,
    fixes: &Fixes,
    text: &str,
    meant: Option<&[f32]>,
) -> Result<Option<Prediction>, kulanz_sdk::Error> {
    let words = Words::of(text);
    let bag = Bag::of(&words, super::corpus::BITS);
    let seen = Seen::fetch(head, tables, &bag)?;
    if seen.values.is_empty() || head.labels.is_empty() {
        return Ok(None);
    }
    let mut scores = seen.scores(head.labels.len());
    fixes.add(&seen.values, &mut scores);
    if let Some(meant) = meant {
        scores = meaning::both(&scores, meant, 1.0);
    }
    let (best, second) = calibrate::two_best(&scores);
    let signs = Signs::of(&scores, seen.backing(head.labels.len(), best), seen.novelty());
    Ok(Some(Prediction {
        best,
        second,
        confidence: head.calibration_of(meant.is_some()).confidence(&signs),
        evidence: evidence(head, &seen, fixes, &words, text, best, second),
    }))
}

/// The words that spoke for the best label and not for the second, strongest first.
fn evidence(
    head: &Head,
    seen: &Seen,
    fixes: &Fixes,
    words: &Words,
    text: &str,
    best: usize,
    second: usize,
) -> Vec<String> {
    let mut by_bucket: Vec<(u32, f32)> = seen.values.iter().map(|(bucket, _)| (*bucket, 0.0)).collect();
    let sign = |weights: &[i8], label: usize| f32::from(weights.get(label).copied().unwrap_or(0));
    seen.weights(head.labels.len(), |place, value, scale, weights| {
        if let Some(line) = by_bucket.get_mut(place) {
            line.1 += value * scale * (sign(weights, best) - sign(weights, second));
        }
    });
    for ((_, says), more) in by_bucket.iter_mut().zip(fixes.pull(&seen.values, best, second)) {
        *says += more;
    }
    by_bucket.sort_unstable_by_key(|line| line.0);
    let of = |bucket: u32| {
        by_bucket
            .binary_search_by_key(&bucket, |line| line.0)
            .ok()
            .and_then(|at| by_bucket.get(at))
            .map(|l| l.1)
    };
    // A feature that occurs several times is shared out by its first places; what matters is the order.
    let mut says = vec![0.0_f32; words.len()];
    words.features(super::corpus::BITS, |feature| {
        let Some(part) = of(feature.bucket) else { return };
        for word in feature.word..feature.word + feature.length {
            if let Some(place) = says.get_mut(word as usize) {
                *place += part / f32_of(feature.length as usize);
            }
        }
    });
    strongest(&says, words, text)
}

/// Words in the order of how much they say, those that say nothing left out.
pub(super) fn strongest(says: &[f32], words: &Words, text: &str) -> Vec<String> {
    let mut order: Vec<usize> = (0..says.len()).collect();
    let of = |word: usize| says.get(word).copied().unwrap_or(0.0);
    order.sort_by(|a, b| of(*b).total_cmp(&of(*a)).then(a.cmp(b)));
    let mut out: Vec<String> = Vec::new();
    for word in order.into_iter().filter(|word| of(*word) > 0.0) {
        let shown = words.shown(text, word);
        if out.len() >= EVIDENCE_MAX {
            break;
        }
        if !out.iter().any(|known| known.eq_ignore_ascii_case(shown)) {
            out.push(shown.to_owned());
        }
    }
    out
}
