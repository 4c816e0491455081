//! The shop connector from mail to answer: a plugin asks a real HTTPS service for the customer's own order, without
//! ever seeing the customer's address or the shop's key.

use channels::fetch::{Fetch, FetchOptions};
use domain::message::Direction;
use domain::plugin::Mode;
use domain::run::DecisionStatus;
use store::{Commit, Fact};
use tests::database::Database;
use tests::house::{Outside, admin, config};
use tests::shop::{KEY, Shop};
use tests::{Backend, House, plugins};

async fn house_with(backend: Backend, shop: &Shop) -> House {
    let host = format!("localhost:{}", shop.port);
    let fetch = Fetch::new(FetchOptions {
        private_hosts: vec![host.clone()],
        trusted_pem: shop.certificate(),
        ..FetchOptions::default()
    });
    let outside = Outside { fetch: Some(fetch), ..Outside::default() };
    let house = House::facing(Database::fresh(backend).await, config(), outside).await.furnish().await;
    let connector = plugins::altered(&plugins::bundled("order-status"), &[("shop.example", host.as_str())]);
    let installed = house.install(connector, Mode::Live).await;
    let mut settings = installed.settings.clone();
    settings["key"] = KEY.into();
    house.desk.set_settings(installed.id, settings, admin()).await.unwrap();
    house
}

/// Whose mail servers vouch for her.
async fn prove(house: &House, email: &str) {
    let mut contact = house.store.contact_by_email(email).await.unwrap().unwrap();
    contact.verified = true;
    house.store.commit(Commit { facts: vec![Fact::PutContact(contact)] }).await.unwrap();
}

fn mail(from: &str, n: u32, text: &str) -> String {
    format!(
        "From: {from}
To: help@shop.example
Subject: My order
Message-ID: <order-{n}@example.org>
Content-Type: text/plain; charset=utf-8

{text}
"
    )
}

/// Makes the sender known and proved before the mail that counts.
async fn acquaint(house: &House, email: &str) {
    house.mail(&mail(email, 1, "Hello, thank you for the nice parcel, I like it a lot.")).await;
    prove(house, email).await;
    house.clock.advance(2 * domain::clock::DAY_MS);
}

on_both!(a_customer_is_told_where_the_order_is, |backend| {
    let shop = Shop::start().await;
    let house = house_with(backend, &shop).await;
    acquaint(&house, "ana@example.org").await;
    house
        .mail(&mail("ana@example.org", 2, "Hello, where is my order 4711-0815? It has not arrived yet."))
        .await;
    let ticket = house.ticket(2).await;
    let sent = house.outbox.sent().pop().unwrap();
    assert!(
        sent.text.contains("Your order 4711-0815 is on its way and should reach you on 5 March 2026."),
        "{}",
        sent.text
    );
    assert!(sent.text.contains("https://parcel.example/t/4711"));

    let asked = shop.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(
        (asked[0].path.as_str(), asked[0].email.as_str()),
        ("/api/orders/4711-0815", "ana@example.org")
    );
    assert_eq!(asked[0].authorization, format!("Bearer {KEY}"));
    // What is on record knows placeholders only.
    for run in house.store.runs_of(ticket.id).await.unwrap() {
        let text = serde_json::to_string(&run).unwrap();
        assert!(!text.contains("ana@example.org") && !text.contains(KEY), "{text}");
    }
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    let replies: Vec<_> = decisions.iter().filter(|d| d.effect.kind().as_str() == "reply").collect();
    let of = |plugin: &str| replies.iter().find(|d| d.plugin_id == plugin).map(|d| d.status);
    assert_eq!(of("kulanz.order-status"), Some(DecisionStatus::Applied));
    assert_eq!(of("kulanz.auto-reply"), Some(DecisionStatus::Superseded), "one answer, the better one");
});

on_both!(a_stranger_learns_nothing_of_an_order, |backend| {
    let shop = Shop::start().await;
    let house = house_with(backend, &shop).await;
    let question = "Hello, where is my order 4711-0815? It has not arrived yet.";
    // Somebody writes under Ana's address, which nothing has proved.
    house.mail(&mail("ana@example.org", 2, question)).await;
    assert!(shop.asked().is_empty());
    // Somebody who is known asks for an order that is not theirs.
    house.mail(&mail("mallory@evil.example", 3, "Hello there, thanks a lot for your help.")).await;
    prove(&house, "mallory@evil.example").await;
    house.clock.advance(2 * domain::clock::DAY_MS);
    house.mail(&mail("mallory@evil.example", 4, question)).await;
    assert_eq!(shop.asked().len(), 1);
    assert!(house.outbox.sent().iter().all(|mail| !mail.text.contains("on its way")));
});

on_both!(a_shop_that_is_closed_or_talks_nonsense_leaves_a_note_and_a_receipt, |backend| {
    let mut shop = Shop::start().await;
    let house = house_with(backend, &shop).await;
    acquaint(&house, "ana@example.org").await;
    house
        .mail(&mail("ana@example.org", 2, "Hello, where is my order 5000-0001? It has not arrived yet."))
        .await;
    shop.close();
    house.clock.advance(2 * domain::clock::DAY_MS);
    house
        .mail(&mail(
            "ana@example.org",
            3,
            "Good morning, where is my order 4711-0815? I wait for the parcel.",
        ))
        .await;
    for (number, says) in [(2, "could not be used"), (3, "could not be asked")] {
        let messages = house.store.messages(house.ticket(number).await.id).await.unwrap();
        let note = messages.iter().find(|m| m.direction == Direction::Note && m.text.contains(says));
        assert!(note.is_some(), "{number}: {messages:?}");
        assert!(
            messages.iter().any(|m| m.direction == Direction::Outbound),
            "receipt is confirmed all the same"
        );
    }
});
