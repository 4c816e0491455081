//! Modes, breaker, retries, people against plugins: what the desk does with runs that go well and badly.

use desk::{DeskConfig, InstallRequest};
use domain::Clock;
use domain::effect::{Effect, EffectKind};
use domain::id::{CountingIds, DecisionId};
use domain::plugin::{Hook, Mode};
use domain::run::{Decision, DecisionStatus};
use store::{Commit, Fact};
use tests::house::{admin, agent, config, seal};
use tests::{House, plugins};

const HELLO: &str = "From: ana@example.org\nTo: help@shop.example\nSubject: Hello\nMessage-ID: <h1@example.org>\n\nIt is urgent, please help.\n";

on_both!(shadow_records_and_applies_nothing, |backend| {
    let house = House::bare(backend).await;
    house.install(plugins::guest("good_triage"), Mode::Shadow).await;
    house.mail(HELLO).await;
    let ticket = house.tickets().await.remove(0);
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    assert!(!decisions.is_empty());
    assert!(decisions.iter().all(|d| d.status == DecisionStatus::Shadowed));
    assert!(ticket.tags.is_empty());
});

on_both!(a_suggestion_waits_for_an_agent_who_accepts_or_declines, |backend| {
    let house = House::bare(backend).await;
    house.install(plugins::guest("good_triage"), Mode::Suggest).await;
    house.mail(HELLO).await;
    let ticket = house.tickets().await.remove(0);
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    assert!(decisions.iter().all(|d| d.status == DecisionStatus::Suggested));
    let (first, second) = (&decisions[0], &decisions[1]);
    let accepted = house.desk.accept(first.id, agent()).await.unwrap();
    assert_eq!(accepted.status, DecisionStatus::Applied);
    assert!(house.desk.accept(first.id, agent()).await.is_err(), "only once");
    house.desk.decline(second.id, "not so", agent()).await.unwrap();
    let after = house.store.decisions_of(ticket.id).await.unwrap();
    assert_eq!(
        after.iter().map(|d| d.status).collect::<Vec<_>>()[..2],
        [DecisionStatus::Applied, DecisionStatus::Rejected]
    );
    assert_ne!(house.ticket(ticket.number).await.version, ticket.version);
});

on_both!(a_suggested_receipt_is_past_once_a_reply_is_accepted_and_not_with_a_notice, |backend| {
    let house = House::bare(backend).await;
    house.install(plugins::guest("touches_everything"), Mode::Suggest).await;
    let ids = CountingIds::default();
    for (number, accepted, left) in [
        (1, EffectKind::Notify, DecisionStatus::Suggested),
        (2, EffectKind::Reply, DecisionStatus::Superseded),
    ] {
        let mail = HELLO.replace("h1@", &format!("h{number}@"));
        house.mail(&mail.replace("urgent", &format!("urgent {number}"))).await;
        let ticket = house.ticket(number).await;
        let decisions = house.store.decisions_of(ticket.id).await.unwrap();
        let notice = decisions.iter().find(|d| d.effect.kind() == EffectKind::Notify).unwrap();
        let receipt = |ordinal: i64| Decision {
            id: DecisionId::mint(&ids, house.clock.now().plus(1)),
            ordinal,
            effect: Effect::Reply { text: format!("We have it. {ordinal}"), language: None, article: None },
            digest: format!("receipt {ordinal}"),
            ..notice.clone()
        };
        let (first, second) = (receipt(98), receipt(99));
        let facts = [&first, &second].map(|receipt| Fact::AddDecision(Box::new(receipt.clone())));
        house.store.commit(Commit::of(facts.to_vec())).await.unwrap();
        let id = if accepted == EffectKind::Notify { notice.id } else { first.id };
        let done = house.desk.accept(id, agent()).await.unwrap();
        assert_eq!((done.status, done.effect.kind()), (DecisionStatus::Applied, accepted));
        let second = house.store.decision(second.id).await.unwrap().unwrap();
        assert_eq!(second.status, left, "{accepted:?}: {}", second.reason);
    }
});

