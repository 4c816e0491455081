//! A redaction plugin that finds nothing: what it lets through, the house has to notice.

use kulanz_sdk::prelude::*;

struct Guest;

impl Redaction for Guest {
    type Settings = ();

    fn redact(_document: &Document, _settings: ()) -> Result<Vec<Finding>, Error> {
        Ok(Vec::new())
    }
}

kulanz_sdk::export!(Guest: redaction);
