//! What the house keeps of what plugins do: the ledger, the breaker with its trial call, and the look behind the
//! redaction plugin.

use desk::{DeskConfig, IntakeState, Page, TicketChange};
use domain::clock::{DAY_MS, MINUTE_MS};
use domain::plugin::Mode;
use domain::ticket::Field;
use tests::house::{admin, agent, config};
use tests::{House, plugins};

const HELLO: &str = "From: ana@example.org\nTo: help@shop.example\nSubject: Hello\nMessage-ID: <h1@example.org>\n\nIt is urgent, please help.\n";

on_both!(the_ledger_tells_what_was_read_cost_and_changed_and_what_people_took_back, |backend| {
    let house = House::bare(backend).await;
    let plugin = house.install(plugins::guest("good_triage"), Mode::Live).await;
    house.mail(HELLO).await;
    let ledger = house.desk.ledger(plugin.id, 30).await.unwrap();
    let total = ledger.total;
    assert!(total.runs >= 1 && total.fuel > 0 && total.memory_bytes > 0 && total.faults == 0, "{total:?}");
    assert!(total.proposed >= 2 && total.applied >= 1, "{total:?}");
    assert_eq!(total.corrected, 0);
    assert!(ledger.uses["read:text"].calls >= 1, "{:?}", ledger.uses);
    assert!(
        ledger.uses.contains_key("effect:set-field:priority") && ledger.uses.contains_key("effect:add-tag")
    );
    let runs = house.store.runs(Some(plugin.id), &Page::first(100)).await.unwrap();
    assert_eq!(total.runs, i64::try_from(runs.len()).unwrap());
    assert_eq!(total.fuel, runs.iter().map(|r| r.fuel).sum::<i64>());

    let ticket = house.ticket(1).await;
    let lower = TicketChange::SetField { field: Field::Priority, value: "low".into() };
    house
        .desk
        .change_ticket(ticket.id, vec![lower, TicketChange::RemoveTag("urgent".into())], None, agent())
        .await
        .unwrap();
    let other = TicketChange::SetField { field: Field::Priority, value: "normal".into() };
    house.desk.change_ticket(ticket.id, vec![other], None, agent()).await.unwrap();
    let after = house.desk.ledger(plugin.id, 30).await.unwrap();
    assert_eq!(after.total.corrected, 2, "priority and tag once each; a person's own value is no correction");
});

on_both!(grants_without_use_for_a_month_are_named, |backend| {
    let house = House::bare(backend).await;
    let plugin = house.install(plugins::guest("good_triage"), Mode::Live).await;
    house.mail(&HELLO.replace("urgent", "fine")).await;
    assert!(house.desk.ledger(plugin.id, 30).await.unwrap().unused.is_empty(), "too early to tell");
    house.clock.advance(29 * DAY_MS);
    house.mail(&HELLO.replace("urgent", "fine").replace("h1@", "h2@")).await;
    house.clock.advance(2 * DAY_MS);
    let unused: Vec<String> =
        house.desk.ledger(plugin.id, 30).await.unwrap().unused.iter().map(ToString::to_string).collect();
    assert_eq!(unused, ["effect:set-field:priority", "effect:add-tag"]);
});

on_both!(a_quarantined_plugin_is_tried_with_one_call_after_a_while, |backend| {
    let house = House::bare(backend).await;
    let bad = house.install(plugins::guest("panics"), Mode::Live).await;
    let mail = |n: u32| HELLO.replace("h1@", &format!("h{n}@")).replace("urgent", &format!("urgent {n}"));
    for n in 0..6 {
        house.mail(&mail(n)).await;
    }
    let calls = || async { house.store.runs(Some(bad.id), &Page::first(100)).await.unwrap().len() };
    let quarantine = || async { house.desk.installation(bad.id).await.unwrap().quarantine };
    assert!(quarantine().await.is_some());
    let made = calls().await;
    house.clock.advance(61 * MINUTE_MS);
    house.mail(&mail(7)).await;
    house.mail(&mail(8)).await;
    assert_eq!(calls().await, made + 1, "one call for trial, which fails");
    assert!(quarantine().await.is_some());

    // The same plugin with code that works: what was wrong is repaired, the trial goes well.
    let (good, standing) = (plugins::guest("good_triage"), house.desk.installation(bad.id).await.unwrap());
    let inspection = runtime::inspect(&good).unwrap();
    let repaired = domain::plugin::Installation {
        digest: inspection.digest,
        grants: inspection.manifest.requested(),
        ..standing
    };
    let facts = vec![
        store::Fact::PutComponent { digest: repaired.digest.clone(), bytes: good },
        store::Fact::PutInstallation(Box::new(repaired)),
    ];
    house.store.commit(store::Commit { facts }).await.unwrap();
    house.desk.reload_plugins().await.unwrap();
    house.clock.advance(61 * MINUTE_MS);
    house.mail(&mail(9)).await;
    assert_eq!(quarantine().await, None);
    let told = house.store.events(None, 1_000).await.unwrap();
    assert!(told.iter().any(|e| e.kind == domain::event::EventType::PluginRecovered));
    house.mail(&mail(10)).await;
    assert!(calls().await > made + 2, "it is called again");
});

