//! Fills its key-value store until it is told to stop. The quota must answer, as a value.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, _ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        let value = vec![7_u8; 256 << 10];
        for number in 0..900 {
            if let Err(error) = kv::set(&format!("flood-{number:04}"), &value) {
                return Ok(Outcome::done(format!("stopped after {number}: {error}")));
            }
        }
        Ok(Outcome::done("never stopped"))
    }
}

kulanz_sdk::export!(Guest: triage);
