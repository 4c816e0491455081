//! Guests that mean harm where no single instruction looks like it: bulk operations, tables, floods of
//! strange text and numbers, components made to confuse or to exhaust the compiler. Each costs its own run.

use std::time::{Duration, Instant};

use domain::plugin::Limits;
use domain::run::Fault;

use super::{fixture, guests};
use crate::call::{Call, RunReport};
use crate::engine::RuntimeOptions;
use crate::load::Runtime;

const ALL: &[&str] = &["effect:add-tag", "use:kv"];
/// A deadline, and how much later than that a run may end on a busy machine, milliseconds.
const WALL_MS: u64 = 50;
const GRACE_MS: u64 = 950;

fn runtime() -> Runtime {
    Runtime::new(RuntimeOptions { slots: 4, concurrency: 4, ..RuntimeOptions::default() }).unwrap()
}

async fn run(component: Vec<u8>, limits: Limits) -> RunReport {
    let bytes = guests::with_manifest(component, &guests::manifest("triage", ALL));
    let call = Call { limits, ..fixture::call() };
    runtime().load(&bytes).await.unwrap().run(call).await
}

fn endless_fuel() -> Limits {
    Limits { wall_ms: WALL_MS, fuel_base: u64::MAX >> 2, ..Limits::default() }
}

fn assert_ended_in_time(report: &RunReport) {
    assert_eq!(report.outcome, Err(Fault::Deadline { limit_ms: WALL_MS }));
    assert!(report.duration_us < (WALL_MS + GRACE_MS) * 1_000, "{} µs", report.duration_us);
}

/// One instruction that writes 24 MiB takes milliseconds: it must not count as one.
#[tokio::test]
async fn h02_bulk_memory_operations_meet_the_deadline_and_cost_what_they_move() {
    let grown = "(drop (memory.grow (i32.const 390)))";
    let fill = "(memory.fill (i32.const 65536) (i32.const 7) (i32.const 25000000))";
    let copy = "(memory.copy (i32.const 131072) (i32.const 65536) (i32.const 12000000))";
    for instruction in [fill, copy] {
        let body = format!("{grown} (loop $l {instruction} (br $l))");
        assert_ended_in_time(&run(guests::triage(&[], &body), endless_fuel()).await);
        let once = run(guests::triage(&[], &format!("{grown} {instruction}")), Limits::default()).await;
        assert!(once.outcome.is_ok() && once.fuel > 1_000_000, "{instruction}: {} fuel", once.fuel);
    }
}

/// Neither fuel nor time ends a host call, so their number does.
#[tokio::test]
async fn h02_a_loop_of_reads_ends_at_its_number_although_fuel_and_memory_last() {
    let body = "(loop $l (call $ticket-subject (local.get $ticket) (i32.const 64)) (br $l))";
    let limits = Limits { wall_ms: 10_000, memory_bytes_max: 4 << 30, ..endless_fuel() };
    let report = run(guests::triage(&["ticket-subject"], body), limits).await;
    assert_eq!(report.outcome, Err(Fault::HostCalls { limit: 1_000 }));
}

#[tokio::test]
async fn h03_ten_thousand_growths_of_memory_end_at_the_cap() {
    let body = "(loop $l (drop (memory.grow (i32.const 1))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 10000))))";
    let report = run(guests::triage(&[], body), Limits::default()).await;
    assert_eq!(report.outcome, Err(Fault::OutOfMemory { limit_bytes: 32 << 20 }));
}

#[tokio::test]
async fn h04_a_table_grows_to_its_limit_and_no_further() {
    let table = "(table $t 1 funcref)";
    let body = "(drop (table.grow $t (ref.null func) (i32.const 1000000)))";
    let report = run(guests::triage_with(&[], body, table), Limits::default()).await;
    let Err(fault) = &report.outcome else { panic!("a million table elements were granted") };
    assert!(fault.hint().contains("20000") || fault.hint().contains("table"), "{}", fault.hint());
    let small = "(drop (table.grow $t (ref.null func) (i32.const 1000)))";
    assert!(run(guests::triage_with(&[], small, table), Limits::default()).await.outcome.is_ok());
}

/// A list of a million texts that takes the guest nothing to name: 8 MB of pairs that all point at one byte.
#[tokio::test]
async fn h04_a_list_of_a_million_texts_is_stopped_at_the_border() {
    let body = "(drop (memory.grow (i32.const 200)))
        (call $add-tag (i32.const 1056) (i32.const 3) (i32.const 1056) (i32.const 3)
          (i32.const 1024) (i32.const 18) (f32.const 0.9) (i32.const 65536) (i32.const 1000000) (i32.const 64))";
    let report = run(guests::triage(&["add-tag"], body), Limits::default()).await;
    assert!(report.outcome.is_err() && report.proposals.is_empty(), "{:?}", report.outcome);
}

#[tokio::test]
async fn h06_what_a_guest_logs_is_inert_and_bounded() {
    // The text at 65536 is all escape characters and line breaks: 0x1b 0x0a …
    let body = "(drop (memory.grow (i32.const 20)))
        (memory.fill (i32.const 65536) (i32.const 27) (i32.const 1000000))
        (loop $l (call $log (i32.const 2) (i32.const 65536) (i32.const 1000000))
          (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 200))))";
    let report = run(guests::triage(&["log"], body), Limits::default()).await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
    let kept: usize = report.log.iter().map(|line| line.message.len()).sum();
    assert!(report.log.len() <= 64 && report.log_dropped >= 136, "{} lines", report.log.len());
    assert!(kept <= 4 * (64 << 10), "{kept} bytes");
    assert!(report.log.iter().all(|line| !line.message.chars().any(char::is_control)));
}

