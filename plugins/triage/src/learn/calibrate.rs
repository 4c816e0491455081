//! From scores to a confidence that means what it says, and from that to a threshold that keeps a promise.
//! Everything is reckoned on tickets that the scores had not seen.

use serde::{Deserialize, Serialize};

use super::corpus::f32_of;
use super::softmax::softmax;

/// Signs of being right.
pub const SIGNS: usize = 6;
/// Rounds of the fit; it converges in ten.
const ROUNDS: usize = 20;
/// Halvings of a step that does not help.
const HALVINGS: usize = 8;
/// Pull of the coefficients towards "the scores are right as they are".
const PULL: f32 = 2.0;
/// How much a ticket counts that is judged as if its label were not known, against one judged as it is.
const STRANGE: f32 = 0.1;
/// Largest distance between the best label and the second.
const MARGIN_MAX: f32 = 14.0;
/// Points of the curve that are kept.
const POINTS: usize = 100;
/// Fewest tickets behind a promise.
const BASIS_MIN: usize = 12;
/// How far below what was seen a promise stays, in standard errors, where labels have many tickets: the scores
/// come from models that have seen fewer tickets than the one that will decide, and so are hardly too good.
const CAUTION: f32 = 0.5;
/// Standard errors more for a label with one ticket; with more of them it sinks. Of few tickets a label, the mix
/// that comes later is not the mix that was judged.
const CAUTION_FEW: f32 = 25.0;
/// Most standard errors.
const CAUTION_MAX: f32 = 1.6;

/// What tells whether a guess is right.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signs(pub [f32; SIGNS]);

impl Signs {
    /// From the scores, the share of the text that speaks for the best of them, and the share of unknown features.
    ///
    /// Probabilities say which label it is if it is one of those known; the bare score of the best and what backs
    /// it say whether it is one of them at all.
    #[must_use]
    pub fn of(scores: &[f32], backing: f32, novelty: f32) -> Self {
        let (best, second) = two_best(scores);
        let at = |label: usize| scores.get(label).copied().unwrap_or(0.0);
        let mut probabilities = scores.to_vec();
        softmax(&mut probabilities);
        let p = probabilities.get(best).copied().unwrap_or(0.0).clamp(1e-6, 1.0 - 1e-6);
        let margin = (at(best) - at(second)).clamp(0.0, MARGIN_MAX);
        Self([1.0, (p / (1.0 - p)).ln(), margin, novelty, at(best), backing])
    }
}

/// Places of the best and the second best.
#[must_use]
pub fn two_best(scores: &[f32]) -> (usize, usize) {
    let (mut best, mut second) = ((0, f32::NEG_INFINITY), (0, f32::NEG_INFINITY));
    for (label, score) in scores.iter().enumerate() {
        if *score > best.1 {
            (best, second) = ((label, *score), best);
        } else if *score > second.1 {
            second = (label, *score);
        }
    }
    (best.0, second.0)
}

/// A guess on a ticket that was left out, and whether it was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Signs.
    pub signs: Signs,
    /// Signs of the guess that would be made if the ticket's own label were not known.
    pub strange: Signs,
    /// Whether it was right.
    pub right: bool,
}

/// How scores become confidence, and confidence a promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Coefficients of the signs.
    pub coefficients: [f32; SIGNS],
    /// (confidence, share of right guesses from there on that can be promised), from sure to unsure.
    pub curve: Vec<(f32, f32)>,
    /// Share of unknown features up to which the trials say anything; beyond it a text is strange.
    pub novelty_max: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { coefficients: PRIOR, curve: Vec::new(), novelty_max: 1.0 }
    }
}

/// The scores taken at their word.
const PRIOR: [f32; SIGNS] = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
/// Which way each sign speaks: for a guess, or against it.
const SENSE: [f32; SIGNS] = [0.0, 1.0, 1.0, -1.0, 1.0, 1.0];

impl Calibration {
    /// Fits to trials, with so many tickets a label behind them.
    #[must_use]
    pub fn of(trials: &[Trial], per_label: f32) -> Self {
        let coefficients = weighed(trials);
        let mut out = Self { coefficients, curve: Vec::new(), novelty_max: usual_novelty(trials) };
        let caution = (CAUTION + CAUTION_FEW / per_label.max(1.0)).min(CAUTION_MAX);
        out.curve = curve(trials.iter().map(|t| (out.confidence(&t.signs), t.right)).collect(), caution);
        out
    }

    /// How often a guess with these signs is right.
    #[must_use]
    pub fn confidence(&self, signs: &Signs) -> f32 {
        let known = (1.0 - signs.0[3]) / (1.0 - self.novelty_max).max(0.01);
        (sigmoid(dot(&self.coefficients, &signs.0)) * known.min(1.0)).clamp(0.0, 0.999)
    }

