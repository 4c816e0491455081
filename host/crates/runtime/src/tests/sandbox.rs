//! What a guest can do to the house: nothing, and the fault says which limit held.

use std::sync::Arc;

use domain::plugin::Limits;
use domain::redaction::{Document, Part};
use domain::run::Fault;
use domain::snapshot::Firing;

use super::{fixture, guests};
use crate::call::{Call, Input, RunReport};
use crate::engine::RuntimeOptions;
use crate::load::{Plugin, Runtime};

const ALL: &[&str] = &["effect:add-tag", "use:kv"];

fn runtime() -> Runtime {
    Runtime::new(RuntimeOptions { slots: 4, concurrency: 4, ..RuntimeOptions::default() }).unwrap()
}

async fn load(component: Vec<u8>) -> Arc<Plugin> {
    runtime().load(&guests::with_manifest(component, &guests::manifest("triage", ALL))).await.unwrap()
}

async fn run(component: Vec<u8>, call: Call) -> RunReport {
    load(component).await.run(call).await
}

fn limited(limits: Limits) -> Call {
    Call { limits, ..fixture::call() }
}

#[tokio::test]
async fn an_honest_plugin_reads_proposes_and_says_why() {
    let report = run(guests::steady(), fixture::call()).await;
    let verdict = report.outcome.unwrap();
    assert_eq!((verdict.word.as_str(), verdict.why.as_str()), ("done", "because it says so"));
    let proposal = report.proposals.first().unwrap();
    assert_eq!(proposal.ticket_id, fixture::ticket_id());
    assert_eq!(proposal.effect, domain::effect::Effect::AddTag { tag: "vip".into() });
    assert_eq!(report.reads.get(&domain::grant::FieldClass::Subject), Some(&1));
    assert_eq!(report.host_calls, 2, "one effect, and two reads that count as one call");
    assert!(report.fuel > 0 && report.memory_bytes == 2 * 65_536 && report.input_digest.len() == 64);
}

#[tokio::test]
async fn the_same_call_costs_the_same_fuel_every_time() {
    let plugin = load(guests::steady()).await;
    let mut fuels = std::collections::BTreeSet::new();
    for _ in 0..20 {
        fuels.insert(plugin.run(fixture::call()).await.fuel);
    }
    assert_eq!(fuels.len(), 1);
}

#[tokio::test]
async fn with_and_without_a_pool_a_run_is_the_same() {
    let bytes = guests::with_manifest(guests::steady(), &guests::manifest("triage", ALL));
    let without = Runtime::new(RuntimeOptions { pooling: false, ..RuntimeOptions::default() }).unwrap();
    let a = without.load(&bytes).await.unwrap().run(fixture::call()).await;
    let b = runtime().load(&bytes).await.unwrap().run(fixture::call()).await;
    assert_eq!((a.fuel, a.outcome, a.proposals), (b.fuel, b.outcome, b.proposals));
}

#[tokio::test]
async fn an_endless_loop_ends_when_its_fuel_ends() {
    let report = run(
        guests::triage(&[], "(loop $l (br $l))"),
        limited(Limits { fuel_base: 1_000_000, fuel_per_byte: 0, ..Limits::default() }),
    )
    .await;
    assert_eq!(report.outcome, Err(Fault::OutOfFuel { limit: 1_000_000 }));
    assert!(report.fuel >= 999_000);
}

#[tokio::test]
async fn h01_an_endless_loop_with_fuel_to_spare_ends_at_its_deadline() {
    let call = limited(Limits { wall_ms: 50, fuel_base: u64::MAX >> 2, ..Limits::default() });
    let report = run(guests::triage(&[], "(loop $l (br $l))"), call).await;
    assert_eq!(report.outcome, Err(Fault::Deadline { limit_ms: 50 }));
    assert!((50_000..1_000_000).contains(&report.duration_us), "{}", report.duration_us);
}

#[tokio::test]
async fn a_host_that_never_answers_does_not_outlive_the_deadline() {
    let body = "(call $kv-get (i32.const 1072) (i32.const 9) (i32.const 64))";
    let call =
        Call { host: Arc::new(fixture::Silence), ..limited(Limits { wall_ms: 50, ..Limits::default() }) };
    assert_eq!(
        run(guests::triage(&["kv-get"], body), call).await.outcome,
        Err(Fault::Deadline { limit_ms: 50 })
    );
}

