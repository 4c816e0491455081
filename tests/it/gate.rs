//! The gate in the whole house: what is too much waits for a person, notices wait for the morning, and nobody
//! makes us carry a stranger's words.

use desk::{DeskConfig, DeskError, NewMessage, NewMessageKind, NewTicket, Page};
use domain::clock::{DAY_MS, HOUR_MS, MINUTE_MS};
use domain::gate::{Budgets, QuietHours};
use domain::message::{Delivery, Direction, Message};
use domain::plugin::Mode;
use domain::ticket::Channel;
use store::{Commit, Fact};
use tests::house::{admin, agent, config};
use tests::{Backend, House, plugins};

/// A question that the articles answer.
pub(super) fn question(from: &str, n: u32) -> String {
    format!(
        "From: {from}
To: help@shop.example
Subject: Password {n}
Message-ID: <password-{n}@example.org>
Content-Type: text/plain; charset=utf-8

Hello, I forgot my password and the reset link has expired. How can I set a new one?
"
    )
}

pub(super) async fn answer_of(house: &House, number: i64) -> Message {
    let ticket = house.ticket(number).await;
    let messages = house.store.messages(ticket.id).await.unwrap();
    messages.into_iter().rfind(|m| m.direction == Direction::Outbound).unwrap()
}

async fn with_budgets(backend: Backend, gate: Budgets) -> House {
    House::furnished_with(backend, DeskConfig { gate, ..config() }).await
}

on_both!(a_flood_is_held_and_a_person_sends_or_discards, |backend| {
    let house = with_budgets(backend, Budgets { per_domain_hour: 1, ..Budgets::default() }).await;
    for (n, from) in
        ["ana@example.org", "bob@example.org", "cy@example.org", "di@elsewhere.example"].iter().enumerate()
    {
        house.mail(&question(from, u32::try_from(n).unwrap())).await;
    }
    let to: Vec<String> = house.outbox.sent().into_iter().map(|m| m.to).collect();
    assert_eq!(to, ["ana@example.org", "di@elsewhere.example"]);
    let held = house.store.held_messages(&Page::first(10)).await.unwrap();
    assert_eq!(held.len(), 2);
    assert!(
        held[0]
            .delivery_reason
            .as_deref()
            .unwrap()
            .contains("1 automatic messages to this domain within an hour, 1 allowed")
    );
    let story = house.story(2).await;
    assert!(story.contains("message.held") && story.contains("to this domain within an hour"), "{story}");

    let (discarded, sent) = (held[0].id, held[1].id);
    house.desk.send_held(sent, agent()).await.unwrap();
    let kept = house.desk.discard_held(discarded, agent()).await.unwrap();
    assert_eq!(
        (kept.delivery, kept.delivery_reason.as_deref()),
        (Delivery::Suppressed, Some("a person decided not to send it"))
    );
    house.settle().await;
    assert_eq!(house.outbox.sent().last().unwrap().to, "bob@example.org");
    assert!(house.store.held_messages(&Page::first(10)).await.unwrap().is_empty());
    for again in [sent, discarded] {
        let refused = house.desk.send_held(again, agent()).await.unwrap_err();
        assert!(matches!(&refused, DeskError::Refused(r) if r.code == "not_held"), "{refused}");
    }
});

on_both!(customers_of_one_mail_provider_do_not_use_up_each_others_budget, |backend| {
    let house = with_budgets(backend, Budgets { per_domain_hour: 1, ..Budgets::default() }).await;
    for (n, from) in ["ana@gmx.de", "bob@gmx.de", "cy@gmx.de"].iter().enumerate() {
        house.mail(&question(from, u32::try_from(n).unwrap())).await;
    }
    let to: Vec<String> = house.outbox.sent().into_iter().map(|m| m.to).collect();
    assert_eq!(to, ["ana@gmx.de", "bob@gmx.de", "cy@gmx.de"]);
});

on_both!(where_a_person_has_answered_what_was_held_is_not_sent_any_more, |backend| {
    let house = with_budgets(backend, Budgets { total_hour: 0, ..Budgets::default() }).await;
    house.mail(&question("ana@example.org", 1)).await;
    let held = answer_of(&house, 1).await;
    assert_eq!(held.delivery, Delivery::Held);
    let write = |kind| NewMessage {
        kind,
        text: "As said.".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    house.desk.post_message(held.ticket_id, write(NewMessageKind::Note), None, agent()).await.unwrap();
    assert_eq!(answer_of(&house, 1).await.delivery, Delivery::Held, "a note answers nobody");
    house.desk.post_message(held.ticket_id, write(NewMessageKind::Reply), None, agent()).await.unwrap();
    house.settle().await;
    let kept = house.store.message(held.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.delivery, kept.delivery_reason.as_deref()),
        (Delivery::Suppressed, Some("a person has answered meanwhile"))
    );
    assert_eq!(house.outbox.sent().iter().map(|m| m.text.contains("As said.")).collect::<Vec<_>>(), [true]);
    let refused = house.desk.send_held(held.id, agent()).await.unwrap_err();
    assert!(matches!(&refused, DeskError::Refused(r) if r.code == "not_held"), "{refused}");
});

