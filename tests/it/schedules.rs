//! Schedules in the whole house: a firing happens once however many hosts look, and what the schedule's
//! plugin proposes is decided and sent like anything else.

use std::sync::Arc;

use channels::Memory;
use desk::{Desk, DeskParts, Page, SealKey, TicketChange};
use domain::clock::{DAY_MS, FixedClock, MINUTE_MS};
use domain::event::EventType;
use domain::id::Ids;
use domain::plugin::Mode;
use domain::ticket::Field;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::database::Database;
use tests::house::{START, admin, agent, config};
use tests::{Backend, House, plugins};

/// Ids of one of several hosts: each counts in a range of its own.
struct HostIds(domain::id::CountingIds, u128);

impl Ids for HostIds {
    fn next(&self, now: domain::Timestamp) -> ulid::Ulid {
        let id = self.0.next(now);
        ulid::Ulid::from_parts(id.timestamp_ms(), id.random() + (self.1 << 64))
    }
}

async fn host(database: &Database, number: u128) -> (Desk, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(START));
    let parts = DeskParts {
        store: desk::Store::open(&database.url, &store::Options::default()).await.unwrap(),
        runtime: plugins::runtime(),
        clock: Arc::clone(&clock) as Arc<dyn domain::Clock>,
        ids: Arc::new(HostIds(domain::id::CountingIds::default(), number)),
        egress: Arc::new(Memory::new()),
        senders: channels::sender::Senders::unchecked(),
        seal: SealKey::new(&[5; 32]),
        tombstones: Arc::new(desk::NoTombstones),
        meaning: desk::Meaning::none(),
        fetch: None,
        webhooks: channels::fetch::Fetch::new(channels::fetch::FetchOptions::default()),
        config: config(),
    };
    (Desk::open(parts).await.unwrap(), clock)
}

#[tokio::test]
async fn three_hosts_with_wrong_clocks_fire_each_due_time_once() {
    if !tests::database::postgres_is_here().await {
        return;
    }
    let database = Database::fresh(Backend::Postgres).await;
    let mut hosts = Vec::new();
    for number in 0..3 {
        hosts.push(host(&database, number).await);
    }
    let bytes = plugins::bundled("proactive-notice");
    let request = desk::InstallRequest::new(bytes, Mode::Shadow);
    hosts[0].0.install(request, admin()).await.unwrap();
    let mut chance = StdRng::seed_from_u64(14);
    for minute in 0..=60 {
        let mut looking = Vec::new();
        for (desk, clock) in &hosts {
            clock.set(START.plus(minute * MINUTE_MS + chance.random_range(-5_000..5_000)));
            // A host that is down in this minute does not look.
            if chance.random_bool(0.6) {
                looking.push(desk.fire_due_schedules());
            }
        }
        for fired in futures::future::join_all(looking).await {
            fired.unwrap();
        }
        hosts[0].0.settle().await.unwrap();
    }
    for (desk, clock) in &hosts {
        clock.set(START.plus(61 * MINUTE_MS));
        desk.fire_due_schedules().await.unwrap();
        desk.settle().await.unwrap();
    }
    let events = hosts[0].0.ask().events(None, 1_000).await.unwrap();
    let mut due: Vec<String> = events
        .iter()
        .filter(|e| e.kind == EventType::ScheduleFired && e.data["schedule"] == "incident")
        .map(|e| e.data["firing"]["scheduled_for"].as_str().unwrap().to_owned())
        .collect();
    let fired = due.len();
    due.sort();
    due.dedup();
    assert_eq!((fired, due.len()), (12, 12), "every five minutes from 09:05 to 10:00: {due:?}");
}

const OUTAGE: &str = "From: Ana Petrova <ana@example.org>
To: help@shop.example
Subject: Shop is down
Message-ID: <down-1@example.org>

Hello, your website is down, I only get an error and cannot log in to the shop. Please fix the outage.
";

on_both!(a_known_incident_is_announced_once_to_those_affected, |backend| {
    let house = House::furnished(backend).await;
    house.mail(OUTAGE).await;
    assert_eq!(house.ticket(1).await.category.as_deref(), Some("outage"));
    let notice = house
        .desk
        .installations()
        .await
        .unwrap()
        .into_iter()
        .find(|i| i.installation.manifest.id == "kulanz.proactive-notice")
        .unwrap();
    let mut settings = notice.installation.settings.clone();
    settings["incident"] = serde_json::json!({
        "active": true, "category": "outage", "text_en": "We know of the outage and expect it to end at noon.",
        "text_de": "Wir wissen von der Störung."
    });
    house.desk.set_settings(notice.installation.id, settings, admin()).await.unwrap();
    let before = house.outbox.sent().len();
    for _ in 0..3 {
        house.clock.advance(5 * MINUTE_MS);
        house.desk.fire_due_schedules().await.unwrap();
        house.settle().await;
    }
    let sent = house.outbox.sent();
    assert_eq!(sent.len(), before + 1, "told once");
    assert!(sent.last().unwrap().text.contains("expect it to end at noon"), "{}", sent.last().unwrap().text);
    assert!(sent.last().unwrap().auto.is_some());
});

on_both!(a_customer_who_does_not_answer_is_reminded_once, |backend| {
    let house = House::furnished(backend).await;
    house.mail(OUTAGE).await;
    let ticket = house.ticket(1).await;
    house.clock.advance(MINUTE_MS);
    let text = "Which browser do you use?".to_owned();
    house
        .desk
        .post_message(
            ticket.id,
            desk::NewMessage {
                kind: desk::NewMessageKind::Reply,
                text,
                article: None,
                draft: None,
                seen: None,
                solves: false,
            },
            None,
            agent(),
        )
        .await
        .unwrap();
    let pending = vec![TicketChange::SetField { field: Field::Status, value: "pending".into() }];
    house.desk.change_ticket(ticket.id, pending, None, agent()).await.unwrap();
    house.settle().await;
    let before = house.outbox.sent().len();
    for _ in 0..8 {
        house.clock.advance(DAY_MS);
        house.desk.fire_due_schedules().await.unwrap();
        house.settle().await;
    }
    assert_eq!(house.outbox.sent().len(), before + 1, "reminded once within eight days");
});

on_both!(a_schedule_that_still_runs_is_skipped_and_recorded, |backend| {
    let house = House::furnished(backend).await;
    house.clock.advance(5 * MINUTE_MS);
    assert_eq!(house.desk.fire_due_schedules().await.unwrap(), 1);
    // Its job is not worked: the next firing finds it waiting.
    house.clock.advance(5 * MINUTE_MS);
    assert_eq!(house.desk.fire_due_schedules().await.unwrap(), 0);
    house.settle().await;
    let events = house.store.events(None, 100).await.unwrap();
    let skipped = events.iter().find(|e| e.kind == EventType::ScheduleSkipped).unwrap();
    assert!(skipped.data["skipped"].as_str().unwrap().contains("still runs"));
    let runs = house.store.runs(None, &Page { after: None, limit: 50 }).await.unwrap();
    assert_eq!(runs.iter().filter(|r| r.plugin_id == "kulanz.proactive-notice").count(), 1);
});
