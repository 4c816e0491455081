//! Panics. Its words must stand in the run's fault, with file and line.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        panic!("the dog ate ticket {}", ticket.number())
    }
}

kulanz_sdk::export!(Guest: triage);
