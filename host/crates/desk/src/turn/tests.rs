//! Turns that meet people half-way, and what they leave for later. Runs are made by hand: no plugin runs.

use domain::Timestamp;
use domain::effect::{Basis, Effect};
use domain::event::EventType;
use domain::id::CountingIds;
use domain::plugin::Mode;
use domain::run::DecisionStatus;
use domain::ticket::Field;
use domain::work::{Stamp, Timer};
use runtime::Host as _;

use super::*;
use crate::fixture::{Fixture, agent};
use crate::{NewMessage, NewMessageKind, NewWebhook, TicketChange};

fn set(ticket_id: TicketId, field: &str, value: &str) -> Proposal {
    let effect = Effect::SetField { field: field.to_owned(), value: value.to_owned() };
    let basis = Basis { reason: "It says so.".to_owned(), confidence: 0.9, evidence: Vec::new() };
    Proposal { ticket_id, effect, basis }
}

/// A run of a schedule that proposes this.
fn ran(house: &Fixture, installation: Installation, proposals: Vec<Proposal>) -> Ran {
    let run = Run {
        id: RunId::mint(house.desk.0.ids.as_ref(), house.desk.now()),
        installation_id: installation.id,
        plugin_id: installation.manifest.id.clone(),
        plugin_version: installation.manifest.version.clone(),
        digest: installation.digest.clone(),
        hook: Hook::Schedule,
        mode: installation.mode,
        event_id: None,
        ticket_id: None,
        started_at: house.desk.now(),
        duration_us: 0,
        cpu_us: 0,
        fuel: 0,
        memory_bytes: 0,
        host_calls: 0,
        seed: 0,
        input_digest: String::new(),
        reads: Default::default(),
        calls: Default::default(),
        http: Default::default(),
        verdict: None,
        fault: None,
        log: Vec::new(),
        log_dropped: 0,
        answers: serde_json::Value::Null,
        case: None,
    };
    let installation = Arc::new(installation);
    Ran {
        installation,
        order: 0,
        run,
        proposals,
        kv_writes: BTreeMap::new(),
        kv_read: BTreeMap::new(),
        seen: BTreeMap::new(),
        unfit: BTreeMap::new(),
    }
}

/// What a plugin answers whose shop is away.
fn asks_to_wait() -> Fault {
    Fault::Refused { kind: "retryable".into(), message: "try again in 5 s".into(), retry_after_s: Some(5) }
}

async fn fired(house: &Fixture) -> (Event, Lease) {
    let event = house.desk.house_event(EventType::ScheduleFired, serde_json::Value::Null);
    let job = NewJob::turn("lane", event.id, house.desk.now());
    house.facts(vec![Fact::AddEvents(vec![event.clone()]), Fact::Enqueue(job)]).await;
    let leases = house.store.claim("w", 99, house.desk.now(), 60_000).await.unwrap();
    (event, leases.into_iter().find(|l| l.lane == "lane").unwrap())
}

async fn change(house: &Fixture, id: TicketId, field: Field, value: &str, actor: Actor) {
    let change = TicketChange::SetField { field, value: value.to_owned() };
    house.desk.change_ticket(id, vec![change], None, actor).await.unwrap();
}

#[tokio::test]
async fn a_schedules_effects_on_many_tickets_stay_stale_where_somebody_changed_the_field_meanwhile() {
    let house = Fixture::new().await;
    let installation = house.installation(|_| ()).await;
    let mut ids = Vec::new();
    for name in ["ana", "ben", "eva"] {
        ids.push(house.ticket(&format!("{name}@example.org")).await.id);
    }
    let (event, lease) = fired(&house).await;
    let mut proposals: Vec<Proposal> = ids.iter().map(|id| set(*id, "priority", "urgent")).collect();
    proposals.push(set(ids[1], "team", "billing"));
    let stages = vec![vec![ran(&house, installation, proposals)]];
    let mut bench = Bench::default();
    house.desk.bring_targets(&mut bench, stages[0][0].proposals.iter()).await.unwrap();
    house.desk.decide(&event, &stages[0], &mut bench);
    // Two changes meanwhile, one after the other has been noticed: the first must not be forgotten over it.
    for (id, value) in [(ids[0], "low"), (ids[1], "high")] {
        change(&house, id, Field::Priority, value, Actor::system()).await;
        let facts = house.desk.turn_facts(&lease, &event, &stages, &bench, None).await;
        let refused = house.desk.commit_and_reload(facts).await;
        assert!(matches!(refused, Err(DeskError::Store(StoreError::Stale("ticket")))), "{refused:?}");
        let seen = std::mem::take(&mut bench.seen);
        bench = house.desk.decide_again(&event, seen, &stages).await.unwrap();
    }
    let facts = house.desk.turn_facts(&lease, &event, &stages, &bench, None).await;
    house.desk.commit_and_reload(facts).await.unwrap();
    let statuses: Vec<DecisionStatus> = bench.decisions.iter().map(|d| d.status).collect();
    let (no, yes) = (DecisionStatus::Rejected, DecisionStatus::Applied);
    assert_eq!(statuses, [no, no, yes, yes]);
    assert!(bench.decisions[0].reason.contains("stale"), "{}", bench.decisions[0].reason);
    let mut stored = Vec::new();
    for id in ids {
        let ticket = house.store.ticket(id).await.unwrap().unwrap();
        stored.push((ticket.priority.to_string(), ticket.team));
    }
    let team = Some("billing".to_owned());
    assert_eq!(stored, [("low".into(), None), ("high".into(), team), ("urgent".into(), None)]);
}

