//! The view for meaning, if the caller has vectors: how near a question is to each article's questions and to
//! its answer. Refuses to know where vectors come from.

use super::grasp::grasp;
use super::rank::Weights;

/// Articles that are looked at for their meaning alone, without a word in common with the question.
const NEAREST: usize = 50;
/// From this grasp on the meaning has its whole share in the score; below, in proportion.
const GRASP_FULL: f32 = 0.5;

/// What an article means: vectors of length 1, all of one model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    /// Of its question and of each other way to ask it, the question first.
    pub questions: Vec<Vec<f32>>,
    /// Of the beginning of its answer.
    pub body: Option<Vec<f32>>,
}

/// The vectors of all articles.
#[derive(Debug)]
pub(super) struct Meanings {
    articles: usize,
    dimension: usize,
    /// All vectors, one after the other.
    numbers: Vec<f32>,
    /// By vector: whose it is, and whether it is that of a question.
    owners: Vec<(usize, bool)>,
    /// Whether the vectors can be trusted here; none where no article has both a question's and an answer's.
    grasp: Option<f32>,
}

/// How near a question is to the articles.
pub(super) struct Nearness {
    /// By article: to the nearest of its questions, and to its answer, 0 to 1; none without vectors.
    of: Vec<Option<(f32, f32)>>,
    /// The articles with the nearest questions, nearest first.
    nearest: Vec<usize>,
    /// Whether the vectors can be trusted here.
    pub(super) grasp: Option<f32>,
}

impl Meanings {
    /// `None` if there is no vector. A vector of another dimension than the first is left out.
    pub(super) fn of<'a>(articles: impl IntoIterator<Item = Option<&'a Vectors>>) -> Option<Self> {
        let mut out =
            Self { articles: 0, dimension: 0, numbers: Vec::new(), owners: Vec::new(), grasp: None };
        for (article, vectors) in articles.into_iter().enumerate() {
            out.articles = article + 1;
            let Some(vectors) = vectors else { continue };
            let questions = vectors.questions.iter().map(|vector| (vector, true));
            for (vector, asks) in questions.chain(vectors.body.iter().map(|vector| (vector, false))) {
                if out.dimension == 0 {
                    out.dimension = vector.len();
                }
                if out.dimension == vector.len() && out.dimension > 0 {
                    out.numbers.extend(vector);
                    out.owners.push((article, asks));
                }
            }
        }
        out.grasp = grasp(&out.pairs());
        (!out.owners.is_empty()).then_some(out)
    }

    /// The vectors of each article's first question and answer, where it has both. A text without a word that
    /// the model knows says nothing of it.
    fn pairs(&self) -> Vec<(&[f32], &[f32])> {
        let (mut asked, mut answered) = (vec![None; self.articles], vec![None; self.articles]);
        let all = self.numbers.chunks_exact(self.dimension.max(1)).zip(&self.owners);
        for (vector, (article, asks)) in all.filter(|(vector, _)| vector.iter().any(|number| *number != 0.0))
        {
            let side = if *asks { &mut asked } else { &mut answered };
            if let Some(known) = side.get_mut(*article) {
                known.get_or_insert(vector);
            }
        }
        asked.into_iter().zip(answered).filter_map(|(asked, answered)| asked.zip(answered)).collect()
    }

    /// `None` if the question's vector is of another dimension.
    pub(super) fn near(&self, question: &[f32]) -> Option<Nearness> {
        if question.len() != self.dimension {
            return None;
        }
        let mut of: Vec<Option<(f32, f32)>> = vec![None; self.articles];
        for (vector, (article, asks)) in self.numbers.chunks_exact(self.dimension).zip(&self.owners) {
            let cosine = product(vector, question).clamp(0.0, 1.0);
            if let Some(near) = of.get_mut(*article) {
                let (asked, answered) = near.get_or_insert((0.0, 0.0));
                let best = if *asks { asked } else { answered };
                *best = best.max(cosine);
            }
        }
        let asked = |article: &usize| of.get(*article).copied().flatten().map_or(0.0, |(asked, _)| asked);
        let nearer = |a: &usize, b: &usize| asked(b).total_cmp(&asked(a)).then(a.cmp(b));
        let mut nearest: Vec<usize> = (0..of.len()).filter(|article| asked(article) > 0.0).collect();
        if nearest.len() > NEAREST {
            nearest.select_nth_unstable_by(NEAREST, nearer);
            nearest.truncate(NEAREST);
        }
        nearest.sort_unstable_by(nearer);
        Some(Nearness { of, nearest, grasp: self.grasp })
    }
}

