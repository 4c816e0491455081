//! Prints what one call costs: a fresh, metered, isolated instance of a small triage guest each time.
//!
//! `cargo run --release -p runtime --example call_cost [plugin.wasm]`

use std::sync::Arc;
use std::time::Instant;

use domain::event::{Event, EventType};
use domain::grant::{Grant, Grants};
use domain::id::{ContactId, CountingIds, EventId, MessageId, TicketId};
use domain::message::{AutoClass, Delivery, Direction, Message};
use domain::plugin::{Hook, Limits};
use domain::snapshot::{Snapshot, TicketView};
use domain::ticket::{Channel, Priority, StatusCategory, Ticket};
use domain::{Actor, ActorKind, Timestamp};
use runtime::{Call, Input, NoHost, Runtime, RuntimeOptions};

#[allow(dead_code, clippy::unwrap_used, reason = "shared with the tests, which use all of it")]
#[path = "../src/tests/guests.rs"]
mod guests;

const WARM_UP: usize = 2_000;
const CALLS: usize = 20_000;
const NOW: Timestamp = Timestamp(1_795_000_000_000);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = match std::env::args().nth(1) {
        Some(path) => std::fs::read(path)?,
        None => guests::with_manifest(guests::steady(), &guests::manifest("triage", &["effect:add-tag"])),
    };
    for pooling in [true, false] {
        let runtime = Runtime::new(RuntimeOptions { pooling, ..RuntimeOptions::default() })?;
        let plugin = runtime.load(&bytes).await?;
        let call = call(plugin.inspection().manifest.requested(), plugin.inspection().manifest.limits);
        let (mut wall_ns, mut inside_us) = (Vec::with_capacity(CALLS), Vec::with_capacity(CALLS));
        let mut fuel = 0;
        for round in 0..WARM_UP + CALLS {
            let call = call.clone();
            let started = Instant::now();
            let report = plugin.run(call).await;
            let elapsed = started.elapsed();
            report.outcome.map_err(|fault| fault.hint())?;
            fuel = report.fuel;
            if round >= WARM_UP {
                wall_ns.push(elapsed.as_nanos());
                inside_us.push(u128::from(report.duration_us));
            }
        }
        wall_ns.sort_unstable();
        inside_us.sort_unstable();
        let at =
            |values: &[u128], percent: usize| values.get(values.len() * percent / 100).copied().unwrap_or(0);
        println!(
            "pooling={pooling} calls={CALLS} fuel={fuel} p25_us={:.1} median_us={:.1} p99_us={:.1} inside_median_us={}",
            micros(at(&wall_ns, 25)),
            micros(at(&wall_ns, 50)),
            micros(at(&wall_ns, 99)),
            at(&inside_us, 50),
        );
    }
    Ok(())
}

fn micros(ns: u128) -> f64 {
    u32::try_from(ns).map_or(f64::INFINITY, |ns| f64::from(ns) / 1_000.0)
}

fn call(grants: Grants, limits: Limits) -> Call {
    let mut grants = grants;
    grants.0.insert(Grant::Read(domain::grant::FieldClass::Subject));
    Call {
        input: Input::Ticket { hook: Hook::Triage, snapshot: Arc::new(snapshot()) },
        grants: Arc::new(grants),
        settings: "{}".into(),
        limits,
        seed: 1,
        now: NOW,
        host: Arc::new(NoHost),
        replay: None,
    }
}

fn snapshot() -> Snapshot {
    let ids = CountingIds::default();
    let id = TicketId::mint(&ids, NOW);
    let messages: Vec<Message> = (0..2).map(|_| message(&ids, id)).collect();
    let event = Event {
        id: EventId::mint(&ids, NOW),
        kind: EventType::MessageReceived,
        time: NOW,
        ticket_id: Some(id),
        sequence: 2,
        actor: Actor::new(ActorKind::Contact, "con_x"),
        cause: None,
        changes: vec![],
        data: serde_json::json!({}),
    };
    let ticket = Ticket {
        id,
        number: 42,
        subject: "Order late".into(),
        status: "new".into(),
        status_category: StatusCategory::New,
        priority: Priority::Normal,
        channel: Channel::Email,
        inbox: None,
        language: Some("en".into()),
        category: None,
        requester_id: ContactId::mint(&ids, NOW),
        team: None,
        assignee: None,
        tags: Default::default(),
        custom: Default::default(),
        set_by_hand: Default::default(),
        version: 1,
        event_sequence: 2,
        created_at: NOW,
        updated_at: NOW,
        last_customer_message_at: Some(NOW),
        last_reply_at: None,
        solved_at: None,
        merged_into: None,
    };
    Snapshot { event, view: TicketView { ticket, requester: None, messages } }
}

fn message(ids: &CountingIds, ticket_id: TicketId) -> Message {
    Message {
        id: MessageId::mint(ids, NOW),
        ticket_id,
        direction: Direction::Inbound,
        author: Actor::new(ActorKind::Contact, "con_x"),
        public: true,
        subject: "Order late".into(),
        text: "Where is my parcel? It should have come last week. ".repeat(8),
        reply_text: "Where is my parcel? It should have come last week. ".repeat(8),
        auto_class: AutoClass::Human,
        sender_auth: domain::message::SenderAuth::Unchecked,
        automatic: false,
        to_address: None,
        internet_message_id: None,
        in_reply_to: None,
        references: vec![],
        language: None,
        article: None,
        helped: None,
        delivery: Delivery::None,
        delivery_reason: None,
        may_have_arrived: false,
        passed_at: None,
        created_at: NOW,
        attachments: vec![],
    }
}
