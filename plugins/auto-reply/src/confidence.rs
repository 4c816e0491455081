//! How sure an article is the answer: a logistic function of what the search says about it. The
//! coefficients come from `cargo run -p plugin-auto-reply --example fit`; refuses to know any text.

/// What the search says about an article, each from 0 to 1. What it does not tell counts against it.
#[derive(Debug, Clone, Copy, PartialEq)]
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

impl Default for Signals {
    fn default() -> Self {
        Self {
            title: 0.0,
            body: 0.0,
            reverse: 0.0,
            likeness: 0.0,
            coverage: 0.0,
            unknown: 1.0,
            lead: 0.0,
            chance: 1.0,
            words: 0.0,
            agreement: 0.0,
        }
    }
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
const COEFFICIENTS: (f32, [f32; FEATURES]) = (-4.05, [1.52, 0.3, 0.07, 1.93, -0.05, 1.2, 0.82, 2.16, 0.0]);

/// 0 to 1: the share of answers that would be right among those that look like this one.
#[must_use]
pub fn confidence(signals: &Signals) -> f32 {
    let (base, weights) = COEFFICIENTS;
    let sum: f32 = signals.features().iter().zip(weights).map(|((_, value), weight)| value * weight).sum();
    if sum.is_nan() { 0.0 } else { 1.0 / (1.0 + (-(base + sum)).exp()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Signals = Signals {
        title: 0.9,
        body: 0.5,
        reverse: 0.9,
        likeness: 0.8,
        coverage: 1.0,
        unknown: 0.0,
        lead: 0.5,
        chance: 0.01,
        words: 0.8,
        agreement: 1.0,
    };

    #[test]
    fn what_fits_in_every_way_is_sure_and_what_fits_in_none_is_not() {
        assert!(confidence(&GOOD) > 0.9, "{}", confidence(&GOOD));
        assert!(confidence(&Signals { chance: 1.0, unknown: 1.0, ..Signals::default() }) < 0.1);
        assert!(confidence(&Signals::default()) < 0.5);
    }

    #[test]
    fn each_signal_pulls_the_way_it_should() {
        let sure = confidence(&GOOD);
        for worse in [
            Signals { title: 0.3, ..GOOD },
            Signals { reverse: 0.3, ..GOOD },
            Signals { coverage: 0.3, ..GOOD },
            Signals { lead: 0.0, ..GOOD },
            Signals { chance: 0.9, ..GOOD },
            Signals { agreement: 0.2, ..GOOD },
        ] {
            assert!(confidence(&worse) < sure, "{worse:?}");
        }
        assert!(confidence(&Signals { unknown: 0.8, ..GOOD }) <= sure);
    }

    #[test]
    fn names_are_read_values_are_bounded_and_strangers_are_left() {
        let told = [("title", 7.0), ("lead", -1.0), ("chance", f32::NAN), ("new", 0.4), ("body", 0.25)];
        let told = told.map(|(name, value)| (name.to_owned(), value));
        let read = Signals::of(&told);
        assert_eq!(read, Signals { title: 1.0, body: 0.25, ..Signals::default() });
    }

    #[test]
    fn a_host_that_tells_nothing_makes_nothing_sure() {
        assert!(confidence(&Signals::of(&[])) < 0.8);
    }
}
