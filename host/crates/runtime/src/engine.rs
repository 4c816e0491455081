//! The one wasmtime configuration: deterministic, so that a live run and its replay are the same machine.
//!
//! Fuel is both the price and the CPU limit, NaNs are canonical, nothing racy is switched on. The pool of
//! ready places is an optimisation that may be missing; then it is said loudly.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use domain::plugin::MEMORY_BYTES_MAX;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails,
};

use crate::limits;

/// How a runtime is set up.
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// Where compiled components are kept; nowhere when absent.
    pub cache_dir: Option<PathBuf>,
    /// Key under which kept components are sealed against change.
    pub cache_key: [u8; 32],
    /// Most bytes that are kept; what was not used for longest goes first.
    pub cache_bytes_max: u64,
    /// Who compiles.
    pub compiler: Compiler,
    /// Places in the pool: components that can be alive at once.
    pub slots: u32,
    /// Runs at once; the rest waits. Kept below `slots`.
    pub concurrency: usize,
    /// Whether to use a pool at all.
    pub pooling: bool,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            cache_dir: None,
            cache_key: [0; 32],
            cache_bytes_max: 2 << 30,
            compiler: Compiler::InProcess,
            slots: 128,
            concurrency: 96,
            pooling: true,
        }
    }
}

/// Who turns WebAssembly into machine code.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// This process, on a blocking thread.
    InProcess,
    /// A child process: reads the component from stdin, writes what [`crate::Runtime::compile`] makes to stdout.
    Child {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        args: Vec<OsString>,
    },
}

/// Why the machinery itself does not work. Nothing a plugin can cause.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The sandbox cannot be set up.
    #[error(
        "the plugin sandbox cannot be set up on this machine: {0}; Kulanz needs 64-bit Linux on x86-64 or aarch64"
    )]
    Engine(String),
    /// The folder for compiled components cannot be used.
    #[error(
        "the folder for compiled plugins, {path}, cannot be used: {source}; make it writable or name another one"
    )]
    Cache {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A component cannot be compiled.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
}

/// Stack of a guest, bytes; a guest that recurses deeper traps.
const GUEST_STACK_BYTES: usize = 512 << 10;
/// Stack of guest and host functions together, bytes.
const FIBER_STACK_BYTES: usize = 2 << 20;
/// Frames kept of a trap.
const BACKTRACE_FRAMES: usize = 32;
/// Core instances per place: a Python component needs more than 20.
const CORE_INSTANCES_PER_SLOT: u32 = 32;
/// Bytes of instance bookkeeping: big components need far more than the engine's default of 1 MiB.
const INSTANCE_BYTES: usize = 10 << 20;
/// Memory that stays resident in a free place, bytes: saves page faults at the next call.
const RESIDENT_MEMORY_BYTES: usize = 512 << 10;
/// Table bytes that stay resident in a free place.
const RESIDENT_TABLE_BYTES: usize = 64 << 10;

/// An engine and whether it has a pool.
pub(crate) struct Built {
    /// The engine.
    pub(crate) engine: Engine,
    /// Whether places come from a pool.
    pub(crate) pooling: bool,
}

/// Builds the engine; falls back to making each place on demand when the address space is too small.
pub(crate) fn build(options: &RuntimeOptions) -> Result<Built, RuntimeError> {
    if options.pooling {
        match Engine::new(config().allocation_strategy(pool(options.slots))) {
            Ok(engine) => return Ok(Built { engine, pooling: true }),
            Err(error) => tracing::warn!(
                slots = options.slots,
                error = format!("{error:#}"),
                "no room for the plugin pool: every call makes its place anew, which is several times slower; lower `slots` or lift the limit on address space"
            ),
        }
    }
    let engine = Engine::new(&config()).map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
    Ok(Built { engine, pooling: false })
}

/// Threads need no line here: the engine is built without them.
fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .epoch_interruption(false)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .shared_memory(false)
        .max_wasm_stack(GUEST_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES));
    config
}

fn pool(slots: u32) -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_PER_SLOT).max(most(limits::INSTANCES_MAX)))
        .total_memories(slots.saturating_mul(2).max(most(limits::MEMORIES_MAX)))
        .total_tables(slots.saturating_mul(4).max(most(limits::TABLES_MAX)))
        .total_stacks(slots)
        .total_gc_heaps(slots)
        .max_memory_size(MEMORY_BYTES_MAX)
        .table_elements(limits::TABLE_ELEMENTS_MAX)
        .max_component_instance_size(INSTANCE_BYTES)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_core_instances_per_component(most(limits::INSTANCES_MAX))
        .max_memories_per_component(most(limits::MEMORIES_MAX))
        .max_tables_per_component(most(limits::TABLES_MAX))
        .max_memories_per_module(2)
        .max_tables_per_module(8)
        .linear_memory_keep_resident(RESIDENT_MEMORY_BYTES)
        .table_keep_resident(RESIDENT_TABLE_BYTES)
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Even the smallest pool has room for the biggest component.
fn most(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    fn compatibility(engine: &Engine) -> u64 {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn a_machine_without_room_for_the_pool_still_runs_plugins() {
        let built = build(&RuntimeOptions { slots: 4_000_000, ..RuntimeOptions::default() }).unwrap();
        assert!(!built.pooling);
    }

    #[test]
    fn what_one_allocation_strategy_compiled_the_other_can_load() {
        let with = build(&RuntimeOptions { slots: 4, ..RuntimeOptions::default() }).unwrap();
        let without = build(&RuntimeOptions { pooling: false, ..RuntimeOptions::default() }).unwrap();
        assert!(with.pooling && !without.pooling);
        assert_eq!(compatibility(&with.engine), compatibility(&without.engine));
    }
}
