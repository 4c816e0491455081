//! Ranking: how well each article fits a question. Five views are added up: the question's words in the
//! article's question, in its answer, the article's question in the question, and likeness by n-grams of
//! both questions and of question and article.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use super::grams;
use super::index::{Index, Strangers};
use super::meaning::Nearness;
use super::signals::{Hit, Signals};
use super::synonyms;
use super::terms::{self, Field};
use super::words::{Kind, Reader, Tongue, Word, precise};

/// Words of a question that are looked at.
const WORDS_MAX: usize = 120;
/// Articles after a hit that are looked at for one that answers another question.
const RIVALS_MAX: usize = 50;
/// N-grams that more than one in so many texts has are not looked at: they tell little and cost most.
const COMMON_SHARE: usize = 6;
/// In a small knowledge base all of them are.
const COMMON_MIN: usize = 1_200;
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
    /// Of the meaning in the score, if there are vectors; the views share the rest.
    pub meaning: f32,
    /// Likeness to the answer's meaning instead of the question's.
    pub meaning_body: f32,
}

/// What is used.
pub const WEIGHTS: Weights = Weights {
    views: [0.35, 0.2, 0.1, 0.15, 0.2],
    bm25: [(1.2, 0.3), (1.2, 0.6), (1.2, 0.6)],
    synonym: 0.7,
    part: 0.6,
    spelling: 0.7,
    joined: 1.15,
    meaning: 0.6,
    meaning_body: 0.8,
};

/// What is asked.
#[derive(Clone, Copy)]
struct Asked<'a> {
    question: &'a str,
    /// What it means.
    vector: Option<&'a [f32]>,
    /// An article that is to be taken for not there.
    without: Option<usize>,
}

/// One word of the question with everything that may stand for it.
#[derive(Debug)]
struct Term {
    word: String,
    weight: f32,
    /// (term, factor)
    forms: Vec<(u32, f32)>,
}

/// Scores of one word by place, with the places that have any.
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

    /// Adds the scores, so many times, to a view's, and forgets them.
    fn pour(&mut self, times: f32, view: &mut [f32]) {
        for place in self.touched.drain(..) {
            if let Some(score) = self.of.get_mut(place as usize) {
                add(view, place, times * *score);
                *score = 0.0;
            }
        }
    }
}

fn add(view: &mut [f32], place: u32, more: f32) {
    if let Some(score) = view.get_mut(place as usize) {
        *score += more;
    }
}

fn at(view: &[f32], place: usize) -> f32 {
    view.get(place).copied().unwrap_or(0.0)
}

/// The highest score, taken in strides so that several are compared at once.
fn highest(view: &[f32]) -> f32 {
    let higher = |a: f32, b: f32| if b > a { b } else { a };
    let mut best = [0.0_f32; 8];
    for scores in view.chunks(best.len()) {
        for (best, score) in best.iter_mut().zip(scores) {
            *best = higher(*best, *score);
        }
    }
    best.into_iter().fold(0.0, higher)
}

/// The five views of all articles.
struct Views {
    /// By question.
    title: Vec<f32>,
    reverse: Vec<f32>,
    likeness: Vec<f32>,
    /// By article.
    body: Vec<f32>,
    texture: Vec<f32>,
}

impl Views {
    /// The best score of each view.
    fn best(&self) -> [f32; 5] {
        [&self.title, &self.body, &self.reverse, &self.likeness, &self.texture].map(|view| highest(view))
    }

    /// Share of the views in which an article with its question is the best.
    fn agreement(&self, best: &[f32; 5], article: usize, question: usize) -> f32 {
        let own = [
            at(&self.title, question),
            at(&self.body, article),
            at(&self.reverse, question),
            at(&self.likeness, question),
            at(&self.texture, article),
        ];
        let votes = own.iter().zip(best).filter(|(own, best)| **own > 0.0 && own >= best).count();
        precise(votes) / precise(best.len())
    }
}

impl Index {
    /// The best `limit` articles for a question, best first.
    #[must_use]
    pub fn search(&self, question: &str, limit: usize) -> Vec<Hit> {
        self.search_with(question, limit, &WEIGHTS)
    }

    /// The same with the question's vector, which counts if there are vectors of articles, of the same dimension.
    #[must_use]
    pub fn search_meant(&self, question: &str, vector: Option<&[f32]>, limit: usize) -> Vec<Hit> {
        self.search_meant_with(question, vector, limit, &WEIGHTS)
    }