on_both!(budgets_are_changed_while_the_house_runs, |backend| {
    let house = with_budgets(backend, Budgets { total_hour: 0, ..Budgets::default() }).await;
    house.mail(&question("ana@example.org", 1)).await;
    assert_eq!(answer_of(&house, 1).await.delivery, Delivery::Held);
    let changed = house.desk.change_budgets(&[("total_hour".into(), Some(5))], admin()).await.unwrap();
    assert_eq!(changed.total_hour, 5);
    house.mail(&question("bob@example.org", 2)).await;
    assert_eq!(answer_of(&house, 2).await.delivery, Delivery::Sent);
    let wrong =
        house.desk.change_budgets(&[("total_hour".into(), None), ("x".into(), Some(1))], admin()).await;
    assert!(wrong.is_err());
    assert_eq!(house.desk.budgets().await.unwrap().total_hour, 5, "all or nothing");
    house.desk.change_budgets(&[("total_hour".into(), None)], admin()).await.unwrap();
    assert_eq!(house.desk.budgets().await.unwrap().total_hour, 0, "as configured");
});

on_both!(an_inbox_uses_up_its_own_budget_only, |backend| {
    let mut settings = DeskConfig { gate: Budgets { per_inbox_hour: 1, ..Budgets::default() }, ..config() };
    settings.mail.inboxes.insert("sales".to_owned(), vec!["sales@shop.example".to_owned()]);
    let house = House::furnished_with(backend, settings).await;
    for (n, (from, to)) in [
        ("ana@a.example", "help@shop.example"),
        ("bob@b.example", "help@shop.example"),
        ("cy@c.example", "sales@shop.example"),
    ]
    .iter()
    .enumerate()
    {
        let mail = question(from, u32::try_from(n).unwrap()).replace("help@shop.example", to);
        house.mail(&mail).await;
    }
    assert_eq!(answer_of(&house, 2).await.delivery, Delivery::Held);
    assert_eq!(answer_of(&house, 3).await.delivery, Delivery::Sent);
});

pub(super) const OUTAGE: &str = "From: Ana Petrova <ana@example.org>
To: help@shop.example
Subject: Shop is down
Message-ID: <down-1@example.org>

Hello, your website is down, I only get an error and cannot log in to the shop. Please fix the outage.
";

/// A house in which Ana, who lives in this zone, is to be told of an outage.
async fn with_a_notice_for_ana(backend: Backend, settings: DeskConfig, zone: &str) -> House {
    let house = House::furnished_with(backend, settings).await;
    house.mail(OUTAGE).await;
    let ticket = house.ticket(1).await;
    let mut ana = house.store.contact(ticket.requester_id).await.unwrap().unwrap();
    ana.time_zone = Some(zone.to_owned());
    house.store.commit(Commit { facts: vec![Fact::PutContact(ana)] }).await.unwrap();
    let installed = house.desk.installations().await.unwrap();
    let notice = installed.iter().find(|i| i.installation.manifest.id == "kulanz.proactive-notice").unwrap();
    let mut settings = notice.installation.settings.clone();
    settings["incident"] = serde_json::json!({ "active": true, "category": "outage", "text_en": "We know of it.", "text_de": "Bekannt." });
    house.desk.set_settings(notice.installation.id, settings, admin()).await.unwrap();
    house.clock.advance(5 * MINUTE_MS);
    house.desk.fire_due_schedules().await.unwrap();
    house.settle().await;
    house
}

on_both!(a_notice_waits_until_the_morning_where_the_customer_lives, |backend| {
    // The house begins at nine in London, which is one at night in California.
    let house = with_a_notice_for_ana(backend, config(), "America/Los_Angeles").await;
    let waiting = answer_of(&house, 1).await;
    assert_eq!(waiting.delivery, Delivery::Queued);
    assert!(
        waiting.delivery_reason.as_deref().unwrap().contains("2026-03-02T16:00"),
        "{:?}",
        waiting.delivery_reason
    );
    let before = house.outbox.sent().len();
    house.clock.advance(6 * HOUR_MS + 50 * MINUTE_MS);
    house.settle().await;
    assert_eq!(house.outbox.sent().len(), before);
    house.clock.advance(10 * MINUTE_MS);
    house.settle().await;
    assert!(house.outbox.sent().last().unwrap().text.contains("We know of it."));
    let sent = answer_of(&house, 1).await;
    assert_eq!(sent.passed_at, Some(house.desk.now()), "it counts from when it left");
});

