//! Never ends. Must be stopped by fuel or by the clock.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, _ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        let mut turns = 0_u64;
        loop {
            turns = std::hint::black_box(turns.wrapping_add(1));
        }
    }
}

kulanz_sdk::export!(Guest: triage);
