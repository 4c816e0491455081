//! A run: one call of one hook. A value: inputs, cost, what it proposed, or how it failed.

use std::collections::BTreeMap;

use crate::effect::{Basis, Effect};
use crate::files::shown;
use crate::grant::{Capability, FieldClass};
use crate::id::{DecisionId, EventId, InstallationId, RunId, TicketId};
use crate::ledger::Use;
use crate::plugin::{Hook, Mode};
use crate::reproducer::Case;
use crate::{Timestamp, text_enum};

/// How a run failed. Each names the limit or the rule and what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Took longer than its wall-clock limit.
    Deadline {
        /// The limit.
        limit_ms: u64,
    },
    /// Used up its fuel.
    OutOfFuel {
        /// The limit.
        limit: u64,
    },
    /// Wanted more memory than its cap.
    OutOfMemory {
        /// The cap.
        limit_bytes: u64,
    },
    /// Called the host too often.
    HostCalls {
        /// The limit.
        limit: u32,
    },
    /// Moved too many bytes across the border in one call.
    Transfer {
        /// The limit.
        limit_bytes: u64,
    },
    /// Panicked or trapped.
    Trap {
        /// What and where.
        message: String,
    },
    /// Answered with an error of its own.
    Refused {
        /// Error case of the contract: invalid-input, denied, retryable, unavailable, internal.
        kind: String,
        /// Its words.
        message: String,
        /// Seconds after which trying again makes sense, if it said so.
        retry_after_s: Option<u32>,
    },
    /// Answered something that makes no sense (a span outside the text, confidence 7).
    Nonsense {
        /// What.
        what: String,
    },
    /// Could not be started: not loaded, pool exhausted.
    Unavailable {
        /// Why.
        why: String,
    },
}

impl Fault {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Deadline { .. } => "deadline",
            Self::OutOfFuel { .. } => "out_of_fuel",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::HostCalls { .. } => "host_calls",
            Self::Transfer { .. } => "transfer",
            Self::Trap { .. } => "trap",
            Self::Refused { .. } => "refused",
            Self::Nonsense { .. } => "nonsense",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// What to do about it, for the author and the admin.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Deadline { limit_ms } => {
                format!("did not end within {limit_ms} ms: do less per call, or raise limits.wall_ms")
            }
            Self::OutOfFuel { limit } => {
                format!("used its {limit} units of fuel: look for a loop, or raise limits.fuel_base")
            }
            Self::OutOfMemory { limit_bytes } => format!(
                "wanted more than {} of memory: raise limits.memory_bytes_max or keep less",
                shown(*limit_bytes)
            ),
            Self::HostCalls { limit } => format!(
                "called the host more than {limit} times: read once and keep it, or raise limits.host_calls_max"
            ),
            Self::Transfer { limit_bytes } => format!(
                "moved more than {} in one call: ask for less, or raise limits.transfer_bytes_max",
                shown(*limit_bytes)
            ),
            Self::Trap { message } => format!("stopped with: {message}"),
            Self::Refused { kind, message, .. } => format!("answered {kind}: {message}"),
            Self::Nonsense { what } => format!("answered nonsense: {what}"),
            Self::Unavailable { why } => format!("could not be started: {why}"),
        }
    }

    /// The same without words that the plugin chose: whoever saw clear text must not carry it into a log.
    #[must_use]
    pub fn without_words(self) -> Self {
        const DROPPED: &str = "its words are not kept, since it sees texts before they are redacted; `kulanz plugin test` shows them for a case of your own";
        match self {
            Self::Trap { .. } => Self::Trap { message: format!("a panic or trap ({DROPPED})") },
            Self::Refused { kind, retry_after_s, .. } => {
                Self::Refused { kind, message: DROPPED.to_owned(), retry_after_s }
            }
            other => other,
        }
    }

    /// The same with the plugin's own words as the reader reads them.
    #[must_use]
    pub fn told(&self, tell: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Refused { kind, message, retry_after_s } => {
                Self::Refused { kind: kind.clone(), message: tell(message), retry_after_s: *retry_after_s }
            }
            other => other.clone(),
        }
    }

    /// Whether the same call may well succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Deadline { .. } | Self::Unavailable { .. } => true,
            Self::Refused { .. } => self.is_of_the_outside(),
            Self::OutOfFuel { .. }
            | Self::OutOfMemory { .. }
            | Self::HostCalls { .. }
            | Self::Transfer { .. }
            | Self::Trap { .. }
            | Self::Nonsense { .. } => false,
        }
    }

    /// Whether it is the plugin's (the ledger counts it): not when the house itself was short of room.
    #[must_use]
    pub const fn is_plugins_fault(&self) -> bool {
        !matches!(self, Self::Unavailable { .. })
    }

    /// Whether the plugin gave up because something was denied to it.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Refused { kind, .. } if kind == "denied")
    }

    /// Whether the plugin itself said that something it needs is not there just now. That is no defect of its own: it
    /// quarantines nobody.
    #[must_use]
    pub fn is_of_the_outside(&self) -> bool {
        matches!(self, Self::Refused { kind, .. } if kind == "retryable" || kind == "unavailable")
    }
}

