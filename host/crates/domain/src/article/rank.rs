//! Ranking: how well each article fits a question. Four views are added up: the question's words in the
//! article's question, in its answer, the article's question in the question, and likeness by n-grams.

use std::collections::HashSet;

use super::index::{self, Field, Index};
use super::words::{Kind, Word, precise};
use super::{spelling, synonyms};

/// An article found for a question.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Hit {
    /// Index into the searched articles.
    pub index: usize,
    /// How well it fits, 0 to 1.
    pub score: f32,
    /// Question words that the article has, strongest first, as they were written but folded.
    pub terms: Vec<String>,
    /// What the score is made of, and how far it can be trusted.
    pub signals: Signals,
}

/// What a hit's score is made of, and how far it can be trusted. All from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Signals {
    /// Share of the question's weight that the article's question has.
    pub title: f32,
    /// Share of the question's weight that the answer has.
    pub body: f32,
    /// Share of the article's question that the question has.
    pub reverse: f32,
    /// Likeness of both questions by n-grams.
    pub likeness: f32,
    /// Share of the question's weight that the article has anywhere.
    pub coverage: f32,
    /// Share of the question's weight in words that no article has.
    pub unknown: f32,
    /// How far the next article is behind, as a share of the score.
    pub lead: f32,
    /// Share of this knowledge base's own questions for which a wrong article scores as much.
    pub chance: f32,
    /// Words of the question that tell something: 1 − 1 / (1 + n).
    pub words: f32,
    /// Share of the four views in which this article is the best.
    pub agreement: f32,
}

/// Words of a question that are looked at.
const WORDS_MAX: usize = 120;
/// What a weak word counts, compared with a telling one.
const WEAK: f32 = 0.3;

/// How the views are added up, and what is expanded how.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// Of the views: title, body, reverse, likeness, texture.
    pub views: [f32; 5],
    /// BM25 saturation and length normalisation: title, body, texture.
    pub bm25: [(f32, f32); 3],
    /// A synonym instead of the word.
    pub synonym: f32,
    /// A part of a compound instead of the whole.
    pub part: f32,
    /// The word as it may have been meant.
    pub spelling: f32,
    /// Two neighbours together.
    pub joined: f32,
}

/// What is used.
pub const WEIGHTS: Weights = Weights {
    views: [0.35, 0.2, 0.1, 0.15, 0.2],
    bm25: [(1.2, 0.3), (1.2, 0.6), (1.2, 0.6)],
    synonym: 0.7,
    part: 0.6,
    spelling: 0.7,
    joined: 1.15,
};

/// One word of the question with everything that may stand for it.
#[derive(Debug)]
struct Term {
    word: String,
    weight: f32,
    /// (term, factor)
    forms: Vec<(u32, f32)>,
}

/// Scores by place, with the places that have any.
struct Scores {
    of: Vec<f32>,
    touched: Vec<u32>,
}

impl Scores {
    fn new(n: usize) -> Self {
        Self { of: vec![0.0; n], touched: Vec::new() }
    }

    fn raise(&mut self, place: u32, to: f32) {
        if let Some(score) = self.of.get_mut(place as usize) {
            if *score <= 0.0 {
                self.touched.push(place);
            }
            *score = score.max(to);
        }
    }

    fn add(&mut self, place: u32, more: f32) {
        if let Some(score) = self.of.get_mut(place as usize) {
            *score += more;
        }
    }

    fn get(&self, place: usize) -> f32 {
        self.of.get(place).copied().unwrap_or(0.0)
    }

    fn clear(&mut self) {
        for place in self.touched.drain(..) {
            if let Some(score) = self.of.get_mut(place as usize) {
                *score = 0.0;
            }
        }
    }
}

/// The four views of all articles.
struct Views {
    /// By question: title, reverse, likeness.
    title: Scores,
    reverse: Scores,
    likeness: Scores,
    /// By article.
    body: Scores,
    texture: Scores,
    /// By article: weight of the question's words that it has anywhere.
    covered: Scores,
}

