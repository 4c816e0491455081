//! Corrections learnt at once, on top of a model: each is an example with its own bounded shares, added to
//! the scores of texts that are like it. The next training takes them in.

use serde::{Deserialize, Serialize};

use super::softmax::{Example, SHARE_ONE, fit_shares};

/// Corrections kept; older ones are in the history that the next training reads.
const FIXES_MAX: usize = 64;
/// Corrections kept of one customer's tickets.
const FIXES_PER_REQUESTER: usize = 4;
/// Other corrections looked at again after each new one.
const REPLAYED: usize = 8;
/// Rounds over the new one and the replayed.
const ROUNDS: usize = 3;
/// A correction by a person counts twice as much as a ticket of the history.
const COST: f32 = 40.0;

/// One correction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    /// Ticket; a second correction of it replaces the first.
    pub ticket: u64,
    /// Digest of who asked.
    pub requester: u32,
    /// The right label, by name: columns change with the model.
    pub label: String,
    /// (bucket, value), ascending by bucket.
    pub values: Vec<(u32, f32)>,
    /// Scores of the model alone.
    pub base: Vec<f32>,
    /// Shares, one per label.
    pub shares: Vec<i16>,
}

/// All corrections on top of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fixes {
    /// Generation of the model that the scores and shares are for.
    pub generation: u32,
    /// Oldest first.
    pub all: Vec<Fix>,
}

impl Fixes {
    /// Adds what the corrections say to the scores of a text.
    pub fn add(&self, values: &[(u32, f32)], scores: &mut [f32]) {
        self.add_but(None, values, scores);
    }

    fn add_but(&self, but: Option<usize>, values: &[(u32, f32)], scores: &mut [f32]) {
        let sorted = by_bucket(values);
        for (place, fix) in self.all.iter().enumerate().filter(|(place, _)| Some(*place) != but) {
            let like = likeness(&sorted, &fix.values);
            if like > 0.0 {
                for (score, share) in scores.iter_mut().zip(&fix.shares) {
                    *score += like * COST * f32::from(*share) / SHARE_ONE;
                }
            }
            let _ = place;
        }
    }

    /// For each value: how much the corrections make it speak for one label rather than another.
    #[must_use]
    pub fn pull(&self, values: &[(u32, f32)], best: usize, second: usize) -> Vec<f32> {
        let mut out = vec![0.0; values.len()];
        for fix in &self.all {
            let share = |label: usize| f32::from(fix.shares.get(label).copied().unwrap_or(0));
            let pull = COST * (share(best) - share(second)) / SHARE_ONE;
            if pull != 0.0 {
                for ((bucket, value), out) in values.iter().zip(out.iter_mut()) {
                    if let Ok(at) = fix.values.binary_search_by_key(bucket, |v| v.0) {
                        *out += value * pull * fix.values.get(at).map_or(0.0, |v| v.1);
                    }
                }
            }
        }
        out
    }

    /// Learns a correction: a few steps on it, and on those before it, which it must not undo.
    pub fn learn(&mut self, mut fix: Fix, labels: &[String]) {
        fix.values = by_bucket(&fix.values);
        self.all.retain(|old| old.ticket != fix.ticket);
        while self.all.iter().filter(|old| old.requester == fix.requester).count() >= FIXES_PER_REQUESTER {
            if let Some(oldest) = self.all.iter().position(|old| old.requester == fix.requester) {
                self.all.remove(oldest);
            }
        }
        if self.all.len() >= FIXES_MAX {
            self.all.remove(0);
        }
        self.all.push(fix);
        self.settle(labels, REPLAYED + 1);
    }

    /// Fits the shares of the newest corrections to each other.
    pub fn settle(&mut self, labels: &[String], newest: usize) {
        let first = self.all.len().saturating_sub(newest);
        for _ in 0..ROUNDS {
            for place in (first..self.all.len()).rev() {
                let Some(fix) = self.all.get(place) else { continue };
                let Some(label) = labels.iter().position(|l| *l == fix.label) else { continue };
                let mut scores = fix.base.clone();
                scores.resize(labels.len(), 0.0);
                self.add_but(Some(place), &fix.values, &mut scores);
                let norm = fix.values.iter().map(|v| v.1 * v.1).sum();
                let mut shares = vec![0; labels.len()];
                fit_shares(&scores, &mut shares, Example { entries: &[], label, cost: COST }, norm);
                if let Some(fix) = self.all.get_mut(place) {
                    fix.shares = shares;
                }
            }
        }
    }
}

/// Sorted, equal buckets of both blocks summed up.
fn by_bucket(values: &[(u32, f32)]) -> Vec<(u32, f32)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    sorted.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
    sorted
}

/// Product of two sorted lists.
fn likeness(a: &[(u32, f32)], b: &[(u32, f32)]) -> f32 {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut sum = 0.0;
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.0.cmp(&y.0) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                sum += x.1 * y.1;
                a.next();
                b.next();
            }
        }
    }
    sum
}
