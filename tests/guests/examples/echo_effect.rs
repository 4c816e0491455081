//! Adds one note per event, naming the event, and counts its notes per ticket, and all of them, in its kv. Counting
//! notes shows whether an effect was lost or applied twice; the counts show whether kv and effects agree.

use kulanz_sdk::prelude::*;

struct Guest;

impl Events for Guest {
    type Settings = ();

    fn handle(event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<String, Error> {
        let id = event.id();
        for key in [ticket.id().as_str(), "all"] {
            let count: u64 = kulanz_sdk::kv::get_json(key)?.unwrap_or(0) + 1;
            kulanz_sdk::kv::set_json(key, &count)?;
        }
        out.on(ticket).note(
            &format!("echo {id}"),
            because(format!("saw {}", event.event_type()), 1.0).evidence(id.as_str()),
        );
        Ok(format!("echoed {id}"))
    }
}

kulanz_sdk::export!(Guest: events);
