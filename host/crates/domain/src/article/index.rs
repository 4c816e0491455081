//! The index of articles of one language: which words stand in which question and answer, which n-grams in
//! which question, and how rare each is. Building only; `rank` asks it. Refuses to know about tickets.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::spelling::Spellings;
use super::words::{Kind, PARTICLES_APART_MAX, Reader, Tongue, Word};
use super::{stem, words};

/// Words of one text that are indexed: a question needs few; of an endless answer the beginning tells.
const WORDS_MAX: usize = 2_000;
/// What a word counts that was put together or taken apart, compared with one that stands in the text.
const DERIVED: f32 = 0.6;
/// Letters of a compound's part, and of a compound.
const PART_LETTERS_MIN: usize = 4;
const COMPOUND_LETTERS_MIN: usize = 8;
/// Share of common words from which on two questions are the same.
const SAME_QUESTION: f32 = 0.8;

/// What is indexed of an article.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source<'a> {
    /// The question it answers.
    pub title: &'a str,
    /// Other ways to ask it.
    pub alternates: &'a [&'a str],
    /// The answer.
    pub body: &'a str,
}

/// Where a term stands, and how often.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// By term: (text, count), texts ascending.
    pub(super) postings: Vec<Vec<(u32, f32)>>,
    /// By text: its words.
    pub(super) lengths: Vec<f32>,
    /// Mean of the lengths, at least 1.
    pub(super) mean: f32,
}

/// A ready-to-search set of articles of one language.
#[derive(Debug)]
pub struct Index {
    pub(super) tongue: Tongue,
    pub(super) articles: usize,
    pub(super) vocabulary: HashMap<String, u32>,
    /// By term: inverse frequency among articles.
    pub(super) rarity: Vec<f32>,
    /// Titles and alternates; several may belong to one article.
    pub(super) questions: Field,
    pub(super) owners: Vec<u32>,
    /// By question: sum of the rarities of its own terms.
    pub(super) masses: Vec<f32>,
    /// By question: its own terms, ascending.
    pub(super) asked: Vec<Vec<u32>>,
    pub(super) answers: Field,
    /// By n-gram: (question, share of its unit vector).
    pub(super) grams: ByGram<Gram>,
    /// By n-gram of the whole article: where it stands, and how often.
    pub(super) texture: Texture,
    /// What a misspelt word may have meant.
    pub(super) spellings: Spellings,
    /// Sorted ascending: what the best wrong article scored for questions of this very knowledge base.
    pub(super) strangers: Vec<f32>,
}

/// An n-gram: how rare, and where.
#[derive(Debug, Default)]
pub(super) struct Gram {
    pub(super) rarity: f32,
    pub(super) places: Vec<(u32, f32)>,
}

/// N-grams of whole articles: forms and compounds that no rule takes apart are still alike by their letters.
#[derive(Debug, Default)]
pub(super) struct Texture {
    /// By n-gram: (article, count), articles ascending.
    pub(super) places: ByGram<Vec<(u32, f32)>>,
    /// By article: number of n-grams.
    pub(super) lengths: Vec<f32>,
    /// Mean of the lengths, at least 1.
    pub(super) mean: f32,
}

/// The words of one text before terms are derived from them.
struct Text {
    words: Vec<Rc<Word>>,
}

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

/// A table by n-gram.
pub(super) type ByGram<T> = HashMap<u64, T, BuildHasherDefault<AsIs>>;

