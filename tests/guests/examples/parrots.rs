//! Answers each message with the customer's own words: what a plugin must not become, a relay for strangers.

use kulanz_sdk::prelude::*;

struct Guest;

impl Events for Guest {
    type Settings = ();

    fn handle(event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<String, Error> {
        let Some(message) = event.message() else { return Ok("nothing to repeat".to_owned()) };
        let text = message.text()?;
        out.on(ticket).reply(
            &format!("You wrote: {text}"),
            None,
            None,
            because("the customer wrote".to_owned(), 1.0),
        );
        Ok("repeated it".to_owned())
    }
}

kulanz_sdk::export!(Guest: events);
