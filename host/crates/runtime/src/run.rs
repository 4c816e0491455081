//! One run: a fresh store and instance, the limits, the deadline, the hook, and a report of it all.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use domain::run::Fault;
use wasmtime::Store;

use crate::call::{Call, RunReport};
use crate::digest::{self, Fingerprint};
use crate::fault;
use crate::hooks::Said;
use crate::limits::HANDLES_MAX;
use crate::load::Plugin;
use crate::state::State;

/// Fuel after which a guest lets others run, so that its deadline can cut in: about a millisecond.
const YIELD_FUEL: u64 = 10_000_000;
/// How long a call waits for a free place, milliseconds. Waiting is the house's fault, never the plugin's.
const QUEUE_WAIT_MS: u64 = 5_000;

impl Plugin {
    /// Runs one hook once, on an instance that exists for this call alone.
    ///
    /// Never fails: whatever goes wrong is in the report. Safe to drop at any point.
    pub async fn run(&self, call: Call) -> RunReport {
        let fingerprint = digest::of(&call);
        let hook = call.input.hook();
        if !self.hooks.fits(&call.input) {
            return unstarted(fingerprint, format!("the plugin has no {hook} hook for this input"));
        }
        let wait = Duration::from_millis(QUEUE_WAIT_MS);
        let Ok(Ok(_places)) = tokio::time::timeout(wait, self.places()).await else {
            return unstarted(fingerprint, format!("no place became free within {QUEUE_WAIT_MS} ms"));
        };
        // A monotonic stopwatch, not the house's clock: it measures cost and decides nothing.
        let started = Instant::now();
        let wall_ms = call.limits.wall_ms;
        let fuel_limit =
            call.limits.fuel_base.saturating_add(call.limits.fuel_per_byte.saturating_mul(fingerprint.bytes));
        let mut store = match self.store(call, fuel_limit) {
            Ok(store) => store,
            Err(error) => return unstarted(fingerprint, format!("{error:#}")),
        };
        let mut worked = Duration::ZERO;
        let said = {
            let work = async {
                let instance = self.pre.instantiate_async(&mut store).await?;
                self.hooks.call(hook, &mut store, &instance).await
            };
            tokio::time::timeout(Duration::from_millis(wall_ms), timed(work, &mut worked)).await
        };
        let outcome: Said = match said {
            Err(_elapsed) => Err(Fault::Deadline { limit_ms: wall_ms }),
            Ok(Ok(Ok(said))) => said,
            Ok(Ok(Err(own))) => Err(fault::refused(own)),
            Ok(Err(error)) => Err(fault::of(&error, store.data_mut(), fuel_limit)),
        };
        report(fingerprint, outcome, &mut store, fuel_limit, Cost { wall: started.elapsed(), worked })
    }

    fn store(&self, call: Call, fuel: u64) -> wasmtime::Result<Store<State>> {
        let transfer = usize::try_from(call.limits.transfer_bytes_max).unwrap_or(usize::MAX);
        let mut store = Store::new(self.pre.engine(), State::new(call));
        store.limiter(|state| &mut state.meter);
        store.set_fuel(fuel)?;
        store.fuel_async_yield_interval(Some(YIELD_FUEL))?;
        store.set_hostcall_fuel(transfer);
        store.set_max_component_handles(HANDLES_MAX);
        Ok(store)
    }
}

/// Adds up how long a future is being polled: what it works, not what it waits. A guest runs on the thread
/// that polls it and host functions wait without one, so this is processor time as far as the machine gives
/// us the thread.
async fn timed<F: Future>(future: F, worked: &mut Duration) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let began = Instant::now();
        let polled: Poll<F::Output> = future.as_mut().poll(context);
        *worked += began.elapsed();
        polled
    })
    .await
}

/// How long a call took.
struct Cost {
    wall: Duration,
    worked: Duration,
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn report(
    fingerprint: Fingerprint,
    outcome: Said,
    store: &mut Store<State>,
    fuel_limit: u64,
    cost: Cost,
) -> RunReport {
    let fuel = fuel_limit.saturating_sub(store.get_fuel().unwrap_or(0));
    let remains = store.data_mut().remains();
    let (outcome, findings) = match outcome {
        Ok((verdict, findings)) => (Ok(verdict), findings),
        Err(fault) => (Err(fault), Vec::new()),
    };
    let ended_well = outcome.is_ok();
    RunReport {
        outcome,
        findings,
        proposals: if ended_well { remains.proposals } else { Vec::new() },
        kv_writes: if ended_well { remains.kv_writes } else { Default::default() },
        fuel,
        duration_us: micros(cost.wall),
        cpu_us: micros(cost.worked),
        memory_bytes: remains.memory_bytes,
        host_calls: remains.host_calls,
        reads: remains.reads,
        calls: remains.calls,
        http: remains.http,
        log: remains.log,
        log_dropped: remains.log_dropped,
        answers: remains.answers,
        input_digest: fingerprint.hex,
    }
}

fn unstarted(fingerprint: Fingerprint, why: String) -> RunReport {
    RunReport {
        outcome: Err(Fault::Unavailable { why }),
        findings: Vec::new(),
        proposals: Vec::new(),
        kv_writes: Default::default(),
        fuel: 0,
        duration_us: 0,
        cpu_us: 0,
        memory_bytes: 0,
        host_calls: 0,
        reads: Default::default(),
        calls: Default::default(),
        http: Default::default(),
        log: Vec::new(),
        log_dropped: 0,
        answers: Vec::new(),
        input_digest: fingerprint.hex,
    }
}
