//! Tries keys that could reach another plugin's values, a file, or the database's own text. Each is kept as the
//! bytes it is, or refused as a value.

use kulanz_sdk::prelude::*;

struct Guest;

impl Triage for Guest {
    type Settings = ();

    fn triage(_event: &Event, _ticket: &Ticket, _settings: (), _out: &mut Effects) -> Result<Outcome, Error> {
        let long = "k".repeat(1 << 20);
        let mut told = Vec::new();
        for key in ["flood-0000", "../guest.kv_flood/flood-0000", "%", "' or 1=1 --"] {
            told.push(match kv::get(key) {
                Ok(None) => "nothing".to_owned(),
                Ok(Some(value)) => format!("GOT {} bytes under {key}", value.len()),
                Err(error) => format!("refused: {error}"),
            });
        }
        for key in ["a\0b", "../../x", "", "line\nbreak", &long] {
            told.push(match kv::set(key, b"mine") {
                Ok(()) => "kept".to_owned(),
                Err(error) => format!("refused: {error}"),
            });
        }
        told.push(format!("keys: {}", kv::keys("")?.len()));
        Ok(Outcome::done(told.join("; ")))
    }
}

kulanz_sdk::export!(Guest: triage);
