//! All samples of one training: which features count how much, which rows they have, and every sample as
//! entries of the solver. Knows no tickets and no storage.

use super::chunk::{self, Sample};
use super::softmax::{Entry, LABELS_MAX};
use crate::features::{BLOCKS, Bag, as_u32};

/// Bits of a bucket. 2^16 is as good for few labels and 2^18 for very many; one size keeps one format.
pub const BITS: u32 = 17;
/// Buckets.
pub const BUCKETS: usize = 1 << BITS;
/// Entries of all samples: with four bytes each they are half of the memory a run may have.
const ENTRIES_MAX: usize = 8_000_000;
/// Weights in training: four bytes each, the other half.
const WEIGHTS_MAX: usize = 6_500_000;
/// Weights are written in steps of this.
const WEIGHT_STEPS: f32 = 12.0;
/// How much more a feature counts that few labels share: +1 point with ten examples a label.
const LABEL_FACTOR: f32 = 0.5;

/// How much each bucket counts, and its row.
#[derive(Debug, Clone)]
pub struct Table {
    /// Row plus one; 0: not known.
    rows: Vec<u32>,
    /// Weight in steps; 0: not known.
    weights: Vec<u8>,
    /// Whether one sample only has it.
    single: Vec<bool>,
    /// Rows there are.
    count: usize,
    /// Weight of what was never seen.
    unknown: u8,
}

impl Table {
    /// Counts samples and labels per bucket.
    #[must_use]
    pub fn of(samples: impl Iterator<Item = Sample>, count: usize, labels: usize) -> Self {
        let mut seen = vec![0_u32; BUCKETS];
        let mut by_label = vec![0_u64; BUCKETS * labels.div_ceil(64).max(1)];
        let words = labels.div_ceil(64).max(1);
        for sample in samples {
            let (word, bit) = (sample.label as usize / 64, 1_u64 << (sample.label % 64));
            // A bucket that both blocks hit counts twice: rare, and the same for all.
            for (bucket, _) in sample.bag.blocks.iter().flatten() {
                if let Some(n) = seen.get_mut(*bucket as usize) {
                    *n += 1;
                }
                if let Some(mask) = by_label.get_mut(*bucket as usize * words + word) {
                    *mask |= bit;
                }
            }
        }
        let holders = |bucket: usize| -> u32 {
            by_label
                .get(bucket * words..(bucket + 1) * words)
                .map_or(0, |m| m.iter().map(|w| w.count_ones()).sum())
        };
        let least = rarest_kept(&seen, WEIGHTS_MAX / labels.next_multiple_of(4).max(4));
        let mut table = Self {
            rows: vec![0; BUCKETS],
            weights: vec![0; BUCKETS],
            single: seen.iter().map(|n| *n < 2).collect(),
            count: 0,
            unknown: stepped(weight(count, 0, labels, 0)),
        };
        for (bucket, n) in seen.iter().enumerate().filter(|(_, n)| **n > 0) {
            if let Some(place) = table.weights.get_mut(bucket) {
                *place = stepped(weight(count, *n, labels, holders(bucket)));
            }
            if *n >= least {
                table.count += 1;
                if let Some(place) = table.rows.get_mut(bucket) {
                    *place = as_u32(table.count);
                }
            }
        }
        table
    }

    /// Rows there are.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.count
    }

    /// Row of a bucket, and how much it counts (0: never seen).
    #[must_use]
    pub fn get(&self, bucket: u32) -> (Option<u32>, u8) {
        let row = self.rows.get(bucket as usize).copied().unwrap_or(0);
        (row.checked_sub(1), self.weights.get(bucket as usize).copied().unwrap_or(0))
    }

    /// Share of a bag's features that only one sample has.
    fn novelty(&self, bag: &Bag) -> f32 {
        let all = bag.blocks.iter().flatten().count();
        let own = bag
            .blocks
            .iter()
            .flatten()
            .filter(|(bucket, _)| self.single.get(*bucket as usize).copied().unwrap_or(true));
        f32_of(own.count()) / f32_of(all.max(1))
    }

    /// A mark that texts share the more often the more they have in common, and copies always: the feature
    /// drawn by a weighted lot that is the same for all (consistent weighted sampling; Manasse, McSherry,
    /// Talwar 2010). What one sample only has cannot be shared and takes no part.
    fn kin(&self, bag: &Bag) -> u32 {
        let lot = |bucket: u32| -> f32 {
            let (_, step) = self.get(bucket);
            -unit(bucket).ln() / unstepped(step).powi(KIN_POWER)
        };
        let shared = |bucket: &u32| !self.single.get(*bucket as usize).copied().unwrap_or(true);
        let buckets = bag.blocks.iter().flatten().map(|(bucket, _)| *bucket).filter(shared);
        buckets.map(|bucket| (lot(bucket), bucket)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |b| b.1)
    }

    /// What a never seen bucket counts.
    #[must_use]
    pub const fn unknown(&self) -> u8 {
        self.unknown
    }
}