#[tokio::test]
async fn what_an_api_client_sets_before_or_during_a_turn_stays() {
    let house = Fixture::new().await;
    let installation = house.installation(|_| ()).await;
    let ids = [house.ticket("ana@example.org").await.id, house.ticket("ben@example.org").await.id];
    let client = || Actor::new(ActorKind::Api, "shop");
    change(&house, ids[0], Field::Team, "shop", client()).await;
    let (event, lease) = fired(&house).await;
    let proposals = ids.iter().map(|id| set(*id, "team", "account")).collect();
    let stages = vec![vec![ran(&house, installation, proposals)]];
    let mut bench = Bench::default();
    house.desk.bring_targets(&mut bench, stages[0][0].proposals.iter()).await.unwrap();
    house.desk.decide(&event, &stages[0], &mut bench);
    let (no, yes) = (DecisionStatus::Rejected, DecisionStatus::Applied);
    let statuses = |bench: &Bench| bench.decisions.iter().map(|d| d.status).collect::<Vec<_>>();
    assert_eq!(statuses(&bench), [no, yes]);
    change(&house, ids[1], Field::Team, "shop", client()).await;
    let facts = house.desk.turn_facts(&lease, &event, &stages, &bench, None).await;
    let refused = house.desk.commit_and_reload(facts).await;
    assert!(matches!(refused, Err(DeskError::Store(StoreError::Stale("ticket")))), "{refused:?}");
    let seen = std::mem::take(&mut bench.seen);
    bench = house.desk.decide_again(&event, seen, &stages).await.unwrap();
    assert_eq!(statuses(&bench), [no, no]);
    let facts = house.desk.turn_facts(&lease, &event, &stages, &bench, None).await;
    house.desk.commit_and_reload(facts).await.unwrap();
    for id in ids {
        let ticket = house.store.ticket(id).await.unwrap().unwrap();
        assert_eq!(ticket.team.as_deref(), Some("shop"));
        assert!(ticket.set_by_hand.contains("team"));
    }
}

