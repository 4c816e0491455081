//! What customers said of an answer: one voice per customer and article, and how far they shift the
//! confidence in it. Pure: stores nothing, and knows customers by a digest only.

/// Voices that are kept per article; the oldest gives way.
const VOICES_MAX: usize = 200;
/// An article that nobody has spoken of helps as often as is promised: 95 of 100, worth twenty voices. So one customer
/// alone keeps no article back that was 90 % sure, two with the same kind of question do.
const PRIOR_HELPED: f32 = 19.0;
const PRIOR_NOT: f32 = 1.0;
/// What a voice from a ticket of another category counts; one from the same counts one.
const OTHER_CATEGORY: f32 = 0.5;
/// From so many customers on whom it did not help, if they are more than the others, an article goes to people.
const REFUSALS_MIN: u32 = 3;
/// Bounds of the shift: praise lifts a weak match little, since it was said of another question.
const SHIFT_MIN: f32 = -3.0;
const SHIFT_MAX: f32 = 0.5;

/// What one customer said last.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Voice {
    /// Digest of the customer's id.
    pub by: String,
    /// Category of the ticket, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What was said.
    pub helped: bool,
}

/// All voices on one article, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Voices {
    /// At most `VOICES_MAX`.
    pub voices: Vec<Voice>,
}

impl Voices {
    /// Takes a voice in; it stands in the place of what the same customer said before.
    pub fn take(&mut self, voice: Voice) {
        self.voices.retain(|before| before.by != voice.by);
        self.voices.push(voice);
        let too_many = self.voices.len().saturating_sub(VOICES_MAX);
        self.voices.drain(..too_many);
    }

    /// What they say together of a question of this category.
    #[must_use]
    pub fn record(&self, category: Option<&str>) -> Record {
        let mut record = Record::default();
        for voice in &self.voices {
            let same = voice.category.as_deref() == category;
            let weight = if same { 1.0 } else { OTHER_CATEGORY };
            if voice.helped {
                record.helped += 1;
                record.weight_helped += weight;
            } else {
                record.not_helped += 1;
                record.weight_not += weight;
            }
        }
        record
    }
}

/// What customers said of an article, summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Record {
    /// Customers whom it helped.
    pub helped: u32,
    /// Customers whom it did not.
    pub not_helped: u32,
    weight_helped: f32,
    weight_not: f32,
}

impl Record {
    /// By how much the confidence moves, in logits; 0 while nobody has said anything.
    #[must_use]
    pub fn shift(&self) -> f32 {
        if self.not_helped >= REFUSALS_MIN && self.not_helped > self.helped {
            return SHIFT_MIN;
        }
        let odds = (self.weight_helped + PRIOR_HELPED) / (self.weight_not + PRIOR_NOT);
        (odds.ln() - (PRIOR_HELPED / PRIOR_NOT).ln()).clamp(SHIFT_MIN, SHIFT_MAX)
    }

    /// The confidence after what was said.
    #[must_use]
    pub fn shifted(&self, confidence: f32) -> f32 {
        if self.helped + self.not_helped == 0 || confidence <= 0.0 || confidence >= 1.0 {
            return confidence;
        }
        let logit = (confidence / (1.0 - confidence)).ln() + self.shift();
        1.0 / (1.0 + (-logit).exp())
    }

    /// What a reason says of it; none while nobody has said anything.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let all = self.helped + self.not_helped;
        match (all, self.shift() < 0.0) {
            (0, _) => None,
            (_, true) => Some(format!("customers said that it did not help: {} of {all}", self.not_helped)),
            (_, false) => Some(format!("customers said that it helped: {} of {all}", self.helped)),
        }
    }
}

/// How the keys begin under which voices are kept.
pub const PREFIX: &str = "past:";

/// Where the voices on an article are kept.
#[must_use]
pub fn key(article: &str) -> String {
    format!("{PREFIX}{article}")
}