on_both!(h12_a_plugin_that_keeps_failing_is_quarantined_and_tickets_go_on, |backend| {
    let house = House::bare(backend).await;
    let bad = house.install(plugins::guest("panics"), Mode::Live).await;
    house.install(plugins::guest("good_triage"), Mode::Live).await;
    for n in 0..7 {
        house.mail(&HELLO.replace("h1@", &format!("h{n}@")).replace("urgent", &format!("urgent {n}"))).await;
    }
    let standing = house.store.installation(bad.id).await.unwrap().unwrap();
    assert!(
        standing.quarantine.as_deref().unwrap().contains("5 faults in a row"),
        "{:?}",
        standing.quarantine
    );
    let tickets = house.tickets().await;
    assert_eq!(tickets.len(), 7);
    assert!(tickets.iter().all(|t| !t.tags.is_empty()), "the other plugin's effects land all the same");
    let calls = house.store.runs(Some(bad.id), &desk::Page { after: None, limit: 100 }).await.unwrap();
    assert_eq!(calls.len(), 5, "it is not called any more");
    house.desk.release(bad.id, admin()).await.unwrap();
    assert!(house.store.installation(bad.id).await.unwrap().unwrap().is_active());
});

on_both!(a_plugin_whose_shop_is_away_is_called_again_and_does_nothing_twice, |backend| {
    let house = House::bare(backend).await;
    let plugin = house.install(plugins::guest("waits_for_its_shop"), Mode::Live).await;
    for n in 0..6 {
        house.mail(&HELLO.replace("h1@", &format!("h{n}@")).replace("urgent", &format!("urgent {n}"))).await;
    }
    let notes = async |text: &str| {
        let mut counts = Vec::new();
        for ticket in house.tickets().await {
            let messages = house.store.messages(ticket.id).await.unwrap();
            counts.push(messages.iter().filter(|m| m.text == text).count());
        }
        counts
    };
    assert_eq!((notes("sorted").await, notes("ordered").await), (vec![1; 6], vec![0; 6]));
    let standing = house.desk.installation(plugin.id).await.unwrap();
    assert_eq!((standing.quarantine, standing.faults_in_a_row), (None, 0), "six times away is no fault");
    for _ in 0..2 {
        house.clock.advance(5_000);
        house.settle().await;
    }
    assert_eq!((notes("sorted").await, notes("ordered").await), (vec![1; 6], vec![1; 6]));
    let runs = house.store.runs(Some(plugin.id), &desk::Page { after: None, limit: 100 }).await.unwrap();
    let of = |hook: Hook| runs.iter().filter(|run| run.hook == hook).count();
    assert_eq!((of(Hook::Triage), of(Hook::Events)), (6, 18), "away, away after 5 s, there after 10 s");
});

on_both!(a_call_that_was_to_be_made_again_waits_for_a_person_where_its_plugin_was_quarantined, |backend| {
    let house = House::bare(backend).await;
    let plugin = house.install(plugins::guest("waits_for_its_shop"), Mode::Live).await;
    house.mail(HELLO).await;
    let quarantined = store::Fact::SetFaults {
        installation_id: plugin.id,
        faults_in_a_row: 5,
        quarantine: Some("five others".to_owned()),
        at: house.desk.now(),
    };
    house.store.commit(store::Commit::of(vec![quarantined])).await.unwrap();
    house.desk.reload_plugins().await.unwrap();
    house.clock.advance(5_000);
    house.settle().await;
    let dead = house.store.dead_jobs(&desk::Page { after: None, limit: 10 }).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].last_error, "its plugin is quarantined: five others");
});

on_both!(h22_when_redaction_fails_the_mail_is_held_sealed_and_taken_in_later, |backend| {
    // The trial would keep it out: here it is the house that has to hold the mail.
    let house = House::with(backend, desk::DeskConfig { redaction_trial: false, ..config() }).await;
    let liar = house.install(plugins::guest("returns_nonsense"), Mode::Live).await;
    house.mail("From: ana@example.org\nTo: help@shop.example\nSubject: secret\n\nMy card is 4111 1111 1111 1111, thanks.\n").await;
    assert!(house.tickets().await.is_empty());
    let held = house
        .store
        .intakes(Some(desk::IntakeState::Held), &desk::Page { after: None, limit: 10 })
        .await
        .unwrap();
    assert_eq!(held.len(), 1);
    assert!(held[0].reason.as_deref().unwrap().contains("nonsense"), "{:?}", held[0].reason);
    house.desk.uninstall(liar.id, admin()).await.unwrap();
    house.install(plugins::bundled("redaction"), Mode::Live).await;
    house.clock.advance(domain::clock::HOUR_MS);
    house.settle().await;
    let ticket = house.tickets().await.remove(0);
    let text = house.store.messages(ticket.id).await.unwrap().remove(0).text;
    assert!(text.contains("[CREDIT_CARD-1]"), "{text}");
});

