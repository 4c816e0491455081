//! What is said about an article that was found: how well it fits, why, and how far that can be trusted.

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
    /// Likeness to the meaning of the article's question, if both have vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<f32>,
    /// How far the next article by meaning that answers another question is behind, as a share of `meaning`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning_lead: Option<f32>,
    /// Share of this knowledge base's own questions for which a wrong article means as much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning_chance: Option<f32>,
    /// How far the vectors can be trusted in this knowledge base: how well its own questions find their answers
    /// by meaning alone, 0 for no better than by lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grasp: Option<f32>,
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
            meaning: None,
            meaning_lead: None,
            meaning_chance: None,
            grasp: None,
        }
    }

    /// By name, as plugins see them; those of the meaning only where it is known.
    #[must_use]
    pub fn named(&self) -> Vec<(String, f32)> {
        let always = [
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
        ];
        let meant = [
            ("meaning", self.meaning),
            ("meaning_lead", self.meaning_lead),
            ("meaning_chance", self.meaning_chance),
            ("grasp", self.grasp),
        ];
        let meant = meant.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let named = always.into_iter().chain(meant);
        named.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
