//! N-grams: which question has which ones of 3 to 5 letters, and which article which ones of 4. Forms and
//! compounds that no rule takes apart are still alike by their letters.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;

use super::lists::Lists;
use super::words::{Kind, Word, precise};

/// Letters of a word's n-grams, a space at either end included.
const LETTERS: RangeInclusive<usize> = 3..=5;
/// Letters of the n-grams of whole articles: one size, as there are many.
const TEXTURE_LETTERS: RangeInclusive<usize> = 4..=4;

/// N-grams are hashes already.
#[derive(Debug, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Numbers of n-grams, from 0.
type Numbers = HashMap<u64, u32, BuildHasherDefault<AsIs>>;

/// N-grams of questions.
#[derive(Debug)]
pub(super) struct Likeness {
    numbers: Numbers,
    rarity: Vec<f32>,
    /// By n-gram: (question, share of its unit vector).
    places: Lists<(u32, f32)>,
}

impl Likeness {
    /// `words`: all that occur; `texts`: the words of each question by their position in `words`.
    pub(super) fn of(words: &[Rc<Word>], texts: &[Vec<u32>]) -> Self {
        let mut asked = vec![false; words.len()];
        for word in texts.iter().flatten() {
            asked.get_mut(*word as usize).into_iter().for_each(|asked| *asked = true);
        }
        let (numbers, of_word) = numbered(words, LETTERS, |word| asked.get(word as usize) == Some(&true));
        let mut tally = Tally::new(numbers.len());
        let mut entries: Vec<(u32, (u32, f32))> = Vec::new();
        let mut ends: Vec<usize> = Vec::with_capacity(texts.len());
        let mut rarity = vec![0.0_f32; numbers.len()];
        for (place, text) in (0_u32..).zip(texts) {
            tally.add(text, &of_word);
            tally.seen.sort_unstable();
            tally.drain(|gram, count| {
                if let Some(with) = rarity.get_mut(gram as usize) {
                    *with += 1.0;
                }
                let weight = if count > 1 { 1.0 + precise(count as usize).ln() } else { 1.0 };
                entries.push((gram, (place, weight)));
            });
            ends.push(entries.len());
        }
        let n = precise(texts.len());
        rarity.iter_mut().for_each(|with| *with = ((n + 1.0) / (*with + 1.0)).ln() + 1.0);
        let mut rest = entries.as_mut_slice();
        let mut start = 0;
        for end in ends {
            let Some((own, others)) = rest.split_at_mut_checked(end - start) else { break };
            (rest, start) = (others, end);
            for (gram, (_, weight)) in own.iter_mut() {
                *weight *= rarity.get(*gram as usize).copied().unwrap_or(0.0);
            }
            let norm = own.iter().map(|(_, (_, w))| w * w).sum::<f32>().sqrt().max(f32::EPSILON);
            own.iter_mut().for_each(|(_, (_, weight))| *weight /= norm);
        }
        Self { places: Lists::of(numbers.len(), &entries), numbers, rarity }
    }

    /// How rare an n-gram is, and the questions that have it.
    pub(super) fn at(&self, gram: u64) -> Option<(f32, &[(u32, f32)])> {
        let number = *self.numbers.get(&gram)?;
        Some((*self.rarity.get(number as usize)?, self.places.at(number)))
    }
}

/// An article and how often an n-gram stands in it, 255 at most, in one number: there are millions of them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing(u32);

impl Standing {
    fn new(article: u32, count: u32) -> Self {
        Self((article << 8) | count.min(0xff))
    }

    pub(super) const fn article(self) -> u32 {
        self.0 >> 8
    }

    pub(super) fn count(self) -> f32 {
        precise((self.0 & 0xff) as usize)
    }
}

/// N-grams of whole articles.
#[derive(Debug)]
pub(super) struct Texture {
    numbers: Numbers,
    /// By n-gram: where it stands, articles ascending.
    places: Lists<Standing>,
    /// By article: number of n-grams.
    pub(super) lengths: Vec<f32>,
    /// Mean of the lengths, at least 1.
    pub(super) mean: f32,
}

