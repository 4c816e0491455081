//! The index of articles of one language: which words stand in which question and answer, which n-grams in
//! which question, and how rare each is. Building only; `rank` asks it. Refuses to know about tickets.

use std::collections::HashMap;
use std::ops::Range;

use super::grams::{Likeness, Texture};
use super::meaning::{Meanings, Vectors};
use super::spelling::Spellings;
use super::terms::{Field, Terms};
use super::words::{Reader, Tongue, precise};

/// Words of one text that are indexed: a question needs few; of an endless answer the beginning tells.
const WORDS_MAX: usize = 2_000;
/// Share of common words from which on two questions are the same.
const SAME_QUESTION: f32 = 0.8;
/// Questions of a knowledge base that are asked to learn what wrong articles score in it.
const STRANGERS_MAX: usize = 200;

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

/// What the best wrong articles looked like, each sorted ascending.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    /// What they scored.
    pub(super) scores: Vec<f32>,
    /// How near their questions were by meaning.
    pub(super) meanings: Vec<f32>,
}

/// A ready-to-search set of articles of one language.
#[derive(Debug)]
pub struct Index {
    pub(super) tongue: Tongue,
    pub(super) vocabulary: HashMap<String, u32>,
    /// By term: inverse frequency among articles.
    pub(super) rarity: Vec<f32>,
    /// Titles and alternates; several may belong to one article.
    pub(super) questions: Field,
    /// By question: its article, ascending.
    pub(super) owners: Vec<u32>,
    /// By article: its questions, the title first.
    pub(super) owned: Vec<Range<usize>>,
    /// By question: sum of the rarities of its own terms.
    pub(super) masses: Vec<f32>,
    /// By question: its own terms, ascending.
    pub(super) asked: Vec<Vec<u32>>,
    pub(super) answers: Field,
    /// N-grams of questions.
    pub(super) grams: Likeness,
    /// N-grams of whole articles.
    pub(super) texture: Texture,
    /// What a misspelt word may have meant.
    pub(super) spellings: Spellings,
    /// The best wrong articles for questions of this very knowledge base.
    pub(super) strangers: Strangers,
    /// The same where vectors counted.
    pub(super) strangers_meant: Strangers,
    /// Those questions, with their articles.
    pub(super) sample: Vec<(usize, String)>,
    pub(super) meanings: Option<Meanings>,
}

