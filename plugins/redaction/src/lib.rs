//! Bundled plugin: finds personal data before storage.
//!
//! Owns the glue to the hook; what is found and how stands in the other files, which know no host.

mod again;
mod checks;
mod classes;
mod custom;
mod find;
mod hashes;
mod labels;
mod memo;
mod names;
mod optional;
#[doc(hidden)]
pub mod persons;
mod pieces;
mod placeholders;
mod plain;
mod recognisers;
mod run;
mod settings;
mod view;

use kulanz_sdk::prelude::*;

pub use classes::ON;
pub use find::{Found, find};
pub use names::Known;
pub use settings::Settings;

struct Redactor;

impl Redaction for Redactor {
    type Settings = Settings;

    fn redact(document: &Document, settings: Settings) -> Result<Vec<Finding>, Error> {
        settings.check().map_err(Error::invalid)?;
        let known = Known::new(&document.known());
        let mut out = Vec::new();
        for part in 0..document.parts() {
            let text = document.part_text(part);
            for found in find(&text, &known, &settings) {
                let (Ok(start), Ok(end)) = (u32::try_from(found.start), u32::try_from(found.end)) else {
                    return Err(Error::invalid("a part is longer than 4 GiB"));
                };
                let (class, rule) = (found.class.to_owned(), found.rule.to_owned());
                out.push(Finding { part, start, end, class, score: found.score, rule });
            }
        }
        Ok(out)
    }
}

kulanz_sdk::export!(Redactor: redaction);

#[cfg(test)]
mod tests;
