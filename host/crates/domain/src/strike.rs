//! Values that were found late, struck out of what was recorded before: runs, decisions, events, kept answers. Whole
//! words are struck, in prose only: what a record is told from others by stays.

use serde_json::Value;

use crate::effect::Effect;
use crate::event::Event;
use crate::run::{Decision, Fault, Run};
use crate::ticket::CUSTOM;

/// Clear values and what stands in their place from now on.
#[derive(Clone, PartialEq, Eq)]
pub struct Strike(Vec<(String, String)>);

/// How many, and never which.
impl std::fmt::Debug for Strike {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Strike({} values)", self.0.len())
    }
}

/// Shorter values are left: they stand in too many words that are nobody's.
const VALUE_CHARS_MIN: usize = 2;

impl Strike {
    /// Of values and their placeholders.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Vec::new();
        for (value, placeholder) in values {
            if value.trim().chars().count() < VALUE_CHARS_MIN || value == placeholder {
                continue;
            }
            // As it stands in JSON that is kept as a text.
            let quoted = serde_json::to_string(&value).unwrap_or_default();
            let escaped = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned();
            all.extend((escaped != value).then(|| (escaped, placeholder.clone())));
            all.push((value, placeholder));
        }
        // A value that holds another one goes first, or a part of it would be left.
        all.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        all.dedup();
        Self(all)
    }

    /// Whether there is nothing to strike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Strikes in a text, once from left to right: what was put in stays as it is, and so does a placeholder that
    /// stands there. Says whether a value stood there.
    pub fn text(&self, text: &mut String) -> bool {
        if !self.0.iter().any(|(value, _)| text.contains(value.as_str())) {
            return false;
        }
        let (mut out, mut rest, mut struck) = (String::with_capacity(text.len()), text.as_str(), false);
        while let Some(first) = rest.chars().next() {
            let fits = |(value, _): &&(String, String)| stands_alone(out.chars().next_back(), rest, value);
            let step = if let Some(placeholder) = placeholder_at(rest) {
                out.push_str(placeholder);
                placeholder.len()
            } else if let Some((value, placeholder)) = self.0.iter().find(fits) {
                out.push_str(placeholder);
                struck = true;
                value.len()
            } else {
                out.push(first);
                first.len_utf8()
            };
            rest = rest.get(step..).unwrap_or_default();
        }
        *text = out;
        struck
    }

    /// Strikes in the texts of a JSON value, but not in what things are told apart by. Bytes that are kept in hex are
    /// emptied where a value stands in them.
    pub fn json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) if self.is_in_bytes(text) => {
                text.clear();
                true
            }
            Value::String(text) => self.text(text),
            Value::Array(items) => self.all(items, Self::json),
            Value::Object(members) => {
                let words = members.iter_mut().filter(|(name, _)| !is_build(name));
                self.all(words.map(|(_, value)| value), Self::json)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn is_in_bytes(&self, text: &str) -> bool {
        let is_hex = text.len() >= 2 * VALUE_CHARS_MIN && text.bytes().all(|b| b.is_ascii_hexdigit());
        let Some(bytes) = is_hex.then(|| hex::decode(text).ok()).flatten() else { return false };
        let clear = String::from_utf8_lossy(&bytes);
        self.0.iter().any(|(value, _)| clear.contains(value.as_str()))
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
        if struck {
            // Whoever guesses the value could try it on the digest. The loop guard forgets this one change.
            decision.digest.clear();
        }
        struck |= self.text(&mut decision.basis.reason);
        struck |= self.all(&mut decision.basis.evidence, Self::text);
        struck | self.text(&mut decision.reason)
    }

    /// Strikes in what fields of one's own were and became, and in what was said as a reason.
    pub fn event(&self, event: &mut Event) -> bool {
        let own = event.changes.iter_mut().filter(|change| change.field.starts_with(CUSTOM));
        let mut struck =
            self.all(own.flat_map(|change| change.from.iter_mut().chain(&mut change.to)), Self::text);
        if let Some(reason) = event.data.get_mut("reason") {
            struck |= self.json(reason);
        }
        // Quotes words in small letters: told is then only that there was a reason.
        if let Some(Value::String(reason)) = event.data.get_mut("auto_reason") {
            let small = reason.to_lowercase();
            if self.0.iter().any(|(value, _)| small.contains(&value.to_lowercase())) {
                "(struck out)".clone_into(reason);
                struck = true;
            }
        }
        struck
    }

    fn all<'a, T: 'a>(
        &self,
        items: impl IntoIterator<Item = &'a mut T>,
        strike: fn(&Self, &mut T) -> bool,
    ) -> bool {
        items.into_iter().fold(false, |struck, item| strike(self, item) | struck)
    }
}

