//! Sets the category to its own word whenever anything changes. Two of these with different words never agree.

use kulanz_sdk::prelude::*;

struct Guest;

impl Events for Guest {
    type Settings = kulanz_sdk::serde_json::Value;

    fn handle(
        _event: &Event,
        ticket: &Ticket,
        settings: Self::Settings,
        out: &mut Effects,
    ) -> Result<String, Error> {
        let word = settings["word"].as_str().unwrap_or_default();
        if ticket.category().as_deref() != Some(word) {
            out.on(ticket).set_field("category", word, because("it must be so", 0.9));
        }
        Ok("pulled".to_owned())
    }
}

kulanz_sdk::export!(Guest: events);
