//! Fitting the weights to a corpus, a piece of work at a time, and judging them on samples left out.

use super::chunk::{unvarint, varint};
use super::corpus::Corpus;
use super::softmax::{Example, Weights};
use crate::features::as_u32;

/// Bound of a sample's shares. The fit hardly depends on it between 10 and 100.
const COST: f32 = 20.0;
/// Passes over all samples; the shares move by less than a hundredth in the last.
pub const PASSES: u32 = 5;
/// Passes after some samples were left out.
const PASSES_WITHOUT: u32 = 2;

/// Shares of all samples, and the weights they make.
pub struct Fitting<'c> {
    corpus: &'c Corpus,
    weights: Weights,
    shares: Vec<i16>,
}

impl<'c> Fitting<'c> {
    /// Nothing learnt yet.
    #[must_use]
    pub fn new(corpus: &'c Corpus) -> Self {
        Self {
            corpus,
            weights: Weights::new(corpus.table.rows(), corpus.labels),
            shares: vec![0; corpus.len() * corpus.labels],
        }
    }

    /// Stands where another fitting of the same corpus stopped.
    #[must_use]
    pub fn resume(corpus: &'c Corpus, bytes: &[u8]) -> Self {
        let mut out = Self::new(corpus);
        let mut at = 0;
        for sample in 0..corpus.len() {
            let Some(n) = unvarint(bytes, &mut at) else { break };
            for _ in 0..n {
                let (Some(label), Some(share)) = (unvarint(bytes, &mut at), unvarint(bytes, &mut at)) else {
                    break;
                };
                if let Some(place) = out.shares.get_mut(sample * corpus.labels + label as usize)
                    && (label as usize) < corpus.labels
                {
                    *place = unzigzag(share);
                }
            }
            out.put(sample, 1.0);
        }
        out
    }

    /// The shares as bytes: only those that are not zero.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for shares in self.shares.chunks(self.corpus.labels.max(1)) {
            varint(&mut out, as_u32(shares.iter().filter(|s| **s != 0).count()));
            for (label, share) in shares.iter().enumerate().filter(|(_, s)| **s != 0) {
                varint(&mut out, as_u32(label));
                varint(&mut out, zigzag(*share));
            }
        }
        out
    }

    /// The weights.
    #[must_use]
    pub const fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Visits samples of one pass from a place on, until the work is done or used up; answers the next place.
    pub fn pass(&mut self, pass: u32, from: usize, work: &mut u64) -> usize {
        let order = order(self.corpus.len(), pass);
        for (place, sample) in order.iter().enumerate().skip(from) {
            let cost = self.visit(*sample as usize);
            *work = work.saturating_sub(cost);
            if *work == 0 {
                return place + 1;
            }
        }
        self.corpus.len()
    }

    /// Calculations of one whole pass.
    #[must_use]
    pub fn work_of_pass(&self) -> u64 {
        (0..self.corpus.len()).map(|s| work_of(self.corpus.entries(s).len(), self.corpus.labels)).sum()
    }

    fn visit(&mut self, sample: usize) -> u64 {
        let (corpus, labels) = (self.corpus, self.corpus.labels);
        let entries = corpus.entries(sample);
        if let Some(shares) = self.shares.get_mut(sample * labels..(sample + 1) * labels) {
            self.weights.visit(example(corpus, sample), shares);
        }
        work_of(entries.len(), labels)
    }

    fn put(&mut self, sample: usize, sign: f32) {
        let labels = self.corpus.labels;
        if let Some(shares) = self.shares.get(sample * labels..(sample + 1) * labels) {
            self.weights.add(example(self.corpus, sample), shares, sign);
        }
    }

    /// Scores of samples that are taken out of the fit for it, and what backs each label: as if the model had
    /// never seen them.
    /// The others' shares follow in a few passes; starting from the whole fit makes them few.
    pub fn unseen(&mut self, left_out: &[usize], mut each: impl FnMut(usize, &[f32], &[f32])) {
        let labels = self.corpus.labels;
        let mut out = vec![false; self.corpus.len()];
        for sample in left_out {
            self.put(*sample, -1.0);
            if let Some(shares) = self.shares.get_mut(sample * labels..(sample + 1) * labels) {
                shares.fill(0);
            }
            if let Some(flag) = out.get_mut(*sample) {
                *flag = true;
            }
        }
        for pass in 0..PASSES_WITHOUT {
            for sample in order(self.corpus.len(), pass + 100) {
                if !out.get(sample as usize).copied().unwrap_or(true) {
                    self.visit(sample as usize);
                }
            }
        }
        let (mut scores, mut backing) = (Vec::new(), Vec::new());
        for sample in left_out {
            self.weights.score(self.corpus.entries(*sample), &mut scores);
            self.weights.backing(self.corpus.entries(*sample), &mut backing);
            each(*sample, &scores, &backing);
        }
    }
}

/// Calculations of one visit: there and back, and what does not depend on the labels.
fn work_of(entries: usize, labels: usize) -> u64 {
    (entries * (2 * labels.next_multiple_of(4) + 8) + 60 * labels) as u64
}

fn example(corpus: &Corpus, sample: usize) -> Example<'_> {
    Example {
        entries: corpus.entries(sample),
        label: corpus.label.get(sample).copied().unwrap_or(0) as usize,
        cost: COST * corpus.cost.get(sample).copied().unwrap_or(1.0),
    }
}

/// A shuffled order, another one for each pass, always the same.
#[must_use]
pub fn order(n: usize, seed: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..as_u32(n)).collect();
    let mut state = u64::from(seed) ^ 0x5851_F42D_4C95_7F2D;
    for last in (1..n).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(last, (state >> 33) as usize % (last + 1));
    }
    order
}

fn zigzag(n: i16) -> u32 {
    let n = i32::from(n);
    ((n << 1) ^ (n >> 31)).unsigned_abs()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "made from an i16")]
const fn unzigzag(n: u32) -> i16 {
    ((n >> 1) as i32 ^ -((n & 1) as i32)) as i16
}