impl Index {
    /// The best `limit` articles for a question, best first.
    #[must_use]
    pub fn search(&self, question: &str, limit: usize) -> Vec<Hit> {
        self.search_with(question, limit, &WEIGHTS)
    }

    /// The same with other weights.
    #[must_use]
    pub fn search_with(&self, question: &str, limit: usize, weights: &Weights) -> Vec<Hit> {
        let words = self.tongue.words(question, WORDS_MAX);
        let terms = self.terms(&words, weights);
        let total: f32 = terms.iter().map(|t| t.weight).sum();
        if total <= 0.0 {
            return Vec::new();
        }
        let views = self.views(&words, &terms, total, weights);
        let scored = self.scored(&views, weights);
        self.hits(&views, scored, &terms, total, limit)
    }

    /// What the best wrong article scores for questions of this knowledge base: each question is asked
    /// while its own article is not there.
    pub(super) fn scores_of_strangers(&self) -> Vec<f32> {
        Vec::new()
    }

    fn terms(&self, words: &[Word], weights: &Weights) -> Vec<Term> {
        let joined = index::joined(words);
        let apart = index::apart(words);
        let mut seen = HashSet::new();
        let mut out = Vec::new();
        for (at, word) in words.iter().enumerate().filter(|(_, w)| w.kind != Kind::Stop) {
            if !seen.insert(word.stem.as_str()) {
                continue;
            }
            let mut forms: Vec<(u32, f32)> = Vec::new();
            self.put(&mut forms, &word.stem, 1.0);
            let own = !forms.is_empty();
            for (_, term) in joined.iter().filter(|(place, _)| *place == at || *place + 1 == at) {
                self.put(&mut forms, term, weights.joined);
                self.put_synonyms(&mut forms, term, weights.synonym);
            }
            for (_, term) in apart.iter().filter(|(place, _)| *place == at) {
                self.put(&mut forms, term, 0.9);
            }
            self.put_synonyms(&mut forms, &word.stem, weights.synonym);
            for part in index::parts(self.tongue, &word.folded, |stem| self.vocabulary.contains_key(stem)) {
                self.put(&mut forms, &part, weights.part);
            }
            if !own {
                for meant in self.meant(&word.stem) {
                    self.put(&mut forms, &meant, weights.spelling);
                }
            }
            let rarity = if own {
                self.vocabulary.get(&word.stem).map_or(0.0, |t| self.rarity_at(*t))
            } else {
                let best = forms.iter().map(|(t, _)| self.rarity_at(*t)).fold(0.0, f32::max);
                if forms.is_empty() { self.rarity_of(0.5) } else { best }
            };
            let weight = rarity * if word.kind == Kind::Weak { WEAK } else { 1.0 };
            out.push(Term { word: word.folded.clone(), weight, forms });
        }
        out
    }

    fn rarity_at(&self, term: u32) -> f32 {
        self.rarity.get(term as usize).copied().unwrap_or(0.0)
    }

    fn put(&self, forms: &mut Vec<(u32, f32)>, term: &str, factor: f32) {
        if let Some(number) = self.vocabulary.get(term)
            && !forms.iter().any(|(known, _)| known == number)
        {
            forms.push((*number, factor));
        }
    }

    fn put_synonyms(&self, forms: &mut Vec<(u32, f32)>, stem: &str, factor: f32) {
        for synonym in synonyms::of(self.tongue, stem) {
            self.put(forms, synonym, factor);
        }
    }

    /// Words of the articles that a misspelt one may have meant.
    fn meant(&self, stem: &str) -> Vec<String> {
        let [first, second, ..] = stem.as_bytes() else { return Vec::new() };
        let candidates = self.spellings.get(&[*first, *second]).map_or(&[][..], Vec::as_slice);
        candidates.iter().filter(|term| spelling::close(stem, term)).cloned().collect()
    }