#[tokio::test]
async fn fuel_grows_with_the_input() {
    let body = "(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 2000))))";
    let limits = Limits { fuel_base: 1_000, fuel_per_byte: 10, ..Limits::default() };
    let plugin = load(guests::triage(&[], body)).await;
    assert!(matches!(plugin.run(limited(limits)).await.outcome, Err(Fault::OutOfFuel { .. })));
    let mut long = fixture::snapshot();
    long.view.messages.first_mut().unwrap().text = "x".repeat(100_000);
    let report = plugin.run(Call { input: fixture::ticket_input(long), ..limited(limits) }).await;
    assert!(report.outcome.is_ok(), "{:?}", report.outcome);
}

#[tokio::test]
async fn a_memory_bomb_hits_its_cap_and_says_so() {
    let body = "(loop $l (drop (memory.grow (i32.const 16))) (br $l))";
    let report = run(guests::triage(&[], body), fixture::call()).await;
    assert_eq!(report.outcome, Err(Fault::OutOfMemory { limit_bytes: 32 << 20 }));
    assert!(report.memory_bytes <= 32 << 20);
}

#[tokio::test]
async fn a_cap_above_what_a_pool_place_holds_is_still_one_clear_fault() {
    let limits = Limits { memory_bytes_max: 4 << 30, ..Limits::default() };
    let body = "(loop $l (drop (memory.grow (i32.const 512))) (br $l))";
    let report = run(guests::triage(&[], body), limited(limits)).await;
    assert_eq!(report.outcome, Err(Fault::OutOfMemory { limit_bytes: 4 << 30 }));
}

#[tokio::test]
async fn a_storm_of_host_calls_is_stopped() {
    let report = run(guests::triage(&["now"], "(loop $l (drop (call $now)) (br $l))"), fixture::call()).await;
    assert_eq!(report.outcome, Err(Fault::HostCalls { limit: 1_000 }));
    assert_eq!(report.host_calls, 1_001);
}

#[tokio::test]
async fn a_storm_of_reads_is_stopped_later_but_stopped() {
    let body = "(loop $l (drop (call $ticket-number (local.get $ticket))) (br $l))";
    let report = run(guests::triage(&["ticket-number"], body), fixture::call()).await;
    assert_eq!(report.outcome, Err(Fault::HostCalls { limit: 1_000 }));
}

#[tokio::test]
async fn more_than_the_transfer_limit_in_one_call_is_stopped() {
    let body = "(drop (memory.grow (i32.const 100))) (call $log (i32.const 2) (i32.const 65536) (i32.const 5000000))";
    let report = run(guests::triage(&["log"], body), fixture::call()).await;
    assert_eq!(report.outcome, Err(Fault::Transfer { limit_bytes: 4 << 20 }));
}

#[tokio::test]
async fn a_trap_names_the_place() {
    let report = run(
        guests::triage_with(&[], "(call $split_the_bill)", "(func $split_the_bill unreachable)"),
        fixture::call(),
    )
    .await;
    let Err(Fault::Trap { message }) = report.outcome else { panic!("trap: {:?}", report.outcome) };
    assert!(message.contains("split_the_bill < my_triage"), "{message}");
}

#[tokio::test]
async fn a_panic_is_quoted_in_its_own_words() {
    let body = "(call $log (i32.const 4) (i32.const 1088) (i32.const 47)) unreachable";
    let report = run(guests::triage(&["log"], body), fixture::call()).await;
    let Err(Fault::Trap { message }) = report.outcome else { panic!("trap: {:?}", report.outcome) };
    assert!(message.starts_with("panic: index 7 is out of bounds at src/lib.rs:3"), "{message}");
    assert_eq!(report.log.len(), 1);
}

#[tokio::test]
async fn h05_endless_recursion_traps_and_says_so() {
    let report = run(
        guests::triage_with(&[], "(call $deeper)", "(func $deeper (call $deeper) (call $deeper))"),
        fixture::call(),
    )
    .await;
    let Err(Fault::Trap { message }) = report.outcome else { panic!("trap: {:?}", report.outcome) };
    assert!(message.contains("recursion"), "{message}");
}

#[tokio::test]
async fn a_read_without_its_grant_is_a_value_and_not_counted() {
    // Abstains when it was answered an error, reading nothing else.
    let body = "(call $ticket-subject (local.get $ticket) (i32.const 64))
      (if (i32.load8_u (i32.const 64)) (then (return (call $done (local.get $event) (local.get $ticket) (i32.const 1)))))";
    let plugin = load(guests::triage(&["ticket-subject"], body)).await;
    let denied = plugin.run(Call { grants: fixture::grants(&[]), ..fixture::call() }).await;
    assert_eq!((denied.outcome.unwrap().word.as_str(), denied.reads.len()), ("abstained", 0));
    let granted = plugin.run(fixture::call()).await;
    assert_eq!(granted.outcome.unwrap().word, "done");
}

