//! Calls the host without end. Must be stopped at its budget of calls.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        let mut sum = 0_u64;
        loop {
            sum = std::hint::black_box(sum.wrapping_add(ticket.number()));
        }
    }
}

kulanz_sdk::export!(Guest: triage);
