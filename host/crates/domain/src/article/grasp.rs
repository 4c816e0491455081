//! Whether whoever made the vectors knows the language and the subject of a knowledge base: how well each
//! question finds its own answer by meaning alone. Only ranks count, so it says the same of any model's scale.

use super::meaning::product;
use super::words::precise;

/// Articles that are asked about, at most.
const ASKED_MAX: usize = 200;
/// Answers of other articles that an answer is held against, at most: a large knowledge base is asked
/// nothing harder than a small one.
const RIVALS_MAX: usize = 40;
/// One standard error of a single article's mark.
const ERROR: f32 = 0.5;

/// From 0, no better than drawing lots, to 1, every answer found; with few articles less, for they prove
/// little. `articles`: vectors of the question and of the answer, of one length. None where there is nothing
/// to mix up.
pub(super) fn grasp(articles: &[(&[f32], &[f32])]) -> Option<f32> {
    let n = articles.len();
    if n < 2 {
        return None;
    }
    let asked = articles.iter().enumerate().step_by(n.div_ceil(ASKED_MAX));
    let marks: Vec<f32> = asked.map(|(own, (question, _))| mark(articles, own, question)).collect();
    let held_against = precise(n.min(RIVALS_MAX + 1));
    let lots = (1..=n.min(RIVALS_MAX + 1)).map(|rank| 1.0 / precise(rank)).sum::<f32>() / held_against;
    let mean = marks.iter().sum::<f32>() / precise(marks.len());
    let better = if lots < 1.0 { (mean - lots) / (1.0 - lots) } else { 0.0 };
    Some((better - ERROR / precise(marks.len()).sqrt()).clamp(0.0, 1.0))
}

/// One by the rank of the own answer among those of others.
fn mark(articles: &[(&[f32], &[f32])], own: usize, question: &[f32]) -> f32 {
    let near = |place: usize| articles.get(place).map_or(0.0, |(_, answer)| product(question, answer));
    let (n, own_near) = (articles.len(), near(own));
    let rivals = (n - 1).min(RIVALS_MAX);
    // Evenly spaced after the own one, around the end.
    let nearer = (0..rivals).filter(|at| near((own + 1 + at * (n - 1) / rivals) % n) >= own_near).count();
    1.0 / precise(1 + nearer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many articles on an axis each; the answers are so many axes off.
    fn of(n: usize, off: usize) -> Option<f32> {
        let axis = |at: usize| -> Vec<f32> { (0..n).map(|d| if d == at % n { 1.0 } else { 0.0 }).collect() };
        let vectors: Vec<[Vec<f32>; 2]> = (0..n).map(|at| [axis(at), axis(at + off)]).collect();
        let pairs: Vec<_> = vectors.iter().map(|[asks, says]| (asks.as_slice(), says.as_slice())).collect();
        grasp(&pairs)
    }

    #[test]
    fn whoever_finds_every_answer_knows_the_language_and_many_articles_prove_it_better() {
        let marks = [of(3, 0), of(40, 0), of(150, 0)].map(Option::unwrap);
        assert!(marks[0] < marks[1] && marks[1] < marks[2] && marks[1] > 0.9, "{marks:?}");
    }

    #[test]
    fn whoever_finds_none_or_says_the_same_of_all_knows_nothing() {
        assert_eq!(of(40, 7), Some(0.0));
        let same = [1.0, 0.0];
        assert_eq!(grasp(&vec![(&same[..], &same[..]); 40]), Some(0.0));
    }

    #[test]
    fn of_one_article_nothing_can_be_said() {
        assert_eq!(of(1, 0), None);
        assert_eq!(grasp(&[]), None);
    }
}
