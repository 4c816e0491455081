//! Ranking: how well each article fits a question. Four views are added up: the question's words in the
//! article's question, in its answer, the article's question in the question, and likeness by n-grams.

use std::collections::HashSet;
use std::rc::Rc;

use super::index::{self, Field, Index};
use super::synonyms;
use super::words::{Kind, Reader, Tongue, Word, precise};

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
    /// How far the next article that answers another question is behind, as a share of the score.
    pub lead: f32,
    /// Share of this knowledge base's own questions for which a wrong article scores as much.
    pub chance: f32,
    /// Words of the question that tell something: 1 − 1 / (1 + n).
    pub words: f32,
    /// Share of the four views in which this article is the best.
    pub agreement: f32,
}

impl Signals {
    /// Signals that all say the same, for hits written down by hand: `good` from 0 to 1.
    #[must_use]
    pub const fn all_saying(good: f32) -> Self {
        let bad = 1.0 - good;
        Self {
            title: good,
            body: good,
            reverse: good,
            likeness: good,
            coverage: good,
            unknown: bad,
            lead: good,
            chance: bad,
            words: good,
            agreement: good,
        }
    }

    /// By name, as plugins see them.
    #[must_use]
    pub fn named(&self) -> Vec<(String, f32)> {
        [
            ("title", self.title),
            ("body", self.body),
            ("reverse", self.reverse),
            ("likeness", self.likeness),
            ("coverage", self.coverage),
            ("unknown", self.unknown),
            ("lead", self.lead),
            ("chance", self.chance),
            ("words", self.words),
            ("agreement", self.agreement),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// Words of a question that are looked at.
const WORDS_MAX: usize = 120;
/// Questions of a knowledge base that are asked to learn what wrong articles score in it.
const STRANGERS_MAX: usize = 200;
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

impl Views {
    /// The best score of each view.
    fn best(&self) -> [f32; 5] {
        [&self.title, &self.body, &self.reverse, &self.likeness, &self.texture]
            .map(|scores| scores.of.iter().copied().fold(0.0, f32::max))
    }

    /// Share of the views in which an article with its question is the best.
    fn agreement(&self, best: &[f32; 5], article: usize, question: usize) -> f32 {
        let own = [
            self.title.get(question),
            self.body.get(article),
            self.reverse.get(question),
            self.likeness.get(question),
            self.texture.get(article),
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

    /// The same as if one article were not there, nor others that answer its question.
    #[must_use]
    pub fn search_without(&self, article: usize, question: &str, limit: usize) -> Vec<Hit> {
        self.hits_for(question, limit, &WEIGHTS, Some(article))
    }

    /// The same with other weights.
    #[must_use]
    pub fn search_with(&self, question: &str, limit: usize, weights: &Weights) -> Vec<Hit> {
        self.hits_for(question, limit, weights, None)
    }

    fn hits_for(&self, question: &str, limit: usize, weights: &Weights, without: Option<usize>) -> Vec<Hit> {
        let words = Reader::new(self.tongue).words(question, WORDS_MAX);
        let terms = self.terms(&words, weights);
        let total: f32 = terms.iter().map(|t| t.weight).sum();
        if total <= 0.0 {
            return Vec::new();
        }
        let views = self.views(&words, &terms, total, weights);
        let mut scored = self.scored(&views, weights);
        if let Some(article) = without {
            self.take_away(article, &mut scored);
        }
        self.hits(&views, &scored, &terms, total, limit)
    }

    fn take_away(&self, article: usize, scored: &mut [(f32, usize)]) {
        let own: Vec<usize> = self.questions_of(article).collect();
        for (other, (score, question)) in scored.iter_mut().enumerate() {
            if other == article || own.iter().any(|own| self.same_question(*own, *question)) {
                *score = f32::MIN;
            }
        }
    }

    fn questions_of(&self, article: usize) -> impl Iterator<Item = usize> {
        let owners = self.owners.iter().enumerate();
        owners.filter(move |(_, owner)| **owner as usize == article).map(|(question, _)| question)
    }

    /// What the best wrong article scores for questions of this knowledge base: each question is asked
    /// while its own article is not there. Of a large one, evenly spaced questions are asked.
    pub(super) fn scores_of_strangers(&self, titles: &[&str]) -> Vec<f32> {
        let step = titles.len().div_ceil(STRANGERS_MAX).max(1);
        let asked = titles.iter().enumerate().step_by(step);
        let best = asked.map(|(article, title)| {
            self.search_without(article, title, 1).first().map_or(0.0, |hit| hit.score)
        });
        let mut scores: Vec<f32> = best.collect();
        scores.sort_by(f32::total_cmp);
        scores
    }

    fn terms(&self, words: &[Rc<Word>], weights: &Weights) -> Vec<Term> {
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
            if self.tongue == Tongue::German {
                for part in index::parts_of(&word.folded, |stem| self.vocabulary.contains_key(stem)) {
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

    fn look_alike(&self, words: &[Rc<Word>], likeness: &mut Scores) {
        let unknown = precise(self.owners.len() + 1).ln() + 1.0;
        let common = self.owners.len().max(COMMON_MIN) / COMMON_SHARE;
        let mut norm = 0.0;
        for (gram, count) in index::grams_of(words) {
            let known = self.grams.get(&gram);
            let weight = (1.0 + count.ln()) * known.map_or(unknown, |g| g.rarity);
            norm += weight * weight;
            let places = known.map_or(&[][..], |g| g.places.as_slice());
            for (place, share) in places.iter().filter(|_| places.len() <= common) {
                likeness.add(*place, weight * share);
            }
        }
        let norm = norm.sqrt().max(f32::EPSILON);
        likeness.of.iter_mut().for_each(|score| *score = (*score / norm).min(1.0));
    }

    fn feel_alike(&self, words: &[Rc<Word>], texture: &mut Scores, (k1, b): (f32, f32)) {
        let common = self.articles.max(COMMON_MIN) / COMMON_SHARE;
        let mut total = 0.0;
        for (gram, _) in index::texture_of(words.iter()) {
            let places = self.texture.places.get(&gram).map_or(&[][..], Vec::as_slice);
            let rarity = self.rarity_of(precise(places.len()));
            total += rarity;
            for (article, count) in places.iter().filter(|_| places.len() <= common) {
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
        scored: &[(f32, usize)],
        terms: &[Term],
        total: f32,
        limit: usize,
    ) -> Vec<Hit> {
        let mut order: Vec<usize> = (0..scored.len()).collect();
        let score = |article: usize| scored.get(article).map_or(0.0, |s| s.0);
        order.retain(|article| score(*article) > 0.0);
        let better = |a: &usize, b: &usize| score(*b).total_cmp(&score(*a)).then(a.cmp(b));
        let needed = limit + RIVALS_MAX;
        if order.len() > needed {
            order.select_nth_unstable_by(needed, better);
            order.truncate(needed);
        }
        order.sort_unstable_by(better);
        let unknown: f32 = terms.iter().filter(|t| t.forms.is_empty()).map(|t| t.weight).sum();
        let telling = precise(terms.iter().filter(|t| t.weight > 0.0).count());
        let best = views.best();
        let mut out = Vec::with_capacity(limit.min(order.len()));
        for (rank, article) in order.iter().enumerate().take(limit) {
            let own = score(*article);
            let question = scored.get(*article).map_or(0, |s| s.1);
            let mut behind = order.iter().skip(rank + 1).take(RIVALS_MAX);
            let asks_other =
                |other: &&usize| scored.get(**other).is_none_or(|s| !self.same_question(question, s.1));
            let next = behind.find(asks_other).map_or(0.0, |rival| score(*rival));
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
                agreement: views.agreement(&best, *article, question),
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
