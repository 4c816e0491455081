//! A JavaScript and a Python plugin in the same sandbox as those written in Rust: they sort the same
//! tickets the same way, at a price that does not change, and are denied in the same words.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::effect::{Basis, Effect, Proposal};
use domain::event::{Event, EventType};
use domain::grant::{FieldClass, Grant, Grants};
use domain::id::{ContactId, CountingIds, EventId, MessageId, TicketId};
use domain::message::Direction;
use domain::plugin::{Hook, Limits};
use domain::run::{Fault, Verdict};
use domain::snapshot::{Snapshot, TicketView};
use domain::ticket::{Channel, Priority, StatusCategory, Ticket};
use domain::work::blank_message;
use domain::{Actor, ActorKind, Timestamp};
use runtime::{Call, Input, NoHost, Plugin, RunReport, Runtime, RuntimeOptions};
use tests::languages::{Language, component_or_skip};
use tests::{plugins, target};
use tokio::sync::OnceCell;

const NOW: Timestamp = Timestamp(1_772_442_000_000);
const GERMAN: &str =
    "Guten Tag,\n\nmeine RECHNUNG vom Mai kam doppelt. Ich bitte um Rückerstattung, es ist dringend!";
const ENGLISH: &str =
    "Hello,\n\nmy parcel is not here, and the delivery was promised for Friday.\n\nThanks, Ana";

/// Each plugin, loaded once per test run. None of a language that this machine cannot build.
async fn loaded() -> Vec<(Language, Arc<Plugin>)> {
    static PLUGINS: [OnceCell<Option<Arc<Plugin>>>; 2] = [const { OnceCell::const_new() }; 2];
    let mut out = Vec::new();
    for (language, cell) in Language::ALL.into_iter().zip(&PLUGINS) {
        let plugin = cell.get_or_init(|| async {
            let bytes = component_or_skip(language)?;
            Some(plugins::runtime().load(&bytes).await.unwrap())
        });
        out.extend(plugin.await.clone().map(|plugin| (language, plugin)));
    }
    out
}

fn ticket(text: &str) -> Arc<Snapshot> {
    let ids = CountingIds::default();
    let id = TicketId::mint(&ids, NOW);
    let author = Actor::new(ActorKind::Contact, "ana");
    let mut message = blank_message(MessageId::mint(&ids, NOW), id, Direction::Inbound, author.clone(), NOW);
    message.text = format!("{text}\n\n> An older text: urgent password refund");
    message.reply_text = text.to_owned();
    let event = Event {
        id: EventId::mint(&ids, NOW),
        kind: EventType::MessageReceived,
        time: NOW,
        ticket_id: Some(id),
        sequence: 1,
        actor: author,
        cause: None,
        changes: Vec::new(),
        data: serde_json::json!({ "message_id": message.id }),
    };
    let ticket = Ticket {
        id,
        number: 17,
        subject: "A question".to_owned(),
        status: "new".to_owned(),
        status_category: StatusCategory::New,
        priority: Priority::Normal,
        channel: Channel::Email,
        inbox: None,
        language: None,
        category: None,
        requester_id: ContactId::mint(&ids, NOW),
        team: None,
        assignee: None,
        tags: Default::default(),
        custom: BTreeMap::new(),
        set_by_hand: Default::default(),
        version: 1,
        event_sequence: 1,
        created_at: NOW,
        updated_at: NOW,
        last_customer_message_at: Some(NOW),
        last_reply_at: None,
        solved_at: None,
        merged_into: None,
    };
    Arc::new(Snapshot { event, view: TicketView { ticket, requester: None, messages: vec![message] } })
}

/// A call with all that the plugin asks for. Its wall clock is generous: only that depends on how busy
/// the machine is, and nothing here is about it.
fn call(plugin: &Plugin, snapshot: &Arc<Snapshot>) -> Call {
    let manifest = &plugin.inspection().manifest;
    Call {
        input: Input::Ticket { hook: Hook::Triage, snapshot: Arc::clone(snapshot) },
        grants: Arc::new(manifest.requested()),
        settings: manifest.default_settings().to_string().into(),
        limits: Limits { wall_ms: 30_000, ..manifest.limits },
        seed: 7,
        now: NOW,
        host: Arc::new(NoHost),
        replay: None,
    }
}

/// Everything that must not differ between two equal runs.
fn without_duration(report: RunReport) -> RunReport {
    RunReport { duration_us: 0, cpu_us: 0, ..report }
}

fn proposal(
    snapshot: &Snapshot,
    effect: Effect,
    reason: &str,
    confidence: f32,
    evidence: &[&str],
) -> Proposal {
    let evidence = evidence.iter().map(|e| (*e).to_owned()).collect();
    Proposal {
        ticket_id: snapshot.view.ticket.id,
        effect,
        basis: Basis { reason: reason.to_owned(), confidence, evidence },
    }
}

fn set(field: &str, value: &str) -> Effect {
    Effect::SetField { field: field.to_owned(), value: value.to_owned() }
}

