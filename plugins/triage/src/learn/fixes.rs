//! Corrections learnt at once, on top of a model: each is an example with its own bounded shares, added to
//! the scores of texts that are like it. The next training takes them in.

use super::chunk::{unvarint, varint};
use super::softmax::{Example, SHARE_ONE, fit_shares};
use crate::features::as_u32;

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
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// Digest of the ticket's id; a second correction of it replaces the first.
    pub key: u64,
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fixes {
    /// Generation of the model that the scores and shares are for.
    pub generation: u32,
    /// Oldest first.
    pub all: Vec<Fix>,
}

impl Fixes {
    /// Adds what the corrections say to the scores of a text.
    pub fn add(&self, values: &[(u32, f32)], scores: &mut [f32]) {
        if self.all.is_empty() {
            return;
        }
        let sorted = by_bucket(values);
        for fix in &self.all {
            fix.add(likeness(&sorted, &fix.values), scores);
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
        self.all.retain(|old| old.key != fix.key);
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

    /// Forgets the correction of a ticket; whether there was one.
    pub fn forget(&mut self, key: u64, labels: &[String]) -> bool {
        let before = self.all.len();
        self.all.retain(|old| old.key != key);
        if self.all.len() == before {
            return false;
        }
        self.settle(labels, self.all.len());
        true
    }

    /// Fits the shares of the newest corrections to each other.
    pub fn settle(&mut self, labels: &[String], newest: usize) {
        let first = self.all.len().saturating_sub(newest);
        let newest = self.all.get(first..).unwrap_or_default();
        let likes: Vec<Vec<f32>> = newest
            .iter()
            .map(|one| self.all.iter().map(|other| likeness(&one.values, &other.values)).collect())
            .collect();
        for _ in 0..ROUNDS {
            for (place, likes) in (first..self.all.len()).zip(&likes).rev() {
                let Some(fix) = self.all.get(place) else { continue };
                let Some(label) = labels.iter().position(|l| *l == fix.label) else { continue };
                let mut scores = fix.base.clone();
                scores.resize(labels.len(), 0.0);
                for (_, (other, like)) in
                    self.all.iter().zip(likes).enumerate().filter(|(at, _)| *at != place)
                {
                    other.add(*like, &mut scores);
                }
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

impl Fix {
    /// Adds what it says to the scores of a text that is so much like it.
    fn add(&self, like: f32, scores: &mut [f32]) {
        if like > 0.0 {
            for (score, share) in scores.iter_mut().zip(&self.shares) {
                *score += like * COST * f32::from(*share) / SHARE_ONE;
            }
        }
    }
}

/// Mark of the format, in front of the bytes. The first one knew tickets by their numbers.
const FORMAT: u8 = 2;

impl Fixes {
    /// As bytes: every prediction reads them, so they are short and need no parsing of text.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        varint(&mut out, self.generation);
        for fix in &self.all {
            out.extend(fix.key.to_le_bytes());
            varint(&mut out, fix.requester);
            varint(&mut out, as_u32(fix.label.len()));
            out.extend(fix.label.as_bytes());
            varint(&mut out, as_u32(fix.values.len()));
            for (bucket, value) in &fix.values {
                varint(&mut out, *bucket);
                out.extend(value.to_le_bytes());
            }
            varint(&mut out, as_u32(fix.base.len()));
            fix.base.iter().for_each(|score| out.extend(score.to_le_bytes()));
            varint(&mut out, as_u32(fix.shares.len()));
            fix.shares.iter().for_each(|share| out.extend(share.to_le_bytes()));
        }
        out
    }

    /// From bytes; none where they make no sense.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[FORMAT])?;
        let mut at = 0;
        let mut out = Self { generation: unvarint(rest, &mut at)?, all: Vec::new() };
        while at < rest.len() {
            out.all.push(fix(rest, &mut at)?);
        }
        Some(out)
    }
}

fn fix(bytes: &[u8], at: &mut usize) -> Option<Fix> {
    let key = u64::from_le_bytes(taken(bytes, at)?);
    let requester = unvarint(bytes, at)?;
    let length = unvarint(bytes, at)? as usize;
    let label = std::str::from_utf8(bytes.get(*at..*at + length)?).ok()?.to_owned();
    *at += length;
    let values = many(bytes, at, |at| Some((unvarint(bytes, at)?, f32::from_le_bytes(taken(bytes, at)?))))?;
    let base = many(bytes, at, |at| Some(f32::from_le_bytes(taken(bytes, at)?)))?;
    let shares = many(bytes, at, |at| Some(i16::from_le_bytes(taken(bytes, at)?)))?;
    Some(Fix { key, requester, label, values, base, shares })
}

pub(super) fn taken<const N: usize>(bytes: &[u8], at: &mut usize) -> Option<[u8; N]> {
    let found = bytes.get(*at..)?.first_chunk().copied()?;
    *at += N;
    Some(found)
}

fn many<T>(bytes: &[u8], at: &mut usize, mut one: impl FnMut(&mut usize) -> Option<T>) -> Option<Vec<T>> {
    (0..unvarint(bytes, at)?).map(|_| one(at)).collect()
}

/// Sorted, equal buckets of both blocks summed up.
pub(super) fn by_bucket(values: &[(u32, f32)]) -> Vec<(u32, f32)> {
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
pub(super) fn likeness(mut a: &[(u32, f32)], mut b: &[(u32, f32)]) -> f32 {
    let mut sum = 0.0;
    while let ([x, more_a @ ..], [y, more_b @ ..]) = (a, b) {
        if x.0 == y.0 {
            sum += x.1 * y.1;
        }
        (a, b) = (if x.0 <= y.0 { more_a } else { a }, if y.0 <= x.0 { more_b } else { b });
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_come_back_as_they_were_kept_and_bytes_cut_short_are_none() {
        let fix = Fix {
            key: u64::MAX,
            requester: 7,
            label: "Rückgabe".to_owned(),
            values: vec![(3, 0.25), (131_071, 0.5)],
            base: vec![-1.5, 2.0],
            shares: vec![-16_384, 16_384],
        };
        let fixes = Fixes { generation: 300, all: vec![fix.clone(), Fix { base: Vec::new(), ..fix }] };
        let bytes = fixes.bytes();
        assert_eq!(Fixes::read(&bytes), Some(fixes));
        assert_eq!(Fixes::read(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Fixes::read(b"{}"), None);
        assert_eq!(Fixes::read(&[]), None);
    }
}