#[tokio::test]
async fn a_run_that_fails_leaves_nothing_behind() {
    let set = "(call $kv-set (i32.const 1072) (i32.const 9) (i32.const 1024) (i32.const 4) (i32.const 64))";
    let imports = &["ticket-id", "ticket-subject", "add-tag", "kv-set"];
    let good = run(guests::triage(imports, &format!("{} {set}", guests::STEADY)), fixture::call()).await;
    assert_eq!((good.proposals.len(), good.kv_writes.get("last/seen")), (1, Some(&Some(b"beca".to_vec()))));
    let bad =
        run(guests::triage(imports, &format!("{} {set} unreachable", guests::STEADY)), fixture::call()).await;
    assert!(bad.outcome.is_err() && bad.proposals.is_empty() && bad.kv_writes.is_empty());
}

#[tokio::test]
async fn a_plugins_own_error_is_a_fault_with_its_kind() {
    let body = "(call $drop-event (local.get $event)) (call $drop-ticket (local.get $ticket))
      (return (call $say (i32.const 1) (i32.const 2) (i32.const 30) (i32.const 0)))";
    let report = run(guests::triage(&[], body), fixture::call()).await;
    let Err(Fault::Refused { kind, retry_after_s, .. }) = report.outcome else {
        panic!("refused: {:?}", report.outcome)
    };
    assert_eq!((kind.as_str(), retry_after_s), ("retryable", Some(30)));
}

#[tokio::test]
async fn a_fault_does_not_poison_the_next_call() {
    let body = "(if (i64.ne (i64.rem_u (call $random) (i64.const 2)) (i64.const 0)) (then unreachable))";
    let plugin = load(guests::triage(&["random"], body)).await;
    let mut outcomes = std::collections::BTreeSet::new();
    for seed in 0..16 {
        outcomes.insert(plugin.run(Call { seed, ..fixture::call() }).await.outcome.is_ok());
    }
    assert_eq!(outcomes.len(), 2, "some trap, some do not");
}

#[tokio::test]
async fn a_hook_that_the_plugin_lacks_is_unavailable_rather_than_a_crash() {
    let plugin = load(guests::steady()).await;
    let call = Call { input: Input::Redaction(Arc::default()), ..fixture::call() };
    assert!(matches!(plugin.run(call).await.outcome, Err(Fault::Unavailable { .. })));
}

#[tokio::test]
async fn redaction_findings_come_back_checked() {
    let document = Document {
        parts: vec![Part { name: "text".into(), text: "IBAN DE89".into() }],
        ..Document::default()
    };
    let call = || Call { input: Input::Redaction(Arc::new(document.clone())), ..fixture::call() };
    let load = |component| async {
        runtime().load(&guests::with_manifest(component, &guests::manifest("redaction", &[]))).await.unwrap()
    };
    let good = load(guests::redaction(0, 5, 9, 0.5)).await.run(call()).await;
    assert_eq!(good.outcome.unwrap().why, "1 found");
    let finding = good.findings.first().unwrap();
    assert_eq!(
        (finding.start, finding.end, finding.class.as_str(), finding.rule.as_str()),
        (5, 9, "vip", "because")
    );
    let bad = load(guests::redaction(0, 5, 99, 0.5)).await.run(call()).await;
    assert!(matches!(bad.outcome, Err(Fault::Nonsense { .. })) && bad.findings.is_empty());
}

