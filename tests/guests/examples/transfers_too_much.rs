//! Hands the host one text of 8 MiB. Must be stopped at the border.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<Outcome, Error> {
        out.on(ticket).note(&"x".repeat(8 << 20), because("has a lot to say", 1.0));
        Ok(Outcome::done("said it"))
    }
}

kulanz_sdk::export!(Guest: triage);
