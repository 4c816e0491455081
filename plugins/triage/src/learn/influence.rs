//! How much a sample counts. Frequent labels count less per ticket, and all tickets of one customer under
//! one label count no more than a few others': who mails a hundred times does not teach a hundred times.

use std::collections::BTreeMap;

use super::corpus::{Meta, f32_of};

/// Tickets of one customer under one label that count in full.
const FREE: f32 = 3.0;
/// Share of a label's tickets that one customer may stand for beyond that.
const SHARE: f32 = 0.05;
/// Exponent of the balance between labels: 0 none, 1 full. Half keeps rare labels findable without making
/// them the answer to everything.
const BALANCE: f32 = 0.5;
/// Bounds of the balance, so that a label with one ticket is no loudspeaker.
const BALANCE_RANGE: std::ops::RangeInclusive<f32> = 0.33..=3.0;

/// How much each sample counts in the fit: its voice, and more for rare labels.
#[must_use]
pub fn costs(samples: &[Meta], labels: usize) -> Vec<f32> {
    let (by_label, voices) = voices(samples, labels);
    let used = by_label.iter().filter(|n| **n > 0).count().max(1);
    let mean = f32_of(samples.len()) / f32_of(used);
    samples
        .iter()
        .zip(voices)
        .map(|(sample, voice)| {
            let under = f32_of(by_label.get(sample.label as usize).copied().unwrap_or(1).max(1));
            let balance = (mean / under).powf(BALANCE).clamp(*BALANCE_RANGE.start(), *BALANCE_RANGE.end());
            balance * voice
        })
        .collect()
}

/// Tickets per label, and each sample's voice: 1, or less where its customer has written more than is allowed.
#[must_use]
pub fn voices(samples: &[Meta], labels: usize) -> (Vec<usize>, Vec<f32>) {
    let mut by_label = vec![0_usize; labels];
    let mut by_requester: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for sample in samples {
        if let Some(n) = by_label.get_mut(sample.label as usize) {
            *n += 1;
        }
        *by_requester.entry((sample.label, sample.requester)).or_default() += 1;
    }
    let voices = samples
        .iter()
        .map(|sample| {
            let under = f32_of(by_label.get(sample.label as usize).copied().unwrap_or(1).max(1));
            let own =
                f32_of(by_requester.get(&(sample.label, sample.requester)).copied().unwrap_or(1).max(1));
            (FREE.max(SHARE * under) / own).min(1.0)
        })
        .collect();
    (by_label, voices)
}

#[cfg(test)]
mod tests {
    use super::*;
    fn sample(label: u32, requester: u32) -> Meta {
        Meta { label, requester, minute: 0, size: 1 }
    }

    #[test]
    fn a_hundred_tickets_of_one_customer_count_as_a_few() {
        let mut samples: Vec<Meta> = (0..20).map(|n| sample(0, n)).collect();
        samples.extend((0..100).map(|_| sample(0, 99)));
        let costs = costs(&samples, 1);
        let flood: f32 = costs[20..].iter().sum();
        let one: f32 = costs[0];
        assert!((flood / one - 6.0).abs() < 0.01, "{flood} of {one}");
    }

    #[test]
    fn a_rare_label_counts_more_per_ticket_but_not_more_in_all() {
        let samples: Vec<Meta> =
            (0..90).map(|n| sample(0, n)).chain((0..10).map(|n| sample(1, 1_000 + n))).collect();
        let costs = costs(&samples, 2);
        assert!(costs[95] > costs[0]);
        assert!(costs[90..].iter().sum::<f32>() < costs[..90].iter().sum::<f32>());
    }
}
