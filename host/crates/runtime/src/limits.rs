//! What a run may use, counted while it runs: memory over all memories, calls, reads, bytes kept for it.
//! A limit that is hit is remembered here, so that the fault names it and never has to be guessed.

use domain::plugin::Limits;
use domain::run::Fault;
use wasmtime::ResourceLimiter;

/// Core instances in one component.
pub(crate) const INSTANCES_MAX: usize = 128;
/// Tables in one component.
pub(crate) const TABLES_MAX: usize = 64;
/// Linear memories in one component.
pub(crate) const MEMORIES_MAX: usize = 8;
/// Elements of one table.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 20_000;
/// Resource handles alive at once.
pub(crate) const HANDLES_MAX: usize = 4_000;
/// Tickets of other answers that a run may hold.
pub(crate) const VIEWS_MAX: usize = 2_000;
/// Articles that a run may hold.
pub(crate) const ARTICLES_MAX: usize = 2_000;
/// Bytes of all proposals together.
pub(crate) const PROPOSAL_BYTES_MAX: usize = 1 << 20;
/// Findings of one redaction.
pub(crate) const FINDINGS_MAX: usize = 10_000;
/// Reads of handed-in data that weigh as much as one call. A read copies a field and leaves the sandbox's
/// machine nowhere; it is counted only so that a loop over it ends.
const READS_PER_CALL: u32 = 16;

/// Counts against the limits of one run.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    memory_bytes: u64,
    memory_peak_bytes: u64,
    calls: u32,
    reads: u32,
    hit: Option<Fault>,
}

impl Meter {
    /// Nothing used yet.
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { limits, memory_bytes: 0, memory_peak_bytes: 0, calls: 0, reads: 0, hit: None }
    }

    /// The limits in force.
    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Highest sum of linear memory so far.
    pub(crate) const fn memory_peak_bytes(&self) -> u64 {
        self.memory_peak_bytes
    }

    /// Calls so far, sixteen reads for one.
    pub(crate) const fn calls(&self) -> u32 {
        self.calls.saturating_add(self.reads.div_ceil(READS_PER_CALL))
    }

    /// The first limit that was hit.
    pub(crate) fn take_hit(&mut self) -> Option<Fault> {
        self.hit.take()
    }

    /// Counts a call of a host function.
    pub(crate) fn call(&mut self) -> wasmtime::Result<()> {
        self.calls = self.calls.saturating_add(1);
        self.within_calls()
    }

    /// Counts a read of handed-in data.
    pub(crate) fn read(&mut self) -> wasmtime::Result<()> {
        self.reads = self.reads.saturating_add(1);
        self.within_calls()
    }

    fn within_calls(&mut self) -> wasmtime::Result<()> {
        let limit = self.limits.host_calls_max;
        if self.calls() <= limit { Ok(()) } else { self.hit(Fault::HostCalls { limit }) }
    }

    fn hit<T>(&mut self, fault: Fault) -> wasmtime::Result<T> {
        let error = wasmtime::Error::msg(fault.hint());
        self.hit.get_or_insert(fault);
        Err(error)
    }

    fn out_of_memory<T>(&mut self) -> wasmtime::Result<T> {
        let limit_bytes = self.limits.memory_bytes_max;
        self.hit(Fault::OutOfMemory { limit_bytes })
    }
}

impl ResourceLimiter for Meter {
    /// The engine's own limits are per memory; here all memories of a run count together. Growth that is
    /// refused ends the run at once: a guest's own way of failing would hide the reason.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|own| desired > own) {
            // The guest's own limit, which it knows how to meet.
            return Ok(false);
        }
        let sum = self.memory_bytes.saturating_add(desired.saturating_sub(current) as u64);
        if sum > self.limits.memory_bytes_max {
            return self.out_of_memory();
        }
        self.memory_bytes = sum;
        self.memory_peak_bytes = self.memory_peak_bytes.max(sum);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!(error = format!("{error:#}"), "a plugin's memory could not grow");
        self.out_of_memory()
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX {
            return Err(wasmtime::Error::msg(format!(
                "a table wanted {desired} elements, {TABLE_ELEMENTS_MAX} are allowed"
            )));
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> Meter {
        Meter::new(Limits { memory_bytes_max: 1_000, host_calls_max: 2, ..Limits::default() })
    }

    #[test]
    fn two_memories_share_one_cap() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 600, None).unwrap());
        assert!(meter.memory_growing(0, 600, None).is_err());
        assert_eq!(meter.take_hit(), Some(Fault::OutOfMemory { limit_bytes: 1_000 }));
        assert_eq!(meter.memory_peak_bytes(), 600);
    }

    #[test]
    fn a_memory_that_meets_its_own_maximum_is_no_fault() {
        let mut meter = meter();
        assert!(!meter.memory_growing(0, 600, Some(500)).unwrap());
        assert_eq!((meter.take_hit(), meter.memory_peak_bytes()), (None, 0));
    }

    #[test]
    fn the_third_call_of_two_is_refused_and_named() {
        let mut meter = meter();
        assert!(meter.call().is_ok() && meter.call().is_ok() && meter.call().is_err());
        assert_eq!(meter.take_hit(), Some(Fault::HostCalls { limit: 2 }));
    }

    #[test]
    fn reads_are_cheap_but_not_endless() {
        let mut meter = meter();
        for _ in 0..32 {
            meter.read().unwrap();
        }
        assert_eq!(meter.calls(), 2);
        assert!(meter.read().is_err());
    }
}