impl Index {
    /// Builds the index of articles in one language (BCP 47); positions are kept.
    #[must_use]
    pub fn build<'a>(language: &str, articles: impl IntoIterator<Item = Source<'a>>) -> Self {
        let tongue = Tongue::of(language);
        let mut reader = Reader::new(tongue);
        let (mut questions, mut answers) = (Vec::new(), Vec::new());
        let (mut owners, mut owned, mut titles) = (Vec::new(), Vec::new(), Vec::new());
        for (owner, source) in (0_u32..).zip(articles) {
            let first = questions.len();
            for question in std::iter::once(source.title).chain(source.alternates.iter().copied()) {
                questions.push(reader.read(question, WORDS_MAX));
                owners.push(owner);
            }
            owned.push(first..questions.len());
            answers.push(reader.read(source.body, WORDS_MAX));
            titles.push(source.title);
        }
        let words = reader.into_words();
        let mut terms = Terms::new(tongue, &words);
        let spellings = Spellings::of(terms.own());
        let question_field = terms.field(&questions, true);
        let answer_field = terms.field(&answers, false);
        let rarity = rarities(terms.len(), &question_field, &owners, &answer_field);
        let asked: Vec<Vec<u32>> = questions.iter().map(|text| terms.of_text(text)).collect();
        let mass = |terms: &Vec<u32>| terms.iter().filter_map(|term| rarity.get(*term as usize)).sum();
        let mut index = Self {
            tongue,
            spellings,
            vocabulary: terms.vocabulary(),
            questions: question_field,
            masses: asked.iter().map(mass).collect(),
            rarity,
            asked,
            answers: answer_field,
            grams: Likeness::of(&words, &questions),
            texture: Texture::of(&words, &questions, &owned, &answers),
            owners,
            owned,
            strangers: Strangers::default(),
            strangers_meant: Strangers::default(),
            sample: sample_of(&titles),
            meanings: None,
        };
        index.strangers = index.strangers(|_| None);
        index
    }

    /// Adds what the articles mean, by position. Where an article has no vectors, words alone count.
    #[must_use]
    pub fn with_vectors<'a>(mut self, articles: impl IntoIterator<Item = &'a Vectors>) -> Self {
        let articles: Vec<&Vectors> = articles.into_iter().take(self.len()).collect();
        let all = (0..self.len()).map(|article| articles.get(article).copied());
        self.meanings = Meanings::of(all);
        self.strangers_meant = match self.meanings {
            Some(_) => {
                let own = |article: usize| Some(articles.get(article)?.questions.first()?.as_slice());
                self.strangers(own)
            }
            None => Strangers::default(),
        };
        self
    }

    /// How many articles it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.owned.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.owned.is_empty()
    }

    /// Inverse document frequency as in BM25, of a term that so many articles have.
    pub(super) fn rarity_of(&self, articles_with: f32) -> f32 {
        rarity(precise(self.len()), articles_with)
    }

    /// Whether two questions ask the same: nearly all their words are equal. A knowledge base may hold
    /// several answers to one question.
    pub(super) fn same_question(&self, a: usize, b: usize) -> bool {
        let none = Vec::new();
        let (a, b) = (self.asked.get(a).unwrap_or(&none), self.asked.get(b).unwrap_or(&none));
        let common = a.iter().filter(|term| b.binary_search(term).is_ok()).count();
        let all = a.len() + b.len() - common;
        all > 0 && precise(common) >= SAME_QUESTION * precise(all)
    }

    /// All questions that ask the same as one of an article's, ascending.
    pub(super) fn same_questions(&self, article: usize) -> Vec<usize> {
        let mut out = Vec::new();
        for own in self.owned.get(article).cloned().unwrap_or_default() {
            let terms = self.asked.get(own).map_or(&[][..], Vec::as_slice);
            let mut alike: Vec<u32> =
                terms.iter().flat_map(|term| self.questions.at(*term)).map(|(place, _)| *place).collect();
            alike.sort_unstable();
            alike.dedup();
            let alike = alike.into_iter().map(|place| place as usize);
            out.extend(alike.filter(|other| self.same_question(own, *other)));
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

/// Evenly spaced questions, each with its article.
fn sample_of(titles: &[&str]) -> Vec<(usize, String)> {
    let step = titles.len().div_ceil(STRANGERS_MAX).max(1);
    titles.iter().enumerate().step_by(step).map(|(at, title)| (at, (*title).to_owned())).collect()
}

fn rarity(articles: f32, with: f32) -> f32 {
    (1.0 + (articles - with + 0.5).max(0.5) / (with + 0.5)).ln()
}

/// By term, how rare it is among articles.
fn rarities(terms: usize, questions: &Field, owners: &[u32], answers: &Field) -> Vec<f32> {
    let articles = answers.lengths.len();
    let mut last: Vec<u32> = vec![u32::MAX; articles];
    (0_u32..)
        .take(terms)
        .map(|term| {
            let asked = questions.at(term).iter().filter_map(|(q, _)| owners.get(*q as usize).copied());
            let mut with = 0_u32;
            for article in asked.chain(answers.at(term).iter().map(|(article, _)| *article)) {
                if let Some(seen) = last.get_mut(article as usize).filter(|seen| **seen != term) {
                    *seen = term;
                    with += 1;
                }
            }
            rarity(precise(articles), precise(with as usize))
        })
        .collect()
}
