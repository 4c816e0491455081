//! What the cases in `cases/` cannot say: many tickets over many firings, and what is not granted.

use kulanz_sdk::fixture::{self, ContactBuilder, FiringBuilder, TicketBuilder};
use kulanz_sdk::{Effect, Effects, Schedule as _};

use crate::ProactiveNotice;
use crate::notice::{HOUR_MS, Settings};

const NOW: u64 = 1_795_000_000_000;

/// An open ticket about an outage, `hours` before the firing.
fn outage(number: u64, hours: u64) -> TicketBuilder {
    TicketBuilder::new()
        .number(number)
        .id(format!("tkt_{number}"))
        .status_category("open")
        .category("outage")
        .created_at_ms(NOW - hours * HOUR_MS)
        .requester(ContactBuilder::new().proactive_consent(true))
}

fn fire(head: &str) -> (String, Effects) {
    let all =
        |key: &'static str| head.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": "));
    let settings: Settings = fixture::settings(all("settings").next().unwrap_or("{}")).unwrap();
    let firing = FiringBuilder::new()
        .schedule(all("schedule").next().unwrap())
        .scheduled_for_ms(NOW)
        .fired_at_ms(NOW)
        .build();
    let mut out = Effects::new();
    let told = ProactiveNotice::fire(&firing, settings, &mut out);
    (told.map_or_else(|error| format!("error: {error:?}\n"), |why| format!("{why}\n")), out)
}

#[test]
fn a_flood_of_tickets_is_written_to_in_portions_and_pages() {
    fixture::clear();
    for number in 0..450 {
        fixture::add_ticket(outage(number, 40 - number / 15));
    }
    let head = "schedule: incident\nsettings: {\"incident\": {\"active\": true, \"text_de\": \"Gestört.\"}}";
    let mut written = std::collections::BTreeSet::new();
    for _ in 0..15 {
        let (told, out) = fire(head);
        assert!(out.all().len() <= 60, "{told}");
        for proposed in out.all().iter().filter(|p| matches!(p.effect, Effect::Notify { .. })) {
            assert!(written.insert(proposed.ticket.clone()), "{} was told twice", proposed.ticket);
        }
    }
    assert_eq!(written.len(), 450);
    assert!(fire(head).0.starts_with("0 told of the incident, 450 told before"));
}

#[test]
fn a_search_that_is_not_granted_fails_the_run() {
    fixture::clear();
    fixture::deny("use:tickets");
    let (told, out) = fire("schedule: reminders");
    assert!(told.starts_with("error: Denied") && out.all().is_empty(), "{told}");
}
