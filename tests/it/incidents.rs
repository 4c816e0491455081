//! A burst of mails about one thing, and one customer who writes twice: what the watching plugin makes of them in the
//! whole house.

use domain::clock::MINUTE_MS;
use domain::event::EventType;
use domain::message::Direction;
use domain::plugin::Mode;
use tests::{House, plugins};

const LOGIN: [&str; 5] = [
    "Since this morning the login page only shows an internal server error.",
    "I cannot log in, the login page answers with an internal server error 500.",
    "Your login page is broken, there is an internal server error after the password.",
    "There is a server error on the login page, please repair it soon.",
    "An internal error comes when I open the login page of your shop.",
];

fn mail(from: &str, n: usize, text: &str) -> String {
    format!(
        "From: {from}
To: help@shop.example
Subject: Question {n}
Message-ID: <burst-{n}@example.org>
Content-Type: text/plain; charset=utf-8

{text}
"
    )
}

async fn five_minutes_later(house: &House) {
    house.clock.advance(5 * MINUTE_MS);
    house.desk.fire_due_schedules().await.unwrap();
    house.settle().await;
}

on_both!(many_customers_with_one_trouble_become_an_incident_with_their_tickets_attached, |backend| {
    let house = House::furnished(backend).await;
    house.install(plugins::bundled("incidents"), Mode::Live).await;
    house
        .mail(&mail("zoe@example.org", 99, "Which size of the blue jacket fits a child of nine years?"))
        .await;
    for (n, text) in LOGIN.iter().enumerate() {
        house.mail(&mail(&format!("customer{n}@c{n}.example"), n, text)).await;
    }
    five_minutes_later(&house).await;
    let lead = house.ticket(2).await;
    assert!(lead.tags.contains("incident"));
    assert_eq!(lead.custom.get("incident").map(String::as_str), Some("#2"), "it names itself");
    let events = house.store.events_of(lead.id).await.unwrap();
    assert_eq!(events.iter().filter(|e| e.kind == EventType::TicketEscalated).count(), 1);
    for number in 3..=6 {
        let ticket = house.ticket(number).await;
        assert_eq!(ticket.custom.get("incident").map(String::as_str), Some("#2"), "{number}");
    }
    assert!(house.ticket(1).await.custom.is_empty());
    let messages = house.store.messages(lead.id).await.unwrap();
    let note =
        messages.iter().find(|m| m.direction == Direction::Note && m.text.starts_with("Incident about"));
    assert!(
        note.is_some_and(|n| n.text.contains("login") && n.text.ends_with("Attached: #3, #4, #5, #6.")),
        "{messages:?}"
    );

    // Who comes later is attached, and nobody is called a second time.
    house.mail(&mail("late@late.example", 7, "The login page shows me an internal server error.")).await;
    five_minutes_later(&house).await;
    assert_eq!(house.ticket(7).await.custom.get("incident").map(String::as_str), Some("#2"));
    five_minutes_later(&house).await;
    let events = house.store.events_of(lead.id).await.unwrap();
    assert_eq!(events.iter().filter(|e| e.kind == EventType::TicketEscalated).count(), 1);
});

on_both!(what_a_customer_sends_twice_is_linked, |backend| {
    let house = House::furnished(backend).await;
    house.install(plugins::bundled("incidents"), Mode::Live).await;
    let text = "The lamp from my last order arrived broken, the glass has a crack.";
    for n in [1, 2] {
        house.mail(&mail("ana@example.org", n, text)).await;
    }
    five_minutes_later(&house).await;
    let second = house.ticket(2).await;
    assert_eq!(second.custom.get("duplicate_of").map(String::as_str), Some("#1"));
    assert!(second.tags.contains("duplicate") && !house.ticket(1).await.tags.contains("duplicate"));
});
