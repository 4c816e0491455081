//! One call as a value: what goes in ([`Call`]) and what comes out ([`RunReport`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Timestamp;
use domain::effect::Proposal;
use domain::grant::{Capability, FieldClass, Grants};
use domain::ledger::Use;
use domain::plugin::{Hook, Limits};
use domain::redaction::{Document, Finding};
use domain::run::{Fault, LogLine, Verdict};
use domain::snapshot::{Firing, Snapshot};

use crate::host::Host;
use crate::record::Answer;

/// What a hook is handed. Shared, not copied: a plugin copies only what it reads.
#[derive(Debug, Clone)]
pub enum Input {
    /// For the redaction hook.
    Redaction(Arc<Document>),
    /// For the hooks that see a ticket.
    Ticket {
        /// Which one: triage, answering, notification or events.
        hook: Hook,
        /// The ticket as the stage sees it.
        snapshot: Arc<Snapshot>,
    },
    /// For the schedule hook.
    Schedule(Firing),
}

impl Input {
    /// The hook this input is for.
    #[must_use]
    pub const fn hook(&self) -> Hook {
        match self {
            Self::Redaction(_) => Hook::Redaction,
            Self::Ticket { hook, .. } => *hook,
            Self::Schedule(_) => Hook::Schedule,
        }
    }
}

/// Everything a run depends on, beside the plugin itself.
#[derive(Clone)]
pub struct Call {
    /// What the hook is handed.
    pub input: Input,
    /// What the admin allowed.
    pub grants: Arc<Grants>,
    /// Settings, one JSON object.
    pub settings: Arc<str>,
    /// Limits in force.
    pub limits: Limits,
    /// Where its randomness begins.
    pub seed: u64,
    /// The instant at which its clock stands.
    pub now: Timestamp,
    /// Answers what the sandbox cannot know.
    pub host: Arc<dyn Host>,
    /// Recorded answers to give instead of asking `host`.
    pub replay: Option<Vec<Answer>>,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// What it said, or how it failed.
    pub outcome: Result<Verdict, Fault>,
    /// Spans found by the redaction hook.
    pub findings: Vec<Finding>,
    /// Proposed effects in order; none when the run failed.
    pub proposals: Vec<Proposal>,
    /// Values to keep (`None` deletes); none when the run failed.
    pub kv_writes: BTreeMap<String, Option<Vec<u8>>>,
    /// Fuel used: equal for equal input.
    pub fuel: u64,
    /// Wall time from start to end, without waiting for a free place.
    pub duration_us: u64,
    /// Processor time: what of the wall time the call worked and did not wait.
    pub cpu_us: u64,
    /// Highest sum of linear memory.
    pub memory_bytes: u64,
    /// Calls of host functions; sixteen reads of handed-in data count as one.
    pub host_calls: u32,
    /// Reads per class of fields.
    pub reads: BTreeMap<FieldClass, u32>,
    /// Calls per host interface that needs a grant.
    pub calls: BTreeMap<Capability, i64>,
    /// HTTP traffic per host.
    pub http: BTreeMap<String, Use>,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// Log lines that were too much.
    pub log_dropped: u32,
    /// Host answers in order.
    pub answers: Vec<Answer>,
    /// SHA-256 of everything it was handed, hex.
    pub input_digest: String,
}