on_both!(notices_of_all_plugins_together_are_few_a_week, |backend| {
    let quiet = QuietHours { from: "00:00".into(), until: "00:00".into(), ..QuietHours::default() };
    let gate = Budgets { notices_per_address_week: 1, ..Budgets::default() };
    let house = with_a_notice_for_ana(backend, DeskConfig { gate, quiet, ..config() }, "UTC").await;
    assert_eq!(answer_of(&house, 1).await.delivery, Delivery::Sent);
    house.clock.advance(DAY_MS);
    house.mail(&OUTAGE.replace("down-1", "down-2").replace("Shop is down", "Shop is down again")).await;
    house.clock.advance(5 * MINUTE_MS);
    house.desk.fire_due_schedules().await.unwrap();
    house.settle().await;
    let kept = answer_of(&house, 2).await;
    assert_eq!(kept.delivery, Delivery::Suppressed);
    assert!(kept.delivery_reason.as_deref().unwrap().contains("notices to this address within a week"));
});

const DRAWING: &str = "From: Victim <victim@example.org>
To: help@shop.example
Subject: My drawing https://prize.evil.example
Message-ID: <won-1@example.org>

Hello, I made a drawing of your blue lamp, look at https://prize.evil.example and tell me what you think of it.
";

on_both!(a_strangers_words_go_to_nobody_who_may_not_have_written_them, |backend| {
    let house = House::bare(backend).await;
    house.install(plugins::guest("parrots"), Mode::Live).await;
    house.mail(DRAWING).await;
    let held = answer_of(&house, 1).await;
    assert_eq!((held.delivery, held.subject.as_str()), (Delivery::Held, "Your request [#1]"));
    assert!(
        held.delivery_reason.as_deref().unwrap().contains("a stranger's words"),
        "{:?}",
        held.delivery_reason
    );
    assert!(house.outbox.sent().is_empty());

    let ticket = house.ticket(1).await;
    let mut known = house.store.contact(ticket.requester_id).await.unwrap().unwrap();
    known.verified = true;
    house.store.commit(Commit { facts: vec![Fact::PutContact(known)] }).await.unwrap();
    house.mail(&DRAWING.replace("won-1", "won-2").replace("lamp", "chair")).await;
    let sent = house.outbox.sent();
    assert_eq!(sent.len(), 1, "who has proved the address may be quoted");
    assert!(sent[0].subject.starts_with("Re: My drawing"));
});

on_both!(a_form_and_the_api_pass_the_same_redaction_and_gate_as_a_mail, |backend| {
    let house = House::furnished(backend).await;
    let request = |channel, email: &str, n: u32| {
        NewTicket {
        subject: format!("Password {n}"),
        text: "Hello, I forgot my password and the reset link has expired. How can I set a new one? My card is 4111 1111 1111 1111.".to_owned(),
        email: email.to_owned(),
        name: None,
        channel,
        inbox: None,
        language: None,
        category: None,
        team: None,
        priority: None,
        custom: Default::default(),
        tags: Vec::new(),
    }
    };
    house.desk.receive_ticket("form", None, request(Channel::Form, "ana@example.org", 1)).await.unwrap();
    house.settle().await;
    house.desk.create_ticket(request(Channel::Api, "bob@example.org", 2), None, agent()).await.unwrap();
    house.settle().await;
    for number in [1, 2] {
        let ticket = house.ticket(number).await;
        let text = house.store.messages(ticket.id).await.unwrap().remove(0).text;
        assert!(text.contains("[CREDIT_CARD-1]"), "{text}");
        let answer = answer_of(&house, number).await;
        assert_eq!(answer.delivery, Delivery::Sent);
        assert!(
            !answer.subject.contains("Password"),
            "anybody may have written the address: {}",
            answer.subject
        );
    }
    house.desk.receive_ticket("form", None, request(Channel::Form, "ana@example.org", 3)).await.unwrap();
    house.desk.receive_ticket("form", None, request(Channel::Form, "noreply@example.org", 4)).await.unwrap();
    house.settle().await;
    let kept = answer_of(&house, 3).await;
    assert_eq!(kept.delivery, Delivery::Suppressed, "once a day to an address that nobody vouches for");
    let robots = house.ticket(4).await;
    let messages = house.store.messages(robots.id).await.unwrap();
    assert!(messages.iter().all(|m| m.direction != Direction::Outbound), "nobody writes to a robot");
});
