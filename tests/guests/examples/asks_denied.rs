//! Reads everything without a single read grant and notes what it got. Each answer must be denied, none a trap.

use kulanz_sdk::prelude::*;

fn said<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(value) => format!("GOT {value:?}"),
        Err(error) => error.to_string(),
    }
}

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), out: &mut Effects) -> Result<Outcome, Error> {
        let mut got = Vec::new();
        got.push(("ticket.subject", said(ticket.subject())));
        got.push(("ticket.custom_fields", said(ticket.custom_fields())));
        got.push(("ticket.messages", said(ticket.messages().map(|all| all.len()))));
        if let Some(message) = ticket.last_inbound() {
            got.push(("message.subject", said(message.subject())));
            got.push(("message.text", said(message.text())));
            got.push(("message.reply_text", said(message.reply_text())));
            got.push(("message.attachment_names", said(message.attachment_names())));
        }
        if let Some(contact) = ticket.requester() {
            got.push(("contact.name", said(contact.name())));
            got.push(("contact.email", said(contact.email())));
        }
        let text: Vec<String> = got.into_iter().map(|(what, answer)| format!("{what}: {answer}")).collect();
        out.on(ticket).note(&text.join("\n"), because("was curious", 1.0));
        Ok(Outcome::done(text.join("; ")))
    }
}

kulanz_sdk::export!(Guest: triage);
