//! What follows from knowing whether a sender is who it says: who is answered, who may write into a ticket, who
//! counts as verified.

use channels::sender::{SenderConfig, Senders};
use domain::message::{Delivery, Direction, SenderAuth};
use tests::House;
use tests::database::Database;
use tests::house::{Outside, config};

/// A house behind a mail server that checks senders and calls itself `mx.shop.example`.
async fn behind_a_checking_server(backend: tests::Backend) -> House {
    let senders = Senders::new(SenderConfig {
        authserv_id: "mx.shop.example".to_owned(),
        look_up: false,
        name_server: None,
        arc_trusted: Vec::new(),
        timeout_ms: 1_000,
    })
    .unwrap();
    let outside = Outside { senders, ..Outside::default() };
    House::facing(Database::fresh(backend).await, config(), outside).await.furnish().await
}

const PASS: &str = "Authentication-Results: mx.shop.example; dmarc=pass header.from=example.org\n";
const NONE: &str = "Authentication-Results: mx.shop.example; spf=none; dmarc=none header.from=example.org\n";
const FAIL: &str = "Authentication-Results: mx.shop.example; dmarc=fail (p=reject) header.from=example.org\n";
const STRANGE: &str = "Authentication-Results: mx.evil.example; dmarc=pass header.from=example.org\n";

/// The n-th question of Ana, or of somebody who says that he is her.
fn question(results: &str, n: u32) -> String {
    let words = ["Jacke", "Hose", "Lampe", "Uhr", "Tasche"];
    let thing = words[n as usize % words.len()];
    format!(
        "{results}From: Ana Petrova <ana@example.org>
To: help@shop.example
Subject: Rückerstattung für Bestellung 4711-081{n}
Message-ID: <refund-{n}@example.org>
Content-Type: text/plain; charset=utf-8

Guten Tag,

ich habe die {thing} zurückgeschickt und warte seit drei Wochen auf die Rückerstattung.

Viele Grüße
Ana Petrova
"
    )
}

async fn sender_of(house: &House, number: i64) -> SenderAuth {
    let ticket = house.ticket(number).await;
    house.store.messages(ticket.id).await.unwrap()[0].sender_auth
}

on_both!(who_is_vouched_for_counts_as_verified_and_is_greeted_by_name, |backend| {
    let house = behind_a_checking_server(backend).await;
    house.mail(&question(NONE, 1)).await;
    let ticket = house.ticket(1).await;
    assert!(!house.store.contact(ticket.requester_id).await.unwrap().unwrap().verified);
    house.clock.advance(2 * domain::clock::DAY_MS);
    house.mail(&question(PASS, 2)).await;
    assert!(house.store.contact(ticket.requester_id).await.unwrap().unwrap().verified);
    let sent = house.outbox.sent();
    assert_eq!(sent.len(), 2);
    assert!(!sent[0].text.contains("Petrova") && sent[1].text.contains("Petrova"), "{sent:#?}");
});

on_both!(
    h37_a_victim_whose_name_is_forged_gets_one_answer_a_day_and_none_when_its_domain_is_strict,
    |backend| {
        let house = behind_a_checking_server(backend).await;
        for n in 0..5 {
            house.mail(&question(NONE, n)).await;
        }
        assert_eq!((house.tickets().await.len(), house.outbox.take().len()), (5, 1));
        let ticket = house.ticket(5).await;
        let messages = house.store.messages(ticket.id).await.unwrap();
        let kept = messages.iter().find(|m| m.direction == Direction::Outbound).unwrap();
        assert_eq!(kept.delivery, Delivery::Suppressed);
        assert!(kept.delivery_reason.as_deref().unwrap().contains("does not vouch"), "{kept:?}");
        house.clock.advance(2 * domain::clock::DAY_MS);
        house.mail(&question(FAIL, 7)).await;
        assert!(house.outbox.sent().is_empty());
    }
);

on_both!(h38_a_forged_sender_gets_into_no_ticket_by_what_can_be_guessed, |backend| {
    let house = behind_a_checking_server(backend).await;
    house.mail(&question(PASS, 1)).await;
    let number = "Subject: [#1] Rückerstattung";
    let by_number = |results: &str, n: u32| question(results, n).replace("Subject: Rückerstattung", number);
    let by_id = |results: &str, n: u32| {
        question(results, n).replace("Content-Type", "In-Reply-To: <refund-1@example.org>\nContent-Type")
    };
    for (n, mail) in [(2, by_number(NONE, 2)), (3, by_number(FAIL, 3)), (4, by_id(FAIL, 4))] {
        house.mail(&mail).await;
        let ticket = house.ticket(n).await;
        assert_eq!(ticket.custom.get("related").map(String::as_str), Some("#1"), "{mail}");
    }
    house.mail(&by_number(PASS, 5)).await;
    house.mail(&by_id(NONE, 6)).await;
    assert_eq!(house.tickets().await.len(), 4, "who is vouched for, or knows an id, goes on");
});

on_both!(h39_the_results_of_strangers_are_a_strangers_text, |backend| {
    let house = behind_a_checking_server(backend).await;
    house.mail(&question(STRANGE, 1)).await;
    house.mail(&question(&format!("{FAIL}Received: from x by mx.shop.example\n{PASS}"), 2)).await;
    assert_eq!(sender_of(&house, 1).await, SenderAuth::Unchecked);
    assert_eq!(sender_of(&house, 2).await, SenderAuth::Fail);
});
