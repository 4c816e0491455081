//! Which texts are alike, and which belong together. Pure: sets of words in, likeness and groups out.

use std::collections::{BTreeMap, BTreeSet};

/// Texts as weighted words, each of length one: a word counts as much as it is rare among the usual ones. What many
/// write of at once is what is looked for, so it must not weigh less for it.
pub struct Texts<'t> {
    rows: Vec<Vec<(usize, f32)>>,
    names: Vec<&'t str>,
    /// By word: (text, weight).
    postings: Vec<Vec<(usize, f32)>>,
}

impl<'t> Texts<'t> {
    /// Weighs texts; of each it is said whether it counts as usual.
    #[must_use]
    pub fn of(texts: &[(&'t BTreeSet<String>, bool)]) -> Self {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut names = Vec::new();
        let mut counts: Vec<u32> = Vec::new();
        let mut rows = Vec::with_capacity(texts.len());
        for (text, is_usual) in texts {
            let row: Vec<usize> = text
                .iter()
                .map(|word| {
                    *places.entry(word).or_insert_with(|| {
                        names.push(word.as_str());
                        counts.push(0);
                        names.len() - 1
                    })
                })
                .collect();
            let usual = u32::from(*is_usual);
            row.iter().filter_map(|word| counts.get_mut(*word).map(|count| *count += usual)).for_each(drop);
            rows.push(row);
        }
        let all = precise(texts.iter().filter(|(_, is_usual)| *is_usual).count());
        let weight = |word: usize| {
            let count = 1.0 + counts.get(word).map_or(0.0, |count| f64::from(*count));
            #[allow(clippy::cast_possible_truncation, reason = "a weight needs no more digits")]
            let weight = (2.0 + all / count).ln() as f32;
            weight
        };
        let rows: Vec<Vec<(usize, f32)>> = rows.into_iter().map(|row| unit(row, &weight)).collect();
        let mut postings = vec![Vec::new(); names.len()];
        for (text, row) in rows.iter().enumerate() {
            for (word, weight) in row {
                if let Some(list) = postings.get_mut(*word) {
                    list.push((text, *weight));
                }
            }
        }
        Self { rows, names, postings }
    }

    /// The texts that are at least so much like one, itself aside, with how much (cosine).
    #[must_use]
    pub fn like(&self, text: usize, least: f32) -> Vec<(usize, f32)> {
        let mut sums: BTreeMap<usize, f32> = BTreeMap::new();
        for (word, weight) in self.rows.get(text).into_iter().flatten() {
            for (other, theirs) in self.postings.get(*word).into_iter().flatten() {
                *sums.entry(*other).or_default() += weight * theirs;
            }
        }
        sums.into_iter().filter(|(other, sum)| *other != text && *sum >= least).collect()
    }

    /// The words that texts have in common, strongest first.
    #[must_use]
    pub fn common(&self, texts: &[usize], most: usize) -> Vec<String> {
        let mut sums: BTreeMap<usize, (usize, f32)> = BTreeMap::new();
        for (word, weight) in texts.iter().filter_map(|text| self.rows.get(*text)).flatten() {
            let sum = sums.entry(*word).or_default();
            sum.0 += 1;
            sum.1 += weight;
        }
        let mut shared: Vec<(usize, f32)> = sums
            .into_iter()
            .filter(|(_, (count, _))| *count >= 2)
            .map(|(word, (_, sum))| (word, sum))
            .collect();
        shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let name = |word: usize| self.names.get(word).map(|name| (*name).to_owned());
        shared.into_iter().filter_map(|(word, _)| name(word)).take(most).collect()
    }
}

fn precise(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn unit(row: Vec<usize>, weight: &impl Fn(usize) -> f32) -> Vec<(usize, f32)> {
    let weighed: Vec<(usize, f32)> = row.into_iter().map(|word| (word, weight(word))).collect();
    let length = weighed.iter().map(|(_, w)| w * w).sum::<f32>().sqrt();
    if length <= 0.0 {
        return Vec::new();
    }
    weighed.into_iter().map(|(word, w)| (word, w / length)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> BTreeSet<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn likeness_is_one_for_the_same_words_and_nothing_without_a_common_one() {
        let texts = [set("login error page"), set("page login error"), set("parcel late")];
        let texts = Texts::of(&texts.iter().map(|text| (text, true)).collect::<Vec<_>>());
        assert!(matches!(texts.like(0, 0.1)[..], [(1, like)] if (like - 1.0).abs() < 1e-5));
        assert!(texts.like(2, 0.01).is_empty());
        assert!(
            Texts::of(&[]).like(0, 0.1).is_empty()
                && Texts::of(&[(&BTreeSet::new(), true)]).like(0, 0.0).is_empty()
        );
    }

    #[test]
    fn what_texts_have_in_common_is_told_rarest_first() {
        let texts =
            [set("shop login error"), set("shop login broken"), set("shop parcel"), set("shop invoice")];
        let texts = Texts::of(&texts.iter().map(|text| (text, true)).collect::<Vec<_>>());
        assert_eq!(texts.common(&[0, 1], 3), ["login", "shop"]);
    }
}
