//! Rules from labelled texts: per label the most telling words and word pairs, with weights. What comes
//! out are settings of the triage plugin, which an admin can read, change and install.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

/// Words and pairs kept per label.
const PATTERNS_PER_LABEL: usize = 40;
/// Added to every count, so that a word seen nowhere else is strong evidence and no proof.
const SMOOTHING: f32 = 0.5;
/// Weight of one unit of log-odds. The plugin reads one point as 70 % sure (1 - e^-1.2): a word that is
/// e^3 times as frequent under its label as elsewhere shall say that much.
const POINTS_PER_LOG_ODD: f32 = 1.0 / 3.0;
/// Weights below this are noise.
const WEIGHT_MIN: f32 = 0.05;
/// Heaviest weight the plugin takes.
const WEIGHT_MAX: f32 = 5.0;
/// Characters of a text that the plugin looks at.
const TEXT_CHARS_MAX: usize = 4_000;

/// Counts texts by label.
#[derive(Debug, Default)]
pub(super) struct Trainer {
    /// Texts per label that have a term; terms are written as patterns.
    terms: HashMap<String, BTreeMap<String, f32>>,
    texts: BTreeMap<String, f32>,
}

impl Trainer {
    /// Learns from one text.
    pub(super) fn learn(&mut self, label: &str, text: &str) {
        *self.texts.entry(label.to_owned()).or_default() += 1.0;
        for term in terms(text) {
            *self.terms.entry(term).or_default().entry(label.to_owned()).or_default() += 1.0;
        }
    }

    /// Labels seen.
    pub(super) fn labels(&self) -> usize {
        self.texts.len()
    }

    /// The settings: one rule per label.
    pub(super) fn settings(&self) -> serde_json::Map<String, Value> {
        let rules: Vec<Value> = self
            .texts
            .keys()
            .map(|label| json!({ "category": label, "team": "", "tags": [], "words": self.words(label) }))
            .collect();
        let mut settings = serde_json::Map::new();
        settings.insert("rules".to_owned(), Value::Array(rules));
        settings.insert("built_in_rules".to_owned(), Value::Bool(false));
        settings
    }

    /// The most telling terms of a label with their weights.
    fn words(&self, label: &str) -> BTreeMap<String, f32> {
        let mut odds: HashMap<&str, Odds> = HashMap::new();
        for (term, by_label) in &self.terms {
            if let Some(found) = self.odds(label, by_label) {
                odds.insert(term, found);
            }
        }
        let mut ranked: Vec<(&str, Odds)> =
            odds.iter().filter(|(term, own)| tells_more(term, own, &odds)).map(|(t, o)| (*t, *o)).collect();
        ranked.sort_by(|a, b| b.1.telling.total_cmp(&a.1.telling).then_with(|| a.0.cmp(b.0)));
        ranked.truncate(PATTERNS_PER_LABEL);
        ranked.into_iter().map(|(term, odds)| (term.to_owned(), rounded(odds.weight))).collect()
    }

    /// How much a term speaks for a label; none when it does not.
    fn odds(&self, label: &str, by_label: &BTreeMap<String, f32>) -> Option<Odds> {
        let with = *by_label.get(label)?;
        let own = self.texts.get(label).copied().unwrap_or(0.0);
        let elsewhere = by_label.values().sum::<f32>() - with;
        let others = self.texts.values().sum::<f32>() - own;
        let logit = |with: f32, of: f32| ((with + SMOOTHING) / (of - with + SMOOTHING)).ln();
        let log_odds = logit(with, own) - logit(elsewhere, others);
        let weight = (log_odds * POINTS_PER_LOG_ODD).min(WEIGHT_MAX);
        // Log-odds over their standard error (Monroe et al. 2008): a rare word must be much stronger.
        let error = (1.0 / (with + SMOOTHING) + 1.0 / (elsewhere + SMOOTHING)).sqrt();
        (weight >= WEIGHT_MIN).then_some(Odds { weight, telling: log_odds / error })
    }
}

#[derive(Debug, Clone, Copy)]
struct Odds {
    weight: f32,
    telling: f32,
}

/// A pair takes the place of its two words in the plugin's count: it must weigh more than both together.
fn tells_more(term: &str, own: &Odds, all: &HashMap<&str, Odds>) -> bool {
    let Some((first, second)) = term.split_once(' ') else { return true };
    let weight = |word: &str| all.get(word).map_or(0.0, |odds| odds.weight);
    own.weight > weight(first) + weight(second)
}

fn rounded(weight: f32) -> f32 {
    (weight * 1_000.0).round() / 1_000.0
}

/// The words and pairs of a text as patterns of the plugin: `=word`, `=two =words`.
fn terms(text: &str) -> BTreeSet<String> {
    let cut: String = text.chars().take(TEXT_CHARS_MAX).collect();
    let words: Vec<String> =
        cut.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(fold).collect();
    let pairs = words.windows(2).filter_map(|pair| match pair {
        [first, second] => Some(format!("={first} ={second}")),
        _ => None,
    });
    words.iter().map(|word| format!("={word}")).chain(pairs).collect()
}

/// Lower case, umlauts and accents in plain letters: as the plugin folds.
fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 2);
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'é' | 'è' | 'ê' => out.push('e'),
            'á' | 'à' | 'â' => out.push('a'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained() -> Trainer {
        let mut trainer = Trainer::default();
        for text in
            ["I want my money back", "please send my money back", "money back now please", "is my money back"]
        {
            trainer.learn("refund", text);
        }
        for text in
            ["where is my parcel", "my parcel is late", "please send the parcel now", "Wo ist mein Päckchen"]
        {
            trainer.learn("shipping", text);
        }
        trainer
    }

    #[test]
    fn words_that_tell_a_label_apart_weigh_and_words_of_both_do_not() {
        let trainer = trained();
        let words = trainer.words("shipping");
        assert!(words["=parcel"] > 0.5, "{words:?}");
        assert!(words.contains_key("=paeckchen"), "{words:?}");
        assert!(!words.contains_key("=please") && !words.contains_key("=money"), "{words:?}");
        assert!(trainer.words("refund").len() <= PATTERNS_PER_LABEL);
    }

    #[test]
    fn a_pair_stays_only_where_it_weighs_more_than_its_words() {
        // Each word is common under both labels, only together they tell.
        let mut trainer = Trainer::default();
        for _ in 0..5 {
            trainer.learn("a", "red fox");
            trainer.learn("a", "blue dog");
            trainer.learn("b", "red dog");
            trainer.learn("b", "blue fox");
        }
        let words = trainer.words("a");
        assert!(words.contains_key("=red =fox") && !words.contains_key("=red"), "{words:?}");
        assert!(!trained().words("refund").contains_key("=money =back"));
    }

    #[test]
    fn the_settings_are_rules_the_plugin_reads() {
        let settings = trained().settings();
        assert_eq!(settings["built_in_rules"], false);
        let rules = settings["rules"].as_array().unwrap();
        assert_eq!(
            rules.iter().map(|r| r["category"].as_str().unwrap()).collect::<Vec<_>>(),
            ["refund", "shipping"]
        );
        assert!(
            rules.iter().all(|r| r["words"].as_object().unwrap().values().all(|w| w.as_f64().unwrap() > 0.0))
        );
    }

    #[test]
    fn training_twice_on_the_same_texts_gives_the_same_settings() {
        assert_eq!(trained().settings(), trained().settings());
    }
}