impl Index {
    /// Builds the index of articles in one language (BCP 47); positions are kept.
    #[must_use]
    pub fn build<'a>(language: &str, articles: impl IntoIterator<Item = Source<'a>>) -> Self {
        let tongue = Tongue::of(language);
        let mut reader = Reader::new(tongue);
        let mut read = |text: &str| Text { words: reader.words(text, WORDS_MAX) };
        let (mut questions, mut owners, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        let mut titles = Vec::new();
        for (owner, source) in (0_u32..).zip(articles) {
            for question in std::iter::once(source.title).chain(source.alternates.iter().copied()) {
                questions.push(read(question));
                owners.push(owner);
            }
            answers.push(read(source.body));
            titles.push(source.title);
        }
        let own: HashSet<String> =
            questions.iter().chain(&answers).flat_map(|t| &t.words).map(|w| w.stem.clone()).collect();
        let mut terms = Terms { tongue, own, vocabulary: HashMap::new(), parts: HashMap::new() };
        let question_field = terms.field(&questions, true);
        let answer_field = terms.field(&answers, false);
        let mut index = Self {
            tongue,
            articles: answers.len(),
            rarity: Vec::new(),
            spellings: Spellings::of(terms.own.iter()),
            vocabulary: terms.vocabulary,
            questions: question_field,
            masses: Vec::new(),
            asked: Vec::new(),
            answers: answer_field,
            grams: grams(&questions),
            texture: texture(&questions, &owners, &answers),
            owners,
            strangers: Vec::new(),
        };
        index.rarity = index.rarities();
        index.asked = questions.iter().map(|text| index.own_terms(text)).collect();
        index.masses = index.asked.iter().map(|terms| index.mass(terms)).collect();
        index.strangers = index.scores_of_strangers(&titles);
        index
    }

    /// How many articles it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.articles
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.articles == 0
    }

    /// Inverse document frequency as in BM25, of a term that so many articles have.
    pub(super) fn rarity_of(&self, articles_with: f32) -> f32 {
        let n = words::precise(self.articles);
        (1.0 + (n - articles_with + 0.5).max(0.5) / (articles_with + 0.5)).ln()
    }

    fn rarities(&self) -> Vec<f32> {
        let mut last: Vec<u32> = vec![u32::MAX; self.articles];
        let none = Vec::new();
        (0_u32..)
            .take(self.vocabulary.len())
            .map(|term| {
                let at = |field: &Field| -> Vec<u32> {
                    let places = field.postings.get(term as usize).unwrap_or(&none);
                    places.iter().filter(|(_, count)| *count >= DERIVED).map(|(text, _)| *text).collect()
                };
                let asked = at(&self.questions).into_iter();
                let owners = asked.filter_map(|q| self.owners.get(q as usize).copied());
                let mut with = 0_u32;
                for article in owners.chain(at(&self.answers)) {
                    if let Some(seen) = last.get_mut(article as usize).filter(|seen| **seen != term) {
                        *seen = term;
                        with += 1;
                    }
                }
                self.rarity_of(words::precise(with as usize))
            })
            .collect()
    }

    fn own_terms(&self, text: &Text) -> Vec<u32> {
        let words = text.words.iter().filter(|w| w.kind != Kind::Stop);
        let mut terms: Vec<u32> = words.filter_map(|word| self.vocabulary.get(&word.stem).copied()).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    fn mass(&self, terms: &[u32]) -> f32 {
        terms.iter().filter_map(|term| self.rarity.get(*term as usize)).sum()
    }

    /// Whether two questions ask the same: nearly all their words are equal. A knowledge base may hold
    /// several answers to one question.
    pub(super) fn same_question(&self, a: usize, b: usize) -> bool {
        let none = Vec::new();
        let (a, b) = (self.asked.get(a).unwrap_or(&none), self.asked.get(b).unwrap_or(&none));
        let common = a.iter().filter(|term| b.binary_search(term).is_ok()).count();
        let all = a.len() + b.len() - common;
        all > 0 && words::precise(common) >= SAME_QUESTION * words::precise(all)
    }
}

/// Hands out term numbers.
struct Terms {
    tongue: Tongue,
    /// Stems that stand in some text as they are.
    own: HashSet<String>,
    vocabulary: HashMap<String, u32>,
    /// Parts of the compounds that were seen.
    parts: HashMap<String, Vec<String>>,
}

impl Terms {
    fn number(&mut self, term: &str) -> u32 {
        if let Some(number) = self.vocabulary.get(term) {
            return *number;
        }
        let number = u32::try_from(self.vocabulary.len()).unwrap_or(u32::MAX);
        self.vocabulary.insert(term.to_owned(), number);
        number
    }

    /// `phrases`: whether neighbours are indexed joined even if nobody writes them so.
    fn field(&mut self, texts: &[Text], phrases: bool) -> Field {
        let mut field = Field { mean: 1.0, ..Field::default() };
        for (place, text) in (0_u32..).zip(texts) {
            let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
            let mut length = 0.0;
            for word in text.words.iter().filter(|w| w.kind != Kind::Stop) {
                *counts.entry(self.number(&word.stem)).or_default() += 1.0;
                length += 1.0;
            }
            for term in self.derived(text, phrases) {
                let count = counts.entry(self.number(&term)).or_default();
                *count = count.max(DERIVED);
            }
            for (term, count) in counts {
                let term = term as usize;
                if field.postings.len() <= term {
                    field.postings.resize_with(term + 1, Vec::new);
                }
                if let Some(places) = field.postings.get_mut(term) {
                    places.push((place, count));
                }
            }
            field.lengths.push(length);
        }
        let n = words::precise(field.lengths.len().max(1));
        field.mean = (field.lengths.iter().sum::<f32>() / n).max(1.0);
        field
    }