on_both!(without_a_probe_only_a_person_lifts_a_quarantine, |backend| {
    let settings = DeskConfig { redaction_required: false, probe_after_minutes: 0, ..config() };
    let house = House::with(backend, settings).await;
    let bad = house.install(plugins::guest("panics"), Mode::Live).await;
    for n in 0..6 {
        house.mail(&HELLO.replace("h1@", &format!("h{n}@")).replace("urgent", &format!("urgent {n}"))).await;
    }
    house.clock.advance(10 * DAY_MS);
    house.mail(&HELLO.replace("h1@", "later@")).await;
    assert_eq!(house.store.runs(Some(bad.id), &Page::first(100)).await.unwrap().len(), 5);
});

on_both!(a_redaction_plugin_that_leaves_planted_values_does_not_get_in, |backend| {
    let house = House::with(backend, config()).await;
    let blind = plugins::altered(&plugins::guest("finds_nothing"), &[("name = \"", "name = \"A ")]);
    let said = house.hand_in(blind.clone(), Mode::Live).await.unwrap_err().to_string();
    assert!(said.contains("does not pass its trial") && said.contains("a card number"), "{said}");
    let said = house.hand_in(plugins::guest("returns_nonsense"), Mode::Live).await.unwrap_err().to_string();
    assert!(said.contains("does not pass its trial"), "{said}");

    let looked_at = house.install(blind, Mode::Off).await;
    let on = house.desk.set_mode(looked_at.id, Mode::Live, admin()).await.unwrap_err().to_string();
    assert!(on.contains("does not pass its trial"), "{on}");
    house.install(plugins::bundled("redaction"), Mode::Live).await;
    house.desk.set_mode(looked_at.id, Mode::Live, admin()).await.unwrap();
});

on_both!(h22_what_a_redaction_plugin_leaves_behind_is_held, |backend| {
    let house = House::with(backend, DeskConfig { redaction_trial: false, ..config() }).await;
    house.install(plugins::guest("finds_nothing"), Mode::Live).await;
    house.mail(HELLO).await;
    assert_eq!(house.tickets().await.len(), 1, "nothing in it has to be hidden");
    house.mail(&HELLO.replace("h1@", "h2@").replace("It is urgent", "Charge 4111 1111 1111 1111")).await;
    assert_eq!(house.tickets().await.len(), 1);
    let held = house.store.intakes(Some(IntakeState::Held), &Page::first(10)).await.unwrap();
    assert_eq!(held.len(), 1);
    assert!(held[0].reason.as_deref().unwrap().contains("CREDIT_CARD"), "{:?}", held[0].reason);
    let installation = house.desk.installations().await.unwrap().remove(0).installation;
    assert_eq!(installation.quarantine, None, "it did what it could");
});

on_both!(a_failed_run_becomes_a_file_with_nothing_in_it_that_was_not_granted, |backend| {
    let house = House::bare(backend).await;
    let bad = house.install(plugins::guest("panics"), Mode::Live).await;
    house.mail(HELLO).await;
    let run = house.store.runs(Some(bad.id), &Page::first(1)).await.unwrap().remove(0);
    let file = house.desk.reproducer(run.id).await.unwrap();
    assert_eq!(Some(&file.fault), run.fault.as_ref());
    let text = serde_json::to_string(&file).unwrap();
    assert!(
        !text.contains("please help") && !text.contains("ana@example.org") && !text.contains("Hello"),
        "{text}"
    );

    let domain::reproducer::CaseInput::Ticket(snapshot) = file.case.input else { panic!("a ticket") };
    let plugin = plugins::runtime().load(&plugins::guest("panics")).await.unwrap();
    let again = plugin
        .run(runtime::Call {
            input: runtime::Input::Ticket { hook: file.hook, snapshot: std::sync::Arc::new(*snapshot) },
            grants: std::sync::Arc::new(file.case.grants),
            settings: file.case.settings.to_string().into(),
            limits: file.case.limits,
            seed: u64::from_ne_bytes(file.seed.to_ne_bytes()),
            now: file.now,
            host: std::sync::Arc::new(runtime::NoHost),
            replay: Some(serde_json::from_value(file.answers).unwrap()),
        })
        .await;
    assert_eq!(again.outcome.unwrap_err(), file.fault);
    assert_eq!(i64::try_from(again.fuel).unwrap(), file.fuel, "to the unit");
});