    fn views(&self, words: &[Word], terms: &[Term], total: f32, weights: &Weights) -> Views {
        let questions = self.owners.len();
        let mut views = Views {
            title: Scores::new(questions),
            reverse: Scores::new(questions),
            likeness: Scores::new(questions),
            body: Scores::new(self.articles),
            texture: Scores::new(self.articles),
            covered: Scores::new(self.articles),
        };
        let mut in_questions = Scores::new(questions);
        let mut back = Scores::new(questions);
        let mut in_answers = Scores::new(self.articles);
        let mut anywhere = Scores::new(self.articles);
        for term in terms {
            for (form, factor) in &term.forms {
                let rarity = self.rarity_at(*form);
                let share = factor * (rarity / term.weight.max(f32::EPSILON)).min(1.0);
                each(&self.questions, *form, weights.bm25[0], |place, fit| {
                    in_questions.raise(place, share * fit);
                    back.raise(place, factor.min(1.0) * rarity);
                    if let Some(owner) = self.owners.get(place as usize) {
                        anywhere.raise(*owner, share.min(1.0));
                    }
                });
                each(&self.answers, *form, weights.bm25[1], |place, fit| {
                    in_answers.raise(place, share * fit);
                    anywhere.raise(place, share.min(1.0));
                });
            }
            let weight = term.weight / total;
            for (scores, view, times) in [
                (&mut in_questions, &mut views.title, weight),
                (&mut in_answers, &mut views.body, weight),
                (&mut anywhere, &mut views.covered, weight),
                (&mut back, &mut views.reverse, 1.0),
            ] {
                for place in &scores.touched {
                    view.add(*place, times * scores.get(*place as usize));
                }
                scores.clear();
            }
        }
        for (place, mass) in self.masses.iter().enumerate() {
            if let Some(score) = views.reverse.of.get_mut(place) {
                *score = (*score / mass.max(f32::EPSILON)).min(1.0);
            }
        }
        self.look_alike(words, &mut views.likeness);
        self.feel_alike(words, &mut views.texture, weights.bm25[2]);
        views
    }

    fn look_alike(&self, words: &[Word], likeness: &mut Scores) {
        let counts = index::grams_of(words, index::GRAM_LETTERS);
        let unknown = precise(self.owners.len() + 1).ln() + 1.0;
        let mut norm = 0.0;
        for (gram, count) in &counts {
            let known = self.grams.get(gram);
            let weight = (1.0 + count.ln()) * known.map_or(unknown, |g| g.rarity);
            norm += weight * weight;
            for (place, share) in known.map_or(&[][..], |g| g.places.as_slice()) {
                likeness.add(*place, weight * share);
            }
        }
        let norm = norm.sqrt().max(f32::EPSILON);
        likeness.of.iter_mut().for_each(|score| *score = (*score / norm).min(1.0));
    }

    fn feel_alike(&self, words: &[Word], texture: &mut Scores, (k1, b): (f32, f32)) {
        let mut total = 0.0;
        for gram in index::grams_of(words, index::TEXTURE_LETTERS).keys() {
            let places = self.texture.places.get(gram).map_or(&[][..], Vec::as_slice);
            let rarity = self.rarity_of(precise(places.len()));
            total += rarity;
            for (article, count) in places {
                let length = self.texture.lengths.get(*article as usize).copied().unwrap_or(1.0);
                let norm = k1 * (1.0 - b + b * length / self.texture.mean);
                texture.add(*article, rarity * count * (k1 + 1.0) / (count + norm));
            }
        }
        let total = total.max(f32::EPSILON);
        texture.of.iter_mut().for_each(|score| *score /= total);
    }

    /// By article: (score, its best question).
    fn scored(&self, views: &Views, weights: &Weights) -> Vec<(f32, usize)> {
        let [title, body, reverse, likeness, texture] = weights.views;
        let mut out: Vec<(f32, usize)> = vec![(f32::MIN, 0); self.articles];
        for (question, owner) in self.owners.iter().enumerate() {
            let score = title * views.title.get(question)
                + reverse * views.reverse.get(question)
                + likeness * views.likeness.get(question);
            if let Some(best) = out.get_mut(*owner as usize).filter(|best| best.0 < score) {
                *best = (score, question);
            }
        }
        for (article, (score, _)) in out.iter_mut().enumerate() {
            *score += body * views.body.get(article) + texture * views.texture.get(article);
        }
        out
    }