#[tokio::test]
async fn an_urgent_german_refund_is_sorted_with_reasons_and_evidence_in_both_languages() {
    let snapshot = ticket(GERMAN);
    let expected = [
        proposal(
            &snapshot,
            set("category", "billing"),
            "Speaks of billing.",
            0.8,
            &["rechnung", "rückerstattung"],
        ),
        proposal(&snapshot, set("priority", "high"), "Says that it is urgent.", 0.7, &["dringend"]),
        proposal(
            &snapshot,
            Effect::AddTag { tag: "refund".to_owned() },
            "Asks for money back.",
            0.7,
            &["rückerstattung"],
        ),
    ];
    for (language, plugin) in loaded().await {
        let report = plugin.run(call(&plugin, &snapshot)).await;
        assert_eq!(
            report.outcome,
            Ok(Verdict { word: "done".into(), why: "Sorted into billing.".into() }),
            "{language:?}: {report:#?}"
        );
        assert_eq!(report.proposals, expected, "{language:?}");
        assert_eq!(report.log.len(), 1, "{language:?}");
        assert_eq!(
            (report.log[0].level.as_str(), report.log[0].message.as_str()),
            ("info", "ticket 17: 15 words, category billing")
        );
        assert_eq!(report.reads, BTreeMap::from([(FieldClass::Text, 1)]), "{language:?}");
        println!(
            "{language:?}: {} bytes, {} fuel, {} bytes of memory, {} host calls, {} µs",
            plugin.inspection().size_bytes,
            report.fuel,
            report.memory_bytes,
            report.host_calls,
            report.duration_us
        );
    }
}

#[tokio::test]
async fn a_calm_english_parcel_is_sorted_and_nothing_more() {
    let snapshot = ticket(ENGLISH);
    let expected = [proposal(
        &snapshot,
        set("category", "shipping"),
        "Speaks of shipping.",
        0.8,
        &["parcel", "delivery"],
    )];
    for (language, plugin) in loaded().await {
        let report = plugin.run(call(&plugin, &snapshot)).await;
        assert_eq!(report.proposals, expected, "{language:?}: {report:#?}");
    }
}

#[tokio::test]
async fn a_ticket_about_nothing_known_is_left_alone_with_a_reason() {
    for (language, plugin) in loaded().await {
        let report = plugin.run(call(&plugin, &ticket("Good morning 你好 🙂"))).await;
        assert_eq!(
            report.outcome,
            Ok(Verdict { word: "abstained".into(), why: "No word of any category.".into() }),
            "{language:?}"
        );
        assert_eq!(report.proposals, [], "{language:?}");
    }
}

#[tokio::test]
async fn the_same_ticket_costs_the_same_fuel_again() {
    for (language, plugin) in loaded().await {
        let (german, english) = (ticket(GERMAN), ticket(ENGLISH));
        let first = without_duration(plugin.run(call(&plugin, &german)).await);
        let between = plugin.run(call(&plugin, &english)).await;
        let second = without_duration(plugin.run(call(&plugin, &german)).await);
        assert!(
            first.fuel > 0 && first.fuel != between.fuel,
            "{language:?}: {} {}",
            first.fuel,
            between.fuel
        );
        assert_eq!(first, second, "{language:?}: a run before leaves no trace");
    }
}

#[tokio::test]
async fn a_read_without_grant_is_denied_as_a_value_that_the_plugin_can_handle() {
    let snapshot = ticket(GERMAN);
    for (language, plugin) in loaded().await {
        let mut call = call(&plugin, &snapshot);
        call.grants = Arc::new(Grants(
            call.grants.0.iter().filter(|g| **g != Grant::Read(FieldClass::Text)).cloned().collect(),
        ));
        let why = "May not read: grant read:text is missing".to_owned();
        let report = plugin.run(call.clone()).await;
        assert_eq!(
            report.outcome,
            Ok(Verdict { word: "abstained".into(), why }),
            "{language:?}: {report:#?}"
        );
        assert_eq!((report.proposals.len(), report.reads.len()), (0, 0), "{language:?}");
        assert_eq!(
            report.log.last().map(|l| (l.level.as_str(), l.message.as_str())),
            Some(("warn", "denied: grant read:text is missing"))
        );

        call.settings = r#"{"strict": true}"#.into();
        let report = plugin.run(call).await;
        let (kind, message) = ("denied".to_owned(), "grant read:text is missing".to_owned());
        assert_eq!(
            report.outcome,
            Err(Fault::Refused { kind, message, retry_after_s: None }),
            "{language:?}"
        );
    }
}

#[tokio::test]
async fn settings_reach_the_plugin() {
    let snapshot = ticket("Der Vesuv bricht aus!");
    for (language, plugin) in loaded().await {
        let calm = plugin.run(call(&plugin, &snapshot)).await;
        assert_eq!(calm.proposals, [], "{language:?}");
        let settings = r#"{"urgent_words": ["vesuv"]}"#.into();
        let warned = plugin.run(Call { settings, ..call(&plugin, &snapshot) }).await;
        assert_eq!(
            warned.proposals,
            [proposal(&snapshot, set("priority", "high"), "Says that it is urgent.", 0.7, &["vesuv"])],
            "{language:?}"
        );
    }
}