    /// The same with other weights.
    #[must_use]
    pub fn search_meant_with(
        &self,
        question: &str,
        vector: Option<&[f32]>,
        limit: usize,
        weights: &Weights,
    ) -> Vec<Hit> {
        self.hits_for(Asked { question, vector, without: None }, limit, weights)
    }

    /// The same as if one article were not there, nor others that answer its question.
    #[must_use]
    pub fn search_without(
        &self,
        article: usize,
        question: &str,
        vector: Option<&[f32]>,
        limit: usize,
    ) -> Vec<Hit> {
        self.hits_for(Asked { question, vector, without: Some(article) }, limit, &WEIGHTS)
    }

    /// The same with other weights.
    #[must_use]
    pub fn search_with(&self, question: &str, limit: usize, weights: &Weights) -> Vec<Hit> {
        self.search_meant_with(question, None, limit, weights)
    }

    fn hits_for(&self, asked: Asked<'_>, limit: usize, weights: &Weights) -> Vec<Hit> {
        let words = Reader::new(self.tongue).words(asked.question, WORDS_MAX);
        let terms = self.terms(&words, weights);
        let total: f32 = terms.iter().map(|t| t.weight).sum();
        let near = self.meanings.as_ref().zip(asked.vector).and_then(|(all, vector)| all.near(vector));
        if total <= 0.0 && near.is_none() {
            return Vec::new();
        }
        let total = total.max(f32::EPSILON);
        let views = self.views(&words, &terms, total, weights);
        let mut scored = self.scored(&views, weights);
        if let Some(near) = &near {
            near.mix(&mut scored, weights);
        }
        if let Some(article) = asked.without {
            self.take_away(article, &mut scored);
        }
        self.hits(&views, &scored, (&terms, total), near.as_ref(), limit)
    }

    fn take_away(&self, article: usize, scored: &mut [(f32, usize)]) {
        let same = self.same_questions(article);
        for (other, (score, question)) in scored.iter_mut().enumerate() {
            if other == article || same.binary_search(question).is_ok() {
                *score = f32::MIN;
            }
        }
    }

