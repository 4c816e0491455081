//! How sure an article is the answer: a logistic function of what the search says about it. The
//! coefficients come from `cargo run -p plugin-auto-reply --example fit`; refuses to know any text.

/// What the search says about an article, each from 0 to 1. One that it does not tell is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
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
    /// How far the next article that answers another question is behind.
    pub lead: f32,
    /// Share of the knowledge base's own questions for which a wrong article scores as much.
    pub chance: f32,
    /// How many telling words the question has: 1 − 1 / (1 + n).
    pub words: f32,
    /// Share of the views in which the article is the best.
    pub agreement: f32,
}

impl Signals {
    /// From what the search tells; names that are not known here are left.
    #[must_use]
    pub fn of(told: &[(String, f32)]) -> Self {
        let mut signals = Self::default();
        for (name, value) in told.iter().filter(|(_, value)| value.is_finite()) {
            let value = value.clamp(0.0, 1.0);
            match name.as_str() {
                "title" => signals.title = value,
                "body" => signals.body = value,
                "reverse" => signals.reverse = value,
                "likeness" => signals.likeness = value,
                "coverage" => signals.coverage = value,
                "unknown" => signals.unknown = value,
                "lead" => signals.lead = value,
                "chance" => signals.chance = value,
                "words" => signals.words = value,
                "agreement" => signals.agreement = value,
                _ => {}
            }
        }
        signals
    }

    /// What the confidence is a logistic function of, by name.
    #[must_use]
    pub fn features(&self) -> [(&'static str, f32); FEATURES] {
        [
            ("both", (self.title * self.reverse).sqrt()),
            ("body", self.body),
            ("likeness", self.likeness),
            ("covered", self.coverage),
            ("unknown", self.unknown),
            ("lead", self.lead.sqrt()),
            // 0 for a score that every wrong article reaches, 1 for one that none of 200 does.
            ("rare", -self.chance.max(RAREST).ln() / -RAREST.ln()),
            ("agreement", self.agreement),
            ("words", self.words),
        ]
    }
}

/// Number of features.
pub const FEATURES: usize = 9;
/// The smallest chance that 200 questions can show.
const RAREST: f32 = 1.0 / 202.0;

/// Base value, then one weight for each feature.
const COEFFICIENTS: (f32, [f32; FEATURES]) =
    (-4.0, [3.0, 1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 0.0]);

/// 0 to 1: the share of answers that would be right among those that look like this one.
#[must_use]
pub fn confidence(signals: &Signals) -> f32 {
    let (base, weights) = COEFFICIENTS;
    let sum: f32 = signals.features().iter().zip(weights).map(|((_, value), weight)| value * weight).sum();
    1.0 / (1.0 + (-(base + sum)).exp())
}
