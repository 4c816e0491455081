//! Journeys told as stories: a mail goes in, the story is compared.

use domain::clock::{DAY_MS, HOUR_MS, MINUTE_MS};
use domain::effect::Effect;
use domain::message::{Delivery, Direction};
use domain::run::DecisionStatus;
use domain::ticket::StatusCategory;
use tests::House;
use tests::house::{admin, agent};

const REFUND: &str = "From: Ana Petrova <ana@example.org>
To: help@shop.example
Subject: Rückerstattung für Bestellung 4711-0815
Message-ID: <refund-1@example.org>
Date: Mon, 02 Mar 2026 09:00:00 +0100
Content-Type: text/plain; charset=utf-8

Guten Tag,

ich habe die Jacke zurückgeschickt und warte seit drei Wochen auf die Rückerstattung.
Bitte überweisen Sie den Betrag auf DE89 3704 0044 0532 0130 00.

Viele Grüße
Ana Petrova
";

fn reply(to: &str) -> String {
    format!(
        "From: Ana Petrova <ana@example.org>
To: help@shop.example
Subject: Re: Rückerstattung für Bestellung 4711-0815
Message-ID: <refund-2@example.org>
In-Reply-To: <{to}>
Content-Type: text/plain; charset=utf-8

Danke, aber meine IBAN ist DE89370400440532013000, wie gesagt.
"
    )
}

on_both!(a_refund_mail_is_redacted_triaged_and_acknowledged, |backend| {
    let house = House::furnished(backend).await;
    house.mail(REFUND).await;
    let ticket = &house.tickets().await[0];
    let message = house.store.messages(ticket.id).await.unwrap().remove(0);
    assert!(message.text.contains("[IBAN-1]"), "{}", message.text);
    assert!(!message.text.contains("DE89"));
    assert_eq!(ticket.language.as_deref(), Some("de"));
    assert_eq!(ticket.category.as_deref(), Some("refund"));
    let sent = house.outbox.sent();
    assert_eq!(sent.len(), 1, "one answer in the customer's language");
    assert_eq!(sent[0].to, "ana@example.org");
    assert_eq!(sent[0].in_reply_to.as_deref(), Some("refund-1@example.org"));
    insta::assert_snapshot!("refund", house.story(ticket.number).await);
});

on_both!(an_answer_lands_on_its_ticket_and_the_same_iban_keeps_its_number, |backend| {
    let house = House::furnished(backend).await;
    house.mail(REFUND).await;
    let ours = house.outbox.sent()[0].message_id.clone();
    house.mail(&reply(&ours)).await;
    let tickets = house.tickets().await;
    assert_eq!(tickets.len(), 1);
    let messages = house.store.messages(tickets[0].id).await.unwrap();
    let second = messages.iter().filter(|m| m.direction == Direction::Inbound).nth(1).unwrap();
    assert!(second.text.contains("[IBAN-1]"), "{}", second.text);
    assert_eq!(house.outbox.sent().len(), 1, "one automatic message per ticket and day");
});

on_both!(a_stranger_who_knows_the_thread_gets_a_ticket_of_their_own, |backend| {
    let house = House::furnished(backend).await;
    house.mail(REFUND).await;
    let ours = house.outbox.sent()[0].message_id.clone();
    house.mail(&reply(&ours).replace("ana@example.org", "mallory@evil.example")).await;
    house
        .mail(
            &reply("unknown@x")
                .replace("ana@example.org", "mallory@evil.example")
                .replace("refund-2", "r3")
                .replace("Subject: Re:", "Subject: [#1]"),
        )
        .await;
    let tickets = house.tickets().await;
    assert_eq!(tickets.len(), 3);
    assert_eq!(tickets[1].custom.get("related").map(String::as_str), Some("#1"));
    assert_eq!(
        house
            .store
            .messages(tickets[0].id)
            .await
            .unwrap()
            .iter()
            .filter(|m| m.direction == Direction::Inbound)
            .count(),
        1
    );
});

on_both!(a_customers_answer_reopens_a_solved_ticket_within_two_weeks_only, |backend| {
    let house = House::furnished(backend).await;
    house.mail(REFUND).await;
    let first = house.tickets().await[0].clone();
    let ours = house.outbox.sent()[0].message_id.clone();
    let solve =
        vec![desk::TicketChange::SetField { field: domain::ticket::Field::Status, value: "solved".into() }];
    house.desk.change_ticket(first.id, solve.clone(), None, agent()).await.unwrap();
    house.clock.advance(DAY_MS);
    house.mail(&reply(&ours)).await;
    assert_eq!(house.ticket(first.number).await.status_category, StatusCategory::Open);
    house.desk.change_ticket(first.id, solve, None, agent()).await.unwrap();
    house.clock.advance(15 * DAY_MS);
    house.mail(&reply(&ours).replace("refund-2", "refund-9")).await;
    let tickets = house.tickets().await;
    assert_eq!(tickets.len(), 2);
    assert_eq!(tickets[1].custom.get("related").map(String::as_str), Some("#1"));
});

on_both!(an_out_of_office_reply_changes_nothing_and_gets_no_answer, |backend| {
    let house = House::furnished(backend).await;
    house.mail(REFUND).await;
    let ours = house.outbox.sent()[0].message_id.clone();
    let ticket = house.tickets().await.remove(0);
    let pending =
        vec![desk::TicketChange::SetField { field: domain::ticket::Field::Status, value: "pending".into() }];
    house.desk.change_ticket(ticket.id, pending, None, agent()).await.unwrap();
    house.clock.advance(3 * DAY_MS);
    house.mail(&reply(&ours).replace("Content-Type", "Auto-Submitted: auto-replied\nContent-Type")).await;
    assert_eq!(house.ticket(ticket.number).await.status_category, StatusCategory::Pending);
    assert_eq!(house.outbox.sent().len(), 1);
});