/// What a run that ended well said, beside its effects.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Verdict {
    /// `done`, `answered`, `held` or `abstained`.
    pub word: String,
    /// Why, for people.
    pub why: String,
}

/// One line a plugin logged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LogLine {
    /// trace, debug, info, warn, error.
    pub level: String,
    /// Control characters replaced.
    pub message: String,
}

/// One call of one hook, as stored.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Run {
    /// Id.
    pub id: RunId,
    /// Whose.
    pub installation_id: InstallationId,
    /// Manifest id.
    pub plugin_id: String,
    /// Version that ran.
    pub plugin_version: String,
    /// SHA-256 of the component that ran.
    pub digest: String,
    /// Which hook.
    pub hook: Hook,
    /// Mode it ran in.
    pub mode: Mode,
    /// For which event (none: redaction of something not stored yet).
    pub event_id: Option<EventId>,
    /// For which ticket.
    pub ticket_id: Option<TicketId>,
    /// Started.
    pub started_at: Timestamp,
    /// Wall time, microseconds.
    pub duration_us: i64,
    /// Processor time, microseconds: what of the wall time it did not wait.
    #[serde(default)]
    pub cpu_us: i64,
    /// Fuel used: the price, equal for equal input.
    pub fuel: i64,
    /// Highest sum of linear memory, bytes.
    pub memory_bytes: i64,
    /// Host calls made.
    pub host_calls: i64,
    /// Seed of its randomness.
    pub seed: i64,
    /// SHA-256 of everything it was handed, hex.
    pub input_digest: String,
    /// Reads per class of fields.
    pub reads: BTreeMap<FieldClass, u32>,
    /// Calls per host interface that needs a grant.
    #[serde(default)]
    pub calls: BTreeMap<Capability, i64>,
    /// HTTP traffic per host.
    #[serde(default)]
    pub http: BTreeMap<String, Use>,
    /// What it said, when it ended well.
    pub verdict: Option<Verdict>,
    /// How it failed, when it did.
    pub fault: Option<Fault>,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// Log lines that were dropped.
    pub log_dropped: i64,
    /// Host answers in call order, for replay.
    pub answers: serde_json::Value,
    /// What it was given, when it failed by its own fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Box<Case>>,
}

text_enum! {
    /// What became of an effect.
    DecisionStatus {
        /// Done.
        Applied = "applied",
        /// A rule said no.
        Rejected = "rejected",
        /// Another effect won.
        Superseded = "superseded",
        /// Waits for an agent.
        Suggested = "suggested",
        /// Only recorded.
        Shadowed = "shadowed",
        /// Should have been done and could not.
        Failed = "failed",
    }
}

/// What became of an effect, and why.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    /// Id.
    pub id: DecisionId,
    /// The run that proposed it.
    pub run_id: RunId,
    /// Whose.
    pub installation_id: InstallationId,
    /// Manifest id.
    pub plugin_id: String,
    /// Place among the run's effects.
    pub ordinal: i64,
    /// For which ticket.
    pub ticket_id: TicketId,
    /// The effect.
    pub effect: Effect,
    /// The plugin's reason.
    pub basis: Basis,
    /// What became of it.
    pub status: DecisionStatus,
    /// The desk's reason, for people; empty when applied without remark.
    pub reason: String,
    /// Digest of (installation, ticket, effect): the loop guard counts equal ones.
    pub digest: String,
    /// When.
    pub decided_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_without_words_keeps_its_kind_and_says_nothing_of_the_text() {
        let secret = "panicked on DE89370400440532013000";
        let refused =
            Fault::Refused { kind: "internal".into(), message: secret.into(), retry_after_s: Some(3) };
        for fault in [Fault::Trap { message: secret.into() }, refused] {
            let silent = fault.clone().without_words();
            assert_eq!((silent.code(), silent.is_transient()), (fault.code(), fault.is_transient()));
            assert!(!silent.hint().contains("DE89"), "{}", silent.hint());
        }
        let limit = Fault::Deadline { limit_ms: 5 };
        assert_eq!(limit.clone().without_words(), limit);
    }

    #[test]
    fn of_the_five_kinds_two_are_of_the_outside_and_may_pass() {
        for (kind, passes) in [
            ("invalid-input", false),
            ("denied", false),
            ("retryable", true),
            ("unavailable", true),
            ("internal", false),
        ] {
            let fault = Fault::Refused { kind: kind.into(), message: String::new(), retry_after_s: None };
            assert_eq!((fault.is_of_the_outside(), fault.is_transient()), (passes, passes), "{kind}");
            assert!(fault.is_plugins_fault(), "{kind}");
        }
        let slow = Fault::Deadline { limit_ms: 5 };
        assert!(slow.is_transient() && !slow.is_of_the_outside(), "a plugin that is too slow is at fault");
    }
}
