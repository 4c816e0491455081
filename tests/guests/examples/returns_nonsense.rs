//! Finds personal data outside the text. Must be called nonsense, and the message held.

use kulanz_sdk::prelude::*;

struct Guest;

impl Redaction for Guest {
    type Settings = ();

    fn redact(document: &Document, _settings: ()) -> Result<Vec<Finding>, Error> {
        let length = u32::try_from(document.part_text(0).len()).unwrap_or(u32::MAX);
        let outside = Finding {
            part: 0,
            start: length,
            end: length.saturating_add(7),
            class: "IBAN".into(),
            score: 7.0,
            rule: "nonsense".into(),
        };
        Ok(vec![outside])
    }
}

kulanz_sdk::export!(Guest: redaction);