#[tokio::test]
async fn every_other_hook_can_be_called() {
    use domain::plugin::Hook;
    let tickets = [
        (Hook::Answering, "answering-plugin", "kulanz:plugin/answering@0.1.0#answer", "held"),
        (Hook::Notification, "notification-plugin", "kulanz:plugin/notification@0.1.0#notify", "done"),
        (Hook::Events, "events-plugin", "kulanz:plugin/events@0.1.0#handle", "done"),
    ];
    for (hook, world, export, word) in tickets {
        let component = guests::component_of(world, export, &["event", "ticket"]);
        let plugin = runtime()
            .load(&guests::with_manifest(component, &guests::manifest(hook.as_str(), &[])))
            .await
            .unwrap();
        let input = Input::Ticket { hook, snapshot: Arc::new(fixture::snapshot()) };
        let verdict = plugin.run(Call { input, ..fixture::call() }).await.outcome.unwrap();
        assert_eq!((verdict.word.as_str(), verdict.why.as_str()), (word, "because it says so"), "{hook}");
    }
    let component = guests::component_of("schedule-plugin", "kulanz:plugin/schedule@0.1.0#fire", &["firing"]);
    let plugin =
        runtime().load(&guests::with_manifest(component, &guests::manifest("schedule", &[]))).await.unwrap();
    let firing =
        Firing { schedule: "nightly".into(), scheduled_for: fixture::NOW, fired_at: fixture::NOW, missed: 0 };
    assert_eq!(
        plugin.run(Call { input: Input::Schedule(firing), ..fixture::call() }).await.outcome.unwrap().word,
        "done"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_calls_than_places_wait_their_turn() {
    let runtime =
        Runtime::new(RuntimeOptions { slots: 2, concurrency: 2, ..RuntimeOptions::default() }).unwrap();
    let plugin = runtime
        .load(&guests::with_manifest(guests::steady(), &guests::manifest("triage", ALL)))
        .await
        .unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let plugin = Arc::clone(&plugin);
            tokio::spawn(async move { plugin.run(fixture::call()).await.outcome.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h01_a_spinning_plugin_does_not_keep_another_one_out() {
    let runtime =
        Runtime::new(RuntimeOptions { slots: 4, concurrency: 2, ..RuntimeOptions::default() }).unwrap();
    let manifest = guests::manifest("triage", ALL);
    let spinning = runtime
        .load(&guests::with_manifest(guests::triage(&[], "(loop $l (br $l))"), &manifest))
        .await
        .unwrap();
    let steady = runtime.load(&guests::with_manifest(guests::steady(), &manifest)).await.unwrap();
    let slow = limited(Limits { wall_ms: 300, fuel_base: u64::MAX >> 2, ..Limits::default() });
    let spins: Vec<_> = (0..3)
        .map(|_| {
            let (spinning, slow) = (Arc::clone(&spinning), slow.clone());
            tokio::spawn(async move { spinning.run(slow).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let report = steady.run(fixture::call()).await;
    assert!(report.outcome.is_ok());
    for spin in spins {
        assert!(matches!(spin.await.unwrap().outcome, Err(Fault::Deadline { .. })));
    }
}

#[tokio::test]
async fn floods_of_log_lines_are_counted() {
    let body = "(loop $l (call $log (i32.const 2) (i32.const 1024) (i32.const 18)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))";
    let report = run(guests::triage(&["log"], body), fixture::call()).await;
    assert_eq!((report.log.len(), report.log_dropped), (64, 36));
}

#[tokio::test]
async fn h13_a_text_that_is_no_utf_8_ends_the_run_with_a_trap() {
    let body = "(i32.store (i32.const 2048) (i32.const -1)) (call $log (i32.const 2) (i32.const 2048) (i32.const 4))";
    let report = run(guests::triage(&["log"], body), fixture::call()).await;
    assert!(matches!(report.outcome, Err(Fault::Trap { .. })), "{:?}", report.outcome);
}

#[tokio::test]
async fn h32_a_run_dropped_while_it_waits_for_the_host_gives_its_place_back() {
    let runtime =
        Runtime::new(RuntimeOptions { slots: 1, concurrency: 1, ..RuntimeOptions::default() }).unwrap();
    let manifest = guests::manifest("triage", ALL);
    let waiting = guests::triage(&["kv-get"], "(call $kv-get (i32.const 1072) (i32.const 9) (i32.const 64))");
    let waiting = runtime.load(&guests::with_manifest(waiting, &manifest)).await.unwrap();
    let steady = runtime.load(&guests::with_manifest(guests::steady(), &manifest)).await.unwrap();
    for _ in 0..3 {
        let call = Call { host: Arc::new(fixture::Silence), ..fixture::call() };
        let cut = tokio::time::timeout(std::time::Duration::from_millis(5), waiting.run(call)).await;
        assert!(cut.is_err(), "the caller gave up first");
        assert!(steady.run(fixture::call()).await.outcome.is_ok());
    }
}

#[tokio::test]
async fn h04_kept_handles_are_bounded() {
    // Asks for the newest message again and again without ever giving a handle back.
    let body = "(loop $l (call $last-inbound (local.get $ticket) (i32.const 64)) (br $l))";
    let limits = Limits { host_calls_max: 1_000_000, ..Limits::default() };
    let report = run(guests::triage(&["last-inbound"], body), limited(limits)).await;
    assert!(matches!(report.outcome, Err(Fault::Trap { .. })), "{:?}", report.outcome);
    assert!(report.host_calls < 400, "{}", report.host_calls);
}