#[tokio::test]
async fn what_changed_between_a_plugins_reading_and_its_end_is_stale_as_well() {
    let house = Fixture::new().await;
    let installation = house.installation(|_| ()).await;
    let id = house.ticket("ana@example.org").await.id;
    let (event, _) = fired(&house).await;
    let host = PluginHost::of(&house.desk.0, &installation, None);
    host.ticket(id).await.unwrap();
    change(&house, id, Field::Priority, "low", Actor::system()).await;
    let reply = NewMessage {
        kind: NewMessageKind::Reply,
        text: "I am on it.".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    house.desk.post_message(id, reply, None, agent()).await.unwrap();
    host.ticket(id).await.unwrap();
    let mut bench = Bench::default();
    bench.saw(host.seen());
    let run = ran(&house, installation, vec![set(id, "priority", "urgent"), set(id, "team", "billing")]);
    house.desk.bring_targets(&mut bench, run.proposals.iter()).await.unwrap();
    assert!(bench.standings[&id].person_wrote);
    house.desk.decide(&event, std::slice::from_ref(&run), &mut bench);
    let statuses: Vec<DecisionStatus> = bench.decisions.iter().map(|d| d.status).collect();
    assert_eq!(statuses, [DecisionStatus::Rejected, DecisionStatus::Applied]);
}

#[tokio::test]
async fn a_timer_that_is_set_anew_moves() {
    let house = Fixture::new().await;
    let installation = house.installation(|_| ()).await;
    let ticket = house.ticket("ana@example.org").await;
    house.desk.settle().await.unwrap();
    for hours in [48, 1] {
        let ticket = house.store.ticket(ticket.id).await.unwrap().unwrap();
        let mut work = Work::on(ticket);
        let due_at = house.desk.now().plus(hours * domain::clock::HOUR_MS);
        let installation_id = installation.id;
        work.timers.push(Timer { installation_id, key: "t".into(), due_at, depth: 1, cause: None });
        let stamp: Stamp<'_> = house.desk.stamp(Actor::system());
        work.add_tag(&stamp, &format!("h{hours}")).unwrap();
        house.facts(house.desk.work_facts(std::slice::from_mut(&mut work)).await).await;
    }
    let due = async || {
        house.desk.settle().await.unwrap();
        let events = house.store.events_of(ticket.id).await.unwrap();
        events.iter().filter(|e| e.kind == EventType::TimerDue).count()
    };
    assert_eq!(due().await, 0);
    house.clock.advance(domain::clock::HOUR_MS);
    assert_eq!(due().await, 1, "it came at its new time, not behind the old one");
    house.clock.advance(domain::clock::DAY_MS * 3);
    assert_eq!(due().await, 1, "and once only");
}

#[tokio::test]
async fn endpoints_are_known_without_asking_the_store_and_hear_of_the_house_as_well() {
    let house = Fixture::new().await;
    let installation = house.installation(|i| i.faults_in_a_row = 4).await;
    let new =
        NewWebhook { url: "https://example.org/hook".into(), events: vec![EventType::PluginQuarantined] };
    let (webhook, _) = house.desk.create_webhook(new, None, agent()).await.unwrap();
    assert_eq!(house.desk.roster().await.webhooks, std::slice::from_ref(&webhook));
    let mut run = ran(&house, installation.clone(), Vec::new());
    run.run.fault = Some(Fault::Nonsense { what: "x".to_owned() });
    let facts = house.desk.fault_facts(&installation, &run.run).await;
    house.desk.commit_and_reload(facts).await.unwrap();
    assert!(house.store.installation(installation.id).await.unwrap().unwrap().quarantine.is_some());
    let leases = house.store.claim("w", 9, house.desk.now(), 60_000).await.unwrap();
    let told: Vec<&Job> = leases.iter().map(|l| &l.job).collect();
    assert!(matches!(told[..], [Job::Webhook { webhook_id, .. }] if *webhook_id == webhook.id), "{told:?}");
    house.desk.remove_webhook(webhook.id, agent()).await.unwrap();
    assert!(house.desk.roster().await.webhooks.is_empty());
}

#[test]
fn a_retry_waits_longer_each_time_or_as_the_plugin_asks_within_bounds() {
    let fault = Fault::Deadline { limit_ms: 1 };
    assert_eq!([0, 1, 2].map(|n| retry_wait_ms(&fault, n)), [5_000, 15_000, 45_000]);
    let asked = |seconds| Fault::Refused {
        kind: "retryable".into(),
        message: String::new(),
        retry_after_s: Some(seconds),
    };
    assert_eq!(retry_wait_ms(&asked(7), 2), 7_000);
    assert_eq!([0, 86_400].map(|seconds| retry_wait_ms(&asked(seconds), 0)), [1_000, 60 * MINUTE_MS]);
}

#[tokio::test]
async fn what_may_pass_is_called_again_alone_and_given_up_after_a_few_tries() {
    let house = Fixture::new().await;
    let installation = house.installation(|_| ()).await;
    let (event, lease) = fired(&house).await;
    let mut failed = ran(&house, installation.clone(), Vec::new());
    failed.run.fault = Some(asks_to_wait());
    let stages = vec![vec![failed]];
    let ends = async |attempts: i64, only: Option<Retried>| {
        let lease = Lease { attempts, ..lease.clone() };
        house.desk.turn_facts(&lease, &event, &stages, &Bench::default(), only).await
    };
    let facts = ends(0, None).await;
    let later: Vec<&NewJob> =
        facts.iter().filter_map(|f| if let Fact::Enqueue(job) = f { Some(job) } else { None }).collect();
    let [retry] = later[..] else { panic!("{later:?}") };
    let hook = Some(Hook::Schedule);
    assert_eq!(retry.ready_at, house.desk.now().plus(5_000));
    assert_eq!(retry.job, Job::Turn { event_id: event.id, only: Some(installation.id), hook });
    assert_ne!(retry.lane, lease.lane, "the ticket's other work goes on");
    assert!(matches!(facts.last(), Some(Fact::FinishJob { .. })), "the turn itself is done");

    let only = Some(Retried { installation_id: installation.id, hook });
    let due = house.desk.now().plus(5_000);
    for attempts in [0, 1] {
        let facts = ends(attempts, only).await;
        assert!(matches!(facts.last(), Some(Fact::RetryJob { ready_at, .. }) if *ready_at == due));
    }
    let facts = ends(2, only).await;
    assert!(matches!(facts.last(), Some(Fact::BuryJob { error, .. }) if error.contains("retryable")));
}

#[tokio::test]
async fn who_says_that_something_outside_is_away_is_not_quarantined_for_it() {
    let house = Fixture::new().await;
    let installation = house.installation(|i| i.faults_in_a_row = 4).await;
    let mut failed = ran(&house, installation.clone(), Vec::new()).run;
    failed.fault = Some(asks_to_wait());
    assert!(house.desk.fault_facts(&installation, &failed).await.is_empty());
    // Nor is it well again: a trial call that ends so was none that went well.
    let held = Installation { quarantine: Some("5 faults in a row".to_owned()), ..installation.clone() };
    let facts = house.desk.fault_facts(&held, &failed).await;
    assert!(matches!(&facts[..], [Fact::SetFaults { quarantine: Some(_), .. }]), "{facts:?}");
    // What the house itself holds back in shadow mode is no fault of the plugin.
    let mut denied = failed.clone();
    denied.fault =
        Some(Fault::Refused { kind: "denied".into(), message: String::new(), retry_after_s: None });
    for (mode, counted) in [(Mode::Shadow, false), (Mode::Live, true)] {
        let in_mode = Installation { mode, ..installation.clone() };
        assert_eq!(!house.desk.fault_facts(&in_mode, &denied).await.is_empty(), counted, "{mode}");
    }
    // Whoever is called for every text is judged as before.
    let redaction = Run { hook: Hook::Redaction, ..failed };
    assert!(!house.desk.fault_facts(&installation, &redaction).await.is_empty());
}

#[test]
fn a_retry_means_the_hook_that_failed_and_one_from_before_hooks_were_kept_means_all() {
    let ids = CountingIds::default();
    let [one, other] = [(); 2].map(|()| InstallationId::mint(&ids, Timestamp(5)));
    let events = Retried { installation_id: one, hook: Some(Hook::Events) };
    assert!(events.means(one, Hook::Events));
    assert!(!events.means(one, Hook::Triage) && !events.means(other, Hook::Events));
    let old: Job = serde_json::from_value(serde_json::json!({
        "job": "turn", "event_id": EventId::mint(&ids, Timestamp(5)), "only": one,
    }))
    .unwrap();
    let Job::Turn { only: Some(installation_id), hook, .. } = old else { panic!("{old:?}") };
    let retried = Retried { installation_id, hook };
    assert!(retried.means(one, Hook::Triage) && retried.means(one, Hook::Events));
}

#[test]
fn the_seed_of_a_run_follows_from_its_id() {
    let id = RunId::mint(&CountingIds::default(), Timestamp(5));
    assert_eq!(seed_of(id), seed_of(id));
}

#[tokio::test]
async fn two_hooks_of_a_plugin_keep_what_the_later_one_wrote_over_what_the_earlier_one_had_read() {
    let house = Fixture::new().await;
    let installation = house.installation(|_| ()).await;
    let wrote = |value: &str, read: Option<&str>| {
        let of = |value: &str| ("n".to_owned(), Some(value.as_bytes().to_vec()));
        let mut ran = ran(&house, installation.clone(), Vec::new());
        ran.kv_writes = BTreeMap::from([of(value)]);
        ran.kv_read = read.map(of).into_iter().collect();
        vec![ran]
    };
    let stages = [wrote("2", Some("1")), wrote("3", None)];
    assert_eq!(Kept::of(&stages).by(installation.id)["n"], Some(b"3".to_vec()));
    let facts: Vec<Fact> = Kept::of(&stages).facts().collect();
    let [Fact::KvPut { value: Some(value), over, .. }] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!((value.as_slice(), over), (&b"3"[..], &store::Over::Read(Some(b"1".to_vec()))));
}
