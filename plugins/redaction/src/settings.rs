//! What an admin can set: classes on and off, how sure a finding must be, classes of the admin's own.

use std::collections::BTreeMap;

use crate::classes::{OFF, ON};
use crate::custom::Custom;
use crate::find::Found;
use crate::view::View;

/// Settings of the plugin; keys as in `plugin.toml`.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Settings {
    /// Findings below this score are left standing.
    #[serde(default = "threshold")]
    threshold: f32,
    /// The same for single classes.
    #[serde(default)]
    thresholds: BTreeMap<String, f32>,
    /// Classes of the admin's own.
    #[serde(default)]
    custom: Vec<Custom>,
    /// One switch per class, in lower case.
    #[serde(flatten)]
    switches: BTreeMap<String, Switch>,
}

/// On or off; anything else is kept until it is refused by name.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(untagged)]
enum Switch {
    Set(bool),
    Other(serde::de::IgnoredAny),
}

/// What is masked unless an admin says otherwise: everything with a check digit, a label or a clear shape.
const fn threshold() -> f32 {
    0.5
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: threshold(),
            thresholds: BTreeMap::new(),
            custom: Vec::new(),
            switches: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// A sentence that names the field that does not.
    pub fn check(&self) -> Result<(), String> {
        for (key, switch) in &self.switches {
            if !classes().any(|class| class.to_ascii_lowercase() == *key) {
                return Err(format!("{key}: there is no such class or setting{}", nearest(key)));
            }
            if matches!(switch, Switch::Other(_)) {
                return Err(format!("{key}: must be true or false"));
            }
        }
        check_share("threshold", self.threshold)?;
        for (class, share) in &self.thresholds {
            let own = self.custom.iter().any(|c| c.class() == class);
            if !own && !classes().any(|c| c == class) {
                return Err(format!("thresholds.{class}: there is no such class{}", nearest(class)));
            }
            check_share(&format!("thresholds.{class}"), *share)?;
        }
        self.custom.iter().enumerate().try_for_each(|(place, custom)| {
            custom.check().map_err(|error| format!("custom[{place}].{error}"))?;
            let off = !self.wants(custom.class());
            if off {
                Err(format!("custom[{place}].class: {} is switched off", custom.class()))
            } else {
                Ok(())
            }
        })
    }

    /// Whether a class is to be masked. Classes are switched where findings leave, not where they are made:
    /// an IBAN that is left standing must not come back as a phone number.
    #[must_use]
    pub fn wants(&self, class: &str) -> bool {
        match self.switches.get(&class.to_ascii_lowercase()) {
            Some(switch) => *switch == Switch::Set(true),
            None => !OFF.contains(&class),
        }
    }

    /// The least score of a class.
    #[must_use]
    pub fn threshold_of(&self, class: &str) -> f32 {
        self.thresholds.get(class).copied().unwrap_or(self.threshold)
    }

    pub(crate) fn custom_in<'s>(&'s self, view: &View<'_>, out: &mut Vec<Found<'s>>) {
        for custom in &self.custom {
            custom.find(view, out);
        }
    }

    /// With one class switched.
    #[must_use]
    pub fn with(mut self, class: &str, on: bool) -> Self {
        self.switches.insert(class.to_ascii_lowercase(), Switch::Set(on));
        self
    }

    /// With another threshold for all classes that have none of their own.
    #[must_use]
    pub fn at_least(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

fn classes() -> impl Iterator<Item = &'static str> {
    ON.iter().chain(OFF).copied()
}

/// A little above all scores: such a class is left standing.
const SHARE_MAX: f32 = 1.01;

fn check_share(field: &str, share: f32) -> Result<(), String> {
    if (0.0..=SHARE_MAX).contains(&share) {
        Ok(())
    } else {
        Err(format!("{field}: must be 0 to 1, not {share}"))
    }
}

/// Letters in which a misspelled key may differ at most.
const TYPOS_MAX: usize = 2;

/// "; did you mean iban?" if some class is spelled nearly like that, in the writing of the key.
fn nearest(key: &str) -> String {
    let lower = key.to_ascii_lowercase();
    let found = classes().map(|class| (distance(&class.to_ascii_lowercase(), &lower), class)).min();
    match found.filter(|(distance, _)| *distance <= TYPOS_MAX) {
        Some((_, class)) if key == lower => format!("; did you mean {}?", class.to_ascii_lowercase()),
        Some((_, class)) => format!("; did you mean {class}?"),
        None => String::new(),
    }
}

/// Letters to insert, drop or change to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut next = vec![i + 1];
        for ((y, above), beside) in b.bytes().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or(0);
            next.push((beside + usize::from(x != y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        let settings: Settings = kulanz_sdk::fixture::settings(json).unwrap();
        settings.check().unwrap_err()
    }

    #[test]
    fn wrong_settings_are_refused_with_the_name_of_the_field() {
        for (json, told) in [
            (r#"{"ibn": true}"#, "ibn: there is no such class or setting; did you mean iban?"),
            (r#"{"email": "yes"}"#, "email: must be true or false"),
            (
                r#"{"thresholds": {"PERSN": 0.8}}"#,
                "thresholds.PERSN: there is no such class; did you mean PERSON?",
            ),
            (r#"{"thresholds": {"PERSON": 8}}"#, "thresholds.PERSON: must be 0 to 1, not 8"),
            (r#"{"threshold": -1}"#, "threshold: must be 0 to 1, not -1"),
            (
                r#"{"custom": [{"class": "A", "words": ["a"]}, {"class": "B"}]}"#,
                "custom[1].patterns: B needs patterns or words",
            ),
            (
                r#"{"custom": [{"class": "LOCATION", "words": ["a"]}]}"#,
                "custom[0].class: LOCATION is switched off",
            ),
        ] {
            assert_eq!(error(json), told);
        }
    }

    #[test]
    fn settings_that_make_sense_are_taken() {
        for json in [
            "{}",
            r#"{"date": true, "thresholds": {"PERSON": 0.8, "POLICY": 0.9}, "custom": [{"class": "POLICY", "words": ["a"]}]}"#,
            r#"{"location": true, "custom": [{"class": "LOCATION", "words": ["Oberdorf"]}]}"#,
        ] {
            let settings: Settings = kulanz_sdk::fixture::settings(json).unwrap();
            assert_eq!(settings.check(), Ok(()), "{json}");
        }
    }
}
