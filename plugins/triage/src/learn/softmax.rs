//! A linear softmax classifier in its dual form: every example holds a bounded share of each label, and the
//! weights are the sum of the examples by their shares. So the state between two slices of work is small,
//! what one example (or one customer) can do is bounded, and an example can be taken out again.
//!
//! Stochastic dual coordinate ascent (Shalev-Shwartz and Zhang 2013; multinomial: Yu, Huang and Lin 2011).
//! Knows numbers only.

/// Shares are kept as whole numbers of this unit, so that weights never drift from their examples.
pub const SHARE_ONE: f32 = 16_384.0;
/// Newton steps on one example per visit, at most; the next pass comes by again.
const NEWTON_STEPS_MAX: usize = 10;
/// The steps end when the probabilities sum to one within this.
const SUM_SLACK: f32 = 0.01;
/// From here on a weight speaks for its label; below it is what rounding leaves.
const BACKS_FROM: f32 = 1e-3;
/// Entries pack a row and a value of so many bits.
const VALUE_BITS: u32 = 14;
const VALUE_ONE: f32 = 16_384.0;

/// A non-zero value of an example: row in the weights, and value between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(u32);

impl Entry {
    /// Packs; values are rounded to 1/16384.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the bits there are"
    )]
    pub fn new(row: u32, value: f32) -> Self {
        Self(row << VALUE_BITS | (value * VALUE_ONE).clamp(0.0, VALUE_ONE - 1.0) as u32)
    }

    /// Row.
    #[must_use]
    pub const fn row(self) -> usize {
        (self.0 >> VALUE_BITS) as usize
    }

    /// Value.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "14 bits")]
    pub fn value(self) -> f32 {
        (self.0 & ((1 << VALUE_BITS) - 1)) as f32 / VALUE_ONE
    }
}

/// An example: its entries, its label, and how much it counts.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    /// Entries.
    pub entries: &'a [Entry],
    /// Label.
    pub label: usize,
    /// Bound of its shares: large fits closely, small regularises.
    pub cost: f32,
}

/// Weights, one row per feature and one column per label.
#[derive(Debug, Clone)]
pub struct Weights {
    labels: usize,
    stride: usize,
    rows: Vec<f32>,
    scores: Vec<f32>,
    shares: Vec<f32>,
}

impl Weights {
    /// All zero.
    #[must_use]
    pub fn new(rows: usize, labels: usize) -> Self {
        let stride = labels.next_multiple_of(4);
        Self {
            labels,
            stride,
            rows: vec![0.0; rows * stride],
            scores: vec![0.0; stride],
            shares: vec![0.0; stride],
        }
    }

    /// A row's weights.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        self.rows.get(row * self.stride..row * self.stride + self.labels).unwrap_or_default()
    }

    /// Scores of every label.
    pub fn score(&self, entries: &[Entry], scores: &mut Vec<f32>) {
        scores.clear();
        scores.resize(self.stride, 0.0);
        self.score_into(entries, scores);
        scores.truncate(self.labels);
    }

    /// For each label the share of an example, by squared values, that speaks for it: a weight is above zero only
    /// where a ticket of the label has the feature.
    pub fn backing(&self, entries: &[Entry], backing: &mut Vec<f32>) {
        backing.clear();
        backing.resize(self.labels, 0.0);
        for entry in entries {
            let value = entry.value();
            for (sum, weight) in backing.iter_mut().zip(self.row(entry.row())) {
                *sum += if *weight > BACKS_FROM { value * value } else { 0.0 };
            }
        }
    }

    fn score_into(&self, entries: &[Entry], scores: &mut [f32]) {
        for entry in entries {
            let (at, value) = (entry.row() * self.stride, entry.value());
            if let Some(row) = self.rows.get(at..at + self.stride) {
                for (score, weight) in scores.iter_mut().zip(row) {
                    *score += value * weight;
                }
            }
        }
    }

    /// Adds an example by its shares: what a slice does first to stand where the one before stopped.
    pub fn add(&mut self, example: Example<'_>, shares: &[i16], sign: f32) {
        let mut delta = std::mem::take(&mut self.shares);
        delta.fill(0.0);
        let unit = sign * example.cost / SHARE_ONE;
        for (d, share) in delta.iter_mut().zip(shares) {
            *d = f32::from(*share) * unit;
        }
        self.spread(example.entries, &delta);
        self.shares = delta;
    }

    fn spread(&mut self, entries: &[Entry], delta: &[f32]) {
        let stride = self.stride;
        for entry in entries {
            let (at, value) = (entry.row() * stride, entry.value());
            if let Some(row) = self.rows.get_mut(at..at + stride) {
                for (weight, d) in row.iter_mut().zip(delta) {
                    *weight += value * d;
                }
            }
        }
    }

    /// Visits one example: finds the shares that fit it best while all others stay, and moves the weights.
    /// Answers how far the shares moved, 0 to 2.
    pub fn visit(&mut self, example: Example<'_>, shares: &mut [i16]) -> f32 {
        let mut scores = std::mem::take(&mut self.scores);
        let mut delta = std::mem::take(&mut self.shares);
        scores.fill(0.0);
        self.score_into(example.entries, &mut scores);
        let norm: f32 = example.entries.iter().map(|e| e.value() * e.value()).sum();
        let moved = fit(&scores[..self.labels], shares, &mut delta[..self.labels], example, norm);
        if moved > 0.0 {
            self.spread_few(example.entries, &delta);
        }
        self.scores = scores;
        self.shares = delta;
        moved
    }

    /// As `spread`; most visits move only a few labels' shares, and then only those columns are touched.
    fn spread_few(&mut self, entries: &[Entry], delta: &[f32]) {
        const FEW: usize = 12;
        let mut few = [(0_usize, 0.0_f32); FEW];
        let mut n = 0;
        for (label, d) in delta.iter().enumerate().filter(|(_, d)| **d != 0.0) {
            let Some(place) = few.get_mut(n) else { return self.spread(entries, delta) };
            *place = (label, *d);
            n += 1;
        }
        if n * 3 > self.labels {
            return self.spread(entries, delta);
        }
        let (stride, few) = (self.stride, &few[..n]);
        for entry in entries {
            let (at, value) = (entry.row() * stride, entry.value());
            if let Some(row) = self.rows.get_mut(at..at + stride) {
                for (label, d) in few {
                    if let Some(weight) = row.get_mut(*label) {
                        *weight += value * d;
                    }
                }
            }
        }
    }
}