    fn hits(
        &self,
        views: &Views,
        scored: Vec<(f32, usize)>,
        terms: &[Term],
        total: f32,
        limit: usize,
    ) -> Vec<Hit> {
        let mut order: Vec<usize> = (0..scored.len()).collect();
        let score = |article: usize| scored.get(article).map_or(0.0, |s| s.0);
        order.retain(|article| score(*article) > 0.0);
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        let unknown: f32 = terms.iter().filter(|t| t.forms.is_empty()).map(|t| t.weight).sum();
        let telling = precise(terms.iter().filter(|t| t.weight > 0.0).count());
        let mut out = Vec::with_capacity(limit.min(order.len()));
        for (rank, article) in order.iter().enumerate().take(limit) {
            let own = score(*article);
            let next = order.get(rank + 1).map_or(0.0, |next| score(*next));
            let question = scored.get(*article).map_or(0, |s| s.1);
            let signals = Signals {
                title: views.title.get(question).min(1.0),
                body: views.body.get(*article).min(1.0),
                reverse: views.reverse.get(question),
                likeness: views.likeness.get(question),
                coverage: views.covered.get(*article).min(1.0),
                unknown: unknown / total,
                lead: ((own - next) / own).clamp(0.0, 1.0),
                chance: self.chance(own),
                words: 1.0 - 1.0 / (1.0 + telling),
                agreement: self.agreement(views, *article, question),
            };
            out.push(Hit {
                index: *article,
                score: own.clamp(0.0, 1.0),
                terms: self.terms_in(*article, question, terms),
                signals,
            });
        }
        out
    }

    /// Share of this knowledge base's own questions for which a wrong article scores as much.
    fn chance(&self, score: f32) -> f32 {
        let n = self.strangers.len();
        let below = self.strangers.partition_point(|stranger| *stranger < score);
        (precise(n - below) + 1.0) / (precise(n) + 2.0)
    }

    fn agreement(&self, views: &Views, article: usize, question: usize) -> f32 {
        let best = |scores: &Scores, own: f32| own > 0.0 && scores.of.iter().all(|other| *other <= own);
        let votes = [
            best(&views.title, views.title.get(question)),
            best(&views.body, views.body.get(article)),
            best(&views.reverse, views.reverse.get(question)),
            best(&views.likeness, views.likeness.get(question)),
        ];
        precise(votes.iter().filter(|vote| **vote).count()) / precise(votes.len())
    }

    /// The question's words that an article has, strongest first.
    fn terms_in(&self, article: usize, question: usize, terms: &[Term]) -> Vec<String> {
        let stands = |field: &Field, form: u32, place: usize| {
            let places = field.postings.get(form as usize).map_or(&[][..], Vec::as_slice);
            places.binary_search_by(|(text, _)| (*text as usize).cmp(&place)).is_ok()
        };
        let mut found: Vec<(f32, &str)> = terms
            .iter()
            .filter_map(|term| {
                let forms = term.forms.iter();
                let best = forms
                    .filter(|(form, _)| {
                        stands(&self.questions, *form, question) || stands(&self.answers, *form, article)
                    })
                    .map(|(_, factor)| *factor)
                    .fold(0.0, f32::max);
                (best > 0.0).then_some((best * term.weight, term.word.as_str()))
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        found.into_iter().map(|(_, word)| word.to_owned()).collect()
    }
}

/// Every text that has a term, with the term's saturated count: 1 for one mention in a text of mean length.
fn each(field: &Field, term: u32, (k1, b): (f32, f32), mut seen: impl FnMut(u32, f32)) {
    for (place, count) in field.postings.get(term as usize).map_or(&[][..], Vec::as_slice) {
        let length = field.lengths.get(*place as usize).copied().unwrap_or(1.0);
        let norm = k1 * (1.0 - b + b * length / field.mean);
        seen(*place, count * (k1 + 1.0) / (count + norm));
    }
}
