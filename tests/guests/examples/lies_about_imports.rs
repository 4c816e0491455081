//! Can reply and keep values, and its manifest asks for neither. Must be refused before it ever runs.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<Outcome, Error> {
        kv::set("seen", b"yes")?;
        out.on(ticket).reply("Hello from nowhere.", None, None, because("felt like it", 1.0));
        Ok(Outcome::done("replied"))
    }
}

kulanz_sdk::export!(Guest: triage);
