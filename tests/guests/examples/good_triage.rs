//! Behaves: reads the text, sets priority and a tag. The measure for benches.

use kulanz_sdk::prelude::*;

/// Words that say that it is urgent, in English and German.
const URGENT: &[&str] = &["urgent", "asap", "immediately", "dringend", "sofort", "eilt"];

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<Outcome, Error> {
        let Some(message) = ticket.last_inbound() else {
            return Ok(Outcome::abstained("there is no message of the customer"));
        };
        let text = message.text()?.to_lowercase();
        let Some(word) = URGENT.iter().find(|word| text.contains(*word)) else {
            return Ok(Outcome::abstained("nothing in it is urgent"));
        };
        let sure = 0.9;
        out.on(ticket)
            .set_field(
                "priority",
                "high",
                because(format!("the customer writes \"{word}\""), sure).evidence(*word),
            )
            .add_tag("urgent", because(format!("the customer writes \"{word}\""), sure).evidence(*word));
        Ok(Outcome::done(format!("urgent because of \"{word}\"")))
    }
}

kulanz_sdk::export!(Guest: triage);