#[tokio::test]
async fn an_exception_becomes_an_error_value_and_its_trace_names_the_authors_lines() {
    let snapshot = ticket("Hallo\0");
    for (language, plugin) in loaded().await {
        let report = plugin.run(call(&plugin, &snapshot)).await;
        assert!(
            matches!(&report.outcome, Err(Fault::Refused { kind, message, .. }) if kind == "internal" && message.contains("NUL")),
            "{language:?}: {report:#?}"
        );
        let line = report.log.last().unwrap();
        assert!(line.level == "error" && line.message.starts_with("panic: "), "{line:?}");
        for place in &language.places_of_nul() {
            assert!(line.message.contains(place), "{place} is not in {line:?}");
        }
    }
}

#[tokio::test]
async fn settings_of_the_wrong_shape_are_named() {
    let snapshot = ticket(GERMAN);
    for (language, plugin) in loaded().await {
        let report = plugin.run(Call { settings: "no json".into(), ..call(&plugin, &snapshot) }).await;
        assert_eq!(
            report.outcome.as_ref().err().map(Fault::code),
            Some("refused"),
            "{language:?}: {report:#?}"
        );
        assert_eq!(report.log.last().map(|line| line.level.as_str()), Some("error"), "{language:?}");
    }
}

#[tokio::test]
async fn they_are_told_what_a_text_means_where_there_is_a_model() {
    let text = "My parcel is late.";
    let snapshot = ticket(text);
    let answer = |call: &str, arguments: serde_json::Value, answer: serde_json::Value| runtime::Answer {
        call: call.to_owned(),
        arguments: match call {
            "embed.vector" => {
                let digest = <sha2::Sha256 as sha2::Digest>::digest(arguments.to_string().as_bytes());
                format!("sha256:{}", hex::encode(digest))
            }
            _ => arguments.to_string(),
        },
        answer: serde_json::json!({ "Ok": answer }),
    };
    // 0.5 and 1 as they are recorded: bytes of floats, little end first.
    let recorded = vec![
        answer("embed.model", serde_json::Value::Null, serde_json::json!({ "digest": "d", "dimension": 2 })),
        answer("embed.vector", serde_json::json!([text]), serde_json::json!(["0000003f0000803f"])),
    ];
    for (language, plugin) in loaded().await {
        let settings = r#"{"strict":false,"urgent_words":[],"tell_meaning":true}"#;
        for (replay, told) in [(None, "no model"), (Some(recorded.clone()), "d of 2: 0.5 1")] {
            let report =
                plugin.run(Call { settings: settings.into(), replay, ..call(&plugin, &snapshot) }).await;
            let said: Vec<&str> = report.log.iter().map(|line| line.message.as_str()).collect();
            assert!(said.contains(&told), "{language:?}: {said:?} {:?}", report.outcome);
        }
    }
}

#[tokio::test]
async fn they_ask_for_what_their_manifest_says_and_know_no_other_world() {
    for (language, plugin) in loaded().await {
        let inspection = plugin.inspection();
        assert_eq!(inspection.hooks, [Hook::Triage], "{language:?}");
        let mut effects: Vec<&str> =
            inspection.imports.iter().map(String::as_str).filter(|i| i.starts_with("effects.")).collect();
        effects.sort_unstable();
        assert_eq!(effects, ["effects.add-tag", "effects.set-field"], "{language:?}");
        for absent in ["kv.", "http.", "tickets.", "knowledge."] {
            assert!(
                !inspection.imports.iter().any(|i| i.starts_with(absent)),
                "{language:?}: {:?}",
                inspection.imports
            );
        }
    }
}

#[tokio::test]
async fn a_cap_below_what_the_language_itself_needs_is_named() {
    let snapshot = ticket(GERMAN);
    for (language, plugin) in loaded().await {
        let mut call = call(&plugin, &snapshot);
        call.limits.memory_bytes_max = 1 << 20;
        let report = plugin.run(call).await;
        assert_eq!(report.outcome, Err(Fault::OutOfMemory { limit_bytes: 1 << 20 }), "{language:?}");
    }
}

#[tokio::test]
async fn runs_that_overlap_in_a_pool_say_what_one_alone_says() {
    let pooled = Runtime::new(RuntimeOptions {
        cache_dir: Some(target().join("aot")),
        // The key of `plugins::runtime`: one compilation serves both.
        cache_key: [3; 32],
        slots: 8,
        concurrency: 8,
        ..RuntimeOptions::default()
    })
    .unwrap();
    // Long enough that each gives way to the others several times.
    let snapshot = ticket(&GERMAN.repeat(100));
    for (language, plugin) in loaded().await {
        let alone = without_duration(plugin.run(call(&plugin, &snapshot)).await);
        let plugin = pooled.load(&component_or_skip(language).unwrap()).await.unwrap();
        let all = futures::future::join_all((0..8).map(|_| plugin.run(call(&plugin, &snapshot)))).await;
        for report in all {
            assert_eq!(without_duration(report), alone, "{language:?}, pooled: {}", pooled.pooling());
        }
    }
}
