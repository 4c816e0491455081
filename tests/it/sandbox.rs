//! Hostile guests in the whole house: each costs its own run and nothing else.

use desk::DeskConfig;
use domain::message::Direction;
use domain::plugin::Mode;
use domain::run::{DecisionStatus, Run};
use tests::{Backend, House, plugins};

const HELLO: &str =
    "From: ana@example.org\nTo: help@shop.example\nSubject: Hello\n\nIt is urgent, please help.\n";

/// Runs one mail past a hostile guest and a good one; the good one's effects must land.
async fn beside_a_good_one(guest: &str) -> Run {
    let house = House::bare(Backend::Sqlite).await;
    let hostile = house.install(plugins::guest(guest), Mode::Live).await;
    house.install(plugins::guest("good_triage"), Mode::Live).await;
    house.mail(HELLO).await;
    let ticket = house.tickets().await.remove(0);
    assert!(!ticket.tags.is_empty(), "the good plugin was not hindered");
    house.store.runs(Some(hostile.id), &desk::Page { after: None, limit: 10 }).await.unwrap().pop().unwrap()
}

async fn fault_of(guest: &str) -> &'static str {
    beside_a_good_one(guest).await.fault.map_or("none", |f| f.code())
}

#[tokio::test]
async fn h01_an_endless_loop_is_stopped() {
    let code = fault_of("spin_forever").await;
    assert!(code == "deadline" || code == "out_of_fuel", "{code}");
}

#[tokio::test]
async fn h03_a_memory_bomb_is_refused_at_its_cap() {
    let run = beside_a_good_one("eat_memory").await;
    assert_eq!(run.fault.as_ref().map(|f| f.code()), Some("out_of_memory"));
    assert!(run.memory_bytes <= 32 << 20, "{}", run.memory_bytes);
}

#[tokio::test]
async fn h05_endless_recursion_is_a_trap() {
    assert_eq!(fault_of("recurse").await, "trap");
}

#[tokio::test]
async fn a_panic_names_its_message() {
    let fault = beside_a_good_one("panics").await.fault.unwrap();
    assert_eq!(fault.code(), "trap");
    assert!(fault.hint().contains("panic"), "{}", fault.hint());
}

#[tokio::test]
async fn h08_a_storm_of_host_calls_is_stopped_at_its_limit() {
    let run = beside_a_good_one("storms_host").await;
    assert_eq!(run.fault.as_ref().map(|f| f.code()), Some("host_calls"));
    assert!(run.host_calls <= 1_001, "{}", run.host_calls);
}

#[tokio::test]
async fn h06_a_flood_of_log_lines_is_cut_and_counted() {
    let run = beside_a_good_one("floods_log").await;
    assert!(run.log.len() <= 64);
    assert!(run.log_dropped > 0 || run.fault.is_some());
    assert!(run.log.iter().all(|l| l.message.chars().all(|c| !c.is_control())));
}

#[tokio::test]
async fn h29_too_many_effects_are_denied_beyond_the_limit() {
    let house = House::bare(Backend::Sqlite).await;
    house.install(plugins::guest("too_many_effects"), Mode::Live).await;
    house.mail(HELLO).await;
    let ticket = house.tickets().await.remove(0);
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    assert!(decisions.len() <= 64, "{}", decisions.len());
}

#[tokio::test]
async fn h20_reading_without_a_grant_is_denied_as_a_value() {
    let run = beside_a_good_one("asks_denied").await;
    assert_eq!(run.fault, None);
    assert!(run.reads.is_empty(), "{:?}", run.reads);
}

#[tokio::test]
async fn h13_moving_too_much_across_the_border_is_a_fault() {
    assert_eq!(fault_of("transfers_too_much").await, "transfer");
}

#[tokio::test]
async fn h07_a_flood_of_values_meets_its_quota() {
    let house = House::bare(Backend::Sqlite).await;
    let flood = house.install(plugins::guest("kv_flood"), Mode::Live).await;
    house.mail(HELLO).await;
    assert!(house.store.kv_bytes(flood.id).await.unwrap() <= 16 << 20);
}

#[tokio::test]
async fn an_undeclared_import_is_refused_with_a_sentence() {
    let house = House::bare(Backend::Sqlite).await;
    let request = desk::InstallRequest::new(plugins::guest("lies_about_imports"), Mode::Live);
    let refused = house.desk.install(request, tests::house::admin()).await.unwrap_err().to_string();
    assert!(refused.contains("imports `effects.reply`") && refused.contains("add [[grant]]"), "{refused}");
}

#[tokio::test]
async fn h11_what_is_no_component_is_refused_with_a_sentence() {
    let house = House::bare(Backend::Sqlite).await;
    for bytes in [b"".to_vec(), b"hello".to_vec(), b"\0asm\x01\0\0\0".to_vec(), b"\x7fELF....".to_vec()] {
        let request = desk::InstallRequest::new(bytes, Mode::Live);
        let refused = house.desk.install(request, tests::house::admin()).await.unwrap_err().to_string();
        assert!(refused.len() > 20, "{refused}");
    }
}

#[tokio::test]
async fn one_note_per_event_whatever_happens() {
    let house = House::bare(Backend::Sqlite).await;
    house.install(plugins::guest("echo_effect"), Mode::Live).await;
    house.mail(HELLO).await;
    let ticket = house.tickets().await.remove(0);
    let applied = house
        .store
        .decisions_of(ticket.id)
        .await
        .unwrap()
        .iter()
        .filter(|d| d.status == DecisionStatus::Applied)
        .count();
    assert_eq!(applied, 2, "one for ticket.created, one for message.received");
}

on_both!(what_many_turns_at_once_count_is_counted_whole, |backend| {
    let config = DeskConfig { worker_slots: 8, redaction_required: false, ..tests::house::config() };
    let house = House::with(backend, config).await;
    let echo = house.install(plugins::guest("echo_effect"), Mode::Live).await;
    for number in 0..20 {
        let mail = HELLO.replace("Hello", &format!("Hello {number}")).replace('\n', "\r\n");
        house.desk.receive_mail("mail", mail.into_bytes()).await.unwrap();
    }
    house.settle().await;
    let mut notes = 0;
    for ticket in house.tickets().await {
        let messages = house.store.messages(ticket.id).await.unwrap();
        notes += messages.iter().filter(|m| m.direction == Direction::Note).count();
    }
    assert_eq!(notes, 40, "two for each ticket");
    let all = house.store.kv_get(echo.id, "all").await.unwrap().unwrap();
    assert_eq!(String::from_utf8(all).unwrap(), "40");
});
