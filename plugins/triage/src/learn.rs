//! Learning from labelled tickets, in slices, inside the sandbox: history becomes samples, samples become
//! weights, weights are judged on tickets they have not seen, and only then do they decide.

pub mod calibrate;
pub mod chunk;
pub mod corpus;
pub mod examples;
pub mod fitting;
pub mod fixes;
pub mod history;
pub mod influence;
pub mod job;
pub mod kept;
pub mod meaning;
pub mod model;
pub mod softmax;

use kulanz_sdk::{Error, Ticket};

use crate::features::{Bag, Words};
use examples::Example;
use fixes::Fix;
use history::Field;
use job::{Job, Slice};
use kept::Stored;
use model::Seen;

/// How long a model stays before the next training, milliseconds: a little less than a day, so that a nightly
/// window always finds it due.
const RENEWED_AFTER_MS: u64 = 20 * 60 * 60 * 1_000;

/// The settings about learning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learning {
    /// Whether to learn at all.
    pub on: bool,
    /// What is learnt.
    pub field: Field,
    /// Calculations in one firing.
    pub work: u64,
    /// Share of learnt labels that must be right for one to be set.
    pub precision: f32,
}

/// A firing of the schedule: a slice of the running training, or a new one when it is due.
///
/// # Errors
/// The history or kv cannot be read.
pub fn fire(learning: &Learning, now_ms: u64) -> Result<String, Error> {
    if !learning.on {
        let told =
            if kept::forget()? { "learning is off: forgot what was learnt" } else { "learning is off" };
        return Ok(told.to_owned());
    }
    let running = kept::job()?;
    let job = match running {
        Some(job) => job,
        None => match due(now_ms)? {
            Some(waits) => return Ok(waits),
            None => Job::begin(now_ms),
        },
    };
    Ok(match job.slice(learning, now_ms)? {
        Slice::More(told) | Slice::Done(told) => told,
    })
}

/// Why no training begins now; none when it does.
fn due(now_ms: u64) -> Result<Option<String>, Error> {
    let last = kept::tried_at_ms()?;
    Ok(last
        .filter(|last| now_ms < last.saturating_add(RENEWED_AFTER_MS))
        .map(|_| "nothing to learn yet".to_owned()))
}

/// A person set a ticket's label.
#[expect(missing_debug_implementations, reason = "a ticket is a handle into the host")]
pub struct Correction<'a, 't> {
    /// The ticket.
    pub ticket: &'a Ticket<'t>,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// What it is.
    pub right: String,
    /// What it was before.
    pub instead_of: Option<String>,
    /// The team that the person gave it to at the same time.
    pub team: Option<String>,
}

/// A person set a ticket's label: kept as an example, and learnt on top of the model if that knows the label.
///
/// # Errors
/// The text is not granted, or kv cannot be read.
pub fn correct(learning: &Learning, correction: &Correction<'_, '_>) -> Result<String, Error> {
    let Some(text) = history::text(correction.ticket)? else {
        return Ok("there is no message of a person to learn from".to_owned());
    };
    let kept = keep_example(learning.field, correction, &text)?;
    let right = &correction.right;
    Ok(match (fix(correction, &text)?, kept) {
        (true, _) => format!("learned: tickets like this one are {right}"),
        (false, true) => format!("learned: tickets much like this one are {right}"),
        (false, false) => "there is no word in it to learn from".to_owned(),
    })
}

/// A person said what type of message a ticket is, or how its customer feels: kept as an example.
///
/// # Errors
/// The text is not granted, or kv cannot be read.
pub fn correct_kind(kind: Field, correction: &Correction<'_, '_>) -> Result<String, Error> {
    let Some(text) = history::text(correction.ticket)? else {
        return Ok("there is no message of a person to learn from".to_owned());
    };
    let (name, right) = (kind.name(), &correction.right);
    Ok(match keep_example(kind, correction, &text)? {
        true => format!("learned: {name} of tickets much like this one is {right}"),
        false => "there is no word in it to learn from".to_owned(),
    })
}

