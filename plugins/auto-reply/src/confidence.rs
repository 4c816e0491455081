//! How sure an article is the answer: a logistic function of what the search says about it, by words alone or
//! by words and meaning, as far as the vectors know what they speak of. The coefficients come from
//! `cargo run -p plugin-auto-reply --example fit`; refuses to know any text.

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
    /// What the vectors say, where there are some.
    pub meant: Option<Meant>,
}

/// What the vectors say about an article, each from 0 to 1. How near the article is by itself is not asked:
/// every model has a scale of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meant {
    /// Share of the knowledge base's own questions for which a wrong article means as much.
    pub chance: f32,
    /// How far the next article by meaning that answers another question is behind.
    pub lead: f32,
    /// How well the knowledge base's own questions find their answers by meaning alone.
    pub grasp: f32,
}

impl Default for Meant {
    fn default() -> Self {
        Self { chance: 1.0, lead: 0.0, grasp: 0.0 }
    }
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
            meant: None,
        }
    }
}

impl Signals {
    /// From what the search tells; names that are not known here are left.
    #[must_use]
    pub fn of(told: &[(String, f32)]) -> Self {
        let (mut signals, mut meant, mut is_meant) = (Self::default(), Meant::default(), false);
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
                "meaning" => is_meant = true,
                "meaning_chance" => meant.chance = value,
                "meaning_lead" => meant.lead = value,
                "grasp" => meant.grasp = value,
                _ => {}
            }
        }
        Self { meant: is_meant.then_some(meant), ..signals }
    }

    /// What words that no article has cost: a question that is largely about something else is not answered by an
    /// article that has the rest of it.
    #[must_use]
    pub fn foreign(&self) -> f32 {
        FOREIGN_COST * (self.unknown.clamp(0.0, 1.0) - FOREIGN_FREE).max(0.0)
    }

    /// What the confidence by words is a logistic function of, by name.
    #[must_use]
    pub fn features(&self) -> [(&'static str, f32); FEATURES] {
        let lead = self.lead.sqrt();
        [
            ("both", (self.title * self.reverse).sqrt()),
            ("body", self.body),
            ("likeness", self.likeness),
            ("covered", self.coverage),
            ("unknown", self.unknown),
            ("lead", lead),
            ("rare", rare(self.chance)),
            ("agreement", self.agreement),
            ("words", self.words),
            // The best in every view that has little of the question, or that is closely followed, is no answer.
            ("best and covered", self.agreement * self.coverage),
            ("best and ahead", self.agreement * lead),
        ]
    }

    /// The same for the confidence by words and meaning.
    #[must_use]
    pub fn features_with(&self, meant: &Meant) -> [(&'static str, f32); FEATURES + 2] {
        let mut out = [("", 0.0); FEATURES + 2];
        let more = [("meaning rare", rare(meant.chance)), ("meaning ahead", meant.lead.sqrt())];
        for (place, feature) in out.iter_mut().zip(self.features().into_iter().chain(more)) {
            *place = feature;
        }
        out
    }
}

/// 0 for what every wrong article reaches, 1 for what none of 200 does.
fn rare(chance: f32) -> f32 {
    -chance.max(RAREST).ln() / -RAREST.ln()
}

/// Number of features by words.
pub const FEATURES: usize = 11;
/// The smallest chance that 200 questions can show.
const RAREST: f32 = 1.0 / 202.0;

/// Share of the question's weight in unknown words that costs nothing, and what each further one costs: the knowledge
/// bases of the fit are large and know nearly every word of their questions, so they cannot teach it.
const FOREIGN_FREE: f32 = 0.3;
const FOREIGN_COST: f32 = 6.0;

/// By words: base value, then one weight for each feature.
pub const BY_WORDS: (f32, [f32; FEATURES]) =
    (-3.13, [1.02, 0.0, 0.0, 0.91, 0.0, 0.9, 0.37, 1.3, 0.0, 1.42, 1.31]);
/// By words and meaning.
pub const BY_MEANING: (f32, [f32; FEATURES + 2]) =
    (-3.23, [0.36, 0.57, 0.0, 0.96, 0.0, 1.0, 0.46, 0.12, 0.0, 0.77, 0.68, 2.13, 2.02]);

/// 0 to 1: the share of answers that would be right among those that look like this one.
///
/// Meaning has a say as far as the vectors grasp the knowledge base: a model that does not know its language
/// finds the wrong articles as near as the right ones.
#[must_use]
pub fn confidence(signals: &Signals) -> f32 {
    let words = sum(BY_WORDS.0, &BY_WORDS.1, &signals.features()) - signals.foreign();
    let sum = match &signals.meant {
        Some(meant) => {
            let grasp = meant.grasp.clamp(0.0, 1.0);
            let both = sum(BY_MEANING.0, &BY_MEANING.1, &signals.features_with(meant));
            (1.0 - grasp) * words + grasp * both
        }
        None => words,
    };
    if sum.is_nan() { 0.0 } else { 1.0 / (1.0 + (-sum).exp()) }
}

/// A value out of range counts as the end of the range, so that none can make an article wholly sure.
fn sum(base: f32, weights: &[f32], features: &[(&'static str, f32)]) -> f32 {
    base + features
        .iter()
        .zip(weights)
        .map(|((_, value), weight)| value.clamp(0.0, 1.0) * weight)
        .sum::<f32>()
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
        meant: None,
    };

    /// By words no better than a guess.
    const FAIR: Signals = Signals { title: 0.5, reverse: 0.5, coverage: 0.6, lead: 0.3, chance: 0.2, ..GOOD };
    const SURELY_MEANT: Meant = Meant { chance: 0.005, lead: 0.6, grasp: 0.9 };

    fn told(of: &[(&str, f32)]) -> Signals {
        Signals::of(&of.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect::<Vec<_>>())
    }

    #[test]
    fn a_hit_that_vectors_know_is_judged_by_its_meaning_as_well() {
        let (words, near) = (confidence(&FAIR), Signals { meant: Some(SURELY_MEANT), ..FAIR });
        let far = Signals { meant: Some(Meant { chance: 0.9, lead: 0.0, ..SURELY_MEANT }), ..FAIR };
        assert!(confidence(&near) > words + 0.1, "{words} {}", confidence(&near));
        assert!(confidence(&far) < words - 0.1, "{words} {}", confidence(&far));
    }

    #[test]
    fn a_model_that_does_not_know_the_language_has_no_say() {
        for meant in [SURELY_MEANT, Meant { chance: 1.0, lead: 0.0, ..SURELY_MEANT }] {
            let lost = Signals { meant: Some(Meant { grasp: 0.0, ..meant }), ..FAIR };
            assert!((confidence(&lost) - confidence(&FAIR)).abs() < 1e-6);
        }
        let steps = [0.0, 0.25, 0.5, 0.75, 1.0];
        let by_grasp =
            steps.map(|grasp| confidence(&Signals { meant: Some(Meant { grasp, ..SURELY_MEANT }), ..FAIR }));
        assert!(by_grasp.is_sorted(), "{by_grasp:?}");
    }

    #[test]
    fn without_meaning_or_with_half_of_it_words_decide() {
        assert_eq!(told(&[("title", 0.5), ("grasp", 0.9), ("meaning_lead", 1.0)]).meant, None);
        assert_eq!(told(&[("meaning", f32::NAN), ("grasp", 0.9)]).meant, None);
        // A host that does not say how far its vectors can be trusted is not trusted.
        assert_eq!(told(&[("meaning", 0.9)]).meant, Some(Meant::default()));
    }

    #[test]
    fn no_signal_whatever_makes_an_article_wholly_sure() {
        let names = [
            "title",
            "body",
            "reverse",
            "likeness",
            "coverage",
            "unknown",
            "lead",
            "chance",
            "words",
            "agreement",
            "meaning",
            "meaning_chance",
            "meaning_lead",
            "grasp",
        ];
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -1.0, 0.0, 1.0, 7.0] {
            let sure = confidence(&told(&names.map(|name| (name, value))));
            assert!((0.0..0.999).contains(&sure), "{value}: {sure}");
            let meant = Meant { chance: value, lead: value, grasp: value };
            let sure =
                confidence(&Signals { title: value, lead: value, chance: value, meant: Some(meant), ..GOOD });
            assert!((0.0..0.999).contains(&sure), "{value}: {sure}");
        }
        let best = Meant { chance: 0.0, lead: 1.0, grasp: 1.0 };
        assert!(
            confidence(&Signals { body: 1.0, lead: 1.0, chance: 0.0, meant: Some(best), ..GOOD }) < 0.999
        );
    }

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
        assert!(confidence(&Signals { unknown: 0.2, ..GOOD }) <= sure);
    }

    #[test]
    fn a_question_that_is_half_about_what_no_article_knows_is_not_answered() {
        let half = Signals { title: 0.7, reverse: 0.8, coverage: 0.45, unknown: 0.55, lead: 0.9, ..GOOD };
        assert!(confidence(&Signals { unknown: 0.0, ..half }) > 0.8 && confidence(&half) < 0.75);
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
