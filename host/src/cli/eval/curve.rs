//! What answers were worth where the data says which article is right: first hits, and for each threshold
//! how many questions are answered and how often rightly. Refuses to know how answers come about.

use std::fmt::Write as _;

use domain::article::curve;

/// One question that was judged, with what is right about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judged {
    /// Whether some article answers it.
    pub(super) answerable: bool,
    /// Place of the first right article among the ranked ones, from 0.
    pub(super) place: Option<usize>,
    /// How sure the plugin was.
    pub(super) confidence: f64,
    /// Whether it answered.
    pub(super) answered: bool,
}

/// Thresholds of the table.
const THRESHOLDS: [f64; 9] = [0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
/// The precision for which the best possible threshold is told.
const PROMISE: f64 = 0.95;

/// The table, in Markdown. Nothing without a question.
pub(super) fn table(judged: &[Judged]) -> String {
    let answerable = judged.iter().filter(|j| j.answerable).count();
    if answerable == 0 {
        return String::new();
    }
    let within = |places: usize| {
        share(judged.iter().filter(|j| j.place.is_some_and(|place| place < places)).count(), answerable)
    };
    let reciprocal: f64 = judged.iter().filter_map(|j| j.place).map(|place| 1.0 / (count(place) + 1.0)).sum();
    let mut out = format!(
        "{} questions, {answerable} of them with an article. First hit {:.3}, among five {:.3}, among ten {:.3}, mean reciprocal rank {:.3}.\n\n",
        judged.len(),
        within(1),
        within(5),
        within(10),
        reciprocal / count(answerable)
    );
    out.push_str(
        "| threshold | sent | right | precision | answered of the answerable |\n|---|---|---|---|---|\n",
    );
    let asked: Vec<curve::Judged> = judged.iter().map(Judged::asked).collect();
    let mut row = |name: &str, point: curve::Point| {
        let curve::Point { sent, right, precision, answered, .. } = point;
        let line = writeln!(out, "| {name} | {sent} | {right} | {precision:.3} | {answered:.3} |");
        debug_assert!(line.is_ok());
    };
    let own: Vec<curve::Judged> = judged
        .iter()
        .map(|j| curve::Judged { confidence: if j.answered { 1.0 } else { 0.0 }, ..j.asked() })
        .collect();
    row("the plugin's", curve::at(&own, 1.0));
    for threshold in THRESHOLDS {
        row(&format!("{threshold:.2}"), curve::at(&asked, threshold));
    }
    if let Some(best) = best(&asked) {
        row(&format!("best at 95 % ({:.2})", best.threshold), best);
    }
    out
}

impl Judged {
    fn asked(&self) -> curve::Judged {
        curve::Judged {
            answerable: self.answerable,
            right: self.place == Some(0),
            confidence: self.confidence,
        }
    }
}

/// The lowest threshold that keeps the promise, known only afterwards, and what it sends.
fn best(asked: &[curve::Judged]) -> Option<curve::Point> {
    let mut thresholds: Vec<f64> = asked.iter().map(|j| j.confidence).filter(|c| *c > 0.0).collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.into_iter().map(|threshold| curve::at(asked, threshold)).find(|p| p.precision >= PROMISE)
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { count(part) / count(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of questions stay far below 2^52")]
const fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(place: Option<usize>, confidence: f64) -> Judged {
        Judged { answerable: true, place, confidence, answered: confidence >= 0.8 }
    }

    #[test]
    fn right_and_wrong_answers_are_counted_at_each_threshold() {
        let none = Judged { answerable: false, ..judged(None, 0.62) };
        let table = table(&[judged(Some(0), 0.9), judged(Some(2), 0.85), judged(Some(0), 0.4), none]);
        assert!(
            table.starts_with("4 questions, 3 of them with an article. First hit 0.667, among five 1.000")
        );
        assert!(table.contains("| the plugin's | 2 | 1 | 0.500 | 0.333 |"), "{table}");
        assert!(table.contains("| 0.60 | 3 | 1 | 0.333 | 0.333 |"), "{table}");
        assert!(table.contains("| best at 95 % (0.90) | 1 | 1 | 1.000 | 0.333 |"), "{table}");
    }

    #[test]
    fn without_a_question_that_has_an_article_there_is_no_table() {
        assert_eq!(table(&[]), "");
        assert_eq!(table(&[Judged { answerable: false, ..judged(None, 0.5) }]), "");
    }
}