    /// From which confidence on the promise is kept; none when no guess is sure enough.
    #[must_use]
    pub fn threshold(&self, promise: f32) -> Option<f32> {
        let place = self.curve.iter().rposition(|(_, kept)| *kept >= promise)?;
        let (from, _) = self.curve.get(place)?;
        // Where even the least sure trial keeps the promise, the confidence itself says how far one may go.
        Some(if place + 1 == self.curve.len() { from.min(promise) } else { *from })
    }
}

/// The novelty that nearly all trials stay below: a text with more is like none of them, and what they say of
/// the scores does not hold for it.
fn usual_novelty(trials: &[Trial]) -> f32 {
    let mut all: Vec<f32> = trials.iter().map(|trial| trial.signs.0[3]).collect();
    all.sort_by(f32::total_cmp);
    all.get(all.len() * 19 / 20).copied().unwrap_or(1.0).clamp(0.5, 0.95)
}

/// What can be promised from each confidence on.
fn curve(mut judged: Vec<(f32, bool)>, caution: f32) -> Vec<(f32, f32)> {
    judged.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let step = judged.len().div_ceil(POINTS).max(1);
    let mut out = Vec::new();
    let (mut right, mut hoped) = (0, 0.0);
    for (place, (confidence, was_right)) in judged.iter().enumerate() {
        right += usize::from(*was_right);
        hoped += confidence;
        let n = place + 1;
        if n >= BASIS_MIN && (n % step == 0 || n == judged.len()) {
            out.push((*confidence, promised(right, hoped, n, caution)));
        }
    }
    out
}

/// What was counted and what the confidences say, half and half, less a margin for chance: each alone is taken in
/// by luck, the one by that of few tickets, the other by that of the fit.
fn promised(right: usize, hoped: f32, n: usize, caution: f32) -> f32 {
    let n = f32_of(n);
    let share = 0.5 * (f32_of(right) + hoped) / n;
    wilson(share, n, caution)
}