/// How much more a rare feature draws the lot of a text than a frequent one: words that everyone writes would
/// else make kin of strangers.
const KIN_POWER: i32 = 3;

/// A number between 0 and 1 that belongs to a bucket.
#[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
pub(crate) fn unit(bucket: u32) -> f32 {
    let mixed = u64::from(bucket).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed >> 40) as f32 + 0.5) / 16_777_216.0
}

/// Samples a bucket needs to keep a row when there is room for `rows_max` only.
fn rarest_kept(seen: &[u32], rows_max: usize) -> u32 {
    let mut least = 1;
    while seen.iter().filter(|n| **n >= least).count() > rows_max {
        least += 1;
    }
    least
}

#[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
fn weight(samples: usize, with: u32, labels: usize, holders: u32) -> f32 {
    let rare = ((1.0 + samples as f32) / (1.0 + with as f32)).ln() + 1.0;
    let telling = ((1.0 + labels as f32) / (1.0 + holders as f32)).ln().max(0.0);
    rare * (1.0 + LABEL_FACTOR * telling)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn stepped(weight: f32) -> u8 {
    // Square root: weights span 1 to some 60, and small ones need the finer steps.
    (weight.max(0.0).sqrt() * WEIGHT_STEPS * 2.5).clamp(1.0, 255.0) as u8
}

/// A weight from its byte.
#[must_use]
pub fn unstepped(step: u8) -> f32 {
    let root = f32::from(step) / (WEIGHT_STEPS * 2.5);
    root * root
}

/// A bag as values: `each(block, bucket index within the bag, value)` for every feature; each block has length
/// one half so that all have length one together.
pub fn values(bag: &Bag, mut weight_of: impl FnMut(u32) -> u8, unknown: u8, mut each: impl FnMut(u32, f32)) {
    let share = (1.0 / f32_of(BLOCKS)).sqrt();
    for block in &bag.blocks {
        let mut sum = 0.0;
        let value = |step: u8, count: u16| -> f32 {
            let tf = if count > 1 { 1.0 + f32::from(count).ln() } else { 1.0 };
            tf * unstepped(step)
        };
        let steps: Vec<u8> = block.iter().map(|(bucket, _)| weight_of(*bucket)).collect();
        for ((_, count), step) in block.iter().zip(&steps) {
            let v = value(if *step == 0 { unknown } else { *step }, *count);
            sum += v * v;
        }
        let scale = share / sum.sqrt().max(1e-6);
        for ((bucket, count), step) in block.iter().zip(&steps).filter(|(_, step)| **step > 0) {
            each(*bucket, value(*step, *count) * scale);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
pub(crate) const fn f32_of(n: usize) -> f32 {
    n as f32
}

/// What is known of a sample without its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// Label.
    pub label: u32,
    /// Digest of who asked.
    pub requester: u32,
    /// When it came, in minutes since 1970.
    pub minute: u32,
    /// Features.
    pub size: usize,
}

impl Meta {
    /// Of a sample.
    #[must_use]
    pub fn of(sample: &Sample) -> Self {
        let Sample { label, requester, minute, bag } = sample;
        let size = bag.blocks.iter().map(Vec::len).sum();
        Self { label: *label, requester: *requester, minute: *minute, size }
    }
}

/// Samples ready for the solver.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// Labels.
    pub labels: usize,
    /// The table they were made with.
    pub table: Table,
    entries: Vec<Entry>,
    ends: Vec<u32>,
    /// Label of each.
    pub label: Vec<u32>,
    /// Minute of each.
    pub minute: Vec<u32>,
    /// Share of each one's features that no other sample has: what would be unknown without it.
    pub novelty: Vec<f32>,
    /// A mark that near copies share: they are judged together, or a copy among what is learnt would give the
    /// answer away.
    pub kin: Vec<u32>,
    /// Voice of each: 1, less for customers who write much.
    pub voice: Vec<f32>,
    /// How much each counts: 1 on average, less for frequent labels and for customers who write much.
    pub cost: Vec<f32>,
}

impl Corpus {
    /// Reads the samples of all chunks, oldest first; the newest ones when there is no room for all.
    ///
    /// Chunks are read three times rather than held unpacked, which takes four times the room.
    #[must_use]
    pub fn read(chunks: &[Vec<u8>], labels: usize) -> Self {
        let labels = labels.min(LABELS_MAX);
        let all = || {
            let fits = move |s: &Sample| (s.label as usize) < labels && !s.bag.is_empty();
            chunks.iter().flat_map(|bytes| chunk::samples(bytes)).filter(fits)
        };
        let metas: Vec<Meta> = all().map(|sample| Meta::of(&sample)).collect();
        let mut room = ENTRIES_MAX;
        let fitting =
            metas.iter().rev().take_while(|m| room.checked_sub(m.size).map(|left| room = left).is_some());
        let drop = metas.len() - fitting.count();
        let metas = metas.get(drop..).unwrap_or_default();
        let table = Table::of(all().skip(drop), metas.len(), labels);
        let mut out = Self {
            labels,
            entries: Vec::with_capacity(ENTRIES_MAX - room),
            ends: Vec::with_capacity(metas.len()),
            label: metas.iter().map(|m| m.label).collect(),
            minute: metas.iter().map(|m| m.minute).collect(),
            novelty: Vec::with_capacity(metas.len()),
            kin: Vec::with_capacity(metas.len()),
            voice: super::influence::voices(metas, labels).1,
            cost: super::influence::costs(metas, labels),
            table,
        };
        for sample in all().skip(drop) {
            let (table, entries) = (&out.table, &mut out.entries);
            let weight_of = |bucket| table.get(bucket).1;
            values(&sample.bag, weight_of, table.unknown(), |bucket, value| {
                if let (Some(row), _) = table.get(bucket) {
                    entries.push(Entry::new(row, value));
                }
            });
            out.ends.push(as_u32(out.entries.len()));
            out.novelty.push(out.table.novelty(&sample.bag));
            out.kin.push(out.table.kin(&sample.bag));
        }
        out
    }

    /// Samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A sample's entries.
    #[must_use]
    pub fn entries(&self, sample: usize) -> &[Entry] {
        let from = sample.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(sample).copied().unwrap_or(from);
        self.entries.get(from as usize..to as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Words;

    fn sample(text: &str) -> Sample {
        Sample { label: 0, requester: 0, minute: 0, bag: Bag::of(&Words::of(text), BITS) }
    }

    const WORDS: [&str; 24] = [
        "parcel",
        "courier",
        "monday",
        "invoice",
        "amount",
        "doubled",
        "password",
        "login",
        "locked",
        "kettle",
        "boils",
        "leaking",
        "refund",
        "waiting",
        "weeks",
        "address",
        "moved",
        "change",
        "warranty",
        "screen",
        "broken",
        "voucher",
        "expired",
        "newsletter",
    ];

    #[test]
    fn copies_are_kin_and_strangers_seldom() {
        const LAMP: &str = "the green lamp arrived with a crack in its glass shade";
        let texts: Vec<String> = (0..40)
            .map(|n| {
                (0..6).map(|k| WORDS[(n * 7 + k * k * 5 + n * k) % WORDS.len()]).collect::<Vec<_>>().join(" ")
            })
            .chain([LAMP.to_owned(), format!("{LAMP} please"), LAMP.to_owned()])
            .collect();
        let samples: Vec<Sample> = texts.iter().map(|text| sample(text)).collect();
        let table = Table::of(samples.iter().cloned(), samples.len(), 2);
        let kin: Vec<u32> = samples.iter().map(|s| table.kin(&s.bag)).collect();
        assert!(kin[40] == kin[41] && kin[40] == kin[42], "{:?}", &kin[40..]);
        let strangers = &kin[..40];
        let largest = strangers.iter().map(|k| strangers.iter().filter(|o| *o == k).count()).max();
        assert!(largest < Some(10), "{strangers:?}");
        assert!(!strangers.contains(&kin[40]));
    }
}
