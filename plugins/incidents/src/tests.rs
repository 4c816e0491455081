//! The plugin over a day of tickets: what is linked, what is raised, and what is left alone.

use kulanz_sdk::fixture::{self, ContactBuilder, FiringBuilder, MessageBuilder, TicketBuilder};
use kulanz_sdk::{Effect, Effects, Schedule as _};

use crate::Incidents;
use crate::watch::{HOUR_MS, MINUTE_MS, Settings};

const NOW: u64 = 1_795_000_000_000;

const LOGIN: [&str; 6] = [
    "Since this morning the login page only shows an internal server error.",
    "I cannot log in, the login page answers with server error 500.",
    "Your login page is broken: internal server error after the password.",
    "Server error on the login page, please repair it soon.",
    "Internal error when I open the login page of your shop.",
    "The login page gives me an internal server error all the time.",
];

fn ticket(number: u64, requester: &str, minutes_ago: u64, text: &str) -> TicketBuilder {
    TicketBuilder::new()
        .number(number)
        .id(format!("tkt_{number}"))
        .status_category("new")
        .subject("")
        .created_at_ms(NOW - minutes_ago * MINUTE_MS)
        .requester(ContactBuilder::new().id(format!("con_{requester}")))
        .message(MessageBuilder::new().text(text))
}

fn outage(first: u64) {
    for (n, text) in (0..).zip(LOGIN) {
        fixture::add_ticket(ticket(first + n, &format!("c{n}"), 30 - n, text));
    }
}

/// What the plugin does: effects in short, and its own words.
fn fire() -> (Vec<String>, String) {
    let firing = FiringBuilder::new().schedule("watch").scheduled_for_ms(NOW).fired_at_ms(NOW).build();
    let mut out = Effects::new();
    let told = Incidents::fire(&firing, Settings::default(), &mut out).unwrap();
    let short = out.all().iter().map(|p| {
        let what = match &p.effect {
            Effect::SetField { field, value } => format!("{field} = {value}"),
            Effect::AddTag { tag } => format!("+{tag}"),
            Effect::Note { text } => text.clone(),
            Effect::Escalate { .. } => "escalate".to_owned(),
            other => format!("{other:?}"),
        };
        format!("{} {what}", p.ticket)
    });
    (short.collect(), told)
}

#[test]
fn many_customers_who_write_about_one_thing_raise_an_incident_with_their_tickets_attached() {
    fixture::clear();
    fixture::add_ticket(ticket(1, "x", 20, "How do I return the blue jacket that is too small?"));
    outage(2);
    let (did, told) = fire();
    assert!(told.starts_with("7 tickets compared; 1 findings"), "{told}");
    assert_eq!(did[..3], ["tkt_2 +incident", "tkt_2 custom.incident = #2", "tkt_2 escalate"]);
    assert!(did[3].starts_with("tkt_2 Incident about: ") && did[3].contains("login"), "{did:?}");
    assert!(did[3].ends_with("Attached: #3, #4, #5, #6, #7."), "{did:?}");
    assert!(
        did.contains(&"tkt_5 custom.incident = #2".to_owned()) && did.contains(&"tkt_5 +incident".to_owned())
    );
    assert!(did.iter().all(|effect| !effect.starts_with("tkt_1 ")), "{did:?}");
}

#[test]
fn a_later_ticket_joins_the_incident_that_stands_and_nothing_is_raised_again() {
    fixture::clear();
    for (n, text) in (0..).zip(LOGIN) {
        let standing = ticket(2 + n, &format!("c{n}"), 30 - n, text);
        fixture::add_ticket(standing.tag("incident").custom("incident", "#2"));
    }
    assert!(fire().0.is_empty(), "all are attached");
    fixture::add_ticket(ticket(9, "late", 1, "The login page shows a server error."));
    let (did, _) = fire();
    assert_eq!(did.len(), 3, "{did:?}");
    assert!(did[0].ends_with("Attached: #9.") && did[1] == "tkt_9 custom.incident = #2", "{did:?}");
}

#[test]
fn what_a_person_took_off_an_incident_stays_off_and_leads_none() {
    fixture::clear();
    for (n, text) in (0..).zip(LOGIN) {
        let standing = ticket(2 + n, &format!("c{n}"), 30 - n, text).tag("incident");
        fixture::add_ticket(if n == 3 { standing } else { standing.custom("incident", "#2") });
    }
    assert!(fire().0.is_empty(), "the one whose field was cleared is left alone");
}

#[test]
fn one_customer_who_writes_often_raises_no_incident_but_has_duplicates() {
    fixture::clear();
    for n in 0..8 {
        fixture::add_ticket(ticket(
            1 + n,
            "same",
            30 - n,
            "Your login page is broken: internal server error.",
        ));
    }
    let (did, _) = fire();
    assert_eq!(did.iter().filter(|e| e.ends_with("custom.duplicate_of = #1")).count(), 7, "{did:?}");
    assert!(did.iter().all(|effect| !effect.contains("incident")), "{did:?}");
}

#[test]
fn what_comes_every_hour_is_no_incident() {
    fixture::clear();
    for n in 0..137 {
        let text = LOGIN[usize::try_from(n % 6).unwrap()];
        fixture::add_ticket(ticket(1 + n, &format!("before{n}"), 23 * 60 - n * 10, text));
    }
    outage(500);
    assert!(fire().0.iter().all(|effect| !effect.contains("incident")));
}

#[test]
fn short_words_machines_and_strangers_of_the_same_words_are_no_duplicates() {
    fixture::clear();
    fixture::add_ticket(ticket(1, "a", 9, "Hello?"));
    fixture::add_ticket(ticket(2, "a", 8, "Hello?"));
    fixture::add_ticket(ticket(3, "b", 7, "My parcel with the lamp has not arrived."));
    fixture::add_ticket(ticket(4, "c", 6, "My parcel with the lamp has not arrived."));
    let machine =
        MessageBuilder::new().auto_class("auto_replied").text("I am out of office until Monday next week.");
    for number in [5, 6] {
        let absent =
            TicketBuilder::new().number(number).created_at_ms(NOW - HOUR_MS).message(machine.clone());
        fixture::add_ticket(absent.requester(ContactBuilder::new().id("con_d")));
    }
    assert!(fire().0.is_empty());
}

#[test]
fn a_flood_is_attached_in_portions_within_the_effects_of_a_run() {
    fixture::clear();
    for n in 0..120 {
        let text = LOGIN[usize::try_from(n % 6).unwrap()];
        fixture::add_ticket(ticket(1 + n, &format!("c{n}"), 50, text));
    }
    let (did, _) = fire();
    assert!(did.len() <= 64 && did.len() > 40, "{}", did.len());
}
