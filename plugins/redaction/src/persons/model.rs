//! The weights, and the decision they make. Integers only: the same on every machine.

use super::features::Features;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Tag {
    /// Nobody.
    #[default]
    Out,
    /// A name begins.
    Begins,
    /// A name goes on.
    Goes,
}

/// All tags, in the order of the weights.
pub const TAGS: [Tag; 3] = [Tag::Out, Tag::Begins, Tag::Goes];

/// Places for features; each has a weight per tag.
pub const SLOTS: usize = 1 << 16;

/// Weights that follow the features': tag before × tag.
pub const AFTER_SLOTS: usize = SLOTS * TAGS.len();

/// How much surer a name must be than none: harmless nouns weigh more than names missed.
pub const MARGIN_MIN: i32 = 12;

/// Weights of a model.
#[derive(Debug, Clone, Copy)]
pub struct Model<'w> {
    weights: &'w [u8],
}

static WEIGHTS: &[u8] = include_bytes!("../../model/weights.bin");

impl<'w> Model<'w> {
    /// The model of the plugin.
    #[must_use]
    pub fn built_in() -> Model<'static> {
        Model { weights: WEIGHTS }
    }

    /// A model of these weights: bytes of signed integers, three for each slot, then three times three.
    #[must_use]
    pub fn of(weights: &'w [u8]) -> Self {
        Self { weights }
    }

    /// The tag of a word, and how much surer a name is than none; it is one only from the margin on.
    #[must_use]
    pub fn decide(&self, features: &Features, before: Tag) -> (Tag, i32) {
        let scores = self.scores(features, before);
        // A name cannot go on where none began.
        let (tag, best) = match before {
            Tag::Out => (Tag::Begins, scores[1].max(scores[2])),
            _ if scores[2] >= scores[1] => (Tag::Goes, scores[2]),
            _ => (Tag::Begins, scores[1]),
        };
        let margin = best - scores[0];
        if margin < MARGIN_MIN { (Tag::Out, margin) } else { (tag, margin) }
    }

    fn scores(&self, features: &Features, before: Tag) -> [i32; 3] {
        let mut scores = [0; 3];
        let after = AFTER_SLOTS + before as usize * TAGS.len();
        for at in features.iter().map(|f| f * TAGS.len()).chain([after]) {
            if let Some(weights) = self.weights.get(at..at + TAGS.len()) {
                for (score, weight) in scores.iter_mut().zip(weights) {
                    *score += i32::from(weight.cast_signed());
                }
            }
        }
        scores
    }
}