impl Texture {
    /// `owned`: by article, which of the questions are its own.
    pub(super) fn of(
        words: &[Rc<Word>],
        questions: &[Vec<u32>],
        owned: &[Range<usize>],
        answers: &[Vec<u32>],
    ) -> Self {
        let (numbers, of_word) = numbered(words, TEXTURE_LETTERS, |_| true);
        let mut tally = Tally::new(numbers.len());
        let mut entries: Vec<(u32, Standing)> = Vec::new();
        let mut lengths: Vec<f32> = Vec::with_capacity(answers.len());
        for ((article, answer), own) in (0_u32..).zip(answers).zip(owned) {
            tally.add(answer, &of_word);
            for question in questions.get(own.clone()).unwrap_or_default() {
                tally.add(question, &of_word);
            }
            let mut length = 0;
            tally.drain(|gram, count| {
                length += count;
                entries.push((gram, Standing::new(article, count)));
            });
            lengths.push(precise(length as usize));
        }
        let mean = (lengths.iter().sum::<f32>() / precise(lengths.len().max(1))).max(1.0);
        Self { places: Lists::of(numbers.len(), &entries), numbers, lengths, mean }
    }

    /// The articles that have an n-gram.
    pub(super) fn at(&self, gram: u64) -> &[Standing] {
        self.numbers.get(&gram).map_or(&[][..], |number| self.places.at(*number))
    }
}

/// Numbers for the n-grams of some words, in the order of their hashes, and by word the numbers of its own.
fn numbered(
    words: &[Rc<Word>],
    sizes: RangeInclusive<usize>,
    taken: impl Fn(u32) -> bool,
) -> (Numbers, Lists<u32>) {
    let mut all: Vec<(u64, u32)> = Vec::new();
    for (at, word) in (0_u32..).zip(words).filter(|(at, _)| taken(*at)) {
        each_gram(word, sizes.clone(), |gram| all.push((gram, at)));
    }
    all.sort_unstable();
    let mut numbers = Numbers::default();
    let mut entries: Vec<(u32, u32)> = Vec::with_capacity(all.len());
    for (number, same) in (0_u32..).zip(all.chunk_by(|a, b| a.0 == b.0)) {
        numbers.extend(same.first().map(|(gram, _)| (*gram, number)));
        entries.extend(same.iter().map(|(_, word)| (*word, number)));
    }
    (numbers, Lists::of(words.len(), &entries))
}

/// The n-grams of a word, as numbers; none of a word of grammar.
fn each_gram(word: &Word, sizes: RangeInclusive<usize>, mut each: impl FnMut(u64)) {
    if word.kind == Kind::Stop {
        return;
    }
    let letters: Vec<char> = std::iter::once(' ').chain(word.folded.chars()).chain([' ']).collect();
    sizes.flat_map(|size| letters.windows(size)).for_each(|gram| each(number_of(gram)));
}

/// FNV-1a over the letters.
fn number_of(letters: &[char]) -> u64 {
    letters.iter().fold(0xcbf2_9ce4_8422_2325, |hash, letter| {
        (hash ^ u64::from(u32::from(*letter))).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Counts the n-grams of one text after the other.
struct Tally {
    counts: Vec<u32>,
    seen: Vec<u32>,
}

impl Tally {
    fn new(grams: usize) -> Self {
        Self { counts: vec![0; grams], seen: Vec::new() }
    }

    fn add(&mut self, text: &[u32], of_word: &Lists<u32>) {
        for gram in text.iter().flat_map(|word| of_word.at(*word)) {
            if let Some(count) = self.counts.get_mut(*gram as usize) {
                if *count == 0 {
                    self.seen.push(*gram);
                }
                *count += 1;
            }
        }
    }

    /// Hands over what was counted, in the order of `seen`, and forgets it.
    fn drain(&mut self, mut each: impl FnMut(u32, u32)) {
        for gram in self.seen.drain(..) {
            if let Some(count) = self.counts.get_mut(gram as usize) {
                each(gram, std::mem::take(count));
            }
        }
    }
}

/// The n-grams of a text's telling words, each with how often, ascending.
pub(super) fn grams_of(words: &[Rc<Word>]) -> Vec<(u64, f32)> {
    let grams = sorted(words, LETTERS);
    let runs = grams.chunk_by(|a, b| a == b);
    runs.filter_map(|run| run.first().map(|gram| (*gram, precise(run.len())))).collect()
}

/// The n-grams of the one size that whole articles are indexed with, each once, ascending.
pub(super) fn texture_of(words: &[Rc<Word>]) -> Vec<u64> {
    let mut grams = sorted(words, TEXTURE_LETTERS);
    grams.dedup();
    grams
}

fn sorted(words: &[Rc<Word>], sizes: RangeInclusive<usize>) -> Vec<u64> {
    let mut grams = Vec::new();
    for word in words {
        each_gram(word, sizes.clone(), |gram| grams.push(gram));
    }
    grams.sort_unstable();
    grams
}
