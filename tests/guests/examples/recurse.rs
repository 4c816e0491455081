//! Calls itself without end. Must end as a trap that says so.

use kulanz_sdk::prelude::*;

#[inline(never)]
fn deeper(level: u64) -> u64 {
    let local = std::hint::black_box([level; 16]);
    if level == 0 { 0 } else { deeper(level + 1).wrapping_add(local[7]) }
}

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, _ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        Ok(Outcome::done(deeper(std::hint::black_box(1)).to_string()))
    }
}

kulanz_sdk::export!(Guest: triage);