/// Moves an example's shares to where they fit best while the weights of all others stay; the change goes to
/// `delta` in weights. Answers how far they moved, 0 to 2.
///
/// Sought are probabilities `p` with `ln p + stiff * p = base - level` and sum one, where `base` is the score
/// without the example's own part; the share is `[own label] - p`. Newton in `ln p` converges from anywhere,
/// which Newton in `p` does not when `stiff` is large.
#[expect(clippy::cast_possible_truncation, reason = "probabilities, in units")]
fn fit(scores: &[f32], shares: &mut [i16], delta: &mut [f32], example: Example<'_>, norm: f32) -> f32 {
    let stiff = norm * example.cost;
    let unit = 1.0 / SHARE_ONE;
    let mut base = [0.0_f32; LABELS_MAX];
    let mut p = [0.0_f32; LABELS_MAX];
    let (base, p) = (&mut base[..scores.len().min(LABELS_MAX)], &mut p[..scores.len().min(LABELS_MAX)]);
    let fresh = shares.iter().all(|share| *share == 0);
    for (k, ((b, p), (score, share))) in
        base.iter_mut().zip(p.iter_mut()).zip(scores.iter().zip(shares.iter())).enumerate()
    {
        let own = f32::from(u8::from(k == example.label));
        let share = f32::from(*share) * unit;
        *b = score + stiff * (own - share);
        *p = own - share;
    }
    if fresh {
        p.copy_from_slice(scores);
        softmax(p);
    }
    solve(base, p, stiff);
    let mut moved = 0.0;
    for (k, ((d, share), p)) in delta.iter_mut().zip(shares.iter_mut()).zip(p.iter()).enumerate() {
        let own = f32::from(u8::from(k == example.label));
        let new = ((own - p) * SHARE_ONE).round() as i16;
        let step = f32::from(new) - f32::from(*share);
        moved += step.abs() * unit;
        *share = new;
        *d = step * unit * example.cost;
    }
    moved
}

/// Fits the shares of an example whose scores come from elsewhere.
pub fn fit_shares(scores: &[f32], shares: &mut [i16], example: Example<'_>, norm: f32) {
    let mut delta = vec![0.0; scores.len()];
    fit(scores, shares, &mut delta, example, norm);
}

/// `p` comes in as a guess and goes out as the solution.
fn solve(base: &[f32], p: &mut [f32], stiff: f32) {
    let (best, top) = p.iter().enumerate().fold((0, 0.0_f32), |m, (k, p)| if *p > m.1 { (k, *p) } else { m });
    let mut level = base.get(best).map_or(0.0, |b| b - stiff * top - top.max(1e-6).ln());
    let mut log = [0.0_f32; LABELS_MAX];
    let log = &mut log[..base.len()];
    for ((t, b), p) in log.iter_mut().zip(base).zip(p.iter_mut()) {
        *t = (b - level - stiff * *p).min(0.0);
        *p = exp(*t);
    }
    for _ in 0..NEWTON_STEPS_MAX {
        let (mut sum, mut pull, mut give) = (0.0, 0.0, 0.0);
        for ((t, b), p) in log.iter().zip(base).zip(p.iter()) {
            let ease = p / (1.0 + stiff * p);
            sum += p;
            pull += ease * (t + stiff * p - b + level);
            give += ease;
        }
        let lift = -(1.0 - sum + pull) / give.max(1e-9);
        for ((t, b), p) in log.iter_mut().zip(base).zip(p.iter_mut()) {
            let f = *t + stiff * *p - b + level;
            *t = (*t - (f + lift) / (1.0 + stiff * *p)).min(0.0);
            *p = exp(*t);
        }
        level += lift;
        if (1.0 - sum).abs() < SUM_SLACK {
            break;
        }
    }
    let scale = 1.0 / p.iter().sum::<f32>().max(1e-9);
    p.iter_mut().for_each(|p| *p *= scale);
}

/// Most labels of one model.
pub const LABELS_MAX: usize = 512;

/// Scores to probabilities, in place.
pub fn softmax(scores: &mut [f32]) {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp(*score - top);
        sum += *score;
    }
    let scale = 1.0 / sum;
    for score in scores.iter_mut() {
        *score *= scale;
    }
}

/// e^x for x <= 0, within 1e-4 of it: the same on every machine, and vectorised.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded below by the clamp")]
fn exp(x: f32) -> f32 {
    let y = (x * std::f32::consts::LOG2_E).max(-100.0);
    let whole = y.floor();
    let part = y - whole;
    // 2^part on [0, 1): a minimax polynomial.
    let two = 1.0 + part * (0.695_502_8 + part * (0.227_646_9 + part * 0.076_850_3));
    f32::from_bits(((whole as i32 + 127) as u32) << 23) * two
}
