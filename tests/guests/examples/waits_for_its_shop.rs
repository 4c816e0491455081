//! Its shop is away for the first seven seconds of a ticket: the events hook answers `retryable` until then. What its
//! triage hook did meanwhile must not be done a second time.

use kulanz_sdk::prelude::*;

/// How long the shop is away, milliseconds.
const AWAY_MS: u64 = 7_000;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<Outcome, Error> {
        out.on(ticket).note("sorted", because("it came in", 1.0));
        Ok(Outcome::done("sorted"))
    }
}

impl Events for Guest {
    type Settings = ();

    fn handle(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<String, Error> {
        if clock::now_ms() < ticket.created_at_ms() + AWAY_MS {
            return Err(Error::Retryable(5));
        }
        out.on(ticket).note("ordered", because("the shop is there", 1.0));
        Ok("ordered".to_owned())
    }
}

kulanz_sdk::export!(Guest: triage, events);