on_both!(a_broken_mail_becomes_a_ticket_with_the_original_and_a_note, |backend| {
    let house = House::furnished(backend).await;
    let broken = "From: =?broken\nContent-Type: multipart/mixed; boundary=\"x\"\nSubject: ???\n\n--x\nContent-Transfer-Encoding: base64\n\n!!!!\x00";
    house.mail(broken).await;
    let ticket = house.tickets().await.remove(0);
    let messages = house.store.messages(ticket.id).await.unwrap();
    assert!(messages[0].attachments.iter().any(|a| a.file_name == "original.eml"));
    assert!(
        messages.iter().any(|m| m.direction == Direction::Note && m.text.contains("could not be fully read"))
    );
    assert!(house.outbox.sent().is_empty());
});

on_both!(an_agents_reply_is_redacted_and_delivered_whatever_the_budgets, |backend| {
    let house = House::furnished(backend).await;
    house.mail(REFUND).await;
    let ticket = house.tickets().await.remove(0);
    let text = "We sent it to DE89 3704 0044 0532 0130 00 today.".to_owned();
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
    house.settle().await;
    let sent = house.outbox.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].text.contains("[IBAN-1]") && sent[1].auto.is_none(), "{:?}", sent[1]);
});

on_both!(with_the_kill_switch_off_tickets_go_to_people_and_no_mail_leaves, |backend| {
    let house = House::furnished(backend).await;
    house.desk.set_automation(false, admin()).await.unwrap();
    house.mail(REFUND).await;
    let ticket = house.tickets().await.remove(0);
    assert!(
        house.store.messages(ticket.id).await.unwrap()[0].text.contains("[IBAN-1]"),
        "redaction protects all the same"
    );
    assert_eq!(ticket.category, None);
    assert!(house.outbox.sent().is_empty());
});

/// Switches automation on and makes up for what was missed; answers the number of turns. PostgreSQL hands events out once
/// no older transaction, whoever's, is under way.
async fn on_again(house: &House) -> usize {
    house.desk.set_automation(true, admin()).await.unwrap();
    house.clock.advance(MINUTE_MS);
    for _ in 0..1_000 {
        match house.desk.make_up().await.unwrap() {
            0 => tokio::task::yield_now().await,
            queued => return queued,
        }
    }
    0
}

on_both!(after_hours_without_automation_tickets_are_sorted_and_answers_wait_for_people, |backend| {
    let house = House::furnished(backend).await;
    house.desk.set_automation(false, admin()).await.unwrap();
    house.mail(REFUND).await;
    let ticket = house.tickets().await.remove(0);
    let told = "all automation was switched off: no plugin was asked";
    assert!(house.story(ticket.number).await.contains(told));
    house.clock.advance(2 * HOUR_MS);
    assert_eq!(on_again(&house).await, 1);
    house.settle().await;
    assert_eq!(house.ticket(ticket.number).await.category.as_deref(), Some("refund"));
    assert!(house.story(ticket.number).await.contains("made up for"));
    assert!(house.outbox.sent().is_empty());
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    let answer = decisions.iter().find(|d| matches!(d.effect, Effect::Reply { .. })).unwrap();
    assert_eq!(answer.status, DecisionStatus::Suggested, "{}", answer.reason);

    house.desk.accept(answer.id, agent()).await.unwrap();
    house.settle().await;
    assert_eq!(house.outbox.sent().len(), 1);
});

on_both!(after_minutes_without_automation_customers_are_answered_as_ever, |backend| {
    let house = House::furnished(backend).await;
    house.desk.set_automation(false, admin()).await.unwrap();
    house.mail(REFUND).await;
    house.clock.advance(10 * MINUTE_MS);
    assert_eq!(on_again(&house).await, 1);
    house.settle().await;
    assert_eq!(house.outbox.sent().len(), 1);
});

on_both!(a_turn_that_waited_when_automation_went_off_is_made_up_for_as_well, |backend| {
    let house = House::bare(backend).await;
    house.install(tests::plugins::guest("good_triage"), domain::plugin::Mode::Live).await;
    let new = desk::NewTicket {
        subject: "Parcel".into(),
        text: "Where is it? It is urgent.".into(),
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
    let ticket = house.desk.create_ticket(new, None, admin()).await.unwrap();
    house.desk.set_automation(false, admin()).await.unwrap();
    house.settle().await;
    assert!(house.ticket(ticket.number).await.tags.is_empty());
    assert!(on_again(&house).await > 0);
    house.settle().await;
    assert!(!house.ticket(ticket.number).await.tags.is_empty());
});

on_both!(what_the_gate_keeps_back_is_recorded_with_the_rule, |backend| {
    let house = House::furnished(backend).await;
    house.desk.suppress("ana@example.org", "hard bounce", None, admin()).await.unwrap();
    house.mail(REFUND).await;
    let ticket = house.tickets().await.remove(0);
    let messages = house.store.messages(ticket.id).await.unwrap();
    let kept = messages.iter().find(|m| m.direction == Direction::Outbound).unwrap();
    assert_eq!(kept.delivery, Delivery::Suppressed);
    assert!(kept.delivery_reason.as_deref().unwrap().contains("suppression list"));
    assert!(house.outbox.sent().is_empty());
});
