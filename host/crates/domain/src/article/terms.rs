//! Terms: the numbers of stems and of what is derived from them, and which text has which. Refuses to know
//! how texts are ranked.

use std::collections::HashMap;
use std::rc::Rc;

use super::lists::Lists;
use super::stem;
use super::words::{Kind, PARTICLES_APART_MAX, Tongue, Word, precise};

/// What a word counts that was put together or taken apart, compared with one that stands in the text.
const DERIVED: f32 = 0.6;
/// Letters of a compound's part, and of a compound.
const PART_LETTERS_MIN: usize = 4;
const COMPOUND_LETTERS_MIN: usize = 8;

/// Where a term stands, and how often.
#[derive(Debug)]
pub(super) struct Field {
    /// By term: (text, count), texts ascending.
    postings: Lists<(u32, f32)>,
    /// By text: its words.
    pub(super) lengths: Vec<f32>,
    /// Mean of the lengths, at least 1.
    pub(super) mean: f32,
}

impl Field {
    /// The texts that have a term, each with how often.
    pub(super) fn at(&self, term: u32) -> &[(u32, f32)] {
        self.postings.at(term)
    }
}

/// Hands out term numbers.
pub(super) struct Terms<'a> {
    tongue: Tongue,
    /// All words that occur.
    words: &'a [Rc<Word>],
    /// By word: the number of its stem.
    stems: Vec<u32>,
    numbers: HashMap<String, u32>,
    /// Terms below are stems that stand in some text as they are; those from here on were only put together.
    own: u32,
    /// Tells at once that most neighbours are no word together.
    likely: Likely,
    /// By term: whether some text has it as a word that is not one of grammar, or as a derived one.
    used: Vec<bool>,
    /// By word: whether it may be the particle of a verb.
    particles: Vec<bool>,
    /// By word: the parts of a compound, as far as it was looked at.
    parts: Vec<Option<Vec<u32>>>,
    /// By particle and verb that stand apart: their term, if there is one.
    verbs: HashMap<(u32, u32), Option<u32>>,
}

impl<'a> Terms<'a> {
    pub(super) fn new(tongue: Tongue, words: &'a [Rc<Word>]) -> Self {
        let mut numbers: HashMap<String, u32> = HashMap::with_capacity(words.len());
        let mut stems = Vec::with_capacity(words.len());
        for word in words {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            stems.push(*numbers.entry(word.stem.clone()).or_insert(next));
        }
        let own = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        Self {
            tongue,
            words,
            stems,
            own,
            likely: Likely::of(words),
            used: vec![false; numbers.len()],
            numbers,
            particles: words.iter().map(|word| is_particle(word)).collect(),
            parts: vec![None; words.len()],
            verbs: HashMap::new(),
        }
    }

    /// Stems that stand in some text as they are.
    pub(super) fn own(&self) -> impl Iterator<Item = &String> {
        self.numbers.iter().filter(|(_, number)| **number < self.own).map(|(stem, _)| stem)
    }

    /// The number of each term that some text has.
    pub(super) fn vocabulary(mut self) -> HashMap<String, u32> {
        let used = self.used;
        self.numbers.retain(|_, number| used.get(*number as usize) == Some(&true));
        self.numbers.shrink_to_fit();
        self.numbers
    }

