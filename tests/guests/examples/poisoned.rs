//! Works as it should, but for one text at which it ends in a panic: a ticket that no try will get past.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<Outcome, Error> {
        let Some(message) = ticket.last_inbound() else {
            return Ok(Outcome::abstained("there is no message of the customer"));
        };
        assert!(!message.text()?.contains("poison"), "this text is too much for me");
        out.on(ticket).add_tag("seen", because("it was readable", 0.9));
        Ok(Outcome::done("seen"))
    }
}

kulanz_sdk::export!(Guest: triage);
