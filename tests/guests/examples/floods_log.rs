//! Logs far too much, with terminal escapes. Lines must be bounded, dropped ones counted, escapes replaced.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, _ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        for line in 0..500 {
            log::info(format!("\u{1b}[31mline {line}\u{202e} {}", "x".repeat(4096)));
        }
        Ok(Outcome::done("logged"))
    }
}

kulanz_sdk::export!(Guest: triage);