/// A customer as the voices know him: enough to tell two apart, FNV-1a.
#[must_use]
pub fn digest(contact: &str) -> String {
    let mixed = contact
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{mixed:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(by: &str, helped: bool) -> Voice {
        Voice { by: digest(by), category: None, helped }
    }

    fn record(voices: &[(&str, bool)]) -> Record {
        let mut all = Voices::default();
        voices.iter().for_each(|(by, helped)| all.take(voice(by, *helped)));
        all.record(None)
    }

    #[test]
    fn two_who_were_not_helped_stop_an_article_that_was_sure_and_one_alone_does_not() {
        let asked = |by| Voice { category: Some("returns".into()), ..voice(by, false) };
        let mut all = Voices::default();
        all.take(asked("ana"));
        assert!(all.record(Some("returns")).shifted(0.9) > 0.8);
        all.take(asked("ben"));
        let record = all.record(Some("returns"));
        assert!(record.shifted(0.9) < 0.8, "{}", record.shifted(0.9));
        assert_eq!(record.sentence().as_deref(), Some("customers said that it did not help: 2 of 2"));
    }

    #[test]
    fn an_article_that_did_not_help_most_goes_to_people_however_sure_it_was() {
        let record = record(&[("ana", false), ("ben", false), ("cy", false), ("di", true)]);
        assert!(record.shifted(0.96) < 0.6, "{}", record.shifted(0.96));
    }

    #[test]
    fn one_customer_has_one_voice_however_often_he_speaks() {
        assert_eq!(record(&[("ana", false); 10]), record(&[("ana", false)]));
    }

    #[test]
    fn a_customers_latest_word_replaces_the_one_before() {
        let changed = record(&[("ana", false), ("ana", true)]);
        assert_eq!(changed, record(&[("ana", true)]));
        assert_eq!((changed.helped, changed.not_helped), (1, 0));
    }

    #[test]
    fn nobody_moves_nothing_praise_lifts_a_little_and_blame_has_a_floor() {
        assert!((record(&[]).shifted(0.9) - 0.9).abs() < 1e-6 && record(&[]).sentence().is_none());
        let names: Vec<String> = (0..150).map(|n| n.to_string()).collect();
        let all = |helped: bool| names.iter().map(|by| (by.as_str(), helped)).collect::<Vec<_>>();
        assert!((record(&all(true)).shift() - SHIFT_MAX).abs() < 1e-6);
        assert!((record(&all(false)).shift() - SHIFT_MIN).abs() < 1e-6);
        assert!(record(&all(true)).shifted(0.5) < 0.65);
    }

    #[test]
    fn many_who_were_helped_outweigh_one_who_was_not() {
        let mut said = vec![("ana", false)];
        let names: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        said.extend(names.iter().map(|by| (by.as_str(), true)));
        assert!(record(&said).shifted(0.9) > 0.85);
        assert_eq!(record(&said).sentence().as_deref(), Some("customers said that it helped: 40 of 41"));
    }

    #[test]
    fn a_voice_from_another_category_counts_half() {
        let mut all = Voices::default();
        all.take(Voice { category: Some("returns".into()), ..voice("ana", false) });
        let (same, other) = (all.record(Some("returns")), all.record(Some("account")));
        assert!(same.shift() < other.shift());
        assert_eq!(all.record(None), other);
        assert_eq!(same.sentence(), other.sentence());
    }

    #[test]
    fn the_oldest_voice_gives_way() {
        let mut all = Voices::default();
        (0..VOICES_MAX + 5).for_each(|n| all.take(voice(&n.to_string(), true)));
        assert_eq!(all.voices.len(), VOICES_MAX);
        assert_eq!(all.voices.first().map(|v| v.by.clone()), Some(digest("5")));
    }

    #[test]
    fn a_confidence_that_is_no_number_stays_what_it_is() {
        let blamed = record(&[("ana", false)]);
        assert!(blamed.shifted(0.0).abs() < 1e-6 && (blamed.shifted(1.0) - 1.0).abs() < 1e-6);
        assert!(blamed.shifted(f32::NAN).is_nan());
    }
}