/// A person took a ticket's type or sentiment away: it is no example of it any more.
///
/// # Errors
/// kv cannot be read.
pub fn took_kind_back(kind: Field, ticket: &Ticket<'_>) -> Result<String, Error> {
    let mut examples = kept::examples(kind)?;
    examples.all.retain(|one| one.key != history::key(ticket));
    kept::keep_examples(&examples)?;
    Ok(format!("forgot what was learnt of this ticket's {}", kind.name()))
}

/// Whether there was something to keep.
fn keep_example(field: Field, correction: &Correction<'_, '_>, text: &str) -> Result<bool, Error> {
    let bag = examples::bag(text);
    if bag.is_empty() {
        return Ok(false);
    }
    let mut examples = kept::examples(field)?;
    let key = history::key(correction.ticket);
    // A team that a person chose stands as long as it is still the ticket's.
    let chosen = examples.of(key).map(|old| old.team.clone());
    let chosen = chosen.filter(|team| correction.ticket.team().as_ref() == Some(team));
    examples.learn(Example {
        key,
        ticket: correction.ticket.number(),
        at_ms: correction.at_ms,
        requester: history::requester(correction.ticket),
        label: correction.right.clone(),
        instead_of: correction.instead_of.clone().unwrap_or_default(),
        team: correction.team.clone().or(chosen).unwrap_or_default(),
        bag,
    });
    kept::keep_examples(&examples)?;
    Ok(true)
}

/// Learns a correction on top of the model; whether the model could take it.
fn fix(correction: &Correction<'_, '_>, text: &str) -> Result<bool, Error> {
    let Some(head) = kept::head()? else { return Ok(false) };
    let mut fixes = kept::fixes(head.generation)?;
    let key = history::key(correction.ticket);
    let bag = Bag::of(&Words::of(text), corpus::BITS);
    let seen = Seen::fetch(&head, &Stored::of(&head), &bag)?;
    if seen.values.is_empty() || !head.labels.contains(&correction.right) {
        // What was said of the ticket before is not true any more.
        if fixes.forget(key, &head.labels) {
            kept::keep_fixes(&fixes)?;
        }
        return Ok(false);
    }
    let mut base = seen.scores(head.labels.len());
    if let Some(meant) = meaning::of_text(&head, text)? {
        // What a person says has to win over the meaning too.
        base = meaning::both(&base, &meant, 1.0);
    }
    fixes.learn(
        Fix {
            key,
            requester: history::requester(correction.ticket),
            label: correction.right.clone(),
            base,
            values: seen.values,
            shares: Vec::new(),
        },
        &head.labels,
    );
    kept::keep_fixes(&fixes)?;
    Ok(true)
}

/// A person gave a ticket to a team, or to none: if it is an example, what is like it goes there too.
///
/// # Errors
/// kv cannot be read.
pub fn gave(learning: &Learning, ticket: &Ticket<'_>, team: Option<String>) -> Result<String, Error> {
    let mut examples = kept::examples(learning.field)?;
    let Some(example) = examples.all.iter_mut().find(|one| one.key == history::key(ticket)) else {
        return Ok("the category was not corrected".to_owned());
    };
    example.team = team.unwrap_or_default();
    let told = format!("learned: the team of tickets much like this one is {}", example.team);
    kept::keep_examples(&examples)?;
    Ok(told)
}

/// A person took a ticket's label away: it is no example any more.
///
/// # Errors
/// kv cannot be read.
pub fn took_back(learning: &Learning, ticket: &Ticket<'_>) -> Result<String, Error> {
    let mut examples = kept::examples(learning.field)?;
    let before = examples.all.len();
    let key = history::key(ticket);
    examples.all.retain(|one| one.key != key);
    if examples.all.len() < before {
        kept::keep_examples(&examples)?;
    }
    if let Some(head) = kept::head()? {
        let mut fixes = kept::fixes(head.generation)?;
        if fixes.forget(key, &head.labels) {
            kept::keep_fixes(&fixes)?;
        }
    }
    Ok("forgot what was learnt of this ticket".to_owned())
}

#[cfg(test)]
mod tests;