/// Lower end of the Wilson interval.
fn wilson(share: f32, n: f32, z: f32) -> f32 {
    let z2 = z * z;
    let middle = share + z2 / (2.0 * n);
    let spread = z * ((share * (1.0 - share) + z2 / (4.0 * n)) / n).sqrt();
    (middle - spread) / (1.0 + z2 / n)
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(a: &[f32; SIGNS], b: &[f32; SIGNS]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A guess as the fit sees it: signs, whether it was right, how much it counts.
type Line = (Signs, bool, f32);

/// How the signs are weighed: what tells right from wrong guesses, and known labels from unknown ones, fitted
/// together; then level and stretch on the guesses as they are, so that the confidence means what it says of them.
fn weighed(trials: &[Trial]) -> [f32; SIGNS] {
    let lines = trials.iter().map(|t| (t.signs, t.right, 1.0));
    let lines: Vec<Line> = lines.chain(trials.iter().map(|t| (t.strange, false, STRANGE))).collect();
    let mut free = [true; SIGNS];
    let mut w = logistic(&lines, free);
    // More certainty never speaks against a guess, nor novelty for it, as chance in few trials would have it:
    // a sign that does is left out, and the others are fitted without it.
    while let Some(at) = (1..SIGNS).find(|at| free[*at] && w[*at] * SENSE[*at] < 0.0) {
        free[at] = false;
        w = logistic(&lines, free);
    }
    let summed: Vec<Line> = trials
        .iter()
        .map(|t| (Signs([1.0, dot(&w, &t.signs.0), 0.0, 0.0, 0.0, 0.0]), t.right, 1.0))
        .collect();
    let fitted = logistic(&summed, [true, true, false, false, false, false]);
    w.iter_mut().for_each(|w| *w *= fitted[1].max(0.05));
    w[0] += fitted[0];
    w
}

/// Newton's method with steps that are halved until they help; few signs, so the equations are solved directly.
/// Signs that are not free count nothing.
fn logistic(lines: &[Line], free: [bool; SIGNS]) -> [f32; SIGNS] {
    let mut prior = PRIOR;
    prior.iter_mut().zip(free).for_each(|(w, free)| *w *= f32::from(u8::from(free)));
    let (mut w, mut loss) = (prior, loss(lines, &prior, &prior));
    for _ in 0..ROUNDS {
        let mut step = step(lines, &w, &prior, free);
        for _ in 0..HALVINGS {
            let mut next = w;
            next.iter_mut().zip(step).for_each(|(w, step)| *w -= step);
            let reached = self::loss(lines, &next, &prior);
            if reached < loss {
                (w, loss) = (next, reached);
                break;
            }
            step.iter_mut().for_each(|step| *step *= 0.5);
        }
    }
    w
}

/// How strongly a coefficient is pulled to where it began; the level is as good as free.
const fn pull(at: usize) -> f32 {
    if at == 0 { 0.01 } else { PULL }
}

/// What the fit makes small: surprise at the outcomes, and the way from the prior.
fn loss(lines: &[Line], w: &[f32; SIGNS], prior: &[f32; SIGNS]) -> f32 {
    let far: f32 = w.iter().zip(prior).enumerate().map(|(at, (w, p))| 0.5 * pull(at) * (w - p).powi(2)).sum();
    let surprise = |line: &Line| {
        let x = dot(w, &line.0.0) * if line.1 { 1.0 } else { -1.0 };
        // ln(1 + e^-x), without overflow.
        line.2 * ((-x).max(0.0) + (-x.abs()).exp().ln_1p())
    };
    far + lines.iter().map(surprise).sum::<f32>()
}

fn step(lines: &[Line], w: &[f32; SIGNS], prior: &[f32; SIGNS], free: [bool; SIGNS]) -> [f32; SIGNS] {
    let mut gradient = [0.0_f32; SIGNS];
    let mut hessian = [[0.0_f32; SIGNS]; SIGNS];
    for (at, (g, row)) in gradient.iter_mut().zip(hessian.iter_mut()).enumerate() {
        *g = pull(at) * (w[at] - prior[at]);
        row[at] = pull(at);
    }
    for (signs, right, counts) in lines {
        let p = sigmoid(dot(w, &signs.0));
        let error = counts * (p - f32::from(u8::from(*right)));
        for ((g, row), a) in gradient.iter_mut().zip(hessian.iter_mut()).zip(&signs.0) {
            *g += error * a;
            for (h, b) in row.iter_mut().zip(&signs.0) {
                *h += counts * p * (1.0 - p) * a * b;
            }
        }
    }
    for at in (0..SIGNS).filter(|at| !free[*at]) {
        hessian[at] = [0.0; SIGNS];
        hessian.iter_mut().for_each(|row| row[at] = 0.0);
        (hessian[at][at], gradient[at]) = (1.0, 0.0);
    }
    solved(hessian, gradient)
}

/// Gauss, with the diagonal as pivots: the matrix is positive definite by the pull.
fn solved(mut a: [[f32; SIGNS]; SIGNS], mut b: [f32; SIGNS]) -> [f32; SIGNS] {
    for k in 0..SIGNS {
        let (pivot, right) = (a[k], b[k]);
        for i in 0..SIGNS {
            if i != k {
                let factor = a[i][k] / pivot[k].max(1e-9);
                for (cell, p) in a[i].iter_mut().zip(&pivot) {
                    *cell -= factor * p;
                }
                b[i] -= factor * right;
            }
        }
    }
    let mut out = [0.0; SIGNS];
    for (k, out) in out.iter_mut().enumerate() {
        *out = b[k] / a[k][k].max(1e-9);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(p: f32) -> Signs {
        Signs::of(&[p.ln(), (1.0 - p).ln()], 0.5, 0.1)
    }

    /// Guesses of two kinds: sure ones are right 97 times of 100, unsure ones 50 times.
    fn trials() -> Vec<Trial> {
        let trial = |p: f32, right| Trial { signs: signs(p), strange: signs(0.5), right };
        (0..400).map(|n| if n % 2 == 0 { trial(0.9, n % 66 != 0) } else { trial(0.6, n % 4 == 1) }).collect()
    }

    #[test]
    fn confidence_says_how_often_such_a_guess_is_right() {
        let fitted = Calibration::of(&trials(), 200.0);
        assert!((fitted.confidence(&signs(0.9)) - 0.97).abs() < 0.02);
        assert!((fitted.confidence(&signs(0.6)) - 0.5).abs() < 0.05);
    }

    #[test]
    fn a_promise_takes_the_sure_guesses_and_one_that_cannot_be_kept_takes_none() {
        let fitted = Calibration::of(&trials(), 200.0);
        let from = fitted.threshold(0.95).unwrap();
        assert!(from > fitted.confidence(&signs(0.6)), "{from}");
        assert_eq!(fitted.threshold(0.995), None);
        assert_eq!(Calibration::default().threshold(0.5), None);
    }

    #[test]
    fn where_all_trials_were_right_a_little_less_sure_is_sure_enough() {
        let all: Vec<Trial> =
            (0..200).map(|_| Trial { signs: signs(0.99), strange: signs(0.5), right: true }).collect();
        assert!(Calibration::of(&all, 100.0).threshold(0.95).unwrap() <= 0.95);
    }

    #[test]
    fn too_few_trials_promise_nothing() {
        let few: Vec<Trial> = trials().into_iter().take(BASIS_MIN - 1).collect();
        assert_eq!(Calibration::of(&few, 200.0).threshold(0.5), None);
    }
}
