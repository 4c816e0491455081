//! What the model learnt from past tickets makes of a message, if there is a model.

use crate::learn::examples::Like;
use crate::learn::history::{Field, joined};
use crate::learn::model::{self, Head};
use crate::learn::{kept, meaning};
use crate::sort::{Input, Settings, percent};

/// A label with how sure it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// Which field the label is of.
    pub field: Field,
    /// The label.
    pub label: String,
    /// The team that its tickets go to; empty: none.
    pub team: String,
    /// The label that comes second.
    pub rival: String,
    /// 0 to 1: how often such a guess is right.
    pub confidence: f32,
    /// From which confidence on the promised share of guesses is right; none: the model has not earned it.
    pub sure_from: Option<f32>,
    /// Whether what the text means decided as well.
    pub meant: bool,
    /// Words that decided.
    pub evidence: Vec<String>,
    /// Tickets of this label that it has learnt from.
    pub tickets: u32,
    /// Tickets of all labels that it has learnt from.
    pub tickets_of_all: u32,
}

impl Guess {
    /// Whether the promise holds for this guess.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.sure_from.is_some_and(|from| self.confidence >= from)
    }

    /// Why it does not decide: the model as a whole has not earned it, or this guess has not.
    #[must_use]
    pub fn why_unsure(&self, precision: f32) -> String {
        let Self { label, rival, confidence, tickets_of_all, .. } = self;
        let Some(from) = self.sure_from else {
            return format!(
                "the model decides nothing yet: its {tickets_of_all} tickets are too few to show that {} % of its guesses are right; its best guess is {label}",
                percent(precision)
            );
        };
        let close = if rival.is_empty() { String::new() } else { format!(", {rival} comes next") };
        let (is, needed) = told_apart(*confidence, from);
        format!("not sure enough: {label} {is} % of {needed} % needed{close}")
    }
}

/// Two shares as people read them, with a decimal where they would look the same.
fn told_apart(one: f32, other: f32) -> (String, String) {
    let plain = (percent(one), percent(other));
    if plain.0 != plain.1 {
        return plain;
    }
    (format!("{:.1}", one * 100.0), format!("{:.1}", other * 100.0))
}

/// The model's guess, none without a model, without kv, or for a text of which it knows no word; and the labels that
/// the model knows.
#[must_use]
pub fn of(input: &Input, settings: &Settings) -> (Option<Guess>, Vec<String>) {
    if !settings.learn || input.auto_class != "human" {
        return (None, Vec::new());
    }
    let Ok(Some(head)) = kept::head() else { return (None, Vec::new()) };
    (by_model(input, settings, &head), head.labels)
}

fn by_model(input: &Input, settings: &Settings, head: &Head) -> Option<Guess> {
    let fixes = kept::fixes(head.generation).unwrap_or_default();
    let text = joined(&input.subject, &input.text);
    let meant = meaning::of_text(head, &text).unwrap_or_else(|error| {
        kulanz_sdk::log::warn(format!("what the model knows of meanings cannot be read: {error}"));
        None
    });
    let found = model::predict(head, &kept::Stored::of(head), &fixes, &text, meant.as_deref());
    let found = match found {
        Ok(found) => found?,
        Err(error) => {
            kulanz_sdk::log::warn(format!("the model cannot be asked: {error}"));
            return None;
        }
    };
    let label = |place: usize| head.labels.get(place).cloned().unwrap_or_default();
    Some(Guess {
        field: settings.learn_field,
        label: label(found.best),
        team: head.teams.get(found.best).cloned().unwrap_or_default(),
        rival: label(found.second),
        confidence: found.confidence,
        sure_from: head.calibration_of(meant.is_some()).threshold(settings.precision),
        tickets: head.counts.get(found.best).copied().unwrap_or(0),
        tickets_of_all: head.counts.iter().sum(),
        meant: meant.is_some(),
        evidence: found.evidence,
    })
}

/// The corrected ticket that a message is much like, if there is one. A ticket that a person sorted itself is
/// like no other.
#[must_use]
pub fn like(input: &Input, settings: &Settings) -> Option<Like> {
    let learning = settings.learning();
    if !learning.on || input.auto_class != "human" {
        return None;
    }
    like_of(learning.field, input)
}

/// The corrected tickets that say of what type a message is and how its customer feels.
#[must_use]
pub fn kinds(input: &Input, settings: &Settings) -> Vec<Like> {
    if !settings.learn || !settings.extract_type || input.auto_class != "human" {
        return Vec::new();
    }
    Field::KINDS.into_iter().filter_map(|kind| like_of(kind, input)).collect()
}

fn like_of(field: Field, input: &Input) -> Option<Like> {
    let examples = kept::examples(field).ok()?;
    if examples.of(input.key).is_some() {
        return None;
    }
    examples.like(&joined(&input.subject, &input.text))
}