impl Nearness {
    /// Mixes the meaning into scores that know words only. What has neither a word in common nor is among the
    /// nearest stays out; an article without vectors keeps its score. Vectors of a model that does not know the
    /// language count less.
    pub(super) fn mix(&self, scored: &mut [(f32, usize)], weights: &Weights) {
        let share = weights.meaning * self.grasp.map_or(1.0, |grasp| (grasp / GRASP_FULL).min(1.0));
        let mut near = vec![false; scored.len()];
        for article in &self.nearest {
            near.get_mut(*article).into_iter().for_each(|near| *near = true);
        }
        for (((score, _), near), of) in scored.iter_mut().zip(near).zip(&self.of) {
            if let Some((asked, answered)) = of.filter(|_| near || *score > 0.0) {
                let meaning = asked.max(weights.meaning_body * answered);
                *score = (1.0 - share) * score.max(0.0) + share * meaning;
            }
        }
    }

    /// How near an article's questions are.
    pub(super) fn of(&self, article: usize) -> Option<f32> {
        self.of.get(article).copied().flatten().map(|(asked, _)| asked)
    }

    /// How far the nearest article that is a rival is behind, as a share.
    pub(super) fn lead(&self, article: usize, is_rival: impl Fn(usize) -> bool) -> Option<f32> {
        let own = self.of(article)?;
        let rival = self.nearest.iter().find(|other| **other != article && is_rival(**other));
        let next = rival.and_then(|rival| self.of(*rival)).unwrap_or(0.0);
        Some(if own > 0.0 { ((own - next) / own).clamp(0.0, 1.0) } else { 0.0 })
    }
}

