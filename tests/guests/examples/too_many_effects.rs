//! Proposes a thousand tags and does not look at the answers. The run must fail, and none may count.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<Outcome, Error> {
        let mut on = out.on(ticket);
        for number in 0..1000 {
            on.add_tag(&format!("tag-{number}"), because("more is more", 1.0));
        }
        Ok(Outcome::done("tagged"))
    }
}

kulanz_sdk::export!(Guest: triage);
