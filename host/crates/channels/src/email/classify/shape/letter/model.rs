//! The fitted model: a weight for each bucket and kind. Knows numbers only.

use super::grams::{Letter, bucket};

/// Written by `examples/fit_letters.rs`: three scales and three offsets (f32, little-endian), then for each bucket a
/// weight for each kind.
static MODEL: &[u8] = include_bytes!("model.bin");
/// Bytes in front of the weights.
const HEAD_BYTES: usize = 24;

/// Whose a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody's.
    Machine,
    /// A seller's.
    Advert,
    /// Somebody's who wants something of the desk.
    Person,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Machine, Self::Advert, Self::Person];

    const fn place(self) -> usize {
        match self {
            Self::Machine => 0,
            Self::Advert => 1,
            Self::Person => 2,
        }
    }
}

/// How likely each kind is; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Odds([f32; 3]);

impl Odds {
    /// Of one kind.
    pub(crate) fn of(&self, kind: Kind) -> f32 {
        self.0.get(kind.place()).copied().unwrap_or(0.0)
    }

    pub(super) fn likeliest_but_person(&self) -> Kind {
        if self.of(Kind::Advert) > self.of(Kind::Machine) { Kind::Advert } else { Kind::Machine }
    }
}

fn number(place: usize) -> f32 {
    let bytes = MODEL.get(place * 4..place * 4 + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0.0, f32::from_le_bytes)
}

fn weight(bucket: u32, kind: Kind) -> f32 {
    let at = HEAD_BYTES + bucket as usize * Kind::ALL.len() + kind.place();
    let byte = MODEL.get(at).copied().unwrap_or(0);
    f32::from(i8::from_ne_bytes([byte])) * number(kind.place())
}

/// How likely each kind is for a letter.
pub(crate) fn odds(letter: &Letter<'_>) -> Odds {
    let buckets = letter.buckets();
    #[expect(clippy::cast_precision_loss, reason = "some thousand grams at most")]
    let norm = (buckets.len().max(1) as f32).sqrt();
    let scores = Kind::ALL.map(|kind| {
        let sum: f32 = buckets.iter().map(|bucket| weight(*bucket, kind)).sum();
        number(Kind::ALL.len() + kind.place()) + sum / norm
    });
    let highest = scores.iter().copied().fold(f32::MIN, f32::max);
    let powers = scores.map(|score| (score - highest).exp());
    let total: f32 = powers.iter().sum();
    Odds(powers.map(|power| power / total))
}

/// The words that speak most for a kind and against people, strongest first.
pub(super) fn strongest(letter: &Letter<'_>, kind: Kind, most: usize) -> Vec<String> {
    let mut all: Vec<(f32, String)> = Vec::new();
    letter.each(&mut |gram| {
        let at = bucket(gram);
        let speaks = weight(at, kind) - weight(at, Kind::Person);
        let words = gram.get(1..).unwrap_or_default();
        let is_word =
            words.iter().all(|word| word.starts_with(char::is_alphabetic) && word.chars().count() > 2);
        if speaks > 0.0 && is_word && matches!(gram.first(), Some(&("w" | "s"))) {
            all.push((speaks, words.join(" ")));
        }
    });
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    all.dedup_by(|a, b| a.1 == b.1);
    let mut out: Vec<String> = Vec::new();
    for (_, words) in all {
        // A pair says it for its words.
        if !out.iter().any(|told| told.contains(&words) || words.contains(told.as_str())) {
            out.push(words);
        }
        if out.len() == most {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::grams::BITS;
    use super::*;

    #[test]
    fn the_model_has_a_weight_for_every_bucket_and_kind() {
        assert_eq!(MODEL.len(), HEAD_BYTES + (1 << BITS) * Kind::ALL.len());
        assert!((0..3).all(|place| number(place) > 0.0 && number(place).is_finite()));
    }

    #[test]
    fn the_odds_sum_to_one_for_any_letter() {
        for text in ["", "Wo ist mein Paket?", "x".repeat(50_000).as_str()] {
            let odds = odds(&Letter { subject: "", text });
            let sum: f32 = Kind::ALL.iter().map(|kind| odds.of(*kind)).sum();
            assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        }
    }
}