    /// The terms of a text's own words without those of grammar, ascending, each once.
    pub(super) fn of_text(&self, text: &[u32]) -> Vec<u32> {
        let telling = text.iter().filter(|word| self.kind(**word) != Kind::Stop);
        let mut terms: Vec<u32> = telling.filter_map(|word| self.stem(*word)).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// How many numbers were handed out.
    pub(super) const fn len(&self) -> usize {
        self.used.len()
    }

    fn kind(&self, word: u32) -> Kind {
        self.words.get(word as usize).map_or(Kind::Stop, |word| word.kind)
    }

    fn stem(&self, word: u32) -> Option<u32> {
        self.stems.get(word as usize).copied()
    }

    /// The number of a term; a new one, if there is none and `phrases`. Without `phrases` only of stems that
    /// stand in some text.
    fn number(&mut self, term: &str, phrases: bool) -> Option<u32> {
        match self.numbers.get(term) {
            Some(number) => Some(*number).filter(|number| phrases || *number < self.own),
            None if phrases => {
                let number = u32::try_from(self.used.len()).ok()?;
                self.numbers.insert(term.to_owned(), number);
                self.used.push(false);
                Some(number)
            }
            None => None,
        }
    }

    /// `phrases`: whether neighbours are indexed joined even if nobody writes them so.
    pub(super) fn field(&mut self, texts: &[Vec<u32>], phrases: bool) -> Field {
        let mut counts: Vec<f32> = Vec::new();
        let mut seen: Vec<u32> = Vec::new();
        let mut derived: Vec<u32> = Vec::new();
        let mut entries: Vec<(u32, (u32, f32))> = Vec::new();
        let mut lengths = Vec::with_capacity(texts.len());
        for (place, text) in (0_u32..).zip(texts) {
            self.derive(text, phrases, &mut derived);
            counts.resize(self.used.len(), 0.0);
            let mut count = |term: u32, of: fn(f32) -> f32| {
                if let Some(count) = counts.get_mut(term as usize) {
                    if *count <= 0.0 {
                        seen.push(term);
                    }
                    *count = of(*count);
                }
            };
            let mut length = 0.0;
            for word in text.iter().filter(|word| self.kind(**word) != Kind::Stop) {
                if let Some(term) = self.stem(*word) {
                    count(term, |before| before + 1.0);
                }
                length += 1.0;
            }
            derived.drain(..).for_each(|term| count(term, |before| before.max(DERIVED)));
            for term in seen.drain(..) {
                if let (Some(count), Some(used)) =
                    (counts.get_mut(term as usize), self.used.get_mut(term as usize))
                {
                    entries.push((term, (place, std::mem::take(count))));
                    *used = true;
                }
            }
            lengths.push(length);
        }
        let mean = (lengths.iter().sum::<f32>() / precise(lengths.len().max(1))).max(1.0);
        Field { postings: Lists::of(self.used.len(), &entries), lengths, mean }
    }

    fn derive(&mut self, text: &[u32], phrases: bool, out: &mut Vec<u32>) {
        let words = self.words;
        let mut both = String::new();
        for pair in text.windows(2) {
            let [a, b] = pair else { continue };
            if !phrases && !self.likely.both(*a, *b) {
                continue;
            }
            let (Some(a), Some(b)) = (words.get(*a as usize), words.get(*b as usize)) else { continue };
            if a.kind != Kind::Stop || b.kind != Kind::Stop {
                both.clear();
                both.push_str(&a.stem);
                both.push_str(&b.stem);
                out.extend(self.number(&both, phrases));
            }
        }
        if self.tongue == Tongue::German {
            self.derive_verbs(text, phrases, out);
            for word in text {
                self.derive_parts(*word, out);
            }
        }
    }

    fn derive_verbs(&mut self, text: &[u32], phrases: bool, out: &mut Vec<u32>) {
        let words = self.words;
        for (end, particle) in text.iter().enumerate() {
            if self.particles.get(*particle as usize) != Some(&true) {
                continue;
            }
            let Some(prefix) = words.get(*particle as usize) else { continue };
            for verb in text.iter().take(end).skip(end.saturating_sub(PARTICLES_APART_MAX)) {
                let Some(word) = words.get(*verb as usize).filter(|word| word.kind != Kind::Stop) else {
                    continue;
                };
                let term = match self.verbs.get(&(*particle, *verb)) {
                    Some(known) => *known,
                    None => {
                        let term = self.number(&put_together(prefix, word), phrases);
                        self.verbs.insert((*particle, *verb), term);
                        term
                    }
                };
                out.extend(term.filter(|number| phrases || *number < self.own));
            }
        }
    }

    fn derive_parts(&mut self, word: u32, out: &mut Vec<u32>) {
        let Some(parts) = self.parts.get_mut(word as usize) else { return };
        if parts.is_none() {
            let own = |stem: &str| self.numbers.get(stem).is_some_and(|number| *number < self.own);
            let telling = self.words.get(word as usize).filter(|word| word.kind != Kind::Stop);
            let stems = telling.map_or_else(Vec::new, |word| parts_of(&word.folded, own));
            *parts = Some(stems.iter().filter_map(|stem| self.numbers.get(stem).copied()).collect());
        }
        out.extend(parts.iter().flatten());
    }
}

/// Whether two words together are probably a stem that stands in some text: never wrong when it says no. The
/// hash of a joined word follows from those of its halves, so that nothing has to be put together.
struct Likely {
    /// By word: hash of its stem, and what the hash of a word before it is multiplied with.
    hashes: Vec<(u64, u64)>,
    /// One bit for each hash that occurs, by its upper bits.
    bits: Vec<u64>,
    shift: u32,
}

/// An odd number with bits all over.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Likely {
    fn of(words: &[Rc<Word>]) -> Self {
        let hash = |word: &Rc<Word>| {
            word.stem.bytes().fold((0_u64, 1_u64), |(hash, power), byte| {
                (hash.wrapping_mul(SPREAD).wrapping_add(u64::from(byte) + 1), power.wrapping_mul(SPREAD))
            })
        };
        let hashes: Vec<(u64, u64)> = words.iter().map(hash).collect();
        // Some 32 bits for a word, so that about one pair in 32 is looked up for nothing.
        let size = (words.len() * 32).next_power_of_two().max(64);
        let mut out = Self { hashes, bits: vec![0; size / 64], shift: 64 - size.trailing_zeros() };
        for at in 0..out.hashes.len() {
            if let Some((hash, _)) = out.hashes.get(at) {
                let (cell, bit) = out.place(*hash);
                out.bits.get_mut(cell).into_iter().for_each(|bits| *bits |= bit);
            }
        }
        out
    }

