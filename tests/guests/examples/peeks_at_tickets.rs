//! Asks for other tickets: its own id, ids one digit beside it, an invented one, the newest of all; then reads texts
//! of what it got, without a grant to read.

use kulanz_sdk::prelude::*;

struct Guest;

fn told(id: &str) -> String {
    match tickets::get(id) {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(ticket)) => match ticket.subject() {
            Ok(subject) => format!("GOT {subject}"),
            Err(error) => format!("found, {error}"),
        },
        Err(error) => error.to_string(),
    }
}

/// The same id with its last letter changed.
fn beside(id: &str) -> String {
    let (head, last) = id.split_at(id.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        let own = ticket.id();
        let mut all = vec![told(&own), told(&beside(&own)), told("tic_00000000000000000000000000")];
        all.push(match tickets::search(&tickets::Query { limit: 200, ..Default::default() }) {
            Ok(found) => {
                let read = found.iter().filter(|t| t.subject().is_ok()).count();
                format!("{} found, {read} read", found.len())
            }
            Err(error) => error.to_string(),
        });
        Ok(Outcome::done(all.join("; ")))
    }
}

kulanz_sdk::export!(Guest: triage);
