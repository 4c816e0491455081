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
    switches: BTreeMap<String, bool>,
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
    /// A sentence that names what does not.
    pub fn check(&self) -> Result<(), String> {
        let lower = |class: &&&str| class.to_ascii_lowercase();
        if let Some(unknown) =
            self.switches.keys().find(|k| !ON.iter().chain(OFF).any(|class| lower(&class) == **k))
        {
            return Err(format!("there is no class {unknown}"));
        }
        self.custom.iter().try_for_each(Custom::check)
    }

    /// Whether a class is to be masked. Classes are switched where findings leave, not where they are made:
    /// an IBAN that is left standing must not come back as a phone number.
    #[must_use]
    pub fn wants(&self, class: &str) -> bool {
        match self.switches.get(&class.to_ascii_lowercase()) {
            Some(on) => *on,
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
        self.switches.insert(class.to_ascii_lowercase(), on);
        self
    }

    /// With another threshold for all classes that have none of their own.
    #[must_use]
    pub fn at_least(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}