/// Whether a value stands at the beginning of a text, not as a part of a longer word.
fn stands_alone(before: Option<char>, text: &str, value: &str) -> bool {
    let Some(behind) = text.strip_prefix(value) else { return false };
    let joins = |one: Option<char>, other: Option<char>| {
        one.is_some_and(char::is_alphanumeric) && other.is_some_and(char::is_alphanumeric)
    };
    !joins(before, value.chars().next()) && !joins(value.chars().next_back(), behind.chars().next())
}

/// Fewer letters stand inside many words that are not meant.
const INSIDE_CHARS_MIN: usize = 3;

/// A text with something in the place of a value, inside a word too unless the value is very short, but inside no
/// placeholder.
#[must_use]
pub fn put_in_place(text: &str, value: &str, put: &str) -> String {
    let is_short = value.chars().count() < INSIDE_CHARS_MIN;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_meant = !value.is_empty()
            && rest.starts_with(value)
            && (!is_short || stands_alone(out.chars().next_back(), rest, value));
        let step = if let Some(placeholder) = placeholder_at(rest) {
            out.push_str(placeholder);
            placeholder.len()
        } else if is_meant {
            out.push_str(put);
            value.len()
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = rest.get(step..).unwrap_or_default();
    }
    out
}

/// The placeholder that a text begins with.
fn placeholder_at(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(']')?;
    let (class, number) = inner.get(..end)?.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let is_placeholder = is_number && crate::redaction::is_class(class);
    is_placeholder.then(|| text.get(..end + 2)).flatten()
}

/// Members by which things are told apart, found or read back.
fn is_build(name: &str) -> bool {
    const NAMES: &[&str] =
        &["call", "digest", "etag", "fingerprint", "id", "kind", "location", "status", "type"];
    NAMES.contains(&name) || name.ends_with("_id")
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
    fn a_value_gives_way_inside_words_but_in_no_placeholder_and_short_ones_as_words_only() {
        let text = "Dear [PERSON-4], order 1482 to house 4, Bertholdine. ON or [PERSON-1]";
        assert_eq!(
            put_in_place(text, "4", "[ADDRESS-1]"),
            "Dear [PERSON-4], order 1482 to house [ADDRESS-1], Bertholdine. ON or [PERSON-1]"
        );
        assert_eq!(put_in_place("Bertholdine, Bert", "Bert", "[X]"), "[X]holdine, [X]");
        assert_eq!(put_in_place("[PERSON-1] ON", "ON", "[X]"), "[PERSON-1] [X]");
        assert_eq!(put_in_place("unchanged", "", "[X]"), "unchanged");
    }

    #[test]
    fn the_longer_value_goes_first_and_names_of_members_stay() {
        let mut value = json!({ "Kestrel": ["card ZX-77-Kestrel", { "of": "Kestrel, Jo" }], "n": 3 });
        assert!(strike().json(&mut value));
        assert_eq!(value, json!({ "Kestrel": ["card [CLUB_CARD-1]", { "of": "[PERSON-2], Jo" }], "n": 3 }));
        assert!(!strike().json(&mut value), "a second time there is nothing left");
    }

    #[test]
    fn only_whole_words_are_struck_and_no_placeholder_is_struck_again() {
        let strike = Strike::new(
            [("Li", "[PERSON-1]"), ("PERSON", "[X-1]"), ("1", "[Y-1]"), ("Li Wu \"Jo\"", "[PERSON-3]")]
                .map(|(value, by)| (value.to_owned(), by.to_owned())),
        );
        for (before, after) in [
            ("Like #12, says Li.", "Like #12, says [PERSON-1]."),
            ("[PERSON-1] met Li", "[PERSON-1] met [PERSON-1]"),
            ("Li Wu \"Jo\" and {\"a\":\"Li Wu \\\"Jo\\\"\"}", "[PERSON-3] and {\"a\":\"[PERSON-3]\"}"),
            ("Öli, Lié, Li", "Öli, Lié, [PERSON-1]"),
            ("[", "["),
        ] {
            let mut text = before.to_owned();
            strike.text(&mut text);
            assert_eq!(text, after);
        }
        let mut body = json!({ "body": hex::encode("of Kestrel"), "other": hex::encode("of none") });
        assert!(self::strike().json(&mut body));
        assert_eq!(body, json!({ "body": "", "other": hex::encode("of none") }));
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
            data: json!({ "message_id": "Kestrel", "reason": "asks Kestrel", "auto_reason": "by “kestrel”" }),
        };
        event.changes.push(crate::event::Change {
            field: "status".to_owned(),
            from: Some("Kestrel".to_owned()),
            to: None,
        });
        assert!(strike().event(&mut event));
        assert_eq!(event.changes[1].from.as_deref(), Some("Kestrel"), "a status is nobody's");
        assert_eq!(
            (&event.data["reason"], &event.data["auto_reason"]),
            (&json!("asks [PERSON-2]"), &json!("(struck out)"))
        );
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