    fn derived(&mut self, text: &Text, phrases: bool) -> Vec<String> {
        let known = |term: &String| phrases || self.own.contains(term);
        let mut out: Vec<String> =
            joined(&text.words).into_iter().map(|(_, term)| term).filter(known).collect();
        if self.tongue == Tongue::German {
            out.extend(apart(&text.words).into_iter().map(|(_, term)| term).filter(known));
            for word in text.words.iter().filter(|w| w.kind != Kind::Stop) {
                let parts = self.parts.entry(word.folded.clone());
                let parts = parts.or_insert_with(|| parts_of(&word.folded, |stem| self.own.contains(stem)));
                out.extend(parts.iter().cloned());
            }
        }
        out
    }
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
    let particles = words.iter().enumerate().filter(|(_, w)| stem::PARTICLES.contains(&w.folded.as_str()));
    particles
        .flat_map(|(end, particle)| {
            let verbs = words.iter().enumerate().take(end).skip(end.saturating_sub(PARTICLES_APART_MAX));
            verbs
                .filter(|(_, w)| w.kind != Kind::Stop)
                .map(|(at, w)| (at, stem::german(&format!("{}{}", particle.folded, w.folded))))
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

/// Numbers with how often each stands there, ascending.
pub(super) fn counted(mut numbers: Vec<u64>) -> Vec<(u64, f32)> {
    numbers.sort_unstable();
    numbers
        .chunk_by(|a, b| a == b)
        .filter_map(|run| run.first().map(|gram| (*gram, words::precise(run.len()))))
        .collect()
}

/// The n-grams of a text's telling words, counted.
pub(super) fn grams_of(words: &[Rc<Word>]) -> Vec<(u64, f32)> {
    counted(words.iter().flat_map(|w| w.grams.iter().copied()).collect())
}

/// The n-grams of the one size that whole articles are indexed with.
pub(super) fn texture_of<'a>(words: impl Iterator<Item = &'a Rc<Word>>) -> Vec<(u64, f32)> {
    counted(words.flat_map(|w| w.texture.iter().copied()).collect())
}

fn grams(questions: &[Text]) -> ByGram<Gram> {
    let counted: Vec<Vec<(u64, f32)>> = questions.iter().map(|text| grams_of(&text.words)).collect();
    let mut out: ByGram<Gram> = ByGram::default();
    for (gram, _) in counted.iter().flatten() {
        out.entry(*gram).or_default().rarity += 1.0;
    }
    let n = words::precise(questions.len());
    for gram in out.values_mut() {
        gram.rarity = ((n + 1.0) / (gram.rarity + 1.0)).ln() + 1.0;
    }
    for (place, counts) in (0_u32..).zip(&counted) {
        let weight = |gram: &u64, count: f32| (1.0 + count.ln()) * out.get(gram).map_or(0.0, |g| g.rarity);
        let weights: Vec<(u64, f32)> =
            counts.iter().map(|(gram, count)| (*gram, weight(gram, *count))).collect();
        let norm = weights.iter().map(|(_, w)| w * w).sum::<f32>().sqrt().max(f32::EPSILON);
        for (gram, weight) in weights {
            if let Some(gram) = out.get_mut(&gram) {
                gram.places.push((place, weight / norm));
            }
        }
    }
    out
}

fn texture(questions: &[Text], owners: &[u32], answers: &[Text]) -> Texture {
    let mut out = Texture { mean: 1.0, ..Texture::default() };
    let mut questions = questions.iter().zip(owners).peekable();
    for (article, answer) in (0_u32..).zip(answers) {
        let mut words: Vec<&Rc<Word>> = answer.words.iter().collect();
        // Questions stand in the order of their articles.
        while let Some((question, _)) = questions.next_if(|(_, owner)| **owner == article) {
            words.extend(&question.words);
        }
        let counts = texture_of(words.into_iter());
        out.lengths.push(counts.iter().map(|(_, count)| count).sum());
        for (gram, count) in counts {
            out.places.entry(gram).or_default().push((article, count));
        }
    }
    out.mean = (out.lengths.iter().sum::<f32>() / words::precise(answers.len().max(1))).max(1.0);
    out
}
