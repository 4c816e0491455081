//! What one run carries with it: its input, its meter, its tape, and what it has proposed so far.
//! Host functions are methods on this; nothing of it outlives the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Timestamp;
use domain::effect::Proposal;
use domain::grant::{Capability, FieldClass, Grants};
use domain::ledger::Use;
use domain::run::LogLine;
use domain::snapshot::{Snapshot, TicketView};

use crate::bindings::kulanz::plugin::types::PluginError;
use crate::call::{Call, Input};
use crate::host::{FoundArticle, Host, HostError};
use crate::imports::log::Log;
use crate::imports::random::Chance;
use crate::limits::Meter;
use crate::record::Tape;

/// The store's data.
pub(crate) struct State {
    pub(crate) input: Input,
    pub(crate) grants: Arc<Grants>,
    pub(crate) settings: Arc<str>,
    pub(crate) now: Timestamp,
    pub(crate) chance: Chance,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) tape: Tape,
    pub(crate) meter: Meter,
    pub(crate) log: Log,
    /// Other tickets that were asked for; a handle is a place in here, plus one.
    pub(crate) views: Vec<TicketView>,
    /// Articles that were found; a handle is a place in here.
    pub(crate) articles: Vec<FoundArticle>,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) proposal_bytes: usize,
    pub(crate) kv_writes: BTreeMap<String, Option<Vec<u8>>>,
    /// Bytes kept before this run, once they were asked for.
    pub(crate) kv_bytes_before: Option<u64>,
    reads: [u32; FieldClass::ALL.len()],
    /// Calls per host interface that needs a grant.
    calls: BTreeMap<Capability, i64>,
    /// HTTP traffic per granted host.
    pub(crate) http: BTreeMap<String, Use>,
}

/// What is left of a state when its run has ended.
pub(crate) struct Remains {
    pub(crate) memory_bytes: u64,
    pub(crate) host_calls: u32,
    pub(crate) reads: BTreeMap<FieldClass, u32>,
    pub(crate) calls: BTreeMap<Capability, i64>,
    pub(crate) http: BTreeMap<String, Use>,
    pub(crate) log: Vec<LogLine>,
    pub(crate) log_dropped: u32,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) kv_writes: BTreeMap<String, Option<Vec<u8>>>,
    pub(crate) answers: Vec<crate::record::Answer>,
}

impl State {
    /// A run that has not begun.
    pub(crate) fn new(call: Call) -> Self {
        let Call { input, grants, settings, limits, seed, now, host, replay } = call;
        Self {
            input,
            grants,
            settings,
            now,
            chance: Chance::from_seed(seed),
            host,
            tape: Tape::new(replay),
            meter: Meter::new(limits),
            log: Log::new(&limits),
            views: Vec::new(),
            articles: Vec::new(),
            proposals: Vec::new(),
            proposal_bytes: 0,
            kv_writes: BTreeMap::new(),
            kv_bytes_before: None,
            reads: [0; FieldClass::ALL.len()],
            calls: BTreeMap::new(),
            http: BTreeMap::new(),
        }
    }

    /// Takes out what the report needs.
    pub(crate) fn remains(&mut self) -> Remains {
        let (log, log_dropped) = self.log.take();
        let reads = FieldClass::ALL
            .iter()
            .zip(self.reads)
            .filter(|(_, n)| *n > 0)
            .map(|(class, n)| (*class, n))
            .collect();
        Remains {
            memory_bytes: self.meter.memory_peak_bytes(),
            host_calls: self.meter.calls(),
            reads,
            calls: std::mem::take(&mut self.calls),
            http: std::mem::take(&mut self.http),
            log,
            log_dropped,
            proposals: std::mem::take(&mut self.proposals),
            kv_writes: std::mem::take(&mut self.kv_writes),
            answers: self.tape.take(),
        }
    }

    /// The snapshot of hooks that see a ticket.
    pub(crate) fn snapshot(&self) -> wasmtime::Result<&Snapshot> {
        match &self.input {
            Input::Ticket { snapshot, .. } => Ok(snapshot),
            Input::Redaction(_) | Input::Schedule(_) => Err(stray("event")),
        }
    }

    /// A ticket by its handle: 0 is the run's own, others are places among those asked for.
    pub(crate) fn view(&self, handle: u32) -> wasmtime::Result<&TicketView> {
        match handle.checked_sub(1) {
            None => Ok(&self.snapshot()?.view),
            Some(place) => self.views.get(place as usize).ok_or_else(|| stray("ticket")),
        }
    }

    /// Whether a class of fields may be read; counts the read.
    pub(crate) fn may_read(&mut self, class: FieldClass) -> Result<(), PluginError> {
        if !self.grants.may_read(class) {
            return Err(PluginError::Denied(format!("grant read:{class} is missing")));
        }
        if let Some(count) = self.reads.get_mut(class as usize) {
            *count = count.saturating_add(1);
        }
        Ok(())
    }

    /// Whether a host interface may be called; counts the call.
    pub(crate) fn may_use(&mut self, capability: Capability) -> Result<(), PluginError> {
        if self.grants.may_use(capability) {
            *self.calls.entry(capability).or_default() += 1;
            Ok(())
        } else {
            Err(PluginError::Denied(format!("grant use:{capability} is missing")))
        }
    }
}

/// A handle that this run did not give out: impossible for a guest, so the run ends.
pub(crate) fn stray(what: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("a {what} handle that was never given"))
}

impl From<HostError> for PluginError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Denied(words) => Self::Denied(words),
            HostError::Unavailable(words) => Self::Unavailable(words),
            HostError::Invalid(words) => Self::InvalidInput(words),
            HostError::Retry(seconds) => Self::Retryable(seconds),
        }
    }
}