/// Each of 200 plugins burns its fuel before its hook is reached. Only so many run at once; all of them end, and a
/// good one among them is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h09_two_hundred_plugins_with_heavy_start_functions_end_within_their_limits() {
    let start = "(func $work (loop $l (br $l))) (start $work)";
    let house = runtime();
    let mut crowd = Vec::new();
    for number in 0..200 {
        let manifest =
            guests::manifest("triage", ALL).replace("test.guest", &format!("test.guest{}", number % 8));
        let bytes = guests::with_manifest(guests::triage_with(&[], "", start), &manifest);
        let plugin = house.load(&bytes).await.unwrap();
        let limits = Limits { wall_ms: 30_000, fuel_base: 2_000_000, ..Limits::default() };
        crowd.push(tokio::spawn(async move { plugin.run(Call { limits, ..fixture::call() }).await }));
    }
    let good = guests::with_manifest(guests::steady(), &guests::manifest("triage", ALL));
    assert!(house.load(&good).await.unwrap().run(fixture::call()).await.outcome.is_ok());
    for run in crowd {
        let report = run.await.unwrap();
        assert!(matches!(report.outcome, Err(Fault::OutOfFuel { .. })), "{:?}", report.outcome);
    }
}

#[tokio::test]
async fn h31_a_guest_that_spins_sees_no_time_pass_and_remembers_nothing() {
    // Traps if the clock has moved after a hundred thousand turns, or if an earlier call left its mark.
    let body = "(local $then i64)
        (if (i32.load (i32.const 4096)) (then unreachable))
        (i32.store (i32.const 4096) (i32.const 1))
        (local.set $then (call $now))
        (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 100000))))
        (if (i64.ne (local.get $then) (call $now)) (then unreachable))";
    let bytes = guests::with_manifest(guests::triage(&["now"], body), &guests::manifest("triage", ALL));
    let plugin = runtime().load(&bytes).await.unwrap();
    for _ in 0..3 {
        let report = plugin.run(fixture::call()).await;
        assert!(report.outcome.is_ok(), "{:?}", report.outcome);
    }
}

#[tokio::test]
async fn h13_a_confidence_that_is_no_number_never_reaches_a_decision() {
    for strange in ["nan", "-inf", "inf", "-1.0", "1e30"] {
        let body = guests::STEADY.replace("f32.const 0.9", &format!("f32.const {strange}"));
        let report =
            run(guests::triage(&["ticket-id", "ticket-subject", "add-tag"], &body), Limits::default()).await;
        let numbers = report.proposals.iter().all(|p| p.basis.confidence.is_finite());
        assert!(numbers, "{strange}: {:?}", report.proposals);
    }
}

/// Deep nesting and very many functions are legal; what they cost is the compiler's time, which ends.
#[tokio::test]
async fn h10_components_made_to_exhaust_the_compiler_end_soon_either_way() {
    let nested = format!("{}{}", "(block ".repeat(3_000), ")".repeat(3_000));
    let many: String =
        (0..5_000).map(|n| format!("(func (export \"f{n}\") (result i32) (i32.const {n}))")).collect();
    for (what, component) in
        [("nested", guests::triage(&[], &nested)), ("many", guests::triage_with(&[], "", &many))]
    {
        let begun = Instant::now();
        let bytes = guests::with_manifest(component, &guests::manifest("triage", ALL));
        let loaded = runtime().load(&bytes).await;
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} took {:?}", begun.elapsed());
        if let Ok(plugin) = loaded {
            assert!(plugin.run(fixture::call()).await.outcome.is_ok(), "{what}");
        }
    }
}

/// Every byte flipped, one at a time: refused, or still a component; never a panic. Those that still look
/// like a component are compiled and run as well, a sample of them.
#[tokio::test]
async fn h11_a_component_with_any_one_byte_flipped_is_refused_or_runs_in_its_cage() {
    let good = guests::with_manifest(guests::steady(), &guests::manifest("triage", ALL));
    let house = runtime();
    let mut accepted = 0_usize;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        if crate::inspect(&bytes).is_err() {
            continue;
        }
        accepted += 1;
        if accepted.is_multiple_of(40)
            && let Ok(plugin) = house.load(&bytes).await
        {
            let _ = plugin
                .run(Call { limits: Limits { wall_ms: 200, ..Limits::default() }, ..fixture::call() })
                .await;
        }
    }
    assert!(accepted > 40 && accepted < good.len() / 2, "{accepted} of {}", good.len());
    let plugin = house.load(&good).await.unwrap();
    assert!(plugin.run(fixture::call()).await.outcome.is_ok(), "the house is as it was");
}

#[tokio::test]
async fn h11_machine_code_is_never_taken_from_outside() {
    let good = guests::with_manifest(guests::steady(), &guests::manifest("triage", ALL));
    let code = Runtime::compile(&good).unwrap();
    assert_eq!(&code[..4], b"\x7fELF");
    let refused = runtime().load(&code).await.err().unwrap();
    assert!(refused.sentence.contains("component"), "{}", refused.sentence);
}
