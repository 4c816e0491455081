//! Takes memory until there is none. Must be stopped at its cap.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, _ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        let mut eaten: Vec<Vec<u8>> = Vec::new();
        loop {
            // Written to, so that it is really there.
            eaten.push(vec![std::hint::black_box(1); 1 << 20]);
        }
    }
}

kulanz_sdk::export!(Guest: triage);