    /// The cell and the bit of a hash.
    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = (hash ^ (hash >> 32)).wrapping_mul(SPREAD) >> self.shift;
        (usize::try_from(bit / 64).unwrap_or(usize::MAX), 1 << (bit % 64))
    }

    fn both(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.hashes.get(a as usize), self.hashes.get(b as usize));
        let (Some((first, _)), Some((second, power))) = (a, b) else { return false };
        let (cell, bit) = self.place(first.wrapping_mul(*power).wrapping_add(*second));
        self.bits.get(cell).is_some_and(|bits| bits & bit != 0)
    }
}

fn is_particle(word: &Word) -> bool {
    stem::PARTICLES.contains(&word.folded.as_str())
}

/// A verb with its particle in front, as a stem.
fn put_together(particle: &Word, verb: &Word) -> String {
    stem::german(&format!("{}{}", particle.folded, verb.folded))
}

/// Neighbours written as one word, with the place of the first; not two words of grammar.
pub(super) fn joined(words: &[Rc<Word>]) -> Vec<(usize, String)> {
    let pairs = words.windows(2).enumerate();
    pairs
        .filter_map(|(at, pair)| match pair {
            [a, b] if a.kind != Kind::Stop || b.kind != Kind::Stop => {
                Some((at, format!("{}{}", a.stem, b.stem)))
            }
            _ => None,
        })
        .collect()
}

/// Verbs whose particle stands later in the sentence (“sage … ab”), as one stem, with the verb's place.
pub(super) fn apart(words: &[Rc<Word>]) -> Vec<(usize, String)> {
    let particles = words.iter().enumerate().filter(|(_, w)| is_particle(w));
    particles
        .flat_map(|(end, particle)| {
            let verbs = words.iter().enumerate().take(end).skip(end.saturating_sub(PARTICLES_APART_MAX));
            verbs.filter(|(_, w)| w.kind != Kind::Stop).map(|(at, verb)| (at, put_together(particle, verb)))
        })
        .collect()
}

/// Stems of the parts of a German compound, as far as both are words that somebody uses.
pub(super) fn parts_of(folded: &str, used: impl Fn(&str) -> bool) -> Vec<String> {
    if folded.len() < COMPOUND_LETTERS_MIN || !folded.is_ascii() {
        return Vec::new();
    }
    // From the longest first part down: “Versandkosten|erstattung” before “Versand|…”.
    for cut in (PART_LETTERS_MIN..=folded.len() - PART_LETTERS_MIN).rev() {
        let (head, tail) = folded.split_at(cut);
        let second = stem::german(tail);
        if !used(&second) {
            continue;
        }
        let heads = [head, head.strip_suffix('s').unwrap_or(head)];
        let first = heads.iter().filter(|h| h.len() >= PART_LETTERS_MIN - 1).map(|h| stem::german(h));
        if let Some(first) = first.into_iter().find(|stem| used(stem)) {
            return vec![first, second];
        }
    }
    Vec::new()
}
