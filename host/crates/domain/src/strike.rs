//! Values that were found late, struck out of what was recorded before: runs, decisions, events, kept answers. Only
//! words are touched, never the build of a record, so that each stays readable and can be run again.

use serde_json::Value;

use crate::effect::Effect;
use crate::event::Event;
use crate::run::{Decision, Fault, Run};

/// Clear values and what stands in their place from now on.
#[derive(Clone, PartialEq, Eq)]
pub struct Strike(Vec<(String, String)>);

/// How many, and never which.
impl std::fmt::Debug for Strike {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Strike({} values)", self.0.len())
    }
}

impl Strike {
    /// Of values and their placeholders.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut values: Vec<_> = values.into_iter().filter(|(value, _)| !value.trim().is_empty()).collect();
        // A value that holds another one goes first, or a part of it would be left.
        values.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self(values)
    }

    /// Whether there is nothing to strike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Strikes in a text; says whether one stood there.
    pub fn text(&self, text: &mut String) -> bool {
        let mut struck = false;
        for (value, placeholder) in self.0.iter().filter(|(value, placeholder)| value != placeholder) {
            if text.contains(value.as_str()) {
                *text = text.replace(value.as_str(), placeholder);
                struck = true;
            }
        }
        struck
    }

    /// Strikes in all texts of a JSON value, not in the names of its members.
    pub fn json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => self.all(items, Self::json),
            Value::Object(members) => self.all(members.values_mut(), Self::json),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Strikes in what a run was answered, said, logged and failed with.
    pub fn run(&self, run: &mut Run) -> bool {
        let mut struck = self.json(&mut run.answers);
        struck |= self.all(run.log.iter_mut().map(|line| &mut line.message), Self::text);
        struck |= self.all(run.verdict.iter_mut().map(|verdict| &mut verdict.why), Self::text);
        struck |= self.all(run.fault.iter_mut().filter_map(words_of), Self::text);
        if let Some(case) = run.case.take() {
            let mut value = serde_json::to_value(&case).unwrap_or_default();
            if self.json(&mut value) {
                // A case whose build the values were part of cannot be kept.
                run.case = serde_json::from_value(value).ok();
                struck = true;
            } else {
                run.case = Some(case);
            }
        }
        struck
    }

    /// Strikes in what was proposed, why, and what was said to it.
    pub fn decision(&self, decision: &mut Decision) -> bool {
        let mut struck = match &mut decision.effect {
            Effect::SetField { value: text, .. } | Effect::Reply { text, .. } | Effect::Note { text } => {
                self.text(text)
            }
            Effect::Notify { subject, text, .. } => self.text(subject) | self.text(text),
            Effect::AddTag { .. }
            | Effect::RemoveTag { .. }
            | Effect::Escalate { .. }
            | Effect::SetTimer { .. } => false,
        };
        struck |= self.text(&mut decision.basis.reason);
        struck |= self.all(&mut decision.basis.evidence, Self::text);
        struck | self.text(&mut decision.reason)
    }

    /// Strikes in what fields were and became.
    pub fn event(&self, event: &mut Event) -> bool {
        let fields = event.changes.iter_mut().flat_map(|change| change.from.iter_mut().chain(&mut change.to));
        self.all(fields, Self::text)
    }

    fn all<'a, T: 'a>(
        &self,
        items: impl IntoIterator<Item = &'a mut T>,
        strike: fn(&Self, &mut T) -> bool,
    ) -> bool {
        items.into_iter().fold(false, |struck, item| strike(self, item) | struck)
    }
}

/// The words in a fault that may repeat what was read.
fn words_of(fault: &mut Fault) -> Option<&mut String> {
    match fault {
        Fault::Trap { message } | Fault::Refused { message, .. } => Some(message),
        Fault::Nonsense { what } => Some(what),
        Fault::Deadline { .. }
        | Fault::OutOfFuel { .. }
        | Fault::OutOfMemory { .. }
        | Fault::HostCalls { .. }
        | Fault::Transfer { .. }
        | Fault::Unavailable { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::{CountingIds, DecisionId, InstallationId, RunId, TicketId};
    use crate::run::{DecisionStatus, Verdict};
    use crate::{Actor, Timestamp};

    const NOW: Timestamp = Timestamp(1_760_000_000_000);

    fn strike() -> Strike {
        let pair = |value: &str, by: &str| (value.to_owned(), by.to_owned());
        Strike::new([pair("Kestrel", "[PERSON-2]"), pair("ZX-77-Kestrel", "[CLUB_CARD-1]"), pair(" ", "[X]")])
    }

    #[test]
    fn the_longer_value_goes_first_and_names_of_members_stay() {
        let mut value = json!({ "Kestrel": ["card ZX-77-Kestrel", { "of": "Kestrel, Jo" }], "n": 3 });
        assert!(strike().json(&mut value));
        assert_eq!(value, json!({ "Kestrel": ["card [CLUB_CARD-1]", { "of": "[PERSON-2], Jo" }], "n": 3 }));
        assert!(!strike().json(&mut value), "a second time there is nothing left");
    }

    #[test]
    fn a_decision_loses_the_value_in_its_words_and_keeps_its_build() {
        let ids = CountingIds::default();
        let mut decision = Decision {
            id: DecisionId::mint(&ids, NOW),
            run_id: RunId::mint(&ids, NOW),
            installation_id: InstallationId::mint(&ids, NOW),
            plugin_id: "kulanz.triage".to_owned(),
            ordinal: 0,
            ticket_id: TicketId::mint(&ids, NOW),
            effect: Effect::SetField { field: "custom.Kestrel".to_owned(), value: "Kestrel".to_owned() },
            basis: crate::effect::Basis {
                reason: "The customer writes “Kestrel”.".to_owned(),
                confidence: 0.9,
                evidence: vec!["Kestrel".to_owned()],
            },
            status: DecisionStatus::Suggested,
            reason: "because of Kestrel".to_owned(),
            digest: String::new(),
            decided_at: NOW,
        };
        assert!(strike().decision(&mut decision));
        let text = serde_json::to_string(&decision).unwrap();
        assert_eq!(text.matches("Kestrel").count(), 1, "{text}");
        assert!(text.contains("\"field\":\"custom.Kestrel\""), "{text}");
    }

    #[test]
    fn an_event_loses_it_in_what_fields_were_and_became() {
        let ids = CountingIds::default();
        let mut event = Event {
            id: crate::id::EventId::mint(&ids, NOW),
            kind: crate::event::EventType::TicketFieldChanged,
            time: NOW,
            ticket_id: None,
            sequence: 1,
            actor: Actor::system(),
            cause: None,
            changes: vec![crate::event::Change {
                field: "custom.club".to_owned(),
                from: Some("Kestrel".to_owned()),
                to: Some("none".to_owned()),
            }],
            data: json!({ "message_id": "Kestrel" }),
        };
        assert!(strike().event(&mut event));
        assert_eq!(event.changes[0].from.as_deref(), Some("[PERSON-2]"));
        assert_eq!(event.data["message_id"], "Kestrel", "ids are no words");
    }

    #[test]
    fn nothing_of_the_values_shows_in_a_log() {
        assert_eq!(format!("{:?}", strike()), "Strike(2 values)");
        let why = Verdict { word: "done".to_owned(), why: "about Kestrel".to_owned() };
        let mut text = why.why;
        assert!(strike().text(&mut text));
        assert_eq!(text, "about [PERSON-2]");
    }
}
