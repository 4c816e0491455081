//! Learning from labelled tickets, in slices, inside the sandbox: history becomes samples, samples become
//! weights, weights are judged on tickets they have not seen, and only then do they decide.

pub mod calibrate;
pub mod chunk;
pub mod corpus;
pub mod fitting;
pub mod fixes;
pub mod history;
pub mod influence;
pub mod job;
pub mod kept;
pub mod model;
pub mod softmax;

use kulanz_sdk::{Error, Ticket};

use crate::features::{Bag, Words};
use fixes::Fix;
use history::Field;
use job::{Job, Slice};
use kept::Stored;
use model::Seen;

/// How long a model stays before the next training, milliseconds: a little less than a day, so that a nightly
/// window always finds it due.
const RENEWED_AFTER_MS: u64 = 20 * 60 * 60 * 1_000;

/// The settings about learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learning {
    /// Whether to learn at all.
    pub on: bool,
    /// What is learnt.
    pub field: Field,
    /// Calculations in one firing.
    pub work: u64,
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
    Ok(match job.slice(learning.field, learning.work)? {
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

/// A person set a ticket's label: learnt at once, on top of the model.
///
/// # Errors
/// The text is not granted, or kv cannot be read.
pub fn correct(learning: &Learning, ticket: &Ticket<'_>, right: &str) -> Result<String, Error> {
    if !learning.on {
        return Ok("learning is off".to_owned());
    }
    let Some(head) = kept::head()? else {
        return Ok("there is no model yet: the next training takes it in".to_owned());
    };
    if !head.labels.iter().any(|label| label == right) {
        return Ok(format!("{right} is new: the next training takes it in"));
    }
    let Some(text) = history::text(ticket)? else {
        return Ok("there is no message of a person to learn from".to_owned());
    };
    let seen = Seen::fetch(&head, &Stored::of(&head), &Bag::of(&Words::of(&text), corpus::BITS))?;
    if seen.values.is_empty() {
        return Ok("the model knows no word of it: the next training takes it in".to_owned());
    }
    let mut fixes = kept::fixes(head.generation)?;
    fixes.learn(
        Fix {
            ticket: ticket.number(),
            requester: history::requester(ticket),
            label: right.to_owned(),
            base: seen.scores(head.labels.len()),
            values: seen.values,
            shares: Vec::new(),
        },
        &head.labels,
    );
    kept::keep_fixes(&fixes)?;
    Ok(format!("learned: tickets like this one are {right}"))
}

#[cfg(test)]
mod tests;