    /// What the best wrong articles look like for questions of this knowledge base: each question is asked
    /// while its own article is not there. `vector`: of an article's question.
    pub(super) fn strangers<'a>(&self, vector: impl Fn(usize) -> Option<&'a [f32]>) -> Strangers {
        let best = self.sample.iter().map(|(article, question)| {
            let asked = Asked { question, vector: vector(*article), without: Some(*article) };
            let hit = self.hits_for(asked, 1, &WEIGHTS).into_iter().next();
            hit.map_or((0.0, 0.0), |hit| (hit.score, hit.signals.meaning.unwrap_or(0.0)))
        });
        let (mut scores, mut meanings): (Vec<f32>, Vec<f32>) = best.unzip();
        scores.sort_by(f32::total_cmp);
        meanings.sort_by(f32::total_cmp);
        Strangers { scores, meanings }
    }

    fn terms(&self, words: &[Rc<Word>], weights: &Weights) -> Vec<Term> {
        let joined = terms::joined(words);
        let apart = terms::apart(words);
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
            if self.tongue == Tongue::German {
                for part in terms::parts_of(&word.folded, |stem| self.vocabulary.contains_key(stem)) {
                    self.put(&mut forms, &part, weights.part);
                }
            }
            if !own {
                for meant in self.spellings.meant(&word.stem) {
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

    fn views(&self, words: &[Rc<Word>], terms: &[Term], total: f32, weights: &Weights) -> Views {
        let (questions, articles) = (self.owners.len(), self.len());
        let mut views = Views {
            title: vec![0.0; questions],
            reverse: vec![0.0; questions],
            likeness: vec![0.0; questions],
            body: vec![0.0; articles],
            texture: vec![0.0; articles],
        };
        let mut in_questions = Scores::new(questions);
        let mut back = Scores::new(questions);
        let mut in_answers = Scores::new(articles);
        let norms = [
            norms(weights.bm25[0], &self.questions.lengths, self.questions.mean),
            norms(weights.bm25[1], &self.answers.lengths, self.answers.mean),
        ];
        for term in terms {
            let weight = term.weight / total;
            // One form needs no comparison with others.
            let alone = term.forms.len() == 1;
            for (form, factor) in &term.forms {
                let rarity = self.rarity_at(*form);
                let share = self.share(term, *form, *factor);
                each(&self.questions, *form, weights.bm25[0].0, &norms[0], |place, fit| {
                    in_questions.raise(place, share * fit);
                    back.raise(place, factor.min(1.0) * rarity);
                });
                each(&self.answers, *form, weights.bm25[1].0, &norms[1], |place, fit| {
                    if alone {
                        add(&mut views.body, place, weight * (share * fit));
                    } else {
                        in_answers.raise(place, share * fit);
                    }
                });
            }
            in_questions.pour(weight, &mut views.title);
            in_answers.pour(weight, &mut views.body);
            back.pour(1.0, &mut views.reverse);
        }
        for (score, mass) in views.reverse.iter_mut().zip(&self.masses) {
            *score = (*score / mass.max(f32::EPSILON)).min(1.0);
        }
        self.look_alike(words, &mut views.likeness);
        self.feel_alike(words, &mut views.texture, weights.bm25[2]);
        views
    }

    /// What a form of a word counts, compared with the word.
    fn share(&self, term: &Term, form: u32, factor: f32) -> f32 {
        factor * (self.rarity_at(form) / term.weight.max(f32::EPSILON)).min(1.0)
    }

    fn look_alike(&self, words: &[Rc<Word>], likeness: &mut [f32]) {
        let unknown = precise(self.owners.len() + 1).ln() + 1.0;
        let common = self.owners.len().max(COMMON_MIN) / COMMON_SHARE;
        let mut norm = 0.0;
        for (gram, count) in grams::grams_of(words) {
            let (rarity, places) = self.grams.at(gram).unwrap_or((unknown, &[]));
            let weight = (1.0 + count.ln()) * rarity;
            norm += weight * weight;
            for (place, share) in places.iter().filter(|_| places.len() <= common) {
                add(likeness, *place, weight * share);
            }
        }
        let norm = norm.sqrt().max(f32::EPSILON);
        likeness.iter_mut().for_each(|score| *score = (*score / norm).min(1.0));
    }

    fn feel_alike(&self, words: &[Rc<Word>], texture: &mut [f32], (k1, b): (f32, f32)) {
        let common = self.len().max(COMMON_MIN) / COMMON_SHARE;
        let norms = norms((k1, b), &self.texture.lengths, self.texture.mean);
        let mut total = 0.0;
        for gram in grams::texture_of(words) {
            let places = self.texture.at(gram);
            let rarity = self.rarity_of(precise(places.len()));
            total += rarity;
            if places.len() > common {
                continue;
            }
            for place in places {
                let (article, count) = (place.article() as usize, place.count());
                if let (Some(score), Some(norm)) = (texture.get_mut(article), norms.get(article)) {
                    *score += rarity * count * (k1 + 1.0) / (count + norm);
                }
            }
        }
        let total = total.max(f32::EPSILON);
        texture.iter_mut().for_each(|score| *score /= total);
    }

    /// By article: (score, its best question).
    fn scored(&self, views: &Views, weights: &Weights) -> Vec<(f32, usize)> {
        let [title, body, reverse, likeness, texture] = weights.views;
        let best_of = |(article, own): (usize, &Range<usize>)| {
            let mut best = (f32::MIN, 0);
            for question in own.clone() {
                let score = title * at(&views.title, question)
                    + reverse * at(&views.reverse, question)
                    + likeness * at(&views.likeness, question);
                if best.0 < score {
                    best = (score, question);
                }
            }
            (best.0 + (body * at(&views.body, article) + texture * at(&views.texture, article)), best.1)
        };
        self.owned.iter().enumerate().map(best_of).collect()
    }

    fn hits(
        &self,
        views: &Views,
        scored: &[(f32, usize)],
        (terms, total): (&[Term], f32),
        near: Option<&Nearness>,
        limit: usize,
    ) -> Vec<Hit> {
        let order = order_of(scored, limit + RIVALS_MAX);
        let score = |article: usize| scored.get(article).map_or(0.0, |s| s.0);
        let unknown: f32 = terms.iter().filter(|t| t.forms.is_empty()).map(|t| t.weight).sum();
        let telling = precise(terms.iter().filter(|t| t.weight > 0.0).count());
        let best = views.best();
        let strangers = if near.is_some() { &self.strangers_meant } else { &self.strangers };
        let mut out = Vec::with_capacity(limit.min(order.len()));
        for (rank, article) in order.iter().enumerate().take(limit) {
            let own = score(*article);
            let question = scored.get(*article).map_or(0, |s| s.1);
            let mut behind = order.iter().skip(rank + 1).take(RIVALS_MAX);
            let asks_other =
                |other: &&usize| scored.get(**other).is_none_or(|s| !self.same_question(question, s.1));
            let next = behind.find(asks_other).map_or(0.0, |rival| score(*rival));
            let meaning = near.and_then(|near| near.of(*article));
            let is_rival = |other: usize| score(other) > 0.0 && asks_other(&&other);
            let signals = Signals {
                title: at(&views.title, question).min(1.0),
                body: at(&views.body, *article).min(1.0),
                reverse: at(&views.reverse, question),
                likeness: at(&views.likeness, question),
                coverage: self.coverage(*article, terms, total),
                unknown: unknown / total,
                lead: ((own - next) / own).clamp(0.0, 1.0),
                chance: chance(own, &strangers.scores),
                words: 1.0 - 1.0 / (1.0 + telling),
                agreement: views.agreement(&best, *article, question),
                meaning,
                meaning_lead: near.and_then(|near| near.lead(*article, is_rival)),
                meaning_chance: meaning.map(|meaning| chance(meaning, &strangers.meanings)),
                grasp: meaning.and(near.and_then(|near| near.grasp)),
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

    /// Share of the question's weight that an article has in any of its questions or in its answer.
    fn coverage(&self, article: usize, terms: &[Term], total: f32) -> f32 {
        let own = self.owned.get(article).cloned().unwrap_or_default();
        let has = |form: u32| {
            let asked = self.questions.at(form);
            let first = asked.partition_point(|(question, _)| (*question as usize) < own.start);
            asked.get(first).is_some_and(|(question, _)| own.contains(&(*question as usize)))
                || stands(&self.answers, form, article)
        };
        let mut covered = 0.0;
        for term in terms {
            let forms = term.forms.iter().filter(|(form, _)| has(*form));
            let best =
                forms.map(|(form, factor)| self.share(term, *form, *factor).min(1.0)).fold(0.0, f32::max);
            covered += term.weight / total * best;
        }
        covered.min(1.0)
    }

    /// The question's words that an article has, strongest first.
    fn terms_in(&self, article: usize, question: usize, terms: &[Term]) -> Vec<String> {
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

/// Share of a knowledge base's own questions for which a wrong article, a stranger, scores as much.
fn chance(score: f32, strangers: &[f32]) -> f32 {
    let n = strangers.len();
    let below = strangers.partition_point(|stranger| *stranger < score);
    (precise(n - below) + 1.0) / (precise(n) + 2.0)
}

/// Articles with any score, best first, at most so many.
fn order_of(scored: &[(f32, usize)], needed: usize) -> Vec<usize> {
    // Bits of floats above 0 are ordered as the floats are: one number to compare instead of two.
    let key = |article: u32, score: f32| u64::from(u32::MAX - score.to_bits()) << 32 | u64::from(article);
    let found = (0_u32..).zip(scored).filter(|(_, (score, _))| *score > 0.0);
    let mut keys: Vec<u64> = found.map(|(article, (score, _))| key(article, *score)).collect();
    if keys.len() > needed {
        keys.select_nth_unstable(needed);
        keys.truncate(needed);
    }
    keys.sort_unstable();
    keys.into_iter().filter_map(|key| usize::try_from(key & u64::from(u32::MAX)).ok()).collect()
}

fn stands(field: &Field, form: u32, place: usize) -> bool {
    field.at(form).binary_search_by(|(text, _)| (*text as usize).cmp(&place)).is_ok()
}

/// By text: how many mentions of a word in it count half of what endless ones count (BM25).
fn norms((k1, b): (f32, f32), lengths: &[f32], mean: f32) -> Vec<f32> {
    lengths.iter().map(|length| k1 * (1.0 - b + b * length / mean)).collect()
}

/// Every text that has a term, with the term's saturated count: 1 for one mention in a text of mean length.
fn each(field: &Field, term: u32, k1: f32, norms: &[f32], mut seen: impl FnMut(u32, f32)) {
    for (place, count) in field.at(term) {
        let norm = at(norms, *place as usize);
        seen(*place, count * (k1 + 1.0) / (count + norm));
    }
}