on_both!(without_a_redaction_plugin_mail_waits_unless_the_admin_chose_otherwise, |backend| {
    let house = House::with(backend, config()).await;
    house.mail(HELLO).await;
    assert!(house.tickets().await.is_empty());
    let new = desk::NewTicket {
        subject: "x".into(),
        text: "y".into(),
        email: "ana@example.org".into(),
        name: None,
        channel: domain::ticket::Channel::Api,
        inbox: None,
        language: None,
        category: None,
        team: None,
        priority: None,
        custom: Default::default(),
        tags: vec![],
    };
    assert!(matches!(house.desk.create_ticket(new, None, admin()).await, Err(desk::DeskError::Redaction(_))));
});

on_both!(every_admin_step_is_in_the_audit_chain, |backend| {
    let house = House::bare(backend).await;
    let installed = house.install(plugins::guest("good_triage"), Mode::Shadow).await;
    house.desk.set_mode(installed.id, Mode::Live, admin()).await.unwrap();
    house.desk.set_automation(false, admin()).await.unwrap();
    let chain = house.store.audit(0, 100).await.unwrap();
    assert_eq!(
        chain.iter().map(|e| e.record.action.as_str()).collect::<Vec<_>>(),
        ["plugin.installed", "plugin.changed", "automation.switched"]
    );
    let key = seal().audit_key();
    assert_eq!(domain::audit::first_broken(&chain, Some(key)), None);
    assert_eq!(domain::audit::first_broken(&chain, None), Some(1), "every entry is keyed");
});

on_both!(a_plugin_held_to_an_inbox_sees_no_other_ticket_and_changes_none, |backend| {
    let mut settings = DeskConfig { redaction_required: false, ..config() };
    settings.mail.inboxes.insert("sales".to_owned(), vec!["sales@shop.example".to_owned()]);
    let house = House::with(backend, settings).await;
    let held = |guest: &str, inbox: &str| InstallRequest {
        inboxes: [inbox.to_owned()].into(),
        ..InstallRequest::new(plugins::guest(guest), Mode::Live)
    };
    let said = house.desk.install(held("good_triage", "slaes"), admin()).await.unwrap_err().to_string();
    assert!(said.contains("no inbox `slaes`") && said.contains("sales"), "{said}");
    let said = house.desk.install(held("finds_nothing", "sales"), admin()).await.unwrap_err().to_string();
    assert!(said.contains("all inboxes"), "{said}");

    let sorter = house.desk.install(held("good_triage", "sales"), admin()).await.unwrap().installation;
    let curious = house.desk.install(held("peeks_at_tickets", "sales"), admin()).await.unwrap().installation;
    house.mail(HELLO).await;
    house.mail(&HELLO.replace("h1@", "h2@").replace("help@", "Sales+7.ab@")).await;
    let (help, sales) = (house.ticket(1).await, house.ticket(2).await);
    assert_eq!((help.inbox.as_deref(), sales.inbox.as_deref()), (None, Some("sales")));
    assert_eq!((help.tags.is_empty(), sales.tags.is_empty()), (true, false));
    let runs = house.store.runs(Some(curious.id), &desk::Page::first(10)).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert!(runs[0].verdict.as_ref().unwrap().why.ends_with("1 found, 0 read"), "{:?}", runs[0].verdict);

    let next = plugins::altered(
        &plugins::guest("peeks_at_tickets"),
        &[
            ("version = \"0.1.0\"", "version = \"0.2.0\""),
            ("[[grant]]", "[[grant]]\nto = \"read:text\"\nreason = \"More.\"\n\n[[grant]]"),
        ],
    );
    assert!(house.hand_in(next, Mode::Live).await.unwrap().waits());
    assert_eq!(
        house.desk.compare(curious.id, None, 100).await.unwrap().tickets,
        1,
        "nor is it tried on others"
    );

    let everywhere = desk::InstallationChange { inboxes: Some(Default::default()), ..Default::default() };
    house.desk.change_installation(sorter.id, everywhere, admin()).await.unwrap();
    house.mail(&HELLO.replace("h1@", "h3@")).await;
    assert!(!house.ticket(3).await.tags.is_empty(), "all inboxes again");
});