/// Scalar product, in strides so that several numbers are multiplied at once.
pub(super) fn product(a: &[f32], b: &[f32]) -> f32 {
    const STRIDE: usize = 16;
    let mut sums = [0.0_f32; STRIDE];
    let (left, right) = (a.chunks_exact(STRIDE), b.chunks_exact(STRIDE));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::super::{Index, Library, Source};
    use super::*;

    const ARTICLES: [(&str, &str); 4] = [
        ("How do I delete my account?", "Open the settings."),
        ("Where is my parcel?", "The mail has a link."),
        ("How do I get a refund?", "Send the goods back."),
        ("Can I get a refund?", "Within ten days."),
    ];

    fn source(place: usize) -> Source<'static> {
        Source { title: ARTICLES[place].0, alternates: &[], body: ARTICLES[place].1 }
    }

    fn axis(place: usize) -> Vec<f32> {
        (0..3).map(|at| if at == place { 1.0 } else { 0.0 }).collect()
    }

    fn vectors() -> Vec<Vectors> {
        [0, 1, 2, 2].map(|at| Vectors { questions: vec![axis(at)], body: None }).into()
    }

    fn index() -> Index {
        Index::build("en", (0..ARTICLES.len()).map(source))
    }

    #[test]
    fn without_vectors_nothing_changes() {
        let (plain, meant) = (index(), index().with_vectors(&vectors()));
        let question = "delete my parcel";
        assert_eq!(plain.search(question, 4), meant.search(question, 4));
        assert_eq!(plain.search(question, 4), plain.search_meant(question, Some(&axis(1)), 4));
        assert_eq!(plain.search(question, 4), meant.search_meant(question, Some(&[1.0]), 4));
        let hits = plain.search(question, 4);
        assert!(hits[0].signals.named().iter().all(|(name, _)| !name.starts_with("meaning")));
    }

    #[test]
    fn a_question_without_a_common_word_finds_what_it_means() {
        let index = index().with_vectors(&vectors());
        assert!(index.search("xyzzy", 1).is_empty());
        let hit = index.search_meant("xyzzy", Some(&[0.0, 0.8, 0.6]), 1).remove(0);
        assert_eq!(hit.index, 1);
        assert!((hit.score - super::super::WEIGHTS.meaning * 0.8).abs() < 1e-5, "{hit:?}");
        let named = hit.signals.named();
        let of = |name: &str| named.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        assert!(of("meaning").is_some_and(|meaning| (meaning - 0.8).abs() < 1e-5));
        assert!(of("meaning_lead").is_some_and(|lead| (lead - 0.25).abs() < 1e-5));
        assert!(index.search_meant("xyzzy", Some(&[0.0, 0.0, -1.0]), 1).is_empty());
    }

    #[test]
    fn meaning_turns_a_tie_of_words_and_another_answer_to_the_question_is_no_rival() {
        let index = index().with_vectors(&vectors());
        let hit = index.search_meant("refund of my parcel", Some(&[0.0, 0.1, 0.99]), 1).remove(0);
        assert!(hit.index >= 2, "{hit:?}");
        assert!(hit.signals.meaning_lead.is_some_and(|lead| lead > 0.8), "{:?}", hit.signals);
    }

    #[test]
    fn a_model_that_does_not_know_the_language_leaves_the_order_to_words_and_says_so() {
        let with = |answers: [usize; 3]| -> Index {
            let both = |(at, answer): (usize, usize)| Vectors {
                questions: vec![axis(at)],
                body: Some(axis(answer)),
            };
            let vectors: Vec<Vectors> = answers.into_iter().enumerate().map(both).collect();
            Index::build("en", (0..3).map(source)).with_vectors(&vectors)
        };
        let first = |index: &Index| index.search_meant("delete my account", Some(&axis(1)), 1).remove(0);
        let (known, unknown) = (first(&with([0, 1, 2])), first(&with([1, 2, 0])));
        assert_eq!((known.index, unknown.index), (1, 0));
        assert!(known.signals.grasp.is_some_and(|grasp| grasp > 0.5), "{known:?}");
        assert_eq!(unknown.signals.grasp, Some(0.0));
        assert!(known.signals.named().iter().any(|(name, _)| name == "meaning_chance"));
    }

    #[test]
    fn answers_without_a_word_that_the_model_knows_are_not_held_against_it() {
        let vectors = [0, 1, 2].map(|at| Vectors { questions: vec![axis(at)], body: Some(vec![0.0; 3]) });
        let index = Index::build("en", (0..3).map(source)).with_vectors(&vectors);
        let hit = index.search_meant("xyzzy", Some(&axis(1)), 1).remove(0);
        assert_eq!((hit.index, hit.signals.grasp), (1, None));
    }

    #[test]
    fn an_article_without_vectors_keeps_its_score_and_a_language_its_own() {
        let mut some = vectors();
        some[0] = Vectors::default();
        let library =
            Library::build((0..ARTICLES.len()).map(|place| ("en", source(place)))).with_vectors(&some);
        let (question, vector) = ("delete my account", axis(1));
        let plain = library.search(question, Some("en"), 4);
        let meant = library.search_meant(question, Some(&vector), Some("en"), 4);
        let score = |hits: &[super::super::Hit]| hits.iter().find(|hit| hit.index == 0).map(|hit| hit.score);
        assert_eq!(score(&plain), score(&meant));
        assert!(meant.iter().any(|hit| hit.index == 1 && hit.signals.meaning == Some(1.0)), "{meant:?}");
    }
}
