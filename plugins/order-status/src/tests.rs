//! The plugin on a shop that answers as it is told: who is told what, and who is not.

use kulanz_sdk::fixture::{self, ContactBuilder, EventBuilder, MessageBuilder, TicketBuilder};
use kulanz_sdk::http::Response;
use kulanz_sdk::{Answer, Answering as _, Effect, Effects};

use crate::{OrderStatus, Settings};

const SHIPPED: &str = r#"{"number":"4711-0815","status":"shipped","date":"2026-03-05","tracking_url":"https://parcel.example/4711","return_until":"2026-03-20","return_url":"https://shop.example/returns","invoice_url":"https://shop.example/invoices/4711"}"#;

fn shop_says(status: u16, body: &str) {
    fixture::clear();
    fixture::answer_http(Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() });
}

fn ticket(category: &str, language: &str) -> TicketBuilder {
    TicketBuilder::new()
        .number(7)
        .language(language)
        .category(category)
        .custom("order_number", "4711-0815")
        .requester(ContactBuilder::new().name("Ana Novak").verified(true))
        .message(MessageBuilder::new().text("Where is my order 4711-0815?"))
}

fn answer(ticket: TicketBuilder) -> (Answer, Vec<String>) {
    let mut out = Effects::new();
    let event = EventBuilder::of("message.received").build();
    let told = OrderStatus::answer(&event, &ticket.build(), Settings::default(), &mut out).unwrap();
    let said = out.all().iter().map(|p| match &p.effect {
        Effect::Reply { text, .. } => format!("reply: {text}"),
        Effect::Note { text } => format!("note: {text}"),
        other => format!("{other:?}"),
    });
    (told, said.collect())
}

#[test]
fn the_customer_is_told_where_the_order_is_how_to_return_it_and_where_the_invoice_lies() {
    for (category, language, says) in [
        (
            "order_status",
            "en",
            "is on its way and should reach you on 5 March 2026.\n\nYou can follow the parcel here: https://parcel.example/4711",
        ),
        ("shipping", "de", "ist unterwegs und soll am 5. März 2026 bei Ihnen sein."),
        ("refund", "en", "You can return your order 4711-0815 until 20 March 2026."),
        ("return", "de", "bis zum 20. März 2026 zurückgeben."),
        (
            "invoice",
            "de",
            "Die Rechnung zu Ihrer Bestellung 4711-0815 finden Sie hier: https://shop.example/invoices/4711",
        ),
    ] {
        shop_says(200, SHIPPED);
        let (told, said) = answer(ticket(category, language));
        assert!(matches!(told, Answer::Answered(_)), "{category}: {told:?}");
        assert!(said.len() == 2 && said[0].contains(says), "{category}: {said:?}");
        assert!(said[0].contains("Ana Novak") && said[0].contains("automati"), "{said:?}");
    }
}

#[test]
fn the_shop_is_asked_with_placeholders_only() {
    shop_says(200, SHIPPED);
    answer(ticket("order_status", "en"));
    let sent = fixture::sent_requests();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].url, "https://shop.example/api/orders/4711-0815?email=[EMAIL-0]");
    assert!(sent[0].headers.contains(&("authorization".into(), "Bearer {{secret:key}}".into())));
}

#[test]
fn an_order_is_told_to_its_owner_only() {
    fixture::clear();
    let stranger = ticket("order_status", "en").requester(ContactBuilder::new().verified(false));
    let (told, said) = answer(stranger);
    assert!(matches!(&told, Answer::Abstained(why) if why.contains("not proved")), "{told:?}");
    assert!(said.is_empty() && fixture::sent_requests().is_empty());
    shop_says(404, "{}");
    let (told, said) = answer(ticket("order_status", "en"));
    assert!(matches!(&told, Answer::Abstained(why) if why.contains("no such order")), "{told:?}");
    assert!(said.is_empty());
}

#[test]
fn nothing_is_asked_where_there_is_nothing_to_ask() {
    for (quiet, why) in [
        (ticket("complaint", "en"), "not about an order"),
        (TicketBuilder::new().category("order_status").language("en"), "no order number"),
        (ticket("order_status", "fr"), "language"),
        (
            TicketBuilder::new()
                .category("order_status")
                .language("en")
                .custom("order_number", "1/../../admin"),
            "no order number",
        ),
    ] {
        fixture::clear();
        let (told, _) = answer(quiet.message(MessageBuilder::new().text("x")));
        assert!(matches!(&told, Answer::Abstained(said) if said.contains(why)), "{why}: {told:?}");
        assert!(fixture::sent_requests().is_empty());
    }
    let peoples = [
        ticket("order_status", "en").message(MessageBuilder::new().author_kind("agent")),
        ticket("order_status", "en").tag("order-told"),
        ticket("order_status", "en").tag("not-helped"),
    ];
    for peoples in peoples {
        fixture::clear();
        assert!(matches!(answer(peoples).0, Answer::Held(_)));
    }
}

#[test]
fn what_a_broken_shop_says_reaches_people_and_no_customer() {
    for (status, body) in [
        (500, ""),
        (200, "<html>Maintenance</html>"),
        (200, r#"{"number":"9999","status":"shipped"}"#),
        (200, r#"{"number":"4711-0815","status":"shipped","tracking_url":"https://a@evil.example"}"#),
        (302, ""),
    ] {
        shop_says(status, body);
        let (told, said) = answer(ticket("order_status", "en"));
        assert!(matches!(told, Answer::Abstained(_)), "{body}: {told:?}");
        assert!(said.len() == 1 && said[0].starts_with("note: "), "{body}: {said:?}");
    }
    shop_says(200, r#"{"number":"4711-0815","status":"shipped"}"#);
    let (told, said) = answer(ticket("invoice", "en"));
    assert!(matches!(&told, Answer::Abstained(why) if why.contains("invoice")), "{told:?}");
    assert!(said.is_empty());
}
