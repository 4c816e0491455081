//! The small triage (`tests/guests/examples/good_triage.rs`) as an Extism plugin: a ticket as JSON in,
//! effects as JSON out. Reads the text, sets priority and a tag.

use extism_pdk::{FnResult, Json, plugin_fn};
use serde::{Deserialize, Serialize};

/// Words that say that it is urgent, in English and German.
const URGENT: &[&str] = &["urgent", "asap", "immediately", "dringend", "sofort", "eilt"];

/// A ticket, as far as the triage looks at it; serde skips the rest, as it would in any plugin.
#[derive(Deserialize)]
pub struct Ticket {
    messages: Vec<Message>,
}

/// A message of it.
#[derive(Deserialize)]
pub struct Message {
    direction: String,
    text: String,
}

/// What is proposed.
#[derive(Serialize)]
pub struct Outcome {
    verdict: &'static str,
    why: String,
    effects: Vec<Effect>,
}

/// One change.
#[derive(Serialize)]
pub struct Effect {
    kind: &'static str,
    name: &'static str,
    value: &'static str,
    why: String,
    confidence: f32,
    evidence: Vec<&'static str>,
}

/// The hook.
#[plugin_fn]
pub fn triage(Json(ticket): Json<Ticket>) -> FnResult<Json<Outcome>> {
    let message = ticket.messages.iter().rev().find(|m| m.direction == "inbound");
    let text = message.map(|m| m.text.to_lowercase()).unwrap_or_default();
    let Some(word) = URGENT.iter().find(|word| text.contains(*word)) else {
        let why = "nothing in it is urgent".to_owned();
        return Ok(Json(Outcome { verdict: "abstained", why, effects: Vec::new() }));
    };
    let effect = |kind, name, value| Effect {
        kind,
        name,
        value,
        why: format!("the customer writes \"{word}\""),
        confidence: 0.9,
        evidence: vec![*word],
    };
    let effects = vec![effect("set-field", "priority", "high"), effect("add-tag", "tag", "urgent")];
    Ok(Json(Outcome { verdict: "done", why: format!("urgent because of \"{word}\""), effects }))
}
